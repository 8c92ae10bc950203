// SPDX-License-Identifier: GPL-2.0
/*
 * Owns route tables as configuration, and the search in one. Called by the commands of
 * netlink/, by route.c and tag.c, and by compile.c.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/find.h"
#include "config/route_table.h"
#include "lib/extack.h"
#include "lib/lpm.h"
#include "lib/nl_attr.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

/* A table has nothing but its name */
const struct nla_policy natgw_route_table_policy[NATGW_A_ROUTE_TABLE_NAME + 1] = {
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

/* The name that is a request's key */
static int route_table_name(struct genl_info *info, char name[NATGW_NAME_MAX + 1])
{
	const struct nlattr *attr = info->attrs[NATGW_A_ROUTE_TABLE_NAME];

	if (!attr)
		return natgw_refuse_missing(info->extack, NATGW_A_ROUTE_TABLE_NAME, "name");
	return natgw_nl_name(attr, "name", name, info->extack);
}

int natgw_route_table_index(const struct natgw_config *config, struct genl_info *info)
{
	char name[NATGW_NAME_MAX + 1];
	int i, err;

	err = route_table_name(info, name);
	if (err)
		return err;
	i = config ? natgw_route_table_find(config, name) : -ENOENT;
	if (i < 0)
		return natgw_refuse(info->extack, info->attrs[NATGW_A_ROUTE_TABLE_NAME], -ENOENT,
				    "route table %s does not exist", name);
	return i;
}

/* An entry with room for routes, without its table */
static struct natgw_route_table_conf *route_table_alloc(u32 room)
{
	struct natgw_route_table_conf *conf;

	conf = kvzalloc(struct_size(conf, route, room), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return NULL;
	refcount_set(&conf->ref, 1);
	conf->room = room;
	return conf;
}

/*
 * Many routes of one transaction go into the same entry: a copy for each would
 * be quadratic in their number.
 */
struct natgw_route_table_conf *natgw_route_table_edit(struct natgw_config *config, u32 index)
{
	struct natgw_route_table_conf *conf = config->tables[index], *dup;
	bool own = refcount_read(&conf->ref) == 1;
	u32 i;

	if (own && conf->n < conf->room) {
		kvfree(conf->lpm);
		conf->lpm = NULL;
		return conf;
	}
	dup = route_table_alloc(roundup_pow_of_two(conf->n + 1));
	if (!dup)
		return NULL;
	dup->table = natgw_route_table_get(conf->table);
	dup->n_tags = conf->n_tags;
	dup->n = conf->n;
	memcpy(dup->route, conf->route, conf->n * sizeof(*conf->route));
	for (i = 0; i < dup->n; i++)
		natgw_tag_get(dup->route[i].tag);
	config->staged += struct_size(dup, route, dup->room);
	if (own)
		config->staged -= min(config->staged, struct_size(conf, route, conf->room));
	config->tables[index] = dup;
	natgw_route_table_conf_put(conf);
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

/* A table deleted and made again in one transaction keeps its run-time part. */
static struct natgw_route_table *route_table_create(struct natgw_net *nn,
						    const char *name)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	int i = natgw_route_table_find(running, name);
	struct natgw_route_table *table;

	if (i >= 0)
		return natgw_route_table_get(running->tables[i]->table);
	table = kzalloc(sizeof(*table), GFP_KERNEL_ACCOUNT);
	if (!table)
		return NULL;
	refcount_set(&table->ref, 1);
	strscpy(table->name, name, sizeof(table->name));
	return table;
}

int natgw_route_table_new(struct natgw_net *nn, struct natgw_config *config,
			  struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NATGW_A_ROUTE_TABLE_NAME];
	struct natgw_route_table_conf *conf, **tables;
	char name[NATGW_NAME_MAX + 1];
	int err;

	err = route_table_name(info, name);
	if (err)
		return err;
	if (natgw_route_table_find(config, name) >= 0)
		return natgw_refuse(info->extack, attr, -EEXIST, "route table %s exists", name);
	if (config->n_tables == NATGW_ROUTE_TABLES)
		return natgw_refuse(info->extack, attr, -ENOSPC,
				    "route table %s is one too many, there are %u already", name,
				    NATGW_ROUTE_TABLES);
	conf = route_table_alloc(1);
	if (!conf)
		return -ENOMEM;
	conf->table = route_table_create(nn, name);
	if (!conf->table)
		goto err_put;
	tables = natgw_array_grow(config->tables, config->n_tables);
	if (!tables)
		goto err_put;
	config->tables = tables;
	config->tables[config->n_tables++] = conf;
	config->staged += struct_size(conf, route, conf->room) + sizeof(*conf->table);
	return 0;

err_put:
	natgw_route_table_conf_put(conf);
	return -ENOMEM;
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

int natgw_route_table_del(struct natgw_net *nn, struct natgw_config *config,
			  struct genl_info *info)
{
	int i = natgw_route_table_index(config, info);
	const struct natgw_subnet *subnet = NULL;
	struct natgw_route_table_conf *conf;
	u32 n;

	if (i < 0)
		return i;
	conf = config->tables[i];
	n = route_table_uses(config, conf->table, &subnet);
	if (n)
		return natgw_refuse(info->extack, info->attrs[NATGW_A_ROUTE_TABLE_NAME], -EBUSY,
				    "InUseRouteTableCannotBeDeleted: route table %s is used by %u subnet%s, among them %s",
				    conf->table->name, n, n == 1 ? "" : "s", subnet->name);
	config->n_tables--;
	memmove(&config->tables[i], &config->tables[i + 1],
		(config->n_tables - i) * sizeof(*config->tables));
	natgw_route_table_conf_put(conf);
	return 0;
}

int natgw_route_table_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index)
{
	return nla_put_string(skb, NATGW_A_ROUTE_TABLE_NAME,
			      config->tables[index]->table->name);
}

int natgw_route_table_fill(struct sk_buff *skb, struct natgw_net *nn,
			   const struct natgw_config *config, u32 index)
{
	const struct natgw_route_table_conf *conf = config->tables[index];

	if (natgw_route_table_fill_key(skb, config, index) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_TABLE_ROUTES, conf->n) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_TABLE_SUBNETS,
			route_table_uses(config, conf->table, NULL)))
		return -EMSGSIZE;
	return 0;
}
