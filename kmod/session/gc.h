/* SPDX-License-Identifier: GPL-2.0 */
/* The timer wheel: finds sessions whose time is over without walking the table. */
#ifndef _NATGW_SESSION_GC_H
#define _NATGW_SESSION_GC_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct natgw_session;
struct natgw_table;

#define NATGW_WHEEL_TICKS	4	/* a second; a timer is late by two ticks at most */
#define NATGW_WHEEL_SLOTS	2048	/* ticks it reaches; longer timers go round again */
#define NATGW_WHEEL_LANES	8

/** struct natgw_wheel_lane - one part of the timer wheel with its lock */
struct natgw_wheel_lane {
	spinlock_t lock;	/* protects @slot and the wheel node of the sessions of this lane */
	struct hlist_head slot[NATGW_WHEEL_SLOTS];
};

int natgw_gc_init(struct natgw_table *table);
void natgw_gc_exit(struct natgw_table *table);

/** natgw_gc_add - put a new session in the wheel and set it READY */
void natgw_gc_add(struct natgw_table *table, struct natgw_session *session);

/** natgw_gc_remove - take a DEAD session out of the wheel */
void natgw_gc_remove(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_gc_expire - end a session whose idle time and cool-down are over
 *
 * Counts it as timed out if nothing else ended it. Context: RCU read side.
 */
void natgw_gc_expire(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_gc_touch - a session's time may have become shorter: look at it earlier
 *
 * Context: RCU read side, BH off or process.
 */
void natgw_gc_touch(struct natgw_table *table, struct natgw_session *session);

#endif
