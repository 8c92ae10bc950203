// SPDX-License-Identifier: GPL-2.0
/*
 * Owns forwarded packets on their way out. Called by hook.c.
 *
 * Translation is as late as it can be: the route is known, the operator's
 * FORWARD rules have seen the private address, and an error can be sent. From
 * here a packet of a bound subnet towards the Internet has two ways only, out
 * translated or dropped under a reason.
 */
#include <linux/icmp.h>
#include <linux/natgw.h>
#include <net/icmp.h>
#include <net/net_debug.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/xfrm.h>
#include "datapath/decide.h"
#include "datapath/direct.h"
#include "datapath/flow.h"
#include "datapath/icmp.h"
#include "datapath/classify.h"
#include "datapath/leaving.h"
#include "datapath/offload.h"
#include "datapath/outbound.h"
#include "datapath/to_host.h"
#include "datapath/trace.h"
#include "packet/nat.h"
#include "packet/own.h"
#include "packet/packet.h"
#include "packet/xfrm.h"
#include "session/destination.h"
#include "session/exhaustion.h"
#include "session/gc.h"
#include "session/port.h"
#include "session/reset.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "session/tcp.h"
#include "session/watch.h"
#include "snapshot/bound.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/stats.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

static unsigned int drop(const struct natgw_leaving *o, enum natgw_drop_reason reason)
{
	return natgw_drop(o->nn, natgw_range_gateway(o->range), reason, o->skb);
}

static void answer_refusal(const struct natgw_leaving *o, struct natgw_gateway *gw)
{
	struct net_device *out = o->skb->dev;
	u8 how = READ_ONCE(gw->on_exhaust);

	/* the sender is a program on this router: its socket tells it of the drop */
	if (how == NATGW_ON_EXHAUST_DROP || !o->state->in || natgw_leaving_is_copy(o))
		return;
	if (how == NATGW_ON_EXHAUST_RESET && natgw_l4(o->packet.tuple.proto)->resets) {
		natgw_reset_sender(o->nn, gw, o->skb, &o->packet);
		return;
	}
	/* the way back is in the table of its device's VRF */
	o->skb->dev = o->state->in;
	icmp_send(o->skb, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0);
	o->skb->dev = out;
}

static void note_refusal(struct natgw_net *nn, struct natgw_gateway *gw,
			 const struct natgw_tuple *inside, enum natgw_drop_reason reason)
{
	this_cpu_inc(gw->counters->failed);
	trace_natgw_refused(gw, reason, inside);
	natgw_exhaustion_note(nn, gw, reason, inside);
}

static unsigned int refuse_flow(const struct natgw_leaving *o, enum natgw_drop_reason reason)
{
	struct natgw_gateway *gw = o->range->pool->gw;

	note_refusal(o->nn, gw, &o->packet.tuple, reason);
	answer_refusal(o, gw);
	return drop(o, reason);
}

/* already translated: what is told is the inside host */
static unsigned int refused_by_ipsec(const struct natgw_leaving *o, struct natgw_gateway *gw)
{
	natgw_stats_count(o->nn, NATGW_DROP_IPSEC, o->packet.tuple.host);
	trace_natgw_drop(NATGW_DROP_IPSEC, o->skb);
	this_cpu_inc(gw->counters->dropped);
	return NF_DROP;
}

/* Somebody wants to know more of established packets than what the gateway counts. */
static noinline void follow(const struct natgw_leaving *o, struct natgw_session *session)
{
	if (o->config->counts)
		natgw_watch_count(session, NATGW_OUT, o->skb);
	if (o->config->offload)
		natgw_offload_learn(o, session, NATGW_OUT);
}

static unsigned int translate(const struct natgw_leaving *o, struct natgw_session *session)
{
	/* the session stays readable: RCU */
	if (!natgw_nat_rewrite(o->skb, &o->packet, session->public, session->port))
		return natgw_drop(o->nn, session->gw, NATGW_DROP_REWRITE, o->skb);
	natgw_direct_disown(o->skb);
	if (!natgw_xfrm_output(o->nn->net, o->skb))
		return refused_by_ipsec(o, session->gw);
	natgw_flow_count_out(session->gw, o->skb);
	if (unlikely(o->config->follows))
		follow(o, session);
	return NF_ACCEPT;
}

/* Return: the session of a new flow; or NULL: @verdict */
static struct natgw_session *make_session(struct natgw_leaving *o, unsigned int *verdict)
{
	const struct natgw_l4 *l4 = natgw_l4(o->packet.tuple.proto);
	const struct natgw_pool *pool = o->range->pool;
	struct natgw_table *table = &o->nn->table;
	enum ip_conntrack_info ctinfo;
	struct natgw_session *session;
	int err, reason;

