#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# doctor on what else runs on routers: rules, tc, IPsec, IPVS, MTUs, another machine with the same
# address. Each is named with what was read, and is gone once its cure was typed; rules that do
# not concern a gateway are not named. See lib_doctor.sh.
#
#   cl 10.0.1.2 ---- in0 gw up0 192.0.2.1 ---- net 192.0.2.2, 198.51.100.7

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_doctor.sh"

# ruleset: standard input, instead of all other rules
ruleset()
{
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		flush ruleset
		$(cat)
	EOT
}

# reaches: a flow of the subnet gets to the Internet
reaches()
{
	match "flow" 'last 203.0.113.1 ' "$(flow udp 10.0.1.2 198.51.100.7 9000 count 1 rounds 2 2>&1)"
}

masqueraded()
{
	ruleset <<-'EOT'
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "up0" masquerade
			}
		}
	EOT
	ill foreign-nat 'a masquerade rule in chain ip nat post changes packets of subnet web' \
		'^nft -a list chain ip nat post: handle [0-9]+, masquerade$'
	cured foreign-nat '^nft insert rule ip nat post ip saddr 10.0.1.0/24 return$'
	reaches
}

masqueraded_by_iptables()
{
	ruleset <<< ''
	in_ns "$gw" iptables-nft -t nat -A POSTROUTING -o up0 -j MASQUERADE ||
		{ skip "no iptables-nft"; return; }
	ill foreign-nat 'a masquerade rule in chain ip nat POSTROUTING' 'masquerade$'
	cured foreign-nat '^iptables-nft -t nat -I POSTROUTING -s 10.0.1.0/24 -j RETURN$'
	reaches
}

# Rules of Docker, libvirt and Kubernetes for networks of their own
others_are_left_alone()
{
	ruleset <<-'EOT'
		table ip nat {
			set lan {
				type ipv4_addr
				flags interval
				elements = { 192.168.7.0/24 }
			}
			chain post {
				type nat hook postrouting priority srcnat;
				oifname != "docker0" ip saddr 172.17.0.0/16 masquerade
				ip saddr @lan masquerade
				jump kube
			}
			chain kube {
				meta mark & 0x4000 != 0x4000 return
				masquerade
			}
		}
		table ip filter {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state vmap { established : accept, related : accept, invalid : drop }
				iifname "in0" accept
			}
		}
	EOT
	examined
	same "exit status" 0 "$DOCTOR"
	[[ ! $failed ]] || note "$(< "$TMP/doctor")"
	reaches
}

closed_forward()
{
	ruleset <<-'EOT'
		table ip filter {
			chain FORWARD {
				type filter hook forward priority filter; policy drop;
				iifname "docker0" accept
			}
		}
	EOT
	ill filter 'chain ip filter FORWARD lets pass nothing that comes from subnet web' 'policy drop'
	cured filter '^nft .insert rule ip filter FORWARD ip saddr 10.0.1.0/24 accept; insert rule ip filter FORWARD ip daddr 10.0.1.0/24 ct state established,related accept.$'
	reaches
}

# With track off conntrack does not see the flows, and "established" is not true of them
untracked_forward()
{
	ok ctl gateway set gw1 track off
	ill filter 'comes back to subnet web, whose flows conntrack does not see' 'policy drop'
	cured filter '^nft insert rule ip filter FORWARD ip daddr 10.0.1.0/24 ct state untracked accept$'
	reaches
	ok ctl gateway set gw1 track on
}

# made FAMILY TABLE CHAIN TYPE HOOK PRIORITY [RULE]: by a program, which takes any name
made()
{
	ruleset <<< ''
	python3 - "$@" <<-'EOT' | in_ns "$gw" nft -j -f - || fail "nft"
		import json, sys
		family, table, name, kind, hook, prio = sys.argv[1:7]
		at = {'family': family, 'table': table}
		add = [{'table': {'family': family, 'name': table}},
		       {'chain': dict(at, name=name, type=kind, hook=hook, prio=int(prio),
		                      policy='drop' if hook == 'forward' else 'accept')}]
		add += [{'rule': dict(at, chain=name, expr=[{rule: None}])} for rule in sys.argv[7:]]
		print(json.dumps({'nftables': [{'add': each} for each in add]}))
	EOT
}

