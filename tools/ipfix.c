// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what an event of the gateway looks like as IPFIX, over libfixbuf. Called by flowlog_run.c;
 * ipfix_send.c sends the messages.
 *
 * The records are those of RFC 8158, section 5.6: sessions that open and end (natEvent 4 and 5),
 * addresses, ports and quotas that are exhausted (3, 12 and 13), and blocks of ports (16 and 17).
 * A gateway is named by natPoolName, a virtual network, within which private addresses mean
 * something, by internalAddressRealm.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fixbuf/public.h>

#include "field.h"
#include "ipfix.h"

/* Soname of the library that <fixbuf/public.h> describes, and of the one it takes for granted:
 * Debian's build does not name it
 */
#define LIBRARY		"libfixbuf.so.9"
#define GLIB		"libglib-2.0.so.0"

/* IANA, natEvent (230) */
enum {
	EVENT_ADDRESSES_EXHAUSTED = 3,
	EVENT_SESSION_CREATE = 4,
	EVENT_SESSION_DELETE = 5,
	EVENT_PORTS_EXHAUSTED = 12,
	EVENT_QUOTA_EXCEEDED = 13,
	EVENT_BLOCK_ALLOCATED = 16,
	EVENT_BLOCK_FREED = 17,
};

/* IANA, natQuotaExceededEvent (466) */
enum {
	QUOTA_SESSIONS = 1,
	QUOTA_USER = 3,
};

/* IANA, flowEndReason (136) */
enum {
	END_IDLE = 1,
	END_OF_FLOW = 3,
	END_FORCED = 4,
};

/*
 * Records as they are handed to the library: the layouts are those of the lists below. Which of
 * their elements a template sends say the flags of both.
 */
enum {
	IN_MEMORY = 1,	/* not sent: what is between the members of a struct */
	OF_END = 2,
	OF_COUNTERS = 4,
	OF_SRC = 8,
	OF_DST = 16,
	OF_QUOTA = 32,
	OF_ALL = IN_MEMORY | OF_END | OF_COUNTERS | OF_SRC | OF_DST | OF_QUOTA,
};

#define ELEMENT(name, size, flags)	{ (char *)(name), size, flags }

struct session {
	uint64_t time;
	uint32_t src, post_src, dst;
	uint16_t src_port, post_src_port, dst_port;
	uint8_t proto, event, end_reason;
	uint8_t padding[3];
	fbVarfield_t pool, realm;
	uint64_t start;
	uint64_t bytes_out, bytes_in, packets_out, packets_in;
};

static fbInfoElementSpec_t session_spec[] = {
	ELEMENT("observationTimeMilliseconds", 8, 0),
	ELEMENT("sourceIPv4Address", 4, 0),
	ELEMENT("postNATSourceIPv4Address", 4, 0),
	ELEMENT("destinationIPv4Address", 4, 0),
	ELEMENT("sourceTransportPort", 2, 0),
	ELEMENT("postNAPTSourceTransportPort", 2, 0),
	ELEMENT("destinationTransportPort", 2, 0),
	ELEMENT("protocolIdentifier", 1, 0),
	ELEMENT("natEvent", 1, 0),
	ELEMENT("flowEndReason", 1, OF_END),
	ELEMENT("paddingOctets", 3, IN_MEMORY),
	ELEMENT("natPoolName", 0, 0),
	ELEMENT("internalAddressRealm", 0, 0),
	ELEMENT("flowStartMilliseconds", 8, OF_END),
	ELEMENT("initiatorOctets", 8, OF_COUNTERS),
	ELEMENT("responderOctets", 8, OF_COUNTERS),
	ELEMENT("initiatorPackets", 8, OF_COUNTERS),
	ELEMENT("responderPackets", 8, OF_COUNTERS),
	FB_IESPEC_NULL
};

struct block {
	uint64_t time;
	uint32_t src, post_src;
	uint16_t first, last;
	uint8_t event;
	uint8_t padding[3];
	fbVarfield_t pool, realm;
};

static fbInfoElementSpec_t block_spec[] = {
	ELEMENT("observationTimeMilliseconds", 8, 0),
	ELEMENT("sourceIPv4Address", 4, 0),
	ELEMENT("postNATSourceIPv4Address", 4, 0),
	ELEMENT("portRangeStart", 2, 0),
	ELEMENT("portRangeEnd", 2, 0),
	ELEMENT("natEvent", 1, 0),
	ELEMENT("paddingOctets", 3, IN_MEMORY),
	ELEMENT("natPoolName", 0, 0),
	ELEMENT("internalAddressRealm", 0, 0),
	FB_IESPEC_NULL
};

