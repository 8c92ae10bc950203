/* SPDX-License-Identifier: GPL-2.0 */
/* A flow log of lines that the tool wrote, and what is found in it: for the tests of that */
#ifndef FLOW_FOUND_H
#define FLOW_FOUND_H

#include <stdlib.h>

#include "flow_event.h"
#include "flowlog.h"
#include "ktap.h"
#include "watch.h"

#define SECOND	FLOWLOG_SECOND
/* 2026-11-29T12:00:00Z */
#define NOON	1795953600ULL

static char file[36] = "/tmp/tool_flow.XXXXXX";

/* Lines of a log in @file */
static inline FILE *log_begin(void)
{
	FILE *f = fopen(file, "w");

	if (!f)
		abort();
	return f;
}

static inline void log_add(FILE *f, uint8_t type, uint16_t src_port, const char *dst, double opened,
			   double time)
{
	struct watched w = {
		.event = event(type, src_port, dst, (NOON + opened) * SECOND,
			       (NOON + time) * SECOND),
		.gateway = "gw1", .subnet = "web", .vnet = "default",
	};

	EXPECT(flowlog_session(f, &w));
}

static inline struct flow_query query(double at)
{
	uint64_t from = (NOON + at) * SECOND;

	return (struct flow_query){
		.address = "203.0.113.10", .port = 23817, .from = from, .to = from + SECOND - 1,
	};
}

/* The source ports that had the port, in one number of three digits each */
static inline long long found_at(double at)
{
	struct flow_query q = query(at);
	struct flows found = {};
	long long ports = 0;
	size_t i;

	EXPECT_INT(flows_file(&found, &q, file), 0);
	flows_settle(&found, &q);
	for (i = 0; i < found.n; i++)
		ports = ports * 1000 + found.list[i].src_port;
	flows_free(&found);
	return ports;
}

/* Into which gap a moment falls, as the seconds behind noon at which it begins; -1: none */
static inline long long gap_at(double at, double now)
{
	struct flow_query q = query(at);
	struct flows found = {};
	struct flow_gap gap;
	long long from = -1;

	EXPECT_INT(flows_file(&found, &q, file), 0);
	if (flow_gap_find(&found.cover, &q, (NOON + now) * SECOND, &gap))
		from = gap.from ? (long long)(gap.from / SECOND - NOON) : -2;
	flows_free(&found);
	return from;
}

#endif
