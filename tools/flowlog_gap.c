// SPDX-License-Identifier: GPL-2.0
/*
 * Of which time a flow log tells: from its lines "started", "stopped", "lost" and "clock", and from
 * the times of the others. Pure functions, also compiled by selftests/unit.
 *
 * The log is written from a line "started" to a line "stopped". If the latter is missing, because
 * the machine or the program died, nothing is known from the last line on: while the log is
 * written that is FLOWLOG_ALIVE seconds old at most. A file that does not begin with "started"
 * goes on with what was rotated away in front of it, unless a file between them is missing; its
 * line "continued" repeats by what filters the log is limited.
 *
 * All times are those that the machine's clock showed. Where somebody set it back, a time was there
 * twice; where it was set forward, times in between were not there, and what happened then by a
 * better clock is in the log under earlier ones. Who asks for such a time must be told.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "flowlog.h"

/* Each line begins with it, then has the time, and what it tells of */
#define STAMP_KEY	"{\"TimeGenerated\":\""
/** SILENCE - ns from a line to the next, beyond which the log was not written, or is missing */
#define SILENCE		(2 * FLOWLOG_ALIVE * FLOWLOG_SECOND)
#define TYPE_KEY	"\",\"EventType\":\""
/* 2026-11-29T12:00:01.123Z; stamps compare as text does */
#define STAMP_LEN	24
/* and are in the same minute if so much of them is the same */
#define MINUTE_LEN	17
/* Why nobody knows what happened */
#define CLOCK_SET	"the clock was set"
/** COARSE - ns by which the kernel's time of an event may be behind a clock that is read */
#define COARSE		(FLOWLOG_SECOND / 10)

/* Order of marks at one moment: a file may have one line */
enum {
	MARK_GOES_ON,	/* no line in front of it says that the log began */
	MARK_STARTS,
	MARK_TELLS,	/* the log goes on, and tells of all that runs */
	MARK_BREAKS,	/* no line comes behind it */
	MARK_STOPS,	/* by a line that says so */
};

static bool stamp_parse(const char *stamp, uint64_t *time)
{
	char text[STAMP_LEN + 1];

	memcpy(text, stamp, STAMP_LEN);
	text[STAMP_LEN] = 0;
	return flow_stamp_parse(text, time);
}

static void mark_add(struct flow_cover *cover, const char *stamp, int kind)
{
	struct flow_mark *marks = realloc(cover->marks, (cover->n + 1) * sizeof(*marks));
	uint64_t time;

	if (!marks)
		abort();
	cover->marks = marks;
	cover->sorted = false;
	if (stamp_parse(stamp, &time))
		marks[cover->n++] = (struct flow_mark){
			.time = time, .kind = kind, .filtered = cover->limited,
			.unsaid = !cover->said };
}

static void lost_add(struct flow_cover *cover, struct flow_gap gap)
{
	struct flow_gap *lost = realloc(cover->lost, (cover->n_lost + 1) * sizeof(*lost));

	if (!lost)
		abort();
	cover->lost = lost;
	lost[cover->n_lost++] = gap;
}

static void set_back_add(struct flow_cover *cover, uint64_t to, uint64_t from)
{
	lost_add(cover, (struct flow_gap){
		.from = to, .to = from, .why = CLOCK_SET, .set = true });
}

/* A line that tells of the time between its StartTime and its own, whichever is later */
static void line_add(struct flow_cover *cover, const char *line, bool set)
{
	json_t *json = json_loads(line, 0, NULL);
	uint64_t start, time;

	if (flow_stamp_parse(json_string_value(json_object_get(json, "TimeGenerated")), &time)) {
		/* of an older version: its moment alone is known */
		if (!flow_stamp_parse(json_string_value(json_object_get(json, "StartTime")),
				      &start))
			start = time - FLOWLOG_SECOND;
		lost_add(cover, (struct flow_gap){
			.from = start < time ? start : time, .to = start < time ? time : start,
			.why = set ? CLOCK_SET : "events were lost", .set = set,
			.unwritten = json_object_get(json, "Reason") });
	}
	json_decref(json);
}

/*
 * If between the line before and this one there is more time than a log lets pass, it was not
 * written, or the clock was set; back in time that is certain.
 */
static void look_for_step(struct flow_cover *cover, const char *stamp)
{
	uint64_t before, now;
	bool back;

	/* nearly always */
	if (!memcmp(cover->last, stamp, MINUTE_LEN))
		return;
	if (!stamp_parse(cover->last, &before) || !stamp_parse(stamp, &now))
		return;
	back = now < before;
	if ((back ? before - now : now - before) <= SILENCE)
		return;
	mark_add(cover, cover->last, MARK_BREAKS);
	mark_add(cover, stamp, MARK_GOES_ON);
	if (back)
		set_back_add(cover, now, before);
	memcpy(cover->last, stamp, STAMP_LEN);
}

