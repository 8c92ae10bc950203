#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The classic mistake, a subnet that no gateway is bound to, is counted with its
# last source and named by a bare natgwctl. The packets are left to Linux.
#
#   cl 10.0.1.2 (web, bound), 10.0.3.2 (lab, not bound), 10.0.4.2 (no subnet)

. "$(dirname "$0")/lib.sh"

bound_subnet_counts_nowhere()
{
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9000
	soon seen wire 'udp dst port 9000 and src host 203.0.113.1'
	same "no-gateway" 0 "$(drops no-gateway)"
	same "no-subnet" 0 "$(drops no-subnet)"
}

subnet_without_gateway()
{
	local lab

	excuse 10.0.3.2 10.0.3.3	# of a subnet without gateway
	send "$cl" 10.0.3.2 198.51.100.7 udp 4000 9001
	send "$cl" 10.0.3.3 198.51.100.7 udp 4000 9002
	soon seen wire 'udp dst port 9002 and src host 10.0.3.3'
	same "no-gateway" 2 "$(drops no-gateway)"
	same "last source" 10.0.3.3 "$(last_source no-gateway)"
	lab=$(ctl -j subnet show lab)
	same "of the subnet" "2 10.0.3.3" "$(value "$lab" untranslated) $(value "$lab" last-source)"
	match "its age" '^[0-9]+$' "$(value "$lab" last-age)"
	match "bare call" \
		'10\.0\.3\.0/24 sends to the Internet and no gateway is bound to it \(last source 10\.0\.3\.3, [0-9]+s ago, 2 packets\)' \
		"$(ctl)"
}

source_in_no_subnet()
{
	excuse 10.0.4.2	# in no subnet
	send "$cl" 10.0.4.2 198.51.100.7 udp 4000 9003
	soon seen wire 'udp dst port 9003 and src host 10.0.4.2'
	same "no-subnet" 1 "$(drops no-subnet)"
	same "last source" 10.0.4.2 "$(last_source no-subnet)"
	match "bare call" '10\.0\.4\.2' "$(ctl)"
}

# Between private addresses there is nothing to translate, nor to count
private_destinations_do_not_count()
{
	local before

	excuse 10.0.1.2 10.0.3.2 10.0.4.2	# to private addresses
	before="$(drops no-gateway) $(drops no-subnet)"
	ip -n "$gw" route add 172.16.0.0/12 via 192.0.2.2
	ip -n "$gw" route add 100.64.0.0/10 via 192.0.2.2
	send "$cl" 10.0.3.2 172.16.0.1 udp 4000 9004
	send "$cl" 10.0.1.2 172.16.0.1 udp 4000 9005
	send "$cl" 10.0.4.2 100.64.0.1 udp 4000 9006
	soon seen wire udp dst port 9006
	seen wire 'udp dst port 9004 and src host 10.0.3.2' || fail "unbound to private"
	seen wire 'udp dst port 9005 and src host 10.0.1.2' || fail "bound to private"
	same "counters" "$before" "$(drops no-gateway) $(drops no-subnet)"
}

routers_own_packets_do_not_count()
{
	local before

	before="$(drops no-gateway) $(drops no-subnet)"
	ok in_ns "$gw" ping -q -c 1 -W 5 198.51.100.7
	ok in_ns "$gw" ping -q -c 1 -W 5 10.0.1.2
	same "counters" "$before" "$(drops no-gateway) $(drops no-subnet)"
}

binding_ends_it()
{
	ok ctl subnet set lab gateway gw1
	send "$cl" 10.0.3.2 198.51.100.7 udp 4001 9007
	soon seen wire 'udp dst port 9007 and src host 203.0.113.1'
	same "no-gateway" 2 "$(drops no-gateway)"
	refused grep -q '10.0.3.0/24 sends' <<< "$(ctl)"
}

tests=(
	bound_subnet_counts_nowhere subnet_without_gateway source_in_no_subnet
	private_destinations_do_not_count routers_own_packets_do_not_count
	binding_ends_it
)

standard_topology
ip -n "$cl" addr add 10.0.3.2/24 dev c0
ip -n "$cl" addr add 10.0.3.3/24 dev c0
ip -n "$cl" addr add 10.0.4.2/24 dev c0
ip -n "$gw" addr add 10.0.3.1/24 dev in0
ip -n "$gw" addr add 10.0.4.1/24 dev in0
ip -n "$net" route add 10.0.0.0/8 via 192.0.2.1
standard_gateway
ok ctl subnet add lab prefix 10.0.3.0/24
capture wire "$net" n0 ip
run "$@"
