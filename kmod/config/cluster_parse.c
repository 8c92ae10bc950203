// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the way from a request to the record of a cluster: what its outbound type allows.
 * Called by cluster.c.
 */
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/natgw.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/cluster.h"
#include "config/drain.h"
#include "config/field.h"
#include "config/find.h"
#include "config/outbound_type.h"
#include "config/owner.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/portblock.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"

struct nla_policy natgw_cluster_policy[NATGW_A_CLUSTER_DRAIN + 1] __ro_after_init = {
	[NATGW_A_CLUSTER_NAME]			= { .type = NLA_NUL_STRING },
	[NATGW_A_CLUSTER_VNET_MODE]		= { .type = NLA_U32 },
	[NATGW_A_CLUSTER_MATRIX]		= { .type = NLA_U32 },
	[NATGW_A_CLUSTER_PREFIX]		= NLA_POLICY_NESTED(natgw_prefix_policy),
	[NATGW_A_CLUSTER_DEV]			= { .type = NLA_NUL_STRING },
	[NATGW_A_CLUSTER_SUBNET]		= { .type = NLA_NUL_STRING },
	[NATGW_A_CLUSTER_OUTBOUND_TYPE]		= { .type = NLA_U32 },
	[NATGW_A_CLUSTER_GATEWAY]		= { .type = NLA_NUL_STRING },
	[NATGW_A_CLUSTER_IDLE_TIMEOUT]		= { .type = NLA_U32 },
	[NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT] = { .type = NLA_U32 },
	[NATGW_A_CLUSTER_OUTBOUND_IPS]		= NLA_POLICY_NESTED(natgw_prefix_policy),
	[NATGW_A_CLUSTER_OUTBOUND_IP_PREFIXES]	= NLA_POLICY_NESTED(natgw_prefix_policy),
	[NATGW_A_CLUSTER_PORTS_PER_HOST]	= { .type = NLA_U32 },
	[NATGW_A_CLUSTER_AUTHORIZED_IP_RANGES]	= NLA_POLICY_NESTED(natgw_prefix_policy),
	[NATGW_A_CLUSTER_DRAIN]			= { .type = NLA_U32 },
};

#define LB	BIT(NATGW_OUTBOUND_TYPE_LOAD_BALANCER)
#define MANAGED	BIT(NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY)
#define USER	BIT(NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY)

/* Seconds: AKS's defaults and limits of the timer */
#define IDLE_LOAD_BALANCER	(30 * 60)
#define IDLE_NAT_GATEWAY	(4 * 60)
#define IDLE_MIN		(4 * 60)
#define IDLE_MAX		(120 * 60)

static const struct nlattr *given(const struct natgw_cluster_change *change, u16 type)
{
	return change->info->attrs[type];
}

static int parse_mode(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_VNET_MODE);
	const struct nlattr *matrix = given(change, NATGW_A_CLUSTER_MATRIX);
	struct natgw_cluster_conf *conf = change->conf;
	u32 mode = conf->vnet_mode;
	int err = 0;

	if (!change->old)
		mode = given(change, NATGW_A_CLUSTER_SUBNET) ? NATGW_VNET_MODE_BYO :
							       NATGW_VNET_MODE_MANAGED;
	if (attr)
		err = natgw_nl_range(attr, "vnet-mode", 0, NATGW_VNET_MODE_BYO, &mode,
				     change->extack);
	if (!err && change->old && mode != conf->vnet_mode)
		return natgw_refuse(change->extack, attr, -EINVAL,
				    "vnet-mode of cluster %s never changes, delete and add it",
				    conf->cluster->name);
	conf->vnet_mode = mode;
	if (!err && matrix)
		err = natgw_nl_range(matrix, "matrix", 0, NATGW_MATRIX_2026_08, &conf->matrix,
				     change->extack);
	return err;
}

static const char *const modes[] = {
	[NATGW_VNET_MODE_MANAGED] = "managed",
	[NATGW_VNET_MODE_BYO] = "byo",
};

