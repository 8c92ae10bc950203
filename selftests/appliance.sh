#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A firewall as next hop: a stateful one with default-deny in its own subnet, with
# an uplink and a public IP of its own. The topology is lib_appliance.sh's.
#
#   cl 10.0.1.2 --- in0 gw up0 ------------- n0 net 198.51.100.7, .8
#        subnet web     dmz0 203.0.113.1, .2
#                        |
#                       f0 fw f1 ----------- n1
#                 10.0.2.4    203.0.113.200

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_appliance.sh"

web='ip daddr 198.51.100.0/24 tcp dport 80 accept'
talk='ip daddr 198.51.100.0/24 meta l4proto { tcp, udp } th dport 7 accept'
probes='meta l4proto { tcp, udp, icmp } accept'

# routes TYPE PREFIX ...: a table rt1 of these for subnet web alone
routes()
{
	local old="" lines=()

	! ctl route-table show rt1 >/dev/null 2>&1 || old="route-table del rt1"
	while (($#)); do
		lines+=("route add $2 route-table rt1 next-hop-type $1")
		[[ $1 != VirtualAppliance ]] || lines[-1]+=" next-hop-ip 10.0.2.4"
		shift 2
	done
	ok batch <<-EOT
		subnet set web route-table none
		$old
		route-table add rt1
		$(printf '%s\n' "${lines[@]}")
		subnet set web route-table rt1
	EOT
}

blocked_then_allowed()
{
	local denied fetch

	routes VirtualAppliance 0.0.0.0/0
	firewall_rules
	capture wire "$net" n1 host 198.51.100.7
	capture past "$net" n0 host 198.51.100.7
	denied=$(at_firewall denied)
	start_to "$TMP/fetch.log" "$cl" "$HERE/fetch" -m 60 http://198.51.100.7/whoami
	fetch=$!
	soon firewall_counts denied "$denied"
	stop "$fetch"
	same "answer" "" "$(< "$TMP/fetch.log")"

	firewall_rules "$web"
	seen_as 203.0.113.200 198.51.100.7
	logged_as 203.0.113.200
	same "file" "$(digest "$TMP/www/file")" "$(get "$cl" http://198.51.100.7/file | digest)"
	capture_end wire
	capture_end past
	seen wire 'src host 203.0.113.200' || fail "nothing by the firewall"
	never wire net 10.0.0.0/8
	never past ip
	same "sessions" 0 "$(sessions)"
}

# One address by the gateway, the rest by the firewall
split()
{
	routes VirtualAppliance 0.0.0.0/0 Internet 198.51.100.8/32
	firewall_rules "$web"
	seen_as 203.0.113.200 198.51.100.7
	seen_as 203.0.113.1 198.51.100.8
	logged_as 203.0.113.1
	same "sessions" 1 "$(sessions)"
	same "sessions to it" 1 "$(sessions dst 198.51.100.8:80)"
}

narrower_internet_route()
{
	firewall_rules "$web"
	routes VirtualAppliance 0.0.0.0/0 Internet 198.51.100.8/29
	seen_as 203.0.113.1 198.51.100.8
	seen_as 203.0.113.200 198.51.100.7
	routes Internet 0.0.0.0/0 VirtualAppliance 198.51.100.8/29
	seen_as 203.0.113.200 198.51.100.8
	seen_as 203.0.113.1 198.51.100.7
}

internet_route_leaves_the_gateway()
{
	routes Internet 0.0.0.0/0
	seen_as 203.0.113.1 198.51.100.7
	logged_as 203.0.113.1
}

precedence()
{
	local before

	excuse 10.0.1.2	# web has no gateway for a while
	firewall_rules "$web"
	routes VirtualAppliance 0.0.0.0/0
	seen_as 203.0.113.200 198.51.100.7
	ok ctl subnet set web gateway none
	seen_as 203.0.113.200 198.51.100.7
	ok ctl subnet set web route-table none
	before=$(drops no-gateway)
	seen_as 10.0.1.2 198.51.100.7
	at_least "packets counted without a gateway" $((before + 1)) "$(drops no-gateway)"
	# a table and no gateway: the Internet is left to Linux
	routes Internet 0.0.0.0/0
	seen_as 10.0.1.2 198.51.100.7
	ok ctl subnet set web gateway gw1
	seen_as 203.0.113.1 198.51.100.7
	ok ctl subnet set web route-table none
	seen_as 203.0.113.1 198.51.100.7
}

# The firewall is known by its Ethernet address, which a host of another segment may put on
nobody_is_taken_for_the_firewall()
{
	local mac own

	excuse 10.0.1.2	# web has no gateway for a while
	firewall_rules "$web"
	ok ctl subnet set web gateway none
	routes VirtualAppliance 0.0.0.0/0
	seen_as 203.0.113.200 198.51.100.7
	read -r _ _ mac _ < <(ip -n "$fw" -br link show f0)
	read -r _ _ own _ < <(ip -n "$cl" -br link show c0)
	ok ip -n "$cl" link set c0 address "$mac"
	ok ip -n "$gw" neigh flush dev in0
	seen_as 203.0.113.200 198.51.100.7
	# the key tells of appliances that send on by another device
	ok ctl subnet set web source-check loose
	seen_as 10.0.1.2 198.51.100.7
	ok ctl subnet set web source-check strict
	ok ip -n "$cl" link set c0 address "$own"
	ok ip -n "$gw" neigh flush dev in0
	seen_as 203.0.113.200 198.51.100.7
	ok ctl subnet set web gateway gw1
}

# Another subnet behind the same device has no table: nothing of this is its
other_subnets_are_left_alone()
{
	excuse 10.0.5.2	# in no subnet
	routes VirtualAppliance 0.0.0.0/0
	firewall_rules "$web"
	ip -n "$cl" addr add 10.0.5.2/24 dev c0
	ip -n "$gw" addr add 10.0.5.1/24 dev in0
	same "from 10.0.5.2" 10.0.5.2 \
		"$(in_ns "$cl" "$HERE/fetch" -m 15 -s 10.0.5.2 http://198.51.100.7/whoami)"
	ip -n "$cl" addr del 10.0.5.2/24 dev c0
	ip -n "$gw" addr del 10.0.5.1/24 dev in0
}

running_sessions_go_on()
{
	excuse 10.0.1.2	# web has no gateway for a while
	ok ctl session flush
	ok ctl subnet set web route-table none
	firewall_rules "$web" "$talk"
	talk stream TCP 198.51.100.7 7
	talk datagrams UDP 198.51.100.7 7
	say stream first 203.0.113.1
	say datagrams first 203.0.113.1

	routes VirtualAppliance 0.0.0.0/0
	say stream routed 203.0.113.1
	say datagrams routed 203.0.113.1
	seen_as 203.0.113.200 198.51.100.7

	ok ctl subnet set web gateway gw2
	say stream rebound 203.0.113.1
	say datagrams rebound 203.0.113.1
	ok ctl subnet set web route-table none
	seen_as 203.0.113.2 198.51.100.7
	say stream unrouted 203.0.113.1

	ok ctl subnet set web gateway none
	say stream detached 203.0.113.1
	say datagrams detached 203.0.113.1
	seen_as 10.0.1.2 198.51.100.7

	ok ctl subnet set web gateway gw1 route-table rt1
	say stream back 203.0.113.1
	say datagrams back 203.0.113.1
}

flush_ends_them()
{
	match "flush" '[1-9]' "$(ctl session flush subnet web)"
	same "sessions" 0 "$(sessions)"
	# datagrams are a new flow now; the stream is one that the firewall does not know
	say datagrams flushed 203.0.113.200
	echo lost > "$TMP/stream.say"
	wait_for 3 heard stream '.* lost'
	refused heard stream '203\.0\.113\.1 lost'
	same "sessions" 0 "$(sessions)"
}

# Without a gateway too, if conntrack knows them
untranslated_flows_go_on()
{
	excuse 10.0.1.2	# web has no gateway when they begin
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		table ip stateful {
			chain forward {
				type filter hook forward priority 0;
				ct state established,related accept
			}
		}
	EOT
	ok ctl session flush
	ok ctl subnet set web gateway none route-table none
	talk bare TCP 198.51.100.7 7
	say bare first 10.0.1.2
	routes VirtualAppliance 0.0.0.0/0
	say bare routed 10.0.1.2
	seen_as 203.0.113.200 198.51.100.7
	ok ctl route del 0.0.0.0/0 route-table rt1
	ok ctl route add 198.51.100.0/24 route-table rt1 next-hop-type None
	say bare nowhere 10.0.1.2
	same "new one" "" "$(in_ns "$cl" "$HERE/fetch" -m 2 http://198.51.100.7/whoami 2>/dev/null)"
	ok ctl subnet set web gateway gw1
	say bare bound 10.0.1.2

	match "flush" '[1-9]' "$(ctl session flush subnet web)"
	echo lost > "$TMP/bare.say"
	wait_for 3 heard bare '.* lost'
	refused heard bare '.* lost'
	ok in_ns "$gw" nft delete table ip stateful
}

# refusal TEXT ARGS...: refused with it
refusal()
{
	local out rc

	out=$(ctl "${@:2}" 2>&1)
	rc=$?
	same "exit of ${*:2}" 2 $rc
	match "${*:2}" "$1" "$out"
}

loops_are_refused()
{
	local hop='route-table rt1 next-hop-type VirtualAppliance next-hop-ip'

	routes VirtualAppliance 0.0.0.0/0
	# shellcheck disable=SC2086 # words
	{
		refusal '10\.0\.1\.9 .*rt1.*10\.0\.1\.0/24.*web' \
			route add 198.51.100.8/32 $hop 10.0.1.9
		refusal '10\.0\.2\.1 .*router' route add 198.51.100.8/32 $hop 10.0.2.1
		refusal '203\.0\.113\.1 .*public' route add 198.51.100.8/32 $hop 203.0.113.1
	}
	ok ctl subnet add dmz prefix 10.0.2.0/24
	refusal '10\.0\.2\.4 .*rt1.*10\.0\.2\.0/24.*dmz' subnet set dmz route-table rt1
	ok ctl subnet del dmz
	refusal '10\.0\.2\.4 .*rt1' subnet add dmz prefix 10.0.2.0/28 route-table rt1
	same "routes" 1 "$(ctl -j route show route-table rt1 | rows next-hop-type)"
}

traceroute_through()
{
	local out kind

	routes VirtualAppliance 0.0.0.0/0
	firewall_rules "$probes"
	# shellcheck disable=SC2086
	for kind in -U -I -T; do
		out=$(in_ns "$cl" traceroute -n $kind -q 1 -w 5 -m 5 198.51.100.7)
		match "traceroute $kind" '1  10.0.1.1 .*2  10.0.2.4 .*3  198.51.100.7 ' \
			"${out//$'\n'/ }"
	done
}

# upload WHAT: TCP towards the server, checked there
upload()
{
	rm -f "$TMP/uploaded"
	start "$net" socat -u TCP-LISTEN:9001,reuseaddr "CREATE:$TMP/uploaded"
	local server=$!

	wait_for 20 listening "$net" tcp 9001 || fail "no server to upload to"
	ok in_ns "$cl" timeout 60 socat -u "OPEN:$TMP/www/file" TCP:198.51.100.7:9001
	wait_for 20 test ! -d "/proc/$server"
	same "upload ($1)" "$(digest "$TMP/www/file")" "$(digest "$TMP/uploaded")"
}

path_mtu()
{
	local out

	routes VirtualAppliance 0.0.0.0/0
	firewall_rules "$probes"
	mtu "$gw" dmz0 "$fw" f0 1300
	out=$(in_ns "$cl" ping -n -c 1 -W 5 -M "do" -s 1400 198.51.100.7)
	match "too big for the way to the firewall" \
		'From 10.0.1.1 .*(F|f)rag needed.*mtu = 1300' "$out"
	match "fits" ' 0% packet loss' \
		"$(in_ns "$cl" ping -n -c 1 -W 5 -M "do" -s 1272 198.51.100.7)"
	ip -n "$cl" route flush cache
	upload "MTU 1300"
	same "download" "$(digest "$TMP/www/file")" "$(get "$cl" http://198.51.100.7/file | digest)"

	mtu "$fw" f1 "$net" n1 1200
	out=$(in_ns "$cl" ping -n -c 1 -W 5 -M "do" -s 1250 198.51.100.7)
	match "too big for the way behind it" \
		'From 10.0.2.4 .*(F|f)rag needed.*mtu = 1200' "$out"
	ip -n "$cl" route flush cache
	upload "MTU 1200 behind"
	# without DF the router cuts
	match "in fragments" ' 0% packet loss' \
		"$(in_ns "$cl" ping -n -c 1 -W 5 -M dont -s 3000 198.51.100.7)"
	mtu "$gw" dmz0 "$fw" f0 1500
	mtu "$fw" f1 "$net" n1 1500
	ip -n "$cl" route flush cache
}

offload()
{
	local dev

	for dev in "$cl c0" "$gw in0" "$gw dmz0" "$gw up0" "$fw f0" "$fw f1" "$net n1"; do
		# shellcheck disable=SC2086
		in_ns ${dev% *} ethtool -K ${dev#* } "$@" >/dev/null 2>&1 ||
			fail "ethtool -K ${dev#* } $*"
	done
}

offloads()
{
	routes VirtualAppliance 0.0.0.0/0
	firewall_rules "$probes"
	offload tx off rx off gso off gro off
	capture off "$fw" f0 tcp port 9001
	upload "without offloads"
	capture_end off
	never off greater 1515
	same "wrong checksums" 0 "$(captured off | grep -cE 'bad cksum|incorrect')"

	offload tx on rx on gso on tso on gro on
	capture on "$fw" f0 tcp port 9001
	upload "with offloads"
	capture_end on
	seen on greater 3000 || fail "no packet was larger than the MTU"
	same "download" "$(digest "$TMP/www/file")" "$(get "$cl" http://198.51.100.7/file | digest)"

	# what came in whole is cut for a device that cannot take it
	ok in_ns "$gw" ethtool -K dmz0 tx off tso off gso off
	capture cut "$fw" f0 tcp port 9001
	ok in_ns "$fw" ethtool -K f0 gro off
	upload "dmz0 off"
	capture_end cut
	never cut greater 1515 and dst port 9001
	offload tx on rx on gso on tso on gro off
}

tests=(
	blocked_then_allowed split narrower_internet_route internet_route_leaves_the_gateway
	precedence nobody_is_taken_for_the_firewall
	other_subnets_are_left_alone running_sessions_go_on flush_ends_them
	untranslated_flows_go_on loops_are_refused traceroute_through path_mtu offloads
	stats_agree
)

appliance_topology
web_server "$net" 198.51.100.7 198.51.100.8
talkers "$net" 198.51.100.7 7
standard_gateway
ok ctl gateway add gw2
ok ctl address add 203.0.113.2 gateway gw2
run "$@"
