/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions: one translated flow each, found by its inside or its outside tuple. */
#ifndef _NATGW_SESSION_SESSION_H
#define _NATGW_SESSION_SESSION_H

#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/natgw.h>
#include "lib/buckets.h"
#include "lib/clock.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"

struct natgw_config;
struct natgw_destination;
struct natgw_net;
struct natgw_table;

/**
 * enum natgw_end - how a session ended; selects its cool-down
 * @NATGW_END_NONE: it has not; its idle timer decides
 * @NATGW_END_REOPENS: after FIN, for the moment in which a SYN takes it over
 * @NATGW_END_UPLINK: its flow now takes an uplink that its address does not serve
 */
enum natgw_end {
	NATGW_END_NONE,
	NATGW_END_FIN,
	NATGW_END_RST,
	NATGW_END_REOPENS,
	NATGW_END_UPLINK,
};

#define NATGW_SESSION_DEAD	0	/* taken out of the table; set once, by who ends it */
#define NATGW_SESSION_READY	1	/* in tables and wheel; before, its maker owns it */
#define NATGW_SESSION_ANSWERED	2	/* from outside; of TCP: its SYN was acknowledged */
#define NATGW_SESSION_FIN_OUT	3	/* FIN seen from inside */
#define NATGW_SESSION_FIN_IN	4	/* FIN seen from outside */
#define NATGW_SESSION_DETACHED	5	/* its inside tuple serves a newer session */
#define NATGW_SESSION_COOLING	6	/* its destination counts it as cooling */
#define NATGW_SESSION_COOLING_SLOT 7	/* and at its public IP */
#define NATGW_SESSION_CHARGED	8	/* counted on its host */
#define NATGW_SESSION_STAMPED	9	/* @stamp holds a timestamp */
#define NATGW_SESSION_SHOWN	10	/* was in the outer table for a moment: free by RCU */
#define NATGW_SESSION_SYN	11	/* @syn waits for its answer and the host's ACK */
#define NATGW_SESSION_RESET	12	/* RST from outside, perhaps forged, was last */
#define NATGW_SESSION_OFFLOADED	13	/* may have entries among the offloaded flows */
#define NATGW_SESSION_LARGE	14	/* has memory for counters: struct natgw_session_counted */
#define NATGW_SESSION_COUNTED	15	/* and they are valid */
#define NATGW_SESSION_TOLD	16	/* watchers know that it has ended */
#define NATGW_SESSION_REDIRECTED 17	/* by conntrack, which has to see its answers */

/**
 * struct natgw_session - one translated flow
 * @outer: node in the table by (public address, port, destination)
 * @inner: node in the table by (source, port, destination)
 * @inside: key of @inner
 * @public: public address
 * @port: public port or ICMP id
 * @timer: enum natgw_timer that ends it when idle; for TCP it is the state too
 * @end: enum natgw_end
 * @last: jiffies of the last packet that renewed it, or of its end
 * @flags: NATGW_SESSION_* bits; bit operations are atomic
 * @gw: valid as long as the session can be reached: a configuration change
 *	that removes it ends the session first, and frees it a grace period later;
 *	so with @address and @subnet
 * @destination: counts it; valid as long as it is in the outer table
 * @wheel: in a slot of the timer wheel, under the shard's lock
 * @created: natgw_clock(): sessions may live longer than jiffies last
 * @next: TCP, by direction: sequence number after the last one seen
 * @window: TCP, by direction: last window that side advertised, unscaled
 * @scale: TCP, by direction: its window scale in force: 0 unless both offered one
 * @syn_scale: TCP: window scale option of @syn; U8_MAX: none
 * @slot: slot number of @public, see NATGW_SLOTS
 * @hash: natgw_session_hash() of @inside; selects the shard of the wheel
 * @syn: TCP: sequence number of the inside's last SYN, while NATGW_SESSION_SYN is set
 * @stamp: TCP: timestamp (RFC 7323) of the FIN from inside, while NATGW_SESSION_STAMPED
 *	is set
 * @acked: TCP: what the inside acknowledged last, while neither is
 * @rcu: used once the session is DEAD and out of the wheel
 *
 * Freed by RCU after it has left both tables and the wheel. The first 64 bytes
 * are what a packet of an established UDP flow reads.
 */
struct natgw_session {
	struct natgw_node outer;
	struct natgw_node inner;
	struct natgw_tuple inside;
	__be32 public;
	__be16 port;
	u8 timer;
	u8 end;
	struct natgw_gateway *gw;
	unsigned long flags;
	u32 last;
	u8 syn_scale;
	u8 scale[NATGW_DIRECTIONS];
	u8 slot;
	struct natgw_address *address;
	struct natgw_subnet *subnet;
	struct natgw_destination *destination;
	union {
		struct hlist_node wheel;
		struct rcu_head rcu;
	};
	u32 hash;
	union {
		u32 syn;
		u32 stamp;
		u32 acked;
	};
	u32 created;
	u16 window[NATGW_DIRECTIONS];
	u32 next[NATGW_DIRECTIONS];
};

