/* SPDX-License-Identifier: GPL-2.0 */
/* A packet hook at each device of a namespace, whenever it comes. */
#ifndef _NATGW_DATAPATH_DEV_HOOK_H
#define _NATGW_DATAPATH_DEV_HOOK_H

struct natgw_dev_hooks;
struct natgw_net;
struct nf_hook_ops;

/**
 * natgw_dev_hooks_register - put a hook at all devices of a namespace, and at those to come
 * @ops: the hook, but for @dev and @priv, which becomes @nn; the loopback device gets none
 *
 * Context: process, nn->lock held, takes RTNL. Return: 0 or a negative errno, nothing left
 * behind then.
 */
int natgw_dev_hooks_register(struct natgw_net *nn, struct natgw_dev_hooks *hooks,
			     const struct nf_hook_ops *ops);

/**
 * natgw_dev_hooks_unregister - undo it; nothing happens if they are not in place
 *
 * Packets may run in the hooks until a grace period has passed. Context: process, takes RTNL.
 */
void natgw_dev_hooks_unregister(struct natgw_net *nn, struct natgw_dev_hooks *hooks);

/**
 * natgw_dev_hooks_retry - hook the devices for which there was no memory when they came
 *
 * Context: process, nn->lock held, takes RTNL. Return: 0, or a negative errno: try again.
 */
int natgw_dev_hooks_retry(struct natgw_net *nn, struct natgw_dev_hooks *hooks);

#endif
