// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the way of a snapshot into force: what may refuse it, what is written into
 * objects in use, and what follows from it. Called by the netlink room when a change
 * or a transaction is complete, and by the workers of this room.
 */
#include <linux/inetdevice.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include "config/compile.h"
#include "config/gateway_fill.h"
#include "config/subnet.h"
#include "config/vnet.h"
#include "control/activate.h"
#include "control/publish.h"
#include "datapath/direct.h"
#include "datapath/hold.h"
#include "datapath/offload.h"
#include "lib/extack.h"
#include "session/gc.h"
#include "session/host.h"
#include "session/offload.h"
#include "session/seat.h"
#include "session/seat_maintenance.h"
#include "session/session.h"
#include "session/reserved_ports.h"
#include "session/watch.h"
#include "session/watch_ring.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/stats.h"
#include "snapshot/view.h"

static struct workqueue_struct *natgw_wq;
static const struct natgw_publish_ops *publish_ops;

/* A snapshot that holds nothing, with "default" as it is at first */
static bool config_empty(const struct natgw_config *config)
{
	return natgw_config_count(config) == 1 && natgw_vnet_untouched(config);
}

/*
 * A public IP that stays keeps its slot, a new one gets one that is free. Slots
 * of IPs that go are freed when their sessions have ended.
 */
