// SPDX-License-Identifier: GPL-2.0
/*
 * Owns addresses and public IP prefixes as configuration: requests, checks, answers.
 * Called by kind.c for commands, and by clusters, which take and give back addresses.
 */
#include <linux/in.h>
#include <linux/inetdevice.h>
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/address.h"
#include "config/address_use.h"
#include "config/drain.h"
#include "config/field.h"
#include "config/find.h"
#include "config/gateway.h"
#include "config/kind.h"
#include "config/managed_pool.h"
#include "config/route_loop.h"
#include "config/owner.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "session/destination_count.h"
#include "session/reserved_ports.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/set.h"

static struct nla_policy address_policy[NATGW_A_ADDRESS_MAX + 1] __ro_after_init = {
	[NATGW_A_ADDRESS_FAMILY]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_ADDRESS]	= NATGW_NL_ADDRESS,
	[NATGW_A_ADDRESS_PREFIX_LENGTH]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_GATEWAY]	= { .type = NLA_NUL_STRING },
	[NATGW_A_ADDRESS_DRAIN]		= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_RESERVE]	= { .type = NLA_NUL_STRING },
	[NATGW_A_ADDRESS_LENGTH]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_MOVE]		= { .type = NLA_U32 },
};

static const struct nla_policy address_key_policy[NATGW_A_ADDRESS_PREFIX_LENGTH + 1] = {
	[NATGW_A_ADDRESS_FAMILY]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_ADDRESS]	= NATGW_NL_ADDRESS,
	[NATGW_A_ADDRESS_PREFIX_LENGTH]	= { .type = NLA_U32 },
};

/* The plain keys; key, gateway, drain and reserve are not */
static const struct natgw_field address_fields[] = {
	NATGW_FIELD_DEV(NATGW_A_ADDRESS_DEV, "dev", struct natgw_address_conf, dev),
	NATGW_FIELD_DEV(NATGW_A_ADDRESS_UPLINK, "uplink", struct natgw_address_conf, uplink),
	NATGW_FIELD_SWITCH(NATGW_A_ADDRESS_ANNOUNCE, "announce", struct natgw_address_conf,
			   announce),
	NATGW_FIELD_SWITCH(NATGW_A_ADDRESS_SHARED, "shared", struct natgw_address_conf, shared),
	NATGW_FIELD_NUMBER(NATGW_A_ADDRESS_ZONE, "zone", struct natgw_address_conf, zone, U32_MAX),
	NATGW_FIELD_TEXT(NATGW_A_ADDRESS_OWNER, struct natgw_address_conf, owner,
			 NATGW_CLUSTER_NAME_MAX + 1),
	NATGW_FIELD_FLAG(NATGW_A_ADDRESS_RETIRED, struct natgw_address_conf, retired),
};

#define NATGW_ADDRESS_PREFIX_MIN	28	/* largest public IP prefix: 16 addresses */

static struct natgw_object *address_create(const struct natgw_request *req)
{
	struct natgw_address *address = kzalloc(sizeof(*address), GFP_KERNEL_ACCOUNT);

	if (!address)
		return NULL;
	address->counters = alloc_percpu_gfp(struct natgw_session_counters, GFP_KERNEL_ACCOUNT);
	if (!address->counters) {
		kfree(address);
		return NULL;
	}
	address->addr = req->key.prefix.addr;
	address->prefix_len = req->key.prefix.len;
	return &address->object;
}

static void address_defaults(struct natgw_entry *entry)
{
	container_of(entry, struct natgw_address_conf, entry)->announce = true;
}

int natgw_address_detach(struct natgw_config *config, const struct natgw_gateway *gw)
{
	struct natgw_entry *detached[NATGW_GATEWAY_ADDRESSES];
	u32 i, n = 0, k = 0;

	for (i = 0; i < config->n_addresses; i++) {
		struct natgw_address_conf *conf;

		if (config->addresses[i]->gw != gw)
			continue;
		detached[n] = natgw_entry_dup(&config->addresses[i]->entry);
		if (!detached[n])
			goto err_put;
		conf = container_of(detached[n++], struct natgw_address_conf, entry);
		natgw_gateway_put(conf->gw);
		conf->gw = NULL;
	}
	for (i = 0; k < n; i++)
		if (config->addresses[i]->gw == gw)
			natgw_set_replace(config, i, detached[k++]);
	return 0;

err_put:
	while (n)
		natgw_entry_put(detached[--n]);
	return -ENOMEM;
}

