# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # namespaces are set by ns
# Sourced after lib.sh by the tests of what else runs on routers.
#
#   cl                        gw                            net, the Internet
#   c0 10.0.1.2/24 -------- in0 10.0.1.1/24
#                             up0 192.0.2.1/24 -------- n0 192.0.2.2/24
#                                                       lo 198.51.100.7
#                           203.0.113.0/24 <----------- route
#                           10.0.0.0/8     <----------- route: a leak would be answered
#
# An environment is one function. It makes the world, changes what it is about, and
# ends with outcomes: flows that work by the gateway, or drops under a reason; and
# always with nothing_private.

# bare_world: the two links, without addresses
bare_world()
{
	local name

	for name in "${jobs_started[@]}"; do
		stop "$name"
	done
	jobs_started=()
	for name in "${namespaces[@]}"; do
		[[ ! -e /run/netns/$name ]] || ns_del "$name"
	done
	namespaces=()
	WATCHED=()
	ns cl gw net
	ip -batch - <<-EOT || exit 1
		link add c0 netns $cl type veth peer name in0 netns $gw
		link add up0 netns $gw type veth peer name n0 netns $net
	EOT
	ip -n "$cl" link set c0 up
	ip -n "$net" link set n0 up
	internet "$net" n0
	ip -n "$gw" -batch - <<-EOT
		link set in0 up
		link set up0 up
	EOT
}

# client_side CL-DEVICE GW-DEVICE
client_side()
{
	ip -n "$cl" -batch - <<-EOT
		addr add 10.0.1.2/24 dev $1
		link set $1 up
		route add default via 10.0.1.1
	EOT
	ip -n "$gw" -batch - <<-EOT
		addr add 10.0.1.1/24 dev $2
		link set $2 up
	EOT
}

# internet_side GW-DEVICE NET-DEVICE: with servers, and a capture of all private sources
internet_side()
{
	ip -n "$net" -batch - <<-EOT
		addr add 192.0.2.2/24 dev $2
		link set $2 up
		addr add 198.51.100.7/32 dev lo
		route add 203.0.113.0/24 via 192.0.2.1
		route add 10.0.0.0/8 via 192.0.2.1
	EOT
	ip -n "$gw" -batch - <<-EOT
		addr add 192.0.2.1/24 dev $1
		link set $1 up
		route add default via 192.0.2.2
	EOT
	forwarding "$gw"
	echo_server "$net" 198.51.100.7 9000
	start "$net" socat TCP-LISTEN:9100,bind=198.51.100.7,fork,reuseaddr SYSTEM:'head -c 200000 /dev/zero'
	wait_for 20 listening "$net" tcp 9100 || fail "no bulk server"
	capture wire "$net" any 'ip and src net 10.0.0.0/8'
}

# world [GATEWAY-KEY VALUE]...: the whole of it, with veth devices
world()
{
	bare_world
	client_side c0 in0
	internet_side up0 n0
	standard_gateway "$@"
}

# public_exchange PROTO [PORT]: several messages on one flow, seen from the pool address
public_exchange()
{
	local out

	out=$(flow "$1" 10.0.1.2 198.51.100.7 "${2:-9000}" count 2 rounds 4 2>&1) ||
		{ fail "$1: $out"; note "$(ctl stats show | grep -v ' 0  *-\? *$')"; return 1; }
	[[ $out == *" changed 0 "*"last 203.0.113.1 "* ]] || fail "$1: seen as $out"
}

bulk()
{
	same "bytes by TCP" 200000 \
		"$(in_ns "$cl" timeout 20 socat -u TCP:198.51.100.7:9100 - 2>&1 | wc -c)"
}

pings()
{
	ok in_ns "$cl" ping -q -c 2 -i 0.2 -W 5 198.51.100.7
}

# all_by_gateway: TCP, UDP and echo work, and the Internet sees the public address
all_by_gateway()
{
	public_exchange tcp && bulk && public_exchange udp && pings
}

# nothing_private: no source of the bound subnet was on the Internet's side
nothing_private()
{
	never wire src net 10.0.0.0/8
}

on_gateway()
{
	in_ns "$gw" "$@"
}

# rules: nft -f on the gateway, from standard input
rules()
{
	on_gateway nft -f - || fail "nft"
}
