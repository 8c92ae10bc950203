#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# As tenants.sh, with the uplink in a VRF of its own; the main table has no routes.
#
#   red  10.0.1.2 -- VRF vred --- gw -- VRF vup -- isp ---- net 198.51.100.7
#   blue 10.0.1.2 -- VRF vblue -/ pools 203.0.113.1, .2

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_tenants.sh"

flows()
{
	same "main table" "" "$(ip -n "$gw" route show)"
	both_work "uplink in a VRF"
}

back_in_the_main_table()
{
	ip -n "$gw" link set up0 nomaster
	ip -n "$gw" link del vup
	ip -n "$gw" route replace default via 192.0.2.2
	leak_default
	ok ctl session flush
	both_work "uplink in the main table"
}

tests=(
	flows ping_with_one_id fragments_outwards fragments_inwards
	errors_from_the_internet errors_from_the_tenants ttl_ends_at_the_router
	traceroute_of_both pmtu_outwards pmtu_inwards counted_once spoofed_sources
	forged_to_have_it_answered late_senders_are_told exhaustion_is_told
	idle_ends_are_told appliance vpn_hop
	stateful_forward_rules back_in_the_main_table stats_agree
)

tenants
vrf "$gw" vup 103
ip -n "$gw" link set up0 master vup
ip -n "$gw" route add default via 192.0.2.2 vrf vup
leak_default
run "$@"
