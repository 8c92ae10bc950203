// SPDX-License-Identifier: GPL-2.0
/*
 * Owns direct records: flows that came in by another way, or run by Linux alone. Called
 * by the hooks for each packet of a bound subnet, and by netlink/ for dumps.
 *
 * A packet from outside makes one before anybody inside has agreed to it, so
 * they have a cap of their own and are cheap to lose: while it is unanswered a
 * record waits in two queues, its namespace's and its subnet's, and the oldest
 * makes room for a new one. Past the handshake it leaves the queues and stays.
 * So a flood displaces itself, and no more than a quarter of the cap is one
 * subnet's.
 *
 * As with sessions a packet only writes @last, and look-ups judge by the clock;
 * a worker frees memory.
 */
#include <linux/icmp.h>
#include <linux/module.h>
#include <linux/natgw.h>
#include <linux/slab.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include "datapath/direct.h"
#include "datapath/trace.h"
#include "lib/budget.h"
#include "lib/clock.h"
#include "lib/walk.h"
#include "packet/packet.h"
#include "session/table.h"
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

static unsigned int direct_max = 65536;
module_param(direct_max, uint, 0444);
MODULE_PARM_DESC(direct_max, "most direct records of a network namespace (default: 65536)");

#define DIRECT_COST	(sizeof(struct natgw_direct) + NATGW_BUDGET_NODE)
#define SHARES		4		/* a subnet may have one of them */
#define GC_PAUSE	(2 * HZ)

static struct kmem_cache *direct_cache __read_mostly;

static u32 node_hash(const struct natgw_node *node)
{
	return natgw_session_hash(&natgw_direct_of_node(node)->tuple);
}

static bool node_is(const struct natgw_node *node, const void *key)
{
	return natgw_tuple_equal(key, &natgw_direct_of_node(node)->tuple);
}

static const struct natgw_buckets_ops direct_ops = {
	.hash = node_hash,
	.is = node_is,
};

static struct natgw_direct *lookup(struct natgw_directs *directs, const struct natgw_tuple *tuple)
{
	struct natgw_node *node;

	node = natgw_buckets_find(&directs->table, &direct_ops, natgw_session_hash(tuple), tuple);
	return node ? natgw_direct_of_node(node) : NULL;
}

/**
 * struct direct_packet - what a packet means to its record
 * @head: its headers; @tcp_flags is 0 if it is no TCP segment
 * @opens: may open a flow
 * @agrees: from inside, no part of a handshake
 */
struct direct_packet {
	struct natgw_packet head;
	bool opens;
	bool agrees;
};

/* Return: it is of a flow that may have a record. */
static bool parse(const struct sk_buff *skb, const struct natgw_subnet_range *range,
		  enum natgw_direction direction, struct direct_packet *packet)
{
	struct natgw_packet *head = &packet->head;
	const struct natgw_l4 *l4;

	head->tcp_flags = 0;
	if (natgw_packet_read(skb, direction, head) || head->kind != NATGW_PACKET_FLOW)
		return false;
	head->tuple.vnet = range->vnet->id;
	l4 = natgw_l4(head->tuple.proto);
	packet->agrees = direction == NATGW_OUT;
	packet->opens = direction == NATGW_IN;
	if (l4->id)
		packet->opens = head->icmp_type == ICMP_ECHO;
	if (l4->connects) {
		packet->opens = natgw_packet_opens(head);
		/* a SYN/ACK answers any SYN; what follows has the peer's consent too */
		packet->agrees &= !(head->tcp_flags & (NATGW_TCP_SYN | NATGW_TCP_RST));
	}
	return true;
}

/*
 * RFC 5382 REQ-5, RFC 4787 REQ-5, RFC 5508 REQ-2. A gateway whose timer is below
 * Azure's (only profile "custom" lets it) shortens that of its subnets' records.
 */
static u32 timeout_of(const struct natgw_gateway *gw, u16 proto, u8 stage)
{
	const struct natgw_l4 *l4 = natgw_l4(proto);
	enum natgw_timer timer;
	u32 own, azure, set;

	if (stage == NATGW_DIRECT_HALF_OPEN) {
		timer = NATGW_TIMER_HALF_OPEN;
		own = 30;
		azure = 30;
	} else if (stage == NATGW_DIRECT_CLOSING) {
		timer = NATGW_TIMER_CLOSING;
		own = 240;
		azure = 240;
	} else if (stage == NATGW_DIRECT_RESET) {
		timer = NATGW_TIMER_COOLDOWN_RST;
		own = 16;
		azure = 16;
	} else {
		timer = l4->timer;
		own = l4->direct;
		azure = l4->azure;
	}
	set = gw ? READ_ONCE(gw->timeout[timer]) : U32_MAX;
	return set < azure * HZ ? set : own * HZ;
}

