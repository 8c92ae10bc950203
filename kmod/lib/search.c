// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the directory of sorted addresses, also for the unit tests. Called by who builds
 * tables that packets search.
 */
#include "lib/search.h"
#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#endif

/* 32 KiB of directory at the most */
#define BITS_MAX	13

static u32 bits_of(u32 n)
{
	return clamp_t(u32, order_base_2(n), 1, BITS_MAX);
}

size_t natgw_search_words(u32 n)
{
	return n ? (size_t)n + BIT(bits_of(n)) + 1 : 0;
}

u32 *natgw_search_init(struct natgw_search *search, u32 *words, u32 n)
{
	*search = (struct natgw_search) {
		.n = n,
		.first = words,
		.directory = words + n,
	};
	return words + natgw_search_words(n);
}

void natgw_search_index(struct natgw_search *search, u32 last)
{
	u32 k, i = 0, bits = bits_of(search->n), span_bits;

	if (!search->n)
		return;
	search->base = search->first[0];
	search->span = last - search->base;
	span_bits = fls(search->span);
	search->shift = span_bits > bits ? span_bits - bits : 0;
	for (k = 0; k <= BIT(bits); k++) {
		u64 start = (u64)search->base + ((u64)k << search->shift);

		while (i + 1 < search->n && search->first[i + 1] <= start)
			i++;
		search->directory[k] = i;
	}
}
