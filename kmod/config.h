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
#include <linux/log2.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/natgw.h>
#include "drain.h"
#include "exhaustion.h"

struct natgw_address_conf;
struct natgw_gateway_conf;
struct natgw_net;
struct natgw_portmap;
struct natgw_subnet_conf;
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
 * @index: position in the snapshot that is being compiled; under nn->lock
 * @slot: public IPs by slot number, 0 for a slot that is free; under nn->lock
 * @drain: progress
 * @exhaustion: flows refused and not yet told
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
	u32 index;
	__be32 slot[NATGW_SLOTS];
	struct natgw_drain drain;
	struct natgw_exhaustion exhaustion;
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
	struct rcu_head rcu;
};

/**
 * struct natgw_subnet - run-time part of a subnet
 * @ref: held by configuration entries
 * @last_source: of the last packet left untranslated, 0 if none
 * @counters: per CPU
 * @name: key, never changes
 * @running: as in struct natgw_gateway
 * @seen: as in struct natgw_gateway
 * @drain: progress, of its binding
 */
struct natgw_subnet {
	refcount_t ref;
	__be32 last_source;
	struct natgw_session_counters __percpu *counters;
	char name[NATGW_NAME_MAX + 1];
	const struct natgw_subnet_conf *running;
	u32 seen;
	struct natgw_drain drain;
	struct rcu_head rcu;
};

/**
 * struct natgw_gateway_conf - a gateway as configured; immutable once in a snapshot
 * @ref: snapshots that hold this entry
 * @gw: run-time part, one reference
 * @profile: enum natgw_profile
 * @timer: seconds by enum natgw_timer
 * @destination_limit: 0 for none
 * @host_limit: 0 for none
 * @drain_end: jiffies, 64 bits, when its sessions are ended; 0: not draining
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
	u64 drain_end;
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
 * @reserved: the same as a map, while it is on its way to the address; under nn->lock
 * @drain_end: as of gateways
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
	struct natgw_portmap *reserved;
	u64 drain_end;
};

/**
 * struct natgw_subnet_conf - a subnet as configured; immutable once in a snapshot
 * @ref: snapshots that hold this entry
 * @subnet: run-time part, one reference
 * @gw: bound gateway, one reference, or NULL
 * @prefix: network address
 * @prefix_len: 1..32
 * @ipv6: enum natgw_ipv6
 * @drain_end: as of gateways
 */
struct natgw_subnet_conf {
	refcount_t ref;
	struct natgw_subnet *subnet;
	struct natgw_gateway *gw;
	__be32 prefix;
	u8 prefix_len;
	u32 ipv6;
	u64 drain_end;
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
	struct natgw_pool_entry entry[NATGW_GATEWAY_ADDRESSES];
};

/** struct natgw_subnet_range - a subnet in the sorted table (host byte order) */
struct natgw_subnet_range {
	u32 first;
	u32 last;
	struct natgw_subnet *subnet;
	const struct natgw_pool *pool;	/* NULL: no gateway bound */
	bool ipv6_drop;
	bool draining;
};

/** struct natgw_public - a public IP in the sorted table, attached or not */
struct natgw_public {
	u32 addr;			/* host byte order */
	struct natgw_address *address;
	struct natgw_gateway *gw;	/* NULL: attached to none */
	const struct natgw_address_conf *conf;
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
 * @gateways, @addresses, @subnets: entries in order of creation, one reference each
 * @pools: one for each of @gateways, same index; compiled
 * @ranges: subnets of vnet "default" sorted by address, never overlapping; compiled
 * @publics: all public IPs sorted; compiled
 * @public_hint: bit natgw_public_hint() of each of @publics; most packets are to none; compiled
 * @track_off: at least one gateway keeps its sessions out of conntrack; compiled
 * @ipv6_drop: at least one subnet refuses IPv6; compiled
 * @drains: at least one object is being drained; compiled
 * @shared: at least one address is shared; compiled
 * @staged: bytes that changes added before it was published
 */
struct natgw_config {
	struct rcu_work rwork;
	u32 generation;
	u32 n_gateways;
	u32 n_addresses;
	u32 n_subnets;
	u32 n_ranges;
	u32 n_publics;
	struct natgw_gateway_conf **gateways;
	struct natgw_address_conf **addresses;
	struct natgw_subnet_conf **subnets;
	struct natgw_pool *pools;
	struct natgw_subnet_range *ranges;
	struct natgw_public *publics;
	DECLARE_BITMAP(public_hint, NATGW_PUBLIC_HINT);
	bool track_off;
	bool ipv6_drop;
	bool drains;
	bool shared;
	size_t staged;
};

/**
 * enum natgw_next_hop - effective next hop of a packet from a subnet
 *
 * Only INTERNET is translated (Azure: the gateway replaces the subnet's
 * default Internet next hop, AZN/nat-overview).
 */
enum natgw_next_hop {
	NATGW_NEXT_HOP_INTERNET,
	NATGW_NEXT_HOP_VNET_LOCAL,
	NATGW_NEXT_HOP_PASS,	/* private or shared space outside the vnet: left to Linux */
};

/* lookup.c: packet path, RCU read side */
const struct natgw_subnet_range *natgw_lookup_subnet(const struct natgw_config *config,
						     __be32 addr);
const struct natgw_public *natgw_lookup_public_exact(const struct natgw_config *config,
						     __be32 addr);
enum natgw_next_hop natgw_lookup_next_hop(const struct natgw_config *config, __be32 daddr);

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

/** natgw_config_clear - take everything out of a snapshot that is not yet published */
void natgw_config_clear(struct natgw_config *config);

/** natgw_config_empty - does a snapshot hold nothing at all? */
static inline bool natgw_config_empty(const struct natgw_config *config)
{
	return !config->n_gateways && !config->n_addresses && !config->n_subnets;
}

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
 * natgw_config_release - drop the running snapshot of a dying namespace
 *
 * No packet can see it any more.
 */
void natgw_config_release(struct natgw_net *nn);

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
