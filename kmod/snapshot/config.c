// SPDX-License-Identifier: GPL-2.0
#include <linux/inetdevice.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "config/address.h"
#include "config/cluster.h"
#include "config/compile.h"
#include "config/gateway.h"
#include "config/managed_pool.h"
#include "config/route_table.h"
#include "config/subnet.h"
#include "config/tag.h"
#include "config/vnet.h"
#include "control/upkeep.h"
#include "datapath/direct.h"
#include "datapath/hook.h"
#include "lib/extack.h"
#include "netlink/tell.h"
#include "session/destination.h"
#include "session/host.h"
#include "session/seat.h"
#include "session/session.h"
#include "session/shared.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/stats.h"

static struct workqueue_struct *natgw_wq;

static struct natgw_config *natgw_config_running(const struct natgw_net *nn)
{
	return rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
}

/* An array of n references has room for the next power of two, or more */
static void *natgw_array_dup(void *array, u32 n)
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

u32 natgw_counters_sessions(const struct natgw_session_counters __percpu *counters)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(counters, cpu)->opened) -
		       READ_ONCE(per_cpu_ptr(counters, cpu)->ended);
	return sum;
}

/* All but @ended, which is there for the number of sessions */
static void natgw_counters_sum(const struct natgw_session_counters __percpu *counters,
			       struct natgw_session_counters *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct natgw_session_counters *one = per_cpu_ptr(counters, cpu);

		sum->untranslated += READ_ONCE(one->untranslated);
		sum->opened += READ_ONCE(one->opened);
		sum->established += READ_ONCE(one->established);
		sum->timed_out += READ_ONCE(one->timed_out);
		sum->closed += READ_ONCE(one->closed);
	}
}

void natgw_counters_since(const struct natgw_session_counters __percpu *counters,
			  const struct natgw_session_counters *zero,
			  struct natgw_session_counters *since)
{
	natgw_counters_sum(counters, since);
	since->untranslated = natgw_since(since->untranslated, READ_ONCE(zero->untranslated));
	since->opened = natgw_since(since->opened, READ_ONCE(zero->opened));
	since->established = natgw_since(since->established, READ_ONCE(zero->established));
	since->timed_out = natgw_since(since->timed_out, READ_ONCE(zero->timed_out));
	since->closed = natgw_since(since->closed, READ_ONCE(zero->closed));
}

void natgw_counters_zero(const struct natgw_session_counters __percpu *counters,
			 struct natgw_session_counters *zero)
{
	struct natgw_session_counters sum;

	natgw_counters_sum(counters, &sum);
	WRITE_ONCE(zero->untranslated, sum.untranslated);
	WRITE_ONCE(zero->opened, sum.opened);
	WRITE_ONCE(zero->established, sum.established);
	WRITE_ONCE(zero->timed_out, sum.timed_out);
	WRITE_ONCE(zero->closed, sum.closed);
}

/* A snapshot that holds nothing, with "default" as it is at first */
static bool natgw_config_empty(const struct natgw_config *config)
{
	return !config->n_gateways && !config->n_addresses && !config->n_subnets &&
	       !config->n_tables && !config->n_tags && config->n_vnets == 1 &&
	       !config->n_managed && !config->n_clusters && natgw_vnet_untouched(config);
}

static void natgw_config_free_work(struct work_struct *work)
{
	natgw_config_free(container_of(to_rcu_work(work), struct natgw_config, rwork));
}

static struct natgw_config *natgw_config_alloc(void)
{
	struct natgw_config *config = kzalloc(sizeof(*config), GFP_KERNEL_ACCOUNT);

	if (config)
		INIT_RCU_WORK(&config->rwork, natgw_config_free_work);
	return config;
}

struct natgw_config *natgw_config_copy(const struct natgw_config *old)
{
	struct natgw_config *config;
	u32 i;

