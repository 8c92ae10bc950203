#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each cool-down keeps a port from its destination for the time set, within a second; and
# what a cooling session still does. The pool has a single port, all others are reserved:
# a host that asks for it again and again gets it as soon as it is free.
#
#   10.0.1.98, .99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.98, .99
#                             pool 203.0.113.1 port 1024    (silent)

. "$(dirname "$0")/lib.sh"

# contend NAME FILTER PACKET...: 10.0.1.98 asks for the port ten times a second
contend()
{
	mark[$1]=$2
	send_on "$cl" repeat 1000 every 100 10.0.1.98 "${@:3}"
	contender[$1]=$!
}

# establish SRC_PORT DST_PORT
establish()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" "$2" S seq 1000
	soon seen wire "tcp dst port $2"
	send "$net" 198.51.100.99 203.0.113.1 tcp "$2" 1024 SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" "$2" A seq 1001 ack 5001
	soon state_is tcp 10.0.1.99 "$1" established
}

# ended NAME SECONDS PACKET...: the last packet; the port is free SECONDS later
ended()
{
	wanted[$1]=$2
	send "${@:3}"
	since[$1]=$(now)
}

# expires_within SECONDS SRC_PORT
expires_within()
{
	(($(session tcp 10.0.1.99 "$2" expires) <= $1))
}

# longer_ago NAME SECONDS
longer_ago()
{
	(($(now) > since[$1] + $2 * 10))
}

all_got_it()
{
	local name

	for name in "${!contender[@]}"; do
		seen wire "${mark[$name]}" || return 1
	done
	stop "${contender[@]}"
	return 0
}

each_cooldown()
{
	local name seen
	declare -A mark=() contender=() wanted=() since=()

	# Each has its contender at once, for that one must not come late. What
	# takes time meanwhile is begun before, or needs its session for long.
	establish 4081 81
	establish 4082 82
	ended icmp $((5 + 8)) "$cl" 10.0.1.99 198.51.100.99 echo 4085 1
	contend icmp 'icmp[6:2] = 7777' 198.51.100.99 echo 85 7777
	ended udp $((4 + 8)) "$cl" 10.0.1.99 198.51.100.99 udp 4084 9084
	contend udp 'udp[4:2] = 341' 198.51.100.99 udp 84 9084 size 333
	ended half-open $((3 + 6)) "$cl" 10.0.1.99 198.51.100.99 tcp 4083 83 S seq 1000
	contend half-open 'tcp dst port 83 and tcp[4:4] = 7777' 198.51.100.99 tcp 83 83 S seq 7777
	ended rst 5 "$net" 198.51.100.99 203.0.113.1 tcp 82 1024 R seq 5001
	contend rst 'tcp dst port 82 and tcp[4:4] = 7777' 198.51.100.99 tcp 82 82 S seq 7777
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4081 81 FA seq 1001 ack 5001
	ended fin 7 "$net" 198.51.100.99 203.0.113.1 tcp 81 1024 FA seq 5001 ack 1002
	contend fin 'tcp dst port 81 and tcp[4:4] = 7777' 198.51.100.99 tcp 81 81 S seq 7777

	# Segments of a connection that ended still pass, both ways, and renew nothing
	soon expires_within 5 4081
	same "state" cooling "$(session tcp 10.0.1.99 4081 state)"
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4081 81 A seq 1002 ack 5002 size 77
	send "$net" 198.51.100.99 203.0.113.1 tcp 81 1024 FA seq 5001 ack 1002 size 77
	soon seen wire 'src host 203.0.113.1 and src port 1024 and tcp dst port 81 and len = 131'
	soon seen inside 'dst host 10.0.1.99 and tcp dst port 4081 and len = 131'

	wait_for 20 all_got_it || fail "not all got their port"
	for name in "${!wanted[@]}"; do
		seen=$(first_seen wire "${mark[$name]}")
		within_a_second "$name" "${wanted[$name]}" $((${seen:-0} - since[$name]))
	done
	# all were refused before; those of the three that ended by a timer, while it ran, too.
	# How often depends on the machine
	at_least "all-cooling" 5 "$(drops all-cooling)"
	at_least "destination-full" 3 "$(drops destination-full)"
	ok ctl session flush
}

# Nothing comes in by a port of UDP or ICMP that cools
idle_udp_and_icmp_let_nothing_in()
{
	ok ctl gateway set gw1 udp-timeout 1h icmp-timeout 1h cooldown-udp 1h
	send "$cl" 10.0.1.99 198.51.100.99 udp 4001 9001
	send "$cl" 10.0.1.99 198.51.100.99 echo 4002 1
	soon session_count_is 2 state established
	send "$net" 198.51.100.99 203.0.113.1 udp 9001 1024 size 10
	send "$net" 198.51.100.99 203.0.113.1 reply 1024 2 size 10
	soon seen inside 'udp dst port 4001 and len = 52'
	soon seen inside 'icmp[4:2] = 4002 and icmp[6:2] = 2'
	ok ctl gateway set gw1 udp-timeout 3s icmp-timeout 3s
	soon session_count_is 2 state cooling
	dropped "$net" cooling 198.51.100.99 203.0.113.1 udp 9001 1024 size 20
	dropped "$net" cooling 198.51.100.99 203.0.113.1 reply 1024 3 size 20
	same "cooling" 2 "$(sessions state cooling)"
	never inside 'udp dst port 4001 and len = 62'
	never inside 'icmp[4:2] = 4002 and icmp[6:2] = 3'
}

