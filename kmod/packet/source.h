/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the source of a packet is where it came from. */
#ifndef _NATGW_PACKET_SOURCE_H
#define _NATGW_PACKET_SOURCE_H

#include <linux/hash.h>
#include <linux/ip.h>
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/inet_dscp.h>
#include <net/net_namespace.h>
#include "snapshot/net.h"
#include "snapshot/view.h"

struct natgw_config;
struct net_device;

#define NATGW_SOURCE_BITS	8

/**
 * struct natgw_way - what the look-up of a host's route depends on
 * @host: the host
 * @peer: source of the answer; this and the next two only matter to rules
 * @back: index of the device by which it comes, or 0: not known
 * @mark: of the packet
 * @iif: index of the device that the packet came by, or of its VRF
 * @tos: of the packet
 */
struct natgw_way {
	__be32 host;
	__be32 peer;
	int back;
	u32 mark;
	int iif;
	u32 tos;
} __aligned(sizeof(u64));

/** struct natgw_source - a host found genuine; @generation: of the routes, then */
struct natgw_source {
	struct natgw_way way;
	int generation;
};

/** struct natgw_sources - those of one CPU */
struct natgw_sources {
	struct natgw_source entry[1 << NATGW_SOURCE_BITS];
};

int natgw_source_net_init(struct natgw_net *nn);
/* a grace period after the last packet, or never used */
void natgw_source_net_exit(struct natgw_net *nn);

/** natgw_source_rules - are there rules that may choose another table? */
static inline bool natgw_source_rules(const struct natgw_net *nn)
{
#ifdef CONFIG_IP_MULTIPLE_TABLES
	return nn->net->ipv4.fib_has_custom_rules;
#else
	return false;
#endif
}

/* Context: BH off */
static inline struct natgw_source *natgw_source_entry(const struct natgw_net *nn, __be32 host)
{
	return &this_cpu_ptr(nn->sources)->entry[hash_32((__force u32)host, NATGW_SOURCE_BITS)];
}

static inline bool natgw_source_is_cached(const struct natgw_source *source,
					  const struct natgw_way *way, int generation)
{
	const u64 *x = (const u64 *)&source->way, *y = (const u64 *)way;

	/* it has no holes; a call of memcmp() would cost twice as much */
	BUILD_BUG_ON(sizeof(*way) != 3 * sizeof(*x));
	return source->generation == generation &&
	       !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]));
}

/**
 * natgw_source_known - is a source known to be genuine?
 *
 * natgw_source_genuine() says so, too, and of others. Context: softirq, RCU.
 */
static inline bool natgw_source_known(const struct natgw_net *nn,
				      const struct natgw_subnet_range *range,
				      const struct iphdr *iph, int iif)
{
	const struct natgw_way way = {
		.host = iph->saddr,
		.iif = iif,
		.tos = iph->tos & INET_DSCP_MASK,
	};

	return range->source_check == NATGW_SOURCE_CHECK_STRICT && !natgw_source_rules(nn) &&
	       natgw_source_is_cached(natgw_source_entry(nn, way.host), &way,
				      rt_genid_ipv4(nn->net));
}

/**
 * natgw_source_sends - is a host where a packet came from?
 * @nn: namespace
 * @range: subnet of the host; its source-check says what is asked: whether Linux
 *	routes answers to it by the device that the packet came by (strict), at all
 *	(loose), or nothing (off)
 * @host: the host
 * @skb: the packet
 * @iif: index of the device it came by, or of its VRF
 * @back: device by which answers come, NULL: not known
 *
 * Context: softirq, RCU.
 */
bool natgw_source_sends(struct natgw_net *nn, const struct natgw_subnet_range *range, __be32 host,
			const struct sk_buff *skb, int iif, const struct net_device *back);

/** natgw_source_genuine - natgw_source_sends() of a packet's inside source */
static inline bool natgw_source_genuine(struct natgw_net *nn,
					const struct natgw_subnet_range *range,
					const struct sk_buff *skb, int iif,
					const struct net_device *back)
{
	return natgw_source_sends(nn, range, ip_hdr(skb)->saddr, skb, iif, back);
}

/**
 * natgw_source_beside - did a packet come by the segment that a device leads to?
 * @nn: namespace
 * @range: subnet of its source; where its source-check is not strict, each device will do
 * @skb: the packet
 * @in: device it came by, or its VRF
 * @dev: the device
 *
 * A link layer address says who has sent a packet only where its owner is. Context: softirq, RCU.
 */
bool natgw_source_beside(struct natgw_net *nn, const struct natgw_subnet_range *range,
			 const struct sk_buff *skb, struct net_device *in,
			 struct net_device *dev);

/**
 * natgw_source_forged - has a bound host sent a packet to another one as if from outside?
 * @nn: namespace
 * @config: snapshot
 * @range: subnet of its destination; its source-check says what is asked
 * @source: its source, as it came
 * @skb: the packet; its answer would go to the Internet
 * @in: device it came by, or its VRF
 *
 * Its answer would be taken for one of a flow that came in by another way, and
 * leave untranslated. So of what comes by a device where bound hosts are, the
 * source must be there, too. Context: softirq, RCU.
 */
bool natgw_source_forged(struct natgw_net *nn, const struct natgw_config *config,
			 const struct natgw_subnet_range *range, __be32 source,
			 const struct sk_buff *skb, struct net_device *in);

/**
 * natgw_source_strays - does a packet leave by the default route, to where its source is?
 * @nn: namespace
 * @skb: the packet; its destination is a host in no VRF
 * @in: device it came by, or its VRF
 * @out: device it leaves by
 *
 * Halves and quarters of the default route count as one. It is none of that where the default
 * route leads to the hosts, and rules lead them to the Internet. Context: softirq, RCU.
 */
bool natgw_source_strays(const struct natgw_net *nn, const struct sk_buff *skb,
			 const struct net_device *in, const struct net_device *out);

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