/* Flows that were refused */
struct refused {
	uint64_t time, dropped;
	uint32_t src, post_src, dst, quota;
	uint16_t dst_port;
	uint8_t proto, event;
	uint8_t padding[4];
	fbVarfield_t pool;
};

static fbInfoElementSpec_t refused_spec[] = {
	ELEMENT("observationTimeMilliseconds", 8, 0),
	ELEMENT("droppedPacketDeltaCount", 8, 0),
	ELEMENT("sourceIPv4Address", 4, OF_SRC),
	ELEMENT("postNATSourceIPv4Address", 4, OF_DST),
	ELEMENT("destinationIPv4Address", 4, OF_DST),
	ELEMENT("natQuotaExceededEvent", 4, OF_QUOTA),
	ELEMENT("destinationTransportPort", 2, OF_DST),
	ELEMENT("protocolIdentifier", 1, OF_DST),
	ELEMENT("natEvent", 1, 0),
	ELEMENT("paddingOctets", 4, IN_MEMORY),
	ELEMENT("natPoolName", 0, 0),
	FB_IESPEC_NULL
};

enum { T_OPENED, T_CLOSED, T_COUNTED, T_BLOCK, T_ADDRESSES, T_PORTS, T_QUOTA, T_USER, TEMPLATES };

/* A template in memory and one to send for each */
static const struct {
	fbInfoElementSpec_t *spec;
	size_t size;
	uint32_t flags;
} templates[TEMPLATES] = {
	[T_OPENED] = { session_spec, sizeof(struct session), 0 },
	[T_CLOSED] = { session_spec, sizeof(struct session), OF_END },
	[T_COUNTED] = { session_spec, sizeof(struct session), OF_END | OF_COUNTERS },
	[T_BLOCK] = { block_spec, sizeof(struct block), 0 },
	[T_ADDRESSES] = { refused_spec, sizeof(struct refused), 0 },
	[T_PORTS] = { refused_spec, sizeof(struct refused), OF_SRC | OF_DST },
	[T_QUOTA] = { refused_spec, sizeof(struct refused), OF_QUOTA },
	[T_USER] = { refused_spec, sizeof(struct refused), OF_QUOTA | OF_SRC },
};

/**
 * TEMPLATE - number of a template: from 256 on, RFC 7011
 *
 * The same in memory, where the library keeps them apart.
 */
#define TEMPLATE(i)	(256 + (i))

/**
 * struct fixbuf - the functions of libfixbuf that are used, and one of GLib
 *
 * The library is loaded to send and not with the tool, as libnftables is, see guard.c.
 */
struct fixbuf {
	typeof(fbInfoModelAlloc) *model;
	typeof(fbInfoModelFree) *model_free;
	typeof(fbSessionAlloc) *session;
	typeof(fbSessionSetDomain) *domain;
	typeof(fbSessionAddTemplate) *add;
	typeof(fbSessionExportTemplates) *export;
	typeof(fbTemplateAlloc) *template;
	typeof(fbTemplateAppendSpecArray) *specs;
	typeof(fbExporterAllocBuffer) *exporter;
	typeof(fbExporterGetMsgLen) *length;
	typeof(fBufAllocForExport) *buf;
	typeof(fBufFree) *buf_free;
	typeof(fBufSetInternalTemplate) *internal;
	typeof(fBufSetExportTemplate) *external;
	typeof(fBufSetAutomaticMode) *automatic;
	typeof(fBufAppend) *append;
	typeof(fBufEmit) *emit;
	typeof(g_clear_error) *clear;
};

/**
 * struct ipfix - the way of records to a collector
 * @ctl:	run
 * @lib:	library
 * @model:	its information elements
 * @session:	its templates and numbers, for as long as a connection
 * @exporter:	puts a message into @message
 * @buf:	the message that is being filled; NULL: no connection
 * @message:	one that is full
 * @template:	that @buf is set to, or -1
 * @pending:	records in @buf
 * @templates:	it has templates
 * @sender:	socket
 * @unsent:	records that were left out, since they were last told of
 * @told:	when they were, s
 * @due:	when templates are sent again, or a connection is tried, s
 * @lost:	a connection was lost: the collector does not know what runs
 */
struct ipfix {
	struct ctl *ctl;
	struct fixbuf lib;
	fbInfoModel_t *model;
	fbSession_t *session;
	fbExporter_t *exporter;
	fBuf_t *buf;
	uint8_t message[IPFIX_MESSAGE];
	int template;
	unsigned int pending;
	bool templates;
	struct ipfix_sender sender;
	uint64_t unsent;
	time_t told;
	time_t due;
	bool lost;
};

