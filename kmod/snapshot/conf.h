/* SPDX-License-Identifier: GPL-2.0 */
/* Entries of snapshots: the objects as they are configured. */
#ifndef _NATGW_SNAPSHOT_CONF_H
#define _NATGW_SNAPSHOT_CONF_H

#include <linux/if.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/natgw.h>
#include "lib/prefix.h"
#include "snapshot/kind.h"
#include "snapshot/object.h"

struct natgw_lpm;

/**
 * struct natgw_gateway_conf - a gateway as configured; immutable once in a snapshot
 * @gw: run-time part, one reference
 * @profile: enum natgw_profile
 * @timer: seconds by enum natgw_timer
 * @destination_limit: 0 for none
 * @host_limit: 0 for none
 * @offload: enum natgw_switch
 * @allocation: enum natgw_allocation
 * @ports_per_host: 0 for the default table
 * @hosts: to reserve ports for, 0 for none
 * @tier: enum natgw_tier
 * @warn_used: per cent of the ports of a destination in use, 0 for none
 * @drain_end: jiffies, 64 bits, when its sessions are ended; 0: not draining
 * @owner: cluster that made it, or empty
 * @retired: no subnet is bound to it; goes with the last of its addresses
 */
struct natgw_gateway_conf {
	NATGW_ENTRY(struct natgw_gateway *, gw);
	u32 profile;
	u32 timer[NATGW_TIMERS];
	u32 pooling;
	u32 on_idle;
	u32 on_exhaust;
	u32 track;
	u32 offload;
	u32 zone;
	u32 destination_limit;
	u32 host_limit;
	u32 allocation;
	u32 ports_per_host;
	u32 hosts;
	u32 tier;
	u32 warn_used;
	u64 drain_end;
	char owner[NATGW_CLUSTER_NAME_MAX + 1];
	bool retired;
};

/**
 * struct natgw_address_conf - an address as configured; immutable once in a snapshot
 * @address: run-time part, one reference
 * @gw: gateway it is attached to, one reference, or NULL
 * @zone: 0 for none
 * @announce: answer ARP and announce on @dev
 * @dev: device name, or empty
 * @uplink: only flows that leave by this device, or empty
 * @shared: also the router's own address
 * @reserve: list of ports that stay out of its pool, or NULL
 * @drain_end: as of gateways
 * @owner: cluster that made it, or empty
 * @retired: of a former configuration of a cluster: takes no new flows, goes,
 *	or back to the operator, with its last session
 * @going: the same, and it has none: out of the snapshot before that is published
 */
struct natgw_address_conf {
	NATGW_ENTRY(struct natgw_address *, address);
	struct natgw_gateway *gw;
	u32 zone;
	bool announce;
	char dev[IFNAMSIZ];
	char uplink[IFNAMSIZ];
	bool shared;
	char *reserve;
	u64 drain_end;
	char owner[NATGW_CLUSTER_NAME_MAX + 1];
	bool retired;
	bool going;
};

/**
 * struct natgw_subnet_conf - a subnet as configured; immutable once in a snapshot
 * @subnet: run-time part, one reference
 * @gw: bound gateway, one reference, or NULL
 * @table: route table, one reference, or NULL
 * @prefix: network address
 * @prefix_len: 1..32
 * @ipv6: enum natgw_ipv6
 * @source_check: enum natgw_source_check
 * @drain_end: as of gateways
 * @lb: load balancer of its cluster, one reference, or NULL; @gw comes first
 * @cluster: that it is of, or empty
 * @owned: made by @cluster
 * @block: @cluster lets nothing out to the Internet
 * @left_end: jiffies, 64 bits, when sessions on other gateways than the present
 *	one are ended; 0: they end by themselves
 */
struct natgw_subnet_conf {
	NATGW_ENTRY(struct natgw_subnet *, subnet);
	struct natgw_gateway *gw;
	struct natgw_route_table *table;
	__be32 prefix;
	u8 prefix_len;
	u32 ipv6;
	u32 source_check;
	u64 drain_end;
	struct natgw_gateway *lb;
	char cluster[NATGW_CLUSTER_NAME_MAX + 1];
	bool owned;
	bool block;
	u64 left_end;
};

/** natgw_subnet_way - gateway that new flows of a subnet take, or NULL */
static inline struct natgw_gateway *natgw_subnet_way(const struct natgw_subnet_conf *conf)
{
	return conf->gw ?: conf->lb;
}

/**
 * struct natgw_vnet_conf - a vnet as configured; immutable once in a snapshot
 * @vnet: run-time part, one reference
 * @n_prefixes: prefixes of its address space; "default" has none, any subnet fits
 * @n_devs: ingress devices; "default" has none, it takes what no other vnet takes
 * @prefix: address space, none overlaps another
 * @dev: device names
 * @vpn_next_hop: or 0
 * @private_space: enum natgw_private_space
 * @owner: cluster that made it, or empty
 */
