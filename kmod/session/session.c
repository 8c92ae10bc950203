// SPDX-License-Identifier: GPL-2.0
/*
 * The session table: two resizable hash tables over one object.
 *
 * A session is made in softirq, under the RCU read lock, in this order: insert
 * in the outer table (which reserves its port), insert in the inner table, put
 * in the timer wheel and set READY. Until READY nobody but its maker touches
 * it, so the maker may take it back. From then on whoever sets DEAD first takes
 * it out of everything and frees it by RCU.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/natgw.h>
#include <linux/slab.h>
#include "lib/budget.h"
#include "lib/hash.h"
#include "lib/walk.h"
#include "session/destination.h"
#include "session/gc.h"
#include "session/host.h"
#include "session/session.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/table.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

static unsigned int sessions_max;
module_param(sessions_max, uint, 0444);
MODULE_PARM_DESC(sessions_max, "most sessions of a network namespace (default: 1/8 of memory)");

static unsigned int user_sessions_max = 4096;
module_param(user_sessions_max, uint, 0444);
MODULE_PARM_DESC(user_sessions_max,
		 "most sessions of a network namespace that another user namespace than the initial one owns (default: 4096)");

static unsigned int sessions_hint;
module_param(sessions_hint, uint, 0444);
MODULE_PARM_DESC(sessions_hint,
		 "sessions that the tables of a network namespace have room for at the start, up to 65535");

/* what a session is paid for with: it is in both tables */
#define SESSION_COST	(sizeof(struct natgw_session) + 2 * NATGW_BUDGET_NODE)

/* the same with a destination of its own, for the default cap */
#define SESSION_COST_MOST	320

/* tables of a namespace that has no session yet: the wheel, and the first buckets */
#define TABLE_COST	(NATGW_WHEEL_LANES * sizeof(struct natgw_wheel_lane) + \
			 2 * TABLE_MIN * sizeof(void *))
#define TABLE_MIN	1024

static struct kmem_cache *session_cache __read_mostly;
struct natgw_hash_key natgw_session_hash_key __read_mostly;

/**
 * struct session_key - what the hash tables search by
 * @tuple: inside or outside tuple
 * @hash: its hash, computed once a packet, and kept for when a table grows
 * @by_address: outer table: a session of a destination by address, whatever its port
 */
struct session_key {
	const struct natgw_tuple *tuple;
	u32 hash;
	bool by_address;
};

/*
 * A hash by destination is keyed, and part of the destination. Its sessions
 * differ in address and port, which nobody outside can choose.
 */
static u32 outer_hash(u32 destination, __be32 public, __be16 port)
{
	return hash_64((u64)destination << 32 | ((__force u32)public ^ (__force u32)port), 32);
}

/* tables differ in @seed so that one does not inherit the other's long chains */
static u32 key_hash(const void *data, u32 len, u32 seed)
{
	const struct session_key *key = data;

	return key->hash ^ seed;
}

static u32 inner_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct natgw_session *session = data;

	return session->hash ^ seed;
}

static u32 outer_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct natgw_session *session = data;

	/* the destination outlives the session's place in the table */
	return outer_hash(session->destination->hash, session->public, session->port) ^ seed;
}

/* every packet asks: a call costs more than the comparison */
static __always_inline int inner_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct natgw_tuple *key = ((const struct session_key *)arg->key)->tuple;
	const struct natgw_session *session = obj;

	return !natgw_tuple_equal(key, &session->inside);
}

static int outer_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct natgw_tuple *key = ((const struct session_key *)arg->key)->tuple;
	const struct natgw_session *session = obj;

	if (key->host != session->public || key->peer != session->inside.peer ||
	    key->host_port != session->port || key->proto != session->inside.proto)
		return 1;
	if (unlikely(((const struct session_key *)arg->key)->by_address))
		return !natgw_destination_by_address(session->destination);
	return key->peer_port != session->inside.peer_port;
}

static const struct rhashtable_params outer_params = {
	.key_len = sizeof(struct session_key),
	.head_offset = offsetof(struct natgw_session, outer),
	.hashfn = key_hash,
	.obj_hashfn = outer_obj_hash,
	.obj_cmpfn = outer_cmp,
	.min_size = TABLE_MIN,
	.automatic_shrinking = true,
};

static const struct rhashtable_params inner_params = {
	.key_len = sizeof(struct session_key),
	.head_offset = offsetof(struct natgw_session, inner),
	.hashfn = key_hash,
	.obj_hashfn = inner_obj_hash,
	.obj_cmpfn = inner_cmp,
	.min_size = TABLE_MIN,
	.automatic_shrinking = true,
};

