/* SPDX-License-Identifier: GPL-2.0 */
/* How many ports of an address are free, for who asks; and ports that it keeps out. */
#ifndef _NATGW_SESSION_DESTINATION_COUNT_H
#define _NATGW_SESSION_DESTINATION_COUNT_H

#include <linux/types.h>

struct natgw_address_conf;
struct natgw_destination;
struct natgw_gateway;
struct natgw_pool_entry;
struct natgw_portmap;
struct natgw_portrange;
struct natgw_table;

/**
 * natgw_destination_left_in - about how many ports of a range are free at one public IP
 * @destination: locked, or NULL: all that are not reserved
 *
 * Context: RCU.
 */
u32 natgw_destination_left_in(struct natgw_table *table,
			      const struct natgw_destination *destination,
			      const struct natgw_pool_entry *entry,
			      const struct natgw_portrange *range);

/** natgw_destination_left - free ports of one public IP; locked, RCU */
u32 natgw_destination_left(struct natgw_table *table,
			   const struct natgw_destination *destination,
			   const struct natgw_pool_entry *entry);

/**
 * natgw_destination_none_left - is natgw_destination_left() 0? Soon said while few ports are taken
 *
 * Context: @destination locked, RCU.
 */
bool natgw_destination_none_left(struct natgw_table *table,
				 const struct natgw_destination *destination,
				 const struct natgw_pool_entry *entry);

/**
 * natgw_destination_rereserve - an address keeps other ports out of its pool now
 * @gw: its gateway
 * @addr: public IP
 * @slot: its slot
 * @old, @new: ports kept out before and now, or NULL
 *
 * Context: process, a grace period after @new was published.
 */
void natgw_destination_rereserve(struct natgw_table *table, const struct natgw_gateway *gw,
				 __be32 addr, u8 slot, const struct natgw_portmap *old,
				 const struct natgw_portmap *new);

/** natgw_reserved_ports - of the first @ports: those in the pool of each IP of an address. RCU */
u32 natgw_reserved_ports(const struct natgw_address_conf *conf, u32 ports);

/**
 * natgw_destination_full_in - is no port of a range free at one public IP?
 *
 * Context: @destination locked. Return: false also where it would take long to say.
 */
bool natgw_destination_full_in(struct natgw_table *table,
			       const struct natgw_destination *destination,
			       const struct natgw_pool_entry *entry,
			       const struct natgw_portrange *range);

#endif
