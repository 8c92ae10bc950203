# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of overlapping tenants, after lib.sh.
#
#   red                gw                          isp               net
#   r0 10.0.1.2 ------ inr, VRF vred
#   fw                                               .2|198.51.100.1  198.51.100.7
#   f0 10.0.2.4 ------ inf, VRF vred  up0 192.0.2.1 ---|---------------- n0
#   blue
#   b0 10.0.1.2 ------ inb, VRF vblue
#
#   Inside both: 10.0.1.0/24 (web) and 10.0.64.0/20 (many) behind 10.0.1.2.
#   red: gateway gred, 203.0.113.1; blue: gblue, 203.0.113.2. fw, a firewall in
#   red's VRF, sends as 10.0.2.4, by gateway gfw, 203.0.113.3.

SERVER=198.51.100.7

# vrf NS NAME TABLE
vrf()
{
	ip -n "$1" link add "$2" type vrf table "$3" && ip -n "$1" link set "$2" up
}

# inside NS DEV ADDR GWDEV GWADDR VRF: a host's link into a VRF
inside()
{
	link "$1" "$2" "$3/24" "$gw" "$4" "$5/24"
	ip -n "$gw" link set "$4" master "$6"
	ip -n "$1" route add default via "$5"
	in_ns "$1" ethtool -K "$2" tx off >/dev/null
}

tenant_routes()
{
	ip -n "$gw" route replace 10.0.64.0/20 via 10.0.1.2 dev "$1" vrf "$2"
}

# The way out of each VRF is the uplink, in whatever table that is
leak_default()
{
	ip -n "$gw" route replace default via 192.0.2.2 dev up0 onlink vrf vred
	ip -n "$gw" route replace default via 192.0.2.2 dev up0 onlink vrf vblue
}

topology()
{
	local tenant

	ns red blue fw gw isp net
	vrf "$gw" vred 101 || return
	vrf "$gw" vblue 102 || return
	inside "$red" r0 10.0.1.2 inr 10.0.1.1 vred
	inside "$blue" b0 10.0.1.2 inb 10.0.1.1 vblue
	inside "$fw" f0 10.0.2.4 inf 10.0.2.1 vred
	link "$gw" up0 192.0.2.1/24 "$isp" isp0 192.0.2.2/24
	link "$isp" isp1 198.51.100.1/24 "$net" n0 "$SERVER/24"
	in_ns "$net" ethtool -K n0 tx off >/dev/null
	ip -n "$isp" route add 203.0.113.0/24 via 192.0.2.1
	ip -n "$net" route add default via 198.51.100.1
	ip -n "$gw" route add default via 192.0.2.2
	leak_default
	tenant_routes inr vred
	tenant_routes inb vblue
	for tenant in "$red" "$blue"; do
		ip -n "$tenant" route add local 10.0.64.0/20 dev lo
	done
	forwarding "$gw" "$isp" "$fw"
	sysctl_in "$gw" net.ipv4.conf.all.accept_redirects=0
}

configuration()
{
	ok batch <<-EOT
		vnet add red prefix 10.0.0.0/16 dev inr,inf
		vnet add blue prefix 10.0.0.0/16 dev inb
		gateway add gred address 203.0.113.1
		gateway add gblue address 203.0.113.2
		gateway add gfw address 203.0.113.3
		subnet add red-web vnet red prefix 10.0.1.0/24 gateway gred
		subnet add red-many vnet red prefix 10.0.64.0/20 gateway gred
		subnet add red-fw vnet red prefix 10.0.2.0/24 gateway gfw
		subnet add blue-web vnet blue prefix 10.0.1.0/24 gateway gblue
		subnet add blue-many vnet blue prefix 10.0.64.0/20 gateway gblue
	EOT
}

# tenant_flow NS PROTO [OPTION]...: one exchange of its 10.0.1.2
tenant_flow()
{
	in_ns "$1" "$HERE/flows" client "$2" 10.0.1.2 "$SERVER" 9000 "${@:3}"
}

