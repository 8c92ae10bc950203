/* SPDX-License-Identifier: GPL-2.0 */
/* ARP for public addresses that sit on no interface. */
#ifndef _NATGW_DATAPATH_ARP_H
#define _NATGW_DATAPATH_ARP_H

#include <net/net_namespace.h>

struct natgw_address_conf;
struct natgw_net;
struct net_device;

/** natgw_arp_register - the ARP hook; 0 or a negative errno. May sleep. */
int natgw_arp_register(struct natgw_net *nn);

/** natgw_arp_unregister - undo it. May sleep. */
void natgw_arp_unregister(struct natgw_net *nn);

/**
 * natgw_arp_announce - tell the neighbours on @conf's device where its addresses are
 *
 * One gratuitous ARP an address (RFC 5227 section 3), nothing when the entry
 * has no device, does not announce, or the device is down. Context: process.
 */
void natgw_arp_announce(struct net *net, const struct natgw_address_conf *conf);

/** natgw_arp_device - announce the addresses on a device that came up or moved; RTNL held */
void natgw_arp_device(struct natgw_net *nn, struct net_device *dev);

#endif
