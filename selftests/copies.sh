#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copies that a rule makes of forwarded packets (nft dup, TEE), for a collector: what becomes of a
# copy does not concern the flow that it is a copy of.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#      10.0.1.99 (silent)                198.51.100.99 (silent)
#                       mon0 ---- collector 10.0.9.9
#                    pool 203.0.113.1

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_offload.sh"

# copy HOOK PRIORITY RULE...: of what the rule matches, to $to
copy()
{
	in_ns "$gw" nft -f - <<-EOT || { skip "this kernel has no dup"; return 1; }
		table ip copies {
			chain c {
				type filter hook $1 priority $2;
				${*:3} counter dup to $to
			}
		}
	EOT
}

no_copies()
{
	in_ns "$gw" nft delete table ip copies
}

# A copy that leaves behind natgw must not become the way of its flow
offloaded_answers_come()
{
	ok ctl gateway set gw1 track off offload on
	flow_up 4000
	# a collector in the uplink's own segment
	ip -n "$gw" neigh replace 192.0.2.77 lladdr 02:00:00:00:00:77 dev up0
	to='192.0.2.77 device "up0"' copy postrouting 350 ip daddr 10.0.1.0/24 || return
	capture inside "$cl" c0 udp
	capture copies "$net" n0 ether dst 02:00:00:00:00:77
	# a flow's way is learned anew after a minute, or now
	ip -n "$gw" route add 192.0.2.99/32 dev up0
	send "$net" repeat 5 $PEER 203.0.113.1 udp 9 "$port" size 100
	soon seen copies 'dst 10.0.1.99'
	send "$net" repeat 20 every 5 $PEER 203.0.113.1 udp 9 "$port" size 101
	soon eval '(($(captured inside "udp[4:2] == 109" | grep -c 10.0.1.99) == 20))'
	capture_end inside
	capture_end copies
	same "answers that the host got" 20 "$(captured inside 'udp[4:2] == 109' | grep -c 10.0.1.99)"
	no_copies
	ip -n "$gw" route del 192.0.2.99/32 dev up0
	ok ctl gateway set gw1 offload off track on
}

# The public IP of the flow may not leave by the collector's device, another one may
connections_go_on()
{
	local client

	ok ctl address set 203.0.113.1 uplink up0
	start_to "$TMP/tcp.log" "$cl" "$HERE/flows" client tcp 10.0.1.2 198.51.100.7 9000 \
		count 2 from 5000 window 2 rounds 0 every 20
	client=$!
	soon session_count_is 2 src 10.0.1.2 state established
	ok ctl address add 203.0.113.2 gateway gw1
	copy forward 0 iifname in0 || { stop "$client"; return; }
	capture copies "$collector" m0 tcp or udp
	send "$cl" 10.0.1.2 198.51.100.99 udp 5100 9
	soon seen copies 'port 9'
	soon eval '(($(in_ns "$gw" nft list chain ip copies c | grep -o "packets [0-9]*" | cut -c9-) > 20))'
	same "running" 2 "$(sessions src 10.0.1.2 proto tcp state established)"
	stop "$client"
	match "tcp" 'flows 2 answered 2 distinct 2 addresses 1 mixed 0 changed 0' \
		"$(tail -n 1 "$TMP/tcp.log")"
	capture_end copies
	no_copies
	ok ctl address del 203.0.113.2
}

# What a copy is refused for is not told to the host
nobody_is_told()
{
	ok ctl address set 203.0.113.1 uplink up0
	ok ctl gateway set gw1 on-exhaust reset
	capture inside "$cl" c0 tcp
	copy forward 0 iifname in0 || return
	match "connections" 'answered 5 ' "$(flow tcp 10.0.1.2 198.51.100.7 9000 count 5 from 6000)"
	at_least "dropped copies" 1 "$(drops uplink)"
	capture_end inside
	never inside 'tcp[tcpflags] & tcp-rst != 0 and dst host 10.0.1.2'
	no_copies
}

to='10.0.9.9 device "mon0"'
tests=(offloaded_answers_come connections_go_on nobody_is_told)

standard_topology
offload_topology
ok ctl gateway set gw1 offload off track on
ns collector
link "$gw" mon0 10.0.9.1/24 "$collector" m0 10.0.9.9/24
echo_server "$net" 198.51.100.7 9000
run "$@"
