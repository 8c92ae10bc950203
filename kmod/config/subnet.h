/* SPDX-License-Identifier: GPL-2.0 */
/* Subnets as configuration: validation, binding to a gateway, netlink. */
#ifndef _NATGW_CONFIG_SUBNET_H
#define _NATGW_CONFIG_SUBNET_H

#include <linux/types.h>
#include "lib/prefix.h"

struct natgw_config;
struct natgw_gateway;
struct natgw_kind_ops;
struct natgw_net;
struct natgw_subnet;
struct natgw_subnet_conf;
struct natgw_vnet;
struct netlink_ext_ack;
struct nlattr;

extern const struct natgw_kind_ops natgw_subnet_kind;

/**
 * natgw_subnet_bind_to - bind an entry that is being changed to another gateway, or to none
 *
 * Return: 0, or -EINVAL or -ENOSPC with the reason.
 */
int natgw_subnet_bind_to(const struct natgw_config *config, struct natgw_subnet_conf *conf,
			 struct natgw_gateway *gw, const struct nlattr *attr,
			 struct netlink_ext_ack *extack);

/* For clusters, as in gateway.h. natgw_subnet_add() checks what SUBNET_NEW does */
int natgw_subnet_add(struct natgw_net *nn, struct natgw_config *config, const char *name,
		     struct natgw_vnet *vnet, struct natgw_prefix prefix,
		     const struct nlattr *attr, struct netlink_ext_ack *extack);
struct natgw_subnet_conf *natgw_subnet_edit(struct natgw_config *config,
					    const struct natgw_subnet *subnet);

/** natgw_subnet_zero - let the counters of a subnet begin at 0; nn->lock held */
void natgw_subnet_zero(struct natgw_subnet *subnet);

#endif
