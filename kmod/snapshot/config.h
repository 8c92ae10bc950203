/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration snapshots.
 *
 * Everything an operator sets lives in one immutable struct natgw_config per
 * network namespace. A change clones the snapshot (an array of references,
 * not of objects), replaces what changes, compiles the tables the packet path
 * searches, and publishes it by one RCU pointer. So a packet sees the old or
 * the new configuration and nothing between, and a transaction is a snapshot
 * that is published late.
 *
 * What must survive a change (counters, timers in force, sessions' back
 * pointers) sits in the run-time objects struct natgw_gateway, natgw_address
 * and natgw_subnet, which the entries of the snapshots refer to.
 */
#ifndef _NATGW_CONFIG_H
#define _NATGW_CONFIG_H

#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/if.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/ratelimit_types.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/natgw.h>
#include "config/drain.h"
#include "lib/lpm.h"
#include "lib/prefix.h"
#include "lib/search.h"
#include "session/exhaustion.h"
#include "session/seat.h"
#include "snapshot/bound.h"

struct natgw_address_conf;
struct natgw_cluster_conf;
struct natgw_gateway_conf;
struct natgw_hop;
struct natgw_managed_pool_conf;
struct natgw_net;
struct natgw_place;
struct natgw_portmap;
struct natgw_route_table_conf;
struct natgw_subnet_conf;
struct natgw_tag_conf;
struct natgw_vnet_conf;
struct natgw_vnet_view;
struct netlink_ext_ack;

/*
 * A gateway gives each public IP a slot number. Twice the most it can have: an
 * address that goes keeps its slot until its sessions have ended, while the one
 * that replaces it is in use already.
 */
#define NATGW_SLOTS	32

/** enum natgw_timer - index of a gateway's timers */
enum natgw_timer {
	NATGW_TIMER_ESTABLISHED,
	NATGW_TIMER_UDP,
	NATGW_TIMER_ICMP,
	NATGW_TIMER_HALF_OPEN,
	NATGW_TIMER_CLOSING,
	NATGW_COOLDOWN_FIN,
	NATGW_COOLDOWN_RST,
	NATGW_COOLDOWN_HALF_OPEN,
	NATGW_COOLDOWN_UDP,
	NATGW_TIMERS
};

/**
 * struct natgw_gateway_counters - one CPU's counters of a gateway
 *
 * Written in softirq, or with softirqs off, on the CPU they belong to.
 * @opened/@ended: sessions put in and taken out of the table; their sums'
 * difference is the number of sessions, exact once all CPUs are at rest.
 * @refused: flows refused, by enum natgw_exhausted
 */
struct natgw_gateway_counters {
	u64 packets_out;
	u64 bytes_out;
	u64 packets_in;
	u64 bytes_in;
	u64 dropped;
	u64 attempted;
	u64 established;
	u64 failed;
	u64 timed_out;
	u64 closed;
	u64 opened;
	u64 ended;
	u64 refused[NATGW_EXHAUSTED_REASONS];
};

/**
 * struct natgw_session_counters - one CPU's sessions of an address or subnet
 * @opened: sessions put into the table
 * @ended: sessions taken out
 * @untranslated: subnets only: packets left alone because no gateway is bound
 * @established, @timed_out, @closed: addresses only: as of gateways
 */
struct natgw_session_counters {
	u64 opened;
	u64 ended;
	u64 untranslated;
	u64 established;
	u64 timed_out;
	u64 closed;
};

/**
 * struct natgw_gateway - run-time part of a gateway
 * @ref: held by the configuration entries that name it
 * @rcu: freed by RCU, because packets and ending sessions may still use it
 * @name: key, never changes
 * @timeout: jiffies by enum natgw_timer; written at commit, READ_ONCE() by all
 *	others, so a changed timer holds at once for running sessions
 * @pooling: enum natgw_pooling, in force like @timeout; so are the next five
 * @on_idle: enum natgw_on_idle
 * @on_exhaust: enum natgw_on_exhaust
 * @track: conntrack sees the sessions
 * @destination_limit: most ports of one address to one destination, or 0
 * @host_limit: most sessions of one host, or 0
 * @counters: per CPU
 * @running: entry of the running snapshot, NULL if in none; under nn->lock
 * @seen: generation of the newest published snapshot that has it; under nn->lock
 * @slot: public IPs by slot number, 0 for a slot that is free; under nn->lock
 * @drain: progress
 * @exhaustion: what is told of flows that were refused
 * @resets: rate of RSTs, so that no gateway takes another one's
 * @seats: which host has which block of ports
 * @place: public IPs in the order in which blocks use them, those that drain
 *	left out; under nn->lock
 * @n_places: number of them
 * @zero: sums of @counters at the last reset, which readers subtract with
 *	natgw_since(); written under nn->lock
 */
