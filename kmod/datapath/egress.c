// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the last look at packets, where a device takes them over. Called by control/,
 * which registers it; the kernel calls the hooks.
 *
 * Translation sits in POST_ROUTING, and there are ways around that: a flowtable sends from the
 * ingress hook, "nft fwd" and "nft dup" likewise, MPLS swaps labels, REJECT on a bridge builds a
 * frame of its own. None of them asks natgw. So each device has a hook at its egress, which lets no
 * source of a bound subnet out that should have been translated, or not leave at all.
 *
 * A translated packet has a public source, so all it costs is to see that; natgw_egress_spare()
 * saves even this. What may leave with its private source is judged once more. Where devices are
 * stacked (bridge, bond, VLAN) a packet comes by here several times.
 *
 * Below this hook are tc at egress and the driver; beside it are redirects by tc
 * at ingress (for which the kernel skips the hook), XDP, AF_XDP and flows that
 * hardware forwards: no hook sees those.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_macvlan.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mpls.h>
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/mpls.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include "datapath/classify.h"
#include "datapath/decide.h"
#include "datapath/dev_hook.h"
#include "datapath/direct.h"
#include "datapath/egress.h"
#include "datapath/flow.h"
#include "datapath/hook.h"
#include "datapath/icmp.h"
#include "datapath/steer.h"
#include "packet/own.h"
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/next_hop.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/stats.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

#define VLAN_TAGS	2	/* in the payload, beside the one in the skb */
#define LABELS		16	/* of MPLS; nobody needs that many */

/**
 * struct egress - one packet on its way through this file
 * @nn: namespace
 * @config: snapshot
 * @skb: the packet, its network header found
 * @dev: device that takes it over
 * @vnet: vnet of the device it came by, or NULL: the router sends it
 * @range: subnet of its source, or NULL: of several vnets
 */
struct egress {
	struct natgw_net *nn;
	const struct natgw_config *config;
	struct sk_buff *skb;
	const struct net_device *dev;
	const struct natgw_vnet_view *vnet;
	const struct natgw_subnet_range *range;
};

/* An Ethernet frame that comes from a device of this router, as far as this one can tell */
static bool is_own_frame(const struct egress *e)
{
	const unsigned char *source = eth_hdr(e->skb)->h_source;
	const struct net_device *master;

	if (ether_addr_equal_unaligned(source, e->dev->dev_addr))
		return true;
	master = netdev_master_upper_dev_get_rcu((struct net_device *)e->dev);
	return master && ether_addr_equal_unaligned(source, master->dev_addr);
}

static int has_source(struct net_device *dev, struct netdev_nested_priv *priv)
{
	const struct sk_buff *skb = priv->data;

	return ether_addr_equal_unaligned(eth_hdr(skb)->h_source, dev->dev_addr);
}

/*
 * Frames of others that a bridge, Open vSwitch or macvlan only passes on are not routed here. "nft
 * fwd" leaves its sender's MAC in a frame, too: but that came by another device, which is no port
 * of the bridge. The hook at a device above this one has looked at what comes from there.
 */
static bool is_switched(const struct egress *e)
{
	struct net_device *dev = (struct net_device *)e->dev;
	struct netdev_nested_priv priv = { .data = e->skb };
	struct net_device *in;
	bool port;

	port = netif_is_bridge_port(dev) || netif_is_ovs_port(dev) || netif_is_macvlan_port(dev);
	if (dev->type != ARPHRD_ETHER || is_own_frame(e))
		return false;
	if (port && (netif_is_ovs_port(dev) || !e->skb->skb_iif ||
		     netdev_walk_all_upper_dev_rcu(dev, has_source, &priv)))
		return true;
	in = dev_get_by_index_rcu(e->nn->net, e->skb->skb_iif);
	/* of another namespace, or gone */
	if (!in)
		return port;
	/* by a port: to another one, or a device below that, like the slave of a bond */
	return netif_is_bridge_port(in) &&
	       netdev_has_upper_dev_all_rcu(dev, netdev_master_upper_dev_get_rcu(in));
}

