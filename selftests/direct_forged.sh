#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Nobody gets a packet out untranslated by a record or an entry of conntrack that he has made for it:
# by packets to the router itself, by those that the router drops, by ICMP errors about flows of
# others, by flows whose answers another NAT changes. Topology: lib_direct.sh.

. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib_direct.sh
. "$HERE/lib_direct.sh"

known_to_conntrack()
{
	[[ $(in_ns "$gw" conntrack -L 2> /dev/null | grep -c "$1") -gt 0 ]]
}

begin()
{
	in_ns "$gw" nft flush ruleset
	fresh
	capture wire "$gw" up0 src net 10.0.0.0/8
}

end()
{
	never wire ip
	capture_end wire
}

# no_errors_about TO: about what was sent there
no_errors_about()
{
	dropped "$cl" icmp-no-session 10.0.1.99 198.51.100.199 icmp 3 1 \
		198.51.100.199 "$1" udp 4001 53
	dropped "$cl" icmp-no-session 10.0.1.99 198.51.100.199 icmp 3 1 198.51.100.199 "$1" echo 77 1
}

# The router answers those itself: no host does
to_the_router_itself()
{
	send "$cl" 198.51.100.199 10.0.1.1 udp 4001 53
	send "$cl" 198.51.100.199 10.0.1.1 tcp 4001 80 S
	send "$cl" 198.51.100.199 10.0.1.1 echo 77 1
	no_errors_about 10.0.1.1
	soon seen wire 'src host 10.0.1.1 and tcp'
	soon seen wire 'src host 10.0.1.1 and icmp[0] == 3 and icmp[1] == 3'
	soon seen wire 'src host 10.0.1.1 and icmp[0] == 0'
	never wire not src host 10.0.1.1
}

to_the_router()
{
	begin
	to_the_router_itself
	capture_end wire
}

to_the_router_with_conntrack()
{
	begin
	rules "$established_rules"
	to_the_router_itself
	capture_end wire
}

# Where a rule hands it on to a host, that host does
to_the_router_that_hands_on()
{
	begin
	rules '
		chain pre {
			type nat hook prerouting priority -100;
			iifname { in0, up0 } ip daddr { 10.0.1.1, 192.0.2.1 } udp dport 53 dnat to 10.0.1.99:53
		}'
	dropped "$cl" spoofed-source 198.51.100.199 10.0.1.1 udp 4001 53
	dropped "$cl" spoofed-source 198.51.100.199 192.0.2.1 udp 4002 53
	send "$cl" 10.0.1.99 198.51.100.199 udp 53 4001
	send "$cl" 10.0.1.99 198.51.100.199 udp 53 4002
	never wire src host 10.0.1.1
	end
	# from there it may come
	capture answers "$edge" e0 udp dst port 4003
	send "$far" 198.51.100.199 192.0.2.1 udp 4003 53
	soon known_to_conntrack 'udp .*src=198.51.100.199 .*sport=4003'
	send "$cl" 10.0.1.99 198.51.100.199 udp 53 4003
	soon seen answers src host 192.0.2.1
	capture_end answers
	in_ns "$gw" nft flush ruleset
}

# and where its source is changed, too: hosts reach a server by the router's own address
hairpin_by_the_router()
{
	begin
	rules '
		chain pre {
			type nat hook prerouting priority -100;
			ip daddr 192.0.2.1 udp dport 9000 dnat to 10.0.1.2
		}
		chain post {
			type nat hook postrouting priority 100;
			oifname in0 snat to 192.0.2.1
		}'
	dropped "$cl" spoofed-source 198.51.100.199 192.0.2.1 udp 4004 9000
	ip -n "$gw" neigh replace 10.0.1.5 lladdr "$(mac "$cl" c0)" dev in0
	capture back "$cl" c0 src host 192.0.2.1 and dst host 10.0.1.5
	send "$cl" 10.0.1.5 192.0.2.1 udp 4005 9000 size 16
	soon seen back udp src port 9000
	capture_end back
	end
	in_ns "$gw" nft flush ruleset
}

