/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family: answers, notifications. */
#ifndef _NATGW_NETLINK_NETLINK_H
#define _NATGW_NETLINK_NETLINK_H

#include <linux/types.h>
#include <linux/natgw.h>
#include "config/kind.h"

struct genl_family;
struct genl_info;
struct natgw_config;
struct natgw_net;
struct sk_buff;

/** enum natgw_mcgrp - multicast groups, by index */
enum natgw_mcgrp {
	NATGW_MCGRP_ID_CONFIG,
	NATGW_MCGRP_ID_EXHAUSTION,
};

extern struct genl_family natgw_nl_family;

/* Module. Register last, unregister first */
int natgw_netlink_module_init(void);
void natgw_netlink_module_exit(void);

/**
 * natgw_nl_reply_size - answer one request with one message
 * @info: request
 * @size: bytes of attributes at most, or less than GENLMSG_DEFAULT_SIZE
 * @fill: puts the attributes; 0 or a negative errno
 * @data: for @fill
 *
 * The answer bears the command of the request.
 */
int natgw_nl_reply_size(struct genl_info *info, size_t size,
			int (*fill)(struct sk_buff *skb, const void *data), const void *data);

/**
 * natgw_nl_reply_new - memory for an answer of less than GENLMSG_DEFAULT_SIZE
 *
 * A request that changes something takes it before the change: once that is made
 * it must not fail for want of its answer. Return: to be handed to
 * natgw_nl_reply_end(), or NULL, with a sentence: -ENOMEM.
 */
struct sk_buff *natgw_nl_reply_new(struct genl_info *info);

/**
 * natgw_nl_reply_end - answer a request that has changed something, or has failed
 * @reply: of natgw_nl_reply_new(), used up; with @err it may be NULL
 * @info: request
 * @err: 0, or why it failed: there is no answer then
 * @fill, @data: as of natgw_nl_reply_size()
 *
 * Return: @err.
 */
int natgw_nl_reply_end(struct sk_buff *reply, struct genl_info *info, int err,
		       int (*fill)(struct sk_buff *skb, const void *data), const void *data);

/** natgw_nl_reply - the same, of less than GENLMSG_DEFAULT_SIZE */
int natgw_nl_reply(struct genl_info *info, int (*fill)(struct sk_buff *skb, const void *data),
		   const void *data);

/**
 * natgw_nl_notify - tell the listeners of one object
 * @nn: namespace
 * @config: snapshot that holds the object
 * @ops: its kind
 * @verb: NATGW_VERB_NTF or NATGW_VERB_DEL_NTF
 * @index: of the object; of a route its place
 */
void natgw_nl_notify(struct natgw_net *nn, const struct natgw_config *config,
		     const struct natgw_kind_ops *ops, enum natgw_verb verb, u32 index);

#endif
