/* SPDX-License-Identifier: GPL-2.0 */
/* Transactions: a snapshot of its own that a socket fills and publishes at once. */
#ifndef _NATGW_NETLINK_TRANSACTION_H
#define _NATGW_NETLINK_TRANSACTION_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct genl_info;
struct natgw_config;
struct natgw_net;
struct netlink_ext_ack;
struct sk_buff;

/** NATGW_TRANSACTION_SECONDS - a transaction that is older is dropped */
#define NATGW_TRANSACTION_SECONDS	30
/** NATGW_TRANSACTION_BYTES - most memory that changes of one transaction may take */
#define NATGW_TRANSACTION_BYTES		(32U << 20)

/* Module: notifier of closed sockets. Register after, unregister before the pernet operations */
int natgw_transaction_module_init(void);
void natgw_transaction_module_exit(void);

/* Namespace: before the first request, and after the last socket has gone */
void natgw_transaction_net_init(struct natgw_net *nn);
void natgw_transaction_net_exit(struct natgw_net *nn);

/**
 * natgw_transaction_staging - where a socket's changes go
 * @nn: namespace, @nn->lock held
 * @portid: socket
 * @extack: says why not
 *
 * Return: the snapshot of the socket's transaction, NULL if it has none, or
 * ERR_PTR() if it timed out or is full.
 */
struct natgw_config *natgw_transaction_staging(struct natgw_net *nn, u32 portid,
					       struct netlink_ext_ack *extack);

/* Command handlers */
int natgw_nl_transaction_begin(struct sk_buff *skb, struct genl_info *info);
int natgw_nl_transaction_commit(struct sk_buff *skb, struct genl_info *info);
int natgw_nl_transaction_abort(struct sk_buff *skb, struct genl_info *info);

#endif