# Linux takes what is sent with a broadcast address as source, where it asks no rules
to_a_broadcast_address()
{
	begin
	rules "$established_rules"
	dropped "$cl" spoofed-source 198.51.100.199 10.0.1.255 udp 4001 53
	dropped "$cl" spoofed-source 198.51.100.199 10.0.1.255 echo 77 1
	no_errors_about 10.0.1.255
	same "records" 0 "$(directs)"
	same "entries" 0 "$(in_ns "$gw" conntrack -L 2> /dev/null | grep -c 'dst=10.0.1.255')"
	end
}

# Conntrack calls any error about an entry related, whoever sends it
by_entries_of_conntrack()
{
	begin
	rules "$established_rules"
	send "$far" 198.51.100.199 192.0.2.1 echo 77 1
	soon known_to_conntrack 'icmp .*src=198.51.100.199 dst=192.0.2.1'
	dropped "$cl" icmp-no-session 10.0.1.99 198.51.100.199 icmp 3 1 \
		198.51.100.199 192.0.2.1 echo 77 1
	dropped "$cl" spoofed-source 203.0.113.1 198.51.100.199 icmp 3 1 \
		198.51.100.199 192.0.2.1 echo 77 1
	send "$cl" 198.51.100.199 198.51.100.7 udp 4002 9
	soon known_to_conntrack 'udp .*src=198.51.100.199 dst=198.51.100.7'
	dropped "$cl" icmp-no-session 10.0.1.99 198.51.100.199 icmp 3 1 \
		198.51.100.199 198.51.100.7 udp 4002 9
	end
}

# Those about flows that did come in by another way leave as the flow does
errors_that_leave()
{
	begin
	rules "$established_rules"
	send "$far" 198.51.100.199 10.0.1.2 udp 4003 9
	soon seen wire 'icmp[0] == 3 and icmp[1] == 3 and src host 10.0.1.2'
	capture_end wire
	rules "$forwarding_rules"
	capture changed "$net" n0 icmp and src host 192.0.2.1
	send "$net" 192.0.2.2 192.0.2.1 udp 4004 9000
	soon known_to_conntrack 'udp .*sport=4004'
	send "$cl" 10.0.1.2 192.0.2.2 icmp 3 13 192.0.2.2 10.0.1.2 udp 4004 9000
	soon seen changed 'icmp[0] == 3 and icmp[1] == 13'
	capture_end changed
}

# Conntrack would have changed the source, but has not
changed_by_nat()
{
	begin
	rules "$forwarding_rules"
	send "$net" 192.0.2.2 192.0.2.1 udp 4010 9000
	soon directs_are 1 proto udp
	dropped "$cl" icmp-no-session 10.0.1.2 192.0.2.2 icmp 3 3 badsum \
		192.0.2.2 10.0.1.2 udp 4010 9000
	match "explain" '"method":"direct"' \
		"$(ctl -j explain src 10.0.1.2:9000 dst 192.0.2.2:4010 proto udp)"
	# the rules of NAT go, conntrack and its entry stay
	ok in_ns "$gw" nft -f - <<-EOT
		table ip filter {
			$established_rules
		}
		delete table ip nat
	EOT
	dropped "$cl" icmp-no-session 10.0.1.2 192.0.2.2 icmp 3 3 192.0.2.2 10.0.1.2 udp 4010 9000
	capture public "$gw" up0 src host 203.0.113.1
	send "$cl" 10.0.1.2 192.0.2.2 udp 9000 4010
	soon seen public 'udp dst port 4010'
	capture_end public
	# and without conntrack
	fresh
	rules "$forwarding_rules"
	send "$net" 192.0.2.2 192.0.2.1 udp 4011 9000
	soon directs_are 1 proto udp
	in_ns "$gw" nft flush ruleset
	in_ns "$gw" conntrack -F 2> /dev/null
	dropped "$cl" icmp-no-session 10.0.1.2 192.0.2.2 icmp 3 3 \
		192.0.2.2 10.0.1.2 udp 4011 9000
	end
}

# translated PORT PEER_PORT: what the host sends there by UDP
translated()
{
	capture public "$gw" up0 src host 203.0.113.1
	send "$cl" 10.0.1.99 198.51.100.199 udp "$1" "$2"
	soon seen public "udp dst port $2"
	capture_end public
}

