#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# session show, count and flush by each filter; a dump of many messages is whole.
#
#   cl 10.0.1.2, .3 (web -> gw1), 10.0.2.2 (db -> gw2) ---- gw ---- net .7, .8

. "$(dirname "$0")/lib.sh"

# both NUMBER FILTER...: count and show agree
both()
{
	same "count ${*:2}" "$1" "$(sessions "${@:2}")"
	same "show ${*:2}" "$1" "$(ctl -j session show "${@:2}" | rows kind)"
}

flush()
{
	value "$(ctl -j session flush "$@")" count
}

each_filter()
{
	flow udp 10.0.1.2 198.51.100.7 9000 count 4 ports 4 from 2000 >/dev/null
	flow udp 10.0.1.3 198.51.100.8 9000 count 3 ports 3 from 2000 >/dev/null
	flow udp 10.0.2.2 198.51.100.7 9000 count 2 ports 2 from 2000 >/dev/null
	send "$cl" 10.0.1.2 198.51.100.99 tcp 3000 80 S
	send "$cl" 10.0.2.2 198.51.100.99 tcp 3000 80 S
	send "$cl" 10.0.1.2 198.51.100.7 echo 8 1
	soon session_count_is 12

	both 9 proto udp
	both 2 proto tcp
	both 1 proto icmp
	both 6 src 10.0.1.2
	both 3 src 10.0.2.2
	both 7 dst 198.51.100.7
	both 6 dst 198.51.100.7:9000
	both 0 dst 198.51.100.7:9001
	both 2 dst 198.51.100.99:80
	both 9 address 203.0.113.1
	both 3 address 203.0.113.9
	both 9 gateway gw1
	both 3 gateway gw2
	both 9 subnet web
	both 3 subnet db
	both 2 state half-open
	both 10 state established
	both 0 state closing
	both 12 kind nat
	both 0 kind direct
}

filters_are_all_of_them()
{
	both 4 gateway gw1 dst 198.51.100.7 proto udp src 10.0.1.2
	both 0 gateway gw1 subnet db
	both 1 proto tcp subnet db
}

filters_refused()
{
	refused ctl session count gateway nosuch
	refused ctl session count subnet nosuch
	refused ctl session count colour red
	refused ctl session count state asleep
	refused ctl session flush proto carrier-pigeon
	both 12
}

# Each place that takes a name has room for the longest; one byte over, and the kernel's
# KASAN (lane um) or its check of the stack complains
longest_names()
{
	local name=a23456789012345678901234567890z cluster=a2345678901234567890123456z

	ok ctl -b <(cat <<-EOT
		tag add $name prefix 198.51.100.0/24
		vnet add $name prefix 10.8.0.0/16
		gateway add $name
		route-table add $name
		route add $name route-table $name next-hop-type None
		subnet add $name vnet $name prefix 10.8.1.0/24 gateway $name route-table $name
		cluster add $cluster outbound-type none subnet $name
	EOT
	)
	both 0 subnet "$name"
	both 0 vnet "$name"
	both 0 gateway "$name"
	match "effective routes" " $name " \
		"$(ctl route show effective subnet "$name")"
	match "explain" "$name" "$(ctl explain src 10.8.1.2 dst 198.51.100.7:53 proto udp vnet "$name")"
	refused ctl session show vnet "${name}x"
	ok ctl -b <(cat <<-EOT
		cluster del $cluster
		subnet del $name
		route-table del $name
		gateway del $name
		vnet del $name
		tag del $name
	EOT
	)
}

flush_by_filter()
{
	same "flushed" 1 "$(flush proto icmp)"
	both 0 proto icmp
	both 11
	same "flushed" 3 "$(flush address 203.0.113.9)"
	both 8
	same "flushed" 3 "$(flush dst 198.51.100.8)"
	both 5
	same "flushed" 5 "$(flush)"
	both 0
}

# About 200 bytes each: a dump of dozens of messages, none lost, none twice
long_dump_is_whole()
{
	local n=${FLOWS:-3000}

	flow udp 10.0.1.2 198.51.100.7 9000 count "$n" from 10000 ports "$n" >/dev/null ||
		fail "flows"
	both "$n"
	same "distinct" "$n" \
		"$(ctl -j session show | grep -o '"src":"[0-9.]*","src-port":[0-9]*' | sort -u | wc -l)"
}

# Signals that do not end who asks do not end the walk through the table either: each
# of these sees all sessions between two answers
signals()
{
	local out request

	same "sessions" "${FLOWS:-3000}" "$(sessions)"
	for request in "session-count proto=17" "session-get dump src=10.0.1.99" \
			"ports-get dump" "ports-get dump by=1" "ports-get dump by=2" \
			"stats-check dump" "session-flush src=10.0.1.99" "session-flush proto=17"; do
		out=$(in_ns "$gw" "$HERE/nl_client" interrupted "$request")
		match "$request" '^ok' "$out"
	done
	match "flushed" " count=${FLOWS:-3000}$" "$out"
}

tests=(
	each_filter filters_are_all_of_them filters_refused longest_names flush_by_filter long_dump_is_whole
	signals
)

standard_topology
ip -n "$cl" addr add 10.0.2.2/24 dev c0
ip -n "$gw" addr add 10.0.2.1/24 dev in0
standard_gateway
ok ctl gateway add gw2
ok ctl address add 203.0.113.9 gateway gw2
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw2
echo_server "$net" 198.51.100.7 9000
echo_server "$net" 198.51.100.8 9000
run "$@"
