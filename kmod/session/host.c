// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the sessions of each inside host. Called by port.c and session.c as sessions come
 * and go, by tcp.c, and by seat_maintenance.c.
 *
 * Hosts exist only while a gateway limits them or gives them blocks of ports,
 * each as long as it has a session that was charged to it, or a seat. Whether
 * one was charged is a flag of the session, changed under the host's lock.
 */
#include <linux/bottom_half.h>
#include <linux/in.h>
#include <linux/natgw.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "lib/buckets.h"
#include "lib/budget.h"
#include "lib/hash.h"
#include "lib/walk.h"
#include "session/host.h"
#include "session/seat.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/** struct natgw_host_key - which host, of which gateway */
struct natgw_host_key {
	struct natgw_gateway *gw;
	__be32 addr;
	u32 vnet;
};

/**
 * struct natgw_host - one inside host of a gateway that counts its hosts
 * @node: in the table
 * @key: who it is
 * @lock: the rest, and NATGW_SESSION_CHARGED of its sessions
 * @sessions: charged to it
 * @holder: its seat
 * @idle: jiffies since when @sessions is 0
 * @proven: it has completed a TCP handshake, so nobody inside alone has invented it
 * @dead: out of the table
 * @rcu: used once @dead
 */
struct natgw_host {
	struct natgw_node node;
	struct natgw_host_key key;
	spinlock_t lock;	/* see above */
	u32 sessions;
	struct natgw_seat_holder holder;
	unsigned long idle;
	bool proven;
	bool dead;
	struct rcu_head rcu;
};

#define HOST_TRIES	16
#define HOST_COST	(sizeof(struct natgw_host) + NATGW_BUDGET_NODE)

static struct kmem_cache *host_cache __read_mostly;
static struct natgw_hash_key host_hash_key __read_mostly;

static struct natgw_host *host_of(const struct natgw_node *node)
{
	return container_of(node, struct natgw_host, node);
}

static u32 key_hash(const struct natgw_host_key *key)
{
	return natgw_hash((unsigned long)key->gw,
			  (u64)key->vnet << 32 | (__force u32)key->addr, &host_hash_key);
}

static u32 node_hash(const struct natgw_node *node)
{
	return key_hash(&host_of(node)->key);
}

static bool node_is(const struct natgw_node *node, const void *data)
{
	const struct natgw_host_key *key = data, *other = &host_of(node)->key;

	return key->gw == other->gw && key->addr == other->addr && key->vnet == other->vnet;
}

static const struct natgw_buckets_ops host_ops = {
	.hash = node_hash,
	.is = node_is,
};

static struct natgw_host *lookup(struct natgw_table *table, const struct natgw_host_key *key)
{
	struct natgw_node *node;

	node = natgw_buckets_find(&table->hosts, &host_ops, key_hash(key), key);
	return node ? host_of(node) : NULL;
}

static struct natgw_host_key session_key(const struct natgw_session *session)
{
	return (struct natgw_host_key) {
		.gw = session->gw,
		.addr = session->inside.host,
		.vnet = session->inside.vnet,
	};
}

static void host_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(host_cache, container_of(rcu, struct natgw_host, rcu));
}

static struct natgw_host *host_make(struct natgw_table *table, const struct natgw_host_key *key)
{
	struct natgw_node *other;
	struct natgw_host *host;

	local_bh_disable();
	if (!natgw_budget_take(table->budget, HOST_COST)) {
		local_bh_enable();
		return NULL;
	}
	host = kmem_cache_zalloc(host_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!host)
		goto give_back;
	host->key = *key;
	host->holder.seat = NATGW_NO_SEAT;
	host->holder.addr = key->addr;
	host->holder.vnet = key->vnet;
	spin_lock_init(&host->lock);
	other = natgw_buckets_insert(&table->hosts, &host->node, &host_ops, key_hash(key), key);
	/* pairs with the barrier of setting DEAD, see natgw_host_discharge() */
	smp_mb();
	if (!other) {
		local_bh_enable();
		return host;
	}
	kmem_cache_free(host_cache, host);
	host = IS_ERR(other) ? NULL : host_of(other);
give_back:
	natgw_budget_give(table->budget, HOST_COST);
	local_bh_enable();
	return host;
}

static struct natgw_host *host_get(struct natgw_table *table, const struct natgw_host_key *key)
{
	struct natgw_host *host = lookup(table, key);

	return host ?: host_make(table, key);
}

/* before its lock is given back: one without sessions and seat goes */
static void host_settle(struct natgw_table *table, struct natgw_host *host)
{
	if (host->sessions || READ_ONCE(host->holder.seat) != NATGW_NO_SEAT || host->dead)
		return;
	host->dead = true;
	natgw_buckets_remove(&table->hosts, &host->node, key_hash(&host->key));
	natgw_budget_give(table->budget, HOST_COST);
	call_rcu(&host->rcu, host_free_rcu);
}