/* A device that sends by way of this one let go of the route: a VRF does not */
static bool is_from_above(const struct egress *e)
{
	const struct net_device *master;

	master = netdev_master_upper_dev_get_rcu((struct net_device *)e->dev);
	return master && !netif_is_l3_master(master) && e->dev->type == ARPHRD_ETHER &&
	       is_own_frame(e);
}

/* Has IP sent it? What a hook at ingress sends has no route, or one of a flowtable */
static bool is_from_ip(const struct egress *e)
{
	return skb_valid_dst(e->skb) || is_from_above(e);
}

/*
 * What IP cut in pieces after POST_ROUTING saw it whole; defragmentation comes before
 * that.
 */
static bool is_piece(const struct egress *e)
{
	return ip_is_fragment(ip_hdr(e->skb)) && is_from_ip(e);
}

/*
 * The router speaks for itself, by a program, or by IPsec or masquerading what came in. Linux
 * forwards nobody's packet that has an address of the router, but "nft fwd" does.
 */
static bool is_of_router(const struct egress *e)
{
	return (!e->skb->skb_iif || is_from_ip(e)) &&
	       natgw_own_address(e->nn, e->range, ip_hdr(e->skb)->saddr, e->dev);
}

/* of a flow that came in by another way, or an ICMP error about one; renews its record */
static bool is_direct(const struct egress *e)
{
	struct natgw_tuple tuple;

	if (natgw_is_direct_answer(e->skb) || natgw_is_direct_error(e->skb))
		return true;
	if (natgw_direct_find(&e->nn->directs, e->range, e->skb, NATGW_DIRECT_SOURCE_FINAL))
		return true;
	return natgw_is_icmp(e->skb) &&
	       natgw_icmp_error_tuple(e->skb, e->range->vnet->id, &tuple) &&
	       natgw_direct_quoted(&e->nn->directs, &tuple, NATGW_DIRECT_SOURCE_FINAL);
}

static bool is_running(const struct egress *e)
{
	return natgw_direct_runs(&e->nn->directs, e->range, e->skb, NATGW_DIRECT_SOURCE_FINAL);
}

/* on its way to the next hop of its route */
static bool is_steered(const struct egress *e, struct natgw_next_hop *hop)
{
	if (skb_valid_dst(e->skb) && natgw_steer_arrived(e->skb, hop))
		return true;
	/* the upper device let go of the route: its frame tells */
	return e->dev->type == ARPHRD_ETHER && natgw_next_hop_takes(hop, e->skb);
}

/* a packet whose route leads to a next hop: on its way there, or sent on by it */
static bool is_routed(const struct egress *e, const struct natgw_decision *decision)
{
	if (decision->effective.hop && is_steered(e, decision->effective.hop))
		return true;
	return !natgw_decide_held(e->range, ip_hdr(e->skb)->daddr) || is_running(e);
}

/* May it leave with the source it has? */
static bool may_leave(const struct egress *e)
{
	__be32 daddr = ip_hdr(e->skb)->daddr;
	struct natgw_decision decision;

	if (!e->range)
		return !natgw_lookup_internet(e->config, daddr) || natgw_is_direct_answer(e->skb);
	natgw_decide(e->range, daddr, &decision);
	switch (decision.method) {
	case NATGW_METHOD_NAT:
		return is_direct(e);
	case NATGW_METHOD_DROP:
		return decision.reason == NATGW_DROP_OUTBOUND_BLOCK ? is_direct(e) :
								      is_running(e);
	case NATGW_METHOD_APPLIANCE:
	case NATGW_METHOD_VPN:
		return is_routed(e, &decision);
	default:
		return true;
	}
}

