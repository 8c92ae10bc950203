/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted per CPU of gateways, addresses and subnets, and its sums. */
#ifndef _NATGW_SNAPSHOT_COUNTERS_H
#define _NATGW_SNAPSHOT_COUNTERS_H

#include <linux/types.h>
#include "snapshot/l4.h"

/** enum natgw_exhausted - index of the reasons a new flow is refused for, in their order */
enum natgw_exhausted {
	NATGW_EXHAUSTED_POOL_EMPTY,
	NATGW_EXHAUSTED_UPLINK,
	NATGW_EXHAUSTED_DRAINING,
	NATGW_EXHAUSTED_QUOTA,
	NATGW_EXHAUSTED_DESTINATION_CAP,
	NATGW_EXHAUSTED_DESTINATION_FULL,
	NATGW_EXHAUSTED_ALL_COOLING,
	NATGW_EXHAUSTED_MEMORY,
	NATGW_EXHAUSTED_REASONS
};

/**
 * struct natgw_gateway_counters - one CPU's counters of a gateway
 *
 * Written in softirq, or with softirqs off, on the CPU they belong to.
 * @opened/@ended: sessions put in and taken out of the table, by enum natgw_l4_row; their
 * sums' difference is the number of sessions, exact once all CPUs are at rest.
 * @refused: flows refused, by enum natgw_exhausted
 */
struct natgw_gateway_counters {
	u64 packets_out;
	u64 bytes_out;
	u64 packets_in;
	u64 bytes_in;
	u64 dropped;
	u64 attempted;
	u64 established;
	u64 failed;
	u64 timed_out;
	u64 closed;
	u64 opened[NATGW_L4_ROWS];
	u64 ended[NATGW_L4_ROWS];
	u64 refused[NATGW_EXHAUSTED_REASONS];
};

/**
 * struct natgw_session_counters - one CPU's sessions of an address or subnet
 * @opened: sessions put into the table
 * @ended: sessions taken out
 * @untranslated: subnets only: packets left alone because no gateway is bound
 * @established, @timed_out, @closed: addresses only: as of gateways
 */
struct natgw_session_counters {
	u64 opened;
	u64 ended;
	u64 untranslated;
	u64 established;
	u64 timed_out;
	u64 closed;
};

/**
 * natgw_since - what a counter, or a sum of them, has grown since the last reset
 * @n: as it is
 * @zero: as it was; that of a reset that is going on may be more than @n
 */
static inline u64 natgw_since(u64 n, u64 zero)
{
	return n > zero ? n - zero : 0;
}

/**
 * natgw_counters_zero - let the counters of an address or subnet begin at 0
 * @counters: what counts on, as it is a number of sessions too
 * @zero: for natgw_since()
 */
void natgw_counters_zero(const struct natgw_session_counters __percpu *counters,
			 struct natgw_session_counters *zero);

/**
 * natgw_counters_since - what the counters of an address or subnet have grown since a reset
 * @counters: sums are taken over all CPUs
 * @zero: of natgw_counters_zero()
 * @since: result, but for @ended
 */
void natgw_counters_since(const struct natgw_session_counters __percpu *counters,
			  const struct natgw_session_counters *zero,
			  struct natgw_session_counters *since);

/** natgw_counters_sessions - sessions of an address or subnet now in the table */
u32 natgw_counters_sessions(const struct natgw_session_counters __percpu *counters);

/**
 * natgw_counters_gateway - sessions of a gateway now in the table
 * @counters: sums are taken over all CPUs
 * @by_proto: result, by enum natgw_l4_row
 *
 * Return: their sum.
 */
u32 natgw_counters_gateway(const struct natgw_gateway_counters __percpu *counters,
			   u32 by_proto[NATGW_L4_ROWS]);

#endif
