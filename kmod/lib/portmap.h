/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of the 64,512 ports of one address are taken: a two-level bitmap.
 *
 * Pure logic, also compiled in userspace by selftests/unit. 64,512 is 16 x 63 x
 * 64: the map is 16 groups of 63 words, and knows how many ports of each group
 * are free. A search looks at 16 counts, 63 words and one word at most.
 */
#ifndef _NATGW_LIB_PORTMAP_H
#define _NATGW_LIB_PORTMAP_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/natgw.h>
#else
#include "portmap_user.h"
#endif

#define NATGW_PORTMAP_GROUPS	16
#define NATGW_PORTMAP_WORDS	63	/* of a group */
#define NATGW_PORTMAP_GROUP	(NATGW_PORTMAP_WORDS * 64)	/* ports of a group */

/** struct natgw_portrange - ports that follow each other, by index; none is beyond the last */
struct natgw_portrange {
	u32 first;
	u32 n;
};

/**
 * struct natgw_portmap - ports taken, by number less NATGW_PORT_MIN ("index")
 * @free: zero bits by group
 * @left: their sum
 * @word: a set bit is a port taken
 *
 * The caller serializes.
 */
struct natgw_portmap {
	u16 free[NATGW_PORTMAP_GROUPS];
	u32 left;
	u64 word[NATGW_PORTMAP_GROUPS * NATGW_PORTMAP_WORDS];
};

/** natgw_portmap_init - all ports free */
void natgw_portmap_init(struct natgw_portmap *map);

/** natgw_portmap_recount - count the free ports of a map whose words were set as a whole */
void natgw_portmap_recount(struct natgw_portmap *map);

/** natgw_portmap_test - is a port taken? @index: below NATGW_PORTS */
static inline bool natgw_portmap_test(const struct natgw_portmap *map, u32 index)
{
	return map->word[index / 64] >> (index % 64) & 1;
}

/** natgw_portmap_set - take a port. Return: it was free. */
static inline bool natgw_portmap_set(struct natgw_portmap *map, u32 index)
{
	u64 bit = 1ULL << (index % 64);

	if (map->word[index / 64] & bit)
		return false;
	map->word[index / 64] |= bit;
	map->free[index / NATGW_PORTMAP_GROUP]--;
	map->left--;
	return true;
}

/** natgw_portmap_clear - give a port back. Return: it was taken. */
bool natgw_portmap_clear(struct natgw_portmap *map, u32 index);

/** natgw_portmap_free - number of free ports */
static inline u32 natgw_portmap_free(const struct natgw_portmap *map)
{
	return map->left;
}

/**
 * natgw_portmap_pick - take a free port, each with the same probability
 * @map: map
 * @random: 32 unpredictable bits
 *
 * The n-th free port is found by the counts, n being random, so at any fill
 * each free port is as likely as another (RFC 6056 section 3.3).
 *
 * Return: the index, or -1 when none is free.
 */
int natgw_portmap_pick(struct natgw_portmap *map, u32 random);

/** natgw_portmap_free_in - number of free ports of a range */
u32 natgw_portmap_free_in(const struct natgw_portmap *map, const struct natgw_portrange *range);

/** natgw_portmap_pick_in - the same as natgw_portmap_pick() in a range */
int natgw_portmap_pick_in(struct natgw_portmap *map, const struct natgw_portrange *range,
			  u32 random);

/**
 * natgw_portmap_index - random index, for a try before natgw_portmap_pick()
 * @random: 32 unpredictable bits
 */
static inline u32 natgw_portmap_index(u32 random)
{
	return ((u64)random * NATGW_PORTS) >> 32;
}

/** natgw_portmap_index_in - random index of a range */
static inline u32 natgw_portmap_index_in(const struct natgw_portrange *range, u32 random)
{
	return range->first + (((u64)random * range->n) >> 32);
}

#endif
