// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the search for a free port. Called by port.c for new flows.
 *
 * The search. While few ports of an IP are taken random ones nearly always
 * fit. From NATGW_MAP_USED on it has a map of those taken. The map begins empty: a
 * session that is older than the map is met by chance, once, and its bit is set
 * then. As sessions come and go under the destination's lock only, a bit once
 * set is true until it is cleared. So the map misses at most as many sessions
 * as there were when it was made, each costs one more step once, and a new flow
 * is refused only when each port is known to be taken.
 */
#include <linux/natgw.h>
#include "lib/draw.h"
#include "lib/portmap.h"
#include "packet/packet.h"
#include "session/destination.h"
#include "session/port_search.h"
#include "session/session.h"
#include "session/table.h"
#include "session/table_insert.h"
#include "snapshot/conf.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/view.h"

/* random ports tried without a map; with NATGW_MAP_USED taken one in 10^38 flows needs more */
#define TRIES		16
/* sessions older than a map that one new flow may meet; NATGW_MAP_USED unless memory was short */
#define LEARN		512
/* ports looked up one by one for one packet, where a map should be: all of a block */
#define LOOKS		NATGW_BLOCK_MOST

static int insert(struct natgw_table *table, struct natgw_destination *destination,
		  struct natgw_session *session, u32 index)
{
	struct natgw_session *holder;

	session->port = htons(NATGW_PORT_MIN + index);
	holder = natgw_session_outer_insert(table, session);
	if (likely(!holder))
		return 0;
	if (IS_ERR(holder))
		return -ENOMEM;
	/*
	 * A session of this destination cannot go while the lock is held. One of
	 * another is left over from a gateway that had the address before.
	 */
	return holder->destination == destination ? -EEXIST : -EBUSY;
}

static int reserve_thin(struct natgw_table *table, struct natgw_destination *destination,
			struct natgw_session *session, const struct natgw_portmap *reserved,
			u32 index)
{
	unsigned int tries;
	int err;

	for (tries = 0; tries < TRIES; tries++, index = natgw_portmap_index(natgw_draw())) {
		if (reserved && natgw_portmap_test(reserved, index))
			continue;
		err = insert(table, destination, session, index);
		if (!err || err == -ENOMEM)
			return err;
	}
	return -EAGAIN;
}

/* insert() of a port whose bit in the map has just been set; the bit stays if the port is taken */
static int insert_mapped(struct natgw_table *table, struct natgw_destination *destination,
			 struct natgw_session *session, struct natgw_portmap *map, u32 index)
{
	int err = insert(table, destination, session, index);

	if (unlikely(err) && err != -EEXIST)
		natgw_portmap_clear(map, index);
	return err;
}

static int reserve_mapped(struct natgw_table *table, struct natgw_destination *destination,
			  struct natgw_session *session, struct natgw_portmap *map, u32 first)
{
	unsigned int tries, foreign = 0;
	int index = first, err;

	for (tries = 0; tries < LEARN; tries++, index = natgw_portmap_index(natgw_draw())) {
		/* a try at random is cheap, and enough unless it is nearly full */
		if (!natgw_portmap_set(map, index)) {
			index = natgw_portmap_pick(map, natgw_draw());
			if (index < 0)
				return -ENOSPC;
		}
		err = insert_mapped(table, destination, session, map, index);
		if (likely(!err) || err == -ENOMEM)
			return err;
		if (err == -EBUSY && ++foreign == TRIES)
			return -ENOSPC;
	}
	return -ENOMEM;
}

/*
 * Reserves a port of a range by trying one port after the other, from a random one on: the last
 * resort, after random tries or a search in the map. A range may have no free port although its
 * address has some. A block is searched whole. In a larger range the search gives up after LOOKS
 * tries: a later packet begins elsewhere in the range, or there is a map again by then.
 */
static int reserve_each_in(struct natgw_table *table, struct natgw_destination *destination,
			   struct natgw_session *session, const struct natgw_portmap *reserved,
			   struct natgw_portmap *map, const struct natgw_portrange *range)
{
	u32 first = natgw_portmap_index_in(range, natgw_draw()) - range->first;
	const struct natgw_portmap *taken = map ?: reserved;
	u32 i, index, looks = 0;
	int err;

