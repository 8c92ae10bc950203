#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The limits of a gateway (host-limit, destination-limit), what the sender of a refused flow
# gets, that each refusal has one reason, and that no other host loses a flow by it.
#
#   cl 10.0.1.2, .3, .98, .99 (silent) ---- gw ---- net 198.51.100.7, .99 (silent)
#                               pool 203.0.113.2/31

. "$(dirname "$0")/lib.sh"

DST=198.51.100.99

# flows N SRC PACKET...: from ports 5000 on
flows()
{
	send "$cl" repeat "$1" ports 1000 "$2" "$DST" "${@:3}"
}

# All drops, whatever the reason
all_drops()
{
	ctl -j stats show | grep -o '"packets":[0-9]*' | awk -F : '{ n += $2 } END { print n + 0 }'
}

failed_flows()
{
	counter failed
}

# refused_as REASON PACKET...: this one, once, and nothing else changes
refused_as()
{
	local all failures there

	all=$(all_drops)
	failures=$(failed_flows)
	there=$(sessions)
	dropped "$cl" "$@"
	same "drops of all reasons, after $1" $((all + 1)) "$(all_drops)" || note "$(ctl stats show)"
	same "failed flows, after $1" $((failures + 1)) "$(failed_flows)" || note "$(ctl stats show)"
	same "sessions, after $1" "$there" "$(sessions)"
}

# Address and port of each session
mappings()
{
	ctl -j session show | grep -o '"src":[^}]*"dst-port":[0-9]*' | sort
}

destination_limit()
{
	local before

	ok ctl gateway set gw1 destination-limit 300
	# each of two addresses
	flows 600 10.0.1.99 udp 5000 9000
	soon session_count_is 600
	same "at the addresses" "300 300" \
		"$(sessions address 203.0.113.2) $(sessions address 203.0.113.3)"
	before=$(mappings)
	refused_as destination-cap 10.0.1.98 "$DST" udp 4000 9000
	refused_as destination-cap 10.0.1.99 "$DST" udp 4000 9000
	same "sessions after" "$before" "$(mappings)"
	# others have limits of their own
	send "$cl" 10.0.1.99 "$DST" udp 4000 9001
	send "$cl" 10.0.1.99 "$DST" tcp 4000 9000 S
	send "$cl" 10.0.1.99 198.51.100.98 udp 4000 9000
	soon session_count_is 603
	# a larger one holds at once, so does none; a smaller one cuts nobody
	ok ctl gateway set gw1 destination-limit 301
	flows 2 10.0.1.98 udp 5000 9000
	soon session_count_is 605
	refused_as destination-cap 10.0.1.98 "$DST" udp 4000 9000
	ok ctl gateway set gw1 destination-limit 10
	refused_as destination-cap 10.0.1.98 "$DST" udp 4000 9000
	ok ctl gateway set gw1 destination-limit off
	flows 10 10.0.1.98 udp 6000 9000
	soon session_count_is 615
	ok ctl session flush
}

# Few: a limit below what makes a destination worth counting by address
small_destination_limit()
{
	ok ctl gateway set gw1 destination-limit 2
	flows 4 10.0.1.99 tcp 5000 80 S
	soon session_count_is 4
	refused_as destination-cap 10.0.1.99 "$DST" tcp 4000 80 S
	same "flushed" 2 "$(value "$(ctl -j session flush address 203.0.113.3)" count)"
	send "$cl" 10.0.1.99 "$DST" tcp 4000 80 S
	soon state_is tcp 10.0.1.99 4000 half-open
	ok ctl gateway set gw1 destination-limit off
	ok ctl session flush
}

