// SPDX-License-Identifier: GPL-2.0
/* The socket that is told of sessions, and the reading of what comes by it. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "key.h"
#include "object.h"
#include "ports_block.h"
#include "watch.h"

/** WATCH_BYTES - of events that wait: a second of 50,000 sessions has 16 MB in socket buffers */
#define WATCH_BYTES	(32 << 20)

const char *const close_words[] = {
	[NATGW_CLOSE_IDLE] = "idle",
	[NATGW_CLOSE_HALF_OPEN] = "half-open",
	[NATGW_CLOSE_CLOSING] = "closing",
	[NATGW_CLOSE_FIN] = "fin",
	[NATGW_CLOSE_RST] = "rst",
	[NATGW_CLOSE_UPLINK] = "uplink",
	[NATGW_CLOSE_FLUSH] = "flush",
	[NATGW_CLOSE_DRAIN] = "drain",
	[NATGW_CLOSE_ADDRESS] = "address",
	[NATGW_CLOSE_SUBNET] = "subnet",
	[NATGW_CLOSE_TIER] = "tier",
	NULL
};

const char *const watch_words[] = {
	[WATCH_OPENED] = "opened",
	[WATCH_CLOSED] = "closed",
	[WATCH_RUNNING] = "running",
	NULL
};

/* The filters; those of sessions that do not change while one lives */
static const struct field watch_fields[] = {
	{
		.word = "proto",
		.type = FIELD_PROTO,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_SESSION_PROTO,
		.about = "session: of this IP protocol",
	}, {
		.word = "src",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_SESSION_SRC,
		.attr2 = NATGW_A_SESSION_SRC_PORT,
		.about = "session: of this private source",
	}, {
		.word = "address",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_SESSION_ADDRESS,
		.attr2 = NATGW_A_SESSION_PORT,
		.about = "session: with this public address",
	}, {
		.word = "dst",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_SESSION_DST,
		.attr2 = NATGW_A_SESSION_DST_PORT,
		.about = "session: to this destination",
	}, {
		.word = "gateway",
		.type = FIELD_NAME,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_SESSION_GATEWAY,
		.about = "session: of this gateway",
	}, {
		.word = "subnet",
		.type = FIELD_NAME,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_SESSION_SUBNET,
		.about = "session: of this subnet",
	}, {
		.word = "vnet",
		.type = FIELD_NAME,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_SESSION_VNET,
		.about = "session: of this virtual network",
	},
};

const struct schema watch_schema = {
	.noun = "session",
	.fields = watch_fields,
	.n_fields = ARRAY_SIZE(watch_fields),
	.family = NATGW_A_SESSION_FAMILY,
	.max = NATGW_A_SESSION_MAX,
};

/* Names of a message end in a NUL, which has been checked */
static const char *name_of(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_str(attr) : "";
}

static bool group_parse(const struct watch *watch, const struct nlattr *group)
{
	const struct nlattr *tb[NATGW_A_EVENT_GROUP_MAX + 1] = {}, *attr;
	struct watched w;
	const char *p;
	size_t len;

	mnl_attr_for_each_nested(attr, group) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type > NATGW_A_EVENT_GROUP_MAX)
			continue;
		if (type >= NATGW_A_EVENT_GROUP_GATEWAY && type <= NATGW_A_EVENT_GROUP_VNET &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
			return false;
		tb[type] = attr;
	}
	if (!tb[NATGW_A_EVENT_GROUP_EVENTS])
		return false;
	w.gateway = name_of(tb[NATGW_A_EVENT_GROUP_GATEWAY]);
	w.subnet = name_of(tb[NATGW_A_EVENT_GROUP_SUBNET]);
	w.vnet = name_of(tb[NATGW_A_EVENT_GROUP_VNET]);
	p = mnl_attr_get_payload(tb[NATGW_A_EVENT_GROUP_EVENTS]);
	len = mnl_attr_get_payload_len(tb[NATGW_A_EVENT_GROUP_EVENTS]);
	if (len % sizeof(w.event))
		return false;
	for (; len; p += sizeof(w.event), len -= sizeof(w.event)) {
		/* aligned to four bytes only */
		memcpy(&w.event, p, sizeof(w.event));
		/* of a newer kernel */
		if (w.event.type > WATCH_CLOSED)
			continue;
		watch->event(&w, watch->data);
	}
	return true;
}

