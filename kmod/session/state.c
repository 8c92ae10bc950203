// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the clock of a session: which state its timers and its end make of it now.
 * Called by all who look at a session, packets included.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/natgw.h>
#include "lib/clock.h"
#include "session/session.h"
#include "session/state.h"
#include "snapshot/object.h"

static u32 cooldown_after_idle(const struct natgw_session *session, u8 timer)
{
	const struct natgw_gateway *gw = session->gw;

	/* no default: the compiler warns of a timer that has no line here */
	switch ((enum natgw_timer)timer) {
	case NATGW_TIMER_HALF_OPEN:
		return READ_ONCE(gw->timeout[NATGW_TIMER_COOLDOWN_HALF_OPEN]);
	case NATGW_TIMER_CLOSING:
		return READ_ONCE(gw->timeout[NATGW_TIMER_COOLDOWN_FIN]);
	case NATGW_TIMER_UDP:
	case NATGW_TIMER_ICMP:
		return READ_ONCE(gw->timeout[NATGW_TIMER_COOLDOWN_UDP]);
	/* an established TCP flow that idles out frees its port at once */
	case NATGW_TIMER_ESTABLISHED:
	/* no session runs by these */
	case NATGW_TIMER_COOLDOWN_FIN:
	case NATGW_TIMER_COOLDOWN_RST:
	case NATGW_TIMER_COOLDOWN_HALF_OPEN:
	case NATGW_TIMER_COOLDOWN_UDP:
	case NATGW_TIMERS:
		break;
	}
	return 0;
}

static int ticking(u32 age, u32 total, enum natgw_state state, u32 *left)
{
	if (left)
		*left = total - age;
	return state;
}

static u32 cooldown_after_end(const struct natgw_session *session, u8 timer, u8 end)
{
	const u32 *timeout = session->gw->timeout;

	if (end == NATGW_END_FIN)
		return READ_ONCE(timeout[NATGW_TIMER_COOLDOWN_FIN]);
	/* the far end may go on sending, so at least as long as after a reset */
	if (end == NATGW_END_UPLINK)
		return max(cooldown_after_idle(session, timer),
			   READ_ONCE(timeout[NATGW_TIMER_COOLDOWN_RST]));
	return READ_ONCE(timeout[NATGW_TIMER_COOLDOWN_RST]);
}

int natgw_session_state(const struct natgw_session *session, u32 *left)
{
	/* pairs with the cmpxchg() of @end, before which @last is written: in that order */
	u8 end = smp_load_acquire(&session->end);
	const struct natgw_gateway *gw = session->gw;
	u8 timer = READ_ONCE(session->timer);
	u32 timeout, total, age;

	age = natgw_clock_since(READ_ONCE(session->last), (u32)jiffies);
	if (end != NATGW_END_NONE) {
		total = cooldown_after_end(session, timer, end);
		return age < total ? ticking(age, total, NATGW_STATE_COOLING, left) : -1;
	}
	timeout = READ_ONCE(gw->timeout[timer]);
	if (age < timeout) {
		if (timer == NATGW_TIMER_HALF_OPEN)
			return ticking(age, timeout, NATGW_STATE_HALF_OPEN, left);
		if (timer == NATGW_TIMER_CLOSING)
			return ticking(age, timeout, NATGW_STATE_CLOSING, left);
		return ticking(age, timeout, NATGW_STATE_ESTABLISHED, left);
	}
	total = timeout + cooldown_after_idle(session, timer);
	return age < total ? ticking(age, total, NATGW_STATE_COOLING, left) : -1;
}
