#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl monitor session: each session that opens or ends is told of, once, with the reason of
# its end and the packets and bytes of both directions. Filters are the kernel's. Nobody is told
# of anything, and nothing is counted, once nobody listens.
#
#   10.0.1.98, 10.0.1.99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_offload.sh"

# watch NAME [FILTER]...: in the background, its pid in $watcher
watch()
{
	rm -f "$TMP/$1"
	start_to "$TMP/$1" "$gw" natgwctl -j monitor session "${@:2}"
	watcher=$!
	# a session that it is told of shows that it listens
	soon hears "$1"
}

# A probe that fits each filter of this test
hears()
{
	send "$cl" 10.0.1.99 $PEER udp 7 7777
	ctl session flush dst $PEER:7777 >"$TMP/flushed"
	grep -q '"dst-port":7777' "$TMP/$1"
}

# events NAME FILTER: values that jq finds in its lines, without the probes
events()
{
	jq -rc "select(.\"dst-port\" != 7777) | $2" "$TMP/$1"
}

n_events_is()
{
	[[ $(events "$1" .event | wc -l) == "$2" ]]
}

closed()
{
	grep -q "\"session-closed\".*\"src-port\":$2,.*\"reason\":" "$TMP/$1"
}

# connection SPORT: established by hand, its public port in $port
connection()
{
	send "$cl" 10.0.1.99 $PEER tcp "$1" 80 S seq 1000
	port=$(public_port tcp 10.0.1.99 "$1")
	send "$net" $PEER 203.0.113.1 tcp 80 "$port" SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 $PEER tcp "$1" 80 A seq 1001 ack 5001
}

# state_is SPORT STATE: of a TCP session of 10.0.1.99
state_is()
{
	[[ $(ctl -j session show src "10.0.1.99:$1" | jq -r '.[].state') == "$2" ]]
}

# end_connection SPORT: one of connection(), by both sides
end_connection()
{
	send "$cl" 10.0.1.99 $PEER tcp "$1" 80 FA seq 1001 ack 5001
	send "$net" $PEER 203.0.113.1 tcp 80 "$port" FA seq 5001 ack 1002
	send "$cl" 10.0.1.99 $PEER tcp "$1" 80 A seq 1002 ack 5002
}

# answered_is SPORT NUMBER: so many packets from outside have been counted
answered_is()
{
	[[ $(session udp 10.0.1.99 "$1" packets-in) == "$2" ]]
}

counters='[."packets-out", ."bytes-out", ."packets-in", ."bytes-in"] | join(" ")'

datagrams()
{
	local i port

	watch udp
	for i in 1 2 3; do
		send "$cl" 10.0.1.99 $PEER udp 4000 9 size 10
	done
	port=$(public_port udp 10.0.1.99 4000)
	send "$net" $PEER 203.0.113.1 udp 9 "$port" size 20
	soon answered_is 4000 1
	ok ctl session flush src 10.0.1.99:4000
	soon closed udp 4000
	same "events" "session-opened session-closed" "$(events udp .event | xargs)"
	same "what it was" \
		"gw1 web udp 10.0.1.99 4000 203.0.113.1 $port $PEER 9" \
		"$(events udp 'select(.event == "session-opened") |
			[.gateway, .subnet, .proto, .src, ."src-port", .address, .port, .dst,
			 ."dst-port"] | join(" ")')"
	same "counters" "flush 3 114 1 48" \
		"$(events udp "select(.reason) | .reason + \" \" + ($counters)")"
	stop "$watcher"
}

# The last segments come behind those that end it, and count
connections()
{
	local port

	watch tcp
	connection 4001
	end_connection 4001
	soon closed tcp 4001
	# on a slow machine the answer to the last FIN may be sent too late to be counted
	match "ended by FIN" '^fin [34] 2$' \
		"$(events tcp 'select(.reason) | [.reason, ."packets-out", ."packets-in"] |
			join(" ")')"
	same "its port still cools" cooling \
		"$(ctl -j session show src 10.0.1.99:4001 | jq -r '.[].state')"
	connection 4002
	send "$cl" 10.0.1.99 $PEER tcp 4002 80 R seq 1001
	soon closed tcp 4002
	same "ended by RST" rst \
		"$(events tcp 'select(."src-port" == 4002 and .reason).reason')"
	# no second time when the cool-down is over or cut short
	ok ctl session flush
	same "told once each" 4 "$(events tcp .event | wc -l)"
	stop "$watcher"
}

