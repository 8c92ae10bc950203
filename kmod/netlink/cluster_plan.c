// SPDX-License-Identifier: GPL-2.0
/*
 * Owns CLUSTER_PLAN: the change itself, made in a copy that is thrown away. Called by the
 * netlink family.
 */
#include <linux/natgw.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/cluster.h"
#include "config/compile.h"
#include "config/find.h"
#include "config/outbound_type.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "netlink/cluster_plan.h"
#include "netlink/netlink.h"
#include "netlink/transaction.h"
#include "session/seat.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"

/**
 * struct plan - an answer in the making
 * @base: snapshot so far
 * @after: what the change would make of it, if one type is asked for
 * @index: of the cluster in both
 * @n: used part of the arrays
 * @type: types asked for
 * @err: 0, or why each is refused
 * @why: the sentence
 * @n_left: used part of @left
 * @left: addresses that the cluster would no longer leave by
 * @sessions: open ones of the cluster on those
 */
struct plan {
	const struct natgw_config *base;
	struct natgw_config *after;
	u32 index;
	u32 n;
	u32 type[NATGW_OUTBOUND_TYPES];
	int err[NATGW_OUTBOUND_TYPES];
	char why[NATGW_OUTBOUND_TYPES][NATGW_ERR_MAX];
	u32 n_left;
	const struct natgw_address **left;
	u32 sessions;
};

/* The change, and what a commit would refuse. @config: the copy, not yet changed */
static int try_type(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info,
		    struct netlink_ext_ack *extack, u32 index, u32 type)
{
	struct natgw_cluster_change change = {
		.nn = nn,
		.config = config,
		.info = info,
		.extack = extack,
		.type = type,
	};
	int err;

	err = natgw_cluster_try(&change, index);
	if (err)
		return err;
	err = natgw_compile(nn, config, extack);
	if (!err)
		err = natgw_seat_check(config, extack);
	return err;
}

static int plan_one(struct natgw_net *nn, struct plan *plan, struct genl_info *info, u32 type)
{
	plan->after = natgw_config_copy(plan->base);
	if (!plan->after)
		return -ENOMEM;
	plan->type[plan->n++] = type;
	return try_type(nn, plan->after, info, info->extack, plan->index, type);
}

static int plan_all(struct natgw_net *nn, struct plan *plan, struct genl_info *info)
{
	struct netlink_ext_ack extack;
	struct natgw_config *config;
	u32 type;

	for (type = 0; type < NATGW_OUTBOUND_TYPES; type++) {
		config = natgw_config_copy(plan->base);
		if (!config)
			return -ENOMEM;
		memset(&extack, 0, sizeof(extack));
		plan->type[plan->n] = type;
		plan->err[plan->n] = try_type(nn, config, info, &extack, plan->index, type);
		natgw_config_free(config);
		if (plan->err[plan->n] == -ENOMEM)
			return -ENOMEM;
		/* copied at once: what refusals say is kept for a few of them only */
		if (plan->err[plan->n] && extack._msg)
			strscpy(plan->why[plan->n], extack._msg, NATGW_ERR_MAX);
		plan->n++;
	}
	return 0;
}

static int plan_fill_type(struct sk_buff *skb, const struct plan *plan, u32 i)
{
	struct nlattr *nest = nla_nest_start(skb, NATGW_A_CLUSTER_PLAN);

	if (!nest || nla_put_u32(skb, NATGW_A_PLAN_OUTBOUND_TYPE, plan->type[i]) ||
	    nla_put_u32(skb, NATGW_A_PLAN_ALLOWED,
			plan->err[i] ? NATGW_SWITCH_OFF : NATGW_SWITCH_ON) ||
	    (*plan->why[i] && nla_put_string(skb, NATGW_A_PLAN_REASON, plan->why[i])))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Addresses that the cluster leaves by in a snapshot */
static int plan_fill_addresses(struct sk_buff *skb, const struct natgw_config *config, u32 index,
			       int attr, int unauthorized)
{
	const struct natgw_cluster_conf *conf = config->clusters[index];
	struct natgw_cluster_ways ways;
	u32 i;

	natgw_cluster_ways(config, conf, &ways);
	for (i = 0; i < config->n_addresses; i++) {
		struct natgw_prefix prefix = natgw_address_prefix(config->addresses[i]->address);

		if (!natgw_cluster_leaves_by(&ways, config->addresses[i]))
			continue;
		if (natgw_prefix_fill(skb, attr, prefix) ||
		    (unauthorized && !natgw_cluster_authorizes(conf, prefix) &&
		     natgw_prefix_fill(skb, unauthorized, prefix)))
			return -EMSGSIZE;
	}
	return 0;
}

/* An address that the cluster leaves by now, and not after the change */
static bool plan_leaves(const struct plan *plan, const struct natgw_cluster_ways *before,
			const struct natgw_cluster_ways *after,
			const struct natgw_address_conf *address)
{
	int i;

	if (!natgw_cluster_leaves_by(before, address))
		return false;
	i = natgw_address_lookup(plan->after, natgw_address_prefix(address->address));
	return i < 0 || !natgw_cluster_leaves_by(after, plan->after->addresses[i]);
}

static bool plan_count_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	struct plan *plan = data;
	u32 i;

	if (!natgw_session_ready(session) ||
	    test_bit(NATGW_SESSION_COOLING, &session->flags) ||
	    !natgw_cluster_has_subnet(plan->base->clusters[plan->index], session->subnet))
		return false;
	for (i = 0; i < plan->n_left; i++)
		if (plan->left[i] == session->address)
			plan->sessions++;
	return false;
}

