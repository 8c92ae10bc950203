// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the table of the bound subnets of all vnets. Called by config/compile.c, which
 * builds it; packets search it.
 *
 * A vnet's own table serves packets whose device tells the vnet. What the router
 * itself makes in a host's name has no such device, and what goes to a host, or
 * comes by a device that is not its vnet's, may be any vnet's.
 *
 * Subnets of one vnet never overlap; those of vnets in VRFs may. Being prefixes,
 * of two that overlap one holds the other. So going up by address, the subnets
 * that hold an address form a stack, not deeper than there are vnets.
 */
#include <linux/bitmap.h>
#include <linux/in.h>
#include <linux/inetdevice.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "lib/search.h"
#include "snapshot/bound.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/view.h"

/**
 * struct stack - subnets that hold the present address, the widest first
 * @held: the subnets
 * @tracked: among those up to here the last one whose vnet is in no VRF, or NULL
 * @n: used part of both
 */
struct stack {
	const struct natgw_subnet_range **held;
	const struct natgw_subnet_range **tracked;
	u32 n;
};

static bool is_bound(const struct natgw_subnet_range *range)
{
	return range->pool || range->steer || range->block;
}

/* by first address, there the widest first */
static int cmp_range(const void *a, const void *b)
{
	const struct natgw_subnet_range *x = *(const struct natgw_subnet_range *const *)a;
	const struct natgw_subnet_range *y = *(const struct natgw_subnet_range *const *)b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->last > y->last ? -1 : x->last < y->last;
}

static int cmp_space(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return x[0] < y[0] ? -1 : x[0] > y[0];
}

/* Addresses from @first to @last that are in the subnets of the stack */
static void emit(struct natgw_bound *bound, const struct stack *stack, u32 first, u32 last)
{
	u32 i = bound->search.n;

	bound->search.first[i] = first;
	bound->range[i].last = last;
	bound->range[i].range = stack->n == 1 ? stack->held[0] : NULL;
	bound->range[i].tracked = stack->tracked[stack->n - 1];
	bound->search.n++;
}

static void push(struct stack *stack, const struct natgw_subnet_range *range)
{
	const struct natgw_subnet_range *below = stack->n ? stack->tracked[stack->n - 1] : NULL;

	stack->held[stack->n] = range;
	stack->tracked[stack->n++] = range->vnet->untracked ? below : range;
}

/* Ends the subnets that end before @next; from @pos on nothing was emitted. Return: the same */
static u64 pop_until(struct natgw_bound *bound, struct stack *stack, u64 pos, u64 next)
{
	u64 last;

	for (; stack->n; stack->n--) {
		last = stack->held[stack->n - 1]->last;
		if (last >= next)
			break;
		if (pos <= last)
			emit(bound, stack, pos, last);
		pos = max(pos, last + 1);
	}
	return pos;
}

static void take_apart(struct natgw_bound *bound, struct stack *stack,
		       const struct natgw_subnet_range **sorted, u32 n)
{
	u64 pos = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		pos = pop_until(bound, stack, pos, sorted[i]->first);
		if (stack->n && pos < sorted[i]->first)
			emit(bound, stack, pos, sorted[i]->first - 1);
		pos = sorted[i]->first;
		push(stack, sorted[i]);
	}
	pop_until(bound, stack, pos, (u64)U32_MAX + 1);
}

/* Each first and last address; @space has room for all. Return: how many are left */
static u32 join_spaces(const struct natgw_config *config, u32 *space)
{
	u32 i, k, n = 0, joined = 0;

	for (i = 0; i < config->n_vnets; i++) {
		const struct natgw_vnet_conf *conf = config->vnets[i];

		for (k = 0; k < conf->n_prefixes; k++) {
			space[2 * n] = ntohl(conf->prefix[k].addr);
			space[2 * n + 1] = space[2 * n] |
					   ~ntohl(inet_make_mask(conf->prefix[k].len));
			n++;
		}
	}
	for (i = 0; i < config->n_ranges; i++) {
		if (config->ranges[i].vnet != &config->views[0])
			continue;
		space[2 * n] = config->ranges[i].first;
		space[2 * n + 1] = config->ranges[i].last;
		n++;
	}
	sort(space, n, 2 * sizeof(*space), cmp_space, NULL);
	for (i = 0; i < n; i++) {
		if (joined && space[2 * i] <= (u64)space[2 * joined - 1] + 1) {
			space[2 * joined - 1] = max(space[2 * joined - 1], space[2 * i + 1]);
			continue;
		}
		space[2 * joined] = space[2 * i];
		space[2 * joined + 1] = space[2 * i + 1];
		joined++;
	}
	return joined;
}

