/* SPDX-License-Identifier: GPL-2.0 */
/* What both directions of a session's packets have in common. */
#ifndef _NATGW_DATAPATH_FLOW_H
#define _NATGW_DATAPATH_FLOW_H

#include <linux/ip.h>
#include <linux/natgw.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include "datapath/trace.h"
#include "packet/packet.h"
#include "session/session.h"
#include "session/tcp.h"
#include "session/wheel.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/stats.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

/** natgw_drop - count a packet under a reason and give the verdict */
static inline unsigned int natgw_drop(struct natgw_net *nn, struct natgw_gateway *gw,
				      enum natgw_drop_reason reason, const struct sk_buff *skb)
{
	natgw_stats_count(nn, reason, ip_hdr(skb)->saddr);
	trace_natgw_drop(reason, skb);
	if (gw)
		this_cpu_inc(gw->counters->dropped);
	return NF_DROP;
}

/** natgw_flow_count_out - a translated packet on its way out; GSO counts in wire packets */
static inline void natgw_flow_count_out(struct natgw_gateway *gw, const struct sk_buff *skb)
{
	this_cpu_add(gw->counters->packets_out, natgw_packet_segments(skb));
	this_cpu_add(gw->counters->bytes_out, skb->len);
}

/** natgw_flow_count_in - count a translated packet on its way in; GSO counts in wire packets */
static inline void natgw_flow_count_in(struct natgw_gateway *gw, const struct sk_buff *skb)
{
	this_cpu_add(gw->counters->packets_in, natgw_packet_segments(skb));
	this_cpu_add(gw->counters->bytes_in, skb->len);
}

/** natgw_flow_is_untracked - are the answers of a session to be kept out of conntrack? */
static __always_inline bool natgw_flow_is_untracked(const struct natgw_session *session)
{
	return !READ_ONCE(session->gw->track) &&
	       !test_bit(NATGW_SESSION_REDIRECTED, &session->flags);
}

/** natgw_flow_touch - renew a session by the clock alone */
static inline void natgw_flow_touch(struct natgw_session *session)
{
	u32 now = (u32)jiffies;

	/* saves the dirty line where many packets come in one tick */
	if (READ_ONCE(session->last) != now)
		WRITE_ONCE(session->last, now);
}

/** natgw_flow_follow - natgw_flow_renew() of a connection */
static inline void natgw_flow_follow(struct natgw_table *table, struct natgw_session *session,
				     const struct sk_buff *skb, const struct natgw_packet *packet)
{
	if (natgw_tcp_update(table, session, skb, packet))
		natgw_wheel_touch(table, session);
}

/** natgw_flow_pass - natgw_flow_renew() of all others */
static inline void natgw_flow_pass(struct natgw_session *session, enum natgw_direction direction)
{
	if (direction == NATGW_IN &&
	    !test_bit(NATGW_SESSION_ANSWERED, &session->flags) &&
	    !test_and_set_bit(NATGW_SESSION_ANSWERED, &session->flags)) {
		this_cpu_inc(session->gw->counters->established);
		this_cpu_inc(session->address->counters->established);
	}
	natgw_flow_touch(session);
}

/**
 * natgw_flow_renew - a packet of a live session has come: renew it, follow its state
 *
 * Context: softirq, RCU.
 */
static inline void natgw_flow_renew(struct natgw_table *table, struct natgw_session *session,
				    const struct sk_buff *skb, const struct natgw_packet *packet)
{
	if (natgw_l4(packet->tuple.proto)->connects)
		natgw_flow_follow(table, session, skb, packet);
	else
		natgw_flow_pass(session, packet->direction);
}

/**
 * natgw_flow_renew_plain - natgw_flow_renew() from the headers, on the short ways
 * @skb: packet for which natgw_packet_plain() holds
 * @l4: row of its protocol, which has ports
 * @direction: where it comes from
 *
 * Context: softirq, RCU. Return: false: malformed, or a segment from inside whose source has to
 * be asked for; nothing has happened.
 */
static inline bool natgw_flow_renew_plain(struct natgw_table *table,
					  struct natgw_session *session,
					  const struct sk_buff *skb, const struct natgw_l4 *l4,
					  enum natgw_direction direction)
{
	struct natgw_packet packet;

	if (!l4->connects) {
		natgw_flow_pass(session, direction);
		return true;
	}
	packet.direction = direction;
	if (!natgw_packet_segment(skb, direction, &packet) ||
	    (direction == NATGW_OUT && natgw_packet_turns(&packet)))
		return false;
	natgw_flow_follow(table, session, skb, &packet);
	return true;
}

#endif
