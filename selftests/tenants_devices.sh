#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A tenant whose device leaves its VRF, is renamed or deleted is cut off until it is
# back; its neighbour with the same addresses is not.
#
#   red   10.0.1.2 -- inr, VRF vred --- gw ---- isp ---- net 198.51.100.7
#   blue  10.0.1.2 -- inb, VRF vblue -/ pools 203.0.113.1, .2, .4
#   green 10.9.1.2 -- ing, VRF vgreen/

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_tenants.sh"

is_down()
{
	[[ $(value "$(ctl -j vnet show "$1")" down) == "${2:-on}" ]]
}

# red is down: neither its packets nor answers to them get through, blue's do
closed()
{
	local what=$1

	soon is_down red
	match "what natgwctl says" 'vnet red is DOWN, its packets are dropped' "$(ctl)"
	capture "wire_$what" "$isp" isp0 'ip and not arp'
	dropped "$2" vnet-down 10.0.1.2 "$SERVER" udp 4400 9400
	dropped "$2" vnet-down 10.0.1.2 "$SERVER" udp 4401 9401
	dropped "$net" vnet-down "$SERVER" 203.0.113.1 udp 9400 "$red_port"
	match "blue" ' answered 3 .* last 203.0.113.2 ' "$(tenant_flow "$blue" udp count 3)"
	soon seen "wire_$what" 'src host 203.0.113.2'
	capture_end "wire_$what"
	never "wire_$what" net 10.0.0.0/8
	never "wire_$what" src host 203.0.113.1
}

open_again()
{
	soon is_down red off
	match "red" ' answered 3 .* last 203.0.113.1 ' "$(tenant_flow "$red" udp count 3)"
	capture again "$red" r0 udp
	send "$net" "$SERVER" 203.0.113.1 udp 9400 "$red_port"
	soon seen again 'dst port 4400'
	capture_end again
}

device_leaves_its_vrf()
{
	udp_flow_each 4400 9400 9400
	ip -n "$gw" link set inr nomaster
	closed left "$red"
	ip -n "$gw" link set inr master vred
	tenant_routes inr vred
	open_again
}

device_is_renamed()
{
	udp_flow_each 4400 9400 9400
	ip -n "$gw" link set inr down
	ip -n "$gw" link set inr name other
	ip -n "$gw" link set other up
	soon is_down red
	capture wire "$isp" isp0 ip
	dropped "$net" vnet-down "$SERVER" 203.0.113.1 udp 9400 "$red_port"
	dropped "$red" vnet-down 10.0.1.2 "$SERVER" udp 4400 9400
	capture_end wire
	never wire net 10.0.0.0/8
	ip -n "$gw" link set other down
	ip -n "$gw" link set other name inr
	ip -n "$gw" link set inr up
	tenant_routes inr vred
	open_again
}

device_is_deleted_and_made()
{
	udp_flow_each 4400 9400 9400
	ip -n "$gw" link del inr
	soon is_down red
	dropped "$net" vnet-down "$SERVER" 203.0.113.1 udp 9400 "$red_port"
	match "blue" ' answered 3 .* last 203.0.113.2 ' "$(tenant_flow "$blue" udp count 3)"
	inside "$red" r0 10.0.1.2 inr 10.0.1.1 vred
	tenant_routes inr vred
	open_again
}

vrf_is_deleted()
{
	udp_flow_each 4400 9400 9400
	ip -n "$gw" link del vred
	closed deleted "$red"
	vrf "$gw" vred 101
	ip -n "$gw" link set inr master vred
	ip -n "$gw" link set inf master vred
	leak_default
	tenant_routes inr vred
	open_again
}

# A vnet in a VRF whose addresses no other has
alone_in_a_vrf()
{
	ns green
	vrf "$gw" vgreen 104
	inside "$green" g0 10.9.1.2 ing 10.9.1.1 vgreen
	ip -n "$gw" route replace default via 192.0.2.2 dev up0 onlink vrf vgreen
	ok ctl vnet add green prefix 10.9.0.0/16 dev ing
	ok ctl gateway add ggreen address 203.0.113.4
	ok ctl subnet add green-web vnet green prefix 10.9.1.0/24 gateway ggreen
	match "green" ' answered 5 .* last 203.0.113.4 ' \
		"$(in_ns "$green" "$HERE/flows" client udp 10.9.1.2 "$SERVER" 9000 count 5 rounds 2)"
	match "green" ' answered 5 .* last 203.0.113.4 ' \
		"$(in_ns "$green" "$HERE/flows" client tcp 10.9.1.2 "$SERVER" 9000 count 5 rounds 2)"
	same "green's sessions" 10 "$(sessions vnet green)"
	both_work "beside green"
}

tests=(
	device_leaves_its_vrf device_is_renamed device_is_deleted_and_made vrf_is_deleted
	alone_in_a_vrf stats_agree
)

tenants
run "$@"
