#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IPsec on the router: policies for the private addresses of a subnet, and for the
# public address that its flows get. Where a policy wants ESP nothing goes in clear.
#
#   cl                gw                             net, the peer
#   c0 10.0.1.2 ---- in0 10.0.1.1
#                    up0 192.0.2.1 ===== ESP ===== n0 192.0.2.2
#                                                  lo 198.51.100.7, .8, .9
#                    203.0.113.1 <----- route

. "$(dirname "$0")/lib.sh"

KEY=0x0102030405060708090a0b0c0d0e0f10aabbccdd
OUTER=(192.0.2.1 192.0.2.2)

# state NS SRC DST MODE [KEY VALUE]...
state()
{
	ip -n "$1" xfrm state add src "$2" dst "$3" proto esp spi "0x$((100 + $(id "$2$3$4")))" \
		reqid 1 mode "$4" aead 'rfc4106(gcm(aes))' $KEY 128 "${@:5}" || fail "no state"
}

# id WORDS: the same small number on both machines
id()
{
	cksum <<< "$1" | awk '{ print $1 % 800 }'
}

# policy NS DIR FROM TO MODE OUTER-FROM OUTER-TO [KEY VALUE]...: a policy that wants ESP
policy()
{
	ip -n "$1" xfrm policy add src "$3" dst "$4" dir "$2" "${@:8}" \
		tmpl src "$6" dst "$7" proto esp reqid 1 mode "$5" || fail "no policy"
}

# protect LOCAL REMOTE MODE OUTER-LOCAL OUTER-REMOTE: both machines, both directions
protect()
{
	local machine mode=$3

	flush
	for machine in "$gw" "$net"; do
		state "$machine" "$4" "$5" "$mode"
		state "$machine" "$5" "$4" "$mode"
	done
	policy "$gw" out "$1" "$2" "$mode" "$4" "$5"
	policy "$gw" fwd "$2" "$1" "$mode" "$5" "$4"
	policy "$gw" in "$2" "$1" "$mode" "$5" "$4"
	policy "$net" out "$2" "$1" "$mode" "$5" "$4"
	policy "$net" in "$1" "$2" "$mode" "$4" "$5"
}

flush()
{
	local machine

	for machine in "$gw" "$net"; do
		ip -n "$machine" xfrm state flush
		ip -n "$machine" xfrm policy flush
	done
	ctl session flush >/dev/null
}

# seen_by SERVER SOURCE: it sees cl's flows come from there, and answers
seen_by()
{
	local proto

	for proto in tcp udp; do
		match "$proto to $1" "answered 3 .* mixed 0 .* last $2 " \
			"$(flow "$proto" 10.0.1.2 "$1" 7 count 3)"
	done
	ok in_ns "$cl" ping -q -c 2 -i 0.2 -W 5 "$1"
}

# What the router sent, on the wire: decapsulated packets have other sources
clear='(src host 203.0.113.1 and not esp) or src net 10.0.0.0/8'

encrypted()
{
	soon seen wire 'esp and (src host 192.0.2.1 or src host 203.0.113.1)'
	capture_end wire
	never wire "$clear"
}

no_policy()
{
	flush
	seen_by 198.51.100.7 203.0.113.1
}

# A policy for the subnet: its source is IPsec's affair, and never shows
private_selector()
{
	excuse 10.0.1.2	# the peer sees it once it has decrypted it
	protect 10.0.1.0/24 198.51.100.8/32 tunnel "${OUTER[@]}"
	capture wire "$gw" up0
	seen_by 198.51.100.8 10.0.1.2
	encrypted
	same "sessions" 0 "$(sessions dst 198.51.100.8 kind nat)"
	seen_by 198.51.100.7 203.0.113.1
	same "ipsec" 0 "$(drops ipsec)"
}

public_selector_tunnel()
{
	protect 203.0.113.1/32 198.51.100.7/32 tunnel "${OUTER[@]}"
	capture wire "$gw" up0
	seen_by 198.51.100.7 203.0.113.1
	encrypted
	seen_by 198.51.100.8 203.0.113.1
}

# The tunnel takes room: the client is told of the MTU that is left
path_mtu()
{
	local out

	out=$(in_ns "$cl" ping -M "do" -s 1472 -c 2 -i 0.2 -W 2 198.51.100.7 2>&1)
	match "error" 'mtu ?= ?14[0-9][0-9]' "$out"
	ok in_ns "$cl" ping -q -c 1 -s 1300 -W 5 198.51.100.7
}

