// SPDX-License-Identifier: GPL-2.0
/*
 * Forwarded packets on their way out.
 *
 * Translation is as late as it can be: the route is known, the operator's
 * FORWARD rules have seen the private address, and an error can be sent. From
 * here a packet of a bound subnet towards the Internet has two ways only, out
 * translated or dropped under a reason.
 */
#include <linux/icmp.h>
#include <linux/natgw.h>
#include <net/icmp.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/xfrm.h>
#include "datapath/decide.h"
#include "datapath/direct.h"
#include "datapath/flow.h"
#include "datapath/icmp.h"
#include "datapath/outbound.h"
#include "datapath/steer.h"
#include "datapath/trace.h"
#include "packet/nat.h"
#include "packet/own.h"
#include "packet/packet.h"
#include "packet/source.h"
#include "packet/xfrm.h"
#include "session/destination.h"
#include "session/exhaustion.h"
#include "session/gc.h"
#include "session/port.h"
#include "session/reset.h"
#include "session/session.h"
#include "session/tcp.h"
#include "snapshot/bound.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/stats.h"
#include "snapshot/table.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/**
 * struct outbound - one packet on its way through this file
 * @nn: namespace
 * @config: snapshot
 * @vnet: vnet of the device it came by
 * @range: subnet of its source, or NULL
 * @skb: the packet
 * @state: of the hook
 * @packet: its headers
 * @hash: of its inside tuple, once a session was searched for
 * @ended: session that cools and has that tuple, or NULL
 * @trial: asked for by natgw_outbound_try()
 * @flow: the same: of a flow that may exist
 */
struct outbound {
	struct natgw_net *nn;
	const struct natgw_config *config;
	const struct natgw_vnet_view *vnet;
	const struct natgw_subnet_range *range;
	struct sk_buff *skb;
	const struct nf_hook_state *state;
	struct natgw_packet packet;
	u32 hash;
	struct natgw_session *ended;
	bool trial;
	bool flow;
};

static unsigned int drop(const struct outbound *o, enum natgw_drop_reason reason)
{
	struct natgw_gateway *gw = o->range && o->range->pool ? o->range->pool->gw : NULL;

	return natgw_drop(o->nn, gw, reason, o->skb);
}

/*
 * An answer to a flow that conntrack saw coming in by another way (DNAT, a
 * routed public subnet): it leaves as it came.
 */
static bool is_direct_answer(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;

	return nf_ct_get(skb, &ctinfo) && CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY;
}

/* the source as conntrack first saw it, where another NAT has changed it since */
static bool source_was_changed(const struct sk_buff *skb, __be32 *original)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (!ct || CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL || ctinfo == IP_CT_RELATED)
		return false;
	*original = ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src.u3.ip;
	return *original != ip_hdr(skb)->saddr;
}

/* the bound subnet whose packet another NAT has changed, or NULL */
static const struct natgw_subnet_range *changed_by_nat(const struct outbound *o)
{
	const struct natgw_subnet_range *range;
	__be32 original;

	if (!source_was_changed(o->skb, &original))
		return NULL;
	range = natgw_lookup_source(o->vnet, original);
	return range && (range->pool || range->block) ? range : NULL;
}

/* unless the flow was there before its subnet was bound */
static bool is_foreign_nat(const struct outbound *o)
{
	const struct natgw_subnet_range *range = changed_by_nat(o);

	return range && !natgw_direct_find(&o->nn->directs, range, o->skb,
					   NATGW_DIRECT_SOURCE_CHANGED);
}

static void answer_refusal(const struct outbound *o, struct natgw_gateway *gw)
{
	struct net_device *out = o->skb->dev;
	u8 how = READ_ONCE(gw->on_exhaust);

	/* its sender is a program here, which its socket tells */
	if (how == NATGW_ON_EXHAUST_DROP || !o->state->in)
		return;
	if (how == NATGW_ON_EXHAUST_RESET && o->packet.tuple.proto == IPPROTO_TCP) {
		natgw_reset_sender(o->nn, gw, o->skb, &o->packet);
		return;
	}
	/* the way back is in the table of its device's VRF */
	o->skb->dev = o->state->in;
	icmp_send(o->skb, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0);
	o->skb->dev = out;
}

