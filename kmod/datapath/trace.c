// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tracepoints. Called by the files of this room where packets are dropped or
 * flows refused.
 */
#define CREATE_TRACE_POINTS
#include "datapath/trace.h"