# An error about an encrypted answer, and one from the peer
errors_pass()
{
	capture inside "$cl" c0 icmp
	capture wire "$gw" up0
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9 size 10
	soon seen inside 'icmp[0] == 3 and icmp[1] == 3 and src host 198.51.100.7'
	capture_end inside
	encrypted
}

# The address is the router's own, for ESP comes to it
public_selector_transport()
{
	ok ctl address set 203.0.113.1 shared on
	ip -n "$gw" addr add 203.0.113.1/32 dev lo
	protect 203.0.113.1/32 198.51.100.7/32 transport 203.0.113.1 198.51.100.7
	capture wire "$gw" up0
	seen_by 198.51.100.7 203.0.113.1
	encrypted
	ip -n "$gw" addr del 203.0.113.1/32 dev lo
	ok ctl address set 203.0.113.1 shared off
}

xfrm_interface()
{
	flush
	ip -n "$gw" link add xf0 type xfrm dev up0 if_id 7 || { skip "no xfrm interface"; return; }
	ip -n "$gw" link set xf0 up
	ip -n "$gw" route add 198.51.100.7/32 dev xf0
	state "$gw" "${OUTER[@]}" tunnel if_id 7
	state "$gw" 192.0.2.2 192.0.2.1 tunnel if_id 7
	policy "$gw" out 0.0.0.0/0 0.0.0.0/0 tunnel "${OUTER[@]}" if_id 7
	policy "$gw" fwd 0.0.0.0/0 0.0.0.0/0 tunnel 192.0.2.2 192.0.2.1 if_id 7
	policy "$gw" in 0.0.0.0/0 0.0.0.0/0 tunnel 192.0.2.2 192.0.2.1 if_id 7
	state "$net" "${OUTER[@]}" tunnel
	state "$net" 192.0.2.2 192.0.2.1 tunnel
	policy "$net" out 198.51.100.7/32 203.0.113.1/32 tunnel 192.0.2.2 192.0.2.1
	policy "$net" in 203.0.113.1/32 198.51.100.7/32 tunnel "${OUTER[@]}"
	capture wire "$gw" up0
	seen_by 198.51.100.7 203.0.113.1
	encrypted
	seen_by 198.51.100.8 203.0.113.1
	ip -n "$gw" link del xf0
}

# A policy that forbids the public address is asked, too
policy_that_blocks()
{
	flush
	ip -n "$gw" xfrm policy add src 203.0.113.1/32 dst 198.51.100.9/32 dir out action block
	capture wire "$gw" up0 host 198.51.100.9
	dropped "$cl" ipsec 10.0.1.2 198.51.100.9 udp 4001 9 size 10
	same "last source" 10.0.1.2 "$(last_source ipsec)"
	capture_end wire
	never wire ip
	seen_by 198.51.100.8 203.0.113.1
}

# No SA yet: nothing goes in clear meanwhile
no_state()
{
	flush
	policy "$gw" out 203.0.113.1/32 198.51.100.9/32 tunnel "${OUTER[@]}"
	capture wire "$gw" up0 host 198.51.100.9
	dropped "$cl" ipsec 10.0.1.2 198.51.100.9 udp 4002 9 size 10
	capture_end wire
	never wire ip
}

# What should come encrypted is not let in in clear
forged_answer()
{
	local port

	flush
	send "$cl" 10.0.1.2 198.51.100.9 udp 4003 9 size 10
	port=$(public_port udp 10.0.1.2 4003)
	policy "$gw" fwd 198.51.100.9/32 203.0.113.1/32 tunnel 192.0.2.2 192.0.2.1
	capture inside "$cl" c0 src host 198.51.100.9
	dropped "$net" ipsec 198.51.100.9 203.0.113.1 udp 9 "$port" size 10
	capture_end inside
	never inside udp
	flush
}

# A policy is the only way to some hosts: what is for them does not leave in clear without it
policy_of_answers()
{
	local port

	flush
	excuse 10.0.9.2	# the hosts' own end of the tunnel is on the same machine
	ok ctl subnet add far prefix 10.0.9.0/24 gateway gw1 source-check off
	policy "$gw" out 0.0.0.0/0 10.0.9.0/24 tunnel "${OUTER[@]}"
	state "$gw" "${OUTER[@]}" tunnel
	send "$cl" 10.0.9.2 198.51.100.9 udp 4004 9 size 10
	port=$(public_port udp 10.0.9.2 4004)
	capture wire "$gw" up0 'esp or dst net 10.0.0.0/8'
	send "$net" 198.51.100.9 203.0.113.1 udp 9 "$port" size 10
	soon seen wire esp
	ip -n "$gw" xfrm policy flush
	dropped "$net" reroute 198.51.100.9 203.0.113.1 udp 9 "$port" size 10
	capture_end wire
	never wire dst net 10.0.0.0/8
	ok ctl subnet del far
}

