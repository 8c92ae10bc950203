/* SPDX-License-Identifier: GPL-2.0 */
/* IPsec before 6.8 */
#ifndef _NATGW_COMPAT_XFRM_H
#define _NATGW_COMPAT_XFRM_H

#include <linux/version.h>
#include <net/xfrm.h>

#ifdef CONFIG_XFRM
/* 2b1dc6285c3f ("xfrm: pass struct net to xfrm_decode_session wrappers") */
static inline int natgw_xfrm_decode_session(struct net *net, struct sk_buff *skb,
					    struct flowi *fl)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	return xfrm_decode_session(skb, fl, AF_INET);
#else
	return xfrm_decode_session(net, skb, fl, AF_INET);
#endif
}
#endif

#endif
