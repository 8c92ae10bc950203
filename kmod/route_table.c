// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/slab.h>
#include "lpm.h"
#include "route_table.h"
#include "tag.h"

void natgw_route_table_put(struct natgw_route_table *table)
{
	if (table && refcount_dec_and_test(&table->ref))
		kfree(table);
}

void natgw_route_table_conf_put(struct natgw_route_table_conf *conf)
{
	u32 i;

	if (!refcount_dec_and_test(&conf->ref))
		return;
	for (i = 0; i < conf->n; i++)
		natgw_tag_put(conf->route[i].tag);
	natgw_route_table_put(conf->table);
	kvfree(conf->lpm);
	kvfree(conf);
}

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
