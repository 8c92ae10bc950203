// SPDX-License-Identifier: GPL-2.0
/*
 * Owns hooks that sit at devices: one for each of a namespace, also of those that come later.
 * Called by egress.c and offload.c; the kernel calls the notifier.
 */
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "datapath/dev_hook.h"
#include "snapshot/net.h"

/**
 * struct natgw_dev_hook - the hook of one device
 * @ops: hook; its memory outlives the device, since listings of hooks read it under RCU
 * @rcu: frees it
 */
struct natgw_dev_hook {
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

static int add_hook(struct natgw_dev_hooks *hooks, struct net_device *dev)
{
	struct natgw_dev_hook *hook;
	int err;

	ASSERT_RTNL();
	if (dev->flags & IFF_LOOPBACK || xa_load(&hooks->hooks, dev->ifindex))
		return 0;
	hook = kzalloc(sizeof(*hook), GFP_KERNEL_ACCOUNT);
	if (!hook)
		return -ENOMEM;
	hook->ops = hooks->ops;
	hook->ops.dev = dev;
	err = xa_err(xa_store(&hooks->hooks, dev->ifindex, hook, GFP_KERNEL_ACCOUNT));
	if (err) {
		kfree(hook);
		return err;
	}
	err = nf_register_net_hook(dev_net(dev), &hook->ops);
	if (err) {
		xa_erase(&hooks->hooks, dev->ifindex);
		kfree_rcu(hook, rcu);
	}
	return err;
}

static void remove_hook(struct natgw_dev_hooks *hooks, const struct net_device *dev)
{
	struct natgw_dev_hook *hook;

	ASSERT_RTNL();
	hook = xa_load(&hooks->hooks, dev->ifindex);
	/* told again while somebody holds the device, and another one has its index by now */
	if (!hook || hook->ops.dev != dev)
		return;
	xa_erase(&hooks->hooks, dev->ifindex);
	nf_unregister_net_hook(dev_net(dev), &hook->ops);
	kfree_rcu(hook, rcu);
}

/*
 * Adds and removes hooks as devices come and go. While a configuration registers this
 * notifier, want of memory refuses that configuration. A device that comes later is registered
 * without a hook if there is no memory, and the worker of devices tries again.
 */
static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct natgw_dev_hooks *hooks = container_of(nb, struct natgw_dev_hooks, notifier);
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct natgw_net *nn = hooks->ops.priv;
	int err;

	if (!net_eq(dev_net(dev), nn->net))
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_REGISTER:
		err = add_hook(hooks, dev);
		if (err && READ_ONCE(hooks->activator) == current)
			return notifier_from_errno(err);
		if (err) {
			WRITE_ONCE(hooks->missing, true);
			natgw_devices_kick(nn);
		}
		break;
	case NETDEV_UNREGISTER:
		remove_hook(hooks, dev);
		break;
	}
	return NOTIFY_DONE;
}

int natgw_dev_hooks_register(struct natgw_net *nn, struct natgw_dev_hooks *hooks,
			     const struct nf_hook_ops *ops)
{
	int err;

	lockdep_assert_held(&nn->lock);
	xa_init(&hooks->hooks);
	hooks->ops = *ops;
	hooks->ops.priv = nn;
	hooks->missing = false;
	hooks->notifier.notifier_call = device_event;
	WRITE_ONCE(hooks->activator, current);
	err = register_netdevice_notifier_net(nn->net, &hooks->notifier);
	WRITE_ONCE(hooks->activator, NULL);
	if (!err)
		return 0;
	hooks->ops.hook = NULL;
	xa_destroy(&hooks->hooks);
	return err;
}

void natgw_dev_hooks_unregister(struct natgw_net *nn, struct natgw_dev_hooks *hooks)
{
	if (!hooks->ops.hook)
		return;
	/* tells it of all devices as if they went */
	unregister_netdevice_notifier_net(nn->net, &hooks->notifier);
	WARN_ON_ONCE(!xa_empty(&hooks->hooks));
	xa_destroy(&hooks->hooks);
	hooks->ops.hook = NULL;
}

int natgw_dev_hooks_retry(struct natgw_net *nn, struct natgw_dev_hooks *hooks)
{
	struct net_device *dev;
	int err = 0;

	lockdep_assert_held(&nn->lock);
	if (!hooks->ops.hook || !READ_ONCE(hooks->missing))
		return 0;
	rtnl_lock();
	WRITE_ONCE(hooks->missing, false);
	for_each_netdev(nn->net, dev) {
		err = add_hook(hooks, dev);
		if (err) {
			WRITE_ONCE(hooks->missing, true);
			break;
		}
	}
	rtnl_unlock();
	return err;
}
