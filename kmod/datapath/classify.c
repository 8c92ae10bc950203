// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what becomes of a packet on its way out that no session carries: translated,
 * left alone, or dropped under a reason. Called by outbound.c for packets, and by
 * outbound_try.c for questions.
 */
#include <linux/ip.h>
#include <linux/natgw.h>
#include <net/netfilter/nf_conntrack.h>
#include "datapath/decide.h"
#include "datapath/direct.h"
#include "datapath/icmp.h"
#include "datapath/classify.h"
#include "datapath/leaving.h"
#include "datapath/steer.h"
#include "packet/own.h"
#include "packet/packet.h"
#include "session/port.h"
#include "snapshot/bound.h"
#include "snapshot/conf.h"
#include "snapshot/lookup.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/* Return: reason why no new flow could leave by this device, or -1 */
int natgw_no_uplink(const struct natgw_leaving *o)
{
	int err;

	if (!o->range->pool)
		return NATGW_DROP_UPLINK;
	err = natgw_port_serves(o->range->pool, o->state->out);
	return err ? natgw_packet_reason(err) : -1;
}

/* the source as conntrack first saw it, where another NAT has changed it since */
bool natgw_source_was_changed(const struct sk_buff *skb, __be32 *original)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (!ct || CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL || ctinfo == IP_CT_RELATED)
		return false;
	*original = ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src.u3.ip;
	return *original != ip_hdr(skb)->saddr;
}

/* the bound subnet whose packet another NAT has changed, or NULL */
const struct natgw_subnet_range *natgw_changed_by_nat(const struct natgw_leaving *o)
{
	const struct natgw_subnet_range *range;
	__be32 original;

	if (!natgw_source_was_changed(o->skb, &original))
		return NULL;
	range = natgw_lookup_source(o->vnet, original);
	return range && (range->pool || range->block) ? range : NULL;
}

/*
 * Has another NAT changed a bound subnet's packet? Not if the flow ran before its subnet was
 * bound
 */
bool natgw_is_foreign_nat(const struct natgw_leaving *o)
{
	const struct natgw_subnet_range *range = natgw_changed_by_nat(o);

	return range && !natgw_direct_find(&o->nn->directs, range, o->skb,
					   NATGW_DIRECT_SOURCE_CHANGED);
}

/*
 * A bound host to a port of a shared address that nftables forwards to another
 * inside host: that one must see a public source, or its answer would not come
 * back this way (RFC 4787 REQ-9).
 */
static bool is_hairpin(const struct natgw_leaving *o)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = natgw_redirected(o->skb, &ctinfo);
	const struct natgw_public *public;

	if (!ct)
		return false;
	public = natgw_lookup_public(o->config,
				     ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u3.ip);
	return public && public->conf->shared;
}

/* an answer to a flow that came in by another way, or an ICMP error about it */
static bool is_direct(const struct natgw_leaving *o, int err)
{
	struct natgw_tuple tuple;

	if (natgw_is_direct_answer(o->skb) || natgw_is_direct_error(o->skb))
		return true;
	/* a question renews nothing */
	if (o->trial)
		return !err && o->flow &&
		       natgw_direct_quoted(&o->nn->directs, &o->packet.tuple,
					   NATGW_DIRECT_SOURCE_YET);
	if (err || o->packet.kind != NATGW_PACKET_ICMP_ERROR)
		return natgw_direct_find(&o->nn->directs, o->range, o->skb,
					 NATGW_DIRECT_SOURCE_FINAL);
	return natgw_icmp_error_tuple(o->skb, o->range->vnet->id, &tuple) &&
	       natgw_direct_quoted(&o->nn->directs, &tuple, NATGW_DIRECT_SOURCE_FINAL);
}

/*
 * Does Linux carry the flow because it ran before its route led elsewhere, or before it was
 * blocked? A question renews nothing.
 */
static bool runs_by_linux(const struct natgw_leaving *o)
{
	return !o->trial && natgw_direct_runs(&o->nn->directs, o->range, o->skb,
					      NATGW_DIRECT_SOURCE_FINAL);
}

/* a subnet without gateway, to the Internet: left to Linux, and told */
static void untranslated(const struct natgw_leaving *o, struct natgw_decision *decision)
{
	if (natgw_is_foreign_nat(o))
		natgw_decision_set(decision, NATGW_METHOD_DROP, NATGW_DROP_FOREIGN_NAT);
	else
		natgw_decision_set(decision, NATGW_METHOD_PASS, NATGW_DROP_NO_GATEWAY);
}

