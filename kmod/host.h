/* SPDX-License-Identifier: GPL-2.0 */
/* Inside hosts and how many sessions each has, while a gateway limits that. */
#ifndef _NATGW_HOST_H
#define _NATGW_HOST_H

#include <linux/types.h>

struct natgw_gateway;
struct natgw_session;
struct natgw_table;
struct natgw_tuple;

int natgw_host_module_init(void);
void natgw_host_module_exit(void);
int natgw_host_net_init(struct natgw_table *table);
/* a grace period after the last packet */
void natgw_host_net_exit(struct natgw_table *table);

/**
 * natgw_host_charge - count a session being made on its host
 * @table: sessions
 * @session: its inside tuple and gateway are set
 * @limit: most sessions of one host (RFC 6888 REQ-4); 0: none, nothing is counted
 *
 * Context: softirq, RCU. Return: 0, -EDQUOT when the host has @limit, or -ENOMEM.
 */
int natgw_host_charge(struct natgw_table *table, struct natgw_session *session, u32 limit);

/** natgw_host_full - has the host of a tuple @limit sessions? Context: softirq, RCU */
bool natgw_host_full(struct natgw_table *table, const struct natgw_gateway *gw,
		     const struct natgw_tuple *inside, u32 limit);

/** natgw_host_discharge - take back natgw_host_charge(), if it was done; RCU, any context */
void natgw_host_discharge(struct natgw_table *table, struct natgw_session *session);

/**
 * natgw_host_census - a gateway limits its hosts from now on: count what is there
 *
 * Context: process, a grace period after the limit was set, so that each
 * session that is not seen by the walk was charged when it was made.
 */
void natgw_host_census(struct natgw_table *table, const struct natgw_gateway *gw);

/** natgw_host_bytes - memory of hosts and their hash table */
u64 natgw_host_bytes(const struct natgw_table *table);

#endif
