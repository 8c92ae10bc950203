/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When something was made, in 32 bits that last for years; and how long something is idle, in
 * jiffies.
 *
 * Jiffies in 32 bits come round after 49 days at 1000 Hz, and what is compared with
 * them is in the future after half of that. A session may live for months.
 *
 * Pure logic, also compiled in userspace by selftests/unit.
 */
#ifndef _NATGW_CLOCK_H
#define _NATGW_CLOCK_H

#ifdef __KERNEL__
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/types.h>
#else
#include "clock_user.h"
#endif

/** NATGW_CLOCK_SHIFT - a unit is two to this power of jiffies: 1/8 s at 250 Hz and at 1000 Hz */
#define NATGW_CLOCK_SHIFT	(ilog2(HZ) > 2 ? ilog2(HZ) - 2 : 0)

/** NATGW_CLOCK_SLACK - units that one CPU may be behind another */
#define NATGW_CLOCK_SLACK	64

/** natgw_clock - this moment, in units. Context: any */
static inline u32 natgw_clock(void)
{
	u64 now = get_jiffies_64();

	return (u32)(now >> NATGW_CLOCK_SHIFT);
}

/**
 * natgw_clock_after - is one moment later than another?
 * @a: of natgw_clock()
 * @b: of natgw_clock(); there are less than eight years between them
 */
static inline bool natgw_clock_after(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

/**
 * natgw_clock_seconds - seconds between two moments
 * @from: of natgw_clock()
 * @to: of natgw_clock(), less than sixteen years later; 0 is returned for one that
 *	is a little earlier: another CPU may have written @from meanwhile
 */
static inline u32 natgw_clock_seconds(u32 from, u32 to)
{
	u32 units = to - from;

	if (units >= (u32)-NATGW_CLOCK_SLACK)
		return 0;
	return (u32)div_u64((u64)units << NATGW_CLOCK_SHIFT, HZ);
}

/**
 * natgw_clock_since - jiffies since something last happened
 * @last: when, in jiffies of 32 bits
 * @now: jiffies, less than 2^31 later; 0 is returned for one that is earlier: another CPU may
 *	have written @last after @now was read
 */
static inline u32 natgw_clock_since(u32 last, u32 now)
{
	u32 since = now - last;

	return (s32)since < 0 ? 0 : since;
}

/**
 * natgw_clock_within - has something last happened less than some time ago?
 * @last: as of natgw_clock_since()
 * @now: as of natgw_clock_since()
 * @span: the time, jiffies below 2^31
 *
 * As natgw_clock_since() < @span, at the cost of a comparison.
 */
static inline bool natgw_clock_within(u32 last, u32 now, u32 span)
{
	return (s32)(now - last - span) < 0;
}

#endif