static u32 range_timeout(const struct natgw_subnet_range *range, u16 proto, u8 stage)
{
	return timeout_of(range->pool ? range->pool->gw : NULL, proto, stage);
}

u32 natgw_direct_max(void)
{
	return direct_max;
}

static bool is_over(const struct natgw_direct *direct)
{
	return !natgw_clock_within(READ_ONCE(direct->last), (u32)jiffies,
				   READ_ONCE(direct->timeout));
}

int natgw_direct_state(const struct natgw_direct *direct, u32 *left)
{
	u32 age = natgw_clock_since(READ_ONCE(direct->last), (u32)jiffies);
	u32 timeout = READ_ONCE(direct->timeout);

	if (age >= timeout)
		return -1;
	*left = timeout - age;
	switch (READ_ONCE(direct->stage)) {
	case NATGW_DIRECT_HALF_OPEN:
		return NATGW_STATE_HALF_OPEN;
	case NATGW_DIRECT_ESTABLISHED:
		return NATGW_STATE_ESTABLISHED;
	default:
		return NATGW_STATE_CLOSING;
	}
}

static void direct_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(direct_cache, container_of(rcu, struct natgw_direct, rcu));
}

/* may the router yet drop what has come of it? */
static bool is_arriving(const struct natgw_direct *direct)
{
	return !READ_ONCE(direct->arrived) && !direct->own;
}

static void end_locked(struct natgw_directs *directs, struct natgw_direct *direct)
{
	lockdep_assert_held(&directs->lock);
	/* listings of records look without the lock */
	WRITE_ONCE(direct->dead, true);
	if (!direct->answered) {
		list_del(&direct->queue);
		list_del(&direct->share);
	}
	if (is_arriving(direct))
		WRITE_ONCE(directs->arriving, directs->arriving - 1);
	WRITE_ONCE(directs->n, directs->n - 1);
	WRITE_ONCE(direct->subnet->directs, direct->subnet->directs - 1);
	natgw_buckets_remove(&directs->table, &direct->node, natgw_session_hash(&direct->tuple));
	natgw_budget_give(directs->budget, DIRECT_COST);
	call_rcu(&direct->rcu, direct_free_rcu);
}

bool natgw_direct_end(struct natgw_directs *directs, struct natgw_direct *direct)
{
	bool ours;

	spin_lock_bh(&directs->lock);
	ours = !direct->dead;
	if (ours)
		end_locked(directs, direct);
	spin_unlock_bh(&directs->lock);
	return ours;
}

/* Return: there is room for one of @subnet; an older one may have gone for it. */
static bool make_room(struct natgw_directs *directs, struct natgw_subnet *subnet)
{
	struct natgw_direct *oldest;

	if (subnet->directs >= DIV_ROUND_UP(direct_max, SHARES))
		oldest = list_first_entry_or_null(&subnet->directs_queue, struct natgw_direct,
						  share);
	else if (directs->n >= direct_max)
		oldest = list_first_entry_or_null(&directs->queue, struct natgw_direct, queue);
	else
		return true;
	if (oldest)
		end_locked(directs, oldest);
	return oldest;
}

static struct natgw_direct *direct_new(struct natgw_directs *directs)
{
	struct natgw_direct *direct;

	if (!natgw_budget_take(directs->budget, DIRECT_COST))
		return NULL;
	direct = kmem_cache_zalloc(direct_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!direct)
		natgw_budget_give(directs->budget, DIRECT_COST);
	return direct;
}

static void direct_discard(struct natgw_directs *directs, struct natgw_direct *direct)
{
	natgw_budget_give(directs->budget, DIRECT_COST);
	kmem_cache_free(direct_cache, direct);
}

