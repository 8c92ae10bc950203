#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each timer holds: a session is there before it runs out and gone after it, and
# packets of either direction renew it.
#
#   10.0.1.99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"

# session PROTO PORT KEY: of 10.0.1.99
session()
{
	ctl -j session show proto "$1" src 10.0.1.99 |
		jq -r --argjson p "$2" --arg k "$3" '.[] | select(."src-port" == $p) | .[$k]'
}

state_is()
{
	[[ $(session "$1" "$2" state) == "$3" ]]
}

# Ended: gone, or its port only cools
ended()
{
	[[ $(session "$1" "$2" state) =~ ^(cooling)?$ ]]
}

public_port()
{
	soon is_mapped "$1" 10.0.1.99 "$2"
	session "$1" "$2" port
}

syn()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 S seq 1000
}

establish()
{
	syn "$1"
	public=$(public_port tcp "$1")
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 A seq 1001 ack 5001
	soon state_is tcp "$1" established
}

now()
{
	local t=$EPOCHREALTIME

	echo $((${t%.*} * 10 + 10#${t#*.} / 100000))
}

# lasts SECONDS PROTO PORT STATE: in this state about as long as this and not
# much longer; told since $since
lasts()
{
	local after

	state_is "$2" "$3" "$4" || fail "$2 $3: not $4 but '$(session "$2" "$3" state)'"
	wait_for $(($1 + 20)) ended "$2" "$3" || fail "$2 $3: never ended"
	after=$(($(now) - since))
	((after >= $1 * 10 - 10)) || fail "$2 $3: ended after $after/10 s, before $1 s"
	((after <= $1 * 10 + 40)) || fail "$2 $3: ended after $after/10 s, long after $1 s"
}

half_open()
{
	since=$(now)
	syn 4000
	soon is_mapped tcp 10.0.1.99 4000
	lasts 2 tcp 4000 half-open
}

established()
{
	establish 4001
	since=$(now)
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4001 80 A seq 1001 ack 5001
	lasts 3 tcp 4001 established
}

udp()
{
	since=$(now)
	send "$cl" 10.0.1.99 198.51.100.99 udp 4002 9000
	soon is_mapped udp 10.0.1.99 4002
	lasts 3 udp 4002 established
}

icmp()
{
	since=$(now)
	send "$cl" 10.0.1.99 198.51.100.99 echo 4003 1
	soon is_mapped icmp 10.0.1.99 4003
	lasts 2 icmp 4003 established
}

closing()
{
	establish 4004
	since=$(now)
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4004 80 FA seq 1001 ack 5001
	soon state_is tcp 4004 closing
	lasts 2 tcp 4004 closing
}

fin_of_both_sides_ends()
{
	establish 4005
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4005 80 FA seq 1001 ack 5001
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" FA seq 5001 ack 1002
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4005 80 A seq 1002 ack 5002
	soon ended tcp 4005
}

rst_ends()
{
	establish 4006
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" R seq 5001
	soon ended tcp 4006
}

# RFC 7857: what a blind attacker may send
rst_and_fin_outside_the_window_do_not()
{
	establish 4007
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" R seq 500005001
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4007 80 R seq 400001001
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" FA seq 500005001 ack 1001
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" A seq 5001 ack 1001 size 9
	soon seen inside 'dst port 4007 and tcp[tcpflags] & tcp-rst == 0 and greater 63'
	state_is tcp 4007 established || fail "not established but '$(session tcp 4007 state)'"
}

# A flow that is used for longer than its timer keeps its port
renewal()
{
	local port i

	send "$cl" 10.0.1.99 198.51.100.99 udp 4008 9000
	send "$cl" 10.0.1.99 198.51.100.99 udp 4009 9000
	port=$(public_port udp 4008)
	public=$(public_port udp 4009)
	for i in 1 2 3 4 5 6; do
		sleep 1
		send "$cl" 10.0.1.99 198.51.100.99 udp 4008 9000
		send "$net" 198.51.100.99 203.0.113.1 udp 9000 "$public"
	done
	same "renewed from inside" "established $port" "$(session udp 4008 state) $(session udp 4008 port)"
	same "renewed from outside" "established $public" \
		"$(session udp 4009 state) $(session udp 4009 port)"
}

changed_timer_holds_at_once()
{
	ok ctl gateway set gw1 udp-timeout 1h idle-timeout 1h
	send "$cl" 10.0.1.99 198.51.100.99 udp 4010 9000
	establish 4011
	at_least "expires" 3500 "$(session udp 4010 expires)"
	at_least "expires" 3500 "$(session tcp 4011 expires)"
	ok ctl gateway set gw1 udp-timeout 1s idle-timeout 1s
	wait_for 6 ended udp 4010 || fail "UDP session keeps its old timer"
	wait_for 6 ended tcp 4011 || fail "TCP session keeps its old timer"
}

tests=(
	half_open established udp icmp closing fin_of_both_sides_ends rst_ends
	rst_and_fin_outside_the_window_do_not renewal changed_timer_holds_at_once
)

standard_topology
silent_hosts
standard_gateway profile custom half-open-timeout 2s idle-timeout 3s udp-timeout 3s \
	icmp-timeout 2s closing-timeout 2s
capture inside "$cl" c0 tcp
run "$@"
