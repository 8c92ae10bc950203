// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tables of which outbound type may follow which, also for the unit tests.
 * Called by cluster_parse.c.
 */
#include <linux/natgw.h>
#include "config/outbound_type.h"

/* A column, as a bit */
#define COLUMN(type)	(1U << NATGW_OUTBOUND_TYPE_##type)
#define LB		COLUMN(LOAD_BALANCER)
#define MANAGED		COLUMN(MANAGED_NAT_GATEWAY)
#define USER		COLUMN(USER_ASSIGNED_NAT_GATEWAY)
#define UDR		COLUMN(USER_DEFINED_ROUTING)
#define NONE		COLUMN(NONE)
#define BLOCK		COLUMN(BLOCK)

static const unsigned int possible[NATGW_VNET_MODES] = {
	[NATGW_VNET_MODE_MANAGED] = LB | MANAGED | NONE | BLOCK,
	[NATGW_VNET_MODE_BYO] = LB | USER | UDR | NONE,
};

/*
 * Where each type may move to. Matrix 2024 has the cells of that year for the
 * four types there were, and those of 2026-08 for none and block. A row that is
 * missing allows nothing.
 */
static const unsigned int moves[NATGW_MATRICES][NATGW_VNET_MODES][NATGW_OUTBOUND_TYPES] = {
	[NATGW_MATRIX_2024] = {
		[NATGW_VNET_MODE_MANAGED] = {
			[NATGW_OUTBOUND_TYPE_LOAD_BALANCER] = MANAGED | NONE | BLOCK,
			[NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY] = LB | NONE | BLOCK,
			[NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING] = LB | MANAGED,
			[NATGW_OUTBOUND_TYPE_NONE] = LB | MANAGED | BLOCK,
			[NATGW_OUTBOUND_TYPE_BLOCK] = LB | MANAGED | NONE,
		},
		[NATGW_VNET_MODE_BYO] = {
			[NATGW_OUTBOUND_TYPE_LOAD_BALANCER] = USER | UDR | NONE,
			[NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY] = LB | UDR | NONE,
			[NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING] = LB | USER | NONE,
			[NATGW_OUTBOUND_TYPE_NONE] = LB | USER | UDR,
		},
	},
	[NATGW_MATRIX_2026_08] = {
		[NATGW_VNET_MODE_MANAGED] = {
			[NATGW_OUTBOUND_TYPE_LOAD_BALANCER] = MANAGED | NONE | BLOCK,
			[NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY] = NONE | BLOCK,
			[NATGW_OUTBOUND_TYPE_NONE] = LB | MANAGED | BLOCK,
			[NATGW_OUTBOUND_TYPE_BLOCK] = LB | MANAGED | NONE,
		},
		[NATGW_VNET_MODE_BYO] = {
			[NATGW_OUTBOUND_TYPE_LOAD_BALANCER] = USER | UDR | NONE,
			[NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY] = LB | UDR | NONE,
			[NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING] = LB | USER | NONE,
			[NATGW_OUTBOUND_TYPE_NONE] = LB | USER | UDR,
		},
	},
};

bool natgw_outbound_possible(enum natgw_vnet_mode mode, enum natgw_outbound_type type)
{
	return mode < NATGW_VNET_MODES && type < NATGW_OUTBOUND_TYPES &&
	       (possible[mode] & 1U << type);
}

bool natgw_outbound_allowed(enum natgw_matrix matrix, enum natgw_vnet_mode mode,
			    enum natgw_outbound_type from, enum natgw_outbound_type to)
{
	if (matrix >= NATGW_MATRICES || mode >= NATGW_VNET_MODES ||
	    from >= NATGW_OUTBOUND_TYPES || to >= NATGW_OUTBOUND_TYPES)
		return false;
	return from == to || (moves[matrix][mode][from] & 1U << to);
}
