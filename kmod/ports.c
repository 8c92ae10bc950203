// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/mm.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/xarray.h>
#include "config.h"
#include "destination.h"
#include "extack.h"
#include "gateway.h"
#include "host.h"
#include "net.h"
#include "ports.h"
#include "seat.h"
#include "session.h"
#include "shared.h"
#include "subnet.h"
#include "walk.h"

/* most rows of one answer: 72 MiB */
#define ROWS_MAX	1048576
/* from that many on, those below the top are dropped on the way */
#define ROWS_MANY	65536

/**
 * struct array - of what a walk finds
 * @at: @n elements, room for @max
 * @n: used
 * @max: a power of two
 * @size: of one
 */
struct array {
	void *at;
	u32 n;
	u32 max;
	u32 size;
};

static int array_room(struct array *array)
{
	u32 max = max(array->max * 2, 2U * NATGW_WALK_BATCH);
	void *at;

	if (array->max - array->n >= NATGW_WALK_BATCH)
		return 0;
	at = kvmalloc_array(max, array->size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!at)
		return -ENOMEM;
	if (array->n)
		memcpy(at, array->at, (size_t)array->n * array->size);
	kvfree(array->at);
	array->at = at;
	array->max = max;
	return 0;
}

/* the next element, for which there is room */
static void *array_push(struct array *array)
{
	return array->at + (size_t)array->n++ * array->size;
}

/**
 * struct gather - rows in the making
 * @nn: namespace
 * @config: running snapshot
 * @query: what is asked for
 * @extack: says why not
 * @rows: struct natgw_ports_row
 * @uses: struct host_use or struct destination_use
 * @mark: number of sessions in @uses
 * @by_destination: numbers of rows
 */
struct gather {
	struct natgw_net *nn;
	const struct natgw_config *config;
	const struct natgw_ports_query *query;
	struct netlink_ext_ack *extack;
	struct array rows;
	struct array uses;
	u32 mark;
	struct xarray by_destination;
};

static struct natgw_ports_row *row_at(const struct gather *g, u32 i)
{
	return (struct natgw_ports_row *)g->rows.at + i;
}

static bool asked_for(const struct natgw_ports_query *query, const struct natgw_gateway *gw,
		      __be32 dst, __be16 dst_port, u8 proto)
{
	return (!(query->given & BIT(NATGW_A_PORTS_GATEWAY)) || query->gw == gw) &&
	       (!(query->given & BIT(NATGW_A_PORTS_DST)) || query->dst == dst) &&
	       (!(query->given & BIT(NATGW_A_PORTS_DST_PORT)) ||
		query->dst_port == ntohs(dst_port)) &&
	       (!(query->given & BIT(NATGW_A_PORTS_PROTO)) || query->proto == proto);
}

static bool session_asked_for(const struct gather *g, const struct natgw_session *session)
{
	const struct natgw_tuple *inside = &session->inside;

	return test_bit(NATGW_SESSION_READY, &session->flags) &&
	       asked_for(g->query, session->gw, inside->peer, inside->peer_port, inside->proto);
}

static bool destination_asked_for(const struct gather *g,
				  const struct natgw_destination *destination)
{
	return asked_for(g->query, destination->gw, destination->peer, destination->peer_port,
			 destination->proto);
}

/* one whose time is over holds its port until the wheel gets there */
static bool session_cools(const struct natgw_session *session)
{
	int state = natgw_session_state(session, NULL);

	return state < 0 || state == NATGW_STATE_COOLING;
}

static void row_count(struct natgw_ports_row *row, u8 proto, bool cools)
{
	row->used++;
	row->cooling += cools;
	switch (proto) {
	case IPPROTO_TCP:
		row->tcp++;
		break;
	case IPPROTO_UDP:
		row->udp++;
		break;
	default:
		row->icmp++;
		break;
	}
}

/* The fullest first, and else in an order that stays. Rows may be many: others run meanwhile */
static int row_cmp(const void *a, const void *b)
{
	const struct natgw_ports_row *x = a, *y = b;

	cond_resched();
	if (x->used != y->used)
		return x->used > y->used ? -1 : 1;
	if (x->addr != y->addr)
		return ntohl(x->addr) < ntohl(y->addr) ? -1 : 1;
	if (x->port != y->port)
		return ntohs(x->port) < ntohs(y->port) ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	return x->gw == y->gw ? 0 : strcmp(x->gw->name, y->gw->name);
}

static void rows_cut(struct gather *g)
{
	sort(g->rows.at, g->rows.n, sizeof(struct natgw_ports_row), row_cmp, NULL);
	if (g->query->top)
		g->rows.n = min(g->rows.n, g->query->top);
}

