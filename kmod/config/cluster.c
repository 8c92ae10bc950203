// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the record of a cluster: requests, answers. What follows from it: cluster_move.c.
 * Called by kind.c for commands, and by cluster_parse.c.
 */
#include <linux/jiffies.h>
#include <linux/natgw.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/cluster.h"
#include "config/field.h"
#include "config/find.h"
#include "config/kind.h"
#include "config/outbound_type.h"
#include "config/owner.h"
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

#define NODES_MOST		5000	/* AKS: of one cluster */

/* The plain keys; what the others mean depends on the outbound type */
static const struct natgw_field cluster_fields[] = {
	NATGW_FIELD_NUMBER(NATGW_A_CLUSTER_NODE_COUNT, "node-count", struct natgw_cluster_conf,
			   node_count, NODES_MOST),
	NATGW_FIELD_NUMBER(NATGW_A_CLUSTER_NODE_NAT, "node-nat", struct natgw_cluster_conf,
			   node_nat, NATGW_SWITCH_ON),
};

static const struct nla_policy cluster_key_policy[NATGW_A_CLUSTER_NAME + 1] = {
	[NATGW_A_CLUSTER_NAME]		= { .type = NLA_NUL_STRING },
};

static const struct nla_policy cluster_del_policy[NATGW_A_CLUSTER_DRAIN + 1] = {
	[NATGW_A_CLUSTER_NAME]		= { .type = NLA_NUL_STRING },
	[NATGW_A_CLUSTER_DRAIN]		= { .type = NLA_U32 },
};

const char *natgw_cluster_type(u32 type)
{
	static const char *const names[NATGW_OUTBOUND_TYPES] = {
		[NATGW_OUTBOUND_TYPE_LOAD_BALANCER] = "loadBalancer",
		[NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY] = "managedNATGateway",
		[NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY] = "userAssignedNATGateway",
		[NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING] = "userDefinedRouting",
		[NATGW_OUTBOUND_TYPE_NONE] = "none",
		[NATGW_OUTBOUND_TYPE_BLOCK] = "block",
	};

	return names[type];
}

static int cluster_key(struct genl_info *info, struct natgw_key *key)
{
	int err = natgw_kind_name(&natgw_cluster_kind, info, key);

	if (err || strlen(key->name) <= NATGW_CLUSTER_NAME_MAX)
		return err;
	return natgw_refuse(info->extack, info->attrs[NATGW_A_CLUSTER_NAME], -EINVAL,
			    "name \"%s\" has %zu bytes, of a cluster not 1..%u: its gateways add -nat to it",
			    key->name, strlen(key->name), NATGW_CLUSTER_NAME_MAX);
}

static int cluster_missing(const struct natgw_config *config, const struct natgw_key *key,
			   const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *left = natgw_cluster_left(config, key->name);

	if (!left)
		return 0;
	return natgw_refuse(extack, attr, -ENOENT,
			    "cluster %s was deleted, what it left drains, see: natgwctl gateway show %s",
			    key->name, left);
}

static struct natgw_object *cluster_create(const struct natgw_request *req)
{
	struct natgw_cluster *cluster = kzalloc(sizeof(*cluster), GFP_KERNEL_ACCOUNT);

	if (!cluster)
		return NULL;
	strscpy(cluster->name, req->key.name, sizeof(cluster->name));
	return &cluster->object;
}

int natgw_cluster_try(struct natgw_cluster_change *change, int index)
{
	struct natgw_request req = {
		.nn = change->nn,
		.config = change->config,
		.key = change->key,
	};
	struct natgw_entry *entry;
	int err;

	if (index < 0) {
		entry = natgw_kind_make(&natgw_cluster_kind, &req, 0);
	} else {
		change->old = change->config->clusters[index];
		entry = natgw_entry_dup(&change->old->entry) ?: ERR_PTR(-ENOMEM);
	}
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	change->conf = container_of(entry, struct natgw_cluster_conf, entry);
	err = natgw_cluster_parse(change);
	if (!err)
		err = natgw_cluster_apply(change);
	if (!err && index < 0)
		err = natgw_set_append(change->config, entry);
	if (err)
		natgw_entry_put(entry);
	else if (index >= 0)
		natgw_set_replace(change->config, index, entry);
	return err;
}

