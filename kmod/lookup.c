// SPDX-License-Identifier: GPL-2.0
/* Searches in the compiled tables of a configuration snapshot. */
#include <linux/bsearch.h>
#include <linux/in.h>
#include "config.h"

static int cmp_range(const void *key, const void *elt)
{
	const struct natgw_subnet_range *range = elt;
	u32 addr = *(const u32 *)key;

	if (addr < range->first)
		return -1;
	return addr > range->last;
}

static int cmp_public(const void *key, const void *elt)
{
	const struct natgw_public *public = elt;
	u32 addr = *(const u32 *)key;

	if (addr < public->addr)
		return -1;
	return addr > public->addr;
}

/**
 * natgw_lookup_subnet - subnet of an inside address
 * @config: snapshot
 * @addr: address
 *
 * Subnets of a vnet do not overlap, so the longest match is the only one and a
 * binary search over the sorted ranges finds it: 10 steps for 800 subnets.
 * Context: RCU read side. Return: the range, or NULL.
 */
const struct natgw_subnet_range *natgw_lookup_subnet(const struct natgw_config *config,
						     __be32 addr)
{
	u32 key = ntohl(addr);

	return __inline_bsearch(&key, config->ranges, config->n_ranges,
				sizeof(*config->ranges), cmp_range);
}

/* natgw_lookup_public(), for addresses that the hint does not rule out */
const struct natgw_public *natgw_lookup_public_exact(const struct natgw_config *config,
						     __be32 addr)
{
	u32 key = ntohl(addr);

	return __inline_bsearch(&key, config->publics, config->n_publics,
				sizeof(*config->publics), cmp_public);
}

/* RFC 1918 and RFC 6598: what Azure's system routes keep off the Internet */
static bool addr_is_private(u32 addr)
{
	return (addr & 0xff000000) == 0x0a000000 || (addr & 0xfff00000) == 0xac100000 ||
	       (addr & 0xffff0000) == 0xc0a80000 || (addr & 0xffc00000) == 0x64400000;
}

/**
 * natgw_lookup_next_hop - effective next hop by the system routes
 * @config: snapshot
 * @daddr: destination
 *
 * In vnet "default" the subnets' prefixes are VnetLocal, private and shared
 * space outside them is left to Linux, and the rest is the Internet.
 * Context: RCU read side.
 */
enum natgw_next_hop natgw_lookup_next_hop(const struct natgw_config *config, __be32 daddr)
{
	if (natgw_lookup_subnet(config, daddr))
		return NATGW_NEXT_HOP_VNET_LOCAL;
	return addr_is_private(ntohl(daddr)) ? NATGW_NEXT_HOP_PASS : NATGW_NEXT_HOP_INTERNET;
}
