/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses that somebody uses already: the router itself, or a host next to it. */
#ifndef _NATGW_CONFIG_ADDRESS_USE_H
#define _NATGW_CONFIG_ADDRESS_USE_H

#include <linux/bits.h>
#include <linux/types.h>
#include "lib/prefix.h"

struct net;
struct net_device;
struct netlink_ext_ack;
struct nlattr;

/**
 * enum natgw_use - what an address is used for
 * @NATGW_USE_OWN: the router's own
 * @NATGW_USE_NETWORK: the first one of a directly connected network
 * @NATGW_USE_BROADCAST: the broadcast address of such a network
 * @NATGW_USE_NEXT_HOP: where the default route of a device leads
 * @NATGW_USE_NEIGHBOUR: a neighbour that answers ARP, or is entered by hand
 */
enum natgw_use {
	NATGW_USE_OWN,
	NATGW_USE_NETWORK,
	NATGW_USE_BROADCAST,
	NATGW_USE_NEXT_HOP,
	NATGW_USE_NEIGHBOUR,
};

/** NATGW_USE_NEIGHBOURS - uses that are seen on the wire, as bits */
#define NATGW_USE_NEIGHBOURS	(BIT(NATGW_USE_NEXT_HOP) | BIT(NATGW_USE_NEIGHBOUR))

/** typedef natgw_use_fn - sees one use of an address; runs in atomic context */
typedef void (*natgw_use_fn)(void *data, __be32 addr, enum natgw_use use,
			     const struct net_device *dev);

/**
 * natgw_use_each - all uses of the addresses of a prefix
 * @net: namespace
 * @prefix: prefix
 * @each: sees them, an address more than once if it has several
 * @data: for @each
 *
 * Context: any that may not be interrupt; takes RCU and the lock of the neighbour table.
 */
void natgw_use_each(struct net *net, struct natgw_prefix prefix, natgw_use_fn each, void *data);

/**
 * natgw_use_check - refuse a public IP or prefix that somebody uses
 * @net: namespace
 * @prefix: address or public IP prefix
 * @mind: uses to look for, as bits of enum natgw_use
 * @attr: where it came from
 * @extack: says who uses which, and where
 *
 * Return: 0 or -EADDRINUSE.
 */
int natgw_use_check(struct net *net, struct natgw_prefix prefix, u32 mind,
		    const struct nlattr *attr, struct netlink_ext_ack *extack);

#endif
