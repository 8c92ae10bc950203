/* SPDX-License-Identifier: GPL-2.0 */
/* Gateways as configuration: profiles, validation, netlink. */
#ifndef _NATGW_GATEWAY_H
#define _NATGW_GATEWAY_H

#include <net/netlink.h>
#include <linux/types.h>
#include <net/netlink.h>
#include "snapshot/config.h"

struct genl_info;
struct nlattr;
struct netlink_ext_ack;
struct sk_buff;

extern const struct nla_policy natgw_gateway_policy[NATGW_A_GATEWAY_MAX + 1];
extern const struct nla_policy natgw_gateway_key_policy[NATGW_A_GATEWAY_NAME + 1];

/** natgw_gateway_get - one more reference to the run-time part */
static inline struct natgw_gateway *natgw_gateway_get(struct natgw_gateway *gw)
{
	if (gw)
		refcount_inc(&gw->ref);
	return gw;
}

/** natgw_gateway_put - the last one frees it a grace period later; NULL is fine */
void natgw_gateway_put(struct natgw_gateway *gw);

/** natgw_gateway_conf_put - the last one frees the entry at once */
void natgw_gateway_conf_put(struct natgw_gateway_conf *conf);

/** natgw_gateway_find - entry by name, or NULL */
struct natgw_gateway_conf *natgw_gateway_find(const struct natgw_config *config,
					      const char *name);

/**
 * natgw_gateway_named - entry that an attribute names for a filter
 * @config: snapshot, or NULL: there is none
 *
 * Return: it, -EINVAL or -ENOENT, with @extack saying why.
 */
const struct natgw_gateway_conf *natgw_gateway_named(const struct natgw_config *config,
						     const struct nlattr *attr,
						     struct netlink_ext_ack *extack);

/**
 * natgw_gateway_refer - gateway named by an attribute of another object
 * @config: snapshot that must hold it
 * @attr: name, empty for none
 * @conf: set to its entry, or NULL for none
 * @extack: says why not
 *
 * Return: 0, -EINVAL, -ENOENT.
 */
int natgw_gateway_refer(const struct natgw_config *config, const struct nlattr *attr,
			struct natgw_gateway_conf **conf, struct netlink_ext_ack *extack);

/*
 * For clusters: an object of a snapshot that is not yet published. nn->lock held.
 */

/** natgw_gateway_add - a new one of profile azure, to be filled in; NULL: no memory */
struct natgw_gateway_conf *natgw_gateway_add(struct natgw_net *nn, struct natgw_config *config,
					     const char *name);

/** natgw_gateway_edit - entry of a gateway, of this snapshot alone; NULL: no memory */
struct natgw_gateway_conf *natgw_gateway_edit(struct natgw_config *config,
					      const struct natgw_gateway *gw);

/** natgw_gateway_remove - take out an entry that no subnet or address refers to */
void natgw_gateway_remove(struct natgw_config *config, u32 index);

/** natgw_gateway_check_owner - refuse to touch what a cluster made; 0 or -EBUSY */
int natgw_gateway_check_owner(const struct natgw_config *config,
			      const struct natgw_gateway_conf *conf, const struct nlattr *attr,
			      struct netlink_ext_ack *extack);

/*
 * Changes of a snapshot that is not yet published; nn->lock held. Either done
 * in full or refused with nothing changed.
 */
int natgw_gateway_new(struct natgw_net *nn, struct natgw_config *config,
		      struct genl_info *info);
int natgw_gateway_set(struct natgw_net *nn, struct natgw_config *config,
		      struct genl_info *info);
int natgw_gateway_del(struct natgw_net *nn, struct natgw_config *config,
		      struct genl_info *info);

/** natgw_gateway_zero - let the counters of a gateway begin at 0; nn->lock held */
void natgw_gateway_zero(struct natgw_gateway *gw);

/* Readers of a published snapshot, RCU read side. Index of the object that a request names */
int natgw_gateway_index(const struct natgw_config *config, struct genl_info *info);
int natgw_gateway_fill(struct sk_buff *skb, struct natgw_net *nn,
		       const struct natgw_config *config, u32 index);
int natgw_gateway_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index);

#define NATGW_ZONE_STR	11	/* 4294967295 */

/** natgw_zone_str - text of a zone, "none" for 0 */
const char *natgw_zone_str(char str[NATGW_ZONE_STR], u32 zone);

#endif