static unsigned int refuse_flow(const struct outbound *o, enum natgw_drop_reason reason)
{
	struct natgw_gateway *gw = o->range->pool->gw;

	this_cpu_inc(gw->counters->failed);
	trace_natgw_refused(gw, reason, &o->packet.tuple);
	natgw_exhaustion_note(o->nn, gw, reason, &o->packet.tuple);
	answer_refusal(o, gw);
	return drop(o, reason);
}

/* already translated: what is told is the inside host */
static unsigned int refused_by_ipsec(const struct outbound *o, struct natgw_gateway *gw)
{
	natgw_stats_count(o->nn, NATGW_DROP_IPSEC, o->packet.tuple.host);
	trace_natgw_drop(NATGW_DROP_IPSEC, o->skb);
	this_cpu_inc(gw->counters->dropped);
	return NF_DROP;
}

static unsigned int translate(const struct outbound *o, struct natgw_session *session)
{
	/* the session stays readable: RCU */
	if (!natgw_nat_rewrite(o->skb, &o->packet, session->public, session->port))
		return natgw_drop(o->nn, session->gw, NATGW_DROP_REWRITE, o->skb);
	natgw_direct_disown(o->skb);
	if (!natgw_xfrm_output(o->nn->net, o->skb))
		return refused_by_ipsec(o, session->gw);
	natgw_flow_count_out(session->gw, o->skb);
	return NF_ACCEPT;
}

/* a binding that is being drained. Return: reason to refuse a new flow for, or -1 */
static int draining(const struct outbound *o)
{
	if (likely(!o->range->draining))
		return -1;
	return o->range->pool->n ? NATGW_DROP_DRAINING : NATGW_DROP_POOL_EMPTY;
}

/* the route has changed, and the session's address does not serve that device */
static bool by_other_uplink(const struct outbound *o, const struct natgw_session *session)
{
	return unlikely(o->config->uplinks) && o->state->out &&
	       !natgw_lookup_serves(o->config, session->public, o->state->out);
}

/* Return: reason why no new flow could leave by this device, or -1 */
static int no_uplink(const struct outbound *o)
{
	int err;

	if (!o->range->pool)
		return NATGW_DROP_UPLINK;
	err = natgw_port_serves(o->range->pool, o->state->out);
	return err ? natgw_packet_reason(err) : -1;
}

static unsigned int open_flow(struct outbound *o)
{
	const struct natgw_pool *pool = o->range->pool;
	struct natgw_table *table = &o->nn->table;
	struct natgw_session *session;
	int err, reason;

	this_cpu_inc(pool->gw->counters->attempted);
	reason = draining(o);
	if (reason >= 0)
		return refuse_flow(o, reason);
	session = natgw_session_new(table, &o->packet.tuple, o->hash);
	if (!session)
		return refuse_flow(o, natgw_port_refusal(table, pool, &o->packet.tuple,
							 o->state->out, false));
	session->gw = pool->gw;
	session->subnet = o->range->subnet;
	if (o->packet.tuple.proto == IPPROTO_TCP)
		natgw_tcp_open(session, o->skb, &o->packet);
	else
		session->timer = o->packet.tuple.proto == IPPROTO_UDP ? NATGW_TIMER_UDP :
									NATGW_TIMER_ICMP;
	err = natgw_port_reserve(table, pool, session, o->state->out);
	if (err) {
		natgw_session_discard(table, session);
		return refuse_flow(o, natgw_packet_reason(err));
	}
	/* not before: a flow that is refused may come again and take the port that cools */
	if (o->ended) {
		if (by_other_uplink(o, o->ended))
			natgw_session_stop(table, o->ended, NATGW_END_UPLINK);
		natgw_session_detach(table, o->ended);
	}
	err = natgw_session_insert(table, session);
	if (!err)
		return translate(o, session);
	if (err != -EEXIST)
		return refuse_flow(o, NATGW_DROP_MEMORY);
	/* another CPU was first with the same flow: use its session, unless it just ended */
	session = natgw_session_find_inner(table, &o->packet.tuple, o->hash);
	if (!session || by_other_uplink(o, session))
		return refuse_flow(o, NATGW_DROP_MEMORY);
	return translate(o, session);
}