/* The type is one that the vnet mode has, and a move to it one that the matrix has. */
static int check_type(const struct natgw_cluster_change *change, u32 type,
		      const struct nlattr *attr)
{
	static const char *const dates[] = {
		[NATGW_MATRIX_2024] = "2024",
		[NATGW_MATRIX_2026_08] = "2026-08",
	};
	const struct natgw_cluster_conf *conf = change->conf;
	bool possible = natgw_outbound_possible(conf->vnet_mode, type);
	const char *why = "";

	if (!possible && conf->vnet_mode == NATGW_VNET_MODE_BYO) {
		why = " is incompatible with a custom virtual network, use userAssignedNATGateway";
		if (type == NATGW_OUTBOUND_TYPE_BLOCK)
			why = " is incompatible with a custom virtual network";
	} else if (!possible) {
		why = " needs a custom virtual network (vnet-mode byo)";
	}
	if (change->old && !natgw_outbound_allowed(conf->matrix, conf->vnet_mode,
						   change->old->type, type))
		return natgw_refuse(change->extack, attr, -EOPNOTSUPP,
				    "outbound-type of cluster %s cannot change from %s to %s by matrix %s, vnet-mode %s%s%s",
				    conf->cluster->name, natgw_cluster_type(change->old->type),
				    natgw_cluster_type(type), dates[conf->matrix],
				    modes[conf->vnet_mode], *why ? ": the latter" : "", why);
	if (!possible)
		return natgw_refuse(change->extack, attr, -EOPNOTSUPP, "outbound-type %s%s",
				    natgw_cluster_type(type), why);
	return 0;
}

static int parse_type(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_OUTBOUND_TYPE);
	struct natgw_cluster_conf *conf = change->conf;
	u32 type = conf->type;
	int err = 0;

	if (change->type >= 0)
		type = change->type;
	else if (attr)
		err = natgw_nl_range(attr, "outbound-type", 0, NATGW_OUTBOUND_TYPE_BLOCK, &type,
				     change->extack);
	if (!err)
		err = check_type(change, type, attr ?: given(change, NATGW_A_CLUSTER_NAME));
	if (err)
		return err;
	change->move = change->old && type != change->old->type;
	conf->type = type;
	if (change->old && !change->move)
		return 0;
	/* the new type's own numbers */
	natgw_gateway_put(conf->gw);
	conf->gw = NULL;
	conf->ports_per_host = 0;
	conf->managed_ips = natgw_cluster_has_addresses(type);
	conf->idle_timeout = type == NATGW_OUTBOUND_TYPE_LOAD_BALANCER ? IDLE_LOAD_BALANCER :
									 IDLE_NAT_GATEWAY;
	return 0;
}

/* Refuses attributes that have no meaning with the type. */
static int check_meaning(const struct natgw_cluster_change *change)
{
	static const struct {
		u16 attr;
		const char *label;
		u32 types;
	} meanings[] = {
		{ NATGW_A_CLUSTER_IDLE_TIMEOUT, "idle-timeout", LB | MANAGED },
		{ NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT, "managed-outbound-ip-count",
		  LB | MANAGED },
		{ NATGW_A_CLUSTER_OUTBOUND_IPS, "outbound-ips", LB | MANAGED },
		{ NATGW_A_CLUSTER_OUTBOUND_IP_PREFIXES, "outbound-ip-prefixes", LB | MANAGED },
		{ NATGW_A_CLUSTER_PORTS_PER_HOST, "ports-per-host", LB },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(meanings); i++)
		if (given(change, meanings[i].attr) &&
		    !(meanings[i].types & BIT(change->conf->type)))
			return natgw_refuse(change->extack, given(change, meanings[i].attr),
					    -EINVAL, "%s has no meaning with outbound-type %s",
					    meanings[i].label,
					    natgw_cluster_type(change->conf->type));
	if (given(change, NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT) && change->lists)
		return natgw_refuse(change->extack,
				    given(change, NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT),
				    -EINVAL,
				    "managed-outbound-ip-count excludes outbound-ips and outbound-ip-prefixes");
	return 0;
}

static int parse_idle_timeout(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_IDLE_TIMEOUT);
	u32 seconds;

	if (!attr)
		return 0;
	seconds = nla_get_u32(attr);
	if (seconds < IDLE_MIN || seconds > IDLE_MAX || seconds % 60)
		return natgw_refuse(change->extack, attr, -ERANGE,
				    "%sidle-timeout %us is %s %um..%um",
				    change->conf->type == NATGW_OUTBOUND_TYPE_LOAD_BALANCER ?
				    "InvalidLoadBalancerProfileIdleTimeoutInMinutes: " : "",
				    seconds, seconds < IDLE_MIN || seconds > IDLE_MAX ?
				    "outside" : "not whole minutes,",
				    IDLE_MIN / 60, IDLE_MAX / 60);
	change->conf->idle_timeout = seconds;
	return 0;
}

