/* SPDX-License-Identifier: GPL-2.0 */
/* Subnets as configuration: validation, binding to a gateway, netlink. */
#ifndef _NATGW_CONFIG_SUBNET_H
#define _NATGW_CONFIG_SUBNET_H

#include <linux/natgw.h>
#include <net/netlink.h>
#include <linux/types.h>
#include <net/netlink.h>
#include "lib/prefix.h"

struct genl_info;
struct natgw_config;
struct natgw_gateway;
struct natgw_net;
struct natgw_subnet;
struct natgw_subnet_conf;
struct natgw_vnet;
struct sk_buff;

extern const struct nla_policy natgw_subnet_policy[NATGW_A_SUBNET_MAX + 1];
extern const struct nla_policy natgw_subnet_key_policy[NATGW_A_SUBNET_NAME + 1];

/**
 * natgw_subnet_bind_to - bind an entry that is being changed to another gateway, or to none
 *
 * Return: 0, or -EINVAL or -ENOSPC with the reason.
 */
int natgw_subnet_bind_to(const struct natgw_config *config, struct natgw_subnet_conf *conf,
			 struct natgw_gateway *gw, const struct nlattr *attr,
			 struct netlink_ext_ack *extack);

/* For clusters, as in gateway.h. natgw_subnet_add() checks what subnet_new does */
int natgw_subnet_add(struct natgw_net *nn, struct natgw_config *config, const char *name,
		     struct natgw_vnet *vnet, struct natgw_prefix prefix,
		     const struct nlattr *attr, struct netlink_ext_ack *extack);
struct natgw_subnet_conf *natgw_subnet_edit(struct natgw_config *config,
					    const struct natgw_subnet *subnet);
void natgw_subnet_remove(struct natgw_config *config, u32 index);

/** natgw_subnet_zero - let the counters of a subnet begin at 0; nn->lock held */
void natgw_subnet_zero(struct natgw_subnet *subnet);

/* As in gateway.h */
int natgw_subnet_new(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
int natgw_subnet_set(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
int natgw_subnet_del(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
int natgw_subnet_index(const struct natgw_config *config, struct genl_info *info);
int natgw_subnet_fill(struct sk_buff *skb, struct natgw_net *nn,
		      const struct natgw_config *config, u32 index);
int natgw_subnet_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index);

#endif
