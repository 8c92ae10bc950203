// SPDX-License-Identifier: GPL-2.0
/*
 * Owns where the gateway sits in the packet path: the netfilter hooks and their
 * priorities. Called by control/activate.c, which registers them, and by the kernel.
 */
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/natgw.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include "datapath/answering.h"
#include "datapath/bridged.h"
#include "datapath/decide.h"
#include "datapath/egress.h"
#include "datapath/hook.h"
#include "datapath/icmp.h"
#include "datapath/inbound.h"
#include "datapath/ipvs.h"
#include "datapath/opening.h"
#include "datapath/outbound.h"
#include "datapath/running.h"
#include "datapath/steer.h"
#include "datapath/to_host.h"
#include "datapath/untrack.h"
#include "packet/bridge.h"
#include "packet/packet.h"
#include "snapshot/bound.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/stats.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/*
 * After defragmentation (-400) and raw (-300), before conntrack (-200), which
 * so sees private addresses both ways.
 */
#define PRI_PRE_ROUTING		(-290)
/* after nat (100), before conntrack confirms (INT_MAX) */
#define PRI_POST_ROUTING	301
/* after nat's DNAT of local packets (-100) */
#define PRI_LOCAL_OUT		(NF_IP_PRI_NAT_DST + 1)

/*
 * A packet that NFQUEUE held goes on in the context of its program, with BH on. What
 * is per CPU counts on one user at a time.
 */
static unsigned int with_bh_off(nf_hookfn *hook, void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	unsigned int verdict;

	local_bh_disable();
	verdict = hook(priv, skb, state);
	local_bh_enable();
	return verdict;
}

/*
 * Makes direct records of packets towards a bound subnet. An answer of a session still has a
 * public destination here, so none is taken for such a packet. outbound.c notes flows that
 * conntrack translates, since it does so later. Return: the packet may pass.
 */
static bool note_direct(struct natgw_net *nn, const struct natgw_config *config,
			struct sk_buff *skb, struct net_device *in)
{
	const struct natgw_bound_range *bound;

	bound = natgw_bound_find(&config->bound, ip_hdr(skb)->daddr);
	return !bound || !bound->tracked ||
	       natgw_steer_note(nn, config, bound->tracked, skb, in);
}

static unsigned int from_inside(struct natgw_net *nn, const struct natgw_config *config,
				struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, state->in->ifindex);
	const struct natgw_subnet_range *range = natgw_lookup_source(vnet, ip_hdr(skb)->saddr);

	if (vnet->untracked)
		natgw_untrack(skb);
	if (!range)
		return NF_ACCEPT;
	if (config->track_off)
		natgw_untrack_outbound(nn, config, range, skb, state->in);
	/*
	 * A VRF's device comes next, with the route that counts. A bridge would take
	 * the route away again: see natgw_steer_bridged().
	 */
	if (netif_is_l3_slave(state->in) || natgw_bridge_undecided(skb) ||
	    (!range->steer && !range->vnet->drops_private))
		return NF_ACCEPT;
	return natgw_steer_packet(nn, config, range, skb, state);
}

/*
 * Frames of a bridge, of which most are not for the router. Frames that are for the router come
 * through PRE_ROUTING again if the bridge is in a VRF. Conntrack makes its entry in this first
 * pass, and its entries do not tell VRFs apart: so the frame is marked untracked now.
 */
static unsigned int from_bridge(struct natgw_net *nn, const struct natgw_config *config,
				const struct natgw_public *public, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	if (!public && !config->directs && !config->early)
		return NF_ACCEPT;
	if (!natgw_bridge_addressed(skb, state->in)) {
		natgw_bridged_passes(nn, config, skb, state->in);
		return NF_ACCEPT;
	}
	if (netif_is_l3_slave(state->in)) {
		if (natgw_lookup_vnet(config, state->in->ifindex)->untracked)
			natgw_untrack(skb);
		return NF_ACCEPT;
	}
	if (public)
		return natgw_inbound(nn, config, public, skb, state);
	if (config->directs && !note_direct(nn, config, skb, state->in))
		return NF_DROP;
	return config->early ? from_inside(nn, config, skb, state) : NF_ACCEPT;
}

