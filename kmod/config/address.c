// SPDX-License-Identifier: GPL-2.0
/*
 * Owns addresses and public IP prefixes as configuration: requests, checks, answers.
 * Called by the commands of netlink/, and by clusters, which take and give back
 * addresses.
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
#include "config/find.h"
#include "config/gateway.h"
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

const struct nla_policy natgw_address_policy[NATGW_A_ADDRESS_MAX + 1] = {
	[NATGW_A_ADDRESS_FAMILY]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_ADDRESS]	= NATGW_NL_ADDRESS,
	[NATGW_A_ADDRESS_PREFIX_LENGTH]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_GATEWAY]	= { .type = NLA_NUL_STRING },
	[NATGW_A_ADDRESS_DEV]		= { .type = NLA_NUL_STRING },
	[NATGW_A_ADDRESS_ANNOUNCE]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_ZONE]		= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_UPLINK]	= { .type = NLA_NUL_STRING },
	[NATGW_A_ADDRESS_DRAIN]		= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_SHARED]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_RESERVE]	= { .type = NLA_NUL_STRING },
	[NATGW_A_ADDRESS_LENGTH]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_MOVE]		= { .type = NLA_U32 },
};

const struct nla_policy natgw_address_key_policy[NATGW_A_ADDRESS_PREFIX_LENGTH + 1] = {
	[NATGW_A_ADDRESS_FAMILY]	= { .type = NLA_U32 },
	[NATGW_A_ADDRESS_ADDRESS]	= NATGW_NL_ADDRESS,
	[NATGW_A_ADDRESS_PREFIX_LENGTH]	= { .type = NLA_U32 },
};

#define NATGW_ADDRESS_PREFIX_MIN	28	/* largest public IP prefix: 16 addresses */

/* An address deleted and made again in one transaction keeps its run-time part. */
static struct natgw_address *address_create(struct natgw_net *nn,
					    struct natgw_prefix key)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	int i = natgw_address_lookup(running, key);
	struct natgw_address *address;

	if (i >= 0) {
		address = running->addresses[i]->address;
		refcount_inc(&address->ref);
		return address;
	}
	address = kzalloc(sizeof(*address), GFP_KERNEL_ACCOUNT);
	if (!address)
		return NULL;
	address->counters = alloc_percpu_gfp(struct natgw_session_counters, GFP_KERNEL_ACCOUNT);
	if (!address->counters) {
		kfree(address);
		return NULL;
	}
	refcount_set(&address->ref, 1);
	address->addr = key.addr;
	address->prefix_len = key.len;
	return address;
}

static struct natgw_address_conf *address_conf_dup(const struct natgw_address_conf *conf)
{
	struct natgw_address_conf *dup = kmemdup(conf, sizeof(*conf), GFP_KERNEL_ACCOUNT);

	if (!dup)
		return NULL;
	if (conf->reserve) {
		dup->reserve = kstrdup(conf->reserve, GFP_KERNEL_ACCOUNT);
		if (!dup->reserve) {
			kfree(dup);
			return NULL;
		}
	}
	refcount_set(&dup->ref, 1);
	refcount_inc(&dup->address->ref);
	natgw_gateway_get(dup->gw);
	return dup;
}

int natgw_address_detach(struct natgw_config *config, const struct natgw_gateway *gw)
{
	struct natgw_address_conf *detached[NATGW_GATEWAY_ADDRESSES];
	u32 i, n = 0, k = 0;

	for (i = 0; i < config->n_addresses; i++) {
		if (config->addresses[i]->gw != gw)
			continue;
		detached[n] = address_conf_dup(config->addresses[i]);
		if (!detached[n])
			goto err_put;
		natgw_gateway_put(detached[n]->gw);
		detached[n++]->gw = NULL;
	}
	for (i = 0; k < n; i++) {
		if (config->addresses[i]->gw != gw)
			continue;
		natgw_address_conf_put(config->addresses[i]);
		config->addresses[i] = detached[k++];
	}
	config->staged += n * sizeof(**detached);
	return 0;

err_put:
	while (n)
		natgw_address_conf_put(detached[--n]);
	return -ENOMEM;
}

