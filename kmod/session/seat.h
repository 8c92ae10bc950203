/* SPDX-License-Identifier: GPL-2.0 */
/* Seats of hosts: who has which block of ports, and what happens when blocks change. */
#ifndef _NATGW_SESSION_SEAT_H
#define _NATGW_SESSION_SEAT_H

#include <linux/idr.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct natgw_config;
struct natgw_gateway;
struct natgw_gateway_conf;
struct natgw_pool;
struct natgw_portblock_layout;
struct natgw_seats;
struct natgw_table;
struct netlink_ext_ack;

/** NATGW_NO_SEAT - of a host without a block */
#define NATGW_NO_SEAT		U32_MAX
/** NATGW_SPARE_SEAT - of one that has what the default table leaves, until it is proven */
#define NATGW_SPARE_SEAT	(U32_MAX - 1)

/**
 * struct natgw_seat_holder - a host, as the seats of its gateway know it
 * @queue: in @loose of struct natgw_seats, while it has a seat that is not firm
 * @seat: or NATGW_NO_SEAT; READ_ONCE() without the lock
 * @firm: nobody takes the seat away, and the blocks are divided by it
 * @vnet: of the host; so is the next, both never change
 * @addr: its address
 *
 * The others under the lock of the seats. A host is freed only without a seat.
 */
struct natgw_seat_holder {
	struct list_head queue;
	u32 seat;
	bool firm;
	u16 vnet;
	__be32 addr;
};

void natgw_seats_init(struct natgw_seats *seats);

/** natgw_seat_layout - how the ports of a gateway are divided now. Context: RCU */
void natgw_seat_layout(const struct natgw_pool *pool, struct natgw_portblock_layout *layout);

/**
 * natgw_seat_take - give a host a seat with a block, unless it has one
 * @table: sessions
 * @pool: the gateway's addresses
 * @holder: the host
 * @proven: it is there, and not an address that somebody else sends from
 *
 * One that is not proven gets a seat that makes no block smaller, and may lose it
 * to the next. A proven one keeps it, and may make everybody's block smaller.
 *
 * Context: softirq, RCU, the host's lock held. Return: 0, -EAGAIN when there is a
 * seat for it only once it is proven and it has what the table leaves meanwhile,
 * -ENOSPC or -ENOMEM.
 */
int natgw_seat_take(struct natgw_table *table, const struct natgw_pool *pool,
		    struct natgw_seat_holder *holder, bool proven);

/**
 * natgw_seat_next - seat that a host that nobody knows yet would get
 *
 * Context: RCU. Return: the seat, NATGW_SPARE_SEAT or NATGW_NO_SEAT.
 */
u32 natgw_seat_next(const struct natgw_pool *pool);

/** natgw_seat_release - give it back, if there is one. Context: the host's lock held */
void natgw_seat_release(struct natgw_gateway *gw, struct natgw_seat_holder *holder);

/** natgw_seat_clear - take back a loose seat that has no block. Context: the host's lock held */
void natgw_seat_clear(const struct natgw_pool *pool, struct natgw_seat_holder *holder);

/**
 * natgw_seat_move - exchange a firm seat for one below @limit that is not
 *
 * Context: the host's lock held. Return: the seat.
 */
u32 natgw_seat_move(struct natgw_gateway *gw, struct natgw_seat_holder *holder, u32 limit);

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

#endif
