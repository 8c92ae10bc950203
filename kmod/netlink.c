// SPDX-License-Identifier: GPL-2.0
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "address.h"
#include "check_nl.h"
#include "cluster.h"
#include "compat/genetlink.h"
#include "config.h"
#include "effective.h"
#include "explain_nl.h"
#include "extack.h"
#include "gateway.h"
#include "managed_pool.h"
#include "net.h"
#include "netlink.h"
#include "ports_nl.h"
#include "route.h"
#include "route_table.h"
#include "session_nl.h"
#include "stats_nl.h"
#include "subnet.h"
#include "tag.h"
#include "transaction.h"
#include "vnet.h"

static const struct genl_multicast_group natgw_nl_mcgrps[] = {
	[NATGW_MCGRP_ID_CONFIG] = {
		.name = NATGW_MCGRP_CONFIG,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	[NATGW_MCGRP_ID_EXHAUSTION] = {
		.name = NATGW_MCGRP_EXHAUSTION,
		.flags = GENL_UNS_ADMIN_PERM,
	},
};

int natgw_nl_name(const struct nlattr *attr, const char *label,
		  char name[NATGW_NAME_MAX + 1], struct netlink_ext_ack *extack)
{
	const char *value = nla_data(attr);
	size_t len = strlen(value), i;

	if (len + 1 != nla_len(attr))
		return natgw_refuse(extack, attr, -EINVAL, "%s has bytes after its end: %*pE",
				    label, nla_len(attr), value);
	if (!len || len > NATGW_NAME_MAX)
		return natgw_refuse(extack, attr, -EINVAL, "%s \"%*pE\" has %zu bytes, not 1..%u",
				    label, (int)len, value, len, NATGW_NAME_MAX);
	for (i = 0; i < len; i++)
		if (!isascii(value[i]) || (!isalnum(value[i]) && !strchr("._-", value[i])))
			return natgw_refuse(extack, attr, -EINVAL,
					    "%s \"%*pE\" has another character than A-Z a-z 0-9 . _ -",
					    label, (int)len, value);
	if (!strcmp(value, "none"))
		return natgw_refuse(extack, attr, -EINVAL, "%s none is reserved", label);
	strscpy(name, value, NATGW_NAME_MAX + 1);
	return 0;
}

int natgw_nl_range(const struct nlattr *attr, const char *label, u32 min, u32 max,
		   u32 *value, struct netlink_ext_ack *extack)
{
	u32 given = nla_get_u32(attr);

	if (given < min || given > max)
		return natgw_refuse(extack, attr, -ERANGE, "%s %u is outside %u..%u", label, given,
				    min, max);
	*value = given;
	return 0;
}

int natgw_nl_ipv4(const struct nlattr *family, const struct nlattr *attr, const char *label,
		  __be32 *addr, struct netlink_ext_ack *extack)
{
	if (family && nla_get_u32(family) != AF_INET)
		return natgw_refuse(extack, family, -EAFNOSUPPORT,
				    "family %u is not supported, only %u (IPv4)",
				    nla_get_u32(family), AF_INET);
	if (nla_len(attr) != sizeof(*addr))
		return natgw_refuse(extack, attr, -EINVAL, "%s has %d bytes, not %zu", label,
				    nla_len(attr), sizeof(*addr));
	*addr = nla_get_in_addr(attr);
	return 0;
}

int natgw_nl_dev(struct net *net, const struct nlattr *attr, const char *label,
		 char name[IFNAMSIZ], struct netlink_ext_ack *extack)
{
	const char *value = nla_data(attr);
	int len = strlen(value);
	bool exists;

	if (len + 1 != nla_len(attr))
		return natgw_refuse(extack, attr, -EINVAL, "%s has bytes after its end: %*pE",
				    label, nla_len(attr), value);
	if (len >= IFNAMSIZ)
		return natgw_refuse(extack, attr, -EINVAL, "%s %*pE has %d bytes, at most %d",
				    label, len, value, len, IFNAMSIZ - 1);
	if (len) {
		rcu_read_lock();
		exists = dev_get_by_name_rcu(net, value);
		rcu_read_unlock();
		if (!exists)
			return natgw_refuse(extack, attr, -ENODEV, "%s %*pE does not exist", label,
					    len, value);
	}
	strscpy(name, value, IFNAMSIZ);
	return 0;
}

/**
 * struct natgw_nl_object - what GET, dumps and notifications know of an object
 * @get: command of its answers
 * @ntf: notification of its making and change
 * @del_ntf: notification of its end
 * @count: number of them; NULL: by table and number, see natgw_nl_route_dump()
 * @index: the one that a request names; NULL: dumps only
 * @size: bytes that @fill puts at most; NULL: less than GENLMSG_DEFAULT_SIZE
 * @fill: puts all of it
 * @fill_key: puts its key
 */
struct natgw_nl_object {
	u8 get;
	u8 ntf;
	u8 del_ntf;
	u32 (*count)(const struct natgw_config *config);
	int (*index)(const struct natgw_config *config, struct genl_info *info);
	size_t (*size)(const struct natgw_config *config, u32 index);
	int (*fill)(struct sk_buff *skb, struct natgw_net *nn,
		    const struct natgw_config *config, u32 index);
	int (*fill_key)(struct sk_buff *skb, const struct natgw_config *config, u32 index);
};

static u32 natgw_nl_gateways(const struct natgw_config *config)
{
	return config->n_gateways;
}

static u32 natgw_nl_addresses(const struct natgw_config *config)
{
	return config->n_addresses;
}

static u32 natgw_nl_subnets(const struct natgw_config *config)
{
	return config->n_subnets;
}

static u32 natgw_nl_vnets(const struct natgw_config *config)
{
	return config->n_vnets;
}

static u32 natgw_nl_route_tables(const struct natgw_config *config)
{
	return config->n_tables;
}

static u32 natgw_nl_tags(const struct natgw_config *config)
{
	return config->n_tags;
}

static u32 natgw_nl_managed_pools(const struct natgw_config *config)
{
	return config->n_managed;
}

static u32 natgw_nl_clusters(const struct natgw_config *config)
{
	return config->n_clusters;
}

static const struct natgw_nl_object natgw_nl_objects[] = {
	{
		.get = NATGW_CMD_GATEWAY_GET,
		.ntf = NATGW_CMD_GATEWAY_NTF,
		.del_ntf = NATGW_CMD_GATEWAY_DEL_NTF,
		.count = natgw_nl_gateways,
		.index = natgw_gateway_index,
		.fill = natgw_gateway_fill,
		.fill_key = natgw_gateway_fill_key,
	},
	{
		.get = NATGW_CMD_ADDRESS_GET,
		.ntf = NATGW_CMD_ADDRESS_NTF,
		.del_ntf = NATGW_CMD_ADDRESS_DEL_NTF,
		.count = natgw_nl_addresses,
		.index = natgw_address_index,
		.fill = natgw_address_fill,
		.fill_key = natgw_address_fill_key,
	},
	{
		.get = NATGW_CMD_SUBNET_GET,
		.ntf = NATGW_CMD_SUBNET_NTF,
		.del_ntf = NATGW_CMD_SUBNET_DEL_NTF,
		.count = natgw_nl_subnets,
		.index = natgw_subnet_index,
		.fill = natgw_subnet_fill,
		.fill_key = natgw_subnet_fill_key,
	},
	{
		.get = NATGW_CMD_VNET_GET,
		.ntf = NATGW_CMD_VNET_NTF,
		.del_ntf = NATGW_CMD_VNET_DEL_NTF,
		.count = natgw_nl_vnets,
		.index = natgw_vnet_index,
		.size = natgw_vnet_size,
		.fill = natgw_vnet_fill,
		.fill_key = natgw_vnet_fill_key,
	},
	{
		.get = NATGW_CMD_ROUTE_TABLE_GET,
		.ntf = NATGW_CMD_ROUTE_TABLE_NTF,
		.del_ntf = NATGW_CMD_ROUTE_TABLE_DEL_NTF,
		.count = natgw_nl_route_tables,
		.index = natgw_route_table_index,
		.fill = natgw_route_table_fill,
		.fill_key = natgw_route_table_fill_key,
	},
	{
		.get = NATGW_CMD_ROUTE_GET,
		.ntf = NATGW_CMD_ROUTE_NTF,
		.del_ntf = NATGW_CMD_ROUTE_DEL_NTF,
		.fill = natgw_route_fill,
		.fill_key = natgw_route_fill_key,
	},
	{
		.get = NATGW_CMD_TAG_GET,
		.ntf = NATGW_CMD_TAG_NTF,
		.del_ntf = NATGW_CMD_TAG_DEL_NTF,
		.count = natgw_nl_tags,
		.index = natgw_tag_index,
		.size = natgw_tag_size,
		.fill = natgw_tag_fill,
		.fill_key = natgw_tag_fill_key,
	},
	{
		.get = NATGW_CMD_MANAGED_POOL_GET,
		.ntf = NATGW_CMD_MANAGED_POOL_NTF,
		.del_ntf = NATGW_CMD_MANAGED_POOL_DEL_NTF,
		.count = natgw_nl_managed_pools,
		.index = natgw_managed_pool_index,
		.fill = natgw_managed_pool_fill,
		.fill_key = natgw_managed_pool_fill_key,
	},
	{
		.get = NATGW_CMD_CLUSTER_GET,
		.ntf = NATGW_CMD_CLUSTER_NTF,
		.del_ntf = NATGW_CMD_CLUSTER_DEL_NTF,
		.count = natgw_nl_clusters,
		.index = natgw_cluster_index,
		.size = natgw_cluster_size,
		.fill = natgw_cluster_fill,
		.fill_key = natgw_cluster_fill_key,
	},
};

static const struct natgw_nl_object *natgw_nl_object(u8 cmd)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(natgw_nl_objects); i++) {
		const struct natgw_nl_object *object = &natgw_nl_objects[i];

		if (cmd == object->get || cmd == object->ntf || cmd == object->del_ntf)
			return object;
	}
	return NULL;
}

