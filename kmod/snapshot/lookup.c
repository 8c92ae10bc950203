// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the searches in the compiled tables of a snapshot. Called by packets, and by who
 * asks what they would find.
 */
#include <linux/bsearch.h>
#include <linux/in.h>
#include <linux/inetdevice.h>
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include "lib/lpm.h"
#include "lib/prefix.h"
#include "lib/search.h"
#include "snapshot/bound.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/view.h"

static int cmp_public(const void *key, const void *elt)
{
	const struct natgw_public *public = elt;
	u32 addr = *(const u32 *)key;

	if (addr < public->addr)
		return -1;
	return addr > public->addr;
}

static int cmp_dev(const void *key, const void *elt)
{
	const struct natgw_dev *dev = elt;
	int ifindex = *(const int *)key;

	if (ifindex < dev->ifindex)
		return -1;
	return ifindex > dev->ifindex;
}

/* natgw_lookup_vnet(), where a vnet has devices of its own */
const struct natgw_vnet_view *natgw_lookup_dev(const struct natgw_config *config, int ifindex)
{
	const struct natgw_dev *dev;

	dev = __inline_bsearch(&ifindex, config->devs, config->n_devs, sizeof(*config->devs),
			       cmp_dev);
	return dev ? dev->vnet : &config->views[0];
}

/**
 * natgw_lookup_subnet - subnet of a vnet that an address is in
 * @vnet: the vnet
 * @addr: address
 *
 * Context: RCU read side. Return: the range, or NULL.
 */
const struct natgw_subnet_range *natgw_lookup_subnet(const struct natgw_vnet_view *vnet,
						     __be32 addr)
{
	const struct natgw_subnet_range *range = natgw_lookup_source(vnet, addr);

	return range && range->vnet == vnet ? range : NULL;
}

/* natgw_lookup_public(), for addresses that the hint does not rule out */
const struct natgw_public *natgw_lookup_public_exact(const struct natgw_config *config,
						     __be32 addr)
{
	u32 key = ntohl(addr);

	return __inline_bsearch(&key, config->publics, config->n_publics,
				sizeof(*config->publics), cmp_public);
}

static int cmp_managed(const void *key, const void *elt)
{
	const struct natgw_managed_range *range = elt;
	u32 addr = *(const u32 *)key;

	if (addr < range->first)
		return -1;
	return addr > range->last;
}

/* in a network that a device is in */
static bool is_neighbour(const struct net_device *dev, __be32 addr)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return false;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (inet_ifa_match(addr, ifa))
			return true;
	return false;
}

/* natgw_lookup_free(), where there is a managed pool */
bool natgw_lookup_free_exact(const struct natgw_config *config, __be32 addr,
			     const struct net_device *out)
{
	u32 key = ntohl(addr);

	return __inline_bsearch(&key, config->managed_ranges, config->n_managed,
				sizeof(*config->managed_ranges), cmp_managed) &&
	       !natgw_lookup_public(config, addr) && !(out && is_neighbour(out, addr));
}

bool natgw_lookup_serves(const struct natgw_config *config, __be32 addr,
			 const struct net_device *out)
{
	const struct natgw_public *public = natgw_lookup_public(config, addr);

	return !public || !public->conf->uplink[0] ||
	       !strncmp(public->conf->uplink, out->name, IFNAMSIZ);
}

/* RFC 1918 and RFC 6598: what Azure's system routes keep off the Internet; its length */
static u8 private_len(u32 addr)
{
	if ((addr & 0xff000000) == 0x0a000000)
		return 8;
	if ((addr & 0xfff00000) == 0xac100000)
		return 12;
	if ((addr & 0xffff0000) == 0xc0a80000)
		return 16;
	if ((addr & 0xffc00000) == 0x64400000)
		return 10;
	return 0;
}