static int parse_managed_ips(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT);
	u32 count;

	if (!attr)
		return 0;
	count = nla_get_u32(attr);
	if (!count || count > NATGW_GATEWAY_ADDRESSES)
		return natgw_refuse(change->extack, attr, -ERANGE,
				    "managed-outbound-ip-count %u is outside 1..%u%s", count,
				    NATGW_GATEWAY_ADDRESSES,
				    change->conf->type == NATGW_OUTBOUND_TYPE_LOAD_BALANCER ?
				    " (the cloud's load balancer has up to 100, one here 16)" : "");
	change->conf->managed_ips = count;
	return 0;
}

static int parse_ports(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_PORTS_PER_HOST);
	u32 ports, usable = natgw_portblock_usable(NATGW_ALLOCATION_PREALLOCATED);

	if (!attr)
		return 0;
	ports = nla_get_u32(attr);
	if (ports % NATGW_BLOCK_UNIT)
		return natgw_refuse(change->extack, attr, -EINVAL,
				    "InvalidLoadBalancerProfileAllocatedOutboundPorts: ports-per-host %u is not a multiple of %u",
				    ports, NATGW_BLOCK_UNIT);
	if (ports > usable)
		return natgw_refuse(change->extack, attr, -ERANGE,
				    "InvalidLoadBalancerProfileAllocatedOutboundPorts: ports-per-host %u is outside 0..%u",
				    ports, usable);
	change->conf->ports_per_host = ports;
	return 0;
}

static int parse_nodes(struct natgw_cluster_change *change)
{
	const struct nlattr *nat = given(change, NATGW_A_CLUSTER_NODE_NAT);
	struct natgw_cluster_conf *conf = change->conf;
	int err;

	if (!change->old)
		conf->node_nat = NATGW_SWITCH_ON;
	err = natgw_field_parse(&natgw_cluster_kind, change->nn->net, &conf->entry,
				change->info->attrs, change->extack);
	if (err || conf->node_nat || BIT(conf->type) & (MANAGED | USER))
		return err;
	return natgw_refuse(change->extack, nat ?: given(change, NATGW_A_CLUSTER_OUTBOUND_TYPE) ?:
			    given(change, NATGW_A_CLUSTER_NAME), -EINVAL,
			    "node-nat off needs outbound-type managedNATGateway or userAssignedNATGateway, not %s",
			    natgw_cluster_type(conf->type));
}

/* The prefix of a managed vnet */
static int parse_prefix(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_PREFIX);
	const struct nlattr *dev = given(change, NATGW_A_CLUSTER_DEV);
	struct natgw_cluster_conf *conf = change->conf;
	struct natgw_prefix prefix;
	int err;

	if (conf->vnet_mode == NATGW_VNET_MODE_BYO && (attr || dev))
		return natgw_refuse(change->extack, attr ?: dev, -EINVAL,
				    "%s has no meaning with vnet-mode byo, its subnets are there already",
				    attr ? "prefix" : "dev");
	if (conf->vnet_mode == NATGW_VNET_MODE_BYO)
		return 0;
	if (!attr && !change->old)
		return natgw_refuse_missing(change->extack, NATGW_A_CLUSTER_PREFIX, "prefix");
	if (change->old && dev)
		return natgw_refuse(change->extack, dev, -EINVAL,
				    "dev of cluster %s never changes, delete and add it",
				    conf->cluster->name);
	if (!attr)
		return 0;
	err = natgw_prefix_parse(attr, 1, &prefix, change->extack);
	if (!err)
		err = natgw_prefix_check(prefix, attr, change->extack);
	if (!err && change->old && !natgw_prefix_equal(prefix, conf->prefix))
		return natgw_refuse(change->extack, attr, -EINVAL,
				    "prefix of cluster %s never changes, delete and add it",
				    conf->cluster->name);
	conf->prefix = prefix;
	return err;
}

