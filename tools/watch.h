/* SPDX-License-Identifier: GPL-2.0 */
/* Events of sessions that open and end, from the kernel to whoever prints or keeps them. */
#ifndef NATGWCTL_WATCH_H
#define NATGWCTL_WATCH_H

#include "ctl.h"
#include "nl.h"
#include "schema.h"

/** WATCH_TIME_TEXT - room for watch_time_text() */
#define WATCH_TIME_TEXT	32

/** enum watch_type - what is told; the first two are enum natgw_event */
enum watch_type {
	WATCH_OPENED = NATGW_EVENT_OPENED,
	WATCH_CLOSED = NATGW_EVENT_CLOSED,
	WATCH_RUNNING,	/* no event: it is there, as watch_running() has found it */
};

/**
 * struct watched - one event
 * @event:	the kernel's; its @type is enum watch_type
 * @gateway:	name; so are the next two, empty if unknown
 * @subnet:	name
 * @vnet:	name
 */
struct watched {
	struct natgw_session_event event;
	const char *gateway;
	const char *subnet;
	const char *vnet;
};

/**
 * struct watched_block - ports that a host has at one public IP, or had
 * @type:	of an event
 * @time:	of an event, ns since 1970
 * @gateway:	name; so is the next
 * @vnet:	name
 * @src:	the host
 * @address:	public IP; with NATGW_BLOCK_EVENT_ALLOCATED alone, so are the next two
 * @first:	first port
 * @last:	last port
 */
struct watched_block {
	enum natgw_block_event type;
	uint64_t time;
	const char *gateway;
	const char *vnet;
	uint32_t src;
	uint32_t address;
	uint32_t first;
	uint32_t last;
};

/**
 * typedef watch_event - takes one event
 */
typedef void (*watch_event)(const struct watched *w, void *data);

/**
 * typedef watch_block - takes one event of a block of ports
 */
typedef void (*watch_block)(const struct watched_block *b, void *data);

/**
 * struct watch - a socket that is told of sessions
 * @nl:		the socket
 * @event:	takes each event
 * @block:	takes each event of a block of ports, or NULL
 * @data:	for both
 * @lost:	events lost since it began, as far as the kernel has said
 * @told:	of those, how many watch_newly_lost() has told of
 * @obj:	whose keys @argv has
 * @argc:	number of words in @argv
 * @argv:	filters
 */
struct watch {
	struct nl nl;
	watch_event event;
	watch_block block;
	void *data;
	uint64_t lost;
	uint64_t told;
	const struct object *obj;
	int argc;
	char **argv;
};

extern const char *const close_words[];
extern const char *const watch_words[];
extern const struct schema watch_schema;

int watch_open(struct ctl *ctl, struct watch *watch, const struct object *obj, int argc,
	       char **argv);
int watch_receive(struct watch *watch, struct nl_error *e);
uint64_t watch_newly_lost(struct watch *watch);
void watch_close(struct watch *watch);

int watch_running(struct ctl *ctl, const struct watch *watch);
int watch_blocks(struct ctl *ctl, watch_block block, void *data);

uint64_t watch_now(void);
const char *watch_time_text(char buf[WATCH_TIME_TEXT], uint64_t ns);

/* For the tests: the events of one message; false if it is malformed */
bool watch_parse(struct watch *watch, const struct nlmsghdr *nlh);

#endif /* NATGWCTL_WATCH_H */
