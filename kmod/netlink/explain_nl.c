// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the command EXPLAIN. Called by the netlink family.
 */
#include <linux/kernel.h>
#include <linux/natgw.h>
#include <net/genetlink.h>
#include "datapath/explain.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "netlink/effective.h"
#include "netlink/explain_nl.h"
#include "netlink/netlink.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/view.h"

const struct nla_policy natgw_explain_policy[NATGW_A_EXPLAIN_VNET + 1] = {
	[NATGW_A_EXPLAIN_FAMILY]	= { .type = NLA_U32 },
	[NATGW_A_EXPLAIN_SRC]		= NATGW_NL_ADDRESS,
	[NATGW_A_EXPLAIN_SRC_PORT]	= { .type = NLA_U32 },
	[NATGW_A_EXPLAIN_DST]		= NATGW_NL_ADDRESS,
	[NATGW_A_EXPLAIN_DST_PORT]	= { .type = NLA_U32 },
	[NATGW_A_EXPLAIN_PROTO]		= { .type = NLA_U32 },
	[NATGW_A_EXPLAIN_VNET]		= { .type = NLA_NUL_STRING },
};

/* Losers that one answer tells of: several tags may hold the address at each length */
#define LOSERS		128
#define ROUTE_SIZE	(nla_total_size(0) + 2 * nla_total_size(NATGW_NAME_MAX + 1) + \
			 9 * nla_total_size(sizeof(u32)))

/**
 * struct answer - what goes into the message
 * @question: what was asked
 * @verdict: what becomes of it
 * @rows: routes that match
 */
struct answer {
	struct natgw_question question;
	struct natgw_verdict verdict;
	struct natgw_effective_rows rows;
};

static int parse_address(struct nlattr **attrs, u16 type, const char *label, __be32 *addr,
			 struct netlink_ext_ack *extack)
{
	if (!attrs[type])
		return natgw_refuse_missing(extack, type, label);
	return natgw_nl_ipv4(attrs[NATGW_A_EXPLAIN_FAMILY], attrs[type], label, addr, extack);
}

static int parse_numbers(struct nlattr **attrs, struct natgw_question *question,
			 struct netlink_ext_ack *extack)
{
	u32 proto = NATGW_L4_DEFAULT, src_port = 0, dst_port = 0;
	int err = 0;

	if (attrs[NATGW_A_EXPLAIN_PROTO])
		err = natgw_nl_range(attrs[NATGW_A_EXPLAIN_PROTO], "proto", 0, U8_MAX, &proto,
				     extack);
	if (!err && attrs[NATGW_A_EXPLAIN_SRC_PORT])
		err = natgw_nl_range(attrs[NATGW_A_EXPLAIN_SRC_PORT], "src-port", 0, U16_MAX,
				     &src_port, extack);
	if (!err && attrs[NATGW_A_EXPLAIN_DST_PORT])
		err = natgw_nl_range(attrs[NATGW_A_EXPLAIN_DST_PORT], "dst-port", 0, U16_MAX,
				     &dst_port, extack);
	if (err)
		return err;
	question->proto = proto;
	question->src_port = src_port;
	question->dst_port = natgw_l4(proto)->id ? 0 : dst_port;
	question->flow = attrs[NATGW_A_EXPLAIN_SRC_PORT];
	return 0;
}

static int named_vnet(const struct natgw_config *config, const struct nlattr *attr,
		      struct natgw_question *question, struct netlink_ext_ack *extack)
{
	char name[NATGW_NAME_MAX + 1];
	u32 i;
	int err;

	err = natgw_nl_name(attr, "vnet", name, extack);
	if (err)
		return err;
	for (i = 0; i < config->n_vnets; i++) {
		if (strcmp(config->views[i].vnet->name, name))
			continue;
		question->vnet = &config->views[i];
		question->range = natgw_lookup_subnet(question->vnet, question->src);
		return 0;
	}
	return natgw_refuse(extack, attr, -ENOENT, "vnet %s does not exist", name);
}

static bool has_in_space(const struct natgw_vnet_view *vnet, __be32 addr)
{
	u32 i;

	for (i = 0; i < vnet->conf->n_prefixes; i++)
		if (natgw_prefix_holds(vnet->conf->prefix[i], addr))
			return true;
	return false;
}