# The language of nft has no quotes for names: what it cannot say is said in JSON
odd_names()
{
	made ip "it's" 'a "b"; drop' filter forward 0
	ill filter "chain ip it's a .b.; drop lets pass nothing that comes from subnet web" \
		'^nft -a list ruleset: chain .* policy drop, no rule accepts it$'
	cured filter '^nft -j .*"insert".*"insert"'
	reaches
	made inet '$(reboot)' 'a\b' filter forward 0
	ill filter 'lets pass nothing' 'policy drop'
	cured filter '^nft -j '
	reaches
	# a word of nft's own
	made ip nat masquerade nat postrouting 100 masquerade
	ill foreign-nat 'a masquerade rule in chain ip nat masquerade' \
		'^nft -a list ruleset: chain ip nat masquerade: handle [0-9]+, masquerade$'
	cured foreign-nat '^nft -j '
	reaches
	made ip nat 9-post_.x nat postrouting 100 masquerade
	ill foreign-nat 'a masquerade rule in chain ip nat 9-post_.x' 'masquerade$'
	cured foreign-nat '^nft -j '
	# none of these needs it
	made ip nat.x/y post-x_9 nat postrouting 100 masquerade
	ill foreign-nat 'chain ip nat.x/y post-x_9' '^nft -a list chain ip nat.x/y post-x_9: handle'
	cured foreign-nat '^nft insert rule ip nat.x/y post-x_9 ip saddr 10.0.1.0/24 return$'
	reaches
	ruleset <<< ''
}

flow_table()
{
	ruleset <<-'EOT'
		table inet shortcut {
			flowtable ft {
				hook ingress priority 0
				devices = { in0, up0 }
			}
			chain forward {
				type filter hook forward priority 0;
				meta l4proto { tcp, udp } ct state established flow add @ft
			}
		}
	EOT
	[[ ! $failed ]] || { failed=; skip "this kernel has no flow tables"; return; }
	ill flowtable 'flowtable ft has in0, but takes no flow of gateway gw1' \
		'inet shortcut ft, .*track on$'
	cured flowtable '^natgwctl gateway set gw1 track off offload on$'
	reaches
	ok ctl gateway set gw1 track on offload off
}

sent_on()
{
	ruleset <<-'EOT'
		table netdev shortcut {
			chain in {
				type filter hook ingress device in0 priority 0;
				ip saddr 10.0.1.0/24 udp dport 9009 fwd ip to 192.0.2.2 device up0
			}
		}
	EOT
	[[ ! $failed ]] || { failed=; skip "this kernel has no fwd"; return; }
	ill fwd 'a fwd rule in chain netdev shortcut in sends packets( of in0)? past IP' 'handle [0-9]+, fwd$'
	cured fwd '^nft delete rule netdev shortcut in handle [0-9]+$'
}

# Of a bridge that hosts are behind
tracked_frames()
{
	bridge_of_hosts
	ruleset <<-'EOT'
		table bridge sw {
			chain post {
				type filter hook postrouting priority 0;
				oifname "in0" counter accept
			}
			chain frames {
				type filter hook forward priority 0;
				ct state vmap { established : accept, new : accept }
			}
		}
	EOT
	if [[ $failed ]]; then
		failed=
		skip "no tables of bridges in this kernel"
	else
		ill bridge-rules 'a rule of table bridge sw .* that bridge br0 only switches' \
			'^nft -a list chain bridge sw frames: handle [0-9]+, ct$'
		cured bridge-rules '^nft delete rule bridge sw frames handle [0-9]+$'
	fi
	no_bridge_of_hosts
	ruleset <<< ''
}

