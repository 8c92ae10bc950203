/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clusters: one way out for some subnets, by an outbound type.
 *
 * A cluster is a record and what follows from it in the other objects of the
 * same snapshot: gateways, addresses, bindings. A change is made in a copy of the
 * snapshot, so that nothing has changed if a step of it is refused.
 */
#ifndef _NATGW_CONFIG_CLUSTER_H
#define _NATGW_CONFIG_CLUSTER_H

#include <linux/natgw.h>
#include <linux/refcount.h>
#include <net/netlink.h>
#include "config/kind.h"
#include "lib/prefix.h"

struct genl_info;
struct natgw_address_conf;
struct natgw_cluster_conf;
struct natgw_config;
struct natgw_gateway;
struct natgw_net;
struct natgw_route_table_conf;
struct sk_buff;

extern struct nla_policy natgw_cluster_policy[NATGW_A_CLUSTER_DRAIN + 1];
extern const struct natgw_kind_ops natgw_cluster_kind;

/**
 * struct natgw_cluster_change - a change of a cluster on its way
 * @nn: namespace, @nn->lock held
 * @config: snapshot to change, thrown away if the change is refused
 * @info: request
 * @extack: says why not
 * @type: outbound type to take instead of the request's, or -1
 * @key: of a new cluster
 * @old: entry so far, NULL for a new cluster
 * @conf: entry to be
 * @move: to another outbound type
 * @drain: what is left behind has a deadline
 * @drain_end: that one, jiffies, 64 bits
 * @lists: the request names the operator's addresses
 * @n_ips: used part of @ip
 * @ip: those
 * @ip_attr: where each is in the request
 */
struct natgw_cluster_change {
	struct natgw_net *nn;
	struct natgw_config *config;
	struct genl_info *info;
	struct netlink_ext_ack *extack;
	int type;
	struct natgw_key key;
	const struct natgw_cluster_conf *old;
	struct natgw_cluster_conf *conf;
	bool move;
	bool drain;
	u64 drain_end;
	bool lists;
	u32 n_ips;
	struct natgw_prefix ip[NATGW_GATEWAY_ADDRESSES];
	const struct nlattr *ip_attr[NATGW_GATEWAY_ADDRESSES];
};

/** natgw_cluster_type - name of an outbound type, in the cloud's spelling */
const char *natgw_cluster_type(u32 type);

/** natgw_cluster_has_addresses - does a type make a gateway with addresses? */
static inline bool natgw_cluster_has_addresses(u32 type)
{
	return type == NATGW_OUTBOUND_TYPE_LOAD_BALANCER ||
	       type == NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY;
}

/**
 * natgw_cluster_parse - from a request to an entry and its lists
 *
 * Return: 0 or a negative errno with the reason. Only the record is checked.
 */
int natgw_cluster_parse(struct natgw_cluster_change *change);

/**
 * natgw_cluster_parse_drain - the drain attribute of a cluster
 * @attr: it
 * @seconds: result, 0: at once
 *
 * Return: 0 or a negative errno with the reason.
 */
int natgw_cluster_parse_drain(const struct nlattr *attr, u32 *seconds,
			      struct netlink_ext_ack *extack);

/**
 * natgw_cluster_apply - make what follows from the entry
 *
 * Return: 0 or a negative errno with the reason; then the snapshot is to be
 * thrown away.
 */
int natgw_cluster_apply(struct natgw_cluster_change *change);

/**
 * natgw_cluster_drop_going - take out addresses without sessions, gateways without addresses
 *
 * At the end of a change, because a configuration takes no address of the one
 * before it. Return: 0 or -ENOMEM.
 */
int natgw_cluster_drop_going(struct natgw_config *config);

/** natgw_cluster_count_retired - public IPs of prior configurations at @gw; @going: of these */
u32 natgw_cluster_count_retired(const struct natgw_config *config, const struct natgw_gateway *gw,
				u32 *going);

