// SPDX-License-Identifier: GPL-2.0
/*
 * Owns destinations: which ports of which public IPs serve each. Called by port.c and
 * port_search.c for new flows, and by session.c and gc.c as sessions end or cool.
 *
 * A port of a public IP is free for a destination when the outer table has no
 * session with that (protocol, address, port, destination); inserting there
 * reserves it. So one port serves many destinations at once (RFC 7857 section
 * 3), two CPUs never get the same, and nothing is preallocated.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/slab.h>
#include "lib/budget.h"
#include "lib/portmap.h"
#include "session/destination.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "snapshot/conf.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

#define DESTINATION_COST	(sizeof(struct natgw_destination) + NATGW_BUDGET_NODE)

static struct kmem_cache *destination_cache __read_mostly;
static struct kmem_cache *warm_cache __read_mostly;
static struct kmem_cache *map_cache __read_mostly;

static u32 node_hash(const struct natgw_node *node)
{
	const struct natgw_destination *destination = natgw_destination_of_node(node);

	return natgw_destination_place(destination->hash, destination->gw);
}

static const struct natgw_buckets_ops destination_ops = {
	.hash = node_hash,
	.is = natgw_destination_is,
};

struct natgw_destination *natgw_destination_find(struct natgw_table *table,
						 const struct natgw_gateway *gw,
						 const struct natgw_tuple *tuple)
{
	return natgw_destination_search(table, gw, tuple, natgw_destination_hash(tuple));
}

__flatten struct natgw_destination *natgw_destination_make(struct natgw_table *table,
							   struct natgw_gateway *gw,
							   const struct natgw_tuple *tuple,
							   u32 hash)
{
	const struct natgw_destination_sought sought = natgw_destination_sought(gw, tuple);
	struct natgw_destination *destination;
	struct natgw_node *other;

	if (!natgw_budget_take(table->budget, DESTINATION_COST))
		return NULL;
	destination = kmem_cache_alloc(destination_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!destination)
		goto give_back;
	/* all of it is written: clearing it first would take a call */
	destination->gw = gw;
	destination->peer = tuple->peer;
	destination->peer_port = tuple->peer_port;
	destination->proto = tuple->proto;
	destination->hash = hash;
	spin_lock_init(&destination->lock);
	destination->used = 0;
	destination->high = 0;
	destination->cooling = 0;
	destination->dead = false;
	destination->warm = NULL;
	memset(destination->few, 0, sizeof(destination->few));
	other = natgw_buckets_insert(&table->destinations, &destination->node, &destination_ops,
				     natgw_destination_place(hash, gw), &sought);
	if (likely(!other))
		return destination;
	kmem_cache_free(destination_cache, destination);
	destination = IS_ERR(other) ? NULL : natgw_destination_of_node(other);
give_back:
	natgw_budget_give(table->budget, DESTINATION_COST);
	return destination;
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
			     natgw_destination_place(destination->hash, destination->gw));
	destination_give(table, destination);
	/* one that is watched is freed by who looks at it next, and tells of its end */
	if (!destination->warm || !destination->warm->headroom.id)
		natgw_destination_free(destination);
}

bool natgw_destination_warm(struct natgw_table *table, struct natgw_destination *destination)
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

struct natgw_portmap *natgw_destination_map(struct natgw_table *table,
					    struct natgw_destination *destination, u8 slot,
					    const struct natgw_portmap *reserved)
{
	struct natgw_portmap *map;

	if (atomic_read(&table->maps) >= table->maps_max ||
	    !natgw_destination_warm(table, destination) ||
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
	if (!slot->used || (slot->used < NATGW_MAP_IDLE && !reserved)) {
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
	/* a map pays from NATGW_MAP_USED sessions on; a small cap still allows for some */
	table->maps_max = max(table->max / NATGW_MAP_USED, 64U);
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
	/* natgw_destination_is() takes them for one word */
	BUILD_BUG_ON(offsetof(struct natgw_destination, peer_port) !=
		     offsetof(struct natgw_destination, peer) + sizeof(__be32));
	BUILD_BUG_ON(offsetofend(struct natgw_destination, proto) !=
		     offsetof(struct natgw_destination, peer) + sizeof(u64));

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
