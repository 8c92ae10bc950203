// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the managed pool: which of its public IPs are free, and which one is next. Called
 * by kind.c for commands, by address.c and by clusters, which take addresses.
 */
#include <linux/natgw.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/address_use.h"
#include "config/field.h"
#include "config/find.h"
#include "config/kind.h"
#include "config/managed_pool.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

#define NATGW_MANAGED_POOL_LEN_MIN	8

static struct nla_policy managed_pool_policy[NATGW_A_POOL_DEV + 1] __ro_after_init = {
	[NATGW_A_POOL_FAMILY]		= { .type = NLA_U32 },
	[NATGW_A_POOL_PREFIX]		= NATGW_NL_ADDRESS,
	[NATGW_A_POOL_PREFIX_LENGTH]	= { .type = NLA_U32 },
};

static const struct natgw_field managed_pool_fields[] = {
	NATGW_FIELD_DEV(NATGW_A_POOL_DEV, "dev", struct natgw_managed_pool_conf, dev),
};

static const struct nla_policy managed_pool_key_policy[NATGW_A_POOL_PREFIX_LENGTH + 1] = {
	[NATGW_A_POOL_FAMILY]		= { .type = NLA_U32 },
	[NATGW_A_POOL_PREFIX]		= NATGW_NL_ADDRESS,
	[NATGW_A_POOL_PREFIX_LENGTH]	= { .type = NLA_U32 },
};

static u32 managed_pool_size(const struct natgw_managed_pool_conf *conf)
{
	return 1U << (32 - conf->prefix.len);
}

/** struct pool_range - addresses of a pool that it cannot give, host byte order */
struct pool_range {
	u32 first;
	u32 last;
};

/**
 * struct pool_used - what a pool cannot give: addresses hold it, or somebody uses it
 * @n: used part of @range
 * @room: of @range
 * @range: those, sorted by @first, they may overlap; or NULL while they are counted
 */
struct pool_used {
	u32 n;
	u32 room;
	struct pool_range *range;
};

static void pool_used_add(struct pool_used *used, u32 first, u32 last)
{
	if (used->range && used->n < used->room)
		used->range[used->n] = (struct pool_range) { first, last };
	/* addresses that came after the count find no room here; the next search sees them */
	if (!used->range || used->n < used->room)
		used->n++;
}

static void pool_used_see(void *data, __be32 addr, enum natgw_use use,
			  const struct net_device *dev)
{
	pool_used_add(data, ntohl(addr), ntohl(addr));
}

static void pool_used_see_hop(struct pool_used *used, struct natgw_prefix pool, __be32 hop)
{
	if (hop && natgw_prefix_holds(pool, hop))
		pool_used_add(used, ntohl(hop), ntohl(hop));
}

/*
 * What addresses hold, and what "address add" refuses: a next hop of routes, or used on this
 * router or next to it. Neighbours come last: if some appear after the count, only they lack
 * room.
 */
static void pool_used_each(struct net *net, const struct natgw_config *config,
			   struct natgw_prefix pool, struct pool_used *used)
{
	u32 i, k;

	used->n = 0;
	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address *address = config->addresses[i]->address;
		u32 first = ntohl(address->addr);

		if (natgw_prefix_overlap(natgw_address_prefix(address), pool))
			pool_used_add(used, first, first + natgw_address_size(address) - 1);
	}
	for (i = 0; i < config->n_vnets; i++)
		pool_used_see_hop(used, pool, config->vnets[i]->vpn_next_hop);
	for (i = 0; i < config->n_tables; i++)
		for (k = 0; k < config->tables[i]->n; k++)
			pool_used_see_hop(used, pool, config->tables[i]->route[k].next_hop);
	natgw_use_each(net, pool, pool_used_see, used);
}

static int pool_range_cmp(const void *a, const void *b)
{
	const struct pool_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Context: any that may not be interrupt. Return: 0 or -ENOMEM, @used is empty then */
static int pool_used_get(struct net *net, const struct natgw_config *config,
			 struct natgw_prefix pool, gfp_t gfp, struct pool_used *used)
{
	memset(used, 0, sizeof(*used));
	pool_used_each(net, config, pool, used);
	used->room = used->n;
	used->n = 0;
	if (!used->room)
		return 0;
	used->range = kvmalloc_array(used->room, sizeof(*used->range), gfp | __GFP_NOWARN);
	if (!used->range)
		return -ENOMEM;
	pool_used_each(net, config, pool, used);
	sort(used->range, used->n, sizeof(*used->range), pool_range_cmp, NULL);
	return 0;
}

/* Public IPs of a pool that addresses hold: of two prefixes one is in the other, if at all */
static u32 managed_pool_held(const struct natgw_config *config,
			     const struct natgw_managed_pool_conf *conf)
{
	u32 i, held = 0;

	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address *address = config->addresses[i]->address;

		if (natgw_prefix_overlap(natgw_address_prefix(address), conf->prefix))
			held += min(natgw_address_size(address), managed_pool_size(conf));
	}
	return held;
}

