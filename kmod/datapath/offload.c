// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the way of packets of offloaded flows, from the ingress hook of one device straight to
 * another device. Called by outbound.c, which shows it packets of established sessions, and by
 * control/, which registers it; the kernel calls the hook.
 *
 * A packet on the slow path has been judged by all that judges packets: routes, policies, the
 * operator's rules, natgw. What came out of it is kept (session/offload.h), and the next packet
 * of this flow is sent on by it. All that could make it come out otherwise is in the stamp of
 * the entry, or is asked for each packet:
 *
 * - routes, rules for routing, ip_forward, IPsec policies: all of them change rt_genid;
 * - natgw's configuration: each snapshot has a serial number;
 * - devices (MTU, master, address, state): each event of a device counts;
 * - session, neighbour, length of the packet: looked at each time;
 * - what nobody tells of, like the operator's netfilter rules: an entry is used for
 *   NATGW_OFFLOAD_SECONDS, then a packet takes the slow path again.
 *
 * Whatever is unusual about a packet goes to the slow path, with all headers as they came:
 * nothing is rewritten before all questions are answered.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <net/arp.h>
#include <net/inet_dscp.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/xfrm.h>
#include "compat/gso.h"
#include "datapath/dev_hook.h"
#include "datapath/egress.h"
#include "datapath/flow.h"
#include "datapath/leaving.h"
#include "datapath/offload.h"
#include "lib/clock.h"
#include "packet/nat.h"
#include "packet/packet.h"
#include "packet/xfrm.h"
#include "session/offload.h"
#include "session/session.h"
#include "session/watch.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

/* a change that nothing tells of takes effect within this time */
#define NATGW_OFFLOAD_SECONDS	60

/* bits of the type of service that a rule or route may ask for */
#define TOS_OF_ROUTE	INET_DSCP_MASK

/* version 4, header of five words: no options */
#define PLAIN_HEADER	0x45

/* the shortest packet there is: ports or ICMP id are in its first eight bytes */
#define SHORTEST	(sizeof(struct iphdr) + 8)

/* --- what is learned from a packet on the slow path -------------------------------------- */

/* Short flows are not worth it: a question and an answer are over by then. */
static bool is_established(const struct natgw_session *session)
{
	const unsigned long unclear = BIT(NATGW_SESSION_SYN) | BIT(NATGW_SESSION_RESET) |
				      BIT(NATGW_SESSION_FIN_OUT) | BIT(NATGW_SESSION_FIN_IN);
	unsigned long flags = READ_ONCE(session->flags);

	if (!READ_ONCE(session->gw->offload) || READ_ONCE(session->end) != NATGW_END_NONE ||
	    !(flags & BIT(NATGW_SESSION_READY)))
		return false;
	if (natgw_l4(session->inside.proto)->connects)
		return READ_ONCE(session->timer) == NATGW_TIMER_ESTABLISHED &&
		       (flags & (BIT(NATGW_SESSION_ANSWERED) | unclear)) ==
		       BIT(NATGW_SESSION_ANSWERED);
	return natgw_clock() != READ_ONCE(session->created);
}

static bool is_vrf(const struct net_device *dev)
{
	return netif_is_l3_master(dev) || netif_is_l3_slave(dev);
}

/*
 * Its route, if another packet can be sent by it without any more questions, or NULL. A copy that a
 * rule has made (nft dup) is sent like what a program sends, by a route of output.
 */
static struct rtable *plain_route(const struct sk_buff *skb, const struct net_device *out)
{
	const struct dst_entry *dst = skb_dst(skb);
	struct rtable *rt = skb_rtable(skb);

	if (!dst || dst_xfrm(dst) || dst->lwtstate || dst->output != ip_output ||
	    dst->obsolete != DST_OBSOLETE_FORCE_CHK || dst->dev != out || !rt_is_input_route(rt) ||
	    rt->rt_type != RTN_UNICAST || rt->rt_gw_family == AF_INET6)
		return NULL;
	return rt;
}

