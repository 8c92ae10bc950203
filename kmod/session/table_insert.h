/* SPDX-License-Identifier: GPL-2.0 */
/* Insertions into the two hash tables, for those whom a call would cost too much. */
#ifndef _NATGW_SESSION_TABLE_INSERT_H
#define _NATGW_SESSION_TABLE_INSERT_H

#include <linux/atomic.h>
#include <linux/err.h>
#include "lib/buckets.h"
#include "session/destination.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/l4.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

/** natgw_session_hash_outside - by which the outer table has a session */
static inline u32 natgw_session_hash_outside(const struct natgw_session *session)
{
	/* the destination outlives the session's place in the table */
	return natgw_session_outer_hash(session->destination->hash, session->public, session->port);
}

static inline u32 natgw_session_outer_node_hash(const struct natgw_node *node)
{
	return natgw_session_hash_outside(natgw_session_of_node(node));
}

/* but for the port of the peer */
static inline bool natgw_session_is_alike(const struct natgw_session *session,
					  const struct natgw_session *other)
{
	return session->public == other->public && session->port == other->port &&
	       session->inside.peer == other->inside.peer &&
	       session->inside.proto == other->inside.proto;
}

/*
 * Of an insertion, where the key is the session itself, so that what is compared is read only
 * where the hashes are equal
 */
static inline bool natgw_session_is_own(const struct natgw_node *node, const void *key)
{
	const struct natgw_session *session = natgw_session_of_node(node), *other = key;

	return natgw_session_is_alike(session, other) &&
	       session->inside.peer_port == other->inside.peer_port;
}

static __always_inline struct natgw_session *
natgw_session_put_outer(struct natgw_table *table, struct natgw_session *session,
			bool (*is)(const struct natgw_node *node, const void *key))
{
	const struct natgw_buckets_ops ops = { .hash = natgw_session_outer_node_hash, .is = is };
	struct natgw_node *node;

	node = natgw_buckets_insert(&table->outer, &session->outer, &ops,
				    natgw_session_hash_outside(session), session);
	if (likely(!node))
		return NULL;
	return IS_ERR(node) ? ERR_CAST(node) : natgw_session_of_node(node);
}

/* natgw_session_insert_outer(), where there are, or may be, sessions of destinations by address */
struct natgw_session *natgw_session_insert_of_two_kinds(struct natgw_table *table,
							struct natgw_session *session);

/* the session just inserted stays, as there is none of the other kind; or an error pointer */
struct natgw_session *natgw_session_stay_or_leave(struct natgw_table *table,
						  struct natgw_session *session);

/*
 * UDP has sessions of destinations by address and of others, under different
 * locks and hashes, where a gateway changed its allocation or an address its
 * gateway. Each looks for the other kind before it comes into the table, and again when it is
 * in, so of two that come at once at least one sees the other and goes.
 */
static inline bool natgw_session_is_of_two_kinds(const struct natgw_session *session)
{
	return natgw_l4(session->inside.proto)->by_address;
}

/**
 * natgw_session_insert_outer - natgw_session_outer_insert() without a call
 * @fresh: a constant: it has not been in the table before
 */
static __always_inline struct natgw_session *
natgw_session_insert_outer(struct natgw_table *table, struct natgw_session *session,
			   const bool fresh)
{
	struct natgw_session *holder;

	lockdep_assert_held(&session->destination->lock);
	if (unlikely(atomic_read(&table->by_address) ||
		     natgw_destination_by_address(session->destination) ||
		     (!fresh && test_bit(NATGW_SESSION_SHOWN, &session->flags))) &&
	    natgw_session_is_of_two_kinds(session))
		return natgw_session_insert_of_two_kinds(table, session);
	holder = natgw_session_put_outer(table, session, natgw_session_is_own);
	if (likely(!holder) && natgw_session_is_of_two_kinds(session)) {
		/* pairs with natgw_session_insert_of_two_kinds() */
		smp_mb();
		if (unlikely(atomic_read(&table->by_address)))
			return natgw_session_stay_or_leave(table, session);
	}
	return holder;
}

static inline u32 natgw_session_inner_hash(const struct natgw_node *node)
{
	return container_of(node, struct natgw_session, inner)->hash;
}

static inline bool natgw_session_is_inside(const struct natgw_node *node, const void *key)
{
	return natgw_tuple_equal(key, &container_of(node, struct natgw_session, inner)->inside);
}

/** natgw_session_insert_inner - by the inside tuple; -EEXIST: another CPU was first */
static __always_inline int natgw_session_insert_inner(struct natgw_table *table,
						      struct natgw_session *session)
{
	const struct natgw_buckets_ops ops = {
		.hash = natgw_session_inner_hash,
		.is = natgw_session_is_inside,
	};
	struct natgw_node *node;

	node = natgw_buckets_insert(&table->inner, &session->inner, &ops, session->hash,
				    &session->inside);
	if (likely(!node))
		return 0;
	return IS_ERR(node) ? PTR_ERR(node) : -EEXIST;
}

#endif
