// SPDX-License-Identifier: GPL-2.0
/*
 * Owns virtual networks as configuration: address spaces, and what must not overlap.
 * Called by kind.c for commands, by subnet.c, and by clusters, which make vnets.
 */
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/field.h"
#include "config/find.h"
#include "config/kind.h"
#include "config/route_loop.h"
#include "config/owner.h"
#include "config/vnet.h"
#include "config/vnet_dev.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/set.h"
#include "snapshot/view.h"

static struct nla_policy vnet_policy[NATGW_A_VNET_MAX + 1] __ro_after_init = {
	[NATGW_A_VNET_NAME]		= { .type = NLA_NUL_STRING },
	[NATGW_A_VNET_PREFIX]		= NLA_POLICY_NESTED(natgw_prefix_policy),
	[NATGW_A_VNET_DEV]		= { .type = NLA_NUL_STRING },
	[NATGW_A_VNET_FAMILY]		= { .type = NLA_U32 },
	[NATGW_A_VNET_VPN_NEXT_HOP]	= NATGW_NL_ADDRESS,
};

/* The plain keys; prefixes, devices and the VPN's next hop are not */
static const struct natgw_field vnet_fields[] = {
	NATGW_FIELD_NUMBER(NATGW_A_VNET_PRIVATE_SPACE, "private-space", struct natgw_vnet_conf,
			   private_space, NATGW_PRIVATE_SPACE_INTERNET),
	NATGW_FIELD_TEXT(NATGW_A_VNET_OWNER, struct natgw_vnet_conf, owner,
			 NATGW_CLUSTER_NAME_MAX + 1),
};

static const struct nla_policy vnet_key_policy[NATGW_A_VNET_NAME + 1] = {
	[NATGW_A_VNET_NAME]		= { .type = NLA_NUL_STRING },
};

static struct natgw_vnet *vnet_alloc(const char *name, u16 id)
{
	struct natgw_vnet *vnet = kzalloc(sizeof(*vnet), GFP_KERNEL_ACCOUNT);

	if (!vnet)
		return NULL;
	refcount_set(&vnet->ref, 1);
	vnet->id = id;
	strscpy(vnet->name, name, sizeof(vnet->name));
	return vnet;
}

struct natgw_entry *natgw_vnet_default(struct natgw_net *nn)
{
	/* in a namespace that is being made there is none, and nobody else */
	const struct natgw_config *running = rcu_dereference_protected(nn->config, 1);
	struct natgw_entry *entry = natgw_entry_alloc(NATGW_OBJECT_VNET, 0);
	struct natgw_vnet_conf *conf;

	if (!entry)
		return NULL;
	conf = container_of(entry, struct natgw_vnet_conf, entry);
	conf->private_space = NATGW_PRIVATE_SPACE_PASS;
	if (running)
		conf->vnet = natgw_vnet_get(running->vnets[0]->vnet);
	else
		conf->vnet = vnet_alloc(NATGW_VNET_DEFAULT, 0);
	if (conf->vnet)
		return entry;
	natgw_entry_put(entry);
	return NULL;
}

int natgw_vnet_add_default(struct natgw_net *nn, struct natgw_config *config)
{
	struct natgw_entry *entry = natgw_vnet_default(nn);
	int err;

	if (!entry)
		return -ENOMEM;
	err = natgw_set_append(config, entry);
	if (err)
		natgw_entry_put(entry);
	return err;
}

bool natgw_vnet_untouched(const struct natgw_config *config)
{
	return !config->vnets[0]->vpn_next_hop &&
	       config->vnets[0]->private_space == NATGW_PRIVATE_SPACE_PASS;
}

static struct natgw_object *vnet_create(const struct natgw_request *req)
{
	const struct natgw_config *running =
		rcu_dereference_protected(req->nn->config, lockdep_is_held(&req->nn->lock));
	const struct natgw_config *config = req->config;
	struct natgw_net *nn = req->nn;
	struct natgw_vnet *vnet;
	bool taken;
	u32 k;