/** natgw_lookup_private_octet - is that the first octet of some of these addresses? */
bool natgw_lookup_private_octet(u8 octet)
{
	return octet == 10 || octet == 172 || octet == 192 || octet == 100;
}

/** natgw_lookup_private - is an address in private or shared space? */
bool natgw_lookup_private(__be32 addr)
{
	return private_len(ntohl(addr));
}

/**
 * natgw_lookup_internet - is an address in Internet space?
 * @config: snapshot
 * @addr: address
 *
 * Context: RCU read side. Return: it is neither in any vnet's space nor private or shared.
 */
bool natgw_lookup_internet(const struct natgw_config *config, __be32 addr)
{
	return !private_len(ntohl(addr)) && !natgw_bound_in_space(&config->bound, addr);
}

/* length of the prefix of the vnet's own space that holds an address, or 0 */
static u8 space_len(const struct natgw_vnet_view *vnet, __be32 addr)
{
	const struct natgw_vnet_conf *conf = vnet->conf;
	const struct natgw_subnet_range *range;
	u32 i;

	for (i = 0; i < conf->n_prefixes; i++)
		if (natgw_prefix_holds(conf->prefix[i], addr))
			return conf->prefix[i].len;
	if (conf->n_prefixes)
		return 0;
	/* "default": the subnets are its space */
	range = natgw_lookup_subnet(vnet, addr);
	return range ? 32 - fls(range->last - range->first) : 0;
}

/**
 * natgw_lookup_private_type - next hop of private and shared space outside a vnet
 * @vnet: the vnet
 *
 * Context: RCU read side. Return: enum natgw_next_hop_type.
 */
u32 natgw_lookup_private_type(const struct natgw_vnet_view *vnet)
{
	switch (vnet->conf->private_space) {
	case NATGW_PRIVATE_SPACE_DROP:
		return NATGW_NEXT_HOP_NONE;
	case NATGW_PRIVATE_SPACE_PASS:
		return NATGW_NEXT_HOP_PASS;
	default:
		return NATGW_NEXT_HOP_INTERNET;
	}
}

/**
 * natgw_lookup_system_route - effective route by the system routes alone
 * @vnet: vnet of the source
 * @daddr: destination
 * @effective: result
 *
 * The vnet's space is VnetLocal, private and shared space outside it is what
 * private-space says, and the rest is the Internet.
 * Context: RCU read side.
 */
void natgw_lookup_system_route(const struct natgw_vnet_view *vnet, __be32 daddr,
			       struct natgw_effective *effective)
{
	u8 private = private_len(ntohl(daddr)), space = space_len(vnet, daddr);

	effective->route = NULL;
	effective->hop = NULL;
	effective->prefix_len = space;
	if (space) {
		effective->type = NATGW_NEXT_HOP_VNET_LOCAL;
		return;
	}
	effective->prefix_len = private;
	effective->type = private ? natgw_lookup_private_type(vnet) : NATGW_NEXT_HOP_INTERNET;
}

/**
 * natgw_lookup_route - effective route of a packet from a subnet
 * @range: subnet of its source
 * @daddr: destination
 * @effective: result
 *
 * The longest prefix of the user's and the system's routes; at a tie the user's.
 * Context: RCU read side.
 */
void natgw_lookup_route(const struct natgw_subnet_range *range, __be32 daddr,
			struct natgw_effective *effective)
{
	const struct natgw_steer *steer = range->steer;
	const struct natgw_lpm_range *found;

	natgw_lookup_system_route(range->vnet, daddr, effective);
	if (!steer)
		return;
	found = natgw_lpm_find(steer->table->lpm, daddr);
	if (!found || found->len < effective->prefix_len)
		return;
	effective->route = &steer->table->route[found->value];
	effective->prefix_len = found->len;
	effective->type = effective->route->type;
	if (effective->type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE)
		effective->hop = steer->hop[effective->route->hop];
	else if (effective->type == NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY)
		effective->hop = steer->hop[steer->table->n_hops];
}