/* Return: @direct is in the table now, or another of its tuple was before. */
static bool insert(struct natgw_directs *directs, struct natgw_direct *direct)
{
	struct natgw_node *other;

	lockdep_assert_held(&directs->lock);
	other = natgw_buckets_insert(&directs->table, &direct->node, &direct_ops,
				     natgw_session_hash(&direct->tuple), &direct->tuple);
	if (other) {
		direct_discard(directs, direct);
		return !IS_ERR(other);
	}
	if (is_arriving(direct))
		WRITE_ONCE(directs->arriving, directs->arriving + 1);
	WRITE_ONCE(directs->n, directs->n + 1);
	WRITE_ONCE(direct->subnet->directs, direct->subnet->directs + 1);
	if (!direct->answered) {
		list_add_tail(&direct->queue, &directs->queue);
		list_add_tail(&direct->share, &direct->subnet->directs_queue);
	}
	return true;
}

bool natgw_direct_add(struct natgw_net *nn, const struct natgw_subnet_range *range,
		      const struct natgw_direct *proto, u32 left)
{
	struct natgw_directs *directs = &nn->directs;
	struct natgw_direct *direct = NULL;
	bool made = false;

	spin_lock_bh(&directs->lock);
	if (make_room(directs, range->subnet))
		direct = direct_new(directs);
	if (direct) {
		direct->tuple = proto->tuple;
		direct->subnet = range->subnet;
		direct->last = (u32)jiffies;
		direct->created = proto->created;
		direct->stage = proto->stage;
		direct->answered = proto->stage != NATGW_DIRECT_HALF_OPEN;
		direct->acked = proto->acked;
		direct->acks = proto->acks;
		direct->imported = proto->imported;
		direct->outbound = proto->outbound;
		direct->changed = proto->changed;
		direct->arrived = proto->arrived;
		direct->own = proto->own;
		direct->timeout = min(left, range_timeout(range, proto->tuple.proto,
							  proto->stage));
		made = insert(directs, direct);
	}
	spin_unlock_bh(&directs->lock);
	if (made)
		queue_delayed_work(system_unbound_wq, &directs->gc, GC_PAUSE);
	else
		trace_natgw_direct_refused(range->subnet, &proto->tuple);
	return made;
}

static struct natgw_direct *find(struct natgw_directs *directs, const struct natgw_tuple *tuple)
{
	struct natgw_direct *direct;

	direct = lookup(directs, tuple);
	return direct && !is_over(direct) ? direct : NULL;
}

/*
 * What comes from outside may be forged by somebody who sees no packet (RFC 5961). With a
 * RST the inside host's connection ends only if it has the number that comes next. A FIN
 * may follow data that is under way: one that is not recognised costs nothing, the inside
 * host's own FIN follows.
 */
static bool may_end(const struct natgw_direct *direct, const struct direct_packet *packet)
{
	u32 ahead = packet->head.seq - READ_ONCE(direct->acked);

	/* an answer that conntrack knows does not come by here, nor needs the record */
	if (packet->head.direction == NATGW_OUT || !READ_ONCE(direct->acks))
		return true;
	return packet->head.tcp_flags & NATGW_TCP_RST ? !ahead : ahead <= U16_MAX;
}

static u8 next_stage(const struct natgw_direct *direct, u8 stage,
		     const struct direct_packet *packet)
{
	if (packet->head.tcp_flags & (NATGW_TCP_RST | NATGW_TCP_FIN) && !may_end(direct, packet))
		return stage;
	if (packet->head.tcp_flags & NATGW_TCP_RST)
		return NATGW_DIRECT_RESET;
	if (packet->head.tcp_flags & NATGW_TCP_FIN)
		return NATGW_DIRECT_CLOSING;
	/* the same ports again */
	if (natgw_l4(packet->head.tuple.proto)->connects && packet->opens &&
	    stage != NATGW_DIRECT_ESTABLISHED)
		return NATGW_DIRECT_HALF_OPEN;
	/* it goes on, whatever the RST was */
	if (packet->agrees && stage != NATGW_DIRECT_CLOSING)
		return NATGW_DIRECT_ESTABLISHED;
	return stage;
}

static void set_answered(struct natgw_directs *directs, struct natgw_direct *direct)
{
	spin_lock_bh(&directs->lock);
	if (!direct->answered && !direct->dead) {
		list_del(&direct->queue);
		list_del(&direct->share);
		WRITE_ONCE(direct->answered, true);
	}
	spin_unlock_bh(&directs->lock);
}

