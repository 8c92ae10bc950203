#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A vnet without devices, and one whose device was renamed or deleted: packets of its bound
# subnet are translated or dropped, and natgwctl says which device is missing.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#   vnet hub 10.0.0.0/16, at first without dev; web 10.0.1.0/24 -> gw1 203.0.113.1

. "$(dirname "$0")/lib.sh"

SERVER=198.51.100.7

translated()
{
	same "$1" 203.0.113.1 "$(flow udp 10.0.1.2 "$SERVER" 9000 |
		sed -n 's/.* last \([0-9.]*\) .*/\1/p')"
}

# The translation of the cloud's two commands, word for word
without_devices()
{
	translated "no dev"
	same "vnet" 1 "$(sessions vnet hub)"
	same "default" 0 "$(sessions vnet default)"
	ok in_ns "$cl" ping -q -c 1 -W 5 "$SERVER"
	refused grep -q warning <<< "$(ctl)"
}

# ... an error about it finds its host
errors_find_it()
{
	ok in_ns "$cl" traceroute -n -q 1 -w 5 -m 2 "$SERVER"
	capture inside "$cl" c0 icmp
	start "$cl" "$HERE/flows" client udp 10.0.1.2 "$SERVER" 9999
	soon seen inside 'icmp[0] == 3 and icmp[1] == 3 and dst host 10.0.1.2'
	stop $!
	capture_end inside
}

explained()
{
	match "explain" 'gw1' "$(ctl explain src 10.0.1.2 dst "$SERVER:443")"
	match "effective" '10.0.0.0/16' "$(ctl route show effective subnet web)"
}

# The way back to its hosts is in a table for what comes from the uplink, and only there
explained_by_rules()
{
	ip -n "$gw" -batch - <<-EOT
		link add other type dummy
		link set other up
		route add 10.0.1.0/25 dev other
		route add 10.0.1.0/25 dev in0 table 101
		rule add iif up0 lookup 101
	EOT
	translated "by a rule"
	match "explain" '"method":"nat"' \
		"$(ctl -j explain src 10.0.1.2 dst "$SERVER:9000" proto udp)"
	ip -n "$gw" -batch - <<-EOT
		rule del iif up0 lookup 101
		route flush table 101
		link del other
	EOT
}

# Its routes and its private space hold as with devices
its_routes_hold()
{
	ok ctl route-table add rt1
	ok ctl route add 198.51.100.9/32 route-table rt1 next-hop-type None
	ok ctl subnet set web route-table rt1
	dropped "$cl" route-none 10.0.1.2 198.51.100.9 udp 4000 9001
	dropped "$cl" private-space 10.0.1.2 192.168.7.7 udp 4000 9001
	ok ctl subnet set web route-table none
	ok ctl route-table del rt1
}

# Source addresses are all that tells it from others
no_overlap()
{
	local out

	out=$(ctl subnet add x prefix 10.0.7.0/24 2>&1)
	match "subnet" '10.0.7.0/24 of subnet x in vnet default overlaps 10.0.0.0/16 of vnet hub, which has no devices: its packets are known by their source alone' "$out"
	out=$(ctl vnet add x prefix 10.0.8.0/24 2>&1)
	match "vnet" '10.0.8.0/24 overlaps 10.0.0.0/16 of vnet hub, and vnet x has no devices: its packets are known by their source alone' "$out"
}

# By another device
renamed()
{
	ok ctl vnet set hub dev in0
	translated "its device"
	ip -n "$gw" link set in0 down
	ip -n "$gw" link set in0 name lan0
	ip -n "$gw" link set lan0 up
	soon warned "device in0 of vnet hub does not exist: what its hosts send is dropped, name the device it comes by: natgwctl vnet set hub dev DEV"
	dropped "$cl" vnet-device 10.0.1.2 "$SERVER" udp 4001 9001
	dropped "$cl" vnet-device 10.0.1.2 "$SERVER" tcp 4001 80 S
	same "last source" 10.0.1.2 "$(last_source vnet-device)"
	match "explained" 'vnet-device' "$(ctl stats explain vnet-device)"
	ok ctl vnet set hub dev lan0
	translated "the new name"
	refused warned "does not exist"
}

warned()
{
	ctl | grep -qF -- "$1"
}

# What came in by another way is answered as it came
answers_of_others()
{
	excuse 10.0.1.2	# answers to what came in by a route
	ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
	ip -n "$gw" link set lan0 down
	ip -n "$gw" link set lan0 name in0
	ip -n "$gw" link set in0 up
	soon warned "device lan0 of vnet hub"
	ok in_ns "$net" ping -q -c 2 -W 5 -I 198.51.100.8 10.0.1.2
	ip -n "$net" route del 10.0.1.0/24 via 192.0.2.1
}

# and back to none
devices_taken_away()
{
	ok ctl vnet set hub dev none
	translated "no dev again"
	refused warned "does not exist"
}

no_private_source()
{
	capture_end wire
	seen wire src host 203.0.113.1 || fail "nothing captured"
	never wire src net 10.0.0.0/8 and not dst host 198.51.100.8
}

tests=(
	without_devices errors_find_it explained explained_by_rules its_routes_hold no_overlap
	renamed
	answers_of_others devices_taken_away no_private_source stats_agree
)

standard_topology
ok ctl gateway add gw1
ok ctl address add 203.0.113.1 gateway gw1
ok ctl vnet add hub prefix 10.0.0.0/16
ok ctl subnet add web prefix 10.0.1.0/24 vnet hub gateway gw1
echo_server "$net" "$SERVER" 9000
capture wire "$net" n0 ip
run "$@"
