/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Outbound types of clusters: which there are in a network, and which moves
 * between them are allowed. Tables alone.
 *
 * Pure logic, also compiled in userspace by selftests/unit. The tables are
 * those of the cloud, by date: what was allowed once may be refused later.
 */
#ifndef _NATGW_CONFIG_OUTBOUND_TYPE_H
#define _NATGW_CONFIG_OUTBOUND_TYPE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#endif
#include <linux/natgw.h>

/** NATGW_OUTBOUND_TYPES - number of outbound types */
#define NATGW_OUTBOUND_TYPES	(NATGW_OUTBOUND_TYPE_BLOCK + 1)
/** NATGW_VNET_MODES - number of vnet modes */
#define NATGW_VNET_MODES	(NATGW_VNET_MODE_BYO + 1)
/** NATGW_MATRICES - number of migration matrices */
#define NATGW_MATRICES		(NATGW_MATRIX_2026_08 + 1)

/**
 * natgw_outbound_possible - can a cluster in such a network have the type?
 *
 * Moves are another question: a matrix may have cells for a type that no
 * cluster in the network can have any more.
 */
bool natgw_outbound_possible(enum natgw_vnet_mode mode, enum natgw_outbound_type type);

/**
 * natgw_outbound_allowed - is the move allowed by the matrix?
 *
 * Staying is no move: a type to itself is always allowed. Values beyond the
 * enums are not.
 */
bool natgw_outbound_allowed(enum natgw_matrix matrix, enum natgw_vnet_mode mode,
			    enum natgw_outbound_type from, enum natgw_outbound_type to);

#endif
