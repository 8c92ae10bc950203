// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/rhashtable.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "compat/genetlink.h"
#include "config.h"
#include "extack.h"
#include "gateway.h"
#include "net.h"
#include "netlink.h"
#include "session.h"
#include "session_nl.h"
#include "subnet.h"

const struct nla_policy natgw_session_policy[NATGW_A_SESSION_MAX + 1] = {
	[NATGW_A_SESSION_FAMILY]	= { .type = NLA_U32 },
	[NATGW_A_SESSION_PROTO]		= { .type = NLA_U32 },
	[NATGW_A_SESSION_SRC]		= NATGW_NL_ADDRESS,
	[NATGW_A_SESSION_SRC_PORT]	= { .type = NLA_U32 },
	[NATGW_A_SESSION_DST]		= NATGW_NL_ADDRESS,
	[NATGW_A_SESSION_DST_PORT]	= { .type = NLA_U32 },
	[NATGW_A_SESSION_ADDRESS]	= NATGW_NL_ADDRESS,
	[NATGW_A_SESSION_PORT]		= { .type = NLA_U32 },
	[NATGW_A_SESSION_GATEWAY]	= { .type = NLA_NUL_STRING },
	[NATGW_A_SESSION_SUBNET]	= { .type = NLA_NUL_STRING },
	[NATGW_A_SESSION_VNET]		= { .type = NLA_NUL_STRING },
	[NATGW_A_SESSION_STATE]		= { .type = NLA_U32 },
	[NATGW_A_SESSION_KIND]		= { .type = NLA_U32 },
};

/* Sessions looked at between two chances for others to run */
#define NATGW_SESSION_BATCH	1024

/* What a request asks for */
struct natgw_session_filter {
	u32 given;			/* bit for each NATGW_A_SESSION_* that counts */
	u32 proto;
	u32 state;
	u32 kind;
	u32 src_port;
	u32 dst_port;
	u32 port;
	__be32 src;
	__be32 dst;
	__be32 address;
	struct natgw_gateway *gw;	/* one reference, or NULL */
	struct natgw_subnet *subnet;	/* one reference, or NULL */
};

static void natgw_session_filter_put(struct natgw_session_filter *filter)
{
	natgw_gateway_put(filter->gw);
	natgw_subnet_put(filter->subnet);
}

static int natgw_filter_numbers(struct natgw_session_filter *filter, struct nlattr **attrs,
				struct netlink_ext_ack *extack)
{
	const struct {
		u16 attr;
		const char *label;
		u32 max;
		u32 *value;
	} numbers[] = {
		{ NATGW_A_SESSION_PROTO, "proto", U8_MAX, &filter->proto },
		{ NATGW_A_SESSION_SRC_PORT, "src-port", U16_MAX, &filter->src_port },
		{ NATGW_A_SESSION_DST_PORT, "dst-port", U16_MAX, &filter->dst_port },
		{ NATGW_A_SESSION_PORT, "port", U16_MAX, &filter->port },
		{ NATGW_A_SESSION_STATE, "state", NATGW_STATE_COOLING, &filter->state },
		{ NATGW_A_SESSION_KIND, "kind", NATGW_KIND_DIRECT, &filter->kind },
	};
	int i, err;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!attrs[numbers[i].attr])
			continue;
		err = natgw_nl_range(attrs[numbers[i].attr], numbers[i].label, 0, numbers[i].max,
				     numbers[i].value, extack);
		if (err)
			return err;
		filter->given |= BIT(numbers[i].attr);
	}
	return 0;
}

static int natgw_filter_addresses(struct natgw_session_filter *filter, struct nlattr **attrs,
				  struct netlink_ext_ack *extack)
{
	const struct {
		u16 attr;
		const char *label;
		__be32 *value;
	} addresses[] = {
		{ NATGW_A_SESSION_SRC, "src", &filter->src },
		{ NATGW_A_SESSION_DST, "dst", &filter->dst },
		{ NATGW_A_SESSION_ADDRESS, "address", &filter->address },
	};
	const struct nlattr *family = attrs[NATGW_A_SESSION_FAMILY];
	int i, err;

	if (family && nla_get_u32(family) != AF_INET)
		return natgw_refuse(extack, family, -EAFNOSUPPORT,
				    "family %u is not supported, only %u (IPv4)",
				    nla_get_u32(family), AF_INET);
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		if (!attrs[addresses[i].attr])
			continue;
		err = natgw_nl_ipv4(family, attrs[addresses[i].attr], addresses[i].label,
				    addresses[i].value, extack);
		if (err)
			return err;
		filter->given |= BIT(addresses[i].attr);
	}
	return 0;
}

