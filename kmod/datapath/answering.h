/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The short way of answers whose flow runs, as running.h is that of packets from inside.
 *
 * Most packets of a gateway are answers: downloads. For them this does what inbound.c does for any
 * packet to a public IP, in half of the instructions: the session is searched for at once, by what
 * the headers say where they stand, and the entry of the public IP is not needed. What is not so
 * is left to inbound.c before anything has happened to it.
 */
#ifndef _NATGW_DATAPATH_ANSWERING_H
#define _NATGW_DATAPATH_ANSWERING_H

#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include "datapath/flow.h"
#include "packet/bridge.h"
#include "packet/nat.h"
#include "packet/packet.h"
#include "packet/xfrm.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"

/**
 * natgw_answering_find - PRE_ROUTING: the session of a packet that may take the short way
 * @nn: namespace
 * @config: snapshot
 * @skb: packet to a public IP
 * @state: of the hook
 *
 * The session alone says that its public IP is in force: a change that takes the address away ends
 * the session before the change is answered.
 *
 * Context: softirq, RCU. Return: the session, for natgw_answering_translate(); or NULL: for
 * natgw_inbound().
 */
static __always_inline struct natgw_session *
natgw_answering_find(struct natgw_net *nn, const struct natgw_config *config,
		     const struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct natgw_session *session;

	/* what rules or a bridge have done to it, and what the router itself has sent */
	if (config->aside || skb->_nfct || natgw_bridge_came_by(skb) ||
	    state->in->flags & IFF_LOOPBACK || !natgw_packet_plain_ports(skb, iph))
		return NULL;
	session = natgw_session_find_answered(&nn->table, iph,
					      (const struct natgw_l4_ports *)(iph + 1));
	if (!session || unlikely(!natgw_session_ready(session) || !natgw_session_live(session) ||
				 natgw_xfrm_input_asks(nn->net, skb)))
		return NULL;
	return session;
}

/* natgw_answering_translate(), of a connection, or of a packet that needs more than new numbers */
unsigned int natgw_answering_other(struct natgw_net *nn, struct sk_buff *skb,
				   const struct nf_hook_state *state,
				   struct natgw_session *session);

static __always_inline void natgw_answering_rewrite(struct sk_buff *skb, const struct natgw_l4 *l4,
						    const struct natgw_session *session,
						    bool summed)
{
	struct iphdr *iph = ip_hdr(skb);

	natgw_nat_ports(skb, iph, l4, (struct natgw_l4_ports *)(iph + 1), false,
			session->inside.host, session->inside.host_port, summed);
	natgw_flow_count_in(session->gw, skb);
	/* natgw_untrack(); there is no entry or template to be forgotten */
	if (natgw_flow_is_untracked(session))
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/** natgw_answering_translate - renew a session, translate an answer of it; Return: verdict */
static __always_inline unsigned int natgw_answering_translate(struct natgw_net *nn,
							      struct sk_buff *skb,
							      const struct nf_hook_state *state,
							      struct natgw_session *session)
{
	if (!natgw_l4_is_plainest(session->inside.proto) || natgw_nat_is_summed(skb) ||
	    skb_cloned(skb) || !test_bit(NATGW_SESSION_ANSWERED, &session->flags))
		return natgw_answering_other(nn, skb, state, session);
	natgw_flow_touch(session);
	natgw_answering_rewrite(skb, NATGW_L4_PLAINEST, session, false);
	return NF_ACCEPT;
}

#endif
