// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what former configurations of clusters, and clusters that were deleted, have left,
 * and how it goes. Called by cluster.c and cluster_move.c, and by control/cluster_run.c.
 *
 * A cluster that is deleted with a drain leaves its gateways, all of them retired
 * and with the deadline. Its subnets lead to them on, so that new flows are refused
 * as of any gateway that drains, until the gateway goes or the operator binds them
 * anew. Its own network is left as well, with the same deadline, until its
 * last session has ended.
 */
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/address.h"
#include "config/cluster.h"
#include "config/find.h"
#include "config/gateway.h"
#include "config/owner.h"
#include "config/subnet.h"
#include "config/vnet.h"
#include "lib/extack.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/set.h"
#include "snapshot/tables.h"

/* An address that a cluster no longer needs: back to the pool, or to the operator */
static int give_back(struct natgw_config *config, u32 index)
{
	struct natgw_address_conf *address;

	if (*config->addresses[index]->owner) {
		natgw_set_remove(config, NATGW_OBJECT_ADDRESS, index);
		return 0;
	}
	address = natgw_address_edit(config, index);
	if (!address)
		return -ENOMEM;
	natgw_gateway_put(address->gw);
	address->gw = NULL;
	address->retired = false;
	address->going = false;
	address->drain_end = 0;
	return 0;
}

u32 natgw_cluster_count_retired(const struct natgw_config *config, const struct natgw_gateway *gw,
				u32 *going)
{
	u32 i, n = 0;

	*going = 0;
	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address_conf *address = config->addresses[i];

		if (address->gw != gw || !address->retired)
			continue;
		n += natgw_address_size(address->address);
		if (address->going)
			*going += natgw_address_size(address->address);
	}
	return n;
}

/* Is a subnet the network of a cluster that was deleted? The operator drains none of those. */
static bool is_left(const struct natgw_subnet_conf *subnet)
{
	return subnet->owned && subnet->drain_end;
}

static bool is_idle(const struct natgw_subnet_conf *subnet)
{
	return !natgw_counters_sessions(subnet->subnet->counters);
}

/* The subnet and vnet that a cluster made */
static void remove_network(struct natgw_config *config, u32 index)
{
	char name[NATGW_CLUSTER_NAME_MAX + 1];

	strscpy(name, config->subnets[index]->cluster, sizeof(name));
	natgw_set_remove(config, NATGW_OBJECT_SUBNET, index);
	natgw_vnet_remove(config, name);
}

/* No subnet leads to a gateway any more. */
static int unbind(struct natgw_config *config, const struct natgw_gateway *gw)
{
	struct natgw_subnet_conf *subnet;
	u32 i;

	for (i = 0; i < config->n_subnets; i++) {
		if (config->subnets[i]->lb != gw)
			continue;
		subnet = natgw_subnet_edit(config, config->subnets[i]->subnet);
		if (!subnet)
			return -ENOMEM;
		natgw_gateway_put(subnet->lb);
		subnet->lb = NULL;
	}
	return 0;
}

/*
 * Gateways go with the last of their addresses; not before a network of their
 * cluster, of which nothing is to get out untranslated while it drains.
 */
static bool is_needless(const struct natgw_config *config, const struct natgw_gateway_conf *conf)
{
	u32 i;

	if (!conf->retired || natgw_address_attached(config, conf->gw))
		return false;
	for (i = 0; i < config->n_subnets; i++)
		if (is_left(config->subnets[i]) &&
		    natgw_subnet_way(config->subnets[i]) == conf->gw)
			return false;
	return true;
}

static int drop_gateways(struct natgw_config *config)
{
	u32 i;
	int err;

	for (i = config->n_gateways; i; i--) {
		if (!is_needless(config, config->gateways[i - 1]))
			continue;
		err = unbind(config, config->gateways[i - 1]->gw);
		if (err)
			return err;
		natgw_set_remove(config, NATGW_OBJECT_GATEWAY, i - 1);
	}
	return 0;
}

