/* SPDX-License-Identifier: GPL-2.0 */
/* Exhaustion: telling listeners of new flows that were refused. */
#ifndef _NATGW_SESSION_EXHAUSTION_H
#define _NATGW_SESSION_EXHAUSTION_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/natgw.h>
#include "snapshot/counters.h"

struct natgw_exhaustion;
struct natgw_gateway;
struct natgw_net;
struct natgw_tuple;

/* enum natgw_drop_reason of each */
extern const u8 natgw_exhausted_reason[NATGW_EXHAUSTED_REASONS];

void natgw_exhaustion_init(struct natgw_exhaustion *exhaustion);

/**
 * natgw_exhaustion_note - a new flow was refused
 * @inside: its inside tuple
 *
 * Processors that refuse flows of one gateway at once do not wait for each other:
 * a full gateway is where packets come in numbers.
 *
 * Context: softirq, RCU. The message goes out from a worker.
 */
void natgw_exhaustion_note(struct natgw_net *nn, struct natgw_gateway *gw,
			   enum natgw_drop_reason reason, const struct natgw_tuple *inside);

#endif
