/* SPDX-License-Identifier: GPL-2.0 */
/* All subnets whose packets natgw decides about, over all vnets, by address. */
#ifndef _NATGW_SNAPSHOT_BOUND_H
#define _NATGW_SNAPSHOT_BOUND_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include "lib/search.h"

struct natgw_config;
struct natgw_subnet_range;

/**
 * struct natgw_bound_range - addresses that are in the same bound subnets
 * @last: the highest one, host byte order
 * @range: the one subnet they are in, or NULL: vnets overlap there, and it is several
 * @tracked: the one of them whose vnet is in no VRF, or NULL
 */
struct natgw_bound_range {
	u32 last;
	const struct natgw_subnet_range *range;
	const struct natgw_subnet_range *tracked;
};

/**
 * struct natgw_bound - the bound subnets of a snapshot
 * @search: @range by address
 * @range: sorted, apart. In here is what has a gateway, a load balancer, a
 *	block or a route table; other subnets are left to Linux
 * @spaces: address spaces of all vnets, the subnets of "default" included
 * @space_last: highest address of each of @spaces, which do not touch
 * @inner: a bit for each first octet of addresses of which some are not in the Internet: of
 *	@spaces, private, shared or multicast
 * @words: memory of the searches and of @space_last
 */
struct natgw_bound {
	struct natgw_search search;
	struct natgw_bound_range *range;
	struct natgw_search spaces;
	u32 *space_last;
	DECLARE_BITMAP(inner, 256);
	u32 *words;
};

/**
 * natgw_bound_compile - make the table of a snapshot whose vnets and subnets are compiled
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int natgw_bound_compile(struct natgw_config *config);

/** natgw_bound_free - give its memory back; nothing there is fine */
void natgw_bound_free(struct natgw_bound *bound);

/**
 * natgw_bound_find - is an address in a bound subnet of any vnet?
 *
 * For packets whose device tells no vnet, and to sort out those that are none of
 * ours: outside the span of all bound subnets it takes a few instructions.
 * Context: RCU read side. Return: the addresses it is among, or NULL.
 */
static inline const struct natgw_bound_range *natgw_bound_find(const struct natgw_bound *bound,
							       __be32 addr)
{
	const struct natgw_bound_range *range;
	u32 key = ntohl(addr);
	int i;

	i = natgw_search_find(&bound->search, key);
	if (likely(i < 0))
		return NULL;
	range = &bound->range[i];
	return key <= range->last ? range : NULL;
}

/** natgw_bound_beyond - is an address in the Internet by its first octet? If not, it may be */
static inline bool natgw_bound_beyond(const struct natgw_bound *bound, __be32 addr)
{
	return !test_bit(ntohl(addr) >> 24, bound->inner);
}

/** natgw_bound_in_space - is an address in the address space of any vnet? RCU read side */
static inline bool natgw_bound_in_space(const struct natgw_bound *bound, __be32 addr)
{
	u32 key = ntohl(addr);
	int i;

	i = natgw_search_find(&bound->spaces, key);
	return i >= 0 && key <= bound->space_last[i];
}

#endif
