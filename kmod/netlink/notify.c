// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what the listeners are told once a snapshot is in force. Called by
 * control/publish.c, by the operations that main.c registers.
 */
#include <linux/natgw.h>
#include <linux/string.h>
#include "config/find.h"
#include "config/route.h"
#include "control/publish.h"
#include "datapath/arp.h"
#include "netlink/netlink.h"
#include "netlink/notify.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"

static void gateways_notify(struct natgw_net *nn, const struct natgw_config *old,
			    const struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < old->n_gateways; i++) {
		struct natgw_gateway *gw = old->gateways[i]->gw;

		if (gw->seen == config->generation)
			continue;
		natgw_nl_notify(nn, old, NATGW_CMD_GATEWAY_DEL_NTF, i);
		gw->running = NULL;
	}
	for (i = 0; i < config->n_gateways; i++) {
		const struct natgw_gateway_conf *conf = config->gateways[i];

		if (conf->gw->running == conf)
			continue;
		natgw_nl_notify(nn, config, NATGW_CMD_GATEWAY_NTF, i);
		conf->gw->running = conf;
	}
}

static void addresses_notify(struct natgw_net *nn, const struct natgw_config *old,
			     const struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < old->n_addresses; i++) {
		struct natgw_address *address = old->addresses[i]->address;

		if (address->seen == config->generation)
			continue;
		natgw_nl_notify(nn, old, NATGW_CMD_ADDRESS_DEL_NTF, i);
		address->running = NULL;
	}
	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address_conf *conf = config->addresses[i];
		const struct natgw_address_conf *running = conf->address->running;

		if (running == conf)
			continue;
		natgw_nl_notify(nn, config, NATGW_CMD_ADDRESS_NTF, i);
		if (conf->announce && *conf->dev &&
		    (!running || !running->announce || strcmp(running->dev, conf->dev)))
			natgw_arp_announce(nn->net, conf);
		conf->address->running = conf;
	}
}

static void subnets_notify(struct natgw_net *nn, const struct natgw_config *old,
			   const struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < old->n_subnets; i++) {
		struct natgw_subnet *subnet = old->subnets[i]->subnet;

		if (subnet->seen == config->generation)
			continue;
		natgw_nl_notify(nn, old, NATGW_CMD_SUBNET_DEL_NTF, i);
		subnet->running = NULL;
	}
	for (i = 0; i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *conf = config->subnets[i];

		if (conf->subnet->running == conf)
			continue;
		natgw_nl_notify(nn, config, NATGW_CMD_SUBNET_NTF, i);
		conf->subnet->running = conf;
	}
}

/* Is a vnet, by what has become of its devices, another one than it was? */
static bool vnet_moved(const struct natgw_config *old, const struct natgw_vnet_view *now)
{
	const struct natgw_vnet_view *before = natgw_place_view(old, now->vnet);

	return before && (before->vrf != now->vrf || before->down != now->down);
}

static void vnets_notify(struct natgw_net *nn, const struct natgw_config *old,
			 const struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < old->n_vnets; i++) {
		struct natgw_vnet *vnet = old->vnets[i]->vnet;

		if (vnet->seen == config->generation)
			continue;
		natgw_nl_notify(nn, old, NATGW_CMD_VNET_DEL_NTF, i);
		vnet->running = NULL;
	}
	for (i = 0; i < config->n_vnets; i++) {
		const struct natgw_vnet_conf *conf = config->vnets[i];

		if (conf->vnet->running == conf && !vnet_moved(old, &config->views[i]))
			continue;
		natgw_nl_notify(nn, config, NATGW_CMD_VNET_NTF, i);
		conf->vnet->running = conf;
	}
}

static void tags_notify(struct natgw_net *nn, const struct natgw_config *old,
			const struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < old->n_tags; i++) {
		struct natgw_tag *tag = old->tags[i]->tag;

		if (tag->seen == config->generation)
			continue;
		natgw_nl_notify(nn, old, NATGW_CMD_TAG_DEL_NTF, i);
		tag->running = NULL;
	}
	for (i = 0; i < config->n_tags; i++) {
		const struct natgw_tag_conf *conf = config->tags[i];

		if (conf->tag->running == conf)
			continue;
		natgw_nl_notify(nn, config, NATGW_CMD_TAG_NTF, i);
		conf->tag->running = conf;
	}
}

