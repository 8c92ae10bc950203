// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the records of flows that run by Linux alone when their subnet is bound, blocked
 * or led elsewhere: conntrack knows them. Called by control/publish.c, and by direct.c
 * for tuples.
 *
 * The module does not depend on nf_conntrack: its symbol is looked for when it
 * is needed, and only if it is loaded.
 */
#include <linux/module.h>
#include <linux/natgw.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include "datapath/decide.h"
#include "datapath/direct.h"
#include "lib/clock.h"
#include "session/table.h"
#include "snapshot/bound.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/**
 * struct import_pass - what the walk over conntrack's table needs
 * @nn: namespace
 * @old: snapshot in force until now
 * @config: the one that follows
 * @published: packets may have seen @config already
 */
struct import_pass {
	struct natgw_net *nn;
	const struct natgw_config *old;
	const struct natgw_config *config;
	bool published;
};

/*
 * Bound subnet of an address; others are left to Linux. Conntrack cannot tell
 * overlapping vnets apart.
 */
static const struct natgw_subnet_range *tracked_subnet(const struct natgw_config *config,
						       __be32 addr)
{
	const struct natgw_bound_range *bound = natgw_bound_find(&config->bound, addr);

	return bound ? bound->tracked : NULL;
}

static bool left_to_linux(const struct natgw_subnet_range *range, __be32 peer,
			  struct natgw_decision *decision)
{
	natgw_decide(range, peer, decision);
	return decision->method == NATGW_METHOD_PASS;
}

/*
 * Subnet of an inside host whose flows with @peer were Linux's and are no longer,
 * or NULL. A flow that runs by its routes once @config is published may have begun
 * so: it is left to them.
 */
static const struct natgw_subnet_range *taken_over(const struct import_pass *import_pass,
						   __be32 host, __be32 peer)
{
	const struct natgw_subnet_range *range = tracked_subnet(import_pass->config, host);
	const struct natgw_subnet_range *before = tracked_subnet(import_pass->old, host);
	struct natgw_decision decision;

	if (!range || left_to_linux(range, peer, &decision) ||
	    (import_pass->published && natgw_decision_steers(&decision)))
		return NULL;
	return !before || left_to_linux(before, peer, &decision) ? range : NULL;
}

static enum natgw_direct_stage stage_of(const struct nf_conn *ct, u8 proto)
{
	if (!natgw_l4(proto)->connects)
		return test_bit(IPS_SEEN_REPLY_BIT, &ct->status) ? NATGW_DIRECT_ESTABLISHED :
								   NATGW_DIRECT_HALF_OPEN;
	switch (READ_ONCE(ct->proto.tcp.state)) {
	case TCP_CONNTRACK_ESTABLISHED:
		return NATGW_DIRECT_ESTABLISHED;
	case TCP_CONNTRACK_FIN_WAIT:
	case TCP_CONNTRACK_CLOSE_WAIT:
	case TCP_CONNTRACK_LAST_ACK:
	case TCP_CONNTRACK_TIME_WAIT:
		return NATGW_DIRECT_CLOSING;
	case TCP_CONNTRACK_CLOSE:
		return NATGW_DIRECT_RESET;
	default:
		return NATGW_DIRECT_HALF_OPEN;
	}
}

static void import(const struct import_pass *import_pass, const struct nf_conn *ct,
		   const struct natgw_subnet_range *range, struct natgw_direct *proto)
{
	proto->stage = stage_of(ct, proto->tuple.proto);
	/* what starts inside and has no answer yet may start again, translated */
	if (proto->outbound && proto->stage == NATGW_DIRECT_HALF_OPEN)
		return;
	proto->tuple.vnet = range->vnet->id;
	proto->created = natgw_clock();
	/* conntrack may have lost the entry and made another in mid-stream */
	if (natgw_session_find_inner(&import_pass->nn->table, &proto->tuple,
				     natgw_session_hash(&proto->tuple)))
		return;
	natgw_direct_add(import_pass->nn, range, proto, nf_ct_expires(ct));
}

