/* SPDX-License-Identifier: GPL-2.0 */
/* Who made an object, and may alone change it. */
#ifndef _NATGW_CONFIG_OWNER_H
#define _NATGW_CONFIG_OWNER_H

#include <linux/types.h>

struct natgw_config;
struct natgw_gateway;
struct natgw_gateway_conf;
struct netlink_ext_ack;
struct nlattr;

/** natgw_cluster_owns - did a cluster make this gateway? NULL: no */
bool natgw_cluster_owns(const struct natgw_config *config, const struct natgw_gateway *gw,
			const char *cluster);

/** natgw_cluster_check_gateway - refuse to delete the gateway a cluster names; 0 or -EBUSY */
int natgw_cluster_check_gateway(const struct natgw_config *config,
				const struct natgw_gateway *gw, const struct nlattr *attr,
				struct netlink_ext_ack *extack);

/**
 * natgw_cluster_left - what a deleted cluster has left, while that drains
 *
 * Return: name of a gateway of a cluster of that name, or NULL: there is none,
 * or the cluster is there.
 */
const char *natgw_cluster_left(const struct natgw_config *config, const char *name);

/**
 * natgw_cluster_check_left - refuse to touch what a deleted cluster has left
 * @cluster: that made it
 * @kind: word of what it is
 * @name: its name
 * @attr: at fault
 *
 * Return: 0: the cluster is there, or -EBUSY.
 */
int natgw_cluster_check_left(const struct natgw_config *config, const char *cluster,
			     const char *kind, const char *name, const struct nlattr *attr,
			     struct netlink_ext_ack *extack);

/**
 * natgw_cluster_refuse_owned - refuse to touch what a cluster made
 * @cluster, @kind, @name, @attr: as of natgw_cluster_check_left()
 *
 * Return: -EBUSY.
 */
int natgw_cluster_refuse_owned(const struct natgw_config *config, const char *cluster,
			       const char *kind, const char *name, const struct nlattr *attr,
			       struct netlink_ext_ack *extack);

/** natgw_gateway_check_owner - refuse to touch what a cluster made; 0 or -EBUSY */
int natgw_gateway_check_owner(const struct natgw_config *config,
			      const struct natgw_gateway_conf *conf, const struct nlattr *attr,
			      struct netlink_ext_ack *extack);

#endif
