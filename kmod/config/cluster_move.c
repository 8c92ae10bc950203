// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what follows from a cluster's record in the other objects of its snapshot. Called
 * by cluster.c.
 *
 * Make before break: what a former configuration used is retired, not taken
 * away. New flows find the new way at once, because their subnet leads there;
 * sessions stay with the address they have. When the last one of an address has
 * ended, or the drain's deadline has ended it, natgw_cluster_run() gives the
 * address back to the pool or the operator, and a gateway goes with its last
 * address. Until then nobody can use the address for anything else, so the next
 * configuration cannot reuse one of the prior.
 * The gateway that it is still at takes it back first, if it needs one again.
 */
#include <linux/natgw.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/address.h"
#include "config/cluster.h"
#include "config/cluster_network.h"
#include "config/find.h"
#include "config/gateway.h"
#include "config/managed_pool.h"
#include "config/owner.h"
#include "config/subnet.h"
#include "lib/extack.h"
#include "lib/portblock.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

static const struct nlattr *given(const struct natgw_cluster_change *change, u16 type)
{
	return change->info->attrs[type];
}

/* The attribute at fault where the request asks for nothing but the type */
static const struct nlattr *or_type(const struct natgw_cluster_change *change,
				    const struct nlattr *attr)
{
	return attr ?: given(change, NATGW_A_CLUSTER_OUTBOUND_TYPE) ?:
		       given(change, NATGW_A_CLUSTER_NAME);
}

/* A subnet leaves the way that the cluster gave it. */
static int leave_subnet(struct natgw_config *config, const struct natgw_cluster_conf *conf,
			const struct natgw_subnet *subnet, u64 left_end)
{
	struct natgw_subnet_conf *edit = natgw_subnet_edit(config, subnet);

	if (!edit)
		return -ENOMEM;
	natgw_gateway_put(edit->lb);
	edit->lb = NULL;
	edit->block = false;
	if (edit->gw &&
	    (edit->gw == conf->gw || natgw_cluster_owns(config, edit->gw, conf->cluster->name))) {
		natgw_gateway_put(edit->gw);
		edit->gw = NULL;
	}
	edit->left_end = left_end;
	return 0;
}

/*
 * An address leaves the configuration. Without a session it goes at once, unless
 * a transaction is being staged: by its commit there may be some.
 */
static int retire(struct natgw_cluster_change *change, u32 index)
{
	struct natgw_address_conf *address = natgw_address_edit(change->config, index);
	const struct natgw_transaction *open = change->nn->transactions.open;

	if (!address)
		return -ENOMEM;
	address->retired = true;
	address->drain_end = change->drain_end;
	address->going = !natgw_counters_sessions(address->address->counters) &&
			 !(open && open->portid == change->info->snd_portid);
	return 0;
}

/* All that the present configuration uses, before another one is made */
static int leave(struct natgw_cluster_change *change)
{
	struct natgw_config *config = change->config;
	const struct natgw_cluster_conf *old = change->old;
	struct natgw_gateway_conf *gw;
	u32 i;
	int err;

	for (i = 0; i < old->n_subnets; i++) {
		err = leave_subnet(config, old, old->subnet[i], change->drain_end);
		if (err)
			return err;
	}
	for (i = 0; i < config->n_addresses; i++) {
		if (config->addresses[i]->retired ||
		    !natgw_cluster_owns(config, config->addresses[i]->gw, old->cluster->name))
			continue;
		err = retire(change, i);
		if (err)
			return err;
	}
	for (i = 0; i < config->n_gateways; i++) {
		if (strcmp(config->gateways[i]->owner, old->cluster->name))
			continue;
		gw = natgw_gateway_edit(config, config->gateways[i]->gw);
		if (!gw)
			return -ENOMEM;
		gw->retired = true;
	}
	return 0;
}

