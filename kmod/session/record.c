// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the way of a session into a record and back. Called by netlink/save_nl.c.
 *
 * A record comes back by the same steps as a new flow, with a port that is given. What limits
 * new flows does not count: the flow was let in before.
 */
#include <linux/jiffies.h>
#include <linux/natgw.h>
#include "lib/clock.h"
#include "session/destination.h"
#include "session/host.h"
#include "session/port.h"
#include "session/record.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "session/watch.h"
#include "session/wheel.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/timer.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/* Oldest that a record may be, s: natgw_clock_after() is right for less than eight years */
#define RECORD_AGE	(7 * 365 * 86400)

/* Flags that are the same in both, but for their numbers */
static const struct {
	u16 session;
	u16 record;
} flags[] = {
	{ NATGW_SESSION_ANSWERED, NATGW_RECORD_FLAG_ANSWERED },
	{ NATGW_SESSION_FIN_OUT, NATGW_RECORD_FLAG_FIN_OUT },
	{ NATGW_SESSION_FIN_IN, NATGW_RECORD_FLAG_FIN_IN },
	{ NATGW_SESSION_STAMPED, NATGW_RECORD_FLAG_STAMPED },
	{ NATGW_SESSION_SYN, NATGW_RECORD_FLAG_SYN },
	{ NATGW_SESSION_RESET, NATGW_RECORD_FLAG_RESET },
};

static u8 recorded_end(const struct natgw_session *session)
{
	u8 end = READ_ONCE(session->end);

	return end == NATGW_END_REOPENS ? NATGW_END_FIN : end;
}

static u32 recorded_idle(const struct natgw_session *session)
{
	return jiffies_to_msecs(natgw_clock_since(READ_ONCE(session->last), (u32)jiffies));
}

void natgw_session_record(const struct natgw_session *session,
			  struct natgw_session_record *record)
{
	u32 i;

	*record = (struct natgw_session_record) {
		.host = session->inside.host,
		.peer = session->inside.peer,
		.address = session->public,
		.host_port = session->inside.host_port,
		.peer_port = session->inside.peer_port,
		.port = session->port,
		.proto = session->inside.proto,
		.timer = READ_ONCE(session->timer),
		.end = recorded_end(session),
		.syn_scale = READ_ONCE(session->syn_scale),
		.idle = recorded_idle(session),
		.age = natgw_clock_seconds(READ_ONCE(session->created), natgw_clock()),
		.number = READ_ONCE(session->acked),
	};
	for (i = 0; i < NATGW_DIRECTIONS; i++) {
		record->scale[i] = READ_ONCE(session->scale[i]);
		record->window[i] = READ_ONCE(session->window[i]);
		record->next[i] = READ_ONCE(session->next[i]);
	}
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (test_bit(flags[i].session, &session->flags))
			record->flags |= flags[i].record;
	if (test_bit(NATGW_SESSION_DETACHED, &session->flags))
		record->flags |= NATGW_RECORD_FLAG_DETACHED;
}

/*
 * Return: ms of @idle and @pause in jiffies, or U32_MAX: longer ago than any timer lasts, and
 * than natgw_clock_since() can tell from what is to come
 */
static u32 idle_jiffies(u32 idle, u32 pause)
{
	u64 total = msecs_to_jiffies(idle) + (u64)msecs_to_jiffies(pause);

	return total > S32_MAX / 2 ? U32_MAX : total;
}

u32 natgw_record_created(u32 age)
{
	age = min_t(u32, age, RECORD_AGE);
	return natgw_clock() - (u32)((u64)age * HZ >> NATGW_CLOCK_SHIFT);
}

static bool is_sane(const struct natgw_session_record *record)
{
	const struct natgw_l4 *l4 = natgw_l4(record->proto);

	if (!l4->header || ntohs(record->port) < NATGW_PORT_MIN ||
	    record->flags & ~NATGW_RECORD_FLAGS || record->end > NATGW_END_UPLINK ||
	    record->end == NATGW_END_REOPENS)
		return false;
	if (l4->id && record->peer_port)
		return false;
	return record->timer == l4->timer ||
	       (l4->connects && (record->timer == NATGW_TIMER_HALF_OPEN ||
				 record->timer == NATGW_TIMER_CLOSING));
}

static const struct natgw_pool_entry *find_entry(const struct natgw_pool *pool, __be32 public)
{
	u32 i;

	for (i = 0; i < pool->n; i++)
		if (pool->entry[i].addr == public)
			return &pool->entry[i];
	return NULL;
}

/* RFC 7323 section 2.3: larger ones count as 14 */
static u8 usable_scale(u8 scale)
{
	return min_t(u8, scale, 14);
}

