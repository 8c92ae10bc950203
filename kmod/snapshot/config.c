// SPDX-License-Identifier: GPL-2.0
/*
 * Owns snapshots as memory: copies, exchanges and frees them. Called by who changes a
 * snapshot or puts one in force.
 */
#include <linux/inetdevice.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/next_hop.h"
#include "snapshot/net.h"

/* An array of n references has room for the next power of two, or more */
static void *array_dup(void *array, u32 n)
{
	void *dup;

	if (!n)
		return NULL;
	dup = kvmalloc_array(roundup_pow_of_two(n), sizeof(void *), GFP_KERNEL_ACCOUNT);
	if (dup)
		memcpy(dup, array, n * sizeof(void *));
	return dup;
}

void *natgw_array_grow(void *array, u32 n)
{
	void *grown;

	if (n && !is_power_of_2(n))
		return array;
	grown = kvmalloc_array(n ? 2 * n : 1, sizeof(void *), GFP_KERNEL_ACCOUNT);
	if (!grown)
		return NULL;
	if (n)
		memcpy(grown, array, n * sizeof(void *));
	kvfree(array);
	return grown;
}

struct natgw_config *natgw_config_hold(struct natgw_net *nn)
{
	struct natgw_config *config;

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	/* whoever replaces it puts its own reference a grace period later: not 0 yet */
	if (config)
		refcount_inc(&config->ref);
	rcu_read_unlock();
	return config;
}

void natgw_config_put(struct natgw_config *config)
{
	if (config && refcount_dec_and_test(&config->ref))
		natgw_config_free(config);
}

static void config_free_work(struct work_struct *work)
{
	natgw_config_put(container_of(to_rcu_work(work), struct natgw_config, rwork));
}

struct natgw_config *natgw_config_alloc(void)
{
	struct natgw_config *config = kzalloc(sizeof(*config), GFP_KERNEL_ACCOUNT);

	if (!config)
		return NULL;
	refcount_set(&config->ref, 1);
	INIT_RCU_WORK(&config->rwork, config_free_work);
	return config;
}

struct natgw_config *natgw_config_copy(const struct natgw_config *old)
{
	struct natgw_config *config;
	u32 i;

	config = natgw_config_alloc();
	if (!config)
		return NULL;
	config->gateways = array_dup(old->gateways, old->n_gateways);
	config->addresses = array_dup(old->addresses, old->n_addresses);
	config->subnets = array_dup(old->subnets, old->n_subnets);
	config->vnets = array_dup(old->vnets, old->n_vnets);
	config->tables = array_dup(old->tables, old->n_tables);
	config->tags = array_dup(old->tags, old->n_tags);
	config->managed = array_dup(old->managed, old->n_managed);
	config->clusters = array_dup(old->clusters, old->n_clusters);
	if ((old->n_gateways && !config->gateways) ||
	    (old->n_addresses && !config->addresses) ||
	    (old->n_subnets && !config->subnets) ||
	    (old->n_vnets && !config->vnets) ||
	    (old->n_tables && !config->tables) ||
	    (old->n_tags && !config->tags) ||
	    (old->n_managed && !config->managed) ||
	    (old->n_clusters && !config->clusters)) {
		natgw_config_free(config);
		return NULL;
	}

	config->n_gateways = old->n_gateways;
	config->n_addresses = old->n_addresses;
	config->n_subnets = old->n_subnets;
	config->n_vnets = old->n_vnets;
	config->n_tables = old->n_tables;
	config->n_tags = old->n_tags;
	config->n_managed = old->n_managed;
	config->n_clusters = old->n_clusters;
	config->staged = old->staged;
	for (i = 0; i < config->n_gateways; i++)
		refcount_inc(&config->gateways[i]->ref);
	for (i = 0; i < config->n_addresses; i++)
		refcount_inc(&config->addresses[i]->ref);
	for (i = 0; i < config->n_subnets; i++)
		refcount_inc(&config->subnets[i]->ref);
	for (i = 0; i < config->n_vnets; i++)
		refcount_inc(&config->vnets[i]->ref);
	for (i = 0; i < config->n_tables; i++)
		refcount_inc(&config->tables[i]->ref);
	for (i = 0; i < config->n_tags; i++)
		refcount_inc(&config->tags[i]->ref);
	for (i = 0; i < config->n_managed; i++)
		natgw_managed_pool_conf_get(config->managed[i]);
	for (i = 0; i < config->n_clusters; i++)
		natgw_cluster_conf_get(config->clusters[i]);
	return config;
}

