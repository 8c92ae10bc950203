// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the hook that keeps private sources from the Internet from the time when the module is
 * loaded to the first configuration: which of them will be bound is not known yet. Called by
 * main.c and control/publish.c, and by the kernel.
 */
#include <linux/moduleparam.h>
#include <linux/natgw.h>
#include <linux/netfilter_ipv4.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include "datapath/flow.h"
#include "datapath/hold.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"

static bool hold;
module_param(hold, bool, 0444);
MODULE_PARM_DESC(hold,
		 "until the first configuration, drop what private sources send to the Internet in the initial network namespace (default: off)");

static unsigned int held(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct natgw_net *nn = priv;
	unsigned int verdict;

	/* frames that a bridge forwards itself are no business of a router */
	if (!(IPCB(skb)->flags & IPSKB_FORWARDED) || !natgw_lookup_private(ip_hdr(skb)->saddr) ||
	    natgw_lookup_private(ip_hdr(skb)->daddr))
		return NF_ACCEPT;
	/* a packet that NFQUEUE held comes in the context of its program */
	local_bh_disable();
	verdict = natgw_drop(nn, NULL, NATGW_DROP_HOLD, skb);
	local_bh_enable();
	return verdict;
}

static const struct nf_hook_ops hold_hook = {
	.hook		= held,
	.pf		= NFPROTO_IPV4,
	.hooknum	= NF_INET_FORWARD,
	.priority	= NF_IP_PRI_FIRST,
};

int natgw_hold_begin(struct natgw_net *nn)
{
	int err;

	if (!hold || !net_eq(nn->net, &init_net))
		return 0;
	nn->hold_hook = hold_hook;
	nn->hold_hook.priv = nn;
	err = nf_register_net_hook(nn->net, &nn->hold_hook);
	nn->holds = !err;
	return err;
}

void natgw_hold_end(struct natgw_net *nn)
{
	lockdep_assert_held(&nn->lock);
	if (!nn->holds)
		return;
	/* a packet that is not held here must meet the hooks of the configuration behind */
	synchronize_rcu();
	nf_unregister_net_hook(nn->net, &nn->hold_hook);
	nn->holds = false;
}
