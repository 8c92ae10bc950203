// SPDX-License-Identifier: GPL-2.0
/*
 * Owns subnets as configuration, and what they are bound to. Called by kind.c for
 * commands, and by clusters, which make and bind subnets.
 */
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/drain.h"
#include "config/field.h"
#include "config/find.h"
#include "config/kind.h"
#include "config/route_loop.h"
#include "config/owner.h"
#include "config/subnet.h"
#include "config/vnet.h"
#include "lib/clock.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/set.h"

static struct nla_policy subnet_policy[NATGW_A_SUBNET_MAX + 1] __ro_after_init = {
	[NATGW_A_SUBNET_NAME]		= { .type = NLA_NUL_STRING },
	[NATGW_A_SUBNET_FAMILY]		= { .type = NLA_U32 },
	[NATGW_A_SUBNET_PREFIX]		= NATGW_NL_ADDRESS,
	[NATGW_A_SUBNET_PREFIX_LENGTH]	= { .type = NLA_U32 },
	[NATGW_A_SUBNET_VNET]		= { .type = NLA_NUL_STRING },
	[NATGW_A_SUBNET_GATEWAY]	= { .type = NLA_NUL_STRING },
	[NATGW_A_SUBNET_DRAIN]		= { .type = NLA_U32 },
	[NATGW_A_SUBNET_ROUTE_TABLE]	= { .type = NLA_NUL_STRING },
};

/* The plain keys; prefix, vnet, gateway, route table and drain are not */
static const struct natgw_field subnet_fields[] = {
	NATGW_FIELD_NUMBER(NATGW_A_SUBNET_IPV6, "ipv6", struct natgw_subnet_conf, ipv6,
			   NATGW_IPV6_DROP),
	NATGW_FIELD_NUMBER(NATGW_A_SUBNET_SOURCE_CHECK, "source-check", struct natgw_subnet_conf,
			   source_check, NATGW_SOURCE_CHECK_OFF),
	NATGW_FIELD_TEXT(NATGW_A_SUBNET_CLUSTER, struct natgw_subnet_conf, cluster,
			 NATGW_CLUSTER_NAME_MAX + 1),
	NATGW_FIELD_FLAG(NATGW_A_SUBNET_BLOCK, struct natgw_subnet_conf, block),
};

static const struct nla_policy subnet_key_policy[NATGW_A_SUBNET_NAME + 1] = {
	[NATGW_A_SUBNET_NAME]		= { .type = NLA_NUL_STRING },
};

static struct natgw_subnet *subnet_create(const char *name, struct natgw_vnet *vnet)
{
	struct natgw_subnet *subnet = kzalloc(sizeof(*subnet), GFP_KERNEL_ACCOUNT);

	if (!subnet)
		return NULL;
	subnet->counters = alloc_percpu_gfp(struct natgw_session_counters, GFP_KERNEL_ACCOUNT);
	if (!subnet->counters) {
		kfree(subnet);
		return NULL;
	}
	refcount_set(&subnet->ref, 1);
	INIT_LIST_HEAD(&subnet->directs_queue);
	subnet->vnet = natgw_vnet_get(vnet);
	strscpy(subnet->name, name, sizeof(subnet->name));
	return subnet;
}

/*
 * A subnet deleted and made again in one transaction keeps its run-time part,
 * unless it comes back in another vnet: then its sessions end.
 */
static struct natgw_entry *subnet_make_in(struct natgw_net *nn, const char *name,
					  struct natgw_vnet *vnet)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	const struct natgw_subnet_conf *same = natgw_subnet_find(running, name);
	struct natgw_entry *entry = natgw_entry_alloc(NATGW_OBJECT_SUBNET, 0);
	struct natgw_subnet_conf *conf;

	if (!entry)
		return NULL;
	conf = container_of(entry, struct natgw_subnet_conf, entry);
	if (same && same->subnet->vnet == vnet)
		conf->subnet = natgw_subnet_get(same->subnet);
	else
		conf->subnet = subnet_create(name, vnet);
	if (conf->subnet)
		return entry;
	natgw_entry_put(entry);
	return NULL;
}

static struct natgw_entry *subnet_make(const struct natgw_request *req)
{
	const struct nlattr *attr = req->info->attrs[NATGW_A_SUBNET_VNET];
	const struct natgw_vnet_conf *vnet = req->config->vnets[0];
	int err;

