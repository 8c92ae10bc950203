// SPDX-License-Identifier: GPL-2.0
/*
 * flowlog: writes the log of sessions as long as it runs, and finds in it who had a port.
 *
 * The log begins with a line for each session that runs, and so does what follows a loss: a
 * session that opened unseen is found all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "exhaustion.h"
#include "flowlog.h"
#include "monitor.h"
#include "object.h"
#include "reason.h"

/** DROPS_EVERY - seconds from one count of dropped packets to the next */
#define DROPS_EVERY	60
/** BUFFER - of the file; a line is out at the latest when nothing else waits */
#define BUFFER		262144

/**
 * struct flowlog - a run of the service
 * @ctl:	run; its own socket is for requests
 * @path:	file, or NULL: standard output
 * @f:		it
 * @watch:	events of sessions
 * @told:	events lost that the log has a line about
 * @events:	other events: refused flows, destinations near exhaustion, the end of the module
 * @drops:	packets dropped by reason, as they were counted last
 * @counted:	they were
 * @gone:	the module was unloaded
 * @failed:	a line could not be written
 */
struct flowlog {
	struct ctl *ctl;
	const char *path;
	FILE *f;
	struct watch watch;
	uint64_t told;
	struct nl events;
	uint64_t drops[NATGW_DROP_MAX + 1];
	bool counted;
	bool gone;
	bool failed;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * FLOWLOG_SECOND + ts.tv_nsec;
}

static void log_session(const struct watched *w, void *data)
{
	struct flowlog *log = data;

	log->failed |= !flowlog_session(log->f, w);
}

static int log_open(struct flowlog *log)
{
	struct stat st;
	char last;
	FILE *f;
	int fd;

	if (!log->path) {
		log->f = stdout;
		return 0;
	}
	/* who talks to whom is not for everybody */
	fd = open(log->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	f = fd < 0 ? NULL : fdopen(fd, "a");
	if (!f) {
		usage_error(log->ctl, "file", "%s: %s", log->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EXIT_USAGE;
	}
	setvbuf(f, NULL, _IOFBF, BUFFER);
	/* a full disk or a loss of power has left half a line */
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size &&
	    (pread(fd, &last, 1, st.st_size - 1) != 1 || last != '\n'))
		fputc('\n', f);
	if (log->f && fclose(log->f))
		log->failed = true;
	log->f = f;
	return 0;
}

/* The log has a line for each session that runs now. */
static int log_running(struct flowlog *log)
{
	return watch_running(log->ctl, &log->watch);
}

static bool drops_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct flowlog *log = data;
	uint64_t packets, before;
	uint32_t reason;

	if (!fields_parse(stats_object.schema, nlh, tb))
		return false;
	reason = field_u32(tb[NATGW_A_STATS_REASON]);
	packets = field_u64(tb[NATGW_A_STATS_PACKETS]);
	if (reason > NATGW_DROP_MAX)
		return true;
	before = log->drops[reason];
	log->drops[reason] = packets;
	/* after a reset of the counters they begin at 0 */
	if (packets < before)
		before = 0;
	if (log->counted && packets > before)
		log->failed |= !flowlog_dropped(log->f, now_ns(), reason_words[reason],
						packets - before);
	return true;
}

static int log_drops(struct flowlog *log)
{
	struct request req;
	struct nl_error e;

	request_init(&req, NATGW_CMD_STATS_GET);
	if (nl_dump(&log->ctl->nl, &req, NL_DUMP_WHOLE, drops_answer, log, &e) < 0)
		return kernel_error(log->ctl, NULL, NULL, &e);
	log->counted = true;
	return 0;
}

