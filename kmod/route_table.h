/* SPDX-License-Identifier: GPL-2.0 */
/* Route tables and their routes as configuration. */
#ifndef _NATGW_ROUTE_TABLE_H
#define _NATGW_ROUTE_TABLE_H

#include "config.h"

/** natgw_route_table_get - one more reference to the run-time part; NULL is fine */
static inline struct natgw_route_table *natgw_route_table_get(struct natgw_route_table *table)
{
	if (table)
		refcount_inc(&table->ref);
	return table;
}

/** natgw_route_table_put - the last one frees it; NULL is fine */
void natgw_route_table_put(struct natgw_route_table *table);

/** natgw_route_table_conf_put - the last one frees the entry at once */
void natgw_route_table_conf_put(struct natgw_route_table_conf *conf);

/**
 * natgw_route_table_compile - build what packets search in a table, once
 * @config: snapshot with the tags
 * @conf: entry of it
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_route_table_compile(const struct natgw_config *config,
			      struct natgw_route_table_conf *conf);

#endif
