// SPDX-License-Identifier: GPL-2.0
/*
 * Owns frames that a bridge forwards itself, and that br_netfilter shows to the hooks of IP. Called
 * by hook.c.
 *
 * They are not routed, and most are none of the router's business. But conntrack makes its entries
 * of them, and br_netfilter sends a frame whose destination PRE_ROUTING has changed where the
 * routes of the router say, without FORWARD and POST_ROUTING of IP, if that is the same bridge.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/natgw.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include "datapath/bridged.h"
#include "datapath/classify.h"
#include "datapath/flow.h"
#include "datapath/icmp.h"
#include "datapath/leaving.h"
#include "datapath/steer.h"
#include "datapath/to_host.h"
#include "packet/packet.h"
#include "snapshot/bound.h"
#include "snapshot/config.h"
#include "snapshot/object.h"
#include "snapshot/view.h"

static bool is_icmp_error(const struct sk_buff *skb)
{
	const u8 *type;
	u8 buf;

	if (!natgw_is_icmp(skb) || ip_hdr(skb)->frag_off & htons(IP_OFFSET))
		return false;
	type = skb_header_pointer(skb, skb_network_offset(skb) + ip_hdrlen(skb), sizeof(buf), &buf);
	return type && icmp_is_err(*type);
}

/* of a flow that conntrack knows, like an answer to what a host asked for past the router? */
static bool is_known(const struct sk_buff *skb)
{
	struct nf_conntrack_tuple tuple;
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct;

	/* one never makes an entry, and is of the flow that it quotes */
	if (is_icmp_error(skb))
		return true;
	/* a table of the bridge has asked for it */
	ct = nf_ct_get(skb, &ctinfo);
	if (ct && !nf_ct_is_template(ct))
		return nf_ct_is_confirmed(ct);
	/* a template of a rule for another zone is no entry */
	return !skb_nfct(skb) && nf_ct_get_tuple_skb(&tuple, skb);
}

void natgw_bridged_passes(struct natgw_net *nn, const struct natgw_config *config,
			  struct sk_buff *skb, struct net_device *in)
{
	const struct natgw_bound_range *bound;

	bound = natgw_bound_find(&config->bound, ip_hdr(skb)->daddr);
	if (bound && bound->tracked &&
	    natgw_steer_forged(nn, config, bound->tracked, ip_hdr(skb)->saddr, skb, in) &&
	    !is_known(skb))
		natgw_untrack(skb);
}

unsigned int natgw_bridged_leaves(struct natgw_net *nn, const struct natgw_config *config,
				  struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct natgw_bound_range *bound;
	enum ip_conntrack_info ctinfo;
	const struct natgw_leaving o = {
		.nn = nn,
		.config = config,
		.skb = skb,
		.state = state,
	};

	bound = natgw_bound_find(&config->bound, ip_hdr(skb)->saddr);
	if (likely(!bound)) {
		/* where clients and uplink share the bridge, it may be an answer */
		natgw_to_host_forget(&o);
		return NF_ACCEPT;
	}
	if (!natgw_redirected(skb, &ctinfo) || !natgw_leaving_is_internet(&o) ||
	    !natgw_is_strange(&o, bound))
		return NF_ACCEPT;
	return natgw_drop(nn, natgw_range_gateway(bound->range), NATGW_DROP_UNTRANSLATED, skb);
}
