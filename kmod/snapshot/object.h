/* SPDX-License-Identifier: GPL-2.0 */
/* Run-time parts of the objects, which snapshots come and go around. */
#ifndef _NATGW_SNAPSHOT_OBJECT_H
#define _NATGW_SNAPSHOT_OBJECT_H

#include <linux/idr.h>
#include <linux/list.h>
#include <linux/ratelimit_types.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/natgw.h>
#include "lib/portblock.h"
#include "lib/prefix.h"
#include "snapshot/counters.h"
#include "snapshot/kind.h"
#include "snapshot/timer.h"

struct natgw_address_conf;
struct natgw_cluster_conf;
struct natgw_gateway_conf;
struct natgw_portmap;
struct natgw_route_table_conf;
struct natgw_subnet_conf;
struct natgw_tag_conf;
struct natgw_vnet_conf;

/*
 * A gateway gives each public IP a slot number. Twice the most it can have: an
 * address that goes keeps its slot until its sessions have ended, while the one
 * that replaces it is in use already.
 */
#define NATGW_SLOTS	32

/**
 * struct natgw_drain - progress of a gateway, address or subnet that drains
 * @oldest: natgw_clock() when the oldest of its sessions was made
 * @known: @oldest has been looked up; both written by the maintenance worker
 */
struct natgw_drain {
	u32 oldest;
	bool known;
};

/**
 * struct natgw_refusals - flows of one gateway refused for one reason
 * @lock: the flow; packets only try to take it
 * @src: inside source of the last flow, or of one at the same time; so are the others
 * @dst: its destination
 * @src_port: its port or ICMP id
 * @dst_port: its port, 0 for ICMP
 * @proto: IPPROTO_*
 * @told: how many have been told, of struct natgw_gateway_counters @refused; worker only
 */
struct natgw_refusals {
	spinlock_t lock;	/* see above */
	__be32 src;
	__be32 dst;
	__be16 src_port;
	__be16 dst_port;
	u8 proto;
	u64 told;
};

/**
 * struct natgw_exhaustion - of one gateway
 * @refusals: by enum natgw_exhausted
 */
struct natgw_exhaustion {
	struct natgw_refusals refusals[NATGW_EXHAUSTED_REASONS];
};

/**
 * struct natgw_seats - of a gateway that allocates ports by host
 * @lock: all below; taken under a host's lock
 * @taken: seat numbers
 * @loose: struct natgw_seat_holder whose seats are not firm, who has sat for longest first
 * @known: number of seats taken
 * @firm: of them, those that are firm
 * @top: no firm seat from here on is taken; READ_ONCE() by packets, which lay out by it
 * @grown: the same of seats that became firm since the maintenance last asked
 * @cut: blocks became smaller, and flows on the ports that were lost are to end
 * @cut_from: layout before the first such change
 * @cutting: the maintenance is at it
 * @cutting_from: the maintenance's @cut_from
 * @table: sessions, once there has been a seat
 * @divided: ns since 1970 when the ports were divided anew, 0 once watchers know
 */
struct natgw_seats {
	spinlock_t lock;	/* see above */
	struct ida taken;
	struct list_head loose;
	u32 known;
	u32 firm;
	u32 top;
	u32 grown;
	bool cut;
	struct natgw_portblock_layout cut_from;
	bool cutting;
	struct natgw_portblock_layout cutting_from;
	struct natgw_table *table;
	u64 divided;
};

