/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IPsec policies.
 *
 * Linux looks them up where it routes a packet, that is with the private address
 * of a bound host. What a policy says about its public address has to be asked
 * for where the packet is translated.
 */
#ifndef _NATGW_PACKET_XFRM_H
#define _NATGW_PACKET_XFRM_H

#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/dst.h>
#include <net/xfrm.h>

#ifdef CONFIG_XFRM
bool natgw_xfrm_hides_slow(const struct sk_buff *skb);
bool natgw_xfrm_output_slow(struct net *net, struct sk_buff *skb);
bool natgw_xfrm_input_slow(struct sk_buff *skb);
#endif

/**
 * natgw_xfrm_asks - POST_ROUTING: might natgw_xfrm_hides() or natgw_xfrm_output() have work?
 * @net: namespace
 * @skb: packet
 */
static inline bool natgw_xfrm_asks(const struct net *net, const struct sk_buff *skb)
{
#ifdef CONFIG_XFRM
	const struct dst_entry *dst = skb_dst(skb);

	return READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_OUT]) || !dst || dst_xfrm(dst);
#else
	return false;
#endif
}

/**
 * natgw_xfrm_hides - POST_ROUTING: will IPsec put another IP header before a packet's own?
 *
 * So says a policy for its private source: tunnel mode, or another one that
 * replaces the header. Such a packet is IPsec's, not to be translated. Context:
 * RCU.
 */
static inline bool natgw_xfrm_hides(const struct sk_buff *skb)
{
#ifdef CONFIG_XFRM
	const struct dst_entry *dst = skb_dst(skb);

	return dst && unlikely(dst_xfrm(dst)) && natgw_xfrm_hides_slow(skb);
#else
	return false;
#endif
}

/**
 * natgw_xfrm_output - look the policy up again, for a packet that was translated
 * @net: namespace
 * @skb: packet with a route; gets another one if it is to be encrypted
 *
 * Context: softirq, RCU. Return: false when the policy forbids the packet, or no
 * SA is there yet: to be dropped.
 */
static inline bool natgw_xfrm_output(struct net *net, struct sk_buff *skb)
{
#ifdef CONFIG_XFRM
	if (likely(!READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_OUT]) &&
		   !dst_xfrm(skb_dst(skb))))
		return true;
	return natgw_xfrm_output_slow(net, skb);
#else
	return true;
#endif
}

/** natgw_xfrm_none - is there no policy that a forwarded packet could meet? */
static inline bool natgw_xfrm_none(const struct net *net)
{
#ifdef CONFIG_XFRM
	return !READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_OUT]) &&
	       !READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_FWD]) &&
	       READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_OUT]) != XFRM_USERPOLICY_BLOCK &&
	       READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_FWD]) != XFRM_USERPOLICY_BLOCK;
#else
	return true;
#endif
}

/** natgw_xfrm_input_asks - PRE_ROUTING: might natgw_xfrm_input() have work? */
static inline bool natgw_xfrm_input_asks(const struct net *net, const struct sk_buff *skb)
{
#ifdef CONFIG_XFRM
	return READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_FWD]) || secpath_exists(skb);
#else
	return false;
#endif
}

/**
 * natgw_xfrm_input - PRE_ROUTING: may a packet come in as it came, encrypted or not?
 * @net: namespace
 * @skb: packet that is to be translated, still to the public address
 *
 * When it may, what IPsec did is forgotten, since Linux will ask again with the
 * private address, of which no policy knows. A route to the public address goes,
 * too. Context: softirq, RCU. Return: false: to be dropped.
 */
static inline bool natgw_xfrm_input(struct net *net, struct sk_buff *skb)
{
#ifdef CONFIG_XFRM
	return likely(!natgw_xfrm_input_asks(net, skb)) || natgw_xfrm_input_slow(skb);
#else
	return true;
#endif
}

#endif
