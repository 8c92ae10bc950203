// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what the listeners are told once a snapshot is in force. Called by
 * control/publish.c, by the operations that main.c registers.
 */
#include <linux/natgw.h>
#include <linux/string.h>
#include "config/kinds.h"
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

/* Is a vnet, by what has become of its devices, another one than it was? */
static bool vnet_moved(const struct natgw_config *old, const struct natgw_vnet_view *now)
{
	const struct natgw_vnet_view *before = natgw_place_view(old, now->vnet);

	return before && (before->vrf != now->vrf || before->down != now->down);
}

static void kind_notify(struct natgw_net *nn, const struct natgw_config *old,
			const struct natgw_config *config, const struct natgw_kind_ops *ops)
{
	const struct natgw_set *before = &old->set[ops->kind], *now = &config->set[ops->kind];
	u32 i;

	for (i = 0; i < before->n; i++) {
		struct natgw_object *object = before->entry[i]->object;

		if (object->seen == config->generation)
			continue;
		natgw_nl_notify(nn, old, ops, NATGW_VERB_DEL_NTF, i);
		object->running = NULL;
	}
	for (i = 0; i < now->n; i++) {
		const struct natgw_entry *entry = now->entry[i];

		if (entry->object->running == entry &&
		    (ops->kind != NATGW_OBJECT_VNET || !vnet_moved(old, &config->views[i])))
			continue;
		natgw_nl_notify(nn, config, ops, NATGW_VERB_NTF, i);
		entry->object->running = entry;
	}
}

/* Neighbours learn of addresses that are answered for from now on, or by another device. */
static void announce(struct natgw_net *nn, const struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address_conf *conf = config->addresses[i];
		const struct natgw_address_conf *running = conf->address->running;

		if (running != conf && conf->announce && *conf->dev &&
		    (!running || !running->announce || strcmp(running->dev, conf->dev)))
			natgw_arp_announce(nn->net, conf);
	}
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
			natgw_nl_notify(nn, old, &natgw_route_kind, NATGW_VERB_DEL_NTF,
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
			natgw_nl_notify(nn, config, &natgw_route_kind, NATGW_VERB_NTF,
					NATGW_ROUTE_PLACE(index, i));
	}
}

/* A table is told of once, its routes one by one. */
static void tables_notify(struct natgw_net *nn, const struct natgw_config *old,
			  const struct natgw_config *config)
{
	const struct natgw_kind_ops *ops = natgw_kinds[NATGW_OBJECT_ROUTE_TABLE];
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
		natgw_nl_notify(nn, old, ops, NATGW_VERB_DEL_NTF, i);
		table->running = NULL;
	}
	for (i = 0; i < config->n_tables; i++) {
		const struct natgw_route_table_conf *conf = config->tables[i];
		struct natgw_route_table *table = conf->table;

		if (!table->running)
			natgw_nl_notify(nn, config, ops, NATGW_VERB_NTF, i);
		if (table->running != conf)
			routes_come(nn, config, i, table->running);
		table->running = conf;
	}
}

/*
 * New addresses are announced. After this the run-time objects refer to their
 * entries in @config, so @old can go.
 */
static void notify(struct natgw_net *nn, const struct natgw_config *old,
		   const struct natgw_config *config)
{
	u32 kind;

	announce(nn, config);
	for (kind = 0; kind < NATGW_OBJECT_KINDS; kind++)
		if (kind == NATGW_OBJECT_ROUTE_TABLE)
			tables_notify(nn, old, config);
		else
			kind_notify(nn, old, config, natgw_kinds[kind]);
}

const struct natgw_publish_ops natgw_notify_ops = {
	.published	= notify,
};