static time_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static bool load(struct fixbuf *lib)
{
	void *glib = dlopen(GLIB, RTLD_NOW | RTLD_GLOBAL);
	void *library = glib ? dlopen(LIBRARY, RTLD_NOW) : NULL;
	const struct {
		void *at;
		const char *name;
	} functions[] = {
		{ &lib->model, "fbInfoModelAlloc" },
		{ &lib->model_free, "fbInfoModelFree" },
		{ &lib->session, "fbSessionAlloc" },
		{ &lib->domain, "fbSessionSetDomain" },
		{ &lib->add, "fbSessionAddTemplate" },
		{ &lib->export, "fbSessionExportTemplates" },
		{ &lib->template, "fbTemplateAlloc" },
		{ &lib->specs, "fbTemplateAppendSpecArray" },
		{ &lib->exporter, "fbExporterAllocBuffer" },
		{ &lib->length, "fbExporterGetMsgLen" },
		{ &lib->buf, "fBufAllocForExport" },
		{ &lib->buf_free, "fBufFree" },
		{ &lib->internal, "fBufSetInternalTemplate" },
		{ &lib->external, "fBufSetExportTemplate" },
		{ &lib->automatic, "fBufSetAutomaticMode" },
		{ &lib->append, "fBufAppend" },
		{ &lib->emit, "fBufEmit" },
	};
	unsigned int i;

	if (!library)
		return false;
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return false;
		*(void **)functions[i].at = function;
	}
	lib->clear = dlsym(glib, "g_clear_error");
	return lib->clear;
}

/* The message goes out as it is; if there is none, another one begins */
static void emit(struct ipfix *x)
{
	bool empty = !x->pending && !x->templates;
	GError *error = NULL;

	if (!x->buf)
		return;
	x->templates = false;
	if (!x->lib.emit(x->buf, &error)) {
		x->lib.clear(&error);
		x->unsent += x->pending;
	} else if (!empty &&
		   !ipfix_sender_put(&x->sender, x->message, x->lib.length(x->exporter))) {
		x->unsent += x->pending;
	}
	x->pending = 0;
}

/* A message of templates alone */
static void send_templates(struct ipfix *x)
{
	GError *error = NULL;

	int tries;

	emit(x);
	/* the library refuses the first time: the message must end for it */
	for (tries = 0; x->buf && !x->templates && tries < 2; tries++) {
		x->templates = x->lib.export(x->session, &error);
		if (!x->templates)
			x->lib.clear(&error);
	}
	emit(x);
	x->template = -1;
}

static bool add_template(struct ipfix *x, int i, gboolean internal, GError **error)
{
	fbTemplate_t *template = x->lib.template(x->model);

	return x->lib.specs(template, templates[i].spec,
			    internal ? OF_ALL : templates[i].flags, error) &&
	       x->lib.add(x->session, internal, TEMPLATE(i), template, error);
}

/* Return: false: the library does not know an information element */
static bool encoder_open(struct ipfix *x)
{
	GError *error = NULL;
	int i;

	x->session = x->lib.session(x->model);
	x->lib.domain(x->session, 1);
	/* before there is a message, which they would be put into */
	for (i = 0; i < TEMPLATES; i++)
		if (!add_template(x, i, TRUE, &error) || !add_template(x, i, FALSE, &error))
			break;
	x->exporter = x->lib.exporter(x->message, sizeof(x->message));
	x->buf = x->lib.buf(x->session, x->exporter);
	x->lib.automatic(x->buf, FALSE);
	x->template = -1;
	x->pending = 0;
	x->templates = false;
	if (error)
		x->lib.clear(&error);
	return i == TEMPLATES;
}

static void encoder_close(struct ipfix *x)
{
	if (x->buf)
		x->lib.buf_free(x->buf);
	x->buf = NULL;
}

static void tell(struct ipfix *x)
{
	if (!x->unsent && !x->sender.error)
		return;
	warn(x->ctl, NULL, NULL, "ipfix %s: %s%s%llu records were not sent", x->sender.at,
	     x->sender.error ? strerror(x->sender.error) : "", x->sender.error ? ", " : "",
	     (unsigned long long)x->unsent);
	x->sender.error = 0;
	x->unsent = 0;
}

/* Also again, by TCP. Return: a connection begins */
static bool connect_again(struct ipfix *x)
{
	x->due = seconds() + (x->sender.tcp ? IPFIX_RETRY : IPFIX_TEMPLATES);
	encoder_close(x);
	if (!ipfix_sender_open(&x->sender) || !encoder_open(x))
		return false;
	send_templates(x);
	return true;
}