static bool log_event(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[FIELDS_ATTRS];
	struct flowlog *log = data;

	if (nlh->nlmsg_type == GENL_ID_CTRL) {
		log->gone |= nl_family_gone(&log->events, nlh);
		return true;
	}
	if (nlh->nlmsg_type != log->events.family)
		return true;
	if (genl->cmd == NATGW_CMD_EXHAUSTION_NTF) {
		if (!fields_parse(&exhaustion_schema, nlh, tb))
			return false;
		log->failed |= !flowlog_refused(log->f, now_ns(), tb);
	} else if (genl->cmd == NATGW_CMD_HEADROOM_NTF) {
		if (!fields_parse(&headroom_schema, nlh, tb))
			return false;
		log->failed |= !flowlog_near(log->f, now_ns(), tb);
	}
	return true;
}

static int log_join(struct flowlog *log)
{
	struct nl_error e;
	uint32_t group;

	if (nl_open(&log->events, &e) ||
	    nl_group(&log->events, NATGW_MCGRP_EXHAUSTION, &group, &e) ||
	    nl_join(&log->events, group, &e) || nl_join(&log->events, GENL_ID_CTRL, &e))
		return kernel_error(log->ctl, NULL, NULL, &e);
	return 0;
}

/* Sessions have opened or ended. Return: 0, or the exit status. */
static int log_sessions(struct flowlog *log)
{
	struct nl_error e;
	uint64_t lost;

	if (watch_receive(&log->watch, &e))
		return kernel_error(log->ctl, NULL, NULL, &e);
	lost = log->watch.lost - log->told;
	if (!lost)
		return 0;
	log->told = log->watch.lost;
	warn(log->ctl, NULL, NULL, "%llu events of sessions were lost, they came too fast",
	     (unsigned long long)lost);
	log->failed |= !flowlog_lost(log->f, now_ns(), lost);
	return log_running(log);
}

/* Return: 0, or the exit status */
static int log_others(struct flowlog *log)
{
	struct nl_error e;

	if (!nl_receive(&log->events, log_event, log, &e))
		return 0;
	/* refused flows come added up: what is lost here is their number in a second */
	if (e.err == ENOBUFS)
		return 0;
	return kernel_error(log->ctl, NULL, NULL, &e);
}

enum { ON_WATCH, ON_EVENTS, ON_SIGNAL, ON_TIMER, ON_READER, FDS };

/* A signal has come. Return: the service ends */
static bool log_signal(struct flowlog *log, int fd, int *ret)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGHUP)
		return true;
	/* the log was moved away */
	*ret = log_open(log);
	return *ret;
}

static int log_written(struct flowlog *log)
{
	if (fflush(log->f))
		log->failed = true;
	if (!log->failed)
		return 0;
	return usage_error(log->ctl, NULL, "cannot write the log: %s", strerror(errno));
}

static int log_loop(struct flowlog *log, struct pollfd *fds)
{
	uint64_t ticks;
	int ret = 0;

	for (;;) {
		/* what is written goes out when nothing more waits */
		if (!poll(fds, FDS, 0)) {
			ret = log_written(log);
			if (ret)
				return ret;
			if (poll(fds, FDS, -1) < 0 && errno != EINTR)
				return usage_error(log->ctl, NULL, "poll: %s", strerror(errno));
		}
		if (fds[ON_READER].revents) {
			log->ctl->unread = true;
			return 0;
		}
		if (fds[ON_WATCH].revents)
			ret = log_sessions(log);
		if (!ret && fds[ON_EVENTS].revents)
			ret = log_others(log);
		if (!ret && fds[ON_TIMER].revents &&
		    read(fds[ON_TIMER].fd, &ticks, sizeof(ticks)) == sizeof(ticks))
			ret = log_drops(log);
		if (!ret && fds[ON_SIGNAL].revents && log_signal(log, fds[ON_SIGNAL].fd, &ret))
			return ret;
		if (!ret && log->failed)
			ret = log_written(log);
		if (ret)
			return ret;
		if (log->gone) {
			kernel_error(log->ctl, NULL, NULL, &(struct nl_error){
				.err = ENOENT, .text = "the natgw module was unloaded" });
			return EXIT_NO_FAMILY;
		}
	}
}

