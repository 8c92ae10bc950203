// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the reverse path of the source of a packet that opens a session or turns one that runs.
 * Called by datapath/, and by control/activate.c for its memory.
 *
 * A route look-up is the dearest part of opening a session, and a host opens
 * many. So each CPU remembers the hosts it last found genuine, for as long as no
 * route changes: each change of routes, rules, addresses or devices gives the
 * namespace a new generation of routes (rt_cache_flush()).
 *
 * The look-up is that of an answer: it comes from the peer, by the device by
 * which the packet leaves. Whether it will have the packet's mark and DSCP depends
 * on rules and on the peer, so a route to the host with them and one without
 * are both good.
 */
#include <linux/inetdevice.h>
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>
#include "compat/route.h"
#include "packet/route_input.h"
#include "packet/source.h"
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/view.h"

/* A shorter route is the default one, or a part of it: no private space is larger */
#define SHORTEST_OWN	8

static bool find_unicast(const struct natgw_net *nn, struct flowi4 *fl4, struct fib_result *res)
{
	return !fib_lookup(nn->net, fl4, res, FIB_LOOKUP_IGNORE_LINKSTATE) &&
	       res->type == RTN_UNICAST;
}

/* route to a host of what comes by @iif, which may be a VRF or in one */
static bool find_route(struct natgw_net *nn, __be32 addr, int iif, struct fib_result *res)
{
	struct flowi4 fl4 = {
		.daddr = addr,
		.flowi4_iif = iif,
	};

	return find_unicast(nn, &fl4, res);
}

/*
 * A macvlan or ipvlan device shares the wire of the device below it. The lower device receives
 * packets that are not sent to the upper device's own address (ipvlan), and packets of a host
 * whose ARP request the lower device answered first.
 */
static bool is_on_wire_of(struct net_device *dev, struct net_device *in)
{
	if (!netif_is_macvlan(dev) &&
	    (!dev->rtnl_link_ops || strcmp(dev->rtnl_link_ops->kind, "ipvlan")))
		return false;
	return netdev_has_upper_dev_all_rcu(in, dev);
}

/* @in: device by which the route has to leave; NULL: any will do */
static bool leads_back(struct natgw_net *nn, const struct natgw_way *way,
		       struct net_device *in, u32 mark, u8 tos)
{
	struct fib_result res;
	struct flowi4 fl4 = {
		.daddr = way->host,
		.saddr = way->peer,
		.flowi4_iif = way->back ?: LOOPBACK_IFINDEX,
		.flowi4_mark = mark,
	};

	natgw_flow_set_tos(&fl4, tos);
	/* from a VRF: the answer is routed in its table */
	if (in && l3mdev_master_ifindex_rcu(in)) {
		fl4.flowi4_iif = way->iif;
		fl4.saddr = 0;
	}
	if (!find_unicast(nn, &fl4, &res))
		return false;
	return !in || fib_info_nh_uses_dev(res.fi, in) || is_on_wire_of(FIB_RES_DEV(res), in) ||
	       (netif_is_l3_master(in) &&
		l3mdev_master_ifindex_rcu(FIB_RES_DEV(res)) == in->ifindex);
}

static bool look_up(struct natgw_net *nn, const struct natgw_way *way,
		    struct net_device *in)
{
	return leads_back(nn, way, in, 0, 0) ||
	       ((way->mark || way->tos) && leads_back(nn, way, in, way->mark, way->tos));
}

struct net_device *natgw_source_dev(struct natgw_net *nn, __be32 addr, int vrf)
{
	struct fib_result res;

	return find_route(nn, addr, vrf ?: LOOPBACK_IFINDEX, &res) ? FIB_RES_DEV(res) : NULL;
}

struct net_device *natgw_source_near(struct natgw_net *nn, __be32 addr)
{
	struct fib_result res;

	return find_route(nn, addr, LOOPBACK_IFINDEX, &res) && res.prefixlen ?
	       FIB_RES_DEV(res) : NULL;
}

struct net_device *natgw_source_back(struct natgw_net *nn, __be32 addr,
				     const struct net_device *back)
{
	struct fib_result res;

	return natgw_source_rules(nn) && find_route(nn, addr, back->ifindex, &res) ?
	       FIB_RES_DEV(res) : NULL;
}

static bool has_way_back(struct natgw_net *nn, const struct natgw_way *way)
{
	struct natgw_source *source;
	struct net_device *in;
	int generation;

	generation = rt_genid_ipv4(nn->net);
	/* read first: a route that changes meanwhile makes the entry old at once */
	smp_rmb();
	source = natgw_source_entry(nn, way->host);
	if (natgw_source_is_cached(source, way, generation))
		return true;
	in = dev_get_by_index_rcu(nn->net, way->iif);
	if (!in || !look_up(nn, way, in))
		return false;
	source->way = *way;
	source->generation = generation;
	return true;
}

