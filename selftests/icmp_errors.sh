#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ICMP errors in both directions, from the ends, from routers between and from
# the gateway itself; traceroute and path MTU discovery through it.
#
#   cl ------------ rin ------------ gw ------------ rout ----------- net
#   10.0.1.2  10.0.1.1|10.0.9.2  10.0.9.1|192.0.2.1  192.0.2.2|198.51.100.1  .7
#                               pool 203.0.113.1
#   cl2 10.0.2.2 ------------- in1

. "$(dirname "$0")/lib.sh"

topology()
{
	ns cl cl2 rin gw rout net
	link "$cl" c0 10.0.1.2/24 "$rin" rin0 10.0.1.1/24
	link "$rin" rin1 10.0.9.2/24 "$gw" in0 10.0.9.1/24
	link "$cl2" d0 10.0.2.2/24 "$gw" in1 10.0.2.1/24
	link "$gw" up0 192.0.2.1/24 "$rout" rout0 192.0.2.2/24
	link "$rout" rout1 198.51.100.1/24 "$net" n0 198.51.100.7/24
	ip -n "$cl" route add default via 10.0.1.1
	ip -n "$cl2" route add default via 10.0.2.1
	ip -n "$rin" route add default via 10.0.9.1
	ip -n "$gw" route add 10.0.1.0/24 via 10.0.9.2
	ip -n "$gw" route add default via 192.0.2.2
	ip -n "$rout" route add 203.0.113.0/24 via 192.0.2.1
	ip -n "$net" route add default via 198.51.100.1
	forwarding "$rin" "$gw" "$rout"
}

# A UDP flow from port $1 to 198.51.100.7 port $2; its public port in $public
udp_flow()
{
	send "$cl" 10.0.1.2 198.51.100.7 udp "$1" "$2" size 10
	public=$(public_port udp 10.0.1.2 "$1")
}

# sums_are_right CAPTURE FILTER
sums_are_right()
{
	local wrong

	wrong=$(captured "$@" | grep -E -B 2 'bad cksum|bad udp cksum|wrong icmp|incorrect') || return
	fail "wrong checksums"
	note "$wrong"
}

from_the_server()
{
	udp_flow 4000 9
	soon seen inside 'icmp[0] == 3 and icmp[1] == 3'
	match "error" '198.51.100.7 > 10.0.1.2: ICMP 198.51.100.7 udp port 9 unreachable' \
		"$(captured inside 'icmp[0] == 3')"
	match "quoted" '10.0.1.2.4000 > 198.51.100.7.9: \[udp sum ok\]' \
		"$(captured inside 'icmp[0] == 3')"
}

from_the_client()
{
	udp_flow 4001 9001
	send "$net" 198.51.100.7 203.0.113.1 udp 9001 "$public" size 20
	soon seen outside 'icmp[0] == 3 and icmp[1] == 3 and src host 203.0.113.1'
	match "quoted" "198.51.100.7.9001 > 203.0.113.1.$public: \[udp sum ok\]" \
		"$(captured outside 'icmp[0] == 3 and src host 203.0.113.1')"
}

from_a_router_outside()
{
	send "$cl" ttl 3 10.0.1.2 198.51.100.7 udp 4002 9002 size 10
	soon seen inside 'icmp[0] == 11 and src host 192.0.2.2'
	match "quoted" '10.0.1.2.4002 > 198.51.100.7.9002: \[udp sum ok\]' \
		"$(captured inside 'icmp[0] == 11 and src host 192.0.2.2')"
}

# The router's own private address must not be seen outside
from_a_router_inside()
{
	udp_flow 4003 9003
	send "$net" ttl 3 198.51.100.7 203.0.113.1 udp 9003 "$public" size 20
	soon seen outside 'icmp[0] == 11 and src host 203.0.113.1'
	match "quoted" "198.51.100.7.9003 > 203.0.113.1.$public: \[udp sum ok\]" \
		"$(captured outside 'icmp[0] == 11 and src host 203.0.113.1')"
}

