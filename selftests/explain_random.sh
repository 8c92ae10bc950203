#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Explain against packets: random configurations and packets, what it said of
# each and what became of it (explain_random.c). SEED repeats a run,
# EXPLAIN_PAIRS is its length.
#
#   cl c0...c4 ---- in0...in4 10.0.K.1/24         up0 192.0.2.1/24 ---- n0 net  the rest
#      c5 --------- in5 10.0.5.1/24, VRF vrf1     up1 192.0.3.1/24 ---- n1      198.51.100.128/25
#   fw f0 --------- ap0 10.9.1.1/24               vp0 10.9.2.1/24 ----- v0 vpn
#
# The far ends have no addresses: frames are put in and taken out there by hand,
# and hosts, appliances and routers are entries in gw's neighbour table. One in
# each of ap0's and vp0's network, .66, does not answer.

. "$(dirname "$0")/lib.sh"

agrees()
{
	local began=$SECONDS

	note "SEED=$SEED PAIRS=$PAIRS"
	"$HERE/explain_random" "$SEED" "$PAIRS" "$TMP/batch" "$gw" "$cl" "$fw" "$vpn" "$net" ||
		fail "exit $?"
	note "$((SECONDS - began)) s"
}

# pair NS DEV DEV ADDR: the device in gw comes second
pair()
{
	ip link add "$2" netns "$1" type veth peer name "$3" netns "$gw" || exit 1
	ip -n "$1" link set "$2" up
	ip -n "$gw" link set "$3" up
	ip -n "$gw" addr add "$4" dev "$3"
}

# The last two bytes of the address are those of the MAC
neighbours()
{
	local dev=$1 ip

	for ip in "${@:2}"; do
		printf 'neigh replace %s lladdr 02:00:00:00:%02x:%02x dev %s nud permanent\n' \
			"$ip" "$(cut -d. -f3 <<< "$ip")" "$(cut -d. -f4 <<< "$ip")" "$dev"
	done
}

topology()
{
	local k

	ns cl gw fw vpn net
	ip -n "$gw" link add vrf1 type vrf table 100
	ip -n "$gw" link set vrf1 up
	for k in 0 1 2 3 4 5; do
		pair "$cl" c$k in$k 10.0.$k.1/24
	done
	ip -n "$gw" link set in5 master vrf1
	pair "$net" n0 up0 192.0.2.1/24
	pair "$net" n1 up1 192.0.3.1/24
	pair "$fw" f0 ap0 10.9.1.1/24
	pair "$vpn" v0 vp0 10.9.2.1/24
	# who does not answer is not asked again, or it would be one of those not yet asked
	sysctl_in "$gw" net.ipv4.neigh.ap0.mcast_solicit=0 \
		net.ipv4.neigh.vp0.mcast_solicit=0
	{
		for k in 0 1 2 3 4 5; do
			neighbours in$k 10.0.$k.10 10.0.$k.11 10.0.$k.200
		done
		neighbours up0 192.0.2.2
		neighbours up1 192.0.3.2
		neighbours ap0 10.9.1.4 10.9.1.5
		neighbours vp0 10.9.2.4
		cat <<-EOT
			neigh replace 10.9.1.66 dev ap0 nud failed
			neigh replace 10.9.2.66 dev vp0 nud failed
			route add default via 192.0.2.2
			route add 198.51.100.128/25 via 192.0.3.2
			route add unreachable 198.18.0.0/15
			route add default via 192.0.2.2 dev up0 table 100
			route add 198.51.100.128/25 via 192.0.3.2 dev up1 table 100
			route add 10.9.1.0/24 dev ap0 table 100
			route add 10.9.2.0/24 dev vp0 table 100
			route add unreachable 198.18.0.0/15 table 100
			route add unreachable default metric 4278198272 table 100
			addr add 192.0.2.10/24 dev up0
		EOT
	} > "$TMP/links"
	ip -n "$gw" -batch "$TMP/links" || exit 1
	forwarding "$gw"
}

SEED=${SEED-$((RANDOM * 32768 + RANDOM))}
PAIRS=${EXPLAIN_PAIRS-2000}

tests=(agrees)
topology
run "$@"
