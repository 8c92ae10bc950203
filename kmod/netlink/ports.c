// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the count of who uses how many ports. Called by ports_nl.c.
 */
#include <linux/in.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/xarray.h>
#include "lib/extack.h"
#include "lib/portblock.h"
#include "lib/walk.h"
#include "netlink/port_usage.h"
#include "netlink/ports.h"
#include "session/destination.h"
#include "session/destination_count.h"
#include "session/headroom.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

/* most rows of one answer: 80 MiB */
#define ROWS_MAX	1048576
/* from so many rows on, rows that cannot be among the top are dropped during the walk */
#define ROWS_MANY	65536

static int usage_array_room(struct natgw_usage_array *array)
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

static bool asked_for(const struct natgw_ports_query *query, const struct natgw_gateway *gw,
		      __be32 dst, __be16 dst_port, u8 proto)
{
	return (!(query->given & BIT(NATGW_A_PORTS_GATEWAY)) || query->gw == gw) &&
	       (!(query->given & BIT(NATGW_A_PORTS_DST)) || query->dst == dst) &&
	       (!(query->given & BIT(NATGW_A_PORTS_DST_PORT)) ||
		query->dst_port == ntohs(dst_port)) &&
	       (!(query->given & BIT(NATGW_A_PORTS_PROTO)) || query->proto == proto);
}

bool natgw_usage_wants(const struct natgw_usage *g, const struct natgw_session *session)
{
	const struct natgw_tuple *inside = &session->inside;

	return natgw_session_ready(session) &&
	       asked_for(g->query, session->gw, inside->peer, inside->peer_port, inside->proto);
}

static bool destination_asked_for(const struct natgw_usage *g,
				  const struct natgw_destination *destination)
{
	return asked_for(g->query, destination->gw, destination->peer, destination->peer_port,
			 destination->proto);
}

/* one whose time is over holds its port until the wheel gets there */
bool natgw_usage_cools(const struct natgw_session *session)
{
	int state = natgw_session_state(session, NULL);

	return state < 0 || state == NATGW_STATE_COOLING;
}