from_the_gateway_inwards()
{
	send "$cl" ttl 2 10.0.1.2 198.51.100.7 udp 4004 9004 size 10
	soon seen inside 'icmp[0] == 11 and src host 10.0.9.1'
	match "quoted" '10.0.1.2.4004 > 198.51.100.7.9004' \
		"$(captured inside 'icmp[0] == 11 and src host 10.0.9.1')"
}

# The host does not answer ARP, and when Linux gives up the session is over: nothing
# but it knew by which address the sender knows the host
from_the_gateway_after_the_session()
{
	local before

	sysctl_in "$gw" net.ipv4.neigh.in0.mcast_solicit=8
	ip -n "$gw" route replace 10.0.1.0/24 via 10.0.9.99
	before=$(drops icmp-no-session)
	capture late "$net" n0 icmp and src host 192.0.2.1
	udp_flow 4011 9011
	send "$net" 198.51.100.7 203.0.113.1 udp 9011 "$public" size 20
	ok ctl gateway set gw1 profile custom udp-timeout 1s cooldown-udp 1s
	wait_for 30 counted icmp-no-session $((before + 1)) ||
		fail "no error: $(ctl stats show)"
	capture_end late
	never late icmp
	ip -n "$gw" route replace 10.0.1.0/24 via 10.0.9.2
}

from_the_gateway_outwards()
{
	udp_flow 4005 9005
	send "$net" ttl 2 198.51.100.7 203.0.113.1 udp 9005 "$public" size 20
	soon seen outside 'icmp[0] == 11 and dst host 198.51.100.7 and icmp[8+20+2:2] == '"$public"
	match "quoted" "198.51.100.7.9005 > 203.0.113.1.$public: \[udp sum ok\]" \
		"$(captured outside "icmp[0] == 11 and icmp[8+20+2:2] == $public")"
}

# What an error quotes: eight bytes, all of it, with IP options before, TCP, echo
quotes_of_all_kinds()
{
	udp_flow 4006 9006
	send "$net" 198.51.100.7 203.0.113.1 icmp 3 1 quote 8 \
		203.0.113.1 198.51.100.7 udp "$public" 9006 size 64
	send "$net" 198.51.100.7 203.0.113.1 icmp 3 2 quote 100 \
		203.0.113.1 198.51.100.7 udp "$public" 9006 size 64
	send "$net" 198.51.100.7 203.0.113.1 icmp 3 5 quote 100 \
		options 01010100 203.0.113.1 198.51.100.7 udp "$public" 9006 size 64
	soon seen inside 'icmp[0] == 3 and icmp[1] == 5'
	match "eight bytes" '10.0.1.2.4006 > 198.51.100.7.9006' \
		"$(captured inside 'icmp[0] == 3 and icmp[1] == 1')"
	match "all" '10.0.1.2.4006 > 198.51.100.7.9006: \[udp sum ok\]' \
		"$(captured inside 'icmp[0] == 3 and icmp[1] == 2')"
	match "options" '10.0.1.2.4006 > 198.51.100.7.9006: \[udp sum ok\]' \
		"$(captured inside 'icmp[0] == 3 and icmp[1] == 5')"

	send "$cl" 10.0.1.2 198.51.100.7 tcp 4007 9007 S seq 100
	public=$(public_port tcp 10.0.1.2 4007)
	send "$net" 198.51.100.7 203.0.113.1 icmp 3 13 quote 8 \
		203.0.113.1 198.51.100.7 tcp "$public" 9007 S seq 100
	send "$net" 198.51.100.7 203.0.113.1 icmp 3 12 quote 60 \
		203.0.113.1 198.51.100.7 tcp "$public" 9007 S seq 100
	soon seen inside 'icmp[0] == 3 and icmp[1] == 12'
	match "TCP" '10.0.1.2.4007 > 198.51.100.7.9007' \
		"$(captured inside 'icmp[0] == 3 and icmp[1] == 13')"
	match "TCP, all" '10.0.1.2.4007 > 198.51.100.7.9007: Flags \[S\], cksum 0x[0-9a-f]+ \(correct\)' \
		"$(captured inside 'icmp[0] == 3 and icmp[1] == 12')"

	send "$cl" 10.0.1.2 198.51.100.7 echo 4008 1 size 30
	public=$(public_port icmp 10.0.1.2 4008)
	send "$net" 198.51.100.7 203.0.113.1 icmp 3 11 quote 60 \
		203.0.113.1 198.51.100.7 echo "$public" 1 size 30
	soon seen inside 'icmp[0] == 3 and icmp[1] == 11'
	match "echo" '10.0.1.2 > 198.51.100.7: ICMP echo request, id 4008, seq 1' \
		"$(captured inside 'icmp[0] == 3 and icmp[1] == 11')"
}

