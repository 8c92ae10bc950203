// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the choice of a public address and port for a new flow. Called by datapath/ for
 * packets and questions.
 *
 * A public address and port for a new flow: which addresses it may use, and
 * which of the reasons there is when none will do.
 */
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/natgw.h>
#include <linux/random.h>
#include "lib/draw.h"
#include "lib/portblock.h"
#include "lib/portmap.h"
#include "packet/packet.h"
#include "session/destination.h"
#include "session/destination_count.h"
#include "session/host.h"
#include "session/port.h"
#include "session/port_search.h"
#include "session/seat.h"
#include "session/session.h"
#include "snapshot/l4.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

#define TRIES	16

/*
 * The host's address under paired pooling: the one with the highest hash of
 * both (rendezvous hashing), so that a new address moves only its own share of
 * the hosts. No secret: hosts may know their address.
 */
static u32 paired_slot(const struct natgw_pool *pool, u32 usable, __be32 host)
{
	u32 hash, highest = 0, best = 0;
	unsigned int i;

	for (i = 0; i < pool->n; i++) {
		if (!(usable & BIT(pool->entry[i].slot)))
			continue;
		hash = jhash_2words((__force u32)host, (__force u32)pool->entry[i].addr, 0);
		if (best && hash <= highest)
			continue;
		highest = hash;
		best = BIT(pool->entry[i].slot);
	}
	return best;
}

/* a random port, and a random one of the public IPs whose bits are set */
static const struct natgw_pool_entry *random_entry(const struct natgw_pool *pool, u32 slots,
						   u32 *port)
{
	u32 n;

	*port = natgw_draw_port(NATGW_PORTS, hweight32(slots), &n);
	for (; n; n--)
		slots &= slots - 1;
	return &pool->entry[pool->by_slot[__ffs(slots)]];
}

/* slots of addresses whose flows may leave by that device */
static u32 by_uplink(const struct natgw_pool *pool, const struct net_device *out)
{
	unsigned int i;
	u32 slots = 0;

	for (i = 0; i < pool->n; i++)
		if (!pool->entry[i].conf->uplink[0] ||
		    !strncmp(pool->entry[i].conf->uplink, out->name, IFNAMSIZ))
			slots |= BIT(pool->entry[i].slot);
	return slots;
}

/**
 * struct search - for a port towards one destination
 * @pool: the gateway's addresses
 * @destination: locked
 * @session: to get a port; NULL: only the reason is wanted
 * @exact: and free ports of a range are counted, however large it is
 * @limit: most ports of one address to this destination
 * @capped: slots of addresses that had reached it
 * @full: slots of addresses that were full
 * @in_block: the host has ports of its own at an address it may use
 * @memory: there was a port, but no memory
 */
struct search {
	const struct natgw_pool *pool;
	struct natgw_destination *destination;
	struct natgw_session *session;
	u32 limit;
	u32 capped;
	u32 full;
	bool exact;
	bool in_block;
	bool memory;
};

static u32 at_limit(const struct search *search, u32 slots)
{
	u32 capped = 0;
	unsigned int slot;

	for (; slots; slots &= slots - 1) {
		slot = __ffs(slots);
		if (natgw_destination_used(search->destination, slot) >= search->limit)
			capped |= BIT(slot);
	}
	return capped;
}

/*
 * There is no memory to take a port of these: it is the reason only where there is one, an address
 * may be full without being known to be
 */
static void lacks_memory(struct search *search, struct natgw_table *table, u32 slots)
{
	const struct natgw_pool *pool = search->pool;
	unsigned int slot;

	for (; slots && !search->memory; slots &= slots - 1) {
		slot = __ffs(slots);
		if (natgw_destination_none_left(table, search->destination,
						&pool->entry[pool->by_slot[slot]]))
			search->full |= BIT(slot);
		else
			search->memory = true;
	}
}

static bool reserve_one_of(struct search *search, struct natgw_table *table, u32 slots)
{
	const struct natgw_pool_entry *entry;
	u32 first, lacking = 0;
	unsigned int slot;
	int err;

	if (search->limit)
		search->capped |= at_limit(search, slots);
	/* taken out first, so that a refusal is cheap */
	search->full |= slots & natgw_destination_full(search->destination);
	slots &= ~(search->capped | search->full);
	if (!search->session) {
		lacks_memory(search, table, slots);
		return false;
	}
	while (slots) {
		entry = random_entry(search->pool, slots, &first);
		slot = entry->slot;
		err = natgw_destination_reserve(table, search->destination, entry, NULL, first,
						search->session);
		if (likely(!err))
			return true;
		if (err == -ENOMEM)
			lacking |= BIT(slot);
		else
			search->full |= BIT(slot);
		slots &= ~BIT(slot);
	}
	lacks_memory(search, table, lacking);
	return false;
}

