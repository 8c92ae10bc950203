#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A command that walks through all sessions does not make other commands wait: the
# configuration changes during the walk, and the command still shows what is right.
#
#   cl 10.0.1.99 (silent) ---- gw ---- net 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"

# On a fast machine a walk through these takes five times as long under um as the longest change
# beside it, which is two ticks there: both want the processor. change_goes_on() wants twice
SESSIONS=${SESSIONS:-50000}

# Looks, each with its own way through the tables; most of what the first two take is the walk
LONG_LOOKS=("stats check" "ports show by destination")
LOOKS=("${LONG_LOOKS[@]}" "ports show by host" "ports show by address"
	"session show src 10.0.1.98" "session count proto udp")

many_sessions()
{
	silent_hosts
	opened "$SESSIONS" "$cl" repeat "$SESSIONS" ports 50000 10.0.1.99 198.51.100.99 udp 10000 9000
}

# milliseconds
clock_ms()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# took LOOK: sets TOOK, milliseconds
took()
{
	local start

	start=$(clock_ms)
	# shellcheck disable=SC2086 # words
	ctl $1 > "$TMP/look" 2>&1 || fail "$1: exit $?: $(tail -n 3 "$TMP/look")"
	TOOK=$(($(clock_ms) - start))
}

# longest LOOK: changes are made one after the other while it is under way; sets LONGEST, the
# time of the longest, milliseconds
longest()
{
	local before

	# to its end by a file: a signal would end the shell only
	: > "$TMP/on"
	start_to "$TMP/job.log" "$gw" bash -c "while [[ -e '$TMP/on' ]]; do
		echo 'timed gateway-set name=gw1 on-idle=1'
		done | '$HERE/nl_client' >> '$TMP/times'"
	soon grep -q ms "$TMP/times"
	before=$(generation)
	: > "$TMP/times"
	took "$1"
	at_least "changes during $1" 2 $(($(generation) - before))
	rm "$TMP/on"
	wait $!
	LONGEST=$(awk '$1 == "ms" && $2 > most { most = $2 } END { print most + 0 }' "$TMP/times")
}

# A change does not wait until a look is over: it takes a small part of the time that the
# look takes when nothing else is done. A machine that stands still meanwhile may make one
# take as long: it does not do so each time.
change_goes_on()
{
	local look i alone

	for look in "${LONG_LOOKS[@]}"; do
		for i in {1..20}; do
			took "$look"
			alone=$TOOK
			longest "$look"
			((LONGEST * 2 >= alone)) || break
		done
		note "$look: $alone ms; the longest change meanwhile $LONGEST ms"
		at_least "$look, against twice the longest change meanwhile" \
			$((LONGEST * 2)) "$alone"
	done
}

# With objects that come and go, all that is told is of those that are there
looks_during_changes()
{
	local look i pid

	start_to "$TMP/changes" "$gw" bash -c '
		for ((i = 0; ; i++)); do
			natgwctl gateway add gx
			natgwctl address add 203.0.113.77 gateway gx
			natgwctl subnet add x prefix 10.0.77.0/24 gateway gx
			natgwctl subnet del x
			natgwctl address del 203.0.113.77
			natgwctl gateway del gx
		done'
	pid=$!
	for i in 1 2 3; do
		for look in "${LOOKS[@]}"; do
			# shellcheck disable=SC2086 # words
			ok ctl $look
		done
	done
	stop "$pid"
	same "complaints" "" "$(grep -v '^gateway\|^address\|^subnet' "$TMP/changes")"
	ctl reset
	soon session_count_is 0
	stats_agree
}

tests=(change_goes_on looks_during_changes)

standard_topology
standard_gateway profile custom udp-timeout 2h
many_sessions
run "$@"
