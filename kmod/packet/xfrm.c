// SPDX-License-Identifier: GPL-2.0
/*
 * Owns IPsec policies for translated packets. Called by datapath/, and by
 * session/reset.c.
 */
#include <linux/inetdevice.h>
#include <net/ip.h>
#include "compat/xfrm.h"
#include "packet/xfrm.h"

#ifdef CONFIG_XFRM
bool natgw_xfrm_hides_slow(const struct sk_buff *skb)
{
	const struct dst_entry *dst;
	const struct xfrm_state *x;

	/* one state after the other, and last the plain route */
	for (dst = skb_dst(skb); dst; dst = xfrm_dst_child(dst)) {
		x = dst_xfrm(dst);
		if (!x)
			return false;
		if (x->props.mode != XFRM_MODE_TRANSPORT)
			return true;
	}
	return false;
}

static struct dst_entry *plain_route(struct dst_entry *dst)
{
	return dst_xfrm(dst) ? ((struct xfrm_dst *)dst)->route : dst;
}

/* as nf_nat does it, which need not be there */
bool natgw_xfrm_output_slow(struct net *net, struct sk_buff *skb)
{
	struct dst_entry *dst;
	unsigned int hh_len;
	struct flowi fl;

	if (IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED)
		return true;
	if (natgw_xfrm_decode_session(net, skb, &fl) < 0)
		return false;
	dst = plain_route(skb_dst(skb));
	if (!dst_hold_safe(dst))
		return false;
	/* takes that reference over */
	dst = xfrm_lookup(net, dst, &fl, NULL, 0);
	if (IS_ERR(dst))
		return false;
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	hh_len = dst->dev->hard_header_len;
	return skb_headroom(skb) >= hh_len ||
	       !pskb_expand_head(skb, HH_DATA_ALIGN(hh_len - skb_headroom(skb)), 0, GFP_ATOMIC);
}

/* Linux reads this when it routes a packet, which is later */
static bool has_no_policy(const struct sk_buff *skb)
{
	struct in_device *in_dev = __in_dev_get_rcu(skb->dev);

	return in_dev && IN_DEV_ORCONF(in_dev, NOPOLICY);
}

bool natgw_xfrm_input_slow(struct sk_buff *skb)
{
	if (!has_no_policy(skb) && !xfrm4_policy_check(NULL, XFRM_POLICY_FWD, skb))
		return false;
	if (secpath_exists(skb)) {
		secpath_reset(skb);
		/* transport mode: it was for the router when it came in, as ESP */
		skb_dst_drop(skb);
	}
	return true;
}
#endif
