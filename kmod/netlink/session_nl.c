// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the dump, count and flush of sessions and direct records. Called by the netlink
 * family.
 */
#include <linux/jiffies.h>
#include <linux/natgw.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "compat/genetlink.h"
#include "datapath/direct.h"
#include "lib/buckets.h"
#include "lib/clock.h"
#include "lib/nl_attr.h"
#include "netlink/netlink.h"
#include "netlink/save_nl.h"
#include "netlink/session_filter.h"
#include "netlink/session_nl.h"
#include "session/offload.h"
#include "session/session.h"
#include "session/table.h"
#include "session/watch.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"

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

static int session_fill_flow(struct sk_buff *skb, const struct natgw_tuple *inside,
			     const struct natgw_subnet *subnet)
{
	if (nla_put_u32(skb, NATGW_A_SESSION_FAMILY, AF_INET) ||
	    nla_put_u32(skb, NATGW_A_SESSION_PROTO, inside->proto) ||
	    nla_put_in_addr(skb, NATGW_A_SESSION_SRC, inside->host) ||
	    nla_put_u32(skb, NATGW_A_SESSION_SRC_PORT, ntohs(inside->host_port)) ||
	    nla_put_in_addr(skb, NATGW_A_SESSION_DST, inside->peer) ||
	    nla_put_u32(skb, NATGW_A_SESSION_DST_PORT, ntohs(inside->peer_port)) ||
	    nla_put_string(skb, NATGW_A_SESSION_SUBNET, subnet->name) ||
	    nla_put_string(skb, NATGW_A_SESSION_VNET, subnet->vnet->name))
		return -EMSGSIZE;
	return 0;
}

static int session_fill_state(struct sk_buff *skb, enum natgw_kind kind, int state,
			      u32 created, u32 last, u32 left)
{
	u32 idle = natgw_clock_since(last, (u32)jiffies);

	if (nla_put_u32(skb, NATGW_A_SESSION_STATE, state) ||
	    nla_put_u32(skb, NATGW_A_SESSION_KIND, kind) ||
	    nla_put_u32(skb, NATGW_A_SESSION_AGE, natgw_clock_seconds(created, natgw_clock())) ||
	    nla_put_u32(skb, NATGW_A_SESSION_IDLE, idle / HZ) ||
	    nla_put_u32(skb, NATGW_A_SESSION_EXPIRES, DIV_ROUND_UP(left, HZ)))
		return -EMSGSIZE;
	return 0;
}

static int session_fill_counters(struct sk_buff *skb, const struct natgw_session *session)
{
	const struct natgw_session_counted *counted = natgw_watch_counted(session);

	if (!natgw_watch_counts(session))
		return 0;
	if (nla_put_u64_64bit(skb, NATGW_A_SESSION_PACKETS_OUT,
			      atomic64_read(&counted->packets[NATGW_OUT]), NATGW_A_SESSION_PAD) ||
	    nla_put_u64_64bit(skb, NATGW_A_SESSION_BYTES_OUT,
			      atomic64_read(&counted->bytes[NATGW_OUT]), NATGW_A_SESSION_PAD) ||
	    nla_put_u64_64bit(skb, NATGW_A_SESSION_PACKETS_IN,
			      atomic64_read(&counted->packets[NATGW_IN]), NATGW_A_SESSION_PAD) ||
	    nla_put_u64_64bit(skb, NATGW_A_SESSION_BYTES_IN,
			      atomic64_read(&counted->bytes[NATGW_IN]), NATGW_A_SESSION_PAD))
		return -EMSGSIZE;
	return 0;
}