	/* an id that neither a running vnet has nor one that may become so */
	do {
		taken = !++nn->vnet_id;
		for (k = 0; k < running->n_vnets; k++)
			taken |= running->vnets[k]->vnet->id == nn->vnet_id;
		for (k = 0; k < config->n_vnets; k++)
			taken |= config->vnets[k]->vnet->id == nn->vnet_id;
	} while (taken);
	vnet = vnet_alloc(req->key.name, nn->vnet_id);
	return vnet ? &vnet->object : NULL;
}

static void vnet_defaults(struct natgw_entry *entry)
{
	container_of(entry, struct natgw_vnet_conf, entry)->private_space =
		NATGW_PRIVATE_SPACE_DROP;
}

/* Replaces the address space by what the request says. */
static int vnet_parse_prefixes(struct natgw_vnet_conf *conf, struct genl_info *info)
{
	char str[NATGW_PREFIX_STR], other[NATGW_PREFIX_STR];
	const struct nlattr *attr;
	struct natgw_prefix prefix;
	int rem, err;
	u32 i;

	conf->n_prefixes = 0;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != NATGW_A_VNET_PREFIX)
			continue;
		err = natgw_prefix_parse(attr, 1, &prefix, info->extack);
		if (!err)
			err = natgw_prefix_check(prefix, attr, info->extack);
		if (err)
			return err;
		natgw_prefix_str(str, prefix);
		for (i = 0; i < conf->n_prefixes; i++)
			if (natgw_prefix_overlap(prefix, conf->prefix[i]))
				return natgw_refuse(info->extack, attr, -EEXIST,
						    "prefix %s overlaps %s of the same vnet", str,
						    natgw_prefix_str(other, conf->prefix[i]));
		if (conf->n_prefixes == NATGW_VNET_PREFIXES)
			return natgw_refuse(info->extack, attr, -ENOSPC,
					    "prefix %s is one too many, a vnet has at most %u",
					    str, NATGW_VNET_PREFIXES);
		conf->prefix[conf->n_prefixes++] = prefix;
	}
	return 0;
}

/* The prefix of a vnet's address space that shares an address with another one, or NULL */
static const struct natgw_prefix *vnet_overlap(const struct natgw_vnet_conf *conf,
					       struct natgw_prefix prefix)
{
	u32 i;

	for (i = 0; i < conf->n_prefixes; i++)
		if (natgw_prefix_overlap(conf->prefix[i], prefix))
			return &conf->prefix[i];
	return NULL;
}

/* Only VRFs keep the addresses of vnets that overlap apart. */
static int vnet_check_apart(struct natgw_net *nn, const struct natgw_vnet_conf *conf,
			    const struct natgw_vnet_conf *other, const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	char str[NATGW_PREFIX_STR], str2[NATGW_PREFIX_STR];
	const struct natgw_prefix *overlap = NULL;
	const struct natgw_vnet_conf *why = NULL;
	int vrf, vrf2;
	u32 i;

	for (i = 0; !overlap && i < conf->n_prefixes; i++)
		overlap = vnet_overlap(other, conf->prefix[i]);
	if (!overlap)
		return 0;
	rcu_read_lock();
	vrf = natgw_vnet_vrf(nn->net, conf);
	vrf2 = natgw_vnet_vrf(nn->net, other);
	rcu_read_unlock();
	if (!vrf)
		why = conf;
	else if (!vrf2)
		why = other;
	natgw_prefix_str(str, conf->prefix[i - 1]);
	natgw_prefix_str(str2, *overlap);
	if (why && !why->n_devs)
		return natgw_refuse(extack, attr, -EEXIST,
				    "prefix %s overlaps %s of vnet %s, and vnet %s has no devices: its packets are known by their source alone",
				    str, str2, other->vnet->name, why->vnet->name);
	if (why)
		return natgw_refuse(extack, attr, -EEXIST,
				    "prefix %s overlaps %s of vnet %s, and the devices of vnet %s are not all in one VRF",
				    str, str2, other->vnet->name, why->vnet->name);
	if (vrf == vrf2)
		return natgw_refuse(extack, attr, -EEXIST,
				    "prefix %s overlaps %s of vnet %s, and both vnets are in the same VRF",
				    str, str2, other->vnet->name);
	return 0;
}

