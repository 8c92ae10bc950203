#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A one-armed gateway: the upstream router is in the hosts' own segment. Linux
# would send the hosts there, past the gateway.
#
#   cl  10.0.1.2, .3 c1 +
#   gw  10.0.1.1 --- g1 + sw (bridge)
#   net 10.0.1.254 - n1 +       net: 198.51.100.7; 203.0.113.0/24 via 10.0.1.1

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_doctor.sh"

SERVER=198.51.100.7

topology()
{
	ns cl gw net sw
	ip -n "$sw" link add br0 type bridge
	ip -n "$sw" link set br0 up
	link "$cl" c0 10.0.1.2/24 "$sw" c1 10.9.9.1/32
	link "$gw" g0 10.0.1.1/24 "$sw" g1 10.9.9.2/32
	link "$net" n0 10.0.1.254/24 "$sw" n1 10.9.9.3/32
	for dev in c1 g1 n1; do
		ip -n "$sw" addr flush dev $dev
		ip -n "$sw" link set $dev master br0
	done
	sysctl_in "$cl" net.ipv4.conf.c0.accept_redirects=1 \
		net.ipv4.conf.all.accept_redirects=1 net.ipv4.conf.c0.secure_redirects=1
	sysctl_in "$gw" net.ipv4.conf.g0.send_redirects=1 \
		net.ipv4.conf.all.send_redirects=1
	ip -n "$cl" addr add 10.0.1.3/24 dev c0
	ip -n "$cl" route add default via 10.0.1.1
	ip -n "$gw" route add default via 10.0.1.254
	ip -n "$net" addr add "$SERVER/32" dev lo
	ip -n "$net" route add 203.0.113.0/24 via 10.0.1.1
	forwarding "$gw"
}

redirected()
{
	ip -n "$cl" route get "$SERVER" | grep -q 'via 10.0.1.254'
}

by_the_gateway()
{
	same "as seen" 203.0.113.1 "$(flow "$1" 10.0.1.2 "$SERVER" 9000 |
		sed -n 's/.* last \([0-9.]*\) .*/\1/p')"
}

not_past_the_gateway()
{
	local before i

	before=$(drops redirect)
	capture inside "$cl" c0 icmp
	for ((i = 0; i < 5; i++)); do
		by_the_gateway udp
		by_the_gateway tcp
	done
	at_least "counted" $((before + 1)) "$(drops redirect)"
	same "last source" 10.0.1.2 "$(last_source redirect)"
	refused redirected
	capture_end inside
	never inside 'icmp[0] == 5'
	never wire src host 10.0.1.2
}

doctor_names_it()
{
	ill redirects 'ICMP redirects for hosts behind g0, and natgw drops them .[1-9][0-9]* so far' \
		'all/send_redirects: 1, .*g0/send_redirects: 1, natgwctl stats show: redirect [1-9]'
	cured redirects '^sysctl -w net.ipv4.conf.all.send_redirects=0 net/ipv4/conf/g0/send_redirects=0$'
	sysctl_in "$gw" net.ipv4.conf.g0.send_redirects=1 net.ipv4.conf.all.send_redirects=1
}

# A peer in the segment would learn the hosts' addresses
peers_are_not_told()
{
	local before i

	before=$(drops redirect)
	ip -n "$gw" addr add 192.0.2.1/24 dev g0
	ip -n "$net" -batch - <<-EOT
		addr add 192.0.2.50/24 dev n0
		route replace 203.0.113.0/24 via 192.0.2.1
	EOT
	capture told "$net" n0 'icmp[0] == 5'
	for ((i = 0; i < 3; i++)); do
		ok in_ns "$cl" ping -q -c 1 -W 5 192.0.2.50
	done
	capture_end told
	never told dst host 192.0.2.50
	at_least "counted" $((before + 1)) "$(drops redirect)"
	same "last source" 192.0.2.50 "$(last_source redirect)"
	ip -n "$net" -batch - <<-EOT
		addr del 192.0.2.50/24 dev n0
		route replace 203.0.113.0/24 via 10.0.1.1
	EOT
	ip -n "$gw" addr del 192.0.2.1/24 dev g0
}

# Linux does so less and less often for each address: another one
redirected_soon()
{
	in_ns "$cl" ping -q -c 1 -W 2 -I 10.0.1.3 "$SERVER"
	redirected
}

# Of a subnet that is not bound the router speaks as ever
others_are_told()
{
	excuse 10.0.1.2 10.0.1.3	# web has no gateway
	ok ctl subnet set web gateway none
	soon redirected_soon
}

tests=(not_past_the_gateway peers_are_not_told doctor_names_it others_are_told)

topology
standard_gateway
echo_server "$net" "$SERVER" 9000
capture wire "$net" n0 host "$SERVER"
run "$@"