static bool addr_of(const struct nlattr *attr, uint32_t *addr)
{
	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(*addr))
		return false;
	memcpy(addr, mnl_attr_get_payload(attr), sizeof(*addr));
	return true;
}

static bool block_parse(const struct watch *watch, const struct nlattr *nest)
{
	const struct nlattr *tb[NATGW_A_EVENT_BLOCK_MAX + 1] = {}, *attr;
	static const enum mnl_attr_data_type types[NATGW_A_EVENT_BLOCK_MAX + 1] = {
		[NATGW_A_EVENT_BLOCK_TYPE] = MNL_TYPE_U32,
		[NATGW_A_EVENT_BLOCK_TIME] = MNL_TYPE_U64,
		[NATGW_A_EVENT_BLOCK_GATEWAY] = MNL_TYPE_NUL_STRING,
		[NATGW_A_EVENT_BLOCK_VNET] = MNL_TYPE_NUL_STRING,
		[NATGW_A_EVENT_BLOCK_FIRST] = MNL_TYPE_U32,
		[NATGW_A_EVENT_BLOCK_LAST] = MNL_TYPE_U32,
	};
	struct watched_block b = {};

	mnl_attr_for_each_nested(attr, nest) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type > NATGW_A_EVENT_BLOCK_MAX)
			continue;
		if (types[type] && mnl_attr_validate(attr, types[type]) < 0)
			return false;
		tb[type] = attr;
	}
	if (!tb[NATGW_A_EVENT_BLOCK_TYPE] || !tb[NATGW_A_EVENT_BLOCK_TIME])
		return false;
	b.type = mnl_attr_get_u32(tb[NATGW_A_EVENT_BLOCK_TYPE]);
	b.time = mnl_attr_get_u64(tb[NATGW_A_EVENT_BLOCK_TIME]);
	b.gateway = name_of(tb[NATGW_A_EVENT_BLOCK_GATEWAY]);
	b.vnet = name_of(tb[NATGW_A_EVENT_BLOCK_VNET]);
	switch (b.type) {
	case NATGW_BLOCK_EVENT_ALLOCATED:
		if (!addr_of(tb[NATGW_A_EVENT_BLOCK_SRC], &b.src) ||
		    !addr_of(tb[NATGW_A_EVENT_BLOCK_ADDRESS], &b.address) ||
		    !tb[NATGW_A_EVENT_BLOCK_FIRST] || !tb[NATGW_A_EVENT_BLOCK_LAST])
			return false;
		b.first = mnl_attr_get_u32(tb[NATGW_A_EVENT_BLOCK_FIRST]);
		b.last = mnl_attr_get_u32(tb[NATGW_A_EVENT_BLOCK_LAST]);
		break;
	case NATGW_BLOCK_EVENT_FREED:
		if (!addr_of(tb[NATGW_A_EVENT_BLOCK_SRC], &b.src))
			return false;
		break;
	case NATGW_BLOCK_EVENT_CHANGED:
		break;
	default:	/* of a newer kernel */
		return true;
	}
	if (watch->block)
		watch->block(&b, watch->data);
	return true;
}

bool watch_parse(struct watch *watch, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	bool known = false;

	if (genl->cmd != NATGW_CMD_SESSION_EVENT_NTF)
		return true;
	mnl_attr_for_each(attr, nlh, sizeof(*genl))
		switch (mnl_attr_get_type(attr)) {
		case NATGW_A_EVENT_VERSION:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0 ||
			    mnl_attr_get_u32(attr) != NATGW_EVENT_VERSION)
				return false;
			known = true;
			break;
		case NATGW_A_EVENT_LOST:
			if (mnl_attr_validate(attr, MNL_TYPE_U64) < 0)
				return false;
			watch->lost = mnl_attr_get_u64(attr);
			break;
		case NATGW_A_EVENT_GROUP:
			if (!known || mnl_attr_validate(attr, MNL_TYPE_NESTED) < 0 ||
			    !group_parse(watch, attr))
				return false;
			break;
		case NATGW_A_EVENT_BLOCK:
			if (!known || mnl_attr_validate(attr, MNL_TYPE_NESTED) < 0 ||
			    !block_parse(watch, attr))
				return false;
			break;
		}
	return true;
}

