// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what routes and gateways make of a new flow. Called by outbound.c and its
 * neighbours, by steer.c, egress.c and hook.c.
 */
#include <linux/natgw.h>
#include "datapath/decide.h"
#include "snapshot/lookup.h"
#include "snapshot/view.h"

static void set(struct natgw_decision *decision, enum natgw_method method, int reason)
{
	decision->method = method;
	decision->reason = reason;
}

void natgw_decide(const struct natgw_subnet_range *range, __be32 daddr,
		  struct natgw_decision *decision)
{
	const struct natgw_effective *effective = &decision->effective;

	natgw_lookup_route(range, daddr, &decision->effective);
	switch (effective->type) {
	case NATGW_NEXT_HOP_INTERNET:
		if (range->pool)
			set(decision, NATGW_METHOD_NAT, -1);
		else if (range->block)
			set(decision, NATGW_METHOD_DROP, NATGW_DROP_OUTBOUND_BLOCK);
		else
			set(decision, NATGW_METHOD_PASS, NATGW_DROP_NO_GATEWAY);
		break;
	case NATGW_NEXT_HOP_VIRTUAL_APPLIANCE:
		set(decision, NATGW_METHOD_APPLIANCE, -1);
		break;
	case NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY:
		if (effective->hop)
			set(decision, NATGW_METHOD_VPN, -1);
		else
			set(decision, NATGW_METHOD_DROP, NATGW_DROP_NEXT_HOP);
		break;
	case NATGW_NEXT_HOP_NONE:
		set(decision, NATGW_METHOD_DROP,
		    effective->route ? NATGW_DROP_ROUTE_NONE : NATGW_DROP_PRIVATE_SPACE);
		break;
	default:	/* VnetLocal, and private space that is left to Linux */
		set(decision, NATGW_METHOD_PASS, -1);
	}
}

bool natgw_decide_held(const struct natgw_subnet_range *range, __be32 daddr)
{
	struct natgw_effective system;

	natgw_lookup_system_route(range->vnet, daddr, &system);
	return system.type == NATGW_NEXT_HOP_INTERNET && (range->pool || range->block);
}
