/* SPDX-License-Identifier: GPL-2.0 */
/* The end of the sessions of what drains. */
#ifndef _NATGW_CONTROL_DRAIN_RUN_H
#define _NATGW_CONTROL_DRAIN_RUN_H

struct natgw_net;

/**
 * natgw_drain_run - look after what drains in the running snapshot
 *
 * Finds the oldest sessions, ends those whose time is over. Context: process,
 * nn->lock held. Return: jiffies until the next look, or 0 if nothing drains, or only what
 * has no session any more.
 */
unsigned long natgw_drain_run(struct natgw_net *nn);

#endif
