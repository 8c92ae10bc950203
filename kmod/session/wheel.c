// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the slots of the timer wheel: which sessions are to be looked at in which tick.
 * Called by who makes, ends or shortens a session; gc.c turns the wheel.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "session/session.h"
#include "session/state.h"
#include "session/watch.h"
#include "session/wheel.h"
#include "snapshot/tables.h"

/* a session that has ended is told of when its last packets have passed */
#define TELL_AFTER	(2 * HZ)

spinlock_t *natgw_wheel_lock(const struct natgw_table *table, const struct natgw_session *session)
{
	return &natgw_wheel_shard(table, session)->lock;
}

void natgw_wheel_put(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_wheel_shard *shard = natgw_wheel_shard(table, session);
	u32 left = 0;
	int state;

	lockdep_assert_held(&shard->lock);
	state = natgw_session_state(session, &left);
	if (unlikely(natgw_watch_is_due(table, session, state)))
		left = min_t(u32, left, TELL_AFTER);
	hlist_add_head(&session->wheel, &shard->slot[natgw_wheel_slot(left)]);
}

void natgw_wheel_remove(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_wheel_shard *shard = natgw_wheel_shard(table, session);

	/*
	 * DEAD is set: under this lock, which is taken whether the session is in the wheel or
	 * not, the worker will not put it back, and offload.c makes no entry for it any more
	 */
	spin_lock_bh(&shard->lock);
	if (!hlist_unhashed(&session->wheel))
		hlist_del_init(&session->wheel);
	spin_unlock_bh(&shard->lock);
}

void natgw_wheel_touch(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_wheel_shard *shard = natgw_wheel_shard(table, session);

	spin_lock_bh(&shard->lock);
	/* before the session is READY, its maker will put it into the right slot */
	if (test_bit(NATGW_SESSION_READY, &session->flags) &&
	    !test_bit(NATGW_SESSION_DEAD, &session->flags)) {
		if (!hlist_unhashed(&session->wheel))
			hlist_del_init(&session->wheel);
		natgw_wheel_put(table, session);
	}
	spin_unlock_bh(&shard->lock);
}

void natgw_wheel_take(struct natgw_wheel_shard *shard, u32 slot, struct hlist_head *batch)
{
	spin_lock_bh(&shard->lock);
	hlist_move_list(&shard->slot[slot], batch);
	spin_unlock_bh(&shard->lock);
}

void natgw_wheel_back(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_wheel_shard *shard = natgw_wheel_shard(table, session);

	spin_lock_bh(&shard->lock);
	if (!test_bit(NATGW_SESSION_DEAD, &session->flags) && hlist_unhashed(&session->wheel))
		natgw_wheel_put(table, session);
	spin_unlock_bh(&shard->lock);
}

int natgw_wheel_init(struct natgw_table *table)
{
	unsigned int i;

	table->shard = kvcalloc(NATGW_WHEEL_SHARDS, sizeof(*table->shard), GFP_KERNEL_ACCOUNT);
	if (!table->shard)
		return -ENOMEM;
	for (i = 0; i < NATGW_WHEEL_SHARDS; i++)
		spin_lock_init(&table->shard[i].lock);
	table->tick = natgw_wheel_now();
	return 0;
}
