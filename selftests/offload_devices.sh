#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Flows are offloaded behind a VLAN, a bridge and a bond as behind a plain device; a device that
# moves into one of them, or out of it, takes no flow with it. In a VRF no flow is offloaded.
#
#   cl 10.0.1.2 ---- DEVICE gw up0 ---- net 198.51.100.7
#      10.0.1.99 (silent)                   198.51.100.99 (silent)
#                    pool 203.0.113.1, counters in FORWARD see what is not offloaded

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_offload.sh"

# move NS FROM TO ADDR...: the addresses of one device to another one
move()
{
	local netns=$1 from=$2 to=$3 addr

	shift 3
	for addr; do
		ip -n "$netns" addr del "$addr" dev "$from" 2>/dev/null
		ip -n "$netns" addr add "$addr" dev "$to"
	done
	ip -n "$netns" link set "$to" up
}

# behind DEVICE: flows are offloaded, with their segments put together and cut up again
flows_are_fast_behind()
{
	local before mac

	mac=$(ip -n "$cl" -br link show c0 | awk '{ print $3 }')
	ip -n "$gw" neigh replace 10.0.1.99 lladdr "$mac" dev "$1"
	flow_up "$2"
	before=$(slow in)
	ok in_ns "$cl" curl -sS -m 20 -o "$TMP/got" http://198.51.100.7/file
	ok cmp "$TMP/got" "$TMP/www/file"
	at_least "$1: fast segments of the 700 and more" 1 $((60 - ($(slow in) - before)))
}

vlan()
{
	ip -n "$gw" link add link in0 name in0.5 type vlan id 5
	ip -n "$cl" link add link c0 name c0.5 type vlan id 5
	move "$gw" in0 in0.5 10.0.1.1/24
	move "$cl" c0 c0.5 10.0.1.2/24 10.0.1.3/24
	ip -n "$cl" route replace default via 10.0.1.1
	ip -n "$gw" neigh flush dev in0
	flow_behind_vlan
	move "$gw" in0.5 in0 10.0.1.1/24
	move "$cl" c0.5 c0 10.0.1.2/24 10.0.1.3/24
	ip -n "$gw" link del in0.5
	ip -n "$cl" link del c0.5
	ip -n "$cl" route replace default via 10.0.1.1
}

# a packet made by hand is sent by the route to the gateway
flow_behind_vlan()
{
	flows_are_fast_behind in0.5 4101
}

bridge()
{
	# another test may have loaded br_netfilter, which keeps flows behind a bridge on the slow path
	[[ ! -d /proc/sys/net/bridge ]] || sysctl_in "$gw" net.bridge.bridge-nf-call-iptables=0
	ip -n "$gw" link add br0 type bridge
	ip -n "$gw" link set in0 master br0
	move "$gw" in0 br0 10.0.1.1/24
	flows_are_fast_behind br0 4102
	ip -n "$gw" link set in0 nomaster
	move "$gw" br0 in0 10.0.1.1/24
	ip -n "$gw" link del br0
	flows_are_fast_behind in0 4103
}

bond()
{
	ip -n "$gw" link add bond0 type bond mode active-backup 2>/dev/null ||
		{ skip "no bonding in this kernel"; return; }
	ip -n "$gw" link set in0 down
	ip -n "$gw" link set in0 master bond0
	move "$gw" in0 bond0 10.0.1.1/24
	ip -n "$gw" link set in0 up
	soon bond_carries
	flows_are_fast_behind bond0 4104
	ip -n "$gw" link set in0 nomaster
	move "$gw" bond0 in0 10.0.1.1/24
	ip -n "$gw" link del bond0
}

bond_carries()
{
	in_ns "$cl" ping -q -c 1 -W 1 10.0.1.1
}

tests=(vlan bridge bond)

standard_topology
offload_topology

web_server_start "$net" <<< "listen 198.51.100.7:80; root $TMP/www;"
head -c 1000000 /dev/urandom > "$TMP/www/file"
run "$@"
