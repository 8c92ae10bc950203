// SPDX-License-Identifier: GPL-2.0
/* kmod/lib/search.c against looking at every entry. */
#include <stdlib.h>
#include "ktap.h"
#include "../../kmod/lib/search.h"

static struct natgw_search search;
static u32 *words;

static int by_value(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static u32 any(void)
{
	return (u32)random() << 16 ^ (u32)random();
}

/* entries in any order; equal ones go */
static void build(const u32 *from, u32 n, u32 last)
{
	u32 *sorted = malloc((n + 1) * sizeof(*sorted)), i, k = 0;
	u32 *end;

	memcpy(sorted, from, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	for (i = 0; i < n; i++)
		if (!k || sorted[k - 1] != sorted[i])
			sorted[k++] = sorted[i];
	free(words);
	/* exactly as much as it says: ASan watches */
	words = malloc(natgw_search_words(k) * sizeof(*words));
	end = natgw_search_init(&search, words, k);
	EXPECT(end == words + natgw_search_words(k));
	for (i = 0; i < k; i++)
		search.first[i] = sorted[i];
	if (k && last < sorted[k - 1])
		last = sorted[k - 1];
	natgw_search_index(&search, last);
	free(sorted);
}

static int slow(u32 addr)
{
	int found = -1;
	u32 i;

	if (!search.n || addr > search.base + search.span)
		return -1;
	for (i = 0; i < search.n && search.first[i] <= addr; i++)
		found = i;
	return found;
}

static bool right(u32 addr)
{
	return natgw_search_find(&search, addr) == slow(addr);
}

/* at and about every entry, and at the ends */
static bool all_right(void)
{
	u32 i;

	for (i = 0; i < search.n; i++)
		if (!right(search.first[i]) || !right(search.first[i] - 1) ||
		    !right(search.first[i] + 1))
			return false;
	return right(0) && right(UINT32_MAX) && right(search.base + search.span) &&
	       right(search.base + search.span + 1);
}

static void empty(void)
{
	static const u32 none[1];

	build(none, 0, 0);
	EXPECT(natgw_search_find(&search, 0) == -1);
	EXPECT(natgw_search_find(&search, UINT32_MAX) == -1);
}

static void single(void)
{
	static const u32 ends[][2] = {
		{ 0, 0 }, { 0, UINT32_MAX }, { UINT32_MAX, UINT32_MAX }, { 0x0a000000, 0x0affffff },
	};
	u32 i;

	for (i = 0; i < 4; i++) {
		build(&ends[i][0], 1, ends[i][1]);
		EXPECT(all_right());
	}
}

/* subnets side by side, as most networks are */
static void regular(void)
{
	static u32 first[4000];
	u32 n, i;

	for (n = 1; n <= 4000; n = n * 3 + 1) {
		for (i = 0; i < n; i++)
			first[i] = 0x0a000000 + i * 256;
		build(first, n, 0x0a000000 + n * 256 - 1);
		EXPECT(all_right());
	}
}

/* most in one place, few elsewhere, up to the ends of all addresses */
static void uneven(void)
{
	static u32 first[1500];
	u32 n, i, turn;

	for (turn = 0; turn < 60; turn++) {
		n = 1 + any() % 1500;
		for (i = 0; i < n; i++)
			first[i] = i % 16 ? 0xc6120000 + any() % 0x20000 : any();
		if (turn % 2)
			first[0] = 0;
		build(first, n, turn % 3 ? UINT32_MAX : any());
		EXPECT(all_right());
		for (i = 0; i < 200; i++)
			EXPECT(right(any()));
	}
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(empty),
		KTAP_TEST(single),
		KTAP_TEST(regular),
		KTAP_TEST(uneven),
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
