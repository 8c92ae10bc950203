// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the sockets that watch sessions, and the messages to them. Called by the netlink family
 * for a request, and by session/watch_ring.c for runs of sessions that have opened or ended, and
 * each block of ports that a host gets or loses.
 *
 * Events are copied into a message that is being filled for the watcher. It goes out when it is
 * full, or when no more events have come for now. So a session costs one copy, and no allocation
 * nor wake-up of its own. What a watcher holds is bounded by the buffer of its socket, and one
 * message. An event that finds no room is counted, and the next message says how many that were:
 * nobody waits, and nothing is lost in silence.
 */
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/natgw.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include "control/count.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/portblock.h"
#include "netlink/netlink.h"
#include "netlink/session_filter.h"
#include "netlink/session_watch.h"
#include "session/seat.h"
#include "session/watch.h"
#include "session/watch_ring.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/view.h"

/* a block of ports waits for others no longer than this, and so does what was lost */
#define FLUSH_AFTER	(HZ / 10)

/* a group with the three longest names and one event; its nest is closed in front of the next */
#define GROUP_MOST	(2 * NLA_HDRLEN + 3 * nla_total_size(NATGW_NAME_MAX + 1) + \
			 sizeof(struct natgw_session_event))

/* a block of ports, with the two longest names */
#define BLOCK_MOST	(NLA_HDRLEN + 2 * nla_total_size(NATGW_NAME_MAX + 1) + \
			 5 * nla_total_size(sizeof(u32)) + 2 * nla_total_size_64bit(sizeof(u64)))

/* filters that a block of ports does not know */
#define NO_BLOCKS	(BIT(NATGW_A_SESSION_PROTO) | BIT(NATGW_A_SESSION_SRC_PORT) | \
			 BIT(NATGW_A_SESSION_DST) | BIT(NATGW_A_SESSION_DST_PORT) | \
			 BIT(NATGW_A_SESSION_ADDRESS) | BIT(NATGW_A_SESSION_PORT) | \
			 BIT(NATGW_A_SESSION_SUBNET))

/* What a session must be is asked when it opens, and when it ends: state and kind do not apply */
const struct nla_policy natgw_watch_policy[NATGW_A_SESSION_MAX + 1] = {
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
};

/**
 * struct watch_batch - the message that is being filled for a watcher
 * @lock: of all that follows
 * @skb: the message, or NULL: there is no event yet
 * @head: its generic netlink header
 * @lost: where it says how many events have been lost
 * @group: nest of events with the same names
 * @events: their attribute in there
 * @gw: that the group is of; only compared
 * @subnet: likewise
 * @n: events in it
 * @closed: the socket has gone, and another one may have its number: nothing is sent any more;
 *	READ_ONCE() without the lock
 */
struct watch_batch {
	spinlock_t lock;	/* see above */
	struct sk_buff *skb;
	void *head;
	struct nlattr *lost;
	struct nlattr *group;
	struct nlattr *events;
	const struct natgw_gateway *gw;
	const struct natgw_subnet *subnet;
	u32 n;
	bool closed;
};

/**
 * struct natgw_watch - a socket that watches
 * @node: in nn->watches.list; written under nn->lock, read under RCU
 * @nn: namespace
 * @portid: of the socket
 * @owner: the socket, held: at the end of the module it closes when nobody tells us any more
 * @filter: sessions that it asks for
 * @batch: message under way
 * @lost: events that it was not told of
 * @told: of those it knows; written by whoever sends, never more than @lost
 * @flush: sends what has waited for long enough
 */
struct natgw_watch {
	struct list_head node;
	struct natgw_net *nn;
	u32 portid;
	struct sock *owner;
	struct natgw_session_filter filter;
	struct watch_batch batch;
	atomic64_t lost;
	u64 told;
	struct delayed_work flush;
};

static void watch_lose(struct natgw_watch *watch, u32 n)
{
	atomic64_add(n, &watch->lost);
	queue_delayed_work(system_unbound_wq, &watch->flush, FLUSH_AFTER);
}

