// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the memory that packets may take, over all namespaces. Called by who makes
 * sessions, what belongs to them, and direct records.
 */
#include <linux/bug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>
#include "lib/budget.h"

static unsigned int memory_max;
module_param(memory_max, uint, 0444);
MODULE_PARM_DESC(memory_max,
		 "KiB that sessions and what belongs to them may take in all network namespaces together (default: 1/8 of memory)");

static unsigned int user_memory_max;
module_param(user_memory_max, uint, 0444);
MODULE_PARM_DESC(user_memory_max,
		 "of these, KiB for the network namespaces of all user namespaces but the initial one (default: 1/16 of memory_max)");

/* bytes that a CPU may keep for itself before all see them */
#define BATCH	(16 << 10)

/* of all namespaces, and of those that another user namespace owns */
static struct natgw_budget all;
static struct natgw_budget guests;

bool natgw_budget_guest(const struct net *net)
{
	return net->user_ns != &init_user_ns;
}

struct natgw_budget *natgw_budget_of(const struct net *net)
{
	return natgw_budget_guest(net) ? &guests : &all;
}

/* The sum over all CPUs is asked for only where the approximate one does not decide. */
static bool has_room(struct natgw_budget *budget, u32 bytes)
{
	s64 slack = (s64)BATCH * num_online_cpus();
	/* others add their batches meanwhile: @slack covers what is not in it yet */
	s64 used = data_race(percpu_counter_read(&budget->used));

	if (likely(used + slack + bytes <= budget->limit))
		return true;
	return percpu_counter_sum(&budget->used) + bytes <= budget->limit;
}

bool natgw_budget_has_room(struct natgw_budget *budget, u32 bytes)
{
	for (; budget; budget = budget->above)
		if (!has_room(budget, bytes))
			return false;
	return true;
}

bool natgw_budget_take(struct natgw_budget *budget, u32 bytes)
{
	if (unlikely(!natgw_budget_has_room(budget, bytes)))
		return false;
	for (; budget; budget = budget->above)
		percpu_counter_add_batch(&budget->used, bytes, BATCH);
	return true;
}

void natgw_budget_give(struct natgw_budget *budget, u32 bytes)
{
	for (; budget; budget = budget->above)
		percpu_counter_add_batch(&budget->used, -(s64)bytes, BATCH);
}

void natgw_budget_total(u64 *used, u64 *max)
{
	*used = percpu_counter_sum_positive(&all.used);
	*max = all.limit;
}

int natgw_budget_module_init(void)
{
	int err;

	all.limit = memory_max * 1024LL;
	if (!all.limit)
		all.limit = (s64)totalram_pages() << (PAGE_SHIFT - 3);
	guests.limit = user_memory_max * 1024LL;
	if (!guests.limit)
		guests.limit = all.limit / 16;
	guests.limit = min(guests.limit, all.limit);
	guests.above = &all;
	err = percpu_counter_init(&all.used, 0, GFP_KERNEL);
	if (err)
		return err;
	err = percpu_counter_init(&guests.used, 0, GFP_KERNEL);
	if (err)
		percpu_counter_destroy(&all.used);
	return err;
}

void natgw_budget_module_exit(void)
{
	WARN_ON_ONCE(percpu_counter_sum(&all.used) || percpu_counter_sum(&guests.used));
	percpu_counter_destroy(&guests.used);
	percpu_counter_destroy(&all.used);
}
