// SPDX-License-Identifier: GPL-2.0
/*
 * Owns destinations, and the search for a free port. Called by port.c for new flows, and
 * by session.c and gc.c as sessions end or cool.
 *
 * A port of a public IP is free for a destination when the outer table has no
 * session with that (protocol, address, port, destination); inserting there
 * reserves it. So one port serves many destinations at once (RFC 7857 section
 * 3), two CPUs never get the same, and nothing is preallocated.
 *
 * The search. While few ports of an IP are taken random ones nearly always
 * fit. From MAP_USED on it has a map of those taken. The map begins empty: a
 * session that is older than the map is met by chance, once, and its bit is set
 * then. As sessions come and go under the destination's lock only, a bit once
 * set is true until it is cleared. So the map misses at most as many sessions
 * as there were when it was made, each costs one more step once, and a new flow
 * is refused only when each port is known to be taken.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/slab.h>
#include "lib/budget.h"
#include "lib/draw.h"
#include "lib/portblock.h"
#include "lib/portmap.h"
#include "session/destination.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "snapshot/conf.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/* a map of 8 KiB is worth it where that many ports of one IP are taken */
#define MAP_USED	NATGW_PORTS_WATCHED
/* and is given back below that */
#define MAP_IDLE	64
/* random ports tried where there is no map; with MAP_USED taken one in 10^38 flows needs more */
#define TRIES		16
/* sessions older than a map that one new flow may meet; MAP_USED unless memory was short */
#define LEARN		512
/* ports looked up one by one for one packet, where a map should be: all of a block */
#define LOOKS		NATGW_BLOCK_MOST

#define DESTINATION_COST	(sizeof(struct natgw_destination) + NATGW_BUDGET_NODE)

static struct kmem_cache *destination_cache __read_mostly;
static struct kmem_cache *warm_cache __read_mostly;
static struct kmem_cache *map_cache __read_mostly;

/* gateways are few, and no attacker's choice */
static u32 gateway_hash(u32 hash, const struct natgw_gateway *gw)
{
	return hash ^ hash_ptr(gw, 32);
}

static u32 node_hash(const struct natgw_node *node)
{
	const struct natgw_destination *destination = natgw_destination_of_node(node);

	return gateway_hash(destination->hash, destination->gw);
}

static bool node_is(const struct natgw_node *node, const void *data)
{
	const struct natgw_destination *destination = natgw_destination_of_node(node);
	const struct natgw_destination_key *key = data;

	return key->gw == destination->gw && key->peer == destination->peer &&
	       key->peer_port == destination->peer_port && key->proto == destination->proto;
}

static const struct natgw_buckets_ops destination_ops = {
	.hash = node_hash,
	.is = node_is,
};

static __always_inline struct natgw_destination *find(struct natgw_table *table,
						      const struct natgw_destination_key *key)
{
	struct natgw_node *node;

	node = natgw_buckets_find(&table->destinations, &destination_ops,
				  gateway_hash(key->hash, key->gw), key);
	return node ? natgw_destination_of_node(node) : NULL;
}

static struct natgw_destination_key tuple_key(const struct natgw_gateway *gw,
					      const struct natgw_tuple *tuple)
{
	return (struct natgw_destination_key) {
		.gw = gw,
		.peer = tuple->peer,
		.peer_port = tuple->peer_port,
		.proto = tuple->proto,
		.hash = natgw_destination_hash(tuple),
	};
}

struct natgw_destination *natgw_destination_find(struct natgw_table *table,
						 const struct natgw_gateway *gw,
						 const struct natgw_tuple *tuple)
{
	const struct natgw_destination_key key = tuple_key(gw, tuple);

	return find(table, &key);
}

/* not part of natgw_destination_get(), which nearly always finds one and needs few registers */
static noinline struct natgw_destination *
destination_make(struct natgw_table *table, struct natgw_gateway *gw,
		 const struct natgw_destination_key *key)
{
	struct natgw_destination *destination;
	struct natgw_node *other;

	if (!natgw_budget_take(table->budget, DESTINATION_COST))
		return NULL;
	destination = kmem_cache_zalloc(destination_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!destination)
		goto give_back;
	destination->gw = gw;
	destination->peer = key->peer;
	destination->peer_port = key->peer_port;
	destination->proto = key->proto;
	destination->hash = key->hash;
	spin_lock_init(&destination->lock);
	other = natgw_buckets_insert(&table->destinations, &destination->node, &destination_ops,
				     gateway_hash(key->hash, gw), key);
	if (likely(!other))
		return destination;
	kmem_cache_free(destination_cache, destination);
	destination = IS_ERR(other) ? NULL : natgw_destination_of_node(other);
give_back:
	natgw_budget_give(table->budget, DESTINATION_COST);
	return destination;
}