/* a mid-stream segment of a connection we do not know */
static unsigned int mid_stream(const struct outbound *o)
{
	struct natgw_gateway *gw = o->range->pool->gw;

	if ((o->packet.tcp_flags & (NATGW_TCP_ACK | NATGW_TCP_SYN | NATGW_TCP_RST)) ==
	    NATGW_TCP_ACK && READ_ONCE(gw->on_idle) == NATGW_ON_IDLE_RESET_LATE &&
	    o->state->in && natgw_reset_sender(o->nn, gw, o->skb, &o->packet))
		return drop(o, NATGW_DROP_LATE_SENDER);
	return drop(o, NATGW_DROP_NO_SESSION);
}

/*
 * A bound host to a port of a shared address that nftables forwards to another
 * inside host: that one must see a public source, or its answer would not come
 * back this way (RFC 4787 REQ-9).
 */
static bool is_hairpin(const struct outbound *o)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(o->skb, &ctinfo);
	const struct natgw_public *public;

	if (!ct || CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL || !(ct->status & IPS_DST_NAT))
		return false;
	public = natgw_lookup_public(o->config,
				     ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u3.ip);
	return public && public->conf->shared;
}

/* an answer to a flow that came in by another way, or an ICMP error about it */
static bool is_direct(const struct outbound *o, int err)
{
	struct natgw_tuple tuple;

	if (is_direct_answer(o->skb))
		return true;
	/* a question renews nothing */
	if (o->trial)
		return !err && o->flow &&
		       natgw_direct_quoted(&o->nn->directs, &o->packet.tuple);
	if (err || o->packet.kind != NATGW_PACKET_ICMP_ERROR)
		return natgw_direct_find(&o->nn->directs, o->range, o->skb,
					 NATGW_DIRECT_SOURCE_FINAL);
	return natgw_icmp_error_tuple(o->skb, o->range->vnet->id, &tuple) &&
	       natgw_direct_quoted(&o->nn->directs, &tuple);
}

/* of a flow that ran before its route led elsewhere, or was blocked; a question renews nothing */
static bool runs_by_linux(const struct outbound *o)
{
	return !o->trial && natgw_direct_runs(&o->nn->directs, o->range, o->skb,
					      NATGW_DIRECT_SOURCE_FINAL);
}

static void set(struct natgw_decision *decision, enum natgw_method method, int reason)
{
	decision->method = method;
	decision->reason = reason;
}

/* a subnet without gateway, to the Internet: left to Linux, and told */
static void untranslated(const struct outbound *o, struct natgw_decision *decision)
{
	if (is_foreign_nat(o))
		set(decision, NATGW_METHOD_DROP, NATGW_DROP_FOREIGN_NAT);
	else
		set(decision, NATGW_METHOD_PASS, NATGW_DROP_NO_GATEWAY);
}

static void count_untranslated(const struct outbound *o, __be32 source)
{
	struct natgw_subnet *subnet = o->range->subnet;

	this_cpu_inc(subnet->counters->untranslated);
	WRITE_ONCE(subnet->last_source, source);
	natgw_stats_count(o->nn, NATGW_DROP_NO_GATEWAY, source);
}

/*
 * A packet whose route leads to a next hop has taken it, or that next hop sent
 * it on with its source unchanged: then it is no longer that route's, and not
 * one to be translated as its host's either.
 */
static void steered(const struct outbound *o, struct natgw_decision *decision)
{
	struct natgw_effective system;

	if (natgw_steer_arrived(o->skb, decision->effective.hop))
		return;
	natgw_lookup_system_route(o->range->vnet, ip_hdr(o->skb)->daddr, &system);
	if (system.type != NATGW_NEXT_HOP_INTERNET)
		set(decision, NATGW_METHOD_PASS, -1);
	else if (o->range->pool)
		set(decision, NATGW_METHOD_DROP, NATGW_DROP_SPOOFED_SOURCE);
	else
		untranslated(o, decision);
}

