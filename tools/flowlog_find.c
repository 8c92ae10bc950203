// SPDX-License-Identifier: GPL-2.0
/*
 * Who had a public port at some time: answered from the lines of the flow log. Pure functions of
 * their arguments but for the reading of files, also compiled by selftests/unit.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <zlib.h>

#include "flowlog.h"

/* a line with the longest names there are has less */
#define LINE_MOST	4096
/** ZONE_MAX - most seconds that a clock of some place is before or behind UTC */
#define ZONE_MAX	(14 * 3600)

static const char *text_of(const json_t *line, const char *key)
{
	return json_string_value(json_object_get(line, key));
}

static char *copy_of(const json_t *line, const char *key)
{
	const char *text = text_of(line, key);
	char *copy = strdup(text ? text : "");

	if (!copy)
		abort();
	return copy;
}

/**
 * flow_stamp_parse - a time as the log has it
 * @text:	2026-11-29T12:00:01.123Z, or NULL
 * @ns:		since 1970
 *
 * Return: false if it is none.
 */
bool flow_stamp_parse(const char *text, uint64_t *ns)
{
	struct tm tm = {};
	const char *rest;
	unsigned int ms;
	char z;

	rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	if (!rest || sscanf(rest, ".%3u%c", &ms, &z) != 2 || z != 'Z')
		return false;
	*ns = timegm(&tm) * FLOWLOG_SECOND + ms * 1000000ULL;
	return true;
}

static bool is_asked_for(const json_t *line, const struct flow_query *q)
{
	const char *address = text_of(line, "NatGatewayIp"), *proto = text_of(line, "Protocol");

	return address && !strcmp(address, q->address) &&
	       json_integer_value(json_object_get(line, "NatGatewayPort")) == q->port &&
	       (!q->proto || (proto && !strcmp(proto, q->proto)));
}

/* @time: of the line. Return: the flow that it tells of */
static struct flow *flow_add(struct flows *found, const json_t *line, uint64_t opened,
			     uint64_t time)
{
	struct flow *flow;

	if (found->n == found->room) {
		found->room = 2 * found->room + 64;
		flow = reallocarray(found->list, found->room, sizeof(*flow));
		if (!flow)
			abort();
		found->list = flow;
	}
	flow = &found->list[found->n++];
	*flow = (struct flow){
		.proto = copy_of(line, "Protocol"),
		.src = copy_of(line, "SourceIp"),
		.src_port = json_integer_value(json_object_get(line, "SourcePort")),
		.dst = copy_of(line, "DestinationIp"),
		.dst_port = json_integer_value(json_object_get(line, "DestinationPort")),
		.gateway = copy_of(line, "NatGateway"),
		.subnet = copy_of(line, "Subnet"),
		.vnet = copy_of(line, "VNet"),
		.opened = opened,
		.seen = time,
	};
	return flow;
}

/*
 * The time of a line is earlier than when the session opened if the clock was set back since then.
 * It has not ended before it opened, and the line is no older than the one of its opening.
 *
 * Return: the line makes sense
 */
static bool line_take(struct flows *found, const struct flow_query *q, const json_t *line)
{
	const char *type = text_of(line, "EventType");
	uint64_t time, opened;
	bool begins, back;
	struct flow *flow;

	if (!type || !flow_stamp_parse(text_of(line, "TimeGenerated"), &time))
		return false;
	if (!is_asked_for(line, q))
		return true;
	begins = !strcmp(type, "opened");
	opened = time;
	if (!begins && !flow_stamp_parse(text_of(line, "StartTime"), &opened))
		return false;
	back = time < opened;
	if (back)
		time = opened;
	flow = flow_add(found, line, opened, time);
	flow->back = back;
	flow->begins = begins;
	if (!strcmp(type, "closed"))
		flow->closed = time;
	return true;
}

/**
 * flows_line - look at one line
 * @found:	result
 * @q:		who is looked for
 * @line:	line
 *
 * Return: false if it is no line of a flow log.
 */
bool flows_line(struct flows *found, const struct flow_query *q, const char *line)
{
	char want[96];
	json_t *json;
	bool sane;

	/* nearly all are about something else, and need not be parsed for that */
	snprintf(want, sizeof(want), "\"NatGatewayIp\":\"%s\",\"NatGatewayPort\":%u,", q->address,
		 q->port);
	flow_cover_line(&found->cover, line);
	if (!strstr(line, want))
		return line[0] == '{';
	json = json_loads(line, 0, NULL);
	sane = json_is_object(json) && line_take(found, q, json);
	json_decref(json);
	return sane;
}

