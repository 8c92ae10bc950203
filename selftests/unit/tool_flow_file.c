// SPDX-License-Identifier: GPL-2.0
/*
 * The file of the flow log when it has no room: tools/flowlog_file.c. A limit of the size of files
 * stands for a full disk: a write stops in the middle of a line, as it does there.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl.h"
#include "flowlog.h"
#include "flowlog_file.h"
#include "ktap.h"

const struct object *const objects[] = { NULL };

/** LINES - of one round, each of another length */
#define LINES	12
/* of the log */
#define FILTER	"gateway gw1"
/* the last second of what is in the file */
#define UNTIL	(1000 * FLOWLOG_SECOND)

static char dir[32] = "/tmp/tool_flow_file.XXXXXX";
static char path[64], moved[64];
static const struct ctl ctl;

/* A file system and a user other than those of this test */
static struct statvfs filesystem;
static uid_t user;

int fstatvfs(int fd, struct statvfs *fs)
{
	(void)fd;
	*fs = filesystem;
	return 0;
}

uid_t geteuid(void)
{
	return user;
}

static void limit(rlim_t size)
{
	struct rlimit now;

	getrlimit(RLIMIT_FSIZE, &now);
	now.rlim_cur = size;
	setrlimit(RLIMIT_FSIZE, &now);
}

static void put_line(FILE *f, unsigned int i)
{
	static const char stars[] = "*************************************";

	fprintf(f, "{\"line\":%u,\"text\":\"%.*s\"}\n", i, (int)(i * 7 % sizeof(stars)), stars);
}

/**
 * struct content - of a file
 * @lines:	that are lines of put_line()
 * @last:	number of the last of these, or -1
 * @lost:	what lines "lost" say, summed up
 * @since:	since when, the first of these
 * @filtered:	the first line is "continued", and has the filter
 * @others:	lines that are no whole JSON, and half a line at the end
 */
struct content {
	unsigned int lines;
	int last;
	unsigned int lost;
	char since[32];
	bool filtered;
	unsigned int others;
};

static bool is_text(const json_t *line, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(line, key));

	return value && !strcmp(value, text);
}

static struct content content_of(const char *name)
{
	struct content c = { .last = -1 };
	FILE *f = fopen(name, "r");
	json_t *json, *number;
	const char *since;
	char text[256];
	bool first = true;

	while (f && fgets(text, sizeof(text), f)) {
		json = strchr(text, '\n') ? json_loads(text, 0, NULL) : NULL;
		number = json_object_get(json, "line");
		if (number) {
			c.lines++;
			c.last = json_integer_value(number);
		} else if (json) {
			since = json_string_value(json_object_get(json, "StartTime"));
			if (!c.lost)
				snprintf(c.since, sizeof(c.since), "%s", since ?: "");
			c.lost += json_integer_value(json_object_get(json, "Events"));
		} else {
			c.others++;
		}
		if (first)
			c.filtered = is_text(json, "EventType", "continued") &&
				     is_text(json, "Filter", FILTER);
		first = false;
		json_decref(json);
	}
	if (f)
		fclose(f);
	return c;
}

/* It is not looked for room so soon after the last time: this is another run */
static void open_anew(struct flowlog_file *file)
{
	unlink(path);
	unlink(moved);
	EXPECT_INT(flowlog_file_open(file, path, FILTER), 0);
	file->until = UNTIL;
}

/* Wherever a write ends, lines stay whole, and those that are not there are counted */
static void full_at_each_byte(void)
{
	struct flowlog_file file;
	unsigned int i, each, total;
	struct content c;
	struct stat st;
	rlim_t size;

	open_anew(&file);
	for (i = 0; i < LINES; i++)
		put_line(file.f, i);
	flowlog_file_close(&file);
	EXPECT(!stat(path, &st));
	total = st.st_size;
	/* lines go out one by one, some at a time, or all at once */
	for (each = 1; each <= LINES; each += 4) {
		for (size = 0; size <= total; size++) {
			open_anew(&file);
			limit(size);
			for (i = 0; i < LINES; i++) {
				put_line(file.f, i);
				if (!(i % each))
					fflush(file.f);
			}
			fflush(file.f);
			c = content_of(path);
			EXPECT_INT(c.others, 0);
			EXPECT_INT(c.lines + file.lost, LINES);
			EXPECT_INT(c.last, (int)c.lines - 1);
			EXPECT_INT(!!file.err, size < total);
			EXPECT_INT(flowlog_file_mend(&file, &ctl), 0);
			EXPECT_INT(c.lines + file.lost, LINES);
			limit(RLIM_INFINITY);
			EXPECT_INT(flowlog_file_mend(&file, &ctl), size < total);
			put_line(file.f, LINES);
			EXPECT_INT(flowlog_file_close(&file), 0);
			i = c.lines;
			c = content_of(path);
			EXPECT_INT(c.others, 0);
			EXPECT_INT(c.lines, i + 1);
			EXPECT_INT(c.last, LINES);
			EXPECT_INT(c.lost, LINES - i);
			EXPECT_STR(c.since, c.lost ? "1970-01-01T00:16:40.000Z" : "");
		}
	}
}