/* A deadline for what earlier changes left */
static int hasten(struct natgw_cluster_change *change)
{
	const char *name = change->conf->cluster->name;
	struct natgw_config *config = change->config;
	struct natgw_subnet_conf *subnet;
	struct natgw_gateway_conf *gw;
	u32 i;

	/* of a deleted cluster of that name: the later word counts */
	for (i = 0; i < config->n_gateways; i++) {
		if (strcmp(config->gateways[i]->owner, name))
			continue;
		gw = natgw_gateway_edit(config, config->gateways[i]->gw);
		if (!gw)
			return -ENOMEM;
		gw->drain_end = 0;
	}
	for (i = 0; i < config->n_addresses; i++)
		if (config->addresses[i]->retired &&
		    natgw_cluster_owns(config, config->addresses[i]->gw, name) &&
		    retire(change, i))
			return -ENOMEM;
	for (i = 0; i < change->conf->n_subnets; i++) {
		subnet = natgw_subnet_edit(config, change->conf->subnet[i]);
		if (!subnet)
			return -ENOMEM;
		subnet->left_end = change->drain_end;
	}
	return 0;
}

/* Subnets that are no longer the cluster's */
static int drop_subnets(struct natgw_cluster_change *change)
{
	const struct natgw_cluster_conf *old = change->old;
	struct natgw_subnet_conf *subnet;
	u32 i;
	int err;

	for (i = 0; i < old->n_subnets; i++) {
		if (natgw_cluster_has_subnet(change->conf, old->subnet[i]))
			continue;
		err = leave_subnet(change->config, old, old->subnet[i], change->drain_end);
		if (err)
			return err;
		/* of this snapshot alone by now */
		subnet = natgw_subnet_edit(change->config, old->subnet[i]);
		*subnet->cluster = '\0';
	}
	return 0;
}