/* The address and prefix length that are a request's key */
static int address_key(struct genl_info *info, struct natgw_key *key)
{
	const struct nlattr *attr = info->attrs[NATGW_A_ADDRESS_ADDRESS];
	const struct nlattr *length = info->attrs[NATGW_A_ADDRESS_PREFIX_LENGTH];
	u32 len = 32;
	int err;

	if (!attr)
		return natgw_refuse_missing(info->extack, NATGW_A_ADDRESS_ADDRESS, "address");
	err = natgw_nl_ipv4(info->attrs[NATGW_A_ADDRESS_FAMILY], attr, "address",
			    &key->prefix.addr, info->extack);
	if (!err && length)
		err = natgw_nl_range(length, "prefix-length", NATGW_ADDRESS_PREFIX_MIN, 32, &len,
				     info->extack);
	if (err)
		return err;
	key->prefix.len = len;
	natgw_prefix_str(key->name, key->prefix);
	return 0;
}

static int address_missing(const struct natgw_config *config, const struct natgw_key *key,
			   const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const struct natgw_address *address = natgw_address_overlap(config, key->prefix);
	char str[NATGW_PREFIX_STR];

	if (!address || !natgw_prefix_within(key->prefix, natgw_address_prefix(address)))
		return 0;
	return natgw_refuse(extack, attr, -ENOENT,
			    "address %s is part of the prefix %s, name that", key->name,
			    natgw_prefix_str(str, natgw_address_prefix(address)));
}

/* What names a new address in a request: itself, or what is to be taken from the pool */
static const struct nlattr *address_attr(const struct genl_info *info)
{
	return info->attrs[NATGW_A_ADDRESS_ADDRESS] ?: info->attrs[NATGW_A_ADDRESS_LENGTH];
}

/*
 * Refuses an address that the router or a host next to it uses: if the address served flows,
 * nobody could reach the router, or that neighbour, at it. With "announce off" a neighbour may
 * have the address: it is the active router of the pair.
 */
static int address_check_use(struct net *net, const struct natgw_address_conf *conf,
			     const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	u32 mind = BIT(NATGW_USE_NETWORK) | BIT(NATGW_USE_BROADCAST);

	if (!conf->shared)
		mind |= BIT(NATGW_USE_OWN);
	if (conf->announce)
		mind |= NATGW_USE_NEIGHBOURS;
	return natgw_use_check(net, natgw_address_prefix(conf->address), mind, attr, extack);
}

/* It is there already, and moves from its gateway only if told to. */
static int address_exists(const struct natgw_entry *entry, const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	const struct natgw_address_conf *conf =
		container_of(entry, struct natgw_address_conf, entry);
	char str[NATGW_PREFIX_STR];

	if (!conf->gw)
		return 0;
	natgw_prefix_str(str, natgw_address_prefix(conf->address));
	return natgw_refuse(extack, attr, -EEXIST,
			    "address %s exists and serves gateway %s, to move it use: natgwctl address set %s gateway GATEWAY",
			    str, conf->gw->name, str);
}

int natgw_address_check_room(const struct natgw_config *config, u32 n, const struct nlattr *attr,
			     struct netlink_ext_ack *extack)
{
	u32 i, have = 0;

	for (i = 0; i < config->n_addresses; i++)
		have += natgw_address_size(config->addresses[i]->address);
	if (have + n <= NATGW_ADDRESSES)
		return 0;
	return natgw_refuse(extack, attr, -ENOSPC,
			    "there are %u public IPs, %u more would be too many, at most %u", have,
			    n, NATGW_ADDRESSES);
}

