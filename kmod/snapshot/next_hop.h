/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Next hops that user routes steer packets to.
 *
 * A snapshot has them sorted, and takes those that it has in common with the running
 * one from there: a next hop keeps the routes that it has found.
 */
#ifndef _NATGW_SNAPSHOT_NEXT_HOP_H
#define _NATGW_SNAPSHOT_NEXT_HOP_H

#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/dst_cache.h>

struct natgw_net;
struct natgw_vnet;

/**
 * struct natgw_next_hop - a next hop of one vnet
 * @ref: compiled snapshots that steer to it
 * @nn: namespace
 * @vnet: whose VRF routes to it, one reference
 * @ip: its address
 * @cache: output route to it, per CPU; checked by each use
 * @rcu: freed by RCU: a packet may still use the snapshot it was in
 */
struct natgw_next_hop {
	refcount_t ref;
	struct natgw_net *nn;
	struct natgw_vnet *vnet;
	__be32 ip;
	struct dst_cache cache;
	struct rcu_head rcu;
};

/** natgw_next_hop_new - next hop of a vnet, with one reference. Return: NULL: no memory */
struct natgw_next_hop *natgw_next_hop_new(struct natgw_net *nn, struct natgw_vnet *vnet, __be32 ip);

static inline struct natgw_next_hop *natgw_next_hop_get(struct natgw_next_hop *hop)
{
	refcount_inc(&hop->ref);
	return hop;
}

/** natgw_next_hop_put - the last one frees it a grace period later */
void natgw_next_hop_put(struct natgw_next_hop *hop);

/**
 * natgw_next_hop_route - output route to a next hop
 *
 * Context: softirq or BH off, RCU. Return: with a reference, or NULL: it is not
 * directly connected.
 */
struct rtable *natgw_next_hop_route(struct natgw_next_hop *hop);

/** enum natgw_next_hop_state - what the neighbour table knows */
enum natgw_next_hop_state {
	NATGW_HOP_OK,		/* answers, or has not been asked yet */
	NATGW_HOP_DOWN,		/* does not answer */
};

/**
 * natgw_next_hop_look - does a next hop answer?
 * @ask: start asking again if it does not
 *
 * Context: RCU, BH off.
 */
enum natgw_next_hop_state natgw_next_hop_look(const struct natgw_next_hop *hop,
					      const struct rtable *rt, bool ask);

/**
 * natgw_next_hop_takes - is an Ethernet frame for a next hop?
 * @hop: next hop
 * @skb: its Ethernet header is there
 *
 * Context: RCU, BH off.
 */
bool natgw_next_hop_takes(struct natgw_next_hop *hop, const struct sk_buff *skb);

/**
 * natgw_next_hop_sent - has a next hop sent this packet itself?
 *
 * By its link layer source: what an appliance sends on is not for it again. On another segment
 * than the next hop's anybody may have that address: see natgw_source_beside().
 * Context: RCU, BH off.
 */
bool natgw_next_hop_sent(const struct natgw_next_hop *hop, const struct rtable *rt,
			 const struct sk_buff *skb);

#endif