/* Is a prefix inside one of a vnet's address space? "default" has none: any fits. */
static bool vnet_holds(const struct natgw_vnet_conf *conf, struct natgw_prefix prefix)
{
	u32 i;

	for (i = 0; i < conf->n_prefixes; i++)
		if (natgw_prefix_within(prefix, conf->prefix[i]))
			return true;
	return !conf->n_prefixes;
}

/*
 * Subnets of "default" are its address space, and it is in no VRF: they may
 * overlap a vnet that is in one.
 */
static int vnet_check_default(struct natgw_net *nn, const struct natgw_vnet_conf *conf,
			      const struct natgw_subnet_conf *subnet,
			      const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct natgw_prefix prefix = natgw_subnet_prefix(subnet);
	const struct natgw_prefix *overlap = vnet_overlap(conf, prefix);
	char str[NATGW_PREFIX_STR], other[NATGW_PREFIX_STR];
	int vrf;

	if (!overlap)
		return 0;
	rcu_read_lock();
	vrf = natgw_vnet_vrf(nn->net, conf);
	rcu_read_unlock();
	if (vrf)
		return 0;
	return natgw_refuse(extack, attr, -EEXIST,
			    "%s of subnet %s in vnet default overlaps %s of vnet %s, %s",
			    natgw_prefix_str(str, prefix), subnet->subnet->name,
			    natgw_prefix_str(other, *overlap), conf->vnet->name,
			    conf->n_devs ? "whose devices are not all in one VRF" :
			    "which has no devices: its packets are known by their source alone");
}

int natgw_vnet_check_subnet(struct natgw_net *nn, const struct natgw_config *config,
			    const struct natgw_subnet_conf *subnet, const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	const struct natgw_vnet_conf *conf = natgw_vnet_conf_of(config, subnet->subnet->vnet);
	struct natgw_prefix prefix = natgw_subnet_prefix(subnet);
	char str[NATGW_PREFIX_STR], space[NATGW_PREFIX_STR];
	int err;
	u32 i;

	if (!vnet_holds(conf, prefix))
		return natgw_refuse(extack, attr, -EINVAL,
				    "NetcfgInvalidSubnet: %s is not within the address space of vnet %s, %s%s",
				    natgw_prefix_str(str, prefix), conf->vnet->name,
				    natgw_prefix_str(space, conf->prefix[0]),
				    conf->n_prefixes > 1 ? " and others" : "");
	for (i = 1; !conf->n_prefixes && i < config->n_vnets; i++) {
		err = vnet_check_default(nn, config->vnets[i], subnet, attr, extack);
		if (err)
			return err;
	}
	return 0;
}

/* Address space and devices of an entry against the other vnets and all subnets */
static int vnet_check(struct natgw_net *nn, const struct natgw_config *config,
		      const struct natgw_vnet_conf *conf, const struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	char str[NATGW_PREFIX_STR];
	int err = 0;
	u32 i;

	for (i = 0; !err && i < conf->n_prefixes; i++)
		err = natgw_managed_pool_check_free(config, conf->prefix[i], attr, extack);
	for (i = 0; !err && i < config->n_vnets; i++)
		if (config->vnets[i]->vnet != conf->vnet)
			err = vnet_check_apart(nn, conf, config->vnets[i], attr, extack);
	for (i = 0; !err && i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *subnet = config->subnets[i];
		struct natgw_prefix prefix = natgw_subnet_prefix(subnet);

		if (subnet->subnet->vnet == conf->vnet && !vnet_holds(conf, prefix))
			return natgw_refuse(extack, attr, -EBUSY,
					    "InUsePrefixCannotBeDeleted: %s of subnet %s would be outside the address space of vnet %s",
					    natgw_prefix_str(str, prefix), subnet->subnet->name,
					    conf->vnet->name);
		if (!subnet->subnet->vnet->id)
			err = vnet_check_default(nn, conf, subnet, attr, extack);
	}
	return err;
}