/**
 * struct natgw_gateway - run-time part of a gateway
 * @rcu: freed by RCU, because packets and ending sessions may still use it
 * @name: key, never changes
 * @timeout: jiffies by enum natgw_timer; written at commit, READ_ONCE() by all
 *	others, so a changed timer holds at once for running sessions
 * @pooling: enum natgw_pooling, in force like @timeout; so are the next seven
 * @on_idle: enum natgw_on_idle
 * @on_exhaust: enum natgw_on_exhaust
 * @track: conntrack sees the sessions
 * @offload: packets of its established sessions are sent on from the ingress hook
 * @destination_limit: most ports of one address to one destination, or 0
 * @host_limit: most sessions of one host, or 0
 * @warn_used: per cent of the ports of a destination in use, or 0; packets do not read it
 * @counters: per CPU
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
	NATGW_OBJECT(const struct natgw_gateway_conf *);
	struct natgw_gateway_counters __percpu *counters;
	u32 timeout[NATGW_TIMERS];
	u8 pooling;
	u8 on_idle;
	u8 on_exhaust;
	u8 track;
	u8 offload;
	u32 destination_limit;
	u32 host_limit;
	u32 warn_used;
	char name[NATGW_NAME_MAX + 1];
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
 * @addr: first address
 * @prefix_len: 32, or 28..31
 * @counters: per CPU
 * @reserved: ports that stay out of the pool of each of its IPs, or NULL;
 *	written under nn->lock, read under RCU
 * @own_version: of struct natgw_own_ports, when @reserved was last put in force
 * @drain: progress
 * @zero: as in struct natgw_gateway
 */
struct natgw_address {
	NATGW_OBJECT(const struct natgw_address_conf *);
	__be32 addr;
	u8 prefix_len;
	struct natgw_session_counters __percpu *counters;
	struct natgw_portmap __rcu *reserved;
	u32 own_version;
	struct natgw_drain drain;
	struct natgw_session_counters zero;
	struct rcu_head rcu;
};

/**
 * struct natgw_subnet - run-time part of a subnet
 * @last_source: of the last packet left untranslated, 0 if none
 * @last_untranslated: when that was, of natgw_clock()
 * @counters: per CPU
 * @name: key, never changes
 * @vnet: its vnet, one reference, never changes
 * @drain: progress, of its binding
 * @directs: direct records of its hosts; under the lock of struct natgw_directs
 * @directs_queue: those unanswered, oldest first; under the same lock
 * @zero: as in struct natgw_gateway
 */
struct natgw_subnet {
	NATGW_OBJECT(const struct natgw_subnet_conf *);
	__be32 last_source;
	u32 last_untranslated;
	struct natgw_session_counters __percpu *counters;
	char name[NATGW_NAME_MAX + 1];
	struct natgw_vnet *vnet;
	struct natgw_drain drain;
	u32 directs;
	struct list_head directs_queue;
	struct natgw_session_counters zero;
	struct rcu_head rcu;
};

/**
 * struct natgw_vnet - run-time part of a vnet
 * @id: @vnet of the inside tuples of its flows, never changes; "default" has 0
 * @vrf: index of the VRF that its devices are in, or 0; written under nn->lock,
 *	READ_ONCE() by packets; so is @down
 * @down: it overlaps another vnet and has no VRF
 * @name: key, never changes
 */
struct natgw_vnet {
	NATGW_OBJECT(const struct natgw_vnet_conf *);
	u16 id;
	bool down;
	int vrf;
	char name[NATGW_NAME_MAX + 1];
	struct rcu_head rcu;
};

/**
 * struct natgw_route_table - run-time part of a route table
 * @name: key, never changes
 */
struct natgw_route_table {
	NATGW_OBJECT(const struct natgw_route_table_conf *);
	char name[NATGW_NAME_MAX + 1];
};

/**
 * struct natgw_tag - run-time part of a service tag
 * @name: key, never changes
 */
struct natgw_tag {
	NATGW_OBJECT(const struct natgw_tag_conf *);
	char name[NATGW_NAME_MAX + 1];
};

/**
 * struct natgw_cluster - run-time part of a cluster
 * @name: key, never changes
 */
struct natgw_cluster {
	NATGW_OBJECT(const struct natgw_cluster_conf *);
	char name[NATGW_CLUSTER_NAME_MAX + 1];
};

/** natgw_address_size - public IPs that an object holds: 1, 2, 4, 8 or 16 */
static inline u32 natgw_address_size(const struct natgw_address *address)
{
	return 1U << (32 - address->prefix_len);
}

/** natgw_address_prefix - key of an address */
static inline struct natgw_prefix natgw_address_prefix(const struct natgw_address *address)
{
	return (struct natgw_prefix) { .addr = address->addr, .len = address->prefix_len };
}

#endif
