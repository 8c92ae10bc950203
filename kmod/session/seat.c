// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the seats of hosts: which host has which block of ports. Called by host.c, by
 * port.c for the layout, and by control/publish.c.
 *
 * A host gets a seat with its first flow and keeps it until it has had no
 * session for some time. The block of ports follows from the seat and from the
 * layout, and the layout from the number of seats in use. So a layout changes
 * by one number that grows, and packets that read the older one meanwhile are
 * waited for before flows on ports that were lost are ended.
 *
 * Anybody inside can send from any address of the subnet. So a host counts only
 * once it is proven to be there: it has completed a TCP handshake, which takes
 * the answer that came to its address. Until then its seat is loose: one that
 * makes nobody's block smaller, which it loses to the next host if there is no
 * other. Who invents hosts takes them from his own inventions alone, unless a server
 * outside is his accomplice (Documentation/security.rst).
 *
 * Sessions do not belong to a block: their ports are theirs until they end,
 * wherever the blocks are by then, and the destination knows of each.
 */
#include <linux/container_of.h>
#include <linux/moduleparam.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include "lib/extack.h"
#include "lib/portblock.h"
#include "session/seat.h"
#include "session/watch.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"
#include "snapshot/view.h"

/* LOOSE_TRIES - most seats that one packet takes back, under the lock of all */
#define LOOSE_TRIES	16

void natgw_seats_init(struct natgw_seats *seats)
{
	spin_lock_init(&seats->lock);
	ida_init(&seats->taken);
	INIT_LIST_HEAD(&seats->loose);
}

static void layout_for(const struct natgw_pool *pool, u32 top,
		       struct natgw_portblock_layout *layout)
{
	natgw_portblock_lay_out(layout, pool->allocation, pool->ports_per_host,
				max(pool->hosts, top), pool->n_places);
}

void natgw_seat_layout(const struct natgw_pool *pool, struct natgw_portblock_layout *layout)
{
	layout_for(pool, READ_ONCE(pool->gw->seats.top), layout);
}

static void cut_later(struct natgw_seats *seats, const struct natgw_portblock_layout *old)
{
	lockdep_assert_held(&seats->lock);
	if (seats->cut)
		return;
	seats->cut_from = *old;
	WRITE_ONCE(seats->cut, true);
}

static void divided(struct natgw_seats *seats)
{
	lockdep_assert_held(&seats->lock);
	if (!seats->divided)
		WRITE_ONCE(seats->divided, ktime_get_coarse_real_ns());
}

/*
 * A host whose vnet is gone has no name any more: then it is told that the ports were divided
 * anew. @pool: with NATGW_BLOCK_EVENT_ALLOCATED only
 */
static void tell(struct natgw_seats *seats, const struct natgw_pool *pool,
		 const struct natgw_seat_holder *holder, enum natgw_block_event type)
{
	struct natgw_table *table = seats->table;
	struct natgw_block_note note = {
		.type = type,
		.gw = container_of(seats, struct natgw_gateway, seats),
		.host = holder->addr,
		.vnet = holder->vnet,
		.pool = pool,
		.seat = holder->seat,
	};

	lockdep_assert_held(&seats->lock);
	if (!natgw_watch_on(table))
		return;
	note.time = ktime_get_coarse_real_ns();
	if (!natgw_watch_block(table, &note))
		divided(seats);
}

/* Return: flows on ports that were lost are to end */
static bool raise_top(const struct natgw_pool *pool, u32 top)
{
	struct natgw_seats *seats = &pool->gw->seats;
	struct natgw_portblock_layout old, new;

	natgw_seat_layout(pool, &old);
	WRITE_ONCE(seats->top, top);
	natgw_seat_layout(pool, &new);
	if (!natgw_portblock_shrinks(&old, &new))
		return false;
	divided(seats);
	if (pool->allocation != NATGW_ALLOCATION_PREALLOCATED || pool->tier != NATGW_TIER_STRICT)
		return false;
	cut_later(seats, &old);
	return true;
}

static bool has_block(const struct natgw_portblock_layout *layout, u32 seat)
{
	struct natgw_portblock block;

	return natgw_portblock_get(layout, seat, 0, &block);
}

/* seats that may be taken without making a block smaller */
static u32 without_growth(const struct natgw_pool *pool,
			  const struct natgw_portblock_layout *layout)
{
	return natgw_portblock_near(layout, max(pool->hosts, pool->gw->seats.top));
}

