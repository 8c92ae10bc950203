// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the longest prefix match. Called by config/route_table.c, which builds the table,
 * and by look-ups of routes.
 */
#include <linux/inetdevice.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "lib/lpm.h"
#include "lib/search.h"

static u32 first_of(const struct natgw_lpm_entry *entry)
{
	return ntohl(entry->prefix.addr);
}

static u32 last_of(const struct natgw_lpm_entry *entry)
{
	return first_of(entry) | ~ntohl(inet_make_mask(entry->prefix.len));
}

/* A prefix comes before those inside it; of equal ones the best comes first. */
static int cmp_entry(const void *a, const void *b)
{
	const struct natgw_lpm_entry *x = a, *y = b;

	if (first_of(x) != first_of(y))
		return first_of(x) < first_of(y) ? -1 : 1;
	if (x->prefix.len != y->prefix.len)
		return x->prefix.len < y->prefix.len ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

static void lpm_add(struct natgw_lpm *lpm, u32 first, u32 last,
		    const struct natgw_lpm_entry *entry)
{
	lpm->range[lpm->n++] = (struct natgw_lpm_range) {
		.first = first,
		.last = last,
		.value = entry->value,
		.len = entry->prefix.len,
	};
}

/*
 * Prefixes are nested or apart, so those open at an address are a stack, no
 * deeper than the 33 lengths there are. Each prefix starts a range and ends
 * one: at most two ranges a prefix.
 */
struct natgw_lpm *natgw_lpm_build(struct natgw_lpm_entry *entry, u32 n)
{
	const struct natgw_lpm_entry *open[33];
	struct natgw_lpm *lpm;
	u32 i, depth = 0;
	u64 next = 0;	/* first address without a range yet */

	lpm = kvmalloc(struct_size(lpm, range, 2 * (size_t)n) +
		       natgw_search_words(2 * n) * sizeof(u32), GFP_KERNEL_ACCOUNT);
	if (!lpm)
		return NULL;
	lpm->n = 0;
	sort(entry, n, sizeof(*entry), cmp_entry, NULL);
	for (i = 0; i <= n; i++) {
		/* those that end before this one starts */
		while (depth && (i == n || last_of(open[depth - 1]) < first_of(&entry[i]))) {
			const struct natgw_lpm_entry *top = open[--depth];

			if (next <= last_of(top))
				lpm_add(lpm, next, last_of(top), top);
			next = (u64)last_of(top) + 1;
		}
		if (i == n)
			break;
		/* an equal prefix that is not the best */
		if (depth && first_of(open[depth - 1]) == first_of(&entry[i]) &&
		    open[depth - 1]->prefix.len == entry[i].prefix.len)
			continue;
		if (depth && next < first_of(&entry[i]))
			lpm_add(lpm, next, first_of(&entry[i]) - 1, open[depth - 1]);
		next = first_of(&entry[i]);
		open[depth++] = &entry[i];
	}
	natgw_search_init(&lpm->search, (u32 *)(lpm->range + 2 * (size_t)n), lpm->n);
	for (i = 0; i < lpm->n; i++)
		lpm->search.first[i] = lpm->range[i].first;
	if (lpm->n)
		natgw_search_index(&lpm->search, lpm->range[lpm->n - 1].last);
	return lpm;
}
