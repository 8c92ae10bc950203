// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the moments at which a namespace begins and ceases to watch its sessions. Called by
 * netlink/session_watch.c.
 *
 * A counter is exact because no session has one before each packet is counted: first a snapshot
 * says so, a grace period ends the packets that saw the former one, and only then sessions get
 * counters. It ends in the opposite order.
 */
#include <linux/rcupdate.h>
#include "control/count.h"
#include "control/publish.h"
#include "session/watch.h"
#include "session/watch_ring.h"
#include "snapshot/net.h"

int natgw_count_begin(struct natgw_net *nn, struct netlink_ext_ack *extack)
{
	struct natgw_watch_rings *rings;
	int err;

	lockdep_assert_held(&nn->lock);
	if (natgw_watch_on(&nn->table))
		return 0;
	rings = natgw_watch_rings_new(&nn->table);
	if (!rings)
		return -ENOMEM;
	if (!nn->counts) {
		nn->counts = true;
		err = natgw_config_again(nn, extack);
		if (err) {
			nn->counts = false;
			natgw_watch_rings_free(rings);
			return err;
		}
		synchronize_rcu();
	}
	natgw_watch_begin(&nn->table, rings);
	return 0;
}

int natgw_count_end(struct natgw_net *nn)
{
	int err;

	lockdep_assert_held(&nn->lock);
	if (!nn->counts)
		return 0;
	natgw_watch_end(&nn->table);
	nn->counts = false;
	err = natgw_config_again(nn, NULL);
	if (err)
		nn->counts = true;
	else if (nn->active)
		natgw_watch_forget(&nn->table);
	return err;
}
