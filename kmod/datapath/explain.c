// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the way of a question through the functions that the hooks consist of. Called by
 * netlink/explain_nl.c.
 *
 * A packet is made as its host would send it and taken through the functions
 * that the hooks consist of, and through Linux's look-up of its route. It comes
 * in by the device that Linux's route to its source leaves by.
 */
#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/natgw.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include "compat/route.h"
#include "datapath/decide.h"
#include "datapath/direct.h"
#include "datapath/explain.h"
#include "datapath/inbound.h"
#include "datapath/outbound.h"
#include "datapath/steer.h"
#include "packet/route_input.h"
#include "packet/source.h"
#include "session/port.h"
#include "session/session.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/next_hop.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/**
 * struct explain - one packet on its way through this file
 * @nn: namespace
 * @config: snapshot
 * @question: what is asked
 * @verdict: what is answered
 * @skb: the packet
 * @in: device it comes by, or its VRF
 * @out: device it leaves by, NULL: none
 * @range: subnet of its source, as its device has it, or NULL
 */
struct explain {
	struct natgw_net *nn;
	const struct natgw_config *config;
	const struct natgw_question *question;
	struct natgw_verdict *verdict;
	struct sk_buff *skb;
	struct net_device *in;
	struct net_device *out;
	const struct natgw_subnet_range *range;
};

static void set(struct explain *e, enum natgw_method method, int reason)
{
	e->verdict->method = method;
	e->verdict->reason = reason;
}

/* nothing of a protocol that is not translated: a hook looks no further than its number */
static void put_transport(struct sk_buff *skb, const struct natgw_question *question)
{
	const struct natgw_l4 *l4 = natgw_l4(question->proto);
	void *header = skb_put_zero(skb, l4->header);
	struct natgw_l4_ports *ports = header;
	struct icmphdr *ih = header;
	struct tcphdr *th = header;
	struct udphdr *uh = header;

	if (!l4->header)
		return;
	if (l4->id) {
		ih->type = ICMP_ECHO;
		ih->un.echo.id = htons(question->src_port);
		return;
	}
	ports->source = htons(question->src_port);
	ports->dest = htons(question->dst_port);
	if (l4->connects) {
		th->doff = l4->header / 4;
		th->syn = 1;
	} else {
		uh->len = htons(l4->header);
	}
}

static struct sk_buff *make_packet(const struct natgw_question *question)
{
	struct sk_buff *skb;
	struct iphdr *iph;

	skb = alloc_skb(MAX_HEADER + sizeof(*iph) + NATGW_L4_HEADER_MOST, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_HEADER);
	skb_reset_network_header(skb);
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->ttl = 64;
	iph->protocol = question->proto;
	iph->saddr = question->src;
	iph->daddr = question->dst;
	skb_set_transport_header(skb, sizeof(*iph));
	put_transport(skb, question);
	iph->tot_len = htons(skb->len);
	skb->protocol = htons(ETH_P_IP);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	return skb;
}

/* a device whose packets are a vnet's, where Linux has no route to their source by one */
static struct net_device *any_dev(struct explain *e)
{
	struct net_device *dev;

	for_each_netdev_rcu(e->nn->net, dev)
		if (!(dev->flags & IFF_LOOPBACK) && !netif_is_l3_master(dev) &&
		    natgw_lookup_vnet(e->config, dev->ifindex) == e->question->vnet->entrance)
			return dev;
	return e->nn->net->loopback_dev;
}

/*
 * Rules may lead answers to the host by another device than what the router itself
 * sends. Return: one of its vnet, or NULL.
 */
static struct net_device *by_answers(struct explain *e, struct net_device *dev)
{
	const struct natgw_question *question = e->question;
	struct net_device *back = NULL;

