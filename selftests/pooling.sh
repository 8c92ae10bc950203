#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Which address a flow gets: any, the one of its host, or one of its uplink.
#
#   cl 10.0.1.2, .3 ---- in0 gw up0 192.0.2.1 ---- n0 net .7
#   pool 203.0.113.4/30          up1 192.0.2.5 ---- n1     .8

. "$(dirname "$0")/lib.sh"

# flows_to ADDR NUMBER REGEX [SRC]
flows_to()
{
	match "flows of ${4-10.0.1.2} to $1" "$3" \
		"$(flow "${proto-udp}" "${4-10.0.1.2}" "$1" 9000 count "$2" ports "$2" 2>&1)"
}

random_uses_all()
{
	flows_to 198.51.100.7 60 'answered 60 .* addresses 4 '
	same "sessions" 60 "$(sessions dst 198.51.100.7)"
	same "ports given twice" "" "$(ctl -j session show dst 198.51.100.7 |
		jq -r '.[] | "\(.address) \(.port)"' | sort | uniq -d)"
}

paired_keeps_one_per_host()
{
	local proto host first

	ok ctl gateway set gw1 pooling paired
	ok ctl session flush
	for host in 10.0.1.2 10.0.1.3; do
		flows_to 198.51.100.7 30 'answered 30 distinct 30 addresses 1 ' "$host"
		first=$(value "$(ctl -j session show src "$host")" address)
		proto=tcp flows_to 198.51.100.7 5 "answered 5 .* addresses 1 .*last $first " "$host"
		flows_to 198.51.100.8 5 "answered 5 .* addresses 1 .*last $first " "$host"
	done
	ok ctl gateway set gw1 pooling random
}

# few_ports MODE: each of the four addresses has five ports, and one host has taken those of its own
few_ports()
{
	ok ctl gateway set gw1 pooling "$1"
	ok ctl session flush
	ok ctl address set 203.0.113.4/30 reserve 1029-65535
	send "$cl" repeat 5 ports 5 10.0.1.99 198.51.100.99 udp 4000 9000
	soon session_count_is 5
	same "addresses of the first five flows" 1 "$(addresses_in_use | wc -l)"
	own=$(addresses_in_use)
}

addresses_in_use()
{
	ctl -j session show | grep -o '"address":"[^"]*"' | sort -u
}

many_ports_again()
{
	ok ctl address set 203.0.113.4/30 reserve none
	ok ctl gateway set gw1 pooling random
	ok ctl session flush
}

# The host's address is full for that destination: no other will do
paired_is_full_with_its_own()
{
	few_ports paired
	dropped "$cl" destination-full 10.0.1.99 198.51.100.99 udp 4005 9000
	same "explained" destination-full "$(value \
		"$(ctl -j explain src 10.0.1.99:4005 dst 198.51.100.99:9000 proto udp)" reason)"
	# for another destination it is not
	send "$cl" 10.0.1.99 198.51.100.98 udp 4005 9000
	soon session_count_is 6
	same "addresses" "$own" "$(addresses_in_use)"
	many_ports_again
}

# ... or each other will do, until all are full
paired_soft_goes_on_with_others()
{
	few_ports paired-soft
	send "$cl" 10.0.1.99 198.51.100.99 udp 4005 9000
	soon session_count_is 6
	same "flows of its own address" 5 "$(sessions address "$(cut -d '"' -f 4 <<< "$own")")"
	same "addresses" 2 "$(addresses_in_use | wc -l)"
	send "$cl" repeat 14 ports 14 10.0.1.99 198.51.100.99 udp 4006 9000
	soon session_count_is 20
	dropped "$cl" destination-full 10.0.1.99 198.51.100.99 udp 4020 9000
	same "addresses" 4 "$(addresses_in_use | wc -l)"
	many_ports_again
}

uplink_restricts()
{
	ok ctl address del 203.0.113.4/30
	ok ctl address add 203.0.113.1 gateway gw1 uplink up0
	ok ctl address add 203.0.113.2 gateway gw1 uplink up1
	flows_to 198.51.100.7 20 'answered 20 .* addresses 1 .*last 203.0.113.1 '
	flows_to 198.51.100.8 20 'answered 20 .* addresses 1 .*last 203.0.113.2 '
}

