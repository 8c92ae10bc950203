#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# "reset" sets all counters and last sources to zero once it has taken effect. A reset that
# is aborted, or stands in a batch that is refused, changes none of them. With a drain all objects
# stay until the last session has ended, or the time is over, and nothing else changes.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#                    203.0.113.1 of gw1

. "$(dirname "$0")/lib.sh"

# Traffic, and drops of three reasons with their last sources
traffic()
{
	standard_gateway host-limit 1
	dropped "$net" unsolicited 198.51.100.7 203.0.113.1 tcp 7000 22 S
	dropped "$net" unsolicited 198.51.100.7 203.0.113.1 udp 7000 53
	send "$cl" 10.0.1.99 198.51.100.99 udp 4000 9000
	soon session_count_is 1
	dropped "$cl" quota 10.0.1.99 198.51.100.99 udp 4001 9000
	dropped "$cl" protocol 10.0.1.99 198.51.100.99 proto 47
}

# What each counter is, whatever its age
counters()
{
	ctl -s -j stats show | jq -c 'map([.reason, .packets, .["last-source"]])'
}

all_zero()
{
	same "reasons that are not zero" '[]' "$(ctl -s -j stats show |
		jq -c 'map(select(.packets != 0 or .["last-source"] != null or .["last-age"] != null))')"
	same "text" "no packet was dropped" "$(ctl stats show)"
}

# The different values of all counters
of_gateway()
{
	ctl -s -j gateway show gw1 | jq -c '.[0].counters | [.[]] | unique'
}

of_address()
{
	ctl -s -j address show 203.0.113.1 | jq -c '.[0].counters | [.[]] | unique'
}

untranslated_is()
{
	[[ $(value "$(ctl -j subnet show lab)" untranslated) == "$1" ]]
}

counts_from_zero()
{
	traffic
	same "before" 2 "$(drops unsolicited)"
	match "before" '"attempted":2,' "$(ctl -s -j gateway show gw1)"
	match "status" 'refused flows: quota' "$(ctl)"
	ok ctl reset
	all_zero
	same "status" "" "$(ctl | grep warning)"

	standard_gateway
	same "gateway" '[0]' "$(of_gateway)"
	same "address" '[0]' "$(of_address)"
	all_zero
	dropped "$net" unsolicited 198.51.100.8 203.0.113.1 udp 7001 53
	same "counted" 1 "$(drops unsolicited)"
	same "last source" 198.51.100.8 "$(last_source unsolicited)"
	same "quota" 0 "$(drops quota)"
	# once more, with nothing configured and nothing counted
	ok ctl reset
	ok ctl reset
	all_zero
}

# The whole batch, with what comes behind the reset. Objects that are there again keep
# their sessions, and no counter.
in_a_batch()
{
	traffic
	ok ctl gateway set gw1 host-limit off
	ok ctl subnet add lab prefix 10.0.2.0/24
	ip -n "$cl" addr add 10.0.2.2/24 dev c0
	ip -n "$gw" addr add 10.0.2.1/24 dev in0
	excuse 10.0.2.2	# lab has no gateway
	send "$cl" 10.0.2.2 198.51.100.99 udp 4000 9000
	soon untranslated_is 1
	ok ctl -b - <<-EOT
		reset
		gateway add gw1
		address add 203.0.113.1 gateway gw1
		subnet add web prefix 10.0.1.0/24 gateway gw1
		subnet add lab prefix 10.0.2.0/24
	EOT
	all_zero
	same "sessions" "1 1 1" "$(sessions) $(value "$(ctl -j gateway show gw1)" sessions) $(
		value "$(ctl -j address show 203.0.113.1)" sessions)"
	same "gateway" '[0]' "$(of_gateway)"
	same "address" '[0]' "$(of_address)"
	same "subnet" '[0,null]' \
		"$(ctl -j subnet show lab | jq -c '.[0] | [.untranslated, .["last-source"]]')"
	send "$cl" 10.0.1.99 198.51.100.99 udp 4001 9000
	soon session_count_is 2
	match "gateway" '"packets-out":1,.*"attempted":1,' "$(ctl -s -j gateway show gw1)"
	match "address" '"attempted":1,' "$(ctl -s -j address show 203.0.113.1)"
	stats_agree
	ok ctl reset
	all_zero
	ip -n "$cl" addr del 10.0.2.2/24 dev c0
	ip -n "$gw" addr del 10.0.2.1/24 dev in0
}

# nl_client REQUEST...: one socket
requests()
{
	printf '%s\n' "$@" | in_ns "$gw" "$HERE/nl_client"
}

refused_keeps_all()
{
	local before

	traffic
	before=$(counters)
	refused ctl -b - <<-EOT
		reset
		gateway add gw1
		gateway add gw1
	EOT
	same "refused in the batch" "$before" "$(counters)"
	match "aborted" 'ok.*ok.*ok' "$(requests transaction-begin reset transaction-abort | xargs)"
	same "aborted" "$before" "$(counters)"
	match "closed" 'ok.*ok' "$(requests transaction-begin reset | xargs)"
	same "closed" "$before" "$(counters)"
	match "sessions" 1 "$(sessions)"
	# a transaction without one goes on counting
	ok ctl gateway set gw1 idle-timeout 5m
	same "another change" "$before" "$(counters)"
	ok ctl reset
	all_zero
}