proxied()
{
	ruleset <<-'EOT'
		table ip proxy {
			chain intercept {
				type filter hook prerouting priority mangle;
				iifname "in0" tcp dport 80 tproxy to :3129 meta mark set 1 accept
			}
		}
	EOT
	[[ ! $failed ]] || { failed=; skip "this kernel has no tproxy"; return; }
	ill tproxy 'a tproxy rule in chain ip proxy intercept gives flows of subnet web' 'tproxy$'
	cured tproxy '^nft insert rule ip proxy intercept ip saddr 10.0.1.0/24 return$'
	ruleset <<< ''
}

# listen NUMBER: a program takes packets of that queue; its pid in $listener
listen()
{
	start_to "$TMP/queue.log" "$gw" "$HERE/queue" "$1"
	listener=$!
	soon grep -q ready "$TMP/queue.log"
}

# A program that inspects packets and has died: the kernel drops what waits for it
queued()
{
	ruleset <<-'EOT'
		table ip ips {
			chain forward {
				type filter hook forward priority filter; policy drop;
				goto inspected
			}
			chain inspected {
				queue num 3
			}
		}
	EOT
	[[ ! $failed ]] || { failed=; skip "this kernel has no NFQUEUE"; return; }
	listen 4
	ill queue 'a queue rule in chain ip ips forward gives packets that come from subnet web to queue 3, which no program listens to' \
		'^nft -a list chain ip ips inspected: handle [0-9]+, queue, .*/nfnetlink_queue: no queue 3$'
	same "severity" "error queue" "$(grep ' queue$' "$TMP/doctor")"
	stop "$listener"
	listen 3
	cured queue '^systemctl start PROGRAM$' "systemctl start PROGRAM=true"
	well filter
	reaches
	stop "$listener"
	# all of a range, if only for answers, and some packets alone
	ruleset <<-'EOT'
		table ip ips {
			chain pre {
				type filter hook prerouting priority raw;
				iifname "up0" udp dport 53 queue flags fanout to 3-5
			}
		}
	EOT
	listen 3
	ill queue 'gives some packets that come back to subnet web to queue 4,' 'no queue 4$'
	same "severity" "warning queue" "$(grep ' queue$' "$TMP/doctor")"
	stop "$listener"
	# these pass while nobody listens, and those are not of the subnet
	ruleset <<-'EOT'
		table ip ips {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ip saddr 192.168.7.0/24 queue num 7
				queue flags bypass to 3
			}
		}
	EOT
	well queue
	well filter
	reaches
	ruleset <<< ''
}

queued_by_iptables()
{
	ruleset <<< ''
	in_ns "$gw" iptables-nft -P FORWARD DROP && in_ns "$gw" iptables-nft -A FORWARD -j NFQUEUE ||
		{ skip "no iptables-nft with NFQUEUE"; ruleset <<< ''; return; }
	ill queue 'a nfqueue rule in chain ip filter FORWARD gives packets .* unless it has --queue-bypass$' \
		'nfqueue, .*: no queue$'
	well filter
	listen 0
	well queue
	reaches
	stop "$listener"
	ruleset <<< ''
}

redirected_by_tc()
{
	in_ns "$gw" tc qdisc add dev in0 clsact &&
		in_ns "$gw" tc filter add dev in0 ingress pref 7 protocol 0x88b5 matchall \
			action mirred egress redirect dev up0 || { skip "this kernel lacks mirred"; return; }
	ill tc 'packets that come in by in0 on to up0' 'dev in0 ingress: pref 7, mirred$'
	cured tc '^tc filter del dev in0 ingress pref 7$'
	# a shaper, from which packets come back
	ip -n "$gw" link add ifb0 type ifb || { skip "this kernel has no ifb"; return; }
	ip -n "$gw" link set ifb0 up
	in_ns "$gw" tc filter add dev in0 ingress matchall action mirred egress redirect dev ifb0
	well tc
	ip -n "$gw" link del ifb0
	in_ns "$gw" tc qdisc del dev in0 clsact
}

