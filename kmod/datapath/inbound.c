// SPDX-License-Identifier: GPL-2.0
/*
 * Owns packets to a pool address: answers of sessions, and all that is not. Called by
 * hook.c, and by explain.c.
 *
 * They are translated back in PRE_ROUTING, so that Linux routes them to the
 * inside host. Where that host is in a VRF, Linux would look in the wrong
 * table, and nothing but the session tells which VRF: there PRE_ROUTING only
 * sees to it that the packet is forwarded, and FORWARD translates it and puts
 * the VRF's route. Errors about it that arise between quote the public address
 * and so are right for the sender.
 */
#include <linux/natgw.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include "datapath/flow.h"
#include "datapath/icmp.h"
#include "datapath/inbound.h"
#include "packet/nat.h"
#include "packet/packet.h"
#include "packet/route_input.h"
#include "packet/xfrm.h"
#include "session/gc.h"
#include "session/reset.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "session/watch.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/**
 * struct inbound - one packet on its way through this file
 * @nn: namespace
 * @config: snapshot
 * @public: entry of its destination
 * @skb: the packet
 * @in: device it came by, or its VRF
 * @packet: its headers
 */
struct inbound {
	struct natgw_net *nn;
	const struct natgw_config *config;
	const struct natgw_public *public;
	struct sk_buff *skb;
	struct net_device *in;
	struct natgw_packet packet;
};

static unsigned int drop(const struct inbound *i, enum natgw_drop_reason reason)
{
	return natgw_drop(i->nn, i->public->gw, reason, i->skb);
}

/*
 * If the bridge is in a VRF, conntrack has seen the packet before, in the bridge's own pass,
 * with its public destination; so it has by rules of a bridge table, or by act_ct of tc. Conntrack
 * must see it once more, with the private one.
 */
static void forget_earlier_pass(struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (ct && !nf_ct_is_template(ct))
		nf_reset_ct(skb);
}

static __always_inline unsigned int translated(struct natgw_session *session, struct sk_buff *skb)
{
	natgw_flow_count_in(session->gw, skb);
	if (natgw_flow_is_untracked(session))
		natgw_untrack(skb);
	else if (unlikely(skb_nfct(skb)))
		forget_earlier_pass(skb);
	return NF_ACCEPT;
}

/* is the inside host behind a route that only FORWARD can put? */
static bool is_deferred(const struct natgw_session *session)
{
	const struct natgw_vnet *vnet = session->subnet->vnet;

	return READ_ONCE(vnet->vrf) || READ_ONCE(vnet->down);
}

/*
 * Any route that Linux forwards by will do until FORWARD puts the right one:
 * the way back to the sender is sure to be there. In a VRF the pass of the VRF
 * itself is the one that routes.
 */
static unsigned int defer(const struct inbound *i, struct natgw_session *session)
{
	if (READ_ONCE(session->subnet->vnet->down))
		return drop(i, NATGW_DROP_VNET_DOWN);
	if (!netif_is_l3_slave(i->in) &&
	    !natgw_route_input(i->skb, ip_hdr(i->skb)->saddr, i->in))
		return drop(i, NATGW_DROP_REROUTE);
	if (!netif_is_l3_master(i->in)) {
		natgw_flow_count_in(session->gw, i->skb);
		if (i->config->counts)
			natgw_watch_count(session, NATGW_IN, i->skb);
		natgw_untrack(i->skb);
	}
	return NF_ACCEPT;
}

/* of a connection that is over here, but not for its sender */
static bool is_late(const struct natgw_packet *packet)
{
	return natgw_l4(packet->tuple.proto)->resets &&
	       (packet->tcp_flags & (NATGW_TCP_ACK | NATGW_TCP_SYN | NATGW_TCP_RST)) ==
	       NATGW_TCP_ACK;
}

/* the gateway of a bound subnet whose packet goes to a pool address, not upstream */
static struct natgw_gateway *hairpin_gateway(const struct inbound *i)
{
	const struct natgw_subnet_range *range;

	range = natgw_lookup_source(natgw_lookup_vnet(i->config, i->in->ifindex),
				    ip_hdr(i->skb)->saddr);
	return natgw_range_gateway(range);
}

