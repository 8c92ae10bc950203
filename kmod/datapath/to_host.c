// SPDX-License-Identifier: GPL-2.0
/*
 * Owns packets towards the hosts of bound subnets, on their way out: answers that were translated
 * in PRE_ROUTING, and what comes to a host by another way. Called by outbound.c and outbound_try.c.
 */
#include <linux/natgw.h>
#include <net/netfilter/nf_conntrack.h>
#include "datapath/classify.h"
#include "datapath/flow.h"
#include "datapath/leaving.h"
#include "datapath/offload.h"
#include "datapath/steer.h"
#include "datapath/to_host.h"
#include "packet/packet.h"
#include "packet/source.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/tuple.h"

/*
 * The session of a packet towards a host, which was translated in PRE_ROUTING, or NULL. Somebody
 * outside who sends to the private address of the host may pass for an answer.
 */
static struct natgw_session *session_of_answer(const struct natgw_leaving *o)
{
	const struct natgw_subnet_range *range;
	struct natgw_packet packet;

	range = natgw_lookup_source(natgw_lookup_vnet(o->config, o->state->out->ifindex),
				    ip_hdr(o->skb)->daddr);
	if (!range || natgw_packet_parse(o->skb, NATGW_IN, &packet) ||
	    packet.kind != NATGW_PACKET_FLOW)
		return NULL;
	packet.tuple.vnet = range->vnet->id;
	return natgw_session_find_inner(&o->nn->table, &packet.tuple,
					natgw_session_hash(&packet.tuple));
}

/*
 * An answer of a session whose entry conntrack has lost meanwhile looks like a
 * flow from outside there. If it were confirmed, natgw_is_direct_answer() would take
 * what the host sends later for an answer to it, once the session has gone.
 */
void natgw_to_host_forget(const struct natgw_leaving *o)
{
	enum ip_conntrack_info ctinfo;

	if (nf_ct_get(o->skb, &ctinfo) && ctinfo == IP_CT_NEW && session_of_answer(o))
		natgw_untrack(o->skb);
}

/* One made from a forged answer is for the device that came by, and translates as the slow path */
static void offload_answer(const struct natgw_leaving *o)
{
	struct natgw_session *session = session_of_answer(o);

	if (session)
		natgw_offload_learn(o, session, NATGW_IN);
}

static bool drop(const struct natgw_leaving *o, const struct natgw_subnet_range *range,
		 enum natgw_drop_reason reason)
{
	natgw_drop(o->nn, natgw_range_gateway(range), reason, o->skb);
	return false;
}

/*
 * A flow that conntrack translates to an inside host: its answers must reach conntrack. Who forges
 * its source has not been asked in PRE_ROUTING, where it was for the router itself.
 * Return: it may pass; if not, it was counted.
 */
static bool note_direct(const struct natgw_leaving *o)
{
	const struct natgw_subnet_range *range;
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = natgw_redirected(o->skb, &ctinfo);
	__be32 source;

	if (!ct)
		return true;
	range = natgw_lookup_source(natgw_lookup_vnet(o->config, o->state->out->ifindex),
				    ip_hdr(o->skb)->daddr);
	if (!range)
		return true;
	/* one that a host has answered is let through: it was asked when it was new */
	source = ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src.u3.ip;
	if (ctinfo != IP_CT_ESTABLISHED &&
	    natgw_steer_forged(o->nn, o->config, range, source, o->skb, o->state->in))
		return drop(o, range, NATGW_DROP_SPOOFED_SOURCE);
	natgw_steer_note(o->nn, o->config, range, o->skb, NULL);
	return true;
}

bool natgw_to_host_strays_slow(const struct natgw_net *nn, const struct natgw_config *config,
			       const struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct rtable *rt = skb_rtable(skb);
	const struct natgw_bound_range *bound;

	bound = natgw_bound_find(&config->bound, ip_hdr(skb)->daddr);
	/* the routes of a VRF lead to its hosts, whatever their length */
	if (!bound || !bound->tracked || natgw_lookup_vnet(config, state->out->ifindex)->vrf)
		return false;
	/* a router inside may have all hosts behind it */
	if (rt->rt_gw_family == AF_INET && !natgw_lookup_internet(config, rt->rt_gw4))
		return false;
	return natgw_source_strays(nn, skb, state->in, state->out);
}

bool natgw_to_host(const struct natgw_leaving *o)
{
	const struct natgw_bound_range *bound;

	if (natgw_to_host_strays(o->nn, o->config, o->skb, o->state)) {
		bound = natgw_bound_find(&o->config->bound, ip_hdr(o->skb)->daddr);
		return drop(o, bound->tracked, NATGW_DROP_REROUTE);
	}
	if (unlikely(o->config->offload))
		offload_answer(o);
	natgw_to_host_forget(o);
	return note_direct(o);
}
