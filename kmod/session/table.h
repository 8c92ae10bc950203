/* SPDX-License-Identifier: GPL-2.0 */
/* The two hash tables over the sessions of a namespace. */
#ifndef _NATGW_SESSION_TABLE_H
#define _NATGW_SESSION_TABLE_H

#include <linux/hash.h>
#include <linux/ip.h>
#include <linux/types.h>
#include "lib/buckets.h"
#include "lib/hash.h"
#include "session/session.h"
#include "snapshot/l4.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

struct natgw_destination;

/* buckets that each of the two has at least */
#define NATGW_TABLE_MIN	1024

/** natgw_session_tables_module_init - draw the keys of the hashes */
void natgw_session_tables_module_init(void);

/**
 * natgw_session_tables_init - make the tables of a namespace
 * @hint: sessions that they have room for at the start; 0: none
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_session_tables_init(struct natgw_table *table, u16 hint);

/** natgw_session_tables_destroy - @end is called for each session that is left */
void natgw_session_tables_destroy(struct natgw_table *table,
				  void (*end)(struct natgw_node *node, void *table));

/** natgw_session_of_node - session of a node of the outer table, which has them all */
static inline struct natgw_session *natgw_session_of_node(const struct natgw_node *node)
{
	return container_of(node, struct natgw_session, outer);
}

/** natgw_session_tuple_outer - outside key of a session */
static inline struct natgw_tuple natgw_session_tuple_outer(const struct natgw_session *session)
{
	return (struct natgw_tuple) {
		.host = session->public,
		.peer = session->inside.peer,
		.host_port = session->port,
		.peer_port = session->inside.peer_port,
		.proto = session->inside.proto,
	};
}

/**
 * natgw_session_outer_insert - reserve an outside tuple
 *
 * Of two CPUs only one gets it. Context: the destination's lock held.
 * Return: NULL, the session that holds it, or an error pointer.
 */
struct natgw_session *natgw_session_outer_insert(struct natgw_table *table,
						 struct natgw_session *session);

