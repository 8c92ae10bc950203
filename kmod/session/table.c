// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the two hash tables over the sessions of a namespace: by the inside
 * tuple, and by the outside one, where an insertion reserves a port. Called by packets,
 * by the other files of this room, and by who walks over sessions.
 */
#include <linux/atomic.h>
#include <linux/random.h>
#include "lib/buckets.h"
#include "lib/hash.h"
#include "lib/walk.h"
#include "session/destination.h"
#include "session/session.h"
#include "session/table.h"
#include "session/table_insert.h"
#include "snapshot/l4.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

struct natgw_hash_key natgw_session_hash_key __read_mostly;
struct natgw_hash_key natgw_destination_hash_key __read_mostly;

/**
 * struct outer_key - what the outer table is searched by
 * @tuple: outside tuple
 * @by_address: a session of a destination by address, whatever its port
 */
struct outer_key {
	const struct natgw_tuple *tuple;
	bool by_address;
};

static struct natgw_session *inner_session(const struct natgw_node *node)
{
	return container_of(node, struct natgw_session, inner);
}

static bool outer_is(const struct natgw_node *node, const void *data)
{
	const struct natgw_session *session = natgw_session_of_node(node);
	const struct outer_key *key = data;
	const struct natgw_tuple *tuple = key->tuple;

	if (tuple->host != session->public || tuple->peer != session->inside.peer ||
	    tuple->host_port != session->port || tuple->proto != session->inside.proto)
		return false;
	if (unlikely(key->by_address))
		return natgw_destination_by_address(session->destination);
	return tuple->peer_port == session->inside.peer_port;
}

static const struct natgw_buckets_ops outer_ops = {
	.hash = natgw_session_outer_node_hash,
	.is = outer_is,
};

/* of an insertion */
static bool by_address_is(const struct natgw_node *node, const void *key)
{
	const struct natgw_session *session = natgw_session_of_node(node);

	return natgw_session_is_alike(session, key) &&
	       natgw_destination_by_address(session->destination);
}

static const struct natgw_buckets_ops inner_ops = {
	.hash = natgw_session_inner_hash,
	.is = natgw_session_is_inside,
};

static __always_inline struct natgw_session *find_outer(struct natgw_table *table,
							const struct outer_key *key, u32 hash)
{
	struct natgw_node *node = natgw_buckets_find(&table->outer, &outer_ops, hash, key);

	return node ? natgw_session_of_node(node) : NULL;
}

/*
 * The holder of an outside tuple among the sessions of destinations by address:
 * there the hash leaves out the port of the peer.
 */
static struct natgw_session *lookup_by_address(struct natgw_table *table,
					       const struct natgw_tuple *tuple)
{
	const struct outer_key key = { .tuple = tuple, .by_address = true };
	struct natgw_tuple peer = *tuple;

	peer.peer_port = 0;
	return find_outer(table, &key,
			  natgw_session_outer_hash(natgw_destination_hash(&peer), tuple->host,
						   tuple->host_port));
}

static __flatten struct natgw_session *lookup_plain(struct natgw_table *table,
						    const struct natgw_tuple *tuple)
{
	const struct outer_key key = { .tuple = tuple };

	return find_outer(table, &key,
			  natgw_session_outer_hash(natgw_destination_hash(tuple), tuple->host,
						   tuple->host_port));
}

static struct natgw_session *other_kind(struct natgw_table *table, struct natgw_session *session)
{
	const struct natgw_tuple tuple = natgw_session_tuple_outer(session);
	struct natgw_session *other = NULL;

	if (natgw_destination_by_address(session->destination))
		other = lookup_plain(table, &tuple);
	else if (atomic_read(&table->by_address))
		other = lookup_by_address(table, &tuple);
	return other == session ? NULL : other;
}

struct natgw_session *natgw_session_stay_or_leave(struct natgw_table *table,
						  struct natgw_session *session)
{
	if (likely(!other_kind(table, session)))
		return NULL;
	/* it can come into the table again only after a grace period */
	set_bit(NATGW_SESSION_SHOWN, &session->flags);
	natgw_buckets_remove(&table->outer, &session->outer, natgw_session_hash_outside(session));
	return ERR_PTR(-EAGAIN);
}

struct natgw_session *natgw_session_insert_of_two_kinds(struct natgw_table *table,
							struct natgw_session *session)
{
	bool by_address = natgw_destination_by_address(session->destination);
	struct natgw_session *holder;

