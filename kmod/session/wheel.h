/* SPDX-License-Identifier: GPL-2.0 */
/* The timer wheel: in which tick the time of a session is over. */
#ifndef _NATGW_SESSION_WHEEL_H
#define _NATGW_SESSION_WHEEL_H

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct natgw_session;
struct natgw_table;

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
u32 natgw_wheel_now(void);

/** natgw_wheel_add - put a new session in the wheel and set it READY. Context: BH off */
void natgw_wheel_add(struct natgw_table *table, struct natgw_session *session);

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
