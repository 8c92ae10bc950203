/* SPDX-License-Identifier: GPL-2.0 */
/* How a session is made, for those whom a call would cost too much. */
#ifndef _NATGW_SESSION_SESSION_NEW_H
#define _NATGW_SESSION_SESSION_NEW_H

#include <linux/slab.h>
#include <linux/string.h>
#include "lib/budget.h"
#include "lib/clock.h"
#include "session/session.h"
#include "session/table.h"
#include "session/table_insert.h"
#include "session/watch.h"
#include "session/wheel.h"
#include "snapshot/l4.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

/** natgw_session_make - natgw_session_new() without a call */
static __always_inline struct natgw_session *
natgw_session_make(struct natgw_table *table, const struct natgw_tuple *inside, u32 hash)
{
	const struct natgw_session_class *class = READ_ONCE(table->class);
	struct natgw_session *session;

	if (unlikely(natgw_session_count(table) >= table->max ||
		     !natgw_budget_take(table->budget, class->cost)))
		return NULL;
	session = kmem_cache_alloc(class->cache, GFP_ATOMIC | __GFP_NOWARN);
	if (unlikely(!session)) {
		natgw_budget_give(table->budget, class->cost);
		return NULL;
	}
	/* the rest is written before the session is shown, or not read before it is written */
	session->inside = *inside;
	session->end = NATGW_END_NONE;
	session->flags = class->flags;
	session->hash = hash;
	session->syn = 0;
	session->syn_scale = 0;
	memset(session->scale, 0, sizeof(session->scale));
	memset(session->window, 0, sizeof(session->window));
	memset(session->next, 0, sizeof(session->next));
	session->created = natgw_clock();
	session->last = (u32)jiffies;
	return session;
}

/* a session that could not be shown, as another has its inside tuple, or for want of memory */
void natgw_session_withdraw(struct natgw_table *table, struct natgw_session *session);

/* the last step of a new session; @session is in the outer table */
static __always_inline void natgw_session_begin(struct natgw_table *table,
						struct natgw_session *session)
{
	this_cpu_inc(session->gw->counters->opened[natgw_l4_row(session->inside.proto)]);
	this_cpu_inc(session->address->counters->opened);
	this_cpu_inc(session->subnet->counters->opened);
	if (unlikely(natgw_watch_on(table)))
		natgw_watch_opened(table, session);
	natgw_wheel_add(table, session);
}

/** natgw_session_show - natgw_session_insert() without a call */
static __always_inline int natgw_session_show(struct natgw_table *table,
					      struct natgw_session *session)
{
	int err = natgw_session_insert_inner(table, session);

	if (unlikely(err)) {
		natgw_session_withdraw(table, session);
		return err == -EEXIST ? err : -ENOMEM;
	}
	natgw_session_begin(table, session);
	return 0;
}

#endif
