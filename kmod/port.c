// SPDX-License-Identifier: GPL-2.0
/*
 * Port allocation.
 *
 * A port is free for a destination when the outer table has no session with
 * that (protocol, address, port, destination); inserting there reserves it. So
 * one port serves many destinations at once (RFC 7857 section 3), two CPUs
 * never get the same, and nothing is preallocated.
 */
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include "port.h"

/*
 * Random probes before the search gives up. While fewer than 3/4 of a
 * destination's ports are taken all of them miss once in 10^8 flows.
 */
#define PORT_PROBES	64

static int refuse(enum natgw_drop_reason reason)
{
	return -(int)reason - 1;
}

static bool entry_usable(const struct natgw_pool_entry *entry, const struct net_device *out)
{
	return !entry->conf->uplink[0] || !strncmp(entry->conf->uplink, out->name, IFNAMSIZ);
}

/*
 * The host's address under paired pooling: the one with the highest hash of
 * both (rendezvous hashing), so that a new address moves only its own share of
 * the hosts. No secret: hosts may know their address.
 */
static unsigned int paired_entry(const struct natgw_pool *pool, u16 usable, __be32 host)
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

/* the n-th usable entry */
static unsigned int nth_entry(u16 usable, unsigned int n)
{
	while (n--)
		usable &= usable - 1;
	return __ffs(usable);
}

static int probe(struct natgw_table *table, const struct natgw_pool_entry *entry,
		 struct natgw_session *session, u16 random, bool *cooling)
{
	session->public = entry->addr;
	session->address = entry->conf->address;
	session->port = htons(NATGW_PORT_MIN + (((u32)random * NATGW_PORTS) >> 16));
	return natgw_session_reserve(table, session, cooling);
}

int natgw_port_reserve(struct natgw_table *table, const struct natgw_pool *pool,
		       struct natgw_session *session, const struct net_device *out)
{
	u8 pooling = READ_ONCE(pool->gw->pooling);
	unsigned int i, n, attempt, paired = 0;
	bool cooling = false;
	u16 usable = 0;
	u32 random;
	int err;

	BUILD_BUG_ON(NATGW_GATEWAY_ADDRESSES > 16);
	for (i = 0; i < pool->n; i++)
		if (entry_usable(&pool->entry[i], out))
			usable |= BIT(i);
	n = hweight16(usable);
	if (!n)
		return refuse(NATGW_DROP_POOL_EMPTY);
	if (pooling != NATGW_POOLING_RANDOM)
		paired = paired_entry(pool, usable, session->inside.host);
	for (attempt = 0; attempt < PORT_PROBES; attempt++) {
		random = get_random_u32();
		if (pooling == NATGW_POOLING_PAIRED ||
		    (pooling == NATGW_POOLING_PAIRED_SOFT && attempt < PORT_PROBES / 2))
			i = paired;
		else
			i = n == 1 ? __ffs(usable) :
				     nth_entry(usable, ((random >> 16) * n) >> 16);
		err = probe(table, &pool->entry[i], session, random, &cooling);
		if (!err)
			return 0;
		if (err != -EEXIST)
			return refuse(NATGW_DROP_MEMORY);
	}
	return refuse(cooling ? NATGW_DROP_ALL_COOLING : NATGW_DROP_DESTINATION_FULL);
}
