// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the same count by inside host. Called by ports.c.
 */
#include <linux/natgw.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include "lib/portblock.h"
#include "lib/portmap.h"
#include "lib/walk.h"
#include "netlink/port_usage.h"
#include "netlink/ports.h"
#include "session/destination.h"
#include "session/host.h"
#include "session/seat.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/view.h"

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

static bool in_block(const struct natgw_usage *g, const struct natgw_session *session)
{
	const struct natgw_pool *pool = natgw_place_pool(g->config, session->gw);
	struct natgw_portblock_layout layout;
	u32 seat;
	int place;

	if (!pool || pool->allocation == NATGW_ALLOCATION_DYNAMIC)
		return false;
	seat = natgw_host_seat(&g->nn->table, session->gw, &session->inside);
	place = natgw_seat_place(pool, session->public);
	natgw_seat_layout(pool, &layout);
	return place >= 0 && natgw_portblock_holds(&layout, seat, place,
						   ntohs(session->port) - NATGW_PORT_MIN);
}

static void host_session(struct natgw_node *node, void *data)
{
	const struct natgw_session *session = natgw_session_of_node(node);
	struct host_use *use;
	struct natgw_usage *g = data;

	if (!natgw_usage_wants(g, session) || natgw_place_find(g->config, session->gw) < 0 ||
	    !natgw_place_subnet(g->config, session->subnet))
		return;
	use = natgw_usage_push(&g->uses);
	*use = (struct host_use) {
		.gw = session->gw,
		.subnet = session->subnet,
		.destination = session->destination,
		.host = session->inside.host,
		.vnet = session->inside.vnet,
		.proto = session->inside.proto,
		.cools = natgw_usage_cools(session),
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
	.each = host_session,
	.pause = natgw_usage_uses_pause,
};

static const struct natgw_vnet_view *view_of(const struct natgw_config *config, u16 vnet)
{
	u32 i;

	for (i = 0; i < config->n_vnets; i++)
		if (config->views[i].id == vnet)
			return &config->views[i];
	return NULL;
}

static void host_each(struct natgw_node *node, void *data)
{
	const struct natgw_subnet_range *range;
	const struct natgw_vnet_view *view;
	struct natgw_host_info info;
	struct natgw_usage *g = data;

	if (!natgw_host_look(node, &info) || info.seat == NATGW_NO_SEAT ||
	    (g->query->given & BIT(NATGW_A_PORTS_GATEWAY) && g->query->gw != info.gw))
		return;
	view = view_of(g->config, info.vnet);
	range = view ? natgw_lookup_subnet(view, info.addr) : NULL;
	if (!range || !range->pool || range->pool->gw != info.gw)
		return;
	*(struct host_use *)natgw_usage_push(&g->uses) = (struct host_use) {
		.gw = info.gw,
		.subnet = range->subnet,
		.host = info.addr,
		.vnet = info.vnet,
		.seat = info.seat,
	};
}

static const struct natgw_walk hosts = {
	.each = host_each,
	.pause = natgw_usage_uses_pause,
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
static void host_limits(const struct natgw_usage *g, struct natgw_ports_row *row, u32 seat)
{
	const struct natgw_pool *pool = natgw_place_pool(g->config, row->gw);
	struct natgw_portblock_layout layout;

	rcu_read_lock();
	natgw_seat_layout(pool, &layout);
	row->free = layout.block - block_reserved(pool, &layout, seat);
	rcu_read_unlock();
	row->has_block = true;
	row->seat = seat;
	if (!row->limit || (!layout.floor && layout.block < row->limit))
		row->limit = layout.block;
}

static int host_row(struct natgw_usage *g, const struct host_use *use)
{
	struct natgw_ports_row *row;
	int err;

	err = natgw_usage_rows_room(g);
	if (err)
		return err;
	row = natgw_usage_push(&g->rows);
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

int natgw_usage_hosts(struct natgw_usage *g)
{
	struct natgw_ports_row *row = NULL;
	const struct host_use *use;
	u32 i, in_block = 0, most = 0;
	int err;

	g->uses.size = sizeof(*use);
	err = natgw_walk_table(&g->nn->table.outer, &host_sessions, g);
	/* with one destination asked for, only hosts that use it */
	if (!err && !(g->query->given & (BIT(NATGW_A_PORTS_DST) | BIT(NATGW_A_PORTS_DST_PORT) |
					 BIT(NATGW_A_PORTS_PROTO))))
		err = natgw_walk_table(&g->nn->table.hosts, &hosts, g);
	if (err)
		return err;
	use = g->uses.at;
	sort(g->uses.at, g->uses.n, sizeof(*use), host_use_cmp, NULL);
	for (i = 0; i < g->uses.n; i++, use++) {
		if (!i || host_cmp(use - 1, use)) {
			err = host_row(g, use);
			if (err)
				return err;
			row = natgw_usage_row(g, g->rows.n - 1);
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
		natgw_usage_count(row, use->proto, use->cools);
	}
	return 0;
}