	if (natgw_ip_route_input_noref(e->skb, question->dst, question->src, dev))
		return NULL;
	if (skb_rtable(e->skb)->rt_type == RTN_UNICAST)
		back = natgw_source_back(e->nn, question->src, skb_rtable(e->skb)->dst.dev);
	skb_dst_drop(e->skb);
	return back && natgw_lookup_vnet(e->config, back->ifindex) == question->vnet->entrance ?
	       back : NULL;
}

/*
 * Where the host is by a route to it, if that is at a device of another vnet and its
 * subnet asks for such a route: its packets come by there, and are in no subnet
 * unless that vnet has one for them.
 */
static struct net_device *elsewhere(const struct explain *e)
{
	const struct natgw_question *question = e->question;
	const struct natgw_vnet_view *vnet;
	struct net_device *dev;

	if (!question->range || question->range->source_check != NATGW_SOURCE_CHECK_STRICT)
		return NULL;
	dev = natgw_source_near(e->nn, question->src);
	if (!dev)
		return NULL;
	vnet = natgw_lookup_vnet(e->config, dev->ifindex);
	return vnet == question->vnet->entrance || natgw_lookup_source(vnet, question->src) ?
	       NULL : dev;
}

static struct net_device *ingress(struct explain *e)
{
	const struct natgw_vnet_view *vnet = e->question->vnet->entrance;
	struct net_device *dev = natgw_source_dev(e->nn, e->question->src, vnet->vrf);
	struct net_device *other;

	if (!e->nn->active)
		return dev ?: e->nn->net->loopback_dev;
	if (!dev || natgw_lookup_vnet(e->config, dev->ifindex) != vnet)
		dev = any_dev(e);
	if (vnet->vrf)
		return dev;
	other = by_answers(e, dev);
	if (other)
		return other;
	other = elsewhere(e);
	if (!other)
		return dev;
	e->range = NULL;
	return other;
}

static void set_ingress(struct explain *e)
{
	struct net_device *dev = ingress(e);

	/* its second pass is the one that counts */
	if (netif_is_l3_slave(dev))
		dev = dev_get_by_index_rcu(e->nn->net, l3mdev_master_ifindex_rcu(dev)) ?: dev;
	e->in = dev;
	e->skb->dev = dev;
	e->skb->skb_iif = dev->ifindex;
}

static bool forwards(const struct net_device *in)
{
	struct in_device *in_dev = __in_dev_get_rcu(in);

	return in_dev && IN_DEV_FORWARD(in_dev);
}

/* the way it has without coming in by a device */
static bool output_route(struct explain *e)
{
	struct rtable *rt;

	rt = natgw_route_output(e->nn, e->question->dst, e->question->vnet->vrf);
	if (!rt)
		return false;
	skb_dst_drop(e->skb);
	skb_dst_set(e->skb, &rt->dst);
	e->out = rt->dst.dev;
	return true;
}

static void no_way(struct explain *e)
{
	if (forwards(e->in)) {
		e->verdict->obstacle = NATGW_OBSTACLE_NO_ROUTE;
		return;
	}
	e->verdict->obstacle = NATGW_OBSTACLE_FORWARDING_OFF;
	/* where it would go if Linux did */
	output_route(e);
}

/* Linux's own route, unless it is steered. Return: false: the packet is the router's */
static bool route(struct explain *e)
{
	const struct natgw_question *question = e->question;
	const struct rtable *rt = skb_rtable(e->skb);

	if (rt) {
		e->out = rt->dst.dev;
		return true;
	}
	if (natgw_steer_local(e->nn, question->dst, e->in))
		return false;
	if (natgw_ip_route_input_noref(e->skb, question->dst, question->src, e->in)) {
		no_way(e);
		return true;
	}
	rt = skb_rtable(e->skb);
	if (rt->rt_type == RTN_LOCAL || rt->rt_type == RTN_BROADCAST)
		return false;
	if (rt->rt_type == RTN_UNICAST)
		e->out = rt->dst.dev;
	else
		no_way(e);
	return true;
}

