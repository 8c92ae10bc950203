#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# After a session ended idle, the router answers the next segment of either side with RST,
# up to a rate; with "on-idle silent" it answers nothing.
#
#   10.0.1.99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"

# connection PORT: established by hand, its public port in public[PORT]
connection()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 S seq 1000
	public[$1]=$(public_port tcp 10.0.1.99 "$1")
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "${public[$1]}" SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 A seq 1001 ack 5001
}

idle_ends()
{
	public=()
	connection 4000
	connection 4001
	connection 4002
	same "sessions" 3 "$(sessions)"
	wait_for 40 session_count_is 0 || fail "sessions do not end"
	never inside 'tcp[13] & 4 != 0'
	never outside 'tcp[13] & 4 != 0'
}

inner_late_sender_gets_rst()
{
	dropped "$cl" late-sender 10.0.1.99 198.51.100.99 tcp 4000 80 PA seq 1001 ack 5001 size 10
	soon seen inside 'tcp[13] & 4 != 0 and dst port 4000'
	match "RST" '198.51.100.99.80 > 10.0.1.99.4000: Flags \[R\], cksum 0x[0-9a-f]+ \(correct\), seq 5001' \
		"$(captured inside 'tcp[13] & 4 != 0 and dst port 4000')"
	never outside "tcp dst port 80 and tcp[tcpflags] & tcp-push != 0"
}

outer_late_sender_gets_rst()
{
	local port=${public[4001]}

	dropped "$net" late-sender \
		198.51.100.99 203.0.113.1 tcp 80 "$port" PA seq 5001 ack 1001 size 10
	soon seen outside "tcp[13] & 4 != 0 and src port $port"
	match "RST" "203.0.113.1.$port > 198.51.100.99.80: Flags \[R\], .*seq 1001" \
		"$(captured outside "tcp[13] & 4 != 0 and src port $port")"
	never inside 'tcp dst port 4001 and tcp[tcpflags] & tcp-push != 0'
}

# Only what has ACK and neither SYN nor RST is a late sender
others_get_none()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4010 81 R seq 1
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4010 81 SA seq 1 ack 2
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4010 81 F seq 1
	send "$net" 198.51.100.99 203.0.113.1 tcp 81 5999 RA seq 1 ack 2
	send "$net" 198.51.100.99 203.0.113.1 tcp 81 5999 SA seq 1 ack 2
	# answered, hence what came before was seen
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4011 81 A seq 1 ack 2
	soon seen inside 'tcp[13] & 4 != 0 and dst port 4011'
	never inside 'tcp[13] & 4 != 0 and dst port 4010'
	never outside 'tcp port 81 and src host 203.0.113.1'
}

# 1,000 in a second, and a second begins with the first of them: so it is at most
# 1,000 for each second that the segments took, and one that had begun before
rate_is_limited()
{
	local answered unanswered arrived start try seconds

	answered=$(drops late-sender)
	unanswered=$(drops no-session)
	start=$(now)
	# a slow machine may need several bursts until one second has more than that
	for try in 1 2 3 4 5; do
		send "$cl" repeat 5000 10.0.1.99 198.51.100.99 tcp 4012 82 A seq 1 ack 2
		send "$cl" 10.0.1.99 198.51.100.99 udp 4013 $((9000 + try))
		soon seen outside udp dst port $((9000 + try))
		(($(drops no-session) > unanswered)) && break
	done
	seconds=$((($(now) - start) / 10 + 2))
	answered=$(($(drops late-sender) - answered))
	unanswered=$(($(drops no-session) - unanswered))
	note "$answered answered, $unanswered not, in less than $seconds s"
	at_least "segments answered" 1 "$answered"
	at_least "segments not answered" 1 "$unanswered"
	at_least "1,000 a second" "$answered" $((seconds * 1000))
	# a burst like this overruns the client's backlog: fewer may arrive
	arrived=$(captured inside 'tcp[13] & 4 != 0 and dst port 4012' | grep -c ' > ')
	at_least "RST" 1 "$arrived"
	at_least "segments answered" "$arrived" "$answered"
}

# Whose gateway has its rate used up takes none of another one's
others_have_their_own_rate()
{
	ok ctl gateway add gw2
	ok ctl address add 203.0.113.2 gateway gw2
	ok ctl subnet add other prefix 10.0.2.0/24 gateway gw2
	ip -n "$gw" route add 10.0.2.0/24 via 10.0.1.99
	send "$cl" repeat 5000 10.0.1.99 198.51.100.99 tcp 4015 82 A seq 1 ack 2 \
		and repeat 5 10.0.2.99 198.51.100.99 tcp 4016 82 A seq 1 ack 2
	soon seen inside 'tcp[13] & 4 != 0 and dst host 10.0.2.99'
}

silent_means_silent()
{
	local port=${public[4002]}

	ok ctl gateway set gw1 on-idle silent
	dropped "$cl" no-session 10.0.1.99 198.51.100.99 tcp 4002 80 PA seq 1001 ack 5001 size 10
	dropped "$net" unsolicited \
		198.51.100.99 203.0.113.1 tcp 80 "$port" PA seq 5001 ack 1001 size 10
	send "$cl" 10.0.1.99 198.51.100.99 udp 4014 9001
	soon seen outside udp dst port 9001
	never inside 'tcp[13] & 4 != 0 and dst port 4002'
	never outside "tcp[13] & 4 != 0 and src port $port"
}

tests=(
	idle_ends inner_late_sender_gets_rst outer_late_sender_gets_rst others_get_none
	rate_is_limited others_have_their_own_rate silent_means_silent
)

standard_topology
silent_hosts
standard_gateway profile custom idle-timeout 8s cooldown-rst 1s cooldown-fin 1s
capture inside "$cl" c0 tcp or udp
capture outside "$net" n0 tcp or udp
run "$@"
