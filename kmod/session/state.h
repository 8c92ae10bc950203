/* SPDX-License-Identifier: GPL-2.0 */
/* What state a session is in by the clock. */
#ifndef _NATGW_SESSION_STATE_H
#define _NATGW_SESSION_STATE_H

#include <linux/types.h>

struct natgw_session;

/**
 * natgw_session_state - effective state now
 * @session: session
 * @left: if not NULL, jiffies until this state ends by the clock
 *
 * Return: enum natgw_state, or -1 when idle time and cool-down are over.
 */
int natgw_session_state(const struct natgw_session *session, u32 *left);

#endif
