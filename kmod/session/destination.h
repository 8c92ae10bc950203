/* SPDX-License-Identifier: GPL-2.0 */
/* Destinations: which ports of a gateway's addresses serve one of them. */
#ifndef _NATGW_SESSION_DESTINATION_H
#define _NATGW_SESSION_DESTINATION_H

#include <linux/hash.h>
#include <linux/in.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "compat/unaligned.h"
#include "lib/buckets.h"
#include "session/headroom.h"
#include "session/table.h"
#include "snapshot/l4.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

struct natgw_pool_entry;
struct natgw_portmap;
struct natgw_portrange;
struct natgw_session;

/**
 * struct natgw_slot - one public IP towards a destination that is warm
 * @map: its ports, or NULL while few are taken
 * @used: sessions that hold one, cooling ones included
 * @cooling: how many of them are known to cool only
 */
struct natgw_slot {
	struct natgw_portmap *map;
	u32 used;
	u32 cooling;
};

/**
 * struct natgw_warm - what a destination has once it is no longer cold
 * @full: bits of slots without a free port
 * @headroom: how fast it fills
 * @slot: by slot number
 */
struct natgw_warm {
	u32 full;
	struct natgw_headroom headroom;
	struct natgw_slot slot[NATGW_SLOTS];
};

#define NATGW_DESTINATION_BITS	21	/* NATGW_SLOTS times NATGW_PORTS sessions */

/** struct natgw_destination_key - which destination, of which gateway; @hash: of the rest */
struct natgw_destination_key {
	const struct natgw_gateway *gw;
	__be32 peer;
	__be16 peer_port;
	u16 proto;
	u32 hash;
};

/**
 * struct natgw_destination - one (protocol, address, port) outside, with at
 * least one session of a gateway; or one UDP address, see
 * natgw_destination_by_address()
 * @node: in the table
 * @gw: gateway; valid as long as there is a session, see struct natgw_session
 * @peer: destination address
 * @peer_port: destination port, 0 for ICMP and by address
 * @proto: IPPROTO_*; @peer, @peer_port and @proto are compared as one word
 * @hash: natgw_destination_hash()
 * @lock: all below, and the outer table's entries of this destination: a port's
 *	bit, its session and the counts change together
 * @used: sessions
 * @high: most there ever were at once
 * @cooling: sessions known to cool only
 * @dead: out of the table
 * @warm: by public IP, from NATGW_DESTINATION_FEW sessions of one of them on
 * @few: before that: sessions by slot number, four bits each
 * @rcu: used once @dead, when @few is not
 *
 * Made by its first session, freed by RCU after its last: it is never idle.
 */
struct natgw_destination {
	struct natgw_node node;
	struct natgw_gateway *gw;
	__be32 peer;
	__be16 peer_port;
	u16 proto;
	u32 hash;
	spinlock_t lock;	/* see above */
	u64 used : NATGW_DESTINATION_BITS;
	u64 high : NATGW_DESTINATION_BITS;
	u64 cooling : NATGW_DESTINATION_BITS;
	u64 dead : 1;
	struct natgw_warm *warm;
	union {
		u8 few[NATGW_SLOTS / 2];
		struct rcu_head rcu;
	};
};

#define NATGW_DESTINATION_FEW	15

/* a map of 8 KiB is worth it where that many ports of one IP are taken */
#define NATGW_MAP_USED		NATGW_PORTS_WATCHED
/* and is given back below that */
#define NATGW_MAP_IDLE		64

/** natgw_destination_of_node - destination of an entry of the table */
static inline struct natgw_destination *natgw_destination_of_node(const struct natgw_node *node)
{
	return container_of(node, struct natgw_destination, node);
}

int natgw_destination_module_init(void);
void natgw_destination_module_exit(void);
int natgw_destination_net_init(struct natgw_table *table);
/* a grace period after the last packet; every session is gone already */
void natgw_destination_net_exit(struct natgw_table *table);

/**
 * natgw_destination_by_address - does it stand for all UDP ports of its address?
 *
 * Under preallocated ports a port serves one flow to an address, whatever the
 * port there (Azure Load Balancer: "port restricted cone"). Such a destination
 * has port 0. UDP to port 0 may share it: that flow is one more to the address.
 */
static inline bool natgw_destination_by_address(const struct natgw_destination *destination)
{
	return !destination->peer_port && natgw_l4(destination->proto)->by_address;
}

/**
 * natgw_destination_place - hash by which the table has a destination
 * @hash: natgw_destination_hash()
 * @gw: gateway: there are few, and they are no attacker's choice
 */
static inline u32 natgw_destination_place(u32 hash, const struct natgw_gateway *gw)
{
	return hash ^ hash_ptr(gw, 32);
}

/**
 * struct natgw_destination_sought - what the table is searched by
 * @gw: gateway
 * @peer: address, port and protocol in the order of struct natgw_destination, in one word
 */
struct natgw_destination_sought {
	const struct natgw_gateway *gw;
	u64 peer;
};

