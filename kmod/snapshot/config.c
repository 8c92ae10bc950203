// SPDX-License-Identifier: GPL-2.0
/*
 * Owns snapshots as memory: copies, exchanges and frees them. Called by who changes a
 * snapshot or puts one in force.
 */
#include <linux/inetdevice.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/next_hop.h"
#include "snapshot/net.h"
#include "snapshot/set.h"

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
	struct natgw_config *config = natgw_config_alloc();
	u32 kind;

	if (!config)
		return NULL;
	for (kind = 0; kind < NATGW_OBJECT_KINDS; kind++)
		if (natgw_set_copy(&config->set[kind], &old->set[kind])) {
			natgw_config_free(config);
			return NULL;
		}
	config->staged = old->staged;
	config->reset_end = old->reset_end;
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
	u32 kind;

	for (kind = 0; kind < NATGW_OBJECT_KINDS; kind++)
		swap(a->set[kind], b->set[kind]);
	swap(a->staged, b->staged);
}

u32 natgw_config_count(const struct natgw_config *config)
{
	u32 kind, n = 0;

	for (kind = 0; kind < NATGW_OBJECT_KINDS; kind++)
		n += config->set[kind].n;
	return n;
}

void natgw_config_clear(struct natgw_config *config)
{
	u32 kind;

	for (kind = 0; kind < NATGW_OBJECT_KINDS; kind++)
		natgw_set_clear(&config->set[kind]);
	config->staged = 0;
	config->reset_end = 0;
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
	u32 kind;

	config_free_compiled(config);
	for (kind = 0; kind < NATGW_OBJECT_KINDS; kind++)
		natgw_set_free(&config->set[kind]);
	kfree(config);
}