/* More than the buffer, so that a line stands in two writes */
static void long_log(void)
{
	struct flowlog_file file;
	struct content c;
	unsigned int i;

	open_anew(&file);
	limit(300001);
	for (i = 0; i < 20000; i++)
		put_line(file.f, i);
	fflush(file.f);
	c = content_of(path);
	EXPECT_INT(c.others, 0);
	EXPECT(c.lines > 1000);
	EXPECT_INT(c.lines + file.lost, 20000);
	limit(RLIM_INFINITY);
	EXPECT_INT(flowlog_file_close(&file), EFBIG);
	EXPECT_INT(c.lines + file.lost, 20000);
}

/* It is rotated while lines wait in the buffer */
static void rotated(void)
{
	struct flowlog_file file;
	struct content c;

	open_anew(&file);
	put_line(file.f, 1);
	put_line(file.f, 2);
	rename(path, moved);
	flowlog_file_reopen(&file);
	put_line(file.f, 3);
	/* nobody has moved it: no line in between */
	flowlog_file_reopen(&file);
	put_line(file.f, 4);
	EXPECT_INT(flowlog_file_close(&file), 0);
	c = content_of(moved);
	EXPECT_INT(c.lines, 2);
	EXPECT_INT(c.others, 0);
	EXPECT(!c.filtered);
	c = content_of(path);
	EXPECT_INT(c.lines, 2);
	EXPECT_INT(c.last, 4);
	EXPECT(c.filtered);
	EXPECT_INT(c.others, 0);
}

/* The new file cannot be made, and then it can */
static void no_new_file(void)
{
	char aside[80];
	struct flowlog_file file;
	struct content c;

	open_anew(&file);
	put_line(file.f, 1);
	snprintf(aside, sizeof(aside), "%s.aside", dir);
	rename(dir, aside);
	flowlog_file_reopen(&file);
	EXPECT_INT(file.err, ENOENT);
	put_line(file.f, 2);
	put_line(file.f, 3);
	EXPECT_INT(flowlog_file_retry(&file, &ctl), 0);
	EXPECT_INT(file.lost, 2);
	rename(aside, dir);
	/* not looked for so soon */
	EXPECT_INT(flowlog_file_retry(&file, &ctl), 0);
	file.tried -= FLOWLOG_RETRY_MS * 1000000ULL;
	EXPECT_INT(flowlog_file_retry(&file, &ctl), 1);
	put_line(file.f, 4);
	EXPECT_INT(flowlog_file_close(&file), 0);
	c = content_of(path);
	EXPECT_INT(c.lines, 2);
	EXPECT_INT(c.lost, 2);
	EXPECT_INT(c.others, 0);
}

/* It is rotated while there is no room: the new file says what it goes on with when there is */
static void rotated_without_room(void)
{
	struct flowlog_file file;
	struct content c;

	open_anew(&file);
	put_line(file.f, 1);
	limit(0);
	put_line(file.f, 2);
	fflush(file.f);
	rename(path, moved);
	flowlog_file_reopen(&file);
	put_line(file.f, 3);
	EXPECT_INT(flowlog_file_mend(&file, &ctl), 0);
	EXPECT_INT(file.lost, 3);
	limit(RLIM_INFINITY);
	EXPECT_INT(flowlog_file_mend(&file, &ctl), 1);
	put_line(file.f, 4);
	EXPECT_INT(flowlog_file_close(&file), 0);
	c = content_of(path);
	EXPECT_INT(c.lines, 1);
	EXPECT_INT(c.lost, 3);
	EXPECT(c.filtered);
	EXPECT_INT(c.others, 0);
}

/* There is none for the line that says what the new file goes on with: it is said later */
static void full_when_rotated(void)
{
	struct flowlog_file file;
	struct content c;

	open_anew(&file);
	put_line(file.f, 1);
	fflush(file.f);
	rename(path, moved);
	limit(10);
	flowlog_file_reopen(&file);
	EXPECT_INT(file.err, EFBIG);
	EXPECT_INT(file.lost, 0);
	put_line(file.f, 2);
	fflush(file.f);
	limit(RLIM_INFINITY);
	EXPECT_INT(flowlog_file_mend(&file, &ctl), 1);
	put_line(file.f, 3);
	EXPECT_INT(flowlog_file_close(&file), 0);
	c = content_of(path);
	EXPECT(c.filtered);
	EXPECT_INT(c.lines, 1);
	EXPECT_INT(c.lost, 1);
	EXPECT_INT(c.others, 0);
}

