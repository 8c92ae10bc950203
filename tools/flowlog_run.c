// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the run of the flow log: what the kernel tells of goes into a file, to a collector, or both.
 * Called by cmd_flowlog.c.
 *
 * The log begins with a line for each session that runs, and so does what follows a loss: a
 * session that opened unseen is found all the same. The same holds for blocks of ports.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "exhaustion.h"
#include "flowlog.h"
#include "flowlog_block.h"
#include "flowlog_clock.h"
#include "flowlog_drops.h"
#include "flowlog_file.h"
#include "ipfix.h"
#include "object.h"

/** DROPS_EVERY - seconds from one count of dropped packets to the next */
#define DROPS_EVERY	60
/**
 * QUIET - seconds without a line after which that count writes one all the same
 *
 * So there is a line each DROPS_EVERY + QUIET seconds, which is FLOWLOG_ALIVE.
 */
#define QUIET		30
/** STOP_MS - after a signal: events that the kernel has not sent yet are a tenth of a second old */
#define STOP_MS		200
/** LATE - ns: the newest event of one processor is that much newer than what another one lost */
#define LATE		FLOWLOG_SECOND
/** STOP_MOST_MS - and until then all that had come must have been written */
#define STOP_MOST_MS	5000

/**
 * struct flowlog - a run of the service
 * @ctl:	run; its own socket is for requests
 * @options:	what is asked for
 * @filter:	what that is limited to, as text
 * @f:		@file, standard output, or NULL: a collector alone is told
 * @file:	file, if one is asked for
 * @ipfix:	collector, or NULL
 * @watch:	events of sessions
 * @newest:	time of the newest event, ns since 1970
 * @since:	the same when events were lost of which the log does not tell yet; or 0
 * @resynced:	when it told of events that were lost, and of all that runs; or 0
 * @blocks:	blocks of ports that the log has told of
 * @divided:	ports were divided anew at that time, and blocks have to be asked for; or 0
 * @events:	other events: refused flows, destinations near exhaustion, the end of the module
 * @drops:	packets dropped by reason, as they were counted last
 * @ticks:	seconds since that
 * @clock:	says when it is set
 * @wrote:	there was something to write in the last QUIET seconds
 * @again:	what runs is told for the collector alone, which has come again
 * @gone:	the module was unloaded
 * @failed:	a line could not be written
 */
struct flowlog {
	struct ctl *ctl;
	const struct flowlog_options *options;
	char filter[512];
	FILE *f;
	struct flowlog_file file;
	struct ipfix *ipfix;
	struct watch watch;
	uint64_t newest;
	uint64_t since;
	uint64_t resynced;
	struct block_table blocks;
	uint64_t divided;
	struct nl events;
	struct drop_counts drops;
	uint64_t ticks;
	struct set_clock clock;
	bool wrote;
	bool again;
	bool gone;
	bool failed;
};

static void export_session(struct flowlog *log, const struct watched *w)
{
	if (log->ipfix && !(log->options->by_block && block_has(&log->blocks, w)))
		ipfix_session(log->ipfix, w);
}

static void log_session(const struct watched *w, void *data)
{
	struct flowlog *log = data;

	if (log->again) {
		export_session(log, w);
		return;
	}
	/* the first event of a message that says that some were lost */
	if (log->watch.lost != log->watch.told && !log->since)
		log->since = log->newest;
	if (w->event.type != WATCH_RUNNING && w->event.time > log->newest)
		log->newest = w->event.time;
	log->wrote = true;
	if (log->f)
		log->failed |= !flowlog_session(log->f, w);
	export_session(log, w);
}

/* The table of blocks has something new */
static void tell_block(const struct watched_block *b, void *data)
{
	struct flowlog *log = data;

	if (log->f && !log->again) {
		log->wrote = true;
		log->failed |= !flowlog_block(log->f, b);
	}
	if (log->ipfix)
		ipfix_block(log->ipfix, b);
}

static void log_block(const struct watched_block *b, void *data)
{
	struct flowlog *log = data;

	switch (b->type) {
	case NATGW_BLOCK_EVENT_ALLOCATED:
		block_allocated(&log->blocks, b);
		break;
	case NATGW_BLOCK_EVENT_FREED:
		block_freed(&log->blocks, b);
		break;
	case NATGW_BLOCK_EVENT_CHANGED:
		log->divided = b->time;
	}
}

static void found_block(const struct watched_block *b, void *data)
{
	block_sync(data, b);
}

/* The log knows of all blocks that there are. @time: since when. Return: 0, or the exit status */
static int log_blocks(struct flowlog *log, uint64_t time)
{
	int ret;

	log->divided = 0;
	if (!log->watch.block || log->gone)
		return 0;
	block_sync_begin(&log->blocks);
	ret = watch_blocks(log->ctl, found_block, &log->blocks);
	if (!ret)
		block_sync_end(&log->blocks, time);
	return ret;
}