/* under its lock: a seat that has a block, or what stands for one. Return: 0, -EDQUOT, -ENOMEM */
static int host_sit(struct natgw_table *table, struct natgw_host *host,
		    const struct natgw_pool *pool, u32 *seat)
{
	int err = natgw_seat_take(table, pool, &host->holder, host->proven);

	*seat = READ_ONCE(host->holder.seat);
	if (err == -EAGAIN)
		*seat = NATGW_SPARE_SEAT;
	else if (err == -ENOSPC && pool->allocation == NATGW_ALLOCATION_PREALLOCATED)
		return -EDQUOT;
	/* with a floor, but none of its own, it has what all share */
	return err && err != -EAGAIN && err != -ENOSPC ? -ENOMEM : 0;
}

bool natgw_host_is_proof(const struct natgw_session *session)
{
	return natgw_l4(session->inside.proto)->connects &&
	       test_bit(NATGW_SESSION_ANSWERED, &session->flags) &&
	       !test_bit(NATGW_SESSION_SYN, &session->flags);
}

/* Return: 0, -EDQUOT, -ENOMEM; -EAGAIN: the host has just gone */
static int host_try_charge(struct natgw_table *table, const struct natgw_host_key *key,
			   struct natgw_session *session, const struct natgw_pool *pool,
			   u32 limit, u32 *seat)
{
	struct natgw_host *host = host_get(table, key);
	int err = 0;

	if (!host)
		return -ENOMEM;
	spin_lock_bh(&host->lock);
	if (host->dead)
		err = -EAGAIN;
	else if (limit && host->sessions >= limit)
		err = -EDQUOT;
	else if (pool && pool->allocation != NATGW_ALLOCATION_DYNAMIC)
		err = host_sit(table, host, pool, seat);
	if (!err && !test_bit(NATGW_SESSION_DEAD, &session->flags) &&
	    !test_and_set_bit(NATGW_SESSION_CHARGED, &session->flags))
		WRITE_ONCE(host->sessions, host->sessions + 1);
	/* of a gateway that begins to count */
	if (natgw_host_is_proof(session))
		WRITE_ONCE(host->proven, true);
	host_settle(table, host);
	spin_unlock_bh(&host->lock);
	return err;
}

int natgw_host_charge_counted(struct natgw_table *table, struct natgw_session *session,
			      const struct natgw_pool *pool, u32 limit, u32 *seat)
{
	const struct natgw_host_key key = session_key(session);
	unsigned int tries;
	int err;

	for (tries = 0; tries < HOST_TRIES; tries++) {
		err = host_try_charge(table, &key, session, pool, limit, seat);
		if (err != -EAGAIN)
			return err;
	}
	return -ENOMEM;
}

static struct natgw_host *host_find(struct natgw_table *table, const struct natgw_gateway *gw,
				    const struct natgw_tuple *inside)
{
	const struct natgw_host_key key = {
		.gw = (struct natgw_gateway *)gw,
		.addr = inside->host,
		.vnet = inside->vnet,
	};

	return lookup(table, &key);
}

bool natgw_host_full(struct natgw_table *table, const struct natgw_gateway *gw,
		     const struct natgw_tuple *inside, u32 limit)
{
	const struct natgw_host *host = limit ? host_find(table, gw, inside) : NULL;

	return host && READ_ONCE(host->sessions) >= limit;
}

u32 natgw_host_seat(struct natgw_table *table, const struct natgw_gateway *gw,
		    const struct natgw_tuple *inside)
{
	const struct natgw_host *host = host_find(table, gw, inside);

	return host ? READ_ONCE(host->holder.seat) : NATGW_NO_SEAT;
}

void natgw_host_prove(struct natgw_table *table, struct natgw_session *session)
{
	const struct natgw_host_key key = session_key(session);
	const struct natgw_pool *pool;
	struct natgw_host *host;

	host = lookup(table, &key);
	if (!host || READ_ONCE(host->proven))
		return;
	pool = natgw_place_pool(rcu_dereference(table->nn->config), session->gw);
	spin_lock_bh(&host->lock);
	if (!host->dead) {
		WRITE_ONCE(host->proven, true);
		/* if that fails, with its next flow */
		if (pool && pool->allocation != NATGW_ALLOCATION_DYNAMIC)
			natgw_seat_take(table, pool, &host->holder, true);
	}
	spin_unlock_bh(&host->lock);
}

void natgw_host_discharge(struct natgw_table *table, struct natgw_session *session)
{
	const struct natgw_host_key key = session_key(session);
	struct natgw_host *host;

	/*
	 * The session is DEAD, or only its maker has it. DEAD was set by an atomic
	 * operation with a full barrier: either the census sees it, or the census'
	 * host is seen here.
	 */
	if (!natgw_buckets_count(&table->hosts))
		return;
	host = lookup(table, &key);
	if (!host)
		return;
	spin_lock_bh(&host->lock);
	if (test_and_clear_bit(NATGW_SESSION_CHARGED, &session->flags))
		WRITE_ONCE(host->sessions, host->sessions - 1);
	if (!host->sessions) {
		host->idle = jiffies;
		if (!host->proven)
			natgw_seat_release(host->key.gw, &host->holder);
	}
	host_settle(table, host);
	spin_unlock_bh(&host->lock);
}

