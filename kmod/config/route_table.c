// SPDX-License-Identifier: GPL-2.0
/*
 * Owns route tables as configuration, and the search in one. Called by kind.c for
 * commands, by route.c and tag.c, and by compile.c.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/find.h"
#include "config/kind.h"
#include "config/route_table.h"
#include "lib/extack.h"
#include "lib/lpm.h"
#include "lib/nl_attr.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/set.h"

/* A table has nothing but its name */
static struct nla_policy route_table_policy[NATGW_A_ROUTE_TABLE_NAME + 1] __ro_after_init = {
	[NATGW_A_ROUTE_TABLE_NAME]	= { .type = NLA_NUL_STRING },
};

/* Number of a next hop among those of the routes before */
static u16 hop_number(struct natgw_route_table_conf *conf, u32 index)
{
	u32 i;

	for (i = 0; i < index; i++)
		if (conf->route[i].type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE &&
		    conf->route[i].next_hop == conf->route[index].next_hop)
			return conf->route[i].hop;
	return conf->n_hops++;
}

int natgw_route_table_compile(const struct natgw_config *config,
			      struct natgw_route_table_conf *conf)
{
	struct natgw_lpm_entry *entry;
	u32 i, k, n = 0;

	if (conf->lpm)
		return 0;
	for (i = 0; i < conf->n; i++)
		n += conf->route[i].tag ? natgw_tag_find(config, conf->route[i].tag)->n : 1;
	entry = kvmalloc_array(n, sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	conf->n_hops = 0;
	conf->steers = false;
	n = 0;
	for (i = 0; i < conf->n; i++) {
		struct natgw_route *route = &conf->route[i];
		const struct natgw_tag_conf *tag;

		if (route->type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE)
			route->hop = hop_number(conf, i);
		conf->steers |= route->type != NATGW_NEXT_HOP_VNET_LOCAL &&
				route->type != NATGW_NEXT_HOP_INTERNET;
		if (!route->tag) {
			entry[n++] = (struct natgw_lpm_entry) {
				.prefix = route->prefix,
				.value = i,
			};
			continue;
		}
		tag = natgw_tag_find(config, route->tag);
		for (k = 0; k < tag->n; k++)
			entry[n++] = (struct natgw_lpm_entry) {
				.prefix = tag->prefix[k],
				.rank = natgw_tag_rank(route->tag),
				.value = i,
			};
	}
	conf->lpm = natgw_lpm_build(entry, n);
	kvfree(entry);
	return conf->lpm ? 0 : -ENOMEM;
}

/*
 * Many routes of one transaction go into the same entry: a copy for each would
 * be quadratic in their number.
 */
struct natgw_route_table_conf *natgw_route_table_edit(struct natgw_config *config, u32 index)
{
	struct natgw_route_table_conf *conf = config->tables[index], *dup;
	bool own = refcount_read(&conf->ref) == 1;
	struct natgw_entry *entry;
	u32 i;

	if (own && conf->n < conf->room) {
		kvfree(conf->lpm);
		conf->lpm = NULL;
		return conf;
	}
	entry = natgw_entry_alloc(NATGW_OBJECT_ROUTE_TABLE, roundup_pow_of_two(conf->n + 1));
	if (!entry)
		return NULL;
	dup = container_of(entry, struct natgw_route_table_conf, entry);
	dup->room = roundup_pow_of_two(conf->n + 1);
	dup->table = natgw_route_table_get(conf->table);
	dup->n_tags = conf->n_tags;
	dup->n = conf->n;
	memcpy(dup->route, conf->route, conf->n * sizeof(*conf->route));
	for (i = 0; i < dup->n; i++)
		natgw_tag_get(dup->route[i].tag);
	if (own)
		config->staged -= min_t(size_t, config->staged, conf->size);
	natgw_set_replace(config, index, entry);
	return dup;
}

/* Does an entry have a route by a tag, and how many? */
static u32 route_table_count_tag(const struct natgw_route_table_conf *conf,
				 const struct natgw_tag *tag)
{
	u32 i, n = 0;

	for (i = 0; conf->n_tags && i < conf->n; i++)
		n += conf->route[i].tag == tag;
	return n;
}

int natgw_route_table_renew(struct natgw_config *config, const struct natgw_tag *tag)
{
	u32 i;

	for (i = 0; i < config->n_tables; i++)
		if (route_table_count_tag(config->tables[i], tag) &&
		    !natgw_route_table_edit(config, i))
			return -ENOMEM;
	return 0;
}

u32 natgw_route_table_tag_uses(const struct natgw_config *config, const struct natgw_tag *tag,
			       const struct natgw_route_table **first)
{
	u32 i, k, n = 0;

	for (i = 0; i < config->n_tables; i++) {
		k = route_table_count_tag(config->tables[i], tag);
		if (k && !n && first)
			*first = config->tables[i]->table;
		n += k;
	}
	return n;
}

static struct natgw_object *route_table_create(const struct natgw_request *req)
{
	struct natgw_route_table *table = kzalloc(sizeof(*table), GFP_KERNEL_ACCOUNT);

	if (!table)
		return NULL;
	strscpy(table->name, req->key.name, sizeof(table->name));
	return &table->object;
}

static void route_table_defaults(struct natgw_entry *entry)
{
	container_of(entry, struct natgw_route_table_conf, entry)->room = 1;
}

/* Subnets that use a table, and the first of them */
static u32 route_table_uses(const struct natgw_config *config,
			    const struct natgw_route_table *table,
			    const struct natgw_subnet **first)
{
	u32 i, n = 0;

	for (i = 0; i < config->n_subnets; i++)
		if (config->subnets[i]->table == table && !n++ && first)
			*first = config->subnets[i]->subnet;
	return n;
}

static int route_table_check_del(const struct natgw_request *req)
{
	const struct natgw_route_table_conf *conf =
		container_of(req->old, struct natgw_route_table_conf, entry);
	const struct natgw_subnet *subnet = NULL;
	u32 n;

	n = route_table_uses(req->config, conf->table, &subnet);
	if (!n)
		return 0;
	return natgw_refuse(req->info->extack, req->info->attrs[NATGW_A_ROUTE_TABLE_NAME],
			    -EBUSY,
			    "InUseRouteTableCannotBeDeleted: route table %s is used by %u subnet%s, among them %s",
			    conf->table->name, n, n == 1 ? "" : "s", subnet->name);
}

static int route_table_fill(struct sk_buff *skb, struct natgw_net *nn,
			    const struct natgw_config *config, u32 index)
{
	const struct natgw_route_table_conf *conf = config->tables[index];

	if (natgw_kind_fill_key(&natgw_route_table_kind, skb, config, index) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_TABLE_ROUTES, conf->n) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_TABLE_SUBNETS,
			route_table_uses(config, conf->table, NULL)))
		return -EMSGSIZE;
	return 0;
}

const struct natgw_kind_ops natgw_route_table_kind = {
	.kind = NATGW_OBJECT_ROUTE_TABLE,
	.cmd = { NATGW_KIND_COMMANDS(ROUTE_TABLE) },
	.label = "route table",
	.key_attr = NATGW_A_ROUTE_TABLE_NAME,
	.max = NATGW_ROUTE_TABLES,
	.policy = route_table_policy,
	.policy_max = NATGW_A_ROUTE_TABLE_NAME,
	.key_policy = route_table_policy,
	.key_max = NATGW_A_ROUTE_TABLE_NAME,
	.room = 1,
	.create = route_table_create,
	.defaults = route_table_defaults,
	.check_del = route_table_check_del,
	.fill = route_table_fill,
};
