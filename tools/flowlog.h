/* SPDX-License-Identifier: GPL-2.0 */
/* The flow log: a line of JSON for each session that opens or ends, and for what is refused. */
#ifndef NATGWCTL_FLOWLOG_H
#define NATGWCTL_FLOWLOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "watch.h"

/** FLOWLOG_FILE - where "find" looks, and where the service writes */
#define FLOWLOG_FILE	"/var/log/natgw/flow.log"
/** FLOWLOG_SECOND - in ns */
#define FLOWLOG_SECOND	1000000000ULL

bool flowlog_session(FILE *f, const struct watched *w);
bool flowlog_refused(FILE *f, uint64_t time, const struct nlattr *const *tb);
bool flowlog_near(FILE *f, uint64_t time, const struct nlattr *const *tb);
bool flowlog_dropped(FILE *f, uint64_t time, const char *reason, uint64_t packets);
bool flowlog_lost(FILE *f, uint64_t time, uint64_t events);

/**
 * struct flow_query - who is looked for
 * @address:	public IP as it stands in the log
 * @port:	public port
 * @proto:	protocol as it stands there, or NULL: any
 * @from:	first ns of the moment that is meant
 * @to:		last one
 */
struct flow_query {
	const char *address;
	uint32_t port;
	const char *proto;
	uint64_t from;
	uint64_t to;
};

/**
 * struct flow - a session that a log tells of
 * @proto:	protocol; what is text was allocated
 * @src:	private source
 * @src_port:	its port
 * @dst:	destination
 * @dst_port:	its port
 * @gateway:	name; so are the next two
 * @subnet:	name
 * @vnet:	name
 * @opened:	ns since 1970
 * @closed:	likewise; 0: nothing says that it has ended
 */
struct flow {
	char *proto;
	char *src;
	uint32_t src_port;
	char *dst;
	uint32_t dst_port;
	char *gateway;
	char *subnet;
	char *vnet;
	uint64_t opened;
	uint64_t closed;
};

/**
 * struct flows - sessions found
 * @list:	sessions
 * @n:		their number
 * @lost:	the log says that events were lost by then: there may be others
 */
struct flows {
	struct flow *list;
	size_t n;
	bool lost;
};

bool flows_line(struct flows *found, const struct flow_query *q, const char *line);
int flows_file(struct flows *found, const struct flow_query *q, const char *path);
void flows_settle(struct flows *found, const struct flow_query *q);
void flows_free(struct flows *found);

bool flow_time_parse(const char *text, uint64_t now, uint64_t *from, uint64_t *to);

#endif /* NATGWCTL_FLOWLOG_H */
