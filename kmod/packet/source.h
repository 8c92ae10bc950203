/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the source of a new session is where its packet came from. */
#ifndef _NATGW_PACKET_SOURCE_H
#define _NATGW_PACKET_SOURCE_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct natgw_config;
struct natgw_net;
struct natgw_subnet_range;
struct net_device;

int natgw_source_net_init(struct natgw_net *nn);
/* a grace period after the last packet, or never used */
void natgw_source_net_exit(struct natgw_net *nn);

/**
 * natgw_source_genuine - is the source of a packet where its packet came from?
 * @nn: namespace
 * @range: subnet of the source; its source-check says what is asked: whether Linux
 *	routes answers to it by the device that the packet came by (strict), at all
 *	(loose), or nothing (off)
 * @skb: the packet, with its inside source
 * @iif: index of the device it came by, or of its VRF
 * @back: device by which answers come, NULL: not known
 *
 * Context: softirq, RCU.
 */
bool natgw_source_genuine(struct natgw_net *nn, const struct natgw_subnet_range *range,
			  const struct sk_buff *skb, int iif, const struct net_device *back);

/**
 * natgw_source_forged - has a bound host sent a packet to another one as if from outside?
 * @nn: namespace
 * @config: snapshot
 * @range: subnet of its destination; its source-check says what is asked
 * @skb: the packet; its answer would go to the Internet
 * @in: device it came by, or its VRF
 *
 * Its answer would be taken for one of a flow that came in by another way, and
 * leave untranslated. So of what comes by a device where bound hosts are, the
 * source must be there, too. Context: softirq, RCU.
 */
bool natgw_source_forged(struct natgw_net *nn, const struct natgw_config *config,
			 const struct natgw_subnet_range *range, const struct sk_buff *skb,
			 struct net_device *in);

/**
 * natgw_source_dev - device that a host's packets come by, as Linux routes to it
 * @vrf: index of its VRF, or 0
 *
 * Context: RCU. Return: NULL if there is none.
 */
struct net_device *natgw_source_dev(struct natgw_net *nn, __be32 addr, int vrf);

/**
 * natgw_source_near - the same without a VRF, where a route of its own tells
 *
 * A default route leads to hosts of which nothing is known. Context: RCU. Return:
 * NULL if that is all there is, or nothing.
 */
struct net_device *natgw_source_near(struct natgw_net *nn, __be32 addr);

/**
 * natgw_source_back - device to a host of what comes by another one, where there are rules
 * @back: device by which answers come
 *
 * Rules by mark do not count: nothing tells the mark. Context: RCU. Return: NULL
 * if there is none, or no rule either.
 */
struct net_device *natgw_source_back(struct natgw_net *nn, __be32 addr,
				     const struct net_device *back);

#endif
