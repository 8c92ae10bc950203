// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the short way of packets that open a flow. Called by hook.c and running.c, which have
 * found that there is no session.
 *
 * For most of them this does what outbound.c does for any packet, in half of the instructions:
 * one function has all of it, so that nothing is read or looked for twice. What is not so is left
 * to outbound.c before anything has happened to it.
 */
#include <linux/ip.h>
#include <linux/natgw.h>
#include <net/net_debug.h>
#include <net/netfilter/nf_conntrack.h>
#include "datapath/direct.h"
#include "datapath/opening.h"
#include "datapath/outbound.h"
#include "datapath/running.h"
#include "packet/nat.h"
#include "packet/packet.h"
#include "packet/source.h"
#include "packet/xfrm.h"
#include "session/port.h"
#include "session/session.h"
#include "session/session_new.h"
#include "session/tcp.h"
#include "session/watch.h"
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/* To the Internet, and not to one of our own addresses or to a group */
static __always_inline bool goes_out(const struct natgw_config *config, __be32 peer)
{
	return (likely(natgw_bound_beyond(&config->bound, peer)) ||
		(natgw_lookup_internet(config, peer) && !ipv4_is_multicast(peer))) &&
	       !natgw_lookup_public(config, peer);
}

static __always_inline bool is_genuine(struct natgw_net *nn, const struct natgw_subnet_range *range,
				       const struct sk_buff *skb, const struct nf_hook_state *state)
{
	return skb->skb_iif &&
	       (likely(natgw_source_known(nn, range, ip_hdr(skb), skb->skb_iif)) ||
		natgw_source_genuine(nn, range, skb, skb->skb_iif, state->out));
}

/*
 * natgw_classify() for most packets that open a flow: their subnet has a gateway and no routes,
 * they go to the Internet, and neither conntrack nor a direct record knows the flow. What is
 * left to be asked is whether the source is forged, for which the routes may have to be asked;
 * natgw_classify() has all other answers.
 *
 * What natgw_classify() drops must not open here: natgw_opening() checks it in kernels with
 * CONFIG_DEBUG_NET, like the one of the lane um.
 */
static __always_inline bool opens_plainly(struct natgw_net *nn, const struct natgw_config *config,
					  const struct natgw_subnet_range *range,
					  const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;

	return likely(range) && range->plain && !nf_ct_get(skb, &ctinfo) &&
	       !natgw_direct_count(&nn->directs) && !natgw_xfrm_asks(nn->net, skb) &&
	       goes_out(config, ip_hdr(skb)->daddr);
}

/* Does a segment open a connection? If so, it is in @packet, as natgw_tcp_open() asks for it */
static noinline bool connects(const struct sk_buff *skb, const struct natgw_l4 *l4,
			      struct natgw_packet *packet)
{
	packet->tuple.proto = ip_hdr(skb)->protocol;
	return natgw_packet_plain(skb, ip_hdr(skb), l4->header) &&
	       natgw_packet_segment(skb, NATGW_OUT, packet) && natgw_packet_opens(packet);
}

unsigned int natgw_opening(struct natgw_net *nn, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	const struct natgw_config *config = rcu_dereference(nn->config);
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, state->in->ifindex);
	struct iphdr *iph = ip_hdr(skb);
	const struct natgw_l4_ports *ports = (const struct natgw_l4_ports *)(iph + 1);
	const struct natgw_tuple inside = {
		.host = iph->saddr,
		.peer = iph->daddr,
		.host_port = ports->source,
		.peer_port = ports->dest,
		.proto = iph->protocol,
		.vnet = vnet->plain_id,
	};
	const struct natgw_l4 *l4 = natgw_l4(iph->protocol);
	const struct natgw_subnet_range *range = natgw_lookup_source(vnet, iph->saddr);
	struct natgw_table *table = &nn->table;
	const struct natgw_pool *pool;
	struct natgw_session *session;
	struct natgw_packet packet;
	int err;

	/* the snapshot may be a later one than that which led here */
	if (unlikely(!vnet->countable || !opens_plainly(nn, config, range, skb) ||
		     (l4->connects && !connects(skb, l4, &packet)) ||
		     !is_genuine(nn, range, skb, state)))
		return natgw_outbound(nn, config, skb, state);
	/* a reason that is in the list and not in opens_plainly(): nothing in kernels for use */
	DEBUG_NET_WARN_ON_ONCE(!natgw_outbound_opens(nn, config, skb, state));
	pool = range->pool;
	this_cpu_inc(pool->gw->counters->attempted);
	session = natgw_session_make(table, &inside, natgw_session_hash(&inside));
	if (unlikely(!session))
		return natgw_outbound_refuse(nn, config, skb, state, pool->gw, &inside,
					     natgw_port_refusal(table, pool, &inside, state->out,
								false));
	session->gw = pool->gw;
	session->subnet = range->subnet;
	if (l4->connects)
		natgw_tcp_open(session, skb, &packet);
	else
		session->timer = l4->timer;
	err = natgw_port_reserve(table, pool, session, state->out);
	if (unlikely(err)) {
		natgw_session_discard(table, session);
		return natgw_outbound_refuse(nn, config, skb, state, pool->gw, &inside,
					     natgw_packet_reason(err));
	}
	err = natgw_session_show(table, session);
	if (unlikely(err == -EEXIST)) {
		/*
		 * another CPU was first with the same flow, and counts it: by its session, if that
		 * lives
		 */
		this_cpu_dec(pool->gw->counters->attempted);
		return natgw_outbound(nn, config, skb, state);
	}
	if (unlikely(err))
		return natgw_outbound_refuse(nn, config, skb, state, pool->gw, &inside,
					     NATGW_DROP_MEMORY);
	if (unlikely(skb_cloned(skb)))
		return natgw_outbound_opened(nn, config, skb, state, session);
	natgw_running_rewrite(skb, iph, l4, session, natgw_nat_is_summed(skb), false);
	if (unlikely(config->counts))
		natgw_watch_count(session, NATGW_OUT, skb);
	return NF_ACCEPT;
}
