/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink side of explain. */
#ifndef _NATGW_NETLINK_EXPLAIN_NL_H
#define _NATGW_NETLINK_EXPLAIN_NL_H

#include <linux/netlink.h>
#include <linux/natgw.h>

struct genl_info;
struct sk_buff;

extern const struct nla_policy natgw_explain_policy[NATGW_A_EXPLAIN_VNET + 1];

int natgw_nl_explain(struct sk_buff *skb, struct genl_info *info);

#endif