	config = natgw_config_alloc();
	if (!config)
		return NULL;
	config->gateways = natgw_array_dup(old->gateways, old->n_gateways);
	config->addresses = natgw_array_dup(old->addresses, old->n_addresses);
	config->subnets = natgw_array_dup(old->subnets, old->n_subnets);
	config->vnets = natgw_array_dup(old->vnets, old->n_vnets);
	config->tables = natgw_array_dup(old->tables, old->n_tables);
	config->tags = natgw_array_dup(old->tags, old->n_tags);
	config->managed = natgw_array_dup(old->managed, old->n_managed);
	config->clusters = natgw_array_dup(old->clusters, old->n_clusters);
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

void natgw_config_free(struct natgw_config *config)
{
	natgw_compile_free(config);
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

/*
 * A public IP that stays keeps its slot, a new one gets one that is free. Slots
 * of IPs that go are freed when their sessions have ended.
 */
static void natgw_pool_slots(struct natgw_pool *pool, bool draining)
{
	u32 i, slot;

	for (i = 0; i < pool->n; i++) {
		for (slot = 0; slot < NATGW_SLOTS; slot++)
			if (pool->gw->slot[slot] == pool->entry[i].addr)
				break;
		if (slot == NATGW_SLOTS) {
			/* at most half are taken by those that stay, half by those that go */
			for (slot = 0; pool->gw->slot[slot]; )
				slot++;
			pool->gw->slot[slot] = pool->entry[i].addr;
		}
		pool->entry[i].slot = slot;
		pool->by_slot[slot] = i;
		pool->slots |= BIT(slot);
		if (draining || pool->entry[i].conf->drain_end ||
		    pool->entry[i].conf->retired)
			pool->draining |= BIT(slot);
	}
}

static void natgw_pool_free_slots(const struct natgw_pool *pool)
{
	u32 i, slot;

	for (slot = 0; slot < NATGW_SLOTS; slot++) {
		for (i = 0; i < pool->n; i++)
			if (pool->gw->slot[slot] == pool->entry[i].addr)
				break;
		if (i == pool->n)
			pool->gw->slot[slot] = 0;
	}
}

/**
 * struct natgw_changes - what a new snapshot asks for once it is visible
 * @retime: a timer of a running gateway changed
 * @census: a running gateway counts its hosts from now on
 * @reserved: an address keeps other ports out of its pool
 */
struct natgw_changes {
	bool retime;
	bool census;
	bool reserved;
};

/* Vnets whose devices have moved to another VRF: packets are routed there from now on. */
static void natgw_config_enforce_vnets(struct natgw_net *nn, struct natgw_config *config)
{
	bool moved = false;
	u32 i;

	for (i = 0; i < config->n_vnets; i++) {
		struct natgw_vnet *vnet = config->vnets[i]->vnet;

		vnet->seen = config->generation;
		moved |= vnet->vrf != config->views[i].vrf;
		WRITE_ONCE(vnet->vrf, config->views[i].vrf);
		WRITE_ONCE(vnet->down, config->views[i].down);
	}
	/* routes to next hops that were cached in the meantime */
	if (moved)
		rt_genid_bump_ipv4(nn->net);
}

/*
 * Puts modes and timers in force. Done before the snapshot is visible: a new
 * gateway must not be seen without timers. And only after the last step that
 * may refuse it: this writes into objects that packets and workers see.
 */
static void natgw_config_enforce(struct natgw_net *nn, struct natgw_config *config,
				 struct natgw_changes *changes)
{
	u32 i, t;

	natgw_config_enforce_vnets(nn, config);
	for (i = 0; i < config->n_tables; i++)
		config->tables[i]->table->seen = config->generation;
	for (i = 0; i < config->n_tags; i++)
		config->tags[i]->tag->seen = config->generation;
	for (i = 0; i < config->n_addresses; i++)
		changes->reserved |= natgw_shared_enforce(nn, config, i);

	for (i = 0; i < config->n_gateways; i++) {
		const struct natgw_gateway_conf *conf = config->gateways[i];
		struct natgw_gateway *gw = conf->gw;

		gw->seen = config->generation;
		natgw_pool_slots(&config->pools[i], conf->drain_end);
		natgw_seat_enforce(&config->pools[i], conf);
		if (gw->running == conf)
			continue;
		if (gw->running && natgw_host_counts(conf) && !natgw_host_counts(gw->running))
			changes->census = true;
		WRITE_ONCE(gw->destination_limit, conf->destination_limit);
		WRITE_ONCE(gw->host_limit, conf->host_limit);
		WRITE_ONCE(gw->pooling, conf->pooling);
		WRITE_ONCE(gw->on_idle, conf->on_idle);
		WRITE_ONCE(gw->on_exhaust, conf->on_exhaust);
		WRITE_ONCE(gw->track, conf->track);
		for (t = 0; t < NATGW_TIMERS; t++) {
			WRITE_ONCE(gw->timeout[t], conf->timer[t] * HZ);
			if (gw->running && gw->running->timer[t] != conf->timer[t])
				changes->retime = true;
		}
	}
}

/* Does a session of the running configuration lose its gateway, address or subnet? */
static bool natgw_config_removes(const struct natgw_config *old, struct natgw_config *config)
{
	bool removes = false;
	u32 i;

	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address_conf *conf = config->addresses[i];
		struct natgw_address *address = conf->address;

		address->seen = config->generation;
		if (address->running && address->running->gw != conf->gw)
			removes = true;
	}
	for (i = 0; i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *conf = config->subnets[i];
		const struct natgw_subnet_conf *running = conf->subnet->running;

		conf->subnet->seen = config->generation;
		if (running && (running->gw != conf->gw || running->prefix != conf->prefix ||
				running->prefix_len != conf->prefix_len))
			removes = true;
	}

	/* A gateway that goes has lost its subnets and addresses, seen above */
	for (i = 0; i < old->n_addresses; i++)
		removes |= old->addresses[i]->address->seen != config->generation;
	for (i = 0; i < old->n_subnets; i++)
		removes |= old->subnets[i]->subnet->seen != config->generation;
	return removes;
}

int natgw_config_net_init(struct natgw_net *nn)
{
	struct natgw_config *config = natgw_config_alloc();
	int err;

	if (!config)
		return -ENOMEM;
	err = natgw_vnet_add_default(nn, config);
	/* compiled, because the first packets come between hooks and first snapshot */
	if (!err)
		err = natgw_compile(nn, config);
	if (err) {
		natgw_config_free(config);
		return err;
	}
	config->vnets[0]->vnet->running = config->vnets[0];
	RCU_INIT_POINTER(nn->config, config);
	return 0;
}

/*
 * All that may fail on the way to a running snapshot. It writes into the new
 * snapshot alone, so one that is refused leaves no trace.
 */
static int natgw_config_prepare(struct natgw_net *nn, struct natgw_config *config,
				struct netlink_ext_ack *extack)
{
	int err;