static void by_session(struct explain *e, const struct natgw_session *session)
{
	struct natgw_verdict *verdict = e->verdict;

	verdict->session = true;
	verdict->gw = session->gw;
	verdict->address[verdict->n++] = session->public;
	verdict->port = ntohs(session->port);
}

/* The packet is for an address of the pool. Return: whether it goes on by Linux's route */
static bool inbound(struct explain *e, const struct natgw_public *public)
{
	const struct natgw_session *session;
	struct natgw_gateway *gw;
	int reason;

	reason = natgw_inbound_try(e->nn, e->config, public, e->skb, e->in, &gw, &session);
	if (reason < 0 && !session)
		return true;
	e->verdict->gw = gw;
	set(e, reason < 0 ? NATGW_METHOD_NAT : NATGW_METHOD_DROP, reason);
	if (session)
		by_session(e, session);
	return false;
}

/* Return: it goes on; not so what a bound host sends to another one as if from outside */
static bool may_enter(struct explain *e, const struct natgw_subnet_range *range)
{
	if (!natgw_steer_forged(e->nn, e->config, range, e->question->src, e->skb, e->in))
		return true;
	set(e, NATGW_METHOD_DROP, NATGW_DROP_SPOOFED_SOURCE);
	if (range->pool)
		e->verdict->gw = range->pool->gw;
	return false;
}

/* Return: the packet is forwarded */
static bool pre_routing(struct explain *e)
{
	const struct natgw_question *question = e->question;
	const struct natgw_public *public = natgw_lookup_public(e->config, question->dst);
	const struct natgw_bound_range *bound;
	int reason = -1;

	if (public && !inbound(e, public))
		return false;
	if (!public && e->config->directs) {
		bound = natgw_bound_find(&e->config->bound, question->dst);
		if (bound && bound->tracked && !may_enter(e, bound->tracked))
			return false;
	}
	if (!public && e->range)
		reason = natgw_steer_try(e->nn, e->range, e->skb, e->in, question->flow);
	if (reason >= 0) {
		set(e, NATGW_METHOD_DROP, reason);
		/* no route to a next hop either */
		if (reason == NATGW_DROP_NEXT_HOP && !forwards(e->in))
			e->verdict->obstacle = NATGW_OBSTACLE_FORWARDING_OFF;
		return false;
	}
	return true;
}

/* Return: it goes on, into a VRF if its route leads there */
static bool forward(struct explain *e)
{
	const struct natgw_subnet_range *range;
	const struct natgw_vnet_view *vnet;

	if (!e->config->deferred || !e->out)
		return true;
	vnet = natgw_lookup_vnet(e->config, e->out->ifindex);
	range = vnet->untracked ? natgw_lookup_subnet(vnet, e->question->dst) : NULL;
	return !range || may_enter(e, range);
}

/* was the port that it would get what was missing? */
static bool wants_port(const struct natgw_verdict *verdict)
{
	if (verdict->method == NATGW_METHOD_NAT)
		return true;
	switch (verdict->reason) {
	case NATGW_DROP_DESTINATION_FULL:
	case NATGW_DROP_ALL_COOLING:
	case NATGW_DROP_DESTINATION_CAP:
	case NATGW_DROP_QUOTA:
	case NATGW_DROP_MEMORY:
		return true;
	default:
		return false;
	}
}

static struct natgw_tuple tuple_of(const struct natgw_question *question)
{
	return (struct natgw_tuple) {
		.host = question->src,
		.peer = question->dst,
		.host_port = htons(question->src_port),
		.peer_port = htons(question->dst_port),
		.proto = question->proto,
		.vnet = question->vnet->id,
	};
}

