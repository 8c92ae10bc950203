// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the server of metrics and of the status page, over libmicrohttpd. Called by cmd_metrics.c.
 * One thread does all, so that one reading at a time is taken.
 *
 * Who asks is not trusted. Only GET and HEAD of a few paths are answered, each of them is in the
 * program, and a request changes nothing. A connection has one request and SERVE_SECONDS, whatever
 * it sends in these, and there are SERVE_CONNECTIONS at most. A reading serves all requests of the
 * next SERVE_FRESH seconds, which bounds what requests cost.
 *
 * A web page from elsewhere may make a browser on this machine ask. It cannot read answers of
 * another origin, unless its own name comes to mean 127.0.0.1 (DNS rebinding): so a header Host
 * with a name is refused, if it is not one of this machine.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "listen.h"
#include "metrics.h"
#include "page.h"
#include "serve.h"
#include "table.h"

/* Soname of the library that <microhttpd.h> describes */
#define LIBRARY			"libmicrohttpd.so.12"
/** SERVE_CONNECTIONS - most connections at a time; half of them of one address */
#define SERVE_CONNECTIONS	64
/** SERVE_SECONDS - from accept to the end of the answer */
#define SERVE_SECONDS		10
/** SERVE_FRESH - how long a reading serves */
#define SERVE_FRESH		0.25
/** SERVE_MEMORY - of one connection: a request that is longer is refused */
#define SERVE_MEMORY		16384

/**
 * struct mhd - the functions of libmicrohttpd that are used
 *
 * The library is loaded to serve and not with the tool, as libnftables is, see guard.c: where
 * nothing is served it need not be installed.
 */
struct mhd {
	typeof(MHD_start_daemon) *start;
	typeof(MHD_stop_daemon) *stop;
	typeof(MHD_run_wait) *run;
	typeof(MHD_get_timeout) *timeout;
	typeof(MHD_get_daemon_info) *daemon_info;
	typeof(MHD_create_response_from_buffer) *response;
	typeof(MHD_add_response_header) *header;
	typeof(MHD_queue_response) *queue;
	typeof(MHD_destroy_response) *destroy;
	typeof(MHD_lookup_connection_value) *value;
	typeof(MHD_get_connection_info) *info;
};

/**
 * struct peer - a connection
 * @connection:	or NULL
 * @until:	when it is cut
 */
struct peer {
	struct MHD_Connection *connection;
	double until;
};

/**
 * struct server - the server
 * @serve:	what it was asked for
 * @mhd:	library
 * @daemons:	one for each socket that listens, so that who comes by one does not use up what
 *		others are served with
 * @polls:	what each of them waits for
 * @peers:	connections
 * @gauges:	the last reading, of zeros if the module does not answer
 * @read_at:	when it was taken
 * @read_in:	seconds that it took
 * @point_at:	when the next point of the past is due
 * @past:	last minute
 * @host:	name of this machine
 * @names:	its other names
 * @n_names:	their number
 */
struct server {
	const struct serve *serve;
	struct mhd mhd;
	struct MHD_Daemon *daemons[LISTEN_MAX];
	struct pollfd polls[LISTEN_MAX];
	struct peer peers[SERVE_CONNECTIONS];
	struct gauges gauges;
	double read_at;
	double read_in;
	double point_at;
	struct page_past past;
	struct utsname host;
	char *names[SERVE_HOSTS];
	unsigned int n_names;
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static bool read_once(struct server *s)
{
	struct nl *nl = &s->serve->ctl->nl;
	struct nl_error e;

	gauges_free(&s->gauges);
	if (!nl->sock && (gauges_module_is_away() || nl_open(nl, &e)))
		return false;
	if (!gauges_read(nl, &s->gauges, &e))
		return true;
	gauges_free(&s->gauges);
	nl_close(nl);
	return false;
}

/* A module that was loaded anew has another family: the second time asks for it */
static void reading(struct server *s)
{
	double began = seconds();

	if (s->read_at && began - s->read_at < SERVE_FRESH)
		return;
	if (!read_once(s))
		read_once(s);
	s->read_at = seconds();
	s->read_in = s->read_at - began;
}

/* Headers of each answer; they matter to browsers only */
static const struct {
	const char *name;
	const char *value;
} headers[] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
	{ "Connection", "close" },
};

static enum MHD_Result answer(struct server *s, struct MHD_Connection *c, unsigned int status,
			      const char *type, const void *data, size_t len,
			      enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *r = s->mhd.response(len, (void *)data, mode);
	enum MHD_Result ret;
	unsigned int i;

	if (!r) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free((void *)data);
		return MHD_NO;
	}
	s->mhd.header(r, "Content-Type", type);
	for (i = 0; i < ARRAY_SIZE(headers); i++)
		s->mhd.header(r, headers[i].name, headers[i].value);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		s->mhd.header(r, "Allow", "GET, HEAD");
	ret = s->mhd.queue(c, status, r);
	s->mhd.destroy(r);
	return ret;
}

