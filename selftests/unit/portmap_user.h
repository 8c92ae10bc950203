/* SPDX-License-Identifier: GPL-2.0 */
/* What kmod/lib/portmap.c takes from the kernel, for userspace. */
#ifndef NATGW_UNIT_PORTMAP_USER_H
#define NATGW_UNIT_PORTMAP_USER_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <linux/natgw.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define BUILD_BUG_ON(cond)	static_assert(!(cond), #cond)

#define min(a, b) ({ __typeof__(a) _a = (a), _b = (b); _a < _b ? _a : _b; })
#define max(a, b) ({ __typeof__(a) _a = (a), _b = (b); _a > _b ? _a : _b; })
#define min_t(t, a, b)	min((t)(a), (t)(b))

/* words looked at so far: one hweight64() each */
extern unsigned long portmap_looks;

static inline unsigned int hweight64(u64 word)
{
	portmap_looks++;
	return __builtin_popcountll(word);
}

static inline unsigned int __ffs64(u64 word)
{
	return __builtin_ctzll(word);
}

#endif /* NATGW_UNIT_PORTMAP_USER_H */