	err = attr ? natgw_vnet_refer(req->config, attr, &vnet, req->info->extack) : 0;
	if (err)
		return ERR_PTR(err);
	return subnet_make_in(req->nn, req->key.name, vnet->vnet) ?: ERR_PTR(-ENOMEM);
}

/*
 * It must be usable, in its vnet's space, and share no address with a sibling
 * or a public IP.
 */
static int subnet_check_prefix(struct natgw_net *nn, const struct natgw_config *config,
			       const struct natgw_subnet_conf *conf,
			       const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct natgw_prefix prefix = natgw_subnet_prefix(conf);
	char str[NATGW_PREFIX_STR], other[NATGW_PREFIX_STR];
	const struct natgw_subnet_conf *sibling;
	const struct natgw_address *address;
	int err;

	err = natgw_prefix_check(prefix, attr, extack);
	if (err)
		return err;
	natgw_prefix_str(str, prefix);
	sibling = natgw_subnet_overlap(config, prefix, conf->subnet->vnet, conf->subnet);
	if (sibling)
		return natgw_refuse(extack, attr, -EEXIST,
				    "NetcfgSubnetRangesOverlap: %s overlaps %s of subnet %s", str,
				    natgw_prefix_str(other, natgw_subnet_prefix(sibling)),
				    sibling->subnet->name);
	address = natgw_address_overlap(config, prefix);
	if (address)
		return natgw_refuse(extack, attr, -EEXIST, "%s overlaps address %s", str,
				    natgw_prefix_str(other, natgw_address_prefix(address)));
	err = natgw_managed_pool_check_free(config, prefix, attr, extack);
	return err ?: natgw_vnet_check_subnet(nn, config, conf, attr, extack);
}

static int subnet_parse_prefix(struct natgw_net *nn, const struct natgw_config *config,
			       struct natgw_subnet_conf *conf, struct nlattr **attrs,
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[NATGW_A_SUBNET_PREFIX];
	const struct nlattr *length = attrs[NATGW_A_SUBNET_PREFIX_LENGTH];
	u32 len;
	int err;

	if (!attr)
		return natgw_refuse_missing(extack, NATGW_A_SUBNET_PREFIX, "prefix");
	if (!length)
		return natgw_refuse_missing(extack, NATGW_A_SUBNET_PREFIX_LENGTH, "prefix-length");
	err = natgw_nl_ipv4(attrs[NATGW_A_SUBNET_FAMILY], attr, "prefix", &conf->prefix, extack);
	if (!err)
		err = natgw_nl_range(length, "prefix-length", 1, 32, &len, extack);
	if (err)
		return err;
	conf->prefix_len = len;
	return subnet_check_prefix(nn, config, conf, attr, extack);
}

/* Binds to the gateway named, or to none. */
static int subnet_bind(const struct natgw_config *config, struct natgw_subnet_conf *conf,
		       const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct natgw_gateway_conf *gateway;
	struct natgw_gateway *gw;
	int err;

	err = natgw_gateway_refer(config, attr, &gateway, extack);
	if (err)
		return err;
	gw = gateway ? gateway->gw : NULL;
	if (gw == conf->gw)
		return 0;
	err = gateway ? natgw_gateway_check_owner(config, gateway, attr, extack) : 0;
	return err ?: natgw_subnet_bind_to(config, conf, gw, attr, extack);
}

int natgw_subnet_bind_to(const struct natgw_config *config, struct natgw_subnet_conf *conf,
			 struct natgw_gateway *gw, const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	const struct natgw_subnet_conf *first = NULL;
	u32 bound;

	bound = gw ? natgw_subnet_bound(config, gw, &first) : 0;
	/* @conf itself still has another gateway, so @first is another subnet */
	if (bound && first->subnet->vnet != conf->subnet->vnet)
		return natgw_refuse(extack, attr, -EINVAL,
				    "NatGatewayCannotBeUsedBySubnetsBelongingToDifferentVirtualNetworks: gateway %s is bound to subnet %s of vnet %s, this one is in vnet %s",
				    gw->name, first->subnet->name, first->subnet->vnet->name,
				    conf->subnet->vnet->name);
	if (bound >= NATGW_GATEWAY_SUBNETS)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "gateway %s is bound to %u subnets, at most %u", gw->name,
				    bound, NATGW_GATEWAY_SUBNETS);
	natgw_gateway_put(conf->gw);
	conf->gw = natgw_gateway_get(gw);
	return 0;
}

