#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Private and shared space outside a vnet: dropped, left alone or translated, in
# vnet default and in one with a space and devices of its own.
#
#   cl  10.0.1.2 ---- in0  gw  up0 ---- net 198.51.100.7, and 172.16.5.7,
#     vnet default                      100.64.1.7, 192.168.1.7, 10.9.9.7
#   cl2 10.1.1.2 ---- hub0
#     vnet hub 10.1.0.0/16       each with subnets, both bound to a gateway

. "$(dirname "$0")/lib.sh"

topology()
{
	standard_topology
	ns cl2
	link "$gw" hub0 10.1.1.1/24 "$cl2" c0 10.1.1.2/24
	ip -n "$cl2" route add default via 10.1.1.1
	ip -n "$net" -batch - <<-EOT
		addr add 172.16.5.7/32 dev lo
		addr add 100.64.1.7/32 dev lo
		addr add 192.168.1.7/32 dev lo
		addr add 10.9.9.7/32 dev lo
		addr add 10.1.9.7/32 dev lo
		route add 10.0.1.0/24 via 192.0.2.1
		route add 10.1.0.0/16 via 192.0.2.1
	EOT
}

private='172.16.5.7 100.64.1.7 192.168.1.7 10.9.9.7'
port=5000

# goes WHAT NS SRC DST: dropped, as SRC, or as ADDR
goes()
{
	local before

	port=$((port + 1))
	before=$(drops private-space)
	send "$2" "$3" "$4" udp 4000 $port
	if [[ $1 == dropped ]]; then
		soon counted private-space $((before + 1))
		same "last source" "$3" "$(last_source private-space)"
		# a packet to show that the capture is past it
		send "$2" "$3" 198.51.100.7 udp 4000 $port
		soon seen wire "udp dst port $port and dst host 198.51.100.7"
		never wire "udp dst port $port and dst host $4"
		return
	fi
	soon seen wire "udp dst port $port and src host $1 and dst host $4" ||
		fail "$3 to $4 is not seen from $1"
	same "dropped" "$before" "$(drops private-space)"
}

# each WHAT NS SRC
each()
{
	local dst

	for dst in $private; do
		goes "$@" "$dst"
	done
}

in_default()
{
	excuse 10.0.1.2	# passed to private space
	# unless told: left to Linux
	each 10.0.1.2 "$cl" 10.0.1.2
	ok in_ns "$cl" ping -q -c 1 -W 5 172.16.5.7
	ok ctl vnet set default private-space drop
	each dropped "$cl" 10.0.1.2
	refused in_ns "$cl" ping -q -c 1 -W 1 172.16.5.7
	ok ctl vnet set default private-space internet
	each 203.0.113.1 "$cl" 10.0.1.2
	ok in_ns "$cl" ping -q -c 1 -W 5 172.16.5.7
	ok ctl vnet set default private-space pass
	ok ctl session flush
	each 10.0.1.2 "$cl" 10.0.1.2
}

in_an_added_one()
{
	excuse 10.1.1.2	# passed to private space
	# unless told: dropped
	each dropped "$cl2" 10.1.1.2
	refused in_ns "$cl2" ping -q -c 1 -W 1 172.16.5.7
	# what is in its space is never private space
	goes 10.1.1.2 "$cl2" 10.1.1.2 10.1.9.7
	ok ctl vnet set hub private-space pass
	each 10.1.1.2 "$cl2" 10.1.1.2
	ok ctl vnet set hub private-space internet
	each 203.0.113.2 "$cl2" 10.1.1.2
	goes 10.1.1.2 "$cl2" 10.1.1.2 10.1.9.7
	ok ctl vnet set hub private-space drop
	ok ctl session flush
	each dropped "$cl2" 10.1.1.2
}

