#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Vnets as objects: "default" exists from the start; the module follows devices that move, go
# or are renamed; which changes end sessions and which do not; which events are sent.
#
#   the standard topology, and on gw, in dummies:
#   vnet red   10.8.0.0/16  dev e1 in VRF vred
#   vnet blue  10.8.0.0/16  dev e2 in VRF vblue

. "$(dirname "$0")/lib.sh"

# vnet_is NAME KEY VALUE
vnet_is()
{
	[[ $(value "$(ctl -j vnet show "$1")" "$2") == "$3" ]]
}

default_from_the_start()
{
	ns empty
	same "default" default "$(value "$(natgwctl -n "$empty" -j vnet show)" name)"
	same "vnets" 1 "$(natgwctl -n "$empty" -j vnet show | rows private-space)"
	ok natgwctl -n "$empty" vnet set default private-space drop
	same "set alone" drop \
		"$(value "$(natgwctl -n "$empty" -j vnet show default)" private-space)"
	ok natgwctl -n "$empty" reset
	same "reset" pass "$(value "$(natgwctl -n "$empty" -j vnet show default)" private-space)"
}

# A vnet that overlaps another and loses its VRF fails closed, and comes back.
devices_followed()
{
	local generation

	ok ctl vnet add red prefix 10.8.0.0/16 dev e1
	ok ctl vnet add blue prefix 10.8.0.0/16 dev e2
	generation=$(generation)
	soon vnet_is red vrf vred
	soon vnet_is red down off
	ip -n "$gw" link set e1 nomaster
	soon vnet_is red down on
	same "the other one" off "$(value "$(ctl -j vnet show blue)" down)"
	ip -n "$gw" link set e1 master vred
	soon vnet_is red down off
	ip -n "$gw" link set e1 name e9
	soon vnet_is red down on
	ip -n "$gw" link set e9 name e1
	soon vnet_is red down off
	ip -n "$gw" link del e2
	soon vnet_is blue down on
	same "the other one" off "$(value "$(ctl -j vnet show red)" down)"
	ip -n "$gw" link add e2 type dummy
	ip -n "$gw" link set e2 master vblue
	soon vnet_is blue down off
	ip -n "$gw" link set e2 master vred
	soon vnet_is red down on
	soon vnet_is blue down on
	ip -n "$gw" link set e2 master vblue
	soon vnet_is red down off
	soon vnet_is blue down off
	same "generation" "$generation" "$(generation)"
	ok ctl -b - <<-EOT
		vnet del red
		vnet del blue
	EOT
}

sessions()
{
	value "$(ctl -j session count)" count
}

# still WHAT: the flows go on as they were, through the old public address
still()
{
	local line

	same "$1: sessions" 2 "$(sessions)"
	echo >&"${tcp[1]}"
	read -t 20 -r line <&"${tcp[0]}"
	match "$1: TCP" 'answered 1 .*changed 0 .*last 203.0.113.1 ' "$line"
	echo >&"${udp[1]}"
	read -t 20 -r line <&"${udp[0]}"
	match "$1: UDP" 'answered 1 .*changed 0 .*last 203.0.113.1 ' "$line"
}

# Only what takes the address or the subnet away ends sessions.
what_ends_sessions()
{
	local line

	standard_gateway
	echo_server "$net" 198.51.100.7 7000
	coproc tcp { flow tcp 10.0.1.2 198.51.100.7 7000 hold; }
	read -t 20 -r line <&"${tcp[0]}"
	# bash warns of a second one, and serves both
	{ coproc udp { flow udp 10.0.1.2 198.51.100.7 7000 hold; }; } 2>/dev/null
	read -t 20 -r line <&"${udp[0]}"
	still "first"
	ok ctl gateway add gw2
	ok ctl address add 203.0.113.2 gateway gw2
	ok ctl route-table add rt1
	ok ctl subnet set web gateway none
	still "detached"
	ok ctl subnet set web gateway gw2
	still "bound to another one"
	ok ctl subnet set web route-table rt1
	ok ctl route add 0.0.0.0/0 route-table rt1 next-hop-type None
	same "routed elsewhere" 2 "$(sessions)"
	ok ctl -b - <<-EOT
		subnet del web
		subnet add web prefix 10.0.1.0/24 gateway gw2
	EOT
	same "made again at once" 2 "$(sessions)"
	ok ctl -b - <<-EOT
		subnet del web
		vnet add hub prefix 10.0.0.0/16 dev in0
		subnet add web prefix 10.0.1.0/24 vnet hub
	EOT
	same "moved to another vnet" 0 "$(sessions)"
	same "vnet" hub "$(value "$(ctl -j subnet show web)" vnet)"
	ok ctl reset
}

said()
{
	grep -qE "$1" "$TMP/events"
}

# Routes one by one; nothing for a table whose tag has changed
listeners_are_told()
{
	start_to "$TMP/events" "$gw" stdbuf -oL natgwctl -j monitor config
	soon in_ns "$gw" awk '$2 == 16 && $4 != "00000000" { n++ } END { exit !n }' \
		/proc/net/netlink
	ok ctl vnet add hub prefix 10.0.0.0/16
	ok ctl tag add T prefix 9.0.0.0/8
	ok ctl route-table add rt1
	ok ctl route add T route-table rt1 next-hop-type None
	ok ctl tag set T prefix 9.0.0.0/8,11.0.0.0/8
	ok ctl route add 0.0.0.0/0 route-table rt1 next-hop-type Internet
	ok ctl -b - <<-EOT
		route del 0.0.0.0/0 route-table rt1
		route add 0.0.0.0/0 route-table rt1 next-hop-type None
	EOT
	ok ctl route-table del rt1
	ok ctl tag del T
	ok ctl vnet del hub
	soon said 'vnet.*del.*hub|del.*vnet.*hub'
	note "$(cut -c1-120 "$TMP/events")"
	same "of vnets, tags, tables and routes" 12 "$(wc -l < "$TMP/events")"
}

tests=(default_from_the_start devices_followed what_ends_sessions listeners_are_told)

standard_topology
modprobe -q vrf
ip -n "$gw" -batch - <<-EOT || skip_all "no VRFs"
	link add vred type vrf table 101
	link add vblue type vrf table 102
	link add e1 type dummy
	link add e2 type dummy
	link set e1 master vred
	link set e2 master vblue
EOT
run "$@"
