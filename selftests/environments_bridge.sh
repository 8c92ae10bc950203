#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Routers whose clients, uplink or both are behind bridges, with br_netfilter, as
# Docker and Kubernetes load it: routed packets are translated as without bridges.
#
#   cl -- in0 [br-in 10.0.1.1] gw [br-up 192.0.2.1] up0 -- net
#   See lib_environments.sh.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_environments.sh"

# bridged in|up: puts the port of that side into a bridge of its own
bridged()
{
	ip -n "$gw" -batch - <<-EOT
		link add br-$1 type bridge forward_delay 0
		link set ${1}0 master br-$1
		link set br-$1 up
	EOT
}

# bridges SIDE...: the world with bridges at these sides
bridges()
{
	local in=in0 up=up0 side

	bare_world
	for side in "$@"; do
		bridged "$side"
		printf -v "$side" 'br-%s' "$side"
	done
	client_side c0 "$in"
	internet_side "$up" n0
	standard_gateway
}

# call 0|1: whether bridged frames are shown to IP hooks
call()
{
	ok sysctl_in "$gw" net.bridge.bridge-nf-call-iptables="$1" \
		net.bridge.bridge-nf-call-ip6tables="$1"
}

both_ways()
{
	local how

	bridges "$@"
	for how in 0 1; do
		call $how
		all_by_gateway
		nothing_private
		[[ ! $failed ]] || { note "bridge-nf-call-iptables=$how"; return; }
	done
}

clients_behind_bridge()
{
	both_ways in
}

uplink_behind_bridge()
{
	both_ways up
}

both_behind_bridges()
{
	both_ways in up
}

# A firewall at 10.0.1.9 in the clients' own network would be the relayed case; it
# stands behind another device
user_routes()
{
	bridges in up
	call 1
	ns fw
	link "$gw" dmz0 10.0.2.1/24 "$fw" f0 10.0.2.4/24
	capture firewall "$fw" f0 udp dst port 9007
	ok ctl route-table add rt1
	ok ctl route add 198.51.100.8/32 route-table rt1 next-hop-type None
	ok ctl route add 198.51.100.9/32 route-table rt1 next-hop-type VirtualAppliance \
		next-hop-ip 10.0.2.4
	ok ctl subnet set web route-table rt1
	dropped "$cl" route-none 10.0.1.2 198.51.100.8 udp 4000 9007
	send "$cl" 10.0.1.2 198.51.100.9 udp 4001 9007
	soon seen firewall dst host 198.51.100.9
	all_by_gateway
	nothing_private
	capture_end firewall
}

ipv6_is_refused()
{
	local before

	bridges in up
	sysctl_in "$cl" net.ipv6.conf.c0.disable_ipv6=0
	sysctl_in "$net" net.ipv6.conf.n0.disable_ipv6=0
	sysctl_in "$gw" net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.br-in.disable_ipv6=0 \
		net.ipv6.conf.br-up.disable_ipv6=0 net.ipv6.conf.all.forwarding=1
	call 1
	ip -n "$cl" -6 addr add 2001:db8:1::2/64 dev c0 nodad
	ip -n "$cl" -6 route add default via 2001:db8:1::1
	ip -n "$gw" -6 addr add 2001:db8:1::1/64 dev br-in nodad
	ip -n "$gw" -6 addr add 2001:db8:2::1/64 dev br-up nodad
	ip -n "$net" -6 addr add 2001:db8:2::2/64 dev n0 nodad
	ip -n "$net" -6 route add default via 2001:db8:2::1
	ok in_ns "$cl" ping -q -c 1 -W 5 2001:db8:2::2
	ok ctl subnet set web ipv6 drop
	refused in_ns "$cl" ping -q -c 1 -W 1 2001:db8:2::2
	at_least "drops ipv6" 1 "$(drops ipv6)"
	# nor past FORWARD, by a port of the bridge that has the address
	ip -n "$gw" -6 neigh replace 2001:db8:2::2 dev br-up \
		lladdr "$(ip -n "$net" -br link show n0 | awk '{ print $3 }')"
	rules <<-EOT
		table netdev s {
			chain in {
				type filter hook ingress device in0 priority 0;
				ip6 daddr 2001:db8:2::2 counter fwd ip6 to 2001:db8:2::2 device "br-up"
			}
		}
	EOT
	before=$(drops ipv6)
	refused in_ns "$cl" ping -q -c 1 -W 1 2001:db8:2::2
	same "drops ipv6" $((before + 1)) "$(drops ipv6)"
	# by that rule, not by FORWARD
	match "rule" 'counter packets 1 ' "$(on_gateway nft list table netdev s)"
	on_gateway nft delete table netdev s
}