/* Descriptors that do not depend on the module. Return: 0, or the exit status */
static int log_wait_for(struct flowlog *log, struct pollfd *fds)
{
	const struct itimerspec every = {
		.it_interval.tv_sec = DROPS_EVERY, .it_value.tv_sec = DROPS_EVERY,
	};
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	fds[ON_SIGNAL] = (struct pollfd){
		.fd = signalfd(-1, &mask, SFD_CLOEXEC), .events = POLLIN };
	fds[ON_TIMER] = (struct pollfd){
		.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), .events = POLLIN };
	fds[ON_READER] = (struct pollfd){ .fd = log->path ? -1 : STDOUT_FILENO };
	if (fds[ON_SIGNAL].fd < 0 || fds[ON_TIMER].fd < 0 ||
	    timerfd_settime(fds[ON_TIMER].fd, 0, &every, NULL))
		return usage_error(log->ctl, NULL, "cannot wait: %s", strerror(errno));
	return 0;
}

static int flowlog_service(struct ctl *ctl, const char *path, int argc, char **argv)
{
	struct flowlog log = { .ctl = ctl, .path = path };
	struct pollfd fds[FDS];
	int ret;

	log.watch.event = log_session;
	log.watch.data = &log;
	/* the look-up of the family would load a module that was taken away on purpose */
	if (access("/sys/module/natgw", F_OK)) {
		kernel_error(ctl, NULL, NULL, &(struct nl_error){
			.err = ENOENT, .text = "the natgw module is not loaded: modprobe natgw" });
		return EXIT_NO_FAMILY;
	}
	ret = ctl_open(ctl);
	if (!ret)
		ret = log_open(&log);
	if (!ret)
		ret = log_wait_for(&log, fds);
	if (!ret)
		ret = log_join(&log);
	if (!ret)
		ret = watch_open(ctl, &log.watch, &flowlog_object, argc, argv);
	/* behind it, so that no session falls between both */
	if (!ret)
		ret = log_running(&log);
	if (!ret)
		ret = log_drops(&log);
	if (!ret) {
		fds[ON_WATCH] = (struct pollfd){
			.fd = mnl_socket_get_fd(log.watch.nl.sock), .events = POLLIN };
		fds[ON_EVENTS] = (struct pollfd){
			.fd = mnl_socket_get_fd(log.events.sock), .events = POLLIN };
		ret = log_loop(&log, fds);
	}
	watch_close(&log.watch);
	nl_close(&log.events);
	if (path && log.f && fclose(log.f) && !ret)
		ret = usage_error(ctl, "file", "%s: %s", path, strerror(errno));
	return ret;
}

/* --- find -------------------------------------------------------------------------------- */

/* The log and what it was rotated to: PATH, PATH.1, PATH-20261129.gz ... */
static int find_in_files(struct ctl *ctl, const char *path, const struct flow_query *q,
			 struct flows *found)
{
	char pattern[4096];
	glob_t files;
	size_t i;
	int err, ret = 0;

	if (snprintf(pattern, sizeof(pattern), "%s{,[.-][0-9]*}", path) >= (int)sizeof(pattern))
		return usage_error(ctl, "file", "%s: the name is too long", path);
	if (glob(pattern, GLOB_BRACE, NULL, &files))
		return usage_error(ctl, "file", "%s: there is no such log", path);
	for (i = 0; i < files.gl_pathc && !ret; i++) {
		err = flows_file(found, q, files.gl_pathv[i]);
		if (err == EBADMSG)
			warn(ctl, NULL, NULL, "%s: some lines are none of a flow log",
			     files.gl_pathv[i]);
		else if (err)
			ret = usage_error(ctl, "file", "%s: %s", files.gl_pathv[i],
					  strerror(err));
	}
	globfree(&files);
	return ret;
}

