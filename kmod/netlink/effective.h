/* SPDX-License-Identifier: GPL-2.0 */
/* Effective routes: what the user's and the system's routes come to in one subnet. */
#ifndef _NATGW_NETLINK_EFFECTIVE_H
#define _NATGW_NETLINK_EFFECTIVE_H

#include <linux/natgw.h>
#include <linux/netlink.h>
#include <linux/types.h>
#include "lib/prefix.h"

struct natgw_config;
struct natgw_route;
struct natgw_route_table_conf;
struct natgw_subnet_range;

extern const struct nla_policy natgw_effective_policy[NATGW_A_ROUTE_SUBNET + 1];

/**
 * struct natgw_effective_row - one prefix of a route
 * @prefix: destination
 * @route: user route, NULL: the system's
 * @type: enum natgw_next_hop_type
 * @rank: of its tag, see natgw_tag_rank()
 * @number: of the user route
 * @state: enum natgw_route_state
 * @problem: enum natgw_route_problem
 */
struct natgw_effective_row {
	struct natgw_prefix prefix;
	const struct natgw_route *route;
	u32 type;
	u16 rank;
	u16 number;
	u32 state;
	u32 problem;
};

/**
 * struct natgw_effective_rows - routes of a subnet, or those that match one address
 * @row: as a routing table is read: by address, the wider before those in it;
 *	of one prefix the active one first
 * @n: number of them
 * @table: of the user routes, one reference, or NULL
 */
struct natgw_effective_rows {
	struct natgw_effective_row *row;
	u32 n;
	struct natgw_route_table_conf *table;
};

/**
 * natgw_effective_gather - effective routes of a subnet
 * @config: snapshot, compiled; held, or nn->lock is
 * @range: the subnet
 * @daddr: only those that match it; NULL: all
 * @rows: set; to be freed by natgw_effective_free()
 *
 * Context: process. Return: 0 or -ENOMEM, @rows is empty then.
 */
int natgw_effective_gather(const struct natgw_config *config,
			   const struct natgw_subnet_range *range, const __be32 *daddr,
			   struct natgw_effective_rows *rows);

/** natgw_effective_free - drop rows; an empty set is fine */
void natgw_effective_free(struct natgw_effective_rows *rows);

/** natgw_effective_put - attributes of a row: enum natgw_a_route. Return: 0 or -EMSGSIZE */
int natgw_effective_put(struct sk_buff *skb, const struct natgw_effective_rows *rows,
			const struct natgw_effective_row *row);

int natgw_nl_effective_start(struct netlink_callback *cb);
int natgw_nl_effective_dump(struct sk_buff *skb, struct netlink_callback *cb);
int natgw_nl_effective_done(struct netlink_callback *cb);

#endif
