/* SPDX-License-Identifier: GPL-2.0 */
/* Requests for the self-check. */
#ifndef _NATGW_NETLINK_CHECK_NL_H
#define _NATGW_NETLINK_CHECK_NL_H

struct netlink_callback;
struct sk_buff;

int natgw_nl_check_start(struct netlink_callback *cb);
int natgw_nl_check_dump(struct sk_buff *skb, struct netlink_callback *cb);
int natgw_nl_check_done(struct netlink_callback *cb);

#endif