/* Return: a message has begun */
static bool batch_begin(struct natgw_watch *watch, struct watch_batch *batch)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_ATOMIC | __GFP_NOWARN);

	if (!skb)
		return false;
	batch->head = genlmsg_put(skb, watch->portid, 0, &natgw_nl_family, 0,
				  NATGW_CMD_SESSION_EVENT_NTF);
	if (!batch->head ||
	    nla_put_u32(skb, NATGW_A_EVENT_VERSION, NATGW_EVENT_VERSION))
		goto free;
	batch->lost = nla_reserve_64bit(skb, NATGW_A_EVENT_LOST, sizeof(u64), NATGW_A_EVENT_PAD);
	if (!batch->lost)
		goto free;
	batch->skb = skb;
	batch->group = NULL;
	batch->n = 0;
	return true;

free:
	nlmsg_free(skb);
	return false;
}

static void group_end(struct watch_batch *batch)
{
	if (!batch->group)
		return;
	batch->events->nla_len = skb_tail_pointer(batch->skb) - (unsigned char *)batch->events;
	nla_nest_end(batch->skb, batch->group);
	batch->group = NULL;
}

static bool group_begin(struct watch_batch *batch, const struct natgw_gateway *gw,
			const struct natgw_subnet *subnet)
{
	struct sk_buff *skb = batch->skb;

	group_end(batch);
	batch->group = nla_nest_start(skb, NATGW_A_EVENT_GROUP);
	if (!batch->group)
		return false;
	batch->gw = gw;
	batch->subnet = subnet;
	if (!nla_put_string(skb, NATGW_A_EVENT_GROUP_GATEWAY, gw->name) &&
	    !nla_put_string(skb, NATGW_A_EVENT_GROUP_SUBNET, subnet->name) &&
	    !nla_put_string(skb, NATGW_A_EVENT_GROUP_VNET, subnet->vnet->name)) {
		batch->events = nla_reserve(skb, NATGW_A_EVENT_GROUP_EVENTS, 0);
		if (batch->events)
			return true;
	}
	nla_nest_cancel(skb, batch->group);
	batch->group = NULL;
	return false;
}

/* Sends the message of a locked batch as it is now, if there is one */
static void batch_send(struct natgw_watch *watch, struct watch_batch *batch)
{
	u64 lost = atomic64_read(&watch->lost);
	struct sk_buff *skb = batch->skb;

	if (!skb)
		return;
	group_end(batch);
	batch->skb = NULL;
	/* a socket that closes is dead before its end is told, and @portid may be another's */
	if (batch->closed || sock_flag(watch->owner, SOCK_DEAD)) {
		nlmsg_free(skb);
		return;
	}
	memcpy(nla_data(batch->lost), &lost, sizeof(lost));
	genlmsg_end(skb, batch->head);
	if (genlmsg_unicast(watch->nn->net, skb, watch->portid))
		watch_lose(watch, batch->n);
	else
		WRITE_ONCE(watch->told, lost);
}

/* Return: a locked batch has room for an event of these names */
static bool batch_room(struct natgw_watch *watch, struct watch_batch *batch,
		       const struct natgw_gateway *gw, const struct natgw_subnet *subnet)
{
	bool same = batch->group && batch->gw == gw && batch->subnet == subnet;
	u32 most = same ? sizeof(struct natgw_session_event) : GROUP_MOST;

	if (batch->skb && skb_tailroom(batch->skb) < most) {
		batch_send(watch, batch);
		same = false;
	}
	return same || ((batch->skb || batch_begin(watch, batch)) &&
			group_begin(batch, gw, subnet));
}

static void watch_add(struct natgw_watch *watch, const struct natgw_gateway *gw,
		      const struct natgw_subnet *subnet,
		      const struct natgw_session_event *events, u32 n)
{
	struct watch_batch *batch = &watch->batch;
	u32 fits;

	spin_lock_bh(&batch->lock);
	while (n && batch_room(watch, batch, gw, subnet)) {
		fits = min_t(u32, n, skb_tailroom(batch->skb) / sizeof(*events));
		__skb_put_data(batch->skb, events, fits * sizeof(*events));
		batch->n += fits;
		events += fits;
		n -= fits;
	}
	spin_unlock_bh(&batch->lock);
	if (n)
		watch_lose(watch, n);
}