/* Return: reason to drop a packet of no session for, or -1: left alone */
static int no_session_reason(const struct inbound *i, struct natgw_gateway **gw)
{
	/* the router's own, or a port that it forwards: outbound.c sees it then */
	if (i->public->conf->shared)
		return -1;
	*gw = hairpin_gateway(i);
	if (*gw)
		return NATGW_DROP_HAIRPIN;
	*gw = i->public->gw;
	return natgw_l4(i->packet.tuple.proto)->unsolicited;
}

static unsigned int no_session(const struct inbound *i)
{
	const struct natgw_public *public = i->public;
	struct natgw_gateway *gw;
	int reason;

	reason = no_session_reason(i, &gw);
	if (reason < 0)
		return NF_ACCEPT;
	if (reason == NATGW_DROP_UNSOLICITED && is_late(&i->packet) && public->gw &&
	    READ_ONCE(public->gw->on_idle) == NATGW_ON_IDLE_RESET_LATE &&
	    natgw_reset_sender(i->nn, public->gw, i->skb, &i->packet))
		reason = NATGW_DROP_LATE_SENDER;
	return natgw_drop(i->nn, gw, reason, i->skb);
}

/* a packet that cannot be one of a session's; @err as of parsing it */
static int not_a_flow_reason(const struct inbound *i, int err, struct natgw_gateway **gw)
{
	if (i->public->conf->shared)
		return -1;
	*gw = hairpin_gateway(i);
	if (*gw)
		return NATGW_DROP_HAIRPIN;
	*gw = i->public->gw;
	return natgw_packet_reason(err);
}

static unsigned int not_a_flow(const struct inbound *i, int err)
{
	struct natgw_gateway *gw;
	int reason;

	reason = not_a_flow_reason(i, err, &gw);
	return reason < 0 ? NF_ACCEPT : natgw_drop(i->nn, gw, reason, i->skb);
}

static unsigned int icmp_error(const struct inbound *i)
{
	struct natgw_session *session;
	int err;

	if (i->config->deferred) {
		session = natgw_icmp_error_session(i->nn, i->skb);
		if (session && is_deferred(session))
			return defer(i, session);
	}
	err = natgw_icmp_error_in(i->nn, i->skb, &session);
	if (err && i->public->conf->shared &&
	    natgw_packet_reason(err) == NATGW_DROP_ICMP_NO_SESSION)
		return NF_ACCEPT;
	if (err)
		return drop(i, natgw_packet_reason(err));
	if (i->config->counts)
		natgw_watch_count(session, NATGW_IN, i->skb);
	return translated(session, i->skb);
}

/*
 * Does a cooling session let nothing in? The segments of a connection pass, so that it can end
 * in order; packets of other protocols do not. No packet renews a cooling session.
 */
static bool is_shut(const struct natgw_session *session)
{
	return !natgw_l4(session->inside.proto)->connects ||
	       test_bit(NATGW_SESSION_DETACHED, &session->flags);
}

static __always_inline unsigned int let_in(const struct inbound *i, struct natgw_session *session,
					   const bool counts)
{
	struct sk_buff *skb = i->skb;

	if (!natgw_xfrm_input(i->nn->net, skb))
		return natgw_drop(i->nn, session->gw, NATGW_DROP_IPSEC, skb);
	if (!natgw_nat_rewrite(skb, &i->packet, session->inside.host, session->inside.host_port))
		return natgw_drop(i->nn, session->gw, NATGW_DROP_REWRITE, skb);
	if (counts)
		natgw_watch_count(session, NATGW_IN, skb);
	return translated(session, skb);
}

/* Its host is in a VRF, or somebody watches */
static noinline unsigned int aside(const struct inbound *i, struct natgw_session *session)
{
	if (i->config->deferred && is_deferred(session))
		return defer(i, session);
	return i->config->counts ? let_in(i, session, true) : let_in(i, session, false);
}

