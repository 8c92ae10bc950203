// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the order in which the parts of this room come and go, and how many sessions a
 * namespace may have. Called by main.c for the module and by control/ for a namespace.
 */
#include <linux/bottom_half.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include "lib/budget.h"
#include "lib/draw.h"
#include "session/destination.h"
#include "session/gc.h"
#include "session/host.h"
#include "session/init.h"
#include "session/offload.h"
#include "session/session.h"
#include "session/table.h"
#include "session/watch.h"
#include "session/wheel.h"
#include "snapshot/net.h"
#include "snapshot/tables.h"

/* a session with a destination of its own, for the default cap */
#define SESSION_COST_MOST	320

static unsigned int sessions_max;
module_param(sessions_max, uint, 0444);
MODULE_PARM_DESC(sessions_max, "most sessions of a network namespace (default: 1/8 of memory)");

static unsigned int user_sessions_max = 4096;
module_param(user_sessions_max, uint, 0444);
MODULE_PARM_DESC(user_sessions_max,
		 "most sessions of a network namespace that another user namespace than the initial one owns (default: 4096)");

static unsigned int sessions_hint;
module_param(sessions_hint, uint, 0444);
MODULE_PARM_DESC(sessions_hint,
		 "sessions that the tables of a network namespace have room for at the start, up to 65535");

static u16 hint(void)
{
	return min_t(u32, sessions_hint, U16_MAX);
}

/* tables of a namespace that has no session yet: the wheel, and the first buckets of six */
static u32 table_cost(void)
{
	u32 buckets = hint() ? roundup_pow_of_two(hint()) : 0;

	return NATGW_WHEEL_SHARDS * sizeof(struct natgw_wheel_shard) +
	       2 * NATGW_BUCKETS_COST(max_t(u32, buckets, NATGW_TABLE_MIN)) +
	       4 * NATGW_BUCKETS_COST(NATGW_BUCKETS_FIRST);
}

static u32 default_max(const struct net *net)
{
	u64 max = sessions_max;

	if (!max)
		max = div_u64((u64)totalram_pages() << (PAGE_SHIFT - 3),
			      SESSION_COST_MOST);
	if (natgw_budget_guest(net))
		max = min_t(u64, max, user_sessions_max);
	return min_t(u64, max, 1U << 30);
}

u64 natgw_session_bytes(const struct natgw_net *nn)
{
	const struct natgw_table *table = &nn->table;

	if (!table->shard)
		return 0;
	/* a session is in both */
	return natgw_buckets_bytes(&table->outer, natgw_session_size(table)) +
	       natgw_buckets_bytes(&table->inner, 0) +
	       natgw_destination_bytes(table) + natgw_host_bytes(table) +
	       natgw_offload_bytes(table) +
	       NATGW_WHEEL_SHARDS * sizeof(*table->shard);
}

int natgw_session_net_init(struct natgw_net *nn)
{
	struct natgw_table *table = &nn->table;
	bool paid;
	int err;

	/* who began to watch before there was an object is told of counted sessions, too */
	table->class = &natgw_session_classes[natgw_watch_on(table) ? NATGW_CLASS_COUNTED :
					      NATGW_CLASS_PLAIN];
	table->budget = natgw_budget_of(nn->net);
	local_bh_disable();
	paid = natgw_budget_take(table->budget, table_cost());
	local_bh_enable();
	if (!paid)
		return -ENOSPC;
	table->max = default_max(nn->net);
	err = natgw_session_tables_init(table, hint());
	if (err)
		goto err_budget;
	err = natgw_destination_net_init(table);
	if (err)
		goto err_tables;
	err = natgw_host_net_init(table);
	if (err)
		goto err_destination;
	err = natgw_offload_net_init(table);
	if (err)
		goto err_host;
	err = natgw_gc_init(table);
	if (err)
		goto err_offload;
	return 0;

err_offload:
	natgw_offload_net_exit(table);
err_host:
	natgw_host_net_exit(table);
err_destination:
	natgw_destination_net_exit(table);
err_tables:
	natgw_session_tables_destroy(table, natgw_session_drop);
err_budget:
	table->max = 0;
	natgw_budget_give(table->budget, table_cost());
	return err;
}

/*
 * The hooks are gone and a grace period has passed: no packet holds a session
 * and none is being made. Those already DEAD are not in the tables; RCU frees
 * them, and the module waits for that with rcu_barrier().
 */
void natgw_session_net_exit(struct natgw_net *nn)
{
	struct natgw_table *table = &nn->table;

	natgw_gc_exit(table);
	natgw_offload_net_exit(table);
	natgw_session_tables_destroy(table, natgw_session_drop);
	natgw_destination_net_exit(table);
	natgw_host_net_exit(table);
	table->max = 0;
	natgw_budget_give(table->budget, table_cost());
}

int natgw_session_module_init(void)
{
	int err;

	natgw_draw_module_init();
	natgw_session_tables_module_init();
	err = natgw_session_cache_init();
	if (err)
		return err;
	err = natgw_destination_module_init();
	if (err)
		goto err_session;
	err = natgw_host_module_init();
	if (err)
		goto err_destination;
	err = natgw_offload_module_init();
	if (err)
		goto err_host;
	return 0;

err_host:
	natgw_host_module_exit();
err_destination:
	natgw_destination_module_exit();
err_session:
	natgw_session_cache_exit();
	return err;
}

/* Every call_rcu() of a session must have run: rcu_barrier() first. */
void natgw_session_module_exit(void)
{
	natgw_offload_module_exit();
	natgw_host_module_exit();
	natgw_destination_module_exit();
	natgw_session_cache_exit();
}