struct natgw_config *natgw_config_clone(struct natgw_net *nn)
{
	struct natgw_config *config = natgw_config_copy(natgw_config_running(nn));

	if (config)
		config->staged = 0;
	return config;
}

void natgw_config_exchange(struct natgw_config *a, struct natgw_config *b)
{
	swap(a->gateways, b->gateways);
	swap(a->n_gateways, b->n_gateways);
	swap(a->addresses, b->addresses);
	swap(a->n_addresses, b->n_addresses);
	swap(a->subnets, b->subnets);
	swap(a->n_subnets, b->n_subnets);
	swap(a->vnets, b->vnets);
	swap(a->n_vnets, b->n_vnets);
	swap(a->tables, b->tables);
	swap(a->n_tables, b->n_tables);
	swap(a->tags, b->tags);
	swap(a->n_tags, b->n_tags);
	swap(a->managed, b->managed);
	swap(a->n_managed, b->n_managed);
	swap(a->clusters, b->clusters);
	swap(a->n_clusters, b->n_clusters);
	swap(a->staged, b->staged);
}

void natgw_config_clear(struct natgw_config *config)
{
	while (config->n_gateways)
		natgw_gateway_conf_put(config->gateways[--config->n_gateways]);
	while (config->n_addresses)
		natgw_address_conf_put(config->addresses[--config->n_addresses]);
	while (config->n_subnets)
		natgw_subnet_conf_put(config->subnets[--config->n_subnets]);
	while (config->n_vnets)
		natgw_vnet_conf_put(config->vnets[--config->n_vnets]);
	while (config->n_tables)
		natgw_route_table_conf_put(config->tables[--config->n_tables]);
	while (config->n_tags)
		natgw_tag_conf_put(config->tags[--config->n_tags]);
	while (config->n_managed)
		natgw_managed_pool_conf_put(config->managed[--config->n_managed]);
	while (config->n_clusters)
		natgw_cluster_conf_put(config->clusters[--config->n_clusters]);
}

/* What was compiled goes before the entries that it refers to. */
static void config_free_compiled(struct natgw_config *config)
{
	u32 i;

	for (i = 0; i < config->n_hop_list; i++)
		natgw_next_hop_put(config->hop_list[i]);
	natgw_bound_free(&config->bound);
	for (i = 0; config->reserved && i < config->n_addresses; i++)
		if (config->reserved[i] != NATGW_RESERVED_SAME)
			kfree(config->reserved[i]);
	kvfree(config->reserved);
	kvfree(config->places);
	kvfree(config->subnet_places);
	kvfree(config->hops);
	kvfree(config->hop_list);
	kvfree(config->steers);
	kvfree(config->devs);
	kvfree(config->search_words);
	kvfree(config->views);
	kvfree(config->pools);
	kvfree(config->ranges);
	kvfree(config->publics);
	kvfree(config->managed_ranges);
}

void natgw_config_free(struct natgw_config *config)
{
	config_free_compiled(config);
	natgw_config_clear(config);
	kvfree(config->gateways);
	kvfree(config->addresses);
	kvfree(config->subnets);
	kvfree(config->vnets);
	kvfree(config->tables);
	kvfree(config->tags);
	kvfree(config->managed);
	kvfree(config->clusters);
	kfree(config);
}