static noinline unsigned int concerned(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_public *public;
	const struct natgw_config *config;

	if (unlikely(!softirq_count()))
		return with_bh_off(concerned, priv, skb, state);
	config = rcu_dereference(nn->config);
	/* the router itself made a packet that comes by loopback */
	if (state->in->flags & IFF_LOOPBACK)
		return NF_ACCEPT;
	public = natgw_lookup_public(config, ip_hdr(skb)->daddr);
	if (unlikely(natgw_bridge_undecided(skb)))
		return from_bridge(nn, config, public, skb, state);
	if (public)
		return natgw_inbound(nn, config, public, skb, state);
	if (config->directs && !note_direct(nn, config, skb, state->in))
		return NF_DROP;
	if (config->early)
		return from_inside(nn, config, skb, state);
	return NF_ACCEPT;
}

/* Most are answers of flows that run */
static noinline unsigned int to_public(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_config *config = rcu_dereference(nn->config);
	struct natgw_session *session;

	session = likely(softirq_count()) ? natgw_answering_find(nn, config, skb, state) : NULL;
	return session ? natgw_answering_translate(nn, skb, state, session) :
			 concerned(priv, skb, state);
}

/* by_routes() of a vnet that drops what goes to private space */
static noinline unsigned int by_system_routes(void *priv, struct sk_buff *skb,
					      const struct nf_hook_state *state,
					      const struct natgw_subnet_range *range)
{
	return natgw_steer_may(range, ip_hdr(skb)->daddr) ? concerned(priv, skb, state) : NF_ACCEPT;
}

/*
 * From inside, where routes alone may concern it: most go where Linux sends them. Nothing is called
 * and returns, so that no register has to be saved.
 */
static noinline unsigned int by_routes(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	const struct natgw_net *nn = priv;
	const struct natgw_config *config = rcu_dereference(nn->config);
	const struct natgw_subnet_range *range;

	range = natgw_lookup_source(&config->views[0], ip_hdr(skb)->saddr);
	if (!range)
		return NF_ACCEPT;
	if (unlikely(range->vnet->drops_private))
		return by_system_routes(priv, skb, state, range);
	if (likely(!natgw_steer_may_by_table(range, ip_hdr(skb)->daddr)))
		return NF_ACCEPT;
	return concerned(priv, skb, state);
}

/* Most packets from inside go neither to a public IP nor to a host, and no configuration asks */
static unsigned int pre_routing(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	const struct natgw_net *nn = priv;
	const struct natgw_config *config = rcu_dereference(nn->config);
	__be32 daddr = ip_hdr(skb)->daddr;

	if (test_bit(natgw_public_hint(daddr), config->public_hint))
		return to_public(priv, skb, state);
	if (natgw_bound_find(&config->bound, daddr))
		return concerned(priv, skb, state);
	if (likely(!config->early))
		return NF_ACCEPT;
	return config->only_routed ? by_routes(priv, skb, state) : concerned(priv, skb, state);
}

/* note_direct() for packets that go into a VRF; answers of sessions do not come here */
static bool note_direct_vrf(struct natgw_net *nn, const struct natgw_config *config,
			    struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, state->out->ifindex);
	const struct natgw_subnet_range *range;

	if (!vnet->untracked)
		return true;
	range = natgw_lookup_subnet(vnet, ip_hdr(skb)->daddr);
	return !range || natgw_steer_note(nn, config, range, skb, state->in);
}

/* Behind all rules of PRE_ROUTING: they may give what is steered to a program of the router */
static unsigned int steered(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (unlikely(IPCB(skb)->flags & IPSKB_MULTIPATH && (skb->sk || skb->mark)))
		natgw_steer_taken(priv, skb, state->in);
	return NF_ACCEPT;
}

static noinline unsigned int forward_concerned(void *priv, struct sk_buff *skb,
					       const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_public *public;
	const struct natgw_config *config;

	config = rcu_dereference(nn->config);
	/* frames that a bridge forwards itself lack it */
	if (!(IPCB(skb)->flags & IPSKB_FORWARDED))
		return NF_ACCEPT;
	if (unlikely(!softirq_count()))
		return with_bh_off(forward_concerned, priv, skb, state);
	if (config->deferred) {
		public = natgw_lookup_public(config, ip_hdr(skb)->daddr);
		if (public)
			return natgw_inbound_forward(nn, config, public, skb, state);
		if (!note_direct_vrf(nn, config, skb, state))
			return NF_DROP;
	}
	if (!config->routed)
		return NF_ACCEPT;
	if (natgw_bridge_came_by(skb))
		return natgw_steer_bridged(nn, config, skb, state);
	/*
	 * natgw_route_input() sets this on what is steered, and the kernel on routes with
	 * several hops. So it is a hint: the routes are asked again, and a steered packet
	 * that lost it is dropped in POST_ROUTING.
	 */
	if (IPCB(skb)->flags & IPSKB_MULTIPATH)
		return natgw_steer_forward(nn, config, skb, state);
	return NF_ACCEPT;
}

