/* SPDX-License-Identifier: GPL-2.0 */
/* One packet on its way out: what outbound.c and its neighbours know of it. Private to them. */
#ifndef _NATGW_DATAPATH_LEAVING_H
#define _NATGW_DATAPATH_LEAVING_H

#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/route.h>
#include "datapath/decide.h"
#include "packet/packet.h"
#include "packet/source.h"
#include "session/session.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"

struct natgw_subnet_range;
struct natgw_vnet_view;

/**
 * struct natgw_leaving - one packet on its way out
 * @nn: namespace
 * @config: snapshot
 * @vnet: vnet of the device it came by
 * @range: subnet of its source, or NULL
 * @skb: the packet
 * @state: of the hook
 * @packet: its headers
 * @hash: of its inside tuple, once a session was searched for
 * @ended: session that cools and has that tuple, or NULL
 * @trial: asked for by natgw_outbound_try()
 * @flow: the same: of a flow that may exist
 */
struct natgw_leaving {
	struct natgw_net *nn;
	const struct natgw_config *config;
	const struct natgw_vnet_view *vnet;
	const struct natgw_subnet_range *range;
	struct sk_buff *skb;
	const struct nf_hook_state *state;
	struct natgw_packet packet;
	u32 hash;
	struct natgw_session *ended;
	bool trial;
	bool flow;
};

static inline void natgw_decision_set(struct natgw_decision *decision,
				      enum natgw_method method, int reason)
{
	decision->method = method;
	decision->reason = reason;
}

/**
 * natgw_leaving_is_copy - has a rule made it of another packet (nft dup, TEE)?
 *
 * It is sent like what a program sends, with the source and the marks of a forwarded packet. What
 * becomes of it does not concern the flow, and nobody is told of it.
 */
static inline bool natgw_leaving_is_copy(const struct natgw_leaving *o)
{
	return o->state->in && rt_is_output_route(skb_rtable(o->skb));
}

/** natgw_leaving_draining - reason to refuse a new flow for, of a binding that drains, or -1 */
static inline int natgw_leaving_draining(const struct natgw_leaving *o)
{
	if (likely(!o->range->draining))
		return -1;
	return o->range->pool->n ? NATGW_DROP_DRAINING : NATGW_DROP_POOL_EMPTY;
}

/** natgw_leaving_by_other_uplink - does the session's address not serve the device of the route? */
static inline bool natgw_leaving_by_other_uplink(const struct natgw_leaving *o,
						 const struct natgw_session *session)
{
	return unlikely(o->config->uplinks) && o->state->out &&
	       !natgw_lookup_serves(o->config, session->public, o->state->out);
}

/** natgw_leaving_is_internet - does a packet go to the Internet? */
static inline bool natgw_leaving_is_internet(const struct natgw_leaving *o)
{
	return natgw_lookup_internet(o->config, ip_hdr(o->skb)->daddr);
}

/**
 * natgw_leaving_init - fill @o for a packet that came by a device; false: packets of its vnet
 * are dropped
 */
static inline bool natgw_leaving_init(struct natgw_leaving *o, struct natgw_net *nn,
				      const struct natgw_config *config, struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	/* the headers are not cleared: parsing does it */
	o->nn = nn;
	o->config = config;
	o->skb = skb;
	o->state = state;
	o->ended = NULL;
	o->trial = false;
	o->vnet = natgw_lookup_vnet(config, state->in->ifindex);
	o->range = natgw_lookup_source(o->vnet, ip_hdr(skb)->saddr);
	/* its device has left the VRF, perhaps only just now */
	return !o->vnet->down && (!o->vnet->untracked || netif_is_l3_master(state->in));
}

/**
 * natgw_leaving_forges_public - is the source an address that translation alone may put there?
 *
 * Ask it of a packet that was not translated. The router itself also sends from a shared address;
 * from others Linux refuses packets with such a source.
 */
static inline bool natgw_leaving_forges_public(const struct natgw_leaving *o)
{
	const struct natgw_public *public = natgw_lookup_public(o->config, ip_hdr(o->skb)->saddr);

	return unlikely(public) && !public->conf->shared;
}

/** natgw_leaving_is_forged - does a packet not come from where its source is? */
static inline bool natgw_leaving_is_forged(const struct natgw_leaving *o)
{
	/* the router itself made a packet that came in by no device */
	return o->skb->skb_iif &&
	       !natgw_source_genuine(o->nn, o->range, o->skb, o->skb->skb_iif, o->state->out);
}

/**
 * natgw_leaving_turns - could a packet end its session, revive it or replace its connection?
 *
 * Then its source is asked for as if the flow were new. All others of a flow that runs are too
 * many for that.
 */
static inline bool natgw_leaving_turns(const struct natgw_leaving *o,
				       const struct natgw_session *session)
{
	return natgw_l4(o->packet.tuple.proto)->connects ? natgw_packet_turns(&o->packet) :
							   !natgw_session_live(session);
}

/**
 * natgw_leaving_to_free - to an address that the managed pool has not given away yet?
 *
 * It would go back to where it came from.
 */
static inline bool natgw_leaving_to_free(const struct natgw_leaving *o)
{
	return natgw_lookup_free(o->config, ip_hdr(o->skb)->daddr, o->state->out);
}

#endif
