#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The managed pool lies in a network of the router: it gives neither the addresses of
# the network itself, nor the router's own, nor its upstream's or other neighbours'.
#
#   gw                                        net
#   up0 203.0.113.33/28 --------------------- n0 203.0.113.34/28, the upstream router
#                                             n0 203.0.113.36/28, a neighbour

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
	ip -n "$gw" neigh flush all
	ok in_ns "$gw" ping -qc1 -W5 203.0.113.36
	ok ctl managed-pool add 203.0.113.32/28
}

pool_free()
{
	value "$(ctl -j managed-pool show)" free
}

# Of 16: network, router, upstream, neighbour, broadcast
count()
{
	fresh
	same "free" 11 "$(pool_free)"
	ok ctl address add length 32
	match "the first" 203.0.113.35 "$(ctl address show)"
	same "free" 10 "$(pool_free)"
	says "managed pool 203.0.113.32/28 is in use by address 203.0.113.35 (1 in all)" \
		managed-pool del 203.0.113.32/28
}

# All that it gives, and not one more
all()
{
	local i

	fresh
	for ((i = 0; i < 11; i++)); do
		ok ctl address add length 32
	done
	says "the managed pool has no free prefix of length 32, 0 addresses are free" \
		address add length 32
	same "free" 0 "$(pool_free)"
	ctl -j address show > "$TMP/taken"
	for i in 32 33 34 36 47; do
		! grep -qF "\"203.0.113.$i\"" "$TMP/taken" || fail "203.0.113.$i was given"
	done
}

# An address that the operator adds may be larger than a pool in it: nothing is left then
larger_address()
{
	fresh
	ok ctl managed-pool del 203.0.113.32/28
	ok ctl managed-pool add 203.0.113.52/30
	ok ctl address add 203.0.113.48/28
	same "free" 0 "$(pool_free)"
	says "the managed pool has no free prefix of length 32, 0 addresses are free" \
		address add length 32
}

prefixes()
{
	fresh
	ok ctl address add length 30
	match "past the neighbour's" 203.0.113.40/30 "$(ctl address show)"
	says "the managed pool has no free prefix of length 30, 7 addresses are free" \
		address add length 30
}

clusters()
{
	fresh
	says "cluster c needs 12 addresses of the managed pool, 11 are free" \
		cluster add c prefix 10.0.2.0/24 managed-outbound-ip-count 12
	ok ctl cluster add c prefix 10.0.2.0/24 managed-outbound-ip-count 11
	same "free" 0 "$(pool_free)"
	ok ctl cluster del c
	same "free" 11 "$(pool_free)"
}

# What the pool may not hold, and the other way round
overlaps()
{
	ok ctl reset
	ok ctl vnet add hub prefix 203.0.113.64/26,198.51.100.0/24
	says "managed pool 203.0.113.64/28 overlaps vnet hub" managed-pool add 203.0.113.64/28
	says "managed pool 198.51.0.0/16 overlaps vnet hub" managed-pool add 198.51.0.0/16
	same "pools" 0 "$(ctl -j managed-pool show | rows prefix)"
	ok ctl managed-pool add 203.0.113.32/28
	says "203.0.113.0/24 overlaps managed pool 203.0.113.32/28" \
		vnet add spoke prefix 203.0.113.0/24
	says "203.0.113.40/29 overlaps managed pool 203.0.113.32/28" \
		managed-pool add 203.0.113.40/29
	ok ctl address add 203.0.113.129
	says "managed pool 203.0.113.128/28 overlaps address 203.0.113.129" \
		managed-pool add 203.0.113.128/28
	ok ctl reset
}

# A next hop of the operator's routes is nobody's public IP
next_hops()
{
	fresh
	ok ctl route-table add rt1
	ok ctl route add 0.0.0.0/0 route-table rt1 next-hop-type VirtualAppliance \
		next-hop-ip 203.0.113.35
	same "free" 10 "$(pool_free)"
	ok ctl address add length 32
	match "past the next hop" 203.0.113.37 "$(ctl address show)"
}

# What a cluster took is free for the lines of a batch behind the one that deletes it
batch()
{
	local address

	fresh
	ok ctl cluster add c prefix 10.0.2.0/24
	address=$(ctl -j cluster show c | jq -r '.[0].address[0]')
	printf '%s\n' "cluster del c" "gateway add gw1 address $address" > "$TMP/batch"
	ok ctl -b "$TMP/batch"
	same "gateway" "$address gw1" \
		"$(ctl -j address show | jq -r '.[] | "\(.address) \(.gateway)"')"
	# and the batch before it does not count
	printf '%s\n' "address del $address" "gateway set gw1 address $address" > "$TMP/batch"
	ok ctl -b "$TMP/batch"
	same "gateway again" "$address gw1" \
		"$(ctl -j address show | jq -r '.[] | "\(.address) \(.gateway)"')"
}

# An address of the router's that was taken before it had it counts once
later()
{
	fresh
	ok ctl address add length 32
	ok ip -n "$gw" addr add 203.0.113.35/32 dev up0
	same "free" 10 "$(pool_free)"
	ok ip -n "$gw" addr del 203.0.113.35/32 dev up0
	same "free" 10 "$(pool_free)"
}

ns gw net
link "$gw" up0 203.0.113.33/28 "$net" n0 203.0.113.34/28
ip -n "$net" addr add 203.0.113.36/28 dev n0
ip -n "$gw" link add in1 type dummy
ip -n "$gw" addr add 10.0.2.1/24 dev in1
ip -n "$gw" link set in1 up
ip -n "$gw" route add default via 203.0.113.34
tests=(count all larger_address prefixes clusters overlaps next_hops batch later)
run "$@"