static void session_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(session_cache, container_of(rcu, struct natgw_session, rcu));
}

struct natgw_session *natgw_session_new(struct natgw_table *table,
					const struct natgw_tuple *inside, u32 hash)
{
	struct natgw_session *session;

	if (natgw_session_count(table) >= table->max ||
	    !natgw_budget_take(table->budget, SESSION_COST))
		return NULL;
	session = kmem_cache_zalloc(session_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!session) {
		natgw_budget_give(table->budget, SESSION_COST);
		return NULL;
	}
	session->inside = *inside;
	session->hash = hash;
	session->created = (u32)jiffies;
	session->last = (u32)jiffies;
	return session;
}

bool natgw_session_has_room(const struct natgw_table *table)
{
	return natgw_session_count(table) < table->max &&
	       natgw_budget_has_room(table->budget, SESSION_COST);
}

void natgw_session_discard(struct natgw_table *table, struct natgw_session *session)
{
	natgw_budget_give(table->budget, SESSION_COST);
	/* nearly always it was never in a table: nobody else has seen it */
	if (test_bit(NATGW_SESSION_SHOWN, &session->flags))
		call_rcu(&session->rcu, session_free_rcu);
	else
		kmem_cache_free(session_cache, session);
}

/*
 * The holder of an outside tuple among the sessions of destinations by address:
 * there the hash leaves out the port of the peer.
 */
static struct natgw_session *lookup_by_address(struct natgw_table *table,
					       const struct natgw_tuple *tuple)
{
	struct natgw_tuple peer = *tuple;
	struct session_key key = { .tuple = tuple };

	peer.peer_port = 0;
	key.hash = outer_hash(natgw_destination_hash(&peer), tuple->host, tuple->host_port);
	return rhashtable_lookup(&table->outer, &key, outer_params);
}

static struct natgw_session *lookup_plain(struct natgw_table *table,
					  const struct natgw_tuple *tuple)
{
	const struct session_key key = {
		.tuple = tuple,
		.hash = outer_hash(natgw_destination_hash(tuple), tuple->host, tuple->host_port),
	};

	return rhashtable_lookup(&table->outer, &key, outer_params);
}

/*
 * UDP has sessions of destinations by address and of others, under different
 * locks and hashes, where a gateway changed its allocation or an address its
 * gateway. Each looks for the other kind after it is in the table itself, so of
 * two at least one sees the other and goes.
 */
static struct natgw_session *other_kind(struct natgw_table *table,
					struct natgw_session *session,
					const struct natgw_tuple *tuple)
{
	struct natgw_session *other = NULL;

	/* pairs with itself: own entry, and @by_address, before the look */
	smp_mb();
	if (natgw_destination_by_address(session->destination))
		other = lookup_plain(table, tuple);
	else if (atomic_read(&table->by_address))
		other = lookup_by_address(table, tuple);
	return other == session ? NULL : other;
}

struct natgw_session *natgw_session_outer_insert(struct natgw_table *table,
						 struct natgw_session *session)
{
	const struct natgw_tuple tuple = natgw_session_tuple_outer(session);
	const struct session_key key = {
		.tuple = &tuple,
		.hash = outer_hash(session->destination->hash, tuple.host, tuple.host_port),
		.by_address = natgw_destination_by_address(session->destination),
	};
	struct natgw_session *holder;

	lockdep_assert_held(&session->destination->lock);
	if (key.by_address)
		atomic_inc(&table->by_address);
	holder = rhashtable_lookup_get_insert_key(&table->outer, &key, &session->outer,
						  outer_params);
	if (!holder && tuple.proto == IPPROTO_UDP) {
		holder = other_kind(table, session, &tuple);
		if (unlikely(holder)) {
			set_bit(NATGW_SESSION_SHOWN, &session->flags);
			rhashtable_remove_fast(&table->outer, &session->outer, outer_params);
		}
	}
	if (key.by_address && holder)
		atomic_dec(&table->by_address);
	return holder;
}

void natgw_session_outer_remove(struct natgw_table *table, struct natgw_session *session)
{
	lockdep_assert_held(&session->destination->lock);
	rhashtable_remove_fast(&table->outer, &session->outer, outer_params);
	if (natgw_destination_by_address(session->destination))
		atomic_dec(&table->by_address);
}