/* The rows so far are complete: those below the top can go. */
static int rows_room(struct gather *g)
{
	struct array *rows = &g->rows;

	if (rows->max - rows->n >= NATGW_WALK_BATCH)
		return 0;
	if (g->query->top && g->query->top <= rows->n / 2 && rows->n >= ROWS_MANY) {
		rows_cut(g);
		return 0;
	}
	if (rows->max >= ROWS_MAX)
		return natgw_refuse(g->extack, NULL, -EOVERFLOW,
				    "more than %u rows: ask for fewer with top, or for one gateway or destination",
				    rows->n);
	return array_room(rows);
}

/* ports of a public IP free for a destination that uses so many of them; RCU */
static u32 ports_left(const struct natgw_address_conf *conf, u32 used)
{
	const struct natgw_gateway_conf *gw = conf->gw->running;
	u32 ports = natgw_shared_ports(conf, natgw_portblock_usable(gw->allocation));

	if (conf->drain_end || gw->drain_end)
		return 0;
	if (gw->destination_limit)
		ports = min(ports, gw->destination_limit);
	return ports > used ? ports - used : 0;
}

/*
 * By public IP. Rows are numbered as the snapshot's table of public IPs.
 */

static void address_restart(void *data)
{
	struct gather *g = data;
	u32 i;

	for (i = 0; i < g->config->n_publics; i++)
		*row_at(g, i) = (struct natgw_ports_row) {
			.gw = g->config->publics[i].gw,
			.addr = htonl(g->config->publics[i].addr),
		};
}

static struct natgw_ports_row *address_row(const struct gather *g, __be32 addr)
{
	const struct natgw_public *public = natgw_lookup_public(g->config, addr);

	return public ? row_at(g, public - g->config->publics) : NULL;
}

static void address_session(void *entry, void *data)
{
	const struct natgw_session *session = entry;
	struct natgw_ports_row *row;
	struct gather *g = data;

	if (!session_asked_for(g, session))
		return;
	row = address_row(g, session->public);
	if (row)
		row_count(row, session->inside.proto, session_cools(session));
}

static void address_destinations_restart(void *data)
{
	struct gather *g = data;
	u32 i;

	for (i = 0; i < g->config->n_publics; i++) {
		row_at(g, i)->others = 0;
		row_at(g, i)->high = 0;
	}
}

static void address_destination(void *entry, void *data)
{
	struct natgw_destination *destination = entry;
	struct natgw_ports_row *row;
	struct gather *g = data;
	u32 used, slot;

	if (!destination_asked_for(g, destination))
		return;
	spin_lock_bh(&destination->lock);
	for (slot = 0; !destination->dead && slot < NATGW_SLOTS; slot++) {
		used = natgw_destination_used(destination, slot);
		row = used ? address_row(g, destination->gw->slot[slot]) : NULL;
		if (!row)
			continue;
		row->others++;
		row->high = max(row->high, used);
	}
	spin_unlock_bh(&destination->lock);
}

static int no_pause(void *data)
{
	return 0;
}

static const struct natgw_walk address_sessions = {
	.restart = address_restart,
	.each = address_session,
	.pause = no_pause,
};

static const struct natgw_walk address_destinations = {
	.restart = address_destinations_restart,
	.each = address_destination,
	.pause = no_pause,
};

static int gather_addresses(struct gather *g)
{
	const struct natgw_config *config = g->config;
	u32 i;
	int err;

	g->rows.at = kvcalloc(config->n_publics, sizeof(struct natgw_ports_row),
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!g->rows.at)
		return -ENOMEM;
	err = natgw_walk(&g->nn->table.outer, &address_sessions, g);
	if (!err)
		err = natgw_walk(&g->nn->table.destinations, &address_destinations, g);
	if (err)
		return err;
	rcu_read_lock();
	for (i = 0; i < config->n_publics; i++) {
		const struct natgw_public *public = &config->publics[i];
		struct natgw_ports_row *row = row_at(g, i);

		if (!public->gw || (g->query->given & BIT(NATGW_A_PORTS_GATEWAY) &&
				    g->query->gw != public->gw))
			continue;
		row->free = ports_left(public->conf, row->high);
		*row_at(g, g->rows.n++) = *row;
	}
	rcu_read_unlock();
	return 0;
}

/*
 * By destination, and then which hosts use those that are shown.
 */

/**
 * struct destination_use - a session of a destination
 * @row: its number
 * @vnet: with @host
 * @host: inside host
 */
struct destination_use {
	u32 row;
	u32 vnet;
	__be32 host;
};

