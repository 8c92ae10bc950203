// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the map of one address's ports, also for the unit tests. Called by session/, and
 * by who shows or checks maps.
 */
#include "lib/portmap.h"
#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/natgw.h>
#include <linux/string.h>
#endif

void natgw_portmap_init(struct natgw_portmap *map)
{
	u32 group;

	BUILD_BUG_ON(NATGW_PORTMAP_GROUPS * NATGW_PORTMAP_GROUP != NATGW_PORTS);
	memset(map, 0, sizeof(*map));
	map->left = NATGW_PORTS;
	for (group = 0; group < NATGW_PORTMAP_GROUPS; group++)
		map->free[group] = NATGW_PORTMAP_GROUP;
}

void natgw_portmap_recount(struct natgw_portmap *map)
{
	u32 word, group;

	map->left = 0;
	for (group = 0; group < NATGW_PORTMAP_GROUPS; group++) {
		map->free[group] = NATGW_PORTMAP_GROUP;
		for (word = 0; word < NATGW_PORTMAP_WORDS; word++)
			map->free[group] -=
				hweight64(map->word[group * NATGW_PORTMAP_WORDS + word]);
		map->left += map->free[group];
	}
}

bool natgw_portmap_clear(struct natgw_portmap *map, u32 index)
{
	u64 bit = 1ULL << (index % 64);

	if (!(map->word[index / 64] & bit))
		return false;
	map->word[index / 64] &= ~bit;
	map->free[index / NATGW_PORTMAP_GROUP]++;
	map->left++;
	return true;
}

/* the n-th free port; there are more than n */
static u32 nth_free(const struct natgw_portmap *map, u32 n)
{
	u32 group, word, count;
	u64 zeroes;

	for (group = 0; n >= map->free[group]; group++)
		n -= map->free[group];
	for (word = group * NATGW_PORTMAP_WORDS; ; word++) {
		count = hweight64(~map->word[word]);
		if (n < count)
			break;
		n -= count;
	}
	for (zeroes = ~map->word[word]; n; n--)
		zeroes &= zeroes - 1;
	return word * 64 + __ffs64(zeroes);
}

int natgw_portmap_pick(struct natgw_portmap *map, u32 random)
{
	u32 index, free = natgw_portmap_free(map);

	if (!free)
		return -1;
	index = nth_free(map, ((u64)random * free) >> 32);
	natgw_portmap_set(map, index);
	return index;
}

/* Free bits of a word that are between two ports */
static u64 free_bits(const struct natgw_portmap *map, u32 word, u32 first, u32 end)
{
	u64 bits = ~map->word[word];
	u32 base = word * 64;

	if (first > base)
		bits &= ~0ULL << (first - base);
	if (end < base + 64)
		bits &= ~0ULL >> (base + 64 - end);
	return bits;
}

static u32 free_between(const struct natgw_portmap *map, u32 first, u32 end)
{
	u32 at = first, free = 0;

	while (at < end) {
		if (at % NATGW_PORTMAP_GROUP || at + NATGW_PORTMAP_GROUP > end) {
			free += hweight64(free_bits(map, at / 64, first, end));
			at += 64 - at % 64;
		} else {
			free += map->free[at / NATGW_PORTMAP_GROUP];
			at += NATGW_PORTMAP_GROUP;
		}
	}
	return free;
}

u32 natgw_portmap_free_in(const struct natgw_portmap *map, const struct natgw_portrange *range)
{
	return free_between(map, range->first, range->first + range->n);
}

int natgw_portmap_pick_in(struct natgw_portmap *map, const struct natgw_portrange *range,
			  u32 random)
{
	u32 index, free;

	/* one port, of a session that comes back: nothing to count or to choose */
	if (range->n == 1)
		return natgw_portmap_set(map, range->first) ? (int)range->first : -1;
	free = natgw_portmap_free_in(map, range);
	if (!free)
		return -1;
	/* after those that are free before the range */
	index = nth_free(map, free_between(map, 0, range->first) + (((u64)random * free) >> 32));
	natgw_portmap_set(map, index);
	return index;
}
