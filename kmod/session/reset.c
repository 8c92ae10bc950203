// SPDX-License-Identifier: GPL-2.0
/*
 * Owns TCP resets that the router sends. Called by datapath/, by gc.c, and by who ends
 * sessions by an operator's will; config/gateway.c gives each gateway its rate.
 *
 * Built here and not by nf_reject_ipv4 because the module must load on a stock
 * kernel after nf_defrag_ipv4 alone, and because nf_reject needs a packet to
 * answer, which an idle end does not have.
 */
#include <linux/ip.h>
#include <linux/ratelimit.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/tcp.h>
#include "compat/route.h"
#include "packet/packet.h"
#include "packet/source.h"
#include "packet/xfrm.h"
#include "session/reset.h"
#include "session/session.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"

/* per second and gateway, as net.ipv4.icmp_msgs_per_sec */
#define RESETS_PER_SECOND	1000

/**
 * struct reset - a reset to send
 * @saddr: source
 * @daddr: destination
 * @source: port
 * @dest: port
 * @seq: sequence number, host byte order
 * @ack: what it acknowledges, with @with_ack
 * @with_ack: carry @ack, as an answer to a segment without ACK does
 * @vrf: index of the VRF whose routes lead to @daddr, or 0
 * @host: inside host whose packets' way it takes, or 0
 */
struct reset {
	__be32 saddr;
	__be32 daddr;
	__be16 source;
	__be16 dest;
	u32 seq;
	u32 ack;
	bool with_ack;
	int vrf;
	__be32 host;
};

static void fill_headers(struct sk_buff *skb, const struct reset *reset)
{
	struct tcphdr *th;
	struct iphdr *iph;

	skb_reset_network_header(skb);
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->frag_off = htons(IP_DF);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = reset->saddr;
	iph->daddr = reset->daddr;
	skb_set_transport_header(skb, sizeof(*iph));
	th = skb_put_zero(skb, sizeof(*th));
	th->source = reset->source;
	th->dest = reset->dest;
	th->doff = sizeof(*th) / 4;
	th->rst = 1;
	th->seq = htonl(reset->seq);
	if (reset->with_ack) {
		th->ack = 1;
		th->ack_seq = htonl(reset->ack);
	}
	th->check = tcp_v4_check(sizeof(*th), reset->saddr, reset->daddr,
				 csum_partial(th, sizeof(*th), 0));
}

/*
 * Rules that tell uplinks apart go by where a packet comes in, and by its private
 * source. The router's own packets meet none of them.
 */
static bool route_as_host(struct natgw_net *nn, struct sk_buff *skb, const struct reset *reset)
{
	struct net_device *in = natgw_source_dev(nn, reset->host, reset->vrf);

	return in && !natgw_ip_route_input_noref(skb, reset->daddr, reset->host, in) &&
	       skb_rtable(skb)->rt_type == RTN_UNICAST && skb_dst_force(skb);
}

static bool route_own(struct natgw_net *nn, struct sk_buff *skb, const struct reset *reset)
{
	struct flowi4 fl4 = {
		.daddr = reset->daddr,
		.saddr = reset->saddr,
		.flowi4_oif = reset->vrf,
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,	/* the pool address is on no device */
	};
	struct rtable *rt;

	rt = ip_route_output_key(nn->net, &fl4);
	if (IS_ERR(rt))
		return false;
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);
	return true;
}

static bool route(struct natgw_net *nn, struct sk_buff *skb, const struct reset *reset)
{
	if (!(reset->host && route_as_host(nn, skb, reset)) && !route_own(nn, skb, reset))
		return false;
	return natgw_lookup_serves(rcu_dereference(nn->config), reset->saddr, skb_dst(skb)->dev);
}

static bool send_reset(struct natgw_net *nn, const struct reset *reset)
{
	struct sk_buff *skb;

	skb = alloc_skb(LL_MAX_HEADER + sizeof(struct iphdr) + sizeof(struct tcphdr),
			GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return false;
	skb_reserve(skb, LL_MAX_HEADER);
	fill_headers(skb, reset);
	skb->protocol = htons(ETH_P_IP);
	if (!route(nn, skb, reset) || !natgw_xfrm_output(nn->net, skb)) {
		kfree_skb(skb);
		return false;
	}
	ip_hdr(skb)->ttl = ip4_dst_hoplimit(skb_dst(skb));
	/* belongs to no flow conntrack knows; it would be INVALID there */
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	ip_local_out(nn->net, NULL, skb);
	return true;
}

bool natgw_reset_sender(struct natgw_net *nn, struct natgw_gateway *gw,
			const struct sk_buff *skb, const struct natgw_packet *packet)
{
	const struct iphdr *iph = ip_hdr(skb);
	bool out = packet->direction == NATGW_OUT;
	struct reset reset = {
		.saddr = iph->daddr,
		.daddr = iph->saddr,
		.source = out ? packet->tuple.peer_port : packet->tuple.host_port,
		.dest = out ? packet->tuple.host_port : packet->tuple.peer_port,
		/* back to where it came from */
		.vrf = l3mdev_master_ifindex_by_index(nn->net, skb->skb_iif),
	};

	if (packet->tcp_flags & NATGW_TCP_RST)
		return false;
	if (packet->tcp_flags & NATGW_TCP_ACK) {
		reset.seq = packet->ack;
	} else {
		reset.with_ack = true;
		reset.ack = packet->seq + packet->payload +
			    !!(packet->tcp_flags & NATGW_TCP_SYN) +
			    !!(packet->tcp_flags & NATGW_TCP_FIN);
	}
	if (!__ratelimit(&gw->resets))
		return false;
	return send_reset(nn, &reset);
}

void natgw_reset_both(struct natgw_net *nn, const struct natgw_session *session)
{
	const struct natgw_tuple *inside = &session->inside;
	int vrf = READ_ONCE(session->subnet->vnet->vrf);
	struct reset to_inside = {
		.saddr = inside->peer,
		.daddr = inside->host,
		.source = inside->peer_port,
		.dest = inside->host_port,
		.seq = READ_ONCE(session->next[NATGW_IN]),
		.vrf = vrf,
	};
	struct reset to_outside = {
		.saddr = session->public,
		.daddr = inside->peer,
		.source = session->port,
		.dest = inside->peer_port,
		.seq = READ_ONCE(session->next[NATGW_OUT]),
		.vrf = vrf,
		.host = inside->host,
	};

	/* where a vnet is down, another one's host may be at that address */
	if (!natgw_l4(inside->proto)->resets ||
	    READ_ONCE(session->timer) == NATGW_TIMER_HALF_OPEN ||
	    READ_ONCE(session->subnet->vnet->down))
		return;
	local_bh_disable();
	send_reset(nn, &to_inside);
	send_reset(nn, &to_outside);
	local_bh_enable();
}

void natgw_reset_rate_init(struct ratelimit_state *rate)
{
	ratelimit_state_init(rate, HZ, RESETS_PER_SECOND);
	/* no "callbacks suppressed" line in the log: the drop is counted anyway */
	ratelimit_set_flags(rate, RATELIMIT_MSG_ON_RELEASE);
}