static int natgw_filter_gateway(struct natgw_session_filter *filter,
				const struct natgw_config *config, const struct nlattr *attr,
				struct netlink_ext_ack *extack)
{
	const struct natgw_gateway_conf *conf = natgw_gateway_named(config, attr, extack);

	if (IS_ERR(conf))
		return PTR_ERR(conf);
	filter->gw = natgw_gateway_get(conf->gw);
	filter->given |= BIT(NATGW_A_SESSION_GATEWAY);
	return 0;
}

static int natgw_filter_subnet(struct natgw_session_filter *filter,
			       const struct natgw_config *config, const struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	const struct natgw_subnet_conf *conf;
	char name[NATGW_NAME_MAX + 1];
	int err;

	err = natgw_nl_name(attr, "subnet", name, extack);
	if (err)
		return err;
	conf = config ? natgw_subnet_find(config, name) : NULL;
	if (!conf)
		return natgw_refuse(extack, attr, -ENOENT, "subnet %s does not exist", name);
	filter->subnet = natgw_subnet_get(conf->subnet);
	filter->given |= BIT(NATGW_A_SESSION_SUBNET);
	return 0;
}

static int natgw_filter_vnet(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	char name[NATGW_NAME_MAX + 1];
	int err;

	err = natgw_nl_name(attr, "vnet", name, extack);
	if (!err && strcmp(name, NATGW_VNET_DEFAULT))
		err = natgw_refuse(extack, attr, -ENOENT, "vnet %s does not exist", name);
	return err;
}

/* The names, of objects of the running configuration */
static int natgw_filter_objects(struct natgw_session_filter *filter, struct natgw_net *nn,
				struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	const struct natgw_config *config;
	int err = 0;

	mutex_lock(&nn->lock);
	config = rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	if (attrs[NATGW_A_SESSION_GATEWAY])
		err = natgw_filter_gateway(filter, config, attrs[NATGW_A_SESSION_GATEWAY], extack);
	if (!err && attrs[NATGW_A_SESSION_SUBNET])
		err = natgw_filter_subnet(filter, config, attrs[NATGW_A_SESSION_SUBNET], extack);
	if (!err && attrs[NATGW_A_SESSION_VNET])
		err = natgw_filter_vnet(attrs[NATGW_A_SESSION_VNET], extack);
	mutex_unlock(&nn->lock);
	return err;
}

static int natgw_session_filter_parse(struct natgw_session_filter *filter, struct natgw_net *nn,
				      struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	int err;

	memset(filter, 0, sizeof(*filter));
	if (!attrs)
		return 0;
	err = natgw_filter_numbers(filter, attrs, extack);
	if (!err)
		err = natgw_filter_addresses(filter, attrs, extack);
	if (!err)
		err = natgw_filter_objects(filter, nn, attrs, extack);
	if (err)
		natgw_session_filter_put(filter);
	return err;
}

/*
 * Is it a session that the filter asks for? RCU read side.
 * @state and @left are set as natgw_session_state() does.
 */
static bool natgw_session_match(const struct natgw_session_filter *filter,
				const struct natgw_session *session, int *state, u32 *left)
{
	const unsigned long flags = READ_ONCE(session->flags);
	const struct natgw_tuple *inside = &session->inside;
	const u32 given = filter->given;

	if (!(flags & BIT(NATGW_SESSION_READY)) || (flags & BIT(NATGW_SESSION_DEAD)))
		return false;
	/* READY is set when all else is, see natgw_session_insert() */
	smp_rmb();
	*state = natgw_session_state(session, left);
	if (*state < 0)
		return false;
	if (!given)
		return true;
	return (!(given & BIT(NATGW_A_SESSION_PROTO)) || inside->proto == filter->proto) &&
	       (!(given & BIT(NATGW_A_SESSION_SRC)) || inside->host == filter->src) &&
	       (!(given & BIT(NATGW_A_SESSION_SRC_PORT)) ||
		ntohs(inside->host_port) == filter->src_port) &&
	       (!(given & BIT(NATGW_A_SESSION_DST)) || inside->peer == filter->dst) &&
	       (!(given & BIT(NATGW_A_SESSION_DST_PORT)) ||
		ntohs(inside->peer_port) == filter->dst_port) &&
	       (!(given & BIT(NATGW_A_SESSION_ADDRESS)) || session->public == filter->address) &&
	       (!(given & BIT(NATGW_A_SESSION_PORT)) || ntohs(session->port) == filter->port) &&
	       (!(given & BIT(NATGW_A_SESSION_GATEWAY)) || session->gw == filter->gw) &&
	       (!(given & BIT(NATGW_A_SESSION_SUBNET)) || session->subnet == filter->subnet) &&
	       (!(given & BIT(NATGW_A_SESSION_STATE)) || *state == filter->state) &&
	       (!(given & BIT(NATGW_A_SESSION_KIND)) || filter->kind == NATGW_KIND_NAT);
}

