#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# no-subnet must not count packets of the router's own tunnels, nor packets from hosts of the
# Internet that the router sends back there. It names the host that sent the packet, also
# where a rule of the router masquerades that host.
#
#   cl 10.0.1.2 (web, bound), 10.0.3.2 (lab, not bound), 10.0.4.2 (no subnet)
#   managed pool 203.0.113.64/28, routed to gw as all of 203.0.113.0/24

. "$(dirname "$0")/lib.sh"

counters()
{
	echo "$(drops no-gateway) $(drops no-subnet)"
}

# encapsulated NAME: a packet whose route leads through the tunnel NAME leaves and is not counted
encapsulated()
{
	local before

	before=$(counters)
	ip -n "$gw" link set "$1" up
	ip -n "$gw" route replace 198.51.100.100 dev "$1"
	send "$cl" 10.0.1.2 198.51.100.100 udp 4000 "$2"
	soon seen wire "src host 192.0.2.1 and $3"
	same "counters with $1" "$before" "$(counters)"
	ip -n "$gw" route del 198.51.100.100 dev "$1"
	ip -n "$gw" link del "$1"
}

tunnels_of_the_router()
{
	ip -n "$gw" link add ipip9 type ipip local 192.0.2.1 remote 198.51.100.7 &&
		encapsulated ipip9 9010 'ip proto 4'
	ip -n "$gw" link add gre9 type gre local 192.0.2.1 remote 198.51.100.7 &&
		encapsulated gre9 9011 'ip proto 47'
}

# L2TP and IPsec leave the marks of a forwarded packet on what they send
l2tp_of_the_router()
{
	local before

	modprobe -qa l2tp_netlink l2tp_eth
	ip -n "$gw" l2tp add tunnel tunnel_id 1 peer_tunnel_id 1 encap udp udp_sport 1701 \
		udp_dport 1701 local 192.0.2.1 remote 198.51.100.7 2>/dev/null ||
		{ skip "no L2TP"; return; }
	ip -n "$gw" l2tp add session name l2tp9 tunnel_id 1 session_id 1 peer_session_id 1
	ip -n "$gw" link set l2tp9 up
	ip -n "$gw" addr add 10.99.0.1/30 dev l2tp9
	ip -n "$gw" neigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev l2tp9
	ip -n "$gw" route replace 198.51.100.100 via 10.99.0.2
	before=$(counters)
	send "$cl" 10.0.1.2 198.51.100.100 udp 4000 9012
	soon seen wire 'src host 192.0.2.1 and udp dst port 1701'
	same "counters" "$before" "$(counters)"
	ip -n "$gw" l2tp del session tunnel_id 1 session_id 1
	ip -n "$gw" l2tp del tunnel tunnel_id 1
}

# An error leaves as other packets do
icmp_errors()
{
	local before

	excuse 10.0.4.2
	before=$(drops no-subnet)
	send "$cl" 10.0.4.2 198.51.100.7 icmp 3 1 198.51.100.7 10.0.4.2 udp 4000 9014
	soon counted no-subnet $((before + 1))
	same "last source" 10.0.4.2 "$(last_source no-subnet)"
}

ipsec_of_the_router()
{
	local before

	# of a host without subnet, so that nothing is translated before
	ip -n "$gw" xfrm state add src 192.0.2.1 dst 198.51.100.7 proto esp spi 0x77 mode tunnel \
		aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128 \
		2>/dev/null ||
		{ skip "no IPsec"; return; }
	ip -n "$gw" xfrm policy add src 10.0.4.0/24 dst 198.51.100.100/32 dir out \
		tmpl src 192.0.2.1 dst 198.51.100.7 proto esp mode tunnel
	before=$(counters)
	send "$cl" 10.0.4.2 198.51.100.100 udp 4000 9013
	soon seen wire 'src host 192.0.2.1 and ip proto 50'
	same "counters" "$before" "$(counters)"
	ip -n "$gw" xfrm policy flush
	ip -n "$gw" xfrm state flush
}

