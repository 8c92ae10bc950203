// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what all objects have in common: GET, dumps, notifications. Called by the netlink
 * family, and by notify.c.
 */
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "compat/genetlink.h"
#include "config/kinds.h"
#include "config/route.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "netlink/netlink.h"
#include "netlink/nl_object.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/set.h"

/* One message with all of an object */
static int nl_put(struct sk_buff *skb, struct natgw_net *nn,
		  const struct natgw_config *config, const struct natgw_kind_ops *ops, u32 index,
		  u32 portid, u32 seq, int flags, u8 cmd, struct netlink_callback *cb)
{
	void *msg = genlmsg_put(skb, portid, seq, &natgw_nl_family, flags, cmd);
	int err;

	if (!msg)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, msg);
	if (cmd == ops->cmd[NATGW_VERB_DEL_NTF])
		err = natgw_kind_fill_key(ops, skb, config, index);
	else
		err = ops->fill(skb, nn, config, index);
	if (err) {
		genlmsg_cancel(skb, msg);
		return err;
	}
	genlmsg_end(skb, msg);
	return 0;
}

/* Room that a message with all of an object needs */
static size_t nl_size(const struct natgw_config *config,
		      const struct natgw_kind_ops *ops, u32 index)
{
	size_t size = ops->size ? ops->size(config, index) : 0;

	return max_t(size_t, size, GENLMSG_DEFAULT_SIZE);
}

int natgw_nl_get(struct sk_buff *skb, struct genl_info *info)
{
	const struct natgw_kind_ops *ops = natgw_kind_of(info->genlhdr->cmd);
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
	index = natgw_kind_index(ops, config, info);
	need = index < 0 ? 0 : nl_size(config, ops, index);
	if (index < 0)
		err = index;
	else if (need > size)
		err = -EMSGSIZE;
	else
		err = nl_put(reply, nn, config, ops, index, info->snd_portid,
			     info->snd_seq, 0, ops->cmd[NATGW_VERB_GET], NULL);
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
 * The snapshot is read anew for each object, since changes run in between. Return: there is
 * such an object.
 */
static bool nl_size_of(struct natgw_net *nn, const struct natgw_kind_ops *ops,
		       u32 index, size_t *size)
{
	const struct natgw_config *config;
	bool there;

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	there = config && ops->size && index < config->set[ops->kind].n;
	if (there)
		*size = ops->size(config, index);
	rcu_read_unlock();
	return there;
}

/*
 * A dump is of all objects: an attribute would be a filter that does nothing.
 * One message must hold the largest of them.
 */
int natgw_nl_dump_start(struct netlink_callback *cb)
{
	const struct genlmsghdr *hdr = nlmsg_data(cb->nlh);
	const struct natgw_kind_ops *ops = natgw_kind_of(hdr->cmd);
	struct natgw_net *nn = natgw_pernet(sock_net(cb->skb->sk));
	size_t size = 0, need;
	u32 i;

	for (i = 0; nl_size_of(nn, ops, i, &need); i++) {
		size = max(size, need);
		cond_resched();
	}
	cb->min_dump_alloc = nlmsg_total_size(genlmsg_total_size(size));
	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN))
		return natgw_refuse(cb->extack, nlmsg_attrdata(cb->nlh, GENL_HDRLEN), -EINVAL,
				    "a dump of command %u takes no attributes", hdr->cmd);
	return 0;
}

/*
 * One object of a dump. Positions hold within a snapshot; if it changes, the reader
 * is told. Return: 0, 1 when there is no such object, or -EMSGSIZE.
 */
static int nl_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		       struct natgw_net *nn, const struct natgw_kind_ops *ops, u32 index)
{
	const struct natgw_config *config;
	int err = 1;

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	if (config) {
		cb->seq = config->generation;
		if (index < config->set[ops->kind].n)
			err = nl_put(skb, nn, config, ops, index,
				     NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     NLM_F_MULTI, ops->cmd[NATGW_VERB_GET], cb);
	}
	rcu_read_unlock();
	return err;
}

int natgw_nl_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct genlmsghdr *hdr = nlmsg_data(cb->nlh);
	const struct natgw_kind_ops *ops = natgw_kind_of(hdr->cmd);
	struct natgw_net *nn = natgw_pernet(sock_net(skb->sk));
	u32 index = cb->args[0];
	int err;

	/* one at a time under RCU: some take long to put together */
	while (!(err = nl_dump_one(skb, cb, nn, ops, index))) {
		index++;
		cond_resched();
	}
	cb->args[0] = index;
	/* an empty answer would be the end: one has grown since the start */
	return !skb->len && err < 0 ? -EMSGSIZE : skb->len;
}

/* The table that a dump of routes is of: -1 for all. Context: RCU. */
static int nl_route_filter(const struct natgw_config *config, struct netlink_callback *cb)
{
	const struct nlattr *attr = genl_info_dump(cb)->attrs[NATGW_A_ROUTE_ROUTE_TABLE];
	char name[NATGW_NAME_MAX + 1];
	int err, i;

	if (!attr)
		return -1;
	err = natgw_nl_name(attr, "route-table", name, cb->extack);
	if (err)
		return err;
	i = natgw_set_lookup(config, NATGW_OBJECT_ROUTE_TABLE, name);
	if (i < 0)
		return natgw_refuse(cb->extack, attr, -ENOENT, "route table %s does not exist",
				    name);
	return i;
}

int natgw_nl_route_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct natgw_kind_ops *ops = natgw_kind_of(NATGW_CMD_ROUTE_GET);
	struct natgw_net *nn = natgw_pernet(sock_net(skb->sk));
	u32 table = cb->args[0], route = cb->args[1];
	const struct natgw_config *config;
	int only;

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	only = config ? nl_route_filter(config, cb) : 0;
	if (!config || only < -1) {
		rcu_read_unlock();
		return only;
	}
	cb->seq = config->generation;
	for (; table < config->n_tables; table++, route = 0) {
		if (only >= 0 && table != only)
			continue;
		for (; route < config->tables[table]->n; route++)
			if (nl_put(skb, nn, config, ops,
				   NATGW_ROUTE_PLACE(table, route),
				   NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   NLM_F_MULTI, ops->cmd[NATGW_VERB_GET], cb))
				goto out;
	}
out:
	rcu_read_unlock();
	cb->args[0] = table;
	cb->args[1] = route;
	return skb->len;
}

void natgw_nl_notify(struct natgw_net *nn, const struct natgw_config *config,
		     const struct natgw_kind_ops *ops, enum natgw_verb verb, u32 index)
{
	size_t size = GENLMSG_DEFAULT_SIZE;
	struct sk_buff *skb;
	int err = -ENOMEM;

	if (!genl_has_listeners(&natgw_nl_family, nn->net, NATGW_MCGRP_ID_CONFIG))
		return;
	if (verb == NATGW_VERB_NTF)
		size = nl_size(config, ops, index);
	skb = genlmsg_new(size, GFP_KERNEL);
	if (skb) {
		rcu_read_lock();
		err = nl_put(skb, nn, config, ops, index, 0, 0, 0, ops->cmd[verb], NULL);
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