static bool watch_message(const struct nlmsghdr *nlh, void *data)
{
	return watch_parse(data, nlh);
}

/**
 * watch_open - ask to be told of sessions
 * @ctl:	run
 * @watch:	result; @event and @data are set
 * @obj:	whose schema has the filters
 * @argc:	words of filters
 * @argv:	words
 *
 * Return: 0, or the exit status.
 */
int watch_open(struct ctl *ctl, struct watch *watch, const struct object *obj, int argc,
	       char **argv)
{
	int bytes = WATCH_BYTES, one = 1, fd, ret;
	struct request req;
	struct nl_error e;

	request_init(&req, NATGW_CMD_SESSION_WATCH);
	ret = object_keys(ctl, obj, &req, FIELD_FILTER, NULL, argc, argv);
	if (ret)
		return ret;
	watch->lost = 0;
	watch->told = 0;
	watch->obj = obj;
	watch->argc = argc;
	watch->argv = argv;
	if (nl_open(&watch->nl, &e))
		return kernel_error(ctl, NULL, NULL, &e);
	fd = mnl_socket_get_fd(watch->nl.sock);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	/* the messages themselves say what was lost */
	mnl_socket_setsockopt(watch->nl.sock, NETLINK_NO_ENOBUFS, &one, sizeof(one));
	/* events may come before the answer */
	watch->nl.event = watch_message;
	watch->nl.event_data = watch;
	if (nl_request(&watch->nl, &req, NULL, NULL, &e))
		return kernel_error(ctl, obj, &req, &e);
	warn_kernel(ctl, &e);
	return 0;
}

/**
 * watch_receive - take what has come
 * @watch:	its socket is readable
 * @e:		why not
 *
 * Return: 0, or -1.
 */
int watch_receive(struct watch *watch, struct nl_error *e)
{
	return nl_receive(&watch->nl, watch_message, watch, e);
}

/** watch_newly_lost - how many events were lost since this was asked last */
uint64_t watch_newly_lost(struct watch *watch)
{
	uint64_t lost = watch->lost - watch->told;

	watch->told = watch->lost;
	return lost;
}

void watch_close(struct watch *watch)
{
	nl_close(&watch->nl);
}

/* For watch_running() */
struct running {
	watch_event event;
	void *data;
};

static bool port_of(const struct nlattr *attr, uint16_t *port)
{
	*port = htons(field_u32(attr));
	return attr;
}

static bool running_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	const struct running *r = data;
	struct watched w = {};
	uint64_t now;

	if (!fields_parse(session_object.schema, nlh, tb))
		return false;
	/* a direct record has no port, and what cools has ended */
	if (!tb[NATGW_A_SESSION_ADDRESS] ||
	    (tb[NATGW_A_SESSION_STATE] &&
	     field_u32(tb[NATGW_A_SESSION_STATE]) == NATGW_STATE_COOLING))
		return true;
	if (!addr_of(tb[NATGW_A_SESSION_SRC], &w.event.src) ||
	    !addr_of(tb[NATGW_A_SESSION_DST], &w.event.dst) ||
	    !addr_of(tb[NATGW_A_SESSION_ADDRESS], &w.event.address) ||
	    !port_of(tb[NATGW_A_SESSION_SRC_PORT], &w.event.src_port) ||
	    !port_of(tb[NATGW_A_SESSION_DST_PORT], &w.event.dst_port) ||
	    !port_of(tb[NATGW_A_SESSION_PORT], &w.event.port))
		return false;
	w.event.proto = field_u32(tb[NATGW_A_SESSION_PROTO]);
	w.event.type = WATCH_RUNNING;
	/* of this answer: the session may have opened since the first one came */
	now = watch_now();
	w.event.time = now;
	w.event.opened = now - field_u32(tb[NATGW_A_SESSION_AGE]) * 1000000000ULL;
	if (tb[NATGW_A_SESSION_PACKETS_OUT]) {
		w.event.flags = NATGW_EVENT_FLAG_COUNTED;
		w.event.packets_out = field_u64(tb[NATGW_A_SESSION_PACKETS_OUT]);
		w.event.bytes_out = field_u64(tb[NATGW_A_SESSION_BYTES_OUT]);
		w.event.packets_in = field_u64(tb[NATGW_A_SESSION_PACKETS_IN]);
		w.event.bytes_in = field_u64(tb[NATGW_A_SESSION_BYTES_IN]);
	}
	w.gateway = name_of(tb[NATGW_A_SESSION_GATEWAY]);
	w.subnet = name_of(tb[NATGW_A_SESSION_SUBNET]);
	w.vnet = name_of(tb[NATGW_A_SESSION_VNET]);
	r->event(&w, r->data);
	return true;
}

