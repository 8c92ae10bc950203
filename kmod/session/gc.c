// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the turning of the timer wheel, and the end of sessions whose time is over. Called
 * by its own worker, by packets that meet such a session, and by control/publish.c.
 *
 * No session has a timer of its own, and none is moved when a packet renews
 * it: a packet only writes the session's @last. A session waits in the slot of
 * the tick in which its time could be over at the earliest; when the wheel
 * gets there it is ended, or moved to the slot its @last now asks for. So the
 * work is one look a session and idle time, not one look a tick. Look-ups
 * judge by the clock themselves: the wheel frees memory and ports, it does not
 * decide.
 *
 * Each shard of the wheel has a lock of its own; a session's shard never changes.
 */
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/random.h>
#include "session/destination.h"
#include "session/gc.h"
#include "session/reset.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "session/watch.h"
#include "session/wheel.h"
#include "snapshot/net.h"
#include "snapshot/tables.h"

#define GC_INTERVAL	BIT(NATGW_WHEEL_SHIFT)
#define GC_BUDGET	256	/* sessions looked at before others may run */

void natgw_gc_expire(struct natgw_table *table, struct natgw_session *session)
{
	bool idle = READ_ONCE(session->end) == NATGW_END_NONE;

	if (!natgw_session_kill(table, session, NATGW_CLOSE_IDLE))
		return;
	if (!idle)
		return;
	this_cpu_inc(session->gw->counters->timed_out);
	this_cpu_inc(session->address->counters->timed_out);
	if (READ_ONCE(session->gw->on_idle) == NATGW_ON_IDLE_RESET_BOTH)
		natgw_reset_both(table->nn, session);
}

/* one session the wheel has reached; its wheel node is out of the slot */
static void gc_look(struct natgw_table *table, struct natgw_session *session)
{
	int state = natgw_session_state(session, NULL);

	if (state < 0) {
		natgw_gc_expire(table, session);
		return;
	}
	if (state == NATGW_STATE_COOLING)
		natgw_destination_cools(session, true);
	else if (test_bit(NATGW_SESSION_COOLING, &session->flags))
		natgw_destination_cools(session, false);	/* its timer was made longer */
	if (unlikely(natgw_watch_on(table)))
		natgw_watch_look(table, session, state);
	natgw_wheel_back(table, session);
}

static void gc_slot(struct natgw_table *table, struct natgw_wheel_shard *shard, u32 slot)
{
	struct natgw_session *session;
	struct hlist_head batch;
	unsigned int budget;

	/*
	 * Take the whole slot first: what is put back may land in it again.
	 * Emptied in steps, under RCU, because others may end a session of the
	 * batch meanwhile; its node is changed under the shard's lock only.
	 */
	natgw_wheel_take(shard, slot, &batch);

	do {
		rcu_read_lock();
		for (budget = GC_BUDGET; budget; budget--) {
			spin_lock_bh(&shard->lock);
			session = hlist_entry_safe(batch.first, struct natgw_session, wheel);
			if (session)
				hlist_del_init(&session->wheel);
			spin_unlock_bh(&shard->lock);
			if (!session)
				break;
			gc_look(table, session);
		}
		rcu_read_unlock();
		cond_resched();
	} while (!budget);
}

static void gc_work(struct work_struct *work)
{
	struct natgw_table *table = container_of(to_delayed_work(work), struct natgw_table, gc);
	u32 now = natgw_wheel_now();
	unsigned int shard;

	/* after a long stall each slot needs one look only */
	if (now - table->tick > NATGW_WHEEL_SLOTS)
		table->tick = now - NATGW_WHEEL_SLOTS;
	while (table->tick != now) {
		table->tick++;
		for (shard = 0; shard < NATGW_WHEEL_SHARDS; shard++)
			gc_slot(table, &table->shard[shard], table->tick % NATGW_WHEEL_SLOTS);
	}
	queue_delayed_work(system_power_efficient_wq, &table->gc, GC_INTERVAL);
}

static bool retime_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	int state = natgw_session_state(session, NULL);
	bool cools = state == NATGW_STATE_COOLING;

	/* a shorter timer may have ended it just now, a longer one brought it back */
	if (cools != test_bit(NATGW_SESSION_COOLING, &session->flags))
		natgw_destination_cools(session, cools);
	if (unlikely(natgw_watch_on(table)) && state >= 0)
		natgw_watch_look(table, session, state);
	natgw_wheel_touch(table, session);
	return false;
}

void natgw_session_retime(struct natgw_net *nn)
{
	natgw_session_each(&nn->table, retime_one, NULL);
}

int natgw_gc_init(struct natgw_table *table)
{
	int err = natgw_wheel_init(table);

	if (err)
		return err;
	INIT_DELAYED_WORK(&table->gc, gc_work);
	queue_delayed_work(system_power_efficient_wq, &table->gc, GC_INTERVAL);
	return 0;
}

void natgw_gc_exit(struct natgw_table *table)
{
	cancel_delayed_work_sync(&table->gc);
	kvfree(table->shard);
	table->shard = NULL;
}