/*
 * The vnet that has a subnet with the source, or else the source in its space;
 * there must not be two.
 */
static int only_vnet(const struct natgw_config *config, const struct nlattr *attr, bool space,
		     struct natgw_question *question, struct netlink_ext_ack *extack)
{
	const struct natgw_vnet_view *vnet;
	u32 i, n = 0, len = 0;
	char names[128];

	for (i = 0; i < config->n_vnets; i++) {
		vnet = &config->views[i];
		if (space ? !has_in_space(vnet, question->src) :
			    !natgw_lookup_subnet(vnet, question->src))
			continue;
		question->vnet = vnet;
		len += scnprintf(names + len, sizeof(names) - len, "%s%s", n++ ? ", " : "",
				 vnet->vnet->name);
	}
	if (n > 1)
		return natgw_refuse(extack, attr, -EINVAL,
				    "src %pI4 is in %s %u vnets, say of which one: %s",
				    &question->src, space ? "the space of" : "subnets of", n,
				    names);
	if (n)
		question->range = natgw_lookup_subnet(question->vnet, question->src);
	return 0;
}

static int find_vnet(struct natgw_net *nn, const struct natgw_config *config,
		     struct nlattr **attrs, struct natgw_question *question,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *src = attrs[NATGW_A_EXPLAIN_SRC];
	int err;

	if (attrs[NATGW_A_EXPLAIN_VNET])
		return named_vnet(config, attrs[NATGW_A_EXPLAIN_VNET], question, extack);
	err = only_vnet(config, src, false, question, extack);
	if (!err && !question->vnet)
		err = only_vnet(config, src, true, question, extack);
	if (!err && !question->vnet)
		question->vnet = natgw_explain_ingress(nn, config, question->src);
	return err;
}

