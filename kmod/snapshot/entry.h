/* SPDX-License-Identifier: GPL-2.0 */
/* References to the entries of snapshots and to their run-time parts. */
#ifndef _NATGW_SNAPSHOT_ENTRY_H
#define _NATGW_SNAPSHOT_ENTRY_H

#include <linux/refcount.h>
#include <linux/types.h>
#include "snapshot/kind.h"
#include "snapshot/object.h"

/**
 * natgw_entry_alloc - an entry with nothing in it, one reference
 * @n: length of its array, 0 for a kind that has none
 *
 * Return: it, without a run-time part; or NULL: no memory.
 */
struct natgw_entry *natgw_entry_alloc(enum natgw_object_kind kind, u32 n);

/** natgw_entry_dup - a copy of an entry, with references of its own, or NULL: no memory */
struct natgw_entry *natgw_entry_dup(const struct natgw_entry *entry);

/** natgw_entry_get - one more reference */
static inline struct natgw_entry *natgw_entry_get(struct natgw_entry *entry)
{
	refcount_inc(&entry->ref);
	return entry;
}

/** natgw_entry_put - the last one frees the entry at once */
void natgw_entry_put(struct natgw_entry *entry);

/** natgw_kind_named - do the objects of a kind have names? */
bool natgw_kind_named(enum natgw_object_kind kind);

/** natgw_object_name - name of an object, of a kind with names */
const char *natgw_object_name(enum natgw_object_kind kind, const struct natgw_object *object);

/** natgw_entry_name - the same of an entry's object */
const char *natgw_entry_name(const struct natgw_entry *entry);

/** natgw_object_size - bytes of a run-time part, with its counters */
size_t natgw_object_size(enum natgw_object_kind kind);

/** natgw_object_put - the last one frees it, where packets see it a grace period later */
void natgw_object_put(enum natgw_object_kind kind, struct natgw_object *object);

/*
 * References to run-time parts that others refer to. NULL is fine.
 */

static inline struct natgw_gateway *natgw_gateway_get(struct natgw_gateway *gw)
{
	if (gw)
		refcount_inc(&gw->ref);
	return gw;
}

static inline void natgw_gateway_put(struct natgw_gateway *gw)
{
	if (gw)
		natgw_object_put(NATGW_OBJECT_GATEWAY, &gw->object);
}

static inline struct natgw_route_table *natgw_route_table_get(struct natgw_route_table *table)
{
	if (table)
		refcount_inc(&table->ref);
	return table;
}

static inline void natgw_route_table_put(struct natgw_route_table *table)
{
	if (table)
		natgw_object_put(NATGW_OBJECT_ROUTE_TABLE, &table->object);
}

static inline struct natgw_subnet *natgw_subnet_get(struct natgw_subnet *subnet)
{
	if (subnet)
		refcount_inc(&subnet->ref);
	return subnet;
}

static inline void natgw_subnet_put(struct natgw_subnet *subnet)
{
	if (subnet)
		natgw_object_put(NATGW_OBJECT_SUBNET, &subnet->object);
}

static inline struct natgw_tag *natgw_tag_get(struct natgw_tag *tag)
{
	if (tag)
		refcount_inc(&tag->ref);
	return tag;
}

static inline void natgw_tag_put(struct natgw_tag *tag)
{
	if (tag)
		natgw_object_put(NATGW_OBJECT_TAG, &tag->object);
}

static inline struct natgw_vnet *natgw_vnet_get(struct natgw_vnet *vnet)
{
	if (vnet)
		refcount_inc(&vnet->ref);
	return vnet;
}

static inline void natgw_vnet_put(struct natgw_vnet *vnet)
{
	if (vnet)
		natgw_object_put(NATGW_OBJECT_VNET, &vnet->object);
}

#endif
