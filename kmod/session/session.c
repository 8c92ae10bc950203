// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the life of a session: its memory, its way into the tables, and its end. Called
 * by packets, by the wheel, and by who changes what sessions hold on to.
 *
 * A session is made in softirq, under the RCU read lock, in this order: insert
 * in the outer table (which reserves its port), insert in the inner table, put
 * in the timer wheel and set READY. Until READY nobody but its maker touches
 * it, so the maker may take it back. From then on whoever sets DEAD first takes
 * it out of everything and frees it by RCU.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/natgw.h>
#include <linux/slab.h>
#include "lib/budget.h"
#include "lib/clock.h"
#include "session/destination.h"
#include "session/host.h"
#include "session/offload.h"
#include "session/session.h"
#include "session/session_new.h"
#include "session/state.h"
#include "session/table.h"
#include "session/watch.h"
#include "session/wheel.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/place.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/* bytes that a session takes from the budget; it has a node in both tables */
#define SESSION_COST(type)	(sizeof(type) + 2 * NATGW_BUDGET_NODE)

struct natgw_session_class natgw_session_classes[NATGW_CLASSES] __ro_after_init = {
	[NATGW_CLASS_PLAIN] = {
		.cost = SESSION_COST(struct natgw_session),
	},
	[NATGW_CLASS_COUNTED] = {
		.cost = SESSION_COST(struct natgw_session_counted),
		.flags = BIT(NATGW_SESSION_LARGE) | BIT(NATGW_SESSION_COUNTED),
	},
};

static const struct natgw_session_class *session_class(const struct natgw_session *session)
{
	return &natgw_session_classes[test_bit(NATGW_SESSION_LARGE, &session->flags) ?
				      NATGW_CLASS_COUNTED : NATGW_CLASS_PLAIN];
}

static void session_free(struct natgw_session *session)
{
	kmem_cache_free(session_class(session)->cache, session);
}

static void session_free_rcu(struct rcu_head *rcu)
{
	session_free(container_of(rcu, struct natgw_session, rcu));
}

struct natgw_session *natgw_session_new(struct natgw_table *table,
					const struct natgw_tuple *inside, u32 hash)
{
	return natgw_session_make(table, inside, hash);
}

bool natgw_session_has_room(const struct natgw_table *table)
{
	return natgw_session_count(table) < table->max &&
	       natgw_budget_has_room(table->budget, READ_ONCE(table->class)->cost);
}

void natgw_session_discard(struct natgw_table *table, struct natgw_session *session)
{
	natgw_budget_give(table->budget, session_class(session)->cost);
	/* nearly always it was never in a table: nobody else has seen it */
	if (test_bit(NATGW_SESSION_SHOWN, &session->flags))
		call_rcu(&session->rcu, session_free_rcu);
	else
		session_free(session);
}

void natgw_session_insert_detached(struct natgw_table *table, struct natgw_session *session)
{
	set_bit(NATGW_SESSION_DETACHED, &session->flags);
	natgw_session_begin(table, session);
}

void natgw_session_withdraw(struct natgw_table *table, struct natgw_session *session)
{
	/* readers that found it by its outside tuple saw it was not READY */
	natgw_destination_release(table, session);
	natgw_host_discharge(table, session);
	natgw_budget_give(table->budget, session_class(session)->cost);
	call_rcu(&session->rcu, session_free_rcu);
}

int natgw_session_insert(struct natgw_table *table, struct natgw_session *session)
{
	return natgw_session_show(table, session);
}

bool natgw_session_kill(struct natgw_table *table, struct natgw_session *session,
			enum natgw_close why)
{
	if (!natgw_session_ready(session))
		return false;
	if (test_and_set_bit(NATGW_SESSION_DEAD, &session->flags))
		return false;
	natgw_wheel_remove(table, session);
	if (unlikely(natgw_watch_on(table)))
		natgw_watch_closed(table, session, why);
	if (unlikely(test_bit(NATGW_SESSION_OFFLOADED, &session->flags)))
		natgw_offload_forget(table, session);
	natgw_session_detach(table, session);
	natgw_destination_release(table, session);
	natgw_host_discharge(table, session);
	this_cpu_inc(session->gw->counters->ended[natgw_l4_row(session->inside.proto)]);
	this_cpu_inc(session->address->counters->ended);
	this_cpu_inc(session->subnet->counters->ended);
	natgw_budget_give(table->budget, session_class(session)->cost);
	call_rcu(&session->rcu, session_free_rcu);
	return true;
}

bool natgw_session_end(struct natgw_table *table, struct natgw_session *session,
		       enum natgw_close why)
{
	bool ended = READ_ONCE(session->end) != NATGW_END_NONE;

	if (!natgw_session_kill(table, session, why))
		return false;
	if (!ended) {
		this_cpu_inc(session->gw->counters->closed);
		this_cpu_inc(session->address->counters->closed);
	}
	return true;
}

bool natgw_session_stop(struct natgw_table *table, struct natgw_session *session,
			enum natgw_end end)
{
	int state = natgw_session_state(session, NULL);