/* After a message that was left out, or a socket that has something to say */
static void look(struct ipfix *x)
{
	if (x->buf && x->sender.fd < 0) {
		x->unsent += x->pending;
		encoder_close(x);
		x->lost = true;
		x->due = seconds() + IPFIX_RETRY;
		tell(x);
	}
}

static void append(struct ipfix *x, int template, const void *record)
{
	GError *error = NULL;
	int tries;

	for (tries = 0; x->buf && tries < 2; tries++) {
		if (x->template != template) {
			if (!x->lib.internal(x->buf, TEMPLATE(template), &error) ||
			    !x->lib.external(x->buf, TEMPLATE(template), &error))
				break;
			x->template = template;
		}
		if (x->lib.append(x->buf, (uint8_t *)record, templates[template].size, &error)) {
			x->pending++;
			return;
		}
		/* the message is full */
		x->lib.clear(&error);
		emit(x);
		look(x);
	}
	if (error)
		x->lib.clear(&error);
	x->template = -1;
	x->unsent++;
}

static fbVarfield_t var(const char *text)
{
	return (fbVarfield_t){ .len = strlen(text), .buf = (uint8_t *)text };
}

static uint8_t end_reason(uint8_t why)
{
	switch (why) {
	case NATGW_CLOSE_IDLE:
	case NATGW_CLOSE_HALF_OPEN:
	case NATGW_CLOSE_CLOSING:
		return END_IDLE;
	case NATGW_CLOSE_FIN:
	case NATGW_CLOSE_RST:
		return END_OF_FLOW;
	default:
		return END_FORCED;
	}
}

/**
 * ipfix_session - a session has opened, or ended, or is there
 * @x:		where to
 * @w:		event
 *
 * To a collector a session that is there is one that has opened when it did.
 */
void ipfix_session(struct ipfix *x, const struct watched *w)
{
	const struct natgw_session_event *e = &w->event;
	bool closed = e->type == WATCH_CLOSED;
	const struct session record = {
		.time = (closed ? e->time : e->opened) / 1000000,
		.src = ntohl(e->src),
		.post_src = ntohl(e->address),
		.dst = ntohl(e->dst),
		.src_port = ntohs(e->src_port),
		.post_src_port = ntohs(e->port),
		.dst_port = ntohs(e->dst_port),
		.proto = e->proto,
		.event = closed ? EVENT_SESSION_DELETE : EVENT_SESSION_CREATE,
		.end_reason = end_reason(e->reason),
		.pool = var(w->gateway),
		.realm = var(w->vnet),
		.start = e->opened / 1000000,
		.bytes_out = e->bytes_out,
		.bytes_in = e->bytes_in,
		.packets_out = e->packets_out,
		.packets_in = e->packets_in,
	};

	append(x, !closed ? T_OPENED : e->flags & NATGW_EVENT_FLAG_COUNTED ? T_COUNTED : T_CLOSED,
	       &record);
}

/**
 * ipfix_block - a host has got ports, or lost them
 * @x:		where to
 * @b:		what
 */
void ipfix_block(struct ipfix *x, const struct watched_block *b)
{
	const struct block record = {
		.time = b->time / 1000000,
		.src = ntohl(b->src),
		.post_src = ntohl(b->address),
		.first = b->first,
		.last = b->last,
		.event = b->type == NATGW_BLOCK_EVENT_ALLOCATED ? EVENT_BLOCK_ALLOCATED :
								  EVENT_BLOCK_FREED,
		.pool = var(b->gateway),
		.realm = var(b->vnet),
	};

	append(x, T_BLOCK, &record);
}

static uint32_t addr_of(const struct nlattr *attr)
{
	uint32_t addr = 0;

	if (attr && mnl_attr_get_payload_len(attr) == sizeof(addr))
		memcpy(&addr, mnl_attr_get_payload(attr), sizeof(addr));
	return ntohl(addr);
}

/**
 * ipfix_refused - new flows were refused
 * @x:		where to
 * @time:	ns since 1970
 * @tb:		attributes of EXHAUSTION_NTF
 */
