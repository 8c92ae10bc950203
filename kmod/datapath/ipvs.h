/* SPDX-License-Identifier: GPL-2.0 */
/* What IPVS hides in its tunnels. */
#ifndef _NATGW_DATAPATH_IPVS_H
#define _NATGW_DATAPATH_IPVS_H

#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>

struct natgw_config;
struct natgw_net;

unsigned int natgw_ipvs_slow(struct natgw_net *nn, const struct natgw_config *config,
			     struct sk_buff *skb, const struct nf_hook_state *state);

/**
 * natgw_ipvs - POST_ROUTING: drop what IPVS sends to the Internet in a tunnel, for a bound host
 * @skb: packet that the router has made
 *
 * A tunnel that is a device shows the packet to the hooks before its header is put; the tunnels of
 * IPVS are none. Context: RCU. Return: netfilter verdict.
 */
static inline unsigned int natgw_ipvs(struct natgw_net *nn, const struct natgw_config *config,
				      struct sk_buff *skb, const struct nf_hook_state *state)
{
#if IS_ENABLED(CONFIG_IP_VS)
	if (unlikely(skb->ipvs_property))
		return natgw_ipvs_slow(nn, config, skb, state);
#endif
	return NF_ACCEPT;
}

#endif
