// SPDX-License-Identifier: GPL-2.0
/* What the screen of top looks like: lines of text, whoever prints them. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "top.h"

#define GAUGE_LEAST	14
#define GAUGE_MOST	42
#define EVENTS_LEAST	3

static struct top_line *line_add(struct top_frame *f)
{
	struct top_line *line;

	if (f->n == f->height)
		return NULL;
	line = &f->lines[f->n++];
	memset(line, 0, sizeof(*line));
	memset(line->text, ' ', f->width);
	return line;
}

/* Return: the column behind it */
static unsigned int put(const struct top_frame *f, struct top_line *line, unsigned int at,
			enum top_attr attr, const char *text)
{
	for (; line && *text && at < f->width; at++, text++) {
		/* one column each, and nothing that a terminal acts on */
		line->text[at] = *text >= ' ' && *text <= '~' ? *text : '?';
		line->attr[at] = attr;
	}
	return at;
}

__printf(5, 6)
static unsigned int put_format(const struct top_frame *f, struct top_line *line, unsigned int at,
			       enum top_attr attr, const char *format, ...)
{
	char text[TOP_WIDTH + 1];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return put(f, line, at, attr, text);
}

static void paint(const struct top_frame *f, struct top_line *line, enum top_attr attr)
{
	if (line)
		memset(line->attr, attr, f->width);
}

/*
 * The tables
 */

/**
 * struct shape - which columns of a table are shown
 * @width:	of each, 0: not shown
 */
struct shape {
	unsigned int width[TOP_COLUMNS];
};

static unsigned int shape_width(const struct shape *shape, unsigned int n)
{
	unsigned int i, width = 0;

	for (i = 0; i < n; i++)
		if (shape->width[i])
			width += shape->width[i] + 2;
	return width;
}

static void shape_make(struct shape *shape, const struct top_grid *g, unsigned int first,
		       unsigned int rows, unsigned int room)
{
	unsigned int i, k, len, spare, gauge = TOP_COLUMNS;
	char buf[TOP_CELL];

	for (i = 0; i < g->n_columns; i++) {
		shape->width[i] = strlen(g->columns[i].title);
		if (g->columns[i].shape == TOP_GAUGE) {
			shape->width[i] = GAUGE_LEAST;
			gauge = i;
			continue;
		}
		/* Rates and times have room to grow, so that columns stay where they are */
		if (g->columns[i].shape != TOP_TEXT && shape->width[i] < 6)
			shape->width[i] = 6;
		for (k = first; k < g->n && k < first + rows; k++) {
			len = strlen(top_value(buf, &g->columns[i], &g->rows[k].cell[i]));
			if (len > shape->width[i])
				shape->width[i] = len;
		}
	}
	while (shape_width(shape, g->n_columns) > room + 2) {
		spare = 0;
		for (i = 0; i < g->n_columns; i++)
			if (shape->width[i] && g->columns[i].spare > spare)
				spare = g->columns[i].spare;
		if (!spare)
			break;
		for (i = 0; i < g->n_columns; i++)
			if (g->columns[i].spare == spare)
				shape->width[i] = 0;
	}
	len = shape_width(shape, g->n_columns);
	if (gauge < TOP_COLUMNS && len < room + 2) {
		shape->width[gauge] += room + 2 - len;
		if (shape->width[gauge] > GAUGE_MOST)
			shape->width[gauge] = GAUGE_MOST;
	}
}

/* "[||||||||      52%]" */
static void put_gauge(const struct top_frame *f, struct top_line *line, unsigned int at,
		      unsigned int width, const struct top_cell *cell, bool near, bool selected)
{
	enum top_attr attr = near ? TOP_BAD : cell->value >= 60 ? TOP_WARN : TOP_GOOD;
	unsigned int inner = width - 2, bar, i;
	char number[8];

	if (selected)
		attr = TOP_SELECTED;
	put(f, line, at, selected ? attr : TOP_NORMAL, "[");
	bar = cell->known ? (cell->value > 100 ? 100 : cell->value) * inner / 100 : 0;
	/* Something is used: show it */
	if (cell->known && cell->value && !bar)
		bar = 1;
	for (i = 0; i < bar; i++)
		put(f, line, at + 1 + i, attr, "|");
	snprintf(number, sizeof(number), "%3u%%", (unsigned int)cell->value % 1000);
	if (cell->known)
		put(f, line, at + 1 + inner - strlen(number), attr, number);
	put(f, line, at + width - 1, selected ? attr : TOP_NORMAL, "]");
}