/*
 * A packet whose route leads to a next hop has taken it, or that next hop sent
 * it on with its source unchanged: then it is no longer that route's, and not
 * one to be translated as its host's either.
 */
static void steered(const struct natgw_leaving *o, struct natgw_decision *decision)
{
	struct natgw_effective system;

	if (natgw_steer_arrived(o->skb, decision->effective.hop))
		return;
	natgw_lookup_system_route(o->range->vnet, ip_hdr(o->skb)->daddr, &system);
	if (system.type != NATGW_NEXT_HOP_INTERNET)
		natgw_decision_set(decision, NATGW_METHOD_PASS, -1);
	else if (o->range->pool)
		natgw_decision_set(decision, NATGW_METHOD_DROP, NATGW_DROP_SPOOFED_SOURCE);
	else
		untranslated(o, decision);
}

/* Return: reason to drop a packet for that would be translated, or -1 */
static int forbidden(const struct natgw_leaving *o, int err)
{
	if (err)
		return natgw_packet_reason(err);
	if (o->packet.kind == NATGW_PACKET_ICMP_ERROR)
		return NATGW_DROP_ICMP_NO_SESSION;
	if (natgw_lookup_public(o->config, o->packet.tuple.peer))
		return NATGW_DROP_HAIRPIN;
	if (natgw_is_foreign_nat(o))
		return NATGW_DROP_FOREIGN_NAT;
	if (!natgw_packet_opens(&o->packet))
		return NATGW_DROP_NO_SESSION;
	return natgw_leaving_is_forged(o) ? NATGW_DROP_SPOOFED_SOURCE : -1;
}

/*
 * What becomes of a packet that no session carries; @err as of parsing it. NAT
 * is a new flow, which may still be refused.
 */
void natgw_classify(const struct natgw_leaving *o, int err, struct natgw_decision *decision)
{
	int reason;

	natgw_decide(o->range, ip_hdr(o->skb)->daddr, decision);
	if (natgw_leaving_to_free(o)) {
		natgw_decision_set(decision, NATGW_METHOD_DROP, o->range->pool ?
				   NATGW_DROP_HAIRPIN : NATGW_DROP_UNSOLICITED);
		return;
	}
	switch (decision->method) {
	case NATGW_METHOD_NAT:
		break;
	case NATGW_METHOD_DROP:
		if (decision->reason == NATGW_DROP_OUTBOUND_BLOCK ? is_direct(o, err) :
								    runs_by_linux(o))
			natgw_decision_set(decision, NATGW_METHOD_DIRECT, -1);
		return;
	case NATGW_METHOD_APPLIANCE:
	case NATGW_METHOD_VPN:
		if (runs_by_linux(o))
			natgw_decision_set(decision, NATGW_METHOD_DIRECT, -1);
		else
			steered(o, decision);
		return;
	default:
		if (o->range->pool && is_hairpin(o))
			break;
		if (decision->reason < 0)
			return;
		if (natgw_is_direct_answer(o->skb))
			decision->reason = -1;
		else
			untranslated(o, decision);
		return;
	}
	if (is_direct(o, err)) {
		natgw_decision_set(decision, NATGW_METHOD_DIRECT, -1);
		return;
	}
	reason = forbidden(o, err);
	natgw_decision_set(decision, reason < 0 ? NATGW_METHOD_NAT : NATGW_METHOD_DROP, reason);
}

/*
 * The device is none of the vnet of whose bound subnets it has its source: that
 * vnet's are gone or have other names, or the source is forged. What its subnet
 * would not let out as it is does not leave from here either.
 */
bool natgw_is_strange(const struct natgw_leaving *o, const struct natgw_bound_range *bound)
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

/*
 * Untranslated, as nobody has told of a subnet that it is in. Not so the router's
 * own packets, which its tunnels send on from a packet that was forwarded; nor
 * what comes from the Internet and goes back there.
 */
bool natgw_is_of_no_subnet(const struct natgw_leaving *o, __be32 source)
{
	const struct net_device *out = o->state->out;

	if (out && natgw_own_address(o->nn, NULL, source, out))
		return false;
	return o->state->in != out || !natgw_lookup_internet(o->config, source);
}
