#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A packet with a source in a bound subnet that comes in by another device than the subnet's
# gets no session, and ends or replaces none that runs, unless the source-check of its subnet is
# loose or off. The route that counts is the one that an answer takes.
#
#   cl  10.0.1.2 ---- in0 gw up0 ---- net
#   cl2 10.0.2.2 ---- in1 /           both subnets bound to gw1

. "$(dirname "$0")/lib.sh"

spoofed()
{
	dropped "$1" spoofed-source "${@:2}"
}

from_the_neighbour_subnet()
{
	spoofed "$cl2" 10.0.1.2 198.51.100.7 udp 4000 9000
	spoofed "$cl2" 10.0.1.200 198.51.100.7 tcp 4000 80 S
	spoofed "$cl2" 10.0.1.2 198.51.100.7 echo 4 1
}

from_the_internet()
{
	ip -n "$net" route add 198.51.100.200 via 192.0.2.1
	ip -n "$gw" route add 198.51.100.200 via 10.0.2.2
	spoofed "$net" 10.0.1.2 198.51.100.200 udp 4000 9000
}

# Who sends from a public IP would speak for the hosts that share it
from_a_public_ip()
{
	spoofed "$cl" 203.0.113.1 198.51.100.7 udp 4000 9000
	spoofed "$cl2" 203.0.113.1 198.51.100.7 tcp 4000 80 R
	spoofed "$cl" 203.0.113.1 198.51.100.7 echo 4 1
	# by the default route, and to a bound host
	spoofed "$cl" 203.0.113.1 100.64.0.1 udp 4000 9000
	spoofed "$cl" 203.0.113.1 10.200.0.1 udp 4000 9000
	spoofed "$cl" 203.0.113.1 10.0.2.2 udp 4000 9000
	match "explain" '"method":"drop","reason":"spoofed-source"' \
		"$(ctl -j explain src 203.0.113.1 dst 198.51.100.7:9000 proto udp)"
	same "sessions" 2 "$(sessions)"
}

own_source_works_beside()
{
	send "$cl2" 10.0.2.2 198.51.100.7 udp 4001 9001
	send "$cl" 10.0.1.2 198.51.100.7 udp 4001 9001
	soon session udp 10.0.2.2 4001 port
	soon session udp 10.0.1.2 4001 port
	same "sessions" 2 "$(sessions)"
	same "last source" 10.0.1.2 "$(last_source spoofed-source)"
}

# as_from_the_internet NS SRC PORT: to the silent host's PORT, where its flow may come from
as_from_the_internet()
{
	send "$1" "$2" 10.0.1.99 udp 9001 "$3"
	soon session_count_is 1 kind direct src 10.0.1.99 dst "$2:9001"
}

# The answer would be taken for one to a flow that came in by another way, and leave
# untranslated. What does come in so is left alone, and so is what asks for no check.
forged_to_have_it_answered()
{
	spoofed "$cl2" 198.51.100.7 10.0.1.99 udp 9001 4005
	spoofed "$cl2" 198.51.100.7 10.0.1.99 tcp 80 4005 S
	spoofed "$cl2" 198.51.100.7 10.0.1.99 tcp 80 4006 A
	spoofed "$cl2" 198.51.100.7 10.0.1.99 echo 5 1
	spoofed "$cl2" 198.51.100.7 10.0.1.99 proto 47
	same "direct records" 0 "$(sessions kind direct)"
	send "$cl" 10.0.1.99 198.51.100.7 udp 4005 9001
	soon session udp 10.0.1.99 4005 port
	send "$cl" 10.0.1.99 198.51.100.7 tcp 80 4005 SA

	ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
	as_from_the_internet "$net" 198.51.100.8 4006
	ip -n "$net" route del 10.0.1.0/24
	ip -n "$gw" route add 198.51.100.201 via 10.0.2.2
	as_from_the_internet "$cl2" 198.51.100.201 4007
	ip -n "$gw" route del 198.51.100.201
	ok ctl subnet set web source-check loose
	as_from_the_internet "$cl2" 198.51.100.202 4008
	ok ctl subnet set web source-check strict
	spoofed "$cl2" 198.51.100.203 10.0.1.99 udp 9001 4009
	ok ctl session flush
}

# inside_by ADDR_OF_CL2 ADDR_OF_GW ROUTER: the segment of cl2 gets these addresses
inside_by()
{
	ip -n "$cl2" addr flush dev d0
	ip -n "$gw" addr flush dev in1
	ip -n "$cl2" addr add "$1" dev d0
	ip -n "$gw" addr add "$2" dev in1
	ip -n "$cl2" route add default via "$3"
}

