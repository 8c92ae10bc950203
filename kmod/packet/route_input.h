/* SPDX-License-Identifier: GPL-2.0 */
/* Routes for packets that Linux's own look-up would send elsewhere. */
#ifndef _NATGW_PACKET_ROUTE_INPUT_H
#define _NATGW_PACKET_ROUTE_INPUT_H

#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/flow.h>
#include <net/inet_dscp.h>
#include "compat/route.h"

struct natgw_net;
struct rtable;

/**
 * natgw_route_key - what Linux asks its routes for, of a packet that comes in
 * @skb: packet
 * @in: device it comes by, or its VRF
 */
static inline struct flowi4 natgw_route_key(const struct sk_buff *skb, const struct net_device *in)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flowi4 fl4 = {
		.daddr = iph->daddr,
		.saddr = iph->saddr,
		.flowi4_iif = in->ifindex,
		.flowi4_mark = skb->mark,
	};

	natgw_flow_set_tos(&fl4, iph->tos & INET_DSCP_MASK);
	return fl4;
}

/**
 * natgw_route_input - PRE_ROUTING: give a packet the route of another destination
 * @skb: packet without a route
 * @daddr: where Linux would forward it to
 * @in: device it came by, or its VRF
 *
 * The packet passes the stack's checks of its source and goes on to FORWARD,
 * where a hook of ours puts the route it is to leave by. (An output route set
 * this early would end in dst_discard().) Context: softirq, RCU.
 *
 * Return: false when Linux would not forward it; it may have a route that
 * drops it then.
 */
bool natgw_route_input(struct sk_buff *skb, __be32 daddr, struct net_device *in);

/**
 * natgw_route_fits - FORWARD: may a packet leave by a route that replaces the one it came with?
 * @rt: the new route
 *
 * ip_forward() has measured it by the old one. If it is too long, its sender is
 * told so. Context: softirq, RCU. Return: false: to be dropped.
 */
bool natgw_route_fits(struct sk_buff *skb, const struct rtable *rt);

/**
 * natgw_route_output - route to an inside host
 * @vrf: index of its VRF, or 0
 *
 * Context: RCU. Return: with a reference, or NULL.
 */
struct rtable *natgw_route_output(struct natgw_net *nn, __be32 daddr, int vrf);

#endif