static __always_inline bool natgw_destination_is(const struct natgw_node *node, const void *key)
{
	const struct natgw_destination *destination = natgw_destination_of_node(node);
	const struct natgw_destination_sought *sought = key;

	return get_unaligned((const u64 *)&destination->peer) == sought->peer &&
	       destination->gw == sought->gw;
}

static __always_inline struct natgw_destination_sought
natgw_destination_sought(const struct natgw_gateway *gw, const struct natgw_tuple *tuple)
{
	return (struct natgw_destination_sought) {
		.gw = gw,
		.peer = natgw_destination_word(tuple->peer, tuple->peer_port, tuple->proto),
	};
}

/* without a row of functions: the compiler knows the one that a search needs */
static __always_inline struct natgw_destination *
natgw_destination_search(struct natgw_table *table, const struct natgw_gateway *gw,
			 const struct natgw_tuple *tuple, u32 hash)
{
	const struct natgw_destination_sought sought = natgw_destination_sought(gw, tuple);
	const struct natgw_buckets_ops ops = { .is = natgw_destination_is };
	struct natgw_node *node;

	node = natgw_buckets_find(&table->destinations, &ops, natgw_destination_place(hash, gw),
				  &sought);
	return node ? natgw_destination_of_node(node) : NULL;
}

/* natgw_destination_get(), where there is none; @hash: natgw_destination_hash() of @tuple */
struct natgw_destination *natgw_destination_make(struct natgw_table *table,
						 struct natgw_gateway *gw,
						 const struct natgw_tuple *tuple, u32 hash);

/**
 * natgw_destination_get - destination of a new flow
 * @table: sessions
 * @gw: gateway
 * @tuple: any tuple with the flow's peer
 *
 * Makes it if there is none. It may be @dead once its lock is held: it is out of
 * the table then, and the next call does not find it.
 *
 * Context: softirq, RCU. Return: NULL without memory.
 */
static __always_inline struct natgw_destination *
natgw_destination_get(struct natgw_table *table, struct natgw_gateway *gw,
		      const struct natgw_tuple *tuple)
{
	u32 hash = natgw_destination_hash(tuple);
	struct natgw_destination *destination;

	destination = natgw_destination_search(table, gw, tuple, hash);
	return likely(destination) ? destination : natgw_destination_make(table, gw, tuple, hash);
}

/**
 * natgw_destination_warm - give it counts by public IP, if it has none
 *
 * Context: locked, softirq. Return: it has them; or there was no memory.
 */
bool natgw_destination_warm(struct natgw_table *table, struct natgw_destination *destination);

/**
 * natgw_destination_map - give it a map of the ports of a public IP that has none
 * @slot: of the IP
 * @reserved: ports that stay out of the pool, or NULL
 *
 * Context: locked, softirq, RCU. Return: an empty map; or NULL: no memory, or too many maps.
 */
struct natgw_portmap *natgw_destination_map(struct natgw_table *table,
					    struct natgw_destination *destination, u8 slot,
					    const struct natgw_portmap *reserved);

/** natgw_destination_free - of one that is dead, after a grace period */
void natgw_destination_free(struct natgw_destination *destination);

/* natgw_destination_settle(), of one without sessions */
void natgw_destination_die(struct natgw_table *table, struct natgw_destination *destination);

/** natgw_destination_settle - before its lock is given back: one without sessions goes */
static inline void natgw_destination_settle(struct natgw_table *table,
					    struct natgw_destination *destination)
{
	if (unlikely(!destination->used))
		natgw_destination_die(table, destination);
}

/** natgw_destination_find - for readers. Context: RCU read side. Return: may be NULL */
struct natgw_destination *natgw_destination_find(struct natgw_table *table,
						 const struct natgw_gateway *gw,
						 const struct natgw_tuple *tuple);

/**
 * natgw_destination_release - take a session out of the outer table, its port is free
 * @session: its maker gives up, or it is DEAD
 *
 * Context: RCU read side, BH off or process.
 */
void natgw_destination_release(struct natgw_table *table, struct natgw_session *session);

/** natgw_destination_cools - a session has been seen to cool only, or to live again */
void natgw_destination_cools(struct natgw_session *session, bool cools);

/* natgw_destination_used(), of one that is not warm */
static inline u32 natgw_destination_few(const struct natgw_destination *destination, u8 slot)
{
	return destination->few[slot / 2] >> (slot % 2 * 4) & 15;
}

/** natgw_destination_used - sessions at one public IP; locked */
static inline u32 natgw_destination_used(const struct natgw_destination *destination, u8 slot)
{
	lockdep_assert_held(&destination->lock);
	if (destination->warm)
		return destination->warm->slot[slot].used;
	return natgw_destination_few(destination, slot);
}

/** natgw_destination_full - bits of slots that are known to be full; locked */
static inline u32 natgw_destination_full(const struct natgw_destination *destination)
{
	lockdep_assert_held(&destination->lock);
	return destination->warm ? destination->warm->full : 0;
}

/** natgw_destination_bytes - memory of destinations, their maps and their hash table */
u64 natgw_destination_bytes(const struct natgw_table *table);

#endif