static unsigned int forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_net *nn = priv;

	/* most packets, and all that is asked of them: see forward_concerned() */
	if (!rcu_dereference(nn->config)->deferred && !(IPCB(skb)->flags & IPSKB_MULTIPATH) &&
	    !natgw_bridge_came_by(skb))
		return NF_ACCEPT;
	return forward_concerned(priv, skb, state);
}

/*
 * What the router itself sends, a bridge forwards, or another part of netfilter made: most
 * of it has another source, which a few instructions tell.
 */
static noinline unsigned int made_here(struct natgw_net *nn, const struct natgw_config *config,
				       struct sk_buff *skb, const struct nf_hook_state *state)
{
	const bool bridged = natgw_bridge_forwards(skb);
	unsigned int verdict;

	if (likely(!bridged && !natgw_bound_find(&config->bound, ip_hdr(skb)->saddr)))
		return natgw_ipvs(nn, config, skb, state);
	if (ipv4_is_multicast(ip_hdr(skb)->daddr))
		return NF_ACCEPT;
	local_bh_disable();
	verdict = bridged ? natgw_bridged_leaves(nn, config, skb, state) :
			    natgw_outbound_local(nn, config, skb, state);
	local_bh_enable();
	return verdict;
}

static noinline unsigned int leaves(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_config *config = rcu_dereference(nn->config);

	if (unlikely(!(IPCB(skb)->flags & IPSKB_FORWARDED) || !state->in))
		return made_here(nn, config, skb, state);
	if (unlikely(!softirq_count()))
		return with_bh_off(leaves, priv, skb, state);
	return config->winding ? natgw_running_winding(nn, config, skb, state) :
				 natgw_outbound(nn, config, skb, state);
}

/*
 * On its way to a host, and nothing is asked of it: natgw_outbound() would let it pass, as it does
 * not go to the Internet and its source is no public IP. It was translated in PRE_ROUTING, or comes
 * from beside the subnets.
 */
static bool is_plain_answer(const struct natgw_net *nn, const struct natgw_config *config,
			    const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	return config->plain_answers && !skb_nfct(skb) && !natgw_direct_arriving(&nn->directs) &&
	       !natgw_search_spans(&config->views[0].search, ntohl(iph->saddr)) &&
	       !test_bit(natgw_public_hint(iph->saddr), config->public_hint) &&
	       natgw_bound_find(&config->bound, iph->daddr);
}

/* A plain answer, but not straight to its host */
static noinline unsigned int far_answer(void *priv, struct sk_buff *skb,
					const struct nf_hook_state *state)
{
	const struct natgw_net *nn = priv;

	return natgw_to_host_strays(nn, rcu_dereference(nn->config), skb, state) ?
	       leaves(priv, skb, state) : NF_ACCEPT;
}

/* not part of post_routing(), which so needs no register that has to be saved */
static noinline unsigned int beside(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const struct natgw_net *nn = priv;

	if (!is_plain_answer(nn, rcu_dereference(nn->config), skb))
		return leaves(priv, skb, state);
	if (unlikely(!natgw_to_host_is_near(skb, state)))
		return far_answer(priv, skb, state);
	natgw_egress_spare(skb, state->out);
	return NF_ACCEPT;
}

static unsigned int post_routing(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_config *config = rcu_dereference(nn->config);
	struct natgw_session *session;

	if (!(IPCB(skb)->flags & IPSKB_FORWARDED) || !state->in || !softirq_count())
		return leaves(priv, skb, state);
	if (unlikely(config->winding))
		return natgw_running_winding(nn, config, skb, state);
	switch (natgw_running_find(nn, &config->views[0], skb, &session, false)) {
	case NATGW_FOUND:
		return natgw_running_translate(nn, skb, state, session);
	case NATGW_FOUND_NONE:
		return natgw_opening(nn, skb, state);
	default:
		return beside(priv, skb, state);
	}
}

/*
 * Where the upstream router is in the hosts' own segment, Linux tells them to use
 * it themselves: past the gateway.
 */
static bool leads_past(const struct natgw_config *config, __be32 source, __be32 peer,
		       const struct net_device *out)
{
	const struct natgw_subnet_range *range;
	struct natgw_decision decision;

	range = natgw_lookup_source(natgw_lookup_vnet(config, out->ifindex), source);
	if (!range)
		return false;
	natgw_decide(range, peer, &decision);
	return decision.method != NATGW_METHOD_PASS;
}

/*
 * A sender of the Internet in the hosts' own segment would learn the private address that its
 * packet has got.
 */
