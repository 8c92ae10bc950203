#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets that take a way past FORWARD and POST_ROUTING: one with its source in a bound subnet
# leaves translated or not at all, whatever program or rule of the router sends it.
#
#   cl 10.0.1.2 ---- in0 gw 10.0.1.1 up0 ---- net 198.51.100.7, .8, .9
#   web 10.0.1.0/24 -> gw1 203.0.113.1; net has a route to 10.0.1.0/24

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_doctor.sh"

SERVER=198.51.100.7

rules()
{
	in_ns "$gw" nft -f - || fail "nft"
}

no_rules()
{
	in_ns "$gw" nft flush ruleset
}

# A program on the router that keeps its client's address, as squid and sniproxy
# do: one exchange, prints what the server saw
transparent()
{
	in_ns "$gw" timeout 20 python3 - "$1" 10.0.1.2 "$SERVER" <<-'EOT'
		import socket, sys
		kind, source, server = sys.argv[1:]
		kind = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
		s = socket.socket(socket.AF_INET, kind)
		s.setsockopt(socket.SOL_IP, 19, 1)	# IP_TRANSPARENT
		s.settimeout(3)
		s.bind((source, 0))
		s.connect((server, 9000))
		for i in range(3):
		    s.sendall(bytes(16))
		    try:
		        answer = s.recv(24)
		        break
		    except socket.timeout:
		        answer = None
		print(socket.inet_ntoa(answer[16:20]) if answer else "nothing")
	EOT
}

transparent_proxy()
{
	local proto

	rules <<-EOT
		table ip proxy {
			chain pre {
				type filter hook prerouting priority mangle;
				meta l4proto { tcp, udp } socket transparent 1 meta mark set 1 accept
			}
		}
	EOT
	ip -n "$gw" rule add fwmark 1 lookup 100
	ip -n "$gw" route add local default dev lo table 100
	for proto in tcp udp; do
		same "$proto" 203.0.113.1 "$(transparent $proto)"
	done
	same "sessions" 2 "$(sessions src 10.0.1.2 dst "$SERVER:9000")"
	same "spoofed" 0 "$(drops spoofed-source)"
	no_rules
	ip -n "$gw" rule del fwmark 1
	ip -n "$gw" route flush table 100
}

# nobody is told of a refusal but the program's own socket
proxy_without_address()
{
	local before

	ok ctl address set 203.0.113.1 gateway none
	before=$(drops pool-empty)
	same "answer" "" "$(transparent tcp 2>/dev/null)"
	at_least "counted" $((before + 1)) "$(drops pool-empty)"
	same "last source" 10.0.1.2 "$(last_source pool-empty)"
	ok ctl address set 203.0.113.1 gateway gw1
}

# What has the router's own address is the router's, also in a bound subnet
own_address()
{
	excuse 10.0.1.1	# the router's own
	ok in_ns "$gw" ping -q -c 2 -W 5 -I 10.0.1.1 "$SERVER"
	seen wire src host 10.0.1.1 || fail "not seen with its own address"
}

connected()
{
	[[ $(in_ns "$net" ss -Htn state established sport = :9000) ]]
}

not_connected()
{
	! connected
}

# "reject with tcp reset" meets an answer: its sender is told, by the public address
reject_of_an_answer()
{
	wait_for 10 not_connected
	start_to "$TMP/reject" "$cl" python3 -c '
import socket, time
s = socket.socket()
s.connect(("198.51.100.7", 9000))
s.sendall(bytes(16))
s.recv(24)
print("up", flush=True)
try:
    while True:
        time.sleep(.2)
        s.sendall(bytes(16))
except OSError:
    pass
'
	soon grep -q up "$TMP/reject"
	soon connected
	rules <<-EOT
		table ip fw {
			chain forward {
				type filter hook forward priority 0;
				iifname up0 tcp sport 9000 reject with tcp reset
			}
		}
	EOT
	# an offloaded flow meets new rules within a minute, and new routes at once
	[[ ! ${OFFLOAD-} ]] || ip -n "$gw" route flush cache
	soon not_connected
	soon seen wire "src host 203.0.113.1 and tcp[13] & 4 != 0"
	no_rules
}

# shortcut: what is for .9, and what bears a label of MPLS, goes from in0 to up0 past IP
shortcut()
{
	rules <<-EOT
		table netdev past {
			chain ingress {
				type filter hook ingress device in0 priority 0;
				ip daddr 198.51.100.9 fwd to up0
				meta protocol 0x8847 fwd to up0
			}
		}
	EOT
}