static unsigned long destination_index(const struct natgw_destination *destination)
{
	/* a number of its own for each: they do not overlap */
	return (unsigned long)destination / sizeof(*destination);
}

static void rows_restart(void *data)
{
	struct gather *g = data;

	g->rows.n = 0;
}

static int rows_pause(void *data)
{
	return rows_room(data);
}

static u32 destination_left(const struct gather *g, const struct natgw_destination *destination)
{
	const struct natgw_pool *pool = &g->config->pools[destination->gw->index];
	u32 left = 0, i;

	for (i = 0; i < pool->n; i++)
		left += ports_left(pool->entry[i].conf,
				   natgw_destination_used(destination, pool->entry[i].slot));
	return left;
}

static void destination_each(void *entry, void *data)
{
	struct natgw_destination *destination = entry;
	struct natgw_ports_row row = {
		.gw = destination->gw,
		.destination = destination,
		.addr = destination->peer,
		.port = destination->peer_port,
		.proto = destination->proto,
	};
	struct gather *g = data;
	bool live;

	if (!destination_asked_for(g, destination))
		return;
	spin_lock_bh(&destination->lock);
	live = !destination->dead && destination->used && destination->gw->running;
	if (live) {
		row.used = destination->used;
		row.cooling = destination->cooling;
		row.high = destination->high;
		row.free = destination_left(g, destination);
	}
	spin_unlock_bh(&destination->lock);
	if (live)
		*(struct natgw_ports_row *)array_push(&g->rows) = row;
}

static void uses_restart(void *data)
{
	struct gather *g = data;

	g->uses.n = 0;
}

static int uses_pause(void *data)
{
	struct gather *g = data;

	return array_room(&g->uses);
}

static void destination_session(void *entry, void *data)
{
	const struct natgw_session *session = entry;
	const struct natgw_tuple *inside = &session->inside;
	const struct natgw_ports_row *row;
	struct destination_use *use;
	struct gather *g = data;
	void *number;

	if (!session_asked_for(g, session))
		return;
	number = xa_load(&g->by_destination, destination_index(session->destination));
	if (!number)
		return;
	row = row_at(g, xa_to_value(number));
	/* it may have gone, and this be another one at its place */
	if (row->gw != session->gw || row->addr != inside->peer || row->proto != inside->proto ||
	    (row->port != inside->peer_port && (row->port || row->proto != IPPROTO_UDP)))
		return;
	use = array_push(&g->uses);
	use->row = xa_to_value(number);
	use->vnet = inside->vnet;
	use->host = inside->host;
}

static int destination_use_cmp(const void *a, const void *b)
{
	const struct destination_use *x = a, *y = b;

	cond_resched();
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	if (x->vnet != y->vnet)
		return x->vnet < y->vnet ? -1 : 1;
	if (x->host != y->host)
		return ntohl(x->host) < ntohl(y->host) ? -1 : 1;
	return 0;
}

static const struct natgw_walk destinations = {
	.restart = rows_restart,
	.each = destination_each,
	.pause = rows_pause,
};

static const struct natgw_walk destination_sessions = {
	.restart = uses_restart,
	.each = destination_session,
	.pause = uses_pause,
};

static int gather_destinations(struct gather *g)
{
	struct destination_use *use;
	u32 i;
	int err;

	/* see destination_left(): a snapshot that was compiled and given up may have changed it */
	for (i = 0; i < g->config->n_gateways; i++)
		g->config->pools[i].gw->index = i;
	err = natgw_walk(&g->nn->table.destinations, &destinations, g);
	if (err)
		return err;
	rows_cut(g);
	for (i = 0; i < g->rows.n; i++) {
		err = xa_err(xa_store(&g->by_destination,
				      destination_index(row_at(g, i)->destination),
				      xa_mk_value(i), GFP_KERNEL_ACCOUNT));
		if (err)
			return err;
		cond_resched();
	}
	g->uses.size = sizeof(*use);
	err = natgw_walk(&g->nn->table.outer, &destination_sessions, g);
	if (err)
		return err;
	use = g->uses.at;
	sort(use, g->uses.n, sizeof(*use), destination_use_cmp, NULL);
	for (i = 0; i < g->uses.n; i++)
		if (!i || destination_use_cmp(&use[i - 1], &use[i]))
			row_at(g, use[i].row)->others++;
	return 0;
}

/*
 * By inside host.
 */

/*
 * A session, or without @destination a host that has @seat; pointers are
 * compared, the first two also kept. @in_block: its port is in the host's block.
 */