static int reason_of(const struct search *search)
{
	/* there was a port */
	if (search->memory)
		return natgw_packet_refuse(NATGW_DROP_MEMORY);
	if (search->capped)
		return natgw_packet_refuse(NATGW_DROP_DESTINATION_CAP);
	return natgw_packet_refuse(natgw_destination_full_reason(search->destination,
								 search->full));
}

static int reserve_on_demand(struct search *search, struct natgw_table *table, __be32 host,
			     u32 usable)
{
	u8 pooling = READ_ONCE(search->pool->gw->pooling);
	u32 paired;
	bool found;

	if (pooling == NATGW_POOLING_RANDOM) {
		found = reserve_one_of(search, table, usable);
	} else {
		paired = paired_slot(search->pool, usable, host);
		found = reserve_one_of(search, table, paired) ||
			(pooling == NATGW_POOLING_PAIRED_SOFT &&
			 reserve_one_of(search, table, usable & ~paired));
	}
	return found ? 0 : reason_of(search);
}

static bool is_full_in(const struct search *search, struct natgw_table *table,
		       const struct natgw_pool_entry *entry, const struct natgw_portrange *range)
{
	if (search->exact)
		return !natgw_destination_left_in(table, search->destination, entry, range);
	return natgw_destination_full_in(table, search->destination, entry, range);
}

/* one of some ports of one address */
static bool reserve_in_range(struct search *search, struct natgw_table *table, u32 place,
			     const struct natgw_portrange *range, u32 usable)
{
	const struct natgw_pool *pool = search->pool;
	const struct natgw_pool_entry *entry = &pool->entry[pool->place[place]];
	bool capped;
	int err;

	if (!(usable & BIT(entry->slot)))
		return false;
	search->in_block = true;
	capped = search->limit && at_limit(search, BIT(entry->slot));
	if (capped || !search->session) {
		if (is_full_in(search, table, entry, range))
			return false;
		search->capped |= capped ? BIT(entry->slot) : 0;
		search->memory |= !capped;
		return false;
	}
	err = natgw_destination_reserve(table, search->destination, entry, range, 0,
					search->session);
	search->memory |= err == -ENOMEM && !is_full_in(search, table, entry, range);
	return !err;
}

/*
 * Ports of one address that nobody has for himself: FLOOR: beyond its own the
 * host has them too; PREALLOCATED: instead of its own, until it is proven
 */
static bool common_range(const struct natgw_portblock_layout *layout, u32 seat, u32 place,
			 struct natgw_portrange *range)
{
	if (seat == NATGW_SPARE_SEAT)
		return natgw_portblock_spare(layout, place, range);
	return natgw_portblock_shared(layout, place, range);
}

static bool reserve_common(struct search *search, struct natgw_table *table,
			   const struct natgw_portblock_layout *layout, u32 seat, u32 usable)
{
	u32 i, n = search->pool->n_places, place = get_random_u32_below(n);
	struct natgw_portrange range;

	for (i = 0; i < n; i++, place = (place + 1) % n)
		if (common_range(layout, seat, place, &range) &&
		    reserve_in_range(search, table, place, &range, usable))
			return true;
	return false;
}

static int reserve_by_host(struct search *search, struct natgw_table *table, u32 seat,
			   u32 usable)
{
	struct natgw_portblock_layout layout;
	struct natgw_portblock block;
	u32 i;

	natgw_seat_layout(search->pool, &layout);
	for (i = 0; natgw_portblock_get(&layout, seat, i, &block); i++)
		if (reserve_in_range(search, table, block.place, &block.range, usable))
			return 0;
	if ((layout.floor || seat == NATGW_SPARE_SEAT) &&
	    reserve_common(search, table, &layout, seat, usable))
		return 0;
	/* there was a port */
	if (search->memory)
		return natgw_packet_refuse(NATGW_DROP_MEMORY);
	if (search->capped)
		return natgw_packet_refuse(NATGW_DROP_DESTINATION_CAP);
	/* its ports may all be of addresses for other uplinks */
	return natgw_packet_refuse(search->in_block || !search->pool->uplinks ?
				   NATGW_DROP_QUOTA : NATGW_DROP_UPLINK);
}

static int reserve_locked(struct search *search, struct natgw_table *table, __be32 host,
			  u32 seat, u32 usable)
{
	if (likely(search->pool->allocation == NATGW_ALLOCATION_DYNAMIC))
		return reserve_on_demand(search, table, host, usable);
	return reserve_by_host(search, table, seat, usable);
}

/* with the peer that its destination stands for, see natgw_destination_by_address() */
static __always_inline struct natgw_tuple tuple_to(const struct natgw_pool *pool,
						   const struct natgw_tuple *inside)
{
	struct natgw_tuple to = *inside;

	if (pool->allocation == NATGW_ALLOCATION_PREALLOCATED && natgw_l4(to.proto)->by_address)
		to.peer_port = 0;
	return to;
}

