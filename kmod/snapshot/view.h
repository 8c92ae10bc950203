/* SPDX-License-Identifier: GPL-2.0 */
/* What is compiled from the entries of a snapshot, for packets to search. */
#ifndef _NATGW_SNAPSHOT_VIEW_H
#define _NATGW_SNAPSHOT_VIEW_H

#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/types.h>
#include <linux/natgw.h>
#include "lib/search.h"
#include "snapshot/object.h"

struct natgw_address_conf;
struct natgw_next_hop;
struct natgw_route_table_conf;
struct natgw_vnet_conf;
struct natgw_vnet_view;

/**
 * struct natgw_pool_entry - one public IP that a gateway may use
 * @addr: the IP
 * @slot: its slot number, see NATGW_SLOTS
 * @conf: entry it comes from, valid as long as the snapshot
 */
struct natgw_pool_entry {
	__be32 addr;
	u8 slot;
	const struct natgw_address_conf *conf;
};

/**
 * struct natgw_pool - a gateway with the public IPs of one snapshot
 * @gw: gateway
 * @n_subnets: subnets bound to it
 * @n: used part of @entry
 * @slots: slot numbers of @entry, as bits
 * @draining: those that take no new flows
 * @by_slot: index in @entry
 * @uplinks: at least one entry serves one device only
 * @any: a flow may have any port of any entry, and nobody counts: there are entries, none drains
 *	or serves one device only, and the gateway has no other pooling or allocation and no limit
 * @allocation, @ports_per_host, @hosts, @tier: as in struct natgw_gateway_conf
 * @n_places: used part of @place
 * @place: index in @entry, in the order in which blocks use them
 * @entry: its public IPs, prefixes taken apart
 */
struct natgw_pool {
	struct natgw_gateway *gw;
	u32 n_subnets;
	u32 n;
	u32 slots;
	u32 draining;
	u8 by_slot[NATGW_SLOTS];
	bool uplinks;
	bool any;
	u8 allocation;
	u8 tier;
	u32 ports_per_host;
	u32 hosts;
	u8 n_places;
	u8 place[NATGW_GATEWAY_ADDRESSES];
	struct natgw_pool_entry entry[NATGW_GATEWAY_ADDRESSES];
};

/**
 * struct natgw_steer - a route table as the subnets of one vnet use it
 * @vnet: the vnet
 * @table: its routes
 * @hop: next hops by their number, the vnet's VPN next hop at @table->n_hops,
 *	NULL if it has none; of @hop_list of the snapshot
 */
struct natgw_steer {
	const struct natgw_vnet_view *vnet;
	const struct natgw_route_table_conf *table;
	struct natgw_next_hop **hop;
};

/**
 * struct natgw_subnet_range - a subnet in the sorted table
 * @first: address, host byte order
 * @last: address, host byte order
 * @subnet: run-time part
 * @vnet: its vnet
 * @pool: its gateway, or else its load balancer, NULL: neither
 * @steer: its route table, NULL: none
 * @source_check: enum natgw_source_check
 * @ipv6_drop: refuses IPv6
 * @draining: its binding takes no new flows
 * @block: without @pool: nothing goes to the Internet
 * @plain: it has @pool and no @steer, is not @draining, and there is no managed pool: what goes to
 *	the Internet is translated
 */
struct natgw_subnet_range {
	u32 first;
	u32 last;
	struct natgw_subnet *subnet;
	const struct natgw_vnet_view *vnet;
	const struct natgw_pool *pool;
	const struct natgw_steer *steer;
	u8 source_check;
	bool ipv6_drop;
	bool draining;
	bool block;
	bool plain;
};

/** natgw_range_gateway - the gateway of a subnet; NULL: it has none, or @range is NULL */
static inline struct natgw_gateway *natgw_range_gateway(const struct natgw_subnet_range *range)
{
	return range && range->pool ? range->pool->gw : NULL;
}

/**
 * struct natgw_vnet_view - a vnet with the subnets of one snapshot
 * @vnet: run-time part
 * @conf: its entry
 * @entrance: vnet by whose devices its packets come: itself, or "default" if it has none
 * @ranges: subnets of @entrance, and of all vnets that share it, sorted by address,
 *	never overlapping
 * @n_ranges: number of them
 * @n_subnets: number of those that are its own
 * @id: of @vnet
 * @vrf: index of the VRF all its devices are in, or 0
 * @untracked: its flows stay out of conntrack, which cannot tell VRFs apart
 * @clash: a device of it, or a VRF of one, is another vnet's too
 * @down: so it is, or it overlaps another vnet and not all its devices are in one VRF
 * @drops_private: private space outside it is dropped
 * @ipv6_drop: at least one of its subnets refuses IPv6
 * @plain: what comes by its devices has nothing about it that a packet of a running flow
 *	would have to be asked for: it is not @down, in no VRF, no address serves one
 *	device only, no gateway offloads, and all of @ranges are of one vnet
 *	Nor are packets counted for their session.
 * @countable: so it would be if they were not
 * @plain_id: @id of that vnet
 * @search: @ranges by their addresses
 */
struct natgw_vnet_view {
	struct natgw_vnet *vnet;
	const struct natgw_vnet_conf *conf;
	struct natgw_vnet_view *entrance;
	struct natgw_subnet_range *ranges;
	u32 n_ranges;
	u32 n_subnets;
	int vrf;
	u16 id;
	bool untracked;
	bool clash;
	bool down;
	bool drops_private;
	bool ipv6_drop;
	bool plain;
	bool countable;
	u16 plain_id;
	struct natgw_search search;
};

/** struct natgw_dev - an ingress device, or the VRF of some, in the sorted table */
struct natgw_dev {
	int ifindex;
	const struct natgw_vnet_view *vnet;
};

/** struct natgw_public - a public IP in the sorted table, attached or not */
struct natgw_public {
	u32 addr;			/* host byte order */
	struct natgw_address *address;
	struct natgw_gateway *gw;	/* NULL: attached to none */
	const struct natgw_address_conf *conf;
};

/** struct natgw_managed_range - a prefix of the managed pool in the sorted table */
struct natgw_managed_range {
	u32 first;			/* host byte order, as the next */
	u32 last;
};

#define NATGW_PUBLIC_HINT	512

/** natgw_public_hint - bit of an address in struct natgw_config @public_hint */
static inline u32 natgw_public_hint(__be32 addr)
{
	return hash_32((__force u32)addr, ilog2(NATGW_PUBLIC_HINT));
}

#endif
