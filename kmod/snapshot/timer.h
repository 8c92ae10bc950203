/* SPDX-License-Identifier: GPL-2.0 */
/* The timers that a gateway has for its sessions. */
#ifndef _NATGW_SNAPSHOT_TIMER_H
#define _NATGW_SNAPSHOT_TIMER_H

/** enum natgw_timer - index of a gateway's timers */
enum natgw_timer {
	NATGW_TIMER_ESTABLISHED,
	NATGW_TIMER_UDP,
	NATGW_TIMER_ICMP,
	NATGW_TIMER_HALF_OPEN,
	NATGW_TIMER_CLOSING,
	NATGW_TIMER_COOLDOWN_FIN,
	NATGW_TIMER_COOLDOWN_RST,
	NATGW_TIMER_COOLDOWN_HALF_OPEN,
	NATGW_TIMER_COOLDOWN_UDP,
	NATGW_TIMERS
};

#endif
