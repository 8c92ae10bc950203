#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The session table grows, and shrinks, while traffic flows; no flow is lost,
# and none is left by what ends many.
#
#   cl 10.0.1.2 and 10.64.0.0/16 behind it ---- in0 gw up0 ---- net 198.51.100.7

. "$(dirname "$0")/lib.sh"

bytes()
{
	value "$(ctl -j)" session-bytes
}

no_flow_is_lost_or_left()
{
	local n=${FLOWS:-20000} before grown steady

	before=$(bytes)
	start_to "$TMP/steady" "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 \
		count 100 ports 100 from 2000 rounds 0 every 20
	steady=$!
	soon session_count_is 100

	match "new flows" "answered $n distinct $n addresses 2 mixed 0 changed 0" \
		"$(flow udp 10.64.0.1 198.51.100.8 9000 count "$n" ports 1000 from 3000)"
	same "sessions" $((n + 100)) "$(sessions)"
	grown=$(bytes)
	at_least "bytes" $((before + n * 96)) "$grown"
	kill -0 "$steady" || fail "the steady flows have ended: $(cat "$TMP/steady")"

	same "flushed" "$n" "$(value "$(ctl -j session flush dst 198.51.100.8)" count)"
	wait_for 30 less_than "$grown" || fail "memory does not go back: $grown, $(bytes)"

	match "new flows" "answered $n distinct $n " \
		"$(flow udp 10.64.0.1 198.51.100.8 9000 count "$n" ports 1000 from 3000)"
	ok ctl subnet del many
	soon session_count_is 100

	kill -TERM "$steady"
	wait "$steady" || fail "exit $?"
	match "steady flows" 'answered 100 distinct 100 addresses [12] mixed 0 changed 0 again 0 ' \
		"$(cat "$TMP/steady")"
}

less_than()
{
	(($(bytes) < $1 / 2))
}

tests=(no_flow_is_lost_or_left)

standard_topology
ip -n "$cl" route add local 10.64.0.0/16 dev lo
ip -n "$gw" route add 10.64.0.0/16 via 10.0.1.2
ok ctl gateway add gw1
ok ctl address add 203.0.113.10/31 gateway gw1
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
ok ctl subnet add many prefix 10.64.0.0/16 gateway gw1
echo_server "$net" 198.51.100.7 9000
echo_server "$net" 198.51.100.8 9000
run "$@"
