// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the way from the objects of a snapshot to the tables that packets search. Called
 * by control/publish.c and netlink/cluster_plan.c.
 */
#include <linux/inetdevice.h>
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/l3mdev.h>
#include "config/compile.h"
#include "config/compile_steer.h"
#include "lib/prefix.h"
#include "lib/search.h"
#include "session/reserved_ports.h"
#include "snapshot/bound.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/view.h"

/* by the vnet by whose devices their packets come, there by address */
static int range_cmp(const void *a, const void *b)
{
	const struct natgw_subnet_range *x = a, *y = b;

	if (x->vnet->entrance != y->vnet->entrance)
		return x->vnet->entrance < y->vnet->entrance ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static int public_cmp(const void *a, const void *b)
{
	const struct natgw_public *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void compile_gateways(struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < config->n_gateways; i++) {
		config->pools[i].gw = config->gateways[i]->gw;
		config->track_off |= !config->gateways[i]->track;
		config->offload |= config->gateways[i]->offload;
		config->drains |= !!natgw_config_drain_end(config, config->gateways[i]->drain_end);
		config->retired |= config->gateways[i]->retired;
		config->seats |= config->gateways[i]->allocation != NATGW_ALLOCATION_DYNAMIC;
	}
}

static void compile_addresses(struct natgw_config *config)
{
	u32 i, k, n = 0;

	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address_conf *conf = config->addresses[i];
		u32 first = ntohl(conf->address->addr);
		struct natgw_pool *pool = NULL;

		if (conf->gw)
			pool = natgw_place_pool(config, conf->gw);
		config->drains |= !!conf->drain_end;
		config->retired |= conf->retired;
		config->shared |= conf->shared;
		config->uplinks |= !!conf->uplink[0];
		for (k = 0; k < natgw_address_size(conf->address); k++) {
			struct natgw_public *public = &config->publics[n++];

			public->addr = first + k;
			__set_bit(natgw_public_hint(htonl(first + k)), config->public_hint);
			public->address = conf->address;
			public->gw = conf->gw;
			public->conf = conf;
			if (pool && !WARN_ON_ONCE(pool->n == NATGW_GATEWAY_ADDRESSES)) {
				pool->uplinks |= !!conf->uplink[0];
				pool->entry[pool->n].addr = htonl(first + k);
				pool->entry[pool->n++].conf = conf;
			}
		}
	}
	sort(config->publics, n, sizeof(*config->publics), public_cmp, NULL);
}

static int managed_cmp(const void *a, const void *b)
{
	const struct natgw_managed_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* They never overlap */
static int compile_managed(struct natgw_config *config)
{
	u32 i;

	config->managed_ranges = kvmalloc_array(config->n_managed,
						sizeof(*config->managed_ranges),
						GFP_KERNEL_ACCOUNT);
	if (!config->managed_ranges)
		return -ENOMEM;
	for (i = 0; i < config->n_managed; i++) {
		struct natgw_prefix prefix = config->managed[i]->prefix;
		struct natgw_managed_range *range = &config->managed_ranges[i];

		range->first = ntohl(prefix.addr);
		range->last = range->first | ~ntohl(inet_make_mask(prefix.len));
	}
	sort(config->managed_ranges, config->n_managed, sizeof(*config->managed_ranges),
	     managed_cmp, NULL);
	return 0;
}

static void compile_subnets(struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *conf = config->subnets[i];
		struct natgw_subnet_range *range = &config->ranges[i];
		struct natgw_vnet_view *view = natgw_place_view(config, conf->subnet->vnet);

		range->first = ntohl(conf->prefix);
		range->last = range->first | ~ntohl(inet_make_mask(conf->prefix_len));
		range->subnet = conf->subnet;
		range->vnet = view;
		range->pool = NULL;
		range->steer = NULL;
		range->block = conf->block;
		range->source_check = conf->source_check;
		if (conf->gw)
			natgw_place_pool(config, conf->gw)->n_subnets++;
		if (conf->lb)
			natgw_place_pool(config, conf->lb)->n_subnets++;
		if (natgw_subnet_way(conf))
			range->pool = natgw_place_pool(config, natgw_subnet_way(conf));
		config->directs |= range->pool || conf->table || conf->block;
		range->draining = conf->drain_end;
		config->drains |= range->draining || conf->left_end;
		config->retired |= conf->left_end || (conf->owned && conf->drain_end);
		range->ipv6_drop = conf->ipv6 == NATGW_IPV6_DROP;
		config->ipv6_drop |= range->ipv6_drop;
		view->ipv6_drop |= range->ipv6_drop;
		view->n_subnets++;
		view->entrance->n_ranges++;
	}
	sort(config->ranges, config->n_ranges, sizeof(*config->ranges), range_cmp, NULL);
}

