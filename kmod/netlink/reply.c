// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the netlink family itself, and single answers by it. Called by all command
 * handlers; netlink.c gives the family its commands and registers it.
 */
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/natgw.h>
#include <net/genetlink.h>
#include "compat/genetlink.h"
#include "lib/extack.h"
#include "netlink/netlink.h"

/*
 * Groups have flags of their own; like the flags of commands they ask for CAP_NET_ADMIN in the
 * user namespace that owns the network namespace
 */
static const struct genl_multicast_group natgw_nl_mcgrps[] = {
	[NATGW_MCGRP_ID_CONFIG] = {
		.name = NATGW_MCGRP_CONFIG,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[NATGW_MCGRP_ID_EXHAUSTION] = {
		.name = NATGW_MCGRP_EXHAUSTION,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

/*
 * The family without its commands: netlink.c adds them, because the handlers of commands call
 * this file. There is no resv_start_op and no validate flag, so the kernel checks everything
 * strictly.
 */
struct genl_family natgw_nl_family __ro_after_init = {
	.name = NATGW_GENL_NAME,
	.version = NATGW_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.mcgrps = natgw_nl_mcgrps,
	.n_mcgrps = ARRAY_SIZE(natgw_nl_mcgrps),
};

static int nl_reply_in(struct sk_buff *reply, struct genl_info *info,
		       int (*fill)(struct sk_buff *skb, const void *data), const void *data)
{
	void *msg;
	int err;

	msg = genlmsg_put_reply(reply, info, &natgw_nl_family, 0, info->genlhdr->cmd);
	err = msg ? fill(reply, data) : -EMSGSIZE;
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, msg);
	return genlmsg_reply(reply, info);
}

int natgw_nl_reply(struct genl_info *info, int (*fill)(struct sk_buff *skb, const void *data),
		   const void *data)
{
	return natgw_nl_reply_size(info, 0, fill, data);
}

int natgw_nl_reply_size(struct genl_info *info, size_t size,
			int (*fill)(struct sk_buff *skb, const void *data), const void *data)
{
	struct sk_buff *reply;

	reply = genlmsg_new(max_t(size_t, size, GENLMSG_DEFAULT_SIZE), GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	return nl_reply_in(reply, info, fill, data);
}

struct sk_buff *natgw_nl_reply_new(struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!reply)
		natgw_refuse(info->extack, NULL, -ENOMEM, "no memory for the answer");
	return reply;
}

int natgw_nl_reply_end(struct sk_buff *reply, struct genl_info *info, int err,
		       int (*fill)(struct sk_buff *skb, const void *data), const void *data)
{
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	/* the change has been made, so it succeeds even if the reply cannot be filled */
	nl_reply_in(reply, info, fill, data);
	return 0;
}
