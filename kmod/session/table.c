// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the two resizable hash tables over the sessions of a namespace: by the inside
 * tuple, and by the outside one, where an insertion reserves a port. Called by packets,
 * by the other files of this room, and by who walks over sessions.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include "lib/hash.h"
#include "lib/walk.h"
#include "session/destination.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/l4.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

struct natgw_hash_key natgw_session_hash_key __read_mostly;
struct natgw_hash_key natgw_destination_hash_key __read_mostly;

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
	.min_size = NATGW_TABLE_MIN,
	.automatic_shrinking = true,
};

static const struct rhashtable_params inner_params = {
	.key_len = sizeof(struct session_key),
	.head_offset = offsetof(struct natgw_session, inner),
	.hashfn = key_hash,
	.obj_hashfn = inner_obj_hash,
	.obj_cmpfn = inner_cmp,
	.min_size = NATGW_TABLE_MIN,
	.automatic_shrinking = true,
};

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

/* a new flow does this, and the functions of the table cost half when they know theirs */
__flatten struct natgw_session *natgw_session_outer_insert(struct natgw_table *table,
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
	if (!holder && natgw_l4(tuple.proto)->by_address) {
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

	if (likely(session || !natgw_l4(tuple->proto)->by_address ||
		   !atomic_read(&table->by_address)))
		return session;
	return lookup_by_address(table, tuple);
}

__flatten int natgw_session_inner_insert(struct natgw_table *table, struct natgw_session *session)
{
	const struct session_key key = { .tuple = &session->inside, .hash = session->hash };

	return rhashtable_lookup_insert_key(&table->inner, &key, &session->inner, inner_params);
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

int natgw_session_tables_init(struct natgw_table *table, u16 hint)
{
	struct rhashtable_params outer = outer_params, inner = inner_params;
	int err;

	outer.nelem_hint = hint;
	inner.nelem_hint = hint;
	err = rhashtable_init(&table->outer, &outer);
	if (err)
		return err;
	err = rhashtable_init(&table->inner, &inner);
	if (err)
		rhashtable_destroy(&table->outer);
	return err;
}

void natgw_session_tables_destroy(struct natgw_table *table,
				  void (*end)(void *session, void *table))
{
	rhashtable_destroy(&table->inner);
	rhashtable_free_and_destroy(&table->outer, end, table);
}

void natgw_session_tables_module_init(void)
{
	natgw_hash_key_init(&natgw_session_hash_key);
	natgw_hash_key_init(&natgw_destination_hash_key);
}