static void pool_slots(struct natgw_pool *pool, bool draining)
{
	u32 i, slot;

	for (i = 0; i < pool->n; i++) {
		for (slot = 0; slot < NATGW_SLOTS; slot++)
			if (pool->gw->slot[slot] == pool->entry[i].addr)
				break;
		if (slot == NATGW_SLOTS) {
			/*
			 * IPs that stay take at most half of the slots, IPs that go the other
			 * half
			 */
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

/* Once slots are given */
static bool takes_any(const struct natgw_pool *pool, const struct natgw_gateway_conf *conf)
{
	return pool->n && !pool->draining && !pool->uplinks &&
	       conf->allocation == NATGW_ALLOCATION_DYNAMIC &&
	       conf->pooling == NATGW_POOLING_RANDOM && !conf->destination_limit &&
	       !conf->host_limit;
}

static void pool_free_slots(const struct natgw_pool *pool)
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

/* All objects that @config has; those of the one before that are not seen have gone. */
static void config_see(const struct natgw_config *config)
{
	u32 kind, i;

	for (kind = 0; kind < NATGW_OBJECT_KINDS; kind++)
		for (i = 0; i < config->set[kind].n; i++)
			config->set[kind].entry[i]->object->seen = config->generation;
}

/* Vnets whose devices have moved to another VRF: packets are routed there from now on. */
static void config_enforce_vnets(struct natgw_net *nn, struct natgw_config *config)
{
	bool moved = false;
	u32 i;

	for (i = 0; i < config->n_vnets; i++) {
		struct natgw_vnet *vnet = config->vnets[i]->vnet;

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
static void config_enforce(struct natgw_net *nn, struct natgw_config *config,
			   struct natgw_changes *changes)
{
	u32 i, t;

	config_see(config);
	config_enforce_vnets(nn, config);
	for (i = 0; i < config->n_addresses; i++)
		changes->reserved |= natgw_reserved_enforce(nn, config, i);

	for (i = 0; i < config->n_gateways; i++) {
		const struct natgw_gateway_conf *conf = config->gateways[i];
		struct natgw_gateway *gw = conf->gw;

		pool_slots(&config->pools[i], natgw_config_drain_end(config, conf->drain_end));
		config->pools[i].any = takes_any(&config->pools[i], conf);
		natgw_seat_enforce(&config->pools[i], conf);
		if (gw->running == conf)
			continue;
		if (gw->running && natgw_host_counts(conf) && !natgw_host_counts(gw->running))
			changes->census = true;
		WRITE_ONCE(gw->destination_limit, conf->destination_limit);
		WRITE_ONCE(gw->host_limit, conf->host_limit);
		WRITE_ONCE(gw->warn_used, conf->warn_used);
		WRITE_ONCE(gw->pooling, conf->pooling);
		WRITE_ONCE(gw->on_idle, conf->on_idle);
		WRITE_ONCE(gw->on_exhaust, conf->on_exhaust);
		WRITE_ONCE(gw->track, conf->track);
		WRITE_ONCE(gw->offload, conf->offload);
		for (t = 0; t < NATGW_TIMERS; t++) {
			WRITE_ONCE(gw->timeout[t], conf->timer[t] * HZ);
			if (gw->running && gw->running->timer[t] != conf->timer[t])
				changes->retime = true;
		}
	}
}

/* Does a session of the running configuration lose its gateway, address or subnet? */
static bool config_removes(const struct natgw_config *old, const struct natgw_config *config)
{
	bool removes = false;
	u32 i;

	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address_conf *conf = config->addresses[i];
		const struct natgw_address_conf *running = conf->address->running;

		if (running && running->gw != conf->gw)
			removes = true;
	}
	for (i = 0; i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *conf = config->subnets[i];
		const struct natgw_subnet_conf *running = conf->subnet->running;

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
		err = natgw_compile(nn, config, NULL);
	if (err) {
		natgw_config_free(config);
		return err;
	}
	config->vnets[0]->vnet->running = config->vnets[0];
	RCU_INIT_POINTER(nn->config, config);
	return 0;
}

/* May a snapshot be in force? This writes into the new snapshot alone. */
static int config_check(struct natgw_net *nn, struct natgw_config *config,
			struct netlink_ext_ack *extack)
{
	int err = natgw_compile(nn, config, extack);

	if (err == -ENOMEM)
		return natgw_refuse(extack, NULL, err,
				    "no memory for a configuration of %u objects",
				    natgw_config_count(config));
	return err ?: natgw_seat_check(config, extack);
}

/*
 * Takes every step that may fail before a snapshot is in force: a snapshot that is refused
 * leaves no trace.
 */
static int config_prepare(struct natgw_net *nn, struct natgw_config *config,
			  struct netlink_ext_ack *extack)
{
	int err = config_check(nn, config, extack);

	if (err)
		return err;
	err = natgw_net_activate(nn, config->routed || config->deferred);
	if (err == -ENOSPC)
		return natgw_refuse(extack, NULL, err,
				    "no room for the tables of one more network namespace, see the module's memory_max and user_memory_max");
	if (err)
		return natgw_refuse(extack, NULL, err,
				    "no packet hooks or session table: error %d", -err);
	/* last, as nothing takes it back: a snapshot without offload does, once it runs */
	err = config->offload ? natgw_offload_register(nn, config->counts) : 0;
	if (err)
		return natgw_refuse(extack, NULL, err, "no ingress hooks for offload: error %d",
				    -err);
	return 0;
}

/* Objects that were made again at once have kept their sessions, and their counters */
static void config_zero(struct natgw_net *nn, const struct natgw_config *config)
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
static void config_apply(struct natgw_net *nn, struct natgw_config *old,
			 struct natgw_config *config, u32 generation)
{
	struct natgw_changes changes = {};
	bool removes, unseats;
	u32 i;

	config->generation = generation;
	config->serial = ++nn->serial;
	WRITE_ONCE(nn->generation, config->generation);
	config_enforce(nn, config, &changes);
	removes = config_removes(old, config);
	unseats = natgw_seat_ends(old, config);
	/* twice: flows may begin in between */
	natgw_direct_import(nn, old, config);
	rcu_assign_pointer(nn->config, config);
	natgw_direct_import(nn, old, config);

	/*
	 * The grace period ends the packets that see the older snapshot. Only
	 * then no more session can come from it, and the purge is complete; nor
	 * does a packet count under it any more.
	 */
	if (removes || changes.census || changes.reserved || changes.retime || unseats ||
	    config->anew)
		synchronize_rcu();
	if (removes) {
		natgw_session_purge(nn, config);
		natgw_direct_purge(nn, config);
		/*
		 * The purge passes over a session that somebody has begun to end: he takes it out
		 * of the table, and tells of it, before the objects go that it belongs to.
		 */
		synchronize_rcu();
	}
	if (config->anew)
		config_zero(nn, config);
	for (i = 0; changes.census && i < config->n_gateways; i++)
		if (natgw_host_counts(config->gateways[i]))
			natgw_host_census(&nn->table, config->gateways[i]->gw);
	if (unseats)
		natgw_seat_forget(nn, old, config);
	for (i = 0; changes.reserved && i < config->n_addresses; i++)
		natgw_reserved_settle(nn, config, i);
	for (i = 0; i < config->n_gateways; i++)
		pool_free_slots(&config->pools[i]);
	if (changes.retime)
		natgw_session_retime(nn);
	if (old->offload && (!config->offload || config->counts != old->counts))
		natgw_offload_unregister(nn, old->counts);
	if (old->offload && !config->offload)
		natgw_offload_flush(&nn->table);
	publish_ops->published(nn, old, config);
	if (config->drains || config->retired || config->shared || config->seats ||
	    config->reset_end)
		natgw_maintenance_kick(nn);

	if (removes) {
		/* events are about objects that go: the last one is written by now */
		if (natgw_watch_on(&nn->table))
			natgw_watch_settle(&nn->table);
		natgw_config_put(old);
	} else {
		queue_rcu_work(natgw_wq, &old->rwork);
	}
}

static int config_replace(struct natgw_net *nn, struct natgw_config *config,
			  u32 generation, struct netlink_ext_ack *extack)
{
	int err = 0;

	lockdep_assert_held(&nn->lock);
	/* A namespace that never had an object stays without hooks */
	if (nn->active || !config_empty(config)) {
		err = config_prepare(nn, config, extack);
		if (!err) {
			config_apply(nn, natgw_config_running(nn), config, generation);
			return 0;
		}
	}
	natgw_config_free(config);
	return err;
}

int natgw_config_publish(struct natgw_net *nn, struct natgw_config *config,
			 struct netlink_ext_ack *extack)
{
	int err = config_replace(nn, config, nn->generation + 1, extack);

	/* of a namespace without hooks nothing would stand behind it */
	if (!err && nn->active)
		natgw_hold_end(nn);
	return err;
}

int natgw_config_try(struct natgw_net *nn, struct natgw_config *config, u32 *sessions,
		     struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&nn->lock);
	err = config_check(nn, config, extack);
	*sessions = !err && nn->active ? natgw_session_lost(nn, config) : 0;
	natgw_config_free(config);
	return err;
}

/* The entries stay, so nothing has ended, and only vnets may be others than they were. */
int natgw_config_again(struct natgw_net *nn, struct netlink_ext_ack *extack)
{
	struct natgw_config *config = natgw_config_clone(nn);

	return config ? config_replace(nn, config, nn->generation, extack) : -ENOMEM;
}

int natgw_config_refresh(struct natgw_net *nn)
{
	/* most devices are none of a vnet's */
	int changed = natgw_compile_devs_changed(nn, natgw_config_running(nn));

	return changed > 0 ? natgw_config_again(nn, NULL) : changed;
}

void natgw_config_release(struct natgw_net *nn)
{
	struct natgw_config *config = rcu_dereference_protected(nn->config, 1);

	/*
	 * no walk holds the snapshot: walks belong to sockets, and a socket holds the namespace
	 * and the module
	 */
	RCU_INIT_POINTER(nn->config, NULL);
	if (config)
		natgw_config_free(config);
}

int natgw_publish_module_init(const struct natgw_publish_ops *ops)
{
	publish_ops = ops;
	natgw_wq = alloc_workqueue("natgw", WQ_UNBOUND, 0);
	return natgw_wq ? 0 : -ENOMEM;
}

void natgw_publish_module_exit(void)
{
	/* Snapshots that wait for their grace period, then the objects they put */
	rcu_barrier();
	destroy_workqueue(natgw_wq);
	rcu_barrier();
}