/* The address and prefix length that are a request's key */
static int address_key(struct genl_info *info, struct natgw_prefix *key)
{
	const struct nlattr *attr = info->attrs[NATGW_A_ADDRESS_ADDRESS];
	const struct nlattr *length = info->attrs[NATGW_A_ADDRESS_PREFIX_LENGTH];
	u32 len = 32;
	int err;

	if (!attr)
		return natgw_refuse_missing(info->extack, NATGW_A_ADDRESS_ADDRESS, "address");
	err = natgw_nl_ipv4(info->attrs[NATGW_A_ADDRESS_FAMILY], attr, "address", &key->addr,
			    info->extack);
	if (!err && length)
		err = natgw_nl_range(length, "prefix-length", NATGW_ADDRESS_PREFIX_MIN, 32, &len,
				     info->extack);
	key->len = len;
	return err;
}

int natgw_address_index(const struct natgw_config *config, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NATGW_A_ADDRESS_ADDRESS];
	char str[NATGW_PREFIX_STR], other[NATGW_PREFIX_STR];
	const struct natgw_address *address;
	struct natgw_prefix key;
	int i, err;

	err = address_key(info, &key);
	if (err)
		return err;
	i = config ? natgw_address_lookup(config, key) : -ENOENT;
	if (i >= 0)
		return i;
	natgw_prefix_str(str, key);
	address = config ? natgw_address_overlap(config, key) : NULL;
	if (address && natgw_prefix_within(key, natgw_address_prefix(address)))
		return natgw_refuse(info->extack, attr, -ENOENT,
				    "address %s is part of the prefix %s, name that", str,
				    natgw_prefix_str(other, natgw_address_prefix(address)));
	return natgw_refuse(info->extack, attr, -ENOENT, "address %s does not exist", str);
}

