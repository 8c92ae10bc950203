// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rings in which events of sessions wait for who tells watchers, and the worker that
 * takes them. Called by watch.c for each event, and by control/ when a namespace begins and ceases
 * to watch, and when objects go; netlink/session_watch.c gets the events.
 */
#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>
#include "session/watch.h"
#include "session/watch_ring.h"
#include "snapshot/net.h"

/* an event is not older than this when it is told of */
#define TELL_AFTER	(HZ / 10)

/* events that are taken before others may run */
#define TAKE_BUDGET	64

static const struct natgw_watch_ops *watch_ops __read_mostly;

void natgw_watch_module_init(const struct natgw_watch_ops *ops)
{
	watch_ops = ops;
}

/* Events of the same names, side by side and complete, from @tail on. Return: how many, or 0 */
static u32 run_of(const struct natgw_watch_ring *ring, u32 tail, u32 most)
{
	const struct natgw_watch_key *key = &ring->key[tail % NATGW_WATCH_RING];
	const struct natgw_gateway *gw;
	u32 n;

	/* pairs with natgw_watch_ring_commit() */
	gw = smp_load_acquire(&key->gw);
	if (!gw)
		return 0;
	most = min(most, NATGW_WATCH_RING - tail % NATGW_WATCH_RING);
	for (n = 1; n < most; n++)
		/* as above */
		if (smp_load_acquire(&key[n].gw) != gw || key[n].subnet != key->subnet)
			break;
	return n;
}

/* An entry is as it was before it was written: see natgw_watch_ring_event() */
static void clear(struct natgw_watch_key *key, struct natgw_session_event *event)
{
	if (event->type != NATGW_EVENT_OPENED)
		memset(event, 0, sizeof(*event));
	WRITE_ONCE(key->gw, NULL);
}

/* Context: RCU read side, BH off. Return: events taken, at most TAKE_BUDGET */
static u32 take(struct natgw_table *table, struct natgw_watch_ring *ring)
{
	u32 tail = ring->tail, taken = 0, n, i;
	struct natgw_session_event *event;
	struct natgw_watch_key *key;

	lockdep_assert_held(&ring->lock);
	while (taken < TAKE_BUDGET) {
		n = run_of(ring, tail, TAKE_BUDGET - taken);
		if (!n)
			break;
		key = &ring->key[tail % NATGW_WATCH_RING];
		event = &ring->event[tail % NATGW_WATCH_RING];
		watch_ops->events(table, key->gw, key->subnet, event, n);
		for (i = 0; i < n; i++)
			clear(&key[i], &event[i]);
		tail += n;
		taken += n;
		/* pairs with natgw_watch_ring_try() */
		smp_store_release(&ring->tail, tail);
	}
	return taken;
}

void natgw_watch_ring_make_room(struct natgw_watch_rings *rings, struct natgw_watch_ring *ring)
{
	/* who has the lock makes room, but not soon enough */
	if (!spin_trylock_bh(&ring->lock))
		return;
	take(rings->table, ring);
	spin_unlock_bh(&ring->lock);
}

void natgw_watch_ring_call(struct natgw_watch_rings *rings, struct natgw_watch_ring *ring,
			   u32 waiting)
{
	WRITE_ONCE(ring->armed, true);
	if (waiting && !(waiting % NATGW_WATCH_RING_PART))
		mod_delayed_work(system_unbound_wq, &rings->work, 0);
	else
		queue_delayed_work(system_unbound_wq, &rings->work, TELL_AFTER);
}

/*
 * Takes what a ring has now. @all: and waits for those who are writing just now.
 * Return: all that has been claimed is told of
 */
static bool empty(struct natgw_table *table, struct natgw_watch_ring *ring, bool all)
{
	u32 head, n;

	WRITE_ONCE(ring->armed, false);
	/* who claims an entry later, and reads @armed after that, calls the worker */
	smp_mb();
	head = (u32)atomic_read(&ring->head);
	while ((s32)(head - READ_ONCE(ring->tail)) > 0) {
		rcu_read_lock();
		spin_lock_bh(&ring->lock);
		n = take(table, ring);
		spin_unlock_bh(&ring->lock);
		rcu_read_unlock();
		cond_resched();
		if (n)
			continue;
		if (!all)
			return false;
		/* they write in an RCU read side */
		synchronize_rcu();
	}
	return true;
}

static void tell(struct natgw_watch_rings *rings, bool all)
{
	bool done = true;
	int cpu;

	for_each_possible_cpu(cpu)
		done &= empty(rings->table, rings->ring[cpu], all);
	watch_ops->flush(rings->table);
	if (!done)
		queue_delayed_work(system_unbound_wq, &rings->work, TELL_AFTER);
}

static void tell_work(struct work_struct *work)
{
	tell(container_of(to_delayed_work(work), struct natgw_watch_rings, work), false);
}

void natgw_watch_settle(struct natgw_table *table)
{
	struct natgw_watch_rings *rings =
		rcu_dereference_protected(table->rings, lockdep_is_held(&table->nn->lock));

	if (rings)
		tell(rings, true);
}

void natgw_watch_lose(struct natgw_table *table, const struct natgw_gateway *gw,
		      const struct natgw_subnet *subnet, const struct natgw_session_event *event)
{
	watch_ops->lost(table, gw, subnet, event);
}

bool natgw_watch_block(struct natgw_table *table, const struct natgw_block_note *note)
{
	return watch_ops->block(table, note);
}

static void rings_drop(struct natgw_watch_rings *rings)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kvfree(rings->ring[cpu]);
	kfree(rings);
}

struct natgw_watch_rings *natgw_watch_rings_new(struct natgw_table *table)
{
	struct natgw_watch_rings *rings;
	int cpu;

	rings = kzalloc(struct_size(rings, ring, nr_cpu_ids), GFP_KERNEL_ACCOUNT);
	if (!rings)
		return NULL;
	for_each_possible_cpu(cpu) {
		rings->ring[cpu] = kvzalloc_node(sizeof(*rings->ring[cpu]), GFP_KERNEL_ACCOUNT,
						 cpu_to_node(cpu));
		if (!rings->ring[cpu]) {
			rings_drop(rings);
			return NULL;
		}
		spin_lock_init(&rings->ring[cpu]->lock);
	}
	rings->table = table;
	INIT_DELAYED_WORK(&rings->work, tell_work);
	return rings;
}

void natgw_watch_rings_free(struct natgw_watch_rings *rings)
{
	cancel_delayed_work_sync(&rings->work);
	rings_drop(rings);
}