struct natgw_session *natgw_session_outer_holder(struct natgw_table *table,
						 const struct natgw_destination *destination,
						 __be32 public, __be16 port)
{
	const struct natgw_tuple tuple = {
		.host = public,
		.peer = destination->peer,
		.host_port = port,
		.peer_port = destination->peer_port,
		.proto = destination->proto,
	};
	const struct session_key key = {
		.tuple = &tuple,
		.hash = outer_hash(destination->hash, public, port),
		.by_address = natgw_destination_by_address(destination),
	};

	lockdep_assert_held(&destination->lock);
	return rhashtable_lookup(&table->outer, &key, outer_params);
}

struct natgw_session *natgw_session_outer_lookup(struct natgw_table *table,
						 const struct natgw_tuple *tuple)
{
	struct natgw_session *session = lookup_plain(table, tuple);

	if (likely(session || tuple->proto != IPPROTO_UDP || !atomic_read(&table->by_address)))
		return session;
	return lookup_by_address(table, tuple);
}

int natgw_session_insert(struct natgw_table *table, struct natgw_session *session)
{
	const struct session_key key = { .tuple = &session->inside, .hash = session->hash };
	int err;

	err = rhashtable_lookup_insert_key(&table->inner, &key, &session->inner, inner_params);
	if (err) {
		/* readers that found it by its outside tuple saw it was not READY */
		natgw_destination_release(table, session);
		natgw_host_discharge(table, session);
		natgw_budget_give(table->budget, SESSION_COST);
		call_rcu(&session->rcu, session_free_rcu);
		return err == -EEXIST ? err : -ENOMEM;
	}
	this_cpu_inc(session->gw->counters->opened);
	this_cpu_inc(session->address->counters->opened);
	this_cpu_inc(session->subnet->counters->opened);
	natgw_gc_add(table, session);
	return 0;
}

void natgw_session_detach(struct natgw_table *table, struct natgw_session *session)
{
	if (test_and_set_bit(NATGW_SESSION_DETACHED, &session->flags))
		return;
	rhashtable_remove_fast(&table->inner, &session->inner, inner_params);
}

struct natgw_session *natgw_session_find_inner(struct natgw_table *table,
					       const struct natgw_tuple *tuple, u32 hash)
{
	const struct session_key key = { .tuple = tuple, .hash = hash };

	/*
	 * One that is not READY may translate already: all that a packet reads
	 * was written before it came into the table.
	 */
	return rhashtable_lookup(&table->inner, &key, inner_params);
}

struct natgw_session *natgw_session_find_outer(struct natgw_table *table,
					       const struct natgw_tuple *tuple)
{
	struct natgw_session *session;

	session = natgw_session_outer_lookup(table, tuple);
	if (!session || !test_bit(NATGW_SESSION_READY, &session->flags))
		return NULL;
	return session;
}

static u32 cooldown_after_idle(const struct natgw_session *session)
{
	const struct natgw_gateway *gw = session->gw;

	switch (session->timer) {
	case NATGW_TIMER_HALF_OPEN:
		return READ_ONCE(gw->timeout[NATGW_COOLDOWN_HALF_OPEN]);
	case NATGW_TIMER_CLOSING:
		return READ_ONCE(gw->timeout[NATGW_COOLDOWN_FIN]);
	case NATGW_TIMER_UDP:
	case NATGW_TIMER_ICMP:
		return READ_ONCE(gw->timeout[NATGW_COOLDOWN_UDP]);
	default:
		/* an established TCP flow that idles out frees its port at once */
		return 0;
	}
}

static int ticking(u32 age, u32 total, enum natgw_state state, u32 *left)
{
	if (left)
		*left = total - age;
	return state;
}

static u32 cooldown_after_end(const struct natgw_session *session, u8 end)
{
	const u32 *timeout = session->gw->timeout;

	if (end == NATGW_END_FIN)
		return READ_ONCE(timeout[NATGW_COOLDOWN_FIN]);
	/* the far end may go on sending, so at least as long as after a reset */
	if (end == NATGW_END_UPLINK)
		return max(cooldown_after_idle(session), READ_ONCE(timeout[NATGW_COOLDOWN_RST]));
	return READ_ONCE(timeout[NATGW_COOLDOWN_RST]);
}

int natgw_session_state(const struct natgw_session *session, u32 *left)
{
	u32 age = (u32)jiffies - READ_ONCE(session->last);
	const struct natgw_gateway *gw = session->gw;
	u8 timer = READ_ONCE(session->timer);
	u8 end = READ_ONCE(session->end);
	u32 timeout, total;

	if (end != NATGW_END_NONE) {
		total = cooldown_after_end(session, end);
		return age < total ? ticking(age, total, NATGW_STATE_COOLING, left) : -1;
	}
	timeout = READ_ONCE(gw->timeout[timer]);
	if (age < timeout) {
		if (timer == NATGW_TIMER_HALF_OPEN)
			return ticking(age, timeout, NATGW_STATE_HALF_OPEN, left);
		if (timer == NATGW_TIMER_CLOSING)
			return ticking(age, timeout, NATGW_STATE_CLOSING, left);
		return ticking(age, timeout, NATGW_STATE_ESTABLISHED, left);
	}
	total = timeout + cooldown_after_idle(session);
	return age < total ? ticking(age, total, NATGW_STATE_COOLING, left) : -1;
}

