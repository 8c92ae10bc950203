/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets that are told of sessions that open and end. */
#ifndef _NATGW_NETLINK_SESSION_WATCH_H
#define _NATGW_NETLINK_SESSION_WATCH_H

#include <net/netlink.h>
#include <linux/natgw.h>

struct genl_info;
struct natgw_net;
struct natgw_watch_ops;
struct sk_buff;

/** NATGW_WATCH_SECONDS - sessions stay counted for that long once nobody watches */
#define NATGW_WATCH_SECONDS	30

extern const struct nla_policy natgw_watch_policy[NATGW_A_SESSION_MAX + 1];
extern const struct natgw_watch_ops natgw_session_watch_ops;

/* Module: notifier of closed sockets. Register after, unregister before the pernet operations */
int natgw_session_watch_module_init(void);
void natgw_session_watch_module_exit(void);

/* Namespace: before the first request */
void natgw_session_watch_net_init(struct natgw_net *nn);
/* before the hooks go: sessions are not watched anew */
void natgw_session_watch_net_pre_exit(struct natgw_net *nn);
/* when no session is left that could be told of */
void natgw_session_watch_net_exit(struct natgw_net *nn);

/* Command handler */
int natgw_nl_session_watch(struct sk_buff *skb, struct genl_info *info);

#endif
