/* SPDX-License-Identifier: GPL-2.0 */
/* Walks over a hash table: once, for those who count, and in passes, for those who end things. */
#ifndef _NATGW_LIB_WALK_H
#define _NATGW_LIB_WALK_H

#include <linux/types.h>

struct natgw_buckets;
struct natgw_node;

/** NATGW_WALK_BATCH - most entries seen between two pauses */
#define NATGW_WALK_BATCH	2048

/**
 * struct natgw_walk - what to do on the way
 * @each: look at one entry. RCU read side
 * @pause: before the first entry, at least each NATGW_WALK_BATCH entries, and
 *	after the last. May sleep. A negative errno ends the walk
 */
struct natgw_walk {
	void (*each)(struct natgw_node *node, void *data);
	int (*pause)(void *data);
};

/**
 * natgw_walk_table - see each entry of a table
 * @buckets: table
 * @walk: what to do
 * @data: for @walk
 *
 * Entries that come or go meanwhile may be seen or not, all others are seen once. A signal
 * that the caller handles, or that stops it, does not end the walk: it would not begin anew by
 * itself.
 *
 * Context: process. Return: 0, what @pause returned, or -EINTR: the caller is killed.
 */
int natgw_walk_table(struct natgw_buckets *buckets, const struct natgw_walk *walk, void *data);

/**
 * natgw_walk_passes - do something with each entry of a table that was there all along
 * @buckets: table
 * @each: RCU read side; may take the entry out. Returns true if it did: another
 *	pass must follow
 * @data: for @each
 *
 * May show an entry twice. Ends with a pass in which nothing was taken out.
 *
 * Context: process, may sleep.
 */
void natgw_walk_passes(struct natgw_buckets *buckets,
		       bool (*each)(struct natgw_node *node, void *data), void *data);

#endif
