/* SPDX-License-Identifier: GPL-2.0 */
/* Sets of entries in snapshots that are not yet published. */
#ifndef _NATGW_SNAPSHOT_SET_H
#define _NATGW_SNAPSHOT_SET_H

#include <linux/types.h>
#include "snapshot/kind.h"

struct natgw_config;

/**
 * natgw_set_copy - fill a set with the entries of another, one more reference each
 * @copy: result, empty
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_set_copy(struct natgw_set *copy, const struct natgw_set *set);

/** natgw_set_clear - put all entries of a set; there is room for them on */
void natgw_set_clear(struct natgw_set *set);

/** natgw_set_free - the same, and the room */
void natgw_set_free(struct natgw_set *set);

/**
 * natgw_set_append - put a new entry at the end of the set of its kind
 * @config: snapshot
 * @entry: taken over if there is room
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_set_append(struct natgw_config *config, struct natgw_entry *entry);

/**
 * natgw_set_edit - entry of this snapshot alone, which may be changed
 * @index: in the set of its kind; replaced by a copy if other snapshots hold it
 *
 * Return: the entry, or NULL: no memory.
 */
struct natgw_entry *natgw_set_edit(struct natgw_config *config, enum natgw_object_kind kind,
				   u32 index);

/** natgw_set_replace - put another entry, taken over, in the place of one, which is put */
void natgw_set_replace(struct natgw_config *config, u32 index, struct natgw_entry *entry);

/** natgw_set_remove - take an entry out; the later ones move up */
void natgw_set_remove(struct natgw_config *config, enum natgw_object_kind kind, u32 index);

/** natgw_set_find - index of the entry of a run-time part, or -ENOENT */
int natgw_set_find(const struct natgw_config *config, enum natgw_object_kind kind,
		   const struct natgw_object *object);

/** natgw_set_lookup - index of the entry of a name, or -ENOENT; for kinds with names */
int natgw_set_lookup(const struct natgw_config *config, enum natgw_object_kind kind,
		     const char *name);

#endif
