/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions that are watched: their packets are counted, and it is told when they open and end.
 *
 * Nobody pays for this while nobody watches. Then sessions have no memory for counters
 * (natgw_session_class), snapshots do not say @counts, and a new flow asks one flag.
 */
#ifndef _NATGW_SESSION_WATCH_H
#define _NATGW_SESSION_WATCH_H

#include <linux/atomic.h>
#include <linux/container_of.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include "packet/packet.h"
#include "session/session.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

/**
 * struct natgw_session_counted - a session with counters, where NATGW_SESSION_LARGE is set
 * @session: the session
 * @opened: ns since 1970; so is what follows: valid where NATGW_SESSION_COUNTED is set
 * @packets: by direction, as they are on the wire
 * @bytes: by direction, from the IP header on
 */
struct natgw_session_counted {
	struct natgw_session session;
	u64 opened;
	atomic64_t packets[NATGW_DIRECTIONS];
	atomic64_t bytes[NATGW_DIRECTIONS];
};

/**
 * struct natgw_block_note - what is told of a block of ports
 * @type: what has happened
 * @time: ns since 1970
 * @gw: gateway
 * @host: inside host; not with NATGW_BLOCK_EVENT_CHANGED, so is the next
 * @vnet: its vnet
 * @pool: of @gw; with NATGW_BLOCK_EVENT_ALLOCATED only, so is the next
 * @seat: of @host, by which its ports follow from the layout
 */
struct natgw_block_note {
	enum natgw_block_event type;
	u64 time;
	const struct natgw_gateway *gw;
	__be32 host;
	u16 vnet;
	const struct natgw_pool *pool;
	u32 seat;
};

/**
 * struct natgw_watch_ops - who tells watchers
 * @events: sessions of one gateway and subnet have opened or ended, in this order.
 *	Context: RCU read side, BH off
 * @flush: no more events come for now: what waits for more is told of. Context: process
 * @lost: there was no room for an event. Context: any, RCU read side
 * @block: a host has got or lost a block of ports; natgw_watch_block() says more. Context: any
 */
struct natgw_watch_ops {
	void (*events)(struct natgw_table *table, const struct natgw_gateway *gw,
		       const struct natgw_subnet *subnet,
		       const struct natgw_session_event *events, u32 n);
	void (*flush)(struct natgw_table *table);
	void (*lost)(struct natgw_table *table, const struct natgw_gateway *gw,
		     const struct natgw_subnet *subnet, const struct natgw_session_event *event);
	bool (*block)(struct natgw_table *table, const struct natgw_block_note *note);
};

/** natgw_watch_module_init - start of the module; @ops: for as long as it is there */
void natgw_watch_module_init(const struct natgw_watch_ops *ops);

/** natgw_watch_on - is somebody to be told? Context: any */
static inline bool natgw_watch_on(const struct natgw_table *table)
{
	return rcu_access_pointer(table->rings);
}

/** natgw_watch_counts - has a session valid counters? */
static inline bool natgw_watch_counts(const struct natgw_session *session)
{
	return test_bit(NATGW_SESSION_COUNTED, &session->flags);
}

/** natgw_watch_counted - the counters of a session that has them */
static inline struct natgw_session_counted *
natgw_watch_counted(const struct natgw_session *session)
{
	return container_of((struct natgw_session *)session, struct natgw_session_counted,
			    session);
}

/**
 * natgw_watch_count - count a packet of a session, if it has counters
 *
 * Called wherever the gateway counts the packet as translated, while the snapshot says
 * @counts. Context: softirq, RCU.
 */
static inline void natgw_watch_count(const struct natgw_session *session,
				     enum natgw_direction direction, const struct sk_buff *skb)
{
	struct natgw_session_counted *counted;

	if (!natgw_watch_counts(session))
		return;
	counted = natgw_watch_counted(session);
	atomic64_add(natgw_packet_segments(skb), &counted->packets[direction]);
	atomic64_add(skb->len, &counted->bytes[direction]);
}

/**
 * natgw_watch_opened - a session is about to become READY
 *
 * Context: RCU read side; nobody but its maker touches it.
 */
void natgw_watch_opened(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_watch_closed - a session has ended; told once in its life
 * @why: who ends it, if it lives; NATGW_CLOSE_IDLE: the clock
 *
 * Context: RCU read side.
 */
void natgw_watch_closed(struct natgw_table *table, struct natgw_session *session,
			enum natgw_close why);

/**
 * natgw_watch_revived - a cooling session lives again: for watchers it is another one
 *
 * natgw_watch_closed() has been called before its end was taken back.
 * Context: RCU read side, BH off.
 */
void natgw_watch_revived(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_watch_look - the timer wheel, or a changed timer, finds a session in some state
 * @state: of natgw_session_state(), not negative
 *
 * Tells if it has ended since, or lives again because its timer was made longer.
 * Context: RCU read side, process.
 */
void natgw_watch_look(struct natgw_table *table, struct natgw_session *session, int state);

/**
 * natgw_watch_is_due - has a session ended without its watchers knowing?
 * @state: of natgw_session_state()
 */
static inline bool natgw_watch_is_due(const struct natgw_table *table,
				      const struct natgw_session *session, int state)
{
	return natgw_watch_on(table) && state == NATGW_STATE_COOLING &&
	       !test_bit(NATGW_SESSION_TOLD, &session->flags);
}

/**
 * natgw_watch_block - a host has got or lost a block of ports, or all were divided anew
 *
 * Context: any; somebody is to be told, see natgw_watch_on(). Return: false: nobody was, as the
 * configuration has no longer the vnet of the host.
 */
bool natgw_watch_block(struct natgw_table *table, const struct natgw_block_note *note);

/** natgw_watch_lose - an event that cannot be told of. Context: any, RCU read side */
void natgw_watch_lose(struct natgw_table *table, const struct natgw_gateway *gw,
		      const struct natgw_subnet *subnet, const struct natgw_session_event *event);

/**
 * natgw_watch_begin - tell of sessions, and give new ones counters
 * @rings: see watch_ring.h; the table's until natgw_watch_end()
 *
 * Context: process, sleeps, nn->lock held; each packet sees a snapshot that @counts, and
 * natgw_watch_on() does not say so yet.
 */
void natgw_watch_begin(struct natgw_table *table, struct natgw_watch_rings *rings);

/**
 * natgw_watch_end - the counterpart
 *
 * Context: process, sleeps, nn->lock held, or the namespace goes. No session is made with counters
 * any more when it returns, and none is told of.
 */
void natgw_watch_end(struct natgw_table *table);

/**
 * natgw_watch_forget - counters are not valid any more
 *
 * Context: process, sleeps, after natgw_watch_end().
 */
void natgw_watch_forget(struct natgw_table *table);

#endif
