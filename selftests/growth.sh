#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The session table grows, and shrinks, while traffic flows. No flow is lost meanwhile, and
# a command that ends many sessions leaves none of them.
#
#   cl 10.0.1.2 and 10.64.0.0/15 behind it ---- in0 gw up0 ---- net 198.51.100.7
#
# GROWTH_FLOWS (20,000) flows from each half of 10.64.0.0/15.

. "$(dirname "$0")/lib.sh"

bytes()
{
	value "$(ctl -j)" session-bytes
}

# flows_from SUBNET NUMBER
flows_from()
{
	match "flows from $1" "answered $2 distinct $2 addresses 2 mixed 0 changed 0" \
		"$(flow udp "$1" 198.51.100.8 9000 count "$2" ports 1000 from 3000)"
}

steady_flows_begin()
{
	start_to "$TMP/steady" "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 \
		count 100 ports 100 from 2000 rounds 0 every 20
	steady=$!
	soon session_count_is 100
}

grows()
{
	before=$(bytes)
	note "2 x $n flows"
	flows_from 10.64.0.1 "$n"
	flows_from 10.65.0.1 "$n"
	same "sessions" $((2 * n + 100)) "$(sessions)"
	grown=$(bytes)
	at_least "bytes" $((before + 2 * n * 96)) "$grown"
}

# Half of them: too few for the table to shrink, so that each place is passed once
half_is_flushed()
{
	same "flushed" "$n" "$(value "$(ctl -j session flush subnet odd)" count)"
	same "sessions of the others" "$n" "$(sessions subnet even)"
	same "sessions left" 0 "$(sessions subnet odd)"
}

rest_goes_with_its_subnet()
{
	flows_from 10.65.0.1 "$n"
	ok ctl subnet del odd
	same "sessions of the others" "$((n + 100))" "$(sessions)"
	ok ctl subnet del even
	same "sessions left" 100 "$(sessions)"
}

shrinks()
{
	wait_for 30 less_than "$grown" || fail "memory does not go back: $grown, $(bytes)"
}

steady_flows_lost_nothing()
{
	kill -TERM "$steady"
	wait "$steady" || fail "exit $?"
	match "steady flows" 'answered 100 distinct 100 addresses [12] mixed 0 changed 0 again 0 ' \
		"$(cat "$TMP/steady")"
}

less_than()
{
	(($(bytes) < $1 / 2))
}

tests=(
	steady_flows_begin grows half_is_flushed rest_goes_with_its_subnet shrinks
	steady_flows_lost_nothing
)

n=${GROWTH_FLOWS:-20000}

standard_topology
ip -n "$cl" route add local 10.64.0.0/15 dev lo
ip -n "$gw" route add 10.64.0.0/15 via 10.0.1.2
ok ctl gateway add gw1
ok ctl address add 203.0.113.10/31 gateway gw1
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
ok ctl subnet add even prefix 10.64.0.0/16 gateway gw1
ok ctl subnet add odd prefix 10.65.0.0/16 gateway gw1
echo_server "$net" 198.51.100.7 9000
echo_server "$net" 198.51.100.8 9000
run "$@"