void natgw_offload_learn(const struct natgw_leaving *o, struct natgw_session *session,
			 enum natgw_direction direction)
{
	const struct nf_hook_state *state = o->state;
	struct natgw_offload want = {
		.stamp = {
			.serial = o->config->serial,
			/* pairs with natgw_offload_device_event(): devices are looked at later */
			.devices = smp_load_acquire(&o->nn->offload_devices),
			.made = (u32)jiffies,
		},
		.session = session,
		.direction = direction,
	};

	/* what a program, a bridge, a VRF, IPsec or conntrack had a hand in stays there */
	if (!is_established(session) || !state->in || is_vrf(state->in) || is_vrf(state->out) ||
	    READ_ONCE(session->subnet->vnet->vrf) || skb_nfct(o->skb) ||
	    skb_has_extensions(o->skb) || !natgw_xfrm_none(o->nn->net))
		return;
	want.rt = plain_route(o->skb, state->out);
	if (!want.rt)
		return;
	want.key = natgw_offload_key(session, direction);
	if (direction == NATGW_OUT)
		natgw_nat_change_init(&want.change, natgw_l4(want.key.proto),
				      session->inside.host, session->inside.host_port,
				      session->public, session->port);
	else
		natgw_nat_change_init(&want.change, natgw_l4(want.key.proto), session->public,
				      session->port, session->inside.host,
				      session->inside.host_port);
	want.tos = ip_hdr(o->skb)->tos & TOS_OF_ROUTE;
	want.mark = o->skb->mark;
	want.iif = state->in->ifindex;
	want.mtu = ip_dst_mtu_maybe_forward(&want.rt->dst, true);
	want.headroom = LL_RESERVED_SPACE(state->out);
	natgw_offload_store(&o->nn->table, &want);
}

/* --- what is done with a packet at ingress ----------------------------------------------- */

/*
 * Nothing was done to it yet, and it is for the router: no more is known of it. Who captures
 * packets has its own copy by now, so a reference beside ours is that of a sender that waits
 * until it can free the packet (pktgen). But a head that is shared cannot be made anew for it.
 */
static __always_inline bool is_untouched(struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) && skb->pkt_type == PACKET_HOST &&
	       skb_headlen(skb) >= SHORTEST && !skb_vlan_tag_present(skb) &&
	       !skb->_skb_refdst && !skb_nfct(skb) && !skb_has_extensions(skb) &&
	       !(skb->cloned && skb_shared(skb));
}

/* Neither options nor a piece, and its time is not over. ip_rcv() asks for the checksum. */
static __always_inline bool is_plain(const struct iphdr *iph)
{
	return *(const u8 *)iph == PLAIN_HEADER &&
	       !(iph->frag_off & htons(IP_MF | IP_OFFSET)) && iph->ttl > 1 &&
	       !ip_fast_csum(iph, sizeof(*iph) / 4);
}

/* @tuple and @packet of a packet that is_plain(). Return: its protocol is translated */
static __always_inline bool read_tuple(const struct iphdr *iph, struct natgw_tuple *tuple)
{
	const struct natgw_l4 *l4 = natgw_l4(iph->protocol);
	const void *header = iph + 1;

	tuple->host = iph->saddr;
	tuple->peer = iph->daddr;
	tuple->proto = iph->protocol;
	tuple->vnet = 0;
	if (l4->id) {
		tuple->host_port = ((const struct icmphdr *)header)->un.echo.id;
		tuple->peer_port = 0;
		return true;
	}
	tuple->host_port = ((const struct natgw_l4_ports *)header)->source;
	tuple->peer_port = ((const struct natgw_l4_ports *)header)->dest;
	return l4->header;
}

/* An echo of the entry's direction, and no other message that has the same bytes as an id */
static bool is_query(const struct sk_buff *skb, const struct natgw_offload *offload)
{
	const struct icmphdr *ih = (const void *)(ip_hdr(skb) + 1);

	return ih->type == (offload->direction == NATGW_OUT ? ICMP_ECHO : ICMP_ECHOREPLY);
}

