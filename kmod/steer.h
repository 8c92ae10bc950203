/* SPDX-License-Identifier: GPL-2.0 */
/* User routes at work: packets to appliances, VPN next hops, and nowhere. */
#ifndef _NATGW_STEER_H
#define _NATGW_STEER_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include "config.h"
#include "net.h"

/**
 * natgw_steer - PRE_ROUTING: steer or drop a packet of a subnet as its routes say
 * @range: subnet of its source
 *
 * Context: softirq, RCU. Return: netfilter verdict.
 */
unsigned int natgw_steer(struct natgw_net *nn, const struct natgw_config *config,
			 const struct natgw_subnet_range *range, struct sk_buff *skb,
			 const struct nf_hook_state *state);

/** natgw_steer_forward - FORWARD: put a packet that was steered on its way to the next hop */
unsigned int natgw_steer_forward(struct natgw_net *nn, const struct natgw_config *config,
				 struct sk_buff *skb, const struct nf_hook_state *state);

/** natgw_steer_sent_by - did this next hop send a packet? Context: BH off, RCU */
bool natgw_steer_sent_by(struct natgw_hop *hop, const struct sk_buff *skb);

/** natgw_steer_arrived - is a packet's route the one to this next hop? */
bool natgw_steer_arrived(const struct sk_buff *skb, const struct natgw_hop *hop);

#endif