	err = natgw_compile(nn, config);
	if (err)
		return natgw_refuse(extack, NULL, err,
				    "no memory for a configuration of %u objects",
				    config->n_gateways + config->n_addresses +
				    config->n_subnets + config->n_vnets + config->n_tables +
				    config->n_tags + config->n_managed + config->n_clusters);
	err = natgw_seat_check(config, extack);
	if (err)
		return err;
	err = natgw_net_activate(nn, config->routed || config->deferred);
	if (err == -ENOSPC)
		return natgw_refuse(extack, NULL, err,
				    "no room for the tables of one more network namespace, see the module's memory_max and user_memory_max");
	if (err)
		return natgw_refuse(extack, NULL, err,
				    "no packet hooks or session table: error %d", -err);
	return 0;
}

/* Objects that were made again at once have kept their sessions, and their counters */
static void natgw_config_zero(struct natgw_net *nn, const struct natgw_config *config)
{
	u32 i;

	natgw_stats_zero(nn);
	for (i = 0; i < config->n_gateways; i++)
		natgw_gateway_zero(config->gateways[i]->gw);
	for (i = 0; i < config->n_addresses; i++)
		natgw_counters_zero(config->addresses[i]->address->counters,
				    &config->addresses[i]->address->zero);
	for (i = 0; i < config->n_subnets; i++)
		natgw_subnet_zero(config->subnets[i]->subnet);
}

/* From here on nothing fails: objects in use are written, and the snapshot runs. */
static void natgw_config_apply(struct natgw_net *nn, struct natgw_config *old,
			       struct natgw_config *config, u32 generation)
{
	struct natgw_changes changes = {};
	bool removes, unseats;
	u32 i;