/*
 * What the router or a host next to it uses serves no flows: the router would be
 * out of reach at it, or the neighbour. A standby knows its peer as the neighbour.
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
static int address_refuse_exists(const struct natgw_address_conf *conf,
				 const struct nlattr *attr,
				       struct netlink_ext_ack *extack)
{
	char str[NATGW_PREFIX_STR];

	natgw_prefix_str(str, natgw_address_prefix(conf->address));
	if (!conf->gw)
		return natgw_refuse(extack, attr, -EEXIST, "address %s exists", str);
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
static int address_check(const struct natgw_config *config, struct natgw_prefix key,
			 const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	char str[NATGW_PREFIX_STR], other[NATGW_PREFIX_STR];
	const struct natgw_subnet_conf *subnet;
	const struct natgw_address *address;
	int i, err;

	err = natgw_prefix_check(key, attr, extack);
	if (err)
		return err;
	natgw_prefix_str(str, key);
	i = natgw_address_lookup(config, key);
	if (i >= 0)
		return address_refuse_exists(config->addresses[i], attr, extack);
	address = natgw_address_overlap(config, key);
	if (address)
		return natgw_refuse(extack, attr, -EEXIST, "address %s overlaps address %s", str,
				    natgw_prefix_str(other, natgw_address_prefix(address)));
	subnet = natgw_subnet_overlap(config, key, NULL, NULL);
	if (subnet)
		return natgw_refuse(extack, attr, -EEXIST, "address %s is in %s of subnet %s",
				    str, natgw_prefix_str(other, natgw_subnet_prefix(subnet)),
				    subnet->subnet->name);
	return natgw_route_loop_check_public(config, key, attr, extack);
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
				    "gateway %s has %u addresses, with %s it would have %u, at most %u",
				    gw->name, attached, str, attached + size,
				    NATGW_GATEWAY_ADDRESSES);
	natgw_gateway_put(conf->gw);
	conf->gw = natgw_gateway_get(gw);
	return 0;
}

static int address_parse(struct net *net, const struct natgw_config *config,
			 struct natgw_address_conf *conf, struct nlattr **attrs,
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *zone = attrs[NATGW_A_ADDRESS_ZONE];
	const struct nlattr *gateway = attrs[NATGW_A_ADDRESS_GATEWAY];
	char str[NATGW_PREFIX_STR], zones[2][NATGW_ZONE_STR];
	const struct natgw_gateway_conf *gw;
	u32 announce, shared;
	char *reserve;
	int err;

	if (attrs[NATGW_A_ADDRESS_DEV]) {
		err = natgw_nl_dev(net, attrs[NATGW_A_ADDRESS_DEV], "dev", conf->dev, extack);
		if (err)
			return err;
	}
	if (attrs[NATGW_A_ADDRESS_UPLINK]) {
		err = natgw_nl_dev(net, attrs[NATGW_A_ADDRESS_UPLINK], "uplink", conf->uplink,
				   extack);
		if (err)
			return err;
	}
	if (attrs[NATGW_A_ADDRESS_ANNOUNCE]) {
		err = natgw_nl_range(attrs[NATGW_A_ADDRESS_ANNOUNCE], "announce", 0,
				     NATGW_SWITCH_ON, &announce, extack);
		if (err)
			return err;
		conf->announce = announce;
	}
	if (attrs[NATGW_A_ADDRESS_SHARED]) {
		err = natgw_nl_range(attrs[NATGW_A_ADDRESS_SHARED], "shared", 0, NATGW_SWITCH_ON,
				     &shared, extack);
		if (err)
			return err;
		conf->shared = shared;
	}
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
	if (zone)
		conf->zone = nla_get_u32(zone);
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

static int address_append(struct natgw_config *config, struct natgw_address_conf *conf)
{
	struct natgw_address_conf **addresses;

	addresses = natgw_array_grow(config->addresses, config->n_addresses);
	if (!addresses)
		return -ENOMEM;
	config->addresses = addresses;
	config->addresses[config->n_addresses++] = conf;
	config->staged += sizeof(*conf) + sizeof(*conf->address) +
			  num_possible_cpus() * sizeof(*conf->address->counters);
	return 0;
}

static struct natgw_address_conf *address_make(struct natgw_net *nn,
					       struct natgw_prefix key, const char *dev)
{
	struct natgw_address_conf *conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);

	if (!conf)
		return NULL;
	refcount_set(&conf->ref, 1);
	conf->announce = true;
	strscpy(conf->dev, dev, sizeof(conf->dev));
	conf->address = address_create(nn, key);
	if (conf->address)
		return conf;
	natgw_address_conf_put(conf);
	return NULL;
}

struct natgw_address_conf *natgw_address_add(struct natgw_net *nn, struct natgw_config *config,
					     struct natgw_prefix key, const char *dev)
{
	struct natgw_address_conf *conf = address_make(nn, key, dev);

	if (!conf || !address_append(config, conf))
		return conf;
	natgw_address_conf_put(conf);
	return NULL;
}

struct natgw_address_conf *natgw_address_edit(struct natgw_config *config, u32 index)
{
	struct natgw_address_conf *conf = config->addresses[index];

	if (refcount_read(&conf->ref) == 1)
		return conf;
	conf = address_conf_dup(conf);
	if (!conf)
		return NULL;
	natgw_address_conf_put(config->addresses[index]);
	config->addresses[index] = conf;
	config->staged += sizeof(*conf);
	return conf;
}

void natgw_address_remove(struct natgw_config *config, u32 i)
{
	struct natgw_address_conf *conf = config->addresses[i];

	config->n_addresses--;
	memmove(&config->addresses[i], &config->addresses[i + 1],
		(config->n_addresses - i) * sizeof(*config->addresses));
	natgw_address_conf_put(conf);
}

/* What a cluster made or uses it alone changes. */
static int address_check_owner(const struct natgw_config *config,
			       const struct natgw_address_conf *conf,
				     const struct nlattr *attr, struct netlink_ext_ack *extack)
{
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
static int address_new_key(struct net *net, const struct natgw_config *config,
			   struct genl_info *info, struct natgw_prefix *key,
				 const char **dev)
{
	const struct nlattr *attr = info->attrs[NATGW_A_ADDRESS_LENGTH];
	u32 len;
	int err;

	*dev = "";
	if (!attr)
		return address_key(info, key);
	if (info->attrs[NATGW_A_ADDRESS_ADDRESS] || info->attrs[NATGW_A_ADDRESS_PREFIX_LENGTH])
		return natgw_refuse(info->extack, attr, -EINVAL,
				    "length takes an address from the managed pool, give it or an address");
	err = natgw_nl_range(attr, "length", NATGW_ADDRESS_PREFIX_MIN, 32, &len, info->extack);
	return err ?: natgw_managed_pool_take(net, config, len, key, dev, attr,
					      info->extack);
}

int natgw_address_new(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NATGW_A_ADDRESS_ADDRESS] ?:
				    info->attrs[NATGW_A_ADDRESS_LENGTH];
	struct natgw_address_conf *conf;
	struct natgw_prefix key;
	const char *dev;
	int err;

	err = address_new_key(nn->net, config, info, &key, &dev);
	if (!err)
		err = address_check(config, key, attr, info->extack);
	if (!err)
		err = natgw_address_check_room(config, 1U << (32 - key.len), attr, info->extack);
	if (err)
		return err;

	conf = address_make(nn, key, dev);
	if (!conf)
		return -ENOMEM;
	err = address_parse(nn->net, config, conf, info->attrs, info->extack);
	if (!err)
		err = address_check_use(nn->net, conf, attr, info->extack);
	if (!err)
		err = address_append(config, conf);
	if (err)
		natgw_address_conf_put(conf);
	return err;
}

