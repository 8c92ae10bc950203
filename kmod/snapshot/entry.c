// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the copies and the end of entries and of their run-time parts: the last reference
 * frees them. Called by who drops a snapshot, changes an entry, or held a run-time part.
 */
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "snapshot/conf.h"
#include "snapshot/entry.h"
#include "snapshot/object.h"

/**
 * struct entry_type - what is to know of a kind's entries and run-time parts as memory
 * @size: bytes of an entry
 * @element: of a member of the array at its end
 * @object: bytes of a run-time part
 * @counters: of its counters, on one CPU
 * @name: where in the run-time part its name is; 0: it has none
 * @take: takes the references that a copy has to others than its run-time part; 0, or
 *	-ENOMEM and none is taken
 * @release: puts them
 * @free: frees a run-time part; NULL: kfree()
 */
struct entry_type {
	size_t size;
	size_t element;
	size_t object;
	size_t counters;
	size_t name;
	int (*take)(struct natgw_entry *entry);
	void (*release)(struct natgw_entry *entry);
	void (*free)(struct natgw_object *object);
};

static void free_gateway_rcu(struct rcu_head *rcu)
{
	struct natgw_gateway *gw = container_of(rcu, struct natgw_gateway, rcu);

	ida_destroy(&gw->seats.taken);
	free_percpu(gw->counters);
	kfree(gw);
}

static void free_gateway(struct natgw_object *object)
{
	call_rcu(&container_of(object, struct natgw_gateway, object)->rcu, free_gateway_rcu);
}

static void free_address_rcu(struct rcu_head *rcu)
{
	struct natgw_address *address = container_of(rcu, struct natgw_address, rcu);

	free_percpu(address->counters);
	/* no snapshot and no session has it any more */
	kfree(rcu_dereference_protected(address->reserved, 1));
	kfree(address);
}

static void free_address(struct natgw_object *object)
{
	call_rcu(&container_of(object, struct natgw_address, object)->rcu, free_address_rcu);
}

static int take_address(struct natgw_entry *entry)
{
	struct natgw_address_conf *conf = container_of(entry, struct natgw_address_conf, entry);

	if (conf->reserve) {
		conf->reserve = kstrdup(conf->reserve, GFP_KERNEL_ACCOUNT);
		if (!conf->reserve)
			return -ENOMEM;
	}
	natgw_gateway_get(conf->gw);
	return 0;
}

static void release_address(struct natgw_entry *entry)
{
	struct natgw_address_conf *conf = container_of(entry, struct natgw_address_conf, entry);

	natgw_gateway_put(conf->gw);
	kfree(conf->reserve);
}

static void free_vnet(struct natgw_object *object)
{
	struct natgw_vnet *vnet = container_of(object, struct natgw_vnet, object);

	/* packets read it by way of subnets and next hops */
	kfree_rcu(vnet, rcu);
}

static void free_subnet_rcu(struct rcu_head *rcu)
{
	struct natgw_subnet *subnet = container_of(rcu, struct natgw_subnet, rcu);

	natgw_vnet_put(subnet->vnet);
	free_percpu(subnet->counters);
	kfree(subnet);
}

static void free_subnet(struct natgw_object *object)
{
	call_rcu(&container_of(object, struct natgw_subnet, object)->rcu, free_subnet_rcu);
}

static int take_subnet(struct natgw_entry *entry)
{
	struct natgw_subnet_conf *conf = container_of(entry, struct natgw_subnet_conf, entry);

	natgw_gateway_get(conf->gw);
	natgw_gateway_get(conf->lb);
	natgw_route_table_get(conf->table);
	return 0;
}

static void release_subnet(struct natgw_entry *entry)
{
	struct natgw_subnet_conf *conf = container_of(entry, struct natgw_subnet_conf, entry);

	natgw_gateway_put(conf->gw);
	natgw_gateway_put(conf->lb);
	natgw_route_table_put(conf->table);
}

static int take_table(struct natgw_entry *entry)
{
	struct natgw_route_table_conf *conf =
		container_of(entry, struct natgw_route_table_conf, entry);
	u32 i;

	/* compiled anew */
	conf->lpm = NULL;
	for (i = 0; i < conf->n; i++)
		natgw_tag_get(conf->route[i].tag);
	return 0;
}

static void release_table(struct natgw_entry *entry)
{
	struct natgw_route_table_conf *conf =
		container_of(entry, struct natgw_route_table_conf, entry);
	u32 i;

	for (i = 0; i < conf->n; i++)
		natgw_tag_put(conf->route[i].tag);
	kvfree(conf->lpm);
}

static int take_cluster(struct natgw_entry *entry)
{
	struct natgw_cluster_conf *conf = container_of(entry, struct natgw_cluster_conf, entry);
	u32 i;

	for (i = 0; i < conf->n_subnets; i++)
		natgw_subnet_get(conf->subnet[i]);
	natgw_gateway_get(conf->gw);
	return 0;
}

