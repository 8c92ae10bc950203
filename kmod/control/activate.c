// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the order in which the tables and hooks of a namespace come and go. Called by
 * publish.c for the first object of a namespace, and by main.c as the namespace goes.
 */
#include <linux/rcupdate.h>
#include "control/activate.h"
#include "control/dev.h"
#include "datapath/arp.h"
#include "datapath/direct.h"
#include "datapath/egress.h"
#include "datapath/hook.h"
#include "datapath/offload.h"
#include "packet/source.h"
#include "session/init.h"
#include "snapshot/net.h"

int natgw_net_activate(struct natgw_net *nn, bool forward)
{
	int err;

	lockdep_assert_held(&nn->lock);
	if (nn->active)
		return forward ? natgw_hook_register_forward(nn) : 0;
	err = natgw_source_net_init(nn);
	if (err)
		return err;
	err = natgw_session_net_init(nn);
	if (err)
		goto err_source;
	err = natgw_direct_net_init(&nn->directs, nn->table.budget);
	if (err)
		goto err_session;
	err = natgw_arp_register(nn);
	if (err)
		goto err_direct;
	err = natgw_dev_register(nn);
	if (err)
		goto err_arp;
	err = natgw_egress_register(nn);
	if (err)
		goto err_dev;
	err = natgw_hook_register(nn, forward);
	if (err)
		goto err_egress;
	/* pairs with natgw_net_has_table() */
	smp_store_release(&nn->active, true);
	return 0;

err_egress:
	natgw_egress_unregister(nn);
err_dev:
	natgw_dev_unregister(nn);
err_arp:
	natgw_arp_unregister(nn);
	/* some hooks may have been in place for a moment */
	synchronize_rcu();
err_direct:
	natgw_direct_net_exit(&nn->directs);
err_session:
	natgw_session_net_exit(nn);
err_source:
	natgw_source_net_exit(nn);
	return err;
}

void natgw_net_deactivate(struct natgw_net *nn)
{
	if (!nn->active)
		return;
	natgw_offload_unregister(nn, false);
	natgw_offload_unregister(nn, true);
	natgw_hook_unregister(nn);
	natgw_egress_unregister(nn);
	natgw_dev_unregister(nn);
	natgw_arp_unregister(nn);
}

void natgw_net_release(struct natgw_net *nn)
{
	if (!nn->active)
		return;
	natgw_direct_net_exit(&nn->directs);
	natgw_session_net_exit(nn);
	natgw_source_net_exit(nn);
}