# Timers of a second: what ends by the clock, and lives again in its cool-down
clocks()
{
	ok ctl gateway set gw1 profile custom udp-timeout 1s half-open-timeout 1s \
		cooldown-udp 60s
	watch clock
	send "$cl" 10.0.1.99 $PEER udp 4003 9
	send "$cl" 10.0.1.99 $PEER tcp 4004 80 S seq 1000
	wait_for 10 closed clock 4003 || fail "does not idle out"
	wait_for 10 closed clock 4004 || fail "stays half open"
	same "reasons" "half-open idle" "$(events clock .reason//empty | sort | xargs)"
	send "$cl" 10.0.1.99 $PEER udp 4003 9
	soon lives_again
	wait_for 10 n_events_is clock 6 || fail "does not end again"
	same "and is counted anew" "idle 1" \
		"$(events clock '[.reason, ."packets-out"] | join(" ")' | tail -n 1)"
	# a longer timer finds what only cools
	ok ctl gateway set gw1 udp-timeout 600s
	soon n_events_is clock 7
	ok ctl session flush
	soon n_events_is clock 8
	same "which ends again" "session-opened session-closed" \
		"$(events clock .event | tail -n 2 | xargs)"
	stop "$watcher"
}

lives_again()
{
	[[ $(events clock 'select(."src-port" == 4003).event' | sed -n 3p) == session-opened ]]
}

filters()
{
	local all one pid

	ok batch <<-EOT
		gateway add gw2
		address add 203.0.113.2 gateway gw2
		subnet add lab prefix 10.0.2.0/24 gateway gw2
	EOT
	start_to "$TMP/host" "$gw" natgwctl -j monitor session src 10.0.1.98 proto udp
	pid=$!
	start_to "$TMP/other" "$gw" natgwctl -j monitor session gateway gw2
	one=$!
	watch all
	all=$watcher
	soon two_more_listen
	send "$cl" 10.0.1.98 $PEER udp 4005 9
	send "$cl" 10.0.1.98 $PEER tcp 4005 80 S seq 1
	send "$cl" 10.0.1.99 $PEER udp 4006 9
	ok ctl session flush
	soon n_events_is all 6
	soon n_events_is host 2
	same "one host's" "10.0.1.98 udp 10.0.1.98 udp" \
		"$(events host '[.src, .proto] | join(" ")' | xargs)"
	same "of another gateway" "" "$(< "$TMP/other")"
	refused ctl monitor session gateway nowhere
	refused ctl monitor session state established
	refused ctl monitor session colour red
	stop "$all" "$pid" "$one"
}

# In /proc/net/netlink generic netlink is family 16; a tool that watches has three sockets
two_more_listen()
{
	(($(in_ns "$gw" awk '$2 == 16' /proc/net/netlink | wc -l) >= 7))
}

# The configuration takes away what a session needs
removed()
{
	watch gone
	send "$cl" 10.0.1.99 $PEER udp 4007 9
	ok ctl address add 203.0.113.3 gateway gw1
	ok ctl address set 203.0.113.1 gateway none
	soon closed gone 4007
	same "its address went" address \
		"$(events gone 'select(."src-port" == 4007 and .reason).reason')"
	ok ctl address set 203.0.113.1 gateway gw1
	send "$cl" 10.0.1.99 $PEER udp 4008 9
	ok ctl subnet set web prefix 10.0.4.0/24
	soon closed gone 4008
	same "its subnet is another" subnet \
		"$(events gone 'select(."src-port" == 4008 and .reason).reason')"
	ok ctl subnet set web prefix 10.0.1.0/24
	ok ctl address del 203.0.113.3
	# all that it is named by goes at once
	ok batch <<-EOT
		subnet set web prefix 10.0.4.0/24
		gateway add gone
		address add 203.0.113.4 gateway gone
		subnet add brief prefix 10.0.1.0/24 gateway gone
	EOT
	send "$cl" 10.0.1.98 $PEER udp 4012 9
	ok batch <<-EOT
		subnet del brief
		address del 203.0.113.4
		gateway del gone
		subnet set web prefix 10.0.1.0/24
	EOT
	soon closed gone 4012
	same "names of what is gone" "gone brief gone brief" \
		"$(events gone 'select(."src-port" == 4012) | [.gateway, .subnet] | join(" ")' | xargs)"
	stop "$watcher"
}

# What is restored opens, unless it had ended before it was saved
saved()
{
	local port

	ok ctl gateway set gw1 profile custom half-open-timeout 60s
	connection 4013
	end_connection 4013
	soon state_is 4013 cooling
	connection 4014
	soon state_is 4014 established
	ok ctl session save "$TMP/saved"
	ok ctl session flush
	watch restored
	# one processor's events are told of in their order, those of two in any
	ok taskset -c 0 natgwctl -n "$gw" session restore "$TMP/saved"
	ok taskset -c 0 natgwctl -n "$gw" session flush
	soon closed restored 4014
	same "told" "session-opened 4014 session-closed 4014" \
		"$(events restored '[.event, ."src-port"] | join(" ")' | xargs)"
	stop "$watcher"
}

# What was restored as ended, while nobody watched, and opened again then, ends like any other
restored_unwatched()
{
	local port

	ok ctl gateway set gw1 profile custom half-open-timeout 60s
	connection 4015
	end_connection 4015
	soon state_is 4015 cooling
	ok ctl session save "$TMP/saved"
	ok ctl session flush
	ok ctl session restore "$TMP/saved"
	soon state_is 4015 cooling
	send "$cl" 10.0.1.99 $PEER tcp 4015 80 S seq 2000
	soon eval '! state_is 4015 cooling'
	watch late
	ok ctl session flush
	soon closed late 4015
	same "told" "session-closed 4015" \
		"$(events late '[.event, ."src-port"] | join(" ")' | xargs)"
	stop "$watcher"
}