/* A new address must be usable and share no IP with any address or subnet. */
static int address_check_new(const struct natgw_request *req)
{
	const struct nlattr *attr = address_attr(req->info);
	struct netlink_ext_ack *extack = req->info->extack;
	struct natgw_prefix prefix = req->key.prefix;
	const struct natgw_subnet_conf *subnet;
	const struct natgw_address *address;
	char other[NATGW_PREFIX_STR];
	int err;

	err = natgw_prefix_check(prefix, attr, extack);
	if (err)
		return err;
	address = natgw_address_overlap(req->config, prefix);
	if (address)
		return natgw_refuse(extack, attr, -EEXIST, "address %s overlaps address %s",
				    req->key.name,
				    natgw_prefix_str(other, natgw_address_prefix(address)));
	subnet = natgw_subnet_overlap(req->config, prefix, NULL, NULL);
	if (subnet)
		return natgw_refuse(extack, attr, -EEXIST, "address %s is in %s of subnet %s",
				    req->key.name,
				    natgw_prefix_str(other, natgw_subnet_prefix(subnet)),
				    subnet->subnet->name);
	err = natgw_route_loop_check_public(req->config, prefix, attr, extack);
	return err ?: natgw_address_check_room(req->config, 1U << (32 - prefix.len), attr,
					       extack);
}

/* Attaches to the gateway named, or to none. */
static int address_attach(const struct natgw_config *config,
			  struct natgw_address_conf *conf, struct nlattr **attrs,
			  struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[NATGW_A_ADDRESS_GATEWAY];
	const struct nlattr *move = attrs[NATGW_A_ADDRESS_MOVE];
	u32 size = natgw_address_size(conf->address), attached;
	struct natgw_gateway_conf *gateway;
	struct natgw_gateway *gw;
	u32 may_move = NATGW_SWITCH_ON;
	char str[NATGW_PREFIX_STR];
	int err;

	err = natgw_gateway_refer(config, attr, &gateway, extack);
	if (!err && move)
		err = natgw_nl_range(move, "move", 0, NATGW_SWITCH_ON, &may_move, extack);
	if (err)
		return err;
	gw = gateway ? gateway->gw : NULL;
	if (gw == conf->gw)
		return 0;
	natgw_prefix_str(str, natgw_address_prefix(conf->address));
	if (conf->gw && !may_move)
		return natgw_refuse(extack, attrs[NATGW_A_ADDRESS_ADDRESS], -EBUSY,
				    "address %s serves gateway %s, to move it use: natgwctl address set %s gateway %s",
				    str, conf->gw->name, str, gw ? gw->name : "none");
	err = gateway ? natgw_gateway_check_owner(config, gateway, attr, extack) : 0;
	if (err)
		return err;
	attached = gw ? natgw_address_attached(config, gw) : 0;
	if (attached + size > NATGW_GATEWAY_ADDRESSES)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "gateway %s has %u address%s, with %s it would have %u, at most %u",
				    gw->name, attached, attached == 1 ? "" : "es", str,
				    attached + size, NATGW_GATEWAY_ADDRESSES);
	natgw_gateway_put(conf->gw);
	conf->gw = natgw_gateway_get(gw);
	return 0;
}

static int address_parse_attrs(struct net *net, const struct natgw_config *config,
			       struct natgw_address_conf *conf, struct nlattr **attrs,
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *zone = attrs[NATGW_A_ADDRESS_ZONE];
	const struct nlattr *gateway = attrs[NATGW_A_ADDRESS_GATEWAY];
	char str[NATGW_PREFIX_STR], zones[2][NATGW_ZONE_STR];
	const struct natgw_gateway_conf *gw;
	char *reserve;
	int err;

	err = natgw_field_parse(&natgw_address_kind, net, &conf->entry, attrs, extack);
	if (err)
		return err;
	if (attrs[NATGW_A_ADDRESS_RESERVE]) {
		err = natgw_reserved_parse(attrs[NATGW_A_ADDRESS_RESERVE], &reserve, extack);
		if (err)
			return err;
		kfree(conf->reserve);
		conf->reserve = reserve;
	}
	err = natgw_drain_parse(attrs[NATGW_A_ADDRESS_DRAIN], &conf->drain_end, extack);
	if (err)
		return err;
	if (gateway) {
		err = address_attach(config, conf, attrs, extack);
		if (err)
			return err;
	}
	if (!conf->gw || (!zone && !gateway))
		return 0;
	gw = natgw_gateway_find(config, conf->gw->name);
	if (gw->zone != conf->zone)
		return natgw_refuse(extack, zone ?: gateway, -EINVAL,
				    "zone %s of address %s does not match zone %s of gateway %s",
				    natgw_zone_str(zones[0], conf->zone),
				    natgw_prefix_str(str, natgw_address_prefix(conf->address)),
				    natgw_zone_str(zones[1], gw->zone), gw->gw->name);
	return 0;
}