static void put_row(const struct top_frame *f, const struct top_grid *g, const struct shape *shape,
		    struct top_line *line, const struct top_row *row, bool selected)
{
	enum top_attr attr = selected ? TOP_SELECTED : row->near ? TOP_BOLD : TOP_NORMAL;
	const char *text;
	char buf[TOP_CELL];
	unsigned int i, at = 0, pad;

	if (!line)
		return;
	if (selected)
		paint(f, line, TOP_SELECTED);
	for (i = 0; i < g->n_columns; i++) {
		if (!shape->width[i])
			continue;
		text = top_value(buf, &g->columns[i], &row->cell[i]);
		pad = g->columns[i].shape == TOP_TEXT || strlen(text) > shape->width[i] ? 0 :
			shape->width[i] - strlen(text);
		if (g->columns[i].shape == TOP_GAUGE && row->cell[i].known)
			put_gauge(f, line, at, shape->width[i], &row->cell[i], row->near, selected);
		else
			put(f, line, at + pad, attr, text);
		at += shape->width[i] + 2;
	}
}

static void put_heading(const struct top_frame *f, const struct top_grid *g,
			const struct shape *shape, struct top_line *line, bool focus)
{
	unsigned int i, at = 0, pad, len;

	for (i = 0; line && i < g->n_columns; i++) {
		if (!shape->width[i])
			continue;
		len = strlen(g->columns[i].title);
		pad = g->columns[i].shape == TOP_TEXT || g->columns[i].shape == TOP_GAUGE ||
			len > shape->width[i] ? 0 : shape->width[i] - len;
		put_format(f, line, at + pad, TOP_HEAD, "%.*s", (int)shape->width[i],
			   g->columns[i].title);
		at += shape->width[i] + 2;
	}
	/* The one that keys go to, and what it is sorted by, can be seen without colours, too */
	for (i = 0, at = 0; line && focus && i < g->sort; i++)
		at += shape->width[i] ? shape->width[i] + 2 : 0;
	if (line && focus && shape->width[g->sort]) {
		at += shape->width[g->sort];
		put(f, line, at, TOP_HEAD, g->ascending ? "^" : "v");
	}
}

/* Rows of a table with its heading; @rows: room below that */
static void put_table(struct top_frame *f, const struct top_data *d, struct top_state *s,
		      enum top_table table, unsigned int rows)
{
	const struct top_grid *g = &d->grid[table];
	bool focus = !s->batch && s->table == table;
	unsigned int *first = &s->first[table], *row = &s->row[table], i;
	struct shape shape;

	if (*row >= g->n)
		*row = g->n ? g->n - 1 : 0;
	if (*first > *row)
		*first = *row;
	if (rows && *row >= *first + rows)
		*first = *row - rows + 1;
	if (g->n <= rows)
		*first = 0;
	shape_make(&shape, g, *first, rows, f->width);
	put_heading(f, g, &shape, line_add(f), focus);
	for (i = *first; i < g->n && i < *first + rows; i++)
		put_row(f, g, &shape, line_add(f), &g->rows[i], focus && i == *row);
}

/*
 * The screen
 */

static void put_title(struct top_frame *f, const struct top_data *d, const struct top_state *s)
{
	struct top_line *line = line_add(f);
	char now[16], rates[6][TOP_CELL];
	const struct top_column column = { .shape = TOP_RATE };
	struct tm tm;
	struct top_cell cell = { .known = true };
	unsigned int at, i;

	strftime(now, sizeof(now), "%H:%M:%S", localtime_r(&d->now, &tm));
	at = put(f, line, 0, TOP_BOLD, "natgw top");
	at = put_format(f, line, at, TOP_NORMAL, "  %s  ", now);
	at = put_format(f, line, at, d->sessions_max && d->sessions >= d->sessions_max -
			d->sessions_max / 10 ? TOP_BAD : TOP_NORMAL, "%u", d->sessions);
	at = put_format(f, line, at, TOP_NORMAL, " of %u sessions  every %gs", d->sessions_max,
			s->interval);
	if (s->paused)
		at = put(f, line, at, TOP_WARN, "  paused");
	if (d->lost)
		put(f, line, at, TOP_WARN, "  events were lost");

	for (i = 0; i < 6; i++) {
		cell.value = d->sum[i];
		top_value(rates[i], &column, &cell);
	}
	line = line_add(f);
	at = put_format(f, line, 0, TOP_NORMAL, "%s new/s  ", rates[0]);
	at = put_format(f, line, at, d->sum[1] ? TOP_BAD : TOP_NORMAL, "%s refused/s", rates[1]);
	put_format(f, line, at, TOP_NORMAL, "  out %s pkt/s %sbit/s  in %s pkt/s %sbit/s", rates[2],
		   rates[4], rates[3], rates[5]);
}