# No address of the device tells that bound hosts are behind it
forged_behind_an_inner_router()
{
	inside_by 10.88.0.2/30 10.88.0.1/30 10.88.0.1
	ip -n "$gw" route add 10.0.2.0/24 via 10.88.0.2
	spoofed "$cl2" 198.51.100.7 10.0.2.3 udp 9001 4010
	spoofed "$cl2" 198.51.100.7 10.0.2.3 tcp 80 4010 S
	same "direct records" 0 "$(sessions kind direct)"
	send "$cl2" 10.0.2.3 198.51.100.7 udp 4010 9001
	soon session udp 10.0.2.3 4010 port
	ip -n "$gw" route del 10.0.2.0/24
	inside_by 10.0.2.2/24 10.0.2.1/24 10.0.2.1
	ok ctl session flush
}

# A host that was genuine is not any more once its route has moved, and is again
route_moves()
{
	local n

	n=$(sessions)
	send "$cl" 10.0.1.77 198.51.100.7 udp 4002 9001
	soon session_count_is $((n + 1))
	ip -n "$gw" route add 10.0.1.77 via 10.0.2.2
	spoofed "$cl" 10.0.1.77 198.51.100.7 udp 4003 9000
	ip -n "$gw" route del 10.0.1.77
	send "$cl" 10.0.1.77 198.51.100.7 udp 4004 9001
	soon session_count_is $((n + 2))
}

# allowed SRC_PORT [SRC]: by the device of the neighbour subnet, out translated
allowed()
{
	send "$cl2" "${2-10.0.1.2}" 198.51.100.7 udp "$1" 9001
	soon session udp "${2-10.0.1.2}" "$1" port
}

# Any route will do, and then none is asked for
source_check_is_less()
{
	same "default" strict "$(value "$(ctl -j subnet show web)" source-check)"
	ok ctl subnet set web source-check loose
	same "key" loose "$(value "$(ctl -j subnet show web)" source-check)"
	match "said" 'source-check loose' "$(ctl subnet show web)"
	allowed 4010
	ip -n "$gw" route add unreachable 10.0.1.64/28
	spoofed "$cl2" 10.0.1.66 198.51.100.7 udp 4011 9000
	ok ctl subnet set web source-check off
	allowed 4012 10.0.1.66
	ip -n "$gw" route del unreachable 10.0.1.64/28
	ok ctl subnet set web source-check strict
	spoofed "$cl2" 10.0.1.2 198.51.100.7 udp 4013 9000
}

source_check_is_refused()
{
	match "refusal" "source-check always: unknown word, use strict, loose, off" \
		"$(ctl subnet set web source-check always 2>&1)"
	same "key" strict "$(value "$(ctl -j subnet show web)" source-check)"
}

# The way back to cl is in a table for what comes from the uplink, and only there
rule_by_device()
{
	ip -n "$gw" route add 10.0.1.0/25 dev in1
	spoofed "$cl" 10.0.1.2 198.51.100.7 udp 4020 9000
	ip -n "$gw" route add 10.0.1.0/25 dev in0 table 101
	ip -n "$gw" rule add iif up0 lookup 101
	send "$cl" 10.0.1.2 198.51.100.7 udp 4021 9001
	soon session udp 10.0.1.2 4021 port
	spoofed "$cl2" 10.0.1.2 198.51.100.7 udp 4022 9000
	match "explain" '"method":"nat"' \
		"$(ctl -j explain src 10.0.1.2 dst 198.51.100.7:9000 proto udp)"
	ip -n "$gw" rule del iif up0 lookup 101
	spoofed "$cl" 10.0.1.2 198.51.100.7 udp 4023 9000
	ip -n "$gw" route del 10.0.1.0/25 dev in1
	ip -n "$gw" route flush table 101
}