struct host_use {
	struct natgw_gateway *gw;
	struct natgw_subnet *subnet;
	const struct natgw_destination *destination;
	__be32 host;
	union {
		u32 seat;
		struct {
			u8 proto;
			bool cools;
			bool in_block;
		};
	};
	u16 vnet;
};

/* RCU; the gateway's index is right, see gather_hosts() */
static const struct natgw_pool *pool_of(const struct gather *g, const struct natgw_gateway *gw)
{
	return &g->config->pools[gw->index];
}

static bool in_block(const struct gather *g, const struct natgw_session *session)
{
	const struct natgw_pool *pool = pool_of(g, session->gw);
	struct natgw_portblock_layout layout;
	u32 seat;
	int place;

	if (pool->allocation == NATGW_ALLOCATION_DYNAMIC)
		return false;
	seat = natgw_host_seat(&g->nn->table, session->gw, &session->inside);
	place = natgw_seat_place(pool, session->public);
	natgw_seat_layout(pool, &layout);
	return place >= 0 && natgw_portblock_holds(&layout, seat, place,
						   ntohs(session->port) - NATGW_PORT_MIN);
}

static void host_session(void *entry, void *data)
{
	const struct natgw_session *session = entry;
	struct host_use *use;
	struct gather *g = data;

	if (!session_asked_for(g, session) || !session->gw->running || !session->subnet->running)
		return;
	use = array_push(&g->uses);
	*use = (struct host_use) {
		.gw = session->gw,
		.subnet = session->subnet,
		.destination = session->destination,
		.host = session->inside.host,
		.vnet = session->inside.vnet,
		.proto = session->inside.proto,
		.cools = session_cools(session),
		.in_block = in_block(g, session),
	};
}

static int host_cmp(const struct host_use *x, const struct host_use *y)
{
	if (x->gw != y->gw)
		return x->gw < y->gw ? -1 : 1;
	if (x->subnet != y->subnet)
		return x->subnet < y->subnet ? -1 : 1;
	if (x->vnet != y->vnet)
		return x->vnet < y->vnet ? -1 : 1;
	if (x->host != y->host)
		return ntohl(x->host) < ntohl(y->host) ? -1 : 1;
	return 0;
}

static int host_use_cmp(const void *a, const void *b)
{
	const struct host_use *x = a, *y = b;
	int cmp = host_cmp(x, y);

	cond_resched();
	if (cmp || x->destination == y->destination)
		return cmp;
	return x->destination < y->destination ? -1 : 1;
}

static const struct natgw_walk host_sessions = {
	.restart = uses_restart,
	.each = host_session,
	.pause = uses_pause,
};

static const struct natgw_vnet_view *view_of(const struct natgw_config *config, u16 vnet)
{
	u32 i;

	for (i = 0; i < config->n_vnets; i++)
		if (config->views[i].id == vnet)
			return &config->views[i];
	return NULL;
}

static void host_restart(void *data)
{
	struct gather *g = data;

	/* after the sessions */
	g->uses.n = g->mark;
}

static void host_each(void *entry, void *data)
{
	const struct natgw_subnet_range *range;
	const struct natgw_vnet_view *view;
	struct natgw_host_info info;
	struct gather *g = data;

	if (!natgw_host_look(entry, &info) || info.seat == NATGW_NO_SEAT || !info.gw->running ||
	    (g->query->given & BIT(NATGW_A_PORTS_GATEWAY) && g->query->gw != info.gw))
		return;
	view = view_of(g->config, info.vnet);
	range = view ? natgw_lookup_subnet(view, info.addr) : NULL;
	if (!range || !range->pool || range->pool->gw != info.gw)
		return;
	*(struct host_use *)array_push(&g->uses) = (struct host_use) {
		.gw = info.gw,
		.subnet = range->subnet,
		.host = info.addr,
		.vnet = info.vnet,
		.seat = info.seat,
	};
}

static const struct natgw_walk hosts = {
	.restart = host_restart,
	.each = host_each,
	.pause = uses_pause,
};

/* Ports of a host's block that its address keeps out of its pool; RCU */
static u32 block_reserved(const struct natgw_pool *pool,
			  const struct natgw_portblock_layout *layout, u32 seat)
{
	const struct natgw_portmap *reserved;
	const struct natgw_pool_entry *entry;
	struct natgw_portblock block;
	u32 n = 0, i;

	for (i = 0; natgw_portblock_get(layout, seat, i, &block); i++) {
		entry = &pool->entry[pool->place[block.place]];
		reserved = rcu_dereference(entry->conf->address->reserved);
		if (reserved)
			n += block.range.n - natgw_portmap_free_in(reserved, &block.range);
	}
	return n;
}

