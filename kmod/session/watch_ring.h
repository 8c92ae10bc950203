/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of sessions on their way from a packet to who tells watchers: a ring for each processor.
 *
 * A packet claims an entry, writes the event there as watchers get it, and goes on. A worker
 * takes the events of a ring in runs, a tenth of a second after the first one or when a quarter of
 * a ring has been filled. Anybody may write, in any context, and needs no lock; who takes holds
 * the ring's lock.
 *
 * An entry points to a gateway and a subnet and holds no reference of them. It may, because it
 * is written in the RCU read side in which a session was found that they outlive, and because
 * natgw_watch_settle() takes it out before a configuration lets go of objects whose sessions it
 * has ended.
 */
#ifndef _NATGW_SESSION_WATCH_RING_H
#define _NATGW_SESSION_WATCH_RING_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include "snapshot/tables.h"

struct natgw_gateway;
struct natgw_subnet;

/** NATGW_WATCH_RING - events that a processor has room for: 10 ms of 50,000 sessions a second */
#define NATGW_WATCH_RING	1024

/* the worker comes at once when so many more have been written */
#define NATGW_WATCH_RING_PART	(NATGW_WATCH_RING / 4)

/**
 * struct natgw_watch_key - whose event it is
 * @gw: of the session; NULL: the entry is not complete
 * @subnet: of the session
 */
struct natgw_watch_key {
	const struct natgw_gateway *gw;
	const struct natgw_subnet *subnet;
};

/**
 * struct natgw_watch_ring - events that one processor has written
 * @head: entries claimed so far
 * @armed: the worker has been asked to come
 * @tick: jiffies of @now
 * @now: ns since 1970 in this tick; of who claims with BH off
 * @lock: who takes entries
 * @tail: entries taken so far; written under @lock
 * @key: by number of the entry; written by who claimed it, @gw last
 * @event: likewise
 */
struct natgw_watch_ring {
	atomic_t head;
	bool armed;
	u32 tick;
	u64 now;
	spinlock_t lock ____cacheline_aligned_in_smp;	/* see above */
	u32 tail;
	struct natgw_watch_key key[NATGW_WATCH_RING] ____cacheline_aligned_in_smp;
	struct natgw_session_event event[NATGW_WATCH_RING];
};

/**
 * struct natgw_watch_rings - of one namespace, while somebody watches
 * @table: its sessions
 * @work: takes the events
 * @ring: by number of the processor
 */
struct natgw_watch_rings {
	struct natgw_table *table;
	struct delayed_work work;
	struct natgw_watch_ring *ring[];
};

/** natgw_watch_rings_new - for a namespace in which nobody watches yet; Return: NULL: no memory */
struct natgw_watch_rings *natgw_watch_rings_new(struct natgw_table *table);

/** natgw_watch_rings_free - nobody writes into them any more; what is in them is not told of */
void natgw_watch_rings_free(struct natgw_watch_rings *rings);

/**
 * natgw_watch_ring_try - claim an entry, unless the ring is full
 * @number: result: of the entry
 *
 * Context: RCU read side, BH off, up to natgw_watch_ring_commit().
 */
static __always_inline bool natgw_watch_ring_try(struct natgw_watch_ring *ring, u32 *number)
{
	int head = atomic_read(&ring->head);

	do {
		/*
		 * Pairs with who took what was there, and has read all of it. Less than none:
		 * @head is out of date, and is read again below.
		 */
		if (unlikely((s32)((u32)head - smp_load_acquire(&ring->tail)) >=
			     (s32)NATGW_WATCH_RING))
			return false;
	} while (!atomic_try_cmpxchg(&ring->head, &head, head + 1));
	*number = head;
	return true;
}

/** natgw_watch_ring_here - of this processor; another one's does as well, should it be exchanged */
static __always_inline struct natgw_watch_ring *
natgw_watch_ring_here(const struct natgw_watch_rings *rings)
{
	return rings->ring[raw_smp_processor_id()];
}

/* Takes some events itself to make room, as no worker has come for long */
void natgw_watch_ring_make_room(struct natgw_watch_rings *rings, struct natgw_watch_ring *ring);

/**
 * natgw_watch_ring_claim - an entry for an event, to be written at once
 * @rings: of the namespace
 * @number: result: of the entry
 *
 * Context: RCU read side, BH off, up to natgw_watch_ring_commit(). Return: its ring, or NULL:
 * there is no room.
 */
static __always_inline struct natgw_watch_ring *
natgw_watch_ring_claim(struct natgw_watch_rings *rings, u32 *number)
{
	struct natgw_watch_ring *ring = natgw_watch_ring_here(rings);

	if (likely(natgw_watch_ring_try(ring, number)))
		return ring;
	natgw_watch_ring_make_room(rings, ring);
	return natgw_watch_ring_try(ring, number) ? ring : NULL;
}

/**
 * natgw_watch_ring_event - where the event of a claimed entry is written
 *
 * What a session that opens does not say is 0 there.
 */
static inline struct natgw_session_event *
natgw_watch_ring_event(struct natgw_watch_ring *ring, u32 number)
{
	return &ring->event[number % NATGW_WATCH_RING];
}

/* Asks the worker to come. @waiting: events in front of the one that asks */
void natgw_watch_ring_call(struct natgw_watch_rings *rings, struct natgw_watch_ring *ring,
			   u32 waiting);

/** natgw_watch_ring_commit - a claimed entry has been written */
static __always_inline void natgw_watch_ring_commit(struct natgw_watch_rings *rings,
						    struct natgw_watch_ring *ring, u32 number,
						    const struct natgw_gateway *gw,
						    const struct natgw_subnet *subnet)
{
	struct natgw_watch_key *key = &ring->key[number % NATGW_WATCH_RING];
	/* in front of it, and nobody has taken them yet */
	u32 waiting = number - READ_ONCE(ring->tail);

	key->subnet = subnet;
	/* pairs with take(): the event is complete */
	smp_store_release(&key->gw, gw);
	/* if this is read too early, the worker has seen that the entry was claimed */
	if (unlikely(!READ_ONCE(ring->armed) || !(waiting % NATGW_WATCH_RING_PART)))
		natgw_watch_ring_call(rings, ring, waiting);
}

/**
 * natgw_watch_settle - tell of all events that have been written before
 *
 * Context: process, sleeps; nn->lock held, so that watchers neither begin nor end.
 */
void natgw_watch_settle(struct natgw_table *table);

#endif