/* as natgw_session_outer_insert() */
__flatten struct natgw_destination *natgw_destination_get(struct natgw_table *table,
							  struct natgw_gateway *gw,
							  const struct natgw_tuple *tuple)
{
	const struct natgw_destination_key key = tuple_key(gw, tuple);
	struct natgw_destination *destination;

	destination = find(table, &key);
	return destination ?: destination_make(table, gw, &key);
}

static void destination_free_rcu(struct rcu_head *rcu)
{
	struct natgw_destination *destination = container_of(rcu, struct natgw_destination, rcu);

	/* maps go with their last session, under the lock */
	if (destination->warm)
		kmem_cache_free(warm_cache, destination->warm);
	kmem_cache_free(destination_cache, destination);
}

void natgw_destination_free(struct natgw_destination *destination)
{
	/* those who still find it see it is dead, under the lock */
	call_rcu(&destination->rcu, destination_free_rcu);
}

/* what a destination without maps is paid for with */
static void destination_give(struct natgw_table *table, const struct natgw_destination *destination)
{
	natgw_budget_give(table->budget, DESTINATION_COST +
			  (destination->warm ? sizeof(*destination->warm) : 0));
}

static void map_free(struct natgw_table *table, struct natgw_warm *warm, struct natgw_slot *slot)
{
	if (!slot->map)
		return;
	warm->full &= ~BIT(slot - warm->slot);
	kmem_cache_free(map_cache, slot->map);
	natgw_budget_give(table->budget, sizeof(*slot->map));
	slot->map = NULL;
	atomic_dec(&table->maps);
}

void natgw_destination_die(struct natgw_table *table, struct natgw_destination *destination)
{
	unsigned int i;

	lockdep_assert_held(&destination->lock);
	destination->dead = true;
	for (i = 0; destination->warm && i < NATGW_SLOTS; i++)
		map_free(table, destination->warm, &destination->warm->slot[i]);
	natgw_buckets_remove(&table->destinations, &destination->node,
			     gateway_hash(destination->hash, destination->gw));
	destination_give(table, destination);
	/* one that is watched is freed by who looks at it next, and tells of its end */
	if (!destination->warm || !destination->warm->headroom.id)
		natgw_destination_free(destination);
}

static bool destination_warm(struct natgw_table *table, struct natgw_destination *destination)
{
	struct natgw_warm *warm;
	unsigned int i;

	lockdep_assert_held(&destination->lock);
	if (destination->warm)
		return true;
	if (!natgw_budget_take(table->budget, sizeof(*warm)))
		return false;
	warm = kmem_cache_zalloc(warm_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!warm) {
		natgw_budget_give(table->budget, sizeof(*warm));
		return false;
	}
	for (i = 0; i < NATGW_SLOTS; i++)
		warm->slot[i].used = natgw_destination_used(destination, i);
	/* under RCU too, for those who only read the counts */
	smp_store_release(&destination->warm, warm);
	return true;
}

static struct natgw_portmap *destination_map(struct natgw_table *table,
					     struct natgw_destination *destination, u8 slot,
					     const struct natgw_portmap *reserved)
{
	struct natgw_portmap *map;

	if (atomic_read(&table->maps) >= table->maps_max ||
	    !destination_warm(table, destination) ||
	    !natgw_budget_take(table->budget, sizeof(*map)))
		return NULL;
	map = kmem_cache_alloc(map_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!map) {
		natgw_budget_give(table->budget, sizeof(*map));
		return NULL;
	}
	if (reserved)
		memcpy(map, reserved, sizeof(*map));
	else
		natgw_portmap_init(map);
	destination->warm->slot[slot].map = map;
	atomic_inc(&table->maps);
	natgw_headroom_watch(table, destination);
	return map;
}

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
			u32 random)
{
	unsigned int tries;
	u32 index;
	int err;

	for (tries = 0; tries < TRIES; tries++, random = natgw_draw()) {
		index = natgw_portmap_index(random);
		if (reserved && natgw_portmap_test(reserved, index))
			continue;
		err = insert(table, destination, session, index);
		if (!err || err == -ENOMEM)
			return err;
	}
	return -EAGAIN;
}

static int reserve_mapped(struct natgw_table *table, struct natgw_destination *destination,
			  struct natgw_session *session, struct natgw_portmap *map, u32 random)
{
	unsigned int tries, foreign = 0;
	int index, err;

