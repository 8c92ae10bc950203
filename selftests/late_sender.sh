#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# After an idle end the next segment of either side is answered with RST, within
# a rate, or with on-idle silent not at all.
#
#   10.0.1.99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"

# connection PORT: established by hand, its public port in $public
connection()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 S seq 1000
	soon is_mapped tcp 10.0.1.99 "$1"
	public=$(mapped tcp 10.0.1.99 "$1")
	public=${public#* }
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 A seq 1001 ack 5001
	soon state_is "$1" established
}

state_is()
{
	[[ $(ctl -j session show src 10.0.1.99 |
	     jq -r --argjson p "$1" '.[] | select(."src-port" == $p) | .state') == "$2" ]]
}

# Idle 1 s, then another one of cooling-down
ends()
{
	wait_for 20 state_is "$1" "" || fail "session of port $1 did not end"
}

inner_late_sender_gets_rst()
{
	local before

	before=$(drops late-sender)
	connection 4000
	ends 4000
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 80 PA seq 1001 ack 5001 size 10
	soon seen inside 'tcp[13] & 4 != 0 and dst port 4000'
	match "RST" '198.51.100.99.80 > 10.0.1.99.4000: Flags \[R\], cksum 0x[0-9a-f]+ \(correct\), seq 5001' \
		"$(captured inside 'tcp[13] & 4 != 0 and dst port 4000')"
	same "counter" $((before + 1)) "$(drops late-sender)"
	never outside "tcp dst port 80 and tcp[tcpflags] & tcp-push != 0"
}

outer_late_sender_gets_rst()
{
	connection 4001
	ends 4001
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" PA seq 5001 ack 1001 size 10
	soon seen outside "tcp[13] & 4 != 0 and src port $public"
	match "RST" "203.0.113.1.$public > 198.51.100.99.80: Flags \[R\], .*seq 1001" \
		"$(captured outside "tcp[13] & 4 != 0 and src port $public")"
	never inside 'tcp dst port 4001 and tcp[tcpflags] & tcp-push != 0'
}

# Only what has ACK and neither SYN nor RST is a late sender
others_get_none()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4002 81 R seq 1
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4002 81 SA seq 1 ack 2
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4002 81 F seq 1
	send "$net" 198.51.100.99 203.0.113.1 tcp 81 5999 RA seq 1 ack 2
	send "$net" 198.51.100.99 203.0.113.1 tcp 81 5999 SA seq 1 ack 2
	# answered, hence what came before was seen
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4003 81 A seq 1 ack 2
	soon seen inside 'tcp[13] & 4 != 0 and dst port 4003'
	never inside 'tcp[13] & 4 != 0 and dst port 4002'
	never outside 'tcp[13] & 4 != 0 and src port 5999'
	never outside 'tcp port 81 and src host 203.0.113.1'
}

rate_is_limited()
{
	local before n

	before=$(drops no-session)
	send "$cl" repeat 5000 10.0.1.99 198.51.100.99 tcp 4004 82 A seq 1 ack 2
	send "$cl" 10.0.1.99 198.51.100.99 udp 4005 9000
	soon seen outside udp dst port 9000
	n=$(captured inside 'tcp[13] & 4 != 0 and dst port 4004' | grep -c ' > ')
	at_least "some RST" 1 "$n"
	((n < 4000)) || fail "$n RST for 5000 segments: no limit"
	at_least "unanswered ones are counted too" 1 $(($(drops no-session) - before))
}

silent_means_silent()
{
	ok ctl gateway set gw1 on-idle silent
	connection 4006
	ends 4006
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4006 80 PA seq 1001 ack 5001 size 10
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" PA seq 5001 ack 1001 size 10
	send "$cl" 10.0.1.99 198.51.100.99 udp 4007 9001
	soon seen outside udp dst port 9001
	never inside 'tcp[13] & 4 != 0 and dst port 4006'
	never outside "tcp[13] & 4 != 0 and src port $public"
}

tests=(
	inner_late_sender_gets_rst outer_late_sender_gets_rst others_get_none
	rate_is_limited silent_means_silent
)

standard_topology
silent_hosts
standard_gateway profile custom idle-timeout 1s cooldown-rst 1s cooldown-fin 1s
capture inside "$cl" c0 tcp or udp
capture outside "$net" n0 tcp or udp
run "$@"
