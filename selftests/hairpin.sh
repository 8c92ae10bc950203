#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A bound subnet's packets to a pool address end at the router, counted.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#   web -> gw1 203.0.113.1, another gateway's 203.0.113.9, unattached 203.0.113.17

. "$(dirname "$0")/lib.sh"

# to ADDR PACKET...: sent there and dropped
to()
{
	dropped "$cl" hairpin 10.0.1.2 "$@"
}

own_pool()
{
	to 203.0.113.1 udp 4000 9000
	to 203.0.113.1 tcp 4000 80 S
	to 203.0.113.1 echo 5 1
}

mapped_port_of_a_neighbour()
{
	local public

	send "$cl" 10.0.1.3 198.51.100.7 udp 4001 9001
	public=$(public_port udp 10.0.1.3 4001)
	capture inside "$cl" c0 dst host 10.0.1.3
	to 203.0.113.1 udp 4000 "$public"
	capture_end inside
	never inside udp
}

another_pool()
{
	to 203.0.113.9 udp 4000 9000
	to 203.0.113.17 udp 4000 9000
}

nothing_went_upstream()
{
	# a marker that comes last
	send "$cl" 10.0.1.2 198.51.100.7 udp 4002 9002
	soon seen wire udp dst port 9002
	capture_end wire
	never wire dst net 203.0.113.0/24 and not src host 198.51.100.7
	never wire net 10.0.0.0/8
}

tests=(own_pool mapped_port_of_a_neighbour another_pool nothing_went_upstream)

standard_topology
standard_gateway
ok ctl gateway add gw2
ok ctl address add 203.0.113.9 gateway gw2
ok ctl address add 203.0.113.17
capture wire "$gw" up0 ip
run "$@"