bool natgw_session_kill(struct natgw_table *table, struct natgw_session *session)
{
	if (!test_bit(NATGW_SESSION_READY, &session->flags))
		return false;
	if (test_and_set_bit(NATGW_SESSION_DEAD, &session->flags))
		return false;
	natgw_gc_remove(table, session);
	natgw_session_detach(table, session);
	natgw_destination_release(table, session);
	natgw_host_discharge(table, session);
	this_cpu_inc(session->gw->counters->ended);
	this_cpu_inc(session->address->counters->ended);
	this_cpu_inc(session->subnet->counters->ended);
	natgw_budget_give(table->budget, SESSION_COST);
	call_rcu(&session->rcu, session_free_rcu);
	return true;
}

bool natgw_session_end(struct natgw_table *table, struct natgw_session *session)
{
	bool ended = READ_ONCE(session->end) != NATGW_END_NONE;

	if (!natgw_session_kill(table, session))
		return false;
	if (!ended) {
		this_cpu_inc(session->gw->counters->closed);
		this_cpu_inc(session->address->counters->closed);
	}
	return true;
}

bool natgw_session_stop(struct natgw_table *table, struct natgw_session *session,
			enum natgw_end end)
{
	int state = natgw_session_state(session, NULL);

	if (state < 0 || state == NATGW_STATE_COOLING ||
	    cmpxchg(&session->end, NATGW_END_NONE, end) != NATGW_END_NONE)
		return false;
	WRITE_ONCE(session->last, (u32)jiffies);
	this_cpu_inc(session->gw->counters->closed);
	this_cpu_inc(session->address->counters->closed);
	natgw_destination_cools(session, true);
	natgw_gc_touch(table, session);
	return true;
}

/* What the buckets of a hash table really take */
static u64 bucket_bytes(const struct bucket_table *tbl)
{
	size_t bytes = struct_size(tbl, buckets, tbl->size);

	/* up to some size the page allocator gives powers of two */
	return is_vmalloc_addr(tbl) ? PAGE_ALIGN(bytes) : kmalloc_size_roundup(bytes);
}

u64 natgw_table_bytes(const struct rhashtable *ht, size_t entry)
{
	const struct bucket_table *tbl;
	u64 bytes;

	rcu_read_lock();
	tbl = rcu_dereference(ht->tbl);
	bytes = bucket_bytes(tbl);
	rcu_read_unlock();
	return bytes + (u64)atomic_read(&ht->nelems) * entry;
}

u64 natgw_session_bytes(const struct natgw_net *nn)
{
	const struct natgw_table *table = &nn->table;

	if (!table->lane)
		return 0;
	/* a session is in both */
	return natgw_table_bytes(&table->outer, kmem_cache_size(session_cache)) +
	       natgw_table_bytes(&table->inner, 0) +
	       natgw_destination_bytes(table) + natgw_host_bytes(table) +
	       NATGW_WHEEL_LANES * sizeof(*table->lane);
}

static bool session_carried(const struct natgw_config *config,
			    const struct natgw_session *session)
{
	const struct natgw_subnet_range *range;
	const struct natgw_public *public;
	const struct natgw_vnet_view *view;

	public = natgw_lookup_public(config, session->public);
	if (!public || public->address != session->address || public->gw != session->gw)
		return false;
	view = natgw_place_view(config, session->subnet->vnet);
	if (!view)
		return false;
	range = natgw_lookup_subnet(view, session->inside.host);
	return range && range->subnet == session->subnet;
}

/* what to do with each session */
struct session_each {
	struct natgw_table *table;
	bool (*each)(struct natgw_table *table, struct natgw_session *session, void *data);
	void *data;
};

static bool session_one(void *entry, void *data)
{
	const struct session_each *what = data;
	struct natgw_session *session = entry;

	/* until then only its maker may touch it */
	return test_bit(NATGW_SESSION_READY, &session->flags) &&
	       what->each(what->table, session, what->data);
}

void natgw_session_each(struct natgw_table *table,
			bool (*each)(struct natgw_table *table, struct natgw_session *session,
				     void *data),
			void *data)
{
	struct session_each what = { .table = table, .each = each, .data = data };

	natgw_walk_passes(&table->outer, session_one, &what);
}