/* One message with all of an object */
static int natgw_nl_put(struct sk_buff *skb, struct natgw_net *nn,
			const struct natgw_config *config,
			const struct natgw_nl_object *object, u32 index,
			u32 portid, u32 seq, int flags, u8 cmd, struct netlink_callback *cb)
{
	void *msg = genlmsg_put(skb, portid, seq, &natgw_nl_family, flags, cmd);
	int err;

	if (!msg)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, msg);
	if (cmd == object->del_ntf)
		err = object->fill_key(skb, config, index);
	else
		err = object->fill(skb, nn, config, index);
	if (err) {
		genlmsg_cancel(skb, msg);
		return err;
	}
	genlmsg_end(skb, msg);
	return 0;
}

/* Room that a message with all of an object needs */
static size_t natgw_nl_size(const struct natgw_config *config,
			    const struct natgw_nl_object *object, u32 index)
{
	size_t size = object->size ? object->size(config, index) : 0;

	return max_t(size_t, size, GENLMSG_DEFAULT_SIZE);
}

static int natgw_nl_get(struct sk_buff *skb, struct genl_info *info)
{
	const struct natgw_nl_object *object = natgw_nl_object(info->genlhdr->cmd);
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	size_t size = GENLMSG_DEFAULT_SIZE, need;
	const struct natgw_config *config;
	struct sk_buff *reply;
	int index, err;

again:
	reply = genlmsg_new(size, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	rcu_read_lock();
	config = rcu_dereference(nn->config);
	index = object->index(config, info);
	need = index < 0 ? 0 : natgw_nl_size(config, object, index);
	if (index < 0)
		err = index;
	else if (need > size)
		err = -EMSGSIZE;
	else
		err = natgw_nl_put(reply, nn, config, object, index, info->snd_portid,
				   info->snd_seq, 0, object->get, NULL);
	rcu_read_unlock();
	if (!err)
		return genlmsg_reply(reply, info);
	nlmsg_free(reply);
	if (need <= size)
		return err;
	size = need;
	goto again;
}

/*
 * A dump is of all objects: an attribute would be a filter that does nothing.
 * One message must hold the largest of them.
 */
static int natgw_nl_dump_start(struct netlink_callback *cb)
{
	const struct genlmsghdr *hdr = nlmsg_data(cb->nlh);
	const struct natgw_nl_object *object = natgw_nl_object(hdr->cmd);
	struct natgw_net *nn = natgw_pernet(sock_net(cb->skb->sk));
	const struct natgw_config *config;
	size_t size = 0;
	u32 i;

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	for (i = 0; config && object->size && i < object->count(config); i++)
		size = max(size, object->size(config, i));
	rcu_read_unlock();
	cb->min_dump_alloc = nlmsg_total_size(genlmsg_total_size(size));
	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN))
		return natgw_refuse(cb->extack, nlmsg_attrdata(cb->nlh, GENL_HDRLEN), -EINVAL,
				    "a dump of command %u takes no attributes", hdr->cmd);
	return 0;
}

