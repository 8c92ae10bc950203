// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the sets of entries of a snapshot, whatever their kind. Called by config.c, and by
 * who changes a snapshot.
 */
#include <linux/jhash.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/once.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/set.h"

static u32 name_hash(const char *name)
{
	static u32 seed;

	get_random_once(&seed, sizeof(seed));
	return jhash(name, strlen(name), seed);
}

static void slot_add(struct natgw_set *set, u32 index)
{
	struct natgw_named *slot = &set->slot[index];

	hlist_add_head(&slot->node, &set->bucket[slot->hash & (set->room - 1)]);
}

static void room_free(struct natgw_set *set)
{
	kvfree(set->entry);
	kvfree(set->slot);
	kvfree(set->bucket);
}

/* An empty set with room for @room entries, a power of two */
static int room_alloc(struct natgw_set *set, enum natgw_object_kind kind, u32 room)
{
	*set = (struct natgw_set) { .room = room };
	set->entry = kvmalloc_array(room, sizeof(*set->entry), GFP_KERNEL_ACCOUNT);
	if (natgw_kind_named(kind)) {
		set->slot = kvmalloc_array(room, sizeof(*set->slot), GFP_KERNEL_ACCOUNT);
		set->bucket = kvcalloc(room, sizeof(*set->bucket), GFP_KERNEL_ACCOUNT);
	}
	if (set->entry && (!natgw_kind_named(kind) || (set->slot && set->bucket)))
		return 0;
	room_free(set);
	*set = (struct natgw_set) {};
	return -ENOMEM;
}

/* Gives the entries of a set to another one, which has room for them; the references move. */
static void room_fill(struct natgw_set *to, const struct natgw_set *set)
{
	u32 i;

	memcpy(to->entry, set->entry, set->n * sizeof(*to->entry));
	to->n = set->n;
	for (i = 0; to->slot && i < to->n; i++) {
		to->slot[i].hash = set->slot[i].hash;
		slot_add(to, i);
	}
}

int natgw_set_copy(struct natgw_set *copy, const struct natgw_set *set)
{
	u32 i;

	if (!set->n)
		return 0;
	if (room_alloc(copy, set->entry[0]->kind, roundup_pow_of_two(set->n)))
		return -ENOMEM;
	room_fill(copy, set);
	for (i = 0; i < copy->n; i++)
		natgw_entry_get(copy->entry[i]);
	return 0;
}

void natgw_set_clear(struct natgw_set *set)
{
	while (set->n)
		natgw_entry_put(set->entry[--set->n]);
	if (set->bucket)
		memset(set->bucket, 0, set->room * sizeof(*set->bucket));
}

void natgw_set_free(struct natgw_set *set)
{
	natgw_set_clear(set);
	room_free(set);
}

static int make_room(struct natgw_set *set, enum natgw_object_kind kind)
{
	struct natgw_set wider;

	if (set->n < set->room)
		return 0;
	if (room_alloc(&wider, kind, set->room ? 2 * set->room : 1))
		return -ENOMEM;
	if (set->n)
		room_fill(&wider, set);
	room_free(set);
	*set = wider;
	return 0;
}

int natgw_set_append(struct natgw_config *config, struct natgw_entry *entry)
{
	struct natgw_set *set = &config->set[entry->kind];
	int err;

	err = make_room(set, entry->kind);
	if (err)
		return err;
	set->entry[set->n] = entry;
	if (set->slot) {
		set->slot[set->n].hash = name_hash(natgw_entry_name(entry));
		slot_add(set, set->n);
	}
	set->n++;
	config->staged += entry->size + natgw_object_size(entry->kind);
	return 0;
}

struct natgw_entry *natgw_set_edit(struct natgw_config *config, enum natgw_object_kind kind,
				   u32 index)
{
	struct natgw_entry *entry;

	/* what is not found has a negative index, and must not lead out of the set */
	if (WARN_ON_ONCE(index >= config->set[kind].n))
		return NULL;
	entry = config->set[kind].entry[index];
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
	u32 i;

	if (set->slot)
		hlist_del(&set->slot[index].node);
	set->n--;
	for (i = index; set->slot && i < set->n; i++) {
		hlist_del(&set->slot[i + 1].node);
		set->slot[i].hash = set->slot[i + 1].hash;
		slot_add(set, i);
	}
	memmove(&set->entry[index], &set->entry[index + 1],
		(set->n - index) * sizeof(*set->entry));
	natgw_entry_put(entry);
}

/* Index of the entry of a name; with @object, of the one that is of that run-time part */
static int lookup(const struct natgw_set *set, const char *name,
		  const struct natgw_object *object)
{
	u32 hash = name_hash(name);
	const struct natgw_named *slot;

	if (!set->n)
		return -ENOENT;
	hlist_for_each_entry(slot, &set->bucket[hash & (set->room - 1)], node) {
		const struct natgw_entry *entry = set->entry[slot - set->slot];

		if (slot->hash == hash && (object ? entry->object == object :
						    !strcmp(natgw_entry_name(entry), name)))
			return slot - set->slot;
	}
	return -ENOENT;
}

int natgw_set_find(const struct natgw_config *config, enum natgw_object_kind kind,
		   const struct natgw_object *object)
{
	const struct natgw_set *set = &config->set[kind];
	u32 i;

	if (natgw_kind_named(kind))
		return lookup(set, natgw_object_name(kind, object), object);
	for (i = 0; i < set->n; i++)
		if (set->entry[i]->object == object)
			return i;
	return -ENOENT;
}

int natgw_set_lookup(const struct natgw_config *config, enum natgw_object_kind kind,
		     const char *name)
{
	return lookup(&config->set[kind], name, NULL);
}