static void watch_events(struct natgw_table *table, const struct natgw_gateway *gw,
			 const struct natgw_subnet *subnet,
			 const struct natgw_session_event *events, u32 n)
{
	struct natgw_watch *watch;
	u32 i;

	list_for_each_entry_rcu(watch, &table->nn->watches.list, node) {
		if (!watch->filter.given) {
			watch_add(watch, gw, subnet, events, n);
			continue;
		}
		for (i = 0; i < n; i++)
			if (natgw_session_match_event(&watch->filter, gw, subnet, &events[i]))
				watch_add(watch, gw, subnet, &events[i], 1);
	}
}

static void watch_events_lost(struct natgw_table *table, const struct natgw_gateway *gw,
			      const struct natgw_subnet *subnet,
			      const struct natgw_session_event *event)
{
	struct natgw_watch *watch;

	list_for_each_entry_rcu(watch, &table->nn->watches.list, node)
		if (natgw_session_match_event(&watch->filter, gw, subnet, event))
			watch_lose(watch, 1);
}

static void watch_send(struct natgw_watch *watch)
{
	spin_lock_bh(&watch->batch.lock);
	batch_send(watch, &watch->batch);
	spin_unlock_bh(&watch->batch.lock);
}

static void watch_send_all(struct natgw_table *table)
{
	struct natgw_watch *watch;

	rcu_read_lock();
	list_for_each_entry_rcu(watch, &table->nn->watches.list, node)
		watch_send(watch);
	rcu_read_unlock();
}

/* @vnet, @block: with some types only */
static bool block_put(struct sk_buff *skb, const struct natgw_block_note *note,
		      const struct natgw_vnet *vnet, const struct natgw_portblock *block)
{
	struct nlattr *nest = nla_nest_start(skb, NATGW_A_EVENT_BLOCK);
	const struct natgw_pool *pool = note->pool;

	if (nest && !nla_put_u32(skb, NATGW_A_EVENT_BLOCK_TYPE, note->type) &&
	    !nla_put_u64_64bit(skb, NATGW_A_EVENT_BLOCK_TIME, note->time,
			       NATGW_A_EVENT_BLOCK_PAD) &&
	    !nla_put_string(skb, NATGW_A_EVENT_BLOCK_GATEWAY, note->gw->name) &&
	    (!vnet || (!nla_put_string(skb, NATGW_A_EVENT_BLOCK_VNET, vnet->name) &&
		       !nla_put_in_addr(skb, NATGW_A_EVENT_BLOCK_SRC, note->host))) &&
	    (!block || (!nla_put_in_addr(skb, NATGW_A_EVENT_BLOCK_ADDRESS,
					 pool->entry[pool->place[block->place]].addr) &&
			!nla_put_u32(skb, NATGW_A_EVENT_BLOCK_FIRST,
				     NATGW_PORT_MIN + block->range.first) &&
			!nla_put_u32(skb, NATGW_A_EVENT_BLOCK_LAST,
				     NATGW_PORT_MIN + block->range.first + block->range.n - 1)))) {
		nla_nest_end(skb, nest);
		return true;
	}
	nla_nest_cancel(skb, nest);
	return false;
}

static void watch_add_block(struct natgw_watch *watch, const struct natgw_block_note *note,
			    const struct natgw_vnet *vnet, const struct natgw_portblock *block)
{
	struct watch_batch *batch = &watch->batch;
	bool told = false;

	spin_lock_bh(&batch->lock);
	if (batch->skb && skb_tailroom(batch->skb) < BLOCK_MOST)
		batch_send(watch, batch);
	if (batch->skb || batch_begin(watch, batch)) {
		group_end(batch);
		told = block_put(batch->skb, note, vnet, block);
		batch->n += told;
	}
	spin_unlock_bh(&batch->lock);
	if (told)
		queue_delayed_work(system_unbound_wq, &watch->flush, FLUSH_AFTER);
	else
		watch_lose(watch, 1);
}

static bool wants_blocks(const struct natgw_session_filter *filter,
			 const struct natgw_block_note *note, const struct natgw_vnet *vnet)
{
	const u32 given = filter->given;

	return !(given & NO_BLOCKS) &&
	       (!(given & BIT(NATGW_A_SESSION_GATEWAY)) || note->gw == filter->gw) &&
	       (!vnet || ((!(given & BIT(NATGW_A_SESSION_SRC)) || note->host == filter->src) &&
			  (!(given & BIT(NATGW_A_SESSION_VNET)) || vnet == filter->vnet)));
}

