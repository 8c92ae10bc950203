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
#include "port.h"

static int refuse(enum natgw_drop_reason reason)
{
	return -(int)reason - 1;
}

/*
 * The host's address under paired pooling: the one with the highest hash of
 * both (rendezvous hashing), so that a new address moves only its own share of
 * the hosts. No secret: hosts may know their address.
 */
static unsigned int paired_entry(const struct natgw_pool *pool, u32 usable, __be32 host)
{
	unsigned int i, best = 0;
	u32 hash, highest = 0;
	bool found = false;

	for (i = 0; i < pool->n; i++) {
		if (!(usable & BIT(i)))
			continue;
		hash = jhash_2words((__force u32)host, (__force u32)pool->entry[i].addr, 0);
		if (found && hash <= highest)
			continue;
		found = true;
		highest = hash;
		best = i;
	}
	return best;
}

/* a random one of the bits set */
static unsigned int random_entry(u32 entries)
{
	unsigned int n = hweight32(entries);

	if (n > 1)
		for (n = ((u64)get_random_u32() * n) >> 32; n; n--)
			entries &= entries - 1;
	return __ffs(entries);
}

/* entries whose flows may leave by that device */
static u32 by_uplink(const struct natgw_pool *pool, const struct net_device *out)
{
	u32 entries = 0;
	unsigned int i;

	for (i = 0; i < pool->n; i++)
		if (!pool->entry[i].conf->uplink[0] ||
		    !strncmp(pool->entry[i].conf->uplink, out->name, IFNAMSIZ))
			entries |= BIT(i);
	return entries;
}

/**
 * struct search - for a port towards one destination
 * @pool: the gateway's addresses
 * @limit: most ports of one address to this destination
 * @capped: an address had reached it
 * @cooling: an address that is full has sessions that only cool
 * @memory: a search failed for want of memory
 */
struct search {
	const struct natgw_pool *pool;
	u32 limit;
	bool capped;
	bool cooling;
	bool memory;
};

/* takes out what is known to be full, so that a refusal is cheap */
static u32 not_full(struct search *search, const struct natgw_destination *destination,
		    u32 entries)
{
	unsigned int i;
	u32 left;
	u8 slot;

	if (!destination->warm && search->limit > NATGW_DESTINATION_FEW)
		return entries;
	for (left = entries; left; left &= left - 1) {
		i = __ffs(left);
		slot = search->pool->entry[i].slot;
		if (natgw_destination_used(destination, slot) >= search->limit)
			search->capped = true;
		else if (!natgw_destination_full(destination, slot))
			continue;
		else if (destination->warm->slot[slot].cooling)
			search->cooling = true;
		entries &= ~BIT(i);
	}
	return entries;
}

static bool reserve_one_of(struct search *search, struct natgw_table *table,
			   struct natgw_destination *destination,
			   struct natgw_session *session, u32 entries)
{
	unsigned int i;
	int err;

	for (entries = not_full(search, destination, entries); entries; entries &= ~BIT(i)) {
		i = random_entry(entries);
		err = natgw_destination_reserve(table, destination, &search->pool->entry[i],
						session);
		if (!err)
			return true;
		if (err == -ENOMEM)
			search->memory = true;
		else
			/* it has just been found full */
			not_full(search, destination, BIT(i));
	}
	return false;
}

static int reserve(struct natgw_table *table, const struct natgw_pool *pool,
		   struct natgw_session *session, u32 usable)
{
	u8 pooling = READ_ONCE(pool->gw->pooling);
	struct search search = {
		.pool = pool,
		.limit = READ_ONCE(pool->gw->destination_limit) ?: U32_MAX,
	};
	struct natgw_destination *destination;
	bool found;
	u32 paired;

	destination = natgw_destination_lock(table, pool->gw, &session->inside);
	if (!destination)
		return refuse(NATGW_DROP_MEMORY);
	if (pooling == NATGW_POOLING_RANDOM) {
		found = reserve_one_of(&search, table, destination, session, usable);
	} else {
		paired = BIT(paired_entry(pool, usable, session->inside.host));
		found = reserve_one_of(&search, table, destination, session, paired);
		if (!found && pooling == NATGW_POOLING_PAIRED_SOFT)
			found = reserve_one_of(&search, table, destination, session,
					       usable & ~paired);
	}
	natgw_destination_unlock(table, destination);
	if (found)
		return 0;
	if (search.capped)
		return refuse(NATGW_DROP_DESTINATION_CAP);
	if (search.memory)
		return refuse(NATGW_DROP_MEMORY);
	return refuse(search.cooling ? NATGW_DROP_ALL_COOLING : NATGW_DROP_DESTINATION_FULL);
}

int natgw_port_reserve(struct natgw_table *table, const struct natgw_pool *pool,
		       struct natgw_session *session, const struct net_device *out)
{
	u32 usable = BIT(pool->n) - 1;
	int err;

	BUILD_BUG_ON(NATGW_GATEWAY_ADDRESSES > 31);
	if (pool->uplinks)
		usable = by_uplink(pool, out);
	if (!usable)
		return refuse(NATGW_DROP_POOL_EMPTY);
	usable &= ~pool->draining;
	if (!usable)
		return refuse(NATGW_DROP_DRAINING);
	err = natgw_host_charge(table, session, READ_ONCE(pool->gw->host_limit));
	if (err)
		return refuse(err == -EDQUOT ? NATGW_DROP_QUOTA : NATGW_DROP_MEMORY);
	err = reserve(table, pool, session, usable);
	if (err)
		natgw_host_discharge(table, session);
	return err;
}