bad_checksum_is_ignored()
{
	udp_flow 4009 9009
	dropped "$net" checksum 198.51.100.7 203.0.113.1 icmp 3 9 badsum \
		203.0.113.1 198.51.100.7 udp "$public" 9009
	send "$net" 198.51.100.7 203.0.113.1 icmp 3 10 \
		203.0.113.1 198.51.100.7 udp "$public" 9009
	soon seen inside 'icmp[0] == 3 and icmp[1] == 10'
	never inside 'icmp[0] == 3 and icmp[1] == 9'
}

no_session_no_error()
{
	dropped "$net" icmp-no-session 198.51.100.7 203.0.113.1 icmp 3 8 \
		203.0.113.1 198.51.100.7 udp 999 999
	dropped "$net" icmp-no-session 198.51.100.7 203.0.113.1 reply 77 1
	never inside 'icmp[0] == 3 and icmp[1] == 8'
}

# Whoever forges an error with a flow of his own in it must not reach a third one by it
to_who_has_not_sent_it()
{
	udp_flow 4012 9012
	dropped "$cl" icmp-no-session 10.0.1.2 198.51.100.8 icmp 3 14 \
		198.51.100.7 10.0.1.2 udp 9012 4012
	never outside 'icmp[0] == 3 and icmp[1] == 14'
}

# An error about the flow of another host than its sender, or a router before that, can see
not_by_another_device()
{
	udp_flow 4013 9013
	dropped "$cl2" spoofed-source 10.0.2.2 198.51.100.7 icmp 3 15 \
		198.51.100.7 10.0.1.2 udp 9013 4013
	dropped "$cl2" spoofed-source 10.0.1.2 198.51.100.7 icmp 3 15 \
		198.51.100.7 10.0.1.2 udp 9013 4013
	never outside 'icmp[0] == 3 and icmp[1] == 15'
}

idle_is()
{
	[[ $(session udp 10.0.1.2 "$1" idle) -ge $2 ]]
}

errors_do_not_renew()
{
	udp_flow 4010 9010
	soon idle_is 4010 2
	send "$net" 198.51.100.7 203.0.113.1 icmp 3 6 \
		203.0.113.1 198.51.100.7 udp "$public" 9010
	soon seen inside 'icmp[0] == 3 and icmp[1] == 6'
	send "$cl" 10.0.1.2 198.51.100.7 icmp 3 7 198.51.100.7 10.0.1.2 udp 9010 4010
	soon seen outside 'icmp[0] == 3 and icmp[1] == 7 and src host 203.0.113.1'
	idle_is 4010 2 || fail "an error renewed the session"
}

redirect_is_dropped()
{
	udp_flow 4011 9011
	dropped "$net" protocol 198.51.100.7 203.0.113.1 icmp 5 1 \
		203.0.113.1 198.51.100.7 udp "$public" 9011
	never inside 'icmp[0] == 5'
}

traceroute_finds_all()
{
	local out kind

	# shellcheck disable=SC2086
	for kind in -U -I -T; do
		out=$(in_ns "$cl" traceroute -n $kind -q 1 -w 5 -m 6 198.51.100.7)
		match "traceroute $kind" \
			'1  10.0.1.1 .*2  10.0.9.1 .*3  192.0.2.2 .*4  198.51.100.7 ' "${out//$'\n'/ }"
	done
}

mtu()
{
	ip -n "$1" link set "$2" mtu "$5" && ip -n "$3" link set "$4" mtu "$5"
}

