// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the search for addresses that the router or a host next to it uses already. Called
 * by address.c and managed_pool.c.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <net/arp.h>
#include <net/ip_fib.h>
#include <net/neighbour.h>
#include "config/address_use.h"
#include "lib/extack.h"
#include "lib/prefix.h"

/* A neighbour that is there, or was when it was last asked */
#define USE_NUD	(NUD_PERMANENT | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)

/**
 * struct use_walk - a walk over the uses of a prefix's addresses
 * @net: namespace
 * @prefix: of interest
 * @each: sees them
 * @data: for @each
 */
struct use_walk {
	struct net *net;
	struct natgw_prefix prefix;
	natgw_use_fn each;
	void *data;
};

static void use_see(const struct use_walk *walk, __be32 addr, enum natgw_use use,
		    const struct net_device *dev)
{
	if (addr && natgw_prefix_holds(walk->prefix, addr))
		walk->each(walk->data, addr, use, dev);
}

/* One address of the router and the network that it is in; RCU */
static void use_see_own(const struct use_walk *walk, const struct in_ifaddr *ifa,
			const struct net_device *dev)
{
	__be32 broadcast = ifa->ifa_broadcast;

	use_see(walk, ifa->ifa_local, NATGW_USE_OWN, dev);
	if (ifa->ifa_prefixlen < 31) {
		use_see(walk, ifa->ifa_address & ifa->ifa_mask, NATGW_USE_NETWORK, dev);
		broadcast = broadcast ?: ifa->ifa_address | ~ifa->ifa_mask;
	}
	use_see(walk, broadcast, NATGW_USE_BROADCAST, dev);
}

/* Where packets without a better route leave by a device; RCU */
static void use_see_next_hop(const struct use_walk *walk, const struct net_device *dev)
{
	struct flowi4 fl4 = {
		.flowi4_iif = LOOPBACK_IFINDEX,
		.flowi4_oif = dev->ifindex,
	};
	struct fib_result res;

	if (!(dev->flags & IFF_UP) || fib_lookup(walk->net, &fl4, &res, 0) ||
	    res.type != RTN_UNICAST || res.nhc->nhc_gw_family != AF_INET)
		return;
	use_see(walk, res.nhc->nhc_gw.ipv4, NATGW_USE_NEXT_HOP, dev);
}

/* Under the lock of the neighbour table */
static void use_see_neighbour(struct neighbour *neigh, void *data)
{
	const struct use_walk *walk = data;

	if (dev_net(neigh->dev) == walk->net && READ_ONCE(neigh->nud_state) & USE_NUD)
		use_see(walk, *(__be32 *)neigh->primary_key, NATGW_USE_NEIGHBOUR, neigh->dev);
}

void natgw_use_each(struct net *net, struct natgw_prefix prefix, natgw_use_fn each, void *data)
{
	struct use_walk walk = { .net = net, .prefix = prefix, .each = each, .data = data };
	const struct in_device *in_dev;
	const struct in_ifaddr *ifa;
	struct net_device *dev;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		in_dev = __in_dev_get_rcu(dev);
		if (!in_dev)
			continue;
		in_dev_for_each_ifa_rcu(ifa, in_dev)
			use_see_own(&walk, ifa, dev);
		use_see_next_hop(&walk, dev);
	}
	neigh_for_each(&arp_tbl, use_see_neighbour, &walk);
	rcu_read_unlock();
}

/**
 * struct use_found - the use that a refusal names: the first kind of enum natgw_use
 * @mind: uses that matter, as bits
 * @found: there is one
 * @use: its kind
 * @addr: of the address
 * @dev: device
 */
struct use_found {
	u32 mind;
	bool found;
	enum natgw_use use;
	__be32 addr;
	char dev[IFNAMSIZ];
};

static void use_find(void *data, __be32 addr, enum natgw_use use, const struct net_device *dev)
{
	struct use_found *found = data;

	if (!(found->mind & BIT(use)) || (found->found && found->use <= use))
		return;
	found->found = true;
	found->use = use;
	found->addr = addr;
	strscpy(found->dev, dev->name, sizeof(found->dev));
}

/* What to do about it, where that is not plain */
static void use_cure(char *str, size_t size, const struct use_found *found)
{
	*str = '\0';
	if (found->use == NATGW_USE_OWN)
		strscpy(str, ", if both are to use it give shared on", size);
	else if (found->use == NATGW_USE_NEIGHBOUR)
		snprintf(str, size, ", if that has gone: ip neigh del %pI4 dev %s", &found->addr,
			 found->dev);
}

int natgw_use_check(struct net *net, struct natgw_prefix prefix, u32 mind,
		    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	static const char *const what[] = {
		[NATGW_USE_OWN] = "the router's own",
		[NATGW_USE_NETWORK] = "the network address of a network",
		[NATGW_USE_BROADCAST] = "the broadcast address of a network",
		[NATGW_USE_NEXT_HOP] = "the next hop of the default route",
		[NATGW_USE_NEIGHBOUR] = "in use by a neighbour",
	};
	struct use_found found = { .mind = mind };
	char str[NATGW_PREFIX_STR], addr[NATGW_PREFIX_STR + sizeof(" holds , which")] = "";
	char cure[NATGW_PREFIX_STR + IFNAMSIZ + sizeof(", if that has gone: ip neigh del  dev ")];

	natgw_use_each(net, prefix, use_find, &found);
	if (!found.found)
		return 0;
	if (prefix.len < 32)
		snprintf(addr, sizeof(addr), " holds %pI4, which", &found.addr);
	use_cure(cure, sizeof(cure), &found);
	return natgw_refuse(extack, attr, -EADDRINUSE, "address %s%s is %s on %s%s",
			    natgw_prefix_str(str, prefix), addr, what[found.use], found.dev, cure);
}