/* a packet of its flow */
static void renew(struct natgw_directs *directs, struct natgw_direct *direct,
		  const struct natgw_subnet_range *range, const struct direct_packet *packet)
{
	u8 old = READ_ONCE(direct->stage), stage = next_stage(direct, old, packet);
	u32 now = (u32)jiffies, timeout;

	if (packet->agrees && !READ_ONCE(direct->answered))
		set_answered(directs, direct);
	if (packet->head.direction == NATGW_OUT && packet->head.tcp_flags & NATGW_TCP_ACK &&
	    (READ_ONCE(direct->acked) != packet->head.ack || !READ_ONCE(direct->acks))) {
		WRITE_ONCE(direct->acked, packet->head.ack);
		WRITE_ONCE(direct->acks, true);
	}
	/* what still comes from outside after a RST is late */
	if (stage == NATGW_DIRECT_RESET && old == stage)
		return;
	timeout = range_timeout(range, packet->head.tuple.proto, stage);
	if (old != stage)
		WRITE_ONCE(direct->stage, stage);
	if (READ_ONCE(direct->timeout) != timeout)
		WRITE_ONCE(direct->timeout, timeout);
	if (READ_ONCE(direct->last) != now)
		WRITE_ONCE(direct->last, now);
}

bool natgw_direct_answer(struct natgw_directs *directs, const struct natgw_subnet_range *range,
			 struct sk_buff *skb, enum natgw_direct_source source, bool imported)
{
	struct direct_packet packet;
	struct natgw_direct *direct;

	if (!parse(skb, range, NATGW_OUT, &packet))
		return false;
	if (source == NATGW_DIRECT_SOURCE_CHANGED) {
		if (!natgw_direct_tuple_outbound(skb, &packet.head.tuple))
			return false;
		packet.head.tuple.vnet = range->vnet->id;
	}
	direct = find(directs, &packet.head.tuple);
	/* what the router itself says for the host, like a RST of REJECT, came in by no device */
	if (!direct || (is_arriving(direct) && skb->skb_iif) ||
	    (source == NATGW_DIRECT_SOURCE_FINAL && READ_ONCE(direct->changed)) ||
	    (imported && !direct->imported))
		return false;
	if (natgw_l4(packet.head.tuple.proto)->id ? packet.opens != direct->outbound : packet.opens)
		return false;
	renew(directs, direct, range, &packet);
	return true;
}

void natgw_direct_note(struct natgw_net *nn, const struct natgw_subnet_range *range,
		       struct sk_buff *skb, const struct net_device *in)
{
	struct natgw_direct proto = { .stage = NATGW_DIRECT_HALF_OPEN };
	struct natgw_directs *directs = &nn->directs;
	enum ip_conntrack_info ctinfo;
	struct direct_packet packet;
	struct natgw_direct *direct;
	const struct nf_conn *ct;

	if (!parse(skb, range, NATGW_IN, &packet))
		return;
	direct = lookup(directs, &packet.head.tuple);
	ct = nf_ct_get(skb, &ctinfo);
	if (direct && !is_over(direct)) {
		if (!in && ct && ct->status & IPS_DST_NAT)
			WRITE_ONCE(direct->changed, true);
		/* one that does not arrive goes after its time: nobody waits for it for ever */
		if (!is_arriving(direct))
			renew(directs, direct, range, &packet);
		return;
	}
	if (!packet.opens)
		return;
	if (natgw_session_find_inner(&nn->table, &packet.head.tuple,
				     natgw_session_hash(&packet.head.tuple)))
		return;
	if (direct)
		natgw_direct_end(directs, direct);
	proto.tuple = packet.head.tuple;
	proto.created = natgw_clock();
	proto.changed = ct && ct->status & IPS_DST_NAT;
	proto.arrived = !in;
	/* in PRE_ROUTING, where it has no route yet */
	proto.own = in && !skb_valid_dst(skb) &&
		    inet_addr_type_dev_table(nn->net, in, ip_hdr(skb)->daddr) == RTN_LOCAL;
	natgw_direct_add(nn, range, &proto, U32_MAX);
}

static void set_arrived(struct natgw_directs *directs, struct natgw_direct *direct)
{
	spin_lock_bh(&directs->lock);
	if (is_arriving(direct) && !direct->dead) {
		WRITE_ONCE(direct->arrived, true);
		WRITE_ONCE(directs->arriving, directs->arriving - 1);
	}
	spin_unlock_bh(&directs->lock);
}

