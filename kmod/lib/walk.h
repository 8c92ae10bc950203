/* SPDX-License-Identifier: GPL-2.0 */
/* Walks over a hash table: once, for those who count, and in passes, for those who end things. */
#ifndef _NATGW_LIB_WALK_H
#define _NATGW_LIB_WALK_H

#include <linux/types.h>

struct rhashtable;
struct rhashtable_iter;

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
 * Entries that come or go meanwhile may be seen or not. A signal that the caller
 * handles, or that stops it, does not end the walk: it would not begin anew by itself.
 *
 * Context: process. Return: 0, what @pause returned, or -EINTR: the caller is killed.
 */
int natgw_walk_table(struct rhashtable *ht, const struct natgw_walk *walk, void *data);

/**
 * natgw_walk_may_pause - would the walk go on where it paused?
 * @iter: a walk that has begun
 *
 * After a pause a walk finds its place by the entry it saw last. If somebody else
 * has taken that out it counts entries, and passes by one of those that followed
 * in the bucket. So a walk that must miss none pauses where none follows.
 *
 * Context: RCU read side, as the walk has it. Return: none follows.
 */
bool natgw_walk_may_pause(const struct rhashtable_iter *iter);

/**
 * natgw_walk_passes - do something with each entry of a table that was there all along
 * @ht: table
 * @each: RCU read side; may take the entry out. Returns true if it did: another
 *	pass must follow
 * @data: for @each
 *
 * May show an entry twice. Ends with a pass in which nothing was taken out and
 * no other table took over.
 *
 * Context: process, may sleep; of work items only those of unbound queues.
 */
void natgw_walk_passes(struct rhashtable *ht, bool (*each)(void *entry, void *data),
		       void *data);

#endif