struct natgw_gateway {
	refcount_t ref;
	u32 timeout[NATGW_TIMERS];
	u8 pooling;
	u8 on_idle;
	u8 on_exhaust;
	u8 track;
	u32 destination_limit;
	u32 host_limit;
	struct natgw_gateway_counters __percpu *counters;
	char name[NATGW_NAME_MAX + 1];
	const struct natgw_gateway_conf *running;
	u32 seen;
	__be32 slot[NATGW_SLOTS];
	struct natgw_drain drain;
	struct natgw_exhaustion exhaustion;
	struct ratelimit_state resets;
	struct natgw_seats seats;
	__be32 place[NATGW_GATEWAY_ADDRESSES];
	u32 n_places;
	struct natgw_gateway_counters zero;
	struct rcu_head rcu;
};

/**
 * struct natgw_address - run-time part of an address or public IP prefix
 * @ref: held by configuration entries
 * @addr: first address
 * @prefix_len: 32, or 28..31
 * @counters: per CPU
 * @reserved: ports that stay out of the pool of each of its IPs, or NULL;
 *	written under nn->lock, read under RCU
 * @running: as in struct natgw_gateway
 * @seen: as in struct natgw_gateway
 * @drain: progress
 * @zero: as in struct natgw_gateway
 */
struct natgw_address {
	refcount_t ref;
	__be32 addr;
	u8 prefix_len;
	struct natgw_session_counters __percpu *counters;
	struct natgw_portmap __rcu *reserved;
	const struct natgw_address_conf *running;
	u32 seen;
	struct natgw_drain drain;
	struct natgw_session_counters zero;
	struct rcu_head rcu;
};

/**
 * struct natgw_subnet - run-time part of a subnet
 * @ref: held by configuration entries
 * @last_source: of the last packet left untranslated, 0 if none
 * @counters: per CPU
 * @name: key, never changes
 * @vnet: its vnet, one reference, never changes
 * @running: as in struct natgw_gateway
 * @seen: as in struct natgw_gateway
 * @drain: progress, of its binding
 * @directs: direct records of its hosts; under the lock of struct natgw_directs
 * @directs_queue: those unanswered, oldest first; under the same lock
 * @zero: as in struct natgw_gateway
 */
struct natgw_subnet {
	refcount_t ref;
	__be32 last_source;
	struct natgw_session_counters __percpu *counters;
	char name[NATGW_NAME_MAX + 1];
	struct natgw_vnet *vnet;
	const struct natgw_subnet_conf *running;
	u32 seen;
	struct natgw_drain drain;
	u32 directs;
	struct list_head directs_queue;
	struct natgw_session_counters zero;
	struct rcu_head rcu;
};

/**
 * struct natgw_vnet - run-time part of a vnet
 * @ref: held by configuration entries and by its subnets
 * @id: @vnet of the inside tuples of its flows, never changes; "default" has 0
 * @vrf: index of the VRF that its devices are in, or 0; written under nn->lock,
 *	READ_ONCE() by packets; so is @down
 * @down: it overlaps another vnet and has no VRF
 * @name: key, never changes
 * @running: as in struct natgw_gateway
 * @seen: as in struct natgw_gateway
 */
struct natgw_vnet {
	refcount_t ref;
	u16 id;
	bool down;
	int vrf;
	char name[NATGW_NAME_MAX + 1];
	const struct natgw_vnet_conf *running;
	u32 seen;
	struct rcu_head rcu;
};

/**
 * struct natgw_route_table - run-time part of a route table
 * @ref: held by configuration entries
 * @name: key, never changes
 * @running: as in struct natgw_gateway
 * @seen: as in struct natgw_gateway
 */
struct natgw_route_table {
	refcount_t ref;
	char name[NATGW_NAME_MAX + 1];
	const struct natgw_route_table_conf *running;
	u32 seen;
};

/**
 * struct natgw_tag - run-time part of a service tag
 * @ref: held by configuration entries and by the routes that name it
 * @name: key, never changes
 * @running: as in struct natgw_gateway
 * @seen: as in struct natgw_gateway
 */
struct natgw_tag {
	refcount_t ref;
	char name[NATGW_NAME_MAX + 1];
	const struct natgw_tag_conf *running;
	u32 seen;
};

