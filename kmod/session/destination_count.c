// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the counts of free ports towards a destination, for those who ask and for flows
 * that may be refused, and the change of ports that an address keeps out of its pool.
 * Called by port.c, by the port dump, by config/address.c, and by reserved_ports.c.
 *
 * A map will not do to count exactly: it knows a session from before only once its port
 * was drawn.
 */
#include <linux/natgw.h>
#include "lib/portblock.h"
#include "lib/portmap.h"
#include "lib/walk.h"
#include "session/destination.h"
#include "session/destination_count.h"
#include "session/table.h"
#include "snapshot/conf.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/view.h"

/* ports looked up one by one: all of a block */
#define COUNT_MOST	NATGW_BLOCK_MOST

bool natgw_destination_full_in(struct natgw_table *table,
			       const struct natgw_destination *destination,
			       const struct natgw_pool_entry *entry,
			       const struct natgw_portrange *range)
{
	const struct natgw_portmap *reserved = rcu_dereference(entry->conf->address->reserved);
	const struct natgw_portmap *map =
		destination->warm ? destination->warm->slot[entry->slot].map : NULL;
	/* a map has the reserved ports, too, and may not know of older sessions yet */
	const struct natgw_portmap *taken = map ?: reserved;
	u32 used = natgw_destination_used(destination, entry->slot);
	u32 i, index, held = 0;

	if (map && !natgw_portmap_free_in(map, range))
		return true;
	for (i = 0; i < range->n; i++) {
		index = range->first + i;
		if (taken && natgw_portmap_test(taken, index))
			continue;
		/* of so many looks none is known to be the last: as if one were free */
		if (held == used || held++ == COUNT_MOST ||
		    !natgw_session_outer_holder(table, destination, entry->addr,
						htons(NATGW_PORT_MIN + index)))
			return false;
	}
	return true;
}

/* how many ports of a range have a session to a destination; reserved ports do not count */
static u32 held_among(struct natgw_table *table, const struct natgw_destination *destination,
		      __be32 addr, const struct natgw_portmap *reserved, u32 first, u32 n)
{
	u32 i, held = 0;

	for (i = first; i < first + n; i++)
		held += !(reserved && natgw_portmap_test(reserved, i)) &&
			natgw_session_outer_holder(table, destination, addr,
						   htons(NATGW_PORT_MIN + i));
	return held;
}

/*
 * held_among() for a range that is nearly all of an address: counts the ports outside the
 * range, and subtracts them from the address's total @used
 */
static u32 held_but_for(struct natgw_table *table, const struct natgw_destination *destination,
			const struct natgw_pool_entry *entry, const struct natgw_portrange *range,
			u32 used)
{
	u32 end = range->first + range->n;

	if (NATGW_PORTS - range->n > COUNT_MOST)
		return used;
	return used - held_among(table, destination, entry->addr, NULL, 0, range->first) -
	       held_among(table, destination, entry->addr, NULL, end, NATGW_PORTS - end);
}

u32 natgw_reserved_ports(const struct natgw_address_conf *conf, u32 ports)
{
	const struct natgw_portmap *reserved = rcu_dereference(conf->address->reserved);
	const struct natgw_portrange range = { .n = ports };

	return reserved ? natgw_portmap_free_in(reserved, &range) : ports;
}

u32 natgw_destination_left_in(struct natgw_table *table,
			      const struct natgw_destination *destination,
			      const struct natgw_pool_entry *entry,
			      const struct natgw_portrange *range)
{
	const struct natgw_portmap *reserved = rcu_dereference(entry->conf->address->reserved);
	u32 used = destination ? natgw_destination_used(destination, entry->slot) : 0;
	u32 left = reserved ? natgw_portmap_free_in(reserved, range) : range->n;

	if (!used)
		return left;
	if (range->n > COUNT_MOST)
		used = held_but_for(table, destination, entry, range, used);
	else
		used = held_among(table, destination, entry->addr, reserved, range->first,
				  range->n);
	return left > used ? left - used : 0;
}

u32 natgw_destination_left(struct natgw_table *table,
			   const struct natgw_destination *destination,
			   const struct natgw_pool_entry *entry)
{
	const struct natgw_portmap *reserved = rcu_dereference(entry->conf->address->reserved);
	u32 used = natgw_destination_used(destination, entry->slot);
	u32 ports = natgw_reserved_ports(entry->conf, NATGW_PORTS);

	/* some may have been reserved since; of many ports they are not worth a count */
	if (used && reserved && ports <= COUNT_MOST)
		used = held_among(table, destination, entry->addr, reserved, 0, NATGW_PORTS);
	return ports > used ? ports - used : 0;
}

bool natgw_destination_none_left(struct natgw_table *table,
				 const struct natgw_destination *destination,
				 const struct natgw_pool_entry *entry)
{
	u32 used = natgw_destination_used(destination, entry->slot);

	/* each session has one port at the most that is not reserved */
	return used >= natgw_reserved_ports(entry->conf, NATGW_PORTS) &&
	       !natgw_destination_left(table, destination, entry);
}

/* one map, under its destination's lock */
static void rereserve(struct natgw_table *table, const struct natgw_destination *destination,
		      u8 slot, __be32 addr, const struct natgw_portmap *old,
		      const struct natgw_portmap *new)
{
	struct natgw_portmap *map = destination->warm->slot[slot].map;
	u64 was, is;
	u32 index;

	for (index = 0; index < NATGW_PORTS; index++) {
		was = old ? old->word[index / 64] : 0;
		is = new ? new->word[index / 64] : 0;
		if (was == is) {
			index |= 63;
			continue;
		}
		if (new && natgw_portmap_test(new, index)) {
			natgw_portmap_set(map, index);
		} else if (old && natgw_portmap_test(old, index)) {
			if (!natgw_session_outer_holder(table, destination, addr,
							htons(NATGW_PORT_MIN + index)))
				natgw_portmap_clear(map, index);
		}
	}
	destination->warm->full &= ~BIT(slot);
	if (!natgw_portmap_free(map))
		destination->warm->full |= BIT(slot);
}

/* an address whose reserved ports change */
struct rereserve_each {
	struct natgw_table *table;
	const struct natgw_gateway *gw;
	__be32 addr;
	u8 slot;
	const struct natgw_portmap *old;
	const struct natgw_portmap *new;
};

/* Doing one twice is harmless */
static bool rereserve_one(struct natgw_node *node, void *data)
{
	struct natgw_destination *destination = natgw_destination_of_node(node);
	const struct rereserve_each *what = data;

	if (destination->gw != what->gw)
		return false;
	spin_lock_bh(&destination->lock);
	if (!destination->dead && destination->warm && destination->warm->slot[what->slot].map)
		rereserve(what->table, destination, what->slot, what->addr, what->old, what->new);
	spin_unlock_bh(&destination->lock);
	return false;
}

void natgw_destination_rereserve(struct natgw_table *table, const struct natgw_gateway *gw,
				 __be32 addr, u8 slot, const struct natgw_portmap *old,
				 const struct natgw_portmap *new)
{
	struct rereserve_each what = {
		.table = table,
		.gw = gw,
		.addr = addr,
		.slot = slot,
		.old = old,
		.new = new,
	};

	natgw_walk_passes(&table->destinations, rereserve_one, &what);
}
