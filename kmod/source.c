// SPDX-License-Identifier: GPL-2.0
/*
 * The reverse path of a new session's source.
 *
 * A route look-up is the dearest part of opening a session, and a host opens
 * many. So each CPU remembers the hosts it last found genuine, for as long as no
 * route changes: each change of routes, rules, addresses or devices gives the
 * namespace a new generation of routes (rt_cache_flush()).
 */
#include <linux/hash.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/net_namespace.h>
#include "net.h"
#include "source.h"

#define SOURCE_BITS	8

/** struct natgw_source - a host found genuine */
struct natgw_source {
	__be32 addr;
	int iif;
	int generation;
};

/** struct natgw_sources - those of one CPU */
struct natgw_sources {
	struct natgw_source entry[1 << SOURCE_BITS];
};

/* route to a host, in the table of a VRF if @iif is one or in one */
static bool find_route(struct natgw_net *nn, __be32 addr, int iif, struct fib_result *res)
{
	struct flowi4 fl4 = {
		.daddr = addr,
		.flowi4_iif = iif,
	};

	return !fib_lookup(nn->net, &fl4, res, FIB_LOOKUP_IGNORE_LINKSTATE) &&
	       res->type == RTN_UNICAST;
}

static bool look_up(struct natgw_net *nn, __be32 addr, int iif)
{
	struct net_device *in;
	struct fib_result res;

	in = dev_get_by_index_rcu(nn->net, iif);
	if (!in)
		return false;
	if (!find_route(nn, addr, l3mdev_master_ifindex_rcu(in) ? iif : LOOPBACK_IFINDEX, &res))
		return false;
	return fib_info_nh_uses_dev(res.fi, in) ||
	       (netif_is_l3_master(in) &&
		l3mdev_master_ifindex_rcu(FIB_RES_DEV(res)) == iif);
}

struct net_device *natgw_source_dev(struct natgw_net *nn, __be32 addr, int vrf)
{
	struct fib_result res;

	return find_route(nn, addr, vrf ?: LOOPBACK_IFINDEX, &res) ? FIB_RES_DEV(res) : NULL;
}

bool natgw_source_genuine(struct natgw_net *nn, __be32 addr, int iif)
{
	struct natgw_source *source;
	int generation;

	generation = rt_genid_ipv4(nn->net);
	/* read first: a route that changes meanwhile makes the entry old at once */
	smp_rmb();
	source = &this_cpu_ptr(nn->sources)->entry[hash_32((__force u32)addr, SOURCE_BITS)];
	if (source->addr == addr && source->iif == iif && source->generation == generation)
		return true;
	if (!look_up(nn, addr, iif))
		return false;
	source->addr = addr;
	source->iif = iif;
	source->generation = generation;
	return true;
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