/** enum natgw_class - kinds of memory for sessions */
enum natgw_class {
	NATGW_CLASS_PLAIN,
	NATGW_CLASS_COUNTED,	/* with counters: session/watch.h */
	NATGW_CLASSES
};

/**
 * struct natgw_session_class - memory that a session is taken from
 * @cache: slab
 * @cost: bytes that a session takes from the budget
 * @flags: that a session has from the start
 */
struct natgw_session_class {
	struct kmem_cache *cache;
	u32 cost;
	unsigned long flags;
};

extern struct natgw_session_class natgw_session_classes[NATGW_CLASSES];

/* Module: the memory that sessions are taken from */
int natgw_session_cache_init(void);
void natgw_session_cache_exit(void);

/** natgw_session_size - memory that a new session takes; others may take less, or more */
size_t natgw_session_size(const struct natgw_table *table);

/** natgw_session_drop - free a session as its namespace goes; @arg: struct natgw_table */
void natgw_session_drop(struct natgw_node *node, void *arg);

/**
 * natgw_session_new - memory for a session
 * @inside: its inside tuple
 * @hash: natgw_session_hash() of it
 *
 * Context: softirq. Return: the session, owned by the caller until
 * natgw_session_insert() succeeds, or NULL when the cap or memory is reached.
 */
struct natgw_session *natgw_session_new(struct natgw_table *table,
					const struct natgw_tuple *inside, u32 hash);

/**
 * natgw_session_insert - make a session with a reserved port visible
 *
 * Return: 0, or -EEXIST when another CPU has made a session for the same inside
 * tuple; @session is freed then, as with any other error.
 */
int natgw_session_insert(struct natgw_table *table, struct natgw_session *session);

/** natgw_session_insert_detached - the same of one whose inside tuple serves a newer session */
void natgw_session_insert_detached(struct natgw_table *table, struct natgw_session *session);

/** natgw_session_discard - free a session that was never visible */
void natgw_session_discard(struct natgw_table *table, struct natgw_session *session);

/** natgw_session_has_room - would cap and budget let one more session in? Context: any */
bool natgw_session_has_room(const struct natgw_table *table);

/**
 * natgw_session_ready - is it in tables and wheel?
 *
 * Then all that its maker wrote is seen, also what it wrote after the session was in the outer
 * table. Pairs with natgw_wheel_add().
 */
static inline bool natgw_session_ready(const struct natgw_session *session)
{
	return test_bit_acquire(NATGW_SESSION_READY, &session->flags);
}

/** natgw_session_live - has it neither ended nor been idle for too long? */
static inline bool natgw_session_live(const struct natgw_session *session)
{
	return READ_ONCE(session->end) == NATGW_END_NONE &&
	       natgw_clock_within(READ_ONCE(session->last), (u32)jiffies,
				  READ_ONCE(session->gw->timeout[READ_ONCE(session->timer)]));
}

/**
 * natgw_session_kill - take a session out of the table
 * @why: who ends it, if it lives; NATGW_CLOSE_IDLE: the clock
 *
 * Whoever comes first does it; others get false. Frees by RCU.
 * Context: RCU read side, any context that may take the shard's lock (BH off inside).
 */
bool natgw_session_kill(struct natgw_table *table, struct natgw_session *session,
			enum natgw_close why);

/**
 * natgw_session_end - end a session by an operator's will
 * @why: what watchers are told
 *
 * As natgw_session_kill(); counts it as closed unless FIN or RST had ended it before.
 */
bool natgw_session_end(struct natgw_table *table, struct natgw_session *session,
		       enum natgw_close why);

/**
 * natgw_session_stop - end a session here, while its port cools
 * @end: why
 *
 * For what ends it without a packet of its own: it takes no packets for a new
 * life from then on. Nothing happens to one that cools already.
 * Context: softirq, RCU. Return: this call has ended it.
 */
bool natgw_session_stop(struct natgw_table *table, struct natgw_session *session,
			enum natgw_end end);

/**
 * natgw_session_revive - a cooling session lives again
 *
 * Its port serves the same flow; for who watches it is another session.
 * Context: softirq, RCU.
 */
void natgw_session_revive(struct natgw_table *table, struct natgw_session *session);

/** natgw_session_reopen - a cooling TCP session, claimed, carries a new connection */
void natgw_session_reopen(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_session_purge - end the sessions that @config no longer carries
 *
 * Context: nn->lock held, @config published and a grace period passed, so no
 * new session can come from the older snapshot. Sleeps.
 */
void natgw_session_purge(struct natgw_net *nn, const struct natgw_config *config);

/**
 * natgw_session_lost - sessions that have not ended and that @config does not carry
 * @config: compiled, published or not
 *
 * Context: nn->lock held, the namespace active. Sleeps.
 */
u32 natgw_session_lost(struct natgw_net *nn, const struct natgw_config *config);

#endif