static void compile_views(struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < config->n_vnets; i++) {
		struct natgw_vnet_view *view = &config->views[i];

		view->conf = config->vnets[i];
		view->vnet = view->conf->vnet;
		view->id = view->vnet->id;
		view->entrance = view->conf->n_devs ? view : &config->views[0];
		view->drops_private = view->conf->private_space == NATGW_PRIVATE_SPACE_DROP;
	}
}

/* Each vnet's part of the sorted ranges; a vnet without devices has its in "default"'s */
static int compile_slices(struct natgw_config *config)
{
	size_t words = 0;
	u32 i, k, n = 0;
	u32 *next;

	for (i = 0; i < config->n_vnets; i++)
		words += natgw_search_words(config->views[i].n_ranges);
	config->search_words = kvmalloc_array(words, sizeof(*config->search_words),
					      GFP_KERNEL_ACCOUNT);
	if (!config->search_words)
		return -ENOMEM;
	next = config->search_words;
	for (i = 0; i < config->n_vnets; i++) {
		struct natgw_vnet_view *view = &config->views[i];

		view->ranges = config->ranges + n;
		n += view->n_ranges;
		config->routed |= view->drops_private && view->n_subnets;
		next = natgw_search_init(&view->search, next, view->n_ranges);
		for (k = 0; k < view->n_ranges; k++)
			view->search.first[k] = view->ranges[k].first;
		if (k)
			natgw_search_index(&view->search, view->ranges[k - 1].last);
	}
	for (i = 1; i < config->n_vnets; i++) {
		struct natgw_vnet_view *view = &config->views[i];

		view->ranges = view->entrance->ranges;
		view->n_ranges = view->entrance->n_ranges;
		view->search = view->entrance->search;
	}
	return 0;
}

/** struct natgw_space - a prefix of a vnet's address space, host byte order */
struct natgw_space {
	u32 first;
	u32 last;
	struct natgw_vnet_view *view;
};

