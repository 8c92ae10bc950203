/* SPDX-License-Identifier: GPL-2.0 */
/* What kmod/lib/search.c takes from the kernel, for userspace. */
#ifndef NATGW_UNIT_SEARCH_USER_H
#define NATGW_UNIT_SEARCH_USER_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

typedef uint32_t u32;
typedef uint64_t u64;

#define BIT(n)		(1UL << (n))
#define clamp_t(type, value, low, high) ({				\
	type _v = (value);						\
	_v < (type)(low) ? (type)(low) : _v > (type)(high) ? (type)(high) : _v; \
})

/* number of the highest bit from 1 on, 0 for none */
static inline u32 fls(u32 n)
{
	return n ? 32 - __builtin_clz(n) : 0;
}

/* logarithm, rounded up */
static inline u32 order_base_2(u32 n)
{
	return n > 1 ? fls(n - 1) : 0;
}

#endif /* NATGW_UNIT_SEARCH_USER_H */
