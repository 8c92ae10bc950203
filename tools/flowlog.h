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
/** FLOWLOG_ALIVE - seconds: a log that is written has a line that often, even if nothing happens */
#define FLOWLOG_ALIVE	90

/**
 * struct flowlog_options - what is logged, and where to
 * @path:	file, or NULL: standard output, unless there is a collector
 * @ipfix:	collector of IPFIX, or NULL
 * @tcp:	it is told by TCP
 * @by_block:	it is told of blocks of ports, and not of sessions whose port is in one
 * @argc:	words of filters
 * @argv:	words
 */
struct flowlog_options {
	const char *path;
	const char *ipfix;
	bool tcp;
	bool by_block;
	int argc;
	char **argv;
};

void flowlog_filter_text(const struct flowlog_options *options, char *text, size_t size);
bool flowlog_tells_again(uint64_t now, uint64_t before);

int flowlog_run(struct ctl *ctl, const struct flowlog_options *options);

bool flowlog_block(FILE *f, const struct watched_block *b);
bool flowlog_session(FILE *f, const struct watched *w);
bool flowlog_refused(FILE *f, uint64_t time, const struct nlattr *const *tb);
bool flowlog_near(FILE *f, uint64_t time, const struct nlattr *const *tb);
bool flowlog_dropped(FILE *f, uint64_t time, const char *reason, uint64_t packets);
bool flowlog_lost(FILE *f, uint64_t time, uint64_t since, uint64_t events, const char *reason);
bool flowlog_started(FILE *f, uint64_t time, const char *filter);
bool flowlog_continued(FILE *f, uint64_t time, const char *filter);
bool flowlog_stopped(FILE *f, uint64_t time, const char *reason);
bool flowlog_clock(FILE *f, uint64_t time, uint64_t before);
bool flowlog_alive(FILE *f, uint64_t time);

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
 * struct flow - a session that a log tells of, or what one line says about it
 * @proto:	protocol; what is text was allocated
 * @src:	private source
 * @src_port:	its port
 * @dst:	destination
 * @dst_port:	its port
 * @gateway:	name; so are the next two
 * @subnet:	name
 * @vnet:	name
 * @opened:	ns since 1970
 * @seen:	likewise: time of the last line about it
 * @closed:	likewise; 0: nothing says that it has ended
 * @gone:	likewise: by then it has ended, which the log did not see; 0: nothing says so
 * @begins:	the line says that it opens
 * @back:	the clock was set back while it lived
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
	uint64_t seen;
	uint64_t closed;
	uint64_t gone;
	bool begins;
	bool back;
};

/**
 * struct flow_gap - a time of which the log does not tell
 * @from:	ns since 1970
 * @to:		likewise; UINT64_MAX: until now
 * @why:	a sentence without its end
 * @set:	the clock was set
 * @unwritten:	lines were lost that could not be written, and not events alone
 */
struct flow_gap {
	uint64_t from;
	uint64_t to;
	const char *why;
	bool set;
	bool unwritten;
};

/**
 * struct flow_mark - a moment from or to which the log was written
 * @time:	ns since 1970
 * @kind:	see flowlog_gap.c
 * @filtered:	from it on the log has not all sessions, by a filter
 * @unsaid:	no line of its file in front of it says whether there is one
 */
struct flow_mark {
	uint64_t time;
	int kind;
	bool filtered;
	bool unsaid;
};

/**
 * struct flow_cover - of which time the log tells
 * @marks:	its beginnings and ends
 * @n:		their number
 * @sorted:	they are in order
 * @lost:	times of which events were lost, or that the clock did not show once
 * @n_lost:	their number
 * @limited:	the lines that are being read are not of all sessions, by a filter
 * @said:	the file that is being read: a line of it has said so, or that they are of all
 * @open:	the file that is being read: the log was written at its last line
 * @last:	the latest time of a line of that file since the log began there, as text
 */
struct flow_cover {
	struct flow_mark *marks;
	size_t n;
	bool sorted;
	struct flow_gap *lost;
	size_t n_lost;
	bool limited;
	bool said;
	bool open;
	char last[24];
};

/**
 * struct flows - sessions found
 * @list:	sessions
 * @n:		their number
 * @room:	how many @list has room for
 * @cover:	of which time there would be any
 */
struct flows {
	struct flow *list;
	size_t n;
	size_t room;
	struct flow_cover cover;
};

bool flows_line(struct flows *found, const struct flow_query *q, const char *line);
int flows_file(struct flows *found, const struct flow_query *q, const char *path);
void flows_settle(struct flows *found, const struct flow_query *q);
void flows_free(struct flows *found);

void flow_cover_line(struct flow_cover *cover, const char *line);
void flow_cover_end(struct flow_cover *cover);
bool flow_gap_find(struct flow_cover *cover, const struct flow_query *q, uint64_t now,
		   struct flow_gap *gap);
uint64_t flow_cover_told(struct flow_cover *cover, uint64_t time);
uint64_t flow_cover_set(const struct flow_cover *cover, uint64_t time);
void flow_cover_free(struct flow_cover *cover);

bool flow_stamp_parse(const char *text, uint64_t *ns);
bool flow_time_parse(const char *text, uint64_t now, uint64_t *from, uint64_t *to,
		     struct parse_error *e);

#endif /* NATGWCTL_FLOWLOG_H */