static int space_cmp(const void *a, const void *b)
{
	const struct natgw_space *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/*
 * Vnets that overlap another one and whose devices are not in a VRF are down. The address
 * ranges are sorted by their first address. A range that overlaps any range before it overlaps
 * the one among them that reaches farthest, so each is compared with that range alone.
 */
static int compile_overlaps(struct natgw_config *config)
{
	struct natgw_space *space;
	u32 i, k, n = 0, widest = 0;

	for (i = 0; i < config->n_vnets; i++)
		n += config->vnets[i]->n_prefixes;
	n += config->views[0].n_subnets;
	space = kvmalloc_array(n, sizeof(*space), GFP_KERNEL);
	if (!space)
		return -ENOMEM;
	n = 0;
	for (i = 0; i < config->n_vnets; i++) {
		const struct natgw_vnet_conf *conf = config->vnets[i];

		for (k = 0; k < conf->n_prefixes; k++) {
			space[n].first = ntohl(conf->prefix[k].addr);
			space[n].last = space[n].first |
					~ntohl(inet_make_mask(conf->prefix[k].len));
			space[n++].view = &config->views[i];
		}
	}
	/* subnets of "default" are its space, and it is in no VRF */
	for (i = 0; i < config->views[0].n_ranges; i++) {
		if (config->views[0].ranges[i].vnet != &config->views[0])
			continue;
		space[n].first = config->views[0].ranges[i].first;
		space[n].last = config->views[0].ranges[i].last;
		space[n++].view = &config->views[0];
	}
	sort(space, n, sizeof(*space), space_cmp, NULL);
	for (i = 1; i < n; i++) {
		if (space[i].first <= space[widest].last) {
			space[i].view->down |= !space[i].view->vrf;
			space[widest].view->down |= !space[widest].view->vrf;
		}
		if (space[i].last > space[widest].last)
			widest = i;
	}
	config->views[0].down = false;
	/* answers to their hosts are dropped where those into a VRF are put aside */
	for (i = 0; i < config->n_vnets; i++)
		config->deferred |= config->views[i].down;
	kvfree(space);
	return 0;
}

/* of one device the vnet that is older */
static int dev_cmp(const void *a, const void *b)
{
	const struct natgw_dev *x = a, *y = b;

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return x->vnet < y->vnet ? -1 : x->vnet > y->vnet;
}

/*
 * Several devices of a vnet may be in one VRF, which is then listed once for each of them. If
 * the devices of two vnets have come into one VRF since the vnets were set, both vnets are
 * down.
 */
static void compile_merge_devs(struct natgw_config *config)
{
	struct natgw_dev *devs = config->devs;
	u32 i, n = 0;

	for (i = 0; i < config->n_devs; i++) {
		if (!n || devs[n - 1].ifindex != devs[i].ifindex) {
			devs[n++] = devs[i];
		} else if (devs[n - 1].vnet != devs[i].vnet) {
			config->views[devs[n - 1].vnet - config->views].clash = true;
			config->views[devs[i].vnet - config->views].clash = true;
		}
	}
	config->n_devs = n;
	for (i = 0; i < config->n_vnets; i++)
		config->views[i].down = config->views[i].clash;
}

static void compile_dev(struct natgw_config *config, int ifindex,
			const struct natgw_vnet_view *view)
{
	config->devs[config->n_devs].ifindex = ifindex;
	config->devs[config->n_devs++].vnet = view;
}

/* Devices by name as they are now; each change of them compiles anew. */
static int compile_devs(struct natgw_net *nn, struct natgw_config *config)
{
	u32 i, k, n = 0;

	for (i = 0; i < config->n_vnets; i++)
		n += 2 * config->vnets[i]->n_devs;
	config->devs = kvmalloc_array(n, sizeof(*config->devs), GFP_KERNEL_ACCOUNT);
	if (!config->devs)
		return -ENOMEM;
	rcu_read_lock();
	for (i = 0; i < config->n_vnets; i++) {
		const struct natgw_vnet_conf *conf = config->vnets[i];
		struct natgw_vnet_view *view = &config->views[i];

		for (k = 0; k < conf->n_devs; k++) {
			const struct net_device *dev = dev_get_by_name_rcu(nn->net, conf->dev[k]);
			int vrf = dev ? l3mdev_master_ifindex_rcu(dev) : 0;

			if (dev)
				compile_dev(config, dev->ifindex, view);
			if (vrf)
				compile_dev(config, vrf, view);
			view->vrf = !k || view->vrf == vrf ? vrf : 0;
		}
		view->untracked = view->vrf;
		config->deferred |= view->untracked;
	}
	rcu_read_unlock();
	sort(config->devs, config->n_devs, sizeof(*config->devs), dev_cmp, NULL);
	compile_merge_devs(config);
	return 0;
}

static bool same_devs(const struct natgw_config *a, const struct natgw_config *b)
{
	u32 i;

	if (a->n_devs != b->n_devs)
		return false;
	for (i = 0; i < a->n_devs; i++)
		if (a->devs[i].ifindex != b->devs[i].ifindex ||
		    a->devs[i].vnet - a->views != b->devs[i].vnet - b->views)
			return false;
	for (i = 0; i < a->n_vnets; i++)
		if (a->views[i].vrf != b->views[i].vrf || a->views[i].clash != b->views[i].clash)
			return false;
	return true;
}

int natgw_compile_devs_changed(struct natgw_net *nn, const struct natgw_config *config)
{
	struct natgw_config *now;
	int err;

	/* a snapshot with nothing but the vnets, which are the other one's */
	now = kzalloc(sizeof(*now), GFP_KERNEL);
	if (!now)
		return -ENOMEM;
	now->vnets = config->vnets;
	now->n_vnets = config->n_vnets;
	now->views = kvcalloc(now->n_vnets, sizeof(*now->views), GFP_KERNEL);
	err = now->views ? compile_devs(nn, now) : -ENOMEM;
	if (!err)
		err = !same_devs(config, now);
	kvfree(now->devs);
	kvfree(now->views);
	kfree(now);
	return err;
}

static void compile_plain(struct natgw_config *config)
{
	u32 i, k;

	for (i = 0; i < config->n_ranges; i++)
		config->ranges[i].plain = config->ranges[i].pool && !config->ranges[i].steer &&
					  !config->n_managed && !config->ranges[i].draining;
	for (i = 0; i < config->n_vnets; i++) {
		struct natgw_vnet_view *view = &config->views[i];

		if (!view->n_ranges || view->down || view->untracked || config->uplinks)
			continue;
		view->plain_id = view->ranges[0].vnet->id;
		view->countable = true;
		for (k = 1; k < view->n_ranges; k++)
			view->countable &= view->ranges[k].vnet->id == view->plain_id;
		view->plain = view->countable && !config->counts;
	}
}

int natgw_compile(struct natgw_net *nn, struct natgw_config *config,
		  struct netlink_ext_ack *extack)
{
	u32 i;
	int err;

	config->n_ranges = config->n_subnets;
	config->n_publics = 0;
	for (i = 0; i < config->n_addresses; i++)
		config->n_publics += natgw_address_size(config->addresses[i]->address);

	config->pools = kvcalloc(config->n_gateways, sizeof(*config->pools),
				 GFP_KERNEL_ACCOUNT);
	config->publics = kvmalloc_array(config->n_publics, sizeof(*config->publics),
					 GFP_KERNEL_ACCOUNT);
	config->ranges = kvmalloc_array(config->n_ranges, sizeof(*config->ranges),
					GFP_KERNEL_ACCOUNT);
	config->views = kvcalloc(config->n_vnets, sizeof(*config->views), GFP_KERNEL_ACCOUNT);
	if (!config->pools || !config->publics || !config->ranges || !config->views)
		return -ENOMEM;

	err = natgw_place_compile(config);
	if (err)
		return err;
	compile_gateways(config);
	compile_addresses(config);
	err = natgw_reserved_compile(nn, config);
	if (err)
		return err;
	compile_views(config);
	compile_subnets(config);
	err = compile_slices(config);
	if (!err)
		err = compile_managed(config);
	if (!err)
		err = compile_devs(nn, config);
	if (!err)
		err = compile_overlaps(config);
	if (!err)
		err = natgw_compile_tables(nn, config, extack);
	if (!err)
		err = natgw_bound_compile(config);
	if (err)
		return err;
	config->counts = nn->counts;
	compile_plain(config);
	config->follows = config->offload || config->counts;
	config->aside = config->deferred || config->counts;
	/* answers of an offloading gateway are learned from */
	config->plain_answers = config->views[0].countable && !config->n_managed &&
				!config->offload;
	config->winding = config->n_devs || config->counts || config->offload;
	config->early = config->routed || config->track_off || config->deferred;
	config->only_routed = config->routed && !config->track_off && !config->deferred &&
			      !config->n_devs;
	return 0;
}