# Sent from the ingress hook: no IP hook sees it
forwarded_by_netdev_rule()
{
	shortcut
	dropped "$cl" untranslated 10.0.1.2 198.51.100.9 udp 4000 9001
	dropped "$cl" untranslated 10.0.1.2 198.51.100.9 tcp 4000 80 S
	same "last source" 10.0.1.2 "$(last_source untranslated)"
	# nor in the router's own name
	dropped "$cl" untranslated 10.0.1.1 198.51.100.9 udp 4000 9001
	# nor what a route forbids
	ok ctl route-table add rt1
	ok ctl route add 198.51.100.9/32 route-table rt1 next-hop-type None
	ok ctl subnet set web route-table rt1
	dropped "$cl" untranslated 10.0.1.2 198.51.100.9 udp 4001 9001
	ok ctl subnet set web route-table none
	ok ctl route-table del rt1
	# the others of the same device go on
	match "flow" 'last 203.0.113.1' "$(flow udp 10.0.1.2 "$SERVER" 9000)"
	no_rules
}

# A client's frame keeps its sender's MAC, but is none of the macvlan devices' on the uplink. What
# a container sends by such a device is switched, and none of the router's business
forwarded_beside_macvlan()
{
	excuse 10.0.1.7	# the container's
	shortcut
	ip -n "$gw" link add link up0 name mv0 type macvlan mode bridge
	ip -n "$gw" link set mv0 up
	dropped "$cl" untranslated 10.0.1.2 198.51.100.9 udp 4000 9002
	ns box
	ip -n "$gw" link set mv0 netns "$box"
	dropped "$cl" untranslated 10.0.1.2 198.51.100.9 udp 4000 9002
	ip -n "$box" -batch - <<-EOT
		addr add 192.0.2.9/24 dev mv0
		addr add 10.0.1.7/32 dev mv0
		link set mv0 up
		route add default via 192.0.2.2
	EOT
	send "$box" 10.0.1.7 198.51.100.8 udp 4000 9003
	soon seen wire src host 10.0.1.7
	ns_del "$box"
	no_rules
}

# labelled NS DEV LABELS: a datagram from 10.0.1.2 to 198.51.100.9 behind so many labels
labelled()
{
	in_ns "$1" python3 - "${@:2}" <<-'EOT'
		import socket, struct, sys
		dev, labels = sys.argv[1], int(sys.argv[2])
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		s.bind((dev, 0))
		frame = b"\xff" * 6 + s.getsockname()[4]
		frame += struct.pack("!H", 0x8847)
		for i in range(labels):
		    frame += struct.pack("!I", (100 + i) << 12 | (i == labels - 1) << 8 | 64)
		frame += struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 17, 0,
		                     socket.inet_aton("10.0.1.2"), socket.inet_aton("198.51.100.9"))
		frame += struct.pack("!HHHH", 4000, 9004, 8, 0)
		s.send(frame)
	EOT
}

untranslated_after()
{
	local before

	before=$(drops untranslated)
	ok "$@"
	soon counted untranslated $((before + 1))
}

# Behind labels there is a packet, too
forwarded_behind_labels()
{
	shortcut
	untranslated_after labelled "$cl" c0 1
	untranslated_after labelled "$cl" c0 3
	same "last source" 10.0.1.2 "$(last_source untranslated)"
	no_rules
}

# A router of MPLS sends on what it has swapped or taken the label of, and no hook of IP sees it
label_switched()
{
	modprobe -qa mpls_router mpls_iptunnel
	[[ -d /proc/sys/net/mpls ]] || { skip "no MPLS in this kernel"; return; }
	sysctl_in "$gw" net.mpls.platform_labels=300 net.mpls.conf.in0.input=1
	ip -n "$gw" -f mpls route add 100 as 200 via inet 192.0.2.2 dev up0
	ip -n "$gw" -f mpls route add 101 via inet 192.0.2.2 dev up0
	ip -n "$cl" route add 198.51.100.8/32 encap mpls 100 via 10.0.1.1
	ip -n "$cl" route add 198.51.100.9/32 encap mpls 101 via 10.0.1.1
	dropped "$cl" untranslated 10.0.1.2 198.51.100.8 udp 4000 9005
	dropped "$cl" untranslated 10.0.1.2 198.51.100.9 udp 4000 9005
	ip -n "$cl" route del 198.51.100.8/32
	ip -n "$cl" route del 198.51.100.9/32
	ip -n "$gw" -f mpls route del 100
	ip -n "$gw" -f mpls route del 101
}

