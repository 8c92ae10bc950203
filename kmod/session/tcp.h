/* SPDX-License-Identifier: GPL-2.0 */
/* TCP state of a session. */
#ifndef _NATGW_SESSION_TCP_H
#define _NATGW_SESSION_TCP_H

#include <linux/skbuff.h>

struct natgw_packet;
struct natgw_session;
struct natgw_table;

/**
 * natgw_tcp_update - follow a segment of a session that has not ended
 * @table: sessions
 * @session: its session
 * @skb: the segment, for the window scale option of a SYN
 * @packet: its parsed headers
 *
 * Half-open until the outside acknowledges the SYN; closing from the first FIN,
 * or from a RST that may be forged until the inside host goes on; ended by both
 * FINs, or by a RST from inside within the window, or from outside with the
 * exact sequence number. A SYN from inside and the SYN/ACK that acknowledges it
 * set the windows anew. Renews the session. Racing segments may lose an update
 * of the windows, never a state.
 * Context: softirq, RCU. Return: true when the session's time became shorter,
 * so the timer wheel has to look earlier.
 */
bool natgw_tcp_update(struct natgw_table *table, struct natgw_session *session,
		      const struct sk_buff *skb, const struct natgw_packet *packet);

/**
 * natgw_tcp_open_again - another SYN of a session, beside its numbers if it is answered
 *
 * Leaves the timer alone: another processor may have seen the answer meanwhile.
 */
void natgw_tcp_open_again(struct natgw_session *session, const struct sk_buff *skb,
			  const struct natgw_packet *packet);

/** natgw_tcp_open - the SYN of a session without answer: take over its numbers */
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

/**
 * natgw_tcp_reopen - it does
 *
 * Of several processors with a SYN each one does it. Context: softirq, RCU.
 * Return: false when another one was first: the segment is its connection's.
 */
bool natgw_tcp_reopen(struct natgw_table *table, struct natgw_session *session,
		      const struct sk_buff *skb, const struct natgw_packet *packet);

#endif
