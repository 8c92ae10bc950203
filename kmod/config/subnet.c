// SPDX-License-Identifier: GPL-2.0
/*
 * Owns subnets as configuration, and what they are bound to. Called by the commands of
 * netlink/, and by clusters, which make and bind subnets.
 */
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/drain.h"
#include "config/find.h"
#include "config/route_loop.h"
#include "config/owner.h"
#include "config/subnet.h"
#include "config/vnet.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

const struct nla_policy natgw_subnet_policy[NATGW_A_SUBNET_MAX + 1] = {
	[NATGW_A_SUBNET_NAME]		= { .type = NLA_NUL_STRING },
	[NATGW_A_SUBNET_FAMILY]		= { .type = NLA_U32 },
	[NATGW_A_SUBNET_PREFIX]		= NATGW_NL_ADDRESS,
	[NATGW_A_SUBNET_PREFIX_LENGTH]	= { .type = NLA_U32 },
	[NATGW_A_SUBNET_VNET]		= { .type = NLA_NUL_STRING },
	[NATGW_A_SUBNET_GATEWAY]	= { .type = NLA_NUL_STRING },
	[NATGW_A_SUBNET_IPV6]		= { .type = NLA_U32 },
	[NATGW_A_SUBNET_DRAIN]		= { .type = NLA_U32 },
	[NATGW_A_SUBNET_ROUTE_TABLE]	= { .type = NLA_NUL_STRING },
	[NATGW_A_SUBNET_SOURCE_CHECK]	= { .type = NLA_U32 },
};

const struct nla_policy natgw_subnet_key_policy[NATGW_A_SUBNET_NAME + 1] = {
	[NATGW_A_SUBNET_NAME]		= { .type = NLA_NUL_STRING },
};

/*
 * A subnet deleted and made again in one transaction keeps its run-time part,
 * unless it comes back in another vnet: then its sessions end.
 */
static struct natgw_subnet *subnet_create(struct natgw_net *nn, const char *name,
					  struct natgw_vnet *vnet)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	const struct natgw_subnet_conf *conf = natgw_subnet_find(running, name);
	struct natgw_subnet *subnet;

	if (conf && conf->subnet->vnet == vnet)
		return natgw_subnet_get(conf->subnet);
	subnet = kzalloc(sizeof(*subnet), GFP_KERNEL_ACCOUNT);
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

/* The name that is a request's key */
static int subnet_name(struct genl_info *info, char name[NATGW_NAME_MAX + 1])
{
	const struct nlattr *attr = info->attrs[NATGW_A_SUBNET_NAME];

	if (!attr)
		return natgw_refuse_missing(info->extack, NATGW_A_SUBNET_NAME, "name");
	return natgw_nl_name(attr, "name", name, info->extack);
}

int natgw_subnet_index(const struct natgw_config *config, struct genl_info *info)
{
	char name[NATGW_NAME_MAX + 1];
	int i, err;

	err = subnet_name(info, name);
	if (err)
		return err;
	i = config ? natgw_subnet_lookup(config, name) : -ENOENT;
	if (i < 0)
		return natgw_refuse(info->extack, info->attrs[NATGW_A_SUBNET_NAME], -ENOENT,
				    "subnet %s does not exist", name);
	return i;
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
	/* a subnet that alone is bound to it is not this one: that has another gateway */
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

static int subnet_parse(struct natgw_net *nn, const struct natgw_config *config,
			struct natgw_subnet_conf *conf, struct nlattr **attrs,
			      struct netlink_ext_ack *extack)
{
	int err;

	if (attrs[NATGW_A_SUBNET_IPV6]) {
		err = natgw_nl_range(attrs[NATGW_A_SUBNET_IPV6], "ipv6", 0, NATGW_IPV6_DROP,
				     &conf->ipv6, extack);
		if (err)
			return err;
	}
	if (attrs[NATGW_A_SUBNET_SOURCE_CHECK]) {
		err = natgw_nl_range(attrs[NATGW_A_SUBNET_SOURCE_CHECK], "source-check", 0,
				     NATGW_SOURCE_CHECK_OFF, &conf->source_check, extack);
		if (err)
			return err;
	}
	err = natgw_drain_parse(attrs[NATGW_A_SUBNET_DRAIN], &conf->drain_end, extack);
	if (!err)
		err = subnet_parse_table(nn, config, conf, attrs, extack);
	if (err)
		return err;
	if (attrs[NATGW_A_SUBNET_GATEWAY])
		return subnet_bind(config, conf, attrs[NATGW_A_SUBNET_GATEWAY], extack);
	return 0;
}

static int subnet_check_new(const struct natgw_config *config, const char *name,
			    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (natgw_subnet_find(config, name))
		return natgw_refuse(extack, attr, -EEXIST, "subnet %s exists", name);
	if (config->n_subnets >= NATGW_SUBNETS)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "subnet %s is one too many, there are %u already", name,
				    config->n_subnets);
	return 0;
}