static int session_fill(struct natgw_net *nn, struct sk_buff *skb, const void *entry, int state,
			u32 left)
{
	const struct natgw_session *session = entry;

	if (session_fill_flow(skb, &session->inside, session->subnet) ||
	    nla_put_in_addr(skb, NATGW_A_SESSION_ADDRESS, session->public) ||
	    nla_put_u32(skb, NATGW_A_SESSION_PORT, ntohs(session->port)) ||
	    nla_put_string(skb, NATGW_A_SESSION_GATEWAY, session->gw->name) ||
	    (natgw_offload_has(&nn->table, session) &&
	     nla_put_u32(skb, NATGW_A_SESSION_OFFLOADED, NATGW_SWITCH_ON)) ||
	    session_fill_counters(skb, session))
		return -EMSGSIZE;
	return session_fill_state(skb, NATGW_KIND_NAT, state, READ_ONCE(session->created),
				  READ_ONCE(session->last), left);
}

static int session_fill_direct(struct natgw_net *nn, struct sk_buff *skb, const void *entry,
			       int state, u32 left)
{
	const struct natgw_direct *direct = entry;

	return session_fill_flow(skb, &direct->tuple, direct->subnet) ?:
	       session_fill_state(skb, NATGW_KIND_DIRECT, state, direct->created,
				  READ_ONCE(direct->last), left);
}

/*
 * What was made after @start stays, or a flush might never end. What was made in the
 * same eighth of a second may go as well.
 */
static bool session_flush_one(struct natgw_net *nn, void *entry, u32 start)
{
	struct natgw_session *session = entry;

	return !natgw_clock_after(READ_ONCE(session->created), start) &&
	       natgw_session_end(&nn->table, session, NATGW_CLOSE_FLUSH);
}

static bool session_flush_direct(struct natgw_net *nn, void *entry, u32 start)
{
	struct natgw_direct *direct = entry;

	return !natgw_clock_after(direct->created, start) &&
	       natgw_direct_end(&nn->directs, direct);
}

/**
 * struct natgw_session_kind - what is done alike with each kind of record
 * @table: offset of its hash table in struct natgw_net
 * @node: offset of the node of that table in an entry
 * @match: is it one that the filter asks for? Sets the state, and the jiffies
 *	until it ends. RCU read side
 * @fill: puts it into a message
 * @end: ends it, unless it was made after @start
 */
struct natgw_session_kind {
	size_t table;
	size_t node;
	bool (*match)(const struct natgw_session_filter *filter, const void *entry, int *state,
		      u32 *left);
	int (*fill)(struct natgw_net *nn, struct sk_buff *skb, const void *entry, int state,
		    u32 left);
	bool (*end)(struct natgw_net *nn, void *entry, u32 start);
};

static const struct natgw_session_kind natgw_session_kinds[] = {
	[NATGW_KIND_NAT] = {
		.table = offsetof(struct natgw_net, table.outer),
		.node = offsetof(struct natgw_session, outer),
		.match = natgw_session_match,
		.fill = session_fill,
		.end = session_flush_one,
	},
	[NATGW_KIND_DIRECT] = {
		.table = offsetof(struct natgw_net, directs.table),
		.node = offsetof(struct natgw_direct, node),
		.match = natgw_session_match_direct,
		.fill = session_fill_direct,
		.end = session_flush_direct,
	},
};

static struct natgw_buckets *session_table(struct natgw_net *nn, u32 kind)
{
	return (void *)nn + natgw_session_kinds[kind].table;
}

/* the next entry of a walk over the records of a kind, or NULL */
static void *next_entry(struct natgw_buckets_iter *iter, const struct natgw_session_kind *kind)
{
	struct natgw_node *node = natgw_buckets_next(iter);

	return node ? (void *)node - kind->node : NULL;
}