/* Return: reason to drop a packet for that would be translated, or -1 */
static int forbidden(const struct outbound *o, int err)
{
	if (err)
		return natgw_packet_reason(err);
	if (o->packet.kind == NATGW_PACKET_ICMP_ERROR)
		return NATGW_DROP_ICMP_NO_SESSION;
	if (natgw_lookup_public(o->config, o->packet.tuple.peer))
		return NATGW_DROP_HAIRPIN;
	if (is_foreign_nat(o))
		return NATGW_DROP_FOREIGN_NAT;
	if (!natgw_packet_opens(&o->packet))
		return NATGW_DROP_NO_SESSION;
	/* what came in by no device the router has made itself */
	return !o->skb->skb_iif ||
	       natgw_source_genuine(o->nn, o->range, o->skb, o->skb->skb_iif, o->state->out) ?
	       -1 : NATGW_DROP_SPOOFED_SOURCE;
}

/* what the managed pool has not given away yet would go back to where it came from */
static bool to_free_address(const struct outbound *o)
{
	return natgw_lookup_free(o->config, ip_hdr(o->skb)->daddr, o->state->out);
}

/*
 * What becomes of a packet that no session carries; @err as of parsing it. NAT
 * is a new flow, which may still be refused.
 */
static void judge(const struct outbound *o, int err, struct natgw_decision *decision)
{
	int reason;

	natgw_decide(o->range, ip_hdr(o->skb)->daddr, decision);
	if (to_free_address(o)) {
		set(decision, NATGW_METHOD_DROP,
		    o->range->pool ? NATGW_DROP_HAIRPIN : NATGW_DROP_UNSOLICITED);
		return;
	}
	switch (decision->method) {
	case NATGW_METHOD_NAT:
		break;
	case NATGW_METHOD_DROP:
		if (decision->reason == NATGW_DROP_OUTBOUND_BLOCK ? is_direct(o, err) :
								    runs_by_linux(o))
			set(decision, NATGW_METHOD_DIRECT, -1);
		return;
	case NATGW_METHOD_APPLIANCE:
	case NATGW_METHOD_VPN:
		if (runs_by_linux(o))
			set(decision, NATGW_METHOD_DIRECT, -1);
		else
			steered(o, decision);
		return;
	default:
		if (o->range->pool && is_hairpin(o))
			break;
		if (decision->reason < 0)
			return;
		if (is_direct_answer(o->skb))
			decision->reason = -1;
		else
			untranslated(o, decision);
		return;
	}
	if (is_direct(o, err)) {
		set(decision, NATGW_METHOD_DIRECT, -1);
		return;
	}
	reason = forbidden(o, err);
	set(decision, reason < 0 ? NATGW_METHOD_NAT : NATGW_METHOD_DROP, reason);
}

/* no session carries it; @err as of parsing it */
static unsigned int without_session(struct outbound *o, int err)
{
	struct natgw_decision decision;

	judge(o, err, &decision);
	switch (decision.method) {
	case NATGW_METHOD_NAT:
		return open_flow(o);
	case NATGW_METHOD_DROP:
		return decision.reason == NATGW_DROP_NO_SESSION ? mid_stream(o) :
								  drop(o, decision.reason);
	default:
		if (decision.reason >= 0)
			count_untranslated(o, ip_hdr(o->skb)->saddr);
		return NF_ACCEPT;
	}
}

/*
 * A packet of a session that has ended. TCP still ends in order; a new
 * connection, and anything of UDP and ICMP, brings new life.
 */
static unsigned int cooling(struct outbound *o, struct natgw_session *session)
{
	bool tcp = o->packet.tuple.proto == IPPROTO_TCP;

	if (tcp && !natgw_packet_opens(&o->packet))
		return translate(o, session);
	if (!tcp || (session->timer == NATGW_TIMER_HALF_OPEN &&
		     READ_ONCE(session->end) == NATGW_END_NONE)) {
		/* the host may have begun anew, with another number */
		if (tcp)
			natgw_tcp_open(session, o->skb, &o->packet);
		WRITE_ONCE(session->last, (u32)jiffies);
		natgw_destination_cools(session, false);
		return translate(o, session);
	}
	if (natgw_tcp_may_reopen(session, o->skb, &o->packet)) {
		if (natgw_tcp_reopen(&o->nn->table, session, o->skb, &o->packet))
			this_cpu_inc(session->gw->counters->attempted);
		return translate(o, session);
	}
	/* another processor has done it since */
	if (natgw_session_live(session))
		return translate(o, session);
	/* its port cools on for this destination; the new connection gets another */
	o->ended = session;
	return without_session(o, 0);
}

