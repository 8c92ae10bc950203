/* SPDX-License-Identifier: GPL-2.0 */
/* The managed pool: public IPs that clusters take, and get back from. */
#ifndef _NATGW_CONFIG_MANAGED_POOL_H
#define _NATGW_CONFIG_MANAGED_POOL_H

#include <linux/types.h>

struct natgw_config;
struct natgw_kind_ops;
struct natgw_prefix;
struct net;
struct netlink_ext_ack;
struct nlattr;

extern const struct natgw_kind_ops natgw_managed_pool_kind;

/**
 * natgw_managed_pool_left - addresses of the whole pool that natgw_managed_pool_take() gives
 *
 * Without memory those that somebody uses count as free.
 */
u32 natgw_managed_pool_left(struct net *net, const struct natgw_config *config);

/**
 * natgw_managed_pool_take - the first free aligned prefix of a length
 * @net: namespace: what the router and its neighbours use there is passed by
 * @config: snapshot; the prefix is taken once an address there holds it
 * @len: 28..32
 * @prefix: result
 * @dev: device of the pool it is from
 * @attr: at fault if there is none
 * @extack: says why not
 *
 * Return: 0, -ENOSPC or -ENOMEM.
 */
int natgw_managed_pool_take(struct net *net, const struct natgw_config *config, u8 len,
			    struct natgw_prefix *prefix, const char **dev,
			    const struct nlattr *attr, struct netlink_ext_ack *extack);

#endif