	if (state < 0 || state == NATGW_STATE_COOLING)
		return false;
	/* first: who looks meanwhile must find time left, see natgw_session_state() */
	WRITE_ONCE(session->last, (u32)jiffies);
	if (cmpxchg(&session->end, NATGW_END_NONE, end) != NATGW_END_NONE)
		return false;
	this_cpu_inc(session->gw->counters->closed);
	this_cpu_inc(session->address->counters->closed);
	natgw_destination_cools(session, true);
	natgw_wheel_touch(table, session);
	return true;
}

/* Return: @config carries it; if not, @why */
static bool session_carried(const struct natgw_config *config,
			    const struct natgw_session *session, enum natgw_close *why)
{
	const struct natgw_subnet_range *range;
	const struct natgw_public *public;
	const struct natgw_vnet_view *view;

	*why = NATGW_CLOSE_ADDRESS;
	public = natgw_lookup_public(config, session->public);
	if (!public || public->address != session->address || public->gw != session->gw)
		return false;
	*why = NATGW_CLOSE_SUBNET;
	view = natgw_place_view(config, session->subnet->vnet);
	if (!view)
		return false;
	range = natgw_lookup_subnet(view, session->inside.host);
	return range && range->subnet == session->subnet;
}

static bool purge_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	enum natgw_close why;

	return !session_carried(data, session, &why) && natgw_session_end(table, session, why);
}

void natgw_session_purge(struct natgw_net *nn, const struct natgw_config *config)
{
	natgw_session_each(&nn->table, purge_one, (void *)config);
}

/* A walk that counts the sessions that a snapshot does not carry */
struct session_lost {
	const struct natgw_config *config;
	u32 n;
};

static bool lost_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	struct session_lost *lost = data;
	enum natgw_close why;

	lost->n += READ_ONCE(session->end) == NATGW_END_NONE &&
		   !session_carried(lost->config, session, &why);
	return false;
}

u32 natgw_session_lost(struct natgw_net *nn, const struct natgw_config *config)
{
	struct session_lost lost = { .config = config };

	natgw_session_each(&nn->table, lost_one, &lost);
	return lost.n;
}

void natgw_session_revive(struct natgw_table *table, struct natgw_session *session)
{
	/* first, while what it tells is true */
	if (unlikely(natgw_watch_on(table)) &&
	    natgw_session_state(session, NULL) == NATGW_STATE_COOLING)
		natgw_watch_closed(table, session, NATGW_CLOSE_IDLE);
	WRITE_ONCE(session->last, (u32)jiffies);
	natgw_destination_cools(session, false);
	if (likely(!natgw_watch_on(table)))
		return;
	natgw_watch_revived(table, session);
	/* it waits for the end of its cool-down, and would be told of as late as that */
	natgw_wheel_touch(table, session);
}

void natgw_session_reopen(struct natgw_table *table, struct natgw_session *session)
{
	if (unlikely(natgw_watch_on(table)))
		natgw_watch_closed(table, session, NATGW_CLOSE_IDLE);
	natgw_destination_cools(session, false);
	clear_bit(NATGW_SESSION_RESET, &session->flags);
	clear_bit(NATGW_SESSION_FIN_OUT, &session->flags);
	clear_bit(NATGW_SESSION_FIN_IN, &session->flags);
	clear_bit(NATGW_SESSION_STAMPED, &session->flags);
	WRITE_ONCE(session->created, natgw_clock());
	WRITE_ONCE(session->last, (u32)jiffies);
	/* others follow its segments from here on, and find all of the above */
	smp_store_release(&session->end, NATGW_END_NONE);
	if (unlikely(natgw_watch_on(table)))
		natgw_watch_revived(table, session);
	natgw_wheel_touch(table, session);
}

void natgw_session_drop(struct natgw_node *node, void *arg)
{
	struct natgw_session *session = natgw_session_of_node(node);
	struct natgw_table *table = arg;

	natgw_budget_give(table->budget, session_class(session)->cost);
	session_free(session);
}

size_t natgw_session_size(const struct natgw_table *table)
{
	return kmem_cache_size(READ_ONCE(table->class)->cache);
}

int natgw_session_cache_init(void)
{
	BUILD_BUG_ON(sizeof(struct natgw_tuple) != 16);
	BUILD_BUG_ON(sizeof(struct natgw_session) > 128);

	natgw_session_classes[NATGW_CLASS_PLAIN].cache =
		KMEM_CACHE(natgw_session, SLAB_HWCACHE_ALIGN);
	natgw_session_classes[NATGW_CLASS_COUNTED].cache =
		KMEM_CACHE(natgw_session_counted, SLAB_HWCACHE_ALIGN);
	if (natgw_session_classes[NATGW_CLASS_PLAIN].cache &&
	    natgw_session_classes[NATGW_CLASS_COUNTED].cache)
		return 0;
	natgw_session_cache_exit();
	return -ENOMEM;
}

void natgw_session_cache_exit(void)
{
	unsigned int i;

	for (i = 0; i < NATGW_CLASSES; i++)
		kmem_cache_destroy(natgw_session_classes[i].cache);
}