static void find_show(struct ctl *ctl, const struct flows *found)
{
	char text[WATCH_TIME_TEXT];
	struct out out;
	size_t i;

	out_begin(&out, ctl->json, ctl->pretty, OUT_TABLE);
	for (i = 0; i < found->n; i++) {
		const struct flow *flow = &found->list[i];

		out_row(&out);
		out_word(&out, "proto", flow->proto);
		out_endpoint(&out, "src", flow->src, "src-port", &flow->src_port);
		out_endpoint(&out, "dst", flow->dst, "dst-port", &flow->dst_port);
		out_word(&out, "opened", watch_time_text(text, flow->opened));
		if (flow->closed)
			out_word(&out, "closed", watch_time_text(text, flow->closed));
		else
			out_none(&out, "closed", "not yet");
		out_word(&out, "gateway", flow->gateway);
		out_word(&out, "subnet", flow->subnet);
		out_word(&out, "vnet", flow->vnet);
		out_row_end(&out);
	}
	out_end(&out);
}

/* find ADDRESS:PORT at TIME [proto P] [file PATH] */
static int flowlog_find(struct ctl *ctl, int argc, char **argv)
{
	const char *path = FLOWLOG_FILE, *at = NULL;
	struct flow_query q = {};
	char address[ADDR_TEXT];
	struct flows found = {};
	struct parse_error e;
	struct inet in;
	uint32_t proto;
	int i, ret;

	if (!argc)
		return usage_error(ctl, NULL, "find: ADDRESS:PORT is missing");
	if (!parse_endpoint(argv[0], &in, &e))
		return usage_error(ctl, NULL, "%s: %s", argv[0], e.text);
	if (!in.port)
		return usage_error(ctl, NULL, "%s: the port is missing", argv[0]);
	for (i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return usage_error(ctl, argv[i], "%s: value is missing", argv[i]);
		if (!strcmp(argv[i], "at")) {
			at = argv[i + 1];
		} else if (!strcmp(argv[i], "file")) {
			path = argv[i + 1];
		} else if (!strcmp(argv[i], "proto")) {
			if (!parse_proto(argv[i + 1], &proto, &e))
				return usage_error(ctl, "proto", "proto %s: %s", argv[i + 1],
						   e.text);
			q.proto = proto_text(proto);
		} else {
			return usage_error(ctl, NULL,
					   "%s: unknown key, there are at, proto and file",
					   argv[i]);
		}
	}
	if (!at)
		return usage_error(ctl, "at", "at: the time is missing");
	if (!flow_time_parse(at, now_ns(), &q.from, &q.to))
		return usage_error(ctl, "at",
				   "at %s: not a time like 12:00:01 or 2026-11-29T12:00:01Z", at);
	q.address = addr_text(address, in.addr, in.len);
	q.port = in.port;
	ret = find_in_files(ctl, path, &q, &found);
	if (!ret) {
		flows_settle(&found, &q);
		find_show(ctl, &found);
		if (found.lost)
			warn(ctl, NULL, NULL,
			     "the log says that events were lost: there may be others");
		ret = found.n ? 0 : EXIT_FOUND;
	}
	flows_free(&found);
	return ret;
}

static const char *const flowlog_words[] = { "find", "file", NULL };

static int flowlog_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	const char *path = NULL;

	(void)obj;
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	if (argc && !strcmp(argv[0], "find"))
		return flowlog_find(ctl, argc - 1, argv + 1);
	if (argc && !strcmp(argv[0], "file")) {
		if (argc == 1)
			return usage_error(ctl, "file", "file: value is missing");
		path = argv[1];
		argc -= 2;
		argv += 2;
	}
	return flowlog_service(ctl, path, argc, argv);
}

const struct object flowlog_object = {
	.word = "flowlog",
	.about = "log sessions as they open and end, or find in the log who had a port",
	.schema = &watch_schema,
	.words = flowlog_words,
	.run = flowlog_run,
};
