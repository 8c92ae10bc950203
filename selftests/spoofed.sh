#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A packet that pretends to be of a bound subnet but comes in by another device
# gets no session.
#
#   cl  10.0.1.2 ---- in0 gw up0 ---- net
#   cl2 10.0.2.2 ---- in1 /           both subnets bound to gw1

. "$(dirname "$0")/lib.sh"

spoofed()
{
	dropped "$1" spoofed-source "${@:2}"
}

from_the_neighbour_subnet()
{
	spoofed "$cl2" 10.0.1.2 198.51.100.7 udp 4000 9000
	spoofed "$cl2" 10.0.1.200 198.51.100.7 tcp 4000 80 S
	spoofed "$cl2" 10.0.1.2 198.51.100.7 echo 4 1
}

from_the_internet()
{
	ip -n "$net" route add 198.51.100.200 via 192.0.2.1
	ip -n "$gw" route add 198.51.100.200 via 10.0.2.2
	spoofed "$net" 10.0.1.2 198.51.100.200 udp 4000 9000
}

own_source_works_beside()
{
	send "$cl2" 10.0.2.2 198.51.100.7 udp 4001 9001
	send "$cl" 10.0.1.2 198.51.100.7 udp 4001 9001
	soon session udp 10.0.2.2 4001 port
	soon session udp 10.0.1.2 4001 port
	same "sessions" 2 "$(sessions)"
	same "last source" 10.0.1.2 "$(last_source spoofed-source)"
}

# A host that was genuine is not any more once its route has moved, and is again
route_moves()
{
	local n

	n=$(sessions)
	send "$cl" 10.0.1.77 198.51.100.7 udp 4002 9001
	soon session_count_is $((n + 1))
	ip -n "$gw" route add 10.0.1.77 via 10.0.2.2
	spoofed "$cl" 10.0.1.77 198.51.100.7 udp 4003 9000
	ip -n "$gw" route del 10.0.1.77
	send "$cl" 10.0.1.77 198.51.100.7 udp 4004 9001
	soon session_count_is $((n + 2))
}

nothing_else_left()
{
	soon seen wire udp dst port 9001
	capture_end wire
	never wire udp dst port 9000
	never wire net 10.0.0.0/8
}

tests=(
	from_the_neighbour_subnet from_the_internet own_source_works_beside
	route_moves nothing_else_left
)

standard_topology
ns cl2
link "$cl2" d0 10.0.2.2/24 "$gw" in1 10.0.2.1/24
ip -n "$cl2" route add default via 10.0.2.1
standard_gateway
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw1
capture wire "$gw" up0 'ip and not src net 198.51.100.0/24 and not src host 10.0.1.2 or udp dst port 9001'
run "$@"