static void leave_seat(struct natgw_seats *seats, struct natgw_seat_holder *holder)
{
	lockdep_assert_held(&seats->lock);
	tell(seats, NULL, holder, NATGW_BLOCK_EVENT_FREED);
	ida_free(&seats->taken, holder->seat);
	WRITE_ONCE(seats->known, seats->known - 1);
	if (holder->firm)
		WRITE_ONCE(seats->firm, seats->firm - 1);
	else
		list_del(&holder->queue);
	/* who closes up looks under the host's lock alone */
	WRITE_ONCE(holder->firm, false);
	WRITE_ONCE(holder->seat, NATGW_NO_SEAT);
}

/*
 * Loose seats are taken back until one below @limit is free: more than one only after blocks became
 * larger, when those above have none. Return: that seat; -ENOSPC, -ENOMEM, or -EBUSY: there are
 * too many for one packet, and the maintenance takes back those without a block.
 */
static int take_below(struct natgw_seats *seats, u32 limit)
{
	struct natgw_seat_holder *oldest;
	u32 tries;
	int seat;

	lockdep_assert_held(&seats->lock);
	if (!limit)
		return -ENOSPC;
	for (tries = 0;; tries++) {
		seat = ida_alloc_max(&seats->taken, limit - 1, GFP_ATOMIC | __GFP_NOWARN);
		oldest = list_first_entry_or_null(&seats->loose, struct natgw_seat_holder, queue);
		if (seat != -ENOSPC || !oldest)
			return seat;
		if (tries == LOOSE_TRIES)
			return -EBUSY;
		leave_seat(seats, oldest);
	}
}

/* @crowded: set where seats without a block are in the way */
static int take_seat(struct natgw_seats *seats, const struct natgw_pool *pool,
		     const struct natgw_portblock_layout *layout, struct natgw_seat_holder *holder,
		     bool proven, bool *crowded)
{
	int seat;

	if (holder->seat != NATGW_NO_SEAT && has_block(layout, holder->seat))
		return 0;
	/* blocks are larger now, or addresses fewer */
	if (holder->seat != NATGW_NO_SEAT)
		leave_seat(seats, holder);
	seat = take_below(seats, without_growth(pool, layout));
	if (seat == -ENOSPC && proven)
		seat = take_below(seats, layout->seats);
	if (seat == -EBUSY) {
		*crowded = true;
		seat = -ENOSPC;
	}
	if (seat == -ENOSPC && !proven && layout->share && seats->firm < layout->seats)
		return -EAGAIN;
	if (seat < 0)
		return seat;
	WRITE_ONCE(seats->known, seats->known + 1);
	list_add_tail(&holder->queue, &seats->loose);
	WRITE_ONCE(holder->seat, seat);
	tell(seats, pool, holder, NATGW_BLOCK_EVENT_ALLOCATED);
	return 0;
}

/* Return: flows on ports that were lost are to end */
static bool make_firm(struct natgw_seats *seats, const struct natgw_pool *pool,
		      struct natgw_seat_holder *holder)
{
	list_del(&holder->queue);
	WRITE_ONCE(holder->firm, true);
	WRITE_ONCE(seats->firm, seats->firm + 1);
	seats->grown = max(seats->grown, holder->seat + 1);
	return holder->seat >= seats->top && raise_top(pool, holder->seat + 1);
}

int natgw_seat_take(struct natgw_table *table, const struct natgw_pool *pool,
		    struct natgw_seat_holder *holder, bool proven)
{
	struct natgw_seats *seats = &pool->gw->seats;
	struct natgw_portblock_layout layout;
	bool crowded = false, cut = false;
	int err;

	natgw_seat_layout(pool, &layout);
	if (has_block(&layout, READ_ONCE(holder->seat)) &&
	    (READ_ONCE(holder->firm) || !proven))
		return 0;
	spin_lock_bh(&seats->lock);
	seats->table = table;
	natgw_seat_layout(pool, &layout);
	err = take_seat(seats, pool, &layout, holder, proven, &crowded);
	if (!err && proven && !holder->firm)
		cut = make_firm(seats, pool, holder);
	cut |= seats->divided && natgw_watch_on(table);
	spin_unlock_bh(&seats->lock);
	if (cut || crowded)
		natgw_maintenance_kick(table->nn);
	return err;
}

