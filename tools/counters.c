// SPDX-License-Identifier: GPL-2.0
#include "counters.h"

#define COUNTER(_word, _attr, _flags) {				\
	.word = _word,						\
	.type = FIELD_COUNTER,					\
	.flags = FIELD_SHOW | (_flags),				\
	.attr = _attr,						\
}

static const struct field counters[] = {
	COUNTER("packets-out", NATGW_A_COUNTERS_PACKETS_OUT, 0),
	COUNTER("bytes-out", NATGW_A_COUNTERS_BYTES_OUT, 0),
	COUNTER("packets-in", NATGW_A_COUNTERS_PACKETS_IN, 0),
	COUNTER("bytes-in", NATGW_A_COUNTERS_BYTES_IN, 0),
	COUNTER("dropped", NATGW_A_COUNTERS_DROPPED, 0),
	COUNTER("attempted", NATGW_A_COUNTERS_ATTEMPTED, FIELD_LINE),
	COUNTER("established", NATGW_A_COUNTERS_ESTABLISHED, 0),
	COUNTER("failed", NATGW_A_COUNTERS_FAILED, 0),
	COUNTER("timed-out", NATGW_A_COUNTERS_TIMED_OUT, 0),
	COUNTER("closed", NATGW_A_COUNTERS_CLOSED, 0),
};

/* A flow that is refused has no address */
static const struct field flow_counters[] = {
	COUNTER("attempted", NATGW_A_COUNTERS_ATTEMPTED, 0),
	COUNTER("established", NATGW_A_COUNTERS_ESTABLISHED, 0),
	COUNTER("timed-out", NATGW_A_COUNTERS_TIMED_OUT, 0),
	COUNTER("closed", NATGW_A_COUNTERS_CLOSED, 0),
};

/** counters_schema - all counters, of a gateway */
const struct schema counters_schema = {
	.noun = "counters",
	.fields = counters,
	.n_fields = ARRAY_SIZE(counters),
	.max = NATGW_A_COUNTERS_MAX,
};

/** flow_counters_schema - counters of flows alone, of an address */
const struct schema flow_counters_schema = {
	.noun = "counters",
	.fields = flow_counters,
	.n_fields = ARRAY_SIZE(flow_counters),
	.max = NATGW_A_COUNTERS_MAX,
};

static_assert(NATGW_A_COUNTERS_MAX < FIELDS_ATTRS, "an attribute does not fit");