/* Uses the route table named, or none; and it must not lead back into the subnet. */
static int subnet_parse_table(struct natgw_net *nn, const struct natgw_config *config,
			      struct natgw_subnet_conf *conf, struct nlattr **attrs,
			      struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[NATGW_A_SUBNET_ROUTE_TABLE];
	struct natgw_route_table *table;
	int err;

	if (attr) {
		err = natgw_route_table_refer(config, attr, &table, extack);
		if (err)
			return err;
		natgw_route_table_put(conf->table);
		conf->table = natgw_route_table_get(table);
	} else {
		attr = attrs[NATGW_A_SUBNET_PREFIX];
	}
	if (!attr || !conf->table)
		return 0;
	return natgw_route_loop_check_subnet(nn, config, conf, attr, extack);
}

static int subnet_parse_attrs(struct natgw_net *nn, const struct natgw_config *config,
			      struct natgw_subnet_conf *conf, struct nlattr **attrs,
			      struct netlink_ext_ack *extack)
{
	int err;

	err = natgw_field_parse(&natgw_subnet_kind, nn->net, &conf->entry, attrs, extack);
	if (!err)
		err = natgw_drain_parse(attrs[NATGW_A_SUBNET_DRAIN], &conf->drain_end, extack);
	if (!err)
		err = subnet_parse_table(nn, config, conf, attrs, extack);
	if (err)
		return err;
	if (attrs[NATGW_A_SUBNET_GATEWAY])
		return subnet_bind(config, conf, attrs[NATGW_A_SUBNET_GATEWAY], extack);
	return 0;
}

int natgw_subnet_add(struct natgw_net *nn, struct natgw_config *config, const char *name,
		     struct natgw_vnet *vnet, struct natgw_prefix prefix,
		     const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct natgw_subnet_conf *conf;
	struct natgw_entry *entry;
	struct natgw_key key;
	int err;

	strscpy(key.name, name, sizeof(key.name));
	err = natgw_kind_check_new(&natgw_subnet_kind, config, &key, attr, extack);
	if (err)
		return err;
	entry = subnet_make_in(nn, name, vnet);
	if (!entry)
		return -ENOMEM;
	conf = container_of(entry, struct natgw_subnet_conf, entry);
	conf->prefix = prefix.addr;
	conf->prefix_len = prefix.len;
	err = subnet_check_prefix(nn, config, conf, attr, extack);
	if (!err)
		err = natgw_set_append(config, entry);
	if (err)
		natgw_entry_put(entry);
	return err;
}

struct natgw_subnet_conf *natgw_subnet_edit(struct natgw_config *config,
					    const struct natgw_subnet *subnet)
{
	int i = natgw_set_find(config, NATGW_OBJECT_SUBNET, &subnet->object);

	return container_of(natgw_set_edit(config, NATGW_OBJECT_SUBNET, i),
			    struct natgw_subnet_conf, entry);
}

/* What a cluster made it alone changes. */
static int subnet_check_owner(const struct natgw_config *config,
			      const struct natgw_entry *entry, const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	const struct natgw_subnet_conf *conf =
		container_of(entry, struct natgw_subnet_conf, entry);

	if (!conf->owned)
		return 0;
	return natgw_cluster_refuse_owned(config, conf->cluster, "subnet", conf->subnet->name,
					  attr, extack);
}

/* Its vnet is what its sessions are told apart by: it never changes. */
static int subnet_check_vnet(const struct natgw_config *config,
			     const struct natgw_subnet_conf *conf,
			     const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const struct natgw_vnet_conf *vnet;
	int err;

	err = natgw_vnet_refer(config, attr, &vnet, extack);
	if (err || vnet->vnet == conf->subnet->vnet)
		return err;
	return natgw_refuse(extack, attr, -EINVAL,
			    "subnet %s is in vnet %s and cannot move to %s, delete and add it",
			    conf->subnet->name, conf->subnet->vnet->name, vnet->vnet->name);
}

static int subnet_parse(const struct natgw_request *req, struct natgw_entry *entry)
{
	struct natgw_subnet_conf *conf = container_of(entry, struct natgw_subnet_conf, entry);
	struct netlink_ext_ack *extack = req->info->extack;
	struct nlattr **attrs = req->info->attrs;
	int err = 0;

	if (req->old && attrs[NATGW_A_SUBNET_VNET])
		err = subnet_check_vnet(req->config, conf, attrs[NATGW_A_SUBNET_VNET], extack);
	if (!err && (!req->old || attrs[NATGW_A_SUBNET_PREFIX] ||
		     attrs[NATGW_A_SUBNET_PREFIX_LENGTH]))
		err = subnet_parse_prefix(req->nn, req->config, conf, attrs, extack);
	return err ?: subnet_parse_attrs(req->nn, req->config, conf, attrs, extack);
}

