// SPDX-License-Identifier: GPL-2.0
/*
 * A public address and port for a new flow: which addresses it may use, and
 * which of the reasons there is when none will do.
 */
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include "destination.h"
#include "host.h"
#include "packet.h"
#include "port.h"
#include "shared.h"

#define TRIES	16

static int refuse(enum natgw_drop_reason reason)
{
	return -(int)reason - 1;
}

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

/* a random one of the bits set */
static unsigned int random_slot(u32 slots, u32 random)
{
	unsigned int n;

	/* nearly always a pool with one address, or few: the loop is short */
	for (n = ((u64)random * hweight32(slots)) >> 32; n; n--)
		slots &= slots - 1;
	return __ffs(slots);
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
 * @limit: most ports of one address to this destination
 * @capped: slots of addresses that had reached it
 * @full: slots of addresses that were full
 * @memory: a search failed for want of memory
 */
struct search {
	const struct natgw_pool *pool;
	struct natgw_destination *destination;
	struct natgw_session *session;
	u32 limit;
	u32 capped;
	u32 full;
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

/* what is full without being known to be */
static u32 without_left(const struct search *search, u32 slots)
{
	const struct natgw_pool *pool = search->pool;
	unsigned int slot;
	u32 full = 0;

	for (; slots; slots &= slots - 1) {
		slot = __ffs(slots);
		if (!natgw_destination_left(search->destination,
					    &pool->entry[pool->by_slot[slot]]))
			full |= BIT(slot);
	}
	return full;
}

static bool reserve_one_of(struct search *search, struct natgw_table *table, u32 slots)
{
	const struct natgw_pool_entry *entry;
	unsigned int slot;
	u32 random;
	int err;

	if (search->limit)
		search->capped |= at_limit(search, slots);
	/* taken out first, so that a refusal is cheap */
	search->full |= slots & natgw_destination_full(search->destination);
	slots &= ~(search->capped | search->full);
	if (!search->session) {
		search->full |= without_left(search, slots);
		search->memory |= slots & ~search->full;
		return false;
	}
	while (slots) {
		random = get_random_u32();
		/* the port takes the upper bits, the address what they leave */
		slot = random_slot(slots, random * NATGW_PORTS);
		entry = &search->pool->entry[search->pool->by_slot[slot]];
		err = natgw_destination_reserve(table, search->destination, entry, random,
						search->session);
		if (likely(!err))
			return true;
		if (err == -ENOMEM)
			search->memory = true;
		else
			search->full |= BIT(slot);
		slots &= ~BIT(slot);
	}
	return false;
}

static bool some_cool(const struct natgw_destination *destination, u32 slots)
{
	const struct natgw_warm *warm = destination->warm;
	u32 elsewhere = 0;
	unsigned int slot;

	for (slot = 0; warm && slot < NATGW_SLOTS; slot++) {
		if (slots & BIT(slot) && warm->slot[slot].cooling)
			return true;
		elsewhere += warm->slot[slot].cooling;
	}
	/* those that cooled before the slots were counted may be at any of them */
	return destination->cooling > elsewhere;
}

static int reason_of(const struct search *search)
{
	if (search->capped)
		return refuse(NATGW_DROP_DESTINATION_CAP);
	if (search->memory)
		return refuse(NATGW_DROP_MEMORY);
	return refuse(some_cool(search->destination, search->full) ? NATGW_DROP_ALL_COOLING :
								     NATGW_DROP_DESTINATION_FULL);
}

static int reserve_locked(struct search *search, struct natgw_table *table, __be32 host,
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

static int reserve(struct natgw_table *table, const struct natgw_pool *pool,
		   const struct natgw_tuple *inside, struct natgw_session *session, u32 usable)
{
	struct search search = {
		.pool = pool,
		.session = session,
		.limit = READ_ONCE(pool->gw->destination_limit),
	};
	struct natgw_destination *destination;
	unsigned int tries;
	int err;

	/* dead ones may be met in a row only while others end what we begin */
	for (tries = 0; tries < TRIES; tries++) {
		destination = natgw_destination_get(table, pool->gw, inside);
		if (!destination)
			break;
		spin_lock_bh(&destination->lock);
		if (likely(!destination->dead)) {
			search.destination = destination;
			err = reserve_locked(&search, table, inside->host, usable);
			natgw_destination_settle(table, destination);
			spin_unlock_bh(&destination->lock);
			return err;
		}
		spin_unlock_bh(&destination->lock);
	}
	return refuse(NATGW_DROP_MEMORY);
}

/* Return: 0 and the slots in @usable, or why there are none */
static int usable_slots(const struct natgw_pool *pool, const struct net_device *out, u32 *usable)
{
	BUILD_BUG_ON(NATGW_SLOTS > 32);
	*usable = pool->uplinks ? by_uplink(pool, out) : pool->slots;
	if (!*usable)
		return refuse(NATGW_DROP_POOL_EMPTY);
	*usable &= ~pool->draining;
	return *usable ? 0 : refuse(NATGW_DROP_DRAINING);
}

int natgw_port_reserve(struct natgw_table *table, const struct natgw_pool *pool,
		       struct natgw_session *session, const struct net_device *out)
{
	u32 usable;
	int err;

	err = usable_slots(pool, out, &usable);
	if (err)
		return err;
	err = natgw_host_charge(table, session, READ_ONCE(pool->gw->host_limit));
	if (err)
		return refuse(err == -EDQUOT ? NATGW_DROP_QUOTA : NATGW_DROP_MEMORY);
	err = reserve(table, pool, &session->inside, session, usable);
	if (err)
		natgw_host_discharge(table, session);
	return err;
}

enum natgw_drop_reason natgw_port_refusal(struct natgw_table *table, const struct natgw_pool *pool,
					  const struct natgw_tuple *inside,
					  const struct net_device *out)
{
	u32 usable;
	int err;

	err = usable_slots(pool, out, &usable);
	if (!err && natgw_host_full(table, pool->gw, inside, READ_ONCE(pool->gw->host_limit)))
		err = refuse(NATGW_DROP_QUOTA);
	if (!err)
		err = reserve(table, pool, inside, NULL, usable);
	return natgw_packet_reason(err);
}

/* at one address, of what destination-limit lets it use */
static u32 left_at(struct natgw_destination *destination, const struct natgw_pool *pool,
		   unsigned int slot)
{
	const struct natgw_pool_entry *entry = &pool->entry[pool->by_slot[slot]];
	u32 used = destination ? natgw_destination_used(destination, slot) : 0;
	u32 limit = READ_ONCE(pool->gw->destination_limit), left;

	left = destination ? natgw_destination_left(destination, entry) :
			     natgw_shared_ports(entry->conf);
	if (limit)
		left = min(left, limit > used ? limit - used : 0);
	return left;
}

static u32 left_at_all(struct natgw_destination *destination, const struct natgw_pool *pool,
		       u32 slots)
{
	u32 left = 0;

	for (; slots; slots &= slots - 1)
		left += left_at(destination, pool, __ffs(slots));
	return left;
}

u32 natgw_port_left(struct natgw_table *table, const struct natgw_pool *pool,
		    const struct natgw_tuple *inside, const struct net_device *out, u32 *slots)
{
	struct natgw_destination *destination;
	u32 left;

	if (usable_slots(pool, out, slots))
		return 0;
	if (READ_ONCE(pool->gw->pooling) == NATGW_POOLING_PAIRED)
		*slots = paired_slot(pool, *slots, inside->host);
	destination = natgw_destination_find(table, pool->gw, inside);
	if (!destination)
		return left_at_all(NULL, pool, *slots);
	spin_lock_bh(&destination->lock);
	left = left_at_all(destination->dead ? NULL : destination, pool, *slots);
	spin_unlock_bh(&destination->lock);
	return left;
}