acquired()
{
	grep -q acquire "$TMP/acquired"
}

# explain is no packet: nobody is asked for a state for it
asks_for_no_state()
{
	policy "$gw" out 10.0.1.0/24 198.51.100.9/32 tunnel "${OUTER[@]}"
	ip -n "$gw" xfrm state flush
	# a state is only begun where somebody listens
	start_to "$TMP/acquired" "$gw" ip xfrm monitor acquire
	soon eval 'send "$cl" 10.0.1.2 198.51.100.9 udp 4006 9 size 10; acquired'
	ip -n "$gw" xfrm state flush
	match "explain" 'rt1' "$(ctl explain src 10.0.1.2 dst 198.51.100.9:9 proto udp)"
	same "states" "" "$(ip -n "$gw" xfrm state)"
	stop "$!"
}

# nor by a next hop of a user route
policy_of_user_route()
{
	excuse 10.0.1.2	# the peer sees it once it has decrypted it
	protect 10.0.1.0/24 198.51.100.8/32 tunnel "${OUTER[@]}"
	ok batch <<-EOT
		route-table add rt1
		route add 198.51.100.8/31 route-table rt1 next-hop-type VirtualAppliance next-hop-ip 192.0.2.2
		subnet set web route-table rt1
	EOT
	capture wire "$gw" up0
	send "$cl" 10.0.1.2 198.51.100.8 udp 4005 9 size 10
	soon seen wire 'esp and src host 192.0.2.1'
	capture_end wire
	never wire 'src net 10.0.0.0/8 and not esp'
	asks_for_no_state
	ok batch <<-EOT
		subnet set web route-table none
		route-table del rt1
	EOT
	flush
}

# nor into a VRF, whose hosts the packet is for only when it has been translated
policy_into_a_vrf()
{
	local port

	flush
	ip -n "$gw" link add vred type vrf table 101 || { skip "no VRF"; return; }
	ip -n "$gw" -batch - <<-EOT
		link set vred up
		link add in1 type veth peer name c1 netns $cl
		link set in1 master vred up
		addr add 10.0.5.1/24 dev in1
		route add default via 192.0.2.2 dev up0 table 101
	EOT
	ip -n "$cl" -batch - <<-EOT
		addr add 10.0.5.2/24 dev c1
		link set c1 up
	EOT
	ok batch <<-EOT
		gateway add gw2
		address add 203.0.113.5 gateway gw2
		vnet add red prefix 10.0.5.0/24 dev in1
		subnet add red vnet red prefix 10.0.5.0/24 gateway gw2
	EOT
	send_by_c1
	port=$(public_port udp 10.0.5.2 4008)
	capture inside "$cl" c1 dst host 10.0.5.2 and src host 198.51.100.9
	send "$net" 198.51.100.9 203.0.113.5 udp 9 "$port" size 10
	soon seen inside 'udp and greater 38'
	ip -n "$gw" xfrm policy add src 198.51.100.9/32 dst 10.0.5.2/32 dir out action block
	dropped "$net" ipsec 198.51.100.9 203.0.113.5 udp 9 "$port" size 100
	capture_end inside
	never inside 'udp and greater 100'
	ip -n "$gw" xfrm policy flush
	ok batch <<-EOT
		subnet del red
		vnet del red
		address del 203.0.113.5
		gateway del gw2
	EOT
	ip -n "$gw" link del in1
	ip -n "$gw" link del vred
}

send_by_c1()
{
	ip -n "$cl" route add 198.51.100.9/32 via 10.0.5.1 dev c1
	send "$cl" 10.0.5.2 198.51.100.9 udp 4008 9 size 10
	ip -n "$cl" route del 198.51.100.9/32
}

tests=(no_policy private_selector public_selector_tunnel path_mtu errors_pass
	public_selector_transport xfrm_interface policy_that_blocks no_state forged_answer
	policy_of_answers policy_of_user_route policy_into_a_vrf)

standard_topology
ip -n "$net" addr add 198.51.100.9/32 dev lo
ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
sysctl_in "$gw" net.core.xfrm_acq_expires=2
standard_gateway
in_ns "$gw" ip xfrm policy >/dev/null 2>&1 || skip_all "no IPsec in this kernel"
for server in 198.51.100.7 198.51.100.8; do
	echo_server "$net" $server 7
done
run "$@"
