// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the table of commands, and all commands that change the configuration. Called by
 * the netlink family, and by main.c, which registers it.
 */
#include <linux/module.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "compat/genetlink.h"
#include "config/cluster.h"
#include "config/field.h"
#include "config/kinds.h"
#include "config/route.h"
#include "control/publish.h"
#include "control/reset_run.h"
#include "lib/extack.h"
#include "lib/prefix.h"
#include "netlink/check_nl.h"
#include "netlink/cluster_plan.h"
#include "netlink/effective.h"
#include "netlink/explain_nl.h"
#include "netlink/netlink.h"
#include "netlink/nl_object.h"
#include "netlink/ports_nl.h"
#include "netlink/save_nl.h"
#include "netlink/session_nl.h"
#include "netlink/session_watch.h"
#include "netlink/stats_nl.h"
#include "netlink/transaction.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

static int nl_change_config(struct natgw_net *nn, struct natgw_config *config, bool staged,
			    struct genl_info *info)
{
	const struct natgw_kind_ops *ops = natgw_kind_of(info->genlhdr->cmd);

	if (!ops)
		return natgw_reset(nn, config, info->attrs[NATGW_A_RESET_DRAIN], staged,
				   info->extack);
	return natgw_reset_check(config, info->extack) ?:
	       natgw_kind_change(ops, nn, config, info);
}

static struct natgw_prefix nl_newest_address(const struct natgw_config *config)
{
	if (!config->n_addresses)
		return (struct natgw_prefix) {};
	return natgw_address_prefix(config->addresses[config->n_addresses - 1]->address);
}

/* An address taken from the managed pool: which one */
static int nl_taken_fill(struct sk_buff *skb, const void *data)
{
	const struct natgw_prefix *taken = data;

	if (nla_put_u32(skb, NATGW_A_ADDRESS_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_ADDRESS_ADDRESS, taken->addr) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_PREFIX_LENGTH, taken->len))
		return -EMSGSIZE;
	return 0;
}

/* All commands that change the configuration: in the socket's transaction, or at once */
static int nl_change(struct sk_buff *skb, struct genl_info *info)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	bool takes = info->genlhdr->cmd == NATGW_CMD_ADDRESS_NEW &&
		     info->attrs[NATGW_A_ADDRESS_LENGTH];
	struct natgw_prefix taken = {};
	struct sk_buff *reply = NULL;
	struct natgw_config *config;
	int err;

	/* the reply is allocated first: want of memory for it must not undo a change */
	if (takes) {
		reply = natgw_nl_reply_new(info);
		if (!reply)
			return -ENOMEM;
	}
	mutex_lock(&nn->lock);
	config = natgw_transaction_staging(nn, info->snd_portid, info->extack);
	if (IS_ERR(config)) {
		err = PTR_ERR(config);
	} else if (config) {
		err = nl_change_config(nn, config, true, info);
		if (!err)
			taken = nl_newest_address(config);
	} else {
		config = natgw_config_clone(nn);
		err = config ? nl_change_config(nn, config, false, info) : -ENOMEM;
		if (!err)
			taken = nl_newest_address(config);
		if (!err)
			err = natgw_config_publish(nn, config, info->extack);
		else if (config)
			natgw_config_free(config);
	}
	mutex_unlock(&nn->lock);

	if (err == -ENOMEM && !info->extack->_msg)
		natgw_refuse(info->extack, NULL, err, "no memory for this change");
	return takes ? natgw_nl_reply_end(reply, info, err, nl_taken_fill, &taken) : err;
}

static const struct nla_policy begin_policy[NATGW_A_TRANSACTION_GENERATION + 1] = {
	[NATGW_A_TRANSACTION_GENERATION]	= { .type = NLA_U32 },
};

static const struct nla_policy reset_policy[NATGW_A_RESET_DRAIN + 1] = {
	[NATGW_A_RESET_DRAIN]			= { .type = NLA_U32 },
};

static const struct nla_policy commit_policy[NATGW_A_TRANSACTION_DRY_RUN + 1] = {
	[NATGW_A_TRANSACTION_DRY_RUN]		= { .type = NLA_U32 },
};

/*
 * Commands without a policy refuse all attributes. All that name an object, an
 * address or a flow need CAP_NET_ADMIN in the user namespace that owns the
 * network namespace. STATUS_GET has numbers alone, and STATS_GET leaves out for
 * others what it knows of hosts: monitoring needs no more than that.
 */
