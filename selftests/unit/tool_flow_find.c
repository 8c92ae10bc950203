// SPDX-License-Identifier: GPL-2.0
/* Who is found in the flow log, of lines that the tool wrote: flowlog.c, flowlog_find.c, ... */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <zlib.h>

#include "flow_found.h"
#include "flowlog.h"
#include "ktap.h"
#include "object.h"
#include "watch.h"

const struct object *const objects[] = { NULL };

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
		KTAP_TEST(read_twice),
		KTAP_TEST(only_what_is_asked_for),
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