struct natgw_vnet_conf {
	NATGW_ENTRY(struct natgw_vnet *, vnet);
	u32 n_prefixes;
	u32 n_devs;
	struct natgw_prefix prefix[NATGW_VNET_PREFIXES];
	char dev[NATGW_VNET_DEVS][IFNAMSIZ];
	__be32 vpn_next_hop;
	u32 private_space;
	char owner[NATGW_CLUSTER_NAME_MAX + 1];
};

/**
 * struct natgw_route - one user route
 * @prefix: destination; of a route by tag not used
 * @tag: destination, one reference, or NULL
 * @type: enum natgw_next_hop_type, never PASS
 * @next_hop: of VIRTUAL_APPLIANCE
 * @hop: number of @next_hop among the table's different ones
 * @unreachable: NONE answers ICMP 3/13
 */
struct natgw_route {
	struct natgw_prefix prefix;
	struct natgw_tag *tag;
	u32 type;
	__be32 next_hop;
	u16 hop;
	bool unreachable;
};

/**
 * struct natgw_route_table_conf - a route table as configured; immutable once in a snapshot
 * @table: run-time part, one reference
 * @n: routes
 * @room: routes that @route has room for
 * @n_hops: different next hops of the VIRTUAL_APPLIANCE routes; compiled
 * @n_tags: routes by tag
 * @steers: a route has another next hop than VNET_LOCAL and INTERNET; compiled
 * @lpm: number of the route by destination, tags taken apart, or NULL until it
 *	is compiled; then it is valid as long as the entry: whoever changes a tag
 *	replaces the entries of the tables that use it
 * @route: in order of creation
 */
struct natgw_route_table_conf {
	NATGW_ENTRY(struct natgw_route_table *, table);
	u32 n;
	u32 room;
	u32 n_hops;
	u32 n_tags;
	bool steers;
	struct natgw_lpm *lpm;
	struct natgw_route route[];
};

/**
 * struct natgw_tag_conf - a service tag as configured; immutable once in a snapshot
 * @tag: run-time part, one reference
 * @n: prefixes
 * @prefix: no prefix twice
 */
struct natgw_tag_conf {
	NATGW_ENTRY(struct natgw_tag *, tag);
	u32 n;
	struct natgw_prefix prefix[];
};

/** natgw_subnet_prefix - prefix of a subnet */
static inline struct natgw_prefix natgw_subnet_prefix(const struct natgw_subnet_conf *conf)
{
	return (struct natgw_prefix) { .addr = conf->prefix, .len = conf->prefix_len };
}

/**
 * struct natgw_managed_pool_conf - one prefix of the pool; immutable once in a snapshot
 * @entry: what all entries begin with
 * @prefix: key
 * @dev: of the addresses taken from it, or empty
 *
 * What is free is not stored: it is what no address of the snapshot holds.
 */
struct natgw_managed_pool_conf {
	struct natgw_entry entry;
	struct natgw_prefix prefix;
	char dev[IFNAMSIZ];
};

/**
 * struct natgw_cluster_conf - a cluster as configured; immutable once in a snapshot
 * @cluster: run-time part, one reference
 * @vnet_mode: enum natgw_vnet_mode
 * @matrix: enum natgw_matrix
 * @type: enum natgw_outbound_type
 * @prefix: of the vnet it made
 * @n_subnets: used part of @subnet
 * @subnet: its subnets, one reference each
 * @gw: the operator's gateway, one reference, or NULL: USER_ASSIGNED_NAT_GATEWAY alone
 * @node_count: hosts to have ports for, 0: as they come
 * @node_nat: enum natgw_switch, a record
 * @idle_timeout: seconds, of the gateway it made
 * @managed_ips: addresses from the managed pool; 0: the operator's, or none
 * @ports_per_host: of its load balancer, 0 for the default table
 * @n_ranges: used part of @range
 * @range: authorized IP ranges
 */
struct natgw_cluster_conf {
	NATGW_ENTRY(struct natgw_cluster *, cluster);
	u32 vnet_mode;
	u32 matrix;
	u32 type;
	struct natgw_prefix prefix;
	u32 n_subnets;
	struct natgw_subnet *subnet[NATGW_CLUSTER_SUBNETS];
	struct natgw_gateway *gw;
	u32 node_count;
	u32 node_nat;
	u32 idle_timeout;
	u32 managed_ips;
	u32 ports_per_host;
	u32 n_ranges;
	struct natgw_prefix range[NATGW_CLUSTER_RANGES];
};

#endif