/* RCU. Return: NULL: the configuration has none any more */
static const struct natgw_vnet *vnet_of(const struct natgw_config *config, u16 id)
{
	u32 i;

	for (i = 0; config && i < config->n_vnets; i++)
		if (config->views[i].id == id)
			return config->views[i].vnet;
	return NULL;
}

static bool watch_block(struct natgw_table *table, const struct natgw_block_note *note)
{
	const struct natgw_vnet *vnet = NULL;
	struct natgw_portblock_layout layout;
	struct natgw_portblock block;
	struct natgw_watch *watch;
	bool known = true;
	u32 i;

	rcu_read_lock();
	if (note->type != NATGW_BLOCK_EVENT_CHANGED) {
		vnet = vnet_of(rcu_dereference(table->nn->config), note->vnet);
		known = vnet;
		if (!known)
			goto out;
	}
	if (note->pool)
		natgw_seat_layout(note->pool, &layout);
	list_for_each_entry_rcu(watch, &table->nn->watches.list, node) {
		if (!wants_blocks(&watch->filter, note, vnet))
			continue;
		if (!note->pool)
			watch_add_block(watch, note, vnet, NULL);
		for (i = 0; note->pool && natgw_portblock_get(&layout, note->seat, i, &block); i++)
			watch_add_block(watch, note, vnet, &block);
	}
out:
	rcu_read_unlock();
	return known;
}

const struct natgw_watch_ops natgw_session_watch_ops = {
	.events	= watch_events,
	.flush	= watch_send_all,
	.lost	= watch_events_lost,
	.block	= watch_block,
};

static void watch_flush(struct work_struct *work)
{
	struct natgw_watch *watch = container_of(to_delayed_work(work), struct natgw_watch, flush);
	struct watch_batch *batch = &watch->batch;

	watch_send(watch);
	if (READ_ONCE(watch->told) == atomic64_read(&watch->lost))
		return;
	/* a message without events says what was lost, when nothing else is to be said */
	spin_lock_bh(&batch->lock);
	if (batch->skb || batch_begin(watch, batch))
		batch_send(watch, batch);
	spin_unlock_bh(&batch->lock);
	/* its reader is still behind */
	if (READ_ONCE(watch->told) != atomic64_read(&watch->lost))
		queue_delayed_work(system_unbound_wq, &watch->flush, FLUSH_AFTER);
}

/* No session is told of to it any more. */
static void watch_free(struct natgw_watch *watch)
{
	cancel_delayed_work_sync(&watch->flush);
	kfree_skb(watch->batch.skb);
	natgw_session_filter_put(&watch->filter);
	if (watch->owner)
		sock_put(watch->owner);
	kfree(watch);
}

static struct natgw_watch *watch_new(struct natgw_net *nn, struct genl_info *info)
{
	struct natgw_watch *watch = kzalloc(sizeof(*watch), GFP_KERNEL_ACCOUNT);
	int err;

	if (!watch)
		return ERR_PTR(-ENOMEM);
	err = natgw_session_filter_parse(&watch->filter, nn, info->attrs, info->extack);
	if (err) {
		kfree(watch);
		return ERR_PTR(err);
	}
	spin_lock_init(&watch->batch.lock);
	watch->nn = nn;
	watch->portid = info->snd_portid;
	INIT_DELAYED_WORK(&watch->flush, watch_flush);
	return watch;
}

/* Of a socket that is there, or of one that has gone and may share its number with the former */
static struct natgw_watch *watch_find(struct natgw_net *nn, u32 portid, bool closed)
{
	struct natgw_watch *watch;

	lockdep_assert_held(&nn->lock);
	list_for_each_entry(watch, &nn->watches.list, node)
		if (watch->portid == portid && READ_ONCE(watch->batch.closed) == closed)
			return watch;
	return NULL;
}

static int watch_add_socket(struct natgw_net *nn, struct natgw_watch *watch,
			    struct netlink_ext_ack *extack)
{
	int err;

