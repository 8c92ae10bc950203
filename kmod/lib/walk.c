// SPDX-License-Identifier: GPL-2.0
/*
 * Owns walks over whole hash tables, which pause. Called by who counts, dumps or ends
 * what is in one.
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "lib/buckets.h"
#include "lib/walk.h"

static bool may_pause(const struct natgw_buckets_iter *iter, unsigned int seen)
{
	if (seen < NATGW_WALK_BATCH / 2)
		return false;
	return seen == NATGW_WALK_BATCH || natgw_buckets_may_pause(iter);
}

static int take_pause(const struct natgw_walk *walk, void *data)
{
	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	return walk->pause(data);
}

/* Return: there may be more */
static bool one_batch(struct natgw_buckets_iter *iter, const struct natgw_walk *walk, void *data)
{
	unsigned int seen = 0;
	struct natgw_node *node;

	rcu_read_lock();
	do {
		node = natgw_buckets_next(iter);
		if (node)
			walk->each(node, data);
	} while (node && !may_pause(iter, ++seen));
	rcu_read_unlock();
	natgw_buckets_pause(iter);
	return node;
}

int natgw_walk_table(struct natgw_buckets *buckets, const struct natgw_walk *walk, void *data)
{
	struct natgw_buckets_iter iter;
	bool more = true;
	int err;

	natgw_buckets_walk(buckets, &iter);
	err = take_pause(walk, data);
	while (!err && more) {
		more = one_batch(&iter, walk, data);
		err = take_pause(walk, data);
	}
	return err;
}

/* Return: another pass must follow */
static bool one_of_passes(struct natgw_buckets *buckets,
			  bool (*each)(struct natgw_node *node, void *data), void *data)
{
	struct natgw_buckets_iter iter;
	struct natgw_node *node;
	bool again = false;

	natgw_buckets_walk(buckets, &iter);
	rcu_read_lock();
	while ((node = natgw_buckets_next(&iter))) {
		again |= each(node, data);
		if (need_resched() && natgw_buckets_may_pause(&iter)) {
			natgw_buckets_pause(&iter);
			rcu_read_unlock();
			cond_resched();
			rcu_read_lock();
		}
	}
	rcu_read_unlock();
	return again;
}

void natgw_walk_passes(struct natgw_buckets *buckets,
		       bool (*each)(struct natgw_node *node, void *data), void *data)
{
	while (one_of_passes(buckets, each, data))
		cond_resched();
}