/**
 * struct natgw_gateway_conf - a gateway as configured; immutable once in a snapshot
 * @ref: snapshots that hold this entry
 * @gw: run-time part, one reference
 * @profile: enum natgw_profile
 * @timer: seconds by enum natgw_timer
 * @destination_limit: 0 for none
 * @host_limit: 0 for none
 * @allocation: enum natgw_allocation
 * @ports_per_host: 0 for the default table
 * @hosts: to reserve ports for, 0 for none
 * @tier: enum natgw_tier
 * @drain_end: jiffies, 64 bits, when its sessions are ended; 0: not draining
 * @owner: cluster that made it, or empty
 * @retired: no subnet is bound to it; goes with the last of its addresses
 */
struct natgw_gateway_conf {
	refcount_t ref;
	struct natgw_gateway *gw;
	u32 profile;
	u32 timer[NATGW_TIMERS];
	u32 pooling;
	u32 on_idle;
	u32 on_exhaust;
	u32 track;
	u32 zone;
	u32 destination_limit;
	u32 host_limit;
	u32 allocation;
	u32 ports_per_host;
	u32 hosts;
	u32 tier;
	u64 drain_end;
	char owner[NATGW_CLUSTER_NAME_MAX + 1];
	bool retired;
};

/**
 * struct natgw_address_conf - an address as configured; immutable once in a snapshot
 * @ref: snapshots that hold this entry
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
	refcount_t ref;
	struct natgw_address *address;
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
 * @ref: snapshots that hold this entry
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
	refcount_t ref;
	struct natgw_subnet *subnet;
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
 * @ref: snapshots that hold this entry
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
	refcount_t ref;
	struct natgw_vnet *vnet;
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
 * @ref: snapshots that hold this entry
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
	refcount_t ref;
	struct natgw_route_table *table;
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
 * @ref: snapshots that hold this entry
 * @tag: run-time part, one reference
 * @n: prefixes
 * @prefix: no prefix twice
 */
struct natgw_tag_conf {
	refcount_t ref;
	struct natgw_tag *tag;
	u32 n;
	struct natgw_prefix prefix[];
};

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
 *	NULL if it has none; one reference each
 */
struct natgw_steer {
	const struct natgw_vnet_view *vnet;
	const struct natgw_route_table_conf *table;
	struct natgw_hop **hop;
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
};

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
 * @down: it overlaps another vnet and not all its devices are in one VRF
 * @drops_private: private space outside it is dropped
 * @ipv6_drop: at least one of its subnets refuses IPv6
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
	bool down;
	bool drops_private;
	bool ipv6_drop;
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

/**
 * struct natgw_config - one snapshot
 * @rwork: frees the snapshot after a grace period, in process context
 * @generation: grows by one with each published change
 * @gateways, @addresses, @subnets, @vnets, @tables, @tags, @managed, @clusters:
 *	entries in order of creation, one reference each; @vnets[0] is "default"
 * @places: of @gateways, @vnets and @tables by their run-time parts, sorted; compiled
 * @reserved: one for each of @addresses, same index: ports that stay out of its
 *	pool, or NULL, on their way to the address; under nn->lock; compiled
 * @pools: one for each of @gateways, same index; compiled
 * @ranges: subnets by the vnet whose devices their packets come by, in each
 *	sorted by address; compiled
 * @views: one for each of @vnets, same index; compiled
 * @search_words: memory of their searches; compiled
 * @devs: sorted by index; devices in none are in vnet "default"; compiled
 * @bound: the bound ones of @ranges by address, whatever their vnet; compiled
 * @steers: each pair of vnet and route table in use; compiled
 * @hops: array of all pointers @steers refer to; compiled
 * @publics: all public IPs sorted; compiled
 * @public_hint: bit natgw_public_hint() of each of @publics; most packets are to none; compiled
 * @managed_ranges: prefixes of the managed pool, sorted; compiled
 * @track_off: at least one gateway keeps its sessions out of conntrack; compiled
 * @ipv6_drop: at least one subnet refuses IPv6; compiled
 * @routed: a route may steer or drop a packet of some subnet; compiled
 * @directs: flows that come in by another way are noted: a subnet has a gateway
 *	or a route table; compiled
 * @deferred: flows of a vnet in a VRF are translated back in FORWARD; compiled
 * @early: packets from inside matter in PRE_ROUTING: @routed, @track_off or @deferred; compiled
 * @drains: at least one object is being drained; compiled
 * @retired: something of a former configuration of a cluster is left; compiled
 * @shared: at least one address is shared; compiled
 * @uplinks: at least one address serves one device only; compiled
 * @seats: at least one gateway allocates ports by host; compiled
 * @staged: bytes that changes added before it was published
 * @anew: began with nothing: when it is published, all counters begin at 0
 */
