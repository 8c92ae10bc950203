/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and public IP prefixes as configuration: validation, netlink. */
#ifndef _NATGW_CONFIG_ADDRESS_H
#define _NATGW_CONFIG_ADDRESS_H

#include <linux/types.h>
#include "lib/prefix.h"

struct natgw_address_conf;
struct natgw_config;
struct natgw_gateway;
struct natgw_kind_ops;
struct natgw_net;
struct netlink_ext_ack;
struct nlattr;

extern const struct natgw_kind_ops natgw_address_kind;

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
					     struct natgw_prefix prefix, const char *dev);
struct natgw_address_conf *natgw_address_edit(struct natgw_config *config, u32 index);

#endif
