/* SPDX-License-Identifier: GPL-2.0 */
/* What a change of a cluster would bring, as a command. */
#ifndef _NATGW_NETLINK_CLUSTER_PLAN_H
#define _NATGW_NETLINK_CLUSTER_PLAN_H

struct genl_info;
struct sk_buff;

/* Command handler */
int natgw_nl_cluster_plan(struct sk_buff *skb, struct genl_info *info);

#endif
