#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Next hops in VRFs: two tenants with the same addresses, each with a firewall at
# the same address, neither VRF with another way out. Each firewall plays the
# server behind it, 198.51.100.7, too.
#
#   red  10.0.1.2 --- in1 VRF vred  dmz1 --- f0 10.0.2.4 fwred  198.51.100.7
#   blue 10.0.1.2 --- in2 VRF vblue dmz2 --- f0 10.0.2.4 fwblue 198.51.100.7
#                      10.0.1.1   10.0.2.1

. "$(dirname "$0")/lib.sh"

# tenant NAME NUMBER
tenant()
{
	local name=$1 vrf=v$1 in=in$2 dmz=dmz$2 fw=fw$1

	ip -n "$gw" link add "$vrf" type vrf table "10$2" && ip -n "$gw" link set "$vrf" up ||
		skip_all "no VRF"
	link "${!name}" c0 10.0.1.2/24 "$gw" "$in" 10.0.1.1/24
	link "$gw" "$dmz" 10.0.2.1/24 "${!fw}" f0 10.0.2.4/24
	ip -n "$gw" link set "$in" master "$vrf"
	ip -n "$gw" link set "$dmz" master "$vrf"
	sysctl_in "$gw" "net.ipv4.neigh.$dmz.retrans_time_ms=100"
	ip -n "${!name}" route add default via 10.0.1.1
	ip -n "${!fw}" addr add 198.51.100.7/32 dev lo
	ip -n "${!fw}" route add default via 10.0.2.1
	start "${!fw}" socat TCP-LISTEN:7,fork,reuseaddr "SYSTEM:echo $name"
	wait_for 20 listening "${!fw}" tcp 7 || fail "no server"

	ok ctl vnet add "$name" prefix 10.0.0.0/16 dev "$in,$dmz"
	ok ctl route-table add "$name"
	ok ctl route add 0.0.0.0/0 route-table "$name" next-hop-type VirtualAppliance \
		next-hop-ip 10.0.2.4
	ok ctl subnet add "$name" vnet "$name" prefix 10.0.1.0/24 route-table "$name"
}

# ask NS: who answers at 198.51.100.7?
ask()
{
	in_ns "$1" timeout 10 socat -u TCP:198.51.100.7:7 STDOUT 2>&1
}

ping_to()
{
	in_ns "$1" ping -n -q -c 1 -W 2 "${@:2}"
}

each_to_its_own()
{
	local i

	for i in 1 2 3; do
		same "red's server" red "$(ask "$red")"
		same "blue's server" blue "$(ask "$blue")"
	done
	ok ping_to "$red" 198.51.100.7
	ok ping_to "$blue" 198.51.100.7
	# once a packet, though a VRF shows it to PRE_ROUTING twice
	capture red "$fwred" f0 udp dst port 9010
	capture blue "$fwblue" f0 udp dst port 9010
	send "$red" ttl 9 10.0.1.2 198.51.100.7 udp 4000 9010
	soon seen red src host 10.0.1.2
	send "$blue" ttl 9 10.0.1.2 198.51.100.7 udp 4000 9010
	soon seen blue src host 10.0.1.2
	capture_end red
	capture_end blue
	match "hops" 'ttl 8,' "$(captured red)"
	same "packets" "1 1" \
		"$(captured red | grep -c ' > ') $(captured blue | grep -c ' > ')"
}

one_is_down()
{
	ok ip -n "$fwred" link set f0 down
	wait_for 15 red_is_dropped || fail "never next-hop-down"
	same "blue's server" blue "$(ask "$blue")"
	ok ip -n "$fwred" link set f0 up
	ok ip -n "$fwred" route replace default via 10.0.2.1
	soon ping_to "$red" 198.51.100.7

	# the device out of the VRF: the tenant fails closed, the other one does not notice
	ok ip -n "$gw" link set dmz1 nomaster
	dropped "$red" vnet-down 10.0.1.2 198.51.100.7 udp 4000 9
	same "blue's server" blue "$(ask "$blue")"
	ok ip -n "$gw" link set dmz1 master vred
	soon ping_to "$red" 198.51.100.7
}

red_is_dropped()
{
	local before

	before=$(drops next-hop-down)
	ping_to "$red" 198.51.100.7
	(($(drops next-hop-down) > before))
}

# The sender is told in its VRF, and only there
none_tells_the_sender()
{
	local before

	capture inside "$blue" c0 icmp
	before=$(drops route-none)
	ok ctl route add 198.51.100.9/32 route-table red next-hop-type None unreachable on
	match "ping" 'From 10.0.1.1 .*Packet filtered' \
		"$(in_ns "$red" ping -n -c 1 -W 5 198.51.100.9)"
	same "dropped" $((before + 1)) "$(drops route-none)"
	ok ping_to "$blue" 198.51.100.7
	capture_end inside
	never inside 'icmp[0] == 3'
	ok ctl route del 198.51.100.9/32 route-table red
}

ttl_and_mtu()
{
	local out kind

	capture inside "$blue" c0 icmp
	for kind in -U -I; do
		out=$(in_ns "$red" traceroute -n "$kind" -q 1 -w 5 -m 4 198.51.100.7)
		match "traceroute $kind" '1  10.0.1.1 .*2  198.51.100.7 ' "${out//$'\n'/ }"
	done
	ip -n "$gw" link set dmz1 mtu 1300
	ip -n "$fwred" link set f0 mtu 1300
	out=$(in_ns "$red" ping -n -c 1 -W 5 -M "do" -s 1400 198.51.100.7)
	match "too big" 'From 10.0.1.1 .*(F|f)rag needed.*mtu = 1300' "$out"
	ok ping_to "$blue" -M "do" -s 1400 198.51.100.7
	ok ping_to "$red" -M "do" -s 1272 198.51.100.7
	ok ping_to "$red" -M dont -s 3000 198.51.100.7
	ip -n "$gw" link set dmz1 mtu 1500
	ip -n "$fwred" link set f0 mtu 1500
	capture_end inside
	never inside 'icmp[0] == 3 or icmp[0] == 11'
}

# The VRF's own addresses, and those of the subnet that uses it
loops_are_refused()
{
	local type='next-hop-type VirtualAppliance next-hop-ip'

	# shellcheck disable=SC2086 # words
	{
		match "router" '10\.0\.2\.1 is an address of the router itself' \
			"$(ctl route add 198.51.100.9/32 route-table red $type 10.0.2.1 2>&1)"
		match "subnet" '10\.0\.1\.9 .*subnet red' \
			"$(ctl route add 198.51.100.9/32 route-table red $type 10.0.1.9 2>&1)"
	}
	ok ping_to "$red" 10.0.2.1
	ok ping_to "$blue" 10.0.1.1
}

tests=(
	each_to_its_own one_is_down none_tells_the_sender ttl_and_mtu loops_are_refused
	stats_agree
)

ns red blue fwred fwblue gw
forwarding "$gw"
tenant red 1
tenant blue 2
run "$@"
