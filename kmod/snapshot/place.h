/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the run-time objects stand in a snapshot.
 *
 * Kept in the snapshot and not in the objects: those are shared by the running
 * snapshot, by one that is being compiled and may be refused, and by those
 * that packets still read.
 */
#ifndef _NATGW_SNAPSHOT_PLACE_H
#define _NATGW_SNAPSHOT_PLACE_H

#include <linux/types.h>

struct natgw_config;
struct natgw_gateway;
struct natgw_pool;
struct natgw_subnet;
struct natgw_subnet_conf;
struct natgw_vnet;
struct natgw_vnet_view;

/**
 * struct natgw_place - place of one gateway, vnet, route table or subnet
 * @object: its run-time part; compared, never followed
 * @index: in the array of its kind in the snapshot
 */
struct natgw_place {
	const void *object;
	u32 index;
};

/**
 * natgw_place_compile - fill @places and @subnet_places of a snapshot
 * @config: not yet published
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int natgw_place_compile(struct natgw_config *config);

/**
 * natgw_place_find - index of a gateway, vnet or route table in a snapshot
 * @config: compiled snapshot
 * @object: run-time part, which may be gone: it is compared, never followed
 *
 * Context: any in which @config is valid. Return: index in the array of its
 * kind, or -ENOENT if the snapshot does not have it.
 */
int natgw_place_find(const struct natgw_config *config, const void *object);

/** natgw_place_pool - pool of a gateway in a snapshot, or NULL; as natgw_place_find() */
struct natgw_pool *natgw_place_pool(const struct natgw_config *config,
				    const struct natgw_gateway *gw);

/** natgw_place_subnet - entry of a subnet in a snapshot, or NULL; as natgw_place_find() */
const struct natgw_subnet_conf *natgw_place_subnet(const struct natgw_config *config,
						   const struct natgw_subnet *subnet);

/** natgw_place_view - view of a vnet in a snapshot, or NULL; as natgw_place_find() */
struct natgw_vnet_view *natgw_place_view(const struct natgw_config *config,
					 const struct natgw_vnet *vnet);

#endif
