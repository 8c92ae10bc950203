/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration snapshots.
 *
 * Everything an operator sets lives in one immutable struct natgw_config per
 * network namespace. A change clones the snapshot (an array of references,
 * not of objects), replaces what changes, compiles the tables the packet path
 * searches, and publishes it by one RCU pointer. So a packet sees the old or
 * the new configuration and nothing between, and a transaction is a snapshot
 * that is published late.
 *
 * What must survive a change (counters, timers in force, sessions' back
 * pointers) sits in the run-time objects struct natgw_gateway, natgw_address
 * and natgw_subnet (object.h), which the entries of the snapshots (conf.h) refer to.
 */
#ifndef _NATGW_SNAPSHOT_CONFIG_H
#define _NATGW_SNAPSHOT_CONFIG_H

#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include "snapshot/bound.h"
#include "snapshot/kind.h"
#include "snapshot/view.h"

struct natgw_address_conf;
struct natgw_cluster_conf;
struct natgw_gateway_conf;
struct natgw_next_hop;
struct natgw_managed_pool_conf;
struct natgw_net;
struct natgw_place;
struct natgw_portmap;
struct natgw_route_table_conf;
struct natgw_subnet_conf;
struct natgw_tag_conf;
struct natgw_vnet_conf;

/**
 * struct natgw_config - one snapshot
 * @rwork: puts the snapshot after a grace period, in process context
 * @ref: one while it is made, runs, and for a grace period after that; and one for
 *	each walk that holds it
 * @generation: grows by one with each published change
 * @serial: differs from that of any other snapshot that ran before, of the same @generation too
 * @places: of @gateways, @vnets and @tables by their run-time parts, sorted; compiled
 * @subnet_places: the same of @subnets, which packets never look for; compiled
 * @reserved: one for each of @addresses, same index: ports that stay out of its
 *	pool, or NULL for none, on their way to the address; or NATGW_RESERVED_SAME; under
 *	nn->lock; compiled
 * @pools: one for each of @gateways, same index; compiled
 * @ranges: subnets by the vnet whose devices their packets come by, in each
 *	sorted by address; compiled
 * @views: one for each of @vnets, same index; compiled
 * @search_words: memory of their searches; compiled
 * @devs: sorted by index; devices in none are in vnet "default"; compiled
 * @bound: the bound ones of @ranges by address, whatever their vnet; compiled
 * @steers: each pair of vnet and route table in use; compiled
 * @hops: array of all pointers @steers refer to; compiled
 * @hop_list: the next hops, each once, sorted by vnet and address, one reference
 *	each; compiled
 * @publics: all public IPs sorted; compiled
 * @public_hint: bit natgw_public_hint() of each of @publics; most packets are to none; compiled
 * @managed_ranges: prefixes of the managed pool, sorted; compiled
 * @track_off: at least one gateway keeps its sessions out of conntrack; compiled
 * @offload: at least one gateway has its flows sent on from the ingress hook; compiled
 * @counts: packets are counted for their session, too, because somebody watches; compiled
 * @follows: established packets are looked at more closely: @offload or @counts; compiled
 * @ipv6_drop: at least one subnet refuses IPv6; compiled
 * @routed: a route may steer or drop a packet of some subnet; compiled
 * @directs: flows that come in by another way are noted: a subnet has a gateway
 *	or a route table; compiled
 * @deferred: flows of a vnet in a VRF are translated back in FORWARD, and those of a vnet that
 *	is down are dropped; compiled
 * @aside: answers do not go straight on to their host: @deferred or @counts; compiled
 * @plain_answers: what comes from outside to a bound subnet may pass at once in POST_ROUTING: the
 *	first of @views is @countable, there is no managed pool, and no gateway offloads; compiled
 * @winding: packets do not take the shortest way: @n_devs, @counts or @offload; compiled
 * @early: packets from inside matter in PRE_ROUTING: @routed, @track_off or @deferred; compiled
 * @only_routed: @routed is all that makes it @early, and no vnet has devices of its own; compiled
 * @drains: at least one object is being drained; compiled
 * @retired: something of a former configuration of a cluster is left; compiled
 * @shared: at least one address is shared; compiled
 * @uplinks: at least one address serves one device only; compiled
 * @seats: at least one gateway allocates ports by host; compiled
 * @staged: bytes that changes added before it was published
 * @anew: began with nothing: when it is published, all counters begin at 0
 * @reset_end: jiffies, 64 bits, when all objects go at the latest; 0: they do not
 * @set: entries by enum natgw_object_kind
 * @gateways, @addresses, @vnets, @tags, @tables, @subnets, @managed, @clusters:
 *	the same by their own types; @vnets[0] is "default"
 */
