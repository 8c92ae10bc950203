#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Devices of the router are bridges, and br_netfilter (Docker and Kubernetes load
# it) shows their frames to the hooks of IP before the bridge decides where they
# go. The topology is lib_appliance.sh's, with bridges on the router:
#
#   cl 10.0.1.2 --- [in0 in1] gw [up0] ---- n0 net 198.51.100.7, .8
#                      brin  [dmz0] brup
#                       10.0.1.1 | 192.0.2.1
#                            [f0] fw f1 --- n1
#
# brin has the clients' side, brup the uplink, brdmz the firewall; or br0 all of
# them. in1 is a port that nothing is behind.

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_appliance.sh"

# bridge BRIDGE ADDR/LEN PORT...: the ports' address is the bridge's from now on
bridge()
{
	local bridge=$1 addr=$2 port

	shift 2
	ip -n "$gw" link show "$bridge" >/dev/null 2>&1 ||
		ip -n "$gw" link add "$bridge" address "02:00:00:00:01:$((10 + RANDOM % 90))" \
			type bridge forward_delay 0
	for port in "$@"; do
		ip -n "$gw" addr flush dev "$port"
		ip -n "$gw" link set "$port" master "$bridge"
	done
	[[ $addr == - ]] || ip -n "$gw" addr add "$addr" dev "$bridge"
	ip -n "$gw" link set "$bridge" up
}

# calls 0|1: does br_netfilter show frames to IP?
calls()
{
	sysctl_in "$gw" net.bridge.bridge-nf-call-iptables="$1" \
		net.bridge.bridge-nf-call-ip6tables="$1"
}

# mac NS DEV
mac()
{
	ip -n "$1" -br link show "$2" | awk '{ print $3 }'
}

# topology [clients] [uplink] [firewall] [same]: what is behind bridges
topology()
{
	local name what

	for name in "${namespaces[@]}"; do
		[[ ! -e /run/netns/$name ]] || ns_del "$name"
	done
	namespaces=()
	appliance_topology
	sysctl_in "$gw" net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.default.send_redirects=0
	ip -n "$gw" link add in1 type veth peer name in1p
	for what in "$@"; do
		case $what in
		clients)	bridge brin 10.0.1.1/24 in0 in1 ;;
		uplink)		bridge brup 192.0.2.1/25 up0 ;;
		firewall)	bridge brdmz 10.0.2.1/24 dmz0 ;;
		same)
			bridge br0 10.0.1.1/24 in0
			bridge br0 192.0.2.1/25 up0
			bridge br0 10.0.2.1/24 dmz0
			;;
		esac
	done
	ip -n "$gw" route replace default via 192.0.2.2
	firewall_rules 'meta l4proto { tcp, udp, icmp } accept'
	in_ns "$gw" nft -f - <<-EOT
		table ip fw {
			chain forward {
				type filter hook forward priority 0; policy drop;
				ct state established,related${OFFLOAD:+,untracked} accept
				ip saddr 10.0.0.0/16 accept
			}
		}
	EOT
	echo_server "$net" 198.51.100.7 7
	web_server "$net" 198.51.100.7 198.51.100.8
	standard_gateway
	capture wire "$net" n0 not arp
}

translated()
{
	match "$1" 'flows 4 answered 4 .* addresses 1 mixed 0 .* last 203.0.113.1 ' \
		"$(flow "$1" 10.0.1.2 198.51.100.7 7 count 4)"
}

# The checks that hold behind any bridge
all_is_translated()
{
	local hops

	translated tcp
	translated udp
	seen_as 203.0.113.1 198.51.100.8
	same "file" "$(digest "$TMP/www/file")" "$(get "$cl" http://198.51.100.7/file | digest)"
	ok in_ns "$cl" ping -q -c 2 -i 0.2 -W 5 198.51.100.7
	hops=$(in_ns "$cl" traceroute -n -q 1 -w 3 198.51.100.7)
	match "first hop" ' 1  10.0.1.1 ' "$hops"
	match "second hop" ' 2  198.51.100.7 ' "$hops"
}

# An error of the server's comes back to the client, and quotes what it sent
errors_come_back()
{
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9 size 10
	soon seen inside 'icmp[0] == 3 and icmp[1] == 3'
	match "error" '198.51.100.7 > 10.0.1.2: ICMP 198.51.100.7 udp port 9 unreachable' \
		"$(captured inside 'icmp[0] == 3')"
}

wire_is_clean()
{
	capture_end wire
	seen wire 'src host 203.0.113.1' || fail "nothing was translated"
	# but for what the router's own bridge says to the segment, sooner or later: IGMP
	never wire '(src net 10.0.0.0/8 or dst net 10.0.0.0/8) and not dst net 224.0.0.0/4'
}