struct natgw_config {
	struct rcu_work rwork;
	u32 generation;
	u32 n_gateways;
	u32 n_addresses;
	u32 n_subnets;
	u32 n_vnets;
	u32 n_tables;
	u32 n_tags;
	u32 n_managed;
	u32 n_clusters;
	u32 n_ranges;
	u32 n_publics;
	u32 n_devs;
	u32 n_steers;
	u32 n_hops;
	u32 n_places;
	struct natgw_gateway_conf **gateways;
	struct natgw_address_conf **addresses;
	struct natgw_subnet_conf **subnets;
	struct natgw_vnet_conf **vnets;
	struct natgw_route_table_conf **tables;
	struct natgw_tag_conf **tags;
	struct natgw_managed_pool_conf **managed;
	struct natgw_cluster_conf **clusters;
	struct natgw_place *places;
	struct natgw_portmap **reserved;
	struct natgw_pool *pools;
	struct natgw_subnet_range *ranges;
	struct natgw_vnet_view *views;
	u32 *search_words;
	struct natgw_dev *devs;
	struct natgw_bound bound;
	struct natgw_steer *steers;
	struct natgw_hop **hops;
	struct natgw_public *publics;
	DECLARE_BITMAP(public_hint, NATGW_PUBLIC_HINT);
	struct natgw_managed_range *managed_ranges;
	bool track_off;
	bool ipv6_drop;
	bool routed;
	bool directs;
	bool deferred;
	bool early;
	bool drains;
	bool retired;
	bool shared;
	bool uplinks;
	bool seats;
	size_t staged;
	bool anew;
};

/**
 * struct natgw_effective - effective route of a packet from a subnet
 * @type: enum natgw_next_hop_type
 * @route: the user route, or NULL for a system route
 * @prefix_len: of the prefix that matched
 * @hop: next hop of VIRTUAL_APPLIANCE and VIRTUAL_NETWORK_GATEWAY, NULL: not set
 */
struct natgw_effective {
	u32 type;
	const struct natgw_route *route;
	u8 prefix_len;
	struct natgw_hop *hop;
};

/* lookup.c: packet path, RCU read side */
const struct natgw_vnet_view *natgw_lookup_dev(const struct natgw_config *config, int ifindex);
const struct natgw_subnet_range *natgw_lookup_source(const struct natgw_vnet_view *vnet,
						     __be32 addr);
const struct natgw_subnet_range *natgw_lookup_subnet(const struct natgw_vnet_view *vnet,
						     __be32 addr);
bool natgw_lookup_internet(const struct natgw_config *config, __be32 addr);
bool natgw_lookup_free_exact(const struct natgw_config *config, __be32 addr,
			     const struct net_device *out);
const struct natgw_public *natgw_lookup_public_exact(const struct natgw_config *config,
						     __be32 addr);
u32 natgw_lookup_private_type(const struct natgw_vnet_view *vnet);
void natgw_lookup_system_route(const struct natgw_vnet_view *vnet, __be32 daddr,
			       struct natgw_effective *effective);
void natgw_lookup_route(const struct natgw_subnet_range *range, __be32 daddr,
			struct natgw_effective *effective);
bool natgw_lookup_may_steer(const struct natgw_subnet_range *range, __be32 daddr);

/**
 * natgw_lookup_vnet - vnet of what comes in by a device
 * @config: snapshot
 * @ifindex: the device, or its VRF
 *
 * Context: RCU read side.
 */
static inline const struct natgw_vnet_view *
natgw_lookup_vnet(const struct natgw_config *config, int ifindex)
{
	if (likely(!config->n_devs))
		return &config->views[0];
	return natgw_lookup_dev(config, ifindex);
}

/**
 * natgw_lookup_public - pool address, attached to a gateway or not
 * @config: snapshot
 * @addr: address
 *
 * Context: RCU read side. Return: the entry, or NULL.
 */
static inline const struct natgw_public *
natgw_lookup_public(const struct natgw_config *config, __be32 addr)
{
	if (likely(!test_bit(natgw_public_hint(addr), config->public_hint)))
		return NULL;
	return natgw_lookup_public_exact(config, addr);
}

