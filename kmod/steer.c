// SPDX-License-Identifier: GPL-2.0
/*
 * User routes at work.
 *
 * Two hooks share the work, because the stack has a place for each half only:
 * in PRE_ROUTING a packet gets the input route of the next hop's address, so
 * that it is forwarded, checked and measured (MTU) towards that device; in
 * FORWARD it gets the output route with the next hop as its gateway. No marks,
 * no rules, no sysctls.
 */
#include <linux/icmp.h>
#include <linux/netdevice.h>
#include <net/icmp.h>
#include <net/inet_common.h>
#include <net/route.h>
#include "decide.h"
#include "direct.h"
#include "flow.h"
#include "hop.h"
#include "packet.h"
#include "route_input.h"
#include "source.h"
#include "steer.h"

/**
 * struct steer - one packet on its way through this file
 * @nn: namespace
 * @range: subnet of its source
 * @skb: the packet
 * @in: device it came by, or its VRF
 * @decision: what its route says
 * @packet: its headers
 * @parsed: they make sense
 */
struct steer {
	struct natgw_net *nn;
	const struct natgw_subnet_range *range;
	struct sk_buff *skb;
	struct net_device *in;
	struct natgw_decision decision;
	struct natgw_packet packet;
	bool parsed;
};

/* a flow that runs goes on by its gateway: routes act on new ones */
static bool has_session(struct steer *s)
{
	const struct natgw_session *session;

	s->parsed = !natgw_packet_parse(s->skb, NATGW_OUT, &s->packet);
	if (!s->parsed || s->packet.kind != NATGW_PACKET_FLOW)
		return false;
	s->packet.tuple.vnet = s->range->vnet->id;
	session = natgw_session_find_inner(&s->nn->table, &s->packet.tuple,
					   natgw_session_hash(&s->packet.tuple));
	return session && natgw_session_state(session, NULL) >= 0;
}

/* Is this packet one that its subnet's routes keep from Linux's own route? */
static bool subject(struct steer *s)
{
	__be32 daddr = ip_hdr(s->skb)->daddr;

	natgw_decide(s->range, daddr, &s->decision);
	if (likely(!natgw_decision_steers(&s->decision)))
		return false;
	/* not what is for the router itself, nor broadcast or multicast */
	return !has_session(s) &&
	       inet_addr_type_dev_table(s->nn->net, s->in, daddr) == RTN_UNICAST;
}

/*
 * A next hop that sends on without SNAT returns packets that its own route
 * would send to it again.
 */
static bool was_relayed(const struct steer *s, const struct natgw_hop *hop,
			const struct rtable *rt)
{
	return natgw_hop_sent(hop, rt, s->skb) ||
	       !natgw_source_genuine(s->nn, ip_hdr(s->skb)->saddr, s->in->ifindex);
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
	    natgw_route_input(s->skb, ip_hdr(s->skb)->saddr, s->in))
		icmp_send(s->skb, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0);
	return drop(s, s->decision.reason);
}

/* an answer to a SYN that came in past the next hop, which will not know it */
static void count_asymmetric(const struct steer *s)
{
	if (s->parsed && s->packet.kind == NATGW_PACKET_FLOW &&
	    s->packet.tuple.proto == IPPROTO_TCP &&
	    (s->packet.tcp_flags & (NATGW_TCP_SYN | NATGW_TCP_ACK)) ==
	    (NATGW_TCP_SYN | NATGW_TCP_ACK) &&
	    natgw_direct_quoted(&s->nn->directs, &s->packet.tuple))
		natgw_stats_count(s->nn, NATGW_DROP_ASYMMETRIC, ip_hdr(s->skb)->saddr);
}

static unsigned int to_hop(const struct steer *s)
{
	struct natgw_hop *hop = s->decision.effective.hop;
	enum natgw_hop_state state;
	struct rtable *rt;
	bool relayed;

	rt = natgw_hop_route(hop);
	if (!rt)
		return drop(s, NATGW_DROP_NEXT_HOP);
	relayed = was_relayed(s, hop, rt);
	state = natgw_hop_state(hop, rt, true);
	ip_rt_put(rt);
	if (relayed)
		return NF_ACCEPT;
	if (state == NATGW_HOP_DOWN)
		return drop(s, NATGW_DROP_NEXT_HOP_DOWN);
	if (!natgw_route_input(s->skb, hop->ip, s->in))
		return drop(s, NATGW_DROP_NEXT_HOP);
	count_asymmetric(s);
	return NF_ACCEPT;
}

unsigned int natgw_steer(struct natgw_net *nn, const struct natgw_config *config,
			 const struct natgw_subnet_range *range, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	struct steer s;

	s.nn = nn;
	s.range = range;
	s.skb = skb;
	s.in = state->in;
	if (!subject(&s))
		return NF_ACCEPT;
	return s.decision.method == NATGW_METHOD_DROP ? drop_routed(&s) : to_hop(&s);
}

unsigned int natgw_steer_forward(struct natgw_net *nn, const struct natgw_config *config,
				 struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, state->in->ifindex);
	struct natgw_hop *hop;
	struct rtable *rt;
	struct steer s;

	s.nn = nn;
	s.range = natgw_lookup_subnet(vnet, ip_hdr(skb)->saddr);
	s.skb = skb;
	s.in = state->in;
	if (!s.range || !subject(&s) || s.decision.method == NATGW_METHOD_DROP)
		return NF_ACCEPT;
	hop = s.decision.effective.hop;
	rt = natgw_hop_route(hop);
	if (!rt)
		return drop(&s, NATGW_DROP_NEXT_HOP);
	if (was_relayed(&s, hop, rt)) {
		ip_rt_put(rt);
		return NF_ACCEPT;
	}
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);
	return NF_ACCEPT;
}

bool natgw_steer_sent_by(struct natgw_hop *hop, const struct sk_buff *skb)
{
	struct rtable *rt = natgw_hop_route(hop);
	bool sent = rt && natgw_hop_sent(hop, rt, skb);

	ip_rt_put(rt);
	return sent;
}

bool natgw_steer_arrived(const struct sk_buff *skb, const struct natgw_hop *hop)
{
	const struct rtable *rt = skb_rtable(skb);

	return rt && rt->rt_gw_family == AF_INET && rt->rt_gw4 == hop->ip;
}
