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
#include "config/address.h"
#include "config/cluster.h"
#include "config/gateway.h"
#include "config/managed_pool.h"
#include "config/route.h"
#include "config/route_table.h"
#include "config/subnet.h"
#include "config/tag.h"
#include "config/vnet.h"
#include "control/publish.h"
#include "lib/extack.h"
#include "lib/prefix.h"
#include "netlink/check_nl.h"
#include "netlink/cluster_plan.h"
#include "netlink/effective.h"
#include "netlink/explain_nl.h"
#include "netlink/netlink.h"
#include "netlink/nl_object.h"
#include "netlink/ports_nl.h"
#include "netlink/session_nl.h"
#include "netlink/stats_nl.h"
#include "netlink/transaction.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

static int nl_reset(struct natgw_net *nn, struct natgw_config *config,
		    struct genl_info *info)
{
	struct natgw_vnet_conf *conf = natgw_vnet_default(nn);

	if (!conf)
		return -ENOMEM;
	natgw_config_clear(config);
	config->vnets[config->n_vnets++] = conf;
	config->anew = true;
	return 0;
}

typedef int (*natgw_nl_change_t)(struct natgw_net *nn, struct natgw_config *config,
				 struct genl_info *info);

static const natgw_nl_change_t natgw_nl_changes[__NATGW_CMD_MAX] = {
	[NATGW_CMD_GATEWAY_NEW] = natgw_gateway_new,
	[NATGW_CMD_GATEWAY_SET] = natgw_gateway_set,
	[NATGW_CMD_GATEWAY_DEL] = natgw_gateway_del,
	[NATGW_CMD_ADDRESS_NEW] = natgw_address_new,
	[NATGW_CMD_ADDRESS_SET] = natgw_address_set,
	[NATGW_CMD_ADDRESS_DEL] = natgw_address_del,
	[NATGW_CMD_SUBNET_NEW] = natgw_subnet_new,
	[NATGW_CMD_SUBNET_SET] = natgw_subnet_set,
	[NATGW_CMD_SUBNET_DEL] = natgw_subnet_del,
	[NATGW_CMD_VNET_NEW] = natgw_vnet_new,
	[NATGW_CMD_VNET_SET] = natgw_vnet_set,
	[NATGW_CMD_VNET_DEL] = natgw_vnet_del,
	[NATGW_CMD_ROUTE_TABLE_NEW] = natgw_route_table_new,
	[NATGW_CMD_ROUTE_TABLE_DEL] = natgw_route_table_del,
	[NATGW_CMD_ROUTE_NEW] = natgw_route_new,
	[NATGW_CMD_ROUTE_DEL] = natgw_route_del,
	[NATGW_CMD_TAG_NEW] = natgw_tag_new,
	[NATGW_CMD_TAG_SET] = natgw_tag_set,
	[NATGW_CMD_TAG_DEL] = natgw_tag_del,
	[NATGW_CMD_MANAGED_POOL_NEW] = natgw_managed_pool_new,
	[NATGW_CMD_MANAGED_POOL_DEL] = natgw_managed_pool_del,
	[NATGW_CMD_CLUSTER_NEW] = natgw_cluster_new,
	[NATGW_CMD_CLUSTER_SET] = natgw_cluster_set,
	[NATGW_CMD_CLUSTER_DEL] = natgw_cluster_del,
	[NATGW_CMD_RESET] = nl_reset,
};

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
	natgw_nl_change_t change = natgw_nl_changes[info->genlhdr->cmd];
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	bool takes = info->genlhdr->cmd == NATGW_CMD_ADDRESS_NEW &&
		     info->attrs[NATGW_A_ADDRESS_LENGTH];
	struct natgw_prefix taken = {};
	struct sk_buff *reply = NULL;
	struct natgw_config *config;
	int err;

	/* before the change is made: it must not fail for want of its answer */
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
		err = change(nn, config, info);
		if (!err)
			taken = nl_newest_address(config);
	} else {
		config = natgw_config_clone(nn);
		err = config ? change(nn, config, info) : -ENOMEM;
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

#define NATGW_NL_CHANGE(_cmd, _policy, _maxattr) {	\
	.cmd = (_cmd),					\
	.flags = GENL_UNS_ADMIN_PERM,			\
	.policy = (_policy),				\
	.maxattr = (_maxattr),				\
	.doit = nl_change,			\
}

