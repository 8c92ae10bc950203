/* SPDX-License-Identifier: GPL-2.0 */
/* Virtual networks as configuration: validation, netlink. */
#ifndef _NATGW_CONFIG_VNET_H
#define _NATGW_CONFIG_VNET_H

#include <linux/types.h>
#include "lib/prefix.h"

struct genl_info;
struct natgw_config;
struct natgw_entry;
struct natgw_kind_ops;
struct natgw_net;
struct natgw_subnet_conf;
struct natgw_vnet_conf;
struct netlink_ext_ack;
struct nlattr;

extern const struct natgw_kind_ops natgw_vnet_kind;

/**
 * natgw_vnet_default - entry of vnet "default" as it is at first
 * @nn: namespace; its running "default" goes on
 *
 * Return: with one reference, or NULL: no memory.
 */
struct natgw_entry *natgw_vnet_default(struct natgw_net *nn);

/**
 * natgw_vnet_add_default - put vnet "default" into a snapshot without any vnet
 * @nn: namespace; its running "default" goes on
 * @config: the snapshot
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_vnet_add_default(struct natgw_net *nn, struct natgw_config *config);

/** natgw_vnet_untouched - is the "default" of a snapshot as it is at first? */
bool natgw_vnet_untouched(const struct natgw_config *config);

/**
 * natgw_vnet_vrf - VRF that all devices of a vnet are in now
 *
 * Context: RCU. Return: its index, or 0: they are not all in one, or there is none.
 */
int natgw_vnet_vrf(struct net *net, const struct natgw_vnet_conf *conf);

/**
 * natgw_vnet_check_subnet - refuse a subnet that does not fit into its vnet
 * @nn: namespace
 * @config: snapshot
 * @subnet: entry with its prefix
 * @attr: where that came from
 * @extack: says why not
 *
 * Its siblings are not looked at. Return: 0 or a negative errno.
 */
int natgw_vnet_check_subnet(struct natgw_net *nn, const struct natgw_config *config,
			    const struct natgw_subnet_conf *subnet, const struct nlattr *attr,
			    struct netlink_ext_ack *extack);

/**
 * natgw_vnet_add - the vnet that a cluster makes, of its name
 * @nn: namespace
 * @config: snapshot
 * @name: of the cluster
 * @prefix: address space
 * @attr: where that came from
 * @info: request; its NATGW_A_CLUSTER_DEV, or else the devices in @prefix
 *
 * Return: 0 or a negative errno with the reason.
 */
int natgw_vnet_add(struct natgw_net *nn, struct natgw_config *config, const char *name,
		   struct natgw_prefix prefix, const struct nlattr *attr, struct genl_info *info);

/** natgw_vnet_remove - take out the entry of a vnet without subnets */
void natgw_vnet_remove(struct natgw_config *config, const char *name);

#endif
