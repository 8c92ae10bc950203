#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# doctor: nothing is found where nothing is wrong; each fault of settings and objects is named
# with what was read, and is gone once its cure was typed. See lib_doctor.sh.
#
#   cl 10.0.1.2 ---- in0 gw up0 192.0.2.1 ---- net 198.51.100.7
#                        up1 192.0.3.1 ---- net
#                        dmz0 10.0.2.1

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_doctor.sh"

nothing_wrong()
{
	examined
	same "exit status" 0 "$DOCTOR"
	match "what was checked" '^[0-9]+ checks found nothing:.*forwarding +Linux forwards' \
		"$(< "$TMP/doctor")"
	same "JSON" "[]" "$(ctl -j doctor)"
	[[ ! $failed ]] || note "$(< "$TMP/doctor")"
}

as_json()
{
	sysctl_in "$gw" net.ipv4.ip_forward=0
	ctl -j doctor > "$TMP/json"
	same "exit status" 4 $?
	same "keys" '[["id","severity","finding","evidence","cure"],"error"]' \
		"$(jq -c 'map(select(.id == "forwarding"))[0] | [keys_unsorted, .severity]' "$TMP/json")"
	sysctl_in "$gw" net.ipv4.ip_forward=1
}

not_forwarded()
{
	sysctl_in "$gw" net.ipv4.ip_forward=0
	ill forwarding 'net.ipv4.ip_forward is 0$' '^/proc/sys/net/ipv4/ip_forward: 0$'
	cured forwarding '^sysctl -w net.ipv4.ip_forward=1$'
	sysctl_in "$gw" net.ipv4.conf.in0.forwarding=0
	ill forwarding 'comes in by in0, where hosts of a subnet is' 'conf/in0/forwarding: 0$'
	cured forwarding '^sysctl -w net/ipv4/conf/in0/forwarding=1$'
}

no_fragments()
{
	sysctl_in "$gw" net.ipv4.ipfrag_low_thresh=0 net.ipv4.ipfrag_high_thresh=0
	ill fragments 'may keep 0 bytes' 'ipfrag_high_thresh: 0$'
	cured fragments '^sysctl -w net.ipv4.ipfrag_high_thresh=[0-9]+$'
}

# A second line to the Internet, whose answers come in by up1
strict_reverse_path()
{
	ok ctl address set 203.0.113.1 uplink up1
	sysctl_in "$gw" net.ipv4.conf.up1.rp_filter=1
	ill reverse-path 'come in by up1 are dropped' 'conf/up1/rp_filter: 1$'
	cured reverse-path '^sysctl -w net/ipv4/conf/up1/rp_filter=2$'
	ok ctl address set 203.0.113.1 uplink none
}

uplink_down()
{
	ok ctl address set 203.0.113.1 uplink up1
	well address
	ip -n "$gw" link set up1 down
	ill address '^device up1, the uplink of address 203.0.113.1, is down$' 'uplink up1, .*up1: down$'
	cured address '^ip link set up1 up$'
	ok ctl address set 203.0.113.1 uplink none
}

full_conntrack()
{
	local max

	[[ -e /proc/sys/net/netfilter/nf_conntrack_max ]] || modprobe -q nf_conntrack
	max=$(cat /proc/sys/net/netfilter/nf_conntrack_max) || { skip "no conntrack"; return; }
	ok ctl gateway set gw1 track on
	# a rule that needs it makes it see the flows of the gateway
	in_ns "$gw" nft 'add table ip t; add chain ip t c { type filter hook forward priority 0; }; add rule ip t c ct state invalid drop'
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9000
	sysctl -qw net.netfilter.nf_conntrack_max=1
	ill conntrack 'nearly full, with [1-9][0-9]* of 1 entries' 'nf_conntrack_max: 1$'
	cured conntrack '^nsenter --net=/proc/1/ns/net sysctl -w net.netfilter.nf_conntrack_max=262144$'
	sysctl -qw net.netfilter.nf_conntrack_max="$max"
	in_ns "$gw" nft delete table ip t
}

filtered_bridge()
{
	modprobe -q br_netfilter || { skip "no br_netfilter"; return; }
	bridge_of_hosts
	sysctl_in "$gw" net.bridge.bridge-nf-call-iptables=1
	ill bridge-filter 'each frame of bridge br0' 'bridge-nf-call-iptables: 1, br0 is a bridge$'
	cured bridge-filter '^sysctl -w net.bridge.bridge-nf-call-iptables=0$'
	no_bridge_of_hosts
}