/**
 * natgw_cluster_check_reuse - may a new cluster have the name of one that was deleted and drains?
 *
 * Context: process, @change->nn->lock held. Return: 0 or -EBUSY, with a sentence.
 */
int natgw_cluster_check_reuse(const struct natgw_cluster_change *change);

/**
 * natgw_cluster_undo - take away all that a cluster made, at once
 * @config: snapshot to change
 * @name: of the cluster
 * @conf: its entry, or NULL: it was deleted before, and drains
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_cluster_undo(struct natgw_config *config, const char *name,
		       const struct natgw_cluster_conf *conf);

/**
 * natgw_cluster_retire - leave what a cluster made to the sessions that run
 * @config, @name, @conf: as of natgw_cluster_undo()
 * @end: jiffies, 64 bits, when those are ended
 * @staged: in a transaction: by its commit there may be more of them
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_cluster_retire(struct natgw_config *config, const char *name,
			 const struct natgw_cluster_conf *conf, u64 end, bool staged);

/** natgw_cluster_open - open sessions on what a cluster made; nn->lock held */
u32 natgw_cluster_open(struct natgw_net *nn, const struct natgw_config *config,
		       const char *name);

/**
 * natgw_cluster_try - make a change in a snapshot of its own
 * @change: nn, config, info, extack and type; config is changed
 * @index: of the cluster there, or -1: a new one
 *
 * Return: 0 or a negative errno with the reason.
 */
int natgw_cluster_try(struct natgw_cluster_change *change, int index);

/** NATGW_CLUSTER_GATEWAYS - most gateways that one cluster makes: load balancer, NAT gateway */
#define NATGW_CLUSTER_GATEWAYS	2

/**
 * struct natgw_cluster_ways - gateways of a cluster, looked up once for all addresses
 * @n: used part of @gw
 * @n_own: used part of @own
 * @gw: those that its new flows leave by, each once
 * @own: those that it made, retired ones too
 */
struct natgw_cluster_ways {
	u32 n;
	u32 n_own;
	const struct natgw_gateway *gw[NATGW_CLUSTER_SUBNETS];
	const struct natgw_gateway *own[NATGW_CLUSTER_GATEWAYS];
};

/**
 * natgw_cluster_ways - look up the gateways of a cluster
 * @config: snapshot, compiled or not
 * @conf: one of its clusters
 * @ways: result; holds no reference
 *
 * A look at each subnet and gateway of @config.
 */
void natgw_cluster_ways(const struct natgw_config *config, const struct natgw_cluster_conf *conf,
			struct natgw_cluster_ways *ways);

/** natgw_cluster_leaves_by - is an address one that new flows of a cluster leave by? */
bool natgw_cluster_leaves_by(const struct natgw_cluster_ways *ways,
			     const struct natgw_address_conf *address);

/** natgw_cluster_routes_out - has a route table, or NULL, a 0/0 route to an appliance or VPN? */
bool natgw_cluster_routes_out(const struct natgw_route_table_conf *table);

/** natgw_cluster_authorizes - is a prefix in the authorized ranges, or are there none? */
bool natgw_cluster_authorizes(const struct natgw_cluster_conf *conf, struct natgw_prefix prefix);

/** natgw_cluster_sessions - sessions of a cluster's subnets */
u32 natgw_cluster_sessions(const struct natgw_cluster_conf *conf);

/**
 * natgw_cluster_is_ripe - can something go that a former configuration left?
 * @now: jiffies, 64 bits
 */
bool natgw_cluster_is_ripe(const struct natgw_config *config, u64 now);

/**
 * natgw_cluster_reap - take that out of a snapshot
 *
 * Packets that saw an older one have left. Return: 0 or -ENOMEM.
 */
int natgw_cluster_reap(struct natgw_config *config, u64 now);

/** natgw_cluster_size - bytes that an answer of a cluster takes at most */
size_t natgw_cluster_size(const struct natgw_config *config, u32 index);

#endif
