#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each timer holds: a session exists until its timer runs out and is gone afterwards, and
# packets of either direction renew it.
#
#   10.0.1.99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"

# Ended: gone, or its port only cools
ended()
{
	[[ $(session "$1" 10.0.1.99 "$2" state) =~ ^(cooling)?$ ]]
}

# establish PORT: its public port in $public
establish()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 S seq 1000
	public=$(public_port tcp 10.0.1.99 "$1")
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 A seq 1001 ack 5001
}

# told PORT PACKET...: the last packet of this flow
told()
{
	since[$1]=$(now)
	send "$cl" 10.0.1.99 198.51.100.99 "${@:2}"
	sent[$1]=$(now)
}

# One look at all sessions: when each was last seen in its state, first without
look()
{
	local begun json port state

	begun=$(now)
	json=$(ctl -j session show src 10.0.1.99)
	for port in "${!wanted[@]}"; do
		state=
		[[ $json == *"\"src-port\":$port,"* ]] &&
			state=$(value "${json#*\"src-port\":"$port",}" state)
		if [[ $state == "${wanted[$port]}" ]]; then
			there[$port]=$begun
		elif [[ ! ${gone[$port]-} ]]; then
			gone[$port]=$(now)
		fi
	done
}

# lasted PORT SECONDS: a second's grain, and it may be seen a little later
lasted()
{
	if [[ ! ${there[$1]-} ]]; then
		fail "port $1 was never ${wanted[$1]}"
	elif [[ ! ${gone[$1]-} ]]; then
		fail "port $1 never ended"
	else
		((gone[$1] >= since[$1] + $2 * 10 - 10)) ||
			fail "port $1 ended $((gone[$1] - since[$1]))/10 s after its last packet, not $2 s"
		((there[$1] <= sent[$1] + $2 * 10 + 30)) ||
			fail "port $1 was ${wanted[$1]} $((there[$1] - sent[$1]))/10 s after its last packet, not $2 s"
	fi
}

each_timer()
{
	local end=$((SECONDS + 60))
	declare -A wanted=([4000]=half-open [4001]=established [4002]=established
		[4003]=established [4004]=closing) since=() sent=() there=() gone=()

	establish 4001
	establish 4004
	told 4004 tcp 4004 80 FA seq 1001 ack 5001
	told 4001 tcp 4001 80 A seq 1001 ack 5001
	told 4000 tcp 4000 80 S seq 1000
	told 4002 udp 4002 9000
	told 4003 echo 4003 1
	look
	while ((${#gone[@]} < 5 && SECONDS < end)); do
		sleep 0.3
		look
	done
	lasted 4000 6
	lasted 4001 9
	lasted 4002 8
	lasted 4003 7
	lasted 4004 8
}

fin_of_both_sides_ends()
{
	establish 4005
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4005 80 FA seq 1001 ack 5001
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" FA seq 5001 ack 1002
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4005 80 A seq 1002 ack 5002
	wait_for 4 ended tcp 4005 || fail "not ended"
}

rst_ends()
{
	establish 4006
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" R seq 5001
	wait_for 4 ended tcp 4006 || fail "not ended"
}

# What a blind attacker may send (RFC 5961)
rst_and_fin_outside_the_window_do_not()
{
	ok ctl gateway set gw1 idle-timeout 1h
	establish 4007
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" R seq 500005001
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4007 80 R seq 400001001
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" FA seq 500005001 ack 1001
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" A seq 5001 ack 1001 size 9
	soon seen inside 'dst port 4007 and tcp[tcpflags] & tcp-rst == 0 and greater 63'
	same "state" established "$(session tcp 10.0.1.99 4007 state)"
}

# A flow that is used for longer than its timer keeps its port
renewal()
{
	local port tcp_public end

	ok ctl gateway set gw1 idle-timeout 9s
	establish 4013
	soon state_is tcp 10.0.1.99 4013 established
	tcp_public=$public
	end=$((SECONDS + 13))
	send "$cl" 10.0.1.99 198.51.100.99 udp 4008 9000
	send "$cl" 10.0.1.99 198.51.100.99 udp 4009 9000
	port=$(public_port udp 10.0.1.99 4008)
	public=$(public_port udp 10.0.1.99 4009)
	while ((SECONDS < end)); do
		sleep 1
		send "$cl" 10.0.1.99 198.51.100.99 udp 4008 9000
		send "$net" 198.51.100.99 203.0.113.1 udp 9000 "$public"
		send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$tcp_public" A seq 5001 ack 1001
	done
	same "renewed from inside" "established $port" \
		"$(session udp 10.0.1.99 4008 state) $(session udp 10.0.1.99 4008 port)"
	same "renewed from outside" "established $public" \
		"$(session udp 10.0.1.99 4009 state) $(session udp 10.0.1.99 4009 port)"
	same "a connection, renewed from outside" "established $tcp_public" \
		"$(session tcp 10.0.1.99 4013 state) $(session tcp 10.0.1.99 4013 port)"
}

changed_timer_holds_at_once()
{
	ok ctl gateway set gw1 udp-timeout 1h idle-timeout 1h
	send "$cl" 10.0.1.99 198.51.100.99 udp 4010 9000
	establish 4011
	at_least "expires" 3500 "$(session udp 10.0.1.99 4010 expires)"
	at_least "expires" 3500 "$(session tcp 10.0.1.99 4011 expires)"
	ok ctl gateway set gw1 udp-timeout 1s idle-timeout 1s
	wait_for 6 ended udp 4010 || fail "UDP session keeps its old timer"
	wait_for 6 ended tcp 4011 || fail "TCP session keeps its old timer"
}

# has_timed_out NUMBER
has_timed_out()
{
	(($(counter timed-out) >= $1))
}

# A connection that may be silent for less time than it had to be answered in ends in time, and the
# host is told
silence_may_be_shorter_than_the_handshake()
{
	local before

	ok ctl gateway set gw1 half-open-timeout 60s idle-timeout 1s on-idle reset-both
	before=$(counter timed-out)
	establish 4012
	wait_for 10 has_timed_out $((before + 1)) || fail "it did not end"
	soon seen inside 'src port 80 and dst port 4012 and tcp[tcpflags] & tcp-rst != 0'
}

tests=(
	each_timer fin_of_both_sides_ends rst_ends rst_and_fin_outside_the_window_do_not
	renewal changed_timer_holds_at_once silence_may_be_shorter_than_the_handshake
)

standard_topology
silent_hosts
standard_gateway profile custom half-open-timeout 6s idle-timeout 9s udp-timeout 8s \
	icmp-timeout 7s closing-timeout 8s
capture inside "$cl" c0 tcp
run "$@"
