#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Sixteen addresses, one destination: flows find each port of all addresses. Then one more
# flow is refused, and a second destination has as many ports of its own.
# PORTS ports at each address are not reserved (1024); FULL=1: all 64,512, that
# is 1,032,192 flows, and a guest of 4 GiB.
#
#   10.64.0.1... (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.98, .99
#                           pool 203.0.113.16/28          (silent)

. "$(dirname "$0")/lib.sh"

PORTS=${PORTS:-1024}
[[ ${FULL-} ]] && PORTS=64512
ALL=$((16 * PORTS))

# fill DST PACKET...: until all have one
fill()
{
	opened "$ALL" "$cl" repeat "$ALL" ports 1000 10.64.0.1 "$@"
}

# full DST: its gauges
full()
{
	local row

	row=$(ctl -j ports show by destination dst "$1" top 1)
	same "$1: used, cooling, free, high-water" "$ALL 0 0 $ALL" \
		"$(value "$row" used) $(value "$row" cooling) $(value "$row" free) $(
			value "$row" high-water)"
}

one_destination()
{
	local i

	fill 198.51.100.99 udp 10000 9000
	same "refused so far" "0 0" "$(drops destination-full) $(drops memory)"
	full 198.51.100.99
	for i in {16..31}; do
		same "sessions of .$i" "$PORTS" "$(sessions address "203.0.113.$i")"
	done
	dropped "$cl" destination-full 10.64.255.1 198.51.100.99 udp 4000 9000
	same "sessions" "$ALL" "$(sessions dst 198.51.100.99:9000)"
}

a_second_destination()
{
	fill 198.51.100.98 udp 10000 9000
	same "refused" 1 "$(drops destination-full)"
	full 198.51.100.98
	full 198.51.100.99
	dropped "$cl" destination-full 10.64.255.1 198.51.100.98 udp 4000 9000
	same "by address: used, free" "$((2 * PORTS)) 0" \
		"$(ports_row used by address) $(ports_row free by address)"
}

# Each (address, port) once to each destination
none_given_twice()
{
	local twice

	twice=$(ctl -j session show dst 198.51.100.99 |
		grep -o '"address":"[0-9.]*","port":[0-9]*' | sort | uniq -d | head -n 3)
	same "given twice" "" "$twice"
}

gives_all_back()
{
	ok ctl session flush
	soon in_table 0
	same "destinations" "[]" "$(ctl -j ports show by destination)"
}

tests=(one_destination a_second_destination none_given_twice stats_agree gives_all_back)

standard_topology
silent_hosts
ip -n "$gw" route add 10.64.0.0/12 via 10.0.1.99
ok ctl gateway add gw1 profile custom udp-timeout 2h
ok ctl address add 203.0.113.16/28 gateway gw1
((PORTS < 64512)) && ok ctl address set 203.0.113.16/28 reserve "$((1024 + PORTS))-65535"
ok ctl subnet add many prefix 10.64.0.0/12 gateway gw1
run "$@"
