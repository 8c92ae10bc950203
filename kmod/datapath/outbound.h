/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that leave: from a subnet towards the Internet. */
#ifndef _NATGW_DATAPATH_OUTBOUND_H
#define _NATGW_DATAPATH_OUTBOUND_H

#include <linux/natgw.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>

struct natgw_config;
struct natgw_decision;
struct natgw_gateway;
struct natgw_net;
struct natgw_session;
struct natgw_subnet_range;
struct natgw_tuple;

/**
 * natgw_outbound - POST_ROUTING: translate, leave alone or drop a forwarded packet
 *
 * A packet from a bound subnet towards the Internet is translated or dropped,
 * never let through as it is. Context: softirq, RCU. Return: netfilter verdict.
 */
unsigned int natgw_outbound(struct natgw_net *nn, const struct natgw_config *config,
			    struct sk_buff *skb, const struct nf_hook_state *state);

/**
 * natgw_outbound_opened - translate a packet that has opened a session
 *
 * For natgw_opening(), where there is something unusual about the packet. Context: softirq, RCU.
 * Return: netfilter verdict.
 */
unsigned int natgw_outbound_opened(struct natgw_net *nn, const struct natgw_config *config,
				   struct sk_buff *skb, const struct nf_hook_state *state,
				   struct natgw_session *session);

/**
 * natgw_outbound_refuse - drop a packet that would have opened a session, and tell of it
 * @gw: gateway of its subnet
 * @inside: its flow
 * @reason: why it could not
 *
 * For natgw_opening(). Context: softirq, RCU. Return: netfilter verdict.
 */
unsigned int natgw_outbound_refuse(struct natgw_net *nn, const struct natgw_config *config,
				   struct sk_buff *skb, const struct nf_hook_state *state,
				   struct natgw_gateway *gw, const struct natgw_tuple *inside,
				   enum natgw_drop_reason reason);

/**
 * natgw_outbound_opens - would natgw_outbound() let this packet open a session, if there is a port?
 *
 * It is asked as a question is, which renews nothing. Context: softirq, RCU.
 */
bool natgw_outbound_opens(struct natgw_net *nn, const struct natgw_config *config,
			  struct sk_buff *skb, const struct nf_hook_state *state);

/**
 * natgw_outbound_try - what natgw_outbound() would do, without its effects
 * @skb: packet that begins a flow, with its route
 * @state: @in, @out: NULL if there is no route; then nothing is said of ports
 * @flow: it may be of a session or have a direct record
 * @decision: method, and reason or -1
 *
 * Context: BH off, RCU. Return: the session that carries it, or NULL.
 */
const struct natgw_session *natgw_outbound_try(struct natgw_net *nn,
					       const struct natgw_config *config,
					       struct sk_buff *skb,
					       const struct nf_hook_state *state, bool flow,
					       struct natgw_decision *decision);

/**
 * natgw_outbound_local - a packet that the router sends with a source in a bound subnet
 *
 * It made it itself in its host's name: a transparent proxy, the RST of a
 * REJECT; or it is a host's that got a new destination on the router (IPVS).
 * Treated as the host's own, but nobody is told of a refusal. What has a source
 * of the router itself is left alone.
 * Context: RCU, BH off. Return: verdict.
 */
unsigned int natgw_outbound_local(struct natgw_net *nn, const struct natgw_config *config,
				  struct sk_buff *skb, const struct nf_hook_state *state);

#endif
