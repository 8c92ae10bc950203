/* SPDX-License-Identifier: GPL-2.0 */
/* TCP state of a session. */
#ifndef _NATGW_TCP_H
#define _NATGW_TCP_H

#include <linux/skbuff.h>
#include "packet.h"
#include "session.h"

/**
 * natgw_tcp_update - follow a segment of a session that has not ended
 * @skb: the segment, for the window scale option of a SYN
 * @packet: its parsed headers
 *
 * Half-open until the outside answers; closing from the first FIN; ended by
 * both FINs or by one RST, each only within the sequence window. Renews the
 * session. Racing segments may lose an update of the windows, never a state.
 * Context: softirq, RCU. Return: true when the session's time became shorter,
 * so the timer wheel has to look earlier.
 */
bool natgw_tcp_update(struct natgw_session *session, const struct sk_buff *skb,
		      const struct natgw_packet *packet);

/** natgw_tcp_open - take over the windows of the SYN that made a session */
void natgw_tcp_open(struct natgw_session *session, const struct sk_buff *skb,
		    const struct natgw_packet *packet);

/**
 * natgw_tcp_may_reopen - may a SYN take over the port of its connection that cools?
 *
 * Its timestamp, or else its sequence number, must be beyond those of the old
 * connection: then a far end in TIME-WAIT takes it (RFC 6191, RFC 9293 3.6.1).
 */
bool natgw_tcp_may_reopen(const struct natgw_session *session, const struct sk_buff *skb,
			  const struct natgw_packet *packet);

/** natgw_tcp_reopen - it does; context: softirq, RCU */
void natgw_tcp_reopen(struct natgw_table *table, struct natgw_session *session,
		      const struct sk_buff *skb, const struct natgw_packet *packet);

#endif
