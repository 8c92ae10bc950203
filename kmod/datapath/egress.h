/* SPDX-License-Identifier: GPL-2.0 */
/* The last look at packets, where a device takes them over. */
#ifndef _NATGW_EGRESS_H
#define _NATGW_EGRESS_H

#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct natgw_net;

/**
 * struct natgw_egress - the guards of one namespace's devices
 * @guards: struct natgw_guard by index of the device; under RTNL
 * @notifier: devices that come and go
 * @activator: task that puts the first guards in place, or NULL
 * @missing: a device has none: there was no memory; under RTNL, READ_ONCE() by others
 */
struct natgw_egress {
	struct xarray guards;
	struct notifier_block notifier;
	struct task_struct *activator;
	bool missing;
};

/**
 * natgw_egress_register - guard all devices of a namespace, and those that will come
 *
 * Context: process, takes RTNL. Return: 0 or a negative errno, nothing left behind then.
 */
int natgw_egress_register(struct natgw_net *nn);

/**
 * natgw_egress_unregister - undo it
 *
 * Packets may run in the hooks until a grace period has passed. Context: process, takes RTNL.
 */
void natgw_egress_unregister(struct natgw_net *nn);

/**
 * natgw_egress_retry - guard the devices for which there was no memory when they came
 *
 * Context: process, nn->lock held, takes RTNL. Return: 0, or a negative errno: try again.
 */
int natgw_egress_retry(struct natgw_net *nn);

#endif
