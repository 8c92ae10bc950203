/* SPDX-License-Identifier: GPL-2.0 */
/* Seats of hosts: who has which block of ports, and what happens when blocks change. */
#ifndef _NATGW_SEAT_H
#define _NATGW_SEAT_H

#include <linux/idr.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "portblock.h"

struct natgw_config;
struct natgw_gateway;
struct natgw_gateway_conf;
struct natgw_net;
struct natgw_pool;
struct natgw_session;
struct natgw_table;
struct netlink_ext_ack;

/** NATGW_NO_SEAT - of a host without a block */
#define NATGW_NO_SEAT	U32_MAX

/**
 * struct natgw_seats - of a gateway that allocates ports by host
 * @lock: all below; taken under a host's lock
 * @taken: seat numbers
 * @known: number of them
 * @top: no seat from here on is taken; READ_ONCE() by packets, which lay out by it
 * @grown: the same of seats taken since the upkeep last asked
 * @cut: blocks became smaller, and flows on the ports that were lost are to end
 * @cut_from: layout before the first such change
 * @cutting: the upkeep is at it
 * @cutting_from: the upkeep's @cut_from
 */
struct natgw_seats {
	spinlock_t lock;	/* see above */
	struct ida taken;
	u32 known;
	u32 top;
	u32 grown;
	bool cut;
	struct natgw_portblock_layout cut_from;
	bool cutting;
	struct natgw_portblock_layout cutting_from;
};

void natgw_seats_init(struct natgw_seats *seats);
void natgw_seats_destroy(struct natgw_seats *seats);

/** natgw_seat_layout - how the ports of a gateway are divided now. Context: RCU */
void natgw_seat_layout(const struct natgw_pool *pool, struct natgw_portblock_layout *layout);

/**
 * natgw_seat_take - the lowest seat that is free
 *
 * May make everybody's block smaller. Context: softirq, RCU, the host's lock
 * held. Return: the seat, -ENOSPC or -ENOMEM.
 */
int natgw_seat_take(struct natgw_table *table, const struct natgw_pool *pool);

/** natgw_seat_next - seat that natgw_seat_take() would give, or NATGW_NO_SEAT. Context: RCU */
u32 natgw_seat_next(const struct natgw_pool *pool);

/** natgw_seat_give - give one back. Context: the host's lock held */
void natgw_seat_give(struct natgw_gateway *gw, u32 seat);

/** natgw_seat_move - exchange a seat for one below @limit, if one is free. Return: the seat */
u32 natgw_seat_move(struct natgw_gateway *gw, u32 seat, u32 limit);

/** natgw_seat_place - place of a public IP in the order of use, or -1 */
int natgw_seat_place(const struct natgw_pool *pool, __be32 addr);

/** natgw_seat_check - has each gateway of a snapshot the ports that it promises? */
int natgw_seat_check(const struct natgw_config *config, struct netlink_ext_ack *extack);

/**
 * natgw_seat_enforce - put a gateway's allocation in force, its pool's order of addresses
 *
 * Before the snapshot is visible; @pool has its slots. nn->lock held.
 */
void natgw_seat_enforce(struct natgw_pool *pool, const struct natgw_gateway_conf *conf);

/** natgw_seat_ends - does a gateway of @old have seats, and in @config none any more? */
bool natgw_seat_ends(const struct natgw_config *old, const struct natgw_config *config);

/** natgw_seat_forget - drop the seats of those gateways; a grace period after @config */
void natgw_seat_forget(struct natgw_net *nn, const struct natgw_config *old,
		       const struct natgw_config *config);

/**
 * natgw_seat_run - the upkeep's part: end flows, take back seats, move hosts down
 *
 * Context: process, nn->lock held. Return: jiffies until the next look, 0 if no
 * gateway allocates by host.
 */
unsigned long natgw_seat_run(struct natgw_net *nn);

#endif