static bool purge_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	return !session_carried(data, session) && natgw_session_end(table, session);
}

void natgw_session_purge(struct natgw_net *nn, const struct natgw_config *config)
{
	natgw_session_each(&nn->table, purge_one, (void *)config);
}

void natgw_session_reopen(struct natgw_table *table, struct natgw_session *session)
{
	natgw_destination_cools(session, false);
	clear_bit(NATGW_SESSION_RESET, &session->flags);
	clear_bit(NATGW_SESSION_FIN_OUT, &session->flags);
	clear_bit(NATGW_SESSION_FIN_IN, &session->flags);
	clear_bit(NATGW_SESSION_STAMPED, &session->flags);
	WRITE_ONCE(session->created, (u32)jiffies);
	WRITE_ONCE(session->last, (u32)jiffies);
	/* others follow its segments from here on, and find all of the above */
	smp_store_release(&session->end, NATGW_END_NONE);
	natgw_gc_touch(table, session);
}

static u32 default_max(const struct net *net)
{
	u64 max = sessions_max;

	if (!max)
		max = div_u64((u64)totalram_pages() << (PAGE_SHIFT - 3),
			      SESSION_COST_MOST);
	if (natgw_budget_guest(net))
		max = min_t(u64, max, user_sessions_max);
	return min_t(u64, max, 1U << 30);
}

int natgw_session_net_init(struct natgw_net *nn)
{
	struct rhashtable_params outer = outer_params, inner = inner_params;
	struct natgw_table *table = &nn->table;
	int err;

	table->nn = nn;
	table->budget = natgw_budget_of(nn->net);
	if (!natgw_budget_take(table->budget, TABLE_COST))
		return -ENOSPC;
	table->max = default_max(nn->net);
	outer.nelem_hint = min_t(u32, sessions_hint, U16_MAX);
	inner.nelem_hint = outer.nelem_hint;
	err = rhashtable_init(&table->outer, &outer);
	if (err)
		goto err_budget;
	err = rhashtable_init(&table->inner, &inner);
	if (err)
		goto err_outer;
	err = natgw_destination_net_init(table);
	if (err)
		goto err_inner;
	err = natgw_host_net_init(table);
	if (err)
		goto err_destination;
	err = natgw_gc_init(table);
	if (err)
		goto err_host;
	return 0;

err_host:
	natgw_host_net_exit(table);
err_destination:
	natgw_destination_net_exit(table);
err_inner:
	rhashtable_destroy(&table->inner);
err_outer:
	rhashtable_destroy(&table->outer);
err_budget:
	table->max = 0;
	natgw_budget_give(table->budget, TABLE_COST);
	return err;
}

static void session_free(void *ptr, void *arg)
{
	struct natgw_table *table = arg;

	natgw_budget_give(table->budget, SESSION_COST);
	kmem_cache_free(session_cache, ptr);
}

/*
 * The hooks are gone and a grace period has passed: no packet holds a session
 * and none is being made. Those already DEAD are not in the tables; RCU frees
 * them, and the module waits for that with rcu_barrier().
 */
void natgw_session_net_exit(struct natgw_net *nn)
{
	struct natgw_table *table = &nn->table;

	natgw_gc_exit(table);
	rhashtable_destroy(&table->inner);
	rhashtable_free_and_destroy(&table->outer, session_free, table);
	natgw_destination_net_exit(table);
	natgw_host_net_exit(table);
	table->max = 0;
	natgw_budget_give(table->budget, TABLE_COST);
}

int natgw_session_module_init(void)
{
	int err;

	BUILD_BUG_ON(sizeof(struct natgw_tuple) != 16);
	BUILD_BUG_ON(sizeof(struct natgw_session) > 128);

	get_random_bytes(&natgw_session_hash_key, sizeof(natgw_session_hash_key));
	session_cache = KMEM_CACHE(natgw_session, SLAB_HWCACHE_ALIGN);
	if (!session_cache)
		return -ENOMEM;
	err = natgw_destination_module_init();
	if (err)
		goto err_session;
	err = natgw_host_module_init();
	if (err)
		goto err_destination;
	return 0;

err_destination:
	natgw_destination_module_exit();
err_session:
	kmem_cache_destroy(session_cache);
	return err;
}

/* Every call_rcu() of a session must have run: rcu_barrier() first. */
void natgw_session_module_exit(void)
{
	natgw_host_module_exit();
	natgw_destination_module_exit();
	kmem_cache_destroy(session_cache);
}
