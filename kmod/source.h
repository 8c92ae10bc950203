/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the source of a new session is where its packet came from. */
#ifndef _NATGW_SOURCE_H
#define _NATGW_SOURCE_H

#include <linux/types.h>

struct natgw_net;

int natgw_source_net_init(struct natgw_net *nn);
/* a grace period after the last packet, or never used */
void natgw_source_net_exit(struct natgw_net *nn);

/**
 * natgw_source_genuine - does Linux route to a host by the device its packet came by?
 * @nn: namespace
 * @addr: inside source
 * @iif: index of the device
 *
 * Context: softirq, RCU.
 */
bool natgw_source_genuine(struct natgw_net *nn, __be32 addr, int iif);

/**
 * natgw_source_dev - device that a host's packets come by, as Linux routes to it
 * @vrf: index of its VRF, or 0
 *
 * Context: RCU. Return: NULL if there is none.
 */
struct net_device *natgw_source_dev(struct natgw_net *nn, __be32 addr, int vrf);

#endif
