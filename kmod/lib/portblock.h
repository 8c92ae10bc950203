/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which ports of a gateway's addresses belong to one host: arithmetic alone.
 *
 * Pure logic, also compiled in userspace by selftests/unit. Hosts have seats,
 * numbered from 0, addresses have places. Where a block is follows from seat
 * and layout, so none is stored, and no two seats of a layout share a port.
 *
 * By the default table each seat has the same ports at the first few places, at
 * an offset that depends on nothing but the seat: with more hosts the blocks
 * are halved where they are. With ports-per-host the seats lie one after the
 * other over the ports of all places.
 */
#ifndef _NATGW_LIB_PORTBLOCK_H
#define _NATGW_LIB_PORTBLOCK_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/natgw.h>
#else
#include "portmap_user.h"
#endif
#include "lib/portmap.h"

/** NATGW_BLOCK_PORTS - ports of one address that can be in blocks (Azure Load Balancer) */
#define NATGW_BLOCK_PORTS	64000
/** NATGW_BLOCK_MOST - most ports of one host by the default table */
#define NATGW_BLOCK_MOST	1024
/** NATGW_BLOCK_HOSTS - hosts at which the default table ends */
#define NATGW_BLOCK_HOSTS	1000
/** NATGW_BLOCK_UNIT - ports-per-host is a multiple of it */
#define NATGW_BLOCK_UNIT	8

/**
 * struct natgw_portblock_layout - how the ports are divided now
 * @ports: of each address
 * @addresses: places
 * @share: by the default table: ports of one host at one address; else 0
 * @block: ports of one host in total
 * @seats: most hosts that can have a block
 * @floor: the blocks are guaranteed, and ports beyond them shared
 * @first_shared: with @floor: ports that lie before those that all share
 */
struct natgw_portblock_layout {
	u32 ports;
	u32 addresses;
	u32 share;
	u32 block;
	u32 seats;
	bool floor;
	u32 first_shared;
};

/** struct natgw_portblock - a part of a block */
struct natgw_portblock {
	u32 place;
	struct natgw_portrange range;
};

/**
 * natgw_portblock_layout - divide
 * @layout: set
 * @allocation: enum natgw_allocation, not DYNAMIC
 * @ports_per_host: 0: the default table
 * @hosts: number to divide by: those there are, or more
 * @addresses: number of them
 */
void natgw_portblock_lay_out(struct natgw_portblock_layout *layout, u32 allocation,
			     u32 ports_per_host, u32 hosts, u32 addresses);

/** natgw_portblock_usable - ports of one address under an allocation */
u32 natgw_portblock_usable(u32 allocation);

/**
 * natgw_portblock_get - part number @i of a seat's block
 *
 * In the order in which they are used: one address after the other.
 * Return: false when there is none.
 */
bool natgw_portblock_get(const struct natgw_portblock_layout *layout, u32 seat, u32 i,
			 struct natgw_portblock *block);

/** natgw_portblock_holds - is a port in a seat's block? @index: less NATGW_PORT_MIN */
bool natgw_portblock_holds(const struct natgw_portblock_layout *layout, u32 seat, u32 place,
			   u32 index);

/** natgw_portblock_shared - FLOOR: what all share of one address. Return: false: nothing */
bool natgw_portblock_shared(const struct natgw_portblock_layout *layout, u32 place,
			    struct natgw_portrange *range);

/**
 * natgw_portblock_spare - what the default table leaves of one address, however many hosts
 *
 * Return: false: nothing.
 */
bool natgw_portblock_spare(const struct natgw_portblock_layout *layout, u32 place,
			   struct natgw_portrange *range);

/** natgw_portblock_shrinks - may a host that keeps its seat lose ports by a new layout? */
bool natgw_portblock_shrinks(const struct natgw_portblock_layout *old,
			     const struct natgw_portblock_layout *new);

/**
 * natgw_portblock_same - does each seat that had a block keep it as it is by a new layout?
 *
 * As long as the places are of the same addresses.
 */
bool natgw_portblock_same(const struct natgw_portblock_layout *old,
			  const struct natgw_portblock_layout *new);

/**
 * natgw_portblock_near - how low the seats of so many hosts should be
 *
 * Those who sit higher keep the others from larger blocks. Return: seats.
 */
u32 natgw_portblock_near(const struct natgw_portblock_layout *layout, u32 hosts);

#endif
