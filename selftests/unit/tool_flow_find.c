// SPDX-License-Identifier: GPL-2.0
/* Who is found in the flow log, of lines that the tool wrote: flowlog.c, flowlog_find.c, ... */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <zlib.h>

#include "flow_event.h"
#include "flowlog.h"
#include "ktap.h"
#include "object.h"
#include "watch.h"

const struct object *const objects[] = { NULL };

#define SECOND	FLOWLOG_SECOND
/* 2026-11-29T12:00:00Z */
#define NOON	1795953600ULL

static char file[36] = "/tmp/tool_flow_find.XXXXXX";

/* Lines of a log in @file */
static FILE *log_begin(void)
{
	FILE *f = fopen(file, "w");

	if (!f)
		abort();
	return f;
}

static void log_add(FILE *f, uint8_t type, uint16_t src_port, const char *dst, double opened,
		    double time)
{
	struct watched w = {
		.event = event(type, src_port, dst, (NOON + opened) * SECOND,
			       (NOON + time) * SECOND),
		.gateway = "gw1", .subnet = "web", .vnet = "default",
	};

	EXPECT(flowlog_session(f, &w));
}

static struct flow_query query(double at)
{
	uint64_t from = (NOON + at) * SECOND;

	return (struct flow_query){
		.address = "203.0.113.10", .port = 23817, .from = from, .to = from + SECOND - 1,
	};
}

/* The source ports that had the port, in one number of three digits each */
static long long found_at(double at)
{
	struct flow_query q = query(at);
	struct flows found = {};
	long long ports = 0;
	size_t i;

	EXPECT_INT(flows_file(&found, &q, file), 0);
	flows_settle(&found, &q);
	for (i = 0; i < found.n; i++)
		ports = ports * 1000 + found.list[i].src_port;
	flows_free(&found);
	return ports;
}

static void spans_the_time(void)
{
	FILE *f = log_begin();

	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 0, 10.5);
	fclose(f);
	EXPECT_INT(found_at(-2), 0);
	EXPECT_INT(found_at(-0.5), 101);
	EXPECT_INT(found_at(5), 101);
	EXPECT_INT(found_at(10), 101);
	EXPECT_INT(found_at(11), 0);
}

/* One port serves several destinations, and the same one again later */
static void several_share_it(void)
{
	FILE *f = log_begin();

	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	log_add(f, WATCH_OPENED, 102, "192.0.2.81", 1, 1);
	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 0, 5);
	log_add(f, WATCH_OPENED, 103, "192.0.2.80", 80, 80);
	log_add(f, WATCH_CLOSED, 103, "192.0.2.80", 80, 90);
	fclose(f);
	EXPECT_INT(found_at(3), 101102);
	EXPECT_INT(found_at(50), 102);
	EXPECT_INT(found_at(85), 102103);
}

/* An event of another processor comes first; a line that says what runs is no other session */
static void not_in_order(void)
{
	FILE *f = log_begin();

	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 0, 5);
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	log_add(f, WATCH_RUNNING, 102, "192.0.2.81", -100, 0);
	log_add(f, WATCH_RUNNING, 102, "192.0.2.81", -100, 60);
	fclose(f);
	EXPECT_INT(found_at(3), 102101);
	EXPECT_INT(found_at(7), 102);
	EXPECT_INT(found_at(-50), 102);
	EXPECT_INT(found_at(-102), 0);
}

/* A session that ended and lives again is there twice, and open the second time */
static void lives_again(void)
{
	FILE *f = log_begin();

	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 0, 5);
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 20, 20);
	fclose(f);
	EXPECT_INT(found_at(3), 101);
	EXPECT_INT(found_at(10), 0);
	EXPECT_INT(found_at(30), 101);
}