static const struct genl_ops other_ops[] = {
	{
		.cmd = NATGW_CMD_STATUS_GET,
		.doit = natgw_nl_status_get,
	},
	{
		.cmd = NATGW_CMD_ROUTE_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_route_filter_policy,
		.maxattr = NATGW_A_ROUTE_ROUTE_TABLE,
		.dumpit = natgw_nl_route_dump,
	},
	{
		.cmd = NATGW_CMD_CLUSTER_PLAN,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_cluster_policy,
		.maxattr = NATGW_A_CLUSTER_DRAIN,
		.doit = natgw_nl_cluster_plan,
	},
	{
		.cmd = NATGW_CMD_SESSION_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_session_policy,
		.maxattr = NATGW_A_SESSION_MAX,
		.start = natgw_nl_session_start,
		.dumpit = natgw_nl_session_dump,
		.done = natgw_nl_session_done,
	},
	{
		.cmd = NATGW_CMD_SESSION_COUNT,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_session_policy,
		.maxattr = NATGW_A_SESSION_MAX,
		.doit = natgw_nl_session_count,
	},
	{
		.cmd = NATGW_CMD_SESSION_FLUSH,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_session_policy,
		.maxattr = NATGW_A_SESSION_MAX,
		.doit = natgw_nl_session_flush,
	},
	{
		.cmd = NATGW_CMD_SESSION_SAVE,
		.flags = GENL_UNS_ADMIN_PERM,
		.start = natgw_nl_save_start,
		.dumpit = natgw_nl_session_dump,
		.done = natgw_nl_session_done,
	},
	{
		.cmd = NATGW_CMD_SESSION_RESTORE,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_restore_policy,
		.maxattr = NATGW_A_SAVE_PAUSE,
		.doit = natgw_nl_session_restore,
	},
	{
		.cmd = NATGW_CMD_SESSION_WATCH,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_watch_policy,
		.maxattr = NATGW_A_SESSION_MAX,
		.doit = natgw_nl_session_watch,
	},
	{
		.cmd = NATGW_CMD_STATS_GET,
		.start = natgw_nl_stats_start,
		.dumpit = natgw_nl_stats_dump,
	},
	{
		.cmd = NATGW_CMD_PORTS_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_ports_policy,
		.maxattr = NATGW_A_PORTS_WATCHED,
		.start = natgw_nl_ports_start,
		.dumpit = natgw_nl_ports_dump,
		.done = natgw_nl_ports_done,
	},
	{
		.cmd = NATGW_CMD_STATS_CHECK,
		.flags = GENL_UNS_ADMIN_PERM,
		.start = natgw_nl_check_start,
		.dumpit = natgw_nl_check_dump,
		.done = natgw_nl_check_done,
	},
	{
		.cmd = NATGW_CMD_ROUTE_EFFECTIVE_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_effective_policy,
		.maxattr = NATGW_A_ROUTE_SUBNET,
		.start = natgw_nl_effective_start,
		.dumpit = natgw_nl_effective_dump,
		.done = natgw_nl_effective_done,
	},
	{
		.cmd = NATGW_CMD_EXPLAIN,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_explain_policy,
		.maxattr = NATGW_A_EXPLAIN_VNET,
		.doit = natgw_nl_explain,
	},
	{
		.cmd = NATGW_CMD_TRANSACTION_BEGIN,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = begin_policy,
		.maxattr = NATGW_A_TRANSACTION_GENERATION,
		.doit = natgw_nl_transaction_begin,
	},
	{
		.cmd = NATGW_CMD_TRANSACTION_COMMIT,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = commit_policy,
		.maxattr = NATGW_A_TRANSACTION_DRY_RUN,
		.doit = natgw_nl_transaction_commit,
	},
	{
		.cmd = NATGW_CMD_TRANSACTION_ABORT,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = natgw_nl_transaction_abort,
	},
	{
		.cmd = NATGW_CMD_RESET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = reset_policy,
		.maxattr = NATGW_A_RESET_DRAIN,
		.doit = nl_change,
	},
};

/* Those of the kinds of objects, NEW, SET, DEL and GET, and @other_ops */
static struct genl_ops nl_ops[4 * ARRAY_SIZE(natgw_kinds) + ARRAY_SIZE(other_ops)]
__ro_after_init;

static void __init add_op(const struct genl_ops *op)
{
	if (op->cmd)
		nl_ops[natgw_nl_family.n_ops++] = *op;
}

static void __init add_change(u8 cmd, const struct nla_policy *policy, u16 maxattr)
{
	add_op(&(struct genl_ops) {
		.cmd = cmd,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = policy,
		.maxattr = maxattr,
		.doit = nl_change,
	});
}

static void __init add_kind(const struct natgw_kind_ops *ops)
{
	const struct nla_policy *del_policy = ops->del_policy ?: ops->key_policy;

	natgw_field_policies(ops);
	add_change(ops->cmd[NATGW_VERB_NEW], ops->policy, ops->policy_max);
	add_change(ops->cmd[NATGW_VERB_SET], ops->policy, ops->policy_max);
	add_change(ops->cmd[NATGW_VERB_DEL], del_policy,
		   ops->del_policy ? ops->del_max : ops->key_max);
	if (ops->kind == NATGW_OBJECT_ROUTE)
		return;
	add_op(&(struct genl_ops) {
		.cmd = ops->cmd[NATGW_VERB_GET],
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = ops->key_policy,
		.maxattr = ops->key_max,
		.doit = natgw_nl_get,
		.start = natgw_nl_dump_start,
		.dumpit = natgw_nl_dump,
	});
}

int __init natgw_netlink_module_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(natgw_kinds); i++)
		add_kind(natgw_kinds[i]);
	for (i = 0; i < ARRAY_SIZE(other_ops); i++)
		add_op(&other_ops[i]);
	natgw_nl_family.ops = nl_ops;
	return genl_register_family(&natgw_nl_family);
}

void natgw_netlink_module_exit(void)
{
	genl_unregister_family(&natgw_nl_family);
}
