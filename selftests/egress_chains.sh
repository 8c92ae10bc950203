#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgw's own hook at the egress of a device is spared packets that it need not look at. The
# operator's chains at that hook see every packet all the same, whatever way it has come.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#      10.0.1.99 (silent)               198.51.100.99 (silent)
#                pool 203.0.113.1

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_offload.sh"

PACKETS=20
LAST=2147483647	# priority of natgw's own hook

# chain DEVICE [PRIORITY]: counts what leaves by the device, in table netdev DEVICE
chain()
{
	in_ns "$gw" nft -f - <<-EOT
		table netdev $1 {
			counter datagrams { }
			chain egress {
				type filter hook egress device $1 priority ${2:-0};
				meta l4proto udp counter name datagrams
			}
		}
	EOT
}

no_chain()
{
	in_ns "$gw" nft delete table netdev "$1"
}

counts()
{
	[[ $(in_ns "$gw" nft list counter netdev "$1" datagrams) =~ packets\ ([0-9]+) ]] &&
		echo "${BASH_REMATCH[1]}"
}

counts_are()
{
	[[ $(counts "$1") == "$2" ]]
}

# both_ways PORT: a flow with an answer, and PACKETS more in each direction
both_ways()
{
	local i to

	send "$cl" 10.0.1.99 $PEER udp "$1" 9
	to=$(public_port udp 10.0.1.99 "$1")
	send "$net" $PEER 203.0.113.1 udp 9 "$to"
	for ((i = 0; i < PACKETS; i++)); do
		send "$cl" 10.0.1.99 $PEER udp "$1" 9
		send "$net" $PEER 203.0.113.1 udp 9 "$to"
	done
}

# chains_count PORT: chains at both devices count both ways; they are taken away
chains_count()
{
	both_ways "$1"
	wait_for 10 counts_are up0 $((PACKETS + 1)) || fail "out: $(counts up0)"
	wait_for 10 counts_are in0 $((PACKETS + 1)) || fail "in: $(counts in0)"
	no_chain in0
	no_chain up0
}

# made before the gateway: of hooks with one priority the kernel calls the youngest first
chains_behind_natgw()
{
	chains_count 5100
}

chains_before_natgw()
{
	ok chain up0
	ok chain in0
	chains_count 5101
}

# the chain comes while the flow runs, and goes again
chain_comes_later()
{
	both_ways 5102
	ok chain up0
	both_ways 5102
	wait_for 10 counts_are up0 $((PACKETS + 1)) || fail "counted: $(counts up0)"
	no_chain up0
	both_ways 5102
}

# what is refused at egress does not leave
chain_refuses()
{
	capture up "$net" n0 "udp and src host 203.0.113.1"
	in_ns "$gw" nft -f - <<-EOT
		table netdev up0 {
			chain egress {
				type filter hook egress device up0 priority 0;
				udp dport 9 drop
			}
		}
	EOT
	both_ways 5103
	send "$cl" 10.0.1.99 $PEER udp 5103 10
	soon seen up "udp dst port 10"
	never up "udp dst port 9"
	no_chain up0
}

chains_see_offloaded_flows()
{
	ok ctl gateway set gw1 offload on
	flow_up 5104
	ok chain up0
	ok chain in0
	is_fast out "$cl" 10.0.1.99 $PEER udp 5104 9 || fail "not offloaded on its way out"
	is_fast in "$net" $PEER 203.0.113.1 udp 9 "$port" || fail "not offloaded on its way in"
	wait_for 10 counts_are up0 1 || fail "out: $(counts up0)"
	wait_for 10 counts_are in0 1 || fail "in: $(counts in0)"
	no_chain in0
	no_chain up0
	ok ctl gateway set gw1 offload off
}

# the hook is alone at the bridge, not at its port
chain_below_a_bridge()
{
	ip -n "$gw" link add br0 type bridge
	ip -n "$gw" link set up0 master br0
	ip -n "$gw" addr del 192.0.2.1/24 dev up0
	ip -n "$gw" addr add 192.0.2.1/24 dev br0
	ip -n "$gw" link set br0 up
	ip -n "$gw" route replace default via 192.0.2.2
	wait_for 10 in_ns "$gw" ping -q -c 1 -W 1 192.0.2.2
	ok chain up0
	both_ways 5105
	wait_for 10 counts_are up0 $((PACKETS + 1)) || fail "counted: $(counts up0)"
	no_chain up0
	ip -n "$gw" link set up0 nomaster
	ip -n "$gw" link del br0
	ip -n "$gw" addr add 192.0.2.1/24 dev up0
	ip -n "$gw" route replace default via 192.0.2.2
}

tests=(chains_behind_natgw chains_before_natgw chain_comes_later chain_refuses
       chains_see_offloaded_flows chain_below_a_bridge)

standard_topology
ok chain up0 $LAST
ok chain in0 $LAST
offload_topology
ok ctl gateway set gw1 offload off
run "$@"
