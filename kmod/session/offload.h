/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Offloaded flows: what a packet of an established session needs to be sent on from the
 * ingress hook, one entry for each direction.
 */
#ifndef _NATGW_SESSION_OFFLOAD_H
#define _NATGW_SESSION_OFFLOAD_H

#include <linux/types.h>
#include <net/route.h>
#include "lib/buckets.h"
#include "lib/hash.h"
#include "packet/nat.h"
#include "session/session.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

/**
 * struct natgw_offload_stamp - what an entry was made from; if one differs, the entry waits for
 *	a packet on the slow path to be made anew
 * @serial: of the snapshot
 * @devices: natgw_offload_devices of the namespace
 * @made: jiffies; an entry is asked again from time to time, whatever else says
 */
struct natgw_offload_stamp {
	u32 serial;
	u32 devices;
	u32 made;
};

/**
 * struct natgw_offload - one direction of an offloaded session
 * @node: in the table, by @key
 * @key: packet's source as host, its destination as peer, vnet 0; ICMP: the id is @host_port
 * @session: valid as long as the entry can be found
 * @rt: route of the packet that made it, one reference
 * @stamp: as of that packet, or of a later one with the same route; WRITE_ONCE()
 * @change: of the source (NATGW_OUT) or destination (NATGW_IN)
 * @direction: enum natgw_direction
 * @mark: the packet's that made it, when it left
 * @tos: bits of the type of service that may choose a route
 * @iif: index of the device that its packets come by
 * @mtu: longest packet that @rt takes
 * @headroom: bytes that the headers of the device may take
 * @rcu: frees it
 *
 * Only @stamp is ever written once the entry is in the table: where anything else has
 * changed, another entry takes its place.
 */
struct natgw_offload {
	struct natgw_node node;
	struct natgw_tuple key;
	struct natgw_session *session;
	struct rtable *rt;
	struct natgw_offload_stamp stamp;
	struct natgw_nat_change change;
	int iif;
	u32 mtu;
	u32 mark;
	u16 headroom;
	u8 direction;
	u8 tos;
	struct rcu_head rcu;
};

extern struct natgw_hash_key natgw_offload_hash_key;

/** natgw_offload_hash - keyed hash of a packet's tuple */
static inline u32 natgw_offload_hash(const struct natgw_tuple *tuple)
{
	const u64 *word = (const u64 *)tuple;

	return natgw_hash(word[0], word[1], &natgw_offload_hash_key);
}

static inline struct natgw_offload *natgw_offload_of_node(const struct natgw_node *node)
{
	return container_of(node, struct natgw_offload, node);
}

static inline u32 natgw_offload_node_hash(const struct natgw_node *node)
{
	return natgw_offload_hash(&natgw_offload_of_node(node)->key);
}

static inline bool natgw_offload_node_is(const struct natgw_node *node, const void *key)
{
	return natgw_tuple_equal(key, &natgw_offload_of_node(node)->key);
}

/* every packet asks: as in table.c, a call costs more than what it does */
static const struct natgw_buckets_ops natgw_offload_ops = {
	.hash = natgw_offload_node_hash,
	.is = natgw_offload_node_is,
};

/** natgw_offload_find - entry of a packet's tuple, or NULL. Context: RCU read side */
static inline struct natgw_offload *natgw_offload_find(struct natgw_table *table,
						       const struct natgw_tuple *tuple)
{
	struct natgw_node *node;

	node = natgw_buckets_find(&table->offloads, &natgw_offload_ops, natgw_offload_hash(tuple),
				  tuple);
	return node ? natgw_offload_of_node(node) : NULL;
}

/** natgw_offload_key - tuple of the packets of a session in one direction, as they come */
struct natgw_tuple natgw_offload_key(const struct natgw_session *session,
				     enum natgw_direction direction);

/**
 * natgw_offload_store - let the packets of one direction of a session be sent on at ingress
 * @table: sessions
 * @want: an entry as it is to be, on the stack: all but @node, @key and @rcu
 *
 * An entry that is there and differs in @stamp only gets the new stamp. Nothing happens if
 * there is no memory: the flow stays on the slow path. Context: softirq, RCU read side.
 */
void natgw_offload_store(struct natgw_table *table, const struct natgw_offload *want);

/**
 * natgw_offload_forget - take out what a session has in the table
 *
 * Context: RCU read side. The session is DEAD, and no entry comes after it.
 */
void natgw_offload_forget(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_offload_has - are packets of a session sent on at ingress, as far as entries say?
 *
 * An entry that waits to be made anew counts. Context: RCU read side.
 */
bool natgw_offload_has(struct natgw_table *table, const struct natgw_session *session);

/**
 * natgw_offload_flush - take out all entries
 *
 * Those that a packet of an older snapshot puts in meanwhile go with their sessions.
 * Context: process, sleeps.
 */
void natgw_offload_flush(struct natgw_table *table);

/** natgw_offload_bytes - memory of the table and its entries */
u64 natgw_offload_bytes(const struct natgw_table *table);

int natgw_offload_net_init(struct natgw_table *table);
/* the hooks are gone, and a grace period has passed */
void natgw_offload_net_exit(struct natgw_table *table);

int natgw_offload_module_init(void);
void natgw_offload_module_exit(void);

#endif
