/* SPDX-License-Identifier: GPL-2.0 */
/* What kmod/clock.h takes from the kernel, for userspace. */
#ifndef NATGW_UNIT_CLOCK_USER_H
#define NATGW_UNIT_CLOCK_USER_H

#include <stdbool.h>
#include <stdint.h>

typedef int32_t s32;
typedef uint32_t u32;
typedef uint64_t u64;

/* Both are the test's own */
extern unsigned int hz;
extern u64 jiffies_64;

#define HZ		hz
#define ilog2(n)	(31 - __builtin_clz(n))

static inline u64 get_jiffies_64(void)
{
	return jiffies_64;
}

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

#endif /* NATGW_UNIT_CLOCK_USER_H */
