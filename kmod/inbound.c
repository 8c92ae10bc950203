// SPDX-License-Identifier: GPL-2.0
/* Packets to a pool address: answers of sessions, and all that is not. */
#include <net/netfilter/nf_conntrack.h>
#include "config.h"
#include "flow.h"
#include "icmp.h"
#include "inbound.h"
#include "nat.h"
#include "packet.h"
#include "reset.h"
#include "stats.h"

static unsigned int translated(struct natgw_session *session, struct sk_buff *skb)
{
	natgw_flow_count_in(session->gw, skb);
	if (!READ_ONCE(session->gw->track))
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return NF_ACCEPT;
}

/* a TCP segment of a connection that is over here, but not for its sender */
static bool is_late(const struct natgw_packet *packet)
{
	return packet->tuple.proto == IPPROTO_TCP &&
	       (packet->tcp_flags & (NATGW_TCP_ACK | NATGW_TCP_SYN | NATGW_TCP_RST)) ==
	       NATGW_TCP_ACK;
}

/* the gateway of a bound subnet whose packet goes to a pool address, not upstream */
static struct natgw_gateway *hairpin_gateway(const struct natgw_config *config,
					     const struct sk_buff *skb)
{
	const struct natgw_subnet_range *range;

	range = natgw_lookup_subnet(natgw_lookup_vnet(config, skb->dev->ifindex),
				    ip_hdr(skb)->saddr);
	return range && range->pool ? range->pool->gw : NULL;
}

static unsigned int no_session(struct natgw_net *nn, const struct natgw_config *config,
			       const struct natgw_public *public, struct sk_buff *skb,
			       const struct natgw_packet *packet)
{
	struct natgw_gateway *gw;

	/* the router's own, or a port that it forwards: outbound.c sees it then */
	if (public->conf->shared)
		return NF_ACCEPT;
	gw = hairpin_gateway(config, skb);
	if (gw)
		return natgw_drop(nn, gw, NATGW_DROP_HAIRPIN, skb);
	if (packet->tuple.proto == IPPROTO_ICMP)
		return natgw_drop(nn, public->gw, NATGW_DROP_ICMP_NO_SESSION, skb);
	if (is_late(packet) && public->gw &&
	    READ_ONCE(public->gw->on_idle) == NATGW_ON_IDLE_RESET_LATE &&
	    natgw_reset_sender(nn->net, skb, packet))
		return natgw_drop(nn, public->gw, NATGW_DROP_LATE_SENDER, skb);
	return natgw_drop(nn, public->gw, NATGW_DROP_UNSOLICITED, skb);
}

/* a packet that cannot be one of a session's */
static unsigned int not_a_flow(struct natgw_net *nn, const struct natgw_config *config,
			       const struct natgw_public *public, struct sk_buff *skb, int err)
{
	struct natgw_gateway *gw;

	if (public->conf->shared)
		return NF_ACCEPT;
	gw = hairpin_gateway(config, skb);
	if (gw)
		return natgw_drop(nn, gw, NATGW_DROP_HAIRPIN, skb);
	return natgw_drop(nn, public->gw, natgw_packet_reason(err), skb);
}

unsigned int natgw_inbound(struct natgw_net *nn, const struct natgw_config *config,
			   const struct natgw_public *public, struct sk_buff *skb)
{
	struct natgw_session *session;
	struct natgw_packet packet;
	int err, state;

	err = natgw_packet_parse(skb, NATGW_IN, &packet);
	if (err)
		return not_a_flow(nn, config, public, skb, err);
	if (packet.kind == NATGW_PACKET_ICMP_ERROR) {
		err = natgw_icmp_error_in(nn, skb, &session);
		if (err && public->conf->shared &&
		    natgw_packet_reason(err) == NATGW_DROP_ICMP_NO_SESSION)
			return NF_ACCEPT;
		if (err)
			return natgw_drop(nn, public->gw, natgw_packet_reason(err), skb);
		return translated(session, skb);
	}
	session = natgw_session_find_outer(&nn->table, &packet.tuple);
	if (!session)
		return no_session(nn, config, public, skb, &packet);
	state = natgw_session_live(session) ? NATGW_STATE_ESTABLISHED :
					      natgw_session_state(session, NULL);
	if (state < 0) {
		natgw_gc_expire(&nn->table, session);
		return no_session(nn, config, public, skb, &packet);
	}
	if (state == NATGW_STATE_COOLING) {
		/* TCP still ends in order; nothing else is let in, nothing renews */
		if (packet.tuple.proto != IPPROTO_TCP ||
		    test_bit(NATGW_SESSION_DETACHED, &session->flags))
			return natgw_drop(nn, session->gw, NATGW_DROP_COOLING, skb);
	} else {
		natgw_flow_renew(&nn->table, session, skb, &packet);
	}
	if (!natgw_nat_rewrite(skb, &packet, session->inside.host, session->inside.host_port))
		return natgw_drop(nn, session->gw, NATGW_DROP_REWRITE, skb);
	return translated(session, skb);
}
