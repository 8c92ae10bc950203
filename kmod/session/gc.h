/* SPDX-License-Identifier: GPL-2.0 */
/* The timer wheel: finds sessions whose time is over without walking the table. */
#ifndef _NATGW_SESSION_GC_H
#define _NATGW_SESSION_GC_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct natgw_net;
struct natgw_session;
struct natgw_table;

int natgw_gc_init(struct natgw_table *table);
void natgw_gc_exit(struct natgw_table *table);

/**
 * natgw_gc_expire - end a session whose idle time and cool-down are over
 *
 * Counts it as timed out if nothing else ended it. Context: RCU read side.
 */
void natgw_gc_expire(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_session_retime - look at all running sessions with changed timers
 *
 * The packet path needs no help, but a session's slot of the wheel was chosen
 * by the old timer. Context: process.
 */
void natgw_session_retime(struct natgw_net *nn);

#endif
