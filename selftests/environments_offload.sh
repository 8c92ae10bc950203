#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Routers on which something else forwards packets past the IP hooks: software flow
# tables of nftables (firewalld, OpenWrt), the forward statement of a netdev chain,
# and tc, which shapes what comes in by way of an ifb device.
#
#   See lib_environments.sh. What tc redirects to the uplink itself no hook can see.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_environments.sh"

flowtable()
{
	rules <<-EOT
		table inet shortcut {
			flowtable ft {
				hook ingress priority 0
				devices = { in0, up0 }
				counter
			}
			chain forward {
				type filter hook forward priority 0; policy drop;
				meta l4proto { tcp, udp } ct state established flow add @ft
				ct state established,related accept
				iifname in0 oifname up0 accept
				ct state untracked accept
			}
		}
	EOT
}

# entries with the flag that a flow table has them
offloaded()
{
	on_gateway conntrack -L 2>/dev/null | grep -c OFFLOAD
}

tracked()
{
	world track on
	flowtable
	all_by_gateway
	same "flows in the flow table" 0 "$(offloaded)"
	nothing_private
}

# hold_flows OPTION...: UDP flows that send again each time flows_again is called
hold_flows()
{
	rm -f "$TMP/hold"
	mkfifo "$TMP/hold"
	in_ns "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 "$@" hold \
		< "$TMP/hold" > "$TMP/hold.log" 2>&1 &
	jobs_started+=($!)
	exec 9> "$TMP/hold"
	soon grep -q answered "$TMP/hold.log"
}

rounds_are()
{
	[[ $(wc -l < "$TMP/hold.log") == "$1" ]]
}

# flows_again SOURCE: one round more; the Internet sees them as before, as SOURCE
flows_again()
{
	local rounds

	rounds=$(wc -l < "$TMP/hold.log")
	echo >&9
	wait_for 30 rounds_are $((rounds + 1)) || fail "no answers"
	match "seen as" "changed 0 .* last $1" "$(tail -n 1 "$TMP/hold.log")"
}

# Conntrack makes its entries anew: what natgw said of the old ones is gone
tracked_again()
{
	world track on
	flowtable
	hold_flows count 2 rounds 2
	for _ in 1 2 3; do
		ok on_gateway conntrack -F
		flows_again 203.0.113.1
		flows_again 203.0.113.1
	done
	exec 9>&-
	all_by_gateway
	same "flows in the flow table" 0 "$(offloaded)"
	nothing_private
}

untracked()
{
	world track off
	flowtable
	all_by_gateway
	nothing_private
}

# A flow that the table had when the subnet was bound is one that ran by Linux alone:
# it goes on as it was. New ones are translated.
offloaded_before()
{
	bare_world
	excuse 10.0.1.2	# of the flow that ran before; the capture tells the rest
	client_side c0 in0
	internet_side up0 n0
	capture_end wire
	flowtable
	hold_flows count 1 from 5000 rounds 4
	flows_again "10.0.1.2 5000"
	at_least "flows in the flow table" 1 "$(offloaded)"
	standard_gateway
	for _ in 1 2 3; do
		flows_again "10.0.1.2 5000"
	done
	exec 9>&-
	capture wire "$net" any 'ip and src net 10.0.0.0/8 and not port 5000'
	all_by_gateway
	nothing_private
}

# The netdev chain sends without asking anybody; the last exit does
forwarded_by_netdev_chain()
{
	local before

	world
	all_by_gateway
	rules <<-EOT
		table netdev shortcut {
			chain in {
				type filter hook ingress device in0 priority 0;
				udp dport 9009 fwd ip to 192.0.2.2 device up0
			}
		}
	EOT
	before=$(drops untranslated)
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9009
	soon counted untranslated $((before + 1))
	same "last source" 10.0.1.2 "$(last_source untranslated)"
	all_by_gateway
	nothing_private
}

# Pieces of a datagram, which it takes before they are put together, to an uplink in a VRF
pieces_forwarded_to_vrf()
{
	local before

	world
	all_by_gateway
	ip -n "$gw" -batch - <<-EOT || fail "VRF"
		link add vrf1 type vrf table 10
		link set vrf1 up
		link set up0 master vrf1
	EOT
	rules <<-EOT
		table netdev shortcut {
			chain in {
				type filter hook ingress device in0 priority 0;
				ip frag-off & 0x3fff != 0 fwd ip to 192.0.2.2 device up0
			}
		}
	EOT
	before=$(drops untranslated)
	send "$cl" fragment 1000 10.0.1.2 198.51.100.7 udp 4000 9009 size 1900
	soon counted untranslated $((before + 2))
	same "last source" 10.0.1.2 "$(last_source untranslated)"
	nothing_private
}

# Incoming traffic is shaped on an ifb device, from which it comes back
shaped_by_ifb()
{
	world
	ip -n "$gw" -batch - <<-EOT || fail "ifb"
		link add ifb0 type ifb
		link set ifb0 up
	EOT
	on_gateway tc qdisc add dev in0 clsact &&
		on_gateway tc filter add dev in0 ingress matchall \
			action mirred egress redirect dev ifb0 || fail "tc"
	all_by_gateway
	nothing_private
}

tests=(
	tracked tracked_again untracked offloaded_before forwarded_by_netdev_chain
	pieces_forwarded_to_vrf shaped_by_ifb
)

modprobe -qa nf_flow_table nf_flow_table_inet nft_flow_offload nft_fwd_netdev ifb
run "$@"