	this_cpu_inc(pool->gw->counters->attempted);
	reason = natgw_leaving_draining(o);
	if (reason >= 0)
		goto refuse;
	session = natgw_session_new(table, &o->packet.tuple, o->hash);
	if (!session) {
		reason = natgw_port_refusal(table, pool, &o->packet.tuple, o->state->out, false);
		goto refuse;
	}
	session->gw = pool->gw;
	session->subnet = o->range->subnet;
	if (natgw_redirected(o->skb, &ctinfo))
		__set_bit(NATGW_SESSION_REDIRECTED, &session->flags);
	if (l4->connects)
		natgw_tcp_open(session, o->skb, &o->packet);
	else
		session->timer = l4->timer;
	err = natgw_port_reserve(table, pool, session, o->state->out);
	if (err) {
		natgw_session_discard(table, session);
		reason = natgw_packet_reason(err);
		goto refuse;
	}
	/*
	 * not before a port is reserved: a flow that is refused may come again and take the
	 * cooling port
	 */
	if (o->ended) {
		if (natgw_leaving_by_other_uplink(o, o->ended))
			natgw_session_stop(table, o->ended, NATGW_END_UPLINK);
		natgw_session_detach(table, o->ended);
	}
	err = natgw_session_insert(table, session);
	if (likely(!err))
		return session;
	/* another CPU was first with the same flow: use its session, unless it just ended */
	if (err == -EEXIST) {
		session = natgw_session_find_inner(table, &o->packet.tuple, o->hash);
		if (session && !natgw_leaving_by_other_uplink(o, session)) {
			/* that one counts the flow */
			this_cpu_dec(pool->gw->counters->attempted);
			return session;
		}
	}
	reason = NATGW_DROP_MEMORY;
refuse:
	*verdict = refuse_flow(o, reason);
	return NULL;
}

static unsigned int open_flow(struct natgw_leaving *o)
{
	struct natgw_session *session;
	unsigned int verdict;

	session = make_session(o, &verdict);
	return session ? translate(o, session) : verdict;
}

/* a mid-stream segment of a connection we do not know */
static unsigned int mid_stream(const struct natgw_leaving *o)
{
	struct natgw_gateway *gw = o->range->pool->gw;

	/* a RST would reach the host whose address it bears */
	if (natgw_leaving_is_forged(o))
		return drop(o, NATGW_DROP_SPOOFED_SOURCE);
	if ((o->packet.tcp_flags & (NATGW_TCP_ACK | NATGW_TCP_SYN | NATGW_TCP_RST)) ==
	    NATGW_TCP_ACK && READ_ONCE(gw->on_idle) == NATGW_ON_IDLE_RESET_LATE &&
	    o->state->in && natgw_reset_sender(o->nn, gw, o->skb, &o->packet))
		return drop(o, NATGW_DROP_LATE_SENDER);
	return drop(o, NATGW_DROP_NO_SESSION);
}

/* no session carries it; @err as of parsing it */
static unsigned int without_session(struct natgw_leaving *o, int err)
{
	struct natgw_decision decision;

	natgw_classify(o, err, &decision);
	switch (decision.method) {
	case NATGW_METHOD_NAT:
		return open_flow(o);
	case NATGW_METHOD_DROP:
		return decision.reason == NATGW_DROP_NO_SESSION ? mid_stream(o) :
								  drop(o, decision.reason);
	case NATGW_METHOD_PASS:
		/* between hosts */
		if (o->state->in && natgw_to_host_strays(o->nn, o->config, o->skb, o->state))
			return drop(o, NATGW_DROP_REROUTE);
		fallthrough;
	default:
		if (decision.reason >= 0)
			natgw_stats_untranslated(o->nn, o->range->subnet,
						 ip_hdr(o->skb)->saddr);
		return NF_ACCEPT;
	}
}

/*
 * A packet of a session that has ended. Connections still end in order; a new
 * one, and anything of a flow that is none, brings new life.
 */