/* others may run. Return: 0, or -EINTR: the caller is killed */
static int take_pause(struct natgw_buckets_iter *iter)
{
	natgw_buckets_pause(iter);
	rcu_read_unlock();
	cond_resched();
	rcu_read_lock();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* May records of this kind be what the filter asks for? */
static bool session_wanted(const struct natgw_session_filter *filter, u32 kind)
{
	if (filter->given & BIT(NATGW_A_SESSION_KIND) && filter->kind != kind)
		return false;
	return kind == NATGW_KIND_NAT || !(filter->given & NATGW_SESSION_NAT_ONLY);
}

/**
 * struct natgw_session_dump - a dump under way
 * @iter: keeps its place in the table from one message to the next
 * @filter: what is asked for
 * @kind: of the records under way: enum natgw_kind, or their number when all are told
 * @save: the message of SESSION_SAVE that is being filled
 * @saves: it is one
 * @parsed: @filter was read
 * @started: @iter is under way in the table of @kind
 */
struct natgw_session_dump {
	struct natgw_buckets_iter iter;
	struct natgw_session_filter filter;
	struct natgw_save save;
	u32 kind;
	bool saves;
	bool parsed;
	bool started;
};

static struct natgw_session_dump **session_dump_ctx(struct netlink_callback *cb)
{
	return (struct natgw_session_dump **)cb->ctx;
}

int natgw_nl_session_start(struct netlink_callback *cb)
{
	struct natgw_session_dump *dump;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	*session_dump_ctx(cb) = dump;
	return 0;
}

int natgw_nl_save_start(struct netlink_callback *cb)
{
	int err = natgw_nl_session_start(cb);

	if (!err)
		(*session_dump_ctx(cb))->saves = true;
	return err;
}

/* Not in start(): before 6.2 a refusal there cannot say why. */
static int session_dump_begin(struct natgw_net *nn, struct netlink_callback *cb,
			      struct natgw_session_dump *dump)
{
	int err = 0;

	if (!dump->saves)
		err = natgw_session_filter_parse(&dump->filter, nn, genl_info_dump(cb)->attrs,
						 cb->extack);
	if (err) {
		/* done() must not drop references again */
		memset(&dump->filter, 0, sizeof(dump->filter));
		return err;
	}
	dump->parsed = true;
	if (!natgw_net_has_table(nn))
		dump->kind = ARRAY_SIZE(natgw_session_kinds);
	return 0;
}

int natgw_nl_session_done(struct netlink_callback *cb)
{
	struct natgw_session_dump *dump = *session_dump_ctx(cb);

	natgw_session_filter_put(&dump->filter);
	kfree(dump);
	return 0;
}

static int session_put(struct sk_buff *skb, struct netlink_callback *cb,
		       struct natgw_session_dump *dump, const void *entry)
{
	const struct natgw_session_kind *kind = &natgw_session_kinds[dump->kind];
	int flags = NLM_F_MULTI | (dump->filter.given ? NLM_F_DUMP_FILTERED : 0);
	int state, err;
	void *msg;
	u32 left;

	if (!kind->match(&dump->filter, entry, &state, &left))
		return 0;
	if (dump->saves)
		return natgw_save_put(&dump->save, skb, cb, dump->kind, entry);
	msg = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &natgw_nl_family,
			  flags, NATGW_CMD_SESSION_GET);
	if (!msg)
		return -EMSGSIZE;
	err = kind->fill(natgw_pernet(sock_net(skb->sk)), skb, entry, state, left);
	if (err) {
		genlmsg_cancel(skb, msg);
		return err;
	}
	genlmsg_end(skb, msg);
	return 0;
}

/*
 * Return: 0 when the table's end was reached, -EMSGSIZE when the message is full,
 * -EINTR when the reader is killed.
 */
static int session_dump_table(struct sk_buff *skb, struct netlink_callback *cb,
			      struct natgw_session_dump *dump)
{
	void *entry;
	u32 batch = 0;
	int err = 0;

