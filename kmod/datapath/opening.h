/* SPDX-License-Identifier: GPL-2.0 */
/* The short way of packets from inside that open a flow. */
#ifndef _NATGW_DATAPATH_OPENING_H
#define _NATGW_DATAPATH_OPENING_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

struct natgw_net;

/**
 * natgw_opening - natgw_outbound() of a packet that has just been found to have no session
 * @nn: namespace
 * @skb: natgw_packet_plain_ports()
 * @state: of the hook
 *
 * More arguments would cost packets of running flows: post_routing() has no register left.
 *
 * Context: softirq, RCU. Return: netfilter verdict.
 */
unsigned int natgw_opening(struct natgw_net *nn, struct sk_buff *skb,
			   const struct nf_hook_state *state);

#endif
