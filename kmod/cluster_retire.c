// SPDX-License-Identifier: GPL-2.0
/* What former configurations of clusters have left, and how it goes. */
#include <linux/rcupdate.h>
#include <linux/string.h>
#include "address.h"
#include "cluster.h"
#include "gateway.h"
#include "net.h"
#include "subnet.h"
#include "vnet.h"

/* An address that a cluster no longer needs: back to the pool, or to the operator */
static int give_back(struct natgw_config *config, u32 index)
{
	struct natgw_address_conf *address;

	if (*config->addresses[index]->owner) {
		natgw_address_remove(config, index);
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

/* Gateways go with the last of their addresses. */
static void drop_gateways(struct natgw_config *config)
{
	u32 i;

	for (i = config->n_gateways; i; i--)
		if (config->gateways[i - 1]->retired &&
		    !natgw_address_attached(config, config->gateways[i - 1]->gw))
			natgw_gateway_remove(config, i - 1);
}

/* Not sooner: a configuration takes no address of the one before it. */
int natgw_cluster_drop_going(struct natgw_config *config)
{
	u32 i;

	for (i = config->n_addresses; i; i--)
		if (config->addresses[i - 1]->going && give_back(config, i - 1))
			return -ENOMEM;
	drop_gateways(config);
	return 0;
}

int natgw_cluster_undo(struct natgw_config *config, const struct natgw_cluster_conf *conf)
{
	struct natgw_subnet_conf *subnet;
	u32 i;

	for (i = 0; i < conf->n_subnets; i++) {
		subnet = natgw_subnet_edit(config, conf->subnet[i]);
		if (!subnet)
			return -ENOMEM;
		/* the operator's own binding stays */
		natgw_gateway_put(subnet->lb);
		subnet->lb = NULL;
		subnet->block = false;
		subnet->left_end = 0;
		*subnet->cluster = '\0';
	}
	for (i = config->n_addresses; i; i--)
		if (natgw_cluster_owns(config, config->addresses[i - 1]->gw, conf->name) &&
		    give_back(config, i - 1))
			return -ENOMEM;
	for (i = config->n_subnets; i; i--)
		if (config->subnets[i - 1]->owned &&
		    natgw_cluster_has_subnet(conf, config->subnets[i - 1]->subnet))
			natgw_subnet_remove(config, i - 1);
	for (i = config->n_gateways; i; i--)
		if (!strcmp(config->gateways[i - 1]->owner, conf->name))
			natgw_gateway_remove(config, i - 1);
	if (conf->vnet_mode == NATGW_VNET_MODE_MANAGED)
		natgw_vnet_remove(config, conf->name);
	return 0;
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

/* Return: something of a former configuration can go */
static bool is_ripe(const struct natgw_config *config, u64 now)
{
	u32 i;

	for (i = 0; i < config->n_addresses; i++)
		if (is_over(config->addresses[i]))
			return true;
	for (i = 0; i < config->n_subnets; i++)
		if (is_passed(config->subnets[i], now))
			return true;
	for (i = 0; i < config->n_gateways; i++)
		if (config->gateways[i]->retired &&
		    !natgw_address_attached(config, config->gateways[i]->gw))
			return true;
	return false;
}

static int reap(struct natgw_config *config, u64 now)
{
	struct natgw_subnet_conf *subnet;
	u32 i;

	for (i = config->n_addresses; i; i--)
		if (is_over(config->addresses[i - 1]) && give_back(config, i - 1))
			return -ENOMEM;
	drop_gateways(config);
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

unsigned long natgw_cluster_run(struct natgw_net *nn)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	u64 now = get_jiffies_64();
	struct natgw_config *config;

	if (!running || !running->retired || nn->closing)
		return 0;
	/* a new generation would refuse an open transaction's commit: it is not urgent */
	if (!is_ripe(running, now) || nn->transactions.open)
		return HZ;
	/* packets that still see an older snapshot may be opening sessions */
	synchronize_rcu();
	config = natgw_config_clone(nn);
	if (!config)
		return HZ;
	if (reap(config, now))
		natgw_config_free(config);
	else
		natgw_config_publish(nn, config, NULL);
	return HZ;
}
