/* SPDX-License-Identifier: GPL-2.0 */
/* Choosing a public address and port for a new flow. */
#ifndef _NATGW_SESSION_PORT_H
#define _NATGW_SESSION_PORT_H

#include <linux/natgw.h>
#include <linux/netdevice.h>
#include "session/port_search.h"
#include "snapshot/view.h"

struct natgw_session;
struct natgw_table;
struct natgw_tuple;

/* natgw_port_reserve(), by all that the gateway asks for */
int natgw_port_reserve_one(struct natgw_table *table, const struct natgw_pool *pool,
			   struct natgw_session *session, const struct net_device *out);

/**
 * natgw_port_reserve - give a session being made an address and port
 * @table: sessions
 * @pool: the gateway's addresses
 * @session: session with its inside tuple; @public, @port and @address are set
 * @out: device the flow leaves by
 *
 * Unpredictable choice (RFC 6056, RFC 6888 REQ-15); bounded in time.
 * Context: softirq, RCU. Return: 0, or the enum natgw_drop_reason negated
 * (minus 1) as in natgw_packet_reason().
 */
static inline int natgw_port_reserve(struct natgw_table *table, const struct natgw_pool *pool,
				     struct natgw_session *session, const struct net_device *out)
{
	int err = pool->any ? natgw_port_any(table, pool, session) : 1;

	return likely(err <= 0) ? err : natgw_port_reserve_one(table, pool, session, out);
}

/**
 * natgw_port_take - give a session being made the address and port that it had before
 * @table: sessions
 * @pool: the gateway's addresses
 * @entry: the address
 * @session: session with its inside tuple and @port; @public and @address are set
 *
 * Limits do not count: it was let in before. Context: BH off, RCU. Return: 0, -ENOSPC when the
 * port serves another flow to this destination or is reserved, or -ENOMEM.
 */
int natgw_port_take(struct natgw_table *table, const struct natgw_pool *pool,
		    const struct natgw_pool_entry *entry, struct natgw_session *session);

/**
 * natgw_port_serves - is there an address for new flows that leave by a device?
 *
 * Context: RCU. Return: 0, or the reason why not, as natgw_port_reserve().
 */
int natgw_port_serves(const struct natgw_pool *pool, const struct net_device *out);

/**
 * natgw_port_refusal - why a flow would be refused that there is no memory for
 * @exact: tell for sure whether there is a port, which takes its time
 *
 * The reasons have an order, and memory is the last of them: but for memory it
 * would not be refused. Context: as above.
 */
enum natgw_drop_reason natgw_port_refusal(struct natgw_table *table, const struct natgw_pool *pool,
					  const struct natgw_tuple *inside,
					  const struct net_device *out, bool exact);

/**
 * natgw_port_left - ports that a new flow has to choose from
 * @table: sessions
 * @pool: the gateway's addresses
 * @inside: its inside tuple
 * @out: device it leaves by
 * @slots: set to the slots of the addresses it may use
 *
 * Context: RCU. Return: how many are free for its destination at those.
 */
u32 natgw_port_left(struct natgw_table *table, const struct natgw_pool *pool,
		    const struct natgw_tuple *inside, const struct net_device *out, u32 *slots);

#endif
