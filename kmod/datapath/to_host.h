/* SPDX-License-Identifier: GPL-2.0 */
/* Packets towards the hosts of bound subnets, on their way out. */
#ifndef _NATGW_DATAPATH_TO_HOST_H
#define _NATGW_DATAPATH_TO_HOST_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/route.h>

struct natgw_config;
struct natgw_leaving;
struct natgw_net;

/**
 * natgw_to_host_is_near - does a packet go straight to its destination, on another segment?
 *
 * Nearly all that goes to hosts does so, and is surely not on its way to the Internet. Not so where
 * the router has one device for all, or a point-to-point device for each host.
 */
static inline bool natgw_to_host_is_near(const struct sk_buff *skb,
					 const struct nf_hook_state *state)
{
	return !(skb_rtable(skb)->rt_gw_family | (state->out->flags & IFF_POINTOPOINT)) &&
	       state->in != state->out;
}

bool natgw_to_host_strays_slow(const struct natgw_net *nn, const struct natgw_config *config,
			       const struct sk_buff *skb, const struct nf_hook_state *state);

/**
 * natgw_to_host_strays - does a packet for a host go to the Internet?
 * @nn: namespace
 * @config: snapshot
 * @skb: packet from a device, with its route
 * @state: of POST_ROUTING
 *
 * So Linux sends it when the host's own route has gone, or an IPsec policy that stood for one: by
 * the default route, with its private destination. Context: softirq, RCU.
 */
static inline bool natgw_to_host_strays(const struct natgw_net *nn,
					const struct natgw_config *config,
					const struct sk_buff *skb,
					const struct nf_hook_state *state)
{
	return unlikely(!natgw_to_host_is_near(skb, state)) &&
	       natgw_to_host_strays_slow(nn, config, skb, state);
}

/**
 * natgw_to_host - POST_ROUTING: a packet whose source is in no subnet may be for a host
 *
 * Offloads the flow of an answer, and keeps a record of what comes by another way. Context:
 * softirq, RCU. Return: it may pass; if not, it was counted.
 */
bool natgw_to_host(const struct natgw_leaving *o);

/**
 * natgw_to_host_forget - keep conntrack from taking an answer of a session for a flow from outside
 * @o: nn, config, skb and state are set
 *
 * Context: POST_ROUTING, RCU.
 */
void natgw_to_host_forget(const struct natgw_leaving *o);

#endif