void ipfix_refused(struct ipfix *x, uint64_t time, const struct nlattr *const *tb)
{
	struct refused record = {
		.time = time / 1000000,
		.dropped = field_u32(tb[NATGW_A_EXHAUSTION_COUNT]),
		.src = addr_of(tb[NATGW_A_EXHAUSTION_SRC]),
		.dst = addr_of(tb[NATGW_A_EXHAUSTION_DST]),
		.dst_port = field_u32(tb[NATGW_A_EXHAUSTION_DST_PORT]),
		.proto = field_u32(tb[NATGW_A_EXHAUSTION_PROTO]),
		.pool = var(field_string(tb[NATGW_A_EXHAUSTION_GATEWAY]) ?: ""),
	};

	switch (field_u32(tb[NATGW_A_EXHAUSTION_REASON])) {
	case NATGW_DROP_QUOTA:
		record.event = EVENT_QUOTA_EXCEEDED;
		record.quota = QUOTA_USER;
		append(x, T_USER, &record);
		break;
	case NATGW_DROP_DESTINATION_CAP:
	case NATGW_DROP_MEMORY:
		record.event = EVENT_QUOTA_EXCEEDED;
		record.quota = QUOTA_SESSIONS;
		append(x, T_QUOTA, &record);
		break;
	case NATGW_DROP_DESTINATION_FULL:
	case NATGW_DROP_ALL_COOLING:
		record.event = EVENT_PORTS_EXHAUSTED;
		append(x, T_PORTS, &record);
		break;
	default:
		record.event = EVENT_ADDRESSES_EXHAUSTED;
		append(x, T_ADDRESSES, &record);
	}
}

/**
 * ipfix_flush - send what there is
 * @x:		nothing comes just now
 */
void ipfix_flush(struct ipfix *x)
{
	if (x->pending)
		emit(x);
	look(x);
}

/** ipfix_fd - to wait for, or -1 */
int ipfix_fd(const struct ipfix *x)
{
	return x->sender.tcp ? x->sender.fd : -1;
}

/** ipfix_wants - what to wait for */
short ipfix_wants(const struct ipfix *x)
{
	return POLLIN | (x->sender.len || x->sender.connecting ? POLLOUT : 0);
}

/**
 * ipfix_ready - the socket takes more, or the connection is lost
 * @x:		of whose socket poll() says so
 *
 * Return: there is a connection anew: tell it what runs.
 */
bool ipfix_ready(struct ipfix *x)
{
	bool connecting = x->sender.connecting;

	ipfix_sender_ready(&x->sender);
	look(x);
	if (!connecting || x->sender.connecting || x->sender.fd < 0 || !x->lost)
		return false;
	x->lost = false;
	return true;
}

/**
 * ipfix_tick - a second has passed
 * @x:		where to
 *
 * Return: there is a connection anew: tell it what runs.
 */
bool ipfix_tick(struct ipfix *x)
{
	time_t now = seconds();

	if (now - x->told >= IPFIX_TEMPLATES || (x->sender.error && now - x->told >= IPFIX_RETRY)) {
		x->told = now;
		tell(x);
	}
	if (now < x->due)
		return false;
	if (x->sender.fd >= 0) {
		x->due = now + IPFIX_TEMPLATES;
		if (!x->sender.tcp)
			send_templates(x);
		return false;
	}
	x->lost |= connect_again(x);
	/* on this machine it is there at once */
	if (!x->lost || x->sender.fd < 0 || x->sender.connecting)
		return false;
	x->lost = false;
	return true;
}

/**
 * ipfix_open - begin to send to a collector
 * @ctl:	run
 * @x:		result
 * @at:		"HOST:PORT"
 * @tcp:	by TCP, else by UDP
 *
 * A collector that is not there is no error: it is tried again. Return: 0, or the exit status.
 */
int ipfix_open(struct ctl *ctl, struct ipfix **x, const char *at, bool tcp)
{
	struct ipfix *new = calloc(1, sizeof(*new));
	struct parse_error e;
	int ret = 0;

	if (!new)
		abort();
	new->ctl = ctl;
	if (!ipfix_sender_parse(&new->sender, at, &e)) {
		ret = usage_error(ctl, "ipfix", "ipfix %s: %s", at, e.text);
	} else if (!load(&new->lib)) {
		ret = usage_error(ctl, "ipfix", "%s: apt-get install libfixbuf9 libglib2.0-0",
				  dlerror() ?: LIBRARY);
	} else {
		new->sender.tcp = tcp;
		new->model = new->lib.model();
		new->told = seconds();
		if (!connect_again(new) && new->buf)
			ret = usage_error(ctl, "ipfix", LIBRARY
					  " does not know the elements of RFC 8158");
		else if (new->sender.error)
			tell(new);
	}
	if (ret) {
		free(new);
		new = NULL;
	}
	*x = new;
	return ret;
}

/**
 * ipfix_close - send what there is, and end
 * @x:		or NULL
 */
void ipfix_close(struct ipfix *x)
{
	if (!x)
		return;
	ipfix_flush(x);
	ipfix_sender_drain(&x->sender, 1000);
	tell(x);
	encoder_close(x);
	ipfix_sender_close(&x->sender);
	x->lib.model_free(x->model);
	free(x);
}