host_limit()
{
	local before

	ok ctl gateway set gw1 host-limit 20
	flows 10 10.0.1.99 udp 5000 9000
	flows 6 10.0.1.99 tcp 5000 80 S
	flows 4 10.0.1.99 echo 5000 1
	soon session_count_is 20
	before=$(mappings)
	refused_as quota 10.0.1.99 "$DST" udp 4000 9000
	refused_as quota 10.0.1.99 198.51.100.98 tcp 4000 80 S
	refused_as quota 10.0.1.99 "$DST" echo 4000 1
	same "sessions after" "$before" "$(mappings)"
	same "ports show by host: used, limit" "20 20" \
		"$(ports_row used by host) $(ports_row limit by host)"
	# its own flows go on, and another host is not concerned
	send "$cl" 10.0.1.99 "$DST" udp 5000 9000
	flows 20 10.0.1.98 udp 5000 9000
	soon session_count_is 40
	refused_as quota 10.0.1.98 "$DST" udp 4000 9000
	# what ends makes room
	ok ctl session flush src 10.0.1.99 proto icmp
	flows 4 10.0.1.99 udp 6000 9000
	soon session_count_is 40
	refused_as quota 10.0.1.99 "$DST" udp 4000 9000
	ok ctl gateway set gw1 host-limit off
	send "$cl" 10.0.1.99 "$DST" udp 4000 9000
	soon session_count_is 41
	# what was there when a limit is set counts
	ok ctl gateway set gw1 host-limit 21
	refused_as quota 10.0.1.99 "$DST" udp 4001 9000
	send "$cl" 10.0.1.98 "$DST" udp 4001 9000
	soon session_count_is 42
	refused_as quota 10.0.1.98 "$DST" udp 4002 9000
	ok ctl gateway set gw1 host-limit off
	ok ctl session flush
}

# cooling_are NUMBER: of the fullest destination
cooling_are()
{
	[[ $(ports_row cooling by destination) == "$1" ]]
}

# Exactly one reason: the first of those that hold
first_reason()
{
	ok ctl address set 203.0.113.2/31 reserve 1026-65535
	ok ctl gateway set gw1 host-limit 4 destination-limit 2
	flows 4 10.0.1.99 udp 5000 9000
	soon session_count_is 4
	refused_as quota 10.0.1.99 "$DST" udp 4000 9000
	refused_as destination-cap 10.0.1.98 "$DST" udp 4000 9000
	ok ctl gateway set gw1 destination-limit off
	refused_as quota 10.0.1.99 "$DST" udp 4000 9000
	refused_as destination-full 10.0.1.98 "$DST" udp 4000 9000
	ok ctl gateway set gw1 drain 1h
	refused_as draining 10.0.1.99 "$DST" udp 4000 9000
	ok ctl gateway set gw1 drain off
	ok ctl session flush
	ok ctl gateway set gw1 udp-timeout 1s cooldown-udp 1h
	flows 4 10.0.1.99 udp 5000 9000
	soon cooling_are 4
	refused_as quota 10.0.1.99 "$DST" udp 4000 9000
	refused_as all-cooling 10.0.1.98 "$DST" udp 4000 9000
	ok ctl address set 203.0.113.2/31 gateway none
	refused_as pool-empty 10.0.1.98 "$DST" udp 4000 9000
	ok ctl address set 203.0.113.2/31 gateway gw1 reserve none
	ok ctl gateway set gw1 host-limit off udp-timeout 1h cooldown-udp 65s
	soon session_count_is 0
}

# What the sender sees: on-exhaust
on_exhaust()
{
	ok ctl gateway set gw1 host-limit 1
	capture inside "$cl" c0 'icmp or tcp'
	send "$cl" 10.0.1.99 "$DST" udp 5000 9000
	soon session_count_is 1

	ok ctl gateway set gw1 on-exhaust drop
	refused_as quota 10.0.1.99 "$DST" udp 4000 9000
	refused_as quota 10.0.1.99 "$DST" tcp 4001 80 S seq 1000
	ok ctl gateway set gw1 on-exhaust unreachable
	refused_as quota 10.0.1.99 "$DST" udp 4010 9000
	soon seen inside 'icmp[0] = 3 and icmp[1] = 13 and icmp[28:2] = 4010'
	refused_as quota 10.0.1.99 "$DST" tcp 4011 80 S seq 1000
	soon seen inside 'icmp[0] = 3 and icmp[1] = 13 and icmp[28:2] = 4011'
	ok ctl gateway set gw1 on-exhaust reset
	refused_as quota 10.0.1.99 "$DST" udp 4020 9000
	soon seen inside 'icmp[0] = 3 and icmp[1] = 13 and icmp[28:2] = 4020'
	refused_as quota 10.0.1.99 "$DST" tcp 4021 80 S seq 1000
	soon seen inside "src host $DST and tcp src port 80 and dst port 4021 and tcp[13] = 20"
	match "RST" 'ack 1001' "$(captured inside 'tcp dst port 4021')"
	never inside 'icmp[28:2] = 4000 or icmp[28:2] = 4001 or tcp dst port 4001'
	never inside 'tcp dst port 4011 or icmp[28:2] = 4021'

	# real clients: the first one's flow is the only one it may have
	flow udp 10.0.1.2 198.51.100.7 9000 >/dev/null || fail "no answer"
	match "connect, refused by reset" refused \
		"$(in_ns "$cl" socat -u OPEN:/dev/null TCP:198.51.100.7:9000,bind=10.0.1.2 2>&1)"
	ok ctl gateway set gw1 on-exhaust unreachable
	match "connect, prohibited" 'No route to host|unreachable' \
		"$(in_ns "$cl" socat -u OPEN:/dev/null TCP:198.51.100.7:9000,bind=10.0.1.2 2>&1)"
	ok ctl gateway set gw1 on-exhaust drop host-limit off
	capture_end inside
	ok ctl session flush
}

