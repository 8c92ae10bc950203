// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the entries of offloaded flows: their table, their memory, and that none outlives its
 * session. Called by datapath/offload.c, which makes and uses them, and by session.c.
 *
 * A packet that finds an entry uses its session, and so no entry may come into the table once
 * its session's grace period has begun. Who ends a session sets DEAD, passes through the lock
 * of its shard of the wheel, and then takes the entries out. An entry is put in under the same
 * lock, and only while DEAD is not set: so it is there before, and taken out, or not at all.
 */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/dst.h>
#include "lib/budget.h"
#include "lib/walk.h"
#include "session/offload.h"
#include "session/session.h"
#include "session/table.h"
#include "session/wheel.h"
#include "snapshot/l4.h"

/* bytes that an entry takes from the budget */
#define OFFLOAD_COST	(sizeof(struct natgw_offload) + NATGW_BUDGET_NODE)

struct natgw_hash_key natgw_offload_hash_key __read_mostly;
static struct kmem_cache *offload_cache __read_mostly;

struct natgw_tuple natgw_offload_key(const struct natgw_session *session,
				     enum natgw_direction direction)
{
	const struct natgw_tuple *inside = &session->inside;
	struct natgw_tuple key = { .proto = inside->proto };

	if (direction == NATGW_OUT) {
		key.host = inside->host;
		key.peer = inside->peer;
		key.host_port = inside->host_port;
		key.peer_port = inside->peer_port;
		return key;
	}
	key.host = inside->peer;
	key.peer = session->public;
	/* an ICMP message has one id, whichever way it goes */
	key.host_port = natgw_l4(inside->proto)->id ? session->port : inside->peer_port;
	key.peer_port = natgw_l4(inside->proto)->id ? 0 : session->port;
	return key;
}

static void offload_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(offload_cache, container_of(rcu, struct natgw_offload, rcu));
}

/* It is in no table any more. A packet that holds it takes the route without a reference. */
static void offload_put(struct natgw_table *table, struct natgw_offload *offload)
{
	ip_rt_put(offload->rt);
	natgw_budget_give(table->budget, OFFLOAD_COST);
	call_rcu(&offload->rcu, offload_free_rcu);
}

static struct natgw_offload *offload_new(struct natgw_table *table,
					 const struct natgw_offload *want)
{
	struct natgw_offload *offload;

	if (!natgw_budget_take(table->budget, OFFLOAD_COST))
		return NULL;
	offload = kmem_cache_alloc(offload_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!offload || !dst_hold_safe(&want->rt->dst)) {
		if (offload)
			kmem_cache_free(offload_cache, offload);
		natgw_budget_give(table->budget, OFFLOAD_COST);
		return NULL;
	}
	*offload = *want;
	return offload;
}

/* would an entry made now differ in its stamp only? */
static bool is_current(const struct natgw_offload *offload, const struct natgw_offload *want)
{
	return offload->session == want->session && offload->rt == want->rt &&
	       offload->iif == want->iif && offload->mtu == want->mtu &&
	       offload->tos == want->tos && offload->mark == want->mark &&
	       offload->headroom == want->headroom;
}

static void restamp(struct natgw_offload *offload, const struct natgw_offload_stamp *stamp)
{
	WRITE_ONCE(offload->stamp.serial, stamp->serial);
	WRITE_ONCE(offload->stamp.devices, stamp->devices);
	WRITE_ONCE(offload->stamp.made, stamp->made);
}

/* Return: @offload is in the table, perhaps in the place of another one, which has gone */
static bool put_in(struct natgw_table *table, struct natgw_offload *offload)
{
	u32 hash = natgw_offload_hash(&offload->key);
	struct natgw_node *old;

	lockdep_assert_held(natgw_wheel_lock(table, offload->session));
	old = natgw_buckets_insert(&table->offloads, &offload->node, &natgw_offload_ops, hash,
				   &offload->key);
	if (!old)
		return true;
	if (IS_ERR(old) || !natgw_buckets_replace(&table->offloads, old, &offload->node, hash))
		return false;
	offload_put(table, natgw_offload_of_node(old));
	return true;
}

