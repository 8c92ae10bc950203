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

#define BY_PROTO(_word, _attr) {				\
	.word = _word,						\
	.type = FIELD_NUMBER,					\
	.flags = FIELD_SHOW,					\
	.attr = _attr,						\
}

static const struct field by_proto[] = {
	BY_PROTO("tcp", NATGW_A_BY_PROTO_TCP),
	BY_PROTO("udp", NATGW_A_BY_PROTO_UDP),
	BY_PROTO("icmp", NATGW_A_BY_PROTO_ICMP),
};

/* Named as the drop reasons are */
static const struct field refused[] = {
	COUNTER("pool-empty", NATGW_A_REFUSED_POOL_EMPTY, 0),
	COUNTER("uplink", NATGW_A_REFUSED_UPLINK, 0),
	COUNTER("draining", NATGW_A_REFUSED_DRAINING, 0),
	COUNTER("quota", NATGW_A_REFUSED_QUOTA, 0),
	COUNTER("destination-cap", NATGW_A_REFUSED_DESTINATION_CAP, 0),
	COUNTER("destination-full", NATGW_A_REFUSED_DESTINATION_FULL, 0),
	COUNTER("all-cooling", NATGW_A_REFUSED_ALL_COOLING, 0),
	COUNTER("memory", NATGW_A_REFUSED_MEMORY, 0),
};

/** by_proto_schema - sessions of a gateway by protocol */
const struct schema by_proto_schema = {
	.noun = "sessions",
	.fields = by_proto,
	.n_fields = ARRAY_SIZE(by_proto),
	.max = NATGW_A_BY_PROTO_MAX,
};

/** refused_schema - flows that a gateway refused, by drop reason */
const struct schema refused_schema = {
	.noun = "refused",
	.fields = refused,
	.n_fields = ARRAY_SIZE(refused),
	.max = NATGW_A_REFUSED_MAX,
};

static_assert(NATGW_A_BY_PROTO_MAX < FIELDS_ATTRS, "an attribute does not fit");
static_assert(NATGW_A_REFUSED_MAX < FIELDS_ATTRS, "an attribute does not fit");
static_assert(NATGW_A_COUNTERS_MAX < FIELDS_ATTRS, "an attribute does not fit");
