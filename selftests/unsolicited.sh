#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets from the Internet to a pool address that no session matches are dropped without an
# answer and counted: also where the address is the router's own, and also at a port that
# serves a session, unless they come from the peer of that session.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7, .8
#                    203.0.113.1 of gw1, 203.0.113.17 unattached

. "$(dirname "$0")/lib.sh"

# unasked PACKET...: from net, dropped and counted
unasked()
{
	dropped "$net" unsolicited "$@"
}

knock()
{
	unasked 198.51.100.7 "$1" tcp 7000 22 S
	unasked 198.51.100.7 "$1" tcp 7000 22 SA
	unasked 198.51.100.7 "$1" udp 7000 53
	unasked 198.51.100.7 "$1" echo 7 1
}

nobody_answers()
{
	knock 203.0.113.1
	knock 203.0.113.17
}

# The stack would answer with RST, port unreachable and echo reply
own_addresses_neither()
{
	ip -n "$gw" addr add 203.0.113.1/32 dev lo
	knock 203.0.113.1
	ip -n "$gw" addr del 203.0.113.1/32 dev lo
}

# opens_to_its_peer_only SRC_PORT
opens_to_its_peer_only()
{
	local public

	send "$cl" 10.0.1.99 198.51.100.7 udp "$1" 9000
	public=$(public_port udp 10.0.1.99 "$1")
	capture inside "$cl" c0 udp
	unasked 198.51.100.8 203.0.113.1 udp 9000 "$public"
	unasked 198.51.100.7 203.0.113.1 udp 9001 "$public"
	unasked 198.51.100.7 203.0.113.1 tcp 9000 "$public" S
	send "$net" 198.51.100.7 203.0.113.1 udp 9000 "$public" size 77
	soon seen inside 'udp[4:2] == 85'
	same "packets inside" 1 "$(captured inside | grep -c ' > ')"
	capture_end inside
}

mapped_port_is_for_its_peer_only()
{
	opens_to_its_peer_only 4000
}

# There a port serves one flow of a peer's address, whatever its port is
nor_with_preallocated_ports()
{
	ok ctl gateway set gw1 allocation preallocated
	opens_to_its_peer_only 4002
	ok ctl gateway set gw1 allocation dynamic
}

last_source_is_named()
{
	same "last source" 198.51.100.7 "$(last_source unsolicited)"
}

wire_is_silent()
{
	send "$cl" 10.0.1.99 198.51.100.7 udp 4001 9999
	soon seen wire udp dst port 9999
	capture_end wire
	never wire 'src net 203.0.113.0/24 and not (udp dst port 9999 or udp dst port 9000)'
	never wire 'src host 192.0.2.1 and not arp'
}

tests=(
	nobody_answers own_addresses_neither mapped_port_is_for_its_peer_only
	nor_with_preallocated_ports
	last_source_is_named wire_is_silent
)

standard_topology
silent_hosts
standard_gateway
ok ctl address add 203.0.113.17
capture wire "$net" n0 src net 203.0.113.0/24 or src host 192.0.2.1
run "$@"
