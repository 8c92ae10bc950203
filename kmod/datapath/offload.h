/* SPDX-License-Identifier: GPL-2.0 */
/* Established flows are sent on from the ingress hook, past the rest of the IP layer. */
#ifndef _NATGW_DATAPATH_OFFLOAD_H
#define _NATGW_DATAPATH_OFFLOAD_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include "snapshot/tuple.h"

struct natgw_leaving;
struct natgw_net;
struct natgw_session;

/**
 * natgw_offload_learn - a packet of a session has taken the slow path: may the next one of this
 *	direction be sent on at ingress?
 * @o: the packet
 * @session: its session, whatever its state
 * @direction: of the packet
 *
 * Context: POST_ROUTING, softirq, RCU read side.
 */
void natgw_offload_learn(const struct natgw_leaving *o, struct natgw_session *session,
			 enum natgw_direction direction);

/**
 * natgw_offload_register - put the ingress hooks in place; nothing happens if they are
 * @counts: those that count a packet for its session, too. While both are there, packets that
 *	the first lets by come to the second
 *
 * Context: process, nn->lock held, takes RTNL. Return: 0 or a negative errno.
 */
int natgw_offload_register(struct natgw_net *nn, bool counts);

/** natgw_offload_unregister - take them away, if they are there. Context: process, takes RTNL */
void natgw_offload_unregister(struct natgw_net *nn, bool counts);

/** natgw_offload_device_event - something about a device has changed. Context: RTNL held */
void natgw_offload_device_event(struct natgw_net *nn);

#endif
