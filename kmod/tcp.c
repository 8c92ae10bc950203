// SPDX-License-Identifier: GPL-2.0
/*
 * TCP states.
 *
 * Only as much as a gateway needs: did the outside answer, did both sides
 * close, was there a reset. A segment that ends something must lie within the
 * window of what was seen of both sides, so that a blind attacker needs 2^32 /
 * window tries (RFC 5961 has the same bound).
 */
#include <linux/tcp.h>
#include <net/tcp.h>
#include "config.h"
#include "destination.h"
#include "packet.h"
#include "tcp.h"

/* a host that keeps its window shut still gets its keep-alives and resets through */
#define TCP_WINDOW_FLOOR	1460

/*
 * Reads a segment's options into @space.
 * Return: the value of option @kind, which is @size bytes with its header, or NULL.
 */
static const u8 *tcp_option(const struct sk_buff *skb, u8 kind, u8 size, u8 space[40])
{
	unsigned int offset = skb_network_offset(skb) + ip_hdrlen(skb);
	unsigned int length, i = 0;
	const struct tcphdr *th;
	struct tcphdr buf;
	const u8 *opt;

	th = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!th)
		return NULL;
	length = th->doff * 4 - sizeof(buf);
	if (!length)
		return NULL;
	opt = skb_header_pointer(skb, offset + sizeof(buf), length, space);
	if (!opt)
		return NULL;
	while (i < length && opt[i] != TCPOPT_EOL) {
		if (opt[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= length || opt[i + 1] < 2 || i + opt[i + 1] > length)
			break;
		if (opt[i] == kind)
			return opt[i + 1] == size ? &opt[i + 2] : NULL;
		i += opt[i + 1];
	}
	return NULL;
}

/* the window scale option, RFC 7323; 0 when absent */
static u8 syn_scale(const struct sk_buff *skb)
{
	u8 space[40];
	const u8 *scale = tcp_option(skb, TCPOPT_WINDOW, TCPOLEN_WINDOW, space);

	return scale ? min_t(u8, *scale, TCP_MAX_WSCALE) : 0;
}

/* the timestamp option, RFC 7323 */
static bool segment_stamp(const struct sk_buff *skb, u32 *stamp)
{
	u8 space[40];
	const u8 *value = tcp_option(skb, TCPOPT_TIMESTAMP, TCPOLEN_TIMESTAMP, space);
	__be32 be;

	if (!value)
		return false;
	memcpy(&be, value, sizeof(be));
	*stamp = ntohl(be);
	return true;
}

static u32 segment_end(const struct natgw_packet *packet)
{
	return packet->seq + packet->payload + !!(packet->tcp_flags & NATGW_TCP_SYN) +
	       !!(packet->tcp_flags & NATGW_TCP_FIN);
}

/* may this segment have been sent by who sent the earlier ones in its direction? */
static bool in_window(const struct natgw_session *session, const struct natgw_packet *packet)
{
	enum natgw_direction from = packet->direction;
	enum natgw_direction to = from == NATGW_OUT ? NATGW_IN : NATGW_OUT;
	u32 window = (u32)READ_ONCE(session->window[to]) << session->scale[to];
	u32 next = READ_ONCE(session->next[from]);
	u32 seq = packet->seq;

	/* the other side has said nothing: a reset must answer the SYN exactly */
	if (!test_bit(NATGW_SESSION_ANSWERED, &session->flags) && from == NATGW_IN)
		return packet->tcp_flags & NATGW_TCP_ACK &&
		       packet->ack == READ_ONCE(session->next[NATGW_OUT]);
	window = max_t(u32, window, TCP_WINDOW_FLOOR);
	return !before(seq + window, next) && !after(seq, next + window);
}

static void track_window(struct natgw_session *session, const struct natgw_packet *packet)
{
	enum natgw_direction from = packet->direction;
	u32 end = segment_end(packet);

	if (after(end, READ_ONCE(session->next[from])))
		WRITE_ONCE(session->next[from], end);
	if (READ_ONCE(session->window[from]) != packet->window)
		WRITE_ONCE(session->window[from], packet->window);
}

static void renew(struct natgw_session *session)
{
	u32 now = (u32)jiffies;

	/* saves the dirty line where many packets come in one tick */
	if (READ_ONCE(session->last) != now)
		WRITE_ONCE(session->last, now);
}

