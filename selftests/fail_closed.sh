#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A packet of a bound subnet towards the Internet is translated or dropped, never anything
# else: a capture of the uplink shows no private source at any time.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#   web -> gw1 203.0.113.1, and gw2 203.0.113.9

. "$(dirname "$0")/lib.sh"

no_address()
{
	dropped "$cl" pool-empty 10.0.1.2 198.51.100.7 udp 4000 9000
	dropped "$cl" pool-empty 10.0.1.2 198.51.100.7 tcp 4000 80 S
	dropped "$cl" pool-empty 10.0.1.2 198.51.100.7 echo 4 1
	same "operational" no "$(value "$(ctl -j gateway show gw1)" operational)"
	ok ctl address add 203.0.113.1 gateway gw1
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9001
	soon seen wire 'udp dst port 9001 and src host 203.0.113.1'
}

# The sender may be told, without being let out
refusal_is_answered()
{
	ok ctl address set 203.0.113.1 gateway none
	capture inside "$cl" c0 icmp or tcp
	ok ctl gateway set gw1 on-exhaust unreachable
	dropped "$cl" pool-empty 10.0.1.2 198.51.100.7 udp 4003 9000
	soon seen inside 'icmp[0] == 3 and icmp[1] == 13'
	ok ctl gateway set gw1 on-exhaust reset
	dropped "$cl" pool-empty 10.0.1.2 198.51.100.7 tcp 4004 80 S seq 7
	soon seen inside 'tcp src port 80 and dst port 4004 and tcp[13] & 4 != 0'
	dropped "$cl" pool-empty 10.0.1.2 198.51.100.7 udp 4005 9000
	soon seen inside 'icmp[0] == 3 and icmp[1] == 13 and icmp[28:2] == 4005'
	ok ctl gateway set gw1 on-exhaust drop
	capture_end inside
	ok ctl address set 203.0.113.1 gateway gw1
}

not_a_syn()
{
	ok ctl gateway set gw1 on-idle silent
	dropped "$cl" no-session 10.0.1.2 198.51.100.7 tcp 4001 80 A seq 1 ack 1
	dropped "$cl" no-session 10.0.1.2 198.51.100.7 tcp 4001 80 SA seq 1 ack 1
	dropped "$cl" no-session 10.0.1.2 198.51.100.7 tcp 4001 80 FA seq 1 ack 1
	dropped "$cl" no-session 10.0.1.2 198.51.100.7 tcp 4001 80 R seq 1
	dropped "$cl" no-session 10.0.1.2 198.51.100.7 tcp 4001 80 - seq 1
	ok ctl gateway set gw1 on-idle reset-late
	dropped "$cl" late-sender 10.0.1.2 198.51.100.7 tcp 4001 80 A seq 1 ack 1
}

other_protocols()
{
	local proto

	# IGMP, IP in IP, GRE, ESP, AH, SCTP, UDP-Lite, reserved
	for proto in 2 4 47 50 51 132 136 255; do
		dropped "$cl" protocol 10.0.1.2 198.51.100.7 proto "$proto" size 40
	done
}

other_icmp()
{
	dropped "$cl" icmp-no-session 10.0.1.2 198.51.100.7 reply 9 1
	dropped "$cl" icmp-no-session 10.0.1.2 198.51.100.7 icmp 3 3 \
		198.51.100.7 10.0.1.2 udp 1 2
	# timestamp request, and a redirect
	dropped "$cl" protocol 10.0.1.2 198.51.100.7 icmp 13 0 198.51.100.7 10.0.1.2 udp 1 2
	dropped "$cl" protocol 10.0.1.2 198.51.100.7 icmp 5 1 198.51.100.7 10.0.1.2 udp 1 2
}

truncated()
{
	dropped "$cl" malformed 10.0.1.2 198.51.100.7 proto 17 size 4
	dropped "$cl" malformed 10.0.1.2 198.51.100.7 proto 6 size 12
	dropped "$cl" malformed 10.0.1.2 198.51.100.7 proto 1 size 4
}

# Whatever is changed meanwhile, and however often
reconfiguration_under_traffic()
{
	local round traffic

	start "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 count 20 window 20 \
		rounds 0 every 5
	traffic=$!
	for ((round = 0; round < ${ROUNDS:-5}; round++)); do
		ok ctl subnet set web gateway gw2
		ok ctl address set 203.0.113.1 gateway none
		ok ctl subnet set web gateway gw1
		ok ctl address set 203.0.113.1 gateway gw1
		ok ctl address del 203.0.113.1
		ok ctl address add 203.0.113.1 gateway gw1
		ok ctl session flush
		ok ctl gateway set gw1 pooling paired track off offload on
		ok ctl gateway set gw1 pooling random track on offload off
		running "$traffic" || fail "traffic has ended"
	done
	stop "$traffic"
}

# The uplink is lost: no route, then another
route_changes()
{
	send "$cl" 10.0.1.2 198.51.100.7 udp 4002 9002
	soon seen wire 'udp dst port 9002 and src host 203.0.113.1'
	ip -n "$gw" route del default
	send "$cl" 10.0.1.2 198.51.100.7 udp 4002 9003
	match "reason" route "$(value "$(ctl -j gateway show gw1)" operational-reason)"
	ip -n "$gw" route add default via 192.0.2.2
	send "$cl" 10.0.1.2 198.51.100.7 udp 4002 9004
	soon seen wire 'udp dst port 9004 and src host 203.0.113.1'
}

no_private_source_ever()
{
	capture_end wire
	seen wire src net 203.0.113.0/24 || fail "nothing captured"
	never wire src net 10.0.0.0/8
	never wire dst net 10.0.0.0/8
}

tests=(
	no_address refusal_is_answered not_a_syn other_protocols other_icmp truncated
	reconfiguration_under_traffic route_changes no_private_source_ever
)

standard_topology
ok ctl gateway add gw1
ok ctl gateway add gw2
ok ctl address add 203.0.113.9 gateway gw2
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
echo_server "$net" 198.51.100.7 9000
# all that must not be there, and the rest as far as it is looked at
capture wire "$gw" up0 'net 10.0.0.0/8 or (ip and not port 9000)'
run "$@"
