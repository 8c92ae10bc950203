// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the worker that looks after drains, shared addresses, blocks, clusters and resets. Called
 * by main.c; natgw_maintenance_kick() starts the worker.
 */
#include <linux/minmax.h>
#include <linux/workqueue.h>
#include "control/cluster_run.h"
#include "control/drain_run.h"
#include "control/maintenance.h"
#include "control/reset_run.h"
#include "session/seat_maintenance.h"
#include "session/reserved_ports.h"
#include "snapshot/net.h"

/* 0: no need to look again */
static unsigned long sooner(unsigned long a, unsigned long b)
{
	return a && b ? min(a, b) : a ?: b;
}

static void maintenance_work(struct work_struct *work)
{
	struct natgw_net *nn = container_of(to_delayed_work(work), struct natgw_net, maintenance);
	unsigned long next = 0;

	mutex_lock(&nn->lock);
	next = sooner(next, natgw_drain_run(nn));
	next = sooner(next, natgw_reserved_run(nn));
	next = sooner(next, natgw_seat_run(nn));
	/* behind the drains, which end the sessions that these wait for */
	next = sooner(next, natgw_cluster_run(nn));
	next = sooner(next, natgw_reset_run(nn));
	mutex_unlock(&nn->lock);
	if (next)
		queue_delayed_work(system_unbound_wq, &nn->maintenance, next);
}

void natgw_maintenance_net_init(struct natgw_net *nn)
{
	INIT_DELAYED_WORK(&nn->maintenance, maintenance_work);
}

void natgw_maintenance_net_exit(struct natgw_net *nn)
{
	cancel_delayed_work_sync(&nn->maintenance);
}
