#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl flowlog: sessions in the columns of the cloud's flow logs, what was refused, a log that
# is rotated under it; and who had a public port, in what is left of all that.
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
	soon test -e "$LOG"
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
	same "before the log" 5 "$(find_status 203.0.113.1:"$known" at 2001-01-01T00:00:00Z)"
}

refused_flows()
{
	ok ctl gateway set gw1 host-limit 1
	send "$cl" 10.0.1.99 $PEER udp 4003 9
	soon logged '"EventType":"refused".*"SourcePort":4003.*"Reason":"quota","FlowsRefused":1'
	ok ctl gateway set gw1 host-limit off
}

ends()
{
	kill "$logger"
	wait "$logger"
	same "exit status" 0 $?
	same "each line is JSON" "" "$(zcat -f "$LOG"* | jq -c 'select(.EventType == null)' 2>&1)"
	same "stderr" "" "$(cat "$TMP/flowlog.err")"
}

tests=(lines_of_a_session rotation gap refused_flows ends)

standard_topology
silent_hosts
standard_gateway
run "$@"
