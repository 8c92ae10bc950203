// SPDX-License-Identifier: GPL-2.0
/* Events as they happen, one a line. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "exhaustion.h"
#include "flowlog.h"
#include "monitor.h"
#include "object.h"
#include "quota.h"
#include "text.h"

/** struct kind - events of one kind of object */
static const struct kind {
	const struct object *obj;
	uint8_t get;
	uint8_t ntf;
	uint8_t del_ntf;
} kinds[] = {
	{ &gateway_object, NATGW_CMD_GATEWAY_GET, NATGW_CMD_GATEWAY_NTF,
	  NATGW_CMD_GATEWAY_DEL_NTF },
	{ &address_object, NATGW_CMD_ADDRESS_GET, NATGW_CMD_ADDRESS_NTF,
	  NATGW_CMD_ADDRESS_DEL_NTF },
	{ &vnet_object, NATGW_CMD_VNET_GET, NATGW_CMD_VNET_NTF, NATGW_CMD_VNET_DEL_NTF },
	{ &subnet_object, NATGW_CMD_SUBNET_GET, NATGW_CMD_SUBNET_NTF,
	  NATGW_CMD_SUBNET_DEL_NTF },
	{ &route_table_object, NATGW_CMD_ROUTE_TABLE_GET, NATGW_CMD_ROUTE_TABLE_NTF,
	  NATGW_CMD_ROUTE_TABLE_DEL_NTF },
	{ &route_object, NATGW_CMD_ROUTE_GET, NATGW_CMD_ROUTE_NTF, NATGW_CMD_ROUTE_DEL_NTF },
	{ &tag_object, NATGW_CMD_TAG_GET, NATGW_CMD_TAG_NTF, NATGW_CMD_TAG_DEL_NTF },
	{ &cluster_object, NATGW_CMD_CLUSTER_GET, NATGW_CMD_CLUSTER_NTF,
	  NATGW_CMD_CLUSTER_DEL_NTF },
	{ &managed_pool_object, NATGW_CMD_MANAGED_POOL_GET, NATGW_CMD_MANAGED_POOL_NTF,
	  NATGW_CMD_MANAGED_POOL_DEL_NTF },
};

/**
 * struct known - an object that was seen
 * @obj:	kind
 * @name:	name
 */
struct known {
	const struct object *obj;
	char name[KEY_TEXT];
};

/**
 * struct monitor - a run of the command
 * @ctl:	run; its own socket is for requests
 * @nl:		socket of events
 * @watch:	socket of events of sessions
 * @out:	output
 * @config:	events of objects are wanted
 * @kind:	of the list being read
 * @known:	objects seen so far: the kernel sends one event for new and for changed objects
 * @n_known:	their number
 * @lost:	events were lost, and no warning has been printed yet
 * @resynced:	when it had told of events of sessions that were lost, and of all that run; or 0
 * @gone:	the module was unloaded
 */
struct monitor {
	struct ctl *ctl;
	struct nl nl;
	struct watch watch;
	struct out out;
	bool config;
	const struct kind *kind;
	struct known *known;
	size_t n_known;
	bool lost;
	uint64_t resynced;
	bool gone;
};

static const char *const group_words[] = {
	NATGW_MCGRP_CONFIG,
	NATGW_MCGRP_EXHAUSTION,
	NULL
};

/* Events of sessions come to this socket alone, and only if it is asked for */
static const char *const monitor_words[] = {
	NATGW_MCGRP_CONFIG,
	NATGW_MCGRP_EXHAUSTION,
	"session",
	NULL
};

/* Index of "session" there, and room for a flag each */
#define WANT_SESSION	(ARRAY_SIZE(monitor_words) - 2)
#define WANTS		(ARRAY_SIZE(monitor_words) - 1)

static struct known *known_find(const struct monitor *m, const struct object *obj,
				const char *name)
{
	size_t i;

	for (i = 0; i < m->n_known; i++)
		if (m->known[i].obj == obj && !strcmp(m->known[i].name, name))
			return &m->known[i];
	return NULL;
}

/* Return: it is new. */
static bool known_add(struct monitor *m, const struct object *obj, const char *name)
{
	struct known *k;

	if (known_find(m, obj, name))
		return false;
	k = realloc(m->known, (m->n_known + 1) * sizeof(*k));
	if (!k)
		abort();
	m->known = k;
	k += m->n_known++;
	k->obj = obj;
	snprintf(k->name, sizeof(k->name), "%s", name);
	return true;
}

static void known_del(struct monitor *m, const struct object *obj, const char *name)
{
	struct known *k = known_find(m, obj, name);

	if (k)
		*k = m->known[--m->n_known];
}

static bool known_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct monitor *m = data;
	char buf[KEY_TEXT];
	const char *name;

	if (!fields_parse(m->kind->obj->schema, nlh, tb))
		return false;
	name = object_key(buf, m->kind->obj, tb);
	if (name)
		known_add(m, m->kind->obj, name);
	return true;
}

