// SPDX-License-Identifier: GPL-2.0
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include "compat/route.h"
#include "net.h"
#include "route_input.h"

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