/* "gateway gw1 > 203.0.113.1 > tcp 198.51.100.7:443" */
static void put_scope(struct top_frame *f, const struct top_state *s)
{
	const struct top_scope *scope = &s->scope;
	struct top_line *line = line_add(f);
	const char *proto = proto_text(scope->proto);
	unsigned int at = 0;

	if (*scope->gateway)
		at = put_format(f, line, at, TOP_BOLD, "gateway %s ", scope->gateway);
	if (*scope->address)
		at = put_format(f, line, at, TOP_BOLD, "> %s ", scope->address);
	if (*scope->src)
		at = put_format(f, line, at, TOP_BOLD, "> host %s ", scope->src);
	if (*scope->dst && scope->dst_port)
		at = put_format(f, line, at, TOP_BOLD, "> %s %s:%u ", proto ? proto : "",
				scope->dst, scope->dst_port);
	else if (*scope->dst)
		at = put_format(f, line, at, TOP_BOLD, "> %s %s ", proto ? proto : "", scope->dst);
	if (s->view == TOP_ONE)
		at = put_format(f, line, at, TOP_BOLD, "%s%s ", at ? "> " : "",
				top_titles[s->table]);
	if (s->typing)
		put_format(f, line, at, TOP_WARN, "filter: %s_", s->filter);
	else if (*s->filter)
		put_format(f, line, at, TOP_WARN, "filter: %s", s->filter);
}

static void put_events(struct top_frame *f, const struct top_data *d, unsigned int rows)
{
	unsigned int n = d->n_events < TOP_EVENTS ? d->n_events : TOP_EVENTS, i;
	const struct top_event *event;
	struct top_line *line;
	char when[16];
	struct tm tm;

	put(f, line_add(f), 0, TOP_HEAD, "EVENTS");
	/* The newest first: it is what somebody looks for */
	for (i = 0; i < n && i < rows; i++) {
		event = &d->events[(d->n_events - 1 - i) % TOP_EVENTS];
		line = line_add(f);
		strftime(when, sizeof(when), "%H:%M:%S", localtime_r(&event->when, &tm));
		put_format(f, line, 0, event->bad ? TOP_BAD : TOP_GOOD, "%s %s", when, event->text);
		/* What has no room goes on below */
		if (f->width > 9 && strlen(event->text) + 9 > f->width && i + 1 < rows) {
			rows--;
			put_format(f, line_add(f), 9, event->bad ? TOP_BAD : TOP_GOOD, "%s",
				   event->text + f->width - 9);
		}
	}
}

/* Rows of a table that there are; lines that say why there are none count */
static unsigned int wanted(const struct top_data *d, enum top_table table)
{
	if (table == TOP_SESSIONS)
		return 0;
	return d->grid[table].n;
}

static void put_overview(struct top_frame *f, const struct top_data *d, struct top_state *s,
			 unsigned int bottom)
{
	unsigned int rows[TOP_TABLES] = {}, events = d->n_events ? EVENTS_LEAST : 0;
	unsigned int left = bottom > f->n ? bottom - f->n : 0, used, i;
	bool more = true, blanks, unknown = !d->walked && d->sessions;

	/* Heading and a row for each, the first ones first; then each gets a row in turn */
	used = left > 12 ? (events ? 1 + events : 0) + unknown : 0;
	for (i = 0; i < TOP_TABLES; i++) {
		if (!wanted(d, i) || used + 2 > left)
			continue;
		rows[i] = 1;
		used += 2;
	}
	while (more && used < left) {
		more = false;
		for (i = 0; i < TOP_TABLES && used < left; i++) {
			if (!rows[i] || rows[i] >= wanted(d, i))
				continue;
			rows[i]++;
			used++;
			more = true;
		}
	}
	blanks = left >= used + TOP_TABLES;
	for (i = 0; i < TOP_TABLES; i++) {
		if (rows[i])
			put_table(f, d, s, i, rows[i]);
		if (rows[i] && blanks)
			line_add(f);
	}
	if (unknown && f->n < bottom) {
		put_format(f, line_add(f), 0, TOP_NORMAL,
			   "%u sessions are too many to count hosts and small destinations: a counts them",
			   d->sessions);
		if (blanks)
			line_add(f);
	}
	if (events && f->n + 1 < bottom)
		put_events(f, d, bottom - f->n - 1);
}