/**
 * flows_file - look at a log, compressed or not
 * @found:	result
 * @q:		who is looked for
 * @path:	file
 *
 * The last line may not be complete yet. Return: 0, or an errno.
 */
int flows_file(struct flows *found, const struct flow_query *q, const char *path)
{
	char line[LINE_MOST];
	gzFile file;
	int err = 0, gz;

	errno = 0;
	file = gzopen(path, "re");
	if (!file)
		return errno ? errno : ENOMEM;
	gzbuffer(file, 1 << 18);
	while (gzgets(file, line, sizeof(line)))
		if (strchr(line, '\n') && !flows_line(found, q, line))
			err = EBADMSG;
	/* of a file that was cut off */
	gzerror(file, &gz);
	if (gz != Z_OK && gz != Z_STREAM_END)
		err = EBADMSG;
	gzclose(file);
	flow_cover_end(&found->cover);
	return err;
}

static int number_compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Are they of one flow? As qsort() asks */
static int flow_compare(const struct flow *a, const struct flow *b)
{
	int cmp = strcmp(a->src, b->src);

	cmp = cmp ?: number_compare(a->src_port, b->src_port);
	cmp = cmp ?: strcmp(a->dst, b->dst);
	cmp = cmp ?: number_compare(a->dst_port, b->dst_port);
	cmp = cmp ?: strcmp(a->proto, b->proto);
	return cmp ?: strcmp(a->vnet, b->vnet);
}

/* By flow, and then in the order in which they were written */
static int by_flow(const void *a, const void *b)
{
	const struct flow *x = a, *y = b;
	int cmp = flow_compare(x, y);

	cmp = cmp ?: number_compare(x->seen, y->seen);
	cmp = cmp ?: number_compare(x->opened, y->opened);
	return cmp ?: !!x->closed - !!y->closed;
}

static void flow_free(struct flow *flow)
{
	free(flow->proto);
	free(flow->src);
	free(flow->dst);
	free(flow->gateway);
	free(flow->subnet);
	free(flow->vnet);
}

static int by_time(const void *a, const void *b)
{
	return number_compare(((const struct flow *)a)->opened, ((const struct flow *)b)->opened);
}

/* Is @line of a session that @before, of the same flow, tells of, too? */
static bool goes_on(const struct flow *before, const struct flow *line)
{
	/* a log that was read twice, as a file and as what that was compressed to */
	if (before->closed)
		return before->closed == line->closed;
	return !line->begins || line->opened == before->opened;
}

/*
 * Makes sessions of lines. A flow has one session at a time, so lines of one flow in the order in
 * which they were written are lines of the same session up to one that it has ended, or that it
 * has opened anew. Of what they say about its opening the earliest is true: a session that was
 * restored is younger by the pause, and its age is in whole seconds.
 */
static void flows_join(struct flows *found)
{
	struct flow *last = NULL, *line;
	size_t i, n = 0;

	if (found->n)
		qsort(found->list, found->n, sizeof(*found->list), by_flow);
	for (i = 0; i < found->n; i++) {
		line = &found->list[i];
		if (last && !flow_compare(last, line)) {
			if (goes_on(last, line)) {
				if (line->opened < last->opened)
					last->opened = line->opened;
				last->seen = line->seen;
				last->closed = line->closed;
				last->back |= line->back;
				flow_free(line);
				continue;
			}
			if (!last->closed)
				last->gone = line->opened;
		}
		last = &found->list[n++];
		*last = *line;
	}
	found->n = n;
}

/**
 * flows_settle - leave those that had the port at the time, once each, oldest first
 * @found:	all of the log
 * @q:		who is looked for
 */
void flows_settle(struct flows *found, const struct flow_query *q)
{
	struct flow *flow;
	uint64_t end;
	size_t i, n = 0;

	flows_join(found);
	for (i = 0; i < found->n; i++) {
		flow = &found->list[i];
		/* it lived until then at least */
		if (flow->closed && flow->back)
			flow->closed = flow_cover_set(&found->cover, flow->closed);
		if (!flow->closed && !flow->gone)
			flow->gone = flow_cover_told(&found->cover, flow->seen);
		end = flow->closed ?: flow->gone ?: UINT64_MAX;
		if (flow->opened <= q->to && end >= q->from)
			found->list[n++] = *flow;
		else
			flow_free(flow);
	}
	found->n = n;
	if (n)
		qsort(found->list, n, sizeof(*found->list), by_time);
}

void flows_free(struct flows *found)
{
	size_t i;

	for (i = 0; i < found->n; i++)
		flow_free(&found->list[i]);
	free(found->list);
	found->list = NULL;
	found->n = 0;
	found->room = 0;
	flow_cover_free(&found->cover);
}