	if (watch_find(nn, watch->portid, false))
		return natgw_refuse(extack, NULL, -EEXIST, "this socket watches already");
	if (nn->watches.n == NATGW_WATCHES)
		return natgw_refuse(extack, NULL, -ENOSPC, "%u sockets watch already",
				    NATGW_WATCHES);
	err = natgw_count_begin(nn, extack);
	if (err)
		return err;
	/* it is told of what happens from now on */
	natgw_watch_settle(&nn->table);
	list_add_tail_rcu(&watch->node, &nn->watches.list);
	WRITE_ONCE(nn->watches.n, nn->watches.n + 1);
	return 0;
}

int natgw_nl_session_watch(struct sk_buff *skb, struct genl_info *info)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	struct natgw_watch *watch = watch_new(nn, info);
	int err;

	if (IS_ERR(watch))
		return PTR_ERR(watch);
	watch->owner = NETLINK_CB(skb).sk;
	sock_hold(watch->owner);
	mutex_lock(&nn->lock);
	err = watch_add_socket(nn, watch, info->extack);
	mutex_unlock(&nn->lock);
	if (err)
		watch_free(watch);
	return err;
}

/* Nobody has watched for a while: sessions need no counters. */
static void watch_off(struct work_struct *work)
{
	struct natgw_net *nn = container_of(to_delayed_work(work), struct natgw_net,
					    watches.off);
	int err = 0;

	mutex_lock(&nn->lock);
	if (!nn->closing && !nn->watches.n)
		err = natgw_count_end(nn);
	mutex_unlock(&nn->lock);
	if (err)
		queue_delayed_work(system_unbound_wq, &nn->watches.off, HZ);
}

/*
 * At once, and not when the lock is free: until then another socket, of somebody who may not see
 * sessions, could get the number.
 */
static void watch_close(struct natgw_net *nn, u32 portid)
{
	struct natgw_watch *watch;

	rcu_read_lock();
	list_for_each_entry_rcu(watch, &nn->watches.list, node) {
		if (watch->portid != portid)
			continue;
		spin_lock_bh(&watch->batch.lock);
		WRITE_ONCE(watch->batch.closed, true);
		spin_unlock_bh(&watch->batch.lock);
	}
	rcu_read_unlock();
}

/* The sockets of all other families come here too: they wait for nothing. */
static int watch_netlink_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct natgw_watch *watch;
	struct natgw_net *nn;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	nn = natgw_pernet(notify->net);
	/* never misses the socket that closes: its own request has counted it */
	if (!READ_ONCE(nn->watches.n))
		return NOTIFY_DONE;
	watch_close(nn, notify->portid);
	mutex_lock(&nn->lock);
	watch = watch_find(nn, notify->portid, true);
	if (watch) {
		list_del_rcu(&watch->node);
		WRITE_ONCE(nn->watches.n, nn->watches.n - 1);
		if (!nn->watches.n)
			mod_delayed_work(system_unbound_wq, &nn->watches.off,
					 NATGW_WATCH_SECONDS * HZ);
	}
	mutex_unlock(&nn->lock);
	if (!watch)
		return NOTIFY_DONE;
	/* whoever tells of a session just now */
	synchronize_rcu();
	watch_free(watch);
	return NOTIFY_DONE;
}

/* before that of transactions, which may wait for a change: the port id has another owner then */
static struct notifier_block watch_notifier = {
	.notifier_call = watch_netlink_event,
	.priority = 1,
};

void natgw_session_watch_net_init(struct natgw_net *nn)
{
	INIT_LIST_HEAD(&nn->watches.list);
	INIT_DELAYED_WORK(&nn->watches.off, watch_off);
}

void natgw_session_watch_net_pre_exit(struct natgw_net *nn)
{
	/* it looks at nn->closing when it runs */
	cancel_delayed_work_sync(&nn->watches.off);
}

void natgw_session_watch_net_exit(struct natgw_net *nn)
{
	struct natgw_watch *watch, *next;

	natgw_watch_end(&nn->table);
	/* sockets outlive the namespace's operations when the module goes */
	list_for_each_entry_safe(watch, next, &nn->watches.list, node)
		watch_free(watch);
}

int __init natgw_session_watch_module_init(void)
{
	return netlink_register_notifier(&watch_notifier);
}

void natgw_session_watch_module_exit(void)
{
	netlink_unregister_notifier(&watch_notifier);
}
