// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the comparison of a destination's counts and port maps with the sessions that are
 * found. Called by check.c for each destination.
 */
#include <linux/bitops.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include "lib/portmap.h"
#include "netlink/check.h"
#include "netlink/check_pass.h"
#include "session/destination.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/* RCU. Return: may be dead, or NULL */
static struct natgw_destination *find_destination(const struct natgw_pass *pass,
						  const struct natgw_destination_key *key)
{
	const struct natgw_tuple tuple = {
		.peer = key->peer,
		.peer_port = key->peer_port,
		.proto = key->proto,
	};

	return natgw_destination_find(&pass->nn->table, key->gw, &tuple);
}

/* Bits of a word of a map that are there for a reason; RCU, under its destination's lock */
static u32 word_held(const struct natgw_pass *pass, const struct natgw_destination *destination,
		     const struct natgw_public *public, const struct natgw_portmap *map, u32 word)
{
	const struct natgw_portmap *reserved = rcu_dereference(public->address->reserved);
	u64 left = map->word[word], bit;
	struct natgw_session *holder;
	__be16 port;
	u32 held = 0;

	if (reserved) {
		held = hweight64(left & reserved->word[word]);
		left &= ~reserved->word[word];
	}
	for (; left; left ^= bit) {
		bit = left & -left;
		port = htons(NATGW_PORT_MIN + word * 64 + __ffs64(left));
		holder = natgw_session_outer_holder(&pass->nn->table, destination,
						    htonl(public->addr), port);
		held += holder && holder->destination == destination;
	}
	return held;
}

/**
 * struct map_count - of one map
 * @taken: ports that it counts as taken
 * @held: ports with their bit set and a session or a reservation
 * @free: ports that it counts as free
 * @free_sum: the same, added up by group
 * @addr: public IP
 */
struct map_count {
	u32 taken;
	u32 held;
	u32 free;
	u32 free_sum;
	__be32 addr;
};

/* RCU, under the destination's lock */
static void count_map(const struct natgw_pass *pass, const struct natgw_destination *destination,
		      const struct natgw_public *public, const struct natgw_portmap *map,
		      u32 group, struct map_count *count)
{
	u32 i;

	count->addr = htonl(public->addr);
	count->taken += NATGW_PORTMAP_WORDS * 64 - map->free[group];
	for (i = 0; i < NATGW_PORTMAP_WORDS; i++)
		count->held += word_held(pass, destination, public, map,
					 group * NATGW_PORTMAP_WORDS + i);
	count->free = natgw_portmap_free(map);
	count->free_sum = 0;
	for (i = 0; i < NATGW_PORTMAP_GROUPS; i++)
		count->free_sum += map->free[i];
}

/* Public IP of a gateway's slot, or NULL: it has gone, or came later */
static const struct natgw_public *public_of(const struct natgw_config *config,
					    const struct natgw_gateway *gw, u32 slot)
{
	const struct natgw_pool *pool = natgw_place_pool(config, gw);

	if (!pool || !(pool->slots & BIT(slot)))
		return NULL;
	return natgw_lookup_public(config, pool->entry[pool->by_slot[slot]].addr);
}

/* Return: there is such a map. */
static bool count_group(const struct natgw_pass *pass, const struct natgw_destination_key *key,
			u32 slot, u32 group, struct map_count *count)
{
	const struct natgw_public *public;
	struct natgw_destination *destination;
	const struct natgw_portmap *map;
	bool there = false;

	rcu_read_lock();
	public = public_of(pass->config, key->gw, slot);
	destination = find_destination(pass, key);
	if (public && destination) {
		spin_lock_bh(&destination->lock);
		/* one that has died has no maps */
		map = destination->warm ? destination->warm->slot[slot].map : NULL;
		there = map;
		if (map)
			count_map(pass, destination, public, map, group, count);
		spin_unlock_bh(&destination->lock);
	}
	rcu_read_unlock();
	return there;
}

/* Group by group, so that no packet waits long for the destination's lock */
static int compare_map(struct natgw_pass *pass, const struct natgw_destination_key *key, u32 slot)
{
	struct map_count count = {};
	u32 group;
	int err;

	for (group = 0; group < NATGW_PORTMAP_GROUPS; group++) {
		if (!count_group(pass, key, slot, group, &count))
			return 0;
		cond_resched();
	}
	err = compare(pass, "ports", count.taken, count.held, "destination %s %pI4:%u at %pI4",
		      natgw_l4(key->proto)->name, &key->peer, ntohs(key->peer_port), &count.addr);
	if (err)
		return err;
	return compare(pass, "free", count.free, count.free_sum, "destination %s %pI4:%u at %pI4",
		       natgw_l4(key->proto)->name, &key->peer, ntohs(key->peer_port), &count.addr);
}

/**
 * struct destination_count - what a destination says of itself
 * @at: its address
 * @used: sessions
 * @cooling: sessions that cool
 * @slots: sum of @used by public IP
 * @slots_over: public IPs with more sessions that cool than sessions
 * @maps: public IPs that have a map
 */
struct destination_count {
	const void *at;
	u32 used;
	u32 cooling;
	u32 slots;
	u32 slots_over;
	u32 maps;
};

/* under its lock */
static void count_slots(const struct natgw_destination *destination,
			struct destination_count *count)
{
	const struct natgw_slot *slot;
	u32 i;

	BUILD_BUG_ON(NATGW_SLOTS > 32);
	count->at = destination;
	count->used = destination->used;
	count->cooling = destination->cooling;
	for (i = 0; i < NATGW_SLOTS; i++) {
		count->slots += natgw_destination_used(destination, i);
		if (!destination->warm)
			continue;
		slot = &destination->warm->slot[i];
		count->slots_over += slot->cooling > slot->used;
		count->maps |= slot->map ? BIT(i) : 0;
	}
}

/* Return: there is such a destination. */
static bool count_destination(const struct natgw_pass *pass,
			      const struct natgw_destination_key *key,
			      struct destination_count *count)
{
	struct natgw_destination *destination;

	memset(count, 0, sizeof(*count));
	rcu_read_lock();
	destination = find_destination(pass, key);
	if (destination) {
		spin_lock_bh(&destination->lock);
		if (!destination->dead)
			count_slots(destination, count);
		spin_unlock_bh(&destination->lock);
	}
	rcu_read_unlock();
	return count->at;
}

int natgw_check_destination(struct natgw_pass *pass, const struct natgw_destination_key *key)
{
	struct destination_count count;
	char name[NATGW_CHECK_OBJECT];
	u32 maps;
	int err;

	if (!count_destination(pass, key, &count))
		return 0;
	pass->used += count.used;
	snprintf(name, sizeof(name), "destination %s %pI4:%u of gateway %s",
		 natgw_l4(key->proto)->name, &key->peer, ntohs(key->peer_port), key->gw->name);
	err = compare(pass, "used", count.used, natgw_found(pass, count.at, false), "%s", name) ?:
	      compare(pass, "slots", count.slots, count.used, "%s", name) ?:
	      compare(pass, "cooling", count.cooling, natgw_found(pass, count.at, true), "%s",
		      name) ?:
	      compare(pass, "slots-cooling", count.slots_over, 0, "%s", name);
	for (maps = count.maps; !err && maps; maps &= maps - 1)
		err = compare_map(pass, key, __ffs(maps));
	return err;
}
