// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the order in which the module and its namespaces start and stop. Called by the
 * kernel.
 */
#include <linux/module.h>
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <net/genetlink.h>
#include "control/activate.h"
#include "control/dev.h"
#include "control/publish.h"
#include "control/maintenance.h"
#include "datapath/direct.h"
#include "datapath/hold.h"
#include "lib/budget.h"
#include "netlink/exhaustion_ntf.h"
#include "netlink/headroom_ntf.h"
#include "netlink/netlink.h"
#include "netlink/notify.h"
#include "netlink/session_watch.h"
#include "netlink/transaction.h"
#include "session/init.h"
#include "session/reserved_ports.h"
#include "session/watch.h"
#include "snapshot/net.h"
#include "snapshot/stats.h"

static int __net_init net_init(struct net *net)
{
	struct natgw_net *nn = natgw_pernet(net);
	int err;

	nn->net = net;
	nn->table.nn = nn;
	mutex_init(&nn->lock);
	natgw_transaction_net_init(nn);
	natgw_maintenance_net_init(nn);
	natgw_dev_net_init(nn);
	natgw_exhaustion_net_init(nn);
	natgw_headroom_net_init(nn);
	natgw_session_watch_net_init(nn);
	nn->stats = alloc_percpu_gfp(struct natgw_stats, GFP_KERNEL_ACCOUNT);
	if (!nn->stats)
		return -ENOMEM;
	err = natgw_config_net_init(nn);
	if (err)
		goto err_stats;
	err = natgw_hold_begin(nn);
	if (err)
		goto err_config;
	return 0;

err_config:
	natgw_config_release(nn);
err_stats:
	free_percpu(nn->stats);
	return err;
}

/*
 * Between pre_exit and exit the core waits a grace period: packets leave the
 * hooks, and nothing can find the namespace any more.
 */
static void __net_exit net_pre_exit(struct net *net)
{
	struct natgw_net *nn = natgw_pernet(net);

	natgw_transaction_net_exit(nn);
	mutex_lock(&nn->lock);
	nn->closing = true;
	natgw_hold_end(nn);
	mutex_unlock(&nn->lock);
	natgw_session_watch_net_pre_exit(nn);
	natgw_net_deactivate(nn);
	/* the notifier is told of all devices as it goes */
	natgw_dev_net_exit(nn);
}

static void __net_exit net_exit(struct net *net)
{
	struct natgw_net *nn = natgw_pernet(net);

	/* no packet can queue them any more */
	natgw_maintenance_net_exit(nn);
	natgw_exhaustion_net_exit(nn);
	natgw_headroom_net_exit(nn);
	natgw_net_release(nn);
	natgw_session_watch_net_exit(nn);
	/* after the sessions, which point into its objects */
	natgw_config_release(nn);
	natgw_reserved_net_exit(nn);
	free_percpu(nn->stats);
}

static struct pernet_operations natgw_net_ops = {
	.init		= net_init,
	.pre_exit	= net_pre_exit,
	.exit		= net_exit,
	.id		= &natgw_net_id,
	.size		= sizeof(struct natgw_net),
};

static int __init natgw_init(void)
{
	int err;

	err = natgw_budget_module_init();
	if (err)
		return err;
	err = natgw_session_module_init();
	if (err)
		goto err_budget;
	err = natgw_direct_module_init();
	if (err)
		goto err_session;
	err = natgw_publish_module_init(&natgw_notify_ops);
	if (err)
		goto err_direct;
	natgw_watch_module_init(&natgw_session_watch_ops);
	err = register_pernet_subsys(&natgw_net_ops);
	if (err)
		goto err_config;
	err = natgw_transaction_module_init();
	if (err)
		goto err_pernet;
	err = natgw_session_watch_module_init();
	if (err)
		goto err_transaction;
	/* last: from here on requests come */
	err = natgw_netlink_module_init();
	if (err)
		goto err_watch;
	return 0;

err_watch:
	natgw_session_watch_module_exit();
err_transaction:
	natgw_transaction_module_exit();
err_pernet:
	unregister_pernet_subsys(&natgw_net_ops);
err_config:
	natgw_publish_module_exit();
err_direct:
	rcu_barrier();
	natgw_direct_module_exit();
err_session:
	rcu_barrier();
	natgw_session_module_exit();
err_budget:
	natgw_budget_module_exit();
	return err;
}

static void __exit natgw_exit(void)
{
	natgw_netlink_module_exit();
	natgw_session_watch_module_exit();
	natgw_transaction_module_exit();
	unregister_pernet_subsys(&natgw_net_ops);
	natgw_publish_module_exit();
	/* sessions and objects that wait for their grace period run our code */
	rcu_barrier();
	natgw_direct_module_exit();
	natgw_session_module_exit();
	natgw_budget_module_exit();
}

module_init(natgw_init);
module_exit(natgw_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Cloud NAT gateway");
MODULE_VERSION(NATGW_VERSION);
MODULE_ALIAS_GENL_FAMILY(NATGW_GENL_NAME);