/* Open sessions on the addresses that would be left; nn->lock is held */
static int plan_count(struct natgw_net *nn, struct plan *plan)
{
	struct natgw_cluster_ways before, after;
	u32 i;

	natgw_cluster_ways(plan->base, plan->base->clusters[plan->index], &before);
	natgw_cluster_ways(plan->after, plan->after->clusters[plan->index], &after);
	plan->left = kvmalloc_array(max(plan->base->n_addresses, 1U), sizeof(*plan->left),
				    GFP_KERNEL_ACCOUNT);
	if (!plan->left)
		return -ENOMEM;
	for (i = 0; i < plan->base->n_addresses; i++)
		if (plan_leaves(plan, &before, &after, plan->base->addresses[i]))
			plan->left[plan->n_left++] = plan->base->addresses[i]->address;
	if (plan->n_left && nn->active)
		natgw_session_each(&nn->table, plan_count_one, plan);
	return 0;
}

static int plan_fill(struct sk_buff *skb, const void *data)
{
	const struct plan *plan = data;
	const struct natgw_cluster_conf *conf = plan->base->clusters[plan->index];
	u32 i;
	int err;

	if (nla_put_string(skb, NATGW_A_CLUSTER_NAME, conf->cluster->name))
		return -EMSGSIZE;
	for (i = 0; i < plan->n; i++)
		if (plan_fill_type(skb, plan, i))
			return -EMSGSIZE;
	if (!plan->after)
		return 0;
	err = plan_fill_addresses(skb, plan->base, plan->index, NATGW_A_CLUSTER_ADDRESS, 0);
	if (!err)
		err = plan_fill_addresses(skb, plan->after, plan->index,
					  NATGW_A_CLUSTER_ADDRESS_AFTER,
					  NATGW_A_CLUSTER_UNAUTHORIZED);
	return err ?: nla_put_u32(skb, NATGW_A_CLUSTER_SESSIONS, plan->sessions);
}

static size_t plan_size(const struct plan *plan)
{
	size_t size = plan->n * (NATGW_ERR_MAX + 4 * nla_total_size(sizeof(u32)));

	size += natgw_cluster_size(plan->base, plan->index);
	if (plan->after)
		size += natgw_cluster_size(plan->after, plan->index);
	return size;
}

static int plan_answer(struct natgw_net *nn, struct genl_info *info, struct plan *plan)
{
	const struct nlattr *attr = info->attrs[NATGW_A_CLUSTER_OUTBOUND_TYPE];
	u32 type;
	int err, index;

	plan->base = natgw_transaction_staging(nn, info->snd_portid, info->extack);
	if (IS_ERR(plan->base))
		return PTR_ERR(plan->base);
	if (!plan->base)
		plan->base = rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	index = natgw_kind_index(&natgw_cluster_kind, plan->base, info);
	if (index < 0)
		return index;
	plan->index = index;
	if (attr) {
		err = natgw_nl_range(attr, "outbound-type", 0, NATGW_OUTBOUND_TYPE_BLOCK, &type,
				     info->extack);
		if (!err)
			err = plan_one(nn, plan, info, type);
		if (!err)
			err = plan_count(nn, plan);
	} else {
		err = plan_all(nn, plan, info);
	}
	return err ?: natgw_nl_reply_size(info, plan_size(plan), plan_fill, plan);
}

int natgw_nl_cluster_plan(struct sk_buff *skb, struct genl_info *info)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	struct plan *plan = kzalloc(sizeof(*plan), GFP_KERNEL);
	int err;

	if (!plan)
		return -ENOMEM;
	mutex_lock(&nn->lock);
	err = plan_answer(nn, info, plan);
	mutex_unlock(&nn->lock);
	if (plan->after)
		natgw_config_free(plan->after);
	kvfree(plan->left);
	kfree(plan);
	return err;
}
