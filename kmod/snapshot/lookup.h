/* SPDX-License-Identifier: GPL-2.0 */
/* Searches of the packet path in a snapshot. */
#ifndef _NATGW_SNAPSHOT_LOOKUP_H
#define _NATGW_SNAPSHOT_LOOKUP_H

#include <linux/bitops.h>
#include <linux/types.h>
#include "lib/search.h"
#include "snapshot/config.h"
#include "snapshot/view.h"

struct natgw_next_hop;
struct natgw_route;
struct net_device;

/**
 * struct natgw_effective - effective route of a packet from a subnet
 * @type: enum natgw_next_hop_type
 * @route: the user route, or NULL for a system route
 * @prefix_len: of the prefix that matched
 * @hop: next hop of VIRTUAL_APPLIANCE and VIRTUAL_NETWORK_GATEWAY, NULL: not set
 */
struct natgw_effective {
	u32 type;
	const struct natgw_route *route;
	u8 prefix_len;
	struct natgw_next_hop *hop;
};

/* RCU read side */
const struct natgw_vnet_view *natgw_lookup_dev(const struct natgw_config *config, int ifindex);
const struct natgw_subnet_range *natgw_lookup_subnet(const struct natgw_vnet_view *vnet,
						     __be32 addr);
bool natgw_lookup_private(__be32 addr);
bool natgw_lookup_private_octet(u8 octet);
bool natgw_lookup_internet(const struct natgw_config *config, __be32 addr);
bool natgw_lookup_free_exact(const struct natgw_config *config, __be32 addr,
			     const struct net_device *out);
const struct natgw_public *natgw_lookup_public_exact(const struct natgw_config *config,
						     __be32 addr);
u32 natgw_lookup_private_type(const struct natgw_vnet_view *vnet);
void natgw_lookup_system_route(const struct natgw_vnet_view *vnet, __be32 daddr,
			       struct natgw_effective *effective);
void natgw_lookup_route(const struct natgw_subnet_range *range, __be32 daddr,
			struct natgw_effective *effective);

/**
 * natgw_lookup_vnet - vnet of what comes in by a device
 * @config: snapshot
 * @ifindex: the device, or its VRF
 *
 * Context: RCU read side.
 */
static inline const struct natgw_vnet_view *
natgw_lookup_vnet(const struct natgw_config *config, int ifindex)
{
	if (likely(!config->n_devs))
		return &config->views[0];
	return natgw_lookup_dev(config, ifindex);
}

/**
 * natgw_lookup_source - subnet of the source of a packet that came by a vnet's device
 * @vnet: vnet of the device
 * @addr: source; or the destination of a packet that leaves by such a device
 *
 * Those of vnet "default" bring the packets of vnets without devices, too: the
 * vnet of the range is the right one. None overlap, so the longest match is the
 * only one.
 * Context: RCU read side. Return: the range, or NULL.
 */
static inline const struct natgw_subnet_range *
natgw_lookup_source(const struct natgw_vnet_view *vnet, __be32 addr)
{
	const struct natgw_subnet_range *range;
	u32 key = ntohl(addr);
	int i;

	i = natgw_search_find(&vnet->search, key);
	if (i < 0)
		return NULL;
	range = &vnet->ranges[i];
	return key <= range->last ? range : NULL;
}

/**
 * natgw_lookup_public - pool address, attached to a gateway or not
 * @config: snapshot
 * @addr: address
 *
 * Context: RCU read side. Return: the entry, or NULL.
 */
static inline const struct natgw_public *
natgw_lookup_public(const struct natgw_config *config, __be32 addr)
{
	if (likely(!test_bit(natgw_public_hint(addr), config->public_hint)))
		return NULL;
	return natgw_lookup_public_exact(config, addr);
}

/**
 * natgw_lookup_free - address of the managed pool that no address object holds
 * @config: snapshot
 * @addr: address
 * @out: device that a packet to it leaves by, or NULL
 *
 * The pool's prefixes lead here, so nobody has it; unless the pool is a part of a
 * network of @out, where a neighbour may. Context: RCU read side.
 */
static inline bool natgw_lookup_free(const struct natgw_config *config, __be32 addr,
				     const struct net_device *out)
{
	return unlikely(config->n_managed) && natgw_lookup_free_exact(config, addr, out);
}

/**
 * natgw_lookup_serves - may a packet with this source leave by a device?
 * @config: snapshot
 * @addr: public address, or any other: those may
 * @out: the device
 *
 * Context: RCU read side. Return: not if the address has another uplink.
 */
bool natgw_lookup_serves(const struct natgw_config *config, __be32 addr,
			 const struct net_device *out);

#endif