static unsigned int with_session(struct outbound *o, struct natgw_session *session)
{
	int state;

	if (likely(natgw_session_live(session))) {
		natgw_flow_renew(&o->nn->table, session, o->skb, &o->packet);
		return translate(o, session);
	}
	state = natgw_session_state(session, NULL);
	if (state < 0) {
		natgw_gc_expire(&o->nn->table, session);
		return without_session(o, 0);
	}
	if (state == NATGW_STATE_COOLING)
		return cooling(o, session);
	natgw_flow_renew(&o->nn->table, session, o->skb, &o->packet);
	return translate(o, session);
}

/*
 * The session's address may not leave by this device. Where its gateway has
 * another address for it, the flow goes on at once, as a new session; the port
 * of the old one cools. A TCP connection cannot: its host is told. Where there
 * is none, dropping is all, and the route may come back before the session ends.
 */
static unsigned int change_uplink(struct outbound *o, struct natgw_session *session)
{
	int reason;

	if (natgw_session_state(session, NULL) < 0) {
		natgw_gc_expire(&o->nn->table, session);
		return without_session(o, 0);
	}
	reason = no_uplink(o);
	if (reason >= 0)
		return drop(o, reason);
	if (natgw_packet_opens(&o->packet)) {
		o->ended = session;
		return without_session(o, 0);
	}
	natgw_session_stop(&o->nn->table, session, NATGW_END_UPLINK);
	/* again for each segment: the reset may have been lost */
	if (READ_ONCE(session->end) == NATGW_END_UPLINK && o->state->in)
		natgw_reset_sender(o->nn, session->gw, o->skb, &o->packet);
	return drop(o, NATGW_DROP_UPLINK);
}

/* is an error about a packet of a session whose address does not serve this device? */
static bool error_by_other_uplink(const struct outbound *o)
{
	const struct natgw_subnet_range *range;
	const struct natgw_session *session;
	struct natgw_tuple tuple;

	if (likely(!o->config->uplinks) ||
	    !natgw_icmp_error_tuple(o->skb, o->vnet->id, &tuple))
		return false;
	range = natgw_lookup_source(o->vnet, tuple.host);
	if (range)
		tuple.vnet = range->vnet->id;
	session = natgw_session_find_inner(&o->nn->table, &tuple, natgw_session_hash(&tuple));
	return session && by_other_uplink(o, session);
}

/* an error about a session's packet, from its host or from a router before it */
static unsigned int icmp_error(struct outbound *o)
{
	struct natgw_session *session;
	int err;

	/* before it has the address of the session */
	if (error_by_other_uplink(o))
		return drop(o, NATGW_DROP_UPLINK);
	err = natgw_icmp_error_out(o->nn, o->vnet, o->skb, &session);
	if (!err && !natgw_xfrm_output(o->nn->net, o->skb))
		return refused_by_ipsec(o, session->gw);
	if (!err) {
		natgw_flow_count_out(session->gw, o->skb);
		return NF_ACCEPT;
	}
	if (err < 0)
		return drop(o, natgw_packet_reason(err));
	return o->range ? without_session(o, 0) : NF_ACCEPT;
}

/*
 * An answer of a session whose entry conntrack has lost meanwhile looks like a
 * flow from outside there. If it were confirmed, is_direct_answer() would take
 * what the host sends later for an answer to it, once the session has gone.
 */
static void forget_false_flow(const struct outbound *o)
{
	const struct natgw_subnet_range *range;
	enum ip_conntrack_info ctinfo;
	struct natgw_packet packet;

	if (!nf_ct_get(o->skb, &ctinfo) || ctinfo != IP_CT_NEW)
		return;
	range = natgw_lookup_source(natgw_lookup_vnet(o->config, o->state->out->ifindex),
				    ip_hdr(o->skb)->daddr);
	if (!range || natgw_packet_parse(o->skb, NATGW_IN, &packet) ||
	    packet.kind != NATGW_PACKET_FLOW)
		return;
	packet.tuple.vnet = range->vnet->id;
	if (!natgw_session_find_inner(&o->nn->table, &packet.tuple,
				      natgw_session_hash(&packet.tuple)))
		return;
	natgw_untrack(o->skb);
}

static bool is_internet(const struct outbound *o)
{
	return natgw_lookup_internet(o->config, ip_hdr(o->skb)->daddr);
}

