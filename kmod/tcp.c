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
#include "packet.h"
#include "tcp.h"

/* a host that keeps its window shut still gets its keep-alives and resets through */
#define TCP_WINDOW_FLOOR	1460

/* the window scale option, RFC 7323; 0 when absent. Options are at most 40 bytes. */
static u8 syn_scale(const struct sk_buff *skb)
{
	unsigned int offset = skb_network_offset(skb) + ip_hdrlen(skb);
	unsigned int length, i = 0, size;
	const struct tcphdr *th;
	struct tcphdr buf;
	const u8 *opt;
	u8 space[40];

	th = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!th)
		return 0;
	length = th->doff * 4 - sizeof(buf);
	if (!length)
		return 0;
	opt = skb_header_pointer(skb, offset + sizeof(buf), length, space);
	if (!opt)
		return 0;
	while (i < length && opt[i] != TCPOPT_EOL) {
		if (opt[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= length)
			break;
		size = opt[i + 1];
		if (size < 2 || i + size > length)
			break;
		if (opt[i] == TCPOPT_WINDOW && size == TCPOLEN_WINDOW)
			return min_t(u8, opt[i + 2], TCP_MAX_WSCALE);
		i += size;
	}
	return 0;
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
	    NATGW_TIMER_HALF_OPEN)
		this_cpu_inc(session->gw->counters->established);
	renew(session);
	if (!in_window(session, packet))
		return false;	/* passes, for its receiver to judge */
	track_window(session, packet);
	if (!(flags & NATGW_TCP_FIN))
		return false;
	set_bit(inside ? NATGW_SESSION_FIN_OUT : NATGW_SESSION_FIN_IN, &session->flags);
	if (test_bit(NATGW_SESSION_FIN_OUT, &session->flags) &&
	    test_bit(NATGW_SESSION_FIN_IN, &session->flags))
		return end_session(session, NATGW_END_FIN);
	timer = xchg(&session->timer, NATGW_TIMER_CLOSING);
	return timer != NATGW_TIMER_CLOSING;
}
