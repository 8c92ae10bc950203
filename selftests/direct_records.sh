#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Direct records have a cap, timers and filters of their own, and a flood of them takes
# no record that was answered. Topology: lib_direct.sh.

. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib_direct.sh
. "$HERE/lib_direct.sh"

# --- timers ------------------------------------------------------------------

# expiring PROTO PORT SECONDS: what it has left, a second's grain
expiring()
{
	local FOUND=""

	read_direct "$1" "$2" expires
	((FOUND > $3 - 5 && FOUND <= $3)) || fail "$1 $2: $FOUND s left, not $3"
}

handshake()
{
	send "$far" 198.51.100.199 10.0.1.99 tcp "$1" 80 S seq 1000
	soon direct_is tcp "$1" half-open
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 "$1" SA seq 5000 ack 1001
	send "$far" 198.51.100.199 10.0.1.99 tcp "$1" 80 A seq 1001 ack 5001
	direct_is tcp "$1" half-open || fail "established before the inside host has data"
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 "$1" A seq 5001 ack 1001
	soon direct_is tcp "$1" established
}

# The defaults, with gateways that do not shorten them
default_timers()
{
	fresh
	handshake 4000
	expiring tcp 4000 7440
	send "$far" 198.51.100.199 10.0.1.99 tcp 4001 80 S
	soon direct_is tcp 4001 half-open
	expiring tcp 4001 30
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 4001 RA
	soon direct_is tcp 4001 closing
	expiring tcp 4001 16
	# the same ports again
	send "$far" 198.51.100.199 10.0.1.99 tcp 4001 80 S
	soon direct_is tcp 4001 half-open
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 4000 FA seq 5001 ack 1001
	soon direct_is tcp 4000 closing
	expiring tcp 4000 240
	# who does not know the numbers does not take an established one back
	handshake 4002
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 S
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 R
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 R seq 1002
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 RA seq 1000 ack 5001
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 FA seq 90000000 ack 5001
	send "$far" 198.51.100.199 10.0.1.99 udp 4005 53
	soon direct_is udp 4005 half-open
	direct_is tcp 4002 established || fail "a forged RST or FIN ended it"
	expiring tcp 4002 7440
	# who does takes it back for as long as its host is silent
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 R seq 1001
	soon direct_is tcp 4002 closing
	expiring tcp 4002 16
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 4002 A seq 5001 ack 1001
	soon direct_is tcp 4002 established
	send "$far" 198.51.100.199 10.0.1.99 udp 4003 53
	soon direct_is udp 4003 half-open
	expiring udp 4003 30
	send "$cl" 10.0.1.99 198.51.100.199 udp 53 4003
	soon direct_is udp 4003 established
	expiring udp 4003 300
	send "$far" 198.51.100.199 10.0.1.99 echo 5 1
	soon directs_are 1 proto icmp state half-open
	send "$cl" 10.0.1.99 198.51.100.199 reply 5 1
	soon directs_are 1 proto icmp state established
	expiring icmp 0 60
}

# One look at all records: when each was last seen, first missed
look()
{
	local begun json port

	begun=$(now)
	json=$(ctl -j session show kind direct)
	for port in "${!since[@]}"; do
		if [[ $json == *"\"dst-port\":$port,"* ]]; then
			there[$port]=$begun
		elif [[ ! ${gone[$port]-} ]]; then
			gone[$port]=$(now)
		fi
	done
}

# told PORT NS PACKET...: the last packet of this flow
told()
{
	since[$1]=$(now)
	send "${@:2}"
	sent[$1]=$(now)
}

# lasted PORT SECONDS
lasted()
{
	if [[ ! ${there[$1]-} || ! ${gone[$1]-} ]]; then
		fail "port $1: never there, or never gone"
		return
	fi
	((gone[$1] >= since[$1] + $2 * 10 - 2)) ||
		fail "port $1 ended $((gone[$1] - since[$1]))/10 s after its last packet, not $2 s"
	((there[$1] <= sent[$1] + $2 * 10 + 10)) ||
		fail "port $1 was there $((there[$1] - sent[$1]))/10 s after its last packet, not $2 s"
}