/* a flow that conntrack translates to an inside host: its answers must reach conntrack */
static void note_direct(const struct outbound *o)
{
	const struct natgw_subnet_range *range;
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(o->skb, &ctinfo);

	if (!ct || CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL || !(ct->status & IPS_DST_NAT))
		return;
	range = natgw_lookup_source(natgw_lookup_vnet(o->config, o->state->out->ifindex),
				    ip_hdr(o->skb)->daddr);
	if (range)
		natgw_steer_note(o->nn, o->config, range, o->skb, NULL);
}

/*
 * The device is none of the vnet of whose bound subnets it has its source: that
 * vnet's are gone or have other names, or the source is forged. What its subnet
 * would not let out as it is does not leave from here either.
 */
static bool is_strange(const struct outbound *o, const struct natgw_bound_range *bound)
{
	const struct natgw_subnet_range *range = bound->range;
	struct natgw_decision decision;

	/* of several */
	if (!range)
		return true;
	natgw_decide(range, ip_hdr(o->skb)->daddr, &decision);
	switch (decision.method) {
	case NATGW_METHOD_PASS:
		return false;
	case NATGW_METHOD_APPLIANCE:
	case NATGW_METHOD_VPN:
		/* sent on by its next hop */
		if (!range->pool && !range->block)
			return false;
		break;
	}
	return o->trial || !natgw_direct_find(&o->nn->directs, range, o->skb,
					      NATGW_DIRECT_SOURCE_FINAL);
}

static unsigned int drop_strange(const struct outbound *o, const struct natgw_bound_range *bound)
{
	const struct natgw_subnet_range *range = bound->range;

	return natgw_drop(o->nn, range && range->pool ? range->pool->gw : NULL,
			  NATGW_DROP_VNET_DEVICE, o->skb);
}

/*
 * Untranslated, as nobody has told of a subnet that it is in. Not so the router's
 * own packets, which its tunnels send on from a packet that was forwarded; nor
 * what comes from the Internet and goes back there.
 */
static bool is_of_no_subnet(const struct outbound *o, __be32 source)
{
	const struct net_device *out = o->state->out;

	if (out && natgw_own_address(o->nn, NULL, source, out))
		return false;
	return o->state->in != out || !natgw_lookup_internet(o->config, source);
}

/*
 * Left to Linux. Where a rule has masqueraded it, the source that it had before
 * tells whose it is.
 */
static void count_outside(struct outbound *o)
{
	__be32 source = ip_hdr(o->skb)->saddr;

	if (source_was_changed(o->skb, &source)) {
		o->range = natgw_lookup_source(o->vnet, source);
		if (o->range) {
			count_untranslated(o, source);
			return;
		}
	}
	if (is_of_no_subnet(o, source))
		natgw_stats_count(o->nn, NATGW_DROP_NO_SUBNET, source);
}

static unsigned int outside_subnets(struct outbound *o)
{
	const struct natgw_bound_range *bound;

	if (to_free_address(o))
		return drop(o, NATGW_DROP_UNSOLICITED);
	forget_false_flow(o);
	note_direct(o);
	if (!is_internet(o) || is_direct_answer(o->skb))
		return NF_ACCEPT;
	if (changed_by_nat(o))
		return is_foreign_nat(o) ? drop(o, NATGW_DROP_FOREIGN_NAT) : NF_ACCEPT;
	bound = natgw_bound_find(&o->config->bound, ip_hdr(o->skb)->saddr);
	if (unlikely(bound) && is_strange(o, bound))
		return drop_strange(o, bound);
	if (ip_hdr(o->skb)->protocol == IPPROTO_ICMP &&
	    !natgw_packet_parse(o->skb, NATGW_OUT, &o->packet) &&
	    o->packet.kind == NATGW_PACKET_ICMP_ERROR)
		return icmp_error(o);
	count_outside(o);
	return NF_ACCEPT;
}

/* Return: packets of the vnet pass at all */
static bool outbound_init(struct outbound *o, struct natgw_net *nn,
			  const struct natgw_config *config, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	/* the headers are not cleared: parsing does it */
	o->nn = nn;
	o->config = config;
	o->skb = skb;
	o->state = state;
	o->ended = NULL;
	o->trial = false;
	o->vnet = natgw_lookup_vnet(config, state->in->ifindex);
	o->range = natgw_lookup_source(o->vnet, ip_hdr(skb)->saddr);
	/* its device has left the VRF, perhaps only just now */
	return !o->vnet->down && (!o->vnet->untracked || netif_is_l3_master(state->in));
}

