/* SPDX-License-Identifier: GPL-2.0 */
/* Ingress devices of virtual networks, and the VRF that they are in. */
#ifndef _NATGW_CONFIG_VNET_DEV_H
#define _NATGW_CONFIG_VNET_DEV_H

#include <linux/types.h>

struct genl_info;
struct natgw_config;
struct natgw_net;
struct natgw_vnet_conf;
struct net;
struct nlattr;

/**
 * natgw_vnet_parse_devs - replace the devices of a vnet by what a request says
 * @net: namespace
 * @config: snapshot with the other vnets
 * @conf: entry to change
 * @info: request
 * @type: its attributes that name a device
 *
 * Return: 0 or a negative errno with the reason.
 */
int natgw_vnet_parse_devs(struct net *net, const struct natgw_config *config,
			  struct natgw_vnet_conf *conf, struct genl_info *info, int type);

/**
 * natgw_vnet_cluster_devs - devices of a vnet that a cluster makes
 * @nn: namespace
 * @config: snapshot with the other vnets
 * @conf: entry with its prefix
 * @attr: where that came from
 * @info: request; its NATGW_A_CLUSTER_DEV, or else the devices that have an
 *	address in the prefix
 *
 * Return: 0 or a negative errno with the reason.
 */
int natgw_vnet_cluster_devs(struct natgw_net *nn, const struct natgw_config *config,
			    struct natgw_vnet_conf *conf, const struct nlattr *attr,
			    struct genl_info *info);

#endif
