/* SPDX-License-Identifier: GPL-2.0 */
/* What routes and gateways make of a packet: one answer for packets and for explain. */
#ifndef _NATGW_DATAPATH_DECIDE_H
#define _NATGW_DATAPATH_DECIDE_H

#include <linux/natgw.h>
#include <linux/types.h>
#include "snapshot/lookup.h"

struct natgw_subnet_range;

/**
 * struct natgw_decision - what becomes of a new flow of a subnet
 * @method: enum natgw_method: PASS, NAT, APPLIANCE, VPN or DROP
 * @reason: enum natgw_drop_reason that it is dropped or counted under, or -1
 * @effective: the route that says so
 */
struct natgw_decision {
	u8 method;
	int reason;
	struct natgw_effective effective;
};

/**
 * natgw_decide - what becomes of a new flow of a subnet to others than the router
 * @range: subnet of its source
 * @daddr: destination
 * @decision: result
 *
 * User route to an appliance or VPN before gateway before nothing (Azure:
 * AZN/nat-overview). Sessions that run are not asked, they go on as they began.
 * Context: RCU read side.
 */
void natgw_decide(const struct natgw_subnet_range *range, __be32 daddr,
		  struct natgw_decision *decision);

/**
 * natgw_decide_held - is a packet translated or blocked where no route leads it elsewhere?
 * @range: subnet of its source
 * @daddr: destination
 *
 * For what its route's next hop did not get, or has sent on with its source as it
 * was. Context: RCU read side.
 */
bool natgw_decide_held(const struct natgw_subnet_range *range, __be32 daddr);

/**
 * natgw_decision_steers - does it keep the packet from Linux's own route?
 *
 * What a cluster blocks is known only behind it: answers to flows that came in
 * by another way go out.
 */
static inline bool natgw_decision_steers(const struct natgw_decision *decision)
{
	return decision->method != NATGW_METHOD_NAT && decision->method != NATGW_METHOD_PASS &&
	       decision->reason != NATGW_DROP_OUTBOUND_BLOCK;
}

#endif