static bool names_inside(const struct natgw_config *config, __be32 source, __be32 peer)
{
	return natgw_bound_find(&config->bound, peer) && natgw_lookup_internet(config, source);
}

/* only ICMP errors and redirects */
static unsigned int local_out(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_config *config;
	struct natgw_packet packet;
	__be32 source, peer;
	int err;

	if (!natgw_is_icmp(skb))
		return NF_ACCEPT;
	if (unlikely(!softirq_count()))
		return with_bh_off(local_out, priv, skb, state);
	config = rcu_dereference(nn->config);
	if (natgw_icmp_redirected(skb, &source, &peer)) {
		if (!leads_past(config, source, peer, state->out) &&
		    !names_inside(config, source, peer))
			return NF_ACCEPT;
		natgw_stats_count(nn, NATGW_DROP_REDIRECT, source);
		return NF_DROP;
	}
	if (natgw_packet_parse(skb, NATGW_OUT, &packet) ||
	    packet.kind != NATGW_PACKET_ICMP_ERROR)
		return NF_ACCEPT;
	err = natgw_icmp_error_local(nn, config, skb);
	if (err > 0)
		err = ip_route_me_harder(state->net, state->sk, skb, RTN_UNSPEC) ?
		      -(NATGW_DROP_REROUTE + 1) : 0;
	if (!err)
		return NF_ACCEPT;
	natgw_stats_count(nn, natgw_packet_reason(err), ip_hdr(skb)->saddr);
	return NF_DROP;
}

#if IS_ENABLED(CONFIG_IPV6)
/*
 * Does this device lead to a subnet that refuses IPv6? Its addresses tell which
 * subnets are there. If they are in none, it may be any of its vnet, where that
 * has devices.
 */
bool natgw_hook_refuses_ipv6(const struct natgw_config *config, const struct net_device *dev)
{
	const struct natgw_vnet_view *vnet = natgw_lookup_vnet(config, dev->ifindex);
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct natgw_subnet_range *range;
	const struct in_ifaddr *ifa;
	bool known = false;

	if (in_dev) {
		in_dev_for_each_ifa_rcu(ifa, in_dev) {
			range = natgw_lookup_source(vnet, ifa->ifa_local);
			if (range && range->ipv6_drop)
				return true;
			known |= !!range;
		}
	}
	return !known && vnet->ipv6_drop && vnet->conf->n_devs;
}

static unsigned int forward_ipv6(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	const struct natgw_config *config;
	const struct net_device *dev;

	config = rcu_dereference(nn->config);
	if (!config->ipv6_drop || natgw_bridge_forwards(skb))
		return NF_ACCEPT;
	if (unlikely(!softirq_count()))
		return with_bh_off(forward_ipv6, priv, skb, state);
	/* not the VRF, which state->in is if this one is in a VRF */
	dev = dev_get_by_index_rcu(nn->net, IP6CB(skb)->iif);
	if (!dev || !natgw_hook_refuses_ipv6(config, dev))
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

static const struct nf_hook_ops forward_hooks[NATGW_FORWARD_HOOKS] = {
	{
		.hook		= steered,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_LAST,
	},
	{
		.hook		= forward,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_FIRST,
	},
};

int natgw_hook_register_forward(struct natgw_net *nn)
{
	unsigned int i;
	int err;

	lockdep_assert_held(&nn->lock);
	if (nn->forward)
		return 0;
	memcpy(nn->forward_hooks, forward_hooks, sizeof(forward_hooks));
	for (i = 0; i < NATGW_FORWARD_HOOKS; i++)
		nn->forward_hooks[i].priv = nn;
	err = nf_register_net_hooks(nn->net, nn->forward_hooks, NATGW_FORWARD_HOOKS);
	nn->forward = !err;
	return err;
}

int natgw_hook_register(struct natgw_net *nn, bool forward)
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
		goto err_defrag;
	err = forward ? natgw_hook_register_forward(nn) : 0;
	if (err)
		goto err_hooks;
	return 0;

err_hooks:
	nf_unregister_net_hooks(nn->net, nn->hooks, NATGW_HOOKS);
err_defrag:
	nf_defrag_ipv4_disable(nn->net);
	return err;
}

void natgw_hook_unregister(struct natgw_net *nn)
{
	if (nn->forward)
		nf_unregister_net_hooks(nn->net, nn->forward_hooks, NATGW_FORWARD_HOOKS);
	nf_unregister_net_hooks(nn->net, nn->hooks, NATGW_HOOKS);
	nf_defrag_ipv4_disable(nn->net);
}
