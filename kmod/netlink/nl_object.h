/* SPDX-License-Identifier: GPL-2.0 */
/* What all objects have in common: GET, dumps, notifications. */
#ifndef _NATGW_NETLINK_NL_OBJECT_H
#define _NATGW_NETLINK_NL_OBJECT_H

struct genl_info;
struct netlink_callback;
struct sk_buff;

/* Command handlers: GET of one object, and of all of a kind */
int natgw_nl_get(struct sk_buff *skb, struct genl_info *info);
int natgw_nl_dump_start(struct netlink_callback *cb);
int natgw_nl_dump(struct sk_buff *skb, struct netlink_callback *cb);
/* ROUTE_GET: of all tables, or of the one asked for */
int natgw_nl_route_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif
