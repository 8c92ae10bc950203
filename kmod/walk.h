/* SPDX-License-Identifier: GPL-2.0 */
/* Walks over a hash table for those who count: each entry is seen once. */
#ifndef _NATGW_WALK_H
#define _NATGW_WALK_H

struct rhashtable;

/** NATGW_WALK_BATCH - most entries seen between two pauses */
#define NATGW_WALK_BATCH	2048

/**
 * struct natgw_walk - what to do on the way
 * @restart: another table takes over and may show again what was seen: forget
 *	all. Also called before the first entry.
 * @each: look at one entry. RCU read side
 * @pause: before the first entry, at least each NATGW_WALK_BATCH entries, and
 *	after the last. May sleep. A negative errno ends the walk
 */
struct natgw_walk {
	void (*restart)(void *data);
	void (*each)(void *entry, void *data);
	int (*pause)(void *data);
};

/**
 * natgw_walk - see each entry of a table
 * @ht: table
 * @walk: what to do
 * @data: for @walk
 *
 * Entries that come or go meanwhile may be seen or not.
 *
 * Context: process. Return: 0, what @pause returned, or -EINTR.
 */
int natgw_walk(struct rhashtable *ht, const struct natgw_walk *walk, void *data);

#endif
