#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An operator's stateful FORWARD rules with policy drop keep working, track off
# leaves our packets untracked, and another NAT's packets do not leave.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#                    nft in gw, pool 203.0.113.1

. "$(dirname "$0")/lib.sh"

rules()
{
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		flush ruleset
		$1
	EOT
}

stateful='
	table ip filter {
		counter untracked { }
		counter answers { }
		counter private { }
		chain forward {
			type filter hook forward priority 0; policy drop;
			iifname up0 ip daddr 10.0.1.0/24 counter name private
			ct state untracked counter name untracked accept
			ct state established,related counter name answers accept
			iifname in0 ct state new accept
		}
	}'

# count NAME: packets of a named counter
count()
{
	local out

	out=$(in_ns "$gw" nft list counter ip filter "$1")
	[[ $out =~ packets\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

count_is()
{
	[[ $(count "$1") == "$2" ]]
}

traffic()
{
	flow tcp 10.0.1.2 198.51.100.7 9000 count 3 rounds 2 >/dev/null || fail "TCP"
	flow udp 10.0.1.2 198.51.100.7 9000 count 3 rounds 2 >/dev/null || fail "UDP"
	ok in_ns "$cl" ping -q -c 1 -W 5 198.51.100.7
}

stateful_forward_rules()
{
	rules "$stateful"
	traffic
	at_least "answers that were established" 10 "$(count answers)"
	at_least "answers to the private address" 10 "$(count private)"
	same "untracked" 0 "$(count untracked)"
	match "entry" 'src=10.0.1.2 dst=198.51.100.7 .*src=198.51.100.7 dst=10.0.1.2 ' \
		"$(in_ns "$gw" conntrack -L -p udp 2>/dev/null | head -n 1)"
	refused grep -q 203.0.113 <<< "$(in_ns "$gw" conntrack -L 2>/dev/null)"
}

# A filter of tc has conntrack see an answer before it is translated back
tracked_by_tc()
{
	in_ns "$gw" tc qdisc add dev up0 clsact &&
		in_ns "$gw" tc filter add dev up0 ingress matchall action ct || fail "tc"
	traffic
	same "untracked" 0 "$(count untracked)"
	refused grep -q 203.0.113 <<< "$(in_ns "$gw" conntrack -L 2>/dev/null)"
	in_ns "$gw" tc qdisc del dev up0 clsact
}

related_errors_pass()
{
	capture inside "$cl" c0 icmp
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9
	soon seen inside 'icmp[0] == 3 and icmp[1] == 3'
	capture_end inside
}

unsolicited_does_not()
{
	local before

	before=$(count private)
	ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
	send "$net" 198.51.100.7 10.0.1.2 udp 53 4000
	soon count_is private $((before + 1))
	ip -n "$net" route del 10.0.1.0/24
}

track_off_is_untracked()
{
	in_ns "$gw" conntrack -F 2>/dev/null
	ok ctl gateway set gw1 track off
	rules "$stateful"
	traffic
	at_least "untracked" 20 "$(count untracked)"
	same "entries" 0 "$(in_ns "$gw" conntrack -L 2>/dev/null | grep -c 10.0.1.2)"
	ok ctl gateway set gw1 track on
}

# What the hosts send to the router itself is of no session: its stateful rules and its NAT stay
track_off_and_the_router()
{
	local proto

	ok ctl gateway set gw1 track off
	rules "
		table ip filter {
			chain output {
				type filter hook output priority 0; policy drop;
				ct state established accept
			}
		}
		table ip nat {
			chain pre {
				type nat hook prerouting priority -100;
				ip daddr 192.0.2.1 udp dport 9001 dnat to 198.51.100.7:9000
				ip daddr 192.0.2.1 tcp dport 9001 dnat to 198.51.100.7:9000
			}
		}"
	for proto in udp tcp; do
		match "$proto to the router" 'answered 2 .* last 10.0.1.2 ' \
			"$(flow $proto 10.0.1.2 192.0.2.1 9000 count 2 rounds 3 2>&1)"
		match "$proto, forwarded" 'answered 2 .* last 203.0.113.1 ' \
			"$(flow $proto 10.0.1.2 192.0.2.1 9001 count 2 rounds 3 2>&1)"
	done
	in_ns "$gw" nft flush ruleset
	ok ctl gateway set gw1 track on
}

# masquerade [MATCH]...
masquerade()
{
	rules "table ip nat {
		chain post {
			type nat hook postrouting priority 100;
			oifname up0 $* masquerade
		}
	}"
}

foreign_nat_is_dropped()
{
	masquerade
	capture wire "$gw" up0 ip
	dropped "$cl" foreign-nat 10.0.1.2 198.51.100.7 udp 4001 9001
	in_ns "$gw" nft flush ruleset
	in_ns "$gw" conntrack -F 2>/dev/null
	send "$cl" 10.0.1.2 198.51.100.7 udp 4002 9002
	soon seen wire 'udp dst port 9002 and src host 203.0.113.1'
	never wire udp dst port 9001
	never wire net 10.0.0.0/8
	capture_end wire
}

# Another's NAT for other sources is none of our business
foreign_nat_beside()
{
	masquerade ip saddr 10.0.5.0/24
	ip -n "$cl" addr add 10.0.5.2/24 dev c0
	ip -n "$gw" addr add 10.0.5.1/24 dev in0
	match "masqueraded" 'last 192.0.2.1 ' "$(flow udp 10.0.5.2 198.51.100.7 9000)"
	match "translated" 'last 203.0.113.1 ' "$(flow udp 10.0.1.2 198.51.100.7 9000)"
	in_ns "$gw" nft flush ruleset
}

# An answer that comes when conntrack has lost its entry must not pass for a
# flow from outside: once the session has gone, the host's next packet would be
# taken for an answer and leave with its private address.
lost_entry_does_not_leak()
{
	rules "table ip filter {
		chain forward {
			type filter hook forward priority 0;
			ct state established accept
		}
	}"
	entry_is_lost 198.51.100.7
	capture wire "$gw" up0 udp
	send "$cl" 10.0.1.2 198.51.100.7 udp 4100 9100
	soon seen wire 'udp dst port 9100 and src host 203.0.113.1'
	never wire net 10.0.0.0/8
	capture_end wire
}

tests=(
	stateful_forward_rules tracked_by_tc related_errors_pass unsolicited_does_not
	lost_entry_does_not_leak
	track_off_is_untracked track_off_and_the_router foreign_nat_is_dropped foreign_nat_beside
)

standard_topology
standard_gateway
echo_server "$net" 198.51.100.7 9000
echo_server "$gw" 192.0.2.1 9000
run "$@"
