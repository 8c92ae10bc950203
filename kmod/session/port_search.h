/* SPDX-License-Identifier: GPL-2.0 */
/* The search for a free port of a public IP towards a destination. */
#ifndef _NATGW_SESSION_PORT_SEARCH_H
#define _NATGW_SESSION_PORT_SEARCH_H

#include <linux/natgw.h>
#include <linux/types.h>

struct natgw_destination;
struct natgw_pool;
struct natgw_pool_entry;
struct natgw_portrange;
struct natgw_session;
struct natgw_table;

/**
 * natgw_destination_reserve - give a session a port of one public IP
 * @destination: locked
 * @entry: the public IP
 * @range: ports to choose from; NULL: all
 * @first: without @range: index of the port to try first, drawn at random
 * @session: its inside tuple is set; @public, @port, @address and @slot get set
 *
 * Every free port has the same chance. Exact: it fails only if no port is free.
 * Bounded: see port search in port_search.c. The port is reserved by inserting
 * the session in the outer table.
 *
 * Return: 0; -ENOSPC: none is free; -ENOMEM.
 */
int natgw_destination_reserve(struct natgw_table *table, struct natgw_destination *destination,
			      const struct natgw_pool_entry *entry,
			      const struct natgw_portrange *range, u32 first,
			      struct natgw_session *session);

/**
 * natgw_destination_full_reason - why there is no port towards a destination
 * @destination: locked
 * @slots: public IPs that are full
 */
enum natgw_drop_reason natgw_destination_full_reason(const struct natgw_destination *destination,
						     u32 slots);

/**
 * natgw_port_any - natgw_port_reserve() where any address and any port will do: @pool has @any
 *
 * Context: softirq, RCU. Return: 0; negative, as natgw_port_reserve(): all addresses are known to
 * be full; 1: none was found at one address, or there was no memory; a search in all of them knows
 * why.
 */
int natgw_port_any(struct natgw_table *table, const struct natgw_pool *pool,
		   struct natgw_session *session);

#endif
