#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every refusal of vnets, their subnets, route tables, routes and tags: exit
# status 2, one sentence that names the value at fault, nothing changed.
#
#   gw alone          up0 192.0.2.1/24
#   vnet hub          10.0.0.0/16    dev e4
#   vnet red          10.8.0.0/16    dev e1 10.8.0.1/16, in VRF vred, as e3 is
#   vnet blue         10.8.0.0/16    dev e2 10.8.0.2/16, in VRF vblue; overlaps red
#   web 10.0.1.0/24, app 10.0.2.0/24 in hub, web with table rt1; r1, b1 10.8.1.0/24 in
#   red and blue; old 10.99.0.0/24 in default; gw1 bound to web, 203.0.113.1

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_refusals.sh"

# many COUNT FORMAT: numbers 1..COUNT in a format with one %d, commas between
many()
{
	local i list=

	for ((i = 1; i <= $1; i++)); do
		# shellcheck disable=SC2059
		printf -v list '%s,'"$2" "$list" "$i"
	done
	echo "${list#,}"
}

vnets()
{
	no 'vnet hub exists' vnet add hub prefix 10.50.0.0/16
	no 'vnet default exists' vnet add default prefix 10.50.0.0/16
	no 'vnet default exists always and cannot be deleted' vnet del default
	no 'default has no prefix of its own' vnet set default prefix 10.50.0.0/16
	no 'default has no dev of its own' vnet set default dev e5
	no 'vnet nosuch does not exist' vnet set nosuch private-space pass
	no 'vnet nosuch does not exist' vnet del nosuch
	no 'prefix is missing' vnet add x
	no 'vnet hub holds 2 subnets, among them web' vnet del hub
	no 'InUsePrefixCannotBeDeleted: 10.0.1.0/24 of subnet web .*vnet hub' \
		vnet set hub prefix 10.0.2.0/24
	unchanged
}

vnet_prefixes()
{
	no '10.50.1.0/24 overlaps 10.50.0.0/16 of the same vnet' \
		vnet add x prefix 10.50.0.0/16,10.50.1.0/24
	no 'InvalidCIDRNotation: 10.50.0.1/16' vnet add x prefix 10.50.0.1/16
	no '127.0.0.0/8 .*loopback' vnet add x prefix 127.0.0.0/8
	no '224.0.0.0/8 .*multicast' vnet add x prefix 224.0.0.0/8
	no 'at most 64' vnet add x prefix "$(many 65 10.50.%d.0/24)"
	unchanged
	ok ctl vnet add x prefix "$(many 64 10.50.%d.0/24)"
	ok ctl vnet del x
	remember
}

vnet_devices()
{
	local i

	no 'dev nodev0 does not exist' vnet add x prefix 10.50.0.0/16 dev nodev0
	no 'dev e5 is given twice' vnet add x prefix 10.50.0.0/16 dev e5,e5
	no 'dev e4 is in vnet hub' vnet add x prefix 10.50.0.0/16 dev e4
	no 'dev e3 shares a VRF with e1, which is in vnet red' \
		vnet add x prefix 10.50.0.0/16 dev e3
	no 'dev vred shares a VRF with e1' vnet add x prefix 10.50.0.0/16 dev vred
	no 'dev e4 is in vnet hub' vnet set red dev e4
	unchanged
	for ((i = 1; i <= 65; i++)); do
		echo "link add m$i type dummy"
	done > "$TMP/batch"
	ip -n "$gw" -batch "$TMP/batch"
	no 'm65 is one too many.*64' vnet add x prefix 10.50.0.0/16 dev "$(many 65 m%d)"
	sed 's/add \(.*\) type dummy/del \1/' "$TMP/batch" > "$TMP/undo"
	ip -n "$gw" -batch "$TMP/undo"
	unchanged
}

overlaps()
{
	no '10.0.5.0/24 overlaps 10.0.0.0/16 of vnet hub, and vnet x has no devices: its packets are known by their source alone' \
		vnet add x prefix 10.0.5.0/24
	no '10.8.5.0/24 overlaps 10.8.0.0/16 of vnet red.*devices of vnet x' \
		vnet add x prefix 10.8.5.0/24 dev e5
	no '10.0.0.0/8 overlaps 10.0.0.0/16 of vnet hub.*devices of vnet hub' \
		vnet set blue prefix 10.0.0.0/8
	no '10.8.0.0/16 overlaps .* of vnet blue, and vnet red has no devices' vnet set red dev none
	no '10.8.0.0/16 overlaps .* of vnet blue.*devices of vnet red' vnet set red dev e1,e5
	no '10.99.0.0/24 of subnet old in vnet default overlaps 10.99.0.0/16 of vnet x' \
		vnet add x prefix 10.99.0.0/16 dev e5
	no '10.0.7.0/24 of subnet x in vnet default overlaps 10.0.0.0/16 of vnet hub' \
		subnet add x prefix 10.0.7.0/24
	unchanged
	# in the VRF of another vnet, though it was in none when it was set
	ok ctl vnet add x prefix 10.60.0.0/16 dev e5
	ip -n "$gw" link set e5 master vred
	no '10.8.4.0/24 overlaps 10.8.0.0/16 of vnet red, and both vnets are in the same VRF' \
		vnet set x prefix 10.8.4.0/24
	ip -n "$gw" link set e5 nomaster
	ok ctl vnet del x
	remember
}

