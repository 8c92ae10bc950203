/* SPDX-License-Identifier: GPL-2.0 */
/* Routes of route tables as configuration. */
#ifndef _NATGW_CONFIG_ROUTE_H
#define _NATGW_CONFIG_ROUTE_H

#include <linux/natgw.h>
#include <net/netlink.h>
#include "lib/prefix.h"
#include "snapshot/conf.h"

struct natgw_kind_ops;

extern const struct natgw_kind_ops natgw_route_kind;
extern const struct nla_policy natgw_route_filter_policy[NATGW_A_ROUTE_ROUTE_TABLE + 1];

/* A route's place in a snapshot: table and number there */
#define NATGW_ROUTE_PLACE(table, route)	((table) << 16 | (route))

/** natgw_route_same_destination - are the keys of two routes of a table the same? */
static inline bool natgw_route_same_destination(const struct natgw_route *a,
						const struct natgw_route *b)
{
	return a->tag == b->tag && (a->tag || natgw_prefix_equal(a->prefix, b->prefix));
}

#endif
