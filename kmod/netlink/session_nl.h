/* SPDX-License-Identifier: GPL-2.0 */
/* Requests about sessions. */
#ifndef _NATGW_NETLINK_SESSION_NL_H
#define _NATGW_NETLINK_SESSION_NL_H

#include <net/netlink.h>
#include <linux/natgw.h>

struct genl_info;
struct netlink_callback;
struct sk_buff;

extern const struct nla_policy natgw_session_policy[NATGW_A_SESSION_MAX + 1];

int natgw_nl_session_start(struct netlink_callback *cb);
int natgw_nl_save_start(struct netlink_callback *cb);
int natgw_nl_session_dump(struct sk_buff *skb, struct netlink_callback *cb);
int natgw_nl_session_done(struct netlink_callback *cb);
int natgw_nl_session_count(struct sk_buff *skb, struct genl_info *info);
int natgw_nl_session_flush(struct sk_buff *skb, struct genl_info *info);

#endif