/* A line says whether there is a filter */
static void limited_by(struct flow_cover *cover, bool filtered)
{
	cover->limited = filtered;
	cover->said = true;
}

/* A line that says that the log begins */
static void begin(struct flow_cover *cover, const char *stamp, bool filtered)
{
	uint64_t before, now;

	/* before it was begun, the clock was set back */
	if (memcmp(cover->last, stamp, STAMP_LEN) > 0 && stamp_parse(cover->last, &before) &&
	    stamp_parse(stamp, &now))
		set_back_add(cover, now, before);
	flow_cover_end(cover);
	limited_by(cover, filtered);
	mark_add(cover, stamp, MARK_STARTS);
	cover->open = true;
}

/* @type: rest of a line from its EventType on */
static bool is_type(const char *type, const char *word)
{
	const size_t len = strlen(word);

	return !strncmp(type, word, len) && type[len] == '"';
}

static bool has_filter(const char *type)
{
	return strstr(type, "\"Filter\":");
}

/**
 * flow_cover_line - look at a line of a file
 * @cover:	of the files so far, and of this one so far
 * @line:	line
 */
void flow_cover_line(struct flow_cover *cover, const char *line)
{
	const char *stamp = line + sizeof(STAMP_KEY) - 1, *type;

	if (strncmp(line, STAMP_KEY, sizeof(STAMP_KEY) - 1) || strlen(stamp) < STAMP_LEN)
		return;
	type = stamp + STAMP_LEN;
	type = strncmp(type, TYPE_KEY, sizeof(TYPE_KEY) - 1) ? "" : type + sizeof(TYPE_KEY) - 1;
	if (is_type(type, "continued"))
		limited_by(cover, has_filter(type));
	if (is_type(type, "started")) {
		begin(cover, stamp, has_filter(type));
	} else if (!cover->open) {
		mark_add(cover, stamp, MARK_GOES_ON);
		cover->open = true;
	} else {
		look_for_step(cover, stamp);
	}
	if (memcmp(cover->last, stamp, STAMP_LEN) < 0)
		memcpy(cover->last, stamp, STAMP_LEN);
	if (is_type(type, "stopped")) {
		mark_add(cover, stamp, MARK_STOPS);
		cover->open = false;
	} else if (is_type(type, "lost")) {
		line_add(cover, line, false);
		mark_add(cover, stamp, MARK_TELLS);
	} else if (is_type(type, "clock")) {
		line_add(cover, line, true);
	}
}

/**
 * flow_cover_end - no line comes any more, of this file
 * @cover:	of the files so far
 */
void flow_cover_end(struct flow_cover *cover)
{
	if (cover->open)
		mark_add(cover, cover->last, MARK_BREAKS);
	memset(cover->last, 0, sizeof(cover->last));
	cover->open = false;
	cover->limited = false;
	cover->said = false;
}

static int by_time(const void *a, const void *b)
{
	const struct flow_mark *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->kind - y->kind;
}

/*
 * A file that does not say whether there is a filter, because the one in front of it was copied and
 * then cut off, or by a former version of this tool, is limited as that one is.
 */
static void filters_go_on(struct flow_cover *cover)
{
	bool filtered = false;
	size_t i;

	for (i = 0; i < cover->n; i++) {
		if (cover->marks[i].unsaid)
			cover->marks[i].filtered = filtered;
		filtered = cover->marks[i].filtered;
	}
}

static void marks_sort(struct flow_cover *cover)
{
	if (cover->n && !cover->sorted)
		qsort(cover->marks, cover->n, sizeof(*cover->marks), by_time);
	if (!cover->sorted)
		filters_go_on(cover);
	cover->sorted = true;
}

static bool is_end(const struct flow_mark *mark)
{
	return mark->kind == MARK_STOPS || mark->kind == MARK_BREAKS;
}

static bool tells_of_all(const struct flow_mark *mark)
{
	return mark->kind == MARK_STARTS || mark->kind == MARK_TELLS;
}

/* Could lines be written for some time from @time on? */
static bool written_from(const struct flow_cover *cover, uint64_t time)
{
	size_t i;

	for (i = 0; i < cover->n_lost; i++)
		if (cover->lost[i].unwritten && cover->lost[i].to > time &&
		    cover->lost[i].from < time + FLOWLOG_ALIVE * FLOWLOG_SECOND)
			return false;
	return true;
}