/* In a copy: a step that is refused leaves @config as it was. */
static int cluster_change_make(struct natgw_net *nn, struct natgw_config *config,
			       struct genl_info *info, const struct natgw_key *key, int index)
{
	struct natgw_cluster_change change = {
		.nn = nn,
		.info = info,
		.extack = info->extack,
		.type = -1,
	};
	int err;

	if (key)
		change.key = *key;
	change.config = natgw_config_copy(config);
	if (!change.config)
		return -ENOMEM;
	err = natgw_cluster_try(&change, index);
	if (!err)
		natgw_config_exchange(config, change.config);
	natgw_config_free(change.config);
	return err;
}

static int cluster_new(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	struct natgw_key key;
	int err;

	err = cluster_key(info, &key);
	if (!err)
		err = natgw_kind_check_new(&natgw_cluster_kind, config, &key,
					   info->attrs[NATGW_A_CLUSTER_NAME], info->extack);
	return err ?: cluster_change_make(nn, config, info, &key, -1);
}

static int cluster_set(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	int i = natgw_kind_index(&natgw_cluster_kind, config, info);

	return i < 0 ? i : cluster_change_make(nn, config, info, NULL, i);
}

/* Who has sessions says what becomes of them. */
static int cluster_check_idle(struct natgw_net *nn, const struct natgw_config *config,
			      const char *name, const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	u32 n = natgw_cluster_open(nn, config, name);

	if (!n)
		return 0;
	return natgw_refuse(extack, attr, -EBUSY,
			    "cluster %s has %u open session%s: drain TIME lets %s go on until then, drain 0s ends %s at once",
			    name, n, n == 1 ? "" : "s", n == 1 ? "it" : "them",
			    n == 1 ? "it" : "them");
}

static int cluster_del(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	const struct nlattr *drain = info->attrs[NATGW_A_CLUSTER_DRAIN];
	const struct natgw_transaction *open = nn->transactions.open;
	const struct natgw_cluster_conf *conf = NULL;
	struct natgw_config *copy;
	struct natgw_key key;
	u32 seconds = 0;
	int i, err;

	err = cluster_key(info, &key);
	if (err)
		return err;
	/* one that was deleted may get another deadline */
	i = natgw_set_lookup(config, NATGW_OBJECT_CLUSTER, key.name);
	if (i < 0 && !(drain && natgw_cluster_left(config, key.name)))
		return natgw_kind_index(&natgw_cluster_kind, config, info);
	if (drain)
		err = natgw_cluster_parse_drain(drain, &seconds, info->extack);
	else
		err = cluster_check_idle(nn, config, key.name,
					 info->attrs[NATGW_A_CLUSTER_NAME], info->extack);
	if (err)
		return err;
	copy = natgw_config_copy(config);
	if (!copy)
		return -ENOMEM;
	if (i >= 0)
		conf = copy->clusters[i];
	if (seconds)
		err = natgw_cluster_retire(copy, key.name, conf,
					   get_jiffies_64() + (u64)seconds * HZ,
					   open && open->portid == info->snd_portid);
	else
		err = natgw_cluster_undo(copy, key.name, conf);
	if (!err && conf)
		natgw_set_remove(copy, NATGW_OBJECT_CLUSTER, i);
	if (!err)
		natgw_config_exchange(config, copy);
	natgw_config_free(copy);
	return err;
}

/* Is a subnet one of a cluster's? By the name that is on it most are not. */
static bool cluster_is_subnet(const struct natgw_cluster_conf *conf,
			      const struct natgw_subnet_conf *subnet)
{
	return *subnet->cluster && !strcmp(subnet->cluster, conf->cluster->name) &&
	       natgw_cluster_has_subnet(conf, subnet->subnet);
}