/* A session that was restored is told of as one that is younger: by the pause, in whole seconds */
static void restored(void)
{
	FILE *f = log_begin();

	EXPECT(flowlog_started(f, (NOON - 60) * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	EXPECT(flowlog_stopped(f, (NOON + 240) * SECOND, "module gone"));
	EXPECT(flowlog_started(f, (NOON + 480) * SECOND, ""));
	log_add(f, WATCH_RUNNING, 101, "192.0.2.80", 240, 480);
	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 240, 600);
	log_add(f, WATCH_OPENED, 102, "192.0.2.81", 0, 0);
	log_add(f, WATCH_CLOSED, 102, "192.0.2.81", 2, 600);
	/* its age is in whole seconds */
	log_add(f, WATCH_RUNNING, 103, "192.0.2.82", 0.9, 480);
	log_add(f, WATCH_CLOSED, 103, "192.0.2.82", 0.2, 600);
	fclose(f);
	EXPECT_INT(found_at(0), 101102103);
	EXPECT_INT(found_at(120), 101102103);
	EXPECT_INT(found_at(550), 101102103);
	EXPECT_INT(found_at(601), 0);
}

/* Nobody wrote that it ended, and the same flow came back */
static void end_unseen(void)
{
	FILE *f = log_begin();

	EXPECT(flowlog_started(f, (NOON - 60) * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	EXPECT(flowlog_stopped(f, (NOON + 240) * SECOND, "signal"));
	EXPECT(flowlog_started(f, (NOON + 600) * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 660, 660);
	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 660, 720);
	fclose(f);
	EXPECT_INT(found_at(90), 101);
	EXPECT_INT(found_at(700), 101);
	EXPECT_INT(found_at(721), 0);
}

/* A log that begins tells of all that runs: what it does not tell of has ended */
static void not_found_running(void)
{
	FILE *f = log_begin();

	EXPECT(flowlog_started(f, (NOON - 60) * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	log_add(f, WATCH_OPENED, 102, "192.0.2.81", 0, 0);
	EXPECT(flowlog_started(f, (NOON + 100) * SECOND, "gateway gw2"));
	EXPECT(flowlog_alive(f, (NOON + 290) * SECOND));
	/* it died before it was through */
	EXPECT(flowlog_started(f, (NOON + 300) * SECOND, ""));
	EXPECT(flowlog_started(f, (NOON + 400) * SECOND, ""));
	log_add(f, WATCH_RUNNING, 102, "192.0.2.81", 0, 400);
	EXPECT(flowlog_alive(f, (NOON + 489) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(450), 101102);
	f = fopen(file, "a");
	EXPECT(f && flowlog_alive(f, (NOON + 491) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(350), 101102);
	EXPECT_INT(found_at(450), 102);
}

/* So does one that has lost events: what it does not tell of then has ended */
static void end_lost(void)
{
	FILE *f = log_begin();

	EXPECT(flowlog_started(f, (NOON - 60) * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	log_add(f, WATCH_OPENED, 102, "192.0.2.81", 0, 0);
	/* by a clock that lags behind, it opened when the log had told of its place in the table */
	log_add(f, WATCH_OPENED, 103, "192.0.2.82", 9.995, 9.995);
	EXPECT(flowlog_lost(f, (NOON + 10) * SECOND, (NOON + 5) * SECOND, 12, NULL));
	log_add(f, WATCH_RUNNING, 102, "192.0.2.81", 0, 10);
	EXPECT(flowlog_alive(f, (NOON + 99) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(50), 101102103);
	f = fopen(file, "a");
	EXPECT(f && flowlog_alive(f, (NOON + 101) * SECOND));
	EXPECT(f && flowlog_alive(f, (NOON + 7 * 86400) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(8), 101102);
	EXPECT_INT(found_at(50), 102103);
	EXPECT_INT(found_at(7 * 86400), 102103);
}

/* What it told of may not have been written, or not be all */
static void end_not_told(void)
{
	FILE *f = log_begin();

	EXPECT(flowlog_started(f, (NOON - 60) * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	EXPECT(flowlog_lost(f, (NOON + 10) * SECOND, (NOON + 5) * SECOND, 12, NULL));
	EXPECT(flowlog_lost(f, (NOON + 90) * SECOND, (NOON + 9) * SECOND, 12, "no space"));
	EXPECT(flowlog_alive(f, (NOON + 170) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(170), 101);
	f = fopen(file, "a");
	EXPECT(f && flowlog_alive(f, (NOON + 200) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(80), 101);
	EXPECT_INT(found_at(170), 0);
	f = log_begin();
	EXPECT(flowlog_started(f, (NOON - 60) * SECOND, "gateway gw1"));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	EXPECT(flowlog_lost(f, (NOON + 10) * SECOND, (NOON + 5) * SECOND, 12, NULL));
	EXPECT(flowlog_alive(f, (NOON + 200) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(170), 101);
}

/* A file that is there twice, compressed as well; and one pass over many lines */
static void read_twice(void)
{
	struct flow_query q = query(30);
	struct flows found = {};
	FILE *f = log_begin();
	unsigned int i;

	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 0, 50);
	log_add(f, WATCH_OPENED, 102, "192.0.2.81", 0, 0);
	for (i = 0; i < 5000; i++) {
		log_add(f, WATCH_OPENED, 1000 + i, "192.0.2.82", i, i);
		log_add(f, WATCH_CLOSED, 1000 + i, "192.0.2.82", i, i + 0.5);
	}
	fclose(f);
	EXPECT_INT(flows_file(&found, &q, file), 0);
	EXPECT_INT(flows_file(&found, &q, file), 0);
	flows_settle(&found, &q);
	EXPECT_INT(found.n, 3);
	flows_free(&found);
}

static void only_what_is_asked_for(void)
{
	struct flow_query q = query(1);
	struct flows found = {};
	FILE *f = log_begin();

	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	EXPECT(flowlog_lost(f, NOON * SECOND, (NOON - 1) * SECOND, 12, NULL));
	EXPECT(flowlog_dropped(f, NOON * SECOND, "unsolicited", 3));
	fclose(f);
	q.port = 2381;
	EXPECT_INT(flows_file(&found, &q, file), 0);
	EXPECT_INT(found.n, 0);
	EXPECT_INT(found.cover.n_lost, 1);
	q.port = 23817;
	q.proto = "udp";
	EXPECT_INT(flows_file(&found, &q, file), 0);
	EXPECT_INT(found.n, 0);
	q.proto = "tcp";
	EXPECT_INT(flows_file(&found, &q, file), 0);
	EXPECT_INT(found.n, 1);
	flows_free(&found);
}

/* Into which gap a moment falls, as the seconds behind noon at which it begins; -1: none */
static long long gap_at(double at, double now)
{
	struct flow_query q = query(at);
	struct flows found = {};
	struct flow_gap gap;
	long long from = -1;

	EXPECT_INT(flows_file(&found, &q, file), 0);
	if (flow_gap_find(&found.cover, &q, (NOON + now) * SECOND, &gap))
		from = gap.from ? (long long)(gap.from / SECOND - NOON) : -2;
	flows_free(&found);
	return from;
}

/* The log was ended and begun again, and once it died; events were lost */
static void gaps(void)
{
	FILE *f = log_begin();

	EXPECT(flowlog_started(f, NOON * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 5, 5);
	EXPECT(flowlog_stopped(f, (NOON + 10) * SECOND, "signal"));
	EXPECT(flowlog_started(f, (NOON + 20) * SECOND, ""));
	log_add(f, WATCH_OPENED, 102, "192.0.2.80", 29, 29);
	log_add(f, WATCH_OPENED, 103, "192.0.2.80", 28, 28);
	EXPECT(flowlog_started(f, (NOON + 50) * SECOND, ""));
	EXPECT(flowlog_lost(f, (NOON + 70) * SECOND, (NOON + 60) * SECOND, 12, NULL));
	EXPECT(flowlog_alive(f, (NOON + 100) * SECOND));
	fclose(f);
	EXPECT_INT(gap_at(-100, 101), -2);
	EXPECT_INT(gap_at(5, 101), -1);
	EXPECT_INT(gap_at(15, 101), 10);
	EXPECT_INT(gap_at(25, 101), -1);
	EXPECT_INT(gap_at(40, 101), 29);
	EXPECT_INT(gap_at(55, 101), -1);
	EXPECT_INT(gap_at(65, 101), 60);
	EXPECT_INT(gap_at(75, 101), -1);
	/* it may be written still, or has ended long ago */
	EXPECT_INT(gap_at(110, 111), -1);
	EXPECT_INT(gap_at(110, 400), 100);
}

/* The clock is set back: lines of later events have earlier times */
static void clock_set_back(void)
{
	FILE *f = log_begin();

	EXPECT(flowlog_started(f, (NOON + 3000) * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 3600, 3600);
	log_add(f, WATCH_OPENED, 103, "192.0.2.82", 3600.5, 3600.5);
	EXPECT(flowlog_clock(f, NOON * SECOND, (NOON + 3601) * SECOND));
	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 3600, 5);
	log_add(f, WATCH_OPENED, 102, "192.0.2.81", 10, 10);
	log_add(f, WATCH_CLOSED, 102, "192.0.2.81", 10, 12);
	EXPECT(flowlog_lost(f, (NOON + 90) * SECOND, (NOON + 3610) * SECOND, 12, NULL));
	EXPECT(flowlog_alive(f, (NOON + 100) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(3600), 101103);
	EXPECT_INT(found_at(4000), 103);
	EXPECT_INT(found_at(11), 102);
	/* each of these times was there twice */
	EXPECT_INT(gap_at(11, 101), 0);
	EXPECT_INT(gap_at(3600, 101), 0);
	/* and what was lost began by a clock that was not set yet */
	EXPECT_INT(gap_at(3605, 4000), 90);
	EXPECT_INT(gap_at(3605, 101), 90);
	/* by a second */
	f = log_begin();
	EXPECT(flowlog_started(f, (NOON - 60) * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 10.5, 10.5);
	EXPECT(flowlog_clock(f, (NOON + 10) * SECOND, (NOON + 11) * SECOND));
	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 10.5, 10.2);
	EXPECT(flowlog_alive(f, (NOON + 60) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(10), 101);
	EXPECT_INT(found_at(20), 0);
	EXPECT_INT(gap_at(9, 61), -1);
	EXPECT_INT(gap_at(10, 61), 10);
	EXPECT_INT(gap_at(11, 61), -1);
}

/* It is set forward: the log has what happened later by it under the wrong time */
static void clock_set_forward(void)
{
	FILE *f = log_begin();

	EXPECT(flowlog_started(f, (NOON - 10800) * SECOND, ""));
	log_add(f, WATCH_OPENED, 101, "192.0.2.80", -10750, -10750);
	EXPECT(flowlog_alive(f, (NOON - 10700) * SECOND));
	EXPECT(flowlog_clock(f, (NOON + 120) * SECOND, (NOON - 10680) * SECOND));
	EXPECT(flowlog_alive(f, (NOON + 200) * SECOND));
	fclose(f);
	EXPECT_INT(gap_at(-10720, 201), -1);
	EXPECT_INT(gap_at(60, 201), -10680);
	EXPECT_INT(gap_at(150, 201), -1);
}

/* Nobody saw it: a line comes each 90 seconds, and the next one is hours later, or earlier */
static void silence_in_a_file(void)
{
	FILE *f = log_begin();

	EXPECT(flowlog_started(f, NOON * SECOND, ""));
	EXPECT(flowlog_alive(f, (NOON + 60) * SECOND));
	EXPECT(flowlog_alive(f, (NOON + 150) * SECOND));
	EXPECT(flowlog_alive(f, (NOON + 3600) * SECOND));
	EXPECT(flowlog_alive(f, (NOON + 3660) * SECOND));
	EXPECT(flowlog_alive(f, (NOON + 3000) * SECOND));
	EXPECT(flowlog_alive(f, (NOON + 3060) * SECOND));
	fclose(f);
	EXPECT_INT(gap_at(100, 3661), -1);
	EXPECT_INT(gap_at(1000, 3661), 150);
	EXPECT_INT(gap_at(3500, 3661), 3000);
	/* while no log was written */
	f = log_begin();
	EXPECT(flowlog_started(f, NOON * SECOND, ""));
	EXPECT(flowlog_stopped(f, (NOON + 60) * SECOND, "signal"));
	EXPECT(flowlog_started(f, (NOON + 20) * SECOND, ""));
	EXPECT(flowlog_alive(f, (NOON + 100) * SECOND));
	fclose(f);
	EXPECT_INT(gap_at(10, 101), -1);
	EXPECT_INT(gap_at(30, 101), 20);
	EXPECT_INT(gap_at(70, 101), -1);
}

/* What was rotated away goes on in the next file, unless it ended there */
static void gap_of_files(void)
{
	struct flow_query q = query(15);
	struct flow_cover cover = {};
	struct flow_gap gap;
	char line[3][128];
	unsigned int i;

	for (i = 0; i < 3; i++)
		snprintf(line[i], sizeof(line[i]),
			 "{\"TimeGenerated\":\"2026-11-29T12:00:%02u.000Z\",\"EventType\":\"%s\"}",
			 i * 10, i == 1 ? "stopped" : "alive");
	/* the newer file is read first */
	flow_cover_line(&cover, line[2]);
	flow_cover_end(&cover);
	flow_cover_line(&cover, line[0]);
	flow_cover_end(&cover);
	EXPECT(!flow_gap_find(&cover, &q, q.to, &gap));
	flow_cover_line(&cover, line[0]);
	flow_cover_line(&cover, line[1]);
	flow_cover_end(&cover);
	EXPECT(flow_gap_find(&cover, &q, q.to, &gap));
	EXPECT_INT(gap.to / SECOND - NOON, 20);
	flow_cover_free(&cover);
	/* in the middle a file was deleted */
	snprintf(line[2], sizeof(line[2]), "{\"TimeGenerated\":\"2026-11-29T12:10:00.000Z\",%s",
		 "\"EventType\":\"alive\"}");
	flow_cover_line(&cover, line[0]);
	flow_cover_end(&cover);
	flow_cover_line(&cover, line[2]);
	flow_cover_end(&cover);
	EXPECT(flow_gap_find(&cover, &q, q.to, &gap));
	EXPECT_INT(gap.from / SECOND - NOON, 0);
	EXPECT_INT(gap.to / SECOND - NOON, 600);
	flow_cover_free(&cover);
	/* an empty log tells nothing */
	EXPECT(flow_gap_find(&cover, &q, q.to, &gap));
}

static void compressed(void)
{
	gzFile gz;
	char line[4096];
	FILE *f = log_begin();

	log_add(f, WATCH_OPENED, 101, "192.0.2.80", 0, 0);
	fclose(f);
	f = fopen(file, "r");
	EXPECT(f && fgets(line, sizeof(line), f));
	fclose(f);
	gz = gzopen(file, "w");
	gzputs(gz, line);
	gzclose(gz);
	EXPECT_INT(found_at(3), 101);
}

/* Whoever can write the log can write anything into it */
static void bad_lines(void)
{
	static const char known[] =
		"\"NatGatewayIp\":\"203.0.113.10\",\"NatGatewayPort\":23817,";
	static const char *const bad[] = {
		"{%s", "{%s}", "[%s", "{%s\"EventType\":7}", "{%s\"EventType\":\"opened\"}",
		"{%s\"EventType\":\"opened\",\"TimeGenerated\":\"yesterday\"}",
		"{%s\"EventType\":\"closed\",\"TimeGenerated\":\"2026-11-29T12:00:00.000Z\"}",
		"{%s\"EventType\":\"closed\",\"TimeGenerated\":\"2026-11-29T12:00:00.000Z\",\"StartTime\":[]}",
		"%s",
	};
	struct flow_query q = query(1);
	struct flows found = {};
	char line[512];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(line, sizeof(line), bad[i], known);
		EXPECT(!flows_line(&found, &q, line));
	}
	EXPECT(!flows_line(&found, &q, "nonsense"));
	EXPECT(!flows_line(&found, &q, ""));
	/* a line without its names is one all the same */
	snprintf(line, sizeof(line), "{%s%s", known,
		 "\"EventType\":\"opened\",\"TimeGenerated\":\"2026-11-29T12:00:00.000Z\"}");
	EXPECT(flows_line(&found, &q, line));
	EXPECT_INT(found.n, 1);
	flows_free(&found);
}

static long long moment(const char *text)
{
	struct parse_error err;
	uint64_t from, to;

	/* "now" is 14:00:00 */
	if (!flow_time_parse(text, (NOON + 7200) * SECOND, &from, &to, &err))
		return -1;
	EXPECT_INT(to - from + 1, strchr(text, '.') ? SECOND / 1000 : SECOND);
	return (long long)(from / (SECOND / 1000)) - (long long)NOON * 1000;
}

/* Lines are not made by jansson, but read by it */
static void lines_are_json(void)
{
	static const char *const names[] = { "gw1", "\"\\", "gw1" };
	struct watched w = {
		.event = event(WATCH_CLOSED, 101, "192.0.2.80", NOON * SECOND, NOON * SECOND),
		.subnet = "", .vnet = "default",
	};
	FILE *f = log_begin();
	json_t *line;
	int i;

	w.event.proto = 250;
	w.event.flags = NATGW_EVENT_FLAG_COUNTED;
	w.event.bytes_in = INT64_MAX;
	for (i = 0; i < 3; i++) {
		w.gateway = names[i];
		EXPECT(flowlog_session(f, &w));
	}
	f = freopen(file, "r", f);
	for (i = 0; f && i < 3; i++) {
		line = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL);
		EXPECT_STR(json_string_value(json_object_get(line, "NatGateway")), names[i]);
		EXPECT_INT(json_integer_value(json_object_get(line, "Protocol")), 250);
		EXPECT_INT(json_integer_value(json_object_get(line, "BytesReceived")), INT64_MAX);
		json_decref(line);
	}
	EXPECT(f && !fclose(f) && i == 3);
}

static void times(void)
{
	static const char *const bad[] = {
		"", "12", "12:00", "12:00:01x", "2026-11-29", "2026-11-29T12:00:01+01:00x",
		"12:00:01.5", "12:00:01.1234", "2026-13-40 12:00:01", "Z", "2026-02-31T12:00:01Z",
	};
	size_t i;

	setenv("TZ", "UTC", 1);
	tzset();
	EXPECT_INT(moment("2026-11-29T12:00:01Z"), 1000);
	EXPECT_INT(moment("2026-11-29T12:00:01.250Z"), 1250);
	EXPECT_INT(moment("2026-11-29 13:00:01.250 +0100"), 1250);
	EXPECT_INT(moment("2026-11-28T23:30:01-12:30"), 1000);
	EXPECT_INT(moment("2026-11-29 12:00:01"), 1000);
	EXPECT_INT(moment("12:00:01"), 1000);
	/* not over yet today */
	EXPECT_INT(moment("15:00:00"), (3 - 24) * 3600 * 1000LL);
	setenv("TZ", "CET-1", 1);
	tzset();
	EXPECT_INT(moment("2026-11-29 13:00:01"), 1000);
	EXPECT_INT(moment("13:00:01"), 1000);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_INT(moment(bad[i]), -1);
}

/* What @text is, in UTC, at a moment of UTC; or the beginning of the sentence that refuses it */
static const char *moment_at(const char *now_text, const char *text)
{
	static struct parse_error err;
	static char buf[WATCH_TIME_TEXT];
	uint64_t now, from, to;

	EXPECT(flow_stamp_parse(now_text, &now));
	if (flow_time_parse(text, now, &from, &to, &err))
		return watch_time_text(buf, from);
	err.text[strcspn(err.text, ",")] = 0;
	return err.text;
}

/* On 29 March clocks go from 02:00 to 03:00, on 25 October from 03:00 to 02:00 */
static void clock_changes(void)
{
	static const char spring[] = "2026-03-29T10:00:00.000Z";

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	EXPECT_STR(moment_at(spring, "15:00:00"), "2026-03-28T14:00:00.000Z");
	EXPECT_STR(moment_at(spring, "01:59:59"), "2026-03-29T00:59:59.000Z");
	EXPECT_STR(moment_at(spring, "03:00:00"), "2026-03-29T01:00:00.000Z");
	EXPECT_STR(moment_at(spring, "02:30:00"), "clocks did not show it");
	EXPECT_STR(moment_at(spring, "2026-03-29 02:30:00"), "clocks did not show it");
	EXPECT_STR(moment_at(spring, "2026-03-29T02:30:00+01:00"), "2026-03-29T01:30:00.000Z");
	EXPECT_STR(moment_at("2026-10-25T12:00:00.000Z", "15:00:00"), "2026-10-24T13:00:00.000Z");
	EXPECT_STR(moment_at("2026-10-25T12:00:00.000Z", "02:30:00"), "clocks showed it twice");
	EXPECT_STR(moment_at("2026-10-26T12:00:00.000Z", "2026-10-25T02:30:00"),
		   "clocks showed it twice");
	/* once so far */
	EXPECT_STR(moment_at("2026-10-25T00:45:00.000Z", "02:30:00"), "2026-10-25T00:30:00.000Z");
	EXPECT_STR(moment_at("2026-10-25T00:15:00.000Z", "02:30:00"), "2026-10-24T00:30:00.000Z");
	/* another day than here */
	EXPECT_STR(moment_at("2026-11-28T23:30:00.000Z", "23:00:00Z"), "2026-11-28T23:00:00.000Z");
	EXPECT_STR(moment_at("2026-11-28T23:30:00.000Z", "23:45:00Z"), "2026-11-27T23:45:00.000Z");
	/* of that year, by half an hour, in a zone that has no summer */
	setenv("TZ", "Asia/Pyongyang", 1);
	tzset();
	if (!access("/usr/share/zoneinfo/Asia/Pyongyang", R_OK))
		EXPECT_STR(moment_at(spring, "2018-05-04 23:45:00"), "clocks did not show it");
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(spans_the_time),
		KTAP_TEST(several_share_it),
		KTAP_TEST(not_in_order),
		KTAP_TEST(lives_again),
		KTAP_TEST(restored),
		KTAP_TEST(end_unseen),
		KTAP_TEST(not_found_running),
		KTAP_TEST(end_lost),
		KTAP_TEST(end_not_told),
		KTAP_TEST(read_twice),
		KTAP_TEST(only_what_is_asked_for),
		KTAP_TEST(gaps),
		KTAP_TEST(clock_set_back),
		KTAP_TEST(clock_set_forward),
		KTAP_TEST(silence_in_a_file),
		KTAP_TEST(gap_of_files),
		KTAP_TEST(compressed),
		KTAP_TEST(bad_lines),
		KTAP_TEST(lines_are_json),
		KTAP_TEST(times),
		KTAP_TEST(clock_changes),
	};
	int ret;

	close(mkstemp(file));
	ret = ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
	unlink(file);
	return ret;
}