static int natgw_nl_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct genlmsghdr *hdr = nlmsg_data(cb->nlh);
	const struct natgw_nl_object *object = natgw_nl_object(hdr->cmd);
	struct natgw_net *nn = natgw_pernet(sock_net(skb->sk));
	const struct natgw_config *config;
	u32 index = cb->args[0];

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	if (config) {
		/* Positions hold within a snapshot; if it changes, the reader is told */
		cb->seq = config->generation;
		for (; index < object->count(config); index++)
			if (natgw_nl_put(skb, nn, config, object, index,
					 NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
					 NLM_F_MULTI, object->get, cb))
				break;
		/* an empty answer would be the end: one has grown since the start */
		if (!skb->len && index < object->count(config)) {
			rcu_read_unlock();
			return -EMSGSIZE;
		}
	}
	rcu_read_unlock();
	cb->args[0] = index;
	return skb->len;
}

/* The table that a dump of routes is of: -1 for all. Context: RCU. */
static int natgw_nl_route_filter(const struct natgw_config *config, struct netlink_callback *cb)
{
	const struct nlattr *attr = genl_info_dump(cb)->attrs[NATGW_A_ROUTE_ROUTE_TABLE];
	char name[NATGW_NAME_MAX + 1];
	int err, i;

	if (!attr)
		return -1;
	err = natgw_nl_name(attr, "route-table", name, cb->extack);
	if (err)
		return err;
	i = natgw_route_table_find(config, name);
	if (i < 0)
		return natgw_refuse(cb->extack, attr, -ENOENT, "route table %s does not exist",
				    name);
	return i;
}

