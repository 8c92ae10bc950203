/* SPDX-License-Identifier: GPL-2.0 */
/* User routes at work: packets to appliances, VPN next hops, and nowhere. */
#ifndef _NATGW_DATAPATH_STEER_H
#define _NATGW_DATAPATH_STEER_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include "lib/lpm.h"
#include "snapshot/conf.h"
#include "snapshot/lookup.h"
#include "snapshot/view.h"

struct natgw_config;
struct natgw_next_hop;
struct natgw_net;

/** natgw_steer_may_by_table - natgw_steer_may(), of the routes of the subnet's table alone */
static inline bool natgw_steer_may_by_table(const struct natgw_subnet_range *range, __be32 daddr)
{
	const struct natgw_steer *steer = range->steer;
	const struct natgw_lpm_range *found;
	u32 type;

	if (!steer)
		return false;
	found = natgw_lpm_find(steer->table->lpm, daddr);
	if (!found)
		return false;
	type = steer->table->route[found->value].type;
	return type != NATGW_NEXT_HOP_INTERNET && type != NATGW_NEXT_HOP_VNET_LOCAL;
}

/**
 * natgw_steer_may - might a packet from a subnet have to be steered or dropped?
 * @range: subnet of its source
 * @daddr: destination
 *
 * A short way to the answer no of natgw_decision_steers(), for all packets that
 * go the way Linux would send them: system routes only drop, and that private
 * space; others that are longer than a user route leave the packet alone.
 * Context: RCU read side.
 */
static inline bool natgw_steer_may(const struct natgw_subnet_range *range, __be32 daddr)
{
	return (range->vnet->drops_private && natgw_lookup_private(daddr)) ||
	       natgw_steer_may_by_table(range, daddr);
}

/**
 * natgw_steer - PRE_ROUTING: steer or drop a packet of a subnet as its routes say
 * @range: subnet of its source
 *
 * Context: softirq, RCU. Return: netfilter verdict.
 */
unsigned int natgw_steer_packet(struct natgw_net *nn, const struct natgw_config *config,
				const struct natgw_subnet_range *range, struct sk_buff *skb,
				const struct nf_hook_state *state);

/**
 * natgw_steer_taken - PRE_ROUTING, behind all rules: one may give a steered packet to the router
 * @nn: namespace
 * @skb: steered packet with a socket or a mark
 * @in: device it comes by, or its VRF
 *
 * A rule for a transparent proxy finds the proxy's socket, or sets a mark by which Linux takes the
 * packet for its own. So the packet loses its route to the next hop. Context: RCU.
 */
void natgw_steer_taken(struct natgw_net *nn, struct sk_buff *skb, const struct net_device *in);

/** natgw_steer_forward - FORWARD: put a packet that was steered on its way to the next hop */
unsigned int natgw_steer_forward(struct natgw_net *nn, const struct natgw_config *config,
				 struct sk_buff *skb, const struct nf_hook_state *state);

/**
 * natgw_steer_bridged - FORWARD: both halves for a packet that came in by a bridge
 *
 * br_netfilter replaces what route a packet gets in PRE_ROUTING, so that it has
 * Linux's own by now. Of a packet that was steered after all, in a VRF, this is
 * the second half. Context: softirq, RCU. Return: netfilter verdict.
 */
unsigned int natgw_steer_bridged(struct natgw_net *nn, const struct natgw_config *config,
				 struct sk_buff *skb, const struct nf_hook_state *state);

/**
 * natgw_steer_try - what PRE_ROUTING and FORWARD would do, without their effects
 * @range: subnet of its source
 * @skb: packet; gets the route to the next hop if it would be steered
 * @in: device it comes by, or its VRF
 * @session: it may be of a session
 *
 * Context: BH off, RCU. Return: enum natgw_drop_reason it would be dropped for, or -1.
 */
int natgw_steer_try(struct natgw_net *nn, const struct natgw_subnet_range *range,
		    struct sk_buff *skb, struct net_device *in, bool session);

/**
 * natgw_steer_local - is a packet for the router itself, or broadcast or multicast?
 * @daddr: its destination
 * @in: device it comes by, or its VRF
 *
 * Context: RCU.
 */
bool natgw_steer_local(struct natgw_net *nn, __be32 daddr, const struct net_device *in);

/**
 * natgw_steer_forged - would natgw_steer_note() refuse a packet?
 * @nn: namespace
 * @config: snapshot
 * @range: subnet of its destination
 * @source: its source, as it comes
 * @skb: the packet
 * @in: device it comes by, or its VRF
 *
 * Context: BH off, RCU.
 */
bool natgw_steer_forged(struct natgw_net *nn, const struct natgw_config *config,
			const struct natgw_subnet_range *range, __be32 source,
			const struct sk_buff *skb, struct net_device *in);

/**
 * natgw_steer_note - a packet enters towards a subnet by another way than a session's
 * @nn: namespace
 * @config: snapshot
 * @range: subnet of its destination
 * @skb: the packet
 * @in: device it came by, or its VRF; NULL: its source is not to be doubted
 *
 * Leaves a direct record if its answers would leave by a gateway, or by another
 * next hop than it came by. Context: softirq, RCU. Return: it may pass; if not, it
 * is forged to have its answers leave so, and was counted.
 */
bool natgw_steer_note(struct natgw_net *nn, const struct natgw_config *config,
		      const struct natgw_subnet_range *range, struct sk_buff *skb,
		      struct net_device *in);

/** natgw_steer_arrived - is a packet's route the one to this next hop? */
bool natgw_steer_arrived(const struct sk_buff *skb, const struct natgw_next_hop *hop);

#endif
