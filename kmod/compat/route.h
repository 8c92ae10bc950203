/* SPDX-License-Identifier: GPL-2.0 */
/* Input routes before 6.13, questions for a route before 6.18 */
#ifndef _NATGW_COMPAT_ROUTE_H
#define _NATGW_COMPAT_ROUTE_H

#include <linux/version.h>
#include <net/inet_dscp.h>
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

/* 1bec9d0c0046 ("ipv4: Convert ->flowi4_tos to dscp_t") */
static inline void natgw_flow_set_tos(struct flowi4 *fl4, u8 tos)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
	fl4->flowi4_tos = tos & INET_DSCP_MASK;
#else
	fl4->flowi4_dscp = inet_dsfield_to_dscp(tos);
#endif
}

#endif
