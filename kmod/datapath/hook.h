/* SPDX-License-Identifier: GPL-2.0 */
/* The netfilter hooks. */
#ifndef _NATGW_DATAPATH_HOOK_H
#define _NATGW_DATAPATH_HOOK_H

struct natgw_config;
struct natgw_net;
struct net_device;

/**
 * natgw_hook_register - hooks and defragmentation of a namespace
 * @nn: namespace, @nn->lock held
 * @forward: the hook in FORWARD too
 *
 * Return: 0 or a negative errno, no hook is left then.
 */
int natgw_hook_register(struct natgw_net *nn, bool forward);

/**
 * natgw_hook_register_forward - the hook in FORWARD, once
 *
 * Only what is steered or comes back into a VRF needs it, and all packets pay
 * for it. Context: nn->lock held. Return: 0 or a negative errno.
 */
int natgw_hook_register_forward(struct natgw_net *nn);

/** natgw_hook_unregister - undo it; packets may run in the hooks until a grace period has passed */
void natgw_hook_unregister(struct natgw_net *nn);

/**
 * natgw_hook_refuses_ipv6 - does a device lead to a subnet with "ipv6 drop"?
 * @config: snapshot
 * @dev: device that an IPv6 packet came in by
 *
 * Context: RCU read side.
 */
bool natgw_hook_refuses_ipv6(const struct natgw_config *config, const struct net_device *dev);

#endif
