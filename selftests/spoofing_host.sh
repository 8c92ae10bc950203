#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Ports by host, and one inside host that sends from many addresses: each packet is answered,
# but no host is at its source to take the answer. The blocks and flows of real hosts stay,
# and a new host gets a block.
#
#   10.0.1.2, 10.0.1.3       \
#   10.64.0.0/16 (nobody's) - cl ---- in0 gw up0 ---- net 198.51.100.7 (echo server)
#                          pool 203.0.113.1, .2           .99 (answers everything)

. "$(dirname "$0")/lib.sh"

DST=198.51.100.99

gateway()
{
	value "$(ctl -j gateway show gw1)" "$1"
}

fresh()
{
	ok ctl reset
	ok ctl gateway add gw1 profile custom idle-timeout 1h udp-timeout 1h half-open-timeout 1h \
		cooldown-fin 1h cooldown-rst 1h "$@"
	ok ctl address add 203.0.113.1 gateway gw1
	ok ctl subnet add many prefix 10.64.0.0/16 gateway gw1
	ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
}

# exchanged ADDR N PROTO [OPTION]...: so many flows of a real host, all answered
exchanged()
{
	match "$2 $3 flows of $1" "flows $2 answered $2 distinct $2 " \
		"$(flow "$3" "$1" 198.51.100.7 9000 count "$2" "${@:4}")"
}

# spoof PACKET...: one of each of 2,000 addresses, 500 at a time
spoof()
{
	local net before

	for net in 10.64.0.1 10.64.2.1 10.64.4.1 10.64.6.1; do
		send "$cl" repeat 500 ports 1 "$net" "$DST" "$@"
	done
	# behind them all
	before=$(drops no-session)
	send "$cl" 10.64.0.1 "$DST" tcp 4999 99 R
	soon counted no-session $((before + 1))
}

# What somebody does who wants to be taken for 2,000 hosts
spoof_all()
{
	spoof udp 5000 53
	spoof udp 5000 53
	spoof tcp 5000 80 S seq 1000
	at_least "connections that were answered" 1 "$(sessions dst "$DST" state established)"
	# the handshake's end, but for the number that only who is there could know
	spoof tcp 5000 80 A seq 1001 ack 4001
}

blocks_and_flows_stay()
{
	local port

	fresh allocation preallocated tier strict on-idle reset-both
	exchanged 10.0.1.2 1 tcp
	exchanged 10.0.1.2 1000 udp
	spoof_all
	same "block" 1024 "$(gateway block)"
	same "flows" 1000 "$(sessions src 10.0.1.2 proto udp)"
	# upkeep has had its look
	ok ctl gateway set gw1 hosts 0
	same "flows after it" 1000 "$(sessions src 10.0.1.2 proto udp)"
	same "block after it" 1024 "$(gateway block)"
	# with what is left of its block
	exchanged 10.0.1.2 24 udp from 20000
	refused flow udp 10.0.1.2 198.51.100.7 9000 count 1 from 9999
	port=$(session udp 10.0.1.2 20000 port)
	at_least "its ports" 1024 "$port"
	at_least "block's end" "$port" 2047
}

# ... and is not taken for one of those
a_new_host_gets_a_block()
{
	exchanged 10.0.1.3 1 tcp
	exchanged 10.0.1.3 1000 udp
	exchanged 10.0.1.3 24 udp from 20000
	same "block" 1024 "$(gateway block)"
	match "row" '"src":"10.0.1.3".*"limit":1024' \
		"$(ctl -j ports show by host | tr '}' '\n' | grep 10.0.1.3)"
	same "flows of the first" 1024 "$(sessions src 10.0.1.2 proto udp)"
	match "explain" '"result":"nat"|"method":"nat"|"free":' \
		"$(ctl -j explain src 10.64.200.1 dst 198.51.100.7:9000)"
	stats_agree
}

# Seats are few, and nobody's hosts have them all
fixed_blocks_change_hands()
{
	fresh allocation preallocated ports-per-host 8000
	exchanged 10.0.1.2 1 tcp
	spoof_all
	same "seats taken" 8 "$(gateway known-hosts)"
	exchanged 10.0.1.3 1 tcp
	exchanged 10.0.1.3 1000 udp
	exchanged 10.0.1.2 1000 udp
	match "row" '"limit":8000' "$(ctl -j ports show by host | tr '}' '\n' | grep 10.0.1.3)"
	# a change is not refused for the sake of nobody's hosts
	ok ctl gateway set gw1 ports-per-host 32000
	exchanged 10.0.1.3 1 udp from 9000
	stats_agree
}

# With a floor, what all share is not divided among nobody's hosts
shared_part_stays()
{
	fresh allocation floor ports-per-host 16000 hosts 2
	exchanged 10.0.1.2 1 tcp
	spoof_all
	exchanged 10.0.1.3 1 tcp
	match "left" '"free":48[0-9]*,' "$(ctl -j explain src 10.0.1.2 dst 198.51.100.98:80)"
	stats_agree
}

# When they have ended nothing is left of them
nothing_is_left()
{
	ok ctl session flush
	soon in_table 0
	ok ctl gateway set gw1 allocation preallocated ports-per-host 0 hosts 0
	soon known_is 2
	stats_agree
}

known_is()
{
	[[ $(gateway known-hosts) == "$1" ]]
}

tests=(
	blocks_and_flows_stay a_new_host_gets_a_block fixed_blocks_change_hands
	shared_part_stays nothing_is_left
)

standard_topology
silent_hosts
ip -n "$gw" route add 10.64.0.0/16 via 10.0.1.99
echo_server "$net" 198.51.100.7 9000
answering "$net" n0 "$DST"
run "$@"