/**
 * natgw_lookup_free - address of the managed pool that no address object holds
 * @config: snapshot
 * @addr: address
 * @out: device that a packet to it leaves by, or NULL
 *
 * The pool's prefixes lead here, so nobody has it; unless the pool is a part of a
 * network of @out, where a neighbour may. Context: RCU read side.
 */
static inline bool natgw_lookup_free(const struct natgw_config *config, __be32 addr,
				     const struct net_device *out)
{
	return unlikely(config->n_managed) && natgw_lookup_free_exact(config, addr, out);
}

/**
 * natgw_lookup_serves - may a packet with this source leave by a device?
 * @config: snapshot
 * @addr: public address, or any other: those may
 * @out: the device
 *
 * Context: RCU read side. Return: not if the address has another uplink.
 */
bool natgw_lookup_serves(const struct natgw_config *config, __be32 addr,
			 const struct net_device *out);

/* config.c */

int natgw_config_module_init(void);
void natgw_config_module_exit(void);

/**
 * natgw_config_clone - writable copy of the running snapshot
 * @nn: namespace, @nn->lock held
 *
 * Return: the copy, not yet compiled, or NULL if there is no memory.
 */
struct natgw_config *natgw_config_clone(struct natgw_net *nn);

/** natgw_config_copy - the same of a snapshot, running or not */
struct natgw_config *natgw_config_copy(const struct natgw_config *old);

/**
 * natgw_config_exchange - swap what two snapshots hold
 *
 * Neither is published or compiled. So a change of several steps is made in a
 * copy first, and nothing has changed if one of them fails.
 */
void natgw_config_exchange(struct natgw_config *a, struct natgw_config *b);

/** natgw_config_clear - take everything out of a snapshot that is not yet published */
void natgw_config_clear(struct natgw_config *config);

/**
 * natgw_config_free - drop a snapshot
 *
 * Never published, or a grace period after the next one was. Sleeps.
 */
void natgw_config_free(struct natgw_config *config);

/**
 * natgw_config_publish - compile @config and make it the running snapshot
 * @nn: namespace, @nn->lock held
 * @config: taken over in every case
 * @extack: says why not
 *
 * Timers and modes of the gateways are put in force; sessions that lost their
 * address, gateway or subnet are ended, new addresses announced, and listeners
 * told, before it returns.
 *
 * Return: 0, or a negative errno and nothing changed.
 */
int natgw_config_publish(struct natgw_net *nn, struct natgw_config *config,
			 struct netlink_ext_ack *extack);

/**
 * natgw_config_refresh - compile the running snapshot anew
 *
 * Devices have changed, not the configuration: no new generation, nobody is
 * told. Context: process, nn->lock held. Return: 0 or -ENOMEM.
 */
int natgw_config_refresh(struct natgw_net *nn);

/**
 * natgw_config_net_init - first snapshot of a namespace: vnet "default" alone
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_config_net_init(struct natgw_net *nn);

/**
 * natgw_config_release - drop the running snapshot of a dying namespace
 *
 * No packet can see it any more.
 */
void natgw_config_release(struct natgw_net *nn);

/**
 * natgw_since - what a counter, or a sum of them, has grown since the last reset
 * @n: as it is
 * @zero: as it was; that of a reset that is going on may be more than @n
 */
static inline u64 natgw_since(u64 n, u64 zero)
{
	return n > zero ? n - zero : 0;
}

/**
 * natgw_counters_zero - let the counters of an address or subnet begin at 0
 * @counters: what counts on, as it is a number of sessions too
 * @zero: for natgw_since()
 */
void natgw_counters_zero(const struct natgw_session_counters __percpu *counters,
			 struct natgw_session_counters *zero);

/**
 * natgw_counters_since - what the counters of an address or subnet have grown since a reset
 * @counters: sums are taken over all CPUs
 * @zero: of natgw_counters_zero()
 * @since: result, but for @ended
 */
void natgw_counters_since(const struct natgw_session_counters __percpu *counters,
			  const struct natgw_session_counters *zero,
			  struct natgw_session_counters *since);

/** natgw_counters_sessions - sessions of an address or subnet now in the table */
u32 natgw_counters_sessions(const struct natgw_session_counters __percpu *counters);

/**
 * natgw_array_grow - room for one more in an array of references
 * @array: array of @n references, or NULL
 * @n: used part
 *
 * Return: @array or what replaces it; NULL if there is no memory, @array untouched.
 */
void *natgw_array_grow(void *array, u32 n);

#endif