/* @session, @exact: as in struct search. Context: BH off */
static int reserve(struct natgw_table *table, const struct natgw_pool *pool,
		   const struct natgw_tuple *inside, struct natgw_session *session, bool exact,
		   u32 seat, u32 usable)
{
	struct search search = {
		.pool = pool,
		.session = session,
		.exact = exact,
		.limit = READ_ONCE(pool->gw->destination_limit),
	};
	struct natgw_destination *destination;
	struct natgw_tuple to = tuple_to(pool, inside);
	unsigned int tries;
	int err;

	/* dead ones may be met in a row only while others end what we begin */
	for (tries = 0; tries < TRIES; tries++) {
		destination = natgw_destination_get(table, pool->gw, &to);
		if (!destination)
			break;
		spin_lock(&destination->lock);
		if (likely(!destination->dead)) {
			search.destination = destination;
			err = reserve_locked(&search, table, inside->host, seat, usable);
			natgw_destination_settle(table, destination);
			spin_unlock(&destination->lock);
			return err;
		}
		spin_unlock(&destination->lock);
	}
	return natgw_packet_refuse(NATGW_DROP_MEMORY);
}

/* Return: 0 and the slots in @usable, or why there are none */
static __always_inline int usable_slots(const struct natgw_pool *pool,
					const struct net_device *out, u32 *usable)
{
	BUILD_BUG_ON(NATGW_SLOTS > 32);
	*usable = pool->uplinks ? by_uplink(pool, out) : pool->slots;
	if (!*usable)
		return natgw_packet_refuse(pool->n ? NATGW_DROP_UPLINK : NATGW_DROP_POOL_EMPTY);
	*usable &= ~pool->draining;
	return *usable ? 0 : natgw_packet_refuse(NATGW_DROP_DRAINING);
}

int natgw_port_serves(const struct natgw_pool *pool, const struct net_device *out)
{
	u32 usable;

	return usable_slots(pool, out, &usable);
}

int natgw_port_reserve_one(struct natgw_table *table, const struct natgw_pool *pool,
			   struct natgw_session *session, const struct net_device *out)
{
	u32 usable, seat;
	int err;

	err = usable_slots(pool, out, &usable);
	if (err)
		return err;
	err = natgw_host_charge(table, session, pool, READ_ONCE(pool->gw->host_limit), &seat);
	if (err == -EDQUOT)
		return natgw_packet_refuse(NATGW_DROP_QUOTA);
	/* memory is the last of the reasons */
	if (err)
		return natgw_packet_refuse(natgw_port_refusal(table, pool, &session->inside, out,
							      false));
	err = reserve(table, pool, &session->inside, session, false, seat, usable);
	if (err)
		natgw_host_discharge(table, session);
	return err;
}

int natgw_port_take(struct natgw_table *table, const struct natgw_pool *pool,
		    const struct natgw_pool_entry *entry, struct natgw_session *session)
{
	const struct natgw_portrange range = {
		.first = ntohs(session->port) - NATGW_PORT_MIN,
		.n = 1,
	};
	const struct natgw_tuple to = tuple_to(pool, &session->inside);
	struct natgw_destination *destination;
	unsigned int tries;
	int err = -EAGAIN;
	u32 seat;

	if (natgw_host_charge(table, session, pool, READ_ONCE(pool->gw->host_limit) ? U32_MAX : 0,
			      &seat))
		return -ENOMEM;
	for (tries = 0; err == -EAGAIN && tries < TRIES; tries++) {
		destination = natgw_destination_get(table, pool->gw, &to);
		if (!destination)
			break;
		spin_lock(&destination->lock);
		if (likely(!destination->dead)) {
			err = natgw_destination_reserve(table, destination, entry, &range, 0,
							session);
			natgw_destination_settle(table, destination);
		}
		spin_unlock(&destination->lock);
	}
	if (err)
		natgw_host_discharge(table, session);
	return err == -EAGAIN ? -ENOMEM : err;
}

enum natgw_drop_reason natgw_port_refusal(struct natgw_table *table, const struct natgw_pool *pool,
					  const struct natgw_tuple *inside,
					  const struct net_device *out, bool exact)
{
	u32 usable, seat;
	int err;

	err = usable_slots(pool, out, &usable);
	if (!err && natgw_host_full(table, pool->gw, inside, READ_ONCE(pool->gw->host_limit)))
		err = natgw_packet_refuse(NATGW_DROP_QUOTA);
	if (err)
		return natgw_packet_reason(err);
	seat = natgw_host_seat(table, pool->gw, inside);
	if (seat == NATGW_NO_SEAT && pool->allocation != NATGW_ALLOCATION_DYNAMIC) {
		seat = natgw_seat_next(pool);
		if (seat == NATGW_NO_SEAT && pool->allocation == NATGW_ALLOCATION_PREALLOCATED)
			return NATGW_DROP_QUOTA;
	}
	err = reserve(table, pool, inside, NULL, exact, seat, usable);
	return natgw_packet_reason(err);
}

