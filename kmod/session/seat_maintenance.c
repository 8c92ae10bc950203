// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what follows when blocks of ports change: flows that end, seats that are taken
 * back, hosts that move to lower seats. Called by control/, by its worker and as a
 * snapshot is put in force.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include "lib/portblock.h"
#include "session/host.h"
#include "session/reset.h"
#include "session/seat.h"
#include "session/seat_maintenance.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "session/watch.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/tables.h"
#include "snapshot/view.h"

static unsigned int host_hold = 600;
module_param(host_hold, uint, 0644);
MODULE_PARM_DESC(host_hold, "seconds a host without sessions keeps its block of ports (default: 600)");

#define RUN_LEAST	HZ
#define RUN_MOST	(30 * HZ)

static bool seats_end(const struct natgw_gateway_conf *old, const struct natgw_config *config)
{
	const struct natgw_gateway *gw = old->gw;
	u32 i;

	if (old->allocation == NATGW_ALLOCATION_DYNAMIC)
		return false;
	for (i = 0; i < config->n_gateways; i++)
		if (config->gateways[i]->gw == gw)
			return config->gateways[i]->allocation == NATGW_ALLOCATION_DYNAMIC;
	return true;
}

bool natgw_seat_ends(const struct natgw_config *old, const struct natgw_config *config)
{
	u32 i;

	for (i = 0; old->seats && i < old->n_gateways; i++)
		if (seats_end(old->gateways[i], config))
			return true;
	return false;
}

/* What was divided anew is told of here, so that the blocks there are can be asked for */
static void tell_divided(struct natgw_net *nn, struct natgw_gateway *gw)
{
	struct natgw_block_note note = { .type = NATGW_BLOCK_EVENT_CHANGED, .gw = gw };

	spin_lock_bh(&gw->seats.lock);
	note.time = gw->seats.divided;
	WRITE_ONCE(gw->seats.divided, 0);
	spin_unlock_bh(&gw->seats.lock);
	if (note.time && natgw_watch_on(&nn->table))
		natgw_watch_block(&nn->table, &note);
}

void natgw_seat_forget(struct natgw_net *nn, const struct natgw_config *old,
		       const struct natgw_config *config)
{
	struct natgw_seats *seats;
	u32 i;

	lockdep_assert_held(&nn->lock);
	for (i = 0; i < old->n_gateways; i++) {
		if (!seats_end(old->gateways[i], config))
			continue;
		natgw_host_forget(&nn->table, old->gateways[i]->gw);
		seats = &old->gateways[i]->gw->seats;
		spin_lock_bh(&seats->lock);
		WARN_ON_ONCE(seats->known || seats->firm);
		WRITE_ONCE(seats->top, 0);
		seats->cut = false;
		spin_unlock_bh(&seats->lock);
		/* natgw_seat_run() knows it no more, or when it has blocks again */
		tell_divided(nn, old->gateways[i]->gw);
	}
}

/* one session, after blocks became smaller */
static bool cut_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	const struct natgw_config *config = data;
	const struct natgw_seats *seats = &session->gw->seats;
	u32 seat, index = ntohs(session->port) - NATGW_PORT_MIN;
	struct natgw_portblock_layout now;
	const struct natgw_pool *pool;
	int place, state;

	if (!seats->cutting)
		return false;
	pool = natgw_place_pool(config, session->gw);
	if (!pool)
		return false;
	place = natgw_seat_place(pool, session->public);
	seat = natgw_host_seat(table, session->gw, &session->inside);
	if (place < 0 || seat == NATGW_NO_SEAT)
		return false;
	natgw_seat_layout(pool, &now);
	if (!natgw_portblock_holds(&seats->cutting_from, seat, place, index) ||
	    natgw_portblock_holds(&now, seat, place, index))
		return false;
	state = natgw_session_state(session, NULL);
	if (!natgw_session_end(table, session, NATGW_CLOSE_TIER))
		return false;
	if ((state == NATGW_STATE_ESTABLISHED || state == NATGW_STATE_CLOSING) &&
	    READ_ONCE(session->gw->on_idle) == NATGW_ON_IDLE_RESET_BOTH)
		natgw_reset_both(table->nn, session);
	return true;
}

/* Return: a gateway has flows to end */
static bool cut_begin(const struct natgw_config *config)
{
	bool any = false;
	u32 i;

	for (i = 0; i < config->n_gateways; i++) {
		struct natgw_seats *seats = &config->gateways[i]->gw->seats;

		spin_lock_bh(&seats->lock);
		seats->cutting = seats->cut;
		seats->cutting_from = seats->cut_from;
		seats->cut = false;
		spin_unlock_bh(&seats->lock);
		any |= seats->cutting;
	}
	return any;
}

static void cut(struct natgw_net *nn, const struct natgw_config *config)
{
	if (!cut_begin(config))
		return;
	/* packets that saw the older layout have their port by then */
	synchronize_rcu();
	natgw_session_each(&nn->table, cut_one, (void *)config);
}

/* Moves hosts to lower seats, where that makes the blocks of all larger. */
static void close_up(struct natgw_net *nn, const struct natgw_pool *pool)
{
	struct natgw_seats *seats = &pool->gw->seats;
	struct natgw_portblock_layout layout, old;
	u32 near, top;

	spin_lock_bh(&seats->lock);
	natgw_seat_layout(pool, &layout);
	near = natgw_portblock_near(&layout, max(pool->hosts, seats->firm));
	seats->grown = 0;
	spin_unlock_bh(&seats->lock);

	top = natgw_host_close_up(&nn->table, pool, near);

	spin_lock_bh(&seats->lock);
	top = max(top, seats->grown);
	WRITE_ONCE(seats->top, top);
	old = layout;
	natgw_seat_layout(pool, &layout);
	if (!seats->divided && !natgw_portblock_same(&old, &layout))
		WRITE_ONCE(seats->divided, ktime_get_coarse_real_ns());
	spin_unlock_bh(&seats->lock);
}

unsigned long natgw_seat_run(struct natgw_net *nn)
{
	const struct natgw_config *config =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	unsigned long hold = (unsigned long)READ_ONCE(host_hold) * HZ;
	u32 i;

	if (!config->seats)
		return 0;
	cut(nn, config);
	natgw_host_reap(&nn->table, hold);
	for (i = 0; i < config->n_gateways; i++) {
		if (config->gateways[i]->allocation == NATGW_ALLOCATION_DYNAMIC)
			continue;
		close_up(nn, &config->pools[i]);
		tell_divided(nn, config->gateways[i]->gw);
	}
	return clamp(hold / 8, (unsigned long)RUN_LEAST, (unsigned long)RUN_MOST);
}
