#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Datagrams in fragments, in order and not, overlapping and incomplete ones.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#                    pool 203.0.113.1

. "$(dirname "$0")/lib.sh"

# What pkt fills its payloads with
pattern()
{
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "%c", 97 + i % 23 }'
}

# receiver NS PORT FILE: appends each datagram
receiver()
{
	start "$1" socat -u -b 65536 "UDP-RECV:$2" "CREATE:$TMP/$3"
	wait_for 20 listening "$1" udp "$2" || fail "no receiver"
}

# arrived FILE SIZE: this much and nothing else; ends the receiver
arrived()
{
	pattern "$2" > "$TMP/wanted"
	wait_for 10 cmp -s "$TMP/wanted" "$TMP/$1" ||
		fail "wanted $2 bytes of payload, have $(wc -c < "$TMP/$1")"
	stop "$!"
}

outwards()
{
	local order size

	for order in forward reverse; do
		for size in 3000 5001; do
			receiver "$net" 9001 server
			send "$cl" fragment 1000 order "$order" 10.0.1.2 198.51.100.7 udp 4001 9001 size "$size"
			arrived server "$size"
		done
	done
}

inwards()
{
	local order public

	public=$(public_port udp 10.0.1.2 4001)
	for order in forward reverse; do
		receiver "$cl" 4001 client
		send "$net" fragment 1000 order "$order" 198.51.100.7 203.0.113.1 udp 9001 "$public" size 4000
		arrived client 4000
	done
}

overlapping_is_refused()
{
	receiver "$net" 9002 server
	send "$cl" fragment 1000 order overlap 10.0.1.2 198.51.100.7 udp 4002 9002 size 2500
	send "$cl" fragment 1000 order hole id 77 10.0.1.2 198.51.100.7 udp 4002 9002 size 2600
	send "$cl" fragment 1000 10.0.1.2 198.51.100.7 udp 4002 9002 size 2700
	arrived server 2700
}

# The first fragment has half a TCP header only
header_in_two_fragments()
{
	capture tcp "$net" n0 tcp or 'ip[6:2] & 0x3fff != 0'
	send "$cl" fragment 8 10.0.1.2 198.51.100.7 tcp 4003 9003 S seq 5
	soon seen tcp 'src host 203.0.113.1 and ip[6:2] & 0x1fff = 0'
	capture_end tcp
	session tcp 10.0.1.2 4003 port >/dev/null || fail "no session"
}

big_ping()
{
	ok in_ns "$cl" ping -q -c 2 -i 0.2 -W 5 -s 8000 198.51.100.7
	ok in_ns "$cl" ping -q -c 1 -W 5 -s 60000 198.51.100.7
}

dont_fragment_stays()
{
	send "$cl" df 10.0.1.2 198.51.100.7 udp 4004 9004 size 1400
	send "$cl" 10.0.1.2 198.51.100.7 udp 4004 9005 size 1400
	soon seen wire 'udp dst port 9004 and ip[6] & 0x40 != 0'
	soon seen wire 'udp dst port 9005 and ip[6] & 0x40 == 0'
}

# Fragments that came in stay within the size they came in, so that path MTU
# discovery by their sender is not defeated
no_private_address_outside()
{
	capture_end wire
	seen wire 'src host 203.0.113.1 and ip[6:2] & 0x1fff != 0' || fail "no fragments captured"
	never wire net 10.0.0.0/8
}

tests=(
	outwards inwards overlapping_is_refused header_in_two_fragments big_ping
	dont_fragment_stays no_private_address_outside
)

standard_topology
standard_gateway
capture wire "$net" n0 ip
run "$@"