no_address_for_the_uplink()
{
	capture wire "$gw" up1 ip
	ok ctl address del 203.0.113.2
	dropped "$cl" uplink 10.0.1.2 198.51.100.8 udp 4000 9000
	ok ctl address set 203.0.113.1 uplink none
	send "$cl" 10.0.1.2 198.51.100.8 udp 4001 9001
	soon seen wire 'udp dst port 9001 and src host 203.0.113.1'
	never wire udp dst port 9000 or net 10.0.0.0/8
}

# A running flow does not leave by another device either, with an address of this one
route_leaves_the_uplink()
{
	ok ctl address set 203.0.113.1 uplink up0
	send "$cl" 10.0.1.2 198.51.100.7 udp 4002 9002
	soon session_count_is 1 src 10.0.1.2 dst 198.51.100.7:9002
	ip -n "$gw" route add 198.51.100.7 via 192.0.2.6
	dropped "$cl" uplink 10.0.1.2 198.51.100.7 udp 4002 9002
	match "explain" uplink \
		"$(ctl -j explain src 10.0.1.2:4002 dst 198.51.100.7:9002 proto udp)"
	ip -n "$gw" route del 198.51.100.7 via 192.0.2.6
	capture back "$gw" up0 udp
	send "$cl" 10.0.1.2 198.51.100.7 udp 4002 9002
	soon seen back 'udp dst port 9002 and src host 203.0.113.1'
	never wire udp dst port 9002
}

# A connection of a silent host; the rule and the router's own routes differ
resets_leave_by_it_too()
{
	local public

	ip -n "$gw" rule add iif in0 lookup 101
	ip -n "$gw" route add default via 192.0.2.2 table 101
	ip -n "$gw" route add 198.51.100.99 via 192.0.2.6
	capture mine "$gw" up0 ip host 198.51.100.99
	capture other "$gw" up1 ip host 198.51.100.99
	ok ctl gateway set gw1 on-idle reset-both
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4003 80 S seq 1000
	public=$(public_port tcp 10.0.1.99 4003)
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4003 80 A seq 1001 ack 5001
	soon state_is tcp 10.0.1.99 4003 established
	ok ctl gateway set gw1 drain 1s
	soon seen mine "src host 203.0.113.1 and src port $public and tcp[tcpflags] & tcp-rst != 0"
	ok ctl gateway set gw1 drain off on-idle reset-late
	ip -n "$gw" rule del iif in0 lookup 101

	# to a late sender there is no way but the other uplink: none
	dropped "$net" unsolicited 198.51.100.99 203.0.113.1 tcp 80 "$public" A seq 5001 ack 1001
	never other ip
	ip -n "$gw" route del 198.51.100.99 via 192.0.2.6
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" A seq 5002 ack 1001
	soon seen mine 'dst host 198.51.100.99 and tcp[tcpflags] & tcp-rst != 0 and tcp[4:4] == 1001'
}

# What the host has to say about an answer that nobody waits for
errors_leave_by_it_too()
{
	local public

	capture mine "$gw" up0 icmp
	capture other "$gw" up1 icmp
	send "$cl" 10.0.1.2 198.51.100.7 udp 4004 9004
	public=$(public_port udp 10.0.1.2 4004)
	ip -n "$gw" route add 198.51.100.7 via 192.0.2.6
	dropped "$net" uplink 198.51.100.7 203.0.113.1 udp 9004 "$public"
	ip -n "$gw" route del 198.51.100.7 via 192.0.2.6
	send "$net" 198.51.100.7 203.0.113.1 udp 9004 "$public"
	soon seen mine 'src host 203.0.113.1 and dst host 198.51.100.7'
	never other icmp
}

tests=(
	random_uses_all paired_keeps_one_per_host paired_is_full_with_its_own
	paired_soft_goes_on_with_others uplink_restricts no_address_for_the_uplink
	route_leaves_the_uplink resets_leave_by_it_too errors_leave_by_it_too
)

standard_topology
silent_hosts
link "$gw" up1 192.0.2.5/30 "$net" n1 192.0.2.6/30
ip -n "$gw" route add 198.51.100.8 via 192.0.2.6
ok ctl gateway add gw1
ok ctl address add 203.0.113.4/30 gateway gw1
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
echo_server "$net" 198.51.100.7 9000
echo_server "$net" 198.51.100.8 9000
run "$@"
