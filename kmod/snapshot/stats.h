/* SPDX-License-Identifier: GPL-2.0 */
/* Drop reasons, counted per CPU. */
#ifndef _NATGW_SNAPSHOT_STATS_H
#define _NATGW_SNAPSHOT_STATS_H

#include <linux/types.h>
#include <asm/barrier.h>
#include <linux/natgw.h>
#include "lib/clock.h"
#include "snapshot/counters.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

/**
 * struct natgw_stats - one CPU's counters
 * @packets: by enum natgw_drop_reason; only ever grows
 * @last_source: source of the last packet counted
 * @last: natgw_clock() of it
 * @zero: @packets as they were at the last reset, which readers subtract; written by
 *	natgw_stats_zero() alone, as @packets have one writer already
 */
struct natgw_stats {
	u64 packets[__NATGW_DROP_MAX];
	__be32 last_source[__NATGW_DROP_MAX];
	u32 last[__NATGW_DROP_MAX];
	u64 zero[__NATGW_DROP_MAX];
};

/**
 * natgw_stats_count - count one packet under a reason
 *
 * Context: softirq or BH off, so that a CPU's counters have one writer at a time.
 */
static inline void natgw_stats_count(struct natgw_net *nn, enum natgw_drop_reason reason,
				     __be32 source)
{
	struct natgw_stats *stats = this_cpu_ptr(nn->stats);

	WRITE_ONCE(stats->last_source[reason], source);
	WRITE_ONCE(stats->last[reason], natgw_clock());
	/* pairs with natgw_stats_fill(): the first packet after a reset brings its source */
	smp_wmb();
	WRITE_ONCE(stats->packets[reason], stats->packets[reason] + 1);
}

/**
 * natgw_stats_untranslated - count one packet of a subnet that no gateway is bound to
 * @nn: namespace
 * @subnet: its subnet
 * @source: its source
 *
 * Context: as natgw_stats_count().
 */
static inline void natgw_stats_untranslated(struct natgw_net *nn, struct natgw_subnet *subnet,
					    __be32 source)
{
	this_cpu_inc(subnet->counters->untranslated);
	WRITE_ONCE(subnet->last_untranslated, natgw_clock());
	/* pairs with subnet_fill(): the first packet after a reset brings its time */
	smp_store_release(&subnet->last_source, source);
	natgw_stats_count(nn, NATGW_DROP_NO_GATEWAY, source);
}

/**
 * natgw_stats_zero - let the reasons count from 0
 * @nn: namespace, @nn->lock held
 */
void natgw_stats_zero(struct natgw_net *nn);

#endif