/* One subnet of the operator's */
static int add_subnet(struct natgw_cluster_change *change, const struct nlattr *attr)
{
	struct natgw_cluster_conf *conf = change->conf;
	const struct natgw_subnet_conf *subnet;
	char name[NATGW_NAME_MAX + 1];
	int err;
	u32 i;

	err = natgw_nl_name(attr, "subnet", name, change->extack);
	if (err)
		return err;
	subnet = natgw_subnet_find(change->config, name);
	if (!subnet)
		return natgw_refuse(change->extack, attr, -ENOENT,
				    "InvalidResourceReference: subnet %s does not exist", name);
	/* also one that a deleted cluster of the name has left: it goes with its last session */
	if (subnet->owned)
		return natgw_refuse(change->extack, attr, -EBUSY,
				    "subnet %s is the network that cluster %s has made", name,
				    subnet->cluster);
	if (*subnet->cluster && strcmp(subnet->cluster, conf->cluster->name))
		return natgw_refuse(change->extack, attr, -EBUSY, "subnet %s is of cluster %s",
				    name, subnet->cluster);
	for (i = 0; i < conf->n_subnets; i++)
		if (conf->subnet[i] == subnet->subnet)
			return natgw_refuse(change->extack, attr, -EEXIST,
					    "subnet %s is given twice", name);
	if (conf->n_subnets && conf->subnet[0]->vnet != subnet->subnet->vnet)
		return natgw_refuse(change->extack, attr, -EINVAL,
				    "subnet %s is in vnet %s, subnet %s in vnet %s: a cluster is in one vnet",
				    name, subnet->subnet->vnet->name, conf->subnet[0]->name,
				    conf->subnet[0]->vnet->name);
	if (conf->n_subnets == NATGW_CLUSTER_SUBNETS)
		return natgw_refuse(change->extack, attr, -ENOSPC,
				    "subnet %s is one too many, a cluster has at most %u", name,
				    NATGW_CLUSTER_SUBNETS);
	conf->subnet[conf->n_subnets++] = natgw_subnet_get(subnet->subnet);
	return 0;
}

static int parse_subnets(struct natgw_cluster_change *change)
{
	struct natgw_cluster_conf *conf = change->conf;
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_SUBNET);
	int rem, err;

	if (!attr)
		return conf->vnet_mode == NATGW_VNET_MODE_BYO && !change->old ?
			natgw_refuse_missing(change->extack, NATGW_A_CLUSTER_SUBNET, "subnet") : 0;
	if (conf->vnet_mode == NATGW_VNET_MODE_MANAGED) {
		/* what GET says may be given back */
		if (change->old && !nla_strcmp(attr, conf->cluster->name))
			return 0;
		return natgw_refuse(change->extack, attr, -EINVAL,
				    "subnet has no meaning with vnet-mode managed, the cluster makes one");
	}
	while (conf->n_subnets)
		natgw_subnet_put(conf->subnet[--conf->n_subnets]);
	nlmsg_for_each_attr(attr, change->info->nlhdr, GENL_HDRLEN, rem) {
		err = nla_type(attr) == NATGW_A_CLUSTER_SUBNET ? add_subnet(change, attr) : 0;
		if (err)
			return err;
	}
	return 0;
}

/* The operator's gateway; one that the cluster made may be given back as GET says it. */
static int parse_gateway(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_GATEWAY);
	struct natgw_cluster_conf *conf = change->conf;
	const struct natgw_gateway_conf *own;
	struct natgw_gateway_conf *gateway;
	int err;

	if (!attr)
		return 0;
	own = natgw_cluster_gateway(change->config, conf);
	if (natgw_cluster_has_addresses(conf->type) && own && !change->move &&
	    !nla_strcmp(attr, own->gw->name))
		return 0;
	if (conf->type != NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY)
		return natgw_refuse(change->extack, attr, -EINVAL,
				    "gateway has no meaning with outbound-type %s",
				    natgw_cluster_type(conf->type));
	err = natgw_gateway_refer(change->config, attr, &gateway, change->extack);
	if (!err && !gateway)
		err = natgw_refuse(change->extack, attr, -EINVAL,
				   "outbound-type userAssignedNATGateway needs a gateway");
	if (!err)
		err = natgw_gateway_check_owner(change->config, gateway, attr, change->extack);
	if (err)
		return err;
	natgw_gateway_put(conf->gw);
	conf->gw = natgw_gateway_get(gateway->gw);
	return 0;
}