/* Puts the attributes given into @conf. */
static int vnet_parse_attrs(struct natgw_net *nn, const struct natgw_config *config,
			    struct natgw_vnet_conf *conf, struct genl_info *info)
{
	const struct nlattr *prefix = info->attrs[NATGW_A_VNET_PREFIX];
	const struct nlattr *vpn = info->attrs[NATGW_A_VNET_VPN_NEXT_HOP];
	const struct nlattr *dev = info->attrs[NATGW_A_VNET_DEV];
	int err = 0;

	if (prefix)
		err = vnet_parse_prefixes(conf, info);
	if (!err && dev)
		err = natgw_vnet_parse_devs(nn->net, config, conf, info, NATGW_A_VNET_DEV);
	if (!err && (prefix || dev))
		err = vnet_check(nn, config, conf, prefix ?: dev, info->extack);
	if (!err)
		err = natgw_field_parse(&natgw_vnet_kind, nn->net, &conf->entry, info->attrs,
					info->extack);
	if (err || !vpn)
		return err;
	err = natgw_nl_ipv4(info->attrs[NATGW_A_VNET_FAMILY], vpn, "vpn-next-hop",
			    &conf->vpn_next_hop, info->extack);
	if (err || !conf->vpn_next_hop)
		return err;
	return natgw_route_loop_check_vpn(nn, config, conf, vpn, info->extack);
}

int natgw_vnet_add(struct natgw_net *nn, struct natgw_config *config, const char *name,
		   struct natgw_prefix prefix, const struct nlattr *attr, struct genl_info *info)
{
	struct natgw_request req = { .nn = nn, .config = config };
	struct natgw_vnet_conf *conf;
	struct natgw_entry *entry;
	int err;

	strscpy(req.key.name, name, sizeof(req.key.name));
	err = natgw_kind_check_new(&natgw_vnet_kind, config, &req.key,
				   info->attrs[NATGW_A_CLUSTER_NAME], info->extack);
	if (err)
		return err;
	entry = natgw_kind_make(&natgw_vnet_kind, &req, 0);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	conf = container_of(entry, struct natgw_vnet_conf, entry);
	strscpy(conf->owner, name, sizeof(conf->owner));
	conf->n_prefixes = 1;
	conf->prefix[0] = prefix;
	err = natgw_vnet_cluster_devs(nn, config, conf, attr, info);
	if (!err)
		err = vnet_check(nn, config, conf, attr, info->extack);
	if (!err)
		err = natgw_set_append(config, entry);
	if (err)
		natgw_entry_put(entry);
	return err;
}

void natgw_vnet_remove(struct natgw_config *config, const char *name)
{
	natgw_set_remove(config, NATGW_OBJECT_VNET,
			 natgw_set_lookup(config, NATGW_OBJECT_VNET, name));
}

static int vnet_check_owner(const struct natgw_config *config, const struct natgw_entry *entry,
			    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const struct natgw_vnet_conf *conf = container_of(entry, struct natgw_vnet_conf, entry);

	if (!*conf->owner)
		return 0;
	return natgw_cluster_refuse_owned(config, conf->owner, "vnet", conf->vnet->name, attr,
					  extack);
}

/* "default" takes what no other vnet takes: neither space nor devices are its own. */
static int vnet_refuse_default(struct genl_info *info, u16 type, const char *label)
{
	if (!info->attrs[type])
		return 0;
	return natgw_refuse(info->extack, info->attrs[type], -EINVAL,
			    "vnet default has no %s of its own, it takes what no other vnet takes",
			    label);
}

static int vnet_parse(const struct natgw_request *req, struct natgw_entry *entry)
{
	bool is_default = req->old == &req->config->vnets[0]->entry;
	struct genl_info *info = req->info;
	int err = 0;

	if (!req->old && !info->attrs[NATGW_A_VNET_PREFIX])
		return natgw_refuse_missing(info->extack, NATGW_A_VNET_PREFIX, "prefix");
	if (is_default)
		err = vnet_refuse_default(info, NATGW_A_VNET_PREFIX, "prefix");
	if (is_default && !err)
		err = vnet_refuse_default(info, NATGW_A_VNET_DEV, "dev");
	return err ?: vnet_parse_attrs(req->nn, req->config,
				       container_of(entry, struct natgw_vnet_conf, entry), info);
}

