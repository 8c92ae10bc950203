/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Searches in sorted addresses, which each packet does several times.
 *
 * A directory by the leading bits tells where to begin; what is left, most often
 * one or two entries, is halved. The kernel's bsearch alone would take a step for
 * each doubling of the entries, and a call of its comparison for each step.
 */
#ifndef _NATGW_LIB_SEARCH_H
#define _NATGW_LIB_SEARCH_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "search_user.h"
#endif

/**
 * struct natgw_search - sorted addresses, host byte order
 * @base: the lowest one
 * @span: from there to the highest one that an entry covers
 * @n: number of entries
 * @shift: an address less @base and less so many bits is its place in @directory
 * @first: the first address of each entry
 * @directory: number of the last entry that begins at or before this place
 */
struct natgw_search {
	u32 base;
	u32 span;
	u32 n;
	u32 shift;
	u32 *first;
	u32 *directory;
};

/** natgw_search_words - memory that a search of @n entries needs, in u32 */
size_t natgw_search_words(u32 n);

/**
 * natgw_search_init - an empty search, for the caller to fill @first of
 * @words: natgw_search_words() of @n, belongs to the caller
 *
 * Return: what follows the part of @words in use.
 */
u32 *natgw_search_init(struct natgw_search *search, u32 *words, u32 n);

/**
 * natgw_search_index - make the directory, once all of @first is there, ascending
 * @last: the highest address that an entry covers
 */
void natgw_search_index(struct natgw_search *search, u32 last);

/** natgw_search_spans - is an address between the first and the last that entries cover? */
static inline bool natgw_search_spans(const struct natgw_search *search, u32 addr)
{
	return addr - search->base <= search->span;
}

/**
 * natgw_search_find - the last entry that begins at or before an address
 *
 * Return: its number, or -1 if the address is before the first or behind the last.
 */
static inline int natgw_search_find(const struct natgw_search *search, u32 addr)
{
	const u32 *place, *first;
	u32 n, half;

	if (!natgw_search_spans(search, addr) || !search->n)
		return -1;
	place = &search->directory[(addr - search->base) >> search->shift];
	first = search->first + place[0];
	for (n = place[1] - place[0] + 1; n > 1; n -= half) {
		half = n / 2;
		if (first[half] <= addr)
			first += half;
	}
	return first - search->first;
}

#endif
