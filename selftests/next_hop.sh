#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Next hops of user routes: the VPN gateway, none, and appliances that are not
# reachable, each named while it lasts; what is never steered, and packets that a
# next hop sends back. The topology is lib_appliance.sh's, with a VPN gateway:
#
#   cl 10.0.1.2 --- in0 gw up0 ------------- n0 net 198.51.100.7
#        subnet web     dmz0 --- f0 10.0.2.4 fw
#                       vpn0 --- v0 10.0.3.4 vpn w0 --- s0 172.16.5.7 site

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_appliance.sh"

all='meta l4proto { tcp, udp, icmp } accept'

vpn_topology()
{
	appliance_topology
	ns vpn site
	link "$gw" vpn0 10.0.3.1/24 "$vpn" v0 10.0.3.4/24
	link "$vpn" w0 172.16.5.1/24 "$site" s0 172.16.5.7/24
	ip -n "$vpn" route add 10.0.0.0/16 via 10.0.3.1
	ip -n "$site" route add default via 172.16.5.1
	forwarding "$vpn"
	soon_known
}

# A neighbour that is silent is found out within seconds
soon_known()
{
	sysctl_in "$gw" net.ipv4.neigh.dmz0.retrans_time_ms=100 \
		net.ipv4.neigh.dmz0.delay_first_probe_time=1 \
		net.ipv4.neigh.dmz0.base_reachable_time_ms=1000
}

# route PREFIX TYPE [KEY VALUE]...: the only one of the table
route()
{
	local old=""

	! ctl route-table show rt1 >/dev/null 2>&1 || old="route-table del rt1"
	ok batch <<-EOT
		subnet set web route-table none
		$old
		route-table add rt1
		route add $1 route-table rt1 next-hop-type $2 ${*:3}
		subnet set web route-table rt1
	EOT
}

# ping_to ADDR [OPTION]...
ping_to()
{
	in_ns "$cl" ping -n -q -c 1 -W 2 "$@"
}

# comes REASON ADDR: packets there come to be dropped under it
comes()
{
	local before end=$((SECONDS + 15))

	before=$(drops "$1")
	until (($(drops "$1") > before)); do
		((SECONDS < end)) || { fail "never $1: $2"; note "$(ctl stats show)"; return 1; }
		send "$cl" 10.0.1.2 "$2" udp 4000 9
		sleep 0.05
	done
}

# breaks REASON CMD...: it worked, and after CMD all is dropped under this reason
breaks()
{
	local reason=$1

	shift
	soon ping_to 198.51.100.7
	ok "$@"
	capture wire "$net" n0 ip
	comes "$reason" 198.51.100.7
	refused ping_to 198.51.100.7
	soon problem_is "$reason"
	capture_end wire
	never wire host 198.51.100.7
}

# problem_is PROBLEM: what is wrong with a route, as the effective routes have it
problem_is()
{
	[[ $(ctl -j route show effective subnet web) == *"\"problem\":\"$1\""* ]]
}

vpn_next_hop()
{
	excuse 10.0.1.2	# web has no gateway for most of it
	refused ping_to 172.16.5.7
	route 172.16.0.0/16 VirtualNetworkGateway
	# without one it is dropped
	dropped "$cl" next-hop 10.0.1.2 172.16.5.7 udp 4000 9
	ok problem_is no-vpn-next-hop
	ok ctl vnet set default vpn-next-hop 10.0.3.4
	soon ping_to 172.16.5.7
	soon ping_to 198.51.100.7
	web_server "$site" 172.16.5.7
	seen_as 10.0.1.2 172.16.5.7
	same "file" "$(digest "$TMP/www/file")" "$(get "$cl" http://172.16.5.7/file | digest)"
	match "route" '1  10.0.1.1 .*2  10.0.3.4 .*3  172.16.5.7 ' \
		"$(in_ns "$cl" traceroute -n -q 1 -w 5 -m 5 172.16.5.7 | tr '\n' ' ')"

	# a default route to the VPN beats the gateway
	ok ctl subnet set web gateway gw1
	route 0.0.0.0/0 VirtualNetworkGateway
	capture vpn "$vpn" v0 dst host 198.51.100.7
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9
	soon seen vpn src host 10.0.1.2
	capture_end vpn
	same "sessions" 0 "$(sessions src 10.0.1.2 proto udp)"
	ok ctl vnet set default vpn-next-hop none
	dropped "$cl" next-hop 10.0.1.2 198.51.100.7 udp 4000 9
	ok ctl subnet set web gateway none
}

