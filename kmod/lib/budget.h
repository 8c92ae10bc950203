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

#include <linux/percpu_counter.h>
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
 * @used: taken, approximately; each CPU keeps some of it for itself
 * @limit: most, never changes once requests come
 * @above: what is paid from this one is paid from that one too, or NULL
 */
struct natgw_budget {
	struct percpu_counter used;
	s64 limit;
	struct natgw_budget *above;
};

/** natgw_budget_of - budget that a namespace pays from */
struct natgw_budget *natgw_budget_of(const struct net *net);

/** natgw_budget_guest - does somebody else than the machine's root administer a namespace? */
bool natgw_budget_guest(const struct net *net);

/**
 * natgw_budget_take - pay for an allocation
 * @budget: of the namespace
 * @bytes: of the object and of its places in tables
 *
 * Writes to this CPU's own memory nearly always. CPUs that take at the same
 * moment may go over the limit by one object each. Context: any.
 *
 * Return: paid; if not, there is no room, and nothing has changed.
 */
bool natgw_budget_take(struct natgw_budget *budget, u32 bytes);

/** natgw_budget_has_room - would natgw_budget_take() succeed? Context: any */
bool natgw_budget_has_room(struct natgw_budget *budget, u32 bytes);

/** natgw_budget_give - what was taken is free, or soon is by RCU. Context: any */
void natgw_budget_give(struct natgw_budget *budget, u32 bytes);

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
