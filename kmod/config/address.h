/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and public IP prefixes as configuration: validation, netlink. */
#ifndef _NATGW_CONFIG_ADDRESS_H
#define _NATGW_CONFIG_ADDRESS_H

#include <linux/natgw.h>
#include <net/netlink.h>
#include <linux/types.h>
#include <net/netlink.h>
#include "lib/prefix.h"

struct genl_info;
struct natgw_address_conf;
struct natgw_config;
struct natgw_gateway;
struct natgw_net;
struct sk_buff;

extern const struct nla_policy natgw_address_policy[NATGW_A_ADDRESS_MAX + 1];
extern const struct nla_policy natgw_address_key_policy[NATGW_A_ADDRESS_PREFIX_LENGTH + 1];

/**
 * natgw_address_detach - leave all addresses of a gateway to none
 *
 * Return: 0, or -ENOMEM and nothing changed.
 */
int natgw_address_detach(struct natgw_config *config, const struct natgw_gateway *gw);

/**
 * natgw_address_check_room - is there room for some public IPs more?
 * @n: number of them
 * @attr: at fault
 *
 * Return: 0 or -ENOSPC.
 */
int natgw_address_check_room(const struct natgw_config *config, u32 n, const struct nlattr *attr,
			     struct netlink_ext_ack *extack);

/*
 * For clusters, as in gateway.h. A new address is attached to no gateway;
 * whoever takes one from the managed pool has it checked there.
 */
struct natgw_address_conf *natgw_address_add(struct natgw_net *nn, struct natgw_config *config,
					     struct natgw_prefix key, const char *dev);
struct natgw_address_conf *natgw_address_edit(struct natgw_config *config, u32 index);
void natgw_address_remove(struct natgw_config *config, u32 index);

/* As in gateway.h */
int natgw_address_new(struct natgw_net *nn, struct natgw_config *config,
		      struct genl_info *info);
int natgw_address_set(struct natgw_net *nn, struct natgw_config *config,
		      struct genl_info *info);
int natgw_address_del(struct natgw_net *nn, struct natgw_config *config,
		      struct genl_info *info);
int natgw_address_index(const struct natgw_config *config, struct genl_info *info);
int natgw_address_fill(struct sk_buff *skb, struct natgw_net *nn,
		       const struct natgw_config *config, u32 index);
int natgw_address_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index);

#endif