static void cluster_add_way(struct natgw_cluster_ways *ways, const struct natgw_gateway *gw)
{
	u32 i;

	for (i = 0; i < ways->n; i++)
		if (ways->gw[i] == gw)
			return;
	if (gw && !WARN_ON_ONCE(ways->n == NATGW_CLUSTER_SUBNETS))
		ways->gw[ways->n++] = gw;
}

void natgw_cluster_ways(const struct natgw_config *config, const struct natgw_cluster_conf *conf,
			struct natgw_cluster_ways *ways)
{
	bool routed = conf->type == NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING;
	u32 i;

	ways->n = 0;
	ways->n_own = 0;
	for (i = 0; !routed && i < config->n_subnets; i++)
		if (cluster_is_subnet(conf, config->subnets[i]))
			cluster_add_way(ways, natgw_subnet_way(config->subnets[i]));
	for (i = 0; i < config->n_gateways; i++)
		if (!strcmp(config->gateways[i]->owner, conf->cluster->name) &&
		    !WARN_ON_ONCE(ways->n_own == NATGW_CLUSTER_GATEWAYS))
			ways->own[ways->n_own++] = config->gateways[i]->gw;
}

bool natgw_cluster_leaves_by(const struct natgw_cluster_ways *ways,
			     const struct natgw_address_conf *address)
{
	u32 i;

	for (i = 0; !address->retired && i < ways->n; i++)
		if (ways->gw[i] == address->gw)
			return true;
	return false;
}

/* Is an address one of a former configuration of the cluster? */
static bool cluster_retired(const struct natgw_cluster_ways *ways,
			    const struct natgw_address_conf *address)
{
	u32 i;

	for (i = 0; address->retired && i < ways->n_own; i++)
		if (ways->own[i] == address->gw)
			return true;
	return false;
}

bool natgw_cluster_authorizes(const struct natgw_cluster_conf *conf, struct natgw_prefix prefix)
{
	u32 i;

	for (i = 0; i < conf->n_ranges; i++)
		if (natgw_prefix_within(prefix, conf->range[i]))
			return true;
	return !conf->n_ranges;
}

u32 natgw_cluster_sessions(const struct natgw_cluster_conf *conf)
{
	u32 i, sessions = 0;

	for (i = 0; i < conf->n_subnets; i++)
		sessions += natgw_counters_sessions(conf->subnet[i]->counters);
	return sessions;
}

#define NATGW_CLUSTER_DIFFERS_MAX	160

/*
 * Bindings and routes are the operator's, and may be others by now than the record
 * needs. Return: what is so at a subnet, or NULL.
 */
static const char *cluster_differs(const struct natgw_config *config,
				   const struct natgw_cluster_conf *conf,
				   const struct natgw_subnet_conf *subnet,
				   char text[NATGW_CLUSTER_DIFFERS_MAX])
{
	const char *name = subnet->subnet->name;
	const struct natgw_gateway_conf *own;

	switch (conf->type) {
	case NATGW_OUTBOUND_TYPE_LOAD_BALANCER:
		own = natgw_cluster_gateway(config, conf);
		if (!subnet->gw || !own)
			return NULL;
		snprintf(text, NATGW_CLUSTER_DIFFERS_MAX,
			 "subnet %s is bound to gateway %s, which goes before %s", name,
			 subnet->gw->name, own->gw->name);
		return text;
	case NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY:
		if (subnet->gw == conf->gw)
			return NULL;
		snprintf(text, NATGW_CLUSTER_DIFFERS_MAX, "subnet %s is bound to %s%s, not to %s",
			 name, subnet->gw ? "gateway " : "no gateway",
			 subnet->gw ? subnet->gw->name : "", conf->gw->name);
		return text;
	case NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING:
		if (natgw_cluster_routes_out(natgw_route_table_conf_of(config, subnet->table)))
			return NULL;
		snprintf(text, NATGW_CLUSTER_DIFFERS_MAX,
			 "subnet %s has no route 0.0.0.0/0 to VirtualAppliance or VirtualNetworkGateway",
			 name);
		return text;
	default:
		return NULL;
	}
}