/* from a subnet */
static unsigned int from_subnet(struct outbound *o)
{
	struct natgw_session *session;
	int err;

	err = natgw_packet_parse(o->skb, NATGW_OUT, &o->packet);
	o->packet.tuple.vnet = o->range->vnet->id;
	if (err)
		return without_session(o, err);
	if (o->packet.kind == NATGW_PACKET_ICMP_ERROR)
		return icmp_error(o);
	o->hash = natgw_session_hash(&o->packet.tuple);
	session = natgw_session_find_inner(&o->nn->table, &o->packet.tuple, o->hash);
	if (!session)
		return without_session(o, 0);
	if (by_other_uplink(o, session))
		return change_uplink(o, session);
	return with_session(o, session);
}

unsigned int natgw_outbound(struct natgw_net *nn, const struct natgw_config *config,
			    struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct outbound o;

	if (!outbound_init(&o, nn, config, skb, state))
		return drop(&o, NATGW_DROP_VNET_DOWN);
	if (natgw_xfrm_hides(skb))
		return NF_ACCEPT;
	return likely(o.range) ? from_subnet(&o) : outside_subnets(&o);
}

/* no device and no address tells the vnet */
static unsigned int of_several_vnets(const struct outbound *o)
{
	if (!is_internet(o) || is_direct_answer(o->skb))
		return NF_ACCEPT;
	return drop(o, NATGW_DROP_UNTRANSLATED);
}

unsigned int natgw_outbound_local(struct natgw_net *nn, const struct natgw_config *config,
				  struct sk_buff *skb, const struct nf_hook_state *state)
{
	__be32 source = ip_hdr(skb)->saddr;
	const struct natgw_bound_range *bound = natgw_bound_find(&config->bound, source);
	int iif = state->in ? state->in->ifindex : skb->skb_iif;
	struct outbound o = {
		.nn = nn,
		.config = config,
		.skb = skb,
		.state = state,
	};

	if (WARN_ON_ONCE(!bound))
		return NF_ACCEPT;
	if (iif) {
		o.vnet = natgw_lookup_vnet(config, iif);
		o.range = natgw_lookup_source(o.vnet, source);
	} else if (bound->range) {
		o.vnet = bound->range->vnet;
		o.range = bound->range;
	}
	if (natgw_xfrm_hides(skb) || natgw_own_address(nn, o.range, source, state->out))
		return NF_ACCEPT;
	if (!o.range && !iif)
		return of_several_vnets(&o);
	if (!o.range)
		return is_internet(&o) && is_strange(&o, bound) ? drop_strange(&o, bound) :
								  NF_ACCEPT;
	if (o.range->vnet->down)
		return drop(&o, NATGW_DROP_VNET_DOWN);
	return from_subnet(&o);
}

/* What leads to private space is looked at by the device that it leaves by: see egress.c */
static bool is_held_back(const struct outbound *o, const struct natgw_bound_range *bound)
{
	const struct natgw_subnet_range *range = bound->range;
	struct natgw_decision decision;

	if (!range)
		return false;
	natgw_decide(range, ip_hdr(o->skb)->daddr, &decision);
	switch (decision.method) {
	case NATGW_METHOD_NAT:
	case NATGW_METHOD_DROP:
		return true;
	case NATGW_METHOD_APPLIANCE:
	case NATGW_METHOD_VPN:
		return natgw_decide_held(range, ip_hdr(o->skb)->daddr);
	default:
		return false;
	}
}

/* a source in no subnet of its device's vnet */
static void not_by_its_device(const struct outbound *o, struct natgw_decision *decision)
{
	const struct natgw_bound_range *bound;

	if (to_free_address(o)) {
		set(decision, NATGW_METHOD_DROP, NATGW_DROP_UNSOLICITED);
		return;
	}
	bound = natgw_bound_find(&o->config->bound, ip_hdr(o->skb)->saddr);
	if (!is_internet(o)) {
		if (bound && is_held_back(o, bound))
			set(decision, NATGW_METHOD_DROP, NATGW_DROP_UNTRANSLATED);
		else
			set(decision, NATGW_METHOD_PASS, -1);
		return;
	}
	if (bound && is_strange(o, bound))
		set(decision, NATGW_METHOD_DROP, NATGW_DROP_VNET_DEVICE);
	else
		set(decision, NATGW_METHOD_PASS,
		    is_of_no_subnet(o, ip_hdr(o->skb)->saddr) ? NATGW_DROP_NO_SUBNET : -1);
}