static void set_ports(struct explain *e)
{
	const struct natgw_pool *pool = e->range->pool;
	const struct natgw_tuple tuple = tuple_of(e->question);
	struct natgw_verdict *verdict = e->verdict;
	u32 slots, i;

	verdict->left = natgw_port_left(&e->nn->table, pool, &tuple, e->out, &slots);
	for (i = 0; i < pool->n; i++)
		if (slots & BIT(pool->entry[i].slot))
			verdict->address[verdict->n++] = pool->entry[i].addr;
}

static void post_routing(struct explain *e)
{
	const struct natgw_question *question = e->question;
	struct natgw_verdict *verdict = e->verdict;
	const struct natgw_tuple tuple = tuple_of(question);
	const struct natgw_session *session;
	struct natgw_decision decision;
	const struct nf_hook_state state = {
		.hook = NF_INET_POST_ROUTING,
		.pf = NFPROTO_IPV4,
		.in = e->in,
		.out = e->out,
		.net = e->nn->net,
	};

	session = natgw_outbound_try(e->nn, e->config, e->skb, &state, question->flow, &decision);
	set(e, decision.method, decision.reason);
	switch (decision.method) {
	case NATGW_METHOD_APPLIANCE:
	case NATGW_METHOD_VPN:
		verdict->hop = decision.effective.hop->ip;
		/* its answers come past the next hop: see steer.c */
		if (question->flow && natgw_l4(question->proto)->connects &&
		    natgw_direct_known(&e->nn->directs, &tuple))
			verdict->reason = NATGW_DROP_ASYMMETRIC;
		break;
	case NATGW_METHOD_DIRECT:
		verdict->session = true;
		break;
	}
	if (session)
		by_session(e, session);
	else if (e->out && e->range && e->range->pool && wants_port(verdict))
		set_ports(e);
}

static void explain(struct explain *e)
{
	struct natgw_verdict *verdict = e->verdict;
	const struct natgw_subnet_range *range = e->question->range;

	set_ingress(e);
	/* what the router itself sends comes by no device */
	if (inet_addr_type_dev_table(e->nn->net, e->in, e->question->src) == RTN_LOCAL) {
		set(e, NATGW_METHOD_PASS, -1);
		if (!output_route(e))
			verdict->obstacle = NATGW_OBSTACLE_NO_ROUTE;
	} else if (!e->nn->active || pre_routing(e)) {
		if (!route(e))
			set(e, NATGW_METHOD_LOCAL, -1);
		else if (!e->nn->active)
			set(e, NATGW_METHOD_PASS, -1);
		else if (forward(e))
			post_routing(e);
	}
	if (!verdict->gw && range && range->pool &&
	    (verdict->method == NATGW_METHOD_NAT || verdict->method == NATGW_METHOD_DROP))
		verdict->gw = range->pool->gw;
	if (e->out && verdict->method != NATGW_METHOD_DROP)
		strscpy(verdict->dev, e->out->name, IFNAMSIZ);
}

int natgw_explain(struct natgw_net *nn, const struct natgw_question *question,
		  struct natgw_verdict *verdict)
{
	struct explain e = {
		.nn = nn,
		.config = rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock)),
		.question = question,
		.verdict = verdict,
		.range = question->range,
	};

	memset(verdict, 0, sizeof(*verdict));
	verdict->reason = -1;
	e.skb = make_packet(question);
	if (!e.skb)
		return -ENOMEM;
	local_bh_disable();
	rcu_read_lock();
	explain(&e);
	/* its route may be one without a reference */
	kfree_skb(e.skb);
	rcu_read_unlock();
	local_bh_enable();
	return 0;
}

const struct natgw_vnet_view *natgw_explain_ingress(struct natgw_net *nn,
						    const struct natgw_config *config,
						    __be32 src)
{
	const struct natgw_vnet_view *vnet;
	const struct net_device *dev;

	rcu_read_lock();
	dev = natgw_source_dev(nn, src, 0);
	vnet = dev ? natgw_lookup_vnet(config, dev->ifindex) : &config->views[0];
	rcu_read_unlock();
	return vnet;
}