static int cluster_fill_differs(struct sk_buff *skb, const struct natgw_config *config,
				const struct natgw_cluster_conf *conf)
{
	char text[NATGW_CLUSTER_DIFFERS_MAX];
	const struct natgw_subnet_conf *subnet;
	u32 i;

	for (i = 0; i < config->n_subnets; i++) {
		subnet = config->subnets[i];
		if (cluster_is_subnet(conf, subnet) &&
		    cluster_differs(config, conf, subnet, text) &&
		    nla_put_string(skb, NATGW_A_CLUSTER_DIFFERS, text))
			return -EMSGSIZE;
	}
	return 0;
}

size_t natgw_cluster_size(const struct natgw_config *config, u32 index)
{
	const struct natgw_cluster_conf *conf = config->clusters[index];
	u32 i, n = 1 + conf->n_ranges + NATGW_GATEWAY_ADDRESSES;
	struct natgw_cluster_ways ways;

	/*
	 * the addresses that the operator gives are at one gateway, which bounds their number;
	 * each address that the cluster leaves by may be listed once more, as not authorized
	 */
	natgw_cluster_ways(config, conf, &ways);
	for (i = 0; i < config->n_addresses; i++)
		if (cluster_retired(&ways, config->addresses[i]))
			n++;
		else if (natgw_cluster_leaves_by(&ways, config->addresses[i]))
			n += 2;
	return natgw_field_size(&natgw_cluster_kind) + 14 * nla_total_size(sizeof(u32)) +
	       n * NATGW_PREFIX_NEST +
	       (2 + conf->n_subnets) * nla_total_size(NATGW_NAME_MAX + 1) +
	       conf->n_subnets * nla_total_size(NATGW_CLUSTER_DIFFERS_MAX) +
	       NATGW_VNET_DEVS * nla_total_size(IFNAMSIZ);
}

/* Of a vnet that the cluster made: its space and devices */
static int cluster_fill_vnet(struct sk_buff *skb, const struct natgw_config *config,
			     const struct natgw_cluster_conf *conf)
{
	const struct natgw_vnet_conf *vnet = natgw_vnet_find(config, conf->cluster->name);
	u32 i;

	if (conf->vnet_mode != NATGW_VNET_MODE_MANAGED || !vnet)
		return 0;
	if (natgw_prefix_fill(skb, NATGW_A_CLUSTER_PREFIX, conf->prefix))
		return -EMSGSIZE;
	for (i = 0; i < vnet->n_devs; i++)
		if (nla_put_string(skb, NATGW_A_CLUSTER_DEV, vnet->dev[i]))
			return -EMSGSIZE;
	return 0;
}

/* What only types that make a gateway have */
static int cluster_fill_gateway(struct sk_buff *skb, const struct natgw_config *config,
				const struct natgw_cluster_conf *conf)
{
	const struct natgw_gateway_conf *gw = natgw_cluster_gateway(config, conf);
	u32 i;

	if (!gw)
		return conf->gw ? nla_put_string(skb, NATGW_A_CLUSTER_GATEWAY, conf->gw->name) : 0;
	if (nla_put_string(skb, NATGW_A_CLUSTER_GATEWAY, gw->gw->name) ||
	    nla_put_u32(skb, NATGW_A_CLUSTER_IDLE_TIMEOUT, conf->idle_timeout) ||
	    (conf->type == NATGW_OUTBOUND_TYPE_LOAD_BALANCER &&
	     nla_put_u32(skb, NATGW_A_CLUSTER_PORTS_PER_HOST, conf->ports_per_host)))
		return -EMSGSIZE;
	if (conf->managed_ips)
		return nla_put_u32(skb, NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT,
				   conf->managed_ips);
	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address_conf *address = config->addresses[i];
		bool single = address->address->prefix_len == 32;

		if (address->gw == gw->gw && !address->retired &&
		    natgw_prefix_fill(skb, single ? NATGW_A_CLUSTER_OUTBOUND_IPS :
						    NATGW_A_CLUSTER_OUTBOUND_IP_PREFIXES,
				      natgw_address_prefix(address->address)))
			return -EMSGSIZE;
	}
	return 0;
}

