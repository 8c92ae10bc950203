/* SPDX-License-Identifier: GPL-2.0 */
/* The last look at packets, where a device takes them over. */
#ifndef _NATGW_DATAPATH_EGRESS_H
#define _NATGW_DATAPATH_EGRESS_H

struct natgw_net;

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

#endif
