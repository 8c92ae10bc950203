/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that need no privilege: state of the module, drop reasons without hosts. */
#ifndef _NATGW_NETLINK_STATS_NL_H
#define _NATGW_NETLINK_STATS_NL_H

struct genl_info;
struct netlink_callback;
struct sk_buff;

int natgw_nl_status_get(struct sk_buff *skb, struct genl_info *info);
int natgw_nl_stats_start(struct netlink_callback *cb);
int natgw_nl_stats_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif
