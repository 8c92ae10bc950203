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

# With no VRF left, 10.0.1.2 is both of them, and neither gets what is for the other
no_vrf_is_left()
{
	local server

	udp_flow_each 4400 9400 9400
	ok ctl gateway set gred on-idle reset-both
	start "$net" socat -u TCP-LISTEN:9402,reuseaddr "CREATE:/dev/null"
	server=$!
	wait_for 20 listening "$net" tcp 9402 || fail "no server"
	start "$red" socat -u EXEC:"sleep 600" "TCP:$SERVER:9402,bind=10.0.1.2:4402"
	soon session_count_is 1 vnet red dst "$SERVER:9402" state established
	ip -n "$gw" link del vred
	ip -n "$gw" link del vblue
	soon is_down red
	soon is_down blue
	capture at_red_none "$red" r0 'dst host 10.0.1.2 and (udp or tcp)'
	capture at_blue_none "$blue" b0 'dst host 10.0.1.2 and (udp or tcp)'
	dropped "$net" vnet-down "$SERVER" 203.0.113.1 udp 9400 "$red_port"
	dropped "$net" vnet-down "$SERVER" 203.0.113.2 udp 9400 "$blue_port"
	dropped "$red" vnet-down 10.0.1.2 "$SERVER" udp 4400 9400
	match "explain" 'vnet-down' \
		"$(ctl explain src "$SERVER:9400" dst "203.0.113.1:$red_port" proto udp)"
	ok ctl address set 203.0.113.1 drain 1s
	soon session_count_is 0 vnet red
	capture_end at_red_none
	capture_end at_blue_none
	never at_red_none ''
	never at_blue_none ''

	stop "$server" "$!"
	ok ctl address set 203.0.113.1 drain off
	ok ctl gateway set gred on-idle reset-late
	vrf "$gw" vred 101
	vrf "$gw" vblue 102
	ip -n "$gw" link set inr master vred
	ip -n "$gw" link set inf master vred
	ip -n "$gw" link set inb master vblue
	leak_default
	tenant_routes inr vred
	tenant_routes inb vblue
	soon is_down red off
	udp_flow_each 4400 9400 9400
	open_again
	match "blue" ' answered 3 .* last 203.0.113.2 ' "$(tenant_flow "$blue" udp count 3)"
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
	no_vrf_is_left alone_in_a_vrf stats_agree
)

tenants
run "$@"