# upload WHAT, download WHAT: 60 kB over TCP must arrive
upload()
{
	start "$net" socat -u TCP-LISTEN:9020,reuseaddr "CREATE:$TMP/got"
	wait_for 20 listening "$net" tcp 9020 || fail "no server"
	ok in_ns "$cl" timeout 30 socat -u "OPEN:$TMP/sent" TCP:198.51.100.7:9020
	arrived "$1"
}

download()
{
	start "$net" socat -u "OPEN:$TMP/sent" TCP-LISTEN:9020,reuseaddr
	wait_for 20 listening "$net" tcp 9020 || fail "no server"
	ok in_ns "$cl" timeout 30 socat -u TCP:198.51.100.7:9020 "CREATE:$TMP/got"
	arrived "$1"
}

arrived()
{
	wait_for 10 cmp -s "$TMP/sent" "$TMP/got" ||
		fail "$1: $(wc -c < "$TMP/got") of 60000 bytes"
	stop "$!"
	rm -f "$TMP/got"
}

# advmss: the ends do not tell each other of their small link
pmtu_outwards()
{
	mtu "$rout" rout1 "$net" n0 1280
	ip -n "$net" route change default via 198.51.100.1 advmss 1460
	match "ping" 'mtu = 1280' "$(in_ns "$cl" ping -M 'do' -s 1400 -c 1 -W 5 198.51.100.7 2>&1)"
	ip -n "$cl" route flush cache
	upload "1280 bytes behind the router outside"
	match "learnt" 'mtu 1280' "$(ip -n "$cl" route get 198.51.100.7)"
	mtu "$rout" rout1 "$net" n0 1500
	ip -n "$cl" route flush cache

	mtu "$gw" up0 "$rout" rout0 1270
	upload "1270 bytes behind the gateway"
	match "learnt" 'mtu 1270' "$(ip -n "$cl" route get 198.51.100.7)"
	mtu "$gw" up0 "$rout" rout0 1500
	ip -n "$cl" route flush cache
}

pmtu_inwards()
{
	mtu "$cl" c0 "$rin" rin0 1260
	ip -n "$cl" route change default via 10.0.1.1 advmss 1460
	download "1260 bytes behind the router inside"
	match "learnt" 'mtu 1260' "$(ip -n "$net" route get 203.0.113.1)"
	mtu "$cl" c0 "$rin" rin0 1500
	ip -n "$net" route flush cache

	mtu "$rin" rin1 "$gw" in0 1250
	download "1250 bytes behind the gateway"
	match "learnt" 'mtu 1250' "$(ip -n "$net" route get 203.0.113.1)"
	mtu "$rin" rin1 "$gw" in0 1500
	ip -n "$net" route flush cache
}

wire_is_clean()
{
	capture_end outside
	capture_end inside
	seen outside 'icmp and src net 203.0.113.0/24' || fail "nothing captured"
	never outside net 10.0.0.0/8
	same "errors outside that quote a private address" 0 "$(captured outside icmp | grep -c '10\.0\.')"
	same "errors inside that quote the pool" 0 "$(captured inside icmp | grep -c '203\.0\.113\.')"
	sums_are_right outside icmp and src net 203.0.113.0/24
	sums_are_right inside icmp
}

tests=(
	from_the_server from_the_client from_a_router_outside from_a_router_inside
	from_the_gateway_inwards from_the_gateway_outwards quotes_of_all_kinds
	bad_checksum_is_ignored no_session_no_error to_who_has_not_sent_it errors_do_not_renew
	not_by_another_device redirect_is_dropped
	traceroute_finds_all pmtu_outwards pmtu_inwards
	from_the_gateway_after_the_session wire_is_clean
)

topology
# or what a router quotes has no checksum yet
in_ns "$cl" ethtool -K c0 tx off >/dev/null
in_ns "$net" ethtool -K n0 tx off >/dev/null
head -c 60000 /dev/urandom > "$TMP/sent"
standard_gateway
capture inside "$cl" c0 icmp
capture outside "$net" n0 icmp or udp
run "$@"
