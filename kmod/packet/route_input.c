// SPDX-License-Identifier: GPL-2.0
/*
 * Owns input routes that Linux's own look-up would not give. Called by datapath/.
 */
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include "compat/gso.h"
#include "compat/route.h"
#include "packet/route_input.h"
#include "snapshot/net.h"

bool natgw_route_input(struct sk_buff *skb, __be32 daddr, struct net_device *in)
{
	if (natgw_ip_route_input_noref(skb, daddr, ip_hdr(skb)->saddr, in) ||
	    skb_rtable(skb)->rt_type != RTN_UNICAST)
		return false;
	/*
	 * Not to be taken for the route of the next packet of a list with the
	 * same destination (ip_extract_route_hint()), and no reason to tell the
	 * sender of a better router.
	 */
	IPCB(skb)->flags |= IPSKB_MULTIPATH;
	IPCB(skb)->flags &= ~IPSKB_DOREDIRECT;
	return true;
}

/* as ip_forward() does it */
static bool is_too_big(const struct sk_buff *skb, unsigned int mtu)
{
	if (skb->len <= mtu || !(ip_hdr(skb)->frag_off & htons(IP_DF)) || skb->ignore_df)
		return false;
	return !skb_is_gso(skb) || !skb_gso_validate_network_len(skb, mtu);
}

bool natgw_route_fits(struct sk_buff *skb, const struct rtable *rt)
{
	unsigned int mtu = ip_dst_mtu_maybe_forward(&rt->dst, true);

	if (likely(!is_too_big(skb, mtu)))
		return true;
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	return false;
}

struct rtable *natgw_route_output(struct natgw_net *nn, __be32 daddr, int vrf)
{
	struct flowi4 fl4 = {
		.daddr = daddr,
		.flowi4_oif = vrf,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
	};
	struct rtable *rt;

	rt = ip_route_output_flow(nn->net, &fl4, NULL);
	if (IS_ERR(rt))
		return NULL;
	/* not by a route of the VRF that leads out of it, as its default route does */
	if (rt->rt_type == RTN_UNICAST &&
	    (!vrf || l3mdev_master_ifindex_rcu(rt->dst.dev) == vrf))
		return rt;
	ip_rt_put(rt);
	return NULL;
}
