#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets of a steered and of other subnets to one destination, in one list of a
# device's poll: the kernel gives the route of a packet to the next one of the list
# if both have the same destination (ip_extract_route_hint()), which must not
# happen to packets that are steered. The topology is lib_appliance.sh's.
#
#   cl 10.0.1.2 steered, 10.0.5.2 not, 10.0.6.2 with a gateway, on one device
#      c0 ---- in0 (GRO; polled when told) gw up0 ---- n0 net 198.51.100.7
#                                          dmz0 ---- f0 10.0.2.4 fw

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_appliance.sh"

three_subnets()
{
	ip -n "$cl" -batch - <<-EOT
		addr add 10.0.5.2/24 dev c0
		addr add 10.0.6.2/24 dev c0
	EOT
	ip -n "$gw" -batch - <<-EOT
		addr add 10.0.5.1/24 dev in0
		addr add 10.0.6.1/24 dev in0
	EOT
	ok ctl subnet add web prefix 10.0.1.0/24 route-table rt1
	ok ctl subnet add plain prefix 10.0.5.0/24
	ok ctl gateway add gw1
	ok ctl address add 203.0.113.1 gateway gw1
	ok ctl subnet add bound prefix 10.0.6.0/24 gateway gw1
	ok in_ns "$gw" ethtool -K in0 gro on
	# a veth polls for what its peer does not segment itself
	ok in_ns "$cl" ethtool -K c0 tso off
	# the poll sleeps so long after a packet, and then finds all the others
	ok ip netns exec "$gw" sh -c 'echo 1 > /sys/class/net/in0/napi_defer_hard_irqs &&
		echo 8000000000 > /sys/class/net/in0/gro_flush_timeout'
}

port=6000

# one_list SRC...: a packet of each, in this order, in one list
one_list()
{
	local src start packets=()

	port=$((port + 1))
	# once this one has been polled, the device sleeps
	send "$cl" 10.0.1.2 198.51.100.8 udp 4000 $((port + 1000))
	soon seen fw udp dst port $((port + 1000))
	start=$(now)
	for src; do
		((${#packets[@]})) && packets+=(and)
		packets+=("$src" 198.51.100.7 udp 4000 "$port" size 20)
	done
	send "$cl" "${packets[@]}"
	never wire udp dst port $port
	never fw udp dst port $port
	# so that what is not seen yet is in the list
	(($(now) - start < 75)) || fail "too slow: $(($(now) - start)) tenths of a second"
}

# packets CAPTURE SRC
packets()
{
	captured "$1" "udp dst port $port and src host $2" | grep -c ' > '
}

packets_are()
{
	[[ $(packets "$2" "$3") == "$1" ]]
}

# came_apart STEERED PLAIN BOUND: so many packets of each, where they belong
came_apart()
{
	soon packets_are "$1" fw 10.0.1.2
	soon packets_are "$2" wire 10.0.5.2
	soon packets_are "$3" wire 203.0.113.1
	never wire "udp dst port $port and src host 10.0.1.2"
	never wire "udp dst port $port and src host 10.0.6.2"
	never fw "udp dst port $port and not src host 10.0.1.2"
}

steered_first()
{
	one_list 10.0.1.2 10.0.5.2 10.0.1.2 10.0.5.2
	came_apart 2 2 0
}

steered_last()
{
	one_list 10.0.5.2 10.0.1.2 10.0.5.2 10.0.1.2
	came_apart 2 2 0
}

with_a_gateway()
{
	one_list 10.0.1.2 10.0.6.2 10.0.5.2 10.0.6.2 10.0.1.2
	came_apart 2 1 2
}

# As the kernel's lists are (gro_normal_batch), and more than one of them
long_lists()
{
	local i src=()

	for ((i = 0; i < 4; i++)); do
		src+=(10.0.1.2 10.0.5.2 10.0.6.2)
	done
	one_list "${src[@]}"
	came_apart 4 4 4
}

# dropped ones leave no route behind either
beside_dropped_ones()
{
	ok ctl route add 198.51.100.7/32 route-table rt1 next-hop-type None
	one_list 10.0.1.2 10.0.5.2 10.0.1.2 10.0.6.2
	came_apart 0 1 1
	ok ctl route del 198.51.100.7/32 route-table rt1
}

tests=(steered_first steered_last with_a_gateway long_lists beside_dropped_ones stats_agree)

appliance_topology
firewall_rules			# what comes there goes no further
excuse 10.0.5.2			# plain has no gateway
appliance_route
three_subnets
capture wire "$net" n0 udp
capture fw "$fw" f0 udp
run "$@"
