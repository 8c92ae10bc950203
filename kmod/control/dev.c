// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the notifier of devices, and what is done when one comes, goes or moves. Called by
 * main.c and activate.c; the kernel calls the notifier.
 */
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include "control/dev.h"
#include "control/publish.h"
#include "datapath/arp.h"
#include "datapath/dev_hook.h"
#include "datapath/offload.h"
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
		err = natgw_dev_hooks_retry(nn, &nn->egress) ?:
		      natgw_dev_hooks_retry(nn, &nn->ingress[false]) ?:
		      natgw_dev_hooks_retry(nn, &nn->ingress[true]);
	if (!nn->closing && config->n_vnets > 1)
		err = natgw_config_refresh(nn) ?: err;
	mutex_unlock(&nn->lock);
	/* no memory: packets go by the devices as they were until there is some */
	if (err)
		queue_delayed_work(system_unbound_wq, &nn->devices, HZ);
}

static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct natgw_net *nn = container_of(nb, struct natgw_net, dev_notifier);
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (!net_eq(dev_net(dev), nn->net))
		return NOTIFY_DONE;
	natgw_offload_device_event(nn);
	switch (event) {
	case NETDEV_REGISTER:
	case NETDEV_UNREGISTER:
	case NETDEV_CHANGENAME:
	case NETDEV_CHANGEUPPER:
		natgw_devices_kick(nn);
		break;
	/* a device that comes up, or moved to another port of its bond, is announced again */
	case NETDEV_UP:
	case NETDEV_NOTIFY_PEERS:
	case NETDEV_CHANGEADDR:
		natgw_arp_device(nn, dev);
		break;
	}
	return NOTIFY_DONE;
}

int natgw_dev_register(struct natgw_net *nn)
{
	nn->dev_notifier.notifier_call = device_event;
	return register_netdevice_notifier_net(nn->net, &nn->dev_notifier);
}

void natgw_dev_unregister(struct natgw_net *nn)
{
	unregister_netdevice_notifier_net(nn->net, &nn->dev_notifier);
}

void natgw_dev_net_init(struct natgw_net *nn)
{
	INIT_DELAYED_WORK(&nn->devices, dev_work);
}

void natgw_dev_net_exit(struct natgw_net *nn)
{
	cancel_delayed_work_sync(&nn->devices);
}
