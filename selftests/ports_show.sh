#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ports show by address, destination and host says what the session table says,
# added up; the fullest first, filtered and cut as asked.
#
#   cl 10.0.1.2, .3, .99 (web), 10.0.2.2 (db) ---- gw ---- net 198.51.100.7, .8
#      gw1: 203.0.113.2/31 for web, gw2: 203.0.113.9 for db

. "$(dirname "$0")/lib.sh"

# Compact JSON of all sessions, once
table()
{
	ctl -j session show > "$TMP/table"
}

# jq takes half a second to start in a slow guest: it makes several comparisons at a time.

# agrees BY WHICH [FILTER]...: the rows that jq computes from the table's sessions
# for which WHICH holds are those of ports show
agrees()
{
	local by=$1 which=$2 result

	shift 2
	ctl -j ports show by "$by" "$@" > "$TMP/rows"
	result=$(jq -rS --arg by "$by" --slurpfile rows "$TMP/rows" "
		def part(\$proto): map(select(.proto == \$proto)) | length;
		{ address: [\"gateway\", \"address\"],
		  destination: [\"gateway\", \"proto\", \"dst\", \"dst-port\"],
		  host: [\"gateway\", \"subnet\", \"src\"] }[\$by] as \$key |
		map(select($which)) | group_by([.[\$key[]]]) | map(
			(.[0] | with_entries(select(.key | IN(\$key[])))) +
			{ used: length, cooling: map(select(.state == \"cooling\")) | length } +
			if \$by == \"destination\" then
				{ hosts: map(.src) | unique | length }
			else
				{ tcp: part(\"tcp\"), udp: part(\"udp\"), icmp: part(\"icmp\"),
				  destinations: map([.proto, .dst, .\"dst-port\"]) | unique | length }
			end) | sort as \$wanted |
		(\$rows[0] | map(select(.used > 0) | del(.free, .\"high-water\", .limit,
			.filled, .headroom, .near, .\"src-used\", .block, .vnet) |
			if \$by == \"destination\" then del(.src) else . end) | sort) as \$got |
		if (\$wanted | length) == 0 then \"nothing to compare\"
		elif \$wanted == \$got then \"equal\"
		else (\$wanted - \$got)[:5][], \"ports show:\", (\$got - \$wanted)[:5][] end" "$TMP/table") ||
		fail "jq"
	[[ $result == equal ]] && return
	fail "by $by $*: the table, ports show"
	note "$result"
}

each_view()
{
	table
	agrees address true
	agrees destination true
	agrees host true
}

filters()
{
	table
	agrees address '.gateway == "gw1"' gateway gw1
	agrees host '.gateway == "gw2"' gateway gw2
	agrees destination '.proto == "tcp"' proto tcp
	agrees host '.dst == "198.51.100.7" and ."dst-port" == 9000' dst 198.51.100.7:9000
	agrees address '.dst == "198.51.100.8"' dst 198.51.100.8
	same "of no destination" "[]" "$(ctl -j ports show by host dst 198.51.100.55)"
	refused ctl ports show by colour
	refused ctl ports show gateway nosuch
}

# By destination: ports are those of all addresses of its gateway
free_ports()
{
	ctl -j ports show by destination | jq -e '
		all(.[]; .free == (if .gateway == "gw1" then 2 else 1 end) * 64512 - .used and
			."high-water" >= .used)' >/dev/null ||
		fail "by destination: $(ctl ports show by destination)"
	# By address: free for the destination that uses most of it
	ctl -j ports show by address > "$TMP/addresses"
	jq -e --slurpfile rows "$TMP/addresses" '
		. as $table | all($rows[0][]; .address as $a | .free == 64512 -
			([$table[] | select(.address == $a)] |
			 group_by([.proto, .dst, ."dst-port"]) | map(length) | max // 0))' \
		"$TMP/table" >/dev/null || fail "by address: $(cat "$TMP/addresses")"
}

# still ARGUMENT...: rows without the time that ports last, which runs
still()
{
	ctl -j ports show "$@" | sed -E 's/"headroom":(null|[0-9]+)/"headroom":""/g'
}

order_and_top()
{
	local by

	for by in address destination host; do
		ctl -j ports show by "$by"
		ctl -j ports show by "$by" top 2
	done > "$TMP/views"
	same "in order, top 2; by address, destination, host" \
		"true true true true true true" "$(jq -rs 'map(map(.used)) as $views |
			[(0, 2, 4) as $i | $views[$i] == ($views[$i] | sort | reverse),
				$views[$i][:2] == $views[$i + 1]] | join(" ")' "$TMP/views")"
	same "default" "$(still by address)" "$(still)"
}

# What was once used stays known while the destination is in use
high_water()
{
	local row

	ok ctl session flush src 10.0.1.3
	row=$(ctl -j ports show by destination dst 198.51.100.7:9000 proto udp gateway gw1)
	same "used, high-water" "40 70" "$(value "$row" used) $(value "$row" high-water)"
}

# The wheel tells destinations what cools, a little later
cooling_are()
{
	[[ $(ctl -j ports show by destination proto udp |
		awk -F '"cooling":' '{ for (i = 2; i <= NF; i++) n += $i } END { print n + 0 }') == "$1" ]]
}

# Many of them: a dump of many messages is whole, the gauges beyond 256 ports exact
many()
{
	opened 3000 "$cl" repeat 3000 ports 3000 10.0.1.99 198.51.100.99 udp 5000 9000
	opened 600 "$cl" repeat 600 ports 600 10.0.1.99 198.51.100.99 tcp 5000 80 S
	soon session_count_is 3600 src 10.0.1.99
	for port in {10000..10299}; do
		echo "10.0.1.99 198.51.100.99 udp 4000 $port"
	done | while read -ra packet; do
		"$HERE/pkt" netns "$cl" "${packet[@]}" || fail "not sent"
	done
	soon session_count_is 3900 src 10.0.1.99
	each_view
	free_ports
	order_and_top
	ok ctl gateway set gw1 udp-timeout 1s
	soon session_count_is 3300 src 10.0.1.99 proto udp state cooling
	soon cooling_are "$(sessions gateway gw1 proto udp)"
	each_view
}

none()
{
	ok ctl session flush
	soon in_table 0
	same "by destination" "[]" "$(ctl -j ports show by destination)"
	same "by host" "[]" "$(ctl -j ports show by host)"
	same "by address: used" "0 0 0" \
		"$(ctl -j ports show by address | jq -r 'map(.used) | join(" ")')"
}

tests=(each_view filters free_ports order_and_top high_water many stats_agree none)

standard_topology
silent_hosts
ip -n "$cl" addr add 10.0.2.2/24 dev c0
ip -n "$gw" addr add 10.0.2.1/24 dev in0
ok ctl gateway add gw1 profile custom udp-timeout 1h icmp-timeout 1h half-open-timeout 1h \
	cooldown-udp 1h cooldown-fin 1h cooldown-rst 1h
ok ctl address add 203.0.113.2/31 gateway gw1
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
ok ctl gateway add gw2 profile custom udp-timeout 1h icmp-timeout 1h half-open-timeout 1h \
	cooldown-fin 1h cooldown-rst 1h
ok ctl address add 203.0.113.9 gateway gw2
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw2
echo_server "$net" 198.51.100.7 9000
echo_server "$net" 198.51.100.8 9000
flow udp 10.0.1.2 198.51.100.7 9000 count 40 ports 40 from 2000 >/dev/null || fail "no answer"
flow udp 10.0.1.3 198.51.100.7 9000 count 30 ports 30 from 2000 >/dev/null || fail "no answer"
flow udp 10.0.1.3 198.51.100.8 9000 count 20 ports 20 from 2000 >/dev/null || fail "no answer"
flow tcp 10.0.1.2 198.51.100.8 9000 count 12 ports 12 from 2000 >/dev/null || fail "no answer"
flow udp 10.0.2.2 198.51.100.7 9000 count 9 ports 9 from 2000 >/dev/null || fail "no answer"
flow tcp 10.0.2.2 198.51.100.7 9000 count 7 ports 7 from 2000 >/dev/null || fail "no answer"
send "$cl" repeat 5 ports 5 10.0.1.2 198.51.100.7 echo 2000 1
soon session_count_is 5 proto icmp
run "$@"
