/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and public IP prefixes as configuration: validation, netlink. */
#ifndef _NATGW_ADDRESS_H
#define _NATGW_ADDRESS_H

#include <net/netlink.h>
#include <linux/types.h>
#include <net/netlink.h>
#include "lib/prefix.h"
#include "snapshot/config.h"

struct genl_info;
struct sk_buff;

extern const struct nla_policy natgw_address_policy[NATGW_A_ADDRESS_MAX + 1];
extern const struct nla_policy natgw_address_key_policy[NATGW_A_ADDRESS_PREFIX_LENGTH + 1];

/** natgw_address_size - public IPs that an object holds: 1, 2, 4, 8 or 16 */
static inline u32 natgw_address_size(const struct natgw_address *address)
{
	return 1U << (32 - address->prefix_len);
}

/** natgw_address_conf_put - the last one frees the entry at once */
void natgw_address_conf_put(struct natgw_address_conf *conf);

/**
 * natgw_address_attached - public IPs of a gateway
 * @config: snapshot, compiled or not
 * @gw: gateway
 */
u32 natgw_address_attached(const struct natgw_config *config, const struct natgw_gateway *gw);

/**
 * natgw_address_detach - leave all addresses of a gateway to none
 *
 * Return: 0, or -ENOMEM and nothing changed.
 */
int natgw_address_detach(struct natgw_config *config, const struct natgw_gateway *gw);

/** natgw_address_prefix - key of an address */
static inline struct natgw_prefix natgw_address_prefix(const struct natgw_address *address)
{
	return (struct natgw_prefix) { .addr = address->addr, .len = address->prefix_len };
}

/** natgw_address_overlap - first address that shares an IP with a prefix, or NULL */
const struct natgw_address *natgw_address_overlap(const struct natgw_config *config,
						  struct natgw_prefix prefix);

/** natgw_address_lookup - index by key, or -ENOENT */
int natgw_address_lookup(const struct natgw_config *config, struct natgw_prefix key);

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