struct natgw_address_conf *natgw_address_add(struct natgw_net *nn, struct natgw_config *config,
					     struct natgw_prefix prefix, const char *dev)
{
	struct natgw_request req = { .nn = nn, .config = config, .key.prefix = prefix };
	struct natgw_entry *entry = natgw_kind_add(&natgw_address_kind, &req);
	struct natgw_address_conf *conf;

	if (!entry)
		return NULL;
	conf = container_of(entry, struct natgw_address_conf, entry);
	strscpy(conf->dev, dev, sizeof(conf->dev));
	return conf;
}

struct natgw_address_conf *natgw_address_edit(struct natgw_config *config, u32 index)
{
	return container_of(natgw_set_edit(config, NATGW_OBJECT_ADDRESS, index),
			    struct natgw_address_conf, entry);
}

/* What a cluster made or uses it alone changes. */
static int address_check_owner(const struct natgw_config *config,
			       const struct natgw_entry *entry, const struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	const struct natgw_address_conf *conf =
		container_of(entry, struct natgw_address_conf, entry);
	const struct natgw_gateway_conf *gw =
		conf->gw ? natgw_gateway_find(config, conf->gw->name) : NULL;
	char str[NATGW_PREFIX_STR];
	int err;

	if (!gw || !*gw->owner)
		return 0;
	natgw_prefix_str(str, natgw_address_prefix(conf->address));
	err = natgw_cluster_check_left(config, gw->owner, "address", str, attr, extack);
	if (err)
		return err;
	if (conf->retired)
		return natgw_refuse(extack, attr, -EBUSY,
				    "address %s is of the prior outbound configuration of cluster %s until its last session has ended, to end it use: natgwctl cluster set %s drain TIME",
				    str, gw->owner, gw->owner);
	return natgw_refuse(extack, attr, -EBUSY,
			    "address %s %s cluster %s, use: natgwctl cluster set %s", str,
			    *conf->owner ? "belongs to" : "is used by", gw->owner, gw->owner);
}

/* The key of a new address: given, or taken from the managed pool */
static int address_new_key(struct natgw_request *req)
{
	struct genl_info *info = req->info;
	const struct nlattr *attr = info->attrs[NATGW_A_ADDRESS_LENGTH];
	u32 len;
	int err;

	if (!attr)
		return address_key(info, &req->key);
	if (info->attrs[NATGW_A_ADDRESS_ADDRESS] || info->attrs[NATGW_A_ADDRESS_PREFIX_LENGTH])
		return natgw_refuse(info->extack, attr, -EINVAL,
				    "length takes an address from the managed pool, give it or an address");
	err = natgw_nl_range(attr, "length", NATGW_ADDRESS_PREFIX_MIN, 32, &len, info->extack);
	if (!err)
		err = natgw_managed_pool_take(req->nn->net, req->config, len, &req->key.prefix,
					      &req->dev, attr, info->extack);
	if (!err)
		natgw_prefix_str(req->key.name, req->key.prefix);
	return err;
}

static int address_parse(const struct natgw_request *req, struct natgw_entry *entry)
{
	struct natgw_address_conf *conf = container_of(entry, struct natgw_address_conf, entry);
	const struct nlattr *shared = req->info->attrs[NATGW_A_ADDRESS_SHARED];
	const struct nlattr *length = req->info->attrs[NATGW_A_ADDRESS_LENGTH];
	struct netlink_ext_ack *extack = req->info->extack;
	struct net *net = req->nn->net;
	int err;

	if (req->old && length)
		return natgw_refuse(extack, length, -EINVAL,
				    "length takes a new address, this one exists");
	if (req->dev)
		strscpy(conf->dev, req->dev, sizeof(conf->dev));
	err = address_parse_attrs(net, req->config, conf, req->info->attrs, extack);
	if (err)
		return err;
	if (!req->old)
		return address_check_use(net, conf, address_attr(req->info), extack);
	if (!shared || conf->shared)
		return 0;
	return natgw_use_check(net, natgw_address_prefix(conf->address), BIT(NATGW_USE_OWN),
			       shared, extack);
}