# Who reads meanwhile sees what was or what is, never less than zero
read_meanwhile()
{
	local i

	standard_gateway
	dropped "$net" unsolicited 198.51.100.7 203.0.113.1 udp 7000 53
	while :; do
		ctl -j stats show
	done > "$TMP/seen" 2>&1 &
	jobs_started+=($!)
	for ((i = 0; i < 10; i++)); do
		ok ctl -b - <<-EOT
			reset
			gateway add gw1 address 203.0.113.1
			subnet add web prefix 10.0.1.0/24 gateway gw1
		EOT
		send "$net" repeat 20 198.51.100.7 203.0.113.1 udp 7000 53
	done
	stop "${jobs_started[-1]}"
	at_least "readings" 5 "$(wc -l < "$TMP/seen")"
	same "too large" 0 "$(grep -oE '"packets":[0-9]+' "$TMP/seen" | cut -d : -f 2 |
		awk '$1 > 200 { n++ } END { print n + 0 }')"
	ok ctl reset
}

# one PORT: a UDP session more
one()
{
	local before

	before=$(sessions)
	send "$cl" 10.0.1.99 198.51.100.99 udp "$1" 9000
	soon session_count_is $((before + 1))
}

objects()
{
	value "$(ctl -j)" gateways
}

gone()
{
	[[ $(objects) == 0 ]]
}

drain_lets_sessions_end()
{
	local before

	standard_gateway
	one 4000
	before=$(ctl export)
	ok ctl reset drain 1h
	dropped "$cl" draining 10.0.1.99 198.51.100.99 udp 4001 9000
	same "sessions" 1 "$(sessions)"
	at_least "left" 3590 "$(value "$(ctl -j)" drain)"
	match "status" 'all objects drain, and go with the last session or in (1h|59m[0-9]*s?): natgwctl' \
		"$(ctl)"
	match "gateway" 'draining: 1 session, oldest [0-9]+[ms][^,]*, ends in (1h|59m)' \
		"$(ctl gateway show gw1)"
	same "ports left" 0 "$(value "$(ctl -j ports show)" free)"
	# what would go with the others is not made
	exits 2 ctl gateway add gw2
	match "refusal" 'gateway add gw2: all objects drain and go in [0-9]+s, natgwctl reset lets them go at once, natgwctl reset drain off keeps them$' \
		"$(< "$TMP/said")"
	exits 2 ctl subnet set web gateway none
	exits 2 ctl apply -f - <<< 'gateway add gw1'
	same "objects" "$before" "$(ctl export)"

	ok ctl reset drain off
	same "left" null "$(value "$(ctl -j)" drain)"
	same "gateway's" null "$(value "$(ctl -j gateway show gw1)" drain)"
	one 4002
	ok ctl gateway set gw1 idle-timeout 5m

	ok ctl reset drain 1h
	ok ctl session flush
	soon gone
	all_zero
	same "left" null "$(value "$(ctl -j)" drain)"
	same "vnets" 1 "$(value "$(ctl -j)" vnets)"
	ok ctl gateway add gw1
	ok ctl reset
}

# Another time, which ends the sessions that are left; ports that merely cool keep nothing
drain_ends_in_time()
{
	standard_gateway profile custom cooldown-half-open 1h half-open-timeout 1h
	one 4000
	ok ctl reset drain 1h
	ok ctl reset drain 1s
	soon gone
	same "sessions" 0 "$(sessions)"

	standard_gateway profile custom cooldown-rst 1h
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 80 S seq 1000
	soon state_is tcp 10.0.1.99 4000 half-open
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 80 R seq 1001
	soon state_is tcp 10.0.1.99 4000 cooling
	ok ctl reset drain 1h
	soon gone
}

# Without a session there is nothing to wait for
drain_at_once()
{
	standard_gateway
	ok ctl reset drain 1h
	same "objects" 0 "$(objects)"
	standard_gateway
	one 4000
	ok ctl reset drain 0s
	same "objects" 0 "$(objects)"
	same "sessions" 0 "$(sessions)"
}

drain_in_a_batch()
{
	standard_gateway
	one 4000
	exits 2 ctl -b - <<< $'reset drain 1h\ngateway add gw2'
	match "batch" 'stdin:2: gateway add gw2: all objects drain' "$(< "$TMP/said")"
	same "left" null "$(value "$(ctl -j)" drain)"
	ok ctl -b - <<< $'gateway set gw1 idle-timeout 5m\nreset drain 1h'
	at_least "left" 3590 "$(value "$(ctl -j)" drain)"
	# a file says what is there, and not what is done
	exits 1 ctl check -f - <<< $'gateway add gw1\nreset drain 1h'
	match "file" 'stdin:2: reset: drain: is an act and no configuration' "$(< "$TMP/said")"
	exits 2 ctl reset drain 200h
	match "a week" 'reset: drain 200h is outside 0s\.\.168h$' "$(< "$TMP/said")"
	exits 1 ctl reset drain 10
	ok ctl reset
	same "objects" 0 "$(objects)"
}

tests=(
	counts_from_zero in_a_batch refused_keeps_all read_meanwhile drain_lets_sessions_end
	drain_ends_in_time drain_at_once drain_in_a_batch
)

standard_topology
silent_hosts
run "$@"