# Everything that must work wherever the uplink is; $1 says where
both_work()
{
	local proto

	for proto in udp tcp; do
		match "$1: red $proto" ' answered 5 .* last 203.0.113.1 ' \
			"$(tenant_flow "$red" $proto count 5 from 20000)"
		match "$1: blue $proto" ' answered 5 .* last 203.0.113.2 ' \
			"$(tenant_flow "$blue" $proto count 5 from 20000)"
	done
}

ping_with_one_id()
{
	in_ns "$red" ping -q -e 77 -c 5 -i 0.2 -W 5 "$SERVER" > "$TMP/red.ping" &
	ok in_ns "$blue" ping -q -e 77 -c 5 -i 0.2 -W 5 "$SERVER"
	wait $! || fail "$(cat "$TMP/red.ping")"
	same "sessions" "1 1" \
		"$(sessions vnet red proto icmp src 10.0.1.2) $(sessions vnet blue proto icmp src 10.0.1.2)"
}

# --- fragments --------------------------------------------------------------

# What pkt fills its payloads with
pattern()
{
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "%c", 97 + i % 23 }'
}

# receiver NS PORT FILE: appends each datagram
receiver()
{
	start "$1" socat -u -b 65536 "UDP-RECV:$2" "CREATE:$TMP/$3"
	wait_for 20 listening "$1" udp "$2" || fail "no receiver"
}

# arrived FILE SIZE: this much and nothing else
arrived()
{
	pattern "$2" > "$TMP/wanted"
	wait_for 10 cmp -s "$TMP/wanted" "$TMP/$1" ||
		fail "$1: wanted $2 bytes of payload, have $(wc -c < "$TMP/$1")"
}

# Fragments of one tenant wait for the last one while the other's with the same
# addresses and id come in full
fragments_outwards()
{
	local receivers

	receiver "$net" 9001 red.datagram
	receivers=$!
	receiver "$net" 9002 blue.datagram
	receivers+=" $!"
	send "$red" fragment 1000 order hole id 77 10.0.1.2 "$SERVER" udp 4001 9001 size 2600
	send "$blue" fragment 1000 order hole id 77 10.0.1.2 "$SERVER" udp 4001 9002 size 2700
	send "$blue" fragment 1000 id 77 10.0.1.2 "$SERVER" udp 4001 9002 size 2700
	arrived blue.datagram 2700
	send "$red" fragment 1000 order reverse id 77 10.0.1.2 "$SERVER" udp 4001 9001 size 2600
	arrived red.datagram 2600
	# shellcheck disable=SC2086
	stop $receivers
}

fragments_inwards()
{
	local receivers to_red to_blue order

	read_session_port red 4001
	to_red=$FOUND
	read_session_port blue 4001
	to_blue=$FOUND
	for order in forward reverse; do
		receiver "$red" 4001 red.datagram
		receivers=$!
		receiver "$blue" 4001 blue.datagram
		receivers+=" $!"
		send "$net" fragment 1000 order hole id 78 "$SERVER" 203.0.113.1 udp 9001 "$to_red" size 3600
		send "$net" fragment 1000 order $order id 78 "$SERVER" 203.0.113.2 udp 9002 "$to_blue" size 3700
		arrived blue.datagram 3700
		send "$net" fragment 1000 order $order id 78 "$SERVER" 203.0.113.1 udp 9001 "$to_red" size 3600
		arrived red.datagram 3600
		# shellcheck disable=SC2086
		stop $receivers
	done
}

# --- ICMP errors ------------------------------------------------------------

