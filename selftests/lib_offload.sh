# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Flows of the standard topology that are offloaded: see offload.sh.

PEER=198.51.100.99

# read_slow out|in: the slow path's packets so far, in SLOW
read_slow()
{
	[[ $(in_ns "$gw" nft list counter ip watch "$1") =~ packets\ ([0-9]+) ]] && SLOW=${BASH_REMATCH[1]}
}

slow()
{
	read_slow "$1" && echo "$SLOW"
}

# read_gateway KEY: of the gateway, packets-out or packets-in, in FOUND
read_gateway()
{
	[[ $(ctl -j -s gateway show gw1) =~ \"$1\":\"?([^\",}]*) ]] && FOUND=${BASH_REMATCH[1]}
}

gateway_packets()
{
	read_gateway "$1" && echo "$FOUND"
}

gateway_packets_are()
{
	read_gateway "$1" && [[ $FOUND == "$2" ]]
}

# A flow udp 10.0.1.99:$1 -> PEER:9 that is offloaded in both directions; its port in $port
flow_up()
{
	send "$cl" 10.0.1.99 $PEER udp "$1" 9
	port=$(public_port udp 10.0.1.99 "$1")
	send "$net" $PEER 203.0.113.1 udp 9 "$port"
	# a flow that is older than an eighth of a second
	wait_for 30 out_is_fast "$1" || fail "not offloaded on its way out"
	wait_for 30 in_is_fast "$port" || fail "not offloaded on its way in"
}

# is_fast out|in NS PACKET...: one such packet more, and FORWARD does not see it
is_fast()
{
	local key=packets-$1 before SLOW="" FOUND=""

	read_slow "$1"
	before=$SLOW
	read_gateway "$key"
	send "${@:2}"
	wait_for 5 gateway_packets_are "$key" $((FOUND + 1)) || return
	read_slow "$1" && [[ $SLOW == "$before" ]]
}

out_is_fast()
{
	is_fast out "$cl" 10.0.1.99 $PEER udp "$1" 9
}

in_is_fast()
{
	is_fast in "$net" $PEER 203.0.113.1 udp 9 "$1"
}

out_is_slow()
{
	! is_fast out "$cl" "$@" || fail "not by the slow path: $*"
}

# Behind standard_topology: what slow() reads, and a neighbour that answers
offload_counters()
{
	local mac

	mac=$(ip -n "$net" -br link show n0 | awk '{ print $3 }')
	ip -n "$gw" neigh replace 192.0.2.2 lladdr "$mac" dev up0
	in_ns "$gw" nft -f - <<-EOT
		table ip watch {
			counter out { }
			counter in { }
			chain forward {
				type filter hook forward priority 0;
				ip saddr 10.0.1.0/24 counter name out
				ip daddr 10.0.1.0/24 counter name in
			}
		}
	EOT
}

# Behind standard_topology: silent hosts on both sides, the counters, and the gateway
offload_topology()
{
	silent_hosts
	offload_counters
	standard_gateway track off offload on
}