static int subnet_append(struct natgw_config *config, struct natgw_subnet_conf *conf)
{
	struct natgw_subnet_conf **subnets;

	subnets = natgw_array_grow(config->subnets, config->n_subnets);
	if (!subnets)
		return -ENOMEM;
	config->subnets = subnets;
	config->subnets[config->n_subnets++] = conf;
	config->staged += sizeof(*conf) + sizeof(*conf->subnet) +
			  num_possible_cpus() * sizeof(*conf->subnet->counters);
	return 0;
}

int natgw_subnet_add(struct natgw_net *nn, struct natgw_config *config, const char *name,
		     struct natgw_vnet *vnet, struct natgw_prefix prefix,
		     const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct natgw_subnet_conf *conf;
	int err;

	err = subnet_check_new(config, name, attr, extack);
	if (err)
		return err;
	conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	conf->prefix = prefix.addr;
	conf->prefix_len = prefix.len;
	conf->subnet = subnet_create(nn, name, vnet);
	err = conf->subnet ? subnet_check_prefix(nn, config, conf, attr, extack) : -ENOMEM;
	if (!err)
		err = subnet_append(config, conf);
	if (err)
		natgw_subnet_conf_put(conf);
	return err;
}

static struct natgw_subnet_conf *subnet_dup(const struct natgw_subnet_conf *conf)
{
	struct natgw_subnet_conf *dup = kmemdup(conf, sizeof(*conf), GFP_KERNEL_ACCOUNT);

	if (!dup)
		return NULL;
	refcount_set(&dup->ref, 1);
	natgw_subnet_get(dup->subnet);
	natgw_gateway_get(dup->gw);
	natgw_gateway_get(dup->lb);
	natgw_route_table_get(dup->table);
	return dup;
}

struct natgw_subnet_conf *natgw_subnet_edit(struct natgw_config *config,
					    const struct natgw_subnet *subnet)
{
	struct natgw_subnet_conf *conf;
	u32 i = 0;

	while (config->subnets[i]->subnet != subnet)
		i++;
	if (refcount_read(&config->subnets[i]->ref) == 1)
		return config->subnets[i];
	conf = subnet_dup(config->subnets[i]);
	if (!conf)
		return NULL;
	natgw_subnet_conf_put(config->subnets[i]);
	config->subnets[i] = conf;
	config->staged += sizeof(*conf);
	return conf;
}

void natgw_subnet_remove(struct natgw_config *config, u32 i)
{
	struct natgw_subnet_conf *conf = config->subnets[i];

	config->n_subnets--;
	memmove(&config->subnets[i], &config->subnets[i + 1],
		(config->n_subnets - i) * sizeof(*config->subnets));
	natgw_subnet_conf_put(conf);
}

int natgw_subnet_new(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NATGW_A_SUBNET_VNET];
	const struct natgw_vnet_conf *vnet = config->vnets[0];
	struct natgw_subnet_conf *conf;
	char name[NATGW_NAME_MAX + 1];
	int err;

	err = subnet_name(info, name);
	if (!err)
		err = subnet_check_new(config, name, info->attrs[NATGW_A_SUBNET_NAME],
				       info->extack);
	if (err)
		return err;
	err = attr ? natgw_vnet_refer(config, attr, &vnet, info->extack) : 0;
	if (err)
		return err;

	conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	err = -ENOMEM;
	conf->subnet = subnet_create(nn, name, vnet->vnet);
	if (!conf->subnet)
		goto err_put;
	err = subnet_parse_prefix(nn, config, conf, info->attrs, info->extack);
	if (!err)
		err = subnet_parse(nn, config, conf, info->attrs, info->extack);
	if (err)
		goto err_put;

	err = subnet_append(config, conf);
	if (!err)
		return 0;

err_put:
	natgw_subnet_conf_put(conf);
	return err;
}

