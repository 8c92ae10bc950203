// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the table of all kinds of objects. Called by the netlink room alone: the files of
 * the kinds need not know each other for it.
 */
#include <linux/kernel.h>
#include "config/address.h"
#include "config/cluster.h"
#include "config/gateway.h"
#include "config/kinds.h"
#include "config/managed_pool.h"
#include "config/route.h"
#include "config/route_table.h"
#include "config/subnet.h"
#include "config/tag.h"
#include "config/vnet.h"

const struct natgw_kind_ops *const natgw_kinds[NATGW_OBJECT_KINDS + 1] = {
	[NATGW_OBJECT_GATEWAY] = &natgw_gateway_kind,
	[NATGW_OBJECT_ADDRESS] = &natgw_address_kind,
	[NATGW_OBJECT_VNET] = &natgw_vnet_kind,
	[NATGW_OBJECT_TAG] = &natgw_tag_kind,
	[NATGW_OBJECT_ROUTE_TABLE] = &natgw_route_table_kind,
	[NATGW_OBJECT_SUBNET] = &natgw_subnet_kind,
	[NATGW_OBJECT_MANAGED_POOL] = &natgw_managed_pool_kind,
	[NATGW_OBJECT_CLUSTER] = &natgw_cluster_kind,
	[NATGW_OBJECT_ROUTE] = &natgw_route_kind,
};

const struct natgw_kind_ops *natgw_kind_of(u8 cmd)
{
	int kind, verb;

	for (kind = 0; kind < ARRAY_SIZE(natgw_kinds); kind++)
		for (verb = 0; verb < NATGW_VERBS; verb++)
			if (natgw_kinds[kind]->cmd[verb] == cmd)
				return natgw_kinds[kind];
	return NULL;
}
