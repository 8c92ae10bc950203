/* SPDX-License-Identifier: GPL-2.0 */
/* The last look at packets, where a device takes them over. */
#ifndef _NATGW_DATAPATH_EGRESS_H
#define _NATGW_DATAPATH_EGRESS_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>

struct natgw_net;

/**
 * natgw_egress_register - guard all devices of a namespace, and those that will come
 *
 * Context: process, takes RTNL. Return: 0 or a negative errno, nothing left behind then.
 */
int natgw_egress_register(struct natgw_net *nn);

/**
 * natgw_egress_unregister - undo it
 *
 * Packets may run in the hooks until a grace period has passed. Context: process, takes RTNL.
 */
void natgw_egress_unregister(struct natgw_net *nn);

/** natgw_egress - the hook itself; Context: softirq or process with BH off, RCU */
unsigned int natgw_egress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);

/**
 * natgw_egress_spare - spare a packet the hook at the device that takes it over next
 * @skb: the packet, whose source is known to be in no bound subnet
 * @dev: the device
 *
 * Only where no hook but natgw's is at that device: others have to see the packet. The kernel takes
 * the mark off again when that device has got the packet, so a device below it has its own look.
 *
 * Context: RCU.
 */
static __always_inline void natgw_egress_spare(struct sk_buff *skb, const struct net_device *dev)
{
#ifdef CONFIG_NETFILTER_SKIP_EGRESS
	const struct nf_hook_entries *entries = rcu_dereference(dev->nf_hooks_egress);

	if (entries && entries->num_hook_entries == 1 && entries->hooks[0].hook == natgw_egress)
		skb->nf_skip_egress = 1;
#endif
}

#endif
