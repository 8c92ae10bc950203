#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A vnet with devices of its own, in no VRF: only packets that come by these devices are
# looked up in its subnets; packets by other devices belong to vnet default.
#
#   cl                 rt (router)          gw                        net
#   c0 10.0.1.2 -- r0 10.0.1.1 | r1 .2 -- in0 10.255.0.1
#   cl2                                        up0 192.0.2.1 ---- n0 192.0.2.2
#   d0 192.168.5.2 ---------------------- in1 192.168.5.1      lo 198.51.100.7
#
#   vnet prod, 10.0.0.0/16 on in0: subnet web 10.0.1.0/24, gw1, 203.0.113.1
#   vnet default: subnet old 192.168.5.0/24, gw2, 203.0.113.2

. "$(dirname "$0")/lib.sh"

SERVER=198.51.100.7

# six NS DEV ADDR [GATEWAY]
six()
{
	sysctl_in "$1" "net.ipv6.conf.all.disable_ipv6=0" "net.ipv6.conf.$2.disable_ipv6=0" \
		"net.ipv6.conf.$2.accept_dad=0" net.ipv6.conf.all.keep_addr_on_down=1
	ip -n "$1" addr add "$3/64" dev "$2" nodad
	[[ ! ${4-} ]] || ip -n "$1" -6 route add default via "$4"
}

topology()
{
	ns cl rt cl2 gw net
	link "$cl" c0 10.0.1.2/24 "$rt" r0 10.0.1.1/24
	link "$rt" r1 10.255.0.2/24 "$gw" in0 10.255.0.1/24
	link "$cl2" d0 192.168.5.2/24 "$gw" in1 192.168.5.1/24
	link "$gw" up0 192.0.2.1/24 "$net" n0 192.0.2.2/24
	ip -n "$cl" route add default via 10.0.1.1
	ip -n "$rt" route add default via 10.255.0.1
	ip -n "$cl2" route add default via 192.168.5.1
	ip -n "$gw" route add 10.0.1.0/24 via 10.255.0.2
	ip -n "$gw" route add default via 192.0.2.2
	ip -n "$net" addr add "$SERVER/32" dev lo
	ip -n "$net" route add 203.0.113.0/24 via 192.0.2.1
	forwarding "$rt" "$gw"
}

# from NS SRC: the public address of its flow
from()
{
	local said

	said=$(in_ns "$1" "$HERE/flows" client "${3:-udp}" "$2" "$SERVER" 9000)
	[[ $said =~ answered\ 1\ .*\ last\ ([0-9.]+) ]] && echo "${BASH_REMATCH[1]}"
}

each_its_own()
{
	local proto

	for proto in udp tcp; do
		same "web" 203.0.113.1 "$(from "$cl" 10.0.1.2 $proto)"
		same "old" 203.0.113.2 "$(from "$cl2" 192.168.5.2 $proto)"
	done
	same "sessions" "2 2" "$(sessions vnet prod) $(sessions vnet default)"
}

# What is bound does not leave by the device of others as it is
not_from_other_devices()
{
	capture wire "$net" n0 ip
	dropped "$cl2" vnet-device 10.0.1.2 "$SERVER" udp 4000 9001
	same "last source" 10.0.1.2 "$(last_source vnet-device)"
	dropped "$cl" vnet-device 192.168.5.2 "$SERVER" udp 4001 9002
	send "$cl" 10.0.1.2 "$SERVER" udp 4001 9003
	soon seen wire src host 203.0.113.1 and udp dst port 9003
	capture_end wire
	never wire src net 10.0.0.0/8 or src net 192.168.0.0/16
	same "sessions" 0 "$(sessions src 10.0.1.2 dst "$SERVER:9001")"
}

# Space outside: each vnet has a setting of its own
private_space()
{
	excuse 192.168.5.2	# passed to private space
	capture wire "$net" n0 ip
	ip -n "$net" addr add 172.16.0.1/32 dev lo
	dropped "$cl" private-space 10.0.1.2 172.16.0.1 udp 4002 9003
	send "$cl2" 192.168.5.2 172.16.0.1 udp 4002 9004
	soon seen wire 'src host 192.168.5.2 and udp dst port 9004'
	ok ctl vnet set prod private-space internet
	send "$cl" 10.0.1.2 172.16.0.1 udp 4003 9005
	soon seen wire 'src host 203.0.113.1 and udp dst port 9005'
	ok ctl vnet set prod private-space drop
	capture_end wire
	never wire 'udp dst port 9003'
}

# With another device the vnet is there, too; but its hosts are where they are
second_device()
{
	ok ctl vnet set prod dev in0,in1
	dropped "$cl2" spoofed-source 10.0.1.2 "$SERVER" udp 4004 9000
	dropped "$cl2" vnet-device 192.168.5.2 "$SERVER" udp 4004 9000
	ip -n "$gw" route add 10.0.1.64/26 via 192.168.5.2
	ip -n "$cl2" addr add 10.0.1.65/32 dev lo
	same "web at in1" 203.0.113.1 "$(from "$cl2" 10.0.1.65)"
	same "web at in0" 203.0.113.1 "$(from "$cl" 10.0.1.2)"
	ok ctl vnet set prod dev in0
	ip -n "$gw" route del 10.0.1.64/26
	ip -n "$cl2" addr del 10.0.1.65/32 dev lo
	same "old" 203.0.113.2 "$(from "$cl2" 192.168.5.2)"
}

