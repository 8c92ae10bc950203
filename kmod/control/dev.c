// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include "control/dev.h"
#include "snapshot/config.h"
#include "snapshot/net.h"

/* Looked at under nn->lock: a vnet that is being added sees the devices itself. */
static void dev_work(struct work_struct *work)
{
	struct natgw_net *nn = container_of(to_delayed_work(work), struct natgw_net, devices);
	const struct natgw_config *config;
	int err = 0;

	mutex_lock(&nn->lock);
	config = rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	/* closing: a FORWARD hook that it brings would not be taken away again */
	if (!nn->closing && nn->active)
		err = natgw_egress_retry(nn);
	if (!nn->closing && config->n_vnets > 1)
		err = natgw_config_refresh(nn) ?: err;
	mutex_unlock(&nn->lock);
	/* no memory: packets go by the devices as they were until there is some */
	if (err)
		queue_delayed_work(system_unbound_wq, &nn->devices, HZ);
}

void natgw_dev_changed(struct natgw_net *nn, unsigned long event)
{
	switch (event) {
	case NETDEV_REGISTER:
	case NETDEV_UNREGISTER:
	case NETDEV_CHANGENAME:
	case NETDEV_CHANGEUPPER:
		mod_delayed_work(system_unbound_wq, &nn->devices, 0);
	}
}

void natgw_dev_net_init(struct natgw_net *nn)
{
	INIT_DELAYED_WORK(&nn->devices, dev_work);
}

void natgw_dev_net_exit(struct natgw_net *nn)
{
	cancel_delayed_work_sync(&nn->devices);
}
