// SPDX-License-Identifier: GPL-2.0
/* What the flow log does not tell, and that it knows so: flowlog_gap.c, flowlog_find.c */
#include <stdlib.h>
#include <unistd.h>

#include "flow_found.h"
#include "flowlog.h"
#include "ktap.h"
#include "object.h"

const struct object *const objects[] = { NULL };

/* --- sessions whose end nobody saw ----------------------------------------------------------- */

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

/* --- times of which it does not tell ---------------------------------------------------------- */

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
	EXPECT(flowlog_clock(f, NOON * SECOND, (NOON + 3605) * SECOND));
	log_add(f, WATCH_CLOSED, 101, "192.0.2.80", 3600, 5);
	log_add(f, WATCH_OPENED, 102, "192.0.2.81", 10, 10);
	log_add(f, WATCH_CLOSED, 102, "192.0.2.81", 10, 12);
	EXPECT(flowlog_lost(f, (NOON + 90) * SECOND, (NOON + 3615) * SECOND, 12, NULL));
	EXPECT(flowlog_alive(f, (NOON + 100) * SECOND));
	fclose(f);
	EXPECT_INT(found_at(3600), 101103);
	EXPECT_INT(found_at(3604), 101103);
	EXPECT_INT(found_at(4000), 103);
	EXPECT_INT(found_at(11), 102);
	/* each of these times was there twice */
	EXPECT_INT(gap_at(11, 101), 0);
	EXPECT_INT(gap_at(3600, 101), 0);
	/* and what was lost began by a clock that was not set yet */
	EXPECT_INT(gap_at(3610, 4000), 90);
	EXPECT_INT(gap_at(3610, 101), 90);
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

/* A filter holds until the log begins anew; each file says so that goes on */
static void limited_by_filter(void)
{
	struct flow_query q = query(15);
	struct flow_cover cover = {};
	struct flow_gap gap;
	FILE *f = log_begin();
	char line[128];

	EXPECT(flowlog_started(f, NOON * SECOND, ""));
	EXPECT(flowlog_stopped(f, (NOON + 10) * SECOND, "signal"));
	EXPECT(flowlog_started(f, (NOON + 10) * SECOND, "gateway gw1"));
	EXPECT(flowlog_alive(f, (NOON + 50) * SECOND));
	EXPECT(flowlog_stopped(f, (NOON + 60) * SECOND, "signal"));
	EXPECT(flowlog_started(f, (NOON + 60) * SECOND, ""));
	EXPECT(flowlog_alive(f, (NOON + 100) * SECOND));
	fclose(f);
	EXPECT_INT(gap_at(5, 101), -1);
	EXPECT_INT(gap_at(30, 101), 10);
	EXPECT_INT(gap_at(80, 101), -1);
	/* what it began with is no longer kept */
	f = log_begin();
	EXPECT(flowlog_continued(f, NOON * SECOND, "gateway gw1"));
	EXPECT(flowlog_lost(f, (NOON + 10) * SECOND, (NOON + 9) * SECOND, 12, NULL));
	EXPECT(flowlog_alive(f, (NOON + 150) * SECOND));
	fclose(f);
	EXPECT_INT(gap_at(15, 151), 0);
	f = log_begin();
	EXPECT(flowlog_continued(f, NOON * SECOND, ""));
	EXPECT(flowlog_alive(f, (NOON + 20) * SECOND));
	fclose(f);
	EXPECT_INT(gap_at(15, 21), -1);
	/* nor is the file in which it ended */
	snprintf(line, sizeof(line), "{\"TimeGenerated\":\"2026-11-29T12:00:00.000Z\",%s",
		 "\"EventType\":\"continued\",\"Filter\":\"gateway gw1\"}");
	flow_cover_line(&cover, line);
	flow_cover_end(&cover);
	flow_cover_line(&cover,
			"{\"TimeGenerated\":\"2026-11-29T12:00:10.000Z\",\"EventType\":\"continued\"}");
	flow_cover_end(&cover);
	EXPECT(!flow_gap_find(&cover, &q, q.to, &gap));
	flow_cover_free(&cover);
}

/* A file that says nothing of a filter goes on as the one before it, whichever is read first */
static void filter_not_repeated(void)
{
	static const char * const lines[] = {
		"{\"TimeGenerated\":\"2026-11-29T12:00:10.000Z\",\"EventType\":\"alive\"}",
		"{\"TimeGenerated\":\"2026-11-29T12:00:20.000Z\",\"EventType\":\"alive\"}",
		"{\"TimeGenerated\":\"2026-11-29T12:00:00.000Z\",\"EventType\":\"started\",\"Filter\":\"gateway gw1\"}",
	};
	struct flow_query q = query(15);
	struct flow_cover cover = {};
	struct flow_gap gap;

	flow_cover_line(&cover, lines[0]);
	flow_cover_line(&cover, lines[1]);
	flow_cover_end(&cover);
	/* nobody knows of one */
	EXPECT(!flow_gap_find(&cover, &q, q.to, &gap));
	flow_cover_line(&cover, lines[2]);
	flow_cover_end(&cover);
	EXPECT(flow_gap_find(&cover, &q, q.to, &gap));
	EXPECT_STR(gap.why, "sessions were left out by a filter");
	/* until a file says that there is none */
	flow_cover_line(&cover,
			"{\"TimeGenerated\":\"2026-11-29T12:00:12.000Z\",\"EventType\":\"continued\"}");
	flow_cover_end(&cover);
	EXPECT(!flow_gap_find(&cover, &q, q.to, &gap));
	flow_cover_free(&cover);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(end_unseen),
		KTAP_TEST(not_found_running),
		KTAP_TEST(end_lost),
		KTAP_TEST(end_not_told),
		KTAP_TEST(gaps),
		KTAP_TEST(clock_set_back),
		KTAP_TEST(clock_set_forward),
		KTAP_TEST(silence_in_a_file),
		KTAP_TEST(gap_of_files),
		KTAP_TEST(limited_by_filter),
		KTAP_TEST(filter_not_repeated),
	};
	int ret;

	close(mkstemp(file));
	ret = ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
	unlink(file);
	return ret;
}