two_hundred_vnets()
{
	local i

	for ((i = 4; i < 256; i++)); do
		echo "vnet add v$i prefix 10.200.$i.0/24"
	done > "$TMP/batch"
	ok ctl -b "$TMP/batch"
	no 'one-more is one too many.*256' vnet add one-more prefix 10.50.0.0/16
	sed -E 's/add (v[0-9]+) .*/del \1/' "$TMP/batch" > "$TMP/undo"
	ok ctl -b "$TMP/undo"
	remember
}

subnets()
{
	no 'InvalidResourceReference: vnet nosuch' subnet add x prefix 10.0.5.0/24 vnet nosuch
	no 'NetcfgInvalidSubnet: 10.1.0.0/24 .*vnet hub, 10.0.0.0/16' \
		subnet add x prefix 10.1.0.0/24 vnet hub
	no 'NetcfgInvalidSubnet: 10.1.0.0/24 ' subnet set app prefix 10.1.0.0/24
	no 'NetcfgSubnetRangesOverlap: 10.0.1.128/25 overlaps 10.0.1.0/24 of subnet web' \
		subnet add x prefix 10.0.1.128/25 vnet hub
	no 'NetcfgSubnetRangesOverlap: 10.8.1.0/25 overlaps .*r1' \
		subnet add x prefix 10.8.1.0/25 vnet red
	no 'subnet app is in vnet hub and cannot move to red' subnet set app vnet red
	no '203.0.113.0/24 overlaps address 203.0.113.1' subnet add x prefix 203.0.113.0/24
	no 'address 10.8.1.7 is in 10.8.1.0/24 of subnet' address add 10.8.1.7
	no 'InvalidResourceReference: route table nosuch' subnet set app route-table nosuch
	no 'NatGatewayCannotBeUsedBySubnetsBelongingToDifferentVirtualNetworks.*gw1.*web.*hub' \
		subnet set r1 gateway gw1
	no 'NatGatewayCannotBeUsedBySubnetsBelongingToDifferentVirtualNetworks.*default' \
		subnet add x prefix 10.98.0.0/24 gateway gw1
	unchanged
}

tables()
{
	local i

	no 'route table rt1 exists' route-table add rt1
	no 'route table nosuch does not exist' route-table del nosuch
	no 'InUseRouteTableCannotBeDeleted: route table rt1 is used by 1 subnet, among them web' \
		route-table del rt1
	unchanged
	for ((i = 3; i <= 200; i++)); do
		echo "route-table add t$i"
	done > "$TMP/batch"
	ok ctl -b "$TMP/batch"
	no 'one-more is one too many.*200' route-table add one-more
	sed 's/add/del/' "$TMP/batch" > "$TMP/undo"
	ok ctl -b "$TMP/undo"
	remember
}

routes()
{
	local to="route-table rt1 next-hop-type"

	# shellcheck disable=SC2086
	{
		no 'route table rt1 has a route to 0.0.0.0/0 already' route add 0.0.0.0/0 $to None
		no 'route table rt1 has a route to Storage already' route add Storage $to None
		no 'route table nosuch does not exist' \
			route add 9.0.0.0/8 route-table nosuch next-hop-type None
		no 'tag nosuch does not exist' route add nosuch $to None
		no 'InvalidCIDRNotation: 9.0.0.1/8' route add 9.0.0.1/8 $to None
		no 'next-hop-type is missing' route add 9.0.0.0/8 route-table rt1
		no 'next-hop-ip is missing.*VirtualAppliance' route add 9.0.0.0/8 $to VirtualAppliance
		no 'next-hop-ip is for .*VirtualAppliance alone, not for Internet' \
			route add 9.0.0.0/8 $to Internet next-hop-ip 10.0.9.4
		no 'VirtualAppliance alone, not for VirtualNetworkGateway' \
			route add 9.0.0.0/8 $to VirtualNetworkGateway next-hop-ip 10.0.9.4
		no 'unreachable is for next-hop-type None alone, not for VnetLocal' \
			route add 9.0.0.0/8 $to VnetLocal unreachable on
	}
	no 'route table rt1 has no route to 9.0.0.0/8' route del 9.0.0.0/8 route-table rt1
	no 'route table rt2 has no route to Storage' route del Storage route-table rt2
	no 'route table nosuch does not exist' route del 9.0.0.0/8 route-table nosuch
	no 'route table nosuch does not exist' route show route-table nosuch
	unchanged
}

