/* SPDX-License-Identifier: GPL-2.0 */
/* Frames that a bridge forwards itself, and that br_netfilter shows to the hooks of IP. */
#ifndef _NATGW_DATAPATH_BRIDGED_H
#define _NATGW_DATAPATH_BRIDGED_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

struct natgw_config;
struct natgw_net;
struct net_device;

/**
 * natgw_bridged_passes - PRE_ROUTING: a frame of a bridge that is not sent to the router
 * @in: ingress device of the hook
 *
 * Conntrack is to make no entry of one that is forged: the answer would then leave as it is.
 * Context: softirq, RCU.
 */
void natgw_bridged_passes(struct natgw_net *nn, const struct natgw_config *config,
			  struct sk_buff *skb, struct net_device *in);

/**
 * natgw_bridged_leaves - POST_ROUTING: a frame that a bridge forwards
 *
 * What the bridge only switches is left alone. What got its destination on this router is not
 * switched only: br_netfilter asks the routes of the router for the bridge.
 * Context: RCU, BH off. Return: verdict.
 */
unsigned int natgw_bridged_leaves(struct natgw_net *nn, const struct natgw_config *config,
				  struct sk_buff *skb, const struct nf_hook_state *state);

#endif