web_is_back()
{
	[[ $(from "$cl" 10.0.1.2) == 203.0.113.1 ]]
}

# The name counts, whatever device has it
device_changes()
{
	ip -n "$gw" link set in0 down
	ip -n "$gw" link set in0 name other
	ip -n "$gw" link set other up
	soon counted_more vnet-device "$cl" 10.0.1.2 "$SERVER" udp 4005 9000
	ip -n "$gw" link set other down
	ip -n "$gw" link set other name in0
	ip -n "$gw" link set in0 up
	ip -n "$gw" route replace 10.0.1.0/24 via 10.255.0.2
	soon web_is_back
	ip -n "$gw" link del in0
	link "$rt" r1 10.255.0.2/24 "$gw" in0 10.255.0.1/24
	ip -n "$rt" route add default via 10.255.0.1
	ip -n "$gw" route replace 10.0.1.0/24 via 10.255.0.2
	soon web_is_back
}

# counted_more REASON NS PACKET...
counted_more()
{
	local before

	before=$(drops "$1")
	send "${@:2}"
	wait_for 2 counted "$1" $((before + 1))
}

# In and out of a VRF while its flows run
enters_a_vrf()
{
	same "web" 203.0.113.1 "$(from "$cl" 10.0.1.2)"
	ip -n "$gw" link add vprod type vrf table 101
	ip -n "$gw" link set vprod up
	ip -n "$gw" link set in0 master vprod
	ip -n "$gw" route add 10.0.1.0/24 via 10.255.0.2 vrf vprod
	ip -n "$gw" route add default via 192.0.2.2 dev up0 onlink vrf vprod
	soon web_is_back
	match "shown" '"vrf":"vprod"' "$(ctl -j vnet show prod)"
	same "default" 203.0.113.2 "$(from "$cl2" 192.168.5.2)"
}

leaves_the_vrf()
{
	ip -n "$gw" link del vprod
	ip -n "$gw" route replace 10.0.1.0/24 via 10.255.0.2
	soon web_is_back
}

reaches()
{
	in_ns "$1" ping -q -c 1 -W "${2:-5}" 2001:db8:ff::2
}

# No address of in0 is in a subnet of prod: the vnet's devices tell
ipv6_drop()
{
	[[ -d /proc/sys/net/ipv6 ]] || { skip "no IPv6 in this kernel"; return; }
	six "$rt" r1 2001:db8:1::2 2001:db8:1::1
	six "$gw" in0 2001:db8:1::1
	six "$cl2" d0 2001:db8:2::2 2001:db8:2::1
	six "$gw" in1 2001:db8:2::1
	six "$gw" up0 2001:db8:ff::1
	six "$net" n0 2001:db8:ff::2 2001:db8:ff::1
	sysctl_in "$gw" net.ipv6.conf.all.forwarding=1
	soon reaches "$rt"
	soon reaches "$cl2"
	ok ctl subnet set web ipv6 drop
	refused reaches "$rt" 1
	ok reaches "$cl2"
	at_least "counter" 1 "$(drops ipv6)"
	ok ctl subnet set web ipv6 keep
	ok reaches "$rt"
	ok ctl subnet set old ipv6 drop
	ok reaches "$rt"
	refused reaches "$cl2" 1
	ok ctl subnet set old ipv6 keep
}

# There state->in is the VRF
ipv6_drop_in_a_vrf()
{
	[[ -d /proc/sys/net/ipv6 ]] || { skip "no IPv6 in this kernel"; return; }
	enters_a_vrf
	ip -n "$gw" -6 route replace default via 2001:db8:ff::2 dev up0 vrf vprod
	ip -n "$gw" -6 route replace 2001:db8:1::/64 dev vprod
	soon reaches "$rt"
	ok ctl subnet set web ipv6 drop
	refused reaches "$rt" 1
	ok reaches "$cl2"
	# a subnet that an address of the device is in and that keeps IPv6 says so
	ok ctl subnet add link vnet prod prefix 10.0.255.0/24
	ip -n "$gw" addr add 10.0.255.1/24 dev in0
	ok reaches "$rt"
	ok ctl subnet set link ipv6 drop
	refused reaches "$rt" 1
	ok ctl subnet del link
	ok ctl subnet set web ipv6 keep
	leaves_the_vrf
}

tests=(
	each_its_own not_from_other_devices private_space second_device device_changes
	enters_a_vrf leaves_the_vrf ipv6_drop ipv6_drop_in_a_vrf stats_agree
)

topology
ok ctl vnet add prod prefix 10.0.0.0/16 dev in0
ok ctl gateway add gw1 address 203.0.113.1
ok ctl gateway add gw2 address 203.0.113.2
ok ctl subnet add web vnet prod prefix 10.0.1.0/24 gateway gw1
ok ctl subnet add old prefix 192.168.5.0/24 gateway gw2
echo_server "$net" "$SERVER" 9000
run "$@"