static int subnet_check_del(const struct natgw_request *req)
{
	const struct natgw_subnet_conf *conf =
		container_of(req->old, struct natgw_subnet_conf, entry);

	if (!*conf->cluster)
		return 0;
	return natgw_refuse(req->info->extack, req->info->attrs[NATGW_A_SUBNET_NAME], -EBUSY,
			    "InUseSubnetCannotBeDeleted: subnet %s is used by cluster %s",
			    conf->subnet->name, conf->cluster);
}

static u64 subnet_untranslated(const struct natgw_subnet *subnet)
{
	struct natgw_session_counters since;

	natgw_counters_since(subnet->counters, &subnet->zero, &since);
	return since.untranslated;
}

void natgw_subnet_zero(struct natgw_subnet *subnet)
{
	natgw_counters_zero(subnet->counters, &subnet->zero);
	WRITE_ONCE(subnet->last_source, 0);
}

static int subnet_fill(struct sk_buff *skb, struct natgw_net *nn,
		       const struct natgw_config *config, u32 index)
{
	const struct natgw_subnet_conf *conf = config->subnets[index];
	u32 sessions = natgw_counters_sessions(conf->subnet->counters);
	/* pairs with natgw_stats_untranslated() */
	__be32 last = smp_load_acquire(&conf->subnet->last_source);
	u32 when = READ_ONCE(conf->subnet->last_untranslated);

	if (natgw_kind_fill_key(&natgw_subnet_kind, skb, config, index) ||
	    nla_put_u32(skb, NATGW_A_SUBNET_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_SUBNET_PREFIX, conf->prefix) ||
	    nla_put_u32(skb, NATGW_A_SUBNET_PREFIX_LENGTH, conf->prefix_len) ||
	    nla_put_string(skb, NATGW_A_SUBNET_VNET, conf->subnet->vnet->name) ||
	    (conf->gw && nla_put_string(skb, NATGW_A_SUBNET_GATEWAY, conf->gw->name)) ||
	    (conf->table &&
	     nla_put_string(skb, NATGW_A_SUBNET_ROUTE_TABLE, conf->table->name)) ||
	    natgw_field_fill(&natgw_subnet_kind, skb, &conf->entry) ||
	    nla_put_u32(skb, NATGW_A_SUBNET_SESSIONS, sessions) ||
	    nla_put_u64_64bit(skb, NATGW_A_SUBNET_UNTRANSLATED,
			      subnet_untranslated(conf->subnet), NATGW_A_SUBNET_PAD) ||
	    (last && (nla_put_in_addr(skb, NATGW_A_SUBNET_LAST_SOURCE, last) ||
		      nla_put_u32(skb, NATGW_A_SUBNET_LAST_AGE,
				  natgw_clock_seconds(when, natgw_clock())))) ||
	    natgw_drain_fill(skb, NATGW_A_SUBNET_DRAIN, conf->drain_end, &conf->subnet->drain,
			     sessions) ||
	    (conf->owned && nla_put_string(skb, NATGW_A_SUBNET_OWNER, conf->cluster)) ||
	    (conf->lb && nla_put_string(skb, NATGW_A_SUBNET_LOAD_BALANCER, conf->lb->name)))
		return -EMSGSIZE;
	return 0;
}

const struct natgw_kind_ops natgw_subnet_kind = {
	.kind = NATGW_OBJECT_SUBNET,
	.cmd = {
		NATGW_KIND_COMMANDS(SUBNET),
		[NATGW_VERB_SET] = NATGW_CMD_SUBNET_SET,
	},
	.label = "subnet",
	.key_attr = NATGW_A_SUBNET_NAME,
	.max = NATGW_SUBNETS,
	.policy = subnet_policy,
	.policy_max = NATGW_A_SUBNET_MAX,
	.key_policy = subnet_key_policy,
	.key_max = NATGW_A_SUBNET_NAME,
	.fields = subnet_fields,
	.n_fields = ARRAY_SIZE(subnet_fields),
	.make = subnet_make,
	.parse = subnet_parse,
	.check_owner = subnet_check_owner,
	.check_del = subnet_check_del,
	.fill = subnet_fill,
};
