/* SPDX-License-Identifier: GPL-2.0 */
/* Configuration as a list of objects: of a file, or of the running kernel. */
#ifndef NATGWCTL_ITEM_H
#define NATGWCTL_ITEM_H

#include "object.h"

/** ITEM_BUCKETS - of the hash table of items */
#define ITEM_BUCKETS	16384

/**
 * struct item - one object as configured
 * @next:	in its bucket
 * @obj:	kind of object
 * @key:	what stands behind the verb; of a route its table too
 * @value:	one for each field of the kind, as it is typed; NULL: not given, or the default
 * @file:	where it was made, or NULL
 * @line:	its line there
 * @peer:	the same object in the other list, or NULL
 * @exists:	it is there from the start and never goes: vnet "default"
 * @owned:	a cluster made it
 * @clustered:	a subnet that a cluster of the same list uses, see plan.c
 * @leaving:	of a gateway: how many addresses and subnets are to leave it
 * @detached:	key that is set to none before anything else, or NULL
 * @remade:	it is deleted before anything else and made again, see way.c
 * @space:	of a vnet: the part of its address space that it keeps at first, empty if there
 *		is none; or NULL: there is no need
 */
struct item {
	struct item *next;
	const struct object *obj;
	char *key;
	char **value;
	const char *file;
	unsigned int line;
	struct item *peer;
	bool exists;
	bool owned;
	bool clustered;
	unsigned int leaving;
	const char *detached;
	bool remade;
	char *space;
};

/**
 * struct items - the objects of a configuration
 * @list:	all, in the order in which they were made
 * @n:		their number
 * @room:	entries that @list has room for
 * @bucket:	by kind and key
 */
struct items {
	struct item **list;
	size_t n;
	size_t room;
	struct item *bucket[ITEM_BUCKETS];
};

const struct object *kind_next(const struct object *obj);

void items_init(struct items *items);
void items_free(struct items *items);
struct item *items_find(const struct items *items, const struct object *obj, const char *key);
int items_request(struct ctl *ctl, const struct object *obj, const struct request *req);
int items_attach(struct ctl *ctl, const char *address, const char *gateway, bool move);
int items_generation(struct ctl *ctl, uint32_t *generation);
int items_running(struct ctl *ctl, struct items *items, uint32_t *generation);

void items_print(const struct ctl *ctl, const struct items *items);

bool item_keeps(const struct field *f);
const char *item_value(const struct item *it, const struct field *f);
const char *item_word(const struct item *it, const char *word);
void item_drop(struct item *it, const char *word);

#endif /* NATGWCTL_ITEM_H */
