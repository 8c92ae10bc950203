// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what watchers are told of a session, and when. Called by who makes, ends and revives
 * sessions; watch_ring.c has it until netlink/session_watch.c carries it to the watchers.
 *
 * A session that has ended is told of by the timer wheel a second or so later, or when it is
 * taken out of the table if that is earlier: what is still under way then, the answer to the
 * last FIN, is counted too. Its port may cool much longer.
 */
#include <linux/bits.h>
#include <linux/bottom_half.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include "lib/clock.h"
#include "session/state.h"
#include "session/table.h"
#include "session/watch.h"
#include "session/watch_ring.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

static u64 clock_ns(u32 units)
{
	return jiffies64_to_nsecs((u64)units << NATGW_CLOCK_SHIFT);
}

/* When it began, as exactly as is known. @now: ns since 1970 */
static u64 opened_at(const struct natgw_session *session, u64 now)
{
	u32 age = natgw_clock() - READ_ONCE(session->created);

	if (natgw_watch_counts(session))
		return READ_ONCE(natgw_watch_counted(session)->opened);
	/* another processor may have written it meanwhile */
	return (s32)age > 0 ? now - clock_ns(age) : now;
}

static enum natgw_close idle_reason(const struct natgw_session *session)
{
	switch (READ_ONCE(session->timer)) {
	case NATGW_TIMER_HALF_OPEN:
		return NATGW_CLOSE_HALF_OPEN;
	case NATGW_TIMER_CLOSING:
		return NATGW_CLOSE_CLOSING;
	default:
		return NATGW_CLOSE_IDLE;
	}
}

static enum natgw_close close_reason(const struct natgw_session *session, enum natgw_close why)
{
	switch (READ_ONCE(session->end)) {
	case NATGW_END_FIN:
	case NATGW_END_REOPENS:
		return NATGW_CLOSE_FIN;
	case NATGW_END_RST:
		return NATGW_CLOSE_RST;
	case NATGW_END_UPLINK:
		return NATGW_CLOSE_UPLINK;
	default:
		return why == NATGW_CLOSE_IDLE ? idle_reason(session) : why;
	}
}

/* Sets when it ended, and how long it had been idle by then. @now: ns since 1970 */
static void end_of(const struct natgw_session *session, struct natgw_session_event *event, u64 now)
{
	u32 timeout = READ_ONCE(session->gw->timeout[READ_ONCE(session->timer)]);
	u32 age = (u32)jiffies - READ_ONCE(session->last);
	u32 idle;

	/* another CPU may write a newer moment than the one that is read here */
	if ((s32)age < 0)
		age = 0;
	if (READ_ONCE(session->end) != NATGW_END_NONE)
		idle = 0;	/* its end is what @last says */
	else
		idle = min(age, timeout);
	event->idle = jiffies_to_msecs(idle);
	event->time = now - jiffies64_to_nsecs(age - idle);
}

/* @event: is 0 but for what is set here */
static __always_inline void tell_opened(const struct natgw_session *session, u64 opened,
					struct natgw_session_event *event)
{
	/* both are read before one is written, so that the compiler may take them at once */
	const __be32 src = session->inside.host, dst = session->inside.peer;
	__be16 src_port, dst_port;

	event->src = src;
	event->dst = dst;
	src_port = session->inside.host_port;
	dst_port = session->inside.peer_port;
	event->src_port = src_port;
	event->dst_port = dst_port;
	event->proto = session->inside.proto;
	event->address = session->public;
	event->port = session->port;
	event->time = opened;
	event->opened = opened;
}

static void tell_closed(const struct natgw_session *session, enum natgw_close why,
			struct natgw_session_event *event)
{
	const struct natgw_session_counted *counted = natgw_watch_counted(session);
	u64 now = ktime_get_coarse_real_ns();

	tell_opened(session, opened_at(session, now), event);
	event->type = NATGW_EVENT_CLOSED;
	event->reason = close_reason(session, why);
	end_of(session, event, now);
	if (!natgw_watch_counts(session))
		return;
	event->flags = NATGW_EVENT_FLAG_COUNTED;
	event->packets_out = atomic64_read(&counted->packets[NATGW_OUT]);
	event->bytes_out = atomic64_read(&counted->bytes[NATGW_OUT]);
	event->packets_in = atomic64_read(&counted->packets[NATGW_IN]);
	event->bytes_in = atomic64_read(&counted->bytes[NATGW_IN]);
}

/* @opened: ns since 1970 */
static void count_from(struct natgw_session *session, u64 opened)
{
	struct natgw_session_counted *counted = natgw_watch_counted(session);
	unsigned int i;

	WRITE_ONCE(counted->opened, opened);
	for (i = 0; i < NATGW_DIRECTIONS; i++) {
		atomic64_set(&counted->packets[i], 0);
		atomic64_set(&counted->bytes[i], 0);
	}
}

/* The clock has the grain of a tick in any case: it is read once in it. Context: BH off */
static u64 now_of(struct natgw_watch_ring *ring)
{
	u32 tick = (u32)jiffies;

	if (unlikely(ring->tick != tick)) {
		ring->now = ktime_get_coarse_real_ns();
		ring->tick = tick;
	}
	return ring->now;
}

static noinline void lose(struct natgw_table *table, struct natgw_session *session,
			  enum natgw_event type, enum natgw_close why)
{
	struct natgw_session_event event = {};
	u64 now = ktime_get_coarse_real_ns();

