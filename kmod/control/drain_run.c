// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the clock of what drains: it ends sessions whose time is over. Called by maintenance.c.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include "control/drain_run.h"
#include "lib/clock.h"
#include "session/reset.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"

#define LATE	(2 * HZ)	/* more than a packet can be under way with an older snapshot */

static void drain_see(struct natgw_drain *drain, u32 created)
{
	if (drain->known && !natgw_clock_after(drain->oldest, created))
		return;
	WRITE_ONCE(drain->oldest, created);
	WRITE_ONCE(drain->known, true);
}

/* Return: the session's time is over because of this object */
static bool drain_one(u64 end, u64 now, struct natgw_drain *drain, u32 created)
{
	if (!end)
		return false;
	drain_see(drain, created);
	return end <= now;
}

/**
 * struct natgw_drain_look - one look at all sessions
 * @config: running snapshot
 * @now: jiffies, 64 bits
 */
struct natgw_drain_look {
	const struct natgw_config *config;
	u64 now;
};

static bool drain_session(struct natgw_table *table, struct natgw_session *session, void *data)
{
	u32 created = READ_ONCE(session->created);
	const struct natgw_drain_look *look = data;
	const struct natgw_subnet_conf *subnet;
	u64 now = look->now;
	bool over, resets;

	/* what is running stays: nn->lock is held */
	over = drain_one(natgw_config_drain_end(look->config, session->gw->running->drain_end), now,
			 &session->gw->drain, created);
	over |= drain_one(session->address->running->drain_end, now, &session->address->drain,
			  created);
	subnet = session->subnet->running;
	over |= drain_one(subnet->drain_end, now, &session->subnet->drain, created);
	over |= subnet->left_end && subnet->left_end <= now &&
		session->gw != natgw_subnet_way(subnet);
	if (!over)
		return false;
	resets = natgw_l4(session->inside.proto)->resets &&
		 READ_ONCE(session->end) == NATGW_END_NONE;
	if (!natgw_session_end(table, session, NATGW_CLOSE_DRAIN))
		return false;
	/* freed by RCU, and this runs in its read side */
	if (resets && READ_ONCE(session->gw->on_idle) == NATGW_ON_IDLE_RESET_BOTH)
		natgw_reset_both(table->nn, session);
	return true;
}

/*
 * The next thing to do for an object: to end its sessions, or to look at them again. When its time
 * is over all have just been ended, and no more come but by packets that were under way.
 */
static void drain_next(u64 end, u64 now, unsigned long *next)
{
	if (!end || end + LATE < now)
		return;
	*next = min_t(u64, *next ?: HZ, end > now ? end - now : HZ);
}

unsigned long natgw_drain_run(struct natgw_net *nn)
{
	const struct natgw_config *config =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	struct natgw_drain_look look = { .config = config, .now = get_jiffies_64() };
	unsigned long next = 0;
	u64 now = look.now;
	u32 i;

	if (!config || !config->drains)
		return 0;
	for (i = 0; i < config->n_gateways; i++) {
		WRITE_ONCE(config->gateways[i]->gw->drain.known, false);
		drain_next(natgw_config_drain_end(config, config->gateways[i]->drain_end), now,
			   &next);
	}
	for (i = 0; i < config->n_addresses; i++) {
		WRITE_ONCE(config->addresses[i]->address->drain.known, false);
		drain_next(config->addresses[i]->drain_end, now, &next);
	}
	for (i = 0; i < config->n_subnets; i++) {
		WRITE_ONCE(config->subnets[i]->subnet->drain.known, false);
		drain_next(config->subnets[i]->drain_end, now, &next);
		drain_next(config->subnets[i]->left_end, now, &next);
	}
	natgw_session_each(&nn->table, drain_session, &look);
	return next;
}