/* What a cluster made it alone changes. */
static int subnet_check_owner(const struct natgw_config *config,
			      const struct natgw_subnet_conf *conf,
				    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
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

int natgw_subnet_set(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	int i = natgw_subnet_index(config, info), err = 0;
	struct natgw_subnet_conf *conf;

	if (i < 0)
		return i;
	err = subnet_check_owner(config, config->subnets[i],
				 info->attrs[NATGW_A_SUBNET_NAME], info->extack);
	if (err)
		return err;
	conf = subnet_dup(config->subnets[i]);
	if (!conf)
		return -ENOMEM;

	if (info->attrs[NATGW_A_SUBNET_VNET])
		err = subnet_check_vnet(config, conf, info->attrs[NATGW_A_SUBNET_VNET],
					info->extack);
	if (!err && (info->attrs[NATGW_A_SUBNET_PREFIX] ||
		     info->attrs[NATGW_A_SUBNET_PREFIX_LENGTH]))
		err = subnet_parse_prefix(nn, config, conf, info->attrs, info->extack);
	if (!err)
		err = subnet_parse(nn, config, conf, info->attrs, info->extack);
	if (!err) {
		swap(config->subnets[i], conf);
		config->staged += sizeof(*conf);
	}
	natgw_subnet_conf_put(conf);
	return err;
}

int natgw_subnet_del(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NATGW_A_SUBNET_NAME];
	int i = natgw_subnet_index(config, info), err;

	if (i < 0)
		return i;
	err = subnet_check_owner(config, config->subnets[i], attr, info->extack);
	if (err)
		return err;
	if (*config->subnets[i]->cluster)
		return natgw_refuse(info->extack, attr, -EBUSY,
				    "InUseSubnetCannotBeDeleted: subnet %s is used by cluster %s",
				    config->subnets[i]->subnet->name,
				    config->subnets[i]->cluster);
	natgw_subnet_remove(config, i);
	return 0;
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

int natgw_subnet_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index)
{
	return nla_put_string(skb, NATGW_A_SUBNET_NAME, config->subnets[index]->subnet->name);
}

int natgw_subnet_fill(struct sk_buff *skb, struct natgw_net *nn,
		      const struct natgw_config *config, u32 index)
{
	const struct natgw_subnet_conf *conf = config->subnets[index];
	u32 sessions = natgw_counters_sessions(conf->subnet->counters);
	__be32 last = READ_ONCE(conf->subnet->last_source);

	if (natgw_subnet_fill_key(skb, config, index) ||
	    nla_put_u32(skb, NATGW_A_SUBNET_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_SUBNET_PREFIX, conf->prefix) ||
	    nla_put_u32(skb, NATGW_A_SUBNET_PREFIX_LENGTH, conf->prefix_len) ||
	    nla_put_string(skb, NATGW_A_SUBNET_VNET, conf->subnet->vnet->name) ||
	    (conf->gw && nla_put_string(skb, NATGW_A_SUBNET_GATEWAY, conf->gw->name)) ||
	    (conf->table &&
	     nla_put_string(skb, NATGW_A_SUBNET_ROUTE_TABLE, conf->table->name)) ||
	    nla_put_u32(skb, NATGW_A_SUBNET_IPV6, conf->ipv6) ||
	    nla_put_u32(skb, NATGW_A_SUBNET_SESSIONS, sessions) ||
	    nla_put_u64_64bit(skb, NATGW_A_SUBNET_UNTRANSLATED,
			      subnet_untranslated(conf->subnet), NATGW_A_SUBNET_PAD) ||
	    (last && nla_put_in_addr(skb, NATGW_A_SUBNET_LAST_SOURCE, last)) ||
	    natgw_drain_fill(skb, NATGW_A_SUBNET_DRAIN, conf->drain_end, &conf->subnet->drain,
			     sessions) ||
	    (conf->owned && nla_put_string(skb, NATGW_A_SUBNET_OWNER, conf->cluster)) ||
	    (*conf->cluster && nla_put_string(skb, NATGW_A_SUBNET_CLUSTER, conf->cluster)) ||
	    (conf->lb && nla_put_string(skb, NATGW_A_SUBNET_LOAD_BALANCER, conf->lb->name)) ||
	    (conf->block && nla_put_u32(skb, NATGW_A_SUBNET_BLOCK, NATGW_SWITCH_ON)) ||
	    nla_put_u32(skb, NATGW_A_SUBNET_SOURCE_CHECK, conf->source_check))
		return -EMSGSIZE;
	return 0;
}