# The events: at most one a second, and none lost in the sum
monitor_exhaustion()
{
	local sum start events

	ok ctl gateway set gw1 host-limit 1
	send "$cl" 10.0.1.99 "$DST" udp 5000 9000
	soon session_count_is 1
	"$HERE/netns_exec" "/run/netns/$gw" natgwctl monitor exhaustion \
		> "$TMP/events" 2>"$TMP/events.err" </dev/null &
	jobs_started+=($!)
	"$HERE/netns_exec" "/run/netns/$gw" natgwctl -j monitor exhaustion \
		> "$TMP/events.json" 2>>"$TMP/events.err" </dev/null &
	jobs_started+=($!)
	# there is no telling when they listen but by an event
	send_on "$cl" repeat 100 every 300 10.0.1.99 "$DST" udp 4000 9000
	wait_for 20 both_heard || fail "no event: $(cat "$TMP/events.err")"
	stop $!
	match "event" \
		'gw1 quota: [0-9]+ flows? refused, last udp 10.0.1.99:4000 -> 198.51.100.99:9000' \
		"$(cat "$TMP/events")"
	match "event -j" '"gateway":"gw1","reason":"quota","count":[0-9]+,"proto":"udp","src":"10.0.1.99","src-port":4000,"dst":"198.51.100.99","dst-port":9000' \
		"$(cat "$TMP/events.json")"
	# the event that tells of the last one is the last before what follows
	send "$cl" 10.0.1.99 "$DST" udp 4999 9000
	soon grep -q '"src-port":4999' "$TMP/events.json"
	sum=$(event_sum)
	start=$(now)
	flows 500 10.0.1.99 tcp 6000 80 S
	soon event_sum_is $((sum + 500))
	events=$(grep -c '"proto":"tcp"' "$TMP/events.json")
	at_least "seconds, for as many events" "$events" $((($(now) - start) / 10 + 2))
	while IFS= read -r sum; do
		ok jq -e . <<< "$sum"
	done < "$TMP/events.json"
	same "complaints" "" "$(cat "$TMP/events.err")"
	ok ctl gateway set gw1 host-limit off
	ok ctl session flush
}

both_heard()
{
	[[ -s $TMP/events && -s $TMP/events.json ]]
}

event_sum()
{
	grep -o '"count":[0-9]*' "$TMP/events.json" | awk -F : '{ n += $2 } END { print n + 0 }'
}

event_sum_is()
{
	[[ $(event_sum) == "$1" ]]
}

unload()
{
	modprobe -r natgw 2>/dev/null || rmmod natgw
}

# translated NUMBER: UDP packets of ten bytes captured
translated()
{
	[[ $(captured wire 'udp[4:2] = 18' | grep -c ' > ') == "$1" ]]
}

# The cap of the table: new flows wait, the running ones do not notice
memory()
{
	local before

	ok unload
	ok load_module sessions_max=100
	configure
	same "sessions-max" 100 "$(value "$(ctl -j)" sessions-max)"
	flows 100 10.0.1.99 udp 5000 9000
	soon session_count_is 100
	before=$(mappings)
	refused_as memory 10.0.1.99 "$DST" udp 4000 9000
	refused_as memory 10.0.1.98 198.51.100.98 tcp 4000 80 S
	flows 50 10.0.1.98 echo 5000 1
	soon counted memory 52
	same "sessions after" "$before" "$(mappings)"
	capture wire "$net" n0 udp
	flows 100 10.0.1.99 udp 5000 9000 size 10
	soon translated 100
	capture_end wire
	ok ctl session flush src 10.0.1.99 dst "$DST"
	flows 100 10.0.1.98 tcp 5000 80 S
	soon session_count_is 100
	refused_as memory 10.0.1.98 "$DST" tcp 4000 80 S
	stats_agree
	ok unload
	ok load_module
}