	if (type == NATGW_EVENT_OPENED && natgw_watch_counts(session))
		count_from(session, now);
	/* else nobody watches any more */
	if (!natgw_watch_on(table))
		return;
	if (type == NATGW_EVENT_OPENED)
		tell_opened(session, opened_at(session, now), &event);
	else
		tell_closed(session, why, &event);
	natgw_watch_lose(table, session->gw, session->subnet, &event);
}

/* It has valid counters, or is older than they are. Context: RCU read side, BH off */
static noinline void opened(struct natgw_table *table, struct natgw_session *session)
{
	struct natgw_watch_rings *rings = rcu_dereference(table->rings);
	struct natgw_watch_ring *ring = NULL;
	u32 number;
	u64 now;

	if (rings)
		ring = natgw_watch_ring_claim(rings, &number);
	if (!ring) {
		lose(table, session, NATGW_EVENT_OPENED, NATGW_CLOSE_IDLE);
		return;
	}
	now = now_of(ring);
	if (natgw_watch_counts(session))
		count_from(session, now);
	else
		now = opened_at(session, now);
	tell_opened(session, now, natgw_watch_ring_event(ring, number));
	natgw_watch_ring_commit(rings, ring, number, session->gw, session->subnet);
}

/*
 * The same for nearly every new flow. What calls another function is not here, so that no register
 * need be saved.
 */
static __always_inline bool opened_plainly(struct natgw_table *table,
					   struct natgw_session *session)
{
	struct natgw_watch_rings *rings = rcu_dereference(table->rings);
	struct natgw_watch_ring *ring;
	u32 number;
	u64 now;

	if (unlikely(!rings || !natgw_watch_counts(session)))
		return false;
	ring = natgw_watch_ring_here(rings);
	now = ring->now;
	if (unlikely(ring->tick != (u32)jiffies || !natgw_watch_ring_try(ring, &number)))
		return false;
	count_from(session, now);
	tell_opened(session, now, natgw_watch_ring_event(ring, number));
	natgw_watch_ring_commit(rings, ring, number, session->gw, session->subnet);
	return true;
}

void natgw_watch_opened(struct natgw_table *table, struct natgw_session *session)
{
	/* one that was saved while it cooled; what has just ended opened all the same */
	if (unlikely(test_bit(NATGW_SESSION_TOLD, &session->flags)))
		return;
	if (unlikely(!opened_plainly(table, session)))
		opened(table, session);
}

void natgw_watch_closed(struct natgw_table *table, struct natgw_session *session,
			enum natgw_close why)
{
	struct natgw_watch_ring *ring = NULL;
	struct natgw_watch_rings *rings;
	u32 number;

	if (test_and_set_bit(NATGW_SESSION_TOLD, &session->flags))
		return;
	/* a claimed entry holds up all behind it in the ring until it is written */
	local_bh_disable();
	rings = rcu_dereference(table->rings);
	if (likely(rings))
		ring = natgw_watch_ring_claim(rings, &number);
	if (likely(ring)) {
		tell_closed(session, why, natgw_watch_ring_event(ring, number));
		natgw_watch_ring_commit(rings, ring, number, session->gw, session->subnet);
	} else {
		lose(table, session, NATGW_EVENT_CLOSED, why);
	}
	local_bh_enable();
}

void natgw_watch_revived(struct natgw_table *table, struct natgw_session *session)
{
	/* of several processors one tells */
	if (!test_and_clear_bit(NATGW_SESSION_TOLD, &session->flags))
		return;
	local_bh_disable();
	opened(table, session);
	local_bh_enable();
	/* who killed it meanwhile may have found that its end had been told */
	if (test_bit(NATGW_SESSION_DEAD, &session->flags))
		natgw_watch_closed(table, session, NATGW_CLOSE_IDLE);
}

void natgw_watch_look(struct natgw_table *table, struct natgw_session *session, int state)
{
	const unsigned long flags = READ_ONCE(session->flags);

	if (state == NATGW_STATE_COOLING) {
		/* unless a packet has revived it since @state was found */
		if (natgw_session_state(session, NULL) == NATGW_STATE_COOLING)
			natgw_watch_closed(table, session, NATGW_CLOSE_IDLE);
	} else if ((flags & (BIT(NATGW_SESSION_TOLD) | BIT(NATGW_SESSION_DEAD))) ==
		   BIT(NATGW_SESSION_TOLD)) {
		natgw_watch_revived(table, session);
	}
}

void natgw_watch_begin(struct natgw_table *table, struct natgw_watch_rings *rings)
{
	lockdep_assert_held(&table->nn->lock);
	rcu_assign_pointer(table->rings, rings);
	/* who gives a session counters also tells of it, which sets them to 0 */
	synchronize_rcu();
	WRITE_ONCE(table->class, &natgw_session_classes[NATGW_CLASS_COUNTED]);
}

void natgw_watch_end(struct natgw_table *table)
{
	struct natgw_watch_rings *rings = rcu_dereference_protected(table->rings, 1);

	if (!rings)
		return;
	WRITE_ONCE(table->class, &natgw_session_classes[NATGW_CLASS_PLAIN]);
	synchronize_rcu();
	RCU_INIT_POINTER(table->rings, NULL);
	synchronize_rcu();
	natgw_watch_rings_free(rings);
}

static bool forget_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	clear_bit(NATGW_SESSION_COUNTED, &session->flags);
	clear_bit(NATGW_SESSION_TOLD, &session->flags);
	return false;
}

void natgw_watch_forget(struct natgw_table *table)
{
	natgw_session_each(table, forget_one, NULL);
}