/* of a flow that started inside: the peer as it is once another's DNAT was done */
static struct natgw_tuple outbound_tuple(const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *original = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	u8 proto = nf_ct_protonum(ct);

	return (struct natgw_tuple) {
		.host = original->src.u3.ip,
		.peer = reply->src.u3.ip,
		.host_port = original->src.u.all,
		.peer_port = natgw_l4(proto)->id ? 0 : reply->src.u.all,
		.proto = proto,
	};
}

/* of one that started outside */
static struct natgw_tuple inbound_tuple(const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	u8 proto = nf_ct_protonum(ct);

	return (struct natgw_tuple) {
		.host = reply->src.u3.ip,
		.peer = reply->dst.u3.ip,
		.host_port = reply->src.u.all,
		.peer_port = natgw_l4(proto)->id ? 0 : reply->dst.u.all,
		.proto = proto,
	};
}

/* What the router itself sends needs no record, and with a broadcast address nobody sends */
static bool is_host(struct net *net, __be32 addr)
{
	unsigned int type = inet_addr_type(net, addr);

	return type != RTN_LOCAL && type != RTN_BROADCAST;
}

/* Conntrack's bucket lock is held, BH off. Return: 0, the entry stays. */
static int import_one(struct nf_conn *ct, void *data)
{
	const struct import_pass *import_pass = data;
	const struct natgw_subnet_range *range;
	struct natgw_direct proto = { .imported = true, .arrived = true };

	if (nf_ct_l3num(ct) != NFPROTO_IPV4 || !natgw_l4_known(nf_ct_protonum(ct)))
		return 0;
	/* the mark outlives the session: its idle entry is none of a flow that left untranslated */
	if (natgw_direct_disowned(ct))
		return 0;
	rcu_read_lock();
	proto.tuple = outbound_tuple(ct);
	proto.outbound = true;
	proto.changed = ct->status & IPS_SRC_NAT;
	range = taken_over(import_pass, proto.tuple.host, proto.tuple.peer);
	if (!range) {
		proto.tuple = inbound_tuple(ct);
		proto.outbound = false;
		proto.changed = ct->status & IPS_DST_NAT;
		range = taken_over(import_pass, proto.tuple.host, proto.tuple.peer);
	}
	if (range && is_host(import_pass->nn->net, proto.tuple.host))
		import(import_pass, ct, range, &proto);
	rcu_read_unlock();
	return 0;
}

bool natgw_direct_tuple_outbound(const struct sk_buff *skb, struct natgw_tuple *tuple)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (ct)
		*tuple = outbound_tuple(ct);
	return ct;
}

static const struct natgw_route_table_conf *steering_table(const struct natgw_subnet_range *range)
{
	return range->steer && range->steer->table->steers ? range->steer->table : NULL;
}

/* May flows of this subnet be taken over? Another route table, or one that was edited, may. */
static bool may_take_over(const struct natgw_config *old,
			  const struct natgw_subnet_range *range)
{
	const struct natgw_subnet_range *before = tracked_subnet(old, htonl(range->first));

	if (!before || before->subnet != range->subnet)
		return range->pool || range->block || steering_table(range);
	return (range->pool && !before->pool) || (range->block && !before->block) ||
	       (steering_table(range) && steering_table(range) != steering_table(before));
}

void natgw_direct_import(struct natgw_net *nn, const struct natgw_config *old,
			 const struct natgw_config *config)
{
	struct import_pass import_pass = {
		.nn = nn,
		.old = old,
		.config = config,
		.published = rcu_access_pointer(nn->config) == config,
	};
	const struct nf_ct_iter_data iter = { .net = nn->net, .data = &import_pass };
	typeof(nf_ct_iterate_cleanup_net) *iterate;
	u32 i;

	lockdep_assert_held(&nn->lock);
	for (i = 0; i < config->n_ranges; i++)
		if (may_take_over(old, &config->ranges[i]))
			break;
	if (i == config->n_ranges)
		return;
	iterate = symbol_get(nf_ct_iterate_cleanup_net);
	if (!iterate)
		return;
	iterate(import_one, &iter);
	symbol_put(nf_ct_iterate_cleanup_net);
}