static bool census_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	const struct natgw_gateway *gw = data;
	u32 seat;

	if (session->gw != gw || test_bit(NATGW_SESSION_CHARGED, &session->flags))
		return false;
	/* no limit: the host may already have more sessions than a new limit allows */
	return !natgw_host_charge_counted(table, session, NULL, 0, &seat) &&
	       test_bit(NATGW_SESSION_CHARGED, &session->flags);
}

void natgw_host_census(struct natgw_table *table, const struct natgw_gateway *gw)
{
	natgw_session_each(table, census_one, (void *)gw);
}

/* what to do with each host, under its lock */
struct host_each {
	struct natgw_table *table;
	void (*each)(struct natgw_host *host, void *data);
	void *data;
};

static bool host_one(struct natgw_node *node, void *data)
{
	const struct host_each *what = data;
	struct natgw_host *host = host_of(node);
	bool gone = false;

	spin_lock_bh(&host->lock);
	if (!host->dead) {
		what->each(host, what->data);
		host_settle(what->table, host);
		gone = host->dead;
	}
	spin_unlock_bh(&host->lock);
	return gone;
}

/* May see one twice. Context: process */
static void each_host(struct natgw_table *table,
		      void (*each)(struct natgw_host *host, void *data), void *data)
{
	struct host_each what = { .table = table, .each = each, .data = data };

	natgw_walk_passes(&table->hosts, host_one, &what);
}

static void forget_one(struct natgw_host *host, void *data)
{
	if (host->key.gw == data)
		natgw_seat_release(host->key.gw, &host->holder);
}

void natgw_host_forget(struct natgw_table *table, const struct natgw_gateway *gw)
{
	each_host(table, forget_one, (void *)gw);
}

static void reap_one(struct natgw_host *host, void *data)
{
	const unsigned long *hold = data;

	if (!host->sessions && time_after_eq(jiffies, host->idle + *hold))
		natgw_seat_release(host->key.gw, &host->holder);
}

void natgw_host_reap(struct natgw_table *table, unsigned long hold)
{
	each_host(table, reap_one, &hold);
}

/** struct close_up - of one gateway */
struct close_up {
	const struct natgw_pool *pool;
	u32 near;
	u32 top;
};

static void close_up_one(struct natgw_host *host, void *data)
{
	struct close_up *close_up = data;

	if (host->key.gw != close_up->pool->gw)
		return;
	/* under the host's lock none becomes firm, or ceases to be */
	if (!READ_ONCE(host->holder.firm)) {
		natgw_seat_clear(close_up->pool, &host->holder);
		return;
	}
	close_up->top = max(close_up->top,
			    natgw_seat_move(host->key.gw, &host->holder, close_up->near) + 1);
}

u32 natgw_host_close_up(struct natgw_table *table, const struct natgw_pool *pool, u32 near)
{
	struct close_up close_up = {
		.pool = pool,
		.near = near,
	};

	each_host(table, close_up_one, &close_up);
	return close_up.top;
}

bool natgw_host_look(struct natgw_node *node, struct natgw_host_info *info)
{
	struct natgw_host *host = host_of(node);
	bool there;

	spin_lock_bh(&host->lock);
	there = !host->dead;
	*info = (struct natgw_host_info) {
		.gw = host->key.gw,
		.addr = host->key.addr,
		.vnet = host->key.vnet,
		.seat = READ_ONCE(host->holder.seat),
	};
	spin_unlock_bh(&host->lock);
	return there;
}

u64 natgw_host_bytes(const struct natgw_table *table)
{
	return natgw_buckets_bytes(&table->hosts, kmem_cache_size(host_cache));
}

int natgw_host_net_init(struct natgw_table *table)
{
	return natgw_buckets_init(&table->hosts, &host_ops, NATGW_BUCKETS_FIRST, 0);
}

static void host_free(struct natgw_node *node, void *arg)
{
	struct natgw_table *table = arg;

	natgw_budget_give(table->budget, HOST_COST);
	kmem_cache_free(host_cache, host_of(node));
}

void natgw_host_net_exit(struct natgw_table *table)
{
	natgw_buckets_destroy(&table->hosts, host_free, table);
}

int natgw_host_module_init(void)
{
	natgw_hash_key_init(&host_hash_key);
	host_cache = KMEM_CACHE(natgw_host, SLAB_HWCACHE_ALIGN);
	return host_cache ? 0 : -ENOMEM;
}

void natgw_host_module_exit(void)
{
	kmem_cache_destroy(host_cache);
}