# lan KIND: another router of the LAN, behind a port of br-in that is a VLAN or a bond
lan()
{
	local dev=b0

	ns box
	link "$box" b0 192.0.9.2/24 "$gw" port1 192.0.9.1/24
	ip -n "$gw" addr flush dev port1
	ip -n "$box" addr flush dev b0
	case $1 in
	vlan)
		ip -n "$gw" link add lan0 link port1 type vlan id 10
		ip -n "$box" link add b0.10 link b0 type vlan id 10
		dev=b0.10
		;;
	bond)
		ip -n "$gw" link add lan0 type bond mode active-backup miimon 100
		ip -n "$gw" link set port1 down
		ip -n "$gw" link set port1 master lan0
		;;
	esac
	ip -n "$gw" -batch - <<-EOT
		link set port1 up
		link set lan0 master br-in
		link set lan0 up
	EOT
	sysctl_in "$box" net.ipv6.conf.all.disable_ipv6=0 "net.ipv6.conf.${dev/.//}.disable_ipv6=0"
	ip -n "$box" -batch - <<-EOT
		link set $dev up
		addr add 10.0.1.5/24 dev $dev
		addr add 198.51.100.77/32 dev lo
		addr add 2001:db8:1::5/64 dev $dev nodad
	EOT
}

# What the bridge switches to a neighbour passes by devices below its port, too
neighbours()
{
	local kind

	bridges in
	sysctl_in "$cl" net.ipv6.conf.c0.disable_ipv6=0
	ip -n "$cl" -6 addr add 2001:db8:1::2/64 dev c0 nodad
	ok ctl subnet set web ipv6 drop
	ip -n "$cl" route add 198.51.100.77/32 via 10.0.1.5
	for kind in vlan bond; do
		lan $kind
		soon in_ns "$cl" ping -q -c 1 -W 1 2001:db8:1::5
		# and to another router
		ok in_ns "$cl" ping -q -c 1 -W 5 198.51.100.77
		[[ ! $failed ]] || { note "$kind"; return; }
		ns_del "$box"
		ip -n "$gw" link del lan0 2>/dev/null	# the VLAN has gone already
		ip -n "$cl" neigh flush all
	done
	same "ipv6" 0 "$(drops ipv6)"
	same "untranslated" 0 "$(drops untranslated)"
	all_by_gateway
	nothing_private
}

# The bridge has conntrack see an answer with its public destination
tracked_by_bridge()
{
	bridges up
	ok ctl gateway set gw1 track on
	call 0
	on_gateway nft -f - 2>/dev/null <<-EOT ||
		table bridge b {
			chain c {
				type filter hook prerouting priority 0;
				ct state invalid counter
			}
		}
	EOT
		{ skip "no tables of bridges in this kernel"; return; }
	rules <<-EOT
		table ip filter {
			chain forward {
				type filter hook forward priority 0; policy drop;
				ct state established,related accept
				iifname in0 accept
			}
		}
	EOT
	all_by_gateway
	nothing_private
}

tests=(
	clients_behind_bridge uplink_behind_bridge both_behind_bridges user_routes
	ipv6_is_refused neighbours tracked_by_bridge
)

modprobe -qa nft_fwd_netdev nf_conntrack_bridge
modprobe -q br_netfilter || skip_all "this kernel has no br_netfilter"
run "$@"