static void managed_notify(struct natgw_net *nn, const struct natgw_config *old,
			   const struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < old->n_managed; i++)
		if (!natgw_managed_pool_find(config, old->managed[i]->prefix))
			natgw_nl_notify(nn, old, NATGW_CMD_MANAGED_POOL_DEL_NTF, i);
	for (i = 0; i < config->n_managed; i++)
		if (natgw_managed_pool_find(old, config->managed[i]->prefix) !=
		    config->managed[i])
			natgw_nl_notify(nn, config, NATGW_CMD_MANAGED_POOL_NTF, i);
}

static void clusters_notify(struct natgw_net *nn, const struct natgw_config *old,
			    const struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < old->n_clusters; i++)
		if (!natgw_cluster_find(config, old->clusters[i]->name))
			natgw_nl_notify(nn, old, NATGW_CMD_CLUSTER_DEL_NTF, i);
	for (i = 0; i < config->n_clusters; i++)
		if (natgw_cluster_find(old, config->clusters[i]->name) != config->clusters[i])
			natgw_nl_notify(nn, config, NATGW_CMD_CLUSTER_NTF, i);
}

static bool same_next_hop(const struct natgw_route *a, const struct natgw_route *b)
{
	return a->type == b->type && a->next_hop == b->next_hop &&
	       a->unreachable == b->unreachable;
}

/* The route of an entry with the same destination, or NULL; an entry may be NULL */
static const struct natgw_route *find_route(const struct natgw_route_table_conf *conf,
					    const struct natgw_route *route)
{
	u32 i;

	for (i = 0; conf && i < conf->n; i++)
		if (natgw_route_same_destination(&conf->route[i], route))
			return &conf->route[i];
	return NULL;
}

/* Routes of table @index in @old that @now has no more */
static void routes_gone(struct natgw_net *nn, const struct natgw_config *old, u32 index,
			const struct natgw_route_table_conf *now)
{
	const struct natgw_route_table_conf *conf = old->tables[index];
	u32 i;

	for (i = 0; i < conf->n; i++)
		if (!find_route(now, &conf->route[i]))
			natgw_nl_notify(nn, old, NATGW_CMD_ROUTE_DEL_NTF,
					NATGW_ROUTE_PLACE(index, i));
}

/* Routes of table @index in @config that @before had not, or otherwise */
static void routes_come(struct natgw_net *nn, const struct natgw_config *config, u32 index,
			const struct natgw_route_table_conf *before)
{
	const struct natgw_route_table_conf *conf = config->tables[index];
	const struct natgw_route *same;
	u32 i;

	for (i = 0; i < conf->n; i++) {
		same = find_route(before, &conf->route[i]);
		if (!same || !same_next_hop(same, &conf->route[i]))
			natgw_nl_notify(nn, config, NATGW_CMD_ROUTE_NTF,
					NATGW_ROUTE_PLACE(index, i));
	}
}

/* A table is told of once, its routes one by one. */
static void tables_notify(struct natgw_net *nn, const struct natgw_config *old,
			  const struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < old->n_tables; i++) {
		struct natgw_route_table *table = old->tables[i]->table;

		if (table->seen == config->generation) {
			const struct natgw_route_table_conf *now =
				config->tables[natgw_place_find(config, table)];

			if (now != old->tables[i])
				routes_gone(nn, old, i, now);
			continue;
		}
		routes_gone(nn, old, i, NULL);
		natgw_nl_notify(nn, old, NATGW_CMD_ROUTE_TABLE_DEL_NTF, i);
		table->running = NULL;
	}
	for (i = 0; i < config->n_tables; i++) {
		const struct natgw_route_table_conf *conf = config->tables[i];
		struct natgw_route_table *table = conf->table;

		if (!table->running)
			natgw_nl_notify(nn, config, NATGW_CMD_ROUTE_TABLE_NTF, i);
		if (table->running != conf)
			routes_come(nn, config, i, table->running);
		table->running = conf;
	}
}

/*
 * New addresses are announced. After this the run-time objects refer to their
 * entries in @config, so @old can go.
 */
static void tell(struct natgw_net *nn, const struct natgw_config *old,
		 const struct natgw_config *config)
{
	gateways_notify(nn, old, config);
	addresses_notify(nn, old, config);
	vnets_notify(nn, old, config);
	tags_notify(nn, old, config);
	tables_notify(nn, old, config);
	subnets_notify(nn, old, config);
	managed_notify(nn, old, config);
	clusters_notify(nn, old, config);
}

const struct natgw_publish_ops natgw_notify_ops = {
	.published	= tell,
};
