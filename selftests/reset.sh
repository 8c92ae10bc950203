#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# "reset" sets all counters and last sources to zero once it has taken effect. A reset that
# is aborted, or stands in a batch that is refused, changes none of them.
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

tests=(counts_from_zero in_a_batch refused_keeps_all read_meanwhile)

standard_topology
silent_hosts
run "$@"
