// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the memory that packets may take, over all namespaces. Called by who makes
 * sessions, what belongs to them, and direct records.
 */
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/preempt.h>
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

/* bytes that a CPU takes in advance, at the most: enough for a hundred sessions */
#define BATCH		(16 << 10)
/* the credits of all CPUs, of two batches each, are that part of the limit at the most */
#define CREDIT_PART	64

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

static bool grab(struct natgw_budget *budget, s64 bytes)
{
	s64 taken = atomic64_read(&budget->taken);

	do {
		if (taken + bytes > budget->limit)
			return false;
	} while (!atomic64_try_cmpxchg(&budget->taken, &taken, taken + bytes));
	return true;
}

bool natgw_budget_take_large(struct natgw_budget *budget, s64 bytes)
{
	struct natgw_budget *from, *undo;

	for (from = budget; from; from = from->above)
		if (!grab(from, bytes))
			break;
	if (!from)
		return true;
	for (undo = budget; undo != from; undo = undo->above)
		atomic64_sub(bytes, &undo->taken);
	return false;
}

bool natgw_budget_borrow(struct natgw_budget *budget, u32 bytes, s32 lack)
{
	s32 more = lack + budget->batch;

	if (unlikely(!natgw_budget_take_large(budget, more))) {
		more = lack;
		if (!natgw_budget_take_large(budget, more)) {
			this_cpu_add(*budget->credit, (s32)bytes);
			return false;
		}
	}
	this_cpu_add(*budget->credit, more);
	return true;
}

void natgw_budget_give_large(struct natgw_budget *budget, s64 bytes)
{
	for (; budget; budget = budget->above)
		atomic64_sub(bytes, &budget->taken);
}

void natgw_budget_repay(struct natgw_budget *budget)
{
	s32 excess;

	/* what an interrupt takes meanwhile, it takes from the batch that stays */
	preempt_disable();
	excess = this_cpu_read(*budget->credit) - budget->batch;
	if (excess > 0) {
		this_cpu_sub(*budget->credit, excess);
		natgw_budget_give_large(budget, excess);
	}
	preempt_enable();
}

bool natgw_budget_has_room(const struct natgw_budget *budget, u32 bytes)
{
	s64 lack = (s64)bytes - this_cpu_read(*budget->credit);

	for (; lack > 0 && budget; budget = budget->above)
		if (atomic64_read(&budget->taken) + lack > budget->limit)
			return false;
	return true;
}

static s64 credits(const struct natgw_budget *budget)
{
	s64 sum = 0;
	int cpu;

	/* data_race: CPUs change theirs meanwhile, and the sum is exact when they are at rest */
	for_each_possible_cpu(cpu)
		sum += data_race(*per_cpu_ptr(budget->credit, cpu));	/* see above */
	return sum;
}

/* bytes that something was made of; those of guests are in @all, with their credits */
static s64 used(const struct natgw_budget *budget)
{
	s64 taken = atomic64_read(&budget->taken) - credits(budget);

	return budget == &all ? taken - credits(&guests) : taken;
}

void natgw_budget_total(u64 *bytes, u64 *max)
{
	*bytes = max(used(&all), 0LL);
	*max = all.limit;
}

static int init(struct natgw_budget *budget, s64 limit, struct natgw_budget *above)
{
	budget->limit = limit;
	budget->batch = min_t(s64, div_s64(limit, 2 * CREDIT_PART * num_possible_cpus()), BATCH);
	budget->above = above;
	atomic64_set(&budget->taken, 0);
	budget->credit = alloc_percpu(s32);
	return budget->credit ? 0 : -ENOMEM;
}

int natgw_budget_module_init(void)
{
	s64 most = memory_max * 1024LL ?: (s64)totalram_pages() << (PAGE_SHIFT - 3);
	s64 most_of_guests = user_memory_max * 1024LL ?: most / 16;
	int err;

	err = init(&all, most, NULL);
	if (err)
		return err;
	err = init(&guests, min(most_of_guests, most), &all);
	if (err)
		free_percpu(all.credit);
	return err;
}

void natgw_budget_module_exit(void)
{
	WARN_ON_ONCE(used(&all) || used(&guests));
	free_percpu(guests.credit);
	free_percpu(all.credit);
}
