#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two tenants with the same addresses behind one router, each in a VRF with a
# gateway of its own: answers, fragments and ICMP errors find the right one. The
# uplink is in the main table. Topology: lib_tenants.sh.
#
#   red  10.0.1.2, many -- VRF vred --- gw ---- isp ---- net 198.51.100.7
#   blue 10.0.1.2, many -- VRF vblue -/ pools 203.0.113.1, .2
#
# TENANT_FLOWS of UDP and of TCP in each of both, 10,000.

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_tenants.sh"

FLOWS=${TENANT_FLOWS:-10000}

lines_are()
{
	[[ $(wc -l < "$1") == "$2" ]]
}

# clients PROTO: FLOWS flows in each tenant at once, from the same addresses and
# ports; each is held until its input ends
clients()
{
	local tenant

	for tenant in red blue; do
		rm -f "$TMP/$tenant.in"
		mkfifo "$TMP/$tenant.in"
		"$HERE/netns_exec" "/run/netns/${!tenant}" "$HERE/flows" client "$1" 10.0.64.1 \
			"$SERVER" 9000 count "$FLOWS" ports 1000 from 10000 window 64 hold \
			< "$TMP/$tenant.in" > "$TMP/$tenant.out" 2> "$TMP/$tenant.err" &
		jobs_started+=($!)
		eval "client_$tenant=$!"
	done
	exec {to_red}> "$TMP/red.in" {to_blue}> "$TMP/blue.in"
}

# all_answered PROTO ROUND: each flow its own answer, by its tenant's address
all_answered()
{
	local tenant number=1 wanted

	for tenant in red blue; do
		wait_for 500 lines_are "$TMP/$tenant.out" "$2" ||
			fail "$tenant has no result: $(cat "$TMP/$tenant.err")"
		wanted="^flows $FLOWS answered $FLOWS distinct $FLOWS addresses 1 mixed 0 changed 0 "
		match "$tenant, $1, round $2" "$wanted.* last 203.0.113.$number " \
			"$(tail -n 1 "$TMP/$tenant.out")"
		same "$tenant's sessions" "$FLOWS" "$(sessions vnet $tenant proto "$1" state established)"
		same "of its gateway" "$FLOWS" "$(sessions gateway g$tenant proto "$1" state established)"
		number=2
	done
}

flows_of()
{
	local tenant pid

	ok ctl session flush
	clients "$1"
	all_answered "$1" 1
	echo again >&"$to_red"
	echo again >&"$to_blue"
	all_answered "$1" 2
	same "shown" "$FLOWS" "$(ctl -j session show vnet red | rows src)"
	exec {to_red}>&- {to_blue}>&-
	for tenant in red blue; do
		pid=client_$tenant
		wait "${!pid}" || fail "$tenant: exit $?: $(cat "$TMP/$tenant.err")"
	done
	same "refused" "0 0" "$(drops destination-full) $(drops memory)"
}

udp_flows()
{
	flows_of udp
}

tcp_flows()
{
	flows_of tcp
	ok ctl session flush
}

tests=(
	udp_flows tcp_flows ping_with_one_id fragments_outwards fragments_inwards
	errors_from_the_internet errors_from_the_tenants ttl_ends_at_the_router
	traceroute_of_both pmtu_outwards pmtu_inwards counted_once spoofed_sources
	forged_to_have_it_answered late_senders_are_told exhaustion_is_told
	idle_ends_are_told appliance vpn_hop
	stateful_forward_rules stats_agree
)

tenants
run "$@"
