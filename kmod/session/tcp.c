// SPDX-License-Identifier: GPL-2.0
/*
 * Owns TCP states and windows. Called by datapath/ for each segment of a session.
 *
 * Only as much as a gateway needs: did the outside answer, did both sides
 * close, was there a reset. What comes from outside may be forged by somebody
 * who knows addresses and ports but sees no packet (RFC 5961):
 *
 * - An answer must acknowledge the SYN.
 * - A RST ends the session only with the very number that the inside host
 *   expects. Elsewhere in the window it leaves a doubt: a host that was not
 *   deceived goes on, most with a challenge ACK at once, and that undoes it. A
 *   host that believed it is silent, and then the session's time is that of a
 *   connection that closes. Hosts limit the rate of their challenge ACKs: soon
 *   after another segment silence says nothing, and such a RST raises no doubt.
 * - A FIN must lie in the window and acknowledge what was sent lately.
 *
 * An inside host is trusted with its own connection: there the window decides. That SYN, FIN and
 * RST come from where this host is has been asked before (natgw_leaving_turns()).
 *
 * A host that has lost a connection may begin another from the same port. Its
 * SYN waits beside the numbers of the old one, and they are replaced by the
 * SYN/ACK that acknowledges it. Until then the SYN may also have been an old
 * duplicate, and the challenge ACK that answers it means the old connection.
 */
#include <linux/tcp.h>
#include <net/tcp.h>
#include "lib/clock.h"
#include "packet/packet.h"
#include "session/destination.h"
#include "session/host.h"
#include "session/session.h"
#include "session/tcp.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"

/* a host that keeps its window shut still gets its keep-alives and resets through */
#define TCP_WINDOW_FLOOR	1460
/* of a SYN without the window scale option */
#define NO_SCALE		U8_MAX
/* Linux sends at most one challenge ACK in 500 ms (tcp_invalid_ratelimit), twice that here */
#define CHALLENGE_INTERVAL	HZ

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

