#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl flowlog: sessions in the columns of the cloud's flow logs, what was refused, a log that
# is rotated under it, a file system that has no room for a while; and who had a public port, in
# what is left of all that.
#
#   10.0.1.99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"

PEER=198.51.100.99
LOG=$TMP/flow.log

# log_start: writes $LOG until it is stopped; its pid in $logger
log_start()
{
	start_to "$TMP/flowlog.err" "$gw" natgwctl flowlog file "$LOG"
	logger=$!
	soon probed
}

# The log has a session that nothing else is about
probed()
{
	send "$cl" 10.0.1.99 $PEER udp 7 7777
	ctl session flush dst $PEER:7777 >"$TMP/flushed"
	logged '"DestinationPort":7777'
}

logged()
{
	[[ -e $LOG ]] && grep -q "$1" "$LOG"
}

# found WANT ADDRESS:PORT [KEY VALUE]...: "proto source" of those that had the port
found()
{
	same "who had ${*:2}" "$1" \
		"$(ctl -j flowlog find "${@:2}" file "$LOG" |
			jq -r '[.[] | .proto + " " + .src + ":" + (."src-port" | tostring)] | join(" ")')"
}

lines_of_a_session()
{
	local line port second

	# one that was there before the log
	send "$cl" 10.0.1.99 $PEER udp 4000 9
	before=$(public_port udp 10.0.1.99 4000)
	log_start
	logged "\"EventType\":\"running\".*\"NatGatewayPort\":$before,.*\"SourcePort\":4000" ||
		fail "what runs is not in the log"
	send "$cl" 10.0.1.99 $PEER udp 4001 9 size 10
	port=$(public_port udp 10.0.1.99 4001)
	send "$net" $PEER 203.0.113.1 udp 9 "$port" size 20
	soon answered 4001
	soon logged '"opened".*"SourcePort":4001'
	# a second of which the log tells from its begin to its end
	second=$EPOCHSECONDS
	soon eval '((EPOCHSECONDS > second + 1))'
	middle=$(date -u -d "@$((second + 1))" +%Y-%m-%dT%H:%M:%SZ)
	found "udp 10.0.1.99:4001" 203.0.113.1:"$port" at "$middle"
	ok ctl session flush src 10.0.1.99:4001
	soon logged '"closed".*"SourcePort":4001'
	line=$(grep '"closed".*"SourcePort":4001' "$LOG")
	same "columns" "203.0.113.1 $port udp 10.0.1.99 4001 $PEER 9 gw1 web flush 1 1 38 48" \
		"$(jq -r '[.NatGatewayIp, .NatGatewayPort, .Protocol, .SourceIp, .SourcePort,
			.DestinationIp, .DestinationPort, .NatGateway, .Subnet, .Reason,
			.PacketsSent, .PacketsReceived, .BytesSent, .BytesReceived] |
			join(" ")' <<<"$line")"
	match "time" '^20[0-9-]+T[0-9:]+\.[0-9]{3}Z$' "$(jq -r .TimeGenerated <<<"$line")"
	known=$port
}

answered()
{
	[[ $(session udp 10.0.1.99 "$1" packets-in) == 1 ]]
}

# Moved away and compressed; the log goes on, and both are looked through
rotation()
{
	ok mv "$LOG" "$LOG.1"
	kill -HUP "$logger"
	soon logged '"EventType":"continued"}'
	ok gzip "$LOG.1"
	send "$cl" 10.0.1.99 $PEER udp 4002 9
	port=$(public_port udp 10.0.1.99 4002)
	soon logged '"opened".*"SourcePort":4002'
	found "udp 10.0.1.99:4001" 203.0.113.1:"$known" at "$middle"
	found "udp 10.0.1.99:4000" 203.0.113.1:"$before" at "$middle"
	found "udp 10.0.1.99:4002" 203.0.113.1:"$port" at "$(date +%T)"
	found "" 203.0.113.1:"$known" at "$middle" proto tcp
	found "" 203.0.113.1:"$known" at 2001-01-01T00:00:00Z
	refused ctl flowlog find 203.0.113.1 at "$middle" file "$LOG"
	refused ctl flowlog find 203.0.113.1:1024 at noon file "$LOG"
	refused ctl flowlog find 203.0.113.1:1024 at 2999-01-01T00:00:00Z file "$LOG"
	refused ctl flowlog find 203.0.113.1:1024 at "$middle" file "$TMP/nowhere"
}

# find_status ADDRESS:PORT at TIME: exit status
find_status()
{
	ctl flowlog find "$@" file "$LOG" >"$TMP/said" 2>&1
	echo $?
}

