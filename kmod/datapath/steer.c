// SPDX-License-Identifier: GPL-2.0
/*
 * Owns user routes at work: packets to appliances, VPN next hops, and nowhere. Called by
 * hook.c, outbound.c and classify.c, egress.c, and explain.c.
 *
 * Two hooks share the work, because the stack has a place for each half only:
 * in PRE_ROUTING a packet gets the input route of the next hop's address, so
 * that it is forwarded, checked and measured (MTU) towards that device; in
 * FORWARD it gets the output route with the next hop as its gateway. No marks,
 * no rules, no sysctls. What came in by a bridge with br_netfilter is steered in
 * FORWARD alone.
 */
#include <linux/icmp.h>
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <net/dst_metadata.h>
#include <net/icmp.h>
#include <net/inet_common.h>
#include <net/ip_fib.h>
#include <net/route.h>
#include "datapath/decide.h"
#include "datapath/direct.h"
#include "datapath/flow.h"
#include "datapath/steer.h"
#include "packet/packet.h"
#include "packet/route_input.h"
#include "packet/source.h"
#include "packet/xfrm.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/next_hop.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/stats.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/**
 * struct steer - one packet on its way through this file
 * @nn: namespace
 * @range: subnet of its source
 * @skb: the packet
 * @in: device it came by, or its VRF
 * @decision: what its route says
 * @packet: its headers
 * @parsed: they make sense
 * @session: it may be of a session
 */
struct steer {
	struct natgw_net *nn;
	const struct natgw_subnet_range *range;
	struct sk_buff *skb;
	struct net_device *in;
	struct natgw_decision decision;
	struct natgw_packet packet;
	bool parsed;
	bool session;
};

/* a flow that runs goes on by its gateway, or by Linux alone: routes act on new ones */
static bool runs(struct steer *s)
{
	const struct natgw_session *session;

	s->parsed = !natgw_packet_parse(s->skb, NATGW_OUT, &s->packet);
	if (!s->parsed || s->packet.kind != NATGW_PACKET_FLOW)
		return false;
	s->packet.tuple.vnet = s->range->vnet->id;
	session = natgw_session_find_inner(&s->nn->table, &s->packet.tuple,
					   natgw_session_hash(&s->packet.tuple));
	return (session && natgw_session_state(session, NULL) >= 0) ||
	       natgw_direct_runs(&s->nn->directs, s->range, s->skb, NATGW_DIRECT_SOURCE_YET);
}

/*
 * A VRF's table has the routes of others beside its own addresses, so a type
 * like RTN_UNREACHABLE says nothing about the router.
 */
bool natgw_steer_local(struct natgw_net *nn, __be32 daddr, const struct net_device *in)
{
	switch (inet_addr_type_dev_table(nn->net, in, daddr)) {
	case RTN_LOCAL:
	case RTN_BROADCAST:
	case RTN_MULTICAST:
		return true;
	default:
		return false;
	}
}

/* Is this packet one that its subnet's routes keep from Linux's own route? */
static bool subject(struct steer *s)
{
	__be32 daddr = ip_hdr(s->skb)->daddr;

	if (likely(!natgw_steer_may(s->range, daddr)))
		return false;
	natgw_decide(s->range, daddr, &s->decision);
	if (!natgw_decision_steers(&s->decision))
		return false;
	return !(s->session && runs(s)) && !natgw_steer_local(s->nn, daddr, s->in);
}

/*
 * A next hop that sends on without SNAT returns packets that its own route
 * would send to it again.
 */
static bool was_relayed(const struct steer *s, const struct natgw_next_hop *hop,
			const struct rtable *rt)
{
	return (natgw_next_hop_sent(hop, rt, s->skb) &&
		natgw_source_beside(s->nn, s->range, s->skb, s->in, rt->dst.dev)) ||
	       !natgw_source_genuine(s->nn, s->range, s->skb, s->in->ifindex, rt->dst.dev);
}

static unsigned int drop(const struct steer *s, enum natgw_drop_reason reason)
{
	return natgw_drop(s->nn, s->range->pool ? s->range->pool->gw : NULL, reason, s->skb);
}

/* no route: dropped, with ICMP 3/13 if the route says so */
static unsigned int drop_routed(const struct steer *s)
{
	const struct natgw_route *route = s->decision.effective.route;

	/* an error needs a route of the packet it is about: the way back to its sender */
	if (route && route->unreachable &&
	    (skb_valid_dst(s->skb) || natgw_route_input(s->skb, ip_hdr(s->skb)->saddr, s->in)))
		icmp_send(s->skb, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0);
	return drop(s, s->decision.reason);
}