static u32 managed_pool_free(struct net *net, const struct natgw_config *config,
			     const struct natgw_managed_pool_conf *conf, gfp_t gfp)
{
	u32 left = managed_pool_size(conf), i;
	u64 beyond = ntohl(conf->prefix.addr);
	u64 end = beyond + left;
	struct pool_used used;

	if (pool_used_get(net, config, conf->prefix, gfp, &used))
		return left - managed_pool_held(config, conf);
	for (i = 0; i < used.n; i++) {
		u64 first = max_t(u64, used.range[i].first, beyond);

		/* what others of them cover has been counted */
		if (used.range[i].last < first)
			continue;
		/* an address may be larger than the pool */
		beyond = min((u64)used.range[i].last + 1, end);
		left -= beyond - first;
	}
	kvfree(used.range);
	return left;
}

u32 natgw_managed_pool_left(struct net *net, const struct natgw_config *config)
{
	u32 i, left = 0;

	for (i = 0; i < config->n_managed; i++)
		left += managed_pool_free(net, config, config->managed[i], GFP_KERNEL);
	return left;
}

/* The first prefix of a pool that nobody holds or uses. Return: there is one */
static bool managed_pool_first(const struct natgw_managed_pool_conf *conf,
			       const struct pool_used *used, u8 len,
			       struct natgw_prefix *prefix)
{
	u64 at = ntohl(conf->prefix.addr), end = at + managed_pool_size(conf);
	u64 size = 1U << (32 - len);
	u32 i;

	for (i = 0; i < used->n && used->range[i].first < at + size; i++)
		/* past that one, aligned again */
		if (used->range[i].last >= at)
			at = round_up((u64)used->range[i].last + 1, size);
	prefix->addr = htonl(at);
	prefix->len = len;
	return at + size <= end;
}

int natgw_managed_pool_take(struct net *net, const struct natgw_config *config, u8 len,
			    struct natgw_prefix *prefix, const char **dev,
			    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct pool_used used;
	bool found;
	u32 i, n;

	for (i = 0; i < config->n_managed; i++) {
		*dev = config->managed[i]->dev;
		if (pool_used_get(net, config, config->managed[i]->prefix, GFP_KERNEL, &used))
			return -ENOMEM;
		found = managed_pool_first(config->managed[i], &used, len, prefix);
		kvfree(used.range);
		if (found)
			return 0;
	}
	if (!config->n_managed)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "there is no managed pool, make one: natgwctl managed-pool add CIDR");
	n = natgw_managed_pool_left(net, config);
	return natgw_refuse(extack, attr, -ENOSPC,
			    "the managed pool has no free prefix of length %u, %u address%s free",
			    len, n, n == 1 ? " is" : "es are");
}

/* The prefix that is a request's key */
static int managed_pool_key(struct genl_info *info, struct natgw_key *key)
{
	const struct nlattr *attr = info->attrs[NATGW_A_POOL_PREFIX];
	const struct nlattr *length = info->attrs[NATGW_A_POOL_PREFIX_LENGTH];
	u32 len;
	int err;

	if (!attr)
		return natgw_refuse_missing(info->extack, NATGW_A_POOL_PREFIX, "prefix");
	if (!length)
		return natgw_refuse_missing(info->extack, NATGW_A_POOL_PREFIX_LENGTH,
					    "prefix-length");
	err = natgw_nl_ipv4(info->attrs[NATGW_A_POOL_FAMILY], attr, "prefix", &key->prefix.addr,
			    info->extack);
	if (!err)
		err = natgw_nl_range(length, "prefix-length", NATGW_MANAGED_POOL_LEN_MIN, 32, &len,
				     info->extack);
	if (err)
		return err;
	key->prefix.len = len;
	natgw_prefix_str(key->name, key->prefix);
	return 0;
}