	config->generation = generation;
	WRITE_ONCE(nn->generation, config->generation);
	natgw_config_enforce(nn, config, &changes);
	removes = natgw_config_removes(old, config);
	unseats = natgw_seat_ends(old, config);
	/* twice: flows may begin in between */
	natgw_direct_adopt(nn, old, config);
	rcu_assign_pointer(nn->config, config);
	natgw_direct_adopt(nn, old, config);

	/*
	 * The grace period ends the packets that see the older snapshot. Only
	 * then no more session can come from it, and the purge is complete; nor
	 * does a packet count under it any more.
	 */
	if (removes || changes.census || changes.reserved || unseats || config->anew)
		synchronize_rcu();
	if (removes) {
		natgw_session_purge(nn, config);
		natgw_direct_purge(nn, config);
	}
	if (config->anew)
		natgw_config_zero(nn, config);
	for (i = 0; changes.census && i < config->n_gateways; i++)
		if (natgw_host_counts(config->gateways[i]))
			natgw_host_census(&nn->table, config->gateways[i]->gw);
	if (unseats)
		natgw_seat_forget(nn, old, config);
	for (i = 0; changes.reserved && i < config->n_addresses; i++)
		natgw_shared_settle(nn, config, i);
	for (i = 0; i < config->n_gateways; i++)
		natgw_pool_free_slots(&config->pools[i]);
	if (changes.retime)
		natgw_session_retime(nn);
	natgw_tell(nn, old, config);
	if (config->drains || config->retired || config->shared || config->seats)
		natgw_upkeep_kick(nn);

	if (removes)
		natgw_config_free(old);
	else
		queue_rcu_work(natgw_wq, &old->rwork);
}

static int natgw_config_replace(struct natgw_net *nn, struct natgw_config *config,
				u32 generation, struct netlink_ext_ack *extack)
{
	int err = 0;

	lockdep_assert_held(&nn->lock);
	/* A namespace that never had an object stays without hooks */
	if (nn->active || !natgw_config_empty(config)) {
		err = natgw_config_prepare(nn, config, extack);
		if (!err) {
			natgw_config_apply(nn, natgw_config_running(nn), config, generation);
			return 0;
		}
	}
	natgw_config_free(config);
	return err;
}

int natgw_config_publish(struct natgw_net *nn, struct natgw_config *config,
			 struct netlink_ext_ack *extack)
{
	return natgw_config_replace(nn, config, nn->generation + 1, extack);
}

/* The entries stay, so nothing has ended and nobody is told. */
int natgw_config_refresh(struct natgw_net *nn)
{
	struct natgw_config *config = natgw_config_clone(nn);

	if (!config)
		return -ENOMEM;
	return natgw_config_replace(nn, config, nn->generation, NULL);
}

void natgw_config_release(struct natgw_net *nn)
{
	struct natgw_config *config = rcu_dereference_protected(nn->config, 1);

	RCU_INIT_POINTER(nn->config, NULL);
	if (config)
		natgw_config_free(config);
}

int natgw_config_module_init(void)
{
	natgw_wq = alloc_workqueue("natgw", WQ_UNBOUND, 0);
	return natgw_wq ? 0 : -ENOMEM;
}

void natgw_config_module_exit(void)
{
	/* Snapshots that wait for their grace period, then the objects they put */
	rcu_barrier();
	destroy_workqueue(natgw_wq);
	rcu_barrier();
}