	for (tries = 0; tries < LEARN; tries++, random = natgw_draw()) {
		/* a try at random is cheap, and enough unless it is nearly full */
		index = natgw_portmap_index(random);
		if (!natgw_portmap_set(map, index)) {
			index = natgw_portmap_pick(map, natgw_draw());
			if (index < 0)
				return -ENOSPC;
		}
		err = insert(table, destination, session, index);
		if (likely(!err))
			return 0;
		if (err != -EEXIST)
			natgw_portmap_clear(map, index);
		if (err == -ENOMEM)
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
		err = insert(table, destination, session, index);
		if (likely(!err))
			return 0;
		if (err != -EEXIST)
			natgw_portmap_clear(map, index);
		if (err == -ENOMEM)
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
	if (!map && used >= MAP_USED)
		map = destination_map(table, destination, slot, reserved);
	for (tries = 0; !map && tries < TRIES; tries++) {
		index = natgw_portmap_index_in(range, natgw_draw());
		if (reserved && natgw_portmap_test(reserved, index))
			continue;
		err = insert(table, destination, session, index);
		if (!err || err == -ENOMEM)
			return err;
	}
	if (!map && used >= MAP_IDLE)
		map = destination_map(table, destination, slot, reserved);
	return map ? reserve_mapped_in(table, destination, session, map, range) :
		     reserve_each_in(table, destination, session, reserved, NULL, range);
}

static void count_used(struct natgw_destination *destination, u8 slot)
{
	if (destination->warm)
		destination->warm->slot[slot].used++;
	else
		destination->few[slot / 2] += 1 << (slot % 2 * 4);
	if (++destination->used > destination->high)
		destination->high = destination->used;
}

int natgw_destination_reserve(struct natgw_table *table, struct natgw_destination *destination,
			      const struct natgw_pool_entry *entry,
			      const struct natgw_portrange *range, u32 random,
			      struct natgw_session *session)
{
	struct natgw_address *address = entry->conf->address;
	const struct natgw_portmap *reserved = rcu_dereference(address->reserved);
	struct natgw_warm *warm;
	u32 used = natgw_destination_used(destination, entry->slot);
	struct natgw_portmap *map;
	int err;