u32 natgw_seat_next(const struct natgw_pool *pool)
{
	struct natgw_seats *seats = &pool->gw->seats;
	struct natgw_portblock_layout layout;
	struct natgw_seat_holder *oldest;
	u32 next = NATGW_NO_SEAT;
	int seat = -ENOSPC;
	u32 limit;

	spin_lock_bh(&seats->lock);
	natgw_seat_layout(pool, &layout);
	limit = without_growth(pool, &layout);
	if (limit)
		seat = ida_alloc_max(&seats->taken, limit - 1, GFP_ATOMIC | __GFP_NOWARN);
	oldest = list_first_entry_or_null(&seats->loose, struct natgw_seat_holder, queue);
	if (seat >= 0) {
		ida_free(&seats->taken, seat);
		next = seat;
	} else if (limit && oldest) {
		next = oldest->seat;
	} else if (layout.share && seats->firm < layout.seats) {
		next = NATGW_SPARE_SEAT;
	}
	spin_unlock_bh(&seats->lock);
	return next;
}

void natgw_seat_release(struct natgw_gateway *gw, struct natgw_seat_holder *holder)
{
	spin_lock_bh(&gw->seats.lock);
	if (holder->seat != NATGW_NO_SEAT)
		leave_seat(&gw->seats, holder);
	spin_unlock_bh(&gw->seats.lock);
}

void natgw_seat_clear(const struct natgw_pool *pool, struct natgw_seat_holder *holder)
{
	struct natgw_seats *seats = &pool->gw->seats;
	struct natgw_portblock_layout layout;

	spin_lock_bh(&seats->lock);
	natgw_seat_layout(pool, &layout);
	if (holder->seat != NATGW_NO_SEAT && !holder->firm && !has_block(&layout, holder->seat))
		leave_seat(seats, holder);
	spin_unlock_bh(&seats->lock);
}

u32 natgw_seat_move(struct natgw_gateway *gw, struct natgw_seat_holder *holder, u32 limit)
{
	int lower = -ENOSPC;
	u32 seat;

	spin_lock_bh(&gw->seats.lock);
	if (limit <= holder->seat)
		lower = take_below(&gw->seats, limit);
	if (lower >= 0) {
		ida_free(&gw->seats.taken, holder->seat);
		WRITE_ONCE(holder->seat, lower);
		divided(&gw->seats);
	}
	seat = holder->seat;
	spin_unlock_bh(&gw->seats.lock);
	return seat;
}

int natgw_seat_place(const struct natgw_pool *pool, __be32 addr)
{
	int place;

	for (place = 0; place < pool->n_places; place++)
		if (pool->entry[pool->place[place]].addr == addr)
			return place;
	return -1;
}

/* public IPs that take new flows; those retired never will again */
static u32 lasting(const struct natgw_pool *pool)
{
	u32 i, n = 0;

	for (i = 0; i < pool->n; i++)
		n += !pool->entry[i].conf->retired;
	return n;
}

static int check_gateway(const struct natgw_pool *pool, const struct natgw_gateway_conf *conf,
			 struct netlink_ext_ack *extack)
{
	const struct natgw_gateway_conf *running = conf->gw->running;
	u32 usable = natgw_portblock_usable(conf->allocation);
	u32 hosts = max(conf->hosts, 1U), addresses = lasting(pool);

	/* those that are there count where it is the division that changes */
	if (running && (running->allocation != conf->allocation ||
			running->ports_per_host != conf->ports_per_host))
		hosts = max(hosts, READ_ONCE(conf->gw->seats.firm));
	if (!conf->ports_per_host && hosts > NATGW_BLOCK_HOSTS)
		return natgw_refuse(extack, NULL, -ERANGE,
				    "InvalidLoadBalancerProfileAllocatedOutboundPorts: gateway %s has %u hosts, the default table ends at %u: give ports-per-host",
				    conf->gw->name, hosts, NATGW_BLOCK_HOSTS);
	if (!addresses || (u64)conf->ports_per_host * hosts <= (u64)usable * addresses)
		return 0;
	return natgw_refuse(extack, NULL, -ERANGE,
			    "InvalidLoadBalancerProfileAllocatedOutboundPorts: ports-per-host %u x %u host%s = %llu, gateway %s has %u x %u address%s = %u",
			    conf->ports_per_host, hosts, hosts == 1 ? "" : "s",
			    (u64)conf->ports_per_host * hosts, conf->gw->name, usable, addresses,
			    addresses == 1 ? "" : "es", usable * addresses);
}

