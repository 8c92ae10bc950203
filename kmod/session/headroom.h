/* SPDX-License-Identifier: GPL-2.0 */
/* Headroom: how full destinations with many ports are, and how fast they fill. */
#ifndef _NATGW_SESSION_HEADROOM_H
#define _NATGW_SESSION_HEADROOM_H

#include <linux/types.h>

struct natgw_config;
struct natgw_destination;
struct natgw_gateway;
struct natgw_pool;
struct natgw_table;

/**
 * struct natgw_headroom - of a watched destination; under its lock
 * @id: number in @watched of struct natgw_table, 0: none. It is set with the first map and
 *	cleared by natgw_headroom_look() alone, which also frees a destination that died meanwhile
 * @told: places that listeners know to be near exhaustion
 * @used: ports in use of those that count, where they are most, at the last look
 * @when: jiffies of that look, 0: there was none
 * @growth: of @used, smoothed, in 1/256 a second
 * @host: inside host that had most of its ports when it came near exhaustion, or 0; @told is not
 * @host_used: ports that it had then
 */
struct natgw_headroom {
	u32 id;
	u32 told;
	u32 used;
	unsigned long when;
	s64 growth;
	__be32 host;
	u32 host_used;
};

/**
 * struct natgw_fill - how full a destination is, where it is fullest
 *
 * A place is what new flows get their ports from: all addresses of the gateway; one address
 * (pooling paired); the block of one host (allocation preallocated); the ports that all hosts
 * share (floor).
 *
 * @used: ports in use at the fullest place; of a block not all may be known while few are
 * @ports: that it has; 0: no place takes new flows
 * @addr: of pooling paired: that place, else 0
 * @near: places in which so many ports are in use as @warn_used says
 * @told: places in which at most NATGW_WARN_LESS per cent less are
 */
struct natgw_fill {
	u32 used;
	u32 ports;
	__be32 addr;
	u32 near;
	u32 told;
};

/**
 * struct natgw_headroom_note - what is to be told of a destination
 * @gw: its gateway, valid as long as the configuration
 * @peer: destination, and so the next two
 * @near: near exhaustion, or no longer
 * @fill: how full it is
 * @seconds: natgw_headroom_seconds()
 * @id: number of the destination; while it is near exhaustion it keeps this number
 * @named: natgw_headroom_name() has named a host since it came near exhaustion
 */
struct natgw_headroom_note {
	const struct natgw_gateway *gw;
	__be32 peer;
	__be16 peer_port;
	u8 proto;
	bool near;
	struct natgw_fill fill;
	u32 seconds;
	u32 id;
	bool named;
};

/**
 * natgw_headroom_watch - a destination has got a map: look at it from now on
 *
 * Context: @destination locked. Without memory it is tried again with its next map.
 */
void natgw_headroom_watch(struct natgw_table *table, struct natgw_destination *destination);

/**
 * natgw_headroom_fill - how full is a destination now?
 * @pool: addresses of its gateway
 *
 * Context: @destination locked, RCU. Hosts on seats beyond the first 1,024 are not looked at.
 */
void natgw_headroom_fill(struct natgw_table *table, const struct natgw_destination *destination,
			 const struct natgw_pool *pool, struct natgw_fill *fill);

/**
 * natgw_headroom_seconds - until no port is left, if they go on as they do
 * @fill: of natgw_headroom_fill()
 *
 * Context: @destination locked. Return: 1 to 86400; 0: they do not grow, or so slowly that
 * it takes more than a day, or nobody knows.
 */
u32 natgw_headroom_seconds(const struct natgw_destination *destination,
			   const struct natgw_fill *fill);

/**
 * natgw_headroom_look - look at a watched destination
 * @config: held
 * @destination: of @watched; it may be gone afterwards
 * @note: set to what there is to tell
 *
 * Context: process, RCU, the one worker. Return: there is something to tell.
 */
bool natgw_headroom_look(struct natgw_table *table, const struct natgw_config *config,
			 struct natgw_destination *destination, struct natgw_headroom_note *note);

/**
 * natgw_headroom_name - keep which host has most ports of a destination near exhaustion
 * @note: of natgw_headroom_look(), @near
 * @host: inside host
 * @used: ports that it has
 *
 * Context: process, the one worker.
 */
void natgw_headroom_name(struct natgw_table *table, const struct natgw_headroom_note *note,
			 __be32 host, u32 used);

#endif