/* ends once: the cool-down starts with the segment that ended it */
static bool end_session(struct natgw_session *session, enum natgw_end end)
{
	if (cmpxchg(&session->end, NATGW_END_NONE, end) != NATGW_END_NONE)
		return false;
	WRITE_ONCE(session->last, (u32)jiffies);
	this_cpu_inc(session->gw->counters->closed);
	this_cpu_inc(session->address->counters->closed);
	natgw_destination_cools(session, true);
	return true;
}

static void first_answer(struct natgw_session *session, const struct sk_buff *skb,
			 const struct natgw_packet *packet)
{
	WRITE_ONCE(session->next[NATGW_IN], segment_end(packet));
	WRITE_ONCE(session->window[NATGW_IN], packet->window);
	if (packet->tcp_flags & NATGW_TCP_SYN)
		WRITE_ONCE(session->scale[NATGW_IN], syn_scale(skb));
}

void natgw_tcp_open(struct natgw_session *session, const struct sk_buff *skb,
		    const struct natgw_packet *packet)
{
	session->timer = NATGW_TIMER_HALF_OPEN;
	session->next[NATGW_OUT] = segment_end(packet);
	session->window[NATGW_OUT] = packet->window;
	session->scale[NATGW_OUT] = syn_scale(skb);
}

/* what a later connection's SYN is compared with */
static void note_fin(struct natgw_session *session, const struct sk_buff *skb)
{
	u32 stamp;

	if (!segment_stamp(skb, &stamp))
		return;
	WRITE_ONCE(session->stamp, stamp);
	set_bit(NATGW_SESSION_STAMPED, &session->flags);
}

bool natgw_tcp_may_reopen(const struct natgw_session *session, const struct sk_buff *skb,
			  const struct natgw_packet *packet)
{
	u32 stamp, old = READ_ONCE(session->stamp);

	/* only what both ends have ended: after idle or RST the far end may be anywhere */
	if (READ_ONCE(session->end) != NATGW_END_FIN)
		return false;
	/* an equal one says nothing: both may be of one tick */
	if (test_bit(NATGW_SESSION_STAMPED, &session->flags) && segment_stamp(skb, &stamp) &&
	    stamp != old)
		return after(stamp, old);
	return after(packet->seq, READ_ONCE(session->next[NATGW_OUT]));
}

void natgw_tcp_reopen(struct natgw_table *table, struct natgw_session *session,
		      const struct sk_buff *skb, const struct natgw_packet *packet)
{
	natgw_tcp_open(session, skb, packet);
	natgw_session_reopen(table, session);
}

bool natgw_tcp_update(struct natgw_session *session, const struct sk_buff *skb,
		      const struct natgw_packet *packet)
{
	bool inside = packet->direction == NATGW_OUT;
	u8 flags = packet->tcp_flags;
	u8 timer;

	if (flags & NATGW_TCP_RST)
		return in_window(session, packet) && end_session(session, NATGW_END_RST);
	if (!inside && !test_bit(NATGW_SESSION_ANSWERED, &session->flags) &&
	    !test_and_set_bit(NATGW_SESSION_ANSWERED, &session->flags))
		first_answer(session, skb, packet);
	/* RFC 5382 REQ-2: in a simultaneous open the outside's ACK comes later than its SYN */
	if (!inside && flags & NATGW_TCP_ACK &&
	    READ_ONCE(session->timer) == NATGW_TIMER_HALF_OPEN &&
	    cmpxchg(&session->timer, NATGW_TIMER_HALF_OPEN, NATGW_TIMER_ESTABLISHED) ==
	    NATGW_TIMER_HALF_OPEN) {
		this_cpu_inc(session->gw->counters->established);
		this_cpu_inc(session->address->counters->established);
	}
	renew(session);
	if (!in_window(session, packet))
		return false;	/* passes, for its receiver to judge */
	track_window(session, packet);
	if (!(flags & NATGW_TCP_FIN))
		return false;
	if (inside)
		note_fin(session, skb);
	set_bit(inside ? NATGW_SESSION_FIN_OUT : NATGW_SESSION_FIN_IN, &session->flags);
	if (test_bit(NATGW_SESSION_FIN_OUT, &session->flags) &&
	    test_bit(NATGW_SESSION_FIN_IN, &session->flags))
		return end_session(session, NATGW_END_FIN);
	timer = xchg(&session->timer, NATGW_TIMER_CLOSING);
	return timer != NATGW_TIMER_CLOSING;
}
