// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is rarer on the short way of packets whose flow runs: connections, checksums that
 * concern a device, vnets with devices of their own, gateways that offload. Called by hook.c.
 */
#include <linux/ip.h>
#include <linux/natgw.h>
#include "datapath/opening.h"
#include "datapath/outbound.h"
#include "datapath/running.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"

static __always_inline unsigned int any(struct natgw_net *nn, struct sk_buff *skb,
					const struct nf_hook_state *state,
					struct natgw_session *session, const bool counts)
{
	struct iphdr *iph = ip_hdr(skb);
	const struct natgw_l4 *l4 = natgw_l4(iph->protocol);

	if (!natgw_packet_plain(skb, iph, l4->header) ||
	    !natgw_flow_renew_plain(&nn->table, session, skb, l4, NATGW_OUT))
		return natgw_outbound(nn, rcu_dereference(nn->config), skb, state);
	natgw_running_rewrite(skb, iph, l4, session, natgw_nat_is_summed(skb), counts);
	return NF_ACCEPT;
}

unsigned int natgw_running_other(struct natgw_net *nn, struct sk_buff *skb,
				 const struct nf_hook_state *state, struct natgw_session *session)
{
	return any(nn, skb, state, session, false);
}

/* not part of counted(), which so saves no registers for a packet that opens a flow */
static noinline unsigned int any_counted(struct natgw_net *nn, struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 struct natgw_session *session)
{
	return any(nn, skb, state, session, true);
}

/* Packets of an offloading gateway's flows that run say how to send those that follow them */
static bool learned_from(const struct natgw_session *session)
{
	return READ_ONCE(session->gw->offload);
}

/* The same way where packets are counted for their session */
static noinline unsigned int counted(struct natgw_net *nn, const struct natgw_config *config,
				     struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, state->in->ifindex);
	struct natgw_session *session;

	switch (natgw_running_find(nn, vnet, skb, &session, true)) {
	case NATGW_FOUND:
		return learned_from(session) ? natgw_outbound(nn, config, skb, state) :
					       any_counted(nn, skb, state, session);
	case NATGW_FOUND_NONE:
		return natgw_opening(nn, skb, state);
	default:
		return natgw_outbound(nn, config, skb, state);
	}
}

static noinline unsigned int not_counted(struct natgw_net *nn, const struct natgw_config *config,
					 struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, state->in->ifindex);
	struct natgw_session *session;

	switch (natgw_running_find(nn, vnet, skb, &session, false)) {
	case NATGW_FOUND:
		return learned_from(session) ? natgw_outbound(nn, config, skb, state) :
					       natgw_running_translate(nn, skb, state, session);
	case NATGW_FOUND_NONE:
		return natgw_opening(nn, skb, state);
	default:
		return natgw_outbound(nn, config, skb, state);
	}
}

unsigned int natgw_running_winding(struct natgw_net *nn, const struct natgw_config *config,
				   struct sk_buff *skb, const struct nf_hook_state *state)
{
	return config->counts ? counted(nn, config, skb, state) :
				not_counted(nn, config, skb, state);
}