/* Which objects are there? Return: 0, or the exit status. */
static int known_load(struct monitor *m)
{
	struct request req;
	struct nl_error e;
	size_t i;

	m->n_known = 0;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		m->kind = &kinds[i];
		request_init(&req, m->kind->get);
		/* An older module does not know each kind */
		if (nl_dump(&m->ctl->nl, &req, NL_DUMP_WHOLE, known_answer, m, &e) < 0 &&
		    e.err != EOPNOTSUPP)
			return kernel_error(m->ctl, m->kind->obj, &req, &e);
	}
	return 0;
}

/* JSON has the whole time, text that of the day */
static void event_begin(struct monitor *m, const char *event)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	out_row(&m->out);
	if (m->ctl->json) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
		out_word(&m->out, "time", text);
		out_word(&m->out, "event", event);
	} else {
		strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now, &tm));
		printf("%s ", text);
	}
}

static bool object_event(struct monitor *m, const struct kind *kind, const struct nlmsghdr *nlh,
			 bool deleted)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	const struct object *obj = kind->obj;
	const char *name, *verb;
	char buf[KEY_TEXT];
	char event[32];

	if (!fields_parse(obj->schema, nlh, tb))
		return false;
	name = object_key(buf, obj, tb);
	if (!name)
		return false;
	if (deleted) {
		known_del(m, obj, name);
		verb = "del";
	} else {
		verb = known_add(m, obj, name) ? "add" : "set";
	}
	snprintf(event, sizeof(event), "%s-%s", obj->word, verb);
	event_begin(m, event);
	if (!m->ctl->json) {
		printf("%s %s ", obj->word, verb);
		text_put(stdout, name);
	}
	m->out.column = true;
	if (!deleted)
		object_print(m->ctl, &m->out, obj, tb);
	else if (m->ctl->json)
		fields_show(&m->out, obj->schema, FIELD_KEY, tb);
	out_row_end(&m->out);
	return true;
}

static bool exhaustion_event(struct monitor *m, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	const char *limits = NULL;
	char buf[QUOTA_TEXT];
	struct quota quota;

	if (!fields_parse(&exhaustion_schema, nlh, tb))
		return false;
	/* Asked by the socket of requests */
	if (!m->ctl->json && m->ctl->nl.sock && tb[NATGW_A_EXHAUSTION_REASON] &&
	    field_u32(tb[NATGW_A_EXHAUSTION_REASON]) == NATGW_DROP_QUOTA) {
		quota_load(m->ctl, field_string(tb[NATGW_A_EXHAUSTION_GATEWAY]), &quota);
		limits = quota_limits(buf, &quota);
	}
	event_begin(m, "exhaustion");
	if (m->ctl->json)
		fields_show(&m->out, &exhaustion_schema, FIELD_SHOW, tb);
	else
		exhaustion_text(stdout, tb, limits);
	out_row_end(&m->out);
	return true;
}

static bool headroom_event(struct monitor *m, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[FIELDS_ATTRS];

	if (!fields_parse(&headroom_schema, nlh, tb))
		return false;
	event_begin(m, "headroom");
	if (m->ctl->json)
		fields_show(&m->out, &headroom_schema, FIELD_SHOW, tb);
	else
		headroom_text(stdout, tb);
	out_row_end(&m->out);
	return true;
}

static bool monitor_event(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	struct monitor *m = data;
	size_t i;

	if (nlh->nlmsg_type == GENL_ID_CTRL) {
		m->gone |= nl_family_gone(&m->nl, nlh);
		return true;
	}
	if (nlh->nlmsg_type != m->nl.family)
		return true;
	if (genl->cmd == NATGW_CMD_EXHAUSTION_NTF)
		return exhaustion_event(m, nlh);
	if (genl->cmd == NATGW_CMD_HEADROOM_NTF)
		return headroom_event(m, nlh);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (genl->cmd == kinds[i].ntf || genl->cmd == kinds[i].del_ntf)
			return object_event(m, &kinds[i], nlh, genl->cmd == kinds[i].del_ntf);
	return true;	/* of a newer kernel */
}

/*
 * The reader was too slow, and events were lost. The warning is printed when the queue is
 * empty, because until then the kernel drops further events without another error: a user
 * who lists the objects after the warning misses no change. monitor goes on with the objects
 * as they are now.
 */
static int monitor_lost(struct monitor *m)
{
	warn(m->ctl, NULL, NULL, "events were lost, they came too fast");
	m->lost = false;
	if (m->ctl->json) {
		event_begin(m, "lost");
		out_row_end(&m->out);
	}
	return m->config ? known_load(m) : 0;
}

/* Open the socket of events and join. Return: 0, or the exit status. */
static int monitor_join(struct monitor *m, const bool *want)
{
	uint32_t groups[ARRAY_SIZE(group_words)] = {};
	struct nl_error e;
	size_t i;

	if (nl_open(&m->nl, &e))
		return kernel_error(m->ctl, NULL, NULL, &e);
	/* First all questions: an answer among events would be lost */
	for (i = 0; group_words[i]; i++)
		if (want[i] && nl_group(&m->nl, group_words[i], &groups[i], &e))
			return e.err == ENOENT ?
				usage_error(m->ctl, NULL, "%s: the module knows no such events",
					    group_words[i]) :
				kernel_error(m->ctl, NULL, NULL, &e);
	for (i = 0; group_words[i]; i++)
		if (want[i] && nl_join(&m->nl, groups[i], &e))
			return kernel_error(m->ctl, NULL, NULL, &e);
	if (nl_join(&m->nl, GENL_ID_CTRL, &e))
		return kernel_error(m->ctl, NULL, NULL, &e);
	return 0;
}

