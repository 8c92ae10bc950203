/* SPDX-License-Identifier: GPL-2.0 */
/* References to the entries of snapshots and to their run-time parts. */
#ifndef _NATGW_SNAPSHOT_ENTRY_H
#define _NATGW_SNAPSHOT_ENTRY_H

#include <linux/refcount.h>
#include "snapshot/conf.h"
#include "snapshot/object.h"

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

/** natgw_address_conf_put - the last one frees the entry at once */
void natgw_address_conf_put(struct natgw_address_conf *conf);

/** natgw_vnet_get - one more reference to the run-time part */
static inline struct natgw_vnet *natgw_vnet_get(struct natgw_vnet *vnet)
{
	refcount_inc(&vnet->ref);
	return vnet;
}

/** natgw_vnet_put - the last one frees it a grace period later; NULL is fine */
void natgw_vnet_put(struct natgw_vnet *vnet);

/** natgw_vnet_conf_put - the last one frees the entry at once */
void natgw_vnet_conf_put(struct natgw_vnet_conf *conf);

/** natgw_subnet_get - one more reference to the run-time part */
static inline struct natgw_subnet *natgw_subnet_get(struct natgw_subnet *subnet)
{
	refcount_inc(&subnet->ref);
	return subnet;
}

/** natgw_subnet_put - the last one frees it a grace period later; NULL is fine */
void natgw_subnet_put(struct natgw_subnet *subnet);

/** natgw_subnet_conf_put - the last one frees the entry at once */
void natgw_subnet_conf_put(struct natgw_subnet_conf *conf);

/** natgw_tag_get - one more reference to the run-time part; NULL is fine */
static inline struct natgw_tag *natgw_tag_get(struct natgw_tag *tag)
{
	if (tag)
		refcount_inc(&tag->ref);
	return tag;
}

/** natgw_tag_put - the last one frees it; NULL is fine */
void natgw_tag_put(struct natgw_tag *tag);

/** natgw_tag_conf_put - the last one frees the entry at once */
void natgw_tag_conf_put(struct natgw_tag_conf *conf);

/** natgw_route_table_get - one more reference to the run-time part; NULL is fine */
static inline struct natgw_route_table *natgw_route_table_get(struct natgw_route_table *table)
{
	if (table)
		refcount_inc(&table->ref);
	return table;
}

/** natgw_route_table_put - the last one frees it; NULL is fine */
void natgw_route_table_put(struct natgw_route_table *table);

/** natgw_route_table_conf_put - the last one frees the entry at once */
void natgw_route_table_conf_put(struct natgw_route_table_conf *conf);

static inline void natgw_managed_pool_conf_get(struct natgw_managed_pool_conf *conf)
{
	refcount_inc(&conf->ref);
}

/** natgw_managed_pool_conf_put - the last one frees the entry at once */
void natgw_managed_pool_conf_put(struct natgw_managed_pool_conf *conf);

static inline void natgw_cluster_conf_get(struct natgw_cluster_conf *conf)
{
	refcount_inc(&conf->ref);
}

/** natgw_cluster_conf_put - the last one frees the entry at once */
void natgw_cluster_conf_put(struct natgw_cluster_conf *conf);

#endif