/* Not sooner: a configuration takes no address of the one before it. */
int natgw_cluster_drop_going(struct natgw_config *config)
{
	u32 i;

	for (i = config->n_addresses; i; i--)
		if (config->addresses[i - 1]->going && give_back(config, i - 1))
			return -ENOMEM;
	return drop_gateways(config);
}

/* Does a subnet belong to a cluster, or did it until that was deleted? */
static bool is_of(const struct natgw_config *config, const struct natgw_subnet_conf *subnet,
		  const char *name, const struct natgw_cluster_conf *conf)
{
	return conf ? natgw_cluster_has_subnet(conf, subnet->subnet) :
		      natgw_cluster_owns(config, subnet->lb, name);
}

static bool is_network(const struct natgw_subnet_conf *subnet, const char *name)
{
	return subnet->owned && !strcmp(subnet->cluster, name);
}

int natgw_cluster_undo(struct natgw_config *config, const char *name,
		       const struct natgw_cluster_conf *conf)
{
	struct natgw_subnet_conf *subnet;
	u32 i;

	for (i = config->n_subnets; i; i--) {
		if (is_network(config->subnets[i - 1], name)) {
			remove_network(config, i - 1);
			continue;
		}
		if (!is_of(config, config->subnets[i - 1], name, conf))
			continue;
		subnet = natgw_subnet_edit(config, config->subnets[i - 1]->subnet);
		if (!subnet)
			return -ENOMEM;
		/* the operator's own binding stays, and the cluster it has joined since */
		natgw_gateway_put(subnet->lb);
		subnet->lb = NULL;
		subnet->block = false;
		subnet->left_end = 0;
		if (conf)
			*subnet->cluster = '\0';
	}
	for (i = config->n_addresses; i; i--)
		if (natgw_cluster_owns(config, config->addresses[i - 1]->gw, name) &&
		    give_back(config, i - 1))
			return -ENOMEM;
	for (i = config->n_gateways; i; i--) {
		if (strcmp(config->gateways[i - 1]->owner, name))
			continue;
		/* also those of an earlier cluster of the name */
		if (unbind(config, config->gateways[i - 1]->gw))
			return -ENOMEM;
		natgw_set_remove(config, NATGW_OBJECT_GATEWAY, i - 1);
	}
	return 0;
}

/*
 * A new cluster takes back the gateway that a deleted one of its name has left. Subnets that still
 * lead there must be its own: others would get out by its addresses, even from another vnet.
 */
int natgw_cluster_check_reuse(const struct natgw_cluster_change *change)
{
	const struct natgw_config *config = change->config;
	const struct nlattr *attr = change->info->attrs[NATGW_A_CLUSTER_NAME];
	const char *name = change->conf->cluster->name;
	u32 i;

	for (i = 0; i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *subnet = config->subnets[i];

		if (natgw_cluster_has_subnet(change->conf, subnet->subnet) ||
		    !natgw_cluster_owns(config, subnet->lb, name))
			continue;
		return natgw_refuse(change->extack, attr, -EBUSY,
				    "subnet %s still leads to gateway %s of the deleted cluster %s, to end it use: natgwctl cluster del %s drain 0s",
				    subnet->subnet->name, subnet->lb->name, name, name);
	}
	return 0;
}

/* The deadline is the gateway's: it is that of all its addresses. */
static int retire_gateways(struct natgw_config *config, const char *name, u64 end, bool staged)
{
	struct natgw_address_conf *address;
	struct natgw_gateway_conf *gw;
	u32 i;

	for (i = 0; i < config->n_gateways; i++) {
		if (strcmp(config->gateways[i]->owner, name))
			continue;
		gw = natgw_gateway_edit(config, config->gateways[i]->gw);
		if (!gw)
			return -ENOMEM;
		gw->retired = true;
		gw->drain_end = end;
	}
	for (i = 0; i < config->n_addresses; i++) {
		if (!natgw_cluster_owns(config, config->addresses[i]->gw, name))
			continue;
		address = natgw_address_edit(config, i);
		if (!address)
			return -ENOMEM;
		address->retired = true;
		address->drain_end = 0;
		address->going = !staged && !natgw_counters_sessions(address->address->counters);
	}
	return 0;
}

