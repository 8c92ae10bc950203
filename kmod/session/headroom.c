// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the watch over destinations that have many ports: how full they are, how fast they
 * fill, and when somebody has to be told. Called by destination.c, by the port dump and by
 * the worker in netlink/headroom_ntf.c.
 *
 * Packets take no part in it. The first map that a destination gets puts it on the list, once
 * for hundreds of flows; all else is read by the worker, four times a second.
 */
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/natgw.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "lib/portblock.h"
#include "lib/portmap.h"
#include "session/destination.h"
#include "session/destination_count.h"
#include "session/headroom.h"
#include "session/seat.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/tables.h"
#include "snapshot/view.h"

/* seats looked at; the default table ends with 1,000 hosts */
#define SEATS_MOST	1024
/* blocks searched port by port for one look */
#define SEARCHES	4
/* slower than four ports a minute is as good as not at all; in 1/256 a second */
#define GROWTH_LEAST	17
#define SECONDS_MOST	86400
/* two looks that follow sooner say little of how fast ports grow */
#define LOOK_LEAST	(HZ / 8)

void natgw_headroom_watch(struct natgw_table *table, struct natgw_destination *destination)
{
	struct natgw_headroom *headroom = &destination->warm->headroom;
	u32 id;

	lockdep_assert_held(&destination->lock);
	/* a failure leaves a number in @id, too: one that has a number is in the array */
	if (headroom->id || xa_alloc_bh(&table->watched, &id, destination, xa_limit_31b,
					GFP_ATOMIC | __GFP_NOWARN))
		return;
	headroom->id = id;
	headroom->told = 0;
	headroom->when = 0;
	headroom->growth = 0;
	headroom->host = 0;
	/* may walk over the sessions, which must not wait for the work that grows their table */
	queue_delayed_work(system_unbound_wq, &table->nn->headroom, 0);
}

static bool reaches(u32 used, u32 ports, u32 per_cent)
{
	return (u64)used * 100 >= (u64)ports * per_cent;
}

static void add_place(struct natgw_fill *fill, u32 used, u32 ports, __be32 addr, u32 warn)
{
	u32 less = warn > NATGW_WARN_LESS ? warn - NATGW_WARN_LESS : 1;

	if (!ports)
		return;
	if (!fill->ports || (u64)used * fill->ports > (u64)fill->used * ports) {
		fill->used = used;
		fill->ports = ports;
		fill->addr = addr;
	}
	if (!warn)
		return;
	fill->near += reaches(used, ports, warn);
	fill->told += reaches(used, ports, less);
}

/* All ports of each address, one place or each a place of its own */
static void fill_addresses(const struct natgw_destination *destination,
			   const struct natgw_pool *pool, struct natgw_fill *fill, u32 warn)
{
	u32 limit = READ_ONCE(pool->gw->destination_limit), used = 0, ports = 0, i, n;
	bool paired = READ_ONCE(pool->gw->pooling) == NATGW_POOLING_PAIRED;
	const struct natgw_pool_entry *entry;

	for (i = 0; i < pool->n; i++) {
		entry = &pool->entry[i];
		if (pool->draining & BIT(entry->slot))
			continue;
		n = natgw_reserved_ports(entry->conf, NATGW_PORTS);
		if (limit)
			n = min(n, limit);
		ports += n;
		/* more than the limit, if that was lowered */
		used += min(natgw_destination_used(destination, entry->slot), n);
		if (!paired)
			continue;
		add_place(fill, used, ports, entry->addr, warn);
		used = 0;
		ports = 0;
	}
	if (!paired)
		add_place(fill, used, ports, 0, warn);
}

/**
 * struct search - of the ports of hosts
 * @table: sessions
 * @destination: locked
 * @pool: addresses of its gateway
 * @layout: how their ports are divided
 * @warn: per cent
 * @left: ranges that may yet be searched port by port
 */
struct search {
	struct natgw_table *table;
	const struct natgw_destination *destination;
	const struct natgw_pool *pool;
	struct natgw_portblock_layout layout;
	u32 warn;
	u32 left;
};

/*
 * Ports of a range in use. A map does not know each session that is older than it: they are
 * looked for where there may be something to tell.
 */
static u32 used_in(struct search *search, u32 place, const struct natgw_portrange *range,
		   u32 *ports)
{
	const struct natgw_pool_entry *entry = &search->pool->entry[search->pool->place[place]];
	const struct natgw_portmap *reserved = rcu_dereference(entry->conf->address->reserved);
	const struct natgw_destination *destination = search->destination;
	const struct natgw_portmap *map =
		destination->warm ? destination->warm->slot[entry->slot].map : NULL;
	u32 all = natgw_destination_used(destination, entry->slot);
	u32 n = reserved ? natgw_portmap_free_in(reserved, range) : range->n;
	u32 used, known;

	*ports += n;
	/* without a map they are few */
	if (!map)
		return 0;
	used = n - min(n, natgw_portmap_free_in(map, range));
	known = (reserved ? natgw_portmap_free(reserved) : NATGW_PORTS) - natgw_portmap_free(map);
	if (known >= all || range->n > NATGW_BLOCK_MOST || !search->left || !search->warn ||
	    !reaches(used + all - known, n, search->warn))
		return used;
	search->left--;
	return n - natgw_destination_left_in(search->table, destination, entry, range);
}