# Nobody has taken the address yet: as with one that is attached to no gateway
free_address_of_the_managed_pool()
{
	local before

	before=$(counters)
	dropped "$net" unsolicited 198.51.100.7 203.0.113.70 udp 4000 9020
	dropped "$net" unsolicited 198.51.100.7 203.0.113.64 tcp 4000 80 S
	dropped "$net" unsolicited 198.51.100.7 203.0.113.79 echo 4 1
	same "last source" 198.51.100.7 "$(last_source unsolicited)"
	dropped "$cl" hairpin 10.0.1.2 203.0.113.70 udp 4000 9020
	dropped "$cl" unsolicited 10.0.3.2 203.0.113.70 udp 4000 9020
	dropped "$cl" unsolicited 10.0.4.2 203.0.113.70 udp 4000 9020
	match "explain" '"method":"drop","reason":"hairpin"' \
		"$(ctl -j explain src 10.0.1.2 dst 203.0.113.70:9020 proto udp)"
	match "explain" '"method":"drop","reason":"unsolicited"' \
		"$(ctl -j explain src 198.51.100.7 dst 203.0.113.70:9020 proto udp)"
	same "counters" "$before" "$(counters)"
	never wire udp dst port 9020 and dst host 203.0.113.70 and not ether src "$(net_mac)"
	refused grep -q 'to the Internet from no subnet' <<< "$(ctl)"
}

net_mac()
{
	ip -n "$net" -br link show n0 | awk '{ print $3 }'
}

# One that was taken works, beside free ones
taken_address_of_the_managed_pool()
{
	ok ctl address add length 32 gateway gw1
	send "$cl" 10.0.1.2 198.51.100.7 udp 4001 9021
	soon seen wire 'udp dst port 9021 and src net 203.0.113.0/24'
	dropped "$net" unsolicited 198.51.100.7 203.0.113.79 udp 4001 9020
}

# The pool may be a part of a connected network, with neighbours in it
neighbours_in_the_managed_pool()
{
	ok ctl managed-pool add 192.0.2.0/28
	send "$cl" 10.0.1.2 192.0.2.2 udp 4002 9022
	soon seen wire 'udp dst port 9022 and dst host 192.0.2.2'
	ok ctl managed-pool del 192.0.2.0/28
}

# An address that nothing here knows any more
from_the_internet_and_back()
{
	local before

	before=$(counters)
	send "$net" 198.51.100.7 203.0.113.200 udp 4003 9023
	soon seen wire "udp dst port 9023 and not ether src $(net_mac)"
	same "counters" "$before" "$(counters)"
}

masquerade()
{
	ok in_ns "$gw" nft -f - <<-EOT
		table ip nat9 {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname up0 ip saddr { 10.0.3.0/24, 10.0.4.0/24 } masquerade
			}
		}
	EOT
}

behind_masquerade()
{
	local no_gateway no_subnet

	no_gateway=$(drops no-gateway)
	no_subnet=$(drops no-subnet)
	masquerade
	send "$cl" 10.0.3.2 198.51.100.7 udp 4004 9024
	send "$cl" 10.0.4.2 198.51.100.7 udp 4004 9025
	soon seen wire 'udp dst port 9025 and src host 192.0.2.1'
	soon seen wire 'udp dst port 9024 and src host 192.0.2.1'
	same "no-gateway" $((no_gateway + 1)) "$(drops no-gateway)"
	same "no-subnet" $((no_subnet + 1)) "$(drops no-subnet)"
	same "last sources" "10.0.3.2 10.0.4.2" \
		"$(last_source no-gateway) $(last_source no-subnet)"
	match "bare call" \
		'10\.0\.3\.0/24 sends to the Internet and no gateway is bound to it \(last source 10\.0\.3\.2, ' \
		"$(ctl)"
	match "bare call" '10\.0\.4\.2 sends to the Internet from no subnet' "$(ctl)"
	in_ns "$gw" nft delete table ip nat9
}

tests=(
	tunnels_of_the_router l2tp_of_the_router ipsec_of_the_router
	free_address_of_the_managed_pool taken_address_of_the_managed_pool
	neighbours_in_the_managed_pool from_the_internet_and_back behind_masquerade
	icmp_errors
)

standard_topology
ip -n "$cl" addr add 10.0.3.2/24 dev c0
ip -n "$cl" addr add 10.0.4.2/24 dev c0
ip -n "$gw" addr add 10.0.3.1/24 dev in0
ip -n "$gw" addr add 10.0.4.1/24 dev in0
standard_gateway
ok ctl subnet add lab prefix 10.0.3.0/24
ok ctl managed-pool add 203.0.113.64/28
capture wire "$gw" up0 ip
run "$@"