none()
{
	local out

	excuse 10.0.1.2	# web has no gateway
	capture wire "$net" n0 ip
	route 198.51.100.0/24 None
	dropped "$cl" route-none 10.0.1.2 198.51.100.7 udp 4000 9
	dropped "$cl" route-none 10.0.1.2 198.51.100.7 tcp 4000 80 S
	dropped "$cl" route-none 10.0.1.2 198.51.100.7 echo 4000 1
	dropped "$cl" route-none 10.0.1.2 198.51.100.7 proto 50 size 20
	same "last source" 10.0.1.2 "$(last_source route-none)"
	out=$(ping_to 198.51.100.7)
	match "silently" ' 0 received, 100% packet loss' "$out"
	capture_end wire
	never wire ip
	soon ping_to 192.0.2.2
}

none_tells_the_sender()
{
	local out before

	route 198.51.100.0/24 None unreachable on
	before=$(drops route-none)
	out=$(in_ns "$cl" ping -n -c 1 -W 5 198.51.100.7)
	match "ping" 'From 10.0.1.1 .*Packet filtered' "$out"
	out=$(in_ns "$cl" timeout 20 socat -u TCP:198.51.100.7:80 STDOUT 2>&1)
	match "connection" 'No route to host' "$out"
	at_least "counted" $((before + 2)) "$(drops route-none)"
	capture inside "$cl" c0 icmp
	send "$cl" 10.0.1.3 198.51.100.7 udp 4001 9
	soon seen inside 'icmp[0] == 3 and icmp[1] == 13 and dst host 10.0.1.3'
	match "quoted" '10.0.1.3.4001 > 198.51.100.7.9' "$(captured inside 'icmp[0] == 3')"
	# never about an error
	send "$cl" 10.0.1.3 198.51.100.7 icmp 3 1 198.51.100.7 10.0.1.3 udp 9 4001
	send "$cl" 10.0.1.3 198.51.100.7 udp 4002 9
	soon seen inside 'icmp[8+20:2] == 4002'
	capture_end inside
	same "errors about an error" 2 "$(captured inside 'icmp[0] == 3 and icmp[1] == 13' |
		grep -c 'admin prohibited')"
	# the gateway does not make it pass
	ok ctl subnet set web gateway gw1
	dropped "$cl" route-none 10.0.1.2 198.51.100.7 udp 4000 9
	ok ctl subnet set web gateway none
}

to_the_firewall()
{
	route 0.0.0.0/0 VirtualAppliance next-hop-ip 10.0.2.4
}

device_down()
{
	to_the_firewall
	breaks next-hop ip -n "$gw" link set dmz0 down
	ok ip -n "$gw" link set dmz0 up
	soon ping_to 198.51.100.7
	# its peer alone: no carrier
	breaks next-hop-down ip -n "$fw" link set f0 down
	ok ip -n "$fw" link set f0 up
	ok ip -n "$fw" route replace 10.0.0.0/16 via 10.0.2.1
	soon ping_to 198.51.100.7
}

next_hop_gone()
{
	to_the_firewall
	breaks next-hop ip -n "$gw" route del 10.0.2.0/24 dev dmz0
	ok ip -n "$gw" route add 10.0.2.0/24 dev dmz0
	soon ping_to 198.51.100.7
	breaks next-hop ip -n "$gw" addr del 10.0.2.1/24 dev dmz0
	ok ip -n "$gw" addr add 10.0.2.1/24 dev dmz0
	soon ping_to 198.51.100.7
}

device_replaced()
{
	to_the_firewall
	breaks next-hop ip -n "$gw" link del dmz0
	link "$gw" dmz0 10.0.2.1/24 "$fw" f0 10.0.2.4/24
	soon_known
	ok ip -n "$fw" route replace 10.0.0.0/16 via 10.0.2.1
	soon ping_to 198.51.100.7
}

neighbour_failed()
{
	to_the_firewall
	breaks next-hop-down ip -n "$fw" addr del 10.0.2.4/24 dev f0
	match "what natgwctl says" \
		'next hop of subnet web does not answer: 10\.0\.2\.4 \([0-9]+ packets? dropped' "$(ctl)"
	ok ip -n "$fw" addr add 10.0.2.4/24 dev f0
	ok ip -n "$fw" route replace 10.0.0.0/16 via 10.0.2.1
	soon ping_to 198.51.100.7
	# it has moved: another card answers for its address
	ok ip -n "$fw" link set f0 down
	ok ip -n "$fw" link set f0 address 02:00:00:00:00:44
	ok ip -n "$fw" link set f0 up
	ok ip -n "$fw" route replace 10.0.0.0/16 via 10.0.2.1
	soon ping_to 198.51.100.7
}

