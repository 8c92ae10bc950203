/* SPDX-License-Identifier: GPL-2.0 */
/* Gateways as they are shown. */
#ifndef _NATGW_CONFIG_GATEWAY_FILL_H
#define _NATGW_CONFIG_GATEWAY_FILL_H

struct natgw_config;
struct natgw_gateway;
struct natgw_net;
struct sk_buff;

/* Readers of a published snapshot, RCU read side */
int natgw_gateway_fill(struct sk_buff *skb, struct natgw_net *nn,
		       const struct natgw_config *config, u32 index);

/** natgw_gateway_zero - let the counters of a gateway begin at 0; nn->lock held */
void natgw_gateway_zero(struct natgw_gateway *gw);

#endif
