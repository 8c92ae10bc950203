/* SPDX-License-Identifier: GPL-2.0 */
/* Objects of a snapshot, compiled or not, by their keys. */
#ifndef _NATGW_CONFIG_FIND_H
#define _NATGW_CONFIG_FIND_H

#include <linux/types.h>
#include "lib/prefix.h"

struct natgw_address;
struct natgw_cluster_conf;
struct natgw_config;
struct natgw_gateway;
struct natgw_gateway_conf;
struct natgw_managed_pool_conf;
struct natgw_route_table;
struct natgw_route_table_conf;
struct natgw_subnet;
struct natgw_subnet_conf;
struct natgw_tag;
struct natgw_tag_conf;
struct natgw_vnet;
struct natgw_vnet_conf;
struct netlink_ext_ack;
struct nlattr;

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

/** natgw_address_lookup - index by key, or -ENOENT */
int natgw_address_lookup(const struct natgw_config *config, struct natgw_prefix key);

/** natgw_address_overlap - first address that shares an IP with a prefix, or NULL */
const struct natgw_address *natgw_address_overlap(const struct natgw_config *config,
						  struct natgw_prefix prefix);

/**
 * natgw_address_attached - public IPs of a gateway
 * @config: snapshot, compiled or not
 * @gw: gateway
 */
u32 natgw_address_attached(const struct natgw_config *config, const struct natgw_gateway *gw);

/** natgw_subnet_find - entry by name, or NULL */
struct natgw_subnet_conf *natgw_subnet_find(const struct natgw_config *config, const char *name);

/**
 * natgw_subnet_bound - subnets bound to a gateway
 * @config: snapshot, compiled or not
 * @gw: gateway
 * @first: set to the first of them, if not NULL
 */
u32 natgw_subnet_bound(const struct natgw_config *config, const struct natgw_gateway *gw,
		       const struct natgw_subnet_conf **first);

/**
 * natgw_subnet_overlap - first subnet that shares an IP with a prefix, or NULL
 * @config: snapshot, compiled or not
 * @prefix: prefix
 * @vnet: only its subnets count, NULL: all
 * @but: subnet that does not count, or NULL
 */
const struct natgw_subnet_conf *natgw_subnet_overlap(const struct natgw_config *config,
						     struct natgw_prefix prefix,
						     const struct natgw_vnet *vnet,
						     const struct natgw_subnet *but);

/** natgw_vnet_conf_of - entry of a vnet in a snapshot, compiled or not, or NULL */
const struct natgw_vnet_conf *natgw_vnet_conf_of(const struct natgw_config *config,
						 const struct natgw_vnet *vnet);

/**
 * natgw_vnet_refer - vnet named by an attribute of another object
 * @config: snapshot that must hold it
 * @attr: name
 * @conf: set to its entry
 * @extack: says why not
 *
 * Return: 0, -EINVAL, -ENOENT.
 */
int natgw_vnet_refer(const struct natgw_config *config, const struct nlattr *attr,
		     const struct natgw_vnet_conf **conf, struct netlink_ext_ack *extack);

/** natgw_vnet_find - entry by name, or NULL */
struct natgw_vnet_conf *natgw_vnet_find(const struct natgw_config *config, const char *name);

/** natgw_route_table_conf_of - entry of a table in a snapshot, compiled or not, or NULL */
const struct natgw_route_table_conf *
natgw_route_table_conf_of(const struct natgw_config *config,
			  const struct natgw_route_table *table);

/**
 * natgw_route_table_refer - table named by an attribute of another object
 * @config: snapshot that must hold it
 * @attr: name, empty for none
 * @table: set to it, or NULL for none
 * @extack: says why not
 *
 * Return: 0, -EINVAL, -ENOENT.
 */
int natgw_route_table_refer(const struct natgw_config *config, const struct nlattr *attr,
			    struct natgw_route_table **table, struct netlink_ext_ack *extack);

/** natgw_tag_find - entry of a tag, or NULL */
const struct natgw_tag_conf *natgw_tag_find(const struct natgw_config *config,
					    const struct natgw_tag *tag);

/**
 * natgw_tag_rank - place among equal prefixes, the lowest wins
 *
 * Azure: regional tags, then top-level ones, AzureCloud.REGION, AzureCloud; an
 * explicit prefix, rank 0, beats them all (AZV/virtual-networks-udr-overview).
 */
u16 natgw_tag_rank(const struct natgw_tag *tag);

/**
 * natgw_tag_refer - tag named by an attribute of another object
 * @config: snapshot that must hold it
 * @attr: name
 * @tag: set to it
 * @extack: says why not
 *
 * Return: 0, -EINVAL, -ENOENT.
 */
int natgw_tag_refer(const struct natgw_config *config, const struct nlattr *attr,
		    struct natgw_tag **tag, struct netlink_ext_ack *extack);

/** natgw_managed_pool_lookup - index by key, or -ENOENT */
int natgw_managed_pool_lookup(const struct natgw_config *config, struct natgw_prefix prefix);

/** natgw_managed_pool_find - entry by prefix, or NULL */
const struct natgw_managed_pool_conf *
natgw_managed_pool_find(const struct natgw_config *config, struct natgw_prefix prefix);

/** natgw_managed_pool_check_free - refuse inside space that overlaps the pool; 0 or -EEXIST */
int natgw_managed_pool_check_free(const struct natgw_config *config, struct natgw_prefix prefix,
				  const struct nlattr *attr, struct netlink_ext_ack *extack);

/** natgw_cluster_find - entry by name, or NULL */
struct natgw_cluster_conf *natgw_cluster_find(const struct natgw_config *config,
					      const char *name);

/**
 * natgw_cluster_gateway - the gateway that a cluster made and that takes its new flows
 *
 * Return: its entry, or NULL.
 */
const struct natgw_gateway_conf *natgw_cluster_gateway(const struct natgw_config *config,
						       const struct natgw_cluster_conf *conf);

/** natgw_cluster_has_subnet - is a subnet one of a cluster's? */
bool natgw_cluster_has_subnet(const struct natgw_cluster_conf *conf,
			      const struct natgw_subnet *subnet);

#endif
