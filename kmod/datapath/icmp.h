/* SPDX-License-Identifier: GPL-2.0 */
/* ICMP errors about packets of sessions. */
#ifndef _NATGW_DATAPATH_ICMP_H
#define _NATGW_DATAPATH_ICMP_H

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/skbuff.h>

struct natgw_config;
struct natgw_net;
struct natgw_session;
struct natgw_tuple;
struct natgw_vnet_view;

/** natgw_is_icmp - is a packet an ICMP message? Network header set */
static inline bool natgw_is_icmp(const struct sk_buff *skb)
{
	return ip_hdr(skb)->protocol == IPPROTO_ICMP;
}

/**
 * natgw_icmp_error_in - error from outside to a pool address
 *
 * Inner source and outer destination become the inside host. Neither renews
 * nor ends the session (RFC 5508 REQ-6). Context: softirq, RCU.
 * Return: 0, or a negated reason as natgw_packet_parse().
 */
int natgw_icmp_error_in(struct natgw_net *nn, struct sk_buff *skb, struct natgw_session **found);

/**
 * natgw_icmp_error_session - session that an error from outside is about, or NULL
 *
 * Changes nothing. Context: softirq, RCU.
 */
struct natgw_session *natgw_icmp_error_session(struct natgw_net *nn, struct sk_buff *skb);

/**
 * natgw_icmp_error_tuple - flow that an error from inside is about
 * @vnet: id of the sender's vnet
 *
 * Return: false if it quotes none, or one of somebody else than whom it is for.
 */
bool natgw_icmp_error_tuple(const struct sk_buff *skb, u16 vnet, struct natgw_tuple *tuple);

/**
 * natgw_icmp_error_out - error from inside about a packet of a session
 * @vnet: vnet of the device it came by
 * @out: device that it leaves by, or NULL
 *
 * Inner destination and outer source become the public address. It must have come from where the
 * session's host is (natgw_source_sends()).
 * Return: 0, a negated reason, or 1 when no session matches, or it is not for the session's peer.
 */
int natgw_icmp_error_out(struct natgw_net *nn, const struct natgw_vnet_view *vnet,
			 struct sk_buff *skb, const struct net_device *out,
			 struct natgw_session **found);

/**
 * natgw_icmp_redirected - is this an ICMP redirect?
 * @skb: ICMP packet
 * @source: source of the packet that it is about
 * @peer: destination of that packet
 */
bool natgw_icmp_redirected(const struct sk_buff *skb, __be32 *source, __be32 *peer);

/**
 * natgw_icmp_error_local - error the router itself has made
 *
 * About an un-NATed packet from outside: the quoted destination becomes public.
 * About a translated packet from inside: quote and destination become the
 * inside host. Return: 0 when there was nothing to do or it is done, 1 when
 * the packet must be routed again in the main table, or a negated reason; in a
 * VRF it has been routed.
 */
int natgw_icmp_error_local(struct natgw_net *nn, const struct natgw_config *config,
			   struct sk_buff *skb);

#endif