/** natgw_session_outer_remove - the counterpart, under the destination's lock */
void natgw_session_outer_remove(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_session_outer_holder - who holds a port for a destination
 * @destination: locked
 *
 * Return: a session of this destination, or of the same of another gateway, READY
 * or not; or NULL.
 */
struct natgw_session *natgw_session_outer_holder(struct natgw_table *table,
						 const struct natgw_destination *destination,
						 __be32 public, __be16 port);

/** natgw_session_outer_lookup - holder of an outside tuple, READY or not; RCU */
struct natgw_session *natgw_session_outer_lookup(struct natgw_table *table,
						 const struct natgw_tuple *tuple);

/**
 * natgw_session_detach - take a session that has ended out of the inner table
 *
 * Its port goes on cooling while its inside tuple serves a new session.
 */
void natgw_session_detach(struct natgw_table *table, struct natgw_session *session);

extern struct natgw_hash_key natgw_session_hash_key;

/** natgw_session_hash - keyed hash of an inside tuple */
static inline u32 natgw_session_hash(const struct natgw_tuple *tuple)
{
	const u64 *word = (const u64 *)tuple;

	return natgw_hash(word[0], word[1], &natgw_session_hash_key);
}

/* are these the words of a session's inside tuple? */
static __always_inline bool natgw_session_is_words(const struct natgw_node *node, const void *key)
{
	const struct natgw_session *session = container_of(node, struct natgw_session, inner);
	const u64 *inside = (const u64 *)&session->inside, *words = key;

	return inside[0] == words[0] && inside[1] == words[1];
}

/**
 * natgw_session_find_words - natgw_session_find_inner() by the two words of a tuple
 * @session: result
 */
static __always_inline enum natgw_buckets_tried
natgw_session_find_words(struct natgw_table *table, u64 first, u64 second, u32 hash,
			 struct natgw_session **session)
{
	const u64 words[] = { first, second };
	struct natgw_node *node = NULL;
	enum natgw_buckets_tried tried;

	tried = natgw_buckets_try(&table->inner, natgw_session_is_words, hash, words, &node);
	*session = container_of(node, struct natgw_session, inner);
	return tried;
}

/**
 * natgw_session_find_inner - session by inside tuple, whatever its state
 * @hash: natgw_session_hash() of @tuple
 *
 * Context: RCU read side. Return: the session, perhaps not READY yet, or NULL.
 */
struct natgw_session *natgw_session_find_inner(struct natgw_table *table,
					       const struct natgw_tuple *tuple, u32 hash);

/**
 * natgw_session_find_outer - READY session by outside tuple, whatever its state
 *
 * Context: RCU read side. Return: the session or NULL.
 */
struct natgw_session *natgw_session_find_outer(struct natgw_table *table,
					       const struct natgw_tuple *tuple);

extern struct natgw_hash_key natgw_destination_hash_key;

/** natgw_destination_hash - keyed hash of the peer of any tuple */
static inline u32 natgw_destination_hash(const struct natgw_tuple *tuple)
{
	return natgw_hash((__force u32)tuple->peer,
			  (__force u32)tuple->peer_port << 16 | tuple->proto,
			  &natgw_destination_hash_key);
}

/** natgw_destination_word - a peer in one word: as the three are in memory side by side */
static inline u64 natgw_destination_word(__be32 peer, __be16 peer_port, u16 proto)
{
	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		return (u64)(__force u32)peer << 32 | (u32)(__force u16)peer_port << 16 | proto;
	return (u64)proto << 48 | (u64)(__force u16)peer_port << 32 | (__force u32)peer;
}

/**
 * natgw_session_outer_hash - hash of an outside tuple
 * @destination: natgw_destination_hash(), keyed
 * @public: public address
 * @port: its port
 *
 * Sessions of one destination differ in address and port, which nobody outside can choose.
 */
static inline u32 natgw_session_outer_hash(u32 destination, __be32 public, __be16 port)
{
	return hash_64((u64)destination << 32 | ((__force u32)public ^ (__force u32)port), 32);
}

/* has a session this outside tuple? */
static __always_inline bool natgw_session_is_outside(const struct natgw_node *node,
						     const void *key)
{
	const struct natgw_session *session = natgw_session_of_node(node);
	const struct natgw_tuple *tuple = key;

	return session->inside.peer == tuple->peer && session->public == tuple->host &&
	       session->port == tuple->host_port &&
	       session->inside.peer_port == tuple->peer_port &&
	       session->inside.proto == tuple->proto;
}

/**
 * natgw_session_find_answered - natgw_session_find_outer() for most packets, from their headers
 * @table: sessions
 * @iph: header of a packet to a public IP
 * @ports: behind it
 *
 * Context: RCU read side. Return: the session, perhaps not READY yet; or NULL, which says nothing:
 * natgw_session_find_outer() may find one.
 */
static __always_inline struct natgw_session *
natgw_session_find_answered(struct natgw_table *table, const struct iphdr *iph,
			    const struct natgw_l4_ports *ports)
{
	const struct natgw_tuple tuple = {
		.host = iph->daddr,
		.peer = iph->saddr,
		.host_port = ports->dest,
		.peer_port = ports->source,
		.proto = iph->protocol,
	};
	u32 hash = natgw_session_outer_hash(natgw_destination_hash(&tuple), tuple.host,
					    tuple.host_port);
	struct natgw_node *node;

	if (natgw_buckets_try(&table->outer, natgw_session_is_outside, hash, &tuple, &node) !=
	    NATGW_FOUND)
		return NULL;
	return natgw_session_of_node(node);
}

/** natgw_session_count - sessions in the table, cooling ones included */
static inline u32 natgw_session_count(const struct natgw_table *table)
{
	return natgw_buckets_count(&table->outer);
}

/**
 * natgw_session_each - do something with each session
 * @table: sessions
 * @each: does it; true when it ended the session or must see the others again
 * @data: for @each
 *
 * Goes through the table until a pass had nothing to do. Sessions made meanwhile may be seen.
 *
 * Context: process; @each runs in an RCU read side. Sleeps in between.
 */
void natgw_session_each(struct natgw_table *table,
			bool (*each)(struct natgw_table *table, struct natgw_session *session,
				     void *data),
			void *data);

#endif
