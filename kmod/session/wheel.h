/* SPDX-License-Identifier: GPL-2.0 */
/* The timer wheel: in which tick the time of a session is over. */
#ifndef _NATGW_SESSION_WHEEL_H
#define _NATGW_SESSION_WHEEL_H

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "session/session.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"

/* a tick is that power of two of jiffies which is 1/4 s or a little more; a timer is late by two */
#define NATGW_WHEEL_SHIFT	(ilog2(HZ / 4 - 1) + 1)
#define NATGW_WHEEL_SLOTS	2048	/* ticks it reaches; longer timers go round again */
#define NATGW_WHEEL_SHARDS	8

/** struct natgw_wheel_shard - one part of the timer wheel with its lock */
struct natgw_wheel_shard {
	spinlock_t lock;	/* protects @slot and the wheel nodes of its sessions */
	struct hlist_head slot[NATGW_WHEEL_SLOTS];
};

/** natgw_wheel_lock - the lock of a session's shard, which its end passes through */
spinlock_t *natgw_wheel_lock(const struct natgw_table *table, const struct natgw_session *session);

/** natgw_wheel_init - an empty wheel; 0 or -ENOMEM */
int natgw_wheel_init(struct natgw_table *table);

/** natgw_wheel_now - the tick that it is */
static inline u32 natgw_wheel_now(void)
{
	u64 now = get_jiffies_64();

	return (u32)(now >> NATGW_WHEEL_SHIFT);
}

static inline struct natgw_wheel_shard *natgw_wheel_shard(const struct natgw_table *table,
							  const struct natgw_session *session)
{
	return &table->shard[session->hash % NATGW_WHEEL_SHARDS];
}

/*
 * The tick in which its time is over, rounded up. Never the coming one: the
 * worker may have taken that slot already.
 */
static inline u32 natgw_wheel_slot(u32 left)
{
	u32 ticks = left >> NATGW_WHEEL_SHIFT;

	ticks = min_t(u32, ticks + 2, NATGW_WHEEL_SLOTS - 2);

	return (natgw_wheel_now() + ticks) % NATGW_WHEEL_SLOTS;
}

/* into the slot of its state, under the shard's lock */
void natgw_wheel_put(struct natgw_table *table, struct natgw_session *session);

/** natgw_wheel_add - put a new session in the wheel and set it READY. Context: BH off */
static __always_inline void natgw_wheel_add(struct natgw_table *table,
					    struct natgw_session *session)
{
	struct natgw_wheel_shard *shard = natgw_wheel_shard(table, session);
	u32 left;

	spin_lock(&shard->lock);
	/* a new one has all of its time, unless a segment has ended it already */
	if (likely(READ_ONCE(session->end) == NATGW_END_NONE)) {
		left = READ_ONCE(session->gw->timeout[READ_ONCE(session->timer)]);
		hlist_add_head(&session->wheel, &shard->slot[natgw_wheel_slot(left)]);
	} else {
		natgw_wheel_put(table, session);
	}
	/* pairs with natgw_session_ready(): all fields are written before */
	smp_mb__before_atomic();
	set_bit(NATGW_SESSION_READY, &session->flags);
	spin_unlock(&shard->lock);
}

/** natgw_wheel_remove - take a DEAD session out of the wheel */
void natgw_wheel_remove(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_wheel_touch - a session's time may have become shorter: look at it earlier
 *
 * Context: RCU read side, BH off or process.
 */
void natgw_wheel_touch(struct natgw_table *table, struct natgw_session *session);

/** natgw_wheel_take - all sessions of a slot, which is empty then */
void natgw_wheel_take(struct natgw_wheel_shard *shard, u32 slot, struct hlist_head *batch);

/** natgw_wheel_back - put back a session that was taken, unless others have or it is DEAD */
void natgw_wheel_back(struct natgw_table *table, struct natgw_session *session);

#endif