static int put_route(struct sk_buff *skb, u16 type, const struct natgw_effective_rows *rows,
		     const struct natgw_effective_row *row, u32 problem)
{
	struct natgw_effective_row told = *row;
	struct nlattr *nest = nla_nest_start(skb, type);

	told.problem = problem;
	if (!nest || natgw_effective_put(skb, rows, &told))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/*
 * Which of the rows does the search of packets choose? Prefixes that hold one
 * address sort by length, so the losers come after it when read backwards.
 */
static int put_routes(struct sk_buff *skb, const struct answer *answer)
{
	const struct natgw_effective_rows *rows = &answer->rows;
	const struct natgw_effective_row *row, *winner = NULL;
	struct natgw_effective effective;
	u32 i, losers = 0, problem;

	if (!answer->question.range)
		return 0;
	rcu_read_lock();
	natgw_lookup_route(answer->question.range, answer->question.dst, &effective);
	rcu_read_unlock();
	for (row = rows->row; row < rows->row + rows->n; row++)
		if (row->route == effective.route && row->prefix.len == effective.prefix_len)
			winner = row;
	if (WARN_ON_ONCE(!winner))
		return -ENOENT;
	if (put_route(skb, NATGW_A_EXPLAIN_ROUTE, rows, winner, winner->problem))
		return -EMSGSIZE;
	for (i = rows->n; i-- && losers < LOSERS; ) {
		row = &rows->row[i];
		if (row == winner)
			continue;
		problem = row->prefix.len < winner->prefix.len ?
			  NATGW_ROUTE_PROBLEM_LONGER_PREFIX : row->problem;
		if (put_route(skb, NATGW_A_EXPLAIN_LOSER, rows, row, problem))
			return -EMSGSIZE;
		losers++;
	}
	return 0;
}

static int put_question(struct sk_buff *skb, const struct natgw_question *question)
{
	if (nla_put_u32(skb, NATGW_A_EXPLAIN_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_EXPLAIN_SRC, question->src) ||
	    (question->flow &&
	     nla_put_u32(skb, NATGW_A_EXPLAIN_SRC_PORT, question->src_port)) ||
	    nla_put_in_addr(skb, NATGW_A_EXPLAIN_DST, question->dst) ||
	    nla_put_u32(skb, NATGW_A_EXPLAIN_DST_PORT, question->dst_port) ||
	    nla_put_u32(skb, NATGW_A_EXPLAIN_PROTO, question->proto) ||
	    nla_put_string(skb, NATGW_A_EXPLAIN_VNET, question->vnet->vnet->name) ||
	    (question->range &&
	     nla_put_string(skb, NATGW_A_EXPLAIN_SUBNET, question->range->subnet->name)))
		return -EMSGSIZE;
	return 0;
}

static int put_verdict(struct sk_buff *skb, const struct natgw_verdict *verdict)
{
	u32 i;

	for (i = 0; i < verdict->n; i++)
		if (nla_put_in_addr(skb, NATGW_A_EXPLAIN_ADDRESS, verdict->address[i]))
			return -EMSGSIZE;
	if (nla_put_u32(skb, NATGW_A_EXPLAIN_METHOD, verdict->method) ||
	    (verdict->reason >= 0 &&
	     nla_put_u32(skb, NATGW_A_EXPLAIN_REASON, verdict->reason)) ||
	    (verdict->gw && nla_put_string(skb, NATGW_A_EXPLAIN_GATEWAY, verdict->gw->name)) ||
	    (verdict->n && !verdict->session &&
	     nla_put_u32(skb, NATGW_A_EXPLAIN_FREE, verdict->left)) ||
	    nla_put_u32(skb, NATGW_A_EXPLAIN_SESSION, verdict->session) ||
	    (verdict->port && nla_put_u32(skb, NATGW_A_EXPLAIN_PORT, verdict->port)) ||
	    (verdict->hop && nla_put_in_addr(skb, NATGW_A_EXPLAIN_NEXT_HOP_IP, verdict->hop)) ||
	    (verdict->dev[0] && nla_put_string(skb, NATGW_A_EXPLAIN_DEV, verdict->dev)) ||
	    nla_put_u32(skb, NATGW_A_EXPLAIN_OBSTACLE, verdict->obstacle))
		return -EMSGSIZE;
	return 0;
}

static struct sk_buff *make_reply(struct genl_info *info, const struct answer *answer)
{
	struct sk_buff *reply;
	void *msg;

	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE +
			    min_t(u32, answer->rows.n, LOSERS + 1) * ROUTE_SIZE, GFP_KERNEL);
	if (!reply)
		return ERR_PTR(-ENOMEM);
	msg = genlmsg_put_reply(reply, info, &natgw_nl_family, 0, NATGW_CMD_EXPLAIN);
	if (msg && !put_question(reply, &answer->question) && !put_routes(reply, answer) &&
	    !put_verdict(reply, &answer->verdict)) {
		genlmsg_end(reply, msg);
		return reply;
	}
	nlmsg_free(reply);
	return ERR_PTR(-EMSGSIZE);
}

static struct sk_buff *explain_locked(struct natgw_net *nn, struct genl_info *info,
				      struct answer *answer)
{
	struct natgw_question *question = &answer->question;
	const struct natgw_config *config;
	struct sk_buff *reply;
	int err = 0;

	config = rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	if (nn->active)
		err = find_vnet(nn, config, info->attrs, question, info->extack);
	else
		/* all there is in a namespace that never had an object */
		question->vnet = &config->views[0];
	if (!err && question->range)
		err = natgw_effective_gather(config, question->range, &question->dst,
					     &answer->rows);
	if (!err)
		err = natgw_explain(nn, question, &answer->verdict);
	reply = err ? ERR_PTR(err) : make_reply(info, answer);
	natgw_effective_free(&answer->rows);
	return reply;
}

int natgw_nl_explain(struct sk_buff *skb, struct genl_info *info)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	struct answer answer = {};
	struct sk_buff *reply;
	int err;

	err = parse_address(info->attrs, NATGW_A_EXPLAIN_SRC, "src", &answer.question.src,
			    info->extack);
	if (!err)
		err = parse_address(info->attrs, NATGW_A_EXPLAIN_DST, "dst", &answer.question.dst,
				    info->extack);
	if (!err)
		err = parse_numbers(info->attrs, &answer.question, info->extack);
	if (err)
		return err;
	mutex_lock(&nn->lock);
	reply = explain_locked(nn, info, &answer);
	mutex_unlock(&nn->lock);
	return IS_ERR(reply) ? PTR_ERR(reply) : genlmsg_reply(reply, info);
}