/* its subnet; @bound is what all vnets together say */
static void find_range(struct egress *e, const struct natgw_bound_range *bound)
{
	e->vnet = e->skb->skb_iif ? natgw_lookup_vnet(e->config, e->skb->skb_iif) : NULL;
	e->range = e->vnet ? natgw_lookup_source(e->vnet, ip_hdr(e->skb)->saddr) : NULL;
	if (!e->range)
		e->range = bound->range;
}

static noinline unsigned int judge(struct egress *e, const struct natgw_bound_range *bound)
{
	const struct iphdr *iph = ip_hdr(e->skb);

	if (ipv4_is_multicast(iph->daddr) || ipv4_is_lbcast(iph->daddr) || is_switched(e) ||
	    is_piece(e))
		return NF_ACCEPT;
	find_range(e, bound);
	if (may_leave(e) || is_of_router(e))
		return NF_ACCEPT;
	return natgw_drop(e->nn, natgw_range_gateway(e->range), NATGW_DROP_UNTRANSLATED, e->skb);
}

/* A packet with a source in a bound subnet, its IP header @offset behind skb->data */
static noinline unsigned int bound_source(struct natgw_net *nn, const struct natgw_config *config,
					  struct sk_buff *skb, const struct net_device *dev,
					  unsigned int offset,
					  const struct natgw_bound_range *bound)
{
	struct egress e = {
		.nn = nn,
		.config = config,
		.skb = skb,
		.dev = dev,
	};
	u16 network = skb->network_header;
	unsigned int verdict;

	/* somebody else holds it: its head cannot grow */
	if (skb_headlen(skb) < offset + sizeof(struct iphdr) &&
	    (skb_shared(skb) || !pskb_may_pull(skb, offset + sizeof(struct iphdr)))) {
		natgw_stats_count(nn, NATGW_DROP_REWRITE, 0);
		return NF_DROP;
	}
	/* behind a VLAN tag in the payload it is not where the stack looks */
	skb_set_network_header(skb, offset);
	verdict = judge(&e, bound);
	skb->network_header = network;
	return verdict;
}

#if IS_ENABLED(CONFIG_IPV6)
/* IPv6 that a subnet refuses, carried past FORWARD; what the router sends came by no device */
static noinline unsigned int ipv6(struct natgw_net *nn, const struct natgw_config *config,
				  struct sk_buff *skb, const struct net_device *dev,
				  unsigned int offset)
{
	struct egress e = { .nn = nn, .skb = skb, .dev = dev };
	const struct net_device *in;
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buf;

	ip6h = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!ip6h || !skb->skb_iif || ipv6_addr_is_multicast(&ip6h->daddr) ||
	    ipv6_addr_type(&ip6h->daddr) & IPV6_ADDR_LINKLOCAL ||
	    ipv6_addr_type(&ip6h->saddr) & IPV6_ADDR_LINKLOCAL || is_switched(&e))
		return NF_ACCEPT;
	in = dev_get_by_index_rcu(nn->net, skb->skb_iif);
	/* a port has no address: its bridge tells which subnet is there */
	if (in && netif_is_bridge_port(in))
		in = netdev_master_upper_dev_get_rcu((struct net_device *)in);
	/* what came in by a VRF FORWARD has seen */
	if (!in || netif_is_l3_master(in) || !natgw_hook_refuses_ipv6(config, in))
		return NF_ACCEPT;
	natgw_stats_count(nn, NATGW_DROP_IPV6, 0);
	return NF_DROP;
}
#else
static unsigned int ipv6(struct natgw_net *nn, const struct natgw_config *config,
			 struct sk_buff *skb, const struct net_device *dev, unsigned int offset)
{
	return NF_ACCEPT;
}
#endif