static int natgw_nl_route_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct natgw_nl_object *object = natgw_nl_object(NATGW_CMD_ROUTE_GET);
	struct natgw_net *nn = natgw_pernet(sock_net(skb->sk));
	u32 table = cb->args[0], route = cb->args[1];
	const struct natgw_config *config;
	int only;

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	only = config ? natgw_nl_route_filter(config, cb) : 0;
	if (!config || only < -1) {
		rcu_read_unlock();
		return only;
	}
	cb->seq = config->generation;
	for (; table < config->n_tables; table++, route = 0) {
		if (only >= 0 && table != only)
			continue;
		for (; route < config->tables[table]->n; route++)
			if (natgw_nl_put(skb, nn, config, object,
					 NATGW_ROUTE_PLACE(table, route),
					 NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
					 NLM_F_MULTI, object->get, cb))
				goto out;
	}
out:
	rcu_read_unlock();
	cb->args[0] = table;
	cb->args[1] = route;
	return skb->len;
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
	void *msg;
	int err;

	reply = genlmsg_new(max_t(size_t, size, GENLMSG_DEFAULT_SIZE), GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	msg = genlmsg_put_reply(reply, info, &natgw_nl_family, 0, info->genlhdr->cmd);
	err = msg ? fill(reply, data) : -EMSGSIZE;
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, msg);
	return genlmsg_reply(reply, info);
}

void natgw_nl_notify(struct natgw_net *nn, const struct natgw_config *config, u8 cmd, u32 index)
{
	const struct natgw_nl_object *object = natgw_nl_object(cmd);
	size_t size = GENLMSG_DEFAULT_SIZE;
	struct sk_buff *skb;
	int err = -ENOMEM;

	if (!genl_has_listeners(&natgw_nl_family, nn->net, NATGW_MCGRP_ID_CONFIG))
		return;
	if (cmd == object->ntf)
		size = natgw_nl_size(config, object, index);
	skb = genlmsg_new(size, GFP_KERNEL);
	if (skb) {
		rcu_read_lock();
		err = natgw_nl_put(skb, nn, config, object, index, 0, 0, 0, cmd, NULL);
		rcu_read_unlock();
	}
	if (!err) {
		genlmsg_multicast_netns(&natgw_nl_family, nn->net, skb, 0,
					NATGW_MCGRP_ID_CONFIG, GFP_KERNEL);
		return;
	}
	/* Listeners must know that they missed something */
	nlmsg_free(skb);
	genl_set_err(&natgw_nl_family, nn->net, 0, NATGW_MCGRP_ID_CONFIG, -ENOBUFS);
}