/**
 * watch_running - the sessions that live now, as events
 * @ctl:	run, whose socket asks
 * @watch:	is open: its filters hold, and its function takes each session; one may come
 *		twice while the table of sessions grows
 *
 * To begin with, and to go on with when events were lost. Return: 0, or the exit status.
 */
int watch_running(struct ctl *ctl, const struct watch *watch)
{
	struct running r = { .event = watch->event, .data = watch->data };
	struct request req;
	struct nl_error e;
	int ret;

	request_init(&req, NATGW_CMD_SESSION_GET);
	ret = object_keys(ctl, watch->obj, &req, FIELD_FILTER, NULL, watch->argc, watch->argv);
	if (ret)
		return ret;
	request_u32(&req, NATGW_A_SESSION_KIND, NATGW_KIND_NAT);
	if (nl_dump(&ctl->nl, &req, NL_DUMP_STREAM, running_answer, &r, &e) < 0)
		return kernel_error(ctl, watch->obj, &req, &e);
	return 0;
}

/* For watch_blocks() */
struct blocks {
	watch_block block;
	void *data;
	uint64_t now;
};

/* A row by host, whose blocks are handed on one after the other */
struct block_row {
	const struct blocks *blocks;
	struct watched_block b;
};

static void block_take(const struct ports_block *ports, void *data)
{
	struct block_row *row = data;

	row->b.address = ports->address;
	row->b.first = ports->first;
	row->b.last = ports->last;
	row->blocks->block(&row->b, row->blocks->data);
}

static bool blocks_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	const struct blocks *blocks = data;
	struct block_row row = {
		.blocks = blocks,
		.b = { .type = NATGW_BLOCK_EVENT_ALLOCATED, .time = blocks->now },
	};

	if (!fields_parse(ports_object.schema, nlh, tb) ||
	    !addr_of(tb[NATGW_A_PORTS_SRC], &row.b.src))
		return false;
	row.b.gateway = name_of(tb[NATGW_A_PORTS_GATEWAY]);
	row.b.vnet = name_of(tb[NATGW_A_PORTS_VNET]);
	return ports_blocks(nlh, block_take, &row);
}

/**
 * watch_blocks - the blocks of ports that hosts have now
 * @ctl:	run, whose socket asks
 * @block:	takes each
 * @data:	for @block
 *
 * Return: 0, or the exit status.
 */
int watch_blocks(struct ctl *ctl, watch_block block, void *data)
{
	struct blocks blocks = { .block = block, .data = data };
	struct request req;
	struct nl_error e;

	blocks.now = watch_now();
	request_init(&req, NATGW_CMD_PORTS_GET);
	request_u32(&req, NATGW_A_PORTS_BY, NATGW_PORTS_BY_HOST);
	if (nl_dump(&ctl->nl, &req, NL_DUMP_STREAM, blocks_answer, &blocks, &e) < 0)
		return kernel_error(ctl, NULL, &req, &e);
	return 0;
}

/** watch_now - this moment in the time of events, ns since 1970 */
uint64_t watch_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/**
 * watch_time_text - a moment, in UTC, with ms
 * @buf:	room
 * @ns:		since 1970
 *
 * Return: @buf.
 */
const char *watch_time_text(char buf[WATCH_TIME_TEXT], uint64_t ns)
{
	time_t secs = ns / 1000000000;
	struct tm tm;
	size_t n;

	n = strftime(buf, WATCH_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", gmtime_r(&secs, &tm));
	snprintf(buf + n, WATCH_TIME_TEXT - n, ".%03uZ",
		 (unsigned int)(ns / 1000000 % 1000));
	return buf;
}