/**
 * flow_cover_told - when did the log tell of all that ran then?
 * @cover:	of all files
 * @time:	ns since 1970
 *
 * A log that begins, or that has lost something, has a line for each session that runs. They take
 * a while, so only one that then was written for some time counts, and only without a filter.
 *
 * Return: when it first began to tell after @time, or 0.
 */
uint64_t flow_cover_told(struct flow_cover *cover, uint64_t time)
{
	const struct flow_mark *mark, *end;
	size_t i;

	marks_sort(cover);
	for (i = 0; i < cover->n; i++) {
		mark = &cover->marks[i];
		if (!tells_of_all(mark) || mark->filtered || mark->time <= time + COARSE)
			continue;
		for (end = mark; end < cover->marks + cover->n && !is_end(end); end++)
			;
		if (end < cover->marks + cover->n &&
		    end->time >= mark->time + FLOWLOG_ALIVE * FLOWLOG_SECOND &&
		    written_from(cover, mark->time))
			return mark->time;
	}
	return 0;
}

static bool falls_into(const struct flow_query *q, const struct flow_gap *gap)
{
	return q->from < gap->to && q->to > gap->from;
}

/* Time that lies between two marks, if the log was not written then */
static bool between(const struct flow_mark *end, const struct flow_mark *begin,
		    struct flow_gap *gap)
{
	*gap = (struct flow_gap){
		.from = end ? end->time : 0,
		.to = begin ? begin->time : UINT64_MAX,
		.why = end ? "nothing was logged" : "the log does not go back that far",
	};
	return !end || !begin || begin->kind == MARK_STARTS || end->kind == MARK_STOPS ||
	       begin->time - end->time > SILENCE;
}

/* Does a time fall into one of a log that is limited by a filter? It is until a log begins anew */
static bool is_limited(const struct flow_cover *cover, const struct flow_query *q,
		       struct flow_gap *gap)
{
	const struct flow_mark *mark, *limited = NULL;
	size_t i;

	*gap = (struct flow_gap){ .why = "sessions were left out by a filter" };
	for (i = 0; i < cover->n; i++) {
		mark = &cover->marks[i];
		if (is_end(mark) || mark->kind == MARK_TELLS)
			continue;
		gap->to = mark->time;
		if (limited && falls_into(q, gap))
			return true;
		limited = mark->filtered ? mark : NULL;
		gap->from = mark->time;
	}
	gap->to = UINT64_MAX;
	return limited && falls_into(q, gap);
}

/**
 * flow_gap_find - does a time fall into a gap of the log?
 * @cover:	of all files
 * @q:		the time
 * @now:	ns since 1970
 * @gap:	the gap
 *
 * Return: it does.
 */
bool flow_gap_find(struct flow_cover *cover, const struct flow_query *q, uint64_t now,
		   struct flow_gap *gap)
{
	const struct flow_mark *end = NULL, *mark;
	unsigned int depth = 0;
	size_t i;

	for (i = 0; i < cover->n_lost; i++) {
		*gap = cover->lost[i];
		if (falls_into(q, gap))
			return true;
	}
	marks_sort(cover);
	if (is_limited(cover, q, gap))
		return true;
	for (i = 0; i < cover->n; i++) {
		mark = &cover->marks[i];
		if (mark->kind == MARK_TELLS)
			continue;
		if (is_end(mark)) {
			depth -= !!depth;
			end = mark;
		} else if (!depth++ && between(end, mark, gap) && falls_into(q, gap)) {
			return true;
		}
	}
	/* a log that is being written: its next line may only be due */
	if (end && end->kind == MARK_BREAKS && now < end->time + SILENCE)
		return false;
	return between(end, NULL, gap) && falls_into(q, gap);
}

/**
 * flow_cover_set - what did the clock show when it was set back?
 * @cover:	of all files
 * @time:	that it had shown before, ns since 1970
 *
 * Return: that; or @time, if nothing says so.
 */
uint64_t flow_cover_set(const struct flow_cover *cover, uint64_t time)
{
	uint64_t shown = time;
	size_t i;

	/* a line says it better than the time of the one in front of it */
	for (i = 0; i < cover->n_lost; i++)
		if (cover->lost[i].set && cover->lost[i].from <= time &&
		    cover->lost[i].to > shown)
			shown = cover->lost[i].to;
	return shown;
}

void flow_cover_free(struct flow_cover *cover)
{
	free(cover->marks);
	free(cover->lost);
	*cover = (struct flow_cover){};
}