static enum MHD_Result refuse(struct server *s, struct MHD_Connection *c, unsigned int status,
			      const char *sentence)
{
	return answer(s, c, status, "text/plain; charset=utf-8", sentence, strlen(sentence),
		      MHD_RESPMEM_PERSISTENT);
}

static const char *request_header(const struct server *s, struct MHD_Connection *c,
				  const char *name)
{
	return s->mhd.value(c, MHD_HEADER_KIND, name);
}

static bool is_name(const char *host, size_t len, const char *name)
{
	return strlen(name) == len && !strncasecmp(host, name, len);
}

static bool host_allowed(const struct server *s, const char *host)
{
	size_t len = listen_host_len(host);
	unsigned int i;

	if (listen_host_is_address(host) || is_name(host, len, "localhost") ||
	    is_name(host, len, s->host.nodename))
		return true;
	for (i = 0; i < s->serve->n_hosts; i++)
		if (is_name(host, len, s->serve->hosts[i]))
			return true;
	for (i = 0; i < s->n_names; i++)
		if (is_name(host, len, s->names[i]))
			return true;
	return false;
}

/*
 * The names beside that of this machine in a line of /etc/hosts, "127.0.1.1 gw1.example.net gw1":
 * the administrator has said that they mean this machine. A name that merely begins with its own is
 * none: whoever owns a domain can call a machine there gw1.
 */
static void names_take(struct server *s, char *line)
{
	char *words[SERVE_HOSTS], *word, *at;
	unsigned int n = 0, i;
	bool own = false;

	line[strcspn(line, "#")] = 0;
	if (!strtok_r(line, " \t\n", &at))
		return;
	while ((word = strtok_r(NULL, " \t\n", &at)) && n < SERVE_HOSTS) {
		own |= !strcasecmp(word, s->host.nodename);
		words[n++] = word;
	}
	for (i = 0; own && i < n && s->n_names < SERVE_HOSTS; i++)
		s->names[s->n_names++] = out_checked(strdup(words[i]));
}

static void names_read(struct server *s)
{
	FILE *from = fopen("/etc/hosts", "re");
	char *line = NULL;
	size_t size = 0;

	while (from && getline(&line, &size, from) >= 0)
		names_take(s, line);
	free(line);
	if (from)
		fclose(from);
}

/* Does a page of another origin ask? A link may lead here, a script may not read */
static bool from_elsewhere(const struct server *s, struct MHD_Connection *c, const char *host)
{
	const char *origin = request_header(s, c, "Origin");
	const char *site = request_header(s, c, "Sec-Fetch-Site");
	const char *mode = request_header(s, c, "Sec-Fetch-Mode");

	if (origin) {
		origin = strstr(origin, "://");
		return !origin || !host || strcasecmp(origin + 3, host);
	}
	return site && (!strcmp(site, "cross-site") || !strcmp(site, "same-site")) &&
	       !(mode && !strcmp(mode, "navigate"));
}

static enum MHD_Result metrics(struct server *s, struct MHD_Connection *c)
{
	const char *accept = request_header(s, c, "Accept");
	bool open = accept && strstr(accept, "application/openmetrics-text");
	char *text = NULL;
	size_t len;
	FILE *to;