static int natgw_session_fill(struct sk_buff *skb, const struct natgw_session *session,
			      int state, u32 left)
{
	const struct natgw_tuple *inside = &session->inside;
	u32 now = jiffies;

	if (nla_put_u32(skb, NATGW_A_SESSION_FAMILY, AF_INET) ||
	    nla_put_u32(skb, NATGW_A_SESSION_PROTO, inside->proto) ||
	    nla_put_in_addr(skb, NATGW_A_SESSION_SRC, inside->host) ||
	    nla_put_u32(skb, NATGW_A_SESSION_SRC_PORT, ntohs(inside->host_port)) ||
	    nla_put_in_addr(skb, NATGW_A_SESSION_DST, inside->peer) ||
	    nla_put_u32(skb, NATGW_A_SESSION_DST_PORT, ntohs(inside->peer_port)) ||
	    nla_put_in_addr(skb, NATGW_A_SESSION_ADDRESS, session->public) ||
	    nla_put_u32(skb, NATGW_A_SESSION_PORT, ntohs(session->port)) ||
	    nla_put_string(skb, NATGW_A_SESSION_GATEWAY, session->gw->name) ||
	    nla_put_string(skb, NATGW_A_SESSION_SUBNET, session->subnet->name) ||
	    nla_put_string(skb, NATGW_A_SESSION_VNET, NATGW_VNET_DEFAULT) ||
	    nla_put_u32(skb, NATGW_A_SESSION_STATE, state) ||
	    nla_put_u32(skb, NATGW_A_SESSION_KIND, NATGW_KIND_NAT) ||
	    nla_put_u32(skb, NATGW_A_SESSION_AGE, (now - session->created) / HZ) ||
	    nla_put_u32(skb, NATGW_A_SESSION_IDLE, (now - READ_ONCE(session->last)) / HZ) ||
	    nla_put_u32(skb, NATGW_A_SESSION_EXPIRES, DIV_ROUND_UP(left, HZ)))
		return -EMSGSIZE;
	return 0;
}

/**
 * struct natgw_session_dump - a dump under way
 * @iter: keeps its place in the table from one message to the next
 * @filter: what is asked for
 * @parsed: @filter was read
 * @started: @iter is in use: there is a table
 */
struct natgw_session_dump {
	struct rhashtable_iter iter;
	struct natgw_session_filter filter;
	bool parsed;
	bool started;
};

static struct natgw_session_dump **natgw_session_dump_ctx(struct netlink_callback *cb)
{
	return (struct natgw_session_dump **)cb->ctx;
}

/* The first snapshot brings the table, and it stays as long as the namespace. */
static bool natgw_session_has_table(struct natgw_net *nn)
{
	return rcu_access_pointer(nn->config);
}

int natgw_nl_session_start(struct netlink_callback *cb)
{
	struct natgw_session_dump *dump;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	cb->seq = 1;
	*natgw_session_dump_ctx(cb) = dump;
	return 0;
}

/* Not in start(): before 6.2 a refusal there cannot say why. */
static int natgw_session_dump_begin(struct natgw_net *nn, struct netlink_callback *cb,
				    struct natgw_session_dump *dump)
{
	int err;

	err = natgw_session_filter_parse(&dump->filter, nn, genl_info_dump(cb)->attrs,
					 cb->extack);
	if (err) {
		/* done() must not drop references again */
		memset(&dump->filter, 0, sizeof(dump->filter));
		return err;
	}
	dump->parsed = true;
	if (natgw_session_has_table(nn)) {
		rhashtable_walk_enter(&nn->table.outer, &dump->iter);
		dump->started = true;
	}
	return 0;
}

int natgw_nl_session_done(struct netlink_callback *cb)
{
	struct natgw_session_dump *dump = *natgw_session_dump_ctx(cb);

	if (dump->started)
		rhashtable_walk_exit(&dump->iter);
	natgw_session_filter_put(&dump->filter);
	kfree(dump);
	return 0;
}

static int natgw_session_put(struct sk_buff *skb, struct netlink_callback *cb,
			     const struct natgw_session_filter *filter,
			     const struct natgw_session *session)
{
	int flags = NLM_F_MULTI | (filter->given ? NLM_F_DUMP_FILTERED : 0);
	int state, err;
	void *msg;
	u32 left;

	if (!natgw_session_match(filter, session, &state, &left))
		return 0;
	msg = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &natgw_nl_family,
			  flags, NATGW_CMD_SESSION_GET);
	if (!msg)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, msg);
	err = natgw_session_fill(skb, session, state, left);
	if (err) {
		genlmsg_cancel(skb, msg);
		return err;
	}
	genlmsg_end(skb, msg);
	return 0;
}

