// SPDX-License-Identifier: GPL-2.0
#include <linux/workqueue.h>
#include "config.h"
#include "drain.h"
#include "net.h"
#include "shared.h"
#include "upkeep.h"

static void upkeep_work(struct work_struct *work)
{
	struct natgw_net *nn = container_of(to_delayed_work(work), struct natgw_net, upkeep);
	unsigned long drain, shared;

	mutex_lock(&nn->lock);
	drain = natgw_drain_run(nn);
	shared = natgw_shared_run(nn);
	mutex_unlock(&nn->lock);
	if (drain && (!shared || drain < shared))
		shared = drain;
	if (shared)
		queue_delayed_work(system_power_efficient_wq, &nn->upkeep, shared);
}

void natgw_upkeep_kick(struct natgw_net *nn)
{
	mod_delayed_work(system_power_efficient_wq, &nn->upkeep, 0);
}

void natgw_upkeep_net_init(struct natgw_net *nn)
{
	INIT_DELAYED_WORK(&nn->upkeep, upkeep_work);
}

void natgw_upkeep_net_exit(struct natgw_net *nn)
{
	cancel_delayed_work_sync(&nn->upkeep);
}
