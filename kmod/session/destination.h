/* SPDX-License-Identifier: GPL-2.0 */
/* Destinations: which ports of a gateway's addresses serve one of them. */
#ifndef _NATGW_SESSION_DESTINATION_H
#define _NATGW_SESSION_DESTINATION_H

#include <linux/in.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "lib/buckets.h"
#include "session/headroom.h"
#include "snapshot/l4.h"
#include "snapshot/object.h"

struct natgw_pool_entry;
struct natgw_portmap;
struct natgw_portrange;
struct natgw_session;
struct natgw_table;
struct natgw_tuple;

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
 * @proto: IPPROTO_*
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
	u8 proto;
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
struct natgw_destination *natgw_destination_get(struct natgw_table *table,
						struct natgw_gateway *gw,
						const struct natgw_tuple *tuple);

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
 * natgw_destination_reserve - give a session a port of one public IP
 * @destination: locked
 * @entry: the public IP
 * @range: ports to choose from; NULL: all
 * @random: 32 unpredictable bits, for the first try
 * @session: its inside tuple is set; @public, @port, @address and @slot get set
 *
 * Every free port has the same chance. Exact: it fails only if no port is free.
 * Bounded: see port search in destination.c. The port is reserved by inserting
 * the session in the outer table.
 *
 * Return: 0; -ENOSPC: none is free; -ENOMEM.
 */
int natgw_destination_reserve(struct natgw_table *table, struct natgw_destination *destination,
			      const struct natgw_pool_entry *entry,
			      const struct natgw_portrange *range, u32 random,
			      struct natgw_session *session);

/**
 * natgw_destination_release - take a session out of the outer table, its port is free
 * @session: its maker gives up, or it is DEAD
 *
 * Context: RCU read side, BH off or process.
 */
void natgw_destination_release(struct natgw_table *table, struct natgw_session *session);

/** natgw_destination_cools - a session has been seen to cool only, or to live again */
void natgw_destination_cools(struct natgw_session *session, bool cools);

/** natgw_destination_used - sessions at one public IP; locked */
static inline u32 natgw_destination_used(const struct natgw_destination *destination, u8 slot)
{
	lockdep_assert_held(&destination->lock);
	if (destination->warm)
		return destination->warm->slot[slot].used;
	return destination->few[slot / 2] >> (slot % 2 * 4) & 15;
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