# Only packets with a mark find the way back, as their answers will by the same rule
rule_by_mark()
{
	ip -n "$gw" route add 10.0.1.0/24 dev in0 table 102
	ip -n "$gw" route add default via 192.0.2.2 table 102
	ip -n "$gw" rule add fwmark 7 lookup 102
	ip -n "$gw" route add 10.0.1.0/25 dev in1
	spoofed "$cl" 10.0.1.2 198.51.100.7 udp 4030 9000
	ok in_ns "$gw" nft -f - <<-EOT
		table ip marks {
			chain pre {
				type filter hook prerouting priority mangle;
				iifname in0 meta mark set 7
			}
		}
	EOT
	send "$cl" 10.0.1.2 198.51.100.7 udp 4031 9001
	soon session udp 10.0.1.2 4031 port
	# in the other table its own device has it
	send "$cl2" 10.0.1.2 198.51.100.7 udp 4032 9001
	soon session udp 10.0.1.2 4032 port
	in_ns "$gw" nft delete table ip marks
	ip -n "$gw" route del 10.0.1.0/25 dev in1
	ip -n "$gw" rule del fwmark 7 lookup 102
	ip -n "$gw" route flush table 102
}

# of a connection, by hand
client()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$@"
}

# Who has the device of another subnet, or is on the Internet's side, cannot speak for a host
# whose connection runs. forged NS PORT FLAGS...
forged()
{
	spoofed "$1" 10.0.1.99 198.51.100.99 tcp "$2" 80 "${@:3}"
}

# connection PORT: a SYN that is forged meanwhile does not take the place of the host's
connection()
{
	local public

	client "$1" 80 S seq 1000
	public=$(public_port tcp 10.0.1.99 "$1")
	forged "$cl2" "$1" S seq 70000000
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" SA seq 5000 ack 1001
	soon state_is tcp 10.0.1.99 "$1" established
	client "$1" 80 A seq 1001 ack 5001
}

# ends_nothing NS PORT
ends_nothing()
{
	connection "$2"
	forged "$1" "$2" S seq 77
	forged "$1" "$2" R seq 78
	# who guesses a number
	forged "$1" "$2" R seq 1001
	forged "$1" "$2" RA seq 1001 ack 5001
	forged "$1" "$2" FA seq 1001 ack 5001
	same "state" established "$(session tcp 10.0.1.99 "$2" state)"
}

running_from_the_neighbour_subnet()
{
	ends_nothing "$cl2" 4040
	client 4040 80 R seq 1001
	soon state_is tcp 10.0.1.99 4040 cooling
	# nor does he open it again
	forged "$cl2" 4040 S seq 99000
	same "state" cooling "$(session tcp 10.0.1.99 4040 state)"
}

running_from_the_internet()
{
	ip -n "$net" route add 198.51.100.99 via 192.0.2.1
	ends_nothing "$net" 4041
	ip -n "$net" route del 198.51.100.99
	# as the key says
	ok ctl subnet set web source-check loose
	send "$cl2" 10.0.1.99 198.51.100.99 tcp 4041 80 R seq 1001
	soon state_is tcp 10.0.1.99 4041 cooling
	ok ctl subnet set web source-check strict
}

revives_nothing()
{
	ok ctl gateway set gw1 profile custom udp-timeout 1s
	send "$cl" 10.0.1.99 198.51.100.99 udp 4042 9001
	soon state_is udp 10.0.1.99 4042 cooling
	spoofed "$cl2" 10.0.1.99 198.51.100.99 udp 4042 9001
	same "state" cooling "$(session udp 10.0.1.99 4042 state)"
}

# The host whose address it bears has not asked
late_sender_is_not_told()
{
	capture told "$cl" c0 'tcp[13] & 4 != 0'
	forged "$cl2" 4043 A seq 1001 ack 5001
	dropped "$cl" late-sender 10.0.1.99 198.51.100.99 tcp 4044 80 A seq 1001 ack 5001
	soon seen told dst port 4044
	capture_end told
	never told dst port 4043
}

nothing_else_left()
{
	soon seen wire udp dst port 9001
	capture_end wire
	never wire udp dst port 9000
	never wire net 10.0.0.0/8
}

tests=(
	from_the_neighbour_subnet from_the_internet own_source_works_beside from_a_public_ip
	forged_to_have_it_answered forged_behind_an_inner_router
	route_moves source_check_is_less source_check_is_refused rule_by_device
	rule_by_mark running_from_the_neighbour_subnet running_from_the_internet revives_nothing
	late_sender_is_not_told nothing_else_left
)

standard_topology
silent_hosts
ns cl2
link "$cl2" d0 10.0.2.2/24 "$gw" in1 10.0.2.1/24
ip -n "$cl2" route add default via 10.0.2.1
standard_gateway
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw1
capture wire "$gw" up0 -Q out 'ip and not src net 198.51.100.0/24 and not src host 10.0.1.2 or udp dst port 9001'
run "$@"