/* what is in a frame whose VLAN tags are in its payload; @offset of it, from skb->data */
static noinline __be16 behind_tags(const struct sk_buff *skb, unsigned int *offset)
{
	__be16 protocol = skb->protocol;
	const struct vlan_hdr *tag;
	struct vlan_hdr buf;
	unsigned int i;

	*offset = ETH_HLEN;
	for (i = 0; i < VLAN_TAGS && eth_type_vlan(protocol); i++) {
		tag = skb_header_pointer(skb, *offset, sizeof(buf), &buf);
		if (!tag)
			return 0;
		protocol = tag->h_vlan_encapsulated_proto;
		*offset += VLAN_HLEN;
	}
	return protocol;
}

/* what is behind labels of MPLS, @offset of the first one; IP by its version, nothing else tells */
static noinline __be16 behind_labels(const struct sk_buff *skb, unsigned int *offset)
{
	const __be32 *label;
	const u8 *version;
	unsigned int i;
	__be32 buf;
	u8 first;

	for (i = 0; i < LABELS; i++) {
		label = skb_header_pointer(skb, *offset, sizeof(buf), &buf);
		if (!label)
			return 0;
		*offset += sizeof(buf);
		if (*label & htonl(MPLS_LS_S_MASK))
			break;
	}
	version = skb_header_pointer(skb, *offset, sizeof(first), &first);
	if (!version || i == LABELS)
		return 0;
	switch (*version >> 4) {
	case 4:
		return htons(ETH_P_IP);
	case 6:
		return htons(ETH_P_IPV6);
	default:
		return 0;
	}
}

/* What is not IPv4 with a source in no bound subnet, or hides it */
static noinline unsigned int look_closer(struct natgw_net *nn, const struct natgw_config *config,
					 struct sk_buff *skb, const struct net_device *dev)
{
	unsigned int offset = skb_network_offset(skb);
	const struct natgw_bound_range *bound;
	__be16 protocol = skb->protocol;
	const struct iphdr *iph;
	bool labelled = false;
	struct iphdr buf;

	if (eth_type_vlan(protocol))
		protocol = behind_tags(skb, &offset);
	if (eth_p_mpls(protocol)) {
		labelled = true;
		protocol = behind_labels(skb, &offset);
	}
	if (protocol == htons(ETH_P_IP)) {
		iph = skb_header_pointer(skb, offset, sizeof(buf), &buf);
		if (!iph)
			return NF_ACCEPT;
		bound = natgw_bound_find(&config->bound, iph->saddr);
		/* labels tell networks of customers apart, which may have the same addresses */
		if (labelled && !natgw_lookup_internet(config, iph->daddr))
			return NF_ACCEPT;
		return bound ? bound_source(nn, config, skb, dev, offset, bound) : NF_ACCEPT;
	}
	if (protocol == htons(ETH_P_IPV6) && config->ipv6_drop)
		return ipv6(nn, config, skb, dev, offset);
	return NF_ACCEPT;
}

/* Nearly all packets are translated, or go to a host, and cost no more than this first test */
unsigned int natgw_egress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_config *config = rcu_dereference(nn->config);

	if (likely(skb->protocol == htons(ETH_P_IP) &&
		   skb_network_header(skb) + sizeof(struct iphdr) <= skb_tail_pointer(skb) &&
		   !natgw_bound_find(&config->bound, ip_hdr(skb)->saddr)))
		return NF_ACCEPT;
	return look_closer(nn, config, skb, state->out);
}

static const struct nf_hook_ops guard_ops = {
	.hook		= natgw_egress,
	.pf		= NFPROTO_NETDEV,
	.hooknum	= NF_NETDEV_EGRESS,
	.priority	= INT_MAX,
};

int natgw_egress_register(struct natgw_net *nn)
{
	lockdep_assert_held(&nn->lock);
	if (!IS_ENABLED(CONFIG_NETFILTER_EGRESS))
		return 0;
	return natgw_dev_hooks_register(nn, &nn->egress, &guard_ops);
}

void natgw_egress_unregister(struct natgw_net *nn)
{
	if (IS_ENABLED(CONFIG_NETFILTER_EGRESS))
		natgw_dev_hooks_unregister(nn, &nn->egress);
}
