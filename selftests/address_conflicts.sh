#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Addresses that somebody uses already are refused, each with who and where: the
# router's own, those of its networks, its upstream's, a neighbour's, and those that
# serve another gateway.
#
#   gw                                        net
#   up0 192.0.2.1/24 ------------------------ n0 192.0.2.2/24, the upstream router
#   lo 203.0.113.5/32                         n0 192.0.2.9/24, a neighbour

. "$(dirname "$0")/lib.sh"

# says SENTENCE ARGUMENT...: refused by the kernel with exactly this sentence
says()
{
	local wanted=$1 rc

	shift
	ctl "$@" >"$TMP/out" 2>"$TMP/err"
	rc=$?
	same "exit of $*" 2 "$rc"
	grep -qF -e ": $wanted" "$TMP/err" && return
	fail "natgwctl $*: wanted '$wanted', got '$(cat "$TMP/err")'"
}

fresh()
{
	ok ctl reset
	ok ctl gateway add gw1
}

nothing_added()
{
	same "addresses" '[]' "$(ctl -j address show)"
}

own()
{
	local cure="if both are to use it give shared on"

	fresh
	says "address 192.0.2.1 is the router's own on up0, $cure" address add 192.0.2.1
	says "address 203.0.113.5 is the router's own on lo, $cure" address add 203.0.113.5
	says "address 203.0.113.0/28 holds 203.0.113.5, which is the router's own on lo, $cure" \
		address add 203.0.113.0/28
	says "address 203.0.113.5 is the router's own on lo, $cure" \
		gateway set gw1 address 203.0.113.5
	nothing_added
	ok ctl address add 192.0.2.1 shared on
	ok ctl address add 203.0.113.0/28 shared on
	says "address 192.0.2.1 is the router's own on up0, $cure" \
		address set 192.0.2.1 shared off
	says "address 203.0.113.0/28 holds 203.0.113.5, which is the router's own on lo, $cure" \
		address set 203.0.113.0/28 shared off
	match "still shared" '"shared":"on"' "$(ctl -j address show 192.0.2.1)"
	ok ctl address set 192.0.2.1 shared on zone 2
}

networks()
{
	fresh
	says "address 192.0.2.0 is the network address of a network on up0" address add 192.0.2.0
	says "address 192.0.2.255 is the broadcast address of a network on up0" \
		address add 192.0.2.255 shared on
	says "address 192.0.2.240/28 holds 192.0.2.255, which is the broadcast address of a network on up0" \
		address add 192.0.2.240/28
	nothing_added
}

upstream()
{
	fresh
	ip -n "$gw" neigh flush all
	says "address 192.0.2.2 is the next hop of the default route on up0" address add 192.0.2.2
	nothing_added
}

neighbour()
{
	local gone="if that has gone: ip neigh del"

	fresh
	ok in_ns "$gw" ping -qc1 -W5 192.0.2.9
	says "address 192.0.2.9 is in use by a neighbour on up0, $gone 192.0.2.9 dev up0" \
		address add 192.0.2.9
	says "address 192.0.2.8/29 holds 192.0.2.9, which is in use by a neighbour on up0, $gone 192.0.2.9 dev up0" \
		address add 192.0.2.8/29
	nothing_added
	# the neighbour of a standby is the other one of the pair
	ok ctl address add 192.0.2.9 announce off
	ok ip -n "$gw" neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 nud permanent dev up0
	says "address 192.0.2.77 is in use by a neighbour on up0, $gone 192.0.2.77 dev up0" \
		address add 192.0.2.77
	ok ip -n "$gw" neigh del 192.0.2.77 dev up0
	ok ctl address add 192.0.2.77
	# nobody answered
	in_ns "$gw" ping -qc1 -W1 192.0.2.78 >"$TMP/ping"
	ok ctl address add 192.0.2.78
}

# The router gets an address that natgw has
later()
{
	fresh
	ok ctl address add 192.0.2.50
	match "no word" '"own-dev":null' "$(ctl -j address show 192.0.2.50)"
	ok ip -n "$gw" addr add 192.0.2.50/32 dev up0
	match "status" \
		"the router is not reached at its own address of 192.0.2.50 on up0: natgwctl address set 192.0.2.50 shared on" \
		"$(ctl)"
	match "device" '"own-dev":"up0"' "$(ctl -j address show 192.0.2.50)"
	ok ctl address set 192.0.2.50 shared on
	[[ $(ctl) != *"is not reached"* ]] || fail "shared, and still a word about it"
	ok ip -n "$gw" addr del 192.0.2.50/32 dev up0
}

# An address that serves a gateway moves by "address set" alone
other_gateway()
{
	local move="to move it use: natgwctl address set"

	fresh
	ok ctl address add 203.0.113.10 gateway gw1
	says "address 203.0.113.10 serves gateway gw1, $move 203.0.113.10 gateway gw2" \
		gateway add gw2 address 203.0.113.10
	refused ctl gateway show gw2
	says "address 203.0.113.10 serves gateway gw1, $move 203.0.113.10 gateway gw2" \
		-b - <<-EOT
		gateway add gw2 address 203.0.113.11,203.0.113.10
	EOT
	refused ctl address show 203.0.113.11
	ok ctl gateway add gw2
	says "address 203.0.113.10 exists and serves gateway gw1, $move 203.0.113.10 gateway GATEWAY" \
		address add 203.0.113.10 gateway gw2
	match "still at" '"gateway":"gw1"' "$(ctl -j address show 203.0.113.10)"
	ok ctl address set 203.0.113.10 gateway gw2
	match "moved" '"gateway":"gw2"' "$(ctl -j address show 203.0.113.10)"
	ok ctl address set 203.0.113.10 gateway none
	ok ctl gateway add gw3 address 203.0.113.10
	match "free ones are taken" '"gateway":"gw3"' "$(ctl -j address show 203.0.113.10)"
}

part_of_a_prefix()
{
	fresh
	ok ctl address add 203.0.113.16/28
	match "shown" "203.0.113.16/28" "$(ctl address show 203.0.113.17)"
	says "address 203.0.113.17 is part of the prefix 203.0.113.16/28, name that" \
		address del 203.0.113.17
	says "address 203.0.113.33 does not exist" address show 203.0.113.33
}

ns gw net
link "$gw" up0 192.0.2.1/24 "$net" n0 192.0.2.2/24
ip -n "$net" addr add 192.0.2.9/24 dev n0
ip -n "$gw" addr add 203.0.113.5/32 dev lo
ip -n "$gw" route add default via 192.0.2.2
tests=(own networks upstream neighbour later other_gateway part_of_a_prefix)
run "$@"