	reading(s);
	to = out_checked(open_memstream(&text, &len));
	metrics_write(to, open, &s->gauges, s->read_in);
	if (fclose(to))
		abort();
	return answer(s, c, MHD_HTTP_OK, open ? METRICS_OPEN : METRICS_TEXT, text, len,
		      MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result status(struct server *s, struct MHD_Connection *c)
{
	char *json;

	reading(s);
	json = page_json(&s->gauges, &s->past, s->host.nodename);
	return answer(s, c, MHD_HTTP_OK, "application/json", json, strlen(json),
		      MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result request(void *cls, struct MHD_Connection *c, const char *url,
			       const char *method, const char *version, const char *data,
			       size_t *size, void **con)
{
	const struct page_file *file;
	struct server *s = cls;
	const char *host = request_header(s, c, "Host");

	(void)version;
	(void)data;
	(void)size;
	(void)con;
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return refuse(s, c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
	if (host && !host_allowed(s, host))
		return refuse(s, c, MHD_HTTP_FORBIDDEN,
			      "the header Host has a name that is not this machine's: natgwctl metrics --listen ... --host NAME allows it\n");
	if (from_elsewhere(s, c, host))
		return refuse(s, c, MHD_HTTP_FORBIDDEN, "asked by a page of another origin\n");
	if (!strcmp(url, "/metrics"))
		return metrics(s, c);
	if (!strcmp(url, "/status.json"))
		return status(s, c);
	file = page_file(url);
	if (!file)
		return refuse(s, c, MHD_HTTP_NOT_FOUND, "there are /, /metrics and /status.json\n");
	return answer(s, c, MHD_HTTP_OK, file->type, file->data, file->len,
		      MHD_RESPMEM_PERSISTENT);
}

static void connection(void *cls, struct MHD_Connection *c, void **context,
		       enum MHD_ConnectionNotificationCode code)
{
	struct MHD_Connection *find = code == MHD_CONNECTION_NOTIFY_STARTED ? NULL : c;
	struct server *s = cls;
	unsigned int i;

	(void)context;
	for (i = 0; i < SERVE_CONNECTIONS; i++)
		if (s->peers[i].connection == find)
			break;
	if (i == SERVE_CONNECTIONS)
		return;
	s->peers[i].connection = find ? NULL : c;
	s->peers[i].until = seconds() + SERVE_SECONDS;
}

/* The library's own limit begins anew with each byte */
static void cut_slow_ones(struct server *s, double now)
{
	const union MHD_ConnectionInfo *info;
	unsigned int i;

	for (i = 0; i < SERVE_CONNECTIONS; i++) {
		if (!s->peers[i].connection || s->peers[i].until > now)
			continue;
		info = s->mhd.info(s->peers[i].connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info)
			shutdown(info->connect_fd, SHUT_RDWR);
	}
}

static bool load(struct mhd *mhd)
{
	void *library = dlopen(LIBRARY, RTLD_NOW);

	if (!library)
		return false;
	mhd->start = dlsym(library, "MHD_start_daemon");
	mhd->stop = dlsym(library, "MHD_stop_daemon");
	mhd->run = dlsym(library, "MHD_run_wait");
	mhd->timeout = dlsym(library, "MHD_get_timeout");
	mhd->daemon_info = dlsym(library, "MHD_get_daemon_info");
	mhd->response = dlsym(library, "MHD_create_response_from_buffer");
	mhd->header = dlsym(library, "MHD_add_response_header");
	mhd->queue = dlsym(library, "MHD_queue_response");
	mhd->destroy = dlsym(library, "MHD_destroy_response");
	mhd->value = dlsym(library, "MHD_lookup_connection_value");
	mhd->info = dlsym(library, "MHD_get_connection_info");
	return mhd->start && mhd->stop && mhd->run && mhd->timeout && mhd->daemon_info &&
	       mhd->response && mhd->header && mhd->queue &&
	       mhd->destroy && mhd->value && mhd->info;
}

static int fail(const struct serve *serve, const char *what, const char *why)
{
	struct nl_error e = { .err = ENOENT };

	snprintf(e.text, sizeof(e.text), "%s: %s", what, why);
	return kernel_error(serve->ctl, NULL, NULL, &e);
}

static void signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

/* A daemon for a socket that listens; they share SERVE_CONNECTIONS */
static bool begin(struct server *s, int i)
{
	const unsigned int most = SERVE_CONNECTIONS / s->serve->n_fds;
	const union MHD_DaemonInfo *info;

	s->daemons[i] = s->mhd.start(MHD_USE_EPOLL, 0, NULL, NULL, request, s,
				     MHD_OPTION_LISTEN_SOCKET, s->serve->fds[i],
				     MHD_OPTION_CONNECTION_LIMIT, most,
				     MHD_OPTION_PER_IP_CONNECTION_LIMIT, most / 2,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SERVE_SECONDS,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVE_MEMORY,
				     MHD_OPTION_NOTIFY_CONNECTION, connection, s,
				     MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!s->daemons[i])
		return false;
	info = s->mhd.daemon_info(s->daemons[i], MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return false;
	s->polls[i] = (struct pollfd){ .fd = info->epoll_fd, .events = POLLIN };
	return true;
}

/* Serve for @ms at most */
static void run(struct server *s, unsigned int ms)
{
	MHD_UNSIGNED_LONG_LONG wait;
	int i;

	for (i = 0; i < s->serve->n_fds; i++)
		if (s->mhd.timeout(s->daemons[i], &wait) == MHD_YES && wait < ms)
			ms = wait;
	poll(s->polls, s->serve->n_fds, ms);
	for (i = 0; i < s->serve->n_fds; i++)
		s->mhd.run(s->daemons[i], 0);
}

/**
 * serve_run - serve until a signal comes
 * @serve:	what
 *
 * Return: exit status.
 */
int serve_run(const struct serve *serve)
{
	static struct server s;
	double now;
	int i;

	s.serve = serve;
	if (!load(&s.mhd))
		return fail(serve, dlerror() ?: LIBRARY, "apt-get install libmicrohttpd12");
	if (uname(&s.host))
		return fail(serve, "uname", strerror(errno));
	names_read(&s);
	signals();
	for (i = 0; i < serve->n_fds; i++)
		if (!begin(&s, i))
			return fail(serve, "cannot serve", strerror(errno));
	while (!stopped) {
		now = seconds();
		if (now >= s.point_at) {
			reading(&s);
			if (s.gauges.up)
				page_past_add(&s.past, &s.gauges);
			s.point_at = now + PAGE_INTERVAL;
		}
		cut_slow_ones(&s, now);
		run(&s, 1000 * (s.point_at - now) < 1000 ? 1000 * (s.point_at - now) + 1 : 1000);
	}
	for (i = 0; i < serve->n_fds; i++)
		s.mhd.stop(s.daemons[i]);
	while (s.n_names)
		free(s.names[--s.n_names]);
	gauges_free(&s.gauges);
	return 0;
}