/* Something has come by the socket of sessions. Return: 0, or the exit status. */
static int monitor_watch(struct monitor *m)
{
	struct nl_error e;

	return watch_receive(&m->watch, &e) ? kernel_error(m->ctl, NULL, NULL, &e) : 0;
}

/*
 * Events of sessions that were lost and have to be told of now. Nothing is received while all that
 * runs is printed, and that may take long: the next time comes a while after its end.
 */
static uint64_t monitor_resync_due(struct monitor *m, uint64_t now)
{
	return flowlog_tells_again(now, m->resynced) ? watch_newly_lost(&m->watch) : 0;
}

/* Return: 0, or the exit status. */
static int monitor_resync(struct monitor *m)
{
	uint64_t lost = monitor_resync_due(m, watch_now());
	int ret;

	if (!lost)
		return 0;
	ret = monitor_session_lost(m->ctl, &m->watch, lost);
	m->resynced = watch_now();
	return ret;
}

/* Milliseconds until something has to be done, whether anything comes or not; -1: nothing has */
static int monitor_wait(const struct monitor *m)
{
	if (m->lost)
		return 0;
	return m->watch.lost != m->watch.told ? 1000 : -1;
}

/* Wait for events, a signal, or the end of who reads. Return: exit status. */
static int monitor_loop(struct monitor *m, int signals)
{
	struct pollfd fds[] = {
		{ .fd = mnl_socket_get_fd(m->nl.sock), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
		{ .fd = m->watch.nl.sock ? mnl_socket_get_fd(m->watch.nl.sock) : -1,
		  .events = POLLIN },
	};
	struct nl_error e;
	int ret;

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), monitor_wait(m)) < 0) {
			if (errno == EINTR)
				continue;
			return usage_error(m->ctl, NULL, "poll: %s", strerror(errno));
		}
		if (fds[1].revents)
			return 0;
		if (fds[2].revents) {
			m->ctl->unread = true;
			return 0;
		}
		ret = fds[3].revents ? monitor_watch(m) : 0;
		if (!ret)
			ret = monitor_resync(m);
		if (ret)
			return ret;
		if (!fds[0].revents) {
			if (m->lost)
				ret = monitor_lost(m);
		} else if (nl_receive(&m->nl, monitor_event, m, &e)) {
			if (e.err == ENOBUFS)
				m->lost = true;
			else
				ret = kernel_error(m->ctl, NULL, NULL, &e);
		}
		if (ret)
			return ret;
		if (ferror(stdout)) {
			m->ctl->unread = true;
			poll(&fds[2], 1, 0);
			return fds[2].revents ? 0 :
				usage_error(m->ctl, NULL, "cannot write the output");
		}
		if (m->gone) {
			kernel_error(m->ctl, NULL, NULL, &(struct nl_error){
				.err = ENOENT, .text = "the natgw module was unloaded" });
			return EXIT_NO_FAMILY;
		}
	}
}

static int monitor_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	const struct words words = word_array(monitor_words);
	bool want[WANTS] = {};
	struct monitor m = { .ctl = ctl };
	struct parse_error e;
	sigset_t mask;
	int i, at, fd, ret;

	(void)obj;
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	/* behind "session" its filters follow */
	for (i = 0; i < argc; i++) {
		at = word_find(&words, argv[i]);
		if (at < 0 && want[WANT_SESSION])
			break;
		if (at < 0) {
			word_fail(&e, &words, "kind of event", argv[i]);
			return usage_error(ctl, NULL, "%s: %s", argv[i], e.text);
		}
		want[at] = true;
	}
	argc -= i;
	argv += i;
	for (at = 0; !i && group_words[at]; at++)
		want[at] = true;
	m.config = want[0];

	ret = ctl_open(ctl);
	if (ret)
		return ret;
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &mask, SFD_CLOEXEC);
	if (fd < 0)
		return usage_error(ctl, NULL, "signalfd: %s", strerror(errno));

	out_begin(&m.out, ctl->json, ctl->pretty, OUT_LINE);
	ret = monitor_join(&m, want);
	if (!ret && m.config)
		ret = known_load(&m);
	m.watch.event = monitor_session;
	m.watch.data = &m.out;
	if (!ret && want[WANT_SESSION])
		ret = watch_open(ctl, &m.watch, &monitor_object, argc, argv);
	if (!ret)
		ret = monitor_loop(&m, fd);
	out_end(&m.out);
	nl_close(&m.nl);
	watch_close(&m.watch);
	free(m.known);
	close(fd);
	return ret;
}

const struct object monitor_object = {
	.word = "monitor",
	.about = "print events as they happen: changed objects, refused flows, sessions",
	.schema = &watch_schema,
	.words = monitor_words,
	.run = monitor_run,
};
