// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the sets of entries of a snapshot, whatever their kind. Called by config.c, and by
 * who changes a snapshot.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/set.h"

/* A set of n entries has room for the next power of two, or more */
int natgw_set_copy(struct natgw_set *copy, const struct natgw_set *set)
{
	u32 i;

	if (!set->n)
		return 0;
	copy->entry = kvmalloc_array(roundup_pow_of_two(set->n), sizeof(*copy->entry),
				     GFP_KERNEL_ACCOUNT);
	if (!copy->entry)
		return -ENOMEM;
	for (i = 0; i < set->n; i++)
		copy->entry[i] = natgw_entry_get(set->entry[i]);
	copy->n = set->n;
	return 0;
}

void natgw_set_clear(struct natgw_set *set)
{
	while (set->n)
		natgw_entry_put(set->entry[--set->n]);
}

void natgw_set_free(struct natgw_set *set)
{
	natgw_set_clear(set);
	kvfree(set->entry);
}

static int make_room(struct natgw_set *set)
{
	struct natgw_entry **entry;

	/* one that was cleared has kept its room */
	if (set->entry && !is_power_of_2(set->n))
		return 0;
	entry = kvmalloc_array(set->n ? 2 * set->n : 1, sizeof(*entry), GFP_KERNEL_ACCOUNT);
	if (!entry)
		return -ENOMEM;
	if (set->n)
		memcpy(entry, set->entry, set->n * sizeof(*entry));
	kvfree(set->entry);
	set->entry = entry;
	return 0;
}

int natgw_set_append(struct natgw_config *config, struct natgw_entry *entry)
{
	struct natgw_set *set = &config->set[entry->kind];
	int err;

	err = make_room(set);
	if (err)
		return err;
	set->entry[set->n++] = entry;
	config->staged += entry->size + natgw_object_size(entry->kind);
	return 0;
}

struct natgw_entry *natgw_set_edit(struct natgw_config *config, enum natgw_object_kind kind,
				   u32 index)
{
	struct natgw_entry *entry = config->set[kind].entry[index];

	if (refcount_read(&entry->ref) == 1)
		return entry;
	entry = natgw_entry_dup(entry);
	if (entry)
		natgw_set_replace(config, index, entry);
	return entry;
}

void natgw_set_replace(struct natgw_config *config, u32 index, struct natgw_entry *entry)
{
	struct natgw_set *set = &config->set[entry->kind];

	natgw_entry_put(set->entry[index]);
	set->entry[index] = entry;
	config->staged += entry->size;
}

void natgw_set_remove(struct natgw_config *config, enum natgw_object_kind kind, u32 index)
{
	struct natgw_set *set = &config->set[kind];
	struct natgw_entry *entry = set->entry[index];

	set->n--;
	memmove(&set->entry[index], &set->entry[index + 1],
		(set->n - index) * sizeof(*set->entry));
	natgw_entry_put(entry);
}

int natgw_set_find(const struct natgw_config *config, enum natgw_object_kind kind,
		   const struct natgw_object *object)
{
	const struct natgw_set *set = &config->set[kind];
	u32 i;

	for (i = 0; i < set->n; i++)
		if (set->entry[i]->object == object)
			return i;
	return -ENOENT;
}

int natgw_set_lookup(const struct natgw_config *config, enum natgw_object_kind kind,
		     const char *name)
{
	const struct natgw_set *set = &config->set[kind];
	u32 i;

	for (i = 0; i < set->n; i++)
		if (!strcmp(natgw_entry_name(set->entry[i]), name))
			return i;
	return -ENOENT;
}