offloaded()
{
	in_ns "$gw" conntrack -L 2>/dev/null | grep "$1" | grep -q OFFLOAD
}

flowtable()
{
	rules <<-EOT
		table inet fast {
			flowtable ft { hook ingress priority 0; devices = { in0, up0 }; }
			chain forward {
				type filter hook forward priority 0; policy drop;
				meta l4proto { tcp, udp } ct state established flow add @ft
				ct state established,related accept
				iifname in0 accept
				ip daddr 10.0.1.0/24 accept
			}
		}
	EOT
}

# A flow that runs and is offloaded while its subnet is not bound, by $client
flow_before_binding()
{
	excuse 10.0.1.2
	ok ctl subnet set web gateway none
	flowtable
	start_to "$TMP/before" "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.8 9000 \
		rounds 0 every 20
	client=$!
	soon offloaded 198.51.100.8
}

# A flow that ran and was offloaded before its subnet was bound goes on: all that
# is left to see of it is here
offloaded_before_binding()
{
	local before client

	before=$(drops untranslated)
	flow_before_binding
	ok ctl subnet set web gateway gw1
	capture before "$net" n0 src host 10.0.1.2 and dst host 198.51.100.8
	soon seen before udp
	same "dropped" "$before" "$(drops untranslated)"
	running "$client" || fail "it has ended: $(cat "$TMP/before")"
	capture_end before
	kill "$client"
	wait "$client" || fail "lost: $(cat "$TMP/before")"
	ok ctl session flush
	no_rules
	in_ns "$gw" conntrack -F 2>/dev/null
}

# Newer kernels put the header of an ipip uplink before the packets of a flow table without the
# tunnel's device: no hook sees these until conntrack forgets the flow. Then they are translated.
offloaded_into_a_tunnel()
{
	local before client

	ip -n "$gw" link add tun1 type ipip local 192.0.2.1 remote 192.0.2.2 &&
		ip -n "$net" link add tun1 type ipip local 192.0.2.2 remote 192.0.2.1 ||
		{ skip "no ipip"; return; }
	ip -n "$gw" link set tun1 up
	ip -n "$net" link set tun1 up
	# doctor knows the uplinks by default routes; a route that comes later ends the flow's offload
	ip -n "$gw" route add default dev tun1 metric 9
	ip -n "$gw" route add 198.51.100.8/32 dev tun1
	ip -n "$net" route replace 10.0.1.0/24 dev tun1
	flow_before_binding
	# an answer that is under way while the subnet is bound looks like a flow from outside, whose
	# direct record would let the host's packets pass
	ip -n "$net" route del 10.0.1.0/24
	before=$(drops untranslated)
	ok ctl subnet set web gateway gw1
	ok ctl session flush
	capture tunnel "$net" n0 ip proto 4
	# by the tunnel unseen, or seen there by the last exit: as the kernel has it
	soon eval 'seen tunnel "ip[32:4] == 0x0a000102" || (($(drops untranslated) > before))'
	if seen tunnel 'ip[32:4] == 0x0a000102'; then
		ok ctl gateway set gw1 track off
		ill flowtable 'flows of subnet web from before it was bound: .* by the tunnel tun1 may' \
			'^conntrack -L -s 10.0.1.2: .OFFLOAD.$'
		cured flowtable '^conntrack -D -s 10.0.1.0/24$'
		ok ctl gateway set gw1 track on
	else
		# whose packets are dropped is not offloaded for long, and doctor might come too late
		ok in_ns "$gw" conntrack -D -s 10.0.1.0/24
	fi
	soon seen tunnel 'ip[32:4] == 0xcb007101'
	capture_end tunnel
	capture tunnel "$net" n0 ip proto 4
	soon seen tunnel 'ip[32:4] == 0xcb007101'
	capture_end tunnel
	never tunnel 'ip[32:4] == 0x0a000102'
	stop "$client"
	ip -n "$gw" link del tun1
	ip -n "$net" link del tun1
	ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
	ok ctl session flush
	no_rules
	in_ns "$gw" conntrack -F 2>/dev/null
}