# hop IP REGEX [TABLE]: not to be had as an appliance
hop()
{
	no "$2" route add 9.0.0.0/8 route-table "${3-rt1}" next-hop-type VirtualAppliance \
		next-hop-ip "$1"
}

next_hops()
{
	hop 192.0.2.1 'next-hop-ip 192.0.2.1 is an address of the router itself'
	hop 192.0.2.1 'next-hop-ip 192.0.2.1 is an address of the router itself' rt2
	hop 192.0.2.255 'broadcast'
	hop 127.0.0.1 'loopback'
	hop 0.0.0.0 'zero network'
	hop 224.0.0.9 'multicast'
	hop 203.0.113.1 'next-hop-ip 203.0.113.1 is a public IP of the router'
	hop 10.0.1.4 '10.0.1.4 of route table rt1 is in 10.0.1.0/24 of subnet web'
	# rt1 leads to 10.0.2.4, in app
	no '10.0.2.4 of route table rt1 is in 10.0.2.0/24 of subnet app' \
		subnet set app route-table rt1
	no 'address 10.9.9.9: 10.9.9.9 is a next hop of route table rt2' address add 10.9.9.9
	unchanged
}

# By the addresses of the VRF, not of another
next_hops_in_vrfs()
{
	ok ctl subnet set r1 route-table rt2
	hop 10.8.0.1 'next-hop-ip 10.8.0.1 is an address of the router itself' rt2
	ok ctl route add 9.0.0.0/8 route-table rt2 next-hop-type VirtualAppliance \
		next-hop-ip 10.8.0.2
	no 'next-hop-ip 10.8.0.2 is an address of the router itself' \
		subnet set b1 route-table rt2
	no '10.8.0.2 of route table rt2 is in 10.8.0.0/24 of subnet r1' \
		subnet set r1 prefix 10.8.0.0/24
	ok ctl route del 9.0.0.0/8 route-table rt2
	ok ctl subnet set r1 route-table none
	remember
}

vpn_next_hops()
{
	no 'vpn-next-hop 192.0.2.1 is an address of the router itself' \
		vnet set hub vpn-next-hop 192.0.2.1
	no 'vpn-next-hop 10.8.0.1 is an address of the router itself' \
		vnet set red vpn-next-hop 10.8.0.1
	no 'vpn-next-hop 203.0.113.1 is a public IP' vnet set default vpn-next-hop 203.0.113.1
	no 'loopback' vnet set hub vpn-next-hop 127.0.0.1
	unchanged
	ok ctl route add 172.16.0.0/12 route-table rt1 next-hop-type VirtualNetworkGateway
	no 'vpn-next-hop 10.0.1.9 .*is in 10.0.1.0/24 of subnet web' \
		vnet set hub vpn-next-hop 10.0.1.9
	ok ctl vnet set hub vpn-next-hop 10.0.3.9
	no 'vpn-next-hop 10.0.3.9 .*of subnet web' subnet set web prefix 10.0.3.0/24
	no '10.0.3.9 is the vpn-next-hop of vnet hub' address add 10.0.3.9
	ok ctl route del 172.16.0.0/12 route-table rt1
	ok ctl route add 172.16.0.0/12 route-table rt2 next-hop-type VirtualNetworkGateway
	ok ctl vnet set hub vpn-next-hop 10.0.2.9
	no 'vpn-next-hop 10.0.2.9 .*is in 10.0.2.0/24 of subnet app' \
		subnet set app route-table rt2
	ok ctl vnet set hub vpn-next-hop none
	ok ctl subnet set app route-table rt2
	no 'vpn-next-hop 10.0.2.9 .*is in 10.0.2.0/24 of subnet app' \
		vnet set hub vpn-next-hop 10.0.2.9
	ok ctl subnet set app route-table none
	ok ctl route del 172.16.0.0/12 route-table rt2
	remember
}

