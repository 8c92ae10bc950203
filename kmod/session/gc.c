// SPDX-License-Identifier: GPL-2.0
/*
 * The timer wheel.
 *
 * No session has a timer of its own, and none is moved when a packet renews
 * it: a packet only writes the session's @last. A session waits in the slot of
 * the tick in which its time could be over at the earliest; when the wheel
 * gets there it is ended, or moved to the slot its @last now asks for. So the
 * work is one look a session and idle time, not one look a tick. Look-ups
 * judge by the clock themselves: the wheel frees memory and ports, it does not
 * decide.
 *
 * Lanes spread the lock; a session's lane never changes.
 */
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/random.h>
#include "session/destination.h"
#include "session/gc.h"
#include "session/reset.h"
#include "session/session.h"
#include "snapshot/net.h"
#include "snapshot/table.h"

#define GC_INTERVAL	(HZ / NATGW_WHEEL_TICKS)
#define GC_BUDGET	256	/* sessions looked at before others may run */

static u32 now_ticks(void)
{
	return (u32)div_u64(get_jiffies_64(), GC_INTERVAL);
}

static struct natgw_wheel_lane *session_lane(const struct natgw_table *table,
					     const struct natgw_session *session)
{
	return &table->lane[session->hash % NATGW_WHEEL_LANES];
}

/*
 * The tick in which its time is over, rounded up. Never the coming one: the
 * worker may have taken that slot already.
 */
static u32 slot_of(u32 left)
{
	u32 ticks = clamp_t(u32, DIV_ROUND_UP(left, GC_INTERVAL) + 1, 2, NATGW_WHEEL_SLOTS - 2);

	return (now_ticks() + ticks) % NATGW_WHEEL_SLOTS;
}

static void wheel_add(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_wheel_lane *lane = session_lane(table, session);
	u32 left = 0;

	lockdep_assert_held(&lane->lock);
	natgw_session_state(session, &left);
	hlist_add_head(&session->wheel, &lane->slot[slot_of(left)]);
}

void natgw_gc_add(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_wheel_lane *lane = session_lane(table, session);

	spin_lock_bh(&lane->lock);
	wheel_add(table, session);
	/* pairs with the test_bit() of look-ups: all fields are written before */
	smp_mb__before_atomic();
	set_bit(NATGW_SESSION_READY, &session->flags);
	spin_unlock_bh(&lane->lock);
}

void natgw_gc_remove(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_wheel_lane *lane = session_lane(table, session);

	/* DEAD is set: the worker, under this lock, will not put it back */
	spin_lock_bh(&lane->lock);
	if (!hlist_unhashed(&session->wheel))
		hlist_del_init(&session->wheel);
	spin_unlock_bh(&lane->lock);
}

void natgw_gc_touch(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_wheel_lane *lane = session_lane(table, session);

	spin_lock_bh(&lane->lock);
	/* before READY its maker will find the right slot itself */
	if (test_bit(NATGW_SESSION_READY, &session->flags) &&
	    !test_bit(NATGW_SESSION_DEAD, &session->flags)) {
		if (!hlist_unhashed(&session->wheel))
			hlist_del_init(&session->wheel);
		wheel_add(table, session);
	}
	spin_unlock_bh(&lane->lock);
}

void natgw_gc_expire(struct natgw_table *table, struct natgw_session *session)
{
	bool idle = READ_ONCE(session->end) == NATGW_END_NONE;

	if (!natgw_session_kill(table, session))
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
	struct natgw_wheel_lane *lane = session_lane(table, session);

	int state = natgw_session_state(session, NULL);

	if (state < 0) {
		natgw_gc_expire(table, session);
		return;
	}
	if (state == NATGW_STATE_COOLING)
		natgw_destination_cools(session, true);
	else if (test_bit(NATGW_SESSION_COOLING, &session->flags))
		natgw_destination_cools(session, false);	/* its timer was made longer */
	spin_lock_bh(&lane->lock);
	if (!test_bit(NATGW_SESSION_DEAD, &session->flags) && hlist_unhashed(&session->wheel))
		wheel_add(table, session);
	spin_unlock_bh(&lane->lock);
}

static void gc_slot(struct natgw_table *table, struct natgw_wheel_lane *lane, u32 slot)
{
	struct natgw_session *session;
	struct hlist_head batch;
	unsigned int budget;

	/*
	 * Take the whole slot first: what is put back may land in it again.
	 * Emptied in steps, under RCU, because others may end a session of the
	 * batch meanwhile; its node is changed under the lane's lock only.
	 */
	spin_lock_bh(&lane->lock);
	hlist_move_list(&lane->slot[slot], &batch);
	spin_unlock_bh(&lane->lock);

	do {
		rcu_read_lock();
		for (budget = GC_BUDGET; budget; budget--) {
			spin_lock_bh(&lane->lock);
			session = hlist_entry_safe(batch.first, struct natgw_session, wheel);
			if (session)
				hlist_del_init(&session->wheel);
			spin_unlock_bh(&lane->lock);
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
	u32 now = now_ticks();
	unsigned int lane;

	/* after a long stall each slot needs one look only */
	if (now - table->tick > NATGW_WHEEL_SLOTS)
		table->tick = now - NATGW_WHEEL_SLOTS;
	while (table->tick != now) {
		table->tick++;
		for (lane = 0; lane < NATGW_WHEEL_LANES; lane++)
			gc_slot(table, &table->lane[lane], table->tick % NATGW_WHEEL_SLOTS);
	}
	queue_delayed_work(system_power_efficient_wq, &table->gc, GC_INTERVAL);
}

static bool retime_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	bool cools = natgw_session_state(session, NULL) == NATGW_STATE_COOLING;

	/* a shorter timer may have ended it just now, a longer one brought it back */
	if (cools != test_bit(NATGW_SESSION_COOLING, &session->flags))
		natgw_destination_cools(session, cools);
	natgw_gc_touch(table, session);
	return false;
}

void natgw_session_retime(struct natgw_net *nn)
{
	natgw_session_each(&nn->table, retime_one, NULL);
}

int natgw_gc_init(struct natgw_table *table)
{
	unsigned int i;

	table->lane = kvcalloc(NATGW_WHEEL_LANES, sizeof(*table->lane), GFP_KERNEL_ACCOUNT);
	if (!table->lane)
		return -ENOMEM;
	for (i = 0; i < NATGW_WHEEL_LANES; i++)
		spin_lock_init(&table->lane[i].lock);
	table->tick = now_ticks();
	INIT_DELAYED_WORK(&table->gc, gc_work);
	queue_delayed_work(system_power_efficient_wq, &table->gc, GC_INTERVAL);
	return 0;
}

void natgw_gc_exit(struct natgw_table *table)
{
	cancel_delayed_work_sync(&table->gc);
	kvfree(table->lane);
	table->lane = NULL;
}