# A translated one is never taken, whatever conntrack forgets
flowtable_and_lost_entries()
{
	local proto client

	flowtable
	for proto in udp tcp; do
		start_to "$TMP/$proto" "$cl" "$HERE/flows" client $proto 10.0.1.2 "$SERVER" 9000 \
			rounds 0 every 10 count 4
		client=$!
		soon session_count_is 4 proto $proto state established dst "$SERVER:9000" src 10.0.1.2
		sent_more 100
		in_ns "$gw" conntrack -F 2>/dev/null
		sent_more 100
		refused offloaded "$SERVER"
		kill "$client"
		wait "$client" || fail "$proto: $(cat "$TMP/$proto")"
		ok ctl session flush
	done
	no_rules
}

packets_out()
{
	counter packets-out
}

more_than()
{
	(($(packets_out) > $1))
}

# sent_more NUMBER: so many packets have been translated meanwhile
sent_more()
{
	soon more_than $(($(packets_out) + $1))
}

# Behind a bridge a packet passes two devices; a next hop's is taken for it at both
uplink_is_a_bridge()
{
	excuse 10.0.1.2	# steered there
	ip -n "$gw" -batch - <<-EOT
		link add br0 type bridge
		link set br0 up
		addr del 192.0.2.1/24 dev up0
		link set up0 master br0
		addr add 192.0.2.1/24 dev br0
		route replace default via 192.0.2.2
	EOT
	ok ctl route-table add rt1
	ok ctl route add 198.51.100.8/32 route-table rt1 next-hop-type VirtualAppliance \
		next-hop-ip 192.0.2.2
	ok ctl subnet set web route-table rt1
	match "translated" 'last 203.0.113.1' "$(flow udp 10.0.1.2 "$SERVER" 9000)"
	ok in_ns "$cl" ping -q -c 2 -W 5 198.51.100.8
	ok ctl subnet set web route-table none
	ok ctl route-table del rt1
}

# A frame that is sent to the port of a bridge is none that the bridge switches: it came by
# another device than a port. What comes by a port is the bridge's own business
forwarded_to_a_port()
{
	excuse 10.0.1.7	# a neighbour's behind the bridge
	shortcut
	dropped "$cl" untranslated 10.0.1.2 198.51.100.9 udp 4000 9006
	dropped "$cl" untranslated 10.0.1.1 198.51.100.9 udp 4000 9006
	ns box
	link "$box" b0 192.0.2.9/24 "$gw" port1 192.0.9.1/24
	ip -n "$gw" addr flush dev port1
	ip -n "$gw" link set port1 master br0
	ip -n "$box" addr add 10.0.1.7/32 dev b0
	ip -n "$box" route add default via 192.0.2.2
	send "$box" 10.0.1.7 198.51.100.8 udp 4000 9007
	soon seen wire udp dst port 9007 and src host 10.0.1.7
	ns_del "$box"
	no_rules
}

# An answer to what came in by a route is cut in pieces after it was looked at
answers_in_pieces()
{
	excuse 10.0.1.2	# answers to what came in by a route
	start_to "$TMP/pieces" "$cl" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.0.1.2", 9300))
print("up", flush=True)
while True:
    data, peer = s.recvfrom(100)
    s.sendto(bytes(3000), peer)
'
	soon grep -q up "$TMP/pieces"
	same "answer" 3000 "$(in_ns "$net" timeout 20 python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(3)
s.bind(("198.51.100.8", 0))
for i in range(4):
    s.sendto(b"ask", ("10.0.1.2", 9300))
    try:
        print(len(s.recv(9000)))
        break
    except socket.timeout:
        pass
')"
}

no_private_source()
{
	capture_end wire
	seen wire src host 203.0.113.1 || fail "nothing captured"
	never wire src net 10.0.0.0/8 and not src host 10.0.1.1 and not host 198.51.100.8
}

tests=(
	transparent_proxy proxy_without_address own_address reject_of_an_answer
	forwarded_by_netdev_rule forwarded_beside_macvlan forwarded_behind_labels label_switched
	offloaded_before_binding offloaded_into_a_tunnel flowtable_and_lost_entries
	uplink_is_a_bridge forwarded_to_a_port answers_in_pieces no_private_source stats_agree
)

standard_topology
ip -n "$net" addr add 198.51.100.9/32 dev lo
ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
standard_gateway
echo_server "$net" "$SERVER" 9000
echo_server "$net" 198.51.100.8 9000
capture wire "$net" n0 ip
run "$@"