# The same flow goes on with the same port, and is let in again
the_same_flow_revives()
{
	send "$cl" 10.0.1.99 198.51.100.99 udp 4001 9001 size 30
	send "$cl" 10.0.1.99 198.51.100.99 echo 4002 4
	soon session_count_is 2 state established
	ok ctl gateway set gw1 udp-timeout 1h icmp-timeout 1h
	same "ports" "1024 1024" "$(session udp 10.0.1.99 4001 port) $(session icmp 10.0.1.99 4002 port)"
	soon seen wire 'udp src port 1024 and len = 72'
	soon seen wire 'icmp[4:2] = 1024 and icmp[6:2] = 4'
	send "$net" 198.51.100.99 203.0.113.1 udp 9001 1024 size 40
	send "$net" 198.51.100.99 203.0.113.1 reply 1024 5
	soon seen inside 'udp dst port 4001 and len = 82'
	soon seen inside 'icmp[4:2] = 4002 and icmp[6:2] = 5'
	ok ctl session flush
}

# Another destination has the port meanwhile
another_destination_takes_it_at_once()
{
	ok ctl gateway set gw1 udp-timeout 1s
	send "$cl" 10.0.1.99 198.51.100.99 udp 4003 9003
	soon state_is udp 10.0.1.99 4003 cooling
	send "$cl" 10.0.1.98 198.51.100.98 udp 4004 9003
	send "$cl" 10.0.1.98 198.51.100.99 udp 4004 9004
	soon seen wire 'src port 1024 and udp dst port 9003 and dst host 198.51.100.98'
	soon seen wire 'src port 1024 and udp dst port 9004 and dst host 198.51.100.99'
	ok ctl session flush
}

# A cool-down that is changed holds for what cools already, both ways
changed_cooldown_holds_at_once()
{
	local changed seen shorter
	declare -A mark=() contender=() wanted=() since=()

	establish 4090 90
	ended rst 5 "$net" 198.51.100.99 203.0.113.1 tcp 90 1024 R seq 5001
	soon state_is tcp 10.0.1.99 4090 cooling
	contend rst 'tcp dst port 90 and tcp[4:4] = 7777' 198.51.100.99 tcp 90 90 S seq 7777
	ok ctl gateway set gw1 cooldown-rst 1h
	at_least "expires" 3500 "$(session tcp 10.0.1.99 4090 expires)"
	soon longer_ago rst 6
	seen wire "${mark[rst]}" && fail "the longer cool-down does not hold"
	shorter=$((($(now) - since[rst]) / 10 + 4))
	ok ctl gateway set gw1 cooldown-rst "${shorter}s"
	wait_for 10 all_got_it || fail "the shorter cool-down does not hold"
	seen=$(first_seen wire "${mark[rst]}")
	within_a_second "changed" "$shorter" $((${seen:-0} - since[rst]))

	ok ctl gateway set gw1 cooldown-rst 1h
	establish 4091 91
	ended rst 0 "$net" 198.51.100.99 203.0.113.1 tcp 91 1024 R seq 5001
	soon state_is tcp 10.0.1.99 4091 cooling
	contend rst 'tcp dst port 91 and tcp[4:4] = 7777' 198.51.100.99 tcp 91 91 S seq 7777
	changed=$(now)
	ok ctl gateway set gw1 cooldown-rst 1s
	wait_for 5 all_got_it || fail "a cool-down that is over already does not end"
	seen=$(first_seen wire "${mark[rst]}")
	within_a_second "over already" 1 $((${seen:-0} - changed))
	ok ctl session flush
}

tests=(
	each_cooldown idle_udp_and_icmp_let_nothing_in the_same_flow_revives
	another_destination_takes_it_at_once changed_cooldown_holds_at_once stats_agree
)

watch_for_stalls
standard_topology
silent_hosts
ip -n "$gw" neigh replace 10.0.1.98 dev in0 lladdr \
	"$(ip -n "$cl" -br link show c0 | awk '{ print $3 }')"
standard_gateway profile custom half-open-timeout 3s udp-timeout 4s icmp-timeout 5s \
	cooldown-fin 7s cooldown-rst 5s cooldown-half-open 6s cooldown-udp 8s
ok ctl address set 203.0.113.1 reserve 1025-65535
capture wire "$net" n0 ip
capture inside "$cl" c0 ip
run "$@"