/* A segment in the middle of a connection; those that open and close go the slow path. */
static bool read_segment(const struct sk_buff *skb, const struct natgw_l4 *l4,
			 struct natgw_packet *packet)
{
	return natgw_packet_plain(skb, ip_hdr(skb), l4->header) &&
	       natgw_packet_segment(skb, packet->direction, packet) &&
	       !natgw_packet_turns(packet);
}

/*
 * A mark may choose the route. Most have none yet and get that of their flow by a rule behind this
 * hook, one that has got another one in front of it is not of the entry.
 */
static __always_inline bool is_marked_alike(const struct natgw_offload *offload,
					    const struct sk_buff *skb)
{
	return likely(!skb->mark) || skb->mark == offload->mark;
}

/* Would the slow path do the same with it as with the packet that made the entry? */
static __always_inline bool is_valid(const struct natgw_net *nn,
				     const struct natgw_config *config,
				     const struct natgw_offload *offload,
				     const struct sk_buff *skb, const struct net_device *in)
{
	const struct natgw_offload_stamp *stamp = &offload->stamp;

	return READ_ONCE(stamp->serial) == config->serial &&
	       READ_ONCE(stamp->devices) == READ_ONCE(nn->offload_devices) &&
	       (u32)jiffies - READ_ONCE(stamp->made) < NATGW_OFFLOAD_SECONDS * HZ &&
	       offload->rt->rt_genid == rt_genid_ipv4(nn->net) &&
	       READ_ONCE(offload->rt->dst.obsolete) == DST_OBSOLETE_FORCE_CHK &&
	       offload->iif == in->ifindex && offload->tos == (ip_hdr(skb)->tos & TOS_OF_ROUTE) &&
	       is_marked_alike(offload, skb);
}

/* Ethernet fills short frames up, to be cut off before they are sent on. */
static noinline bool trim(struct sk_buff *skb, unsigned int length)
{
	/* 0: longer than its header can say */
	return length >= SHORTEST && skb->len > length && !pskb_trim_rcsum(skb, length);
}

/* The device it is sent by has longer headers than the one it came by, a VLAN tag for one. */
static noinline bool make_room(struct sk_buff *skb, unsigned int headroom)
{
	return !skb_shared(skb) &&
	       !pskb_expand_head(skb, HH_DATA_ALIGN(headroom - skb_headroom(skb)), 0, GFP_ATOMIC);
}

/* A packet of several segments, which the device cuts up: each of them has to fit. */
static noinline bool segments_fit(const struct sk_buff *skb, unsigned int mtu)
{
	/* cut up wrongly by a device that received it (LRO) */
	if (!skb_is_gso(skb) || !skb_shinfo(skb)->gso_type)
		return false;
	return skb_gso_validate_network_len(skb, mtu);
}

static __always_inline bool fits(struct sk_buff *skb, const struct iphdr *iph,
				 const struct natgw_offload *offload)
{
	unsigned int length = ntohs(iph->tot_len);

	if (unlikely(skb->len != length) && !trim(skb, length))
		return false;
	if (unlikely(skb_headroom(skb) < offload->headroom) && !make_room(skb, offload->headroom))
		return false;
	return likely(skb->len <= offload->mtu && !skb_is_gso(skb)) ||
	       segments_fit(skb, offload->mtu);
}

static __always_inline struct neighbour *next_hop(const struct natgw_offload *offload,
						  const struct net_device *dev, __be32 daddr)
{
	if (offload->rt->rt_gw_family)
		daddr = offload->rt->rt_gw4;
	else if (offload->direction == NATGW_IN)
		daddr = offload->change.addr;
	return __ipv4_neigh_lookup_noref((struct net_device *)dev, (__force u32)daddr);
}

/* as ip_forward() leaves it */
static __always_inline void send(const struct net *net, struct sk_buff *skb, struct rtable *rt,
				 struct net_device *dev, struct neighbour *neigh)
{
	int iif = skb->dev->ifindex;