int natgw_seat_check(const struct natgw_config *config, struct netlink_ext_ack *extack)
{
	u32 i;
	int err;

	for (i = 0; config->seats && i < config->n_gateways; i++) {
		if (config->gateways[i]->allocation == NATGW_ALLOCATION_DYNAMIC)
			continue;
		err = check_gateway(&config->pools[i], config->gateways[i], extack);
		if (err)
			return err;
	}
	return 0;
}

/* index in @entry of what may take new flows, or -1 */
static int open_entry(const struct natgw_pool *pool, __be32 addr)
{
	u32 i;

	for (i = 0; i < pool->n; i++)
		if (pool->entry[i].addr == addr)
			return pool->draining & BIT(pool->entry[i].slot) ? -1 : (int)i;
	return -1;
}

static bool has_place(const struct natgw_gateway *gw, __be32 addr)
{
	u32 i;

	for (i = 0; i < gw->n_places; i++)
		if (gw->place[i] == addr)
			return true;
	return false;
}

/*
 * Who stays keeps its place. A new address takes one that became free, or the
 * next: so no block moves, unless addresses become fewer and the last one has
 * to close a gap.
 */
static void order_places(struct natgw_pool *pool)
{
	struct natgw_gateway *gw = pool->gw;
	u32 i, gap = 0;

	for (i = 0; i < gw->n_places; i++)
		if (open_entry(pool, gw->place[i]) < 0)
			gw->place[i] = 0;
	for (i = 0; i < pool->n; i++) {
		if (open_entry(pool, pool->entry[i].addr) < 0 ||
		    has_place(gw, pool->entry[i].addr))
			continue;
		while (gap < gw->n_places && gw->place[gap])
			gap++;
		gw->place[gap] = pool->entry[i].addr;
		gw->n_places = max(gw->n_places, gap + 1);
	}
	for (i = 0; i < gw->n_places; i++)
		while (i < gw->n_places && !gw->place[i])
			gw->place[i] = gw->place[--gw->n_places];
	pool->n_places = gw->n_places;
	for (i = 0; i < gw->n_places; i++)
		pool->place[i] = open_entry(pool, gw->place[i]);
}

/* Do the first places have the addresses that they had? */
static bool keeps_places(const struct natgw_gateway *gw, const __be32 *place, u32 n)
{
	return n <= gw->n_places && !memcmp(place, gw->place, n * sizeof(*place));
}

void natgw_seat_enforce(struct natgw_pool *pool, const struct natgw_gateway_conf *conf)
{
	const struct natgw_gateway_conf *running = conf->gw->running;
	struct natgw_seats *seats = &conf->gw->seats;
	struct natgw_portblock_layout old, new;
	__be32 place[NATGW_GATEWAY_ADDRESSES];

	if (running && running->allocation == NATGW_ALLOCATION_DYNAMIC)
		running = NULL;
	if (running)
		natgw_portblock_lay_out(&old, running->allocation, running->ports_per_host,
					max(running->hosts, READ_ONCE(seats->top)),
					conf->gw->n_places);
	memcpy(place, conf->gw->place, sizeof(place));
	order_places(pool);
	pool->allocation = conf->allocation;
	pool->tier = conf->tier;
	pool->ports_per_host = conf->ports_per_host;
	pool->hosts = conf->hosts;
	/* with a gateway that had no blocks, no host has one yet */
	if (!running || conf->allocation == NATGW_ALLOCATION_DYNAMIC)
		return;
	natgw_seat_layout(pool, &new);
	spin_lock_bh(&seats->lock);
	if (!natgw_portblock_same(&old, &new) || !keeps_places(conf->gw, place, old.addresses))
		divided(seats);
	/* without an address there is no block, and no session either */
	if (running->allocation == NATGW_ALLOCATION_PREALLOCATED &&
	    conf->allocation == NATGW_ALLOCATION_PREALLOCATED &&
	    conf->tier == NATGW_TIER_STRICT && old.addresses && new.addresses &&
	    natgw_portblock_shrinks(&old, &new))
		cut_later(seats, &old);
	spin_unlock_bh(&seats->lock);
}