#define NATGW_NL_GET(_cmd, _policy, _maxattr) {	\
	.cmd = (_cmd),					\
	.flags = GENL_UNS_ADMIN_PERM,			\
	.policy = (_policy),				\
	.maxattr = (_maxattr),				\
	.doit = natgw_nl_get,				\
	.start = natgw_nl_dump_start,			\
	.dumpit = natgw_nl_dump,			\
}

static const struct nla_policy natgw_transaction_policy[NATGW_A_TRANSACTION_GENERATION + 1] = {
	[NATGW_A_TRANSACTION_GENERATION]	= { .type = NLA_U32 },
};

/*
 * Commands without a policy refuse all attributes. All that name an object, an
 * address or a flow need CAP_NET_ADMIN in the user namespace that owns the
 * network namespace. STATUS_GET has numbers alone, and STATS_GET leaves out for
 * others what it knows of hosts: monitoring needs no more than that.
 */
static const struct genl_ops natgw_nl_ops[] = {
	{
		.cmd = NATGW_CMD_STATUS_GET,
		.doit = natgw_nl_status_get,
	},
	NATGW_NL_CHANGE(NATGW_CMD_GATEWAY_NEW, natgw_gateway_policy, NATGW_A_GATEWAY_MAX),
	NATGW_NL_CHANGE(NATGW_CMD_GATEWAY_SET, natgw_gateway_policy, NATGW_A_GATEWAY_MAX),
	NATGW_NL_CHANGE(NATGW_CMD_GATEWAY_DEL, natgw_gateway_key_policy, NATGW_A_GATEWAY_NAME),
	NATGW_NL_GET(NATGW_CMD_GATEWAY_GET, natgw_gateway_key_policy, NATGW_A_GATEWAY_NAME),
	NATGW_NL_CHANGE(NATGW_CMD_ADDRESS_NEW, natgw_address_policy, NATGW_A_ADDRESS_MAX),
	NATGW_NL_CHANGE(NATGW_CMD_ADDRESS_SET, natgw_address_policy, NATGW_A_ADDRESS_MOVE),
	NATGW_NL_CHANGE(NATGW_CMD_ADDRESS_DEL, natgw_address_key_policy,
			NATGW_A_ADDRESS_PREFIX_LENGTH),
	NATGW_NL_GET(NATGW_CMD_ADDRESS_GET, natgw_address_key_policy,
		     NATGW_A_ADDRESS_PREFIX_LENGTH),
	NATGW_NL_CHANGE(NATGW_CMD_SUBNET_NEW, natgw_subnet_policy, NATGW_A_SUBNET_MAX),
	NATGW_NL_CHANGE(NATGW_CMD_SUBNET_SET, natgw_subnet_policy, NATGW_A_SUBNET_MAX),
	NATGW_NL_CHANGE(NATGW_CMD_SUBNET_DEL, natgw_subnet_key_policy, NATGW_A_SUBNET_NAME),
	NATGW_NL_GET(NATGW_CMD_SUBNET_GET, natgw_subnet_key_policy, NATGW_A_SUBNET_NAME),
	NATGW_NL_CHANGE(NATGW_CMD_VNET_NEW, natgw_vnet_policy, NATGW_A_VNET_MAX),
	NATGW_NL_CHANGE(NATGW_CMD_VNET_SET, natgw_vnet_policy, NATGW_A_VNET_MAX),
	NATGW_NL_CHANGE(NATGW_CMD_VNET_DEL, natgw_vnet_key_policy, NATGW_A_VNET_NAME),
	NATGW_NL_GET(NATGW_CMD_VNET_GET, natgw_vnet_key_policy, NATGW_A_VNET_NAME),
	NATGW_NL_CHANGE(NATGW_CMD_ROUTE_TABLE_NEW, natgw_route_table_policy,
			NATGW_A_ROUTE_TABLE_NAME),
	NATGW_NL_CHANGE(NATGW_CMD_ROUTE_TABLE_DEL, natgw_route_table_policy,
			NATGW_A_ROUTE_TABLE_NAME),
	NATGW_NL_GET(NATGW_CMD_ROUTE_TABLE_GET, natgw_route_table_policy,
		     NATGW_A_ROUTE_TABLE_NAME),
	NATGW_NL_CHANGE(NATGW_CMD_ROUTE_NEW, natgw_route_policy, NATGW_A_ROUTE_UNREACHABLE),
	NATGW_NL_CHANGE(NATGW_CMD_ROUTE_DEL, natgw_route_key_policy, NATGW_A_ROUTE_TAG),
	{
		.cmd = NATGW_CMD_ROUTE_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_route_filter_policy,
		.maxattr = NATGW_A_ROUTE_ROUTE_TABLE,
		.dumpit = natgw_nl_route_dump,
	},
	NATGW_NL_CHANGE(NATGW_CMD_TAG_NEW, natgw_tag_policy, NATGW_A_TAG_MAX),
	NATGW_NL_CHANGE(NATGW_CMD_TAG_SET, natgw_tag_policy, NATGW_A_TAG_MAX),
	NATGW_NL_CHANGE(NATGW_CMD_TAG_DEL, natgw_tag_key_policy, NATGW_A_TAG_NAME),
	NATGW_NL_GET(NATGW_CMD_TAG_GET, natgw_tag_key_policy, NATGW_A_TAG_NAME),
	NATGW_NL_CHANGE(NATGW_CMD_MANAGED_POOL_NEW, natgw_managed_pool_policy, NATGW_A_POOL_DEV),
	NATGW_NL_CHANGE(NATGW_CMD_MANAGED_POOL_DEL, natgw_managed_pool_key_policy,
			NATGW_A_POOL_PREFIX_LENGTH),
	NATGW_NL_GET(NATGW_CMD_MANAGED_POOL_GET, natgw_managed_pool_key_policy,
		     NATGW_A_POOL_PREFIX_LENGTH),
	NATGW_NL_CHANGE(NATGW_CMD_CLUSTER_NEW, natgw_cluster_policy, NATGW_A_CLUSTER_DRAIN),
	NATGW_NL_CHANGE(NATGW_CMD_CLUSTER_SET, natgw_cluster_policy, NATGW_A_CLUSTER_DRAIN),
	NATGW_NL_CHANGE(NATGW_CMD_CLUSTER_DEL, natgw_cluster_del_policy, NATGW_A_CLUSTER_DRAIN),
	NATGW_NL_GET(NATGW_CMD_CLUSTER_GET, natgw_cluster_key_policy, NATGW_A_CLUSTER_NAME),
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
		.cmd = NATGW_CMD_STATS_GET,
		.start = natgw_nl_stats_start,
		.dumpit = natgw_nl_stats_dump,
	},
	{
		.cmd = NATGW_CMD_PORTS_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = natgw_ports_policy,
		.maxattr = NATGW_A_PORTS_DST_PORT,
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
		.policy = natgw_transaction_policy,
		.maxattr = NATGW_A_TRANSACTION_GENERATION,
		.doit = natgw_nl_transaction_begin,
	},
	{
		.cmd = NATGW_CMD_TRANSACTION_COMMIT,
		.flags = GENL_UNS_ADMIN_PERM,
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
		.doit = nl_change,
	},
};

int __init natgw_netlink_module_init(void)
{
	natgw_nl_family.ops = natgw_nl_ops;
	natgw_nl_family.n_ops = ARRAY_SIZE(natgw_nl_ops);
	return genl_register_family(&natgw_nl_family);
}

void natgw_netlink_module_exit(void)
{
	genl_unregister_family(&natgw_nl_family);
}
