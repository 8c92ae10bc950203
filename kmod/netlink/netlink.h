/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family: answers, notifications. */
#ifndef _NATGW_NETLINK_NETLINK_H
#define _NATGW_NETLINK_NETLINK_H

#include <linux/types.h>
#include <linux/natgw.h>

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
 * natgw_nl_reply_in - the same, in memory that was taken before
 * @reply: of genlmsg_new(), large enough; used up
 *
 * For requests that change something: they take it first.
 */
int natgw_nl_reply_in(struct sk_buff *reply, struct genl_info *info,
		      int (*fill)(struct sk_buff *skb, const void *data), const void *data);

/** natgw_nl_reply - the same, of less than GENLMSG_DEFAULT_SIZE */
int natgw_nl_reply(struct genl_info *info, int (*fill)(struct sk_buff *skb, const void *data),
		   const void *data);

/**
 * natgw_nl_notify - tell the listeners of one object
 * @nn: namespace
 * @config: snapshot that holds the object
 * @cmd: NATGW_CMD_*_NTF
 * @index: of the object; of a route its place
 */
void natgw_nl_notify(struct natgw_net *nn, const struct natgw_config *config, u8 cmd, u32 index);

#endif
