/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clusters: one way out for some subnets, by an outbound type.
 *
 * A cluster is a record and what follows from it in the other objects of the
 * same snapshot: gateways, addresses, bindings. A change is made in a copy of the
 * snapshot, so that nothing has changed if a step of it is refused.
 */
#ifndef _NATGW_CLUSTER_H
#define _NATGW_CLUSTER_H

#include <linux/refcount.h>
#include <net/netlink.h>
#include "config/outbound_type.h"
#include "lib/prefix.h"
#include "snapshot/config.h"

struct genl_info;
struct sk_buff;

extern const struct nla_policy natgw_cluster_policy[NATGW_A_CLUSTER_DRAIN + 1];
extern const struct nla_policy natgw_cluster_key_policy[NATGW_A_CLUSTER_NAME + 1];
extern const struct nla_policy natgw_cluster_del_policy[NATGW_A_CLUSTER_DRAIN + 1];

/**
 * struct natgw_cluster_conf - a cluster as configured; immutable once in a snapshot
 * @ref: snapshots that hold this entry
 * @name: key
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
	refcount_t ref;
	char name[NATGW_CLUSTER_NAME_MAX + 1];
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

/**
 * struct natgw_cluster_change - a change of a cluster on its way
 * @nn: namespace, @nn->lock held
 * @config: snapshot to change, thrown away if the change is refused
 * @info: request
 * @extack: says why not
 * @type: outbound type to take instead of the request's, or -1
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

static inline void natgw_cluster_conf_get(struct natgw_cluster_conf *conf)
{
	refcount_inc(&conf->ref);
}

/** natgw_cluster_conf_put - the last one frees the entry at once */
void natgw_cluster_conf_put(struct natgw_cluster_conf *conf);

/** natgw_cluster_find - entry by name, or NULL */
struct natgw_cluster_conf *natgw_cluster_find(const struct natgw_config *config,
					      const char *name);

/** natgw_cluster_check_gateway - refuse to delete the gateway a cluster names; 0 or -EBUSY */
int natgw_cluster_check_gateway(const struct natgw_config *config,
				const struct natgw_gateway *gw, const struct nlattr *attr,
				struct netlink_ext_ack *extack);

/** natgw_cluster_type - name of an outbound type, in the cloud's spelling */
const char *natgw_cluster_type(u32 type);

/** natgw_cluster_has_addresses - does a type make a gateway with addresses? */
static inline bool natgw_cluster_has_addresses(u32 type)
{
	return type == NATGW_OUTBOUND_TYPE_LOAD_BALANCER ||
	       type == NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY;
}

/**
 * natgw_cluster_gateway - the gateway that a cluster made and that takes its new flows
 *
 * Return: its entry, or NULL.
 */
const struct natgw_gateway_conf *natgw_cluster_gateway(const struct natgw_config *config,
						       const struct natgw_cluster_conf *conf);

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

/** natgw_cluster_has_subnet - is a subnet one of a cluster's? */
bool natgw_cluster_has_subnet(const struct natgw_cluster_conf *conf,
			      const struct natgw_subnet *subnet);

/** natgw_cluster_owns - did a cluster make this gateway? NULL: no */
bool natgw_cluster_owns(const struct natgw_config *config, const struct natgw_gateway *gw,
			const char *cluster);

/**
 * natgw_cluster_drop_going - take out addresses without sessions, gateways without addresses
 *
 * At the end of a change, because a configuration takes no address of the one
 * before it. Return: 0 or -ENOMEM.
 */
int natgw_cluster_drop_going(struct natgw_config *config);

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

/**
 * natgw_cluster_left - what a deleted cluster has left, while that drains
 *
 * Return: name of a gateway of a cluster of that name, or NULL: there is none,
 * or the cluster is there.
 */
const char *natgw_cluster_left(const struct natgw_config *config, const char *name);

/**
 * natgw_cluster_check_left - refuse to touch what a deleted cluster has left
 * @cluster: that made it
 * @kind: word of what it is
 * @name: its name
 * @attr: at fault
 *
 * Return: 0: the cluster is there, or -EBUSY.
 */
int natgw_cluster_check_left(const struct natgw_config *config, const char *cluster,
			     const char *kind, const char *name, const struct nlattr *attr,
			     struct netlink_ext_ack *extack);

/**
 * natgw_cluster_refuse_owned - refuse to touch what a cluster made
 * @cluster, @kind, @name, @attr: as of natgw_cluster_check_left()
 *
 * Return: -EBUSY.
 */
int natgw_cluster_refuse_owned(const struct natgw_config *config, const char *cluster,
			       const char *kind, const char *name, const struct nlattr *attr,
			       struct netlink_ext_ack *extack);

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

/**
 * natgw_cluster_leaves_by - is an address one that new flows of a cluster leave by?
 * @config: snapshot, compiled or not
 */
bool natgw_cluster_leaves_by(const struct natgw_config *config,
			     const struct natgw_cluster_conf *conf,
			     const struct natgw_address_conf *address);

/** natgw_cluster_routes_out - has a route table, or NULL, a 0/0 route to an appliance or VPN? */
bool natgw_cluster_routes_out(const struct natgw_route_table_conf *table);

/** natgw_cluster_authorizes - is a prefix in the authorized ranges, or are there none? */
bool natgw_cluster_authorizes(const struct natgw_cluster_conf *conf, struct natgw_prefix prefix);

/** natgw_cluster_sessions - sessions of a cluster's subnets */
u32 natgw_cluster_sessions(const struct natgw_cluster_conf *conf);

/**
 * natgw_cluster_run - give back what former configurations have left without sessions
 *
 * Context: process, nn->lock held. Return: jiffies until the next look, or 0.
 */
unsigned long natgw_cluster_run(struct natgw_net *nn);

/* As in gateway.h */
int natgw_cluster_new(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
int natgw_cluster_set(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
int natgw_cluster_del(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
int natgw_cluster_index(const struct natgw_config *config, struct genl_info *info);
size_t natgw_cluster_size(const struct natgw_config *config, u32 index);
int natgw_cluster_fill(struct sk_buff *skb, struct natgw_net *nn,
		       const struct natgw_config *config, u32 index);
int natgw_cluster_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index);

/* Command handler */
int natgw_nl_cluster_plan(struct sk_buff *skb, struct genl_info *info);

#endif