# Routes None, unreachable and to the firewall
routes_hold()
{
	local before

	ok ctl route-table add rt1
	ok ctl route add 198.51.100.8/32 route-table rt1 next-hop-type None
	ok ctl subnet set web route-table rt1
	before=$(drops route-none)
	refused in_ns "$cl" ping -q -c 1 -W 1 198.51.100.8
	at_least "route-none" $((before + 1)) "$(drops route-none)"
	translated tcp
	ok ctl route add 198.51.100.7/32 route-table rt1 next-hop-type VirtualAppliance \
		next-hop-ip 10.0.2.4
	seen_as 203.0.113.200 198.51.100.7
	ok in_ns "$cl" ping -q -c 1 -W 5 198.51.100.7
	ok ctl subnet set web route-table none
}

works()
{
	capture inside "$cl" c0 icmp
	all_is_translated
	errors_come_back
	routes_hold
	capture_end inside
	wire_is_clean
}

clients_not_shown()	{ topology clients; calls 0; works; }
clients()		{ topology clients; calls 1; works; }
uplink()		{ topology uplink; calls 1; works; }
both()			{ topology clients uplink firewall; calls 1; works; }
one_armed()		{ topology same; calls 1; works; }
one_armed_not_shown()	{ topology same; calls 0; works; }

# The clients' frames bear a VLAN tag, and so do those of the uplink
vlans()
{
	local pass

	topology clients uplink firewall
	calls 1
	sysctl_in "$gw" net.bridge.bridge-nf-filter-vlan-tagged=1
	ip -n "$gw" -batch - <<-EOT
		addr flush dev brin
		link add link brin name brin.10 type vlan id 10
		addr add 10.0.1.1/24 dev brin.10
		link set brin.10 up
		addr flush dev brup
		link add link brup name brup.20 type vlan id 20
		addr add 192.0.2.1/25 dev brup.20
		link set brup.20 up
		route replace default via 192.0.2.2
	EOT
	ip -n "$cl" -batch - <<-EOT
		addr flush dev c0
		link add link c0 name c0.10 type vlan id 10
		addr add 10.0.1.2/24 dev c0.10
		link set c0.10 up
		route replace default via 10.0.1.1
	EOT
	ip -n "$net" -batch - <<-EOT
		addr flush dev n0
		link add link n0 name n0.20 type vlan id 20
		addr add 192.0.2.2/25 dev n0.20
		link set n0.20 up
		route replace 203.0.113.0/24 via 192.0.2.1
		route replace 203.0.113.200/32 via 192.0.2.129
		route replace 10.0.0.0/16 via 192.0.2.1
	EOT
	capture_end wire
	capture wire "$net" n0.20 not arp
	capture inside "$cl" c0.10 icmp
	for pass in 0 1; do
		sysctl_in "$gw" net.bridge.bridge-nf-pass-vlan-input-dev=$pass
		all_is_translated
	done
	errors_come_back
	routes_hold
	capture_end inside
	wire_is_clean
}

# Addresses on devices of their own over the bridge, as VRRP does it
macvlans()
{
	topology clients uplink firewall
	calls 1
	# for the bridges have none, but would answer for those of others
	sysctl_in "$gw" net.ipv4.conf.brin.arp_ignore=1 net.ipv4.conf.brup.arp_ignore=1
	ip -n "$gw" -batch - <<-EOT
		addr flush dev brin
		link add link brin name vip0 type macvlan mode private
		addr add 10.0.1.1/24 dev vip0
		link set vip0 up
		addr flush dev brup
		link add link brup name vip1 type macvlan mode private
		addr add 192.0.2.1/25 dev vip1
		link set vip1 up
		route replace default via 192.0.2.2
	EOT
	# conntrack does not see what a promiscuous bridge takes for another device
	in_ns "$gw" nft flush ruleset
	works
}

# The port that a frame came by has its own MAC: Linux takes that for the router's.
# That of another port it does not.
mac_of_a_port()
{
	topology clients
	calls 1
	ip -n "$cl" neigh replace 10.0.1.1 lladdr "$(mac "$gw" in0)" dev c0
	translated tcp
	translated udp
	ip -n "$cl" neigh replace 10.0.1.1 lladdr "$(mac "$gw" in1)" dev c0
	refused in_ns "$cl" ping -q -c 1 -W 1 198.51.100.7
	calls 0
	refused in_ns "$cl" ping -q -c 1 -W 1 198.51.100.7
	wire_is_clean
}

# second_client: cl2 10.0.1.4, behind the clients' bridge
second_client()
{
	ns cl2
	link "$cl2" d0 10.0.1.4/24 "$gw" in2 10.0.99.1/24
	ip -n "$gw" addr flush dev in2
	ip -n "$gw" link set in2 master brin
}

# Two clients that talk past the router: their frames are none of its business
past_the_router()
{
	topology clients
	calls 1
	second_client
	ip -n "$cl2" addr add 203.0.113.1/32 dev lo
	ip -n "$cl" route add 203.0.113.1/32 via 10.0.1.4
	ok in_ns "$cl" ping -q -c 1 -W 5 10.0.1.4
	ok in_ns "$cl" ping -q -c 1 -W 5 203.0.113.1
	same "sessions" 0 "$(sessions)"
	same "hairpin" 0 "$(drops hairpin)"
	same "unsolicited" 0 "$(drops unsolicited)"
}

