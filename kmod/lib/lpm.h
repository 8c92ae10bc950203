/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Longest prefix match over prefixes that change seldom and are searched by
 * every packet.
 *
 * The kernel exports no such structure for data of its own: fib_trie holds
 * routes with devices, the BPF trie is BPF's. So the prefixes are taken apart
 * into ranges that do not overlap, each with its longest prefix.
 */
#ifndef _NATGW_LIB_LPM_H
#define _NATGW_LIB_LPM_H

#include <linux/types.h>
#include "lib/prefix.h"
#include "lib/search.h"

/**
 * struct natgw_lpm_entry - a prefix to be put in
 * @prefix: without host bits
 * @rank: among equal prefixes the lowest wins, then the first given
 * @value: what the search finds
 */
struct natgw_lpm_entry {
	struct natgw_prefix prefix;
	u16 rank;
	u16 value;
};

/**
 * struct natgw_lpm_range - addresses with one longest prefix
 * @first: host byte order
 * @last: host byte order
 * @value: of the entry
 * @len: of its prefix
 */
struct natgw_lpm_range {
	u32 first;
	u32 last;
	u16 value;
	u8 len;
};

/** struct natgw_lpm - ranges sorted by address */
struct natgw_lpm {
	struct natgw_search search;
	u32 n;
	struct natgw_lpm_range range[];
};

/**
 * natgw_lpm_build - ranges of a list of prefixes
 * @entry: sorted by this function
 * @n: number of entries
 *
 * Context: process. Return: to be freed by kvfree(), or NULL: no memory.
 */
struct natgw_lpm *natgw_lpm_build(struct natgw_lpm_entry *entry, u32 n);

/**
 * natgw_lpm_find - range of an address, or NULL
 *
 * Context: as long as @lpm is valid.
 */
static inline const struct natgw_lpm_range *natgw_lpm_find(const struct natgw_lpm *lpm,
							   __be32 addr)
{
	const struct natgw_lpm_range *range;
	u32 key = ntohl(addr);
	int i;

	i = natgw_search_find(&lpm->search, key);
	if (i < 0)
		return NULL;
	range = &lpm->range[i];
	return key <= range->last ? range : NULL;
}

#endif