# The log is ended, and begins again: it knows that it knows nothing of the time between
gap()
{
	local at before_it=$middle

	stop "$logger"
	grep -q '"EventType":"stopped","Reason":"signal"' "$LOG" || fail "does not say that it ends"
	at=$EPOCHSECONDS
	send "$cl" 10.0.1.99 $PEER udp 4009 9
	port=$(public_port udp 10.0.1.99 4009)
	ok ctl session flush src 10.0.1.99:4009
	soon eval '((EPOCHSECONDS > at + 1))'
	at=$(date -u -d "@$((at + 1))" +%Y-%m-%dT%H:%M:%SZ)
	log_start
	same "in the gap" 5 "$(find_status 203.0.113.1:"$port" at "$at")"
	match "says so" 'the log has a gap, nothing was logged from 20' "$(< "$TMP/said")"
	same "before it" 0 "$(find_status 203.0.113.1:"$known" at "$before_it")"
	same "nobody, before it" 4 "$(find_status 203.0.113.1:1 at "$before_it")"
	# what ran when a log ended, and not when it began again
	cat > "$TMP/log" <<-EOT
		{"TimeGenerated":"2026-01-01T08:00:00.000Z","EventType":"started"}
		{"TimeGenerated":"2026-01-01T08:01:00.000Z","EventType":"opened","NatGatewayIp":"203.0.113.1","NatGatewayPort":2000,"Protocol":"udp","SourceIp":"10.0.1.2"}
		{"TimeGenerated":"2026-01-01T08:02:00.000Z","EventType":"stopped"}
		{"TimeGenerated":"2026-01-01T08:10:00.000Z","EventType":"started"}
		{"TimeGenerated":"2026-01-01T08:12:00.000Z","EventType":"alive"}
	EOT
	match "end unseen" "2026-01-01T08:01:00.000Z +unseen" \
		"$(ctl flowlog find 203.0.113.1:2000 at 2026-01-01T08:01:30Z file "$TMP/log")"
	same "after it" "[]" \
		"$(ctl -j flowlog find 203.0.113.1:2000 at 2026-01-01T08:11:30Z file "$TMP/log")"
	same "before the log" 5 "$(find_status 203.0.113.1:"$known" at 2001-01-01T00:00:00Z)"
}

refused_flows()
{
	ok ctl gateway set gw1 host-limit 1
	send "$cl" 10.0.1.99 $PEER udp 4003 9
	soon logged '"EventType":"refused".*"SourcePort":4003.*"Reason":"quota","FlowsRefused":1'
	ok ctl gateway set gw1 host-limit off
}

# ports TYPE FILE...: sources of port 10000 and above that lines of this type are about, sorted
ports()
{
	sed -nE "s/.*\"EventType\":\"($1)\".*\"SourcePort\":([1-9][0-9]{4}),.*/\\2/p" "${@:2}" | sort -n
}

whole_lines()
{
	same "lines that are no JSON" "" "$(jq -c 'select(.EventType == null)' "$@" 2>&1)"
	for file; do
		same "end of $file" "" "$(tail -c 1 "$file" | tr -d '\n')"
	done
}

# Rotated again and again while sessions open and end. The log stands still meanwhile, so that it
# finds events and the signal together: it has written some lines of many when it sees the signal.
rotation_while_writing()
{
	local i n=${ROTATED_FLOWS:-300}

	ok ctl session flush
	soon session_count_is 0
	for i in 0 1 2 3; do
		kill -STOP "$logger"
		send "$cl" repeat "$n" ports "$n" 10.0.1.99 $PEER udp $((10000 + i * n)) 9
		soon session_count_is "$n" dst $PEER:9
		mv "$LOG" "$TMP/turned.$((2 * i))"
		kill -HUP "$logger"
		kill -CONT "$logger"
		soon test -e "$LOG"
		kill -STOP "$logger"
		ok ctl session flush dst $PEER:9
		soon session_count_is 0 dst $PEER:9
		mv "$LOG" "$TMP/turned.$((2 * i + 1))"
		kill -HUP "$logger"
		kill -CONT "$logger"
		soon test -e "$LOG"
	done
	probed
	whole_lines "$TMP"/turned.* "$LOG"
	at_least "files" 8 "$(grep -lE 'opened|closed' "$TMP"/turned.* | wc -l)"
	seq 10000 $((10000 + 4 * n - 1)) > "$TMP/wanted"
	for i in opened closed; do
		ports "$i" "$TMP"/turned.* "$LOG" > "$TMP/had"
		cmp -s "$TMP/wanted" "$TMP/had" ||
			fail "$i: $(wc -l < "$TMP/had") lines, $(comm -3 "$TMP/wanted" "$TMP/had" | wc -l) lack or are too many"
	done
	! grep -q '"lost"' "$TMP"/turned.* "$LOG" || fail "the log says that events were lost"
	same "stderr" "" "$(cat "$TMP/flowlog.err")"
	rm -f "$TMP"/turned.*
}