	rcu_read_lock();
	while (!err && (entry = next_entry(&dump->iter, &natgw_session_kinds[dump->kind]))) {
		err = session_put(skb, cb, dump, entry);
		if (err) {
			natgw_buckets_again(&dump->iter);
		} else if (++batch >= NATGW_SESSION_BATCH &&
			   natgw_buckets_may_pause(&dump->iter)) {
			batch = 0;
			err = take_pause(&dump->iter);
		}
	}
	natgw_buckets_pause(&dump->iter);
	natgw_save_end(&dump->save, skb);
	rcu_read_unlock();
	return err;
}

int natgw_nl_session_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct natgw_session_dump *dump = *session_dump_ctx(cb);
	struct natgw_net *nn = natgw_pernet(sock_net(skb->sk));
	int err = 0;

	if (!dump->parsed) {
		err = session_dump_begin(nn, cb, dump);
		if (err)
			return err;
	}
	for (; dump->kind < ARRAY_SIZE(natgw_session_kinds); dump->kind++) {
		if (!session_wanted(&dump->filter, dump->kind))
			continue;
		if (!dump->started)
			natgw_buckets_walk(session_table(nn, dump->kind), &dump->iter);
		dump->started = true;
		err = session_dump_table(skb, cb, dump);
		if (err)
			break;
		dump->started = false;
	}
	return err == -EINTR ? err : skb->len;
}

/* Counts the records of a kind that match, or ends those of them that are not too young. */
static int session_pass(struct natgw_net *nn, u32 number,
			const struct natgw_session_filter *filter, bool kill, u32 start,
			u32 *count)
{
	const struct natgw_session_kind *kind = &natgw_session_kinds[number];
	struct natgw_buckets_iter iter;
	int state, err = 0;
	u32 left, batch = 0;
	void *entry;

	*count = 0;
	natgw_buckets_walk(session_table(nn, number), &iter);
	rcu_read_lock();
	while (!err && (entry = next_entry(&iter, kind))) {
		if (kind->match(filter, entry, &state, &left) &&
		    (!kill || kind->end(nn, entry, start)))
			++*count;
		if (++batch >= NATGW_SESSION_BATCH && natgw_buckets_may_pause(&iter)) {
			batch = 0;
			err = take_pause(&iter);
		}
	}
	rcu_read_unlock();
	return err;
}

/*
 * Sessions are ended in passes until one finds none; sessions made meanwhile stay, or it
 * might never end.
 */
static int session_walk(struct natgw_net *nn, u32 kind,
			const struct natgw_session_filter *filter, bool kill, u32 *count)
{
	u32 start = natgw_clock(), found;
	int err;

	do {
		err = session_pass(nn, kind, filter, kill, start, &found);
		*count += found;
	} while (!err && kill && found);
	return err;
}

static int session_count_fill(struct sk_buff *skb, const void *data)
{
	const u32 *count = data;

	return nla_put_u32(skb, NATGW_A_SESSION_COUNT, *count);
}

static int session_count_or_flush(struct genl_info *info, bool kill)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	struct sk_buff *reply = natgw_nl_reply_new(info);
	struct natgw_session_filter filter;
	u32 kind, count = 0;
	int err;

	if (!reply)
		return -ENOMEM;
	err = natgw_session_filter_parse(&filter, nn, info->attrs, info->extack);
	if (err)
		goto out;
	for (kind = 0; kind < ARRAY_SIZE(natgw_session_kinds); kind++) {
		if (err || !natgw_net_has_table(nn) || !session_wanted(&filter, kind))
			continue;
		if (kind == NATGW_KIND_NAT && !filter.given && !kill)
			count = natgw_session_count(&nn->table);
		else
			err = session_walk(nn, kind, &filter, kill, &count);
	}
	natgw_session_filter_put(&filter);
out:
	return natgw_nl_reply_end(reply, info, err, session_count_fill, &count);
}

int natgw_nl_session_count(struct sk_buff *skb, struct genl_info *info)
{
	return session_count_or_flush(info, false);
}

int natgw_nl_session_flush(struct sk_buff *skb, struct genl_info *info)
{
	return session_count_or_flush(info, true);
}