int natgw_nl_session_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct natgw_session_dump *dump = *natgw_session_dump_ctx(cb);
	struct natgw_session *session;
	u32 batch = 0;
	int err = 0;

	if (!dump->parsed) {
		err = natgw_session_dump_begin(natgw_pernet(sock_net(skb->sk)), cb, dump);
		if (err)
			return err;
	}
	if (!dump->started)
		return 0;
	/* A resize while nobody looked starts the walk again, with sessions told before */
	if (rhashtable_walk_start_check(&dump->iter) == -EAGAIN)
		cb->seq++;
	session = rhashtable_walk_peek(&dump->iter);
	while (session) {
		if (IS_ERR(session))	/* -EAGAIN: goes on in the larger or smaller table */
			cb->seq++;
		else if (natgw_session_put(skb, cb, &dump->filter, session))
			break;
		if (++batch % NATGW_SESSION_BATCH == 0) {
			rhashtable_walk_stop(&dump->iter);
			cond_resched();
			if (signal_pending(current))
				err = -EINTR;
			if (rhashtable_walk_start_check(&dump->iter) == -EAGAIN)
				cb->seq++;
			if (err)
				break;
		}
		session = rhashtable_walk_next(&dump->iter);
	}
	rhashtable_walk_stop(&dump->iter);
	return err ?: skb->len;
}

/*
 * Counts the sessions that match, or ends those of them that are not younger
 * than @start.
 */
static int natgw_session_pass(struct natgw_net *nn, const struct natgw_session_filter *filter,
			      bool kill, u32 start, u32 *count)
{
	struct natgw_session *session;
	struct rhashtable_iter iter;
	int state, err = 0;
	u32 left, batch = 0;

	*count = 0;
	rhashtable_walk_enter(&nn->table.outer, &iter);
	rhashtable_walk_start(&iter);
	while ((session = rhashtable_walk_next(&iter))) {
		bool again = false;

		if (IS_ERR(session))
			again = true;
		else if (natgw_session_match(filter, session, &state, &left) &&
			 (!kill || ((s32)(session->created - start) <= 0 &&
				    natgw_session_end(&nn->table, session))))
			++*count;
		if (++batch % NATGW_SESSION_BATCH == 0) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			if (signal_pending(current))
				err = -EINTR;
			again |= rhashtable_walk_start_check(&iter) == -EAGAIN;
			if (err)
				break;
		}
		/*
		 * Another table took over in the walk: it may show again what
		 * was counted. What was ended does not come again.
		 */
		if (again && !kill) {
			rhashtable_walk_stop(&iter);
			rhashtable_walk_exit(&iter);
			*count = 0;
			rhashtable_walk_enter(&nn->table.outer, &iter);
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return err;
}

/*
 * A walk that pauses where its last entry has gone may pass by others of that
 * bucket. So sessions are ended in passes until one finds none; sessions made
 * meanwhile stay, or it might never end.
 */
static int natgw_session_walk(struct natgw_net *nn, const struct natgw_session_filter *filter,
			      bool kill, u32 *count)
{
	u32 start = jiffies, found;
	int err;

	*count = 0;
	do {
		err = natgw_session_pass(nn, filter, kill, start, &found);
		*count += found;
	} while (!err && kill && found);
	return err;
}

static int natgw_session_count_fill(struct sk_buff *skb, const void *data)
{
	const u32 *count = data;

	return nla_put_u32(skb, NATGW_A_SESSION_COUNT, *count);
}

static int natgw_session_count_or_flush(struct genl_info *info, bool kill)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	struct natgw_session_filter filter;
	u32 count = 0;
	int err;

	err = natgw_session_filter_parse(&filter, nn, info->attrs, info->extack);
	if (err)
		return err;
	if (natgw_session_has_table(nn)) {
		if (!filter.given && !kill)
			count = natgw_session_count(&nn->table);
		else
			err = natgw_session_walk(nn, &filter, kill, &count);
	}
	natgw_session_filter_put(&filter);
	return err ?: natgw_nl_reply(info, natgw_session_count_fill, &count);
}

int natgw_nl_session_count(struct sk_buff *skb, struct genl_info *info)
{
	return natgw_session_count_or_flush(info, false);
}

int natgw_nl_session_flush(struct sk_buff *skb, struct genl_info *info)
{
	return natgw_session_count_or_flush(info, true);
}
