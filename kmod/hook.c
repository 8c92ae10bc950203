// SPDX-License-Identifier: GPL-2.0
/* Where the gateway sits in the packet path. */
#include <linux/inetdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include "config.h"
#include "hook.h"
#include "icmp.h"
#include "inbound.h"
#include "net.h"
#include "outbound.h"
#include "packet.h"
#include "stats.h"

/*
 * After defragmentation (-400) and raw (-300), before conntrack (-200), which
 * so sees private addresses both ways.
 */
#define PRI_PRE_ROUTING		(-290)
/* after nat (100), before conntrack confirms (INT_MAX) */
#define PRI_POST_ROUTING	301
/* after nat's DNAT of local packets (-100) */
#define PRI_LOCAL_OUT		(NF_IP_PRI_NAT_DST + 1)

/* bridged frames that br_netfilter shows to IP hooks are not ours to route */
static bool not_ours(const struct sk_buff *skb)
{
	return nf_bridge_info_exists(skb);
}

static unsigned int pre_routing(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_public *public;
	const struct natgw_config *config;
	__be32 daddr = ip_hdr(skb)->daddr;

	config = rcu_dereference(nn->config);
	/* what comes by loopback the router itself has made */
	if (!config || state->in->flags & IFF_LOOPBACK || not_ours(skb))
		return NF_ACCEPT;
	public = natgw_lookup_public(config, daddr);
	if (public)
		return natgw_inbound(nn, config, public, skb);
	if (config->track_off)
		natgw_outbound_untrack(nn, config, skb);
	return NF_ACCEPT;
}

static unsigned int post_routing(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_config *config;

	config = rcu_dereference(nn->config);
	if (!config || !(IPCB(skb)->flags & IPSKB_FORWARDED) || not_ours(skb) ||
	    ipv4_is_multicast(ip_hdr(skb)->daddr))
		return NF_ACCEPT;
	return natgw_outbound(nn, config, skb, state);
}

/* only ICMP errors, which softirq or the forwarding path makes with BH off */
static unsigned int local_out(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	struct natgw_packet packet;
	int err;

	if (ip_hdr(skb)->protocol != IPPROTO_ICMP || !rcu_access_pointer(nn->config))
		return NF_ACCEPT;
	if (natgw_packet_parse(skb, NATGW_OUT, &packet) ||
	    packet.kind != NATGW_PACKET_ICMP_ERROR)
		return NF_ACCEPT;
	err = natgw_icmp_error_local(nn, skb);
	if (err > 0)
		err = ip_route_me_harder(state->net, state->sk, skb, RTN_UNSPEC) ?
		      -(NATGW_DROP_REROUTE + 1) : 0;
	if (!err)
		return NF_ACCEPT;
	local_bh_disable();
	natgw_stats_count(nn, natgw_packet_reason(err), ip_hdr(skb)->saddr);
	local_bh_enable();
	return NF_DROP;
}

#if IS_ENABLED(CONFIG_IPV6)
/* does this device lead to a subnet that refuses IPv6? */
static bool leads_to_ipv6_drop(const struct natgw_config *config, const struct net_device *dev)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, dev->ifindex);
	const struct natgw_subnet_range *range;
	const struct in_device *in_dev;
	const struct in_ifaddr *ifa;

	in_dev = __in_dev_get_rcu(dev);
	if (!in_dev)
		return false;
	in_dev_for_each_ifa_rcu(ifa, in_dev) {
		range = natgw_lookup_subnet(vnet, ifa->ifa_local);
		if (range && range->ipv6_drop)
			return true;
	}
	return false;
}

static unsigned int forward_ipv6(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_config *config;

	config = rcu_dereference(nn->config);
	if (!config || !config->ipv6_drop || not_ours(skb) ||
	    !leads_to_ipv6_drop(config, state->in))
		return NF_ACCEPT;
	natgw_stats_count(nn, NATGW_DROP_IPV6, 0);
	return NF_DROP;
}
#endif

static const struct nf_hook_ops natgw_hooks[NATGW_HOOKS] = {
	{
		.hook		= pre_routing,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= PRI_PRE_ROUTING,
	},
	{
		.hook		= local_out,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= PRI_LOCAL_OUT,
	},
	{
		.hook		= post_routing,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= PRI_POST_ROUTING,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook		= forward_ipv6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP6_PRI_FIRST,
	},
#endif
};

int natgw_hook_register(struct natgw_net *nn)
{
	unsigned int i;
	int err;

	memcpy(nn->hooks, natgw_hooks, sizeof(natgw_hooks));
	for (i = 0; i < NATGW_HOOKS; i++)
		nn->hooks[i].priv = nn;
	err = nf_defrag_ipv4_enable(nn->net);
	if (err)
		return err;
	err = nf_register_net_hooks(nn->net, nn->hooks, NATGW_HOOKS);
	if (err)
		nf_defrag_ipv4_disable(nn->net);
	return err;
}

void natgw_hook_unregister(struct natgw_net *nn)
{
	nf_unregister_net_hooks(nn->net, nn->hooks, NATGW_HOOKS);
	nf_defrag_ipv4_disable(nn->net);
}