static void fill(struct natgw_session *session, const struct natgw_session_record *record,
		 u32 idle)
{
	u32 i;

	session->port = record->port;
	session->timer = record->timer;
	session->end = record->end;
	/* U8_MAX: the SYN offered none */
	session->syn_scale = record->syn_scale == U8_MAX ? U8_MAX :
							   usable_scale(record->syn_scale);
	session->acked = record->number;
	session->last = (u32)jiffies - idle;
	session->created = natgw_record_created(record->age);
	for (i = 0; i < NATGW_DIRECTIONS; i++) {
		session->scale[i] = usable_scale(record->scale[i]);
		session->window[i] = record->window[i];
		session->next[i] = record->next[i];
	}
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (record->flags & flags[i].record)
			__set_bit(flags[i].session, &session->flags);
}

/* Return: as natgw_session_restore(); the session is seen from here on, or has gone */
static int show(struct natgw_table *table, struct natgw_session *session, bool detached)
{
	int err = 0;

	if (detached)
		natgw_session_insert_detached(table, session);
	else
		err = natgw_session_insert(table, session);
	if (err)
		return err == -EEXIST ? NATGW_A_SAVE_EXISTS : NATGW_A_SAVE_NO_ROOM;
	/* the wheel takes a new session to have all of its time */
	natgw_wheel_touch(table, session);
	if (natgw_session_state(session, NULL) == NATGW_STATE_COOLING)
		natgw_destination_cools(session, true);
	if (natgw_host_is_proof(session))
		natgw_host_prove(table, session);
	return NATGW_A_SAVE_RESTORED;
}

static int restore(struct natgw_table *table, const struct natgw_subnet_range *range,
		   const struct natgw_pool_entry *entry, const struct natgw_tuple *inside,
		   const struct natgw_session_record *record, u32 idle)
{
	bool detached = record->flags & NATGW_RECORD_FLAG_DETACHED;
	u32 hash = natgw_session_hash(inside);
	struct natgw_session *session;
	int err, state;

	/* asked first: a port taken by its own flow is no port taken */
	if (!detached && natgw_session_find_inner(table, inside, hash))
		return NATGW_A_SAVE_EXISTS;
	session = natgw_session_new(table, inside, hash);
	if (!session)
		return NATGW_A_SAVE_NO_ROOM;
	session->gw = range->pool->gw;
	session->subnet = range->subnet;
	/* nobody knows what has passed before */
	__clear_bit(NATGW_SESSION_COUNTED, &session->flags);
	fill(session, record, idle);
	state = natgw_session_state(session, NULL);
	if (state < 0) {
		natgw_session_discard(table, session);
		return NATGW_A_SAVE_EXPIRED;
	}
	/*
	 * It ended before it was saved: for watchers it is none any more. Where nobody watches the
	 * flag stays clear, as for all sessions; nn->lock is held, so that nobody begins just now.
	 */
	if (natgw_watch_on(table) && state == NATGW_STATE_COOLING)
		__set_bit(NATGW_SESSION_TOLD, &session->flags);
	err = natgw_port_take(table, range->pool, entry, session);
	if (err) {
		natgw_session_discard(table, session);
		return err == -ENOSPC ? NATGW_A_SAVE_PORT_TAKEN : NATGW_A_SAVE_NO_ROOM;
	}
	return show(table, session, detached);
}

int natgw_session_restore(struct natgw_net *nn, const struct natgw_config *config,
			  const struct natgw_vnet_view *vnet,
			  const struct natgw_session_record *record, u32 pause)
{
	u32 idle = idle_jiffies(record->idle, pause);
	const struct natgw_subnet_range *range;
	const struct natgw_pool_entry *entry;
	const struct natgw_public *public;
	struct natgw_tuple inside = {
		.host = record->host,
		.peer = record->peer,
		.host_port = record->host_port,
		.peer_port = record->peer_port,
		.proto = record->proto,
	};

	lockdep_assert_held(&nn->lock);
	if (!is_sane(record))
		return NATGW_A_SAVE_INVALID;
	public = natgw_lookup_public(config, record->address);
	if (!public || !public->gw)
		return NATGW_A_SAVE_NO_ADDRESS;
	range = vnet ? natgw_lookup_subnet(vnet, record->host) : NULL;
	if (!range || !range->pool || range->pool->gw != public->gw)
		return NATGW_A_SAVE_NO_SUBNET;
	entry = find_entry(range->pool, record->address);
	if (!entry)
		return NATGW_A_SAVE_NO_ADDRESS;
	if (idle == U32_MAX)
		return NATGW_A_SAVE_EXPIRED;
	inside.vnet = range->vnet->id;
	return restore(&nn->table, range, entry, &inside, record, idle);
}