four_hundred_routes()
{
	local i

	for ((i = 1; i < 400; i++)); do
		echo "route add 9.$((i / 256)).$((i % 256)).0/24 route-table rt2 next-hop-type None"
	done > "$TMP/batch"
	ok ctl -b "$TMP/batch"
	no 'route to 9.9.9.0/24 is one too many, route table rt2 has 400' \
		route add 9.9.9.0/24 route-table rt2 next-hop-type None
	sed -E 's/add ([^ ]+ route-table rt2).*/del \1/' "$TMP/batch" > "$TMP/undo"
	ok ctl -b "$TMP/undo"
	remember
}

twenty_five_tags()
{
	local i

	for ((i = 1; i <= 26; i++)); do
		echo "tag add t$i prefix 9.0.$i.0/24"
		((i == 26)) || echo "route add t$i route-table rt2 next-hop-type None"
	done > "$TMP/batch"
	ok ctl -b "$TMP/batch"
	no 'route to t26 is one too many, route table rt2 has 25 by tag' \
		route add t26 route-table rt2 next-hop-type None
	for ((i = 1; i <= 26; i++)); do
		((i == 26)) || echo "route del t$i route-table rt2"
		echo "tag del t$i"
	done > "$TMP/undo"
	ok ctl -b "$TMP/undo"
	remember
}

tags()
{
	local most="" i

	for ((i = 0; i < 1024; i++)); do
		most+=,9.$((i / 256)).$((i % 256)).0/24
	done
	most=${most#,}
	no 'tag Storage exists' tag add Storage prefix 9.0.0.0/8
	no 'tag nosuch does not exist' tag del nosuch
	no 'tag nosuch does not exist' tag set nosuch prefix 9.0.0.0/8
	no 'prefix is missing' tag add x
	no 'prefix 9.0.0.0/8 is given twice' tag add x prefix 9.0.0.0/8,10.0.0.0/8,9.0.0.0/8
	no 'InvalidCIDRNotation: 9.0.0.1/8' tag add x prefix 9.0.0.1/8
	no '1025 prefixes are too many.*1024' tag add x prefix "$most,11.0.0.0/8"
	no 'tag Storage is the destination of 1 route.*rt1' tag del Storage
	unchanged
	# 28 KiB: they fit in one answer, by name and in a list
	ok ctl tag add x prefix "$most"
	same "prefixes" 1024 "$(ctl -j tag show x | grep -o '9\.[0-9]*\.[0-9]*\.0/24' | wc -l)"
	same "prefixes in the list" 1024 \
		"$(ctl -j tag show | grep -o '9\.[0-9]*\.[0-9]*\.0/24' | wc -l)"
	ok ctl tag del x
	remember
}

tests=(
	vnets vnet_prefixes vnet_devices overlaps two_hundred_vnets subnets tables routes
	next_hops next_hops_in_vrfs vpn_next_hops four_hundred_routes twenty_five_tags tags
)

ns gw
modprobe -q vrf
ip -n "$gw" -batch - <<-EOT || skip_all "no VRFs"
	link add vred type vrf table 101
	link add vblue type vrf table 102
	link add up0 type dummy
	link add e1 type dummy
	link add e2 type dummy
	link add e3 type dummy
	link add e4 type dummy
	link add e5 type dummy
	link set e1 master vred
	link set e2 master vblue
	link set e3 master vred
	addr add 192.0.2.1/24 broadcast 192.0.2.255 dev up0
	addr add 10.8.0.1/16 dev e1
	addr add 10.8.0.2/16 dev e2
	link set vred up
	link set vblue up
	link set up0 up
	link set e1 up
	link set e2 up
EOT
ok ctl -b - <<-EOT
	vnet add hub prefix 10.0.0.0/16 dev e4
	vnet add red prefix 10.8.0.0/16 dev e1
	vnet add blue prefix 10.8.0.0/16 dev e2
	gateway add gw1
	address add 203.0.113.1 gateway gw1
	route-table add rt1
	route-table add rt2
	tag add Storage prefix 198.51.100.0/24,203.0.113.128/25
	subnet add web prefix 10.0.1.0/24 vnet hub gateway gw1 route-table rt1
	subnet add app prefix 10.0.2.0/24 vnet hub
	subnet add r1 prefix 10.8.1.0/24 vnet red
	subnet add b1 prefix 10.8.1.0/24 vnet blue
	subnet add old prefix 10.99.0.0/24
	route add 0.0.0.0/0 route-table rt1 next-hop-type VirtualAppliance next-hop-ip 10.0.2.4
	route add Storage route-table rt1 next-hop-type Internet
	route add 8.0.0.0/8 route-table rt2 next-hop-type VirtualAppliance next-hop-ip 10.9.9.9
EOT
remember
run "$@"