# Where the table is full, too, the reason is another one as long as one holds; memory is the last
memory_is_the_last_reason()
{
	ok unload
	ok load_module sessions_max=100
	configure
	ok ctl address set 203.0.113.2/31 reserve 1074-65535
	flows 100 10.0.1.99 udp 5000 9000
	soon session_count_is 100
	refused_as destination-full 10.0.1.98 "$DST" udp 4000 9000
	match "explained" destination-full \
		"$(ctl -j explain src 10.0.1.98:4000 dst "$DST:9000" proto udp)"
	refused_as memory 10.0.1.98 "$DST" udp 4000 9001
	ok ctl gateway set gw1 host-limit 100
	refused_as quota 10.0.1.99 "$DST" udp 4000 9000
	refused_as destination-full 10.0.1.98 "$DST" udp 4000 9000
	ok ctl address set 203.0.113.2/31 reserve none
	refused_as quota 10.0.1.99 "$DST" udp 4000 9001
	ok ctl gateway set gw1 destination-limit 40
	refused_as destination-cap 10.0.1.98 "$DST" udp 4000 9000
	refused_as memory 10.0.1.98 "$DST" udp 4000 9001
	ok ctl gateway set gw1 drain 1h
	refused_as draining 10.0.1.99 "$DST" udp 4000 9000
	ok ctl gateway set gw1 drain off host-limit off destination-limit off
	refused_as memory 10.0.1.99 "$DST" udp 4000 9000
	ok ctl session flush

	ok ctl address set 203.0.113.2/31 reserve 1074-65535
	ok ctl gateway set gw1 udp-timeout 1s cooldown-udp 1h
	flows 100 10.0.1.99 udp 5000 9000
	soon cooling_are 100
	refused_as all-cooling 10.0.1.98 "$DST" udp 4000 9000
	ok ctl session flush
	ok unload
	ok load_module
}

# all_but PORT...: a list that reserves all ports but these
all_but()
{
	printf '%s\n' "$@" | sort -n | awk '
		BEGIN { from = 1024 }
		$1 > from { printf "%s%d-%d", sep, from, $1 - 1; sep = "," }
		{ from = $1 + 1 }
		END { if (from <= 65535) printf "%s%d-65535", sep, from }'
}

# An address of which nobody knows yet that it is full: the ports that were not taken were reserved
memory_comes_behind_a_full_address()
{
	local ports

	ok unload
	ok load_module sessions_max=10
	configure
	ok ctl address set 203.0.113.2/31 gateway none
	ok ctl address add 203.0.113.5 gateway gw1
	flows 10 10.0.1.99 udp 5000 9000
	soon session_count_is 10
	ports=$(ctl -j session show | grep -o '"port":[0-9]*' | cut -d : -f 2)
	# shellcheck disable=SC2086 # a list
	ok ctl address set 203.0.113.5 reserve "$(all_but $ports)"
	refused_as destination-full 10.0.1.99 "$DST" udp 4000 9000
	# shellcheck disable=SC2086 # a list, of which one is free again
	ok ctl address set 203.0.113.5 reserve "$(all_but 1025 $ports)"
	refused_as memory 10.0.1.99 "$DST" udp 4000 9000
	ok unload
	ok load_module
}

# A block of which nobody knows yet that it is full: the map of its address is younger
memory_comes_behind_the_block()
{
	ok unload
	ok load_module sessions_max=300
	configure
	ok ctl gateway set gw1 allocation preallocated ports-per-host 128
	flows 128 10.0.1.99 udp 5000 9000
	flows 128 10.0.1.98 udp 5000 9000
	flows 44 10.0.1.97 udp 5000 9000
	soon session_count_is 300
	same "at the first address" 300 "$(sessions address 203.0.113.2)"
	refused_as quota 10.0.1.99 "$DST" udp 4000 9000
	refused_as memory 10.0.1.97 "$DST" udp 4000 9000
	ok unload
	ok load_module
}

configure()
{
	ok ctl gateway add gw1 profile custom udp-timeout 1h icmp-timeout 1h half-open-timeout 1h
	ok ctl address add 203.0.113.2/31 gateway gw1
	ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
}

tests=(
	destination_limit small_destination_limit host_limit first_reason on_exhaust
	monitor_exhaustion stats_agree memory memory_is_the_last_reason
	memory_comes_behind_a_full_address memory_comes_behind_the_block
)

standard_topology
silent_hosts
ip -n "$gw" neigh replace 10.0.1.98 dev in0 lladdr \
	"$(ip -n "$cl" -br link show c0 | awk '{ print $3 }')"
configure
echo_server "$net" 198.51.100.7 9000
run "$@"