void natgw_usage_count(struct natgw_ports_row *row, u8 proto, bool cools)
{
	row->used++;
	row->cooling += cools;
	row->by_proto[natgw_l4_row(proto)]++;
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

static void rows_cut(struct natgw_usage *g)
{
	sort(g->rows.at, g->rows.n, sizeof(struct natgw_ports_row), row_cmp, NULL);
	if (g->query->top)
		g->rows.n = min(g->rows.n, g->query->top);
}

int natgw_usage_rows_room(struct natgw_usage *g)
{
	struct natgw_usage_array *rows = &g->rows;

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
	return usage_array_room(rows);
}

/* ports of a public IP free for a destination that uses so many of them; RCU */
static u32 ports_left(const struct natgw_config *config, const struct natgw_address_conf *conf,
		      u32 used)
{
	const struct natgw_gateway_conf *gw =
		config->gateways[natgw_place_find(config, conf->gw)];
	u32 ports = natgw_reserved_ports(conf, natgw_portblock_usable(gw->allocation));

	if (conf->drain_end || natgw_config_drain_end(config, gw->drain_end))
		return 0;
	if (gw->destination_limit)
		ports = min(ports, gw->destination_limit);
	return ports > used ? ports - used : 0;
}

static u32 per_cent(u32 used, u32 ports)
{
	return ports ? min_t(u64, div_u64((u64)used * 100, ports), 100) : 0;
}

/* natgw_walk_table() over the destinations that are watched, which are few */
static int walk_watched(struct natgw_usage *g, const struct natgw_walk *walk)
{
	struct natgw_destination *destination;
	unsigned long id = 0;
	int err;

	for (;; id++) {
		err = walk->pause(g);
		if (err)
			return err;
		rcu_read_lock();
		destination = xa_find(&g->nn->table.watched, &id, ULONG_MAX, XA_PRESENT);
		if (destination)
			walk->each(&destination->node, g);
		rcu_read_unlock();
		if (!destination)
			return 0;
		cond_resched();
	}
}

/*
 * By public IP. Rows are numbered as the snapshot's table of public IPs.
 */

static struct natgw_ports_row *address_row(const struct natgw_usage *g, __be32 addr)
{
	const struct natgw_public *public = natgw_lookup_public(g->config, addr);

	return public ? natgw_usage_row(g, public - g->config->publics) : NULL;
}

static void address_session(struct natgw_node *node, void *data)
{
	const struct natgw_session *session = natgw_session_of_node(node);
	struct natgw_ports_row *row;
	struct natgw_usage *g = data;

	if (!natgw_usage_wants(g, session))
		return;
	row = address_row(g, session->public);
	if (row)
		natgw_usage_count(row, session->inside.proto, natgw_usage_cools(session));
}

/* How full one is, when it will be full, and whether it is near that; locked */
static void destination_fill(const struct natgw_usage *g,
			     const struct natgw_destination *destination,
			     const struct natgw_pool *pool, struct natgw_fill *fill, u32 *seconds,
			     bool *near)
{
	*seconds = 0;
	*near = false;
	if (!pool || !destination->warm || destination->dead) {
		memset(fill, 0, sizeof(*fill));
		return;
	}
	natgw_headroom_fill(&g->nn->table, destination, pool, fill);
	*seconds = natgw_headroom_seconds(destination, fill);
	*near = destination->warm->headroom.told;
}

static void address_destination(struct natgw_node *node, void *data)
{
	struct natgw_destination *destination = natgw_destination_of_node(node);
	const struct natgw_pool *pool;
	struct natgw_ports_row *row;
	struct natgw_usage *g = data;
	struct natgw_fill fill;
	u32 used, seconds, i;
	bool near;

	if (!destination_asked_for(g, destination))
		return;
	pool = natgw_place_pool(g->config, destination->gw);
	spin_lock_bh(&destination->lock);
	destination_fill(g, destination, pool, &fill, &seconds, &near);
	for (i = 0; pool && !destination->dead && i < pool->n; i++) {
		used = natgw_destination_used(destination, pool->entry[i].slot);
		row = used ? address_row(g, pool->entry[i].addr) : NULL;
		if (!row)
			continue;
		row->others++;
		row->high = max(row->high, used);
		row->near |= near;
		if (seconds && (!row->seconds || seconds < row->seconds))
			row->seconds = seconds;
		if (g->query->watched)
			row->used += used;
	}
	spin_unlock_bh(&destination->lock);
}

static int no_pause(void *data)
{
	return 0;
}

static const struct natgw_walk address_sessions = {
	.each = address_session,
	.pause = no_pause,
};

static const struct natgw_walk address_destinations = {
	.each = address_destination,
	.pause = no_pause,
};

static int gather_addresses(struct natgw_usage *g)
{
	const struct natgw_config *config = g->config;
	u32 i;
	int err;

	g->rows.at = kvcalloc(config->n_publics, sizeof(struct natgw_ports_row),
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!g->rows.at)
		return -ENOMEM;
	for (i = 0; i < config->n_publics; i++) {
		natgw_usage_row(g, i)->gw = config->publics[i].gw;
		natgw_usage_row(g, i)->addr = htonl(config->publics[i].addr);
	}
	if (g->query->watched) {
		err = walk_watched(g, &address_destinations);
	} else {
		err = natgw_walk_table(&g->nn->table.outer, &address_sessions, g);
		if (!err)
			err = natgw_walk_table(&g->nn->table.destinations, &address_destinations,
					       g);
	}
	if (err)
		return err;
	rcu_read_lock();
	for (i = 0; i < config->n_publics; i++) {
		const struct natgw_public *public = &config->publics[i];
		struct natgw_ports_row *row = natgw_usage_row(g, i);

		if (!public->gw || (g->query->given & BIT(NATGW_A_PORTS_GATEWAY) &&
				    g->query->gw != public->gw))
			continue;
		row->free = ports_left(config, public->conf, row->high);
		row->filled = per_cent(row->high, row->high + row->free);
		*natgw_usage_row(g, g->rows.n++) = *row;
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

static int rows_pause(void *data)
{
	return natgw_usage_rows_room(data);
}

static u32 destination_left(const struct natgw_usage *g,
			    const struct natgw_destination *destination,
			    const struct natgw_pool *pool)
{
	u32 left = 0, i;

	for (i = 0; i < pool->n; i++)
		left += ports_left(g->config, pool->entry[i].conf,
				   natgw_destination_used(destination, pool->entry[i].slot));
	return left;
}

static void destination_each(struct natgw_node *node, void *data)
{
	struct natgw_destination *destination = natgw_destination_of_node(node);
	struct natgw_ports_row row = {
		.gw = destination->gw,
		.destination = destination,
		.addr = destination->peer,
		.port = destination->peer_port,
		.proto = destination->proto,
	};
	const struct natgw_pool *pool;
	struct natgw_usage *g = data;
	struct natgw_fill fill;
	bool live;

	if (!destination_asked_for(g, destination))
		return;
	pool = natgw_place_pool(g->config, destination->gw);
	spin_lock_bh(&destination->lock);
	live = pool && !destination->dead && destination->used;
	if (live) {
		row.used = destination->used;
		row.cooling = destination->cooling;
		row.high = destination->high;
		row.free = destination_left(g, destination, pool);
		destination_fill(g, destination, pool, &fill, &row.seconds, &row.near);
		if (row.near) {
			row.host = destination->warm->headroom.host;
			row.host_used = destination->warm->headroom.host_used;
		}
		row.filled = fill.ports ? per_cent(fill.used, fill.ports) :
			     per_cent(row.used, row.used + row.free);
	}
	spin_unlock_bh(&destination->lock);
	if (live)
		*(struct natgw_ports_row *)natgw_usage_push(&g->rows) = row;
}

int natgw_usage_uses_pause(void *data)
{
	struct natgw_usage *g = data;

	return usage_array_room(&g->uses);
}

static void destination_session(struct natgw_node *node, void *data)
{
	const struct natgw_session *session = natgw_session_of_node(node);
	const struct natgw_tuple *inside = &session->inside;
	const struct natgw_ports_row *row;
	struct destination_use *use;
	struct natgw_usage *g = data;
	void *number;

	if (!natgw_usage_wants(g, session))
		return;
	number = xa_load(&g->by_destination, destination_index(session->destination));
	if (!number)
		return;
	row = natgw_usage_row(g, xa_to_value(number));
	/* it may have gone, and this be another one at its place */
	if (row->gw != session->gw || row->addr != inside->peer || row->proto != inside->proto ||
	    (row->port != inside->peer_port && (row->port || !natgw_l4(row->proto)->by_address)))
		return;
	use = natgw_usage_push(&g->uses);
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
	.each = destination_each,
	.pause = rows_pause,
};

static const struct natgw_walk destination_sessions = {
	.each = destination_session,
	.pause = natgw_usage_uses_pause,
};

static int gather_destinations(struct natgw_usage *g)
{
	struct destination_use *use;
	u32 i;
	int err;

	if (g->query->watched)
		err = walk_watched(g, &destinations);
	else
		err = natgw_walk_table(&g->nn->table.destinations, &destinations, g);
	if (err)
		return err;
	rows_cut(g);
	/* who uses them takes a walk over the sessions */
	if (g->query->watched)
		return 0;
	for (i = 0; i < g->rows.n; i++) {
		err = xa_err(xa_store(&g->by_destination,
				      destination_index(natgw_usage_row(g, i)->destination),
				      xa_mk_value(i), GFP_KERNEL_ACCOUNT));
		if (err)
			return err;
		cond_resched();
	}
	g->uses.size = sizeof(*use);
	err = natgw_walk_table(&g->nn->table.outer, &destination_sessions, g);
	if (err)
		return err;
	use = g->uses.at;
	sort(use, g->uses.n, sizeof(*use), destination_use_cmp, NULL);
	for (i = 0; i < g->uses.n; i++)
		if (!i || destination_use_cmp(&use[i - 1], &use[i]))
			natgw_usage_row(g, use[i].row)->others++;
	return 0;
}

/* They are in the snapshot, which is held. */
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
	struct natgw_usage g = {
		.nn = nn,
		.config = config,
		.query = query,
		.extack = extack,
		.rows.size = sizeof(struct natgw_ports_row),
	};
	int err;

	xa_init(&g.by_destination);
	switch (query->by) {
	case NATGW_PORTS_BY_DESTINATION:
		err = gather_destinations(&g);
		break;
	case NATGW_PORTS_BY_HOST:
		err = natgw_usage_hosts(&g);
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
	ports->watched = query->watched;
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
