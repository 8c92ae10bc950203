#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Routers whose clients or whose Internet are behind devices of each kind.
#
#   cl c0 -- in0 (in1 on it) gw (up1 on it) up0 -- n0 net
#   See lib_environments.sh.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_environments.sh"

# Each makes a device NAME of its kind on LINK in the gateway, and what it takes at the
# far end, whose device it leaves in $far:
#	KIND NAME LINK FAR-NAMESPACE FAR-LINK

vlan()
{
	far=$4.7
	ip -n "$gw" link add "$1" link "$2" type vlan id 7 &&
		ip -n "$3" link add "$far" link "$4" type vlan id 7
}

bond()
{
	far=$4
	ip -n "$gw" link add "$1" type bond mode active-backup miimon 100 &&
		ip -n "$gw" link set "$2" down &&
		ip -n "$gw" link set "$2" master "$1"
}

macvlan()
{
	far=$4
	ip -n "$gw" link add "$1" link "$2" type macvlan mode bridge
}

ipvlan()
{
	far=$4
	ip -n "$gw" link add "$1" link "$2" type ipvlan mode l2
}

# container MODE: a host of a bound subnet whose device shares the wire of the uplink (ipvlan). What
# it sends is routed in the gateway's namespace, and in l3 comes by no PRE_ROUTING and FORWARD there.
container()
{
	world
	ns box
	ip -n "$gw" link add ipv1 link up0 netns "$box" type ipvlan mode "$1" ||
		{ skip "no ipvlan in mode $1"; return; }
	ip -n "$box" -batch - <<-EOT
		addr add 10.0.5.2/24 dev ipv1
		link set ipv1 up
		route add default dev ipv1
	EOT
	ok ctl subnet add box prefix 10.0.5.0/24 gateway gw1
	capture box "$net" n0 udp port 9001
	send "$box" 10.0.5.2 198.51.100.7 udp 4000 9001
	soon seen box src host 203.0.113.1
	send "$box" 10.0.5.2 198.51.100.7 tcp 4000 80 S
	soon session_count_is 1 proto tcp src 10.0.5.2
	dropped "$box" no-session 10.0.5.2 198.51.100.7 tcp 4001 80 SA
	dropped "$box" protocol 10.0.5.2 198.51.100.7 proto 47 size 40
	capture_end box
	all_by_gateway
	nothing_private
}

# A second network of the same wire carries the packets of a tunnel's ends
carrier()
{
	# a capture inside the tunnel tells the rest
	[[ " ${EXCUSED[*]} " == *" 172.31.0.1 "* ]] || excuse 172.31.0.1
	ip -n "$gw" addr add 172.31.0.1/30 dev "$1" &&
		ip -n "$2" addr add 172.31.0.2/30 dev "$3"
}

wireguard()
{
	local key_here key_there

	far=wg9
	key_here=$(wg genkey)
	key_there=$(wg genkey)
	carrier "$2" "$3" "$4" &&
		ip -n "$gw" link add "$1" type wireguard &&
		ip -n "$3" link add "$far" type wireguard || return
	on_gateway wg set "$1" listen-port 51820 private-key <(echo "$key_here") \
		peer "$(wg pubkey <<< "$key_there")" endpoint 172.31.0.2:51820 allowed-ips 0.0.0.0/0
	in_ns "$3" wg set "$far" listen-port 51820 private-key <(echo "$key_there") \
		peer "$(wg pubkey <<< "$key_here")" endpoint 172.31.0.1:51820 allowed-ips 0.0.0.0/0
}

# Two programs carry the packets of two tun devices
tun()
{
	far=tun9
	carrier "$2" "$3" "$4" || return
	start "$gw" socat TUN,tun-name="$1",iff-no-pi,iff-up \
		UDP4:172.31.0.2:7777,bind=172.31.0.1:7777
	start "$3" socat TUN,tun-name="$far",iff-no-pi,iff-up \
		UDP4:172.31.0.1:7777,bind=172.31.0.2:7777
	soon ip -n "$gw" link show "$1"
	soon ip -n "$3" link show "$far"
}

gre()
{
	far=gre9
	carrier "$2" "$3" "$4" &&
		ip -n "$gw" link add "$1" type gre local 172.31.0.1 remote 172.31.0.2 &&
		ip -n "$3" link add "$far" type gre local 172.31.0.2 remote 172.31.0.1
}

# by KIND: as ingress device, then as uplink
by()
{
	local far

	bare_world
	"$1" in1 in0 "$cl" c0 2>"$TMP/kind" || { skip "$1: $(< "$TMP/kind")"; return; }
	ip -n "$gw" link set in0 up
	client_side "$far" in1
	internet_side up0 n0
	standard_gateway
	all_by_gateway
	nothing_private
	[[ ! $failed ]] || { note "$1 as ingress"; return; }

	bare_world
	"$1" up1 up0 "$net" n0
	ip -n "$gw" link set up0 up
	client_side c0 in0
	internet_side up1 "$far"
	standard_gateway
	all_by_gateway
	nothing_private
	[[ ! $failed ]] || note "$1 as uplink"
}

plain_veth()
{
	world
	all_by_gateway
	nothing_private
}

on_vlan()	{ by vlan; }
on_bond()	{ by bond; }
on_macvlan()	{ by macvlan; }
on_ipvlan()	{ by ipvlan; }
on_wireguard()	{ by wireguard; }
on_tun()	{ by tun; }
on_gre()	{ by gre; }
in_ipvlan_l3()	{ container l3; }
in_ipvlan_l3s()	{ container l3s; }

tests=(plain_veth on_vlan on_bond on_macvlan on_ipvlan on_wireguard on_tun on_gre
	in_ipvlan_l3 in_ipvlan_l3s)

modprobe -qa 8021q bonding macvlan ipvlan wireguard tun ip_gre
run "$@"