static unsigned int cooling(struct natgw_leaving *o, struct natgw_session *session)
{
	bool connects = natgw_l4(o->packet.tuple.proto)->connects;

	if (connects && !natgw_packet_opens(&o->packet))
		return translate(o, session);
	if (!connects || (READ_ONCE(session->timer) == NATGW_TIMER_HALF_OPEN &&
			  READ_ONCE(session->end) == NATGW_END_NONE)) {
		/* the host may have begun anew, with another number */
		if (connects)
			natgw_tcp_open_again(session, o->skb, &o->packet);
		natgw_session_revive(&o->nn->table, session);
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

static unsigned int with_session(struct natgw_leaving *o, struct natgw_session *session)
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
static unsigned int change_uplink(struct natgw_leaving *o, struct natgw_session *session)
{
	int reason;

	if (natgw_session_state(session, NULL) < 0) {
		natgw_gc_expire(&o->nn->table, session);
		return without_session(o, 0);
	}
	reason = natgw_leaving_is_copy(o) ? NATGW_DROP_UPLINK : natgw_no_uplink(o);
	if (reason >= 0)
		return drop(o, reason);
	if (natgw_packet_opens(&o->packet)) {
		o->ended = session;
		return without_session(o, 0);
	}
	if (natgw_leaving_is_forged(o))
		return drop(o, NATGW_DROP_SPOOFED_SOURCE);
	natgw_session_stop(&o->nn->table, session, NATGW_END_UPLINK);
	/* again for each segment: the reset may have been lost */
	if (READ_ONCE(session->end) == NATGW_END_UPLINK && o->state->in)
		natgw_reset_sender(o->nn, session->gw, o->skb, &o->packet);
	return drop(o, NATGW_DROP_UPLINK);
}

/* is an error about a packet of a session whose address does not serve this device? */
static bool error_by_other_uplink(const struct natgw_leaving *o)
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
	return session && natgw_leaving_by_other_uplink(o, session);
}

/*
 * Left to Linux. Where a rule has masqueraded it, the source that it had before
 * tells whose it is.
 */
static void count_outside(struct natgw_leaving *o)
{
	__be32 source = ip_hdr(o->skb)->saddr;

	if (natgw_source_was_changed(o->skb, &source)) {
		o->range = natgw_lookup_source(o->vnet, source);
		if (o->range) {
			natgw_stats_untranslated(o->nn, o->range->subnet, source);
			return;
		}
	}
	if (natgw_is_of_no_subnet(o, source))
		natgw_stats_count(o->nn, NATGW_DROP_NO_SUBNET, source);
}

/* an error about a session's packet, from its host or from a router before it */
static unsigned int icmp_error(struct natgw_leaving *o)
{
	struct natgw_session *session;
	int err;

	/* before it has the address of the session */
	if (error_by_other_uplink(o))
		return drop(o, NATGW_DROP_UPLINK);
	err = natgw_icmp_error_out(o->nn, o->vnet, o->skb, o->state->out, &session);
	if (!err && !natgw_xfrm_output(o->nn->net, o->skb))
		return refused_by_ipsec(o, session->gw);
	if (!err) {
		natgw_flow_count_out(session->gw, o->skb);
		if (o->config->counts)
			natgw_watch_count(session, NATGW_OUT, o->skb);
		return NF_ACCEPT;
	}
	if (err < 0)
		return drop(o, natgw_packet_reason(err));
	if (o->range)
		return without_session(o, 0);
	count_outside(o);
	return NF_ACCEPT;
}

static unsigned int drop_strange(const struct natgw_leaving *o,
				 const struct natgw_bound_range *bound)
{
	return natgw_drop(o->nn, natgw_range_gateway(bound->range), NATGW_DROP_VNET_DEVICE,
			  o->skb);
}

static unsigned int outside_subnets(struct natgw_leaving *o)
{
	const bool internet = natgw_leaving_is_internet(o);
	const struct natgw_bound_range *bound;

	if (natgw_leaving_to_free(o))
		return drop(o, NATGW_DROP_UNSOLICITED);
	if (!natgw_to_host(o))
		return NF_DROP;
	if (natgw_is_direct_answer(o->skb) || natgw_is_direct_error(o->skb))
		return NF_ACCEPT;
	if (natgw_changed_by_nat(o))
		return internet && natgw_is_foreign_nat(o) ? drop(o, NATGW_DROP_FOREIGN_NAT) :
							     NF_ACCEPT;
	/* wherever it goes: a default route may take private space to the uplink, too */
	if (natgw_leaving_forges_public(o))
		return drop(o, NATGW_DROP_SPOOFED_SOURCE);
	if (!internet)
		return NF_ACCEPT;
	bound = natgw_bound_find(&o->config->bound, ip_hdr(o->skb)->saddr);
	if (unlikely(bound) && natgw_is_strange(o, bound))
		return drop_strange(o, bound);
	if (natgw_is_icmp(o->skb) &&
	    !natgw_packet_parse(o->skb, NATGW_OUT, &o->packet) &&
	    o->packet.kind == NATGW_PACKET_ICMP_ERROR)
		return icmp_error(o);
	count_outside(o);
	return NF_ACCEPT;
}

/* from a subnet */
static unsigned int from_subnet(struct natgw_leaving *o)
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
	if (natgw_leaving_by_other_uplink(o, session))
		return change_uplink(o, session);
	if (natgw_leaving_turns(o, session) && natgw_leaving_is_forged(o))
		return drop(o, NATGW_DROP_SPOOFED_SOURCE);
	return with_session(o, session);
}

