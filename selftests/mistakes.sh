#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The twelve mistakes of Documentation/mistakes.rst: each is made as a new user would, natgwctl
# names its cure, the cure is typed, and hosts reach the Internet.
#
#   cl 10.0.1.2 ---- in0 gw up0 192.0.2.1 ---- net 192.0.2.2, 198.51.100.7
#                        up1 192.0.3.1 ---- net

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_doctor.sh"

# works [ADDRESS]: a host reaches the Internet, which sees the address
works()
{
	match "flow" "last ${1-203.0.113.1} " \
		"$(flow udp 10.0.1.2 198.51.100.7 9000 count 1 rounds 2 2>&1)"
}

# told SENTENCE COMMAND...: natgwctl says that, on either stream
told()
{
	match "natgwctl ${*:2}" "$1" "$(ctl "${@:2}" 2>&1)"
}

# packet PORT: of a host to the Internet, whatever becomes of it
packet()
{
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 "$1"
}

no_forwarding()
{
	sysctl_in "$gw" net.ipv4.ip_forward=0
	told 'Linux does not forward: sysctl -w net.ipv4.ip_forward=1'
	in_ns "$gw" sysctl -qw net.ipv4.ip_forward=1
	works
}

closed_by_docker()
{
	in_ns "$gw" nft -f - <<-'EOT'
		table ip filter {
			chain FORWARD {
				type filter hook forward priority filter; policy drop;
				iifname "docker0" accept
			}
		}
	EOT
	ill filter 'chain ip filter FORWARD' 'policy drop'
	cured filter '^nft '
	works
	in_ns "$gw" nft delete table ip filter
}

old_masquerade()
{
	in_ns "$gw" nft -f - <<-'EOT'
		table ip nat {
			chain POSTROUTING {
				type nat hook postrouting priority srcnat;
				oifname "up0" masquerade
			}
		}
	EOT
	packet 9001
	soon counted foreign-nat 1
	told 'another NAT rule changed the source of bound subnets first .1 packet dropped'
	ill foreign-nat 'a masquerade rule in chain ip nat POSTROUTING' 'masquerade$'
	cured foreign-nat '^nft insert rule '
	works
	in_ns "$gw" nft delete table ip nat
}

nobody_answers_arp()
{
	told '192.0.2.5 is in the network of up0, where nobody answers ARP for it: natgwctl address set 192.0.2.5 dev up0' \
		address add 192.0.2.5 gateway gw1
	ok ctl address set 203.0.113.1 gateway none
	ok ctl address set 192.0.2.5 dev up0
	works 192.0.2.5
	ok ctl address set 203.0.113.1 gateway gw1
	ok ctl address del 192.0.2.5
}

two_machines()
{
	ip -n "$net" addr add 192.0.2.6/24 dev n0
	ok ctl address add 192.0.2.6 gateway gw1 dev up0
	ill duplicate 'has address 192.0.2.6 too: take it away there' answered
	ip -n "$net" addr del 192.0.2.6/24 dev n0
	well duplicate
	ok ctl address del 192.0.2.6
}

forgotten_subnet()
{
	excuse 10.0.1.2
	ok ctl subnet set web gateway none
	packet 9002
	told '10.0.1.0/24 sends to the Internet and no gateway is bound to it .last source 10.0.1.2, [0-9]+s ago, 1 packet.: natgwctl subnet set web gateway GATEWAY'
	ok ctl subnet set web gateway gw1
	works
}

minutes_or_seconds()
{
	told 'idle-timeout 10: time needs a unit, try 10m' gateway set gw1 idle-timeout 10
	told 'idle-timeout 600: time needs a unit' gateway set gw1 idle-timeout 600
	ok ctl gateway set gw1 idle-timeout 10m
}

one_destination()
{
	# 16 ports instead of 64,512, so that they are used up soon
	ok ctl address set 203.0.113.1 reserve 1024-65519
	send "$cl" repeat 20 ports 1000 10.0.1.2 198.51.100.7 udp 4000 9000
	soon counted destination-full 4
	told 'gateway gw1 refused flows: destination-full .*: natgwctl ports show by destination'
	told '198.51.100.7:9000' ports show by destination top 1
	told '10.0.1.2' ports show by host dst 198.51.100.7:9000
	ok ctl address set 203.0.113.1 reserve none
	works
}

few_ports_for_each()
{
	ok ctl session flush
	ok ctl gateway set gw1 allocation preallocated ports-per-host 8 hosts 4
	send "$cl" repeat 12 ports 1000 10.0.1.2 198.51.100.7 udp 4000 9000
	soon counted quota 4
	told 'gateway gw1 refused flows: quota .*natgwctl ports show by host.*natgwctl gateway set gw1 ports-per-host'
	ok ctl gateway set gw1 ports-per-host 1024
	works
	ok ctl session flush
	ok ctl gateway set gw1 allocation dynamic
}

own_address()
{
	told '192.0.2.1 .*shared' address add 192.0.2.1 gateway gw1
	ok ctl address add 192.0.2.1 gateway gw1 shared on
	ok ctl address del 192.0.2.1
}

second_uplink()
{
	ip -n "$gw" rule add fwmark 7 lookup 107
	ip -n "$gw" route add default via 192.0.3.2 table 107
	sysctl_in "$gw" net.ipv4.conf.up1.rp_filter=1
	ill reverse-path 'come in by up1 are dropped' 'conf/up1/rp_filter: 1$'
	cured reverse-path 'rp_filter=2$'
}

full_table()
{
	local max

	modprobe -q nf_conntrack
	max=$(cat /proc/sys/net/netfilter/nf_conntrack_max) || { skip "no conntrack"; return; }
	in_ns "$gw" nft 'add table ip t; add chain ip t c { type filter hook forward priority 0; }; add rule ip t c ct state invalid drop'
	packet 9000
	sysctl -qw net.netfilter.nf_conntrack_max=1
	ill conntrack 'nearly full, with [1-9][0-9]* of 1 entries' 'nf_conntrack_max: 1$'
	cured conntrack 'sysctl -w net.netfilter.nf_conntrack_max='
	works
	sysctl -qw net.netfilter.nf_conntrack_max="$max"
	in_ns "$gw" nft delete table ip t
}

tests=(no_forwarding closed_by_docker old_masquerade nobody_answers_arp two_machines
	forgotten_subnet minutes_or_seconds one_destination few_ports_for_each own_address
	second_uplink full_table)

standard_topology
link "$gw" up1 192.0.3.1/24 "$net" n1 192.0.3.2/24
echo_server "$net" 198.51.100.7 9000
# some of the mistakes are about conntrack
standard_gateway track on
clock_is ok
run "$@"