/* most that destination-limit lets a destination have yet at one address */
static u32 limit_left(const struct natgw_destination *destination, const struct natgw_pool *pool,
		      unsigned int slot)
{
	u32 used = destination ? natgw_destination_used(destination, slot) : 0;
	u32 limit = READ_ONCE(pool->gw->destination_limit);

	if (!limit)
		return NATGW_PORTS;
	return limit > used ? limit - used : 0;
}

static u32 left_at(struct natgw_table *table, struct natgw_destination *destination,
		   const struct natgw_pool *pool, unsigned int slot)
{
	const struct natgw_pool_entry *entry = &pool->entry[pool->by_slot[slot]];
	u32 left = destination ? natgw_destination_left(table, destination, entry) :
				 natgw_reserved_ports(entry->conf, NATGW_PORTS);

	return min(left, limit_left(destination, pool, slot));
}

static u32 left_at_all(struct natgw_table *table, struct natgw_destination *destination,
		       const struct natgw_pool *pool, u32 slots)
{
	u32 left = 0;

	for (; slots; slots &= slots - 1)
		left += left_at(table, destination, pool, __ffs(slots));
	return left;
}

/* free ports for a host at one address: those of its block (@mine), and the shared ones */
static u32 left_for_host(struct natgw_table *table, struct natgw_destination *destination,
			 const struct natgw_pool *pool,
			 const struct natgw_portblock_layout *layout, u32 seat, u32 place,
			 u32 *mine)
{
	const struct natgw_pool_entry *entry = &pool->entry[pool->place[place]];
	struct natgw_portblock block;
	struct natgw_portrange range;
	bool common = common_range(layout, seat, place, &range);
	u32 left = 0, i;

	if (common) {
		left = natgw_destination_left_in(table, destination, entry, &range);
		*mine |= BIT(entry->slot);
	}
	for (i = 0; natgw_portblock_get(layout, seat, i, &block); i++) {
		if (block.place != place)
			continue;
		*mine |= BIT(entry->slot);
		/* the block of a seat that is not firm may be among the shared ports */
		if (!common || block.range.first < range.first)
			left += natgw_destination_left_in(table, destination, entry,
							  &block.range);
	}
	return min(left, limit_left(destination, pool, entry->slot));
}

static u32 left_by_host(struct natgw_table *table, struct natgw_destination *destination,
			const struct natgw_pool *pool, u32 seat, u32 *slots)
{
	struct natgw_portblock_layout layout;
	u32 left = 0, mine = 0, place;

	natgw_seat_layout(pool, &layout);
	/* a host that is not known yet gets the next seat, if there is one for it */
	if (seat == NATGW_NO_SEAT)
		seat = natgw_seat_next(pool);
	for (place = 0; place < pool->n_places; place++)
		if (*slots & BIT(pool->entry[pool->place[place]].slot))
			left += left_for_host(table, destination, pool, &layout, seat, place,
					      &mine);
	*slots &= mine;
	return left;
}

static u32 left_by_allocation(struct natgw_table *table, struct natgw_destination *destination,
			      const struct natgw_pool *pool, u32 seat, u32 *slots)
{
	if (pool->allocation == NATGW_ALLOCATION_DYNAMIC)
		return left_at_all(table, destination, pool, *slots);
	return left_by_host(table, destination, pool, seat, slots);
}

u32 natgw_port_left(struct natgw_table *table, const struct natgw_pool *pool,
		    const struct natgw_tuple *inside, const struct net_device *out, u32 *slots)
{
	struct natgw_destination *destination;
	struct natgw_tuple to;
	u32 left, seat;

	if (usable_slots(pool, out, slots))
		return 0;
	if (READ_ONCE(pool->gw->pooling) == NATGW_POOLING_PAIRED &&
	    pool->allocation == NATGW_ALLOCATION_DYNAMIC)
		*slots = paired_slot(pool, *slots, inside->host);
	seat = natgw_host_seat(table, pool->gw, inside);
	to = tuple_to(pool, inside);
	destination = natgw_destination_find(table, pool->gw, &to);
	if (!destination)
		return left_by_allocation(table, NULL, pool, seat, slots);
	spin_lock_bh(&destination->lock);
	left = left_by_allocation(table, destination->dead ? NULL : destination, pool, seat,
				  slots);
	spin_unlock_bh(&destination->lock);
	return left;
}
