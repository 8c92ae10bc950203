/* SPDX-License-Identifier: GPL-2.0 */
/* Which packets conntrack does not see. */
#ifndef _NATGW_DATAPATH_UNTRACK_H
#define _NATGW_DATAPATH_UNTRACK_H

#include <linux/skbuff.h>

struct natgw_config;
struct natgw_net;
struct natgw_subnet_range;
struct net_device;

/**
 * natgw_untrack_outbound - PRE_ROUTING: keep packets of "track off" gateways out of conntrack
 * @range: subnet of its source
 * @in: device that it came by
 *
 * Context: softirq, RCU.
 */
void natgw_untrack_outbound(struct natgw_net *nn, const struct natgw_config *config,
			    const struct natgw_subnet_range *range, struct sk_buff *skb,
			    const struct net_device *in);

#endif
