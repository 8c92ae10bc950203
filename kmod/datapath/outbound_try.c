// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the answer to what would become of a packet on its way out, without a trace.
 * Called by explain.c.
 */
#include <linux/ip.h>
#include <linux/natgw.h>
#include "datapath/decide.h"
#include "datapath/classify.h"
#include "datapath/leaving.h"
#include "datapath/outbound.h"
#include "datapath/to_host.h"
#include "packet/packet.h"
#include "packet/xfrm.h"
#include "session/port.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/* Would the egress hook hold back a packet to private space? See egress.c. */
static bool is_held_back(const struct natgw_leaving *o, const struct natgw_bound_range *bound)
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
static void not_by_its_device(const struct natgw_leaving *o, struct natgw_decision *decision)
{
	const struct natgw_bound_range *bound;

	if (natgw_leaving_to_free(o)) {
		natgw_decision_set(decision, NATGW_METHOD_DROP, NATGW_DROP_UNSOLICITED);
		return;
	}
	if (o->state->out && natgw_to_host_strays(o->nn, o->config, o->skb, o->state)) {
		natgw_decision_set(decision, NATGW_METHOD_DROP, NATGW_DROP_REROUTE);
		return;
	}
	if (natgw_leaving_forges_public(o)) {
		natgw_decision_set(decision, NATGW_METHOD_DROP, NATGW_DROP_SPOOFED_SOURCE);
		return;
	}
	bound = natgw_bound_find(&o->config->bound, ip_hdr(o->skb)->saddr);
	if (!natgw_leaving_is_internet(o)) {
		if (bound && is_held_back(o, bound))
			natgw_decision_set(decision, NATGW_METHOD_DROP, NATGW_DROP_UNTRANSLATED);
		else
			natgw_decision_set(decision, NATGW_METHOD_PASS, -1);
		return;
	}
	if (bound && natgw_is_strange(o, bound))
		natgw_decision_set(decision, NATGW_METHOD_DROP, NATGW_DROP_VNET_DEVICE);
	else
		natgw_decision_set(decision, NATGW_METHOD_PASS,
				   natgw_is_of_no_subnet(o, ip_hdr(o->skb)->saddr) ?
				   NATGW_DROP_NO_SUBNET : -1);
}

/* Return: why a new flow would be refused, or -1 */
static int refusal(const struct natgw_leaving *o)
{
	struct natgw_table *table = &o->nn->table;
	int reason;

	reason = natgw_leaving_draining(o);
	if (reason >= 0)
		return reason;
	reason = natgw_port_refusal(table, o->range->pool, &o->packet.tuple, o->state->out,
				    true);
	/* for want of nothing but memory: there is some, but for the cap */
	if (reason == NATGW_DROP_MEMORY && natgw_session_has_room(table))
		return -1;
	return reason;
}

/* a connection that both ends know of */
static bool is_connection(const struct natgw_session *session)
{
	return natgw_l4(session->inside.proto)->connects && natgw_session_live(session) &&
	       READ_ONCE(session->timer) != NATGW_TIMER_HALF_OPEN;
}

const struct natgw_session *natgw_outbound_try(struct natgw_net *nn,
					       const struct natgw_config *config,
					       struct sk_buff *skb,
					       const struct nf_hook_state *state, bool flow,
					       struct natgw_decision *decision)
{
	const struct natgw_session *session = NULL;
	struct natgw_leaving o;
	int err, reason;

	decision->effective.route = NULL;
	if (!natgw_leaving_init(&o, nn, config, skb, state)) {
		natgw_decision_set(decision, NATGW_METHOD_DROP, NATGW_DROP_VNET_DOWN);
		return NULL;
	}
	o.trial = true;
	if (natgw_xfrm_hides(skb)) {
		natgw_decision_set(decision, NATGW_METHOD_PASS, -1);
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
		if (!natgw_leaving_by_other_uplink(&o, session)) {
			natgw_decision_set(decision, NATGW_METHOD_NAT, -1);
			return session;
		}
		reason = is_connection(session) ? NATGW_DROP_UPLINK : natgw_no_uplink(&o);
		if (reason >= 0) {
			natgw_decision_set(decision, NATGW_METHOD_DROP, reason);
			return NULL;
		}
	}
	natgw_classify(&o, err, decision);
	if (decision->method == NATGW_METHOD_PASS && state->out &&
	    natgw_to_host_strays(nn, config, skb, state))
		natgw_decision_set(decision, NATGW_METHOD_DROP, NATGW_DROP_REROUTE);
	if (decision->method != NATGW_METHOD_NAT || !state->out)
		return NULL;
	decision->reason = refusal(&o);
	if (decision->reason >= 0)
		decision->method = NATGW_METHOD_DROP;
	return NULL;
}