static bool same_time(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday &&
	       a->tm_hour == b->tm_hour && a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

/*
 * The moments at which local clocks showed @tm: one, but none or two where they were set. A day
 * before and a day after they were by the zone's one offset, or by the other. Return: how many.
 */
static unsigned int local_moments(const struct tm *tm, time_t secs[2])
{
	struct tm wanted = *tm, shown;
	const time_t utc = timegm(&wanted);
	unsigned int n = 0;
	int i;

	for (i = -1; i <= 1; i += 2) {
		const time_t day = utc + i * 24 * 3600;
		time_t moment;

		localtime_r(&day, &shown);
		moment = utc - shown.tm_gmtoff;
		localtime_r(&moment, &shown);
		if (same_time(&shown, &wanted) && (!n || secs[0] != moment))
			secs[n++] = moment;
	}
	return n;
}

/* Of moments those that are over. Return: how many */
static unsigned int over(time_t secs[2], unsigned int n, uint64_t now)
{
	unsigned int i, left = 0;

	for (i = 0; i < n; i++)
		if (secs[i] * FLOWLOG_SECOND <= now)
			secs[left++] = secs[i];
	return left;
}

/* @bare: no day was given, and @tm has that of @now */
static bool local_parse(struct tm *tm, bool bare, uint64_t now, time_t *moment,
			struct parse_error *e)
{
	time_t secs[2] = {};
	unsigned int n = local_moments(tm, secs);

	if (n && bare) {
		n = over(secs, n, now);
		if (!n) {
			tm->tm_mday--;
			n = local_moments(tm, secs);
		}
	}
	*moment = secs[0];
	if (n == 1)
		return true;
	return parse_fail(e,
			  "clocks %s, as they were set: give day and zone, like 2026-11-29T13:00:01+01:00",
			  n ? "showed it twice" : "did not show it");
}

/**
 * flow_time_parse - a moment as people type it
 * @text:	2026-11-29T12:00:01Z, 2026-11-29 12:00:01+01:00, the same without a zone or
 *		12:00:01 (local time, of the latest day on which it is over); with .123 behind the
 *		seconds if need be
 * @now:	ns since 1970
 * @from:	first ns that is meant
 * @to:		last one
 * @e:		why not
 *
 * Return: false if it is none of these.
 */
bool flow_time_parse(const char *text, uint64_t now, uint64_t *from, uint64_t *to,
		     struct parse_error *e)
{
	static const char *const formats[] = {
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%H:%M:%S",
	};
	struct tm tm, day, zone = {};
	unsigned int ms = 0, i;
	const char *rest = NULL;
	bool whole = true, bare;
	time_t secs;
	int used = 0;

	parse_fail(e,
		   "not a time like 12:00:01, 2026-11-29T12:00:01Z or 2026-11-29T13:00:01+01:00");
	for (i = 0; i < ARRAY_SIZE(formats) && !rest; i++) {
		tm = (struct tm){};
		rest = strptime(text, formats[i], &tm);
	}
	if (!rest)
		return false;
	bare = i == ARRAY_SIZE(formats);
	if (sscanf(rest, ".%3u%n", &ms, &used) == 1) {
		/* three digits, or it would be another fraction */
		if (used != 4)
			return false;
		rest += used;
		whole = false;
	}
	if (*rest) {
		const char *end = strptime(rest, "%z", &zone);

		if (!end || *end || labs(zone.tm_gmtoff) > ZONE_MAX)
			return false;
	}
	/* what day it is there */
	secs = now / FLOWLOG_SECOND + zone.tm_gmtoff;
	if (*rest)
		gmtime_r(&secs, &day);
	else
		localtime_r(&secs, &day);
	if (bare) {
		tm.tm_year = day.tm_year;
		tm.tm_mon = day.tm_mon;
		tm.tm_mday = day.tm_mday;
	}
	/* there is no 31 February */
	day = tm;
	if (timegm(&day) < 0 || day.tm_mday != tm.tm_mday)
		return false;
	if (!*rest && !local_parse(&tm, bare, now - ms * 1000000ULL, &secs, e))
		return false;
	if (*rest) {
		secs = timegm(&tm) - zone.tm_gmtoff;
		if (bare && secs * FLOWLOG_SECOND + ms * 1000000ULL > now)
			secs -= 24 * 3600;
	}
	if (secs < 0)
		return false;
	*from = secs * FLOWLOG_SECOND + ms * 1000000ULL;
	*to = *from + (whole ? FLOWLOG_SECOND : 1000000) - 1;
	return true;
}