/* One of the operator's addresses or prefixes */
static int add_ip(struct natgw_cluster_change *change, const struct nlattr *attr)
{
	bool single = nla_type(attr) == NATGW_A_CLUSTER_OUTBOUND_IPS;
	char str[NATGW_PREFIX_STR];
	struct natgw_prefix prefix;
	int err;
	u32 i;

	err = natgw_prefix_parse(attr, 28, &prefix, change->extack);
	if (!err)
		err = natgw_prefix_check_bits(prefix, attr, change->extack);
	if (err)
		return err;
	natgw_prefix_str(str, prefix);
	if (single && prefix.len < 32)
		return natgw_refuse(change->extack, attr, -EINVAL,
				    "outbound-ips %s is a public IP prefix, use outbound-ip-prefixes",
				    str);
	for (i = 0; i < change->n_ips; i++)
		if (natgw_prefix_equal(change->ip[i], prefix))
			return natgw_refuse(change->extack, attr, -EEXIST,
					    "address %s is given twice", str);
	if (change->n_ips == NATGW_GATEWAY_ADDRESSES)
		return natgw_refuse(change->extack, attr, -ENOSPC,
				    "address %s is one too many, at most %u", str,
				    NATGW_GATEWAY_ADDRESSES);
	change->ip_attr[change->n_ips] = attr;
	change->ip[change->n_ips++] = prefix;
	return 0;
}

static int add_authorized(struct natgw_cluster_change *change, const struct nlattr *attr)
{
	struct natgw_cluster_conf *conf = change->conf;
	char str[NATGW_PREFIX_STR];
	struct natgw_prefix prefix;
	int err;
	u32 i;

	err = natgw_prefix_parse(attr, 0, &prefix, change->extack);
	if (!err)
		err = natgw_prefix_check_bits(prefix, attr, change->extack);
	if (err)
		return err;
	natgw_prefix_str(str, prefix);
	for (i = 0; i < conf->n_ranges; i++)
		if (natgw_prefix_equal(conf->range[i], prefix))
			return natgw_refuse(change->extack, attr, -EEXIST,
					    "authorized range %s is given twice", str);
	if (conf->n_ranges == NATGW_CLUSTER_RANGES)
		return natgw_refuse(change->extack, attr, -ENOSPC,
				    "authorized range %s is one too many, at most %u", str,
				    NATGW_CLUSTER_RANGES);
	conf->range[conf->n_ranges++] = prefix;
	return 0;
}

static int parse_lists(struct natgw_cluster_change *change)
{
	struct natgw_cluster_conf *conf = change->conf;
	const struct nlattr *attr;
	int rem, err = 0;

	if (given(change, NATGW_A_CLUSTER_AUTHORIZED_IP_RANGES))
		conf->n_ranges = 0;
	nlmsg_for_each_attr(attr, change->info->nlhdr, GENL_HDRLEN, rem) {
		switch (nla_type(attr)) {
		case NATGW_A_CLUSTER_OUTBOUND_IPS:
		case NATGW_A_CLUSTER_OUTBOUND_IP_PREFIXES:
			change->lists = true;
			err = add_ip(change, attr);
			break;
		case NATGW_A_CLUSTER_AUTHORIZED_IP_RANGES:
			/* an empty one: none */
			err = nla_len(attr) ? add_authorized(change, attr) : 0;
			break;
		}
		if (err)
			return err;
	}
	if (change->lists)
		conf->managed_ips = 0;
	return 0;
}

int natgw_cluster_parse_drain(const struct nlattr *attr, u32 *seconds,
			      struct netlink_ext_ack *extack)
{
	*seconds = 0;
	if (nla_get_u32(attr) == NATGW_DRAIN_NOW)
		return 0;
	return natgw_drain_seconds(attr, seconds, extack);
}

static int parse_drain(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_DRAIN);
	u32 seconds;
	int err;

	if (!attr)
		return 0;
	err = natgw_cluster_parse_drain(attr, &seconds, change->extack);
	change->drain = true;
	change->drain_end = get_jiffies_64() + (u64)seconds * HZ;
	return err;
}

int natgw_cluster_parse(struct natgw_cluster_change *change)
{
	int err;

	err = parse_mode(change);
	if (!err)
		err = parse_type(change);
	if (!err)
		err = parse_prefix(change);
	if (!err)
		err = parse_subnets(change);
	if (!err)
		err = parse_gateway(change);
	if (!err)
		err = parse_lists(change);
	if (!err)
		err = check_meaning(change);
	if (!err)
		err = parse_managed_ips(change);
	if (!err)
		err = parse_idle_timeout(change);
	if (!err)
		err = parse_ports(change);
	if (!err)
		err = parse_nodes(change);
	return err ?: parse_drain(change);
}
