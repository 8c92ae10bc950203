// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tracepoints. Called by the files of this room where packets are dropped or
 * flows refused.
 */
#include <linux/build_bug.h>
#include <linux/natgw.h>

/* A new reason must get its word in trace.h */
static_assert(NATGW_DROP_MAX == NATGW_DROP_IPSEC);

#define CREATE_TRACE_POINTS
#include "datapath/trace.h"
