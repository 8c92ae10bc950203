/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory that packets may make the module take, over all network namespaces.
 *
 * A cap of sessions in each namespace does not protect a machine with many of
 * them. So all that packets create (sessions, destinations, port maps, hosts,
 * direct records), and the tables of a namespace, are paid from one budget.
 * Namespaces that belong to another user namespace than the initial one pay
 * from a small one of their own as well: its root may be anybody.
 */
#ifndef _NATGW_LIB_BUDGET_H
#define _NATGW_LIB_BUDGET_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct net;

/**
 * NATGW_BUDGET_NODE - bytes of buckets that an entry of a hash table may take
 *
 * A table is halved only when a quarter of its buckets would do, see buckets.h.
 */
#define NATGW_BUDGET_NODE	(4 * sizeof(void *))

/**
 * struct natgw_budget - bytes that may be taken
 * @credit: of each CPU: of what it has taken, bytes that nothing was made of yet; below 0 for a
 *	moment, while it takes more
 * @batch: bytes that a CPU takes in advance; it keeps twice as many at the most
 * @limit: most, never changes once requests come
 * @above: what is paid from this one is paid from that one too, or NULL
 * @taken: by all CPUs, credits included; never more than @limit
 *
 * The credits of all CPUs are a 64th of @limit at the most, and those of the budget below it come
 * to them: who is refused may be refused so much too early, and nobody is paid for too late.
 */
struct natgw_budget {
	s32 __percpu *credit;
	s32 batch;
	s64 limit;
	struct natgw_budget *above;
	/* a line of its own: the others are read for each new flow */
	atomic64_t taken ____cacheline_aligned_in_smp;
};

/** natgw_budget_of - budget that a namespace pays from */
struct natgw_budget *natgw_budget_of(const struct net *net);

/** natgw_budget_guest - does somebody else than the machine's root administer a namespace? */
bool natgw_budget_guest(const struct net *net);

/* natgw_budget_take(), where the credit is less by @lack; takes it back if there is no room */
bool natgw_budget_borrow(struct natgw_budget *budget, u32 bytes, s32 lack);

/* natgw_budget_take() and natgw_budget_give() past the credit: of this budget and those above it */
bool natgw_budget_take_large(struct natgw_budget *budget, s64 bytes);
void natgw_budget_give_large(struct natgw_budget *budget, s64 bytes);

/**
 * natgw_budget_take - pay for an allocation
 * @budget: of the namespace
 * @bytes: of the object and of its places in tables
 *
 * Writes to this CPU's own memory nearly always. Context: BH off: on another CPU the credit that
 * is made up for would be another one.
 *
 * Return: paid; if not, there is no room, and nothing has changed.
 */
static inline bool natgw_budget_take(struct natgw_budget *budget, u32 bytes)
{
	s32 left;

	lockdep_assert_in_softirq();
	if (unlikely((s64)bytes > budget->batch))
		return natgw_budget_take_large(budget, bytes);
	left = this_cpu_sub_return(*budget->credit, (s32)bytes);
	return likely(left >= 0) || natgw_budget_borrow(budget, bytes, -left);
}

/** natgw_budget_has_room - would natgw_budget_take() succeed on this CPU? Context: any */
bool natgw_budget_has_room(const struct natgw_budget *budget, u32 bytes);

/* natgw_budget_give(), where the credit has become too much */
void natgw_budget_repay(struct natgw_budget *budget);

/** natgw_budget_give - what was taken is free, or soon is by RCU. Context: any */
static inline void natgw_budget_give(struct natgw_budget *budget, u32 bytes)
{
	if (unlikely((s64)bytes > budget->batch))
		natgw_budget_give_large(budget, bytes);
	else if (unlikely(this_cpu_add_return(*budget->credit, (s32)bytes) > 2 * budget->batch))
		natgw_budget_repay(budget);
}

/**
 * natgw_budget_total - of all network namespaces
 * @used: bytes taken now, exact when all CPUs are at rest
 * @max: most
 *
 * Context: any.
 */
void natgw_budget_total(u64 *used, u64 *max);

int natgw_budget_module_init(void);
/* when all that was taken has been given back */
void natgw_budget_module_exit(void);

#endif