void natgw_offload_store(struct natgw_table *table, const struct natgw_offload *want)
{
	struct natgw_session *session = want->session;
	struct natgw_offload *offload;
	bool stored = false;

	offload = natgw_offload_find(table, &want->key);
	if (offload && is_current(offload, want)) {
		restamp(offload, &want->stamp);
		return;
	}
	offload = offload_new(table, want);
	if (!offload)
		return;
	spin_lock_bh(natgw_wheel_lock(table, session));
	if (!test_bit(NATGW_SESSION_DEAD, &session->flags)) {
		stored = put_in(table, offload);
		if (stored)
			set_bit(NATGW_SESSION_OFFLOADED, &session->flags);
	}
	spin_unlock_bh(natgw_wheel_lock(table, session));
	if (!stored)
		offload_put(table, offload);
}

static bool take_out(struct natgw_table *table, struct natgw_offload *offload)
{
	return natgw_buckets_remove(&table->offloads, &offload->node,
				    natgw_offload_hash(&offload->key));
}

/* its entry, or NULL: there is none, or a newer session has the tuple */
static struct natgw_offload *entry_of(struct natgw_table *table,
				      const struct natgw_session *session,
				      enum natgw_direction direction)
{
	const struct natgw_tuple key = natgw_offload_key(session, direction);
	struct natgw_offload *offload = natgw_offload_find(table, &key);

	return offload && offload->session == session ? offload : NULL;
}

static void forget(struct natgw_table *table, const struct natgw_session *session,
		   enum natgw_direction direction)
{
	struct natgw_offload *offload = entry_of(table, session, direction);

	/* its place may have gone to another one just now */
	if (offload && take_out(table, offload))
		offload_put(table, offload);
}

void natgw_offload_forget(struct natgw_table *table, struct natgw_session *session)
{
	WARN_ON_ONCE(!test_bit(NATGW_SESSION_DEAD, &session->flags));
	forget(table, session, NATGW_OUT);
	forget(table, session, NATGW_IN);
}

bool natgw_offload_has(struct natgw_table *table, const struct natgw_session *session)
{
	return test_bit(NATGW_SESSION_OFFLOADED, &session->flags) &&
	       (entry_of(table, session, NATGW_OUT) || entry_of(table, session, NATGW_IN));
}

static bool flush_one(struct natgw_node *node, void *data)
{
	struct natgw_offload *offload = natgw_offload_of_node(node);
	struct natgw_table *table = data;

	if (!take_out(table, offload))
		return false;
	offload_put(table, offload);
	return true;
}

void natgw_offload_flush(struct natgw_table *table)
{
	natgw_walk_passes(&table->offloads, flush_one, table);
}

u64 natgw_offload_bytes(const struct natgw_table *table)
{
	return natgw_buckets_bytes(&table->offloads, kmem_cache_size(offload_cache));
}

int natgw_offload_net_init(struct natgw_table *table)
{
	return natgw_buckets_init(&table->offloads, &natgw_offload_ops, NATGW_BUCKETS_FIRST, 0);
}

static void drop_one(struct natgw_node *node, void *arg)
{
	offload_put(arg, natgw_offload_of_node(node));
}

void natgw_offload_net_exit(struct natgw_table *table)
{
	natgw_buckets_destroy(&table->offloads, drop_one, table);
}

int natgw_offload_module_init(void)
{
	natgw_hash_key_init(&natgw_offload_hash_key);
	offload_cache = KMEM_CACHE(natgw_offload, 0);
	return offload_cache ? 0 : -ENOMEM;
}

/* Every call_rcu() of an entry must have run: rcu_barrier() first. */
void natgw_offload_module_exit(void)
{
	kmem_cache_destroy(offload_cache);
}
