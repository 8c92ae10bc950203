/* SPDX-License-Identifier: GPL-2.0 */
/* Input routes before 6.13 */
#ifndef _NATGW_COMPAT_ROUTE_H
#define _NATGW_COMPAT_ROUTE_H

#include <linux/version.h>
#include <net/ip.h>
#include <net/route.h>

/* 66fb6386d358 ("ipv4: Convert ip_route_input_noref() to dscp_t") */
static inline int natgw_ip_route_input_noref(struct sk_buff *skb, __be32 daddr, __be32 saddr,
					     struct net_device *in)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	return ip_route_input_noref(skb, daddr, saddr, ip_hdr(skb)->tos, in);
#else
	return ip_route_input_noref(skb, daddr, saddr, ip4h_dscp(ip_hdr(skb)), in);
#endif
}

#endif
