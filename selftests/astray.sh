#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is for a host goes to it or nowhere: not to the Internet, where Linux sends all that has no
# better route.
#
#   cl 10.0.1.2, 10.0.7.7 ---- in0 gw up0 192.0.2.1 ---- 192.0.2.2 net 198.51.100.7, .8
#                                     (up1 192.0.3.1 --- 192.0.3.2)
#   web 10.0.1.0/24 -> gw1 203.0.113.1; 10.0.7.0/24 is behind cl, a router inside

. "$(dirname "$0")/lib.sh"

# What is for a host does not go to the Internet, where all else goes that has no route of its own
host_without_route()
{
	local port

	send "$cl" 10.0.1.2 198.51.100.7 udp 4010 9005
	port=$(public_port udp 10.0.1.2 4010)
	ip -n "$gw" link set in0 down
	capture wire "$gw" up0 dst net 10.0.0.0/8 and 'ip[8] < 64'
	dropped "$net" reroute 198.51.100.7 203.0.113.1 udp 9005 "$port" size 100
	same "last source" 198.51.100.7 "$(last_source reroute)"
	# nor what another host sends to it, or comes to it past the gateway
	ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
	dropped "$net" reroute 198.51.100.8 10.0.1.2 udp 9005 4010 size 100
	dropped "$net" reroute 198.51.100.8 10.0.1.2 tcp 9005 4010 S
	ip -n "$net" route del 10.0.1.0/24
	# by a second uplink, and by one whose other end has no address
	link "$gw" up1 192.0.3.1/24 "$net" n1 192.0.3.2/24
	ip -n "$gw" route replace default via 192.0.3.2
	capture second "$gw" up1 dst net 10.0.0.0/8
	dropped "$net" reroute 198.51.100.7 203.0.113.1 udp 9005 "$port" size 100
	ip -n "$gw" route replace default dev up0
	dropped "$net" reroute 198.51.100.7 203.0.113.1 udp 9005 "$port" size 100
	# in halves, as VPNs do it
	ip -n "$gw" -batch - <<-EOT
		route del default
		route add 0.0.0.0/1 via 192.0.2.2
		route add 128.0.0.0/1 via 192.0.2.2
	EOT
	dropped "$net" reroute 198.51.100.7 203.0.113.1 udp 9005 "$port" size 100
	capture_end second
	never second ip
	capture_end wire
	never wire ip
	ip -n "$gw" -batch - <<-EOT
		link set in0 up
		link del up1
		route del 0.0.0.0/1
		route del 128.0.0.0/1
		route add default via 192.0.2.2
	EOT
	capture inside "$cl" c0 dst port 4010
	send "$net" 198.51.100.7 203.0.113.1 udp 9005 "$port" size 100
	soon seen inside src host 198.51.100.7
	capture_end inside
}

# inside_by WORDS...: an answer takes this route to a host behind a router inside
inside_by()
{
	local port

	ip -n "$gw" route flush 10.0.7.0/24
	ip -n "$gw" route replace "$@"
	send "$cl" 10.0.7.7 198.51.100.7 udp 4011 9006
	port=$(public_port udp 10.0.7.7 4011)
	capture inside "$cl" c0 dst host 10.0.7.7
	send "$net" 198.51.100.7 203.0.113.1 udp 9006 "$port" size 100
	soon seen inside src host 198.51.100.7
	capture_end inside
	ok ctl session flush
}

# Nothing of that concerns hosts behind a router inside, also where the default route leads there
routers_inside()
{
	local before

	before=$(drops reroute)
	ok ctl subnet add behind prefix 10.0.7.0/24 gateway gw1
	inside_by 10.0.7.0/24 via 10.0.1.2
	inside_by 10.0.0.0/8 via 10.0.1.2
	# what comes by in0 has a table of its own
	ip -n "$gw" -batch - <<-EOT
		rule add iif in0 lookup 100
		route add default via 192.0.2.2 table 100
		route del 10.0.0.0/8
	EOT
	inside_by default via 10.0.1.2
	ip -n "$gw" -batch - <<-EOT
		rule del iif in0
		route flush table 100
		route replace default via 192.0.2.2
	EOT
	ok ctl subnet del behind
	same "dropped" "$before" "$(drops reroute)"
}

# Nor a router with one device and one router to all networks, which has an address inside
one_router_for_all()
{
	local port

	ok ctl subnet add behind prefix 10.0.7.0/24 gateway gw1
	ip -n "$gw" route replace default via 10.0.1.2
	capture inside "$cl" c0
	send "$cl" 10.0.7.7 198.51.100.7 udp 4012 9007
	soon seen inside 'src host 203.0.113.1 and udp dst port 9007'
	port=$(public_port udp 10.0.7.7 4012)
	send "$cl" 198.51.100.7 203.0.113.1 udp 9007 "$port" size 100
	soon seen inside 'dst host 10.0.7.7 and udp src port 9007'
	capture_end inside
	ip -n "$gw" route replace default via 192.0.2.2
	ok ctl subnet del behind
}

# With a public address of that router's nothing tells its hosts from the Internet: they need a route
public_router_for_all()
{
	local port

	ok ctl subnet add behind prefix 10.0.7.0/24 gateway gw1
	ip -n "$cl" addr add 192.0.9.2/24 dev c0
	ip -n "$gw" addr add 192.0.9.1/24 dev in0
	ip -n "$gw" route replace default via 192.0.9.2
	send "$cl" 10.0.7.7 198.51.100.7 udp 4013 9008
	port=$(public_port udp 10.0.7.7 4013)
	dropped "$cl" reroute 198.51.100.7 203.0.113.1 udp 9008 "$port"
	ip -n "$gw" route add 10.0.7.0/24 via 192.0.9.2
	capture inside "$cl" c0
	send "$cl" 198.51.100.7 203.0.113.1 udp 9008 "$port"
	soon seen inside 'dst host 10.0.7.7 and udp src port 9008'
	capture_end inside
	ip -n "$gw" -batch - <<-EOT
		route replace default via 192.0.2.2
		route del 10.0.7.0/24
		addr del 192.0.9.1/24 dev in0
	EOT
	ok ctl subnet del behind
}

tests=(
	host_without_route routers_inside one_router_for_all public_router_for_all stats_agree
)

standard_topology
ip -n "$cl" addr add 10.0.7.7/32 dev lo
standard_gateway
run "$@"