# A file system of 128 KiB, half of which something else takes, is full before all lines are in it.
# They are counted, and the log goes on once there is room again: nothing else starts it anew.
no_room()
{
	local LOG=$TMP/small/flow.log logger n=400 lost at

	mkdir "$TMP/small"
	mount -t tmpfs -o size=128k none "$TMP/small" || { fail "no tmpfs"; return; }
	log_start
	same "not said before" "" "$(cat "$TMP/flowlog.err")"
	head -c 65536 /dev/zero > "$TMP/small/other"
	send "$cl" repeat $n ports $n 10.0.1.99 $PEER udp 10000 9
	soon session_count_is $n dst $PEER:9
	soon grep -q 'flow.log: No space left on device: lines are left out' "$TMP/flowlog.err"
	whole_lines "$LOG"
	at=$EPOCHSECONDS
	soon eval '((EPOCHSECONDS > at + 1))'
	at=$(date -u -d "@$((at + 1))" +%Y-%m-%dT%H:%M:%SZ)
	ok ctl session flush
	soon session_count_is 0
	rm "$TMP/small/other"
	soon logged '"EventType":"lost"'
	# one is in the log or counted
	lost=$(sed -nE 's/.*"lost".*"Events":([0-9]+),"Reason":"No space left on device".*/\1/p' "$LOG")
	same "lines and lost ones" $((2 * n)) $(($(ports 'opened|closed' "$LOG" | wc -l) + lost))
	at_least "lost" $n "$lost"
	match "said" "flow.log: can be written again, $lost lines were left out" "$(< "$TMP/flowlog.err")"
	same "said once" 2 "$(wc -l < "$TMP/flowlog.err")"
	send "$cl" 10.0.1.99 $PEER udp 9999 9
	soon logged '"opened".*"SourcePort":9999'
	whole_lines "$LOG"
	same "in the gap" 5 "$(find_status 203.0.113.1:1024 at "$at")"
	match "says so" 'events were lost from 20' "$(< "$TMP/said")"
	# ended without room: how many were lost is said
	head -c 131072 /dev/zero > "$TMP/small/other" 2>/dev/null
	send "$cl" repeat $n ports $n 10.0.1.99 $PEER udp 10000 9
	soon has_lines "$TMP/flowlog.err" 3
	kill "$logger"
	wait "$logger"
	same "exit status" 1 $?
	match "said at the end" 'No space left on device, [1-9][0-9]* lines were left out$' "$(< "$TMP/flowlog.err")"
	whole_lines "$LOG"
	ok ctl session flush
	umount "$TMP/small"
}

has_lines()
{
	(($(wc -l < "$1") == $2))
}

# clocks NUMBER: so many lines say that the clock was set
clocks()
{
	(($(grep -c '"EventType":"clock"' "$LOG") == $1))
}

# The clock is set back by half an hour and forward again. A session that ends meanwhile ends before
# it has opened, by it, and all times of that half hour were there more than once.
clock_set()
{
	local port at line

	send "$cl" 10.0.1.99 $PEER udp 4005 9
	port=$(public_port udp 10.0.1.99 4005)
	soon logged '"opened".*"SourcePort":4005'
	at=$(sed -nE 's/.*"TimeGenerated":"([^"]*)".*"opened".*"SourcePort":4005.*/\1/p' "$LOG")
	same "before" 0 "$(find_status 203.0.113.1:"$port" at "$at")"
	ok date -s '30 minutes ago'
	soon clocks 1
	ok ctl session flush src 10.0.1.99:4005
	soon logged '"closed".*"SourcePort":4005'
	line=$(grep '"closed".*"SourcePort":4005' "$LOG")
	same "it ends before it opens" true "$(jq '.TimeGenerated < .StartTime' <<<"$line")"
	ok date -s '30 minutes'
	soon clocks 2
	found "udp 10.0.1.99:4005" 203.0.113.1:"$port" at "$at"
	same "there may be others" 5 "$(find_status 203.0.113.1:"$port" at "$at")"
	match "says so" 'the log has a gap, the clock was set from 20' "$(< "$TMP/said")"
	at=$EPOCHSECONDS
	soon eval '((EPOCHSECONDS > at + 2))'
	at=$(date -u -d "@$((at + 2))" +%Y-%m-%dT%H:%M:%SZ)
	same "after it" 4 "$(find_status 203.0.113.1:"$port" at "$at")"
}

ends()
{
	kill "$logger"
	wait "$logger"
	same "exit status" 0 $?
	same "each line is JSON" "" "$(zcat -f "$LOG"* | jq -c 'select(.EventType == null)' 2>&1)"
	same "stderr" "" "$(cat "$TMP/flowlog.err")"
}

tests=(lines_of_a_session rotation gap refused_flows rotation_while_writing clock_set ends no_room)

standard_topology
silent_hosts
standard_gateway
run "$@"