static int vnet_check_del(const struct natgw_request *req)
{
	const struct nlattr *attr = req->info->attrs[NATGW_A_VNET_NAME];
	const struct natgw_config *config = req->config;
	const struct natgw_vnet_conf *conf = container_of(req->old, struct natgw_vnet_conf, entry);
	const struct natgw_subnet_conf *subnet = NULL;
	u32 k, n = 0;

	if (conf == config->vnets[0])
		return natgw_refuse(req->info->extack, attr, -EINVAL,
				    "vnet default exists always and cannot be deleted");
	for (k = 0; k < config->n_subnets; k++)
		if (config->subnets[k]->subnet->vnet == conf->vnet && !n++)
			subnet = config->subnets[k];
	if (!n)
		return 0;
	return natgw_refuse(req->info->extack, attr, -EBUSY,
			    "vnet %s holds %u subnet%s, among them %s", conf->vnet->name, n,
			    n == 1 ? "" : "s", subnet->subnet->name);
}

static size_t vnet_size(const struct natgw_config *config, u32 index)
{
	const struct natgw_vnet_conf *conf = config->vnets[index];

	/* name, VRF, four numbers besides the fields */
	return natgw_field_size(&natgw_vnet_kind) + nla_total_size(NATGW_NAME_MAX + 1) +
	       nla_total_size(IFNAMSIZ) + 4 * nla_total_size(sizeof(u32)) +
	       conf->n_prefixes * NATGW_PREFIX_NEST + conf->n_devs * nla_total_size(IFNAMSIZ);
}

static int vnet_fill(struct sk_buff *skb, struct natgw_net *nn,
		     const struct natgw_config *config, u32 index)
{
	const struct natgw_vnet_conf *conf = config->vnets[index];
	const struct natgw_vnet_view *view = &config->views[index];
	const struct net_device *vrf;
	u32 i;

	if (natgw_kind_fill_key(&natgw_vnet_kind, skb, config, index))
		return -EMSGSIZE;
	for (i = 0; i < conf->n_prefixes; i++)
		if (natgw_prefix_fill(skb, NATGW_A_VNET_PREFIX, conf->prefix[i]))
			return -EMSGSIZE;
	for (i = 0; i < conf->n_devs; i++)
		if (nla_put_string(skb, NATGW_A_VNET_DEV, conf->dev[i]))
			return -EMSGSIZE;
	if (conf->vpn_next_hop &&
	    (nla_put_u32(skb, NATGW_A_VNET_FAMILY, AF_INET) ||
	     nla_put_in_addr(skb, NATGW_A_VNET_VPN_NEXT_HOP, conf->vpn_next_hop)))
		return -EMSGSIZE;
	vrf = view->vrf ? dev_get_by_index_rcu(nn->net, view->vrf) : NULL;
	if (natgw_field_fill(&natgw_vnet_kind, skb, &conf->entry) ||
	    nla_put_u32(skb, NATGW_A_VNET_SUBNETS, view->n_subnets) ||
	    (vrf && nla_put_string(skb, NATGW_A_VNET_VRF, vrf->name)) ||
	    nla_put_u32(skb, NATGW_A_VNET_DOWN,
			view->down ? NATGW_SWITCH_ON : NATGW_SWITCH_OFF))
		return -EMSGSIZE;
	return 0;
}

const struct natgw_kind_ops natgw_vnet_kind = {
	.kind = NATGW_OBJECT_VNET,
	.cmd = {
		NATGW_KIND_COMMANDS(VNET),
		[NATGW_VERB_SET] = NATGW_CMD_VNET_SET,
	},
	.label = "vnet",
	.key_attr = NATGW_A_VNET_NAME,
	.max = NATGW_VNETS,
	.policy = vnet_policy,
	.policy_max = NATGW_A_VNET_MAX,
	.key_policy = vnet_key_policy,
	.key_max = NATGW_A_VNET_NAME,
	.fields = vnet_fields,
	.n_fields = ARRAY_SIZE(vnet_fields),
	.create = vnet_create,
	.defaults = vnet_defaults,
	.parse = vnet_parse,
	.check_owner = vnet_check_owner,
	.check_del = vnet_check_del,
	.size = vnet_size,
	.fill = vnet_fill,
};