	for (i = 0; i < range->n; i++) {
		index = range->first + (first + i) % range->n;
		if (taken && natgw_portmap_test(taken, index))
			continue;
		if (looks++ == LOOKS)
			return -ENOMEM;
		err = insert(table, destination, session, index);
		if (map && (!err || err == -EEXIST))
			natgw_portmap_set(map, index);
		if (!err || err == -ENOMEM)
			return err;
	}
	return -ENOSPC;
}

static int reserve_mapped_in(struct natgw_table *table, struct natgw_destination *destination,
			     struct natgw_session *session, struct natgw_portmap *map,
			     const struct natgw_portrange *range)
{
	unsigned int tries;
	int index, err;

	for (tries = 0; tries < LEARN; tries++) {
		index = natgw_portmap_pick_in(map, range, natgw_draw());
		if (index < 0)
			return -ENOSPC;
		err = insert_mapped(table, destination, session, map, index);
		if (likely(!err) || err == -ENOMEM)
			return err;
		if (err == -EBUSY)
			break;
	}
	return reserve_each_in(table, destination, session, NULL, map, range);
}

static int reserve_in(struct natgw_table *table, struct natgw_destination *destination, u8 slot,
		      struct natgw_session *session, const struct natgw_portmap *reserved,
		      const struct natgw_portrange *range)
{
	u32 used = natgw_destination_used(destination, slot), index;
	struct natgw_portmap *map;
	unsigned int tries;
	int err;

	map = destination->warm ? destination->warm->slot[slot].map : NULL;
	if (!map && used >= NATGW_MAP_USED)
		map = natgw_destination_map(table, destination, slot, reserved);
	for (tries = 0; !map && tries < TRIES; tries++) {
		index = natgw_portmap_index_in(range, natgw_draw());
		if (reserved && natgw_portmap_test(reserved, index))
			continue;
		err = insert(table, destination, session, index);
		if (!err || err == -ENOMEM)
			return err;
	}
	if (!map && used >= NATGW_MAP_IDLE)
		map = natgw_destination_map(table, destination, slot, reserved);
	return map ? reserve_mapped_in(table, destination, session, map, range) :
		     reserve_each_in(table, destination, session, reserved, NULL, range);
}

static __always_inline void count_used(struct natgw_destination *destination,
				       struct natgw_warm *warm, u8 slot)
{
	if (warm)
		warm->slot[slot].used++;
	else
		destination->few[slot / 2] += 1 << (slot % 2 * 4);
	if (++destination->used > destination->high)
		destination->high = destination->used;
}

static __always_inline void serve_by(struct natgw_session *session,
				     struct natgw_destination *destination,
				     const struct natgw_pool_entry *entry)
{
	session->public = entry->addr;
	session->address = entry->conf->address;
	session->slot = entry->slot;
	session->destination = destination;
}

int natgw_destination_reserve(struct natgw_table *table, struct natgw_destination *destination,
			      const struct natgw_pool_entry *entry,
			      const struct natgw_portrange *range, u32 first,
			      struct natgw_session *session)
{
	const struct natgw_portmap *reserved = rcu_dereference(entry->conf->address->reserved);
	struct natgw_warm *warm;
	u32 used = natgw_destination_used(destination, entry->slot);
	struct natgw_portmap *map;
	int err;

	/*
	 * A walk may stand on it by the hash that it had: it keeps that for a grace period. Whoever
	 * sees insert() fail so, with -ENOMEM, tries no other port.
	 */
	if (unlikely(test_bit(NATGW_SESSION_SHOWN, &session->flags)))
		return -ENOMEM;
	serve_by(session, destination, entry);
	if (used >= NATGW_DESTINATION_FEW && !natgw_destination_warm(table, destination))
		return -ENOMEM;
	if (range) {
		err = reserve_in(table, destination, entry->slot, session, reserved, range);
		goto out;
	}
	map = destination->warm ? destination->warm->slot[entry->slot].map : NULL;
	if (!map && used >= NATGW_MAP_USED)
		map = natgw_destination_map(table, destination, entry->slot, reserved);
	if (!map) {
		err = reserve_thin(table, destination, session, reserved, first);
		if (err != -EAGAIN)
			goto out;
		/* most ports are reserved, or memory was short: only a map can tell */
		map = natgw_destination_map(table, destination, entry->slot, reserved);
		first = natgw_portmap_index(natgw_draw());
	}
	err = map ? reserve_mapped(table, destination, session, map, first) : -ENOMEM;
out:
	warm = destination->warm;
	map = warm ? warm->slot[entry->slot].map : NULL;
	if (map && !natgw_portmap_free(map))
		warm->full |= BIT(entry->slot);
	if (!err)
		count_used(destination, warm, entry->slot);
	return err;
}

