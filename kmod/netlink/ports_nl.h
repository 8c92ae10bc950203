/* SPDX-License-Identifier: GPL-2.0 */
/* Requests about the use of ports. */
#ifndef _NATGW_NETLINK_PORTS_NL_H
#define _NATGW_NETLINK_PORTS_NL_H

#include <net/netlink.h>
#include <linux/natgw.h>

struct netlink_callback;
struct sk_buff;

extern const struct nla_policy natgw_ports_policy[NATGW_A_PORTS_WATCHED + 1];

int natgw_nl_ports_start(struct netlink_callback *cb);
int natgw_nl_ports_dump(struct sk_buff *skb, struct netlink_callback *cb);
int natgw_nl_ports_done(struct netlink_callback *cb);

#endif