static void release_cluster(struct natgw_entry *entry)
{
	struct natgw_cluster_conf *conf = container_of(entry, struct natgw_cluster_conf, entry);
	u32 i;

	for (i = 0; i < conf->n_subnets; i++)
		natgw_subnet_put(conf->subnet[i]);
	natgw_gateway_put(conf->gw);
}

static const struct entry_type types[NATGW_OBJECT_KINDS] = {
	[NATGW_OBJECT_GATEWAY] = {
		.size = sizeof(struct natgw_gateway_conf),
		.object = sizeof(struct natgw_gateway),
		.counters = sizeof(struct natgw_gateway_counters),
		.name = offsetof(struct natgw_gateway, name),
		.free = free_gateway,
	},
	[NATGW_OBJECT_ADDRESS] = {
		.size = sizeof(struct natgw_address_conf),
		.object = sizeof(struct natgw_address),
		.counters = sizeof(struct natgw_session_counters),
		.take = take_address,
		.release = release_address,
		.free = free_address,
	},
	[NATGW_OBJECT_VNET] = {
		.size = sizeof(struct natgw_vnet_conf),
		.object = sizeof(struct natgw_vnet),
		.name = offsetof(struct natgw_vnet, name),
		.free = free_vnet,
	},
	[NATGW_OBJECT_TAG] = {
		.size = sizeof(struct natgw_tag_conf),
		.element = sizeof(struct natgw_prefix),
		.object = sizeof(struct natgw_tag),
		.name = offsetof(struct natgw_tag, name),
	},
	[NATGW_OBJECT_ROUTE_TABLE] = {
		.size = sizeof(struct natgw_route_table_conf),
		.element = sizeof(struct natgw_route),
		.object = sizeof(struct natgw_route_table),
		.name = offsetof(struct natgw_route_table, name),
		.take = take_table,
		.release = release_table,
	},
	[NATGW_OBJECT_SUBNET] = {
		.size = sizeof(struct natgw_subnet_conf),
		.object = sizeof(struct natgw_subnet),
		.counters = sizeof(struct natgw_session_counters),
		.name = offsetof(struct natgw_subnet, name),
		.take = take_subnet,
		.release = release_subnet,
		.free = free_subnet,
	},
	[NATGW_OBJECT_MANAGED_POOL] = {
		.size = sizeof(struct natgw_managed_pool_conf),
		.object = sizeof(struct natgw_object),
	},
	[NATGW_OBJECT_CLUSTER] = {
		.size = sizeof(struct natgw_cluster_conf),
		.object = sizeof(struct natgw_cluster),
		.name = offsetof(struct natgw_cluster, name),
		.take = take_cluster,
		.release = release_cluster,
	},
};

struct natgw_entry *natgw_entry_alloc(enum natgw_object_kind kind, u32 n)
{
	size_t size = types[kind].size + n * types[kind].element;
	struct natgw_entry *entry = kvzalloc(size, GFP_KERNEL_ACCOUNT);

	if (!entry)
		return NULL;
	refcount_set(&entry->ref, 1);
	entry->kind = kind;
	entry->size = size;
	return entry;
}

struct natgw_entry *natgw_entry_dup(const struct natgw_entry *entry)
{
	const struct entry_type *type = &types[entry->kind];
	struct natgw_entry *dup = kvmalloc(entry->size, GFP_KERNEL_ACCOUNT);

	if (!dup)
		return NULL;
	memcpy(dup, entry, entry->size);
	refcount_set(&dup->ref, 1);
	if (type->take && type->take(dup)) {
		kvfree(dup);
		return NULL;
	}
	refcount_inc(&dup->object->ref);
	return dup;
}

void natgw_entry_put(struct natgw_entry *entry)
{
	const struct entry_type *type = &types[entry->kind];

	if (!refcount_dec_and_test(&entry->ref))
		return;
	if (type->release)
		type->release(entry);
	/* one that could not be made in full */
	if (entry->object)
		natgw_object_put(entry->kind, entry->object);
	kvfree(entry);
}

bool natgw_kind_named(enum natgw_object_kind kind)
{
	return types[kind].name;
}

const char *natgw_object_name(enum natgw_object_kind kind, const struct natgw_object *object)
{
	return (const char *)object + types[kind].name;
}

const char *natgw_entry_name(const struct natgw_entry *entry)
{
	return natgw_object_name(entry->kind, entry->object);
}

size_t natgw_object_size(enum natgw_object_kind kind)
{
	return types[kind].object + num_possible_cpus() * types[kind].counters;
}

void natgw_object_put(enum natgw_object_kind kind, struct natgw_object *object)
{
	if (!refcount_dec_and_test(&object->ref))
		return;
	if (types[kind].free)
		types[kind].free(object);
	else
		kfree(object);
}
