// SPDX-License-Identifier: GPL-2.0
/*
 * Owns walks over whole hash tables, which pause. Called by who counts, dumps or ends
 * what is in one.
 */
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "lib/walk.h"

bool natgw_walk_may_pause(const struct rhashtable_iter *iter)
{
	return !iter->p || rht_is_a_nulls(rcu_dereference(iter->p->next));
}

/* A dump's bucket without an end is cut: it waits for its reader at each pause. */
static bool may_pause(const struct rhashtable_iter *iter, unsigned int seen)
{
	if (seen < NATGW_WALK_BATCH / 2)
		return false;
	return seen == NATGW_WALK_BATCH || natgw_walk_may_pause(iter);
}

static int take_pause(const struct natgw_walk *walk, void *data)
{
	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	return walk->pause(data);
}

/* Return: 0, -EAGAIN when another table took over, or another negative errno. */
static int one_pass(struct rhashtable_iter *iter, const struct natgw_walk *walk, void *data)
{
	unsigned int seen = 0;
	void *entry;
	int err;

	walk->restart(data);
	err = take_pause(walk, data);
	if (err)
		return err;
	rhashtable_walk_start(iter);
	while ((entry = rhashtable_walk_next(iter))) {
		if (IS_ERR(entry)) {
			err = PTR_ERR(entry);
			break;
		}
		walk->each(entry, data);
		if (!may_pause(iter, ++seen))
			continue;
		seen = 0;
		rhashtable_walk_stop(iter);
		err = take_pause(walk, data);
		if (rhashtable_walk_start_check(iter) == -EAGAIN && !err)
			err = -EAGAIN;
		if (err)
			break;
	}
	rhashtable_walk_stop(iter);
	return err ?: walk->pause(data);
}

int natgw_walk_table(struct rhashtable *ht, const struct natgw_walk *walk, void *data)
{
	struct rhashtable_iter iter;
	int err;

	do {
		rhashtable_walk_enter(ht, &iter);
		err = one_pass(&iter, walk, data);
		rhashtable_walk_exit(&iter);
	} while (err == -EAGAIN);
	return err;
}

/* Return: another pass must follow */
static bool one_of_passes(struct rhashtable *ht, bool (*each)(void *entry, void *data),
			  void *data)
{
	struct rhashtable_iter iter;
	bool again = false;
	void *entry;

	rhashtable_walk_enter(ht, &iter);
	rhashtable_walk_start(&iter);
	while ((entry = rhashtable_walk_next(&iter))) {
		if (IS_ERR(entry))
			again = true;
		else
			again |= each(entry, data);
		if (need_resched() && natgw_walk_may_pause(&iter)) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return again;
}

void natgw_walk_passes(struct rhashtable *ht, bool (*each)(void *entry, void *data),
		       void *data)
{
	/*
	 * While the table is resized, a worker fills the new one. On one processor without
	 * preemption that worker runs only if this loop yields. So a work item that calls this
	 * function must not be on system_wq: it would block the worker's own pool.
	 */
	while (one_of_passes(ht, each, data))
		cond_resched();
}