/* The gateway or load balancer that the type takes, new or back from retirement */
static struct natgw_gateway_conf *make_gateway(struct natgw_cluster_change *change, int *err)
{
	const struct natgw_cluster_conf *conf = change->conf;
	bool lb = conf->type == NATGW_OUTBOUND_TYPE_LOAD_BALANCER;
	struct natgw_config *config = change->config;
	struct natgw_gateway_conf *gw;
	char name[NATGW_NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s-%s", conf->cluster->name, lb ? "lb" : "nat");
	gw = natgw_gateway_find(config, name);
	if (gw && strcmp(gw->owner, conf->cluster->name)) {
		*err = natgw_refuse(change->extack, or_type(change, NULL), -EEXIST,
				    "gateway %s exists, cluster %s makes one of that name", name,
				    conf->cluster->name);
		return NULL;
	}
	*err = gw ? 0 : natgw_gateway_check_new(config, name, or_type(change, NULL),
						change->extack);
	if (*err)
		return NULL;
	if (gw)
		gw = natgw_gateway_edit(config, gw->gw);
	else
		gw = natgw_gateway_add(change->nn, config, name);
	if (!gw) {
		*err = -ENOMEM;
		return NULL;
	}
	strscpy(gw->owner, conf->cluster->name, sizeof(gw->owner));
	gw->retired = false;
	gw->drain_end = 0;
	gw->timer[NATGW_TIMER_ESTABLISHED] = conf->idle_timeout;
	if (lb) {
		gw->allocation = NATGW_ALLOCATION_PREALLOCATED;
		gw->ports_per_host = conf->ports_per_host;
		gw->hosts = conf->node_count;
		gw->on_idle = NATGW_ON_IDLE_RESET_BOTH;
	}
	return gw;
}

/* @more: public IPs that the gateway gets, or that do not go after all */
static int check_room(const struct natgw_cluster_change *change, const struct natgw_gateway *gw,
		      u32 more, const struct nlattr *attr)
{
	u32 going, retired = natgw_cluster_count_retired(change->config, gw, &going);
	u32 total = natgw_address_attached(change->config, gw) + more - going;

	if (total <= NATGW_GATEWAY_ADDRESSES)
		return 0;
	return natgw_refuse(change->extack, attr, -ENOSPC,
			    "gateway %s would have %u addresses, at most %u; %u of them are of prior configurations and still have sessions",
			    gw->name, total, NATGW_GATEWAY_ADDRESSES, retired - going);
}

static int attach(struct natgw_cluster_change *change, u32 index, struct natgw_gateway *gw,
		  const struct nlattr *attr)
{
	struct natgw_address_conf *address;
	int err;

	err = check_room(change, gw,
			 natgw_address_size(change->config->addresses[index]->address), attr);
	if (err)
		return err;
	address = natgw_address_edit(change->config, index);
	if (!address)
		return -ENOMEM;
	natgw_gateway_put(address->gw);
	address->gw = natgw_gateway_get(gw);
	return 0;
}

/* Is an address of the gateway one that the cluster took from the pool? */
static bool is_managed(const struct natgw_address_conf *address, const struct natgw_gateway *gw)
{
	return address->gw == gw && !address->retired && *address->owner;
}

static int grow(struct natgw_cluster_change *change, struct natgw_gateway *gw, u32 n,
		const struct nlattr *attr)
{
	struct natgw_config *config = change->config;
	u32 left = natgw_managed_pool_left(change->nn->net, config);
	struct natgw_address_conf *address;
	struct natgw_prefix prefix;
	const char *dev;
	int err;

	if (config->n_managed && n > left)
		return natgw_refuse(change->extack, attr, -ENOSPC,
				    "cluster %s needs %u address%s of the managed pool, %u %s free",
				    change->conf->cluster->name, n, n == 1 ? "" : "es", left,
				    left == 1 ? "is" : "are");
	err = natgw_address_check_room(config, n, attr, change->extack);
	if (err)
		return err;
	for (; n; n--) {
		err = natgw_managed_pool_take(change->nn->net, config, 32, &prefix, &dev, attr,
					      change->extack);
		if (err)
			return err;
		address = natgw_address_add(change->nn, config, prefix, dev);
		if (!address)
			return -ENOMEM;
		strscpy(address->owner, change->conf->cluster->name, sizeof(address->owner));
		err = attach(change, config->n_addresses - 1, gw, attr);
		if (err)
			return err;
	}
	return 0;
}

/* An address that its sessions still keep at the gateway serves it again. */
static int take_back(struct natgw_cluster_change *change, u32 index, const struct nlattr *attr)
{
	struct natgw_address_conf *address = natgw_address_edit(change->config, index);
	int err;

	if (!address)
		return -ENOMEM;
	err = check_room(change, address->gw,
			 address->going ? natgw_address_size(address->address) : 0, attr);
	if (err)
		return err;
	address->retired = false;
	address->going = false;
	address->drain_end = 0;
	return 0;
}

/*
 * As many addresses of the pool as the record says. The newest go first; the
 * oldest of those that went and still have sessions come back first, so that
 * undoing a change leaves others' allow-lists valid.
 */
static int set_managed(struct natgw_cluster_change *change, struct natgw_gateway *gw)
{
	const struct nlattr *attr =
		or_type(change, given(change, NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT));
	struct natgw_config *config = change->config;
	u32 want = change->conf->managed_ips, have = 0, i;
	int err;

	for (i = 0; i < config->n_addresses; i++) {
		if (config->addresses[i]->gw != gw || config->addresses[i]->retired)
			continue;
		if (is_managed(config->addresses[i], gw) && have++ < want)
			continue;
		err = retire(change, i);
		if (err)
			return err;
	}
	for (i = 0; i < config->n_addresses && have < want; i++) {
		if (config->addresses[i]->gw != gw || !config->addresses[i]->retired ||
		    !*config->addresses[i]->owner)
			continue;
		err = take_back(change, i, attr);
		if (err)
			return err;
		have++;
	}
	return have < want ? grow(change, gw, want - have, attr) : 0;
}

/* One of the operator's addresses */
static int take_ip(struct natgw_cluster_change *change, u32 index, struct natgw_gateway *gw)
{
	const struct nlattr *attr = change->ip_attr[index];
	struct natgw_prefix prefix = change->ip[index];
	int i = natgw_address_lookup(change->config, prefix);
	const struct natgw_address_conf *address;
	char str[NATGW_PREFIX_STR];

	natgw_prefix_str(str, prefix);
	if (i < 0)
		return natgw_refuse(change->extack, attr, -ENOENT,
				    "InvalidResourceReference: address %s does not exist", str);
	address = change->config->addresses[i];
	if (address->retired && address->gw == gw && !*address->owner)
		return take_back(change, i, attr);
	if (address->retired)
		return natgw_refuse(change->extack, attr, -EBUSY,
				    "address %s is of the prior outbound configuration, it cannot be reused until its last session has ended",
				    str);
	if (address->gw == gw && !*address->owner)
		return 0;
	if (address->gw)
		return natgw_refuse(change->extack, attr, -EBUSY,
				    "address %s is attached to gateway %s", str,
				    address->gw->name);
	if (address->zone)
		return natgw_refuse(change->extack, attr, -EINVAL,
				    "zone %u of address %s does not match gateway %s, which has no zone",
				    address->zone, str, gw->name);
	return attach(change, i, gw, attr);
}

static bool is_listed(const struct natgw_cluster_change *change,
		      const struct natgw_address_conf *address)
{
	u32 i;

	for (i = 0; i < change->n_ips && !*address->owner; i++)
		if (natgw_prefix_equal(change->ip[i], natgw_address_prefix(address->address)))
			return true;
	return false;
}

/* The operator's addresses that the request lists, and no others */
static int set_listed(struct natgw_cluster_change *change, struct natgw_gateway *gw)
{
	struct natgw_config *config = change->config;
	u32 i;
	int err;

	for (i = 0; i < config->n_addresses; i++) {
		if (config->addresses[i]->gw != gw || config->addresses[i]->retired ||
		    is_listed(change, config->addresses[i]))
			continue;
		err = retire(change, i);
		if (err)
			return err;
	}
	for (i = 0; i < change->n_ips; i++) {
		err = take_ip(change, i, gw);
		if (err)
			return err;
	}
	return 0;
}

/* Enough ports for the nodes; the same is seen for all gateways at the commit. */
static int check_ports(const struct natgw_cluster_change *change, const struct natgw_gateway *gw)
{
	u32 going, addresses = natgw_address_attached(change->config, gw) -
			       natgw_cluster_count_retired(change->config, gw, &going);
	u32 ports = change->conf->ports_per_host, nodes = max(change->conf->node_count, 1U);
	u32 usable = natgw_portblock_usable(NATGW_ALLOCATION_PREALLOCATED);
	const struct nlattr *attr =
		or_type(change, given(change, NATGW_A_CLUSTER_PORTS_PER_HOST) ?:
				given(change, NATGW_A_CLUSTER_NODE_COUNT));

	if ((u64)ports * nodes > (u64)usable * addresses)
		return natgw_refuse(change->extack, attr, -ERANGE,
				    "InvalidLoadBalancerProfileAllocatedOutboundPorts: ports-per-host %u x %u nodes = %llu, %u addresses x %u = %u",
				    ports, nodes, (u64)ports * nodes, addresses, usable,
				    addresses * usable);
	if (!ports && nodes > NATGW_BLOCK_HOSTS)
		return natgw_refuse(change->extack, attr, -ERANGE,
				    "InvalidLoadBalancerProfileAllocatedOutboundPorts: %u nodes, the default table ends at %u: give ports-per-host",
				    nodes, NATGW_BLOCK_HOSTS);
	return 0;
}

/* The types that make a gateway */
static int enter_gateway(struct natgw_cluster_change *change)
{
	bool lb = change->conf->type == NATGW_OUTBOUND_TYPE_LOAD_BALANCER;
	struct natgw_gateway_conf *gw;
	struct natgw_subnet_conf *subnet;
	int err = 0;
	u32 i;

	gw = make_gateway(change, &err);
	if (!gw)
		return err;
	if (change->conf->managed_ips)
		err = set_managed(change, gw->gw);
	else if (change->lists)
		err = set_listed(change, gw->gw);
	if (!err && lb)
		err = check_ports(change, gw->gw);
	for (i = 0; !err && i < change->conf->n_subnets; i++) {
		subnet = natgw_subnet_edit(change->config, change->conf->subnet[i]);
		if (!subnet)
			return -ENOMEM;
		if (lb && subnet->lb != gw->gw) {
			natgw_gateway_put(subnet->lb);
			subnet->lb = natgw_gateway_get(gw->gw);
		} else if (!lb && subnet->gw != gw->gw) {
			natgw_gateway_put(subnet->gw);
			subnet->gw = natgw_gateway_get(gw->gw);
		}
	}
	return err;
}

/* The operator's gateway: the one given, or the one that is bound already */
static int enter_user_assigned(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = given(change, NATGW_A_CLUSTER_GATEWAY);
	bool begins = !change->old || change->move;
	struct natgw_cluster_conf *conf = change->conf;
	struct natgw_subnet_conf *subnet;
	u32 i;
	int err;

	/* the binding is the subnet's, and the operator may have changed it since */
	if (!begins && !attr && !given(change, NATGW_A_CLUSTER_SUBNET))
		return 0;
	for (i = 0; i < conf->n_subnets; i++) {
		subnet = natgw_subnet_edit(change->config, conf->subnet[i]);
		if (!subnet)
			return -ENOMEM;
		if (!conf->gw)
			conf->gw = natgw_gateway_get(subnet->gw);
		if (!conf->gw || (!attr && begins && subnet->gw != conf->gw))
			return natgw_refuse(change->extack, or_type(change, NULL), -EINVAL,
					    "outbound-type userAssignedNATGateway: subnet %s is bound to %s%s, bind it or give gateway",
					    subnet->subnet->name,
					    subnet->gw ? "gateway " : "no gateway",
					    subnet->gw ? subnet->gw->name : "");
		if (subnet->gw == conf->gw)
			continue;
		err = natgw_subnet_bind_to(change->config, subnet, conf->gw,
					   or_type(change, attr), change->extack);
		if (err)
			return err;
		subnet->left_end = change->drain_end;
	}
	return 0;
}

bool natgw_cluster_routes_out(const struct natgw_route_table_conf *table)
{
	u32 i;

	for (i = 0; table && i < table->n; i++)
		if (!table->route[i].tag && !table->route[i].prefix.len &&
		    (table->route[i].type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE ||
		     table->route[i].type == NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY))
			return true;
	return false;
}

/* The operator's routes lead out already. */
static int enter_routing(struct natgw_cluster_change *change)
{
	const struct natgw_subnet_conf *subnet;
	u32 i;

	for (i = 0; i < change->conf->n_subnets; i++) {
		subnet = natgw_subnet_find(change->config, change->conf->subnet[i]->name);
		if (!subnet->table)
			return natgw_refuse(change->extack, or_type(change, NULL), -EINVAL,
					    "ExistingRouteTableNotAssociatedWithSubnet: subnet %s has no route table, userDefinedRouting needs a route 0.0.0.0/0 to VirtualAppliance or VirtualNetworkGateway",
					    subnet->subnet->name);
		if (!natgw_cluster_routes_out(natgw_route_table_conf_of(change->config,
									subnet->table)))
			return natgw_refuse(change->extack, or_type(change, NULL), -EINVAL,
					    "route table %s of subnet %s has no route 0.0.0.0/0 to VirtualAppliance or VirtualNetworkGateway, userDefinedRouting needs one",
					    subnet->table->name, subnet->subnet->name);
	}
	return 0;
}

/* The subnets know their cluster, and whether it lets them out at all. */
static int claim(struct natgw_cluster_change *change)
{
	struct natgw_subnet_conf *subnet;
	u32 i;

	for (i = 0; i < change->conf->n_subnets; i++) {
		subnet = natgw_subnet_edit(change->config, change->conf->subnet[i]);
		if (!subnet)
			return -ENOMEM;
		/* one that is new to it may still lead to what another cluster has left */
		if (strcmp(subnet->cluster, change->conf->cluster->name)) {
			natgw_gateway_put(subnet->lb);
			subnet->lb = NULL;
		}
		strscpy(subnet->cluster, change->conf->cluster->name, sizeof(subnet->cluster));
		subnet->block = change->conf->type == NATGW_OUTBOUND_TYPE_BLOCK;
	}
	return 0;
}

static int enter(struct natgw_cluster_change *change)
{
	switch (change->conf->type) {
	case NATGW_OUTBOUND_TYPE_LOAD_BALANCER:
	case NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY:
		return enter_gateway(change);
	case NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY:
		return enter_user_assigned(change);
	case NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING:
		return change->move || !change->old ? enter_routing(change) : 0;
	default:
		return 0;
	}
}

int natgw_cluster_apply(struct natgw_cluster_change *change)
{
	int err = 0;

	if (!change->old && change->conf->vnet_mode == NATGW_VNET_MODE_MANAGED)
		err = natgw_cluster_make_network(change);
	if (!err && !change->old)
		err = natgw_cluster_check_reuse(change);
	if (!err && change->move)
		err = leave(change);
	if (!err && change->old)
		err = drop_subnets(change);
	if (!err && change->drain)
		err = hasten(change);
	if (!err)
		err = claim(change);
	if (!err)
		err = enter(change);
	return err ?: natgw_cluster_drop_going(change->config);
}
