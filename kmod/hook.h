/* SPDX-License-Identifier: GPL-2.0 */
/* The netfilter hooks. */
#ifndef _NATGW_HOOK_H
#define _NATGW_HOOK_H

struct natgw_net;

/** natgw_hook_register - hooks and defragmentation of a namespace; 0 or a negative errno */
int natgw_hook_register(struct natgw_net *nn);

/**
 * natgw_hook_register_forward - the hook in FORWARD, once
 *
 * Only what is steered or comes back into a VRF needs it, and all packets pay
 * for it. Context: nn->lock held. Return: 0 or a negative errno.
 */
int natgw_hook_register_forward(struct natgw_net *nn);

/** natgw_hook_unregister - undo it; packets may run in the hooks until a grace period has passed */
void natgw_hook_unregister(struct natgw_net *nn);

#endif