few_local_ports()
{
	ok ctl address add 192.0.2.1 gateway gw1 shared on
	well local-ports
	in_ns "$gw" sysctl -qw 'net.ipv4.ip_local_port_range=1024 65000'
	soon few_ports
	ill local-ports '192.0.2.1 has only [0-9]+ of 64512 ports' 'ip_local_port_range: 1024 65000$'
	match "cure" '^sysctl -w net.ipv4.ip_local_port_range=' "$CURE"
	ok in_ns "$gw" bash -c "$CURE"
	soon eval '! few_ports'
	well local-ports
	ok ctl address del 192.0.2.1
}

few_ports()
{
	(($(value "$(ctl -j address show 192.0.2.1)" ports) < 1000))
}

ipv6_past_gateway()
{
	sysctl_in "$gw" net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.in0.disable_ipv6=0 \
		net.ipv6.conf.up0.disable_ipv6=0 net.ipv6.conf.all.forwarding=1
	well ipv6
	ip -n "$gw" -6 addr add 2001:db8:2::1/64 dev up0 nodad
	ip -n "$gw" -6 route add default via 2001:db8:2::2
	ill ipv6 'IPv6 of subnet web goes past gateway gw1' 'conf/in0/forwarding: 1, '
	cured ipv6 '^natgwctl subnet set web ipv6 drop$'
	ok ctl subnet set web ipv6 keep
	ip -n "$gw" -6 route del default
	sysctl_in "$gw" net.ipv6.conf.all.forwarding=0 net.ipv6.conf.all.disable_ipv6=1
}

wrong_clock()
{
	ok clock_is unsynchronised
	ill clock 'is not synchronised' '^adjtimex.2.: state 5'
	same "cure" "timedatectl set-ntp true" "$CURE"
	ok clock_is ok
	well clock
}

