/* SPDX-License-Identifier: GPL-2.0 */
/* Inside hosts: how many sessions each has, and its seat, while its gateway asks for that. */
#ifndef _NATGW_SESSION_HOST_H
#define _NATGW_SESSION_HOST_H

#include <linux/natgw.h>
#include <linux/types.h>
#include "session/seat.h"
#include "snapshot/conf.h"
#include "snapshot/view.h"

struct natgw_gateway;
struct natgw_node;
struct natgw_session;
struct natgw_table;
struct natgw_tuple;

int natgw_host_module_init(void);
void natgw_host_module_exit(void);
int natgw_host_net_init(struct natgw_table *table);
/* a grace period after the last packet */
void natgw_host_net_exit(struct natgw_table *table);

/** natgw_host_counts - does a gateway count the sessions of its hosts? */
static inline bool natgw_host_counts(const struct natgw_gateway_conf *conf)
{
	return conf->host_limit || conf->allocation != NATGW_ALLOCATION_DYNAMIC;
}

/* natgw_host_charge(), where the gateway counts its hosts */
int natgw_host_charge_counted(struct natgw_table *table, struct natgw_session *session,
			      const struct natgw_pool *pool, u32 limit, u32 *seat);

/**
 * natgw_host_charge - count a session being made on its host, give the host a seat
 * @table: sessions
 * @session: its inside tuple and gateway are set
 * @pool: the gateway's addresses
 * @limit: most sessions of one host (RFC 6888 REQ-4); 0: none
 * @seat: set to the host's seat, NATGW_SPARE_SEAT or NATGW_NO_SEAT
 *
 * Without limit and blocks nothing is counted.
 *
 * Context: softirq, RCU. Return: 0, -EDQUOT when the host has @limit or there is
 * no block for it, or -ENOMEM.
 */
static inline int natgw_host_charge(struct natgw_table *table, struct natgw_session *session,
				    const struct natgw_pool *pool, u32 limit, u32 *seat)
{
	*seat = NATGW_NO_SEAT;
	if (likely(!limit && pool->allocation == NATGW_ALLOCATION_DYNAMIC))
		return 0;
	return natgw_host_charge_counted(table, session, pool, limit, seat);
}

/** natgw_host_full - has the host of a tuple @limit sessions? Context: softirq, RCU */
bool natgw_host_full(struct natgw_table *table, const struct natgw_gateway *gw,
		     const struct natgw_tuple *inside, u32 limit);

/** natgw_host_seat - seat of the host of a tuple, or NATGW_NO_SEAT. Context: RCU */
u32 natgw_host_seat(struct natgw_table *table, const struct natgw_gateway *gw,
		    const struct natgw_tuple *inside);

/** natgw_host_is_proof - a connection of which the host has acknowledged the answer */
bool natgw_host_is_proof(const struct natgw_session *session);

/**
 * natgw_host_prove - the host of a session is there: it has seen what came to its address
 *
 * From now on it counts where ports are by host. Context: softirq, RCU.
 */
void natgw_host_prove(struct natgw_table *table, struct natgw_session *session);

/** natgw_host_discharge - take back natgw_host_charge(), if it was done; RCU, any context */
void natgw_host_discharge(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_host_census - a gateway counts its hosts from now on: count what is there
 *
 * Context: process, a grace period after that was set, so that each
 * session that is not seen by the walk was charged when it was made.
 */
void natgw_host_census(struct natgw_table *table, const struct natgw_gateway *gw);

/** natgw_host_forget - take back all seats of a gateway; no flow gives one any more */
void natgw_host_forget(struct natgw_table *table, const struct natgw_gateway *gw);

/** natgw_host_reap - take back the seats of hosts without session for @hold jiffies */
void natgw_host_reap(struct natgw_table *table, unsigned long hold);

/**
 * natgw_host_close_up - move hosts of a gateway to seats below @near where they are free
 *
 * Loose seats that have no block, since blocks became larger, are taken back.
 *
 * Context: process. Return: one more than the highest seat.
 */
u32 natgw_host_close_up(struct natgw_table *table, const struct natgw_pool *pool, u32 near);

/**
 * struct natgw_host_info - a host, for those who walk over struct natgw_table @hosts
 * @gw: its gateway
 * @addr: who it is
 * @vnet: with @addr
 * @seat: or NATGW_NO_SEAT
 */
struct natgw_host_info {
	struct natgw_gateway *gw;
	__be32 addr;
	u16 vnet;
	u32 seat;
};

/** natgw_host_look - at an entry of the table. Context: RCU. Return: false: it has gone */
bool natgw_host_look(struct natgw_node *node, struct natgw_host_info *info);

/** natgw_host_bytes - memory of hosts and their hash table */
u64 natgw_host_bytes(const struct natgw_table *table);

#endif