void natgw_direct_arrived(struct natgw_net *nn, const struct natgw_config *config,
			  struct sk_buff *skb, const struct net_device *out)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, out->ifindex);
	__be32 host = ip_hdr(skb)->daddr;
	const struct natgw_bound_range *bound = natgw_bound_find(&config->bound, host);
	const struct natgw_subnet_range *range = bound ? bound->tracked : NULL;
	struct direct_packet packet;
	struct natgw_direct *direct;

	/* made in FORWARD then, of a packet into a VRF, and else in PRE_ROUTING */
	if (vnet->untracked)
		range = natgw_lookup_subnet(vnet, host);
	if (!range || !parse(skb, range, NATGW_IN, &packet))
		return;
	direct = find(&nn->directs, &packet.head.tuple);
	if (!direct || !is_arriving(direct))
		return;
	/* an answer of a session, translated back by now, is no packet of the direct flow */
	if (!natgw_session_find_inner(&nn->table, &packet.head.tuple,
				      natgw_session_hash(&packet.head.tuple)))
		set_arrived(&nn->directs, direct);
}

bool natgw_direct_known(struct natgw_directs *directs, const struct natgw_tuple *tuple)
{
	return natgw_direct_count(directs) && find(directs, tuple);
}

bool natgw_direct_quoted(struct natgw_directs *directs, const struct natgw_tuple *tuple,
			 enum natgw_direct_source source)
{
	const struct natgw_direct *direct;

	direct = natgw_direct_count(directs) ? find(directs, tuple) : NULL;
	return direct && READ_ONCE(direct->arrived) &&
	       (source != NATGW_DIRECT_SOURCE_FINAL || !READ_ONCE(direct->changed));
}

/* which records end */
struct end_each {
	struct natgw_directs *directs;
	bool (*ends)(const struct natgw_direct *direct, const void *data);
	const void *data;
};

static bool end_one(struct natgw_node *node, void *data)
{
	struct natgw_direct *direct = natgw_direct_of_node(node);
	const struct end_each *which = data;

	return which->ends(direct, which->data) && natgw_direct_end(which->directs, direct);
}

static void end_each(struct natgw_directs *directs,
		     bool (*ends)(const struct natgw_direct *direct, const void *data),
		     const void *data)
{
	struct end_each which = { .directs = directs, .ends = ends, .data = data };

	natgw_walk_passes(&directs->table, end_one, &which);
}

static bool is_not_carried(const struct natgw_direct *direct, const void *data)
{
	const struct natgw_vnet_view *view = natgw_place_view(data, direct->subnet->vnet);
	const struct natgw_subnet_range *range;

	if (!view)
		return true;
	range = natgw_lookup_subnet(view, direct->tuple.host);
	return !range || range->subnet != direct->subnet;
}

void natgw_direct_purge(struct natgw_net *nn, const struct natgw_config *config)
{
	end_each(&nn->directs, is_not_carried, config);
}

static bool gc_ends(const struct natgw_direct *direct, const void *data)
{
	return is_over(direct);
}

static void gc_work(struct work_struct *work)
{
	struct natgw_directs *directs = container_of(to_delayed_work(work), struct natgw_directs,
						     gc);

	end_each(directs, gc_ends, NULL);
	if (natgw_direct_count(directs))
		queue_delayed_work(system_unbound_wq, &directs->gc, GC_PAUSE);
}

int natgw_direct_net_init(struct natgw_directs *directs, struct natgw_budget *budget)
{
	directs->budget = budget;
	spin_lock_init(&directs->lock);
	INIT_LIST_HEAD(&directs->queue);
	INIT_DELAYED_WORK(&directs->gc, gc_work);
	directs->n = 0;
	directs->arriving = 0;
	return natgw_buckets_init(&directs->table, &direct_ops, NATGW_BUCKETS_FIRST, 0);
}

static void direct_free(struct natgw_node *node, void *arg)
{
	direct_discard(arg, natgw_direct_of_node(node));
}

void natgw_direct_net_exit(struct natgw_directs *directs)
{
	cancel_delayed_work_sync(&directs->gc);
	natgw_buckets_destroy(&directs->table, direct_free, directs);
}

int natgw_direct_module_init(void)
{
	BUILD_BUG_ON(sizeof(struct natgw_direct) > 96);

	direct_cache = KMEM_CACHE(natgw_direct, SLAB_ACCOUNT);
	return direct_cache ? 0 : -ENOMEM;
}

/* after rcu_barrier() */
void natgw_direct_module_exit(void)
{
	kmem_cache_destroy(direct_cache);
}