	skb_orphan(skb);
	skb_clear_tstamp(skb);
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	IPCB(skb)->iif = iif;
	IPCB(skb)->flags = IPSKB_FORWARDED;
	if (READ_ONCE(net->ipv4.sysctl_ip_fwd_update_priority))
		skb->priority = rt_tos2priority(ip_hdr(skb)->tos);
	skb->dev = dev;
	skb_dst_set_noref(skb, &rt->dst);
	natgw_egress_spare(skb, dev);
	neigh_output(neigh, skb, false);
}

/* Somebody else has the same head: a packet of its own is made of it. */
static noinline bool make_writable(struct sk_buff *skb, const struct natgw_l4 *l4)
{
	return !skb_ensure_writable(skb, sizeof(struct iphdr) + l4->header);
}

static __always_inline unsigned int send_on(void *priv, struct sk_buff *skb,
					    const struct nf_hook_state *state, bool counts)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct natgw_net *nn = priv;
	const struct natgw_config *config = rcu_dereference(nn->config);
	struct natgw_session *session;
	struct natgw_offload *offload;
	struct natgw_packet packet;
	const struct natgw_l4 *l4;
	struct neighbour *neigh;
	struct net_device *dev;

	if (!is_untouched(skb) || !is_plain(iph) || !read_tuple(iph, &packet.tuple))
		return NF_ACCEPT;
	offload = natgw_offload_find(&nn->table, &packet.tuple);
	if (!offload || !is_valid(nn, config, offload, skb, state->in))
		return NF_ACCEPT;
	session = offload->session;
	if (!natgw_session_live(session) || !fits(skb, iph, offload))
		return NF_ACCEPT;
	l4 = natgw_l4(packet.tuple.proto);
	packet.direction = offload->direction;
	/* from here on by skb->data: the head may have been moved */
	if (l4->connects && !read_segment(skb, l4, &packet))
		return NF_ACCEPT;
	if (l4->id && !is_query(skb, offload))
		return NF_ACCEPT;
	/* once: it may go while this is running */
	dev = READ_ONCE(offload->rt->dst.dev);
	neigh = next_hop(offload, dev, ip_hdr(skb)->daddr);
	if (!neigh)
		return NF_ACCEPT;
	if (unlikely(skb_cloned(skb)) && !make_writable(skb, l4))
		return NF_ACCEPT;

	/* from here on nothing fails */
	natgw_flow_renew(&nn->table, session, skb, &packet);
	skb_forward_csum(skb);
	natgw_nat_apply(skb, l4, packet.direction == NATGW_OUT, &offload->change);
	ip_decrease_ttl(ip_hdr(skb));
	if (packet.direction == NATGW_OUT)
		natgw_flow_count_out(session->gw, skb);
	else
		natgw_flow_count_in(session->gw, skb);
	if (counts)
		natgw_watch_count(session, packet.direction, skb);
	send(nn->net, skb, offload->rt, dev, neigh);
	return NF_STOLEN;
}

/* A second caller must not make functions of what was part of this one */
static __flatten unsigned int ingress(void *priv, struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	return send_on(priv, skb, state, false);
}

static unsigned int ingress_counts(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	return send_on(priv, skb, state, true);
}

/* after the operator's own chains and tables at ingress */
static const struct nf_hook_ops offload_ops[] = {
	[false] = {
		.hook		= ingress,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_INGRESS,
		.priority	= INT_MAX,
	},
	[true] = {
		.hook		= ingress_counts,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_INGRESS,
		.priority	= INT_MAX - 1,
	},
};

int natgw_offload_register(struct natgw_net *nn, bool counts)
{
	struct natgw_dev_hooks *hooks = &nn->ingress[counts];

	if (!IS_ENABLED(CONFIG_NETFILTER_INGRESS))
		return -EOPNOTSUPP;
	return hooks->ops.hook ? 0 : natgw_dev_hooks_register(nn, hooks, &offload_ops[counts]);
}

void natgw_offload_unregister(struct natgw_net *nn, bool counts)
{
	natgw_dev_hooks_unregister(nn, &nn->ingress[counts]);
}

void natgw_offload_device_event(struct natgw_net *nn)
{
	/* pairs with natgw_offload_learn(): what it reads of a device is not older than this */
	smp_store_release(&nn->offload_devices, nn->offload_devices + 1);
}