# established: the only rules: conntrack sees all, and nothing is dropped
established()
{
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		flush ruleset
		table ip f {
			chain forward {
				type filter hook forward priority 0;
				ct state established accept
			}
		}
	EOT
}

# A client sends to another one in the name of somebody outside. The bridge alone sees that, and
# what is sent back is no answer to a flow that came in past the gateway
forged_past_the_router()
{
	topology clients
	calls 1
	second_client
	established
	capture inside "$cl" c0 udp
	send "$cl2" 198.51.100.199 10.0.1.2 udp 7000 6000
	soon seen inside src host 198.51.100.199
	capture_end inside
	send "$cl" 10.0.1.2 198.51.100.199 udp 6000 7000
	soon seen wire 'udp dst port 7000 and src host 203.0.113.1'
	wire_is_clean
}

# An error about what a client has sent by another router than this one is of a flow that conntrack
# knows: the path MTU comes so
error_past_the_router()
{
	topology clients
	calls 1
	second_client
	ip -n "$cl2" addr add 198.51.100.199/32 dev lo
	ip -n "$cl" route add 198.51.100.199/32 via 10.0.1.4
	capture inside "$cl" c0 icmp
	send "$cl" 10.0.1.2 198.51.100.199 udp 4000 9 size 10
	soon seen inside 'icmp[0] == 3 and src host 198.51.100.199'
	capture_end inside
	ok in_ns "$cl" ping -q -c 1 -W 5 198.51.100.7
	wire_is_clean
}

# Where the route of the new destination leads back to the bridge, br_netfilter has the bridge
# forward the frame, and no hook of IP sees it routed
redirected_by_dnat()
{
	topology same
	calls 1
	# DNAT is conntrack's
	ok ctl gateway set gw1 track on
	translated udp
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		table ip n {
			chain pre {
				type nat hook prerouting priority dstnat;
				ip saddr 10.0.1.0/24 udp dport 53 dnat to 192.0.2.2
				ip saddr 10.0.1.0/24 udp dport 54 dnat to 10.0.2.4
			}
		}
	EOT
	# bridged so only while the neighbour is known
	ok in_ns "$gw" ping -q -c 2 -i 0.2 -W 5 192.0.2.2
	dropped "$cl" untranslated 10.0.1.2 198.51.100.8 udp 4000 53
	# what stays inside goes on
	ok in_ns "$gw" ping -q -c 2 -i 0.2 -W 5 10.0.2.4
	capture firewall "$fw" f0 udp dst port 54
	send "$cl" 10.0.1.2 198.51.100.8 udp 4000 54
	soon seen firewall src host 10.0.1.2
	capture_end firewall
	translated udp
	wire_is_clean
}

# conntrack.sh: lost_entry_does_not_leak, where the bridge itself forwards the answer
lost_entry_does_not_leak()
{
	topology same
	calls 1
	established
	entry_is_lost 198.51.100.8
	send "$cl" 10.0.1.2 198.51.100.8 udp 4100 9100
	soon session_count_is 1 src 10.0.1.2 dst 198.51.100.8:9100
	wire_is_clean
}

# six NS DEV ADDR [GATEWAY]
six()
{
	sysctl_in "$1" "net.ipv6.conf.all.disable_ipv6=0" "net.ipv6.conf.$2.disable_ipv6=0" \
		"net.ipv6.conf.$2.accept_dad=0"
	ip -n "$1" addr add "$3/64" dev "$2" nodad
	[[ ! ${4-} ]] || ip -n "$1" -6 route add default via "$4"
}

reaches()
{
	in_ns "$1" ping -q -c 1 -W "${3:-5}" "$2"
}

ipv6_drop()
{
	topology clients uplink
	[[ -d /proc/sys/net/ipv6 ]] || { skip "no IPv6 in this kernel"; return; }
	calls 1
	second_client
	six "$gw" brin 2001:db8:1::1
	six "$gw" brup 2001:db8:ff::1
	six "$cl" c0 2001:db8:1::2 2001:db8:1::1
	six "$cl2" d0 2001:db8:1::4 2001:db8:1::1
	six "$net" n0 2001:db8:ff::2 2001:db8:ff::1
	sysctl_in "$gw" net.ipv6.conf.all.forwarding=1
	soon reaches "$cl" 2001:db8:ff::2
	soon reaches "$cl" 2001:db8:1::4
	ok ctl subnet set web ipv6 drop
	refused reaches "$cl" 2001:db8:ff::2 1
	at_least "counter" 1 "$(drops ipv6)"
	# what the bridge itself forwards stays
	ok reaches "$cl" 2001:db8:1::4
	ok reaches "$cl" 2001:db8:1::1
}

tests=(clients_not_shown clients uplink both one_armed_not_shown one_armed vlans macvlans
	mac_of_a_port past_the_router forged_past_the_router error_past_the_router
	redirected_by_dnat lost_entry_does_not_leak ipv6_drop)

modprobe -q br_netfilter || skip_all "no br_netfilter in this kernel"
run "$@"
