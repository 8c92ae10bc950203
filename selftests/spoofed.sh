#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A packet that pretends to be of a bound subnet but comes in by another device
# gets no session.
#
#   cl  10.0.1.2 ---- in0 gw up0 ---- net
#   cl2 10.0.2.2 ---- in1 /           both subnets bound to gw1

. "$(dirname "$0")/lib.sh"

counted()
{
	[[ $(drops spoofed-source) == "$1" ]]
}

spoofed()
{
	local before

	before=$(drops spoofed-source)
	send "$@"
	soon counted $((before + 1))
}

from_the_neighbour_subnet()
{
	spoofed "$cl2" 10.0.1.2 198.51.100.7 udp 4000 9000
	spoofed "$cl2" 10.0.1.200 198.51.100.7 tcp 4000 80 S
	spoofed "$cl2" 10.0.1.2 198.51.100.7 echo 4 1
}

from_the_internet()
{
	ip -n "$gw" route add 198.51.100.128/25 via 10.0.2.2
	spoofed "$net" 10.0.1.2 198.51.100.200 udp 4000 9000
}

own_source_works_beside()
{
	send "$cl2" 10.0.2.2 198.51.100.7 udp 4001 9001
	send "$cl" 10.0.1.2 198.51.100.7 udp 4001 9001
	soon is_mapped udp 10.0.2.2 4001
	soon is_mapped udp 10.0.1.2 4001
	same "sessions" 2 "$(sessions)"
	same "last source" 10.0.1.2 \
		"$(ctl -j stats show | jq -r '.[] | select(.reason == "spoofed-source") | ."last-source"')"
}

# What a session carries must come in where it began, too
running_session_is_not_open_to_others()
{
	soon seen wire udp dst port 9001
	capture_end wire
	never wire udp dst port 9000
	never wire net 10.0.0.0/8
}

tests=(
	from_the_neighbour_subnet from_the_internet own_source_works_beside
	running_session_is_not_open_to_others
)

standard_topology
ns cl2
link "$cl2" d0 10.0.2.2/24 "$gw" in1 10.0.2.1/24
ip -n "$cl2" route add default via 10.0.2.1
standard_gateway
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw1
capture wire "$gw" up0 'ip and not src net 198.51.100.0/24 and inbound or outbound'
run "$@"