unsigned int natgw_outbound(struct natgw_net *nn, const struct natgw_config *config,
			    struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct natgw_leaving o;

	if (ipv4_is_multicast(ip_hdr(skb)->daddr))
		return NF_ACCEPT;
	if (!natgw_leaving_init(&o, nn, config, skb, state))
		return drop(&o, NATGW_DROP_VNET_DOWN);
	if (unlikely(natgw_direct_arriving(&nn->directs)))
		natgw_direct_arrived(nn, config, skb, state->out);
	if (natgw_xfrm_hides(skb))
		return NF_ACCEPT;
	return likely(o.range) ? from_subnet(&o) : outside_subnets(&o);
}

/* of a packet of which it is known that it comes from a subnet, and is of a flow */
static void leave_again(struct natgw_leaving *o, struct natgw_net *nn,
			const struct natgw_config *config, struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	int err;

	natgw_leaving_init(o, nn, config, skb, state);
	err = natgw_packet_parse(skb, NATGW_OUT, &o->packet);
	DEBUG_NET_WARN_ON_ONCE(err);
	o->packet.tuple.vnet = o->range->vnet->id;
}

unsigned int natgw_outbound_opened(struct natgw_net *nn, const struct natgw_config *config,
				   struct sk_buff *skb, const struct nf_hook_state *state,
				   struct natgw_session *session)
{
	struct natgw_leaving o;

	leave_again(&o, nn, config, skb, state);
	return translate(&o, session);
}

/* The host is told, for which its packet is read again */
static noinline unsigned int refuse_aloud(struct natgw_net *nn, const struct natgw_config *config,
					  struct sk_buff *skb, const struct nf_hook_state *state,
					  enum natgw_drop_reason reason)
{
	struct natgw_leaving o;

	leave_again(&o, nn, config, skb, state);
	return refuse_flow(&o, reason);
}

unsigned int natgw_outbound_refuse(struct natgw_net *nn, const struct natgw_config *config,
				   struct sk_buff *skb, const struct nf_hook_state *state,
				   struct natgw_gateway *gw, const struct natgw_tuple *inside,
				   enum natgw_drop_reason reason)
{
	if (unlikely(READ_ONCE(gw->on_exhaust) != NATGW_ON_EXHAUST_DROP))
		return refuse_aloud(nn, config, skb, state, reason);
	note_refusal(nn, gw, inside, reason);
	return natgw_drop(nn, gw, reason, skb);
}

/* a route may have changed since natgw_opening() asked for the source */
bool natgw_outbound_opens(struct natgw_net *nn, const struct natgw_config *config,
			  struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct natgw_decision decision;
	struct natgw_leaving trial;

	if (!natgw_leaving_init(&trial, nn, config, skb, state) || !trial.range ||
	    ipv4_is_multicast(ip_hdr(skb)->daddr) || natgw_xfrm_hides(skb) ||
	    natgw_packet_parse(skb, NATGW_OUT, &trial.packet))
		return false;
	trial.packet.tuple.vnet = trial.range->vnet->id;
	trial.trial = true;
	trial.flow = false;
	natgw_classify(&trial, 0, &decision);
	return (decision.method == NATGW_METHOD_NAT && natgw_leaving_draining(&trial) < 0) ||
	       decision.reason == NATGW_DROP_SPOOFED_SOURCE;
}

/* no device and no address tells the vnet */
static unsigned int of_several_vnets(const struct natgw_leaving *o)
{
	if (!natgw_leaving_is_internet(o) || natgw_is_direct_answer(o->skb))
		return NF_ACCEPT;
	return drop(o, NATGW_DROP_UNTRANSLATED);
}

unsigned int natgw_outbound_local(struct natgw_net *nn, const struct natgw_config *config,
				  struct sk_buff *skb, const struct nf_hook_state *state)
{
	__be32 source = ip_hdr(skb)->saddr;
	const struct natgw_bound_range *bound = natgw_bound_find(&config->bound, source);
	int iif = state->in ? state->in->ifindex : skb->skb_iif;
	struct natgw_leaving o = {
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
		return natgw_leaving_is_internet(&o) && natgw_is_strange(&o, bound) ?
		       drop_strange(&o, bound) : NF_ACCEPT;
	if (o.range->vnet->down)
		return drop(&o, NATGW_DROP_VNET_DOWN);
	return from_subnet(&o);
}