int natgw_address_set(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	int i = natgw_address_index(config, info), err;
	struct natgw_address_conf *conf;

	if (i < 0)
		return i;
	if (info->attrs[NATGW_A_ADDRESS_LENGTH])
		return natgw_refuse(info->extack, info->attrs[NATGW_A_ADDRESS_LENGTH], -EINVAL,
				    "length takes a new address, this one exists");
	err = address_check_owner(config, config->addresses[i],
				  info->attrs[NATGW_A_ADDRESS_ADDRESS], info->extack);
	if (err)
		return err;
	conf = address_conf_dup(config->addresses[i]);
	if (!conf)
		return -ENOMEM;
	err = address_parse(nn->net, config, conf, info->attrs, info->extack);
	if (!err && info->attrs[NATGW_A_ADDRESS_SHARED] && !conf->shared)
		err = natgw_use_check(nn->net, natgw_address_prefix(conf->address),
				      BIT(NATGW_USE_OWN), info->attrs[NATGW_A_ADDRESS_SHARED],
				      info->extack);
	if (!err) {
		swap(config->addresses[i], conf);
		config->staged += sizeof(*conf);
	}
	natgw_address_conf_put(conf);
	return err;
}

int natgw_address_del(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	int i = natgw_address_index(config, info), err;

	if (i < 0)
		return i;
	err = address_check_owner(config, config->addresses[i],
				  info->attrs[NATGW_A_ADDRESS_ADDRESS], info->extack);
	if (!err)
		natgw_address_remove(config, i);
	return err;
}

int natgw_address_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index)
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
	/* a flow that is refused was refused by all addresses: gateways count those */
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

int natgw_address_fill(struct sk_buff *skb, struct natgw_net *nn,
		       const struct natgw_config *config, u32 index)
{
	const struct natgw_address_conf *conf = config->addresses[index];
	u32 sessions = natgw_counters_sessions(conf->address->counters);

	if (natgw_address_fill_key(skb, config, index) ||
	    (conf->gw && nla_put_string(skb, NATGW_A_ADDRESS_GATEWAY, conf->gw->name)) ||
	    (*conf->dev && nla_put_string(skb, NATGW_A_ADDRESS_DEV, conf->dev)) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_ANNOUNCE, conf->announce) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_ZONE, conf->zone) ||
	    (*conf->uplink && nla_put_string(skb, NATGW_A_ADDRESS_UPLINK, conf->uplink)) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_SESSIONS, sessions) ||
	    natgw_drain_fill(skb, NATGW_A_ADDRESS_DRAIN, conf->drain_end,
			     &conf->address->drain, sessions) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_SHARED, conf->shared) ||
	    (conf->reserve && nla_put_string(skb, NATGW_A_ADDRESS_RESERVE, conf->reserve)) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_PORTS, natgw_reserved_ports(conf, NATGW_PORTS)) ||
	    (*conf->owner && nla_put_string(skb, NATGW_A_ADDRESS_OWNER, conf->owner)) ||
	    (conf->retired && nla_put_u32(skb, NATGW_A_ADDRESS_RETIRED, NATGW_SWITCH_ON)) ||
	    address_fill_own(skb, nn->net, conf))
		return -EMSGSIZE;
	return address_fill_counters(skb, conf->address);
}
