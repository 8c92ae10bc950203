// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the moment at which what clusters have left goes: it publishes a snapshot
 * without it. Called by maintenance.c.
 */
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include "config/cluster.h"
#include "control/cluster_run.h"
#include "control/publish.h"
#include "snapshot/config.h"
#include "snapshot/net.h"

unsigned long natgw_cluster_run(struct natgw_net *nn)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	u64 now = get_jiffies_64();
	struct natgw_config *config;

	if (!running || !running->retired || nn->closing)
		return 0;
	/* a new generation would refuse an open transaction's commit: it is not urgent */
	if (!natgw_cluster_is_ripe(running, now) || nn->transactions.open)
		return HZ;
	/* packets that still see an older snapshot may be opening sessions */
	synchronize_rcu();
	config = natgw_config_clone(nn);
	if (!config)
		return HZ;
	if (natgw_cluster_reap(config, now))
		natgw_config_free(config);
	else
		natgw_config_publish(nn, config, NULL);
	return HZ;
}