/* the window scale option, RFC 7323, or NO_SCALE */
static u8 syn_scale(const struct sk_buff *skb)
{
	u8 space[40];
	const u8 *scale = tcp_option(skb, TCPOPT_WINDOW, TCPOLEN_WINDOW, space);

	return scale ? min_t(u8, *scale, TCP_MAX_WSCALE) : NO_SCALE;
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

static u32 window_of(const struct natgw_session *session, enum natgw_direction side)
{
	u32 window = (u32)READ_ONCE(session->window[side]) << READ_ONCE(session->scale[side]);

	return max_t(u32, window, TCP_WINDOW_FLOOR);
}

static bool is_near(u32 number, u32 next, u32 window)
{
	return !before(number + window, next) && !after(number, next + window);
}

/* may this segment have been sent by who sent the earlier ones in its direction? */
static bool in_window(const struct natgw_session *session, const struct natgw_packet *packet)
{
	enum natgw_direction from = packet->direction;
	enum natgw_direction to = from == NATGW_OUT ? NATGW_IN : NATGW_OUT;

	return is_near(packet->seq, READ_ONCE(session->next[from]), window_of(session, to));
}

/* does its sender know the other direction too? A stranger must guess both numbers */
static bool ack_in_window(const struct natgw_session *session, const struct natgw_packet *packet)
{
	return packet->tcp_flags & NATGW_TCP_ACK &&
	       is_near(packet->ack, READ_ONCE(session->next[NATGW_OUT]),
		       max_t(u32, window_of(session, NATGW_IN), U16_MAX));
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
	/* first: who looks meanwhile must find time left, see natgw_session_state() */
	WRITE_ONCE(session->last, (u32)jiffies);
	if (cmpxchg(&session->end, NATGW_END_NONE, end) != NATGW_END_NONE)
		return false;
	this_cpu_inc(session->gw->counters->closed);
	this_cpu_inc(session->address->counters->closed);
	natgw_destination_cools(session, true);
	return true;
}

static bool is_answered(const struct natgw_session *session)
{
	return test_bit(NATGW_SESSION_ANSWERED, &session->flags);
}

/* the inside's SYN that nobody has answered yet */
static void note_first_syn(struct natgw_session *session, const struct sk_buff *skb,
			   const struct natgw_packet *packet)
{
	WRITE_ONCE(session->next[NATGW_OUT], segment_end(packet));
	WRITE_ONCE(session->syn, packet->seq);
	WRITE_ONCE(session->syn_scale, syn_scale(skb));
	set_bit(NATGW_SESSION_SYN, &session->flags);
}

void natgw_tcp_open(struct natgw_session *session, const struct sk_buff *skb,
		    const struct natgw_packet *packet)
{
	WRITE_ONCE(session->timer, NATGW_TIMER_HALF_OPEN);
	note_first_syn(session, skb, packet);
}

void natgw_tcp_open_again(struct natgw_session *session, const struct sk_buff *skb,
			  const struct natgw_packet *packet)
{
	if (!is_answered(session)) {
		note_first_syn(session, skb, packet);
		return;
	}
	/* who reads @acked or @stamp must not take this for one */
	clear_bit(NATGW_SESSION_STAMPED, &session->flags);
	set_bit(NATGW_SESSION_SYN, &session->flags);
	WRITE_ONCE(session->syn, packet->seq);
	WRITE_ONCE(session->syn_scale, syn_scale(skb));
}

/* the SYN, or it and all the data that it carried (RFC 7413) */
static bool acknowledges_syn(const struct natgw_session *session,
			     const struct natgw_packet *packet)
{
	return packet->tcp_flags & NATGW_TCP_ACK &&
	       (packet->ack == READ_ONCE(session->syn) + 1 ||
		(!is_answered(session) && packet->ack == READ_ONCE(session->next[NATGW_OUT])));
}

/*
 * From outside, while a SYN waits. In a simultaneous open (RFC 5382 REQ-2) the
 * outside's own SYN comes first and acknowledges nothing, and the answer need
 * not be a SYN/ACK. Else it is one: an ACK alone is the old connection's.
 */
static bool is_answer(const struct natgw_session *session, const struct natgw_packet *packet)
{
	return acknowledges_syn(session, packet) &&
	       (packet->tcp_flags & NATGW_TCP_SYN || !is_answered(session));
}

static bool is_shorter(const struct natgw_session *session, u8 timer, u8 than)
{
	const u32 *timeout = session->gw->timeout;

	return READ_ONCE(timeout[timer]) < READ_ONCE(timeout[than]);
}

/*
 * A SYN waited in a session of an older connection, and was answered: that is over.
 * Return: the session's time became shorter
 */
static bool replace_connection(struct natgw_session *session, const struct natgw_packet *packet)
{
	u8 old;

	WRITE_ONCE(session->next[NATGW_OUT], packet->ack);
	clear_bit(NATGW_SESSION_FIN_OUT, &session->flags);
	clear_bit(NATGW_SESSION_FIN_IN, &session->flags);
	clear_bit(NATGW_SESSION_RESET, &session->flags);
	old = xchg(&session->timer, NATGW_TIMER_ESTABLISHED);
	return is_shorter(session, NATGW_TIMER_ESTABLISHED, old);
}

/* Return: the session's time became shorter */
static bool note_answer(struct natgw_session *session, const struct sk_buff *skb,
			const struct natgw_packet *packet)
{
	bool syn = packet->tcp_flags & NATGW_TCP_SYN;
	u8 out = READ_ONCE(session->syn_scale);
	u8 in = syn ? syn_scale(skb) : NO_SCALE;

	/* only what both have offered is in force, RFC 7323 2.2 */
	if (in == NO_SCALE || out == NO_SCALE) {
		in = 0;
		out = 0;
	}
	WRITE_ONCE(session->scale[NATGW_IN], in);
	WRITE_ONCE(session->scale[NATGW_OUT], out);
	/* the window of a SYN itself is not scaled */
	WRITE_ONCE(session->window[NATGW_IN], syn ? packet->window >> in : packet->window);
	WRITE_ONCE(session->window[NATGW_OUT], U16_MAX >> out);
	WRITE_ONCE(session->next[NATGW_IN], segment_end(packet));
	if (test_and_set_bit(NATGW_SESSION_ANSWERED, &session->flags))
		return replace_connection(session, packet);
	if (cmpxchg(&session->timer, NATGW_TIMER_HALF_OPEN, NATGW_TIMER_ESTABLISHED) !=
	    NATGW_TIMER_HALF_OPEN)
		return false;
	this_cpu_inc(session->gw->counters->established);
	this_cpu_inc(session->address->counters->established);
	/* in profile "custom" */
	return is_shorter(session, NATGW_TIMER_ESTABLISHED, NATGW_TIMER_HALF_OPEN);
}

static void undo_reset(struct natgw_session *session)
{
	clear_bit(NATGW_SESSION_RESET, &session->flags);
	/* pairs with cmpxchg() in doubt(): that sees no bit, or its timer is seen here */
	smp_mb__after_atomic();
	if (!test_bit(NATGW_SESSION_FIN_OUT, &session->flags) &&
	    !test_bit(NATGW_SESSION_FIN_IN, &session->flags))
		cmpxchg(&session->timer, NATGW_TIMER_CLOSING, NATGW_TIMER_ESTABLISHED);
	/* a FIN that came meanwhile has found CLOSING there already; pairs with its set_bit() */
	if (test_bit(NATGW_SESSION_FIN_OUT, &session->flags) ||
	    test_bit(NATGW_SESSION_FIN_IN, &session->flags))
		cmpxchg(&session->timer, NATGW_TIMER_ESTABLISHED, NATGW_TIMER_CLOSING);
}

/* Return: the session's time became shorter */
static bool doubt(struct natgw_session *session)
{
	bool shorter;

	if (natgw_clock_within(READ_ONCE(session->last), (u32)jiffies, CHALLENGE_INTERVAL))
		return false;
	/* once: what repeats a forged one renews nothing */
	if (test_and_set_bit(NATGW_SESSION_RESET, &session->flags) ||
	    !is_shorter(session, NATGW_TIMER_CLOSING, NATGW_TIMER_ESTABLISHED))
		return false;
	/* the silence counts from here */
	WRITE_ONCE(session->last, (u32)jiffies);
	shorter = cmpxchg(&session->timer, NATGW_TIMER_ESTABLISHED, NATGW_TIMER_CLOSING) ==
		  NATGW_TIMER_ESTABLISHED;
	/* the host has gone on meanwhile */
	if (!test_bit(NATGW_SESSION_RESET, &session->flags))
		undo_reset(session);
	return shorter;
}

static bool reset_from_outside(struct natgw_session *session, const struct natgw_packet *packet)
{
	unsigned long flags = READ_ONCE(session->flags);

	if (flags & BIT(NATGW_SESSION_SYN) && acknowledges_syn(session, packet))
		return end_session(session, NATGW_END_RST);
	if (!(flags & BIT(NATGW_SESSION_ANSWERED)))
		return false;
	/* the next number, or that of the segment it answers */
	if (packet->seq == READ_ONCE(session->next[NATGW_IN]) ||
	    (!(flags & (BIT(NATGW_SESSION_SYN) | BIT(NATGW_SESSION_STAMPED))) &&
	     packet->seq == READ_ONCE(session->acked)))
		return end_session(session, NATGW_END_RST);
	return in_window(session, packet) && doubt(session);
}

static bool reset_from_inside(struct natgw_session *session, const struct natgw_packet *packet)
{
	u32 next = READ_ONCE(session->next[NATGW_OUT]);

	/* the answer to a challenge ACK ends what the far end has, not the SYN's connection */
	if (is_answered(session) && test_bit(NATGW_SESSION_SYN, &session->flags))
		next = READ_ONCE(session->syn) + 1;
	return is_near(packet->seq, next, window_of(session, NATGW_IN)) &&
	       end_session(session, NATGW_END_RST);
}

/* a segment of the inside host, in the window: its connection lives */
static void inside_goes_on(struct natgw_table *table, struct natgw_session *session,
			   const struct natgw_packet *packet)
{
	unsigned long flags = READ_ONCE(session->flags);

	if (!(flags & BIT(NATGW_SESSION_ANSWERED)))
		return;
	if (unlikely(flags & BIT(NATGW_SESSION_RESET)))
		undo_reset(session);
	if (packet->tcp_flags & NATGW_TCP_ACK && !(flags & BIT(NATGW_SESSION_STAMPED)) &&
	    READ_ONCE(session->acked) != packet->ack)
		WRITE_ONCE(session->acked, packet->ack);
	/* the handshake is done, or the SYN was an old duplicate */
	if (likely(!(flags & BIT(NATGW_SESSION_SYN))))
		return;
	clear_bit(NATGW_SESSION_SYN, &session->flags);
	/*
	 * The answer's number is known by who has received it; or by who has a server outside that
	 * answers with a number agreed upon. Documentation/security.rst says what that costs.
	 */
	if (flags & BIT(NATGW_SESSION_CHARGED) && packet->tcp_flags & NATGW_TCP_ACK &&
	    packet->ack == READ_ONCE(session->next[NATGW_IN]))
		natgw_host_prove(table, session);
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
	u8 end = READ_ONCE(session->end);

	/* another processor is at it */
	if (end == NATGW_END_REOPENS)
		return true;
	/*
	 * only a connection that both ends closed: after idle or RST the far end may be in any
	 * state
	 */
	if (end != NATGW_END_FIN)
		return false;
	/* an equal one says nothing: both may be of one tick */
	if (test_bit(NATGW_SESSION_STAMPED, &session->flags) && segment_stamp(skb, &stamp) &&
	    stamp != old)
		return after(stamp, old);
	return after(packet->seq, READ_ONCE(session->next[NATGW_OUT]));
}

bool natgw_tcp_reopen(struct natgw_table *table, struct natgw_session *session,
		      const struct sk_buff *skb, const struct natgw_packet *packet)
{
	/* who looks meanwhile must find time left */
	WRITE_ONCE(session->last, (u32)jiffies);
	if (cmpxchg(&session->end, NATGW_END_FIN, NATGW_END_REOPENS) != NATGW_END_FIN)
		return false;
	clear_bit(NATGW_SESSION_ANSWERED, &session->flags);
	natgw_tcp_open(session, skb, packet);
	natgw_session_reopen(table, session);
	return true;
}

bool natgw_tcp_update(struct natgw_table *table, struct natgw_session *session,
		      const struct sk_buff *skb, const struct natgw_packet *packet)
{
	bool inside = packet->direction == NATGW_OUT, shorter = false;
	u8 flags = packet->tcp_flags;
	u8 timer;

	if (flags & NATGW_TCP_RST)
		return inside ? reset_from_inside(session, packet) :
				reset_from_outside(session, packet);
	if (!inside && test_bit(NATGW_SESSION_SYN, &session->flags) && is_answer(session, packet))
		shorter = note_answer(session, skb, packet);
	else if (inside && flags & NATGW_TCP_SYN)
		natgw_tcp_open_again(session, skb, packet);
	renew(session);
	/* passes, for its receiver to judge */
	if (flags & NATGW_TCP_SYN || (!inside && !is_answered(session)) ||
	    !in_window(session, packet))
		return shorter;
	track_window(session, packet);
	if (inside)
		inside_goes_on(table, session, packet);
	if (!(flags & NATGW_TCP_FIN) || (!inside && !ack_in_window(session, packet)))
		return shorter;
	if (inside)
		note_fin(session, skb);
	set_bit(inside ? NATGW_SESSION_FIN_OUT : NATGW_SESSION_FIN_IN, &session->flags);
	if (test_bit(NATGW_SESSION_FIN_OUT, &session->flags) &&
	    test_bit(NATGW_SESSION_FIN_IN, &session->flags))
		return end_session(session, NATGW_END_FIN);
	timer = xchg(&session->timer, NATGW_TIMER_CLOSING);
	return timer != NATGW_TIMER_CLOSING;
}