each_timer()
{
	local end=$((SECONDS + 60))
	declare -A since=() sent=() there=() gone=()

	fresh
	short_timers
	handshake 4000
	handshake 4004
	send "$far" 198.51.100.199 10.0.1.99 udp 4002 53
	soon direct_is udp 4002 half-open
	told 4000 "$cl" 10.0.1.99 198.51.100.199 tcp 80 4000 A seq 5001 ack 1001
	told 4001 "$far" 198.51.100.199 10.0.1.99 tcp 4001 80 S
	told 4002 "$cl" 10.0.1.99 198.51.100.199 udp 53 4002
	told 4003 "$far" 198.51.100.199 10.0.1.99 udp 4003 53
	told 4004 "$cl" 10.0.1.99 198.51.100.199 tcp 80 4004 FA seq 5001 ack 1001
	look
	while ((${#gone[@]} < 5 && SECONDS < end)); do
		read -rt 0.2 -u "$NOTHING"
		look
	done
	lasted 4000 9
	lasted 4001 5
	lasted 4002 7
	lasted 4003 5
	lasted 4004 8
	# what is over is none any more: its answer is nobody's
	dropped "$cl" no-session 10.0.1.99 198.51.100.199 tcp 80 4000 A
	# and soon it takes no memory
	soon memory_free
	long_timers
}

memory_free()
{
	[[ $(value "$(ctl -j)" direct) == 0 ]]
}

# A packet of either side keeps an answered flow
renewed()
{
	local i

	fresh
	short_timers
	send "$far" 198.51.100.199 10.0.1.99 udp 4000 53
	soon direct_is udp 4000 half-open
	send "$cl" 10.0.1.99 198.51.100.199 udp 53 4000
	soon direct_is udp 4000 established
	for i in 1 2 3 4; do
		soon idle_past 4000 2
		if ((i % 2)); then
			send "$cl" 10.0.1.99 198.51.100.199 udp 53 4000
		else
			send "$far" 198.51.100.199 10.0.1.99 udp 4000 53
		fi
		soon idle_below 4000 2
	done
	read_direct udp 4000 age
	at_least "age" 10 "$FOUND"
	long_timers
}

idle_past()
{
	read_direct udp "$1" idle && ((FOUND > $2))
}

idle_below()
{
	read_direct udp "$1" idle && ((FOUND < $2))
}

# --- filters -----------------------------------------------------------------

# both NUMBER FILTER...: count and show agree
both()
{
	same "count ${*:2}" "$1" "$(sessions "${@:2}")"
	same "show ${*:2}" "$1" "$(ctl -j session show "${@:2}" | rows kind)"
}

# Two sessions and five records, which have 30 seconds: less than all questions take on a slow
# machine. What is there is renewed.
seven()
{
	send "$cl" 10.0.1.99 198.51.100.199 udp 6000 7000
	send "$cl" 10.0.1.99 198.51.100.199 udp 6001 7000
	send "$far" repeat 3 ports 3 198.51.100.199 10.0.1.99 udp 4000 53
	send "$far" 198.51.100.199 10.0.2.99 tcp 4000 80 S
	send "$far" 198.51.100.199 10.0.1.99 echo 5 1
	soon session_count_is 7
}

filters()
{
	local json

	fresh
	seven
	both 7
	both 2 kind nat
	both 5 kind direct
	both 4 kind direct subnet web
	both 1 kind direct subnet db
	both 5 kind direct vnet default
	both 1 kind direct dst 198.51.100.199:4001
	both 4 kind direct src 10.0.1.99
	seven
	both 3 kind direct proto udp
	both 1 kind direct proto icmp
	both 5 kind direct state half-open
	both 0 kind direct state cooling
	both 0 kind direct gateway gw1
	both 0 kind direct address 203.0.113.1
	both 2 gateway gw1
	both 6 src 10.0.1.99
	seven
	same "status" 5 "$(value "$(ctl -j)" direct)"
	json=$(ctl -j session show kind direct subnet db)
	same "record" "tcp 10.0.2.99 80 198.51.100.199 4000 half-open direct db default" \
		"$(for key in proto src src-port dst dst-port state kind subnet vnet; do
			value "$json" "$key"; done | xargs)"
	same "its gateway" "" "$(value "$json" gateway | sed s/null//)"
	seven
	same "flushed" 1 "$(value "$(ctl -j session flush kind direct subnet db)" count)"
	both 4 kind direct
	both 2 kind nat
	same "flushed" 2 "$(value "$(ctl -j session flush kind nat)" count)"
	both 4
	same "flushed" 4 "$(value "$(ctl -j session flush)" count)"
	both 0
}

# --- flood -------------------------------------------------------------------

SHARE=16384	# a quarter of the cap

flood()
{
	local kept

	fresh
	# flows of the other subnet that stay, from outside and translated ones
	exec 9> >(in_ns "$far" "$HERE/flows" client tcp 198.51.100.130 10.0.2.2 9000 count 3 hold \
		> "$TMP/kept.log" 2>&1)
	exec 8> >(in_ns "$cl2" "$HERE/flows" client tcp 10.0.2.2 198.51.100.7 9000 count 3 hold \
		> "$TMP/kept_nat.log" 2>&1)
	soon grep -q 'answered 3' "$TMP/kept.log"
	soon grep -q 'answered 3' "$TMP/kept_nat.log"
	kept=$(directs subnet db)
	send_on "$far" repeat 100000 ports 50000 198.18.0.1 10.0.1.99 tcp 1024 80 S
	send_on "$far" repeat 100000 ports 50000 198.18.1.1 10.0.1.99 udp 1024 53
	soon eval '(($(directs subnet web) > 1000))'
	reached_db
	started_inside "$cl2" 10.0.2.2
	wait "${jobs_started[@]: -2}" || fail "the flood ended early: $(cat "$TMP/job.log")"
	same "records of the flooded subnet" "$SHARE" "$(value "$(ctl -j)" direct | awk \
		-v other="$(directs subnet db)" '{ print $1 - other }')"
	reached_db
	echo >&9
	echo >&8
	wait_for 60 eval "[[ \$(wc -l < '$TMP/kept.log') == 2 && \$(wc -l < '$TMP/kept_nat.log') == 2 ]]" ||
		fail "what was there before is not answered"
	match "from outside before" 'answered 3 .* changed 0 ' "$(tail -n 1 "$TMP/kept.log")"
	match "translated before" 'answered 3 .* changed 0 .* last 203.0.113.1 ' \
		"$(tail -n 1 "$TMP/kept_nat.log")"
	exec 9>&- 8>&-
	at_least "records of the other subnet" "$kept" "$(directs subnet db state established)"
	# and the flooded subnet is still reached
	match "flooded" 'answered 5 ' "$(from "$far" udp 198.51.100.130 10.0.1.2 9000 count 5)"
	stats_agree
}

reached_db()
{
	match "TCP" "answered 5 " "$(from "$far" tcp 198.51.100.130 10.0.2.2 9000 count 5)"
	match "UDP" "answered 5 " "$(from "$far" udp 198.51.100.130 10.0.2.2 9000 count 5)"
}

# The oldest unanswered one goes first, an answered one never
oldest_goes_first()
{
	fresh
	send "$far" 198.51.100.199 10.0.1.99 udp 4000 53
	soon direct_is udp 4000 half-open
	send "$cl" 10.0.1.99 198.51.100.199 udp 53 4000
	soon direct_is udp 4000 established
	send "$far" 198.51.100.199 10.0.1.99 udp 4001 53
	soon direct_is udp 4001 half-open
	send "$far" repeat "$SHARE" ports 50000 198.18.0.1 10.0.1.99 udp 10000 53
	soon eval '! direct_is udp 4001 half-open'
	direct_is udp 4000 established || fail "an answered record made room"
	fresh
	stats_agree
}

tests=(
	default_timers each_timer renewed filters flood oldest_goes_first stats_agree
)

topology
servers
standard_gateway on-idle silent
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw1
run "$@"
