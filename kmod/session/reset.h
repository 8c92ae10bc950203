/* SPDX-License-Identifier: GPL-2.0 */
/* TCP resets that the gateway sends itself. */
#ifndef _NATGW_SESSION_RESET_H
#define _NATGW_SESSION_RESET_H

#include <linux/skbuff.h>

struct natgw_gateway;
struct natgw_net;
struct natgw_packet;
struct natgw_session;
struct ratelimit_state;

/**
 * natgw_reset_sender - answer a segment with RST, as a closed port would (RFC 9293 3.5.2)
 * @nn: namespace
 * @gw: gateway that it is sent for
 * @skb: the segment, at PRE_ROUTING or later, not rewritten
 * @packet: its parsed headers
 *
 * Untracked, and rate-limited together with all others of the gateway, so that a
 * flood through one leaves the others theirs. Never by an uplink that the address
 * does not serve.
 * Context: softirq, RCU. Return: true if one was sent.
 */
bool natgw_reset_sender(struct natgw_net *nn, struct natgw_gateway *gw,
			const struct sk_buff *skb, const struct natgw_packet *packet);

/**
 * natgw_reset_both - tell both ends of an idle TCP session that it is over
 *
 * Only sessions that were established, with the last sequence numbers seen, and
 * outside by the way that the host's own packets take.
 * Context: RCU, softirq or process.
 */
void natgw_reset_both(struct natgw_net *nn, const struct natgw_session *session);

/** natgw_reset_rate_init - how many RSTs natgw_reset_sender() may send for a new gateway */
void natgw_reset_rate_init(struct ratelimit_state *rate);

#endif