static int natgw_nl_reset(struct natgw_net *nn, struct natgw_config *config,
			  struct genl_info *info)
{
	struct natgw_vnet_conf *conf = natgw_vnet_default(nn);

	if (!conf)
		return -ENOMEM;
	natgw_config_clear(config);
	config->vnets[config->n_vnets++] = conf;
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
	[NATGW_CMD_RESET] = natgw_nl_reset,
};

static struct natgw_prefix natgw_nl_newest_address(const struct natgw_config *config)
{
	if (!config->n_addresses)
		return (struct natgw_prefix) {};
	return natgw_address_prefix(config->addresses[config->n_addresses - 1]->address);
}

/* An address taken from the managed pool: which one */
static int natgw_nl_taken_fill(struct sk_buff *skb, const void *data)
{
	const struct natgw_prefix *taken = data;

	if (nla_put_u32(skb, NATGW_A_ADDRESS_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_ADDRESS_ADDRESS, taken->addr) ||
	    nla_put_u32(skb, NATGW_A_ADDRESS_PREFIX_LENGTH, taken->len))
		return -EMSGSIZE;
	return 0;
}

/* All commands that change the configuration: in the socket's transaction, or at once */
static int natgw_nl_change(struct sk_buff *skb, struct genl_info *info)
{
	natgw_nl_change_t change = natgw_nl_changes[info->genlhdr->cmd];
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	struct natgw_prefix taken = {};
	struct natgw_config *config;
	int err;

	mutex_lock(&nn->lock);
	config = natgw_transaction_staging(nn, info->snd_portid, info->extack);
	if (IS_ERR(config)) {
		err = PTR_ERR(config);
	} else if (config) {
		err = change(nn, config, info);
		if (!err)
			taken = natgw_nl_newest_address(config);
	} else {
		config = natgw_config_clone(nn);
		err = config ? change(nn, config, info) : -ENOMEM;
		if (!err)
			taken = natgw_nl_newest_address(config);
		if (!err)
			err = natgw_config_publish(nn, config, info->extack);
		else if (config)
			natgw_config_free(config);
	}
	mutex_unlock(&nn->lock);

	if (err == -ENOMEM && !info->extack->_msg)
		natgw_refuse(info->extack, NULL, err, "no memory for this change");
	if (!err && info->genlhdr->cmd == NATGW_CMD_ADDRESS_NEW &&
	    info->attrs[NATGW_A_ADDRESS_LENGTH])
		err = natgw_nl_reply(info, natgw_nl_taken_fill, &taken);
	return err;
}

#define NATGW_NL_CHANGE(_cmd, _policy, _maxattr) {	\
	.cmd = (_cmd),					\
	.flags = GENL_UNS_ADMIN_PERM,			\
	.policy = (_policy),				\
	.maxattr = (_maxattr),				\
	.doit = natgw_nl_change,			\
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

/* Commands without a policy refuse all attributes */
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
	NATGW_NL_CHANGE(NATGW_CMD_ADDRESS_SET, natgw_address_policy, NATGW_A_ADDRESS_RESERVE),
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
	NATGW_NL_CHANGE(NATGW_CMD_CLUSTER_DEL, natgw_cluster_key_policy, NATGW_A_CLUSTER_NAME),
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
		.doit = natgw_nl_change,
	},
};

/* No resv_start_op and no validate flags: everything is checked strictly */
struct genl_family natgw_nl_family __ro_after_init = {
	.name = NATGW_GENL_NAME,
	.version = NATGW_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = natgw_nl_ops,
	.n_ops = ARRAY_SIZE(natgw_nl_ops),
	.mcgrps = natgw_nl_mcgrps,
	.n_mcgrps = ARRAY_SIZE(natgw_nl_mcgrps),
};

int __init natgw_netlink_module_init(void)
{
	return genl_register_family(&natgw_nl_family);
}

void natgw_netlink_module_exit(void)
{
	genl_unregister_family(&natgw_nl_family);
}