	session->public = entry->addr;
	session->address = address;
	session->slot = entry->slot;
	session->destination = destination;
	if (used >= NATGW_DESTINATION_FEW && !destination_warm(table, destination))
		return -ENOMEM;
	if (range) {
		err = reserve_in(table, destination, entry->slot, session, reserved, range);
		goto out;
	}
	map = destination->warm ? destination->warm->slot[entry->slot].map : NULL;
	if (!map && used >= MAP_USED)
		map = destination_map(table, destination, entry->slot, reserved);
	if (!map) {
		err = reserve_thin(table, destination, session, reserved, random);
		if (err != -EAGAIN)
			goto out;
		/* most ports are reserved, or memory was short: only a map can tell */
		map = destination_map(table, destination, entry->slot, reserved);
		random = natgw_draw();
	}
	err = map ? reserve_mapped(table, destination, session, map, random) : -ENOMEM;
out:
	warm = destination->warm;
	map = warm ? warm->slot[entry->slot].map : NULL;
	if (map && !natgw_portmap_free(map))
		warm->full |= BIT(entry->slot);
	if (!err)
		count_used(destination, entry->slot);
	return err;
}

static void release_slot(struct natgw_table *table, struct natgw_warm *warm,
			 const struct natgw_session *session)
{
	struct natgw_slot *slot = &warm->slot[session->slot];
	u32 index = ntohs(session->port) - NATGW_PORT_MIN;
	const struct natgw_portmap *reserved;

	slot->used--;
	if (test_bit(NATGW_SESSION_COOLING_SLOT, &session->flags))
		slot->cooling--;
	if (!slot->map)
		return;
	reserved = rcu_dereference(session->address->reserved);
	/*
	 * With ports reserved few are left, and a map is needed early. But none
	 * may outlive the slot's last session: the slot may get another address.
	 */
	if (!slot->used || (slot->used < MAP_IDLE && !reserved)) {
		map_free(table, warm, slot);
		return;
	}
	/* a port that has been reserved since stays out */
	if (!reserved || !natgw_portmap_test(reserved, index)) {
		natgw_portmap_clear(slot->map, index);
		warm->full &= ~BIT(session->slot);
	}
}

void natgw_destination_release(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_destination *destination = session->destination;

	/* it has at least this session, so it is not dead */
	spin_lock_bh(&destination->lock);
	natgw_session_outer_remove(table, session);
	destination->used--;
	if (test_bit(NATGW_SESSION_COOLING, &session->flags))
		destination->cooling--;
	if (destination->warm)
		release_slot(table, destination->warm, session);
	else
		destination->few[session->slot / 2] -= 1 << (session->slot % 2 * 4);
	natgw_destination_settle(table, destination);
	spin_unlock_bh(&destination->lock);
}

void natgw_destination_cools(struct natgw_session *session, bool cools)
{
	struct natgw_destination *destination;
	struct natgw_slot *slot;

	if (cools && test_bit(NATGW_SESSION_COOLING, &session->flags))
		return;
	destination = session->destination;
	spin_lock_bh(&destination->lock);
	/*
	 * Once DEAD its counts are, or will be, taken back under this lock. A
	 * packet may have brought it back to life since the caller looked.
	 */
	if (test_bit(NATGW_SESSION_DEAD, &session->flags) ||
	    test_bit(NATGW_SESSION_COOLING, &session->flags) == cools ||
	    (cools && natgw_session_state(session, NULL) != NATGW_STATE_COOLING))
		goto out;
	slot = destination->warm ? &destination->warm->slot[session->slot] : NULL;
	if (cools) {
		set_bit(NATGW_SESSION_COOLING, &session->flags);
		destination->cooling++;
		if (slot) {
			set_bit(NATGW_SESSION_COOLING_SLOT, &session->flags);
			slot->cooling++;
		}
	} else {
		clear_bit(NATGW_SESSION_COOLING, &session->flags);
		destination->cooling--;
		if (slot && test_and_clear_bit(NATGW_SESSION_COOLING_SLOT, &session->flags))
			slot->cooling--;
	}
out:
	spin_unlock_bh(&destination->lock);
}

u64 natgw_destination_bytes(const struct natgw_table *table)
{
	return natgw_buckets_bytes(&table->destinations, kmem_cache_size(destination_cache)) +
	       (u64)atomic_read(&table->maps) * kmem_cache_size(map_cache);
}

int natgw_destination_net_init(struct natgw_table *table)
{
	atomic_set(&table->maps, 0);
	xa_init_flags(&table->watched, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH);
	/* a map pays from MAP_USED sessions on; a small cap still allows for some */
	table->maps_max = max(table->max / MAP_USED, 64U);
	return natgw_buckets_init(&table->destinations, &destination_ops, NATGW_BUCKETS_FIRST, 0);
}

static void destination_free(struct natgw_node *node, void *arg)
{
	struct natgw_destination *destination = natgw_destination_of_node(node);
	struct natgw_table *table = arg;
	unsigned int i;

	for (i = 0; destination->warm && i < NATGW_SLOTS; i++)
		map_free(table, destination->warm, &destination->warm->slot[i]);
	destination_give(table, destination);
	destination_free_rcu(&destination->rcu);
}

void natgw_destination_net_exit(struct natgw_table *table)
{
	struct natgw_destination *destination;
	unsigned long id;

	/* nobody looks at them any more */
	xa_for_each(&table->watched, id, destination)
		if (destination->dead)
			destination_free_rcu(&destination->rcu);
	xa_destroy(&table->watched);
	natgw_buckets_destroy(&table->destinations, destination_free, table);
}

int natgw_destination_module_init(void)
{
	BUILD_BUG_ON(!IS_ENABLED(CONFIG_DEBUG_SPINLOCK) && !IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC) &&
		     sizeof(struct natgw_destination) > 64);
	BUILD_BUG_ON(2 * NATGW_GATEWAY_ADDRESSES > NATGW_SLOTS);
	BUILD_BUG_ON(NATGW_SLOTS * NATGW_PORTS >= BIT(NATGW_DESTINATION_BITS));

	destination_cache = KMEM_CACHE(natgw_destination, SLAB_HWCACHE_ALIGN);
	warm_cache = KMEM_CACHE(natgw_warm, 0);
	map_cache = KMEM_CACHE(natgw_portmap, 0);
	if (destination_cache && warm_cache && map_cache)
		return 0;
	natgw_destination_module_exit();
	return -ENOMEM;
}

/* Every call_rcu() must have run: rcu_barrier() first. */
void natgw_destination_module_exit(void)
{
	kmem_cache_destroy(map_cache);
	kmem_cache_destroy(warm_cache);
	kmem_cache_destroy(destination_cache);
}