static void put_help(struct top_frame *f)
{
	static const char *const lines[] = {
		"",
		"  Up Down PgUp PgDn   choose a row          Tab      next table",
		"  Enter Right         look into the row     Esc Left back",
		"",
		"    of a gateway: its addresses; of an address: the destinations;",
		"    of a destination or host: its sessions, the first 256",
		"",
		"  s  sort by the next column     r  the other way round",
		"  /  only rows with this text (Esc: all)",
		"  z  all rows of this table, or all tables",
		"  a  count all sessions, however many there are; or not",
		"  p  pause    + -  look more, or less often    space  look now",
		"  q  quit",
		"",
		"  PORTS is how much of what a destination can have is in use: of all addresses,",
		"  of one with pooling paired, of a host's block with preallocated ports.",
		"  FULL IN is how long that lasts if it grows as it did in the last seconds.",
		"  Bold, red: near exhaustion (warn-used of the gateway), or refused just now.",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		put(f, line_add(f), 0, TOP_NORMAL, lines[i]);
}

static void put_keys(struct top_frame *f, const struct top_state *s)
{
	struct top_line *line;

	f->n = f->height - 1;
	line = line_add(f);
	paint(f, line, TOP_SELECTED);
	put(f, line, 0, TOP_SELECTED, s->typing ? " Enter keep this filter  Esc all rows" :
	    s->view == TOP_HELP ? " any key: back" :
	    " Enter look into  Esc back  Tab next table  s sort  / filter  ? help  q quit");
}

/**
 * top_frame_make - draw
 * @f:		frame, its size set
 * @d:		data
 * @s:		where the operator is; rows that are not there any more are left
 */
void top_frame_make(struct top_frame *f, const struct top_data *d, struct top_state *s)
{
	unsigned int bottom;

	if (f->width > TOP_WIDTH)
		f->width = TOP_WIDTH;
	f->lines = out_checked(realloc(f->lines, (f->height + 1) * sizeof(*f->lines)));
	f->n = 0;
	if (!f->height || !f->width)
		return;
	bottom = s->batch ? f->height : f->height - 1;
	put_title(f, d, s);
	put_scope(f, s);
	if (s->view == TOP_HELP)
		put_help(f);
	else if (s->view == TOP_ONE && bottom > f->n + 1)
		put_table(f, d, s, s->table, bottom - f->n - 1);
	else if (s->view == TOP_OVERVIEW)
		put_overview(f, d, s, bottom);
	if (s->batch)
		return;
	while (f->n < f->height)
		line_add(f);
	put_keys(f, s);
}

/** top_frame_free - forget a frame */
void top_frame_free(struct top_frame *f)
{
	free(f->lines);
	f->lines = NULL;
}

static void json_cell(struct out *o, const struct top_column *c, const struct top_cell *cell)
{
	if (!cell->known)
		out_missing(o, c->key);
	else if (c->shape == TOP_TEXT)
		out_word(o, c->key, cell->text);
	else
		out_number(o, c->key, cell->value);
}

/**
 * top_json - one look as an object
 * @o:		output, with OUT_LINE
 * @d:		data
 */
void top_json(struct out *o, const struct top_data *d)
{
	static const char *const sums[] = {
		"new-rate", "refused-rate", "packets-out-rate", "packets-in-rate",
		"bits-out-rate", "bits-in-rate",
	};
	const struct top_event *event;
	unsigned int t, i, k;
	char when[32];
	struct tm tm;

	out_row(o);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&d->now, &tm));
	out_word(o, "time", when);
	out_number(o, "sessions", d->sessions);
	out_number(o, "sessions-max", d->sessions_max);
	for (i = 0; i < ARRAY_SIZE(sums); i++)
		out_number(o, sums[i], d->sum[i]);
	out_word(o, "counted", d->walked ? "all" : "watched");
	for (t = 0; t < TOP_TABLES; t++) {
		if (t == TOP_SESSIONS)
			continue;
		out_array(o, top_keys[t]);
		for (i = 0; i < d->grid[t].n; i++) {
			out_item(o);
			for (k = 0; k < d->grid[t].n_columns; k++)
				json_cell(o, &d->grid[t].columns[k], &d->grid[t].rows[i].cell[k]);
			out_word(o, "near", d->grid[t].rows[i].near ? "on" : "off");
			out_item_end(o);
		}
		out_array_end(o);
	}
	out_array(o, "event");
	for (i = d->n_events > TOP_EVENTS ? d->n_events - TOP_EVENTS : 0; i < d->n_events; i++) {
		event = &d->events[i % TOP_EVENTS];
		out_item(o);
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&event->when, &tm));
		out_word(o, "time", when);
		out_word(o, "text", event->text);
		out_item_end(o);
	}
	out_array_end(o);
	out_row_end(o);
}
