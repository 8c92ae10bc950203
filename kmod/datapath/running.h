/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The short way of packets from inside whose flow runs.
 *
 * Most packets are of such a flow, and nothing is unusual about them or about the vnet they come
 * from. For them this does what outbound.c does for any packet, in a third of the instructions:
 * nothing is searched for but the session, and nothing is called, so that no register has to be
 * saved. What is not so is left to outbound.c before anything has happened to it.
 *
 * The session alone says that its host is in a bound subnet: a change that takes the subnet
 * away ends the session before the change is answered.
 */
#ifndef _NATGW_DATAPATH_RUNNING_H
#define _NATGW_DATAPATH_RUNNING_H

#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include "datapath/direct.h"
#include "datapath/egress.h"
#include "datapath/flow.h"
#include "packet/nat.h"
#include "packet/packet.h"
#include "packet/xfrm.h"
#include "session/session.h"
#include "session/table.h"
#include "session/watch.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

struct natgw_config;

/**
 * natgw_running_find - POST_ROUTING: the session of a packet that may take the short way
 * @nn: namespace
 * @vnet: vnet of the device it came by
 * @skb: the packet
 * @session: result
 * @counts: a constant: the packet is going to be counted for its session, too
 *
 * Context: softirq, RCU. Return: NATGW_FOUND: it may, by natgw_running_translate();
 * NATGW_FOUND_NONE: for natgw_opening().
 */
static __always_inline enum natgw_buckets_tried
natgw_running_find(struct natgw_net *nn, const struct natgw_vnet_view *vnet,
		   const struct sk_buff *skb, struct natgw_session **session, const bool counts)
{
	const struct iphdr *iph = ip_hdr(skb);
	enum natgw_buckets_tried found;
	u64 first, second;
	u32 hash;

	if (!(counts ? vnet->countable : vnet->plain) ||
	    !natgw_search_spans(&vnet->search, ntohl(iph->saddr)) ||
	    !natgw_packet_plain_ports(skb, iph))
		return NATGW_FOUND_UNKNOWN;
	first = natgw_tuple_first(&iph->saddr);
	second = natgw_tuple_second(get_unaligned((const u32 *)(iph + 1)), iph->protocol,
				    vnet->plain_id);
	hash = natgw_hash(first, second, &natgw_session_hash_key);
	found = natgw_session_find_words(&nn->table, first, second, hash, session);
	if (found == NATGW_FOUND && unlikely(!natgw_session_live(*session) || skb_cloned(skb) ||
					     natgw_xfrm_asks(nn->net, skb)))
		return NATGW_FOUND_UNKNOWN;
	return found;
}

/* natgw_running_translate(), of a connection, or with a checksum that concerns a device */
unsigned int natgw_running_other(struct natgw_net *nn, struct sk_buff *skb,
				 const struct nf_hook_state *state,
				 struct natgw_session *session);

static __always_inline void natgw_running_rewrite(struct sk_buff *skb, struct iphdr *iph,
						  const struct natgw_l4 *l4,
						  const struct natgw_session *session,
						  bool summed, const bool counts)
{
	natgw_nat_ports(skb, iph, l4, (struct natgw_l4_ports *)(iph + 1), true, session->public,
			session->port, summed);
	natgw_direct_disown(skb);
	natgw_egress_spare(skb, skb->dev);
	natgw_flow_count_out(session->gw, skb);
	if (counts)
		natgw_watch_count(session, NATGW_OUT, skb);
}

/** natgw_running_translate - renew a session, translate a packet of it; Return: verdict */
static __always_inline unsigned int natgw_running_translate(struct natgw_net *nn,
							    struct sk_buff *skb,
							    const struct nf_hook_state *state,
							    struct natgw_session *session)
{
	struct iphdr *iph = ip_hdr(skb);

	if (!natgw_l4_is_plainest(iph->protocol) || natgw_nat_is_summed(skb))
		return natgw_running_other(nn, skb, state, session);
	natgw_flow_touch(session);
	natgw_running_rewrite(skb, iph, NATGW_L4_PLAINEST, session, false, false);
	return NF_ACCEPT;
}

/**
 * natgw_running_winding - all of it, else natgw_outbound(), where vnets have devices, gateways
 *	offload, or packets are counted for their session
 */
unsigned int natgw_running_winding(struct natgw_net *nn, const struct natgw_config *config,
				   struct sk_buff *skb, const struct nf_hook_state *state);

#endif
