/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that come back: to a pool address. */
#ifndef _NATGW_DATAPATH_INBOUND_H
#define _NATGW_DATAPATH_INBOUND_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

struct natgw_config;
struct natgw_gateway;
struct natgw_net;
struct natgw_public;
struct natgw_session;

/**
 * natgw_inbound - PRE_ROUTING: translate a packet to a pool address back, or drop it
 * @public: the address's entry
 *
 * A packet for a host in a VRF is only made to reach FORWARD. Context:
 * softirq, RCU. Return: netfilter verdict.
 */
unsigned int natgw_inbound(struct natgw_net *nn, const struct natgw_config *config,
			   const struct natgw_public *public, struct sk_buff *skb,
			   const struct nf_hook_state *state);

/** natgw_inbound_forward - FORWARD: the rest, for a host in a VRF */
unsigned int natgw_inbound_forward(struct natgw_net *nn, const struct natgw_config *config,
				   const struct natgw_public *public, struct sk_buff *skb,
				   const struct nf_hook_state *state);

/**
 * natgw_inbound_try - what natgw_inbound() would do, without its effects
 * @public: the address's entry
 * @skb: packet
 * @in: device it comes by, or its VRF
 * @gw: gateway that counts it, or NULL
 * @session: the session that carries it, or NULL
 *
 * Context: RCU. Return: enum natgw_drop_reason it would be dropped for, or -1.
 */
int natgw_inbound_try(struct natgw_net *nn, const struct natgw_config *config,
		      const struct natgw_public *public, struct sk_buff *skb,
		      struct net_device *in, struct natgw_gateway **gw,
		      const struct natgw_session **session);

#endif