/* an answer to a SYN that came in past the next hop, which will not know it */
static void count_asymmetric(const struct steer *s)
{
	if (s->parsed && s->packet.kind == NATGW_PACKET_FLOW &&
	    natgw_l4(s->packet.tuple.proto)->connects &&
	    (s->packet.tcp_flags & (NATGW_TCP_SYN | NATGW_TCP_ACK)) ==
	    (NATGW_TCP_SYN | NATGW_TCP_ACK) &&
	    natgw_direct_known(&s->nn->directs, &s->packet.tuple))
		natgw_stats_count(s->nn, NATGW_DROP_ASYMMETRIC, ip_hdr(s->skb)->saddr);
}

/*
 * Does the next hop answer?
 * @ask: start asking for one that does not
 * @relayed: the next hop has sent it, or it is none of the subnet's: Linux's route holds
 * Return: reason to drop it for, or -1.
 */
static int find_hop(const struct steer *s, bool ask, bool *relayed)
{
	struct natgw_next_hop *hop = s->decision.effective.hop;
	enum natgw_next_hop_state state;
	struct rtable *rt;

	rt = natgw_next_hop_route(hop);
	if (!rt)
		return NATGW_DROP_NEXT_HOP;
	*relayed = was_relayed(s, hop, rt);
	state = natgw_next_hop_look(hop, rt, ask);
	ip_rt_put(rt);
	return !*relayed && state == NATGW_HOP_DOWN ? NATGW_DROP_NEXT_HOP_DOWN : -1;
}

/* To the next hop, as far as PRE_ROUTING takes it; else like find_hop() */
static int to_hop(const struct steer *s, bool ask, bool *relayed)
{
	int reason;

	reason = find_hop(s, ask, relayed);
	if (reason >= 0 || *relayed)
		return reason;
	return natgw_route_input(s->skb, s->decision.effective.hop->ip, s->in) ?
	       -1 : NATGW_DROP_NEXT_HOP;
}

unsigned int natgw_steer_packet(struct natgw_net *nn, const struct natgw_config *config,
				const struct natgw_subnet_range *range, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct steer s;
	bool relayed;
	int reason;

	s.nn = nn;
	s.range = range;
	s.skb = skb;
	s.in = state->in;
	s.session = true;
	if (!subject(&s))
		return NF_ACCEPT;
	if (s.decision.method == NATGW_METHOD_DROP)
		return drop_routed(&s);
	reason = to_hop(&s, true, &relayed);
	if (reason >= 0)
		return drop(&s, reason);
	if (!relayed)
		count_asymmetric(&s);
	return NF_ACCEPT;
}

/* Would Linux take it for its own, with its mark? */
static bool is_marked_local(struct natgw_net *nn, const struct sk_buff *skb,
			    const struct net_device *in)
{
	struct flowi4 fl4 = natgw_route_key(skb, in);
	struct fib_result res;

	return !fib_lookup(nn->net, &fl4, &res, 0) && res.type == RTN_LOCAL;
}

void natgw_steer_taken(struct natgw_net *nn, struct sk_buff *skb, const struct net_device *in)
{
	if (!skb->sk && !is_marked_local(nn, skb, in))
		return;
	skb_dst_drop(skb);
	IPCB(skb)->flags &= ~IPSKB_MULTIPATH;
}

/*
 * In FORWARD
 * @measure: only Linux's own route has been asked whether the packet is too long
 * @relayed: as find_hop() says it
 * Return: reason to drop it for, or -1.
 */
static int put_route(struct steer *s, bool measure, bool *relayed)
{
	struct natgw_next_hop *hop = s->decision.effective.hop;
	struct rtable *rt;

	rt = natgw_next_hop_route(hop);
	if (!rt)
		return NATGW_DROP_NEXT_HOP;
	*relayed = was_relayed(s, hop, rt);
	if (*relayed) {
		ip_rt_put(rt);
		return -1;
	}
	if (measure && !natgw_route_fits(s->skb, rt)) {
		ip_rt_put(rt);
		return NATGW_DROP_TOO_BIG;
	}
	skb_dst_drop(s->skb);
	skb_dst_set(s->skb, &rt->dst);
	return -1;
}

/* The same, with IPsec: a policy that Linux has found is one of the route that goes */
static int send_on(struct steer *s, bool measure)
{
	bool relayed;
	int reason;

	reason = put_route(s, measure, &relayed);
	if (reason >= 0 || relayed)
		return reason;
	return natgw_xfrm_output(s->nn->net, s->skb) ? -1 : NATGW_DROP_IPSEC;
}