# What comes from outside and is dropped by the router has not opened anything
dropped_by_the_router()
{
	begin
	rules "$dropping_rules"
	send "$far" 198.51.100.199 10.0.1.99 udp 7000 6000
	soon directs_are 1 dst 198.51.100.199:7000
	dropped "$cl" icmp-no-session 10.0.1.99 198.51.100.199 icmp 3 1 \
		198.51.100.199 10.0.1.99 udp 7000 6000
	translated 6000 7000
	in_ns "$gw" nft flush ruleset
	# one hop too many
	send "$far" ttl 2 198.51.100.199 10.0.1.99 udp 7001 6001
	soon directs_are 1 dst 198.51.100.199:7001
	translated 6001 7001
	end
	# the same flow, let through, is answered as it came
	capture answers "$edge" e0 src host 10.0.1.99
	send "$far" 198.51.100.199 10.0.1.99 udp 7002 6002
	soon directs_are 1 dst 198.51.100.199:7002
	send "$cl" 10.0.1.99 198.51.100.199 udp 6002 7002
	soon seen answers 'udp dst port 7002'
	capture_end answers
}

# Nor once the host has had an answer of its own flow
answered_meanwhile()
{
	local public

	begin
	rules "$dropping_rules"
	ok ctl gateway set gw1 profile custom udp-timeout 2s cooldown-udp 1s
	send "$far" 198.51.100.199 10.0.1.99 udp 7010 6010
	soon directs_are 1 dst 198.51.100.199:7010
	translated 6010 7010
	public=$(public_port udp 10.0.1.99 6010)
	capture inside "$cl" c0 'udp dst port 6010'
	send "$far" 198.51.100.199 203.0.113.1 udp 7010 "$public"
	soon seen inside 'src host 198.51.100.199'
	capture_end inside
	wait_for 20 session_count_is 0 kind nat
	send "$far" 198.51.100.199 10.0.1.99 udp 7010 6010
	translated 6010 7010
	ok ctl gateway set gw1 profile azure
	end
}

# while_routed WORDS...: what the host got by a route of this kind opens nothing once that is gone
while_routed()
{
	ok batch <<-EOT
		route-table add rt1
		route add 198.51.100.128/25 route-table rt1 next-hop-type $*
		subnet set web route-table rt1
	EOT
	capture got "$cl" c0 'udp dst port 53 and dst host 10.0.1.99'
	ip -n "$cl" route add 10.0.1.99 via 10.0.1.1
	send "$cl" 198.51.100.199 10.0.1.99 udp 4020 53
	ip -n "$cl" route del 10.0.1.99
	soon seen got 'src host 198.51.100.199 and ip[8] < 64'
	capture_end got
	same "records of the forged one" 0 "$(directs dst 198.51.100.199:4020)"
	ok ctl subnet set web route-table none
	translated 53 4020
	ok ctl route-table del rt1
	ok ctl session flush
}

while_a_route_stands()
{
	begin
	while_routed VirtualAppliance next-hop-ip 10.0.2.99
	end
}

while_a_route_stands_with_conntrack()
{
	begin
	rules "$established_rules"
	while_routed VirtualAppliance next-hop-ip 10.0.2.99
	while_routed None
	end
}

dropping_rules="
	chain forward {
		type filter hook forward priority 0; policy drop;
		iifname in0 accept
		ct state established,related${OFFLOAD:+,untracked} accept
	}"
forwarding_rules="$established_rules"'
	chain pre {
		type nat hook prerouting priority -100;
		iifname up0 ip daddr 192.0.2.1 udp dport 9000 dnat to 10.0.1.2
	}'

tests=(to_the_router to_the_router_with_conntrack to_the_router_that_hands_on hairpin_by_the_router
	to_a_broadcast_address
	by_entries_of_conntrack errors_that_leave changed_by_nat
	dropped_by_the_router answered_meanwhile while_a_route_stands
	while_a_route_stands_with_conntrack stats_agree)

topology
echo_server "$cl" 10.0.1.2 9000
standard_gateway on-idle silent
excuse 10.0.1.1		# the router's own answers
run "$@"
