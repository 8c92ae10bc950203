/* SPDX-License-Identifier: GPL-2.0 */
/* Hooks and tables of a namespace, from its first object on. */
#ifndef _NATGW_CONTROL_ACTIVATE_H
#define _NATGW_CONTROL_ACTIVATE_H

#include <linux/types.h>

struct natgw_net;

/**
 * natgw_net_activate - put hooks and session table in place, once
 * @nn: namespace, @nn->lock held
 * @forward: the hook in FORWARD too, see natgw_hook_register_forward()
 *
 * Return: 0 or a negative errno, nothing left behind then.
 */
int natgw_net_activate(struct natgw_net *nn, bool forward);

/** natgw_net_deactivate - packets leave the hooks by the next grace period; may sleep */
void natgw_net_deactivate(struct natgw_net *nn);

/** natgw_net_release - drop the tables, a grace period later */
void natgw_net_release(struct natgw_net *nn);

#endif