static u32 count_bound(const struct natgw_config *config)
{
	u32 i, n = 0;

	for (i = 0; i < config->n_ranges; i++)
		n += is_bound(&config->ranges[i]);
	return n;
}

static u32 count_spaces(const struct natgw_config *config)
{
	u32 i, n = config->n_ranges;

	for (i = 0; i < config->n_vnets; i++)
		n += config->vnets[i]->n_prefixes;
	return n;
}

/* of n subnets that overlap at most so many pieces come */
static u32 pieces(u32 n)
{
	return n ? 2 * n - 1 : 0;
}

static void fill_bound(struct natgw_config *config, const struct natgw_subnet_range **sorted,
		       u32 *words)
{
	struct natgw_bound *bound = &config->bound;
	struct stack stack;
	u32 i, k, n = 0;

	for (i = 0; i < config->n_ranges; i++)
		if (is_bound(&config->ranges[i]))
			sorted[n++] = &config->ranges[i];
	sort(sorted, n, sizeof(*sorted), cmp_range, NULL);
	stack.held = sorted + n;
	stack.tracked = stack.held + config->n_vnets;
	stack.n = 0;
	bound->search.first = words;
	bound->search.n = 0;
	take_apart(bound, &stack, sorted, n);
	/* their number is known only now, and with it the directory's place */
	k = bound->search.n;
	natgw_search_init(&bound->search, words, k);
	if (k)
		natgw_search_index(&bound->search, bound->range[k - 1].last);
}

static void fill_spaces(struct natgw_config *config, u32 *space, u32 *words)
{
	struct natgw_bound *bound = &config->bound;
	u32 i, n = join_spaces(config, space);

	bound->space_last = natgw_search_init(&bound->spaces, words, n);
	for (i = 0; i < n; i++) {
		bound->spaces.first[i] = space[2 * i];
		bound->space_last[i] = space[2 * i + 1];
	}
	if (n)
		natgw_search_index(&bound->spaces, bound->space_last[n - 1]);
}

/* once the spaces are there */
static void fill_inner(struct natgw_bound *bound)
{
	u32 i, octet;

	for (octet = 0; octet < 256; octet++)
		if (natgw_lookup_private_octet(octet) || ipv4_is_multicast(htonl(octet << 24)))
			__set_bit(octet, bound->inner);
	for (i = 0; i < bound->spaces.n; i++)
		bitmap_set(bound->inner, bound->spaces.first[i] >> 24,
			   (bound->space_last[i] >> 24) - (bound->spaces.first[i] >> 24) + 1);
}

int natgw_bound_compile(struct natgw_config *config)
{
	u32 n = count_bound(config), n_spaces = count_spaces(config);
	const struct natgw_subnet_range **sorted;
	struct natgw_bound *bound = &config->bound;
	u32 *space;

	bound->words = kvmalloc_array(natgw_search_words(pieces(n)) +
				      natgw_search_words(n_spaces) + n_spaces,
				      sizeof(*bound->words), GFP_KERNEL_ACCOUNT);
	bound->range = kvmalloc_array(pieces(n), sizeof(*bound->range), GFP_KERNEL_ACCOUNT);
	sorted = kvmalloc_array(n + 2 * config->n_vnets, sizeof(*sorted), GFP_KERNEL);
	space = kvmalloc_array(n_spaces, 2 * sizeof(*space), GFP_KERNEL);
	if (!bound->words || !bound->range || !sorted || !space) {
		kvfree(sorted);
		kvfree(space);
		return -ENOMEM;
	}
	fill_bound(config, sorted, bound->words);
	fill_spaces(config, space, bound->words + natgw_search_words(pieces(n)));
	fill_inner(bound);
	kvfree(sorted);
	kvfree(space);
	return 0;
}

void natgw_bound_free(struct natgw_bound *bound)
{
	kvfree(bound->range);
	kvfree(bound->words);
}