static int cluster_fill_addresses(struct sk_buff *skb, const struct natgw_config *config,
				  const struct natgw_cluster_conf *conf)
{
	struct natgw_cluster_ways ways;
	u32 i;

	natgw_cluster_ways(config, conf, &ways);
	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address_conf *address = config->addresses[i];
		struct natgw_prefix prefix = natgw_address_prefix(address->address);

		if (cluster_retired(&ways, address) &&
		    natgw_prefix_fill(skb, NATGW_A_CLUSTER_RETIRED_ADDRESS, prefix))
			return -EMSGSIZE;
		if (!natgw_cluster_leaves_by(&ways, address))
			continue;
		if (natgw_prefix_fill(skb, NATGW_A_CLUSTER_ADDRESS, prefix) ||
		    (!natgw_cluster_authorizes(conf, prefix) &&
		     natgw_prefix_fill(skb, NATGW_A_CLUSTER_UNAUTHORIZED, prefix)))
			return -EMSGSIZE;
	}
	return 0;
}

static int cluster_fill(struct sk_buff *skb, struct natgw_net *nn,
			const struct natgw_config *config, u32 index)
{
	const struct natgw_cluster_conf *conf = config->clusters[index];
	u32 i;

	if (natgw_kind_fill_key(&natgw_cluster_kind, skb, config, index) ||
	    nla_put_u32(skb, NATGW_A_CLUSTER_VNET_MODE, conf->vnet_mode) ||
	    nla_put_u32(skb, NATGW_A_CLUSTER_MATRIX, conf->matrix) ||
	    cluster_fill_vnet(skb, config, conf))
		return -EMSGSIZE;
	for (i = 0; i < conf->n_subnets; i++)
		if (nla_put_string(skb, NATGW_A_CLUSTER_SUBNET, conf->subnet[i]->name))
			return -EMSGSIZE;
	if (nla_put_u32(skb, NATGW_A_CLUSTER_OUTBOUND_TYPE, conf->type) ||
	    natgw_field_fill(&natgw_cluster_kind, skb, &conf->entry) ||
	    cluster_fill_gateway(skb, config, conf))
		return -EMSGSIZE;
	for (i = 0; i < conf->n_ranges; i++)
		if (natgw_prefix_fill(skb, NATGW_A_CLUSTER_AUTHORIZED_IP_RANGES, conf->range[i]))
			return -EMSGSIZE;
	if (nla_put_u32(skb, NATGW_A_CLUSTER_SESSIONS, natgw_cluster_sessions(conf)) ||
	    cluster_fill_differs(skb, config, conf))
		return -EMSGSIZE;
	return cluster_fill_addresses(skb, config, conf);
}

const struct natgw_kind_ops natgw_cluster_kind = {
	.kind = NATGW_OBJECT_CLUSTER,
	.cmd = {
		NATGW_KIND_COMMANDS(CLUSTER),
		[NATGW_VERB_SET] = NATGW_CMD_CLUSTER_SET,
	},
	.label = "cluster",
	.key_attr = NATGW_A_CLUSTER_NAME,
	.max = NATGW_CLUSTERS,
	.policy = natgw_cluster_policy,
	.policy_max = NATGW_A_CLUSTER_DRAIN,
	.key_policy = cluster_key_policy,
	.key_max = NATGW_A_CLUSTER_NAME,
	.fields = cluster_fields,
	.n_fields = ARRAY_SIZE(cluster_fields),
	.del_policy = cluster_del_policy,
	.del_max = NATGW_A_CLUSTER_DRAIN,
	.new = cluster_new,
	.set = cluster_set,
	.del = cluster_del,
	.key = cluster_key,
	.missing = cluster_missing,
	.create = cluster_create,
	.size = natgw_cluster_size,
	.fill = cluster_fill,
};