# xdp_on DEV: a program that lets all packets pass, as the machine's owner, or an agent, has one
xdp_on()
{
	in_ns "$gw" python3 - "$1" <<-'EOT'
		import ctypes, os, socket, struct, sys
		# r0 = XDP_PASS; exit
		code = ctypes.create_string_buffer(bytes.fromhex('b700000002000000' '9500000000000000'))
		license = ctypes.create_string_buffer(b'GPL')
		BPF, PROG_LOAD, XDP, SETLINK, IFLA_XDP, FD, FLAGS, GENERIC = 321, 5, 6, 19, 43, 1, 3, 2
		attr = ctypes.create_string_buffer(struct.pack('=IIQQ', XDP, 2, ctypes.addressof(code),
		                                               ctypes.addressof(license)), 128)
		prog = ctypes.CDLL(None).syscall(BPF, PROG_LOAD, attr, len(attr))
		if prog < 0:
		    sys.exit('no BPF')
		message = struct.pack('=BxHiII', 0, 0, socket.if_nametoindex(sys.argv[1]), 0, 0)
		message += struct.pack('=HHHHiHHI', 20, IFLA_XDP | 1 << 15, 8, FD, prog, 8, FLAGS, GENERIC)
		link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
		link.send(struct.pack('=IHHII', 16 + len(message), SETLINK, 5, 1, 0) + message)
		error = -struct.unpack_from('=i', link.recv(4096), 16)[0]
		sys.exit(os.strerror(error) if error else 0)
	EOT
}

# A program at XDP and one at tc, of which nobody knows what they do
bpf_programs()
{
	xdp_on in0 2> "$TMP/xdp" || { skip "this kernel has no XDP: $(< "$TMP/xdp")"; return; }
	ill xdp '^an XDP program on in0 may send packets on before' 'dev in0: xdpgeneric$'
	cured xdp '^ip link set dev in0 xdpgeneric off$'
	reaches
	in_ns "$gw" tc qdisc add dev in0 clsact &&
		in_ns "$gw" tc filter add dev in0 ingress pref 9 bpf bytecode '1,6 0 0 0,' ||
		{ fail "tc"; return; }
	ill tc '^a BPF program at the ingress of in0 may send packets on' 'ingress: pref 9, bpf$'
	cured tc '^tc filter del dev in0 ingress pref 9$'
	in_ns "$gw" tc qdisc del dev in0 clsact
	reaches
}

small_uplink()
{
	ip -n "$gw" link set up0 mtu 1400
	ill mtu 'behind in0 send packets of 1500 bytes, up0 takes 1400' 'in0 mtu 1500, up0 mtu 1400'
	cured mtu '^nft .add table ip natgw_mss; .* size set rt mtu.$'
	reaches
	ruleset <<< ''
	ip -n "$gw" link set up0 mtu 1500
}

tunnelled()
{
	ip -n "$gw" xfrm policy add src 10.0.1.0/24 dst 0.0.0.0/0 dir out \
		tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel ||
		{ skip "this kernel has no IPsec"; return; }
	ill ipsec 'all that subnet web sends to the Internet, before gateway gw1' \
		'dir out src 10.0.1.0/24 dst 0.0.0.0/0$'
	cured ipsec '^ip xfrm policy delete dir out src 10.0.1.0/24 dst 0.0.0.0/0$'
}

balanced()
{
	modprobe -q ip_vs && in_ns "$gw" ipvsadm -A -t 203.0.113.1:80 -s rr ||
		{ skip "this kernel has no IPVS"; return; }
	ill ipvs 'the IPVS service 203.0.113.1:80 TCP' 'shared off$'
	cured ipvs '^natgwctl address set 203.0.113.1 shared on reserve 80$'
	in_ns "$gw" ipvsadm -C
	ok ctl address set 203.0.113.1 shared off reserve none
}