# Each vnet has its own; the device tells which one a packet is of
by_device()
{
	excuse 10.1.1.2	# passed to private space
	ok ctl vnet set default private-space internet
	goes 203.0.113.1 "$cl" 10.0.1.2 172.16.5.7
	goes dropped "$cl2" 10.1.1.2 172.16.5.7
	# the other vnet is private space as well
	goes dropped "$cl2" 10.1.1.2 10.0.1.2
	ok ctl vnet set default private-space drop
	ok ctl vnet set hub private-space pass
	goes dropped "$cl" 10.0.1.2 172.16.5.7
	goes 10.1.1.2 "$cl2" 10.1.1.2 172.16.5.7
	# a source of vnet hub that comes by another device does not leave
	ip -n "$gw" route add 10.1.2.0/24 dev in0
	ip -n "$cl" addr add 10.1.2.2/24 dev c0
	ok ctl vnet set hub private-space drop
	dropped "$cl" untranslated 10.1.2.2 172.16.5.7 udp 4000 9
	ip -n "$gw" route del 10.1.2.0/24 dev in0
	ip -n "$cl" addr del 10.1.2.2/24 dev c0
	ok ctl vnet set default private-space pass
}

# User routes: longer prefixes, and the same one as a system route
user_routes_go_first()
{
	excuse 10.1.1.2	# passed to private space
	ok ctl subnet set spokes route-table rt1
	ok ctl route add 172.16.0.0/12 route-table rt1 next-hop-type Internet
	goes 203.0.113.2 "$cl2" 10.1.1.2 172.16.5.7
	goes dropped "$cl2" 10.1.1.2 192.168.1.7
	ok ctl route add 192.168.1.0/24 route-table rt1 next-hop-type VnetLocal
	goes 10.1.1.2 "$cl2" 10.1.1.2 192.168.1.7
	# a shorter one than the system's does not
	ok ctl route add 0.0.0.0/0 route-table rt1 next-hop-type Internet
	ok ctl route add 100.0.0.0/8 route-table rt1 next-hop-type Internet
	goes dropped "$cl2" 10.1.1.2 100.64.1.7
	ok ctl route del 172.16.0.0/12 route-table rt1
	ok ctl session flush
	goes dropped "$cl2" 10.1.1.2 172.16.5.7
	ok ctl subnet set spokes route-table none
}

# A subnet without gateway and table is dropped from as well, but not by pass
without_a_gateway()
{
	excuse 10.1.1.2	# spokes has no gateway
	ok ctl subnet set spokes gateway none
	goes dropped "$cl2" 10.1.1.2 172.16.5.7
	goes 10.1.1.2 "$cl2" 10.1.1.2 198.51.100.7
	ok ctl vnet set hub private-space internet
	goes 10.1.1.2 "$cl2" 10.1.1.2 172.16.5.7
	ok ctl vnet set hub private-space drop
	ok ctl subnet set spokes gateway gw2
}

the_router_answers_all_the_same()
{
	local before

	before=$(drops private-space)
	ok ctl vnet set default private-space drop
	ip -n "$gw" addr add 172.20.0.1/32 dev lo
	ok in_ns "$cl" ping -q -c 1 -W 5 172.20.0.1
	ok in_ns "$cl2" ping -q -c 1 -W 5 172.20.0.1
	ok in_ns "$cl2" ping -q -c 1 -W 5 10.1.1.1
	ip -n "$gw" addr del 172.20.0.1/32 dev lo
	ok ctl vnet set default private-space pass
	same "dropped" "$before" "$(drops private-space)"
}

tests=(
	in_default in_an_added_one by_device user_routes_go_first without_a_gateway
	the_router_answers_all_the_same stats_agree
)

topology
standard_gateway
ok ctl route-table add rt1
ok ctl vnet add hub prefix 10.1.0.0/16 dev hub0
ok ctl gateway add gw2
ok ctl address add 203.0.113.2 gateway gw2
ok ctl subnet add spokes prefix 10.1.0.0/18 vnet hub gateway gw2
capture wire "$net" n0 udp
run "$@"
