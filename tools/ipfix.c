// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the way of records to a collector: messages and templates of IPFIX (RFC 7011), over
 * libfixbuf, for as long as a connection. Called by flowlog_run.c and ipfix_record.c;
 * ipfix_send.c sends the messages.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ipfix.h"
#include "ipfix_record.h"

/* Soname of the library that <fixbuf/public.h> describes, and of the one it takes for granted:
 * Debian's build does not name it
 */
#define LIBRARY		"libfixbuf.so.9"
#define GLIB		"libglib-2.0.so.0"

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
	typeof(fbTemplateSetOptionsScope) *scope;
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
 * @told:	when errors and records that were left out were last told of, s
 * @said:	which error that was: an errno, that of getaddrinfo(3), which is negative, or 0
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
	time_t told;
	int said;
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
		{ &lib->scope, "fbTemplateSetOptionsScope" },
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
		x->sender.unsent += x->pending;
	} else if (!empty) {
		ipfix_sender_put(&x->sender, x->message, x->lib.length(x->exporter), x->pending);
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

	/* in memory, each element is there */
	if (!x->lib.specs(template, ipfix_templates[i].spec,
			  internal ? UINT32_MAX : ipfix_templates[i].flags, error))
		return false;
	if (ipfix_templates[i].scope)
		x->lib.scope(template, ipfix_templates[i].scope);
	return x->lib.add(x->session, internal, TEMPLATE(i), template, error);
}

/* Return: false: the library does not know an information element */
static bool encoder_open(struct ipfix *x)
{
	GError *error = NULL;
	int i;

	x->session = x->lib.session(x->model);
	x->lib.domain(x->session, 1);
	/* before there is a message, which they would be put into */
	for (i = 0; i < IPFIX_KINDS; i++)
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
	return i == IPFIX_KINDS;
}

static void encoder_close(struct ipfix *x)
{
	if (x->buf)
		x->lib.buf_free(x->buf);
	x->buf = NULL;
}

static int error_of(const struct ipfix *x)
{
	return x->sender.no_name ?: x->sender.error;
}

static void tell(struct ipfix *x)
{
	const char *error = ipfix_sender_error(&x->sender);
	unsigned long long unsent = x->sender.unsent;

	if (!unsent && !error)
		return;
	if (unsent)
		warn(x->ctl, NULL, NULL, "ipfix %s: %s%s%llu record%s not sent", x->sender.at,
		     error ?: "", error ? ", " : "", unsent, unsent == 1 ? " was" : "s were");
	else
		warn(x->ctl, NULL, NULL, "ipfix %s: %s", x->sender.at, error);
	x->told = seconds();
	x->said = error_of(x);
	x->sender.error = 0;
	x->sender.no_name = 0;
	x->sender.unsent = 0;
}

/* Now and then; another error than the last one sooner */
static void tell_in_time(struct ipfix *x)
{
	bool other = error_of(x) && error_of(x) != x->said;

	if (seconds() - x->told >= (other ? IPFIX_RETRY : IPFIX_REFRESH))
		tell(x);
}

/* There is a connection anew. Return: tell it what runs */
static bool connected_again(struct ipfix *x)
{
	x->lost = false;
	x->said = 0;
	warn(x->ctl, NULL, NULL, "ipfix %s: records are sent from now on", x->sender.at);
	return true;
}

/* Also again. Return: a connection begins */
static bool connect_again(struct ipfix *x)
{
	bool ok;

	encoder_close(x);
	ok = ipfix_sender_open(&x->sender);
	x->due = seconds() + (ok && !x->sender.tcp ? IPFIX_REFRESH : IPFIX_RETRY);
	if (!ok || !encoder_open(x))
		return false;
	send_templates(x);
	return true;
}

/* After a message that was left out, or a socket that has something to say */
static void look(struct ipfix *x)
{
	if (x->buf && x->sender.fd < 0) {
		x->sender.unsent += x->pending;
		encoder_close(x);
		x->lost = true;
		x->due = seconds() + IPFIX_RETRY;
		/* each attempt ends here while the collector is away */
		if (error_of(x) != x->said)
			tell(x);
	}
}

/**
 * ipfix_append - send a record, with others
 * @x:		where to
 * @template:	enum ipfix_kind
 * @record:	as @template has it in memory
 */
void ipfix_append(struct ipfix *x, int template, const void *record)
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
		if (x->lib.append(x->buf, (uint8_t *)record, ipfix_templates[template].size,
				  &error)) {
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
	x->sender.unsent++;
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
	return POLLIN | (x->sender.n || x->sender.connecting ? POLLOUT : 0);
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
	return connected_again(x);
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

	tell_in_time(x);
	if (ipfix_sender_moved(&x->sender)) {
		look(x);
		x->due = now;
	}
	if (now < x->due)
		return false;
	if (x->sender.connecting) {
		/* another of its addresses may answer */
		ipfix_sender_lose(&x->sender, ETIMEDOUT);
		look(x);
	}
	if (x->sender.fd >= 0) {
		x->due = now + IPFIX_REFRESH;
		if (!x->sender.tcp)
			send_templates(x);
		return false;
	}
	x->lost |= connect_again(x);
	/* by UDP the first message says whether there is a way */
	look(x);
	/* on this machine it is there at once */
	if (!x->lost || x->sender.fd < 0 || x->sender.connecting)
		return false;
	return connected_again(x);
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
		else if (ipfix_sender_error(&new->sender))
			tell(new);
		look(new);
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