/* It shares no IP with another pool, an address, a subnet or a vnet. */
static int managed_pool_check(const struct natgw_config *config,
			      struct natgw_prefix prefix, const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	char str[NATGW_PREFIX_STR], other[NATGW_PREFIX_STR];
	const struct natgw_subnet_conf *subnet;
	const struct natgw_address *address;
	u32 i, k;
	int err;

	err = natgw_prefix_check(prefix, attr, extack);
	if (err)
		return err;
	natgw_prefix_str(str, prefix);
	err = natgw_managed_pool_check_free(config, prefix, attr, extack);
	if (err)
		return err;
	address = natgw_address_overlap(config, prefix);
	if (address)
		return natgw_refuse(extack, attr, -EEXIST, "managed pool %s overlaps address %s",
				    str, natgw_prefix_str(other, natgw_address_prefix(address)));
	subnet = natgw_subnet_overlap(config, prefix, NULL, NULL);
	if (subnet)
		return natgw_refuse(extack, attr, -EEXIST, "managed pool %s overlaps subnet %s",
				    str, subnet->subnet->name);
	for (i = 0; i < config->n_vnets; i++)
		for (k = 0; k < config->vnets[i]->n_prefixes; k++)
			if (natgw_prefix_overlap(prefix, config->vnets[i]->prefix[k]))
				return natgw_refuse(extack, attr, -EEXIST,
						    "managed pool %s overlaps vnet %s", str,
						    config->vnets[i]->vnet->name);
	return 0;
}

static struct natgw_object *managed_pool_create(const struct natgw_request *req)
{
	return kzalloc(sizeof(struct natgw_object), GFP_KERNEL_ACCOUNT);
}

static int managed_pool_parse(const struct natgw_request *req, struct natgw_entry *entry)
{
	struct natgw_managed_pool_conf *conf =
		container_of(entry, struct natgw_managed_pool_conf, entry);
	const struct nlattr *attr = req->info->attrs[NATGW_A_POOL_PREFIX];
	struct netlink_ext_ack *extack = req->info->extack;
	u32 n = req->config->n_managed;
	int err;

	conf->prefix = req->key.prefix;
	err = managed_pool_check(req->config, conf->prefix, attr, extack);
	if (!err)
		err = natgw_field_parse(&natgw_managed_pool_kind, req->nn->net, entry,
					req->info->attrs, extack);
	if (err)
		return err;
	if (n == NATGW_MANAGED_POOLS)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "the managed pool has %u prefixes already, at most %u", n,
				    NATGW_MANAGED_POOLS);
	return 0;
}

static int managed_pool_check_del(const struct natgw_request *req)
{
	const struct natgw_managed_pool_conf *conf =
		container_of(req->old, struct natgw_managed_pool_conf, entry);
	char str[NATGW_PREFIX_STR], other[NATGW_PREFIX_STR];
	const struct natgw_address *address;

	address = natgw_address_overlap(req->config, conf->prefix);
	if (!address)
		return 0;
	return natgw_refuse(req->info->extack, req->info->attrs[NATGW_A_POOL_PREFIX], -EBUSY,
			    "managed pool %s is in use by address %s (%u in all)",
			    natgw_prefix_str(str, conf->prefix),
			    natgw_prefix_str(other, natgw_address_prefix(address)),
			    managed_pool_held(req->config, conf));
}

static int managed_pool_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index)
{
	const struct natgw_managed_pool_conf *conf = config->managed[index];

	if (nla_put_u32(skb, NATGW_A_POOL_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_POOL_PREFIX, conf->prefix.addr) ||
	    nla_put_u32(skb, NATGW_A_POOL_PREFIX_LENGTH, conf->prefix.len))
		return -EMSGSIZE;
	return 0;
}

static int managed_pool_fill(struct sk_buff *skb, struct natgw_net *nn,
			     const struct natgw_config *config, u32 index)
{
	const struct natgw_managed_pool_conf *conf = config->managed[index];

	if (managed_pool_fill_key(skb, config, index) ||
	    natgw_field_fill(&natgw_managed_pool_kind, skb, &conf->entry) ||
	    nla_put_u32(skb, NATGW_A_POOL_SIZE, managed_pool_size(conf)) ||
	    nla_put_u32(skb, NATGW_A_POOL_FREE,
			managed_pool_free(nn->net, config, conf, GFP_ATOMIC)))
		return -EMSGSIZE;
	return 0;
}

const struct natgw_kind_ops natgw_managed_pool_kind = {
	.kind = NATGW_OBJECT_MANAGED_POOL,
	.cmd = { NATGW_KIND_COMMANDS(MANAGED_POOL) },
	.label = "managed pool",
	.key_attr = NATGW_A_POOL_PREFIX,
	.policy = managed_pool_policy,
	.policy_max = NATGW_A_POOL_DEV,
	.key_policy = managed_pool_key_policy,
	.key_max = NATGW_A_POOL_PREFIX_LENGTH,
	.fields = managed_pool_fields,
	.n_fields = ARRAY_SIZE(managed_pool_fields),
	.key = managed_pool_key,
	.lookup = natgw_managed_pool_lookup,
	.create = managed_pool_create,
	.parse = managed_pool_parse,
	.check_del = managed_pool_check_del,
	.fill = managed_pool_fill,
	.fill_key = managed_pool_fill_key,
};
