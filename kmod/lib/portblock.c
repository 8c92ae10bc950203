// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the arithmetic of which ports a host has of its own, also for the unit tests.
 * Called by session/, and by who shows blocks.
 */
#include "lib/portblock.h"
#include "lib/portmap.h"
#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/natgw.h>
#include <linux/string.h>
#endif

/*
 * The default table (Azure Load Balancer): 1-50 hosts have 1,024 ports of an
 * address each, and each time that their number doubles half as many, down to
 * 32 of 1,000 hosts.
 */
#define TABLE_HOSTS	50
#define TABLE_LEAST	32
#define TABLE_HALVINGS	5

u32 natgw_portblock_usable(u32 allocation)
{
	return allocation == NATGW_ALLOCATION_PREALLOCATED ? NATGW_BLOCK_PORTS : NATGW_PORTS;
}

static u32 table_share(u32 hosts)
{
	u32 share = NATGW_BLOCK_MOST, most;

	for (most = TABLE_HOSTS; hosts > most && share > TABLE_LEAST; most *= 2)
		share /= 2;
	return share;
}

/* Hosts that a share is enough for */
static u32 table_hosts(u32 share)
{
	return min_t(u32, TABLE_HOSTS * (NATGW_BLOCK_MOST / share), NATGW_BLOCK_HOSTS);
}

void natgw_portblock_lay_out(struct natgw_portblock_layout *layout, u32 allocation,
			     u32 ports_per_host, u32 hosts, u32 addresses)
{
	u32 all;

	BUILD_BUG_ON(TABLE_HOSTS * NATGW_BLOCK_MOST > NATGW_BLOCK_PORTS);
	BUILD_BUG_ON(NATGW_BLOCK_MOST >> TABLE_HALVINGS != TABLE_LEAST);
	BUILD_BUG_ON(TABLE_HOSTS << TABLE_HALVINGS < NATGW_BLOCK_HOSTS);

	memset(layout, 0, sizeof(*layout));
	layout->ports = natgw_portblock_usable(allocation);
	layout->addresses = addresses;
	layout->floor = allocation == NATGW_ALLOCATION_FLOOR;
	if (!addresses)
		return;
	all = layout->ports * addresses;
	if (ports_per_host) {
		layout->block = ports_per_host;
		layout->seats = all / ports_per_host;
		layout->first_shared = min(hosts, layout->seats) * ports_per_host;
		return;
	}
	layout->share = table_share(hosts);
	layout->block = min_t(u32, layout->share * addresses, NATGW_BLOCK_MOST);
	layout->seats = NATGW_BLOCK_HOSTS;
}

/*
 * Seats 50 apart are in the same 1,024 ports: 0 at their begin, 50 at the
 * middle, 100 and 150 at the first and third quarter and so on. The bits of
 * seat / 50, reversed, say where.
 */
static u32 table_first(u32 seat)
{
	u32 nth = seat / TABLE_HOSTS, reversed = 0, i;

	for (i = 0; i < TABLE_HALVINGS; i++)
		reversed |= (nth >> i & 1) << (TABLE_HALVINGS - 1 - i);
	return seat % TABLE_HOSTS * NATGW_BLOCK_MOST + reversed * TABLE_LEAST;
}

static bool table_get(const struct natgw_portblock_layout *layout, u32 seat, u32 i,
		      struct natgw_portblock *block)
{
	if (seat >= table_hosts(layout->share) || i >= layout->block / layout->share)
		return false;
	block->place = i;
	block->range.first = table_first(seat);
	block->range.n = layout->share;
	return true;
}

bool natgw_portblock_get(const struct natgw_portblock_layout *layout, u32 seat, u32 i,
			 struct natgw_portblock *block)
{
	u32 first, end, begin;

	if (seat >= layout->seats)
		return false;
	if (layout->share)
		return table_get(layout, seat, i, block);
	first = seat * layout->block;
	end = first + layout->block;
	block->place = first / layout->ports + i;
	begin = block->place * layout->ports;
	if (begin >= end)
		return false;
	first = max(first, begin);
	end = min(end, begin + layout->ports);
	block->range.first = first - begin;
	block->range.n = end - first;
	return true;
}

bool natgw_portblock_holds(const struct natgw_portblock_layout *layout, u32 seat, u32 place,
			   u32 index)
{
	struct natgw_portblock block;
	u32 i;

	for (i = 0; natgw_portblock_get(layout, seat, i, &block); i++)
		if (block.place == place && index - block.range.first < block.range.n)
			return true;
	return false;
}

bool natgw_portblock_shared(const struct natgw_portblock_layout *layout, u32 place,
			    struct natgw_portrange *range)
{
	u32 begin = place * layout->ports;

	if (!layout->floor)
		return false;
	range->first = layout->first_shared > begin ? layout->first_shared - begin : 0;
	if (place >= layout->addresses || range->first >= layout->ports)
		return false;
	range->n = layout->ports - range->first;
	return true;
}

bool natgw_portblock_spare(const struct natgw_portblock_layout *layout, u32 place,
			   struct natgw_portrange *range)
{
	if (!layout->share || place >= layout->addresses)
		return false;
	range->first = TABLE_HOSTS * NATGW_BLOCK_MOST;
	range->n = layout->ports - range->first;
	return true;
}

bool natgw_portblock_shrinks(const struct natgw_portblock_layout *old,
			     const struct natgw_portblock_layout *new)
{
	if (old->share && new->share)
		return new->share < old->share;
	return old->share != new->share || old->block != new->block;
}

bool natgw_portblock_same(const struct natgw_portblock_layout *old,
			  const struct natgw_portblock_layout *new)
{
	return old->ports == new->ports && old->share == new->share && old->block == new->block &&
	       old->seats <= new->seats;
}

u32 natgw_portblock_near(const struct natgw_portblock_layout *layout, u32 hosts)
{
	if (layout->share)
		return table_hosts(table_share(hosts));
	return layout->floor ? min(hosts, layout->seats) : layout->seats;
}