# What passes by the ingress hook counts as what goes the slow way does
offloaded()
{
	local port i before_out before_in

	offload_counters
	ok ctl gateway set gw1 track off offload on
	watch fast
	before_out=$(gateway_packets packets-out)
	before_in=$(gateway_packets packets-in)
	flow_up 4009
	for i in 1 2 3 4; do
		out_is_fast 4009 || fail "packet $i is not sent on at ingress"
	done
	in_is_fast "$port" || fail "the answer is not sent on at ingress"
	same "as many as of the gateway" \
		"$(($(gateway_packets packets-out) - before_out)) $(($(gateway_packets packets-in) - before_in))" \
		"$(ctl -j session show src 10.0.1.99:4009 |
			jq -r '.[] | [."packets-out", ."packets-in"] | join(" ")')"
	stop "$watcher"
}

# A reader that is too slow learns how many it has missed: nothing is lost in silence
slow_reader()
{
	local said opened closed lost before

	ok ctl gateway set gw1 profile custom udp-timeout 600s
	ok ctl session flush
	mkfifo "$TMP/go"
	"$HERE/netns_exec" "/run/netns/$gw" "$HERE/watcher" 20000 <"$TMP/go" >"$TMP/slow" 2>&1 &
	watcher=$!
	jobs_started+=("$watcher")
	exec 7>"$TMP/go"
	soon has "$TMP/slow" ready
	opened 2000 "$cl" repeat 2000 ports 1000 10.0.1.99 $PEER udp 10000 9
	before=$(sessions)
	same "flushed" "flushed $before" "$(ctl session flush)"
	exec 7>&-
	wait_for 20 has "$TMP/slow" lost || fail "says nothing"
	read -r _ opened _ closed _ lost < <(tail -n 1 "$TMP/slow")
	note "opened $opened, closed $closed, lost $lost"
	at_least "lost" 1 "$lost"
	at_least "not lost" 1 $((opened + closed))
	same "seen and lost" $((2 * before)) $((opened + closed + lost))
}

# A socket that closes while sessions end is told of none of them, and so is not who takes its number
heir()
{
	"$HERE/records" 10000 distinct > "$TMP/saved" || fail "records"
	ok ctl session restore "$TMP/saved" > /dev/null
	same "sessions" 10000 "$(sessions)"
	# what an earlier one said
	rm -f "$TMP/heir"
	start_to "$TMP/heir" "$gw" "$HERE/watcher" heir
	soon has "$TMP/heir" ready
	# ends them all before anybody else gets the lock that the end of a socket takes
	ok ctl address set 203.0.113.1 gateway none
	wait_for 20 has "$TMP/heir" messages || fail "says nothing: $(< "$TMP/heir")"
	# one may be on its way in the very moment in which the number changes hands
	match "the heir" '^messages [01]$' "$(tail -n 1 "$TMP/heir")"
	ok ctl address set 203.0.113.1 gateway gw1
}

# A transaction that is open makes the end of each socket wait for the lock
heir_beside_a_transaction()
{
	hold_transaction
	heir
	release_transaction
}

nobody_listens()
{
	send "$cl" 10.0.1.99 $PEER udp 4010 9
	soon session_count_is 1 src 10.0.1.99:4010
	# a while after the last one has gone
	wait_for 60 not_counted || fail "sessions are counted for nobody"
}

not_counted()
{
	ctl session flush >"$TMP/flushed"
	send "$cl" 10.0.1.99 $PEER udp 4011 9
	[[ $(ctl -j session show src 10.0.1.99:4011 | jq -c '.[]."packets-out"') == null ]]
}

# A listener ends as it hears that the module goes, while sessions are still told of
unloaded()
{
	local sender

	[[ $(cat /sys/module/natgw/refcnt 2>/dev/null) ]] || { skip "the module is built in"; return; }
	excuse 10.0.1.99
	watch doomed
	# to the end there is something to tell
	start "$cl" "$HERE/pkt" netns "$cl" repeat 50000 ports 50000 10.0.1.99 $PEER udp 5000 9
	sender=$!
	soon eval '(($(sessions) > 100))'
	ok modprobe -r natgw
	soon eval '! running "$watcher"'
	stop "$sender"
	load_module || fail "cannot load the module again"
}

setup()
{
	standard_topology
	silent_hosts
	ip -n "$cl" address add 10.0.1.98/24 dev c0
	standard_gateway
}

setup

tests=(restored_unwatched datagrams connections clocks filters removed saved slow_reader heir
	heir_beside_a_transaction offloaded)
[[ ${LONG-} ]] && tests+=(nobody_listens)
# the configuration goes with the module
tests+=(unloaded)

run "$@"