struct natgw_config {
	struct rcu_work rwork;
	refcount_t ref;
	u32 generation;
	u32 serial;
	u32 n_ranges;
	u32 n_publics;
	u32 n_devs;
	u32 n_steers;
	u32 n_hops;
	u32 n_hop_list;
	u32 n_places;
	struct natgw_place *places;
	struct natgw_place *subnet_places;
	struct natgw_portmap **reserved;
	struct natgw_pool *pools;
	struct natgw_subnet_range *ranges;
	struct natgw_vnet_view *views;
	u32 *search_words;
	struct natgw_dev *devs;
	struct natgw_bound bound;
	struct natgw_steer *steers;
	struct natgw_next_hop **hops;
	struct natgw_next_hop **hop_list;
	struct natgw_public *publics;
	DECLARE_BITMAP(public_hint, NATGW_PUBLIC_HINT);
	struct natgw_managed_range *managed_ranges;
	bool track_off;
	bool offload;
	bool counts;
	bool follows;
	bool aside;
	bool plain_answers;
	bool winding;
	bool ipv6_drop;
	bool routed;
	bool directs;
	bool deferred;
	bool early;
	bool only_routed;
	bool drains;
	bool retired;
	bool shared;
	bool uplinks;
	bool seats;
	size_t staged;
	bool anew;
	u64 reset_end;
	union {
		NATGW_SET(GATEWAY, gateways, struct natgw_gateway_conf **);
		NATGW_SET(ADDRESS, addresses, struct natgw_address_conf **);
		NATGW_SET(VNET, vnets, struct natgw_vnet_conf **);
		NATGW_SET(TAG, tags, struct natgw_tag_conf **);
		NATGW_SET(ROUTE_TABLE, tables, struct natgw_route_table_conf **);
		NATGW_SET(SUBNET, subnets, struct natgw_subnet_conf **);
		NATGW_SET(MANAGED_POOL, managed, struct natgw_managed_pool_conf **);
		NATGW_SET(CLUSTER, clusters, struct natgw_cluster_conf **);
		struct natgw_set set[NATGW_OBJECT_KINDS];
	};
};

/* In @reserved: what the address has in force stays */
#define NATGW_RESERVED_SAME	((struct natgw_portmap *)ERR_PTR(-EALREADY))

/** natgw_config_alloc - a snapshot with nothing in it, or NULL: no memory */
struct natgw_config *natgw_config_alloc(void);

/**
 * natgw_config_clone - writable copy of the running snapshot
 * @nn: namespace, @nn->lock held
 *
 * Return: the copy, not yet compiled, or NULL if there is no memory.
 */
struct natgw_config *natgw_config_clone(struct natgw_net *nn);

/** natgw_config_copy - writable copy of a snapshot, running or not; NULL: no memory */
struct natgw_config *natgw_config_copy(const struct natgw_config *old);

/**
 * natgw_config_exchange - swap what two snapshots hold
 *
 * Neither is published or compiled. So a change of several steps is made in a
 * copy first, and nothing has changed if one of them fails.
 */
void natgw_config_exchange(struct natgw_config *a, struct natgw_config *b);

/**
 * natgw_config_drain_end - when the sessions of a gateway are ended
 * @own: drain_end of its entry
 *
 * Return: jiffies, 64 bits, of its own drain or of that of all objects, whichever is sooner;
 * 0: it does not drain.
 */
static inline u64 natgw_config_drain_end(const struct natgw_config *config, u64 own)
{
	return own && config->reset_end ? min(own, config->reset_end) : own ?: config->reset_end;
}

/** natgw_config_count - objects of a snapshot, vnet "default" included */
u32 natgw_config_count(const struct natgw_config *config);

/** natgw_config_clear - take everything out of a snapshot that is not yet published */
void natgw_config_clear(struct natgw_config *config);

/**
 * natgw_config_free - drop a snapshot
 *
 * Never published, or a grace period after the next one was. Sleeps.
 */
void natgw_config_free(struct natgw_config *config);

/**
 * natgw_config_hold - the running snapshot, for a walk that takes long or sleeps
 * @nn: namespace
 *
 * Changes go on meanwhile: @nn->lock is not held, so the snapshot may no longer be
 * the running one when this returns. It stays as it is, and so do its objects: a
 * run-time part that is found in it (natgw_place_find()) may be followed until
 * natgw_config_put(), by whatever pointer to it, as nothing else can be at its
 * address. What a session or destination refers to besides may go at the next grace
 * period. The @running entries of run-time parts belong to @nn->lock.
 *
 * Context: process. Return: the snapshot; or NULL: the namespace is dying.
 */
struct natgw_config *natgw_config_hold(struct natgw_net *nn);

/** natgw_config_put - give back what natgw_config_hold() returned; NULL is fine. Sleeps. */
void natgw_config_put(struct natgw_config *config);

#endif