static int log_open(struct flowlog *log)
{
	const char *path = log->options->path;
	int err;

	flowlog_filter_text(log->options, log->filter, sizeof(log->filter));
	err = path ? flowlog_file_open(&log->file, path, log->filter) : 0;
	if (err)
		return usage_error(log->ctl, "file", "%s: %s", path, strerror(err));
	log->f = path ? log->file.f : log->options->ipfix ? NULL : stdout;
	return 0;
}

/* The log has a line for each session that runs now. */
static int log_running(struct flowlog *log)
{
	/* blocks first: they say which sessions a collector need not hear of */
	int ret = log_blocks(log, watch_now());

	return ret || log->gone ? ret : watch_running(log->ctl, &log->watch);
}

/* A collector that has come late, or again, hears of what runs, which the file knows */
static int log_again(struct flowlog *log)
{
	int ret;

	log->again = true;
	block_table_tell(&log->blocks, watch_now());
	ret = watch_running(log->ctl, &log->watch);
	log->again = false;
	return ret;
}

static int log_drops(struct flowlog *log)
{
	int ret = drops_count(log->ctl, &log->drops, log->f, &log->wrote);

	log->failed |= log->f && ferror(log->f);
	return ret;
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
	log->wrote = true;
	if (genl->cmd == NATGW_CMD_EXHAUSTION_NTF) {
		if (!fields_parse(&exhaustion_schema, nlh, tb))
			return false;
		if (log->f)
			log->failed |= !flowlog_refused(log->f, watch_now(), tb);
		if (log->ipfix)
			ipfix_refused(log->ipfix, watch_now(), tb, log->ctl);
	} else if (genl->cmd == NATGW_CMD_HEADROOM_NTF) {
		if (!fields_parse(&headroom_schema, nlh, tb))
			return false;
		if (log->f)
			log->failed |= !flowlog_near(log->f, watch_now(), tb);
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

/* Were events lost of which the log does not tell? Return: their number */
static uint64_t log_lost(struct flowlog *log)
{
	uint64_t lost = watch_newly_lost(&log->watch), now = watch_now(), since;

	if (!lost)
		return 0;
	warn(log->ctl, NULL, NULL, "%llu events of sessions were lost, they came too fast",
	     (unsigned long long)lost);
	since = (log->since ?: log->newest) - LATE;
	if (log->f)
		log->failed |= !flowlog_lost(log->f, now, since, lost, NULL);
	if (log->ipfix)
		ipfix_lost(log->ipfix, since, now, log->watch.lost);
	log->since = 0;
	return lost;
}

/*
 * Where events were lost: tell of that, and of all that runs. Soon after the last time not yet:
 * what is lost until then is told of together, and the gap of the log lasts until then.
 * Return: 0, or the exit status.
 */
static int log_resync(struct flowlog *log)
{
	const uint64_t now = watch_now();

	if (!flowlog_tells_again(now, log->resynced) || !log_lost(log))
		return 0;
	log->resynced = now;
	return log_running(log);
}

/* Sessions have opened or ended. Return: 0, or the exit status. */
static int log_sessions(struct flowlog *log)
{
	struct nl_error e;
	int ret;

	if (watch_receive(&log->watch, &e))
		return kernel_error(log->ctl, NULL, NULL, &e);
	ret = log_resync(log);
	return !ret && log->divided ? log_blocks(log, log->divided) : ret;
}

/* Return: 0, or the exit status */
static int log_others(struct flowlog *log)
{
	struct nl_error e;

	if (!nl_receive(&log->events, log_event, log, &e))
		return 0;
	/* The kernel tells how many flows it refused in a second: one such number was lost */
	if (e.err == ENOBUFS)
		return 0;
	return kernel_error(log->ctl, NULL, NULL, &e);
}

/* Was there no room in the file, and is now? Return: 0, or the exit status */
static int log_room(struct flowlog *log)
{
	if (!flowlog_file_retry(&log->file, log->ctl))
		return 0;
	log->resynced = watch_now();
	return log_running(log);
}

enum { ON_WATCH, ON_EVENTS, ON_SIGNAL, ON_TIMER, ON_CLOCK, ON_READER, ON_COLLECTOR, FDS };

/* A signal has come. Return: the service ends */
static bool log_signal(struct flowlog *log, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGHUP)
		return true;
	/* the log was moved away */
	if (log->options->path)
		flowlog_file_reopen(&log->file);
	return false;
}

static int log_written(struct flowlog *log)
{
	if (log->ipfix)
		ipfix_flush(log->ipfix);
	if (log->f && fflush(log->f))
		log->failed = true;
	if (!log->file.err)
		log->file.until = watch_now() - LATE;
	if (!log->failed)
		return 0;
	return usage_error(log->ctl, NULL, "cannot write the log: %s", strerror(errno));
}

/* A second has passed, or more. Return: 0, or the exit status */
static int log_tick(struct flowlog *log, int fd)
{
	uint64_t ticks, before;
	int ret = 0;

	if (read(fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return 0;
	if (log->ipfix && ipfix_tick(log->ipfix))
		ret = log_again(log);
	if (!ret)
		ret = log_resync(log);
	before = log->ticks;
	log->ticks += log->ipfix ? ticks : ticks * QUIET;
	if (before < DROPS_EVERY - QUIET && log->ticks >= DROPS_EVERY - QUIET)
		log->wrote = false;
	if (ret || log->ticks < DROPS_EVERY)
		return ret;
	log->ticks = 0;
	ret = log_drops(log);
	if (!ret && log->f && !log->wrote && !log->file.err)
		log->failed |= !flowlog_alive(log->f, watch_now());
	log->wrote = false;
	return ret;
}

static void not_after(uint64_t *time, uint64_t now)
{
	if (*time > now)
		*time = now;
}

/* The clock may have been set: times of the log that are still to come by it are wrong */
static void log_clock(struct flowlog *log)
{
	uint64_t now, before;

	if (!set_clock_ready(&log->clock, &now, &before))
		return;
	log->wrote = true;
	if (log->f)
		log->failed |= !flowlog_clock(log->f, now, before);
	not_after(&log->newest, now);
	not_after(&log->since, now);
	not_after(&log->file.until, now);
}

/* The collector takes more, or has gone. Return: 0, or the exit status */
static int log_collector(struct flowlog *log)
{
	return ipfix_ready(log->ipfix) ? log_again(log) : 0;
}

static int log_poll(struct flowlog *log, struct pollfd *fds, int ms)
{
	if (log->ipfix)
		fds[ON_COLLECTOR] = (struct pollfd){ .fd = ipfix_fd(log->ipfix),
						     .events = ipfix_wants(log->ipfix) };
	return poll(fds, FDS, ms);
}

/*
 * The service ends: what has happened by now is still written. What happens meanwhile may be in
 * the log or not.
 */
static int log_stop(struct flowlog *log, struct pollfd *fds, const char *reason)
{
	const uint64_t now = watch_now(), behind = STOP_MS * 1000000ULL;
	/* of a module that has gone nothing comes that is not here */
	uint64_t until = log->gone ? now : now + behind, known = now - behind;
	bool more;
	int ret = 0;

	fds[ON_SIGNAL].fd = -1;
	fds[ON_TIMER].fd = -1;
	fds[ON_CLOCK].fd = -1;
	fds[ON_READER].fd = -1;
	while (!ret && watch_now() < now + STOP_MOST_MS * 1000000ULL) {
		more = log_poll(log, fds, watch_now() < until ? STOP_MS / 4 : 0) > 0;
		if (more && log->ipfix && fds[ON_COLLECTOR].revents)
			ipfix_ready(log->ipfix);
		more = more && (fds[ON_WATCH].revents || fds[ON_EVENTS].revents);
		if (!log->gone)
			known = log->newest - behind;
		if (!more && watch_now() >= until) {
			/* what the module had not sent yet, it did not send any more */
			known = log->gone ? now - behind : now;
			break;
		}
		if (more && fds[ON_WATCH].revents)
			ret = log_sessions(log);
		if (more && !ret && fds[ON_EVENTS].revents)
			ret = log_others(log);
		/* what is read now was sent behind what had to be */
		if (more && !log->gone && watch_now() >= until && known > now)
			break;
	}
	flowlog_file_mend(&log->file, log->ctl);
	log_lost(log);
	/* there was no time to write all of it: the gap begins earlier */
	if (known > now)
		known = now;
	if (log->f)
		log->failed |= !flowlog_stopped(log->f, known, reason);
	return ret ? ret : log_written(log);
}

static int log_loop(struct flowlog *log, struct pollfd *fds)
{
	int ret = 0, ms;

	for (;;) {
		/* what is written goes out when nothing more waits */
		if (!log_poll(log, fds, 0)) {
			ret = log_written(log);
			if (ret)
				return ret;
			ms = log->file.err ? FLOWLOG_RETRY_MS : -1;
			if (log_poll(log, fds, ms) < 0 && errno != EINTR)
				return usage_error(log->ctl, NULL, "poll: %s", strerror(errno));
		}
		if (fds[ON_READER].revents) {
			log->ctl->unread = true;
			return 0;
		}
		/* before what has happened since */
		if (fds[ON_CLOCK].revents)
			log_clock(log);
		if (fds[ON_WATCH].revents)
			ret = log_sessions(log);
		if (!ret && fds[ON_EVENTS].revents)
			ret = log_others(log);
		if (!ret && !log->gone && log->ipfix && fds[ON_COLLECTOR].revents)
			ret = log_collector(log);
		if (!ret && !log->gone && fds[ON_TIMER].revents)
			ret = log_tick(log, fds[ON_TIMER].fd);
		if (!ret && fds[ON_SIGNAL].revents && log_signal(log, fds[ON_SIGNAL].fd))
			return log_stop(log, fds, "signal");
		if (!ret && !log->gone)
			ret = log_room(log);
		if (!ret && log->failed)
			ret = log_written(log);
		if (ret)
			return ret;
		if (log->gone) {
			log_stop(log, fds, "module");
			kernel_error(log->ctl, NULL, NULL, &(struct nl_error){
				.err = ENOENT, .text = "the natgw module was unloaded" });
			return EXIT_NO_FAMILY;
		}
	}
}

/* Descriptors that do not depend on the module. Return: 0, or the exit status */
static int log_wait_for(struct flowlog *log, struct pollfd *fds)
{
	const time_t secs = log->ipfix ? 1 : QUIET;
	const struct itimerspec every = {
		.it_interval.tv_sec = secs, .it_value.tv_sec = secs,
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
	fds[ON_CLOCK] = (struct pollfd){ .fd = set_clock_open(&log->clock), .events = POLLIN };
	fds[ON_READER] = (struct pollfd){ .fd = log->f == stdout ? STDOUT_FILENO : -1 };
	fds[ON_COLLECTOR] = (struct pollfd){ .fd = -1 };
	if (fds[ON_SIGNAL].fd < 0 || fds[ON_TIMER].fd < 0 || fds[ON_CLOCK].fd < 0 ||
	    timerfd_settime(fds[ON_TIMER].fd, 0, &every, NULL))
		return usage_error(log->ctl, NULL, "cannot wait: %s", strerror(errno));
	return 0;
}

static int log_begin(struct flowlog *log)
{
	int ret = watch_open(log->ctl, &log->watch, &flowlog_object, log->options->argc,
			     log->options->argv);

	if (ret)
		return ret;
	log->newest = watch_now();
	if (log->f)
		log->failed |= !flowlog_started(log->f, log->newest, log->filter);
	/* behind it, so that no session falls between both */
	ret = log_running(log);
	ret = ret ? ret : log_drops(log);
	ret = ret ? ret : log_written(log);
	if (!ret && log->file.err)
		ret = usage_error(log->ctl, "file", "%s: %s", log->file.path,
				  strerror(log->file.err));
	return ret;
}

/**
 * flowlog_run - log until a signal comes
 * @ctl:	run
 * @options:	what and where to
 *
 * Return: exit status.
 */
int flowlog_run(struct ctl *ctl, const struct flowlog_options *options)
{
	struct flowlog log = { .ctl = ctl, .options = options };
	struct pollfd fds[FDS];
	int ret, err;

	log.watch.event = log_session;
	/* filters are of sessions */
	log.watch.block = options->argc ? NULL : log_block;
	log.watch.data = &log;
	log.blocks.tell = tell_block;
	log.blocks.data = &log;
	/* the look-up of the family would load a module that was taken away on purpose */
	if (access("/sys/module/natgw", F_OK)) {
		kernel_error(ctl, NULL, NULL, &(struct nl_error){
			.err = ENOENT, .text = "the natgw module is not loaded: modprobe natgw" });
		return EXIT_NO_FAMILY;
	}
	ret = ctl_open(ctl);
	if (!ret && options->ipfix)
		ret = ipfix_open(ctl, &log.ipfix, options->ipfix, options->tcp);
	if (!ret)
		ret = log_open(&log);
	if (!ret)
		ret = log_wait_for(&log, fds);
	if (!ret)
		ret = log_join(&log);
	if (!ret)
		ret = log_begin(&log);
	if (!ret) {
		fds[ON_WATCH] = (struct pollfd){
			.fd = mnl_socket_get_fd(log.watch.nl.sock), .events = POLLIN };
		fds[ON_EVENTS] = (struct pollfd){
			.fd = mnl_socket_get_fd(log.events.sock), .events = POLLIN };
		ret = log_loop(&log, fds);
	}
	watch_close(&log.watch);
	nl_close(&log.events);
	ipfix_close(log.ipfix);
	block_table_free(&log.blocks);
	err = flowlog_file_close(&log.file);
	if (err && !ret)
		ret = usage_error(ctl, "file", "%s: %s, %llu lines were left out", options->path,
				  strerror(err), (unsigned long long)log.file.lost);
	return ret;
}