static int address_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index)
{
	const struct natgw_address *address = config->addresses[index]->address;

	if (nla_put_u32(skb, NATGW_A_ADDRESS_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_ADDRESS_ADDRESS, address->addr) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_PREFIX_LENGTH, address->prefix_len))
		return -EMSGSIZE;
	return 0;
}

static int address_fill_counters(struct sk_buff *skb, const struct natgw_address *address)
{
	struct natgw_session_counters since;
	struct nlattr *nest;

	natgw_counters_since(address->counters, &address->zero, &since);
	nest = nla_nest_start(skb, NATGW_A_ADDRESS_COUNTERS);
	/* a refused flow was refused by all addresses of its gateway: the gateway counts it */
	if (!nest ||
	    nla_put_u64_64bit(skb, NATGW_A_COUNTERS_ATTEMPTED, since.opened,
			      NATGW_A_COUNTERS_PAD) ||
	    nla_put_u64_64bit(skb, NATGW_A_COUNTERS_ESTABLISHED, since.established,
			      NATGW_A_COUNTERS_PAD) ||
	    nla_put_u64_64bit(skb, NATGW_A_COUNTERS_TIMED_OUT, since.timed_out,
			      NATGW_A_COUNTERS_PAD) ||
	    nla_put_u64_64bit(skb, NATGW_A_COUNTERS_CLOSED, since.closed, NATGW_A_COUNTERS_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* A router that got the address after it was added here; RCU */
static int address_fill_own(struct sk_buff *skb, struct net *net,
			    const struct natgw_address_conf *conf)
{
	const struct net_device *dev;
	u32 i;

	for (i = 0; !conf->shared && i < natgw_address_size(conf->address); i++) {
		dev = __ip_dev_find(net, htonl(ntohl(conf->address->addr) + i), false);
		if (dev)
			return nla_put_string(skb, NATGW_A_ADDRESS_OWN_DEV, dev->name);
	}
	return 0;
}

static int address_fill(struct sk_buff *skb, struct natgw_net *nn,
			const struct natgw_config *config, u32 index)
{
	const struct natgw_address_conf *conf = config->addresses[index];
	u32 sessions = natgw_counters_sessions(conf->address->counters);

	if (address_fill_key(skb, config, index) ||
	    (conf->gw && nla_put_string(skb, NATGW_A_ADDRESS_GATEWAY, conf->gw->name)) ||
	    natgw_field_fill(&natgw_address_kind, skb, &conf->entry) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_SESSIONS, sessions) ||
	    natgw_drain_fill(skb, NATGW_A_ADDRESS_DRAIN, conf->drain_end,
			     &conf->address->drain, sessions) ||
	    (conf->reserve && nla_put_string(skb, NATGW_A_ADDRESS_RESERVE, conf->reserve)) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_PORTS, natgw_reserved_ports(conf, NATGW_PORTS)) ||
	    address_fill_own(skb, nn->net, conf))
		return -EMSGSIZE;
	return address_fill_counters(skb, conf->address);
}

const struct natgw_kind_ops natgw_address_kind = {
	.kind = NATGW_OBJECT_ADDRESS,
	.cmd = {
		NATGW_KIND_COMMANDS(ADDRESS),
		[NATGW_VERB_SET] = NATGW_CMD_ADDRESS_SET,
	},
	.label = "address",
	.key_attr = NATGW_A_ADDRESS_ADDRESS,
	.policy = address_policy,
	.policy_max = NATGW_A_ADDRESS_MAX,
	.key_policy = address_key_policy,
	.key_max = NATGW_A_ADDRESS_PREFIX_LENGTH,
	.fields = address_fields,
	.n_fields = ARRAY_SIZE(address_fields),
	.key = address_key,
	.new_key = address_new_key,
	.lookup = natgw_address_lookup,
	.missing = address_missing,
	.exists = address_exists,
	.check_new = address_check_new,
	.create = address_create,
	.defaults = address_defaults,
	.parse = address_parse,
	.check_owner = address_check_owner,
	.fill = address_fill,
	.fill_key = address_fill_key,
};
