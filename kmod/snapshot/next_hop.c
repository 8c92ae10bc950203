// SPDX-License-Identifier: GPL-2.0
/*
 * Owns next hops: their route and neighbour. Called by config/compile.c, by datapath/ for
 * packets, and by netlink/effective.c.
 */
#include <linux/etherdevice.h>
#include <linux/slab.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/route.h>
#include "snapshot/entry.h"
#include "snapshot/next_hop.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

struct natgw_next_hop *natgw_next_hop_new(struct natgw_net *nn, struct natgw_vnet *vnet, __be32 ip)
{
	struct natgw_next_hop *hop = kzalloc(sizeof(*hop), GFP_KERNEL_ACCOUNT);

	if (!hop)
		return NULL;
	if (dst_cache_init(&hop->cache, GFP_KERNEL_ACCOUNT)) {
		kfree(hop);
		return NULL;
	}
	refcount_set(&hop->ref, 1);
	hop->nn = nn;
	hop->vnet = natgw_vnet_get(vnet);
	hop->ip = ip;
	return hop;
}

static void next_hop_free_rcu(struct rcu_head *rcu)
{
	struct natgw_next_hop *hop = container_of(rcu, struct natgw_next_hop, rcu);

	dst_cache_destroy(&hop->cache);
	natgw_vnet_put(hop->vnet);
	kfree(hop);
}

void natgw_next_hop_put(struct natgw_next_hop *hop)
{
	if (refcount_dec_and_test(&hop->ref))
		call_rcu(&hop->rcu, next_hop_free_rcu);
}

/*
 * FLOWI_FLAG_KNOWN_NH: the route's gateway is the next hop, whatever the
 * packet's destination. A gateway before it would send the packet by its own
 * routes, so the next hop must be on the link.
 */
struct rtable *natgw_next_hop_route(struct natgw_next_hop *hop)
{
	struct flowi4 fl4 = {
		.daddr = hop->ip,
		.flowi4_oif = READ_ONCE(hop->vnet->vrf),
		.flowi4_flags = FLOWI_FLAG_ANYSRC | FLOWI_FLAG_KNOWN_NH,
	};
	__be32 saddr;
	struct rtable *rt;

	rt = dst_cache_get_ip4(&hop->cache, &saddr);
	/* of a device that went: it points to init_net's blackhole and may look valid there */
	if (rt && net_eq(dev_net(rt->dst.dev), hop->nn->net))
		return rt;
	if (rt)
		ip_rt_put(rt);
	rt = ip_route_output_flow(hop->nn->net, &fl4, NULL);
	if (IS_ERR(rt))
		return NULL;
	if (rt->rt_type != RTN_UNICAST || rt->rt_gw_family != AF_INET || rt->rt_gw4 != hop->ip) {
		ip_rt_put(rt);
		return NULL;
	}
	dst_cache_set_ip4(&hop->cache, &rt->dst, 0);
	return rt;
}

enum natgw_next_hop_state natgw_next_hop_look(const struct natgw_next_hop *hop,
					      const struct rtable *rt, bool ask)
{
	struct neighbour *neigh = __ipv4_neigh_lookup_noref(rt->dst.dev, (__force u32)hop->ip);

	if (!neigh || !(READ_ONCE(neigh->nud_state) & NUD_FAILED))
		return NATGW_HOP_OK;
	if (ask)
		neigh_event_send(neigh, NULL);
	return NATGW_HOP_DOWN;
}

bool natgw_next_hop_takes(struct natgw_next_hop *hop, const struct sk_buff *skb)
{
	struct rtable *rt = natgw_next_hop_route(hop);
	const struct neighbour *neigh;
	bool takes;

	if (!rt)
		return false;
	neigh = __ipv4_neigh_lookup_noref(rt->dst.dev, (__force u32)hop->ip);
	takes = neigh && rt->dst.dev->type == ARPHRD_ETHER &&
		ether_addr_equal_unaligned(neigh->ha, eth_hdr(skb)->h_dest);
	ip_rt_put(rt);
	return takes;
}

bool natgw_next_hop_sent(const struct natgw_next_hop *hop, const struct rtable *rt,
			 const struct sk_buff *skb)
{
	const struct neighbour *neigh;

	if (!skb_mac_header_was_set(skb) || rt->dst.dev->type != ARPHRD_ETHER)
		return false;
	neigh = __ipv4_neigh_lookup_noref(rt->dst.dev, (__force u32)hop->ip);
	return neigh && READ_ONCE(neigh->nud_state) & NUD_VALID &&
	       ether_addr_equal_unaligned(neigh->ha, eth_hdr(skb)->h_source);
}