bool natgw_source_sends(struct natgw_net *nn, const struct natgw_subnet_range *range, __be32 host,
			const struct sk_buff *skb, int iif, const struct net_device *back)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct natgw_way way = {
		.host = host,
		.iif = iif,
		.tos = iph->tos & INET_DSCP_MASK,
	};

	if (range->source_check == NATGW_SOURCE_CHECK_OFF)
		return true;
	/* else one host is one entry, whatever it sends */
	if (natgw_source_rules(nn)) {
		way.peer = iph->daddr;
		way.back = back ? back->ifindex : 0;
		way.mark = skb->mark;
	}
	if (range->source_check == NATGW_SOURCE_CHECK_LOOSE)
		return look_up(nn, &way, NULL);
	return has_way_back(nn, &way);
}

bool natgw_source_beside(struct natgw_net *nn, const struct natgw_subnet_range *range,
			 const struct sk_buff *skb, struct net_device *in, struct net_device *dev)
{
	int slave = inet_sdif(skb);

	if (range->source_check != NATGW_SOURCE_CHECK_STRICT)
		return true;
	if (slave)
		in = dev_get_by_index_rcu(nn->net, slave);
	return in && (in == dev || is_on_wire_of(dev, in) || is_on_wire_of(in, dev));
}

/* Do hosts of bound subnets send by a device? Its addresses tell, or its vnet */
static bool leads_inside(const struct natgw_config *config, const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct in_ifaddr *ifa;

	if (natgw_lookup_vnet(config, dev->ifindex) != &config->views[0])
		return true;
	if (!in_dev)
		return false;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (natgw_bound_find(&config->bound, ifa->ifa_local))
			return true;
	return false;
}

/*
 * Behind an inner router, or where each host has a route of its own, the device has no address
 * in the subnet: so the route to the host is looked up
 */
static bool leads_to(struct natgw_net *nn, __be32 addr, struct net_device *dev)
{
	struct fib_result res;

	return find_route(nn, addr, dev->ifindex, &res) &&
	       (fib_info_nh_uses_dev(res.fi, dev) || is_on_wire_of(FIB_RES_DEV(res), dev));
}

/* Return: 1: by @out, by a route that is no host's own; 0: by @out, by its own; -1: elsewhere */
static int leads_out(const struct natgw_net *nn, struct flowi4 *fl4, const struct net_device *out)
{
	struct fib_result res;

	if (!find_unicast(nn, fl4, &res) || !fib_info_nh_uses_dev(res.fi, out))
		return -1;
	return res.prefixlen < SHORTEST_OWN;
}

bool natgw_source_strays(const struct natgw_net *nn, const struct sk_buff *skb,
			 const struct net_device *in, const struct net_device *out)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flowi4 fl4 = natgw_route_key(skb, in);
	int found;

	found = leads_out(nn, &fl4, out);
	if (found < 0 && skb->mark) {
		/* it may have got its mark later */
		fl4.flowi4_mark = 0;
		found = leads_out(nn, &fl4, out);
	}
	if (found <= 0)
		return false;
	if (in == out)
		return true;
	/* what came by the hosts' device would not go back there: the Internet is elsewhere */
	fl4 = (struct flowi4){
		.daddr = iph->saddr,
		.saddr = iph->daddr,
		.flowi4_iif = out->ifindex,
	};
	return leads_out(nn, &fl4, out) >= 0;
}

bool natgw_source_forged(struct natgw_net *nn, const struct natgw_config *config,
			 const struct natgw_subnet_range *range, __be32 source,
			 const struct sk_buff *skb, struct net_device *in)
{
	const struct net_device *back = NULL;

	if (natgw_source_rules(nn))
		back = natgw_source_dev(nn, ip_hdr(skb)->daddr, range->vnet->vrf);
	/* first, since it is known of the last hosts */
	if (natgw_source_sends(nn, range, source, skb, in->ifindex, back))
		return false;
	return leads_inside(config, in) || leads_to(nn, ip_hdr(skb)->daddr, in);
}

int natgw_source_net_init(struct natgw_net *nn)
{
	nn->sources = alloc_percpu_gfp(struct natgw_sources, GFP_KERNEL_ACCOUNT);
	return nn->sources ? 0 : -ENOMEM;
}

void natgw_source_net_exit(struct natgw_net *nn)
{
	free_percpu(nn->sources);
}