/* Return: why a new flow would be refused, or -1 */
static int refusal(const struct outbound *o)
{
	struct natgw_table *table = &o->nn->table;
	int reason;

	reason = draining(o);
	if (reason >= 0)
		return reason;
	reason = natgw_port_refusal(table, o->range->pool, &o->packet.tuple, o->state->out,
				    true);
	/* for want of nothing but memory: there is some, but for the cap */
	if (reason == NATGW_DROP_MEMORY && natgw_session_has_room(table))
		return -1;
	return reason;
}

/* a TCP connection that both ends know of */
static bool is_connection(const struct natgw_session *session)
{
	return session->inside.proto == IPPROTO_TCP && natgw_session_live(session) &&
	       READ_ONCE(session->timer) != NATGW_TIMER_HALF_OPEN;
}

const struct natgw_session *natgw_outbound_try(struct natgw_net *nn,
					       const struct natgw_config *config,
					       struct sk_buff *skb,
					       const struct nf_hook_state *state, bool flow,
					       struct natgw_decision *decision)
{
	const struct natgw_session *session = NULL;
	struct outbound o;
	int err, reason;

	decision->effective.route = NULL;
	if (!outbound_init(&o, nn, config, skb, state)) {
		set(decision, NATGW_METHOD_DROP, NATGW_DROP_VNET_DOWN);
		return NULL;
	}
	o.trial = true;
	if (natgw_xfrm_hides(skb)) {
		set(decision, NATGW_METHOD_PASS, -1);
		return NULL;
	}
	if (!o.range) {
		not_by_its_device(&o, decision);
		return NULL;
	}
	o.flow = flow;
	err = natgw_packet_parse(skb, NATGW_OUT, &o.packet);
	o.packet.tuple.vnet = o.range->vnet->id;
	if (!err && flow)
		session = natgw_session_find_inner(&nn->table, &o.packet.tuple,
						   natgw_session_hash(&o.packet.tuple));
	if (session && natgw_session_state(session, NULL) >= 0) {
		if (!by_other_uplink(&o, session)) {
			set(decision, NATGW_METHOD_NAT, -1);
			return session;
		}
		reason = is_connection(session) ? NATGW_DROP_UPLINK : no_uplink(&o);
		if (reason >= 0) {
			set(decision, NATGW_METHOD_DROP, reason);
			return NULL;
		}
	}
	judge(&o, err, decision);
	if (decision->method != NATGW_METHOD_NAT || !state->out)
		return NULL;
	decision->reason = refusal(&o);
	if (decision->reason >= 0)
		decision->method = NATGW_METHOD_DROP;
	return NULL;
}

void natgw_outbound_untrack(struct natgw_net *nn, const struct natgw_config *config,
			    const struct natgw_subnet_range *range, struct sk_buff *skb)
{
	struct natgw_decision decision;
	struct natgw_session *session;
	struct natgw_packet packet;

	if (natgw_packet_parse(skb, NATGW_OUT, &packet) || packet.kind != NATGW_PACKET_FLOW)
		return;
	packet.tuple.vnet = range->vnet->id;
	session = natgw_session_find_inner(&nn->table, &packet.tuple,
					   natgw_session_hash(&packet.tuple));
	if (session) {
		if (!READ_ONCE(session->gw->track))
			natgw_untrack(skb);
		return;
	}
	if (!range->pool || READ_ONCE(range->pool->gw->track) || !natgw_packet_opens(&packet))
		return;
	natgw_decide(range, packet.tuple.peer, &decision);
	/* answers of flows that conntrack translates must reach it */
	if (decision.method == NATGW_METHOD_NAT &&
	    !natgw_direct_find(&nn->directs, range, skb, NATGW_DIRECT_SOURCE_YET))
		natgw_untrack(skb);
}
