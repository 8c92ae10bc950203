// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is rarer on the short way of answers: connections, first answers, and packets whose
 * headers somebody else reads, too. Called by hook.c.
 */
#include <linux/ip.h>
#include <linux/natgw.h>
#include "datapath/answering.h"
#include "datapath/inbound.h"
#include "snapshot/lookup.h"

unsigned int natgw_answering_other(struct natgw_net *nn, struct sk_buff *skb,
				   const struct nf_hook_state *state,
				   struct natgw_session *session)
{
	const struct natgw_l4 *l4 = natgw_l4(session->inside.proto);
	unsigned int need = skb_network_offset(skb) + sizeof(struct iphdr) + l4->header;
	const struct natgw_config *config;
	const struct natgw_public *public;

	if (natgw_packet_plain(skb, ip_hdr(skb), l4->header) && natgw_nat_writable(skb, need) &&
	    natgw_flow_renew_plain(&nn->table, session, skb, l4, NATGW_IN)) {
		natgw_answering_rewrite(skb, l4, session, natgw_nat_is_summed(skb));
		return NF_ACCEPT;
	}
	config = rcu_dereference(nn->config);
	public = natgw_lookup_public(config, ip_hdr(skb)->daddr);
	/* a change that takes the address away is about to end the session */
	return public ? natgw_inbound(nn, config, public, skb, state) : NF_ACCEPT;
}