# works_not [REASON]: of gw1; without one, it works
works_not()
{
	same "operational, for ${1:-no reason}" "$([[ ${1-} ]] && echo no || echo yes) ${1-}" \
		"$(ctl -j gateway show gw1 | jq -r '.[0] | "\(.operational) \(.["operational-reason"] // "")"')"
}

idle_gateways()
{
	ok ctl gateway add gw2
	ill gateway '^gateway gw2 has no address$' 'operational no .no-address.$'
	ok ctl address add 203.0.113.9
	ill gateway '^gateway gw2 has no address$' 'no-address'
	cured address '^natgwctl gateway set gw2 address 203.0.113.9$'
	ill gateway '^no subnet is bound to gateway gw2' 'operational no .no-subnet.$'
	ok ctl subnet add db prefix 10.0.8.0/24
	ok ctl subnet set web gateway none
	ill gateway 'gateway gw1' no-subnet
	ok ctl subnet set web gateway gw1
	ill gateway 'gateway gw2' no-subnet
	cured gateway '^natgwctl subnet set db gateway gw2$'
	works_not
	ip -n "$gw" route del default
	works_not "no route to the Internet"
	# of two reasons the first: what Linux does not forward needs no route
	sysctl_in "$gw" net.ipv4.ip_forward=0
	works_not "forwarding off"
	well gateway
	ill forwarding 'net.ipv4.ip_forward is 0$' 'ip_forward: 0$'
	cured forwarding '^sysctl -w net.ipv4.ip_forward=1$'
	works_not "no route to the Internet"
	ill gateway 'no route to the Internet' 'no-route.*unreachable$'
	cured gateway '^ip route add default via NEXT-HOP$' NEXT-HOP=192.0.2.2
	ok batch <<-EOT
		subnet del db
		address del 203.0.113.9
		gateway del gw2
	EOT
}

silent_addresses()
{
	ok ctl address add 203.0.113.5
	ill address '^address 203.0.113.5 is attached to no gateway' 'gateway none$'
	cured address '^natgwctl address set 203.0.113.5 gateway gw1$'
	ok ctl address del 203.0.113.5
	ctl address add 192.0.2.5 gateway gw1 2>/dev/null
	ill address '192.0.2.5 is in the network of up0, where nobody answers ARP' 'dev none$'
	cured address '^natgwctl address set 192.0.2.5 dev up0$'
	ip -n "$gw" link set up1 down
	ok ctl address set 192.0.2.5 dev up1
	ill address '^device up1, the dev of address 192.0.2.5, is down$' 'up1: down$'
	cured address '^ip link set up1 up$'
	ok ctl address set 192.0.2.5 dev up0
	ip -n "$gw" addr add 192.0.2.5/32 dev up1
	ill address 'its own address of 192.0.2.5 on up1' 'shared off$'
	cured address '^natgwctl address set 192.0.2.5 shared on$'
	ok ctl address del 192.0.2.5
	ip -n "$gw" addr del 192.0.2.5/32 dev up1
}

# A name that a shell would act on is typed between quotes
odd_device()
{
	local dev="d;e'\$(f)"

	ip -n "$gw" link add "$dev" type dummy
	ok ctl address add 203.0.113.5 gateway gw1 dev "$dev"
	ill address 'the dev of address 203.0.113.5, is down$' ': down$'
	cured address '^ip link set .*up$'
	ok ctl address del 203.0.113.5
	ip -n "$gw" link del "$dev"
}

# The next router does not know where the address is
no_answers()
{
	ok ctl address add 198.18.9.9 gateway gw1
	ok ctl address set 203.0.113.1 gateway none
	send "$cl" repeat 5 ports 1000 10.0.1.2 198.51.100.7 udp 4000 9000
	soon session_count_is 5 address 198.18.9.9
	ill answers 'back to address 198.18.9.9: does 192.0.2.2 route it' 'attempted 5, established 0$'
	match "cure" '^ip route add 198.18.9.9 via 192.0.2.1$' "$CURE"
	ok in_ns "$net" bash -c "$CURE"
	match "flow" 'last 198.18.9.9' "$(flow udp 10.0.1.2 198.51.100.7 9000 count 1 2>&1)"
	well answers
	ok ctl address set 203.0.113.1 gateway gw1
	ok ctl address del 198.18.9.9
}

no_way_back()
{
	ok ctl subnet add far prefix 10.0.7.0/24 gateway gw1
	ill way-back 'subnet far, 10.0.7.0/24, back to the Internet by up0' '10.0.7.0/24: up0$'
	cured way-back '^ip route add 10.0.7.0/24 via NEXT-HOP$' NEXT-HOP=10.0.1.2
	ok ctl subnet del far
}

unbound_subnets()
{
	excuse 10.0.1.2
	ok ctl subnet set web gateway none
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9001
	ill unbound '^subnet web, 10.0.1.0/24, sends to the Internet untranslated' \
		'untranslated [1-9][0-9]*, last source 10.0.1.2, [0-9]+s ago$'
	cured unbound '^natgwctl subnet set web gateway gw1$'
	excuse 10.0.2.9
	ip -n "$gw" route add 10.0.2.9 dev in0
	send "$cl" 10.0.2.9 198.51.100.7 udp 4000 9001
	ill unbound '^10.0.2.9 sends to the Internet untranslated: it is in no subnet$' \
		'no-subnet [1-9][0-9]*, last source 10.0.2.9, [0-9]+s ago$'
	cured unbound '^natgwctl subnet add SUBNET prefix 10.0.2.9/32 gateway gw1$' SUBNET=stray
	ok ctl subnet del stray
}

missing_devices()
{
	ip -n "$gw" link add eth7 type dummy
	ok ctl vnet add hub prefix 10.9.0.0/16 dev eth7
	well vnet
	ip -n "$gw" link del eth7
	ill vnet '^device eth7 of vnet hub does not exist' 'link show eth7: nothing$'
	cured vnet '^natgwctl vnet set hub dev DEV$' DEV=dmz0
	ok ctl vnet del hub
}

# Of two vnets with the same addresses one has left its VRF
left_vrf()
{
	local dev

	for dev in red blue; do
		ip -n "$gw" -batch - <<-EOT
			link add vrf-$dev type vrf table $((${#dev} + 100))
			link set vrf-$dev up
			link add $dev type dummy
			link set $dev up master vrf-$dev
		EOT
		ok ctl vnet add $dev prefix 10.50.0.0/16 dev $dev
	done
	well vnet
	ip -n "$gw" link set blue nomaster
	ill vnet '^vnet blue is down and its packets are dropped' '^natgwctl vnet show blue: down$'
	cured vnet '^ip link set DEV master VRF$' DEV=blue VRF=vrf-blue
	for dev in red blue; do
		ok ctl vnet del $dev
		ip -n "$gw" link del $dev
		ip -n "$gw" link del vrf-$dev
	done
}

no_next_hops()
{
	ok batch <<-EOT
		route-table add rt1
		route add 198.51.100.8/32 route-table rt1 next-hop-type VirtualNetworkGateway
		subnet set web route-table rt1
	EOT
	ill next-hop 'the vnet has no vpn-next-hop' 'route show effective subnet web$'
	ip -n "$gw" neigh add 10.0.2.4 lladdr 02:00:00:00:00:04 dev dmz0
	cured next-hop '^natgwctl vnet set default vpn-next-hop IP$' IP=10.0.2.4
	ok batch <<-EOT
		subnet set web route-table none
		vnet set default vpn-next-hop none
		route-table del rt1
	EOT
}

standing_guard()
{
	ctl export > "$TMP/config"
	ok ctl guard on -f "$TMP/config"
	ill guard 'keeps the subnets of its file from the Internet' "file $TMP/config, packets 0$"
	cured guard "^natgwctl apply -f $TMP/config$"
}

drops_by_fault()
{
	send "$cl" 10.0.1.2 198.51.100.7 proto 47
	soon counted protocol 1 || return
	ill drops 'packets are dropped, protocol: ' 'protocol 1, last from 10.0.1.2 '
	same "cure" "natgwctl stats explain protocol" "$CURE"
}

# modinfo speaks of a module that is installed, and not of the one that runs
other_builds()
{
	mkdir -p "$TMP/bin"
	printf '#!/bin/sh\necho 0123456789ABCDEF\n' > "$TMP/bin/modinfo"
	chmod +x "$TMP/bin/modinfo"
	PATH=$TMP/bin:$PATH ill version 'is another build than the installed one' \
		'natgw/srcversion: [0-9A-F]+, modinfo -F srcversion natgw: 0123456789ABCDEF$'
	same "cure" "natgwctl upgrade" "$CURE"
	printf '#!/bin/sh\nexit 1\n' > "$TMP/bin/modinfo"
	PATH=$TMP/bin:$PATH ill version 'no module natgw is installed for kernel' \
		'^modinfo natgw: nothing$'
	match "cure" '^apt-get install linux-headers-[^ ]+ && dkms autoinstall$' "$CURE"
	well version
}

# loaded [PARAMETER]...: anew, without any configuration
loaded()
{
	modprobe -r natgw 2>/dev/null || rmmod natgw
	modprobe natgw "$@" 2>/dev/null || insmod "$HERE/../kmod/natgw.ko" "$@"
}

# The initial namespace is held
held_back()
{
	ok loaded hold=1 sessions_max=100
	natgwctl doctor > "$TMP/doctor" 2>&1
	read_finding hold || { fail "hold was not found"; note "$(< "$TMP/doctor")"; }
	match "finding" 'private sources are held back until the first configuration' "$FINDING"
	match "evidence" 'parameters/hold: Y, natgwctl: generation 0, hold [0-9]+$' "$EVIDENCE"
	match "cure" '^natgwctl apply -f /etc/natgw/natgw.conf$' "$CURE"
	echo "gateway add gw1" > "$TMP/config"
	ok bash -c "${CURE//\/etc\/natgw\/natgw.conf/$TMP/config}"
	natgwctl doctor > "$TMP/doctor" 2>&1
	! read_finding hold || fail "hold is found after its cure"
	ok natgwctl gateway del gw1
}

# The table has the 100 sessions that the test before has loaded it for
no_room()
{
	standard_gateway
	send "$cl" repeat 79 ports 79 10.0.1.2 198.51.100.7 udp 4000 9000
	soon session_count_is 79
	well room
	send "$cl" 10.0.1.2 198.51.100.7 udp 4079 9000
	soon session_count_is 80
	ill room 'the table of sessions is nearly full: 80 of 100' 'sessions 80, sessions-max 100$'
	match "cure" '^echo options natgw sessions_max=200 > .* && natgwctl upgrade$' "$CURE"
	ok ctl session flush
	soon session_count_is 0
	well room
	ok loaded
}

without_root()
{
	match "advice" 'sudo .*natgwctl' "$(setpriv --reuid 65534 --clear-groups natgwctl -n "$gw" doctor 2>&1)"
}

tests=(nothing_wrong as_json not_forwarded no_fragments strict_reverse_path uplink_down full_conntrack
	filtered_bridge few_local_ports ipv6_past_gateway wrong_clock idle_gateways
	silent_addresses odd_device no_answers no_way_back unbound_subnets missing_devices left_vrf
	no_next_hops standing_guard drops_by_fault other_builds without_root held_back no_room)
# Each makes one fault, and takes it away again. The last two need each other.
by_turns=("${tests[@]:2:22}")

standard_topology
link "$gw" up1 192.0.3.1/24 "$net" n1 192.0.3.2/24
ip -n "$gw" -batch - <<-EOT
	link add dmz0 type dummy
	addr add 10.0.2.1/24 dev dmz0
	link set dmz0 up
EOT
echo_server "$net" 198.51.100.7 9000
standard_gateway
clock_is ok
# The tests of this guest that follow have a whole table, wherever this one ends
trap '(($(< /sys/module/natgw/parameters/sessions_max) != 100)) || loaded; clean_up' EXIT
run "$@"