# read_session_port VNET SRC_PORT [PROTO]: public port of 10.0.1.2's flow, in FOUND
read_session_port()
{
	FOUND=none
	[[ $(ctl -j session show vnet "$1" proto "${3:-udp}" src 10.0.1.2) =~ [^{}]*\"src-port\":$2,[^{}]* ]] &&
		[[ ${BASH_REMATCH[0]} =~ \"port\":([0-9]+) ]] && FOUND=${BASH_REMATCH[1]}
}

# udp_flows_of PORT RED_PORT BLUE_PORT: one in each from the same port, to these;
# their public ports in $red_port and $blue_port
udp_flow_each()
{
	send "$red" 10.0.1.2 "$SERVER" udp "$1" "$2" size 20
	send "$blue" 10.0.1.2 "$SERVER" udp "$1" "$3" size 20
	soon read_session_port red "$1"
	red_port=$FOUND
	soon read_session_port blue "$1"
	blue_port=$FOUND
}

# captures_of NAME FILTER, captures NAME: at both tenants and at the server
captures_of()
{
	capture "at_red_$1" "$red" r0 "$2"
	capture "at_blue_$1" "$blue" b0 "$2"
	capture "at_net_$1" "$net" n0 "$2"
}

captures()
{
	captures_of "$1" icmp
}

captures_end()
{
	capture_end "at_red_$1"
	capture_end "at_blue_$1"
	capture_end "at_net_$1"
}

# quotes FILTER PORT: such an error that quotes a packet to this port
quotes()
{
	echo "$1 and icmp[8+20+2:2] == $2"
}

# each_got NAME FILTER RED_PORT BLUE_PORT: such an error about its own flow, none
# about the other's
each_got()
{
	soon seen "at_red_$1" "$(quotes "$2" "$3")"
	soon seen "at_blue_$1" "$(quotes "$2" "$4")"
	never "at_red_$1" "$(quotes "$2" "$4")"
	never "at_blue_$1" "$(quotes "$2" "$3")"
}

# net_got NAME FILTER: about both public addresses' flows, to their ports
net_got()
{
	soon seen "at_net_$1" "$(quotes "$2" "$red_port") and icmp[8+16:4] == 0xcb007101"
	soon seen "at_net_$1" "$(quotes "$2" "$blue_port") and icmp[8+16:4] == 0xcb007102"
}

errors_from_the_internet()
{
	captures far
	udp_flow_each 4100 7101 7102
	each_got far 'icmp[0] == 3 and icmp[1] == 3 and src host 198.51.100.7' 7101 7102
	# a router on the way
	send "$red" ttl 2 10.0.1.2 "$SERVER" udp 4101 7103
	send "$blue" ttl 2 10.0.1.2 "$SERVER" udp 4101 7104
	each_got far 'icmp[0] == 11 and src host 192.0.2.2' 7103 7104
	captures_end far
	refused grep -q '203\.0\.113\.' <<< "$(captured at_red_far; captured at_blue_far)"
}

errors_from_the_tenants()
{
	captures near
	udp_flow_each 4110 7111 7112
	send "$net" "$SERVER" 203.0.113.1 udp 7111 "$red_port"
	send "$net" "$SERVER" 203.0.113.2 udp 7112 "$blue_port"
	net_got near 'icmp[0] == 3 and icmp[1] == 3'
	seen at_net_near 'icmp[0] == 3 and src host 203.0.113.1' || fail "not from red's address"
	seen at_net_near 'icmp[0] == 3 and src host 203.0.113.2' || fail "not from blue's address"
	captures_end near
	refused grep -q '10\.0\.' <<< "$(captured at_net_near)"
}

ttl_ends_at_the_router()
{
	captures ttl
	send "$red" ttl 1 10.0.1.2 "$SERVER" udp 4120 7121
	send "$blue" ttl 1 10.0.1.2 "$SERVER" udp 4120 7122
	each_got ttl 'icmp[0] == 11 and src host 10.0.1.1' 7121 7122
	# answers: through isp, and no further
	udp_flow_each 4121 7123 7124
	send "$net" ttl 2 "$SERVER" 203.0.113.1 udp 7123 "$red_port"
	send "$net" ttl 2 "$SERVER" 203.0.113.2 udp 7124 "$blue_port"
	net_got ttl 'icmp[0] == 11'
	captures_end ttl
	refused grep -q '10\.0\.' <<< "$(captured at_net_ttl)"
	never at_red_ttl 'dst port 4121'
}

traceroute_of_both()
{
	local kind tenant out

	for kind in -U -I -T; do
		for tenant in red blue; do
			out=$(in_ns "${!tenant}" traceroute -n $kind -q 1 -w 5 -m 5 "$SERVER")
			match "$tenant, traceroute $kind" \
				'1  10.0.1.1 .*2  192.0.2.2 .*3  198.51.100.7 ' "${out//$'\n'/ }"
		done
	done
}

mtu()
{
	ip -n "$1" link set "$2" mtu "$5" && ip -n "$3" link set "$4" mtu "$5"
}

# learnt TENANT MTU: path MTU of its route
learnt()
{
	match "learnt" "mtu $2" "$(ip -n "$1" route get "$SERVER")"
	ip -n "$1" route flush cache
}

# TCP that has been told of a large MSS must find out
upload()
{
	start "$net" socat -u TCP-LISTEN:9020,reuseaddr "CREATE:$TMP/got"
	wait_for 20 listening "$net" tcp 9020 || fail "no server"
	ok in_ns "$1" timeout 30 socat -u "OPEN:$TMP/sent" "TCP:$SERVER:9020"
	wait_for 10 cmp -s "$TMP/sent" "$TMP/got" || fail "$(wc -c < "$TMP/got") bytes arrived"
	stop "$!"
	rm -f "$TMP/got"
}

download()
{
	start "$net" socat -u "OPEN:$TMP/sent" TCP-LISTEN:9020,reuseaddr
	wait_for 20 listening "$net" tcp 9020 || fail "no server"
	ok in_ns "$1" timeout 30 socat -u "TCP:$SERVER:9020" "CREATE:$TMP/got"
	wait_for 10 cmp -s "$TMP/sent" "$TMP/got" || fail "$(wc -c < "$TMP/got") bytes arrived"
	stop "$!"
	rm -f "$TMP/got"
}

pmtu_outwards()
{
	local tenant

	ip -n "$net" route change default via 198.51.100.1 advmss 1460
	mtu "$isp" isp1 "$net" n0 1280
	for tenant in "$red" "$blue"; do
		upload "$tenant"
		learnt "$tenant" 1280
	done
	mtu "$isp" isp1 "$net" n0 1500
	mtu "$gw" up0 "$isp" isp0 1270
	for tenant in "$red" "$blue"; do
		upload "$tenant"
		learnt "$tenant" 1270
	done
	mtu "$gw" up0 "$isp" isp0 1500
}

# One tenant's link is small, the other's is not
pmtu_inwards()
{
	mtu "$red" r0 "$gw" inr 1250
	ip -n "$red" route change default via 10.0.1.1 advmss 1460
	download "$red"
	download "$blue"
	match "to red" 'mtu 1250' "$(ip -n "$net" route get 203.0.113.1)"
	refused grep -q 'mtu' <<< "$(ip -n "$net" route get 203.0.113.2)"
	# without DF it comes in fragments
	udp_flow_each 4130 9131 9132
	receiver "$red" 4130 red.datagram
	send "$net" "$SERVER" 203.0.113.1 udp 9131 "$red_port" size 1400
	arrived red.datagram 1400
	stop "$!"
	mtu "$red" r0 "$gw" inr 1500
	ip -n "$red" route change default via 10.0.1.1
	ip -n "$net" route flush cache
}

# --- counters ---------------------------------------------------------------

gateway_counters()
{
	local json

	json=$(ctl -s -j gateway show "$1")
	echo "$(value "$json" packets-out) $(value "$json" bytes-out)" \
		"$(value "$json" packets-in) $(value "$json" bytes-in) $(value "$json" dropped)"
}

counters_are()
{
	[[ $(gateway_counters "$1") == "$2" ]]
}

# A device's packet is seen twice, by it and by its VRF
counted_once()
{
	local receivers
	local -a was

	# there already: the error of a port without a socket would be counted whenever it comes
	receiver "$net" 9201 sink
	receivers=$!
	udp_flow_each 4200 9201 9202
	read -ra was <<< "$(gateway_counters gred)"
	send "$red" repeat 10 10.0.1.2 "$SERVER" udp 4200 9201 size 100
	send "$net" repeat 7 "$SERVER" 203.0.113.1 udp 9201 "$red_port" size 200
	# the 7 meet no socket, 7 errors go out
	was[0]=$((was[0] + 10 + 7)) was[1]=$((was[1] + 10 * 128 + 7 * 256))
	was[2]=$((was[2] + 7)) was[3]=$((was[3] + 7 * 228))
	soon counters_are gred "${was[*]}" || note "wanted ${was[*]}, got $(gateway_counters gred)"
	stop "$receivers"
	dropped "$red" late-sender 10.0.1.2 "$SERVER" tcp 4201 9201 A
	dropped "$red" protocol 10.0.1.2 "$SERVER" proto 47
	dropped "$red" private-space 10.0.1.2 172.16.0.1 udp 4201 9201
	dropped "$net" unsolicited "$SERVER" 203.0.113.1 udp 1 2
	dropped "$net" icmp-no-session "$SERVER" 203.0.113.1 reply 1 2
	same "dropped by gred" $((was[4] + 5)) "$(gateway_counters gred | awk '{ print $5 }')"
}

spoofed_sources()
{
	# red's own, but no route of its VRF leads there by a device of it
	ok ctl subnet add red-far vnet red prefix 10.0.128.0/24 gateway gred
	dropped "$red" spoofed-source 10.0.128.9 "$SERVER" udp 4300 9000
	ip -n "$gw" route add 10.0.128.0/24 via 10.0.1.2 vrf vblue
	dropped "$red" spoofed-source 10.0.128.9 "$SERVER" udp 4301 9000
	ip -n "$gw" route del 10.0.128.0/24 vrf vblue
	ip -n "$gw" route add 10.0.128.0/24 via 10.0.1.2 vrf vred
	send "$red" 10.0.128.9 "$SERVER" udp 4302 9000
	soon session_count_is 1 vnet red src 10.0.128.9
	ip -n "$gw" route del 10.0.128.0/24 vrf vred
	ok ctl subnet del red-far
}

# A tenant's host that plays the server has no answer leave untranslated
forged_to_have_it_answered()
{
	dropped "$red" spoofed-source "$SERVER" 10.0.2.4 udp 9000 4305
	dropped "$red" spoofed-source "$SERVER" 10.0.2.4 tcp 80 4305 S
	same "direct records" 0 "$(sessions vnet red kind direct)"
	send "$fw" 10.0.2.4 "$SERVER" udp 4305 9000
	soon session_count_is 1 vnet red src 10.0.2.4 dst "$SERVER:9000" kind nat
	ok ctl session flush
}

# What the router itself tells a tenant or its peers
late_senders_are_told()
{
	captures_of late tcp
	send "$red" 10.0.1.2 "$SERVER" tcp 4310 9310 A seq 1 ack 77
	send "$blue" 10.0.1.2 "$SERVER" tcp 4310 9311 A seq 1 ack 78
	soon seen at_red_late 'tcp[13] & 4 != 0 and src port 9310 and tcp[4:4] == 77'
	soon seen at_blue_late 'tcp[13] & 4 != 0 and src port 9311 and tcp[4:4] == 78'
	send "$net" "$SERVER" 203.0.113.1 tcp 9312 4312 A seq 1 ack 79
	soon seen at_net_late 'tcp[13] & 4 != 0 and dst port 9312 and src host 203.0.113.1'
	captures_end late
	never at_red_late 'port 9311'
	never at_blue_late 'port 9310'
	never at_net_late 'port 9310 or port 9311'
}

exhaustion_is_told()
{
	captures_of full 'tcp or icmp'
	ok ctl gateway set gred on-exhaust reset
	ok ctl address set 203.0.113.1 gateway none
	send "$red" 10.0.1.2 "$SERVER" tcp 4320 9320 S seq 1
	send "$red" 10.0.1.2 "$SERVER" udp 4320 9321
	soon seen at_red_full 'tcp[13] & 4 != 0 and src port 9320'
	soon seen at_red_full "$(quotes 'icmp[0] == 3 and icmp[1] == 13' 9321)"
	ok ctl address set 203.0.113.1 gateway gred
	ok ctl gateway set gred on-exhaust drop
	captures_end full
	never at_blue_full ''
	never at_net_full ''
}

gone()
{
	[[ ! $(in_ns "$1" ss -Htn state established "( sport = :$2 or dport = :$2 )") ]]
}

# An idle connection is reset at both ends
idle_ends_are_told()
{
	local tenant server

	start "$net" socat -u TCP-LISTEN:9330,fork,reuseaddr "CREATE:/dev/null"
	server=$!
	wait_for 20 listening "$net" tcp 9330 || fail "no server"
	ok ctl gateway set gred profile custom idle-timeout 10s on-idle reset-both
	ok ctl gateway set gblue profile custom idle-timeout 10s on-idle reset-both
	for tenant in "$red" "$blue"; do
		start "$tenant" socat -u EXEC:"sleep 600" "TCP:$SERVER:9330,bind=10.0.1.2:4330"
	done
	soon session_count_is 1 vnet red dst "$SERVER:9330" state established
	soon session_count_is 1 vnet blue dst "$SERVER:9330" state established
	refused gone "$red" 9330
	wait_for 30 gone "$red" 9330 || fail "red was not told"
	wait_for 30 gone "$blue" 9330 || fail "blue was not told"
	wait_for 30 gone "$net" 9330 || fail "the server was not told"
	stop "$server"
	ok ctl gateway set gred profile azure on-idle reset-late
	ok ctl gateway set gblue profile azure on-idle reset-late
}

# --- steering in a VRF --------------------------------------------------------

appliance()
{
	in_ns "$fw" nft -f - <<-EOT || fail "nft"
		table ip nat {
			chain post {
				type nat hook postrouting priority 100;
				ip daddr $SERVER masquerade
			}
		}
	EOT
	ok ctl route-table add red-table
	ok ctl route add "$SERVER/32" route-table red-table next-hop-type VirtualAppliance \
		next-hop-ip 10.0.2.4
	ok ctl subnet set red-web route-table red-table
	ok ctl session flush
	both_behind 203.0.113.3 203.0.113.2
	ok ctl subnet set red-web route-table none
	ok ctl session flush
	both_behind 203.0.113.1 203.0.113.2
	in_ns "$fw" nft flush ruleset
	ok ctl route-table del red-table
}

both_behind()
{
	match "red" " answered 3 .* last $1 " "$(tenant_flow "$red" udp count 3)"
	match "red" " answered 1 .* last $1 " "$(tenant_flow "$red" tcp)"
	match "blue" " answered 3 .* last $2 " "$(tenant_flow "$blue" udp count 3)"
}

vpn_hop()
{
	ip -n "$fw" addr add 172.16.5.5/32 dev lo
	ok ctl route-table add red-table
	ok ctl vnet set red vpn-next-hop 10.0.2.4
	ok ctl route add 172.16.0.0/12 route-table red-table next-hop-type VirtualNetworkGateway
	ok ctl subnet set red-web route-table red-table
	capture vpn "$fw" f0 icmp
	ok in_ns "$red" ping -q -c 1 -W 5 172.16.5.5
	capture_end vpn
	seen vpn 'src host 10.0.1.2 and dst host 172.16.5.5' || fail "translated, or not by the VPN"
	dropped "$blue" private-space 10.0.1.2 172.16.5.5 echo 5 1
	ok ctl subnet set red-web route-table none
	dropped "$red" private-space 10.0.1.2 172.16.5.5 echo 6 1
	ok ctl route-table del red-table
}

# --- operator's rules, the uplink's table -------------------------------------

# Stateful rules with policy drop accept what is untracked, as conntrack cannot
# tell the tenants apart
stateful_rules()
{
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		flush ruleset
		table ip filter {
			counter untracked { }
			chain forward {
				type filter hook forward priority 0; policy drop;
				ct state untracked counter name untracked accept
				ct state established,related accept
			}
		}
	EOT
}

no_rules()
{
	in_ns "$gw" nft flush ruleset
}

stateful_forward_rules()
{
	local out

	ok ctl session flush
	stateful_rules
	both_work "with conntrack"
	ok in_ns "$red" ping -q -c 1 -W 5 "$SERVER"
	out=$(in_ns "$gw" nft list counter ip filter untracked)
	[[ $out =~ packets\ ([0-9]+) ]] || fail "$out"
	# 5 flows of UDP, 10 packets; 5 of TCP, 8 each at the least; one ping
	at_least "untracked" $((2 * (10 + 5 * 8) + 2)) "${BASH_REMATCH[1]}"
	same "entries" "" "$(in_ns "$gw" conntrack -L 2>/dev/null | grep -E '10\.0\.|203\.0\.113')"
	no_rules
}

# The topology, the configuration, and a server
tenants()
{
	topology || skip_all "no VRF"
	head -c 60000 /dev/urandom > "$TMP/sent"
	configuration
	echo_server "$net" "$SERVER" 9000
}
