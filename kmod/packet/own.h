/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses of the router itself. */
#ifndef _NATGW_PACKET_OWN_H
#define _NATGW_PACKET_OWN_H

#include <linux/types.h>

struct natgw_net;
struct natgw_subnet_range;
struct net_device;

/**
 * natgw_own_address - is a source in a bound subnet an address of the router itself?
 * @nn: namespace
 * @range: the subnet, or NULL: one of several whose vnets overlap
 * @addr: the source
 * @dev: device by which its packet leaves
 *
 * The router speaks for itself in the segments of its hosts; what has any other
 * source there it sends in a host's name. Addresses count in the VRF of @dev and
 * in that of the subnet's vnet; in no VRF, on any device.
 * Context: RCU read side.
 */
bool natgw_own_address(struct natgw_net *nn, const struct natgw_subnet_range *range,
		       __be32 addr, const struct net_device *dev);

#endif
