// SPDX-License-Identifier: GPL-2.0
/*
 * Owns packets that IPVS has put into a tunnel. Called by hook.c.
 *
 * A client's packet to a service of the router never comes to FORWARD, and IPVS puts the header of
 * its tunnel (IPIP, GRE or GUE) before it without a device: what POST_ROUTING and the last exit see
 * is a packet of the router's own.
 */
#include <linux/ip.h>
#include <linux/natgw.h>
#include <net/route.h>
#include "datapath/flow.h"
#include "datapath/ipvs.h"
#include "packet/own.h"
#include "packet/xfrm.h"
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/view.h"

/* The packet in the tunnel, or NULL: it was sent on as it is, or is no IPv4 */
static const struct iphdr *inner(const struct sk_buff *skb, struct iphdr *buf)
{
	const struct iphdr *iph;

	/* IPVS sets the one header right before it pushes the other */
	if (skb->inner_network_header <= skb->network_header)
		return NULL;
	iph = skb_header_pointer(skb, skb_inner_network_offset(skb), sizeof(*buf), buf);
	return iph && iph->version == 4 ? iph : NULL;
}

unsigned int natgw_ipvs_slow(struct natgw_net *nn, const struct natgw_config *config,
			     struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_bound_range *bound;
	u16 network = skb->network_header;
	const struct iphdr *iph;
	unsigned int verdict;
	struct iphdr buf;

	if (!natgw_lookup_internet(config, ip_hdr(skb)->daddr) || natgw_xfrm_hides(skb))
		return NF_ACCEPT;
	iph = inner(skb, &buf);
	bound = iph ? natgw_bound_find(&config->bound, iph->saddr) : NULL;
	if (!bound || natgw_own_address(nn, bound->range, iph->saddr, state->out))
		return NF_ACCEPT;
	local_bh_disable();
	/* whose it is */
	skb->network_header = skb->inner_network_header;
	verdict = natgw_drop(nn, natgw_range_gateway(bound->range), NATGW_DROP_UNTRANSLATED, skb);
	skb->network_header = network;
	local_bh_enable();
	return verdict;
}