# A gateway before the next hop would send by its own routes
behind_a_gateway()
{
	ip -n "$gw" route add 10.0.9.0/24 via 10.0.2.4
	route 0.0.0.0/0 VirtualAppliance next-hop-ip 10.0.9.4
	dropped "$cl" next-hop 10.0.1.2 198.51.100.7 udp 4000 9
	dropped "$cl" next-hop 10.0.1.2 198.51.100.7 tcp 4000 80 S
	ok problem_is next-hop
	ip -n "$gw" route replace blackhole 10.0.9.0/24
	dropped "$cl" next-hop 10.0.1.2 198.51.100.7 udp 4000 9
	ip -n "$gw" route del blackhole 10.0.9.0/24
	# now the default route would lead there
	dropped "$cl" next-hop 10.0.1.2 198.51.100.7 udp 4000 9
	# and become the router's own
	ip -n "$gw" addr add 10.0.9.4/32 dev lo
	dropped "$cl" next-hop 10.0.1.2 198.51.100.7 udp 4000 9
	ip -n "$gw" addr del 10.0.9.4/32 dev lo
	soon ping_to 10.0.1.1
}

# The router's own addresses, broadcast and multicast: TYPE of the default route
stays_here()
{
	local broadcast multicast

	route 0.0.0.0/0 "$@"
	capture dmz "$fw" f0 not arp
	sysctl_in "$gw" net.ipv4.icmp_echo_ignore_broadcasts=0
	soon ping_to 10.0.1.1
	soon ping_to 192.0.2.1
	soon ping_to 10.0.2.1
	match "broadcast" ' 1 received' "$(ping_to -b 10.0.1.255 2>&1)"
	start "$gw" socat -u UDP-RECV:9010 "CREATE:$TMP/broadcast"
	broadcast=$!
	wait_for 20 listening "$gw" udp 9010 || fail "no server"
	start "$gw" socat -u UDP-RECV:9011,ip-add-membership=239.1.1.1:in0 "CREATE:$TMP/multicast"
	multicast=$!
	wait_for 20 listening "$gw" udp 9011 || fail "no server"
	echo hello > "$TMP/hello"
	ok in_ns "$cl" socat -u "OPEN:$TMP/hello" \
		UDP-DATAGRAM:255.255.255.255:9010,broadcast,so-bindtodevice=c0
	ok in_ns "$cl" socat -u "OPEN:$TMP/hello" \
		UDP-DATAGRAM:239.1.1.1:9011,ip-multicast-if=10.0.1.2
	soon grep -q hello "$TMP/broadcast"
	soon grep -q hello "$TMP/multicast"
	# the next ones have these ports, too
	stop "$broadcast" "$multicast"
	rm -f "$TMP/broadcast" "$TMP/multicast"
	# other hosts of the subnet are not steered at all
	send "$cl" 10.0.1.2 10.0.1.3 udp 4000 9
	capture_end dmz
	never dmz src net 10.0.1.0/24
}

local_traffic_is_not_steered()
{
	local before

	stays_here VirtualAppliance next-hop-ip 10.0.2.4
	before=$(drops route-none)
	stays_here None
	same "dropped" "$before" "$(drops route-none)"
}

# One arm, no SNAT and no state: the firewall sends back what it gets
one_arm()
{
	in_ns "$fw" nft flush ruleset
	ip -n "$fw" route replace default via 10.0.2.1
	sysctl_in "$fw" net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.f0.send_redirects=0
}

two_arms()
{
	firewall_rules "$all"
	ip -n "$fw" route replace default via 192.0.2.130
}

relayed_packets_go_on()
{
	local before

	excuse 10.0.1.2	# web has no gateway
	to_the_firewall
	one_arm
	capture dmz "$fw" f0 udp dst port 9020
	capture wire "$net" n0 udp dst port 9020
	before=$(drops no-gateway)
	send "$cl" ttl 20 10.0.1.2 198.51.100.7 udp 4020 9020
	soon seen wire src host 10.0.1.2
	capture_end dmz
	capture_end wire
	same "passes of the firewall" 2 "$(captured dmz | grep -c ' > ')"
	match "hops" 'ttl 17,' "$(captured wire)"
	same "counted without a gateway" $((before + 1)) "$(drops no-gateway)"

	# a whole connection, which the firewall sees in one direction
	soon ping_to 198.51.100.7
	web_server "$net" 198.51.100.7
	seen_as 10.0.1.2 198.51.100.7
	same "file" "$(digest "$TMP/www/file")" "$(get "$cl" http://198.51.100.7/file | digest)"
	two_arms
}

# With a gateway such a packet is neither its host's nor to leave untranslated
relayed_packets_do_not_leak()
{
	to_the_firewall
	one_arm
	ok ctl subnet set web gateway gw1
	capture dmz "$fw" f0 udp dst port 9021
	capture wire "$net" n0 ip
	dropped "$cl" spoofed-source 10.0.1.2 198.51.100.7 udp 4021 9021
	capture_end dmz
	capture_end wire
	same "passes of the firewall" 2 "$(captured dmz | grep -c ' > ')"
	never wire host 198.51.100.7
	ok ctl subnet set web gateway none
	two_arms
}