/* Where there is no map: are too few ports taken for one, and this one is not reserved? */
static __always_inline bool may_try(const struct natgw_address *address, u32 index, u32 used,
				    u32 most)
{
	const struct natgw_portmap *reserved = rcu_dereference(address->reserved);

	return used < most && !(reserved && natgw_portmap_test(reserved, index));
}

/* One try with the port that was drawn, and no more */
static __always_inline bool take_first(struct natgw_table *table,
				       struct natgw_destination *destination,
				       const struct natgw_pool_entry *entry, u32 index,
				       struct natgw_session *session)
{
	struct natgw_address *address = entry->conf->address;
	struct natgw_warm *warm = destination->warm;
	struct natgw_portmap *map = NULL;
	struct natgw_session *holder;
	u8 slot = entry->slot;

	if (warm) {
		map = warm->slot[slot].map;
		if (map ? !natgw_portmap_set(map, index) :
			  !may_try(address, index, warm->slot[slot].used, NATGW_MAP_USED))
			return false;
	} else if (!may_try(address, index, natgw_destination_few(destination, slot),
			    NATGW_DESTINATION_FEW)) {
		return false;
	}
	serve_by(session, destination, entry);
	session->port = htons(NATGW_PORT_MIN + index);
	holder = natgw_session_insert_outer(table, session, true);
	if (unlikely(holder)) {
		if (map && (IS_ERR(holder) || holder->destination != destination))
			natgw_portmap_clear(map, index);
		return false;
	}
	if (warm && unlikely(map && !natgw_portmap_free(map)))
		warm->full |= BIT(slot);
	count_used(destination, warm, slot);
	return true;
}

enum natgw_drop_reason natgw_destination_full_reason(const struct natgw_destination *destination,
						     u32 slots)
{
	const struct natgw_warm *warm = destination->warm;
	u32 elsewhere = 0;
	unsigned int slot;

	if (likely(!destination->cooling))
		return NATGW_DROP_DESTINATION_FULL;
	for (slot = 0; warm && slot < NATGW_SLOTS; slot++) {
		if (slots & BIT(slot) && warm->slot[slot].cooling)
			return NATGW_DROP_ALL_COOLING;
		elsewhere += warm->slot[slot].cooling;
	}
	/* sessions that began to cool before cooling was counted by slot may be at any slot */
	return destination->cooling > elsewhere ? NATGW_DROP_ALL_COOLING :
						  NATGW_DROP_DESTINATION_FULL;
}

int natgw_port_any(struct natgw_table *table, const struct natgw_pool *pool,
		   struct natgw_session *session)
{
	struct natgw_destination *destination;
	const struct natgw_pool_entry *entry;
	u32 full, index, number;
	int err = 1;

	destination = natgw_destination_get(table, pool->gw, &session->inside);
	if (unlikely(!destination))
		return 1;
	spin_lock(&destination->lock);
	if (unlikely(destination->dead))
		goto unlock;
	full = natgw_destination_full(destination);
	if (likely(!full)) {
		index = natgw_draw_port(NATGW_PORTS, pool->n, &number);
		entry = &pool->entry[number];
		if (likely(take_first(table, destination, entry, index, session)) ||
		    !natgw_destination_reserve(table, destination, entry, NULL, index, session))
			err = 0;
	} else if (!(pool->slots & ~full)) {
		err = natgw_packet_refuse(natgw_destination_full_reason(destination, pool->slots));
	}
	if (unlikely(err))
		natgw_destination_settle(table, destination);
unlock:
	spin_unlock(&destination->lock);
	return err;
}