unsigned int natgw_steer_forward(struct natgw_net *nn, const struct natgw_config *config,
				 struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, state->in->ifindex);
	struct steer s;
	int reason;

	s.nn = nn;
	s.range = natgw_lookup_source(vnet, ip_hdr(skb)->saddr);
	s.skb = skb;
	s.in = state->in;
	s.session = true;
	if (!s.range || !subject(&s) || s.decision.method == NATGW_METHOD_DROP)
		return NF_ACCEPT;
	reason = send_on(&s, false);
	return reason < 0 ? NF_ACCEPT : drop(&s, reason);
}

unsigned int natgw_steer_bridged(struct natgw_net *nn, const struct natgw_config *config,
				 struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, state->in->ifindex);
	struct steer s;
	bool relayed;
	int reason;

	s.nn = nn;
	s.range = natgw_lookup_source(vnet, ip_hdr(skb)->saddr);
	s.skb = skb;
	s.in = state->in;
	s.session = true;
	if (!s.range || !subject(&s))
		return NF_ACCEPT;
	if (s.decision.method == NATGW_METHOD_DROP)
		return drop_routed(&s);
	reason = find_hop(&s, true, &relayed);
	if (reason < 0 && !relayed) {
		count_asymmetric(&s);
		reason = send_on(&s, true);
	}
	return reason < 0 ? NF_ACCEPT : drop(&s, reason);
}

int natgw_steer_try(struct natgw_net *nn, const struct natgw_subnet_range *range,
		    struct sk_buff *skb, struct net_device *in, bool session)
{
	struct steer s;
	bool relayed;
	int reason;

	s.nn = nn;
	s.range = range;
	s.skb = skb;
	s.in = in;
	s.session = session;
	if (!subject(&s))
		return -1;
	if (s.decision.method == NATGW_METHOD_DROP)
		return s.decision.reason;
	reason = to_hop(&s, false, &relayed);
	/* IPsec is not asked: that may open a state */
	return reason < 0 && !relayed ? put_route(&s, false, &relayed) : reason;
}

static bool sent_by(struct natgw_next_hop *hop, const struct sk_buff *skb)
{
	struct rtable *rt = natgw_next_hop_route(hop);
	bool sent = rt && natgw_next_hop_sent(hop, rt, skb);

	ip_rt_put(rt);
	return sent;
}

/*
 * Would answers to the source leave by Linux because a packet came in? Those of the Internet do,
 * and those of sources whose route blocks new flows.
 */
static bool answered_directly(const struct natgw_subnet_range *range, __be32 source,
			      struct natgw_decision *decision)
{
	natgw_decide(range, source, decision);
	return decision->method == NATGW_METHOD_NAT ||
	       decision->reason == NATGW_DROP_OUTBOUND_BLOCK;
}

static bool notes(const struct natgw_subnet_range *range)
{
	return range->pool || range->steer || range->block;
}

static bool forged(struct natgw_net *nn, const struct natgw_config *config,
		   const struct natgw_subnet_range *range, __be32 source,
		   const struct sk_buff *skb, struct net_device *in)
{
	/* Linux lets nobody answer with an address of the router, but with a broadcast address */
	return unlikely(natgw_source_forged(nn, config, range, source, skb, in)) &&
	       inet_addr_type_dev_table(nn->net, in, ip_hdr(skb)->daddr) != RTN_LOCAL;
}

bool natgw_steer_forged(struct natgw_net *nn, const struct natgw_config *config,
			const struct natgw_subnet_range *range, __be32 source,
			const struct sk_buff *skb, struct net_device *in)
{
	struct natgw_decision decision;

	return notes(range) && answered_directly(range, source, &decision) &&
	       forged(nn, config, range, source, skb, in);
}

bool natgw_steer_note(struct natgw_net *nn, const struct natgw_config *config,
		      const struct natgw_subnet_range *range, struct sk_buff *skb,
		      struct net_device *in)
{
	__be32 source = ip_hdr(skb)->saddr;
	struct natgw_decision decision;
	bool direct;

	if (!notes(range))
		return true;
	direct = answered_directly(range, source, &decision);
	if (!direct && decision.method == NATGW_METHOD_PASS)
		return true;
	if (in && forged(nn, config, range, source, skb, in)) {
		if (!direct) {
			/* its answers are led elsewhere: it passes, and is not known later */
			natgw_untrack(skb);
			return true;
		}
		natgw_drop(nn, range->pool ? range->pool->gw : NULL,
			   NATGW_DROP_SPOOFED_SOURCE, skb);
		return false;
	}
	if (direct || (decision.effective.hop && !sent_by(decision.effective.hop, skb)))
		natgw_direct_note(nn, range, skb, in);
	return true;
}

bool natgw_steer_arrived(const struct sk_buff *skb, const struct natgw_next_hop *hop)
{
	const struct rtable *rt = skb_rtable(skb);

	return rt && rt->rt_gw_family == AF_INET && rt->rt_gw4 == hop->ip;
}