# It comes back by another of its cards
relayed_by_another_device()
{
	excuse 10.0.1.2	# web has no gateway
	to_the_firewall
	one_arm
	link "$gw" back0 10.0.6.1/24 "$fw" f2 10.0.6.4/24
	ip -n "$fw" route replace default via 10.0.6.1
	capture dmz "$fw" f0 udp dst port 9022
	capture wire "$net" n0 udp dst port 9022
	send "$cl" ttl 20 10.0.1.2 198.51.100.7 udp 4022 9022
	soon seen wire src host 10.0.1.2
	capture_end dmz
	capture_end wire
	same "passes of the firewall" 1 "$(captured dmz | grep -c ' > ')"
	ip -n "$gw" link del back0
	two_arms
}

# Steering needs no rule and changes no sysctl: where the operator checks sources
# strictly, what the firewall brings back has no route by its device
nothing_else_is_changed()
{
	local rules before

	rules=$(ip -n "$gw" rule show)
	before=$(in_ns "$gw" sysctl net.ipv4.conf net.ipv4.neigh 2>&1)
	to_the_firewall
	soon ping_to 198.51.100.7
	same "rules" "$rules" "$(ip -n "$gw" rule show)"
	same "sysctls" "$before" "$(in_ns "$gw" sysctl net.ipv4.conf net.ipv4.neigh 2>&1)"
	sysctl_in "$gw" net.ipv4.conf.dmz0.rp_filter=1
	refused ping_to 198.51.100.7
	sysctl_in "$gw" net.ipv4.conf.dmz0.rp_filter=2
	soon ping_to 198.51.100.7
	sysctl_in "$gw" net.ipv4.conf.dmz0.rp_filter=0
}

# Clients and firewall behind one device: no redirect tells the clients to go there
# themselves, and what the firewall sends back goes on all the same
on_the_clients_segment()
{
	excuse 10.0.1.2	# web has no gateway
	to_the_firewall
	ip -n "$gw" link add br0 type bridge
	ip -n "$gw" -batch - <<-EOT || fail "no bridge"
		addr flush dev in0
		addr flush dev dmz0
		link set in0 master br0
		link set dmz0 master br0
		addr add 10.0.1.1/24 dev br0
		addr add 10.0.2.1/24 dev br0
		link set br0 up
	EOT
	forget_neighbours
	sysctl_in "$gw" net.ipv4.conf.br0.send_redirects=1
	capture redirects "$cl" c0 'icmp[0] == 5'
	capture dmz "$fw" f0 udp dst port 9023
	capture wire "$net" n1 udp dst port 9023
	soon ping_to 198.51.100.7
	send "$cl" 10.0.1.2 198.51.100.7 udp 4023 9023
	soon seen wire src host 203.0.113.200
	same "packets" 1 "$(captured dmz | grep -c ' > ')"
	capture_end wire
	# the same without a steered route: the kernel does tell
	ip -n "$gw" route add 198.51.100.9/32 via 10.0.2.4
	ok ctl subnet set web route-table none
	send "$cl" 10.0.1.2 198.51.100.9 udp 4023 9
	soon seen redirects dst host 10.0.1.2
	same "redirects" 1 "$(captured redirects | grep -c 'redirect')"
	capture_end redirects
	ip -n "$gw" route del 198.51.100.9/32 via 10.0.2.4

	to_the_firewall
	one_arm
	capture wire "$net" n0 udp dst port 9023
	send "$cl" ttl 20 10.0.1.2 198.51.100.7 udp 4023 9023
	soon seen wire src host 10.0.1.2
	capture_end dmz
	capture_end wire
	match "hops" 'ttl 17,' "$(captured wire)"
	two_arms
	ip -n "$gw" link del br0
	ip -n "$gw" addr add 10.0.1.1/24 dev in0
	ip -n "$gw" addr add 10.0.2.1/24 dev dmz0
	forget_neighbours
	soon ping_to 198.51.100.7
}

# The router's addresses are at another link layer address now
forget_neighbours()
{
	ip -n "$cl" neigh flush all
	ip -n "$fw" neigh flush all
}

tests=(
	vpn_next_hop none none_tells_the_sender device_down next_hop_gone device_replaced
	neighbour_failed behind_a_gateway local_traffic_is_not_steered nothing_else_is_changed
	relayed_packets_go_on relayed_packets_do_not_leak relayed_by_another_device
	on_the_clients_segment stats_agree
)

vpn_topology
firewall_rules "$all"
ok ctl gateway add gw1
ok ctl address add 203.0.113.1 gateway gw1
ok ctl subnet add web prefix 10.0.1.0/24
run "$@"
