/* SPDX-License-Identifier: GPL-2.0 */
/* What a network namespace holds of the tables of flows; their rooms own what is in them. */
#ifndef _NATGW_SNAPSHOT_TABLES_H
#define _NATGW_SNAPSHOT_TABLES_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "lib/buckets.h"

struct natgw_budget;
struct natgw_net;
struct natgw_session_class;
struct natgw_watch_rings;
struct natgw_wheel_shard;

/**
 * struct natgw_table - the sessions of one namespace
 * @outer: by outside tuple; an insertion here reserves the port
 * @inner: by inside tuple
 * @destinations: struct natgw_destination by gateway, address, port and protocol
 * @hosts: struct natgw_host
 * @offloads: struct natgw_offload by the tuple of its packets
 * @watched: struct natgw_destination with a map, by number, and those that died since; see
 *	session/headroom.h
 * @by_address: sessions of destinations by address, see natgw_destination_by_address()
 * @maps: port maps there are
 * @maps_max: most there may be
 * @shard: NATGW_WHEEL_SHARDS parts of the timer wheel
 * @gc: runs each tick
 * @tick: tick up to which the wheel has been turned; @gc only
 * @max: cap of the number of sessions
 * @budget: pays for all that is in these tables
 * @class: memory that new sessions get
 * @rings: events of sessions, while somebody is to be told of them, or NULL; written under
 *	nn->lock, read under RCU
 */
struct natgw_table {
	struct natgw_buckets outer;
	struct natgw_buckets inner;
	struct natgw_buckets destinations;
	struct natgw_buckets hosts;
	struct natgw_buckets offloads;
	struct xarray watched;
	atomic_t by_address;
	atomic_t maps;
	u32 maps_max;
	struct natgw_wheel_shard *shard;
	struct delayed_work gc;
	struct natgw_net *nn;
	u32 tick;
	u32 max;
	struct natgw_budget *budget;
	const struct natgw_session_class *class;
	struct natgw_watch_rings __rcu *rings;
};

/**
 * struct natgw_directs - the records of one namespace
 * @table: struct natgw_direct by @tuple
 * @lock: insertion, removal, @queue, @n, @arriving, and those of the subnets
 * @queue: unanswered ones, oldest first
 * @n: records in the table
 * @arriving: of these, those of which no packet has left for its host yet
 * @gc: takes out those whose time is over
 * @budget: pays for them
 */
struct natgw_directs {
	struct natgw_buckets table;
	spinlock_t lock;	/* see above */
	struct list_head queue;
	u32 n;
	u32 arriving;
	struct delayed_work gc;
	struct natgw_budget *budget;
};

#endif
