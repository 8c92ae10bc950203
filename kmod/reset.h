/* SPDX-License-Identifier: GPL-2.0 */
/* TCP resets that the gateway sends itself. */
#ifndef _NATGW_RESET_H
#define _NATGW_RESET_H

#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include "packet.h"
#include "session.h"

/**
 * natgw_reset_sender - answer a segment with RST, as a closed port would (RFC 9293 3.5.2)
 * @net: namespace
 * @skb: the segment, at PRE_ROUTING or later, not rewritten
 * @packet: its parsed headers
 *
 * Untracked, and rate-limited together with all others of the machine.
 * Context: softirq, RCU. Return: true if one was sent.
 */
bool natgw_reset_sender(struct net *net, const struct sk_buff *skb,
			const struct natgw_packet *packet);

/**
 * natgw_reset_both - tell both ends of an idle TCP session that it is over
 *
 * Only sessions that were established, with the last sequence numbers seen.
 * Context: RCU, softirq or process.
 */
void natgw_reset_both(struct net *net, const struct natgw_session *session);

/** natgw_reset_init - once, before the first reset */
void natgw_reset_init(void);

#endif