unsigned int natgw_inbound(struct natgw_net *nn, const struct natgw_config *config,
			   const struct natgw_public *public, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	struct natgw_session *session;
	struct inbound i;
	int err, alive;

	/* the headers are not cleared: parsing does it */
	i.nn = nn;
	i.config = config;
	i.public = public;
	i.skb = skb;
	i.in = state->in;
	err = natgw_packet_parse(skb, NATGW_IN, &i.packet);
	if (err)
		return not_a_flow(&i, err);
	if (i.packet.kind == NATGW_PACKET_ICMP_ERROR)
		return icmp_error(&i);
	session = natgw_session_find_outer(&nn->table, &i.packet.tuple);
	if (!session)
		return no_session(&i);
	/* what it did to the session it did in the pass of the VRF's device */
	if (config->deferred && netif_is_l3_master(i.in) && is_deferred(session))
		return defer(&i, session);
	alive = natgw_session_live(session) ? NATGW_STATE_ESTABLISHED :
					      natgw_session_state(session, NULL);
	if (alive < 0) {
		natgw_gc_expire(&nn->table, session);
		return no_session(&i);
	}
	if (alive == NATGW_STATE_COOLING) {
		if (is_shut(session))
			return natgw_drop(nn, session->gw, NATGW_DROP_COOLING, skb);
	} else {
		natgw_flow_renew(&nn->table, session, skb, &i.packet);
	}
	return config->aside ? aside(&i, session) : let_in(&i, session, false);
}

static unsigned int forward(const struct inbound *i, struct natgw_session *session)
{
	int err, vrf = READ_ONCE(session->subnet->vnet->vrf);
	struct rtable *rt;

	rt = vrf ? natgw_route_output(i->nn, session->inside.host, vrf) : NULL;
	if (!rt)
		return drop(i, vrf ? NATGW_DROP_REROUTE : NATGW_DROP_VNET_DOWN);
	if (!natgw_route_fits(i->skb, rt)) {
		ip_rt_put(rt);
		return drop(i, NATGW_DROP_TOO_BIG);
	}
	if (i->packet.kind == NATGW_PACKET_ICMP_ERROR)
		err = natgw_icmp_error_in(i->nn, i->skb, &session);
	else
		err = natgw_nat_rewrite(i->skb, &i->packet, session->inside.host,
					session->inside.host_port) ?
		      0 : -(NATGW_DROP_REWRITE + 1);
	if (err) {
		ip_rt_put(rt);
		return drop(i, natgw_packet_reason(err));
	}
	skb_dst_drop(i->skb);
	skb_dst_set(i->skb, &rt->dst);
	/* Linux has looked for a policy of the public address */
	return natgw_xfrm_output(i->nn->net, i->skb) ? NF_ACCEPT : drop(i, NATGW_DROP_IPSEC);
}

unsigned int natgw_inbound_forward(struct natgw_net *nn, const struct natgw_config *config,
				   const struct natgw_public *public, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct natgw_session *session;
	struct inbound i;
	int err;

	i.nn = nn;
	i.config = config;
	i.public = public;
	i.skb = skb;
	i.in = state->in;
	err = natgw_packet_parse(skb, NATGW_IN, &i.packet);
	if (err)
		return not_a_flow(&i, err);
	if (i.packet.kind == NATGW_PACKET_ICMP_ERROR)
		session = natgw_icmp_error_session(nn, skb);
	else
		session = natgw_session_find_outer(&nn->table, &i.packet.tuple);
	return session ? forward(&i, session) : no_session(&i);
}

int natgw_inbound_try(struct natgw_net *nn, const struct natgw_config *config,
		      const struct natgw_public *public, struct sk_buff *skb,
		      struct net_device *in, struct natgw_gateway **gw,
		      const struct natgw_session **session)
{
	struct inbound i;
	int err, state;

	*gw = NULL;
	*session = NULL;
	i.nn = nn;
	i.config = config;
	i.public = public;
	i.skb = skb;
	i.in = in;
	err = natgw_packet_parse(skb, NATGW_IN, &i.packet);
	if (err)
		return not_a_flow_reason(&i, err, gw);
	*session = natgw_session_find_outer(&nn->table, &i.packet.tuple);
	state = *session ? natgw_session_state(*session, NULL) : -1;
	if (state >= 0) {
		*gw = (*session)->gw;
		if (state == NATGW_STATE_COOLING && is_shut(*session))
			return NATGW_DROP_COOLING;
		return READ_ONCE((*session)->subnet->vnet->down) ? NATGW_DROP_VNET_DOWN : -1;
	}
	*session = NULL;
	return no_session_reason(&i, gw);
}
