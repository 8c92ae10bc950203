/* SPDX-License-Identifier: GPL-2.0 */
/* Kinds of objects: a snapshot has a set of entries of each. */
#ifndef _NATGW_SNAPSHOT_KIND_H
#define _NATGW_SNAPSHOT_KIND_H

#include <linux/refcount.h>
#include <linux/types.h>

/**
 * enum natgw_object_kind - kinds of objects; the routes are in the entries of their tables
 *
 * Listeners are told of changes in this order.
 */
enum natgw_object_kind {
	NATGW_OBJECT_GATEWAY,
	NATGW_OBJECT_ADDRESS,
	NATGW_OBJECT_VNET,
	NATGW_OBJECT_TAG,
	NATGW_OBJECT_ROUTE_TABLE,
	NATGW_OBJECT_SUBNET,
	NATGW_OBJECT_MANAGED_POOL,
	NATGW_OBJECT_CLUSTER,
	NATGW_OBJECT_KINDS
};

struct natgw_entry;

/**
 * struct natgw_object - what the run-time parts of all kinds begin with
 * @ref: held by the entries of the object, and by those that name it
 * @seen: generation of the newest published snapshot that has it; under nn->lock
 * @running: entry of the running snapshot, NULL if in none; under nn->lock
 */
struct natgw_object {
	refcount_t ref;
	u32 seen;
	const struct natgw_entry *running;
};

/** NATGW_OBJECT - begins a run-time part; @running is of @type, a pointer to its entries */
#define NATGW_OBJECT(type)				\
	union {						\
		struct natgw_object object;		\
		struct {				\
			refcount_t ref;			\
			u32 seen;			\
			type running;			\
		};					\
	}

/**
 * struct natgw_entry - what the entries of all kinds begin with
 * @ref: snapshots that hold this entry
 * @kind: enum natgw_object_kind
 * @size: bytes of the whole entry
 * @object: run-time part, one reference
 */
struct natgw_entry {
	refcount_t ref;
	u32 kind : 8;
	u32 size : 24;
	struct natgw_object *object;
};

/**
 * NATGW_ENTRY - begins an entry
 * @type: pointer to its run-time parts
 * @name: the same as @object
 *
 * As it begins the entry, container_of() of NULL is NULL.
 */
#define NATGW_ENTRY(type, name)				\
	union {						\
		struct natgw_entry entry;		\
		struct {				\
			refcount_t ref;			\
			u32 kind : 8;			\
			u32 size : 24;			\
			type name;			\
		};					\
	}

/**
 * struct natgw_named - an entry in the hash table of its set
 * @node: in a bucket
 * @hash: of its name
 */
struct natgw_named {
	struct hlist_node node;
	u32 hash;
};

/**
 * struct natgw_set - entries of one kind, in order of creation
 * @n: number of them
 * @entry: one reference each
 * @room: entries that there is room for, and buckets, a power of two; 0: none
 * @slot: one for each of @entry, same index; of kinds with names
 * @bucket: of @slot, by the hash of the name
 */
struct natgw_set {
	u32 n;
	struct natgw_entry **entry;
	u32 room;
	struct natgw_named *slot;
	struct hlist_head *bucket;
};

/**
 * NATGW_SET - the set of one kind in struct natgw_config, by its own type
 * @kind: of enum natgw_object_kind, without its prefix
 * @list: the entries; their number is n_@list
 * @type: of @list
 *
 * Goes into a union with all sets.
 */
#define NATGW_SET(kind, list, type)				\
	struct {						\
		struct natgw_set before_##list[NATGW_OBJECT_##kind];	\
		u32 n_##list;					\
		type list;					\
	}

#endif