int natgw_cluster_retire(struct natgw_config *config, const char *name,
			 const struct natgw_cluster_conf *conf, u64 end, bool staged)
{
	struct natgw_subnet_conf *subnet;
	u32 i;

	for (i = config->n_subnets; i; i--) {
		bool network = is_network(config->subnets[i - 1], name);

		if (network && !staged && is_idle(config->subnets[i - 1])) {
			remove_network(config, i - 1);
			continue;
		}
		if (!network && !is_of(config, config->subnets[i - 1], name, conf))
			continue;
		subnet = natgw_subnet_edit(config, config->subnets[i - 1]->subnet);
		if (!subnet)
			return -ENOMEM;
		/* on gateways of the operator's that it was bound to before */
		subnet->left_end = end;
		if (network) {
			subnet->drain_end = end;
		} else if (conf) {
			subnet->block = false;
			*subnet->cluster = '\0';
		}
	}
	return retire_gateways(config, name, end, staged) ?: natgw_cluster_drop_going(config);
}

struct open_sessions {
	const struct natgw_gateway *gw[NATGW_CLUSTER_GATEWAYS];
	u32 n_gateways;
	u32 n;
};

static bool count_open(struct natgw_table *table, struct natgw_session *session, void *data)
{
	struct open_sessions *open = data;
	u32 i;

	for (i = 0; i < open->n_gateways; i++)
		if (session->gw == open->gw[i])
			open->n += !test_bit(NATGW_SESSION_COOLING, &session->flags);
	return false;
}

u32 natgw_cluster_open(struct natgw_net *nn, const struct natgw_config *config, const char *name)
{
	struct open_sessions open = {};
	u32 i;

	for (i = 0; i < config->n_gateways; i++)
		if (!strcmp(config->gateways[i]->owner, name) &&
		    !WARN_ON_ONCE(open.n_gateways == NATGW_CLUSTER_GATEWAYS))
			open.gw[open.n_gateways++] = config->gateways[i]->gw;
	if (open.n_gateways && nn->active)
		natgw_session_each(&nn->table, count_open, &open);
	return open.n;
}

static bool is_over(const struct natgw_address_conf *address)
{
	return address->retired && !natgw_counters_sessions(address->address->counters);
}

static bool is_passed(const struct natgw_subnet_conf *subnet, u64 now)
{
	/* a look later than the one that ended its sessions */
	return subnet->left_end && subnet->left_end + HZ <= now;
}

bool natgw_cluster_is_ripe(const struct natgw_config *config, u64 now)
{
	u32 i;

	for (i = 0; i < config->n_addresses; i++)
		if (is_over(config->addresses[i]))
			return true;
	for (i = 0; i < config->n_subnets; i++)
		if (is_passed(config->subnets[i], now) ||
		    (is_left(config->subnets[i]) && is_idle(config->subnets[i])))
			return true;
	for (i = 0; i < config->n_gateways; i++)
		if (is_needless(config, config->gateways[i]))
			return true;
	return false;
}

int natgw_cluster_reap(struct natgw_config *config, u64 now)
{
	struct natgw_subnet_conf *subnet;
	u32 i;

	for (i = config->n_addresses; i; i--)
		if (is_over(config->addresses[i - 1]) && give_back(config, i - 1))
			return -ENOMEM;
	for (i = config->n_subnets; i; i--)
		if (is_left(config->subnets[i - 1]) && is_idle(config->subnets[i - 1]))
			remove_network(config, i - 1);
	if (drop_gateways(config))
		return -ENOMEM;
	for (i = 0; i < config->n_subnets; i++) {
		if (!is_passed(config->subnets[i], now))
			continue;
		subnet = natgw_subnet_edit(config, config->subnets[i]->subnet);
		if (!subnet)
			return -ENOMEM;
		subnet->left_end = 0;
	}
	return 0;
}
