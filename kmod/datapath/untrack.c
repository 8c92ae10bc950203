// SPDX-License-Identifier: GPL-2.0
/* Owns the question whether conntrack is to see a packet of a subnet. Called by hook.c. */
#include <linux/natgw.h>
#include "datapath/decide.h"
#include "datapath/direct.h"
#include "datapath/steer.h"
#include "datapath/untrack.h"
#include "packet/packet.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"

void natgw_untrack_outbound(struct natgw_net *nn, const struct natgw_config *config,
			    const struct natgw_subnet_range *range, struct sk_buff *skb,
			    const struct net_device *in)
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
	/*
	 * Answers of flows that conntrack translates must reach it. What is for the router itself
	 * is of no session: its rules may ask for the state, or forward the port to a host.
	 */
	if (decision.method == NATGW_METHOD_NAT &&
	    !natgw_direct_find(&nn->directs, range, skb, NATGW_DIRECT_SOURCE_YET) &&
	    !natgw_steer_local(nn, packet.tuple.peer, in))
		natgw_untrack(skb);
}
