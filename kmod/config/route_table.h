/* SPDX-License-Identifier: GPL-2.0 */
/* Route tables as configuration, without their routes. */
#ifndef _NATGW_CONFIG_ROUTE_TABLE_H
#define _NATGW_CONFIG_ROUTE_TABLE_H

#include <linux/types.h>

struct natgw_config;
struct natgw_kind_ops;
struct natgw_route_table;
struct natgw_route_table_conf;
struct natgw_tag;

extern const struct natgw_kind_ops natgw_route_table_kind;

/**
 * natgw_route_table_edit - make an entry one that may be changed
 * @config: snapshot not yet published
 * @index: of the entry, which is replaced unless @config alone holds it
 *
 * Return: the entry, with room for one more route, or NULL: no memory.
 */
struct natgw_route_table_conf *natgw_route_table_edit(struct natgw_config *config, u32 index);

/**
 * natgw_route_table_renew - a tag changes: the tables that use it are to be compiled anew
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_route_table_renew(struct natgw_config *config, const struct natgw_tag *tag);

/**
 * natgw_route_table_tag_uses - routes whose destination is a tag
 * @config: snapshot, compiled or not
 * @tag: the tag
 * @first: set to the table of the first of them, if not NULL
 */
u32 natgw_route_table_tag_uses(const struct natgw_config *config, const struct natgw_tag *tag,
			       const struct natgw_route_table **first);

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