/* What a loss of power has left is no part of a line that follows */
static void half_a_line(void)
{
	struct flowlog_file file;
	struct content c;
	FILE *f = fopen(path, "w");

	fputs("{\"line\":1}\n{\"li", f);
	fclose(f);
	EXPECT_INT(flowlog_file_open(&file, path, FILTER), 0);
	put_line(file.f, 2);
	EXPECT_INT(flowlog_file_close(&file), 0);
	c = content_of(path);
	EXPECT_INT(c.lines, 2);
	EXPECT_INT(c.others, 1);
	/* another program has written it, and it is opened anew */
	open_anew(&file);
	rename(path, moved);
	f = fopen(path, "w");
	fputs("{\"li", f);
	fclose(f);
	flowlog_file_reopen(&file);
	put_line(file.f, 3);
	EXPECT_INT(flowlog_file_close(&file), 0);
	c = content_of(path);
	EXPECT_INT(c.lines, 1);
	EXPECT_INT(c.others, 1);
}

/* What is no file is as full as it is, and there is nothing to cut off */
static void device(void)
{
	struct flowlog_file file;

	EXPECT_INT(flowlog_file_open(&file, "/dev/full", FILTER), 0);
	put_line(file.f, 1);
	fflush(file.f);
	EXPECT_INT(flowlog_file_retry(&file, &ctl), 0);
	EXPECT_INT(file.err, ENOSPC);
	put_line(file.f, 2);
	EXPECT_INT(flowlog_file_close(&file), ENOSPC);
	EXPECT_INT(file.lost, 2);
	EXPECT_INT(flowlog_file_open(&file, "/nowhere/file", FILTER), ENOENT);
}

/* What is free may be reserved for root: then root has room, and others have none */
static void reserve_of_root(void)
{
	struct flowlog_file file;

	filesystem = (struct statvfs){ .f_frsize = 4096, .f_blocks = 1 << 20, .f_bfree = 1000 };
	for (user = 0; user < 2; user++) {
		open_anew(&file);
		file.err = ENOSPC;
		EXPECT_INT(flowlog_file_mend(&file, &ctl), !user);
		filesystem.f_bavail = filesystem.f_bfree;
		EXPECT_INT(flowlog_file_mend(&file, &ctl), user);
		filesystem.f_bavail = 0;
		flowlog_file_close(&file);
	}
	/* none for anybody */
	user = 0;
	filesystem.f_bfree = 1;
	open_anew(&file);
	file.err = ENOSPC;
	EXPECT_INT(flowlog_file_mend(&file, &ctl), 0);
	flowlog_file_close(&file);
}

/* It is said when it begins, and each minute as long as it lasts */
static void said_each_minute(void)
{
	struct flowlog_file file;
	char text[256];
	FILE *f;

	open_anew(&file);
	file.err = ENOSPC;
	put_line(file.f, 1);
	EXPECT(!!freopen(moved, "w", stderr));
	EXPECT_INT(flowlog_file_retry(&file, &ctl), 0);
	fflush(file.f);
	EXPECT_INT(flowlog_file_retry(&file, &ctl), 0);
	file.said -= 61 * FLOWLOG_SECOND;
	EXPECT_INT(flowlog_file_retry(&file, &ctl), 0);
	EXPECT_INT(flowlog_file_retry(&file, &ctl), 0);
	EXPECT(!!freopen("/dev/null", "w", stderr));
	EXPECT_INT(flowlog_file_close(&file), ENOSPC);
	f = fopen(moved, "r");
	EXPECT(f && fgets(text, sizeof(text), f) && strstr(text, ": lines are left out until"));
	EXPECT(f && fgets(text, sizeof(text), f) && strstr(text, ": 1 lines were left out so far"));
	EXPECT(f && !fgets(text, sizeof(text), f));
	if (f)
		fclose(f);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(full_at_each_byte), KTAP_TEST(long_log), KTAP_TEST(rotated),
		KTAP_TEST(no_new_file), KTAP_TEST(rotated_without_room),
		KTAP_TEST(full_when_rotated),
		KTAP_TEST(half_a_line), KTAP_TEST(device),
		KTAP_TEST(reserve_of_root), KTAP_TEST(said_each_minute),
	};
	int ret;

	/* of a limit that is reached */
	signal(SIGXFSZ, SIG_IGN);
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/flow.log", dir);
	snprintf(moved, sizeof(moved), "%s/flow.log.1", dir);
	/* it says each time that there is room, or none */
	if (!freopen("/dev/null", "w", stderr))
		return 1;
	ret = ktap_run(tests, ARRAY_SIZE(tests));
	unlink(path);
	unlink(moved);
	rmdir(dir);
	return ret;
}