/* The part of each address that FLOOR leaves to all. Return: there is one */
static bool fill_shared(struct search *search, struct natgw_fill *fill)
{
	u32 place, used = 0, ports = 0;
	struct natgw_portrange range;

	for (place = 0; place < search->pool->n_places; place++)
		if (natgw_portblock_shared(&search->layout, place, &range))
			used += used_in(search, place, &range, &ports);
	add_place(fill, used, ports, 0, search->warn);
	return ports;
}

static void fill_blocks(struct search *search, struct natgw_fill *fill)
{
	const struct natgw_seats *seats = &search->pool->gw->seats;
	u32 n, seat, i, used, ports;
	struct natgw_portblock block;

	/* seats are taken from the lowest on; firm ones stay where they are when others go */
	n = READ_ONCE(seats->known) + READ_ONCE(seats->top);
	n = min3(search->layout.seats, n, (u32)SEATS_MOST);
	for (seat = 0; seat < n; seat++) {
		used = 0;
		ports = 0;
		for (i = 0; natgw_portblock_get(&search->layout, seat, i, &block); i++)
			used += used_in(search, block.place, &block.range, &ports);
		add_place(fill, used, ports, 0, search->warn);
	}
}

void natgw_headroom_fill(struct natgw_table *table, const struct natgw_destination *destination,
			 const struct natgw_pool *pool, struct natgw_fill *fill)
{
	struct search search = {
		.table = table,
		.destination = destination,
		.pool = pool,
		.warn = READ_ONCE(pool->gw->warn_used),
		.left = SEARCHES,
	};

	lockdep_assert_held(&destination->lock);
	memset(fill, 0, sizeof(*fill));
	if (pool->allocation == NATGW_ALLOCATION_DYNAMIC) {
		fill_addresses(destination, pool, fill, search.warn);
		return;
	}
	if (!pool->n_places)
		return;
	natgw_seat_layout(pool, &search.layout);
	if (!search.layout.floor || !fill_shared(&search, fill))
		fill_blocks(&search, fill);
}

u32 natgw_headroom_seconds(const struct natgw_destination *destination,
			   const struct natgw_fill *fill)
{
	u64 seconds;
	s64 growth;

	lockdep_assert_held(&destination->lock);
	growth = destination->warm ? destination->warm->headroom.growth : 0;
	if (growth < GROWTH_LEAST || fill->used > fill->ports)
		return 0;
	seconds = div64_u64((u64)(fill->ports - fill->used) << 8, growth);
	return seconds < SECONDS_MOST ? max_t(u64, seconds, 1) : 0;
}

/*
 * What grows is believed soon, what no longer does late: so the time that is left does not
 * jump with each burst.
 */
static void grow(struct natgw_headroom *headroom, u32 used)
{
	unsigned long now = jiffies ?: 1, passed = now - headroom->when;
	s64 growth;

	if (headroom->when && passed < LOOK_LEAST)
		return;
	if (headroom->when) {
		growth = div64_s64(((s64)used - headroom->used) * 256 * HZ, passed);
		growth -= headroom->growth;
		headroom->growth += div_s64(growth, growth > 0 ? 4 : 32);
	}
	headroom->used = used;
	headroom->when = now;
}

/* Return: there is something to tell */
static bool judge(struct natgw_headroom *headroom, const struct natgw_fill *fill,
		  struct natgw_headroom_note *note)
{
	u32 told = headroom->told;

	note->near = fill->near > told;
	/* one that is well again may be told anew */
	headroom->told = max(fill->near, min(told, fill->told));
	if (!headroom->told)
		headroom->host = 0;
	return note->near || (told && !headroom->told);
}

bool natgw_headroom_look(struct natgw_table *table, const struct natgw_config *config,
			 struct natgw_destination *destination, struct natgw_headroom_note *note)
{
	/* if it is dead, its gateway may be gone: it is compared only */
	const struct natgw_pool *pool = natgw_place_pool(config, destination->gw);
	struct natgw_headroom *headroom;
	bool tell, dead, listed = false;
	u32 id, i;

	spin_lock_bh(&destination->lock);
	headroom = &destination->warm->headroom;
	id = headroom->id;
	dead = destination->dead;
	memset(&note->fill, 0, sizeof(note->fill));
	if (pool && !dead)
		natgw_headroom_fill(table, destination, pool, &note->fill);
	grow(headroom, note->fill.used);
	tell = judge(headroom, &note->fill, note) && pool;
	if (pool)
		note->gw = pool->gw;
	note->peer = destination->peer;
	note->peer_port = destination->peer_port;
	note->proto = destination->proto;
	note->seconds = natgw_headroom_seconds(destination, &note->fill);
	note->id = id;
	note->named = headroom->host;
	for (i = 0; !dead && !listed && i < NATGW_SLOTS; i++)
		listed = headroom->told || destination->warm->slot[i].map;
	/* under the lock: who sees no number frees it after a grace period, which must not begin
	 * while readers still find it in the array
	 */
	if (!listed) {
		xa_erase_bh(&table->watched, id);
		headroom->id = 0;
	}
	spin_unlock_bh(&destination->lock);
	if (!listed && dead)
		natgw_destination_free(destination);
	return tell;
}

void natgw_headroom_name(struct natgw_table *table, const struct natgw_headroom_note *note,
			 __be32 host, u32 used)
{
	struct natgw_destination *destination;

	rcu_read_lock();
	/* nobody else takes it out, and one near exhaustion stays in */
	destination = xa_load(&table->watched, note->id);
	if (destination) {
		spin_lock_bh(&destination->lock);
		destination->warm->headroom.host = host;
		destination->warm->headroom.host_used = used;
		spin_unlock_bh(&destination->lock);
	}
	rcu_read_unlock();
}