encapsulated()
{
	ip -n "$gw" route add 198.51.100.9/32 encap seg6 mode encap segs 2001:db8::1 \
		dev up0 2>/dev/null ||
		{ skip "this kernel has no seg6"; return; }
	ill encap '198.51.100.9/32 with encap seg6 takes packets' 'table 254: 198.51.100.9/32 encap seg6$'
	cured encap '^ip route del 198.51.100.9/32 table 254$'
}

taken_address()
{
	ok ctl address add 192.0.2.5 gateway gw1 dev up0
	well duplicate
	ip -n "$net" addr add 192.0.2.5/24 dev n0
	ill duplicate 'another machine, ([0-9a-f]{2}:){5}[0-9a-f]{2}, has address 192.0.2.5 too' \
		'^arping -D -I up0 192.0.2.5: answered$'
	cured duplicate '^natgwctl address set 192.0.2.5 announce off$'
	ip -n "$net" addr del 192.0.2.5/24 dev n0
	ok ctl address del 192.0.2.5
}

# The library that reads the rules may be missing
unread()
{
	local lib

	lib=$(ldconfig -p | awk '/libnftables.so.1 / { print $NF; exit }')
	[[ $lib ]] || lib=$(echo /usr/lib/*/libnftables.so.1)
	unshare -m sh -c "mount --bind /dev/null $lib && exec natgwctl -n $gw doctor" > "$TMP/doctor" 2>&1
	same "exit status" 4 $?
	read_finding rules || { fail "rules was not found"; note "$(< "$TMP/doctor")"; }
	match "finding" 'rules of nftables cannot be read, and nothing is known of other NAT' "$FINDING"
	match "evidence" '^libnftables: .*libnftables.so.1' "$EVIDENCE"
	same "cure" "apt-get install libnftables1" "$CURE"
	well rules
}

# What is in the bundle, who may read it, and that keys are not
bundle()
{
	local key=wL3fGm0hQ1m5q0b4Jr2mYb8nPq7uVtX9sZk6eR1oTGY=

	ruleset <<-EOT
		table ip t {
			comment "password=hunter2 or so"
			chain c {
				comment "$key"
			}
		}
	EOT
	ok ctl doctor --bundle "$TMP/bundle"
	same "mode" 600 "$(stat -c %a "$TMP/bundle")"
	for part in versions findings configuration settings 'rules of nftables'; do
		grep -q "^===== $part =====\$" "$TMP/bundle" || fail "no part $part"
	done
	ok grep -q '^subnet add web prefix 10.0.1.0/24 gateway gw1$' "$TMP/bundle"
	ok grep -q '^ipv4/ip_forward:1$' "$TMP/bundle"
	ok grep -q 'comment "password=(left out)"$' "$TMP/bundle"
	ok grep -q 'comment "(left out)"$' "$TMP/bundle"
	refused grep -qE "hunter2|$key" "$TMP/bundle"
	same "left beside it" "$TMP/bundle" "$(ls "$TMP"/bundle*)"
	refused ctl doctor --bundle "$TMP/none/bundle"
	ruleset <<< ''
}

tests=(masqueraded masqueraded_by_iptables others_are_left_alone closed_forward untracked_forward
	odd_names flow_table sent_on tracked_frames proxied queued queued_by_iptables
	redirected_by_tc bpf_programs small_uplink tunnelled balanced encapsulated taken_address
	unread bundle)

modprobe -qa nf_tables nf_conntrack_bridge nft_masq nft_nat nft_ct nf_flow_table nf_flow_table_inet nft_flow_offload \
	nft_fwd_netdev nft_tproxy nft_queue nfnetlink_queue xt_NFQUEUE sch_ingress cls_matchall cls_bpf act_mirred ifb xfrm_user ip_vs_rr
standard_topology
echo_server "$net" 198.51.100.7 9000
# what rules ask of conntrack is among the findings
standard_gateway track on
clock_is ok
run "$@"
