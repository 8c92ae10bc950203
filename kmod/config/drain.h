/* SPDX-License-Identifier: GPL-2.0 */
/* Draining: no new flows, and an end for the old ones. */
#ifndef _NATGW_CONFIG_DRAIN_H
#define _NATGW_CONFIG_DRAIN_H

#include <linux/types.h>

struct natgw_drain;
struct netlink_ext_ack;
struct nlattr;
struct sk_buff;

/** NATGW_DRAIN_MOST - longest drain, seconds: a week */
#define NATGW_DRAIN_MOST	(7 * 86400)

/**
 * natgw_drain_seconds - a time to drain, but for NATGW_DRAIN_NOW
 * @attr: seconds
 * @seconds: result
 *
 * Return: 0 or -ERANGE.
 */
int natgw_drain_seconds(const struct nlattr *attr, u32 *seconds, struct netlink_ext_ack *extack);

/**
 * natgw_drain_parse - the drain attribute of an object
 * @attr: seconds, 0 for off, NATGW_DRAIN_NOW for at once; NULL leaves @end
 * @end: drain_end of the object's new entry
 *
 * Return: 0 or -ERANGE.
 */
int natgw_drain_parse(const struct nlattr *attr, u64 *end, struct netlink_ext_ack *extack);

/** natgw_drain_left - seconds until jiffies @end, rounded up, or 0 once it is over */
u32 natgw_drain_left(u64 end);

/**
 * natgw_drain_fill - drain and drain-oldest of an object; nothing if it does not drain
 * @attr: attribute of the time left; that of the oldest session's age follows it
 * @drain: what is known of its sessions; unused, and may be NULL, if there are none
 * @sessions: the object's
 */
int natgw_drain_fill(struct sk_buff *skb, int attr, u64 end, const struct natgw_drain *drain,
		     u32 sessions);

#endif