	/* a walk or a reader may be at it, and would go on from another place */
	if (unlikely(test_bit(NATGW_SESSION_SHOWN, &session->flags)))
		return ERR_PTR(-EAGAIN);
	holder = other_kind(table, session);
	if (unlikely(holder))
		return holder;
	if (by_address)
		atomic_inc(&table->by_address);
	holder = natgw_session_put_outer(table, session,
					 by_address ? by_address_is : natgw_session_is_own);
	if (!holder) {
		/* pairs with itself: own entry, and @by_address, before the look */
		smp_mb();
		holder = natgw_session_stay_or_leave(table, session);
	}
	if (by_address && holder)
		atomic_dec(&table->by_address);
	return holder;
}

__flatten struct natgw_session *natgw_session_outer_insert(struct natgw_table *table,
							   struct natgw_session *session)
{
	return natgw_session_insert_outer(table, session, false);
}

void natgw_session_outer_remove(struct natgw_table *table, struct natgw_session *session)
{
	lockdep_assert_held(&session->destination->lock);
	natgw_buckets_remove(&table->outer, &session->outer, natgw_session_hash_outside(session));
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
	const struct outer_key key = {
		.tuple = &tuple,
		.by_address = natgw_destination_by_address(destination),
	};

	lockdep_assert_held(&destination->lock);
	return find_outer(table, &key, natgw_session_outer_hash(destination->hash, public, port));
}

struct natgw_session *natgw_session_outer_lookup(struct natgw_table *table,
						 const struct natgw_tuple *tuple)
{
	struct natgw_session *session = lookup_plain(table, tuple);

	if (likely(session || !natgw_l4(tuple->proto)->by_address ||
		   !atomic_read(&table->by_address)))
		return session;
	session = lookup_by_address(table, tuple);
	/* it holds the port towards all ports of its peer, but is open for one */
	return session && session->inside.peer_port == tuple->peer_port ? session : NULL;
}

void natgw_session_detach(struct natgw_table *table, struct natgw_session *session)
{
	if (test_and_set_bit(NATGW_SESSION_DETACHED, &session->flags))
		return;
	natgw_buckets_remove(&table->inner, &session->inner, session->hash);
}

__flatten struct natgw_session *natgw_session_find_inner(struct natgw_table *table,
							 const struct natgw_tuple *tuple, u32 hash)
{
	struct natgw_node *node;

	/*
	 * One that is not READY may translate already: all that a packet reads
	 * was written before it came into the table.
	 */
	node = natgw_buckets_find(&table->inner, &inner_ops, hash, tuple);
	return node ? inner_session(node) : NULL;
}

struct natgw_session *natgw_session_find_outer(struct natgw_table *table,
					       const struct natgw_tuple *tuple)
{
	struct natgw_session *session;

	session = natgw_session_outer_lookup(table, tuple);
	if (!session || !natgw_session_ready(session))
		return NULL;
	return session;
}

/* what to do with each session */
struct session_each {
	struct natgw_table *table;
	bool (*each)(struct natgw_table *table, struct natgw_session *session, void *data);
	void *data;
};

static bool session_one(struct natgw_node *node, void *data)
{
	struct natgw_session *session = natgw_session_of_node(node);
	const struct session_each *what = data;

	/*
	 * Until it is ready only its maker may touch it. Who ends it has yet to take it out of the
	 * table: what it belongs to may have been deleted meanwhile.
	 */
	return natgw_session_ready(session) &&
	       !test_bit(NATGW_SESSION_DEAD, &session->flags) &&
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
	int err;

	err = natgw_buckets_init(&table->outer, &outer_ops, NATGW_TABLE_MIN, hint);
	if (err)
		return err;
	err = natgw_buckets_init(&table->inner, &inner_ops, NATGW_TABLE_MIN, hint);
	if (err)
		natgw_buckets_destroy(&table->outer, NULL, NULL);
	return err;
}

void natgw_session_tables_destroy(struct natgw_table *table,
				  void (*end)(struct natgw_node *node, void *table))
{
	natgw_buckets_destroy(&table->inner, NULL, NULL);
	natgw_buckets_destroy(&table->outer, end, table);
}

void natgw_session_tables_module_init(void)
{
	natgw_hash_key_init(&natgw_session_hash_key);
	natgw_hash_key_init(&natgw_destination_hash_key);
}