/* What the host may have towards one destination */
static void host_limits(const struct gather *g, struct natgw_ports_row *row, u32 seat)
{
	const struct natgw_pool *pool = pool_of(g, row->gw);
	struct natgw_portblock_layout layout;

	rcu_read_lock();
	natgw_seat_layout(pool, &layout);
	row->free = layout.block - block_reserved(pool, &layout, seat);
	rcu_read_unlock();
	row->has_block = true;
	if (!row->limit || (!layout.floor && layout.block < row->limit))
		row->limit = layout.block;
}

static int host_row(struct gather *g, const struct host_use *use)
{
	struct natgw_ports_row *row;
	int err;

	err = rows_room(g);
	if (err)
		return err;
	row = array_push(&g->rows);
	*row = (struct natgw_ports_row) {
		.gw = use->gw,
		.subnet = use->subnet,
		.addr = use->host,
		.limit = use->gw->host_limit,
	};
	/* the host itself sorts before its sessions */
	if (!use->destination)
		host_limits(g, row, use->seat);
	return 0;
}

static int gather_hosts(struct gather *g)
{
	struct natgw_ports_row *row = NULL;
	const struct host_use *use;
	u32 i, in_block = 0, most = 0;
	int err;

	/* see destination_left() */
	for (i = 0; i < g->config->n_gateways; i++)
		g->config->pools[i].gw->index = i;
	g->uses.size = sizeof(*use);
	err = natgw_walk(&g->nn->table.outer, &host_sessions, g);
	g->mark = g->uses.n;
	/* with one destination asked for, only hosts that use it */
	if (!err && !(g->query->given & (BIT(NATGW_A_PORTS_DST) | BIT(NATGW_A_PORTS_DST_PORT) |
					 BIT(NATGW_A_PORTS_PROTO))))
		err = natgw_walk(&g->nn->table.hosts, &hosts, g);
	if (err)
		return err;
	use = g->uses.at;
	sort(g->uses.at, g->uses.n, sizeof(*use), host_use_cmp, NULL);
	for (i = 0; i < g->uses.n; i++, use++) {
		if (!i || host_cmp(use - 1, use)) {
			err = host_row(g, use);
			if (err)
				return err;
			row = row_at(g, g->rows.n - 1);
			in_block = 0;
			most = 0;
		}
		if (!use->destination)
			continue;
		if (!i || host_use_cmp(use - 1, use)) {
			row->others++;
			in_block = 0;
		}
		in_block += use->in_block;
		/* free for the destination that has most of its ports */
		if (in_block > most && row->free) {
			row->free--;
			most = in_block;
		}
		row_count(row, use->proto, use->cools);
	}
	return 0;
}

/* The snapshot holds all of them, and stays while nn->lock is held. */
static void rows_hold(struct natgw_ports *ports)
{
	u32 i;

	for (i = 0; i < ports->n; i++) {
		natgw_gateway_get(ports->rows[i].gw);
		if (ports->by == NATGW_PORTS_BY_HOST)
			natgw_subnet_get(ports->rows[i].subnet);
	}
}

int natgw_ports_gather(struct natgw_net *nn, const struct natgw_config *config,
		       const struct natgw_ports_query *query, struct natgw_ports *ports,
		       struct netlink_ext_ack *extack)
{
	struct gather g = {
		.nn = nn,
		.config = config,
		.query = query,
		.extack = extack,
		.rows.size = sizeof(struct natgw_ports_row),
	};
	int err;

	lockdep_assert_held(&nn->lock);
	xa_init(&g.by_destination);
	switch (query->by) {
	case NATGW_PORTS_BY_DESTINATION:
		err = gather_destinations(&g);
		break;
	case NATGW_PORTS_BY_HOST:
		err = gather_hosts(&g);
		break;
	default:
		err = gather_addresses(&g);
		break;
	}
	xa_destroy(&g.by_destination);
	kvfree(g.uses.at);
	if (err) {
		kvfree(g.rows.at);
		return err;
	}
	rows_cut(&g);
	ports->rows = g.rows.at;
	ports->n = g.rows.n;
	ports->by = query->by;
	rows_hold(ports);
	return 0;
}

void natgw_ports_free(struct natgw_ports *ports)
{
	u32 i;

	for (i = 0; i < ports->n; i++) {
		natgw_gateway_put(ports->rows[i].gw);
		if (ports->by == NATGW_PORTS_BY_HOST)
			natgw_subnet_put(ports->rows[i].subnet);
	}
	kvfree(ports->rows);
	memset(ports, 0, sizeof(*ports));
}
