// SPDX-License-Identifier: GPL-2.0
/* The tables of top: columns, rows in their order, values as text. */
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "top.h"

static const struct top_column gateways[] = {
	{ "GATEWAY", "name", TOP_TEXT, 0 },
	{ "WORKS", "operational", TOP_TEXT, 3 },
	{ "SESSIONS", "sessions", TOP_NUMBER, 0 },
	{ "NEW/S", "new-rate", TOP_RATE, 0 },
	{ "REFUSED/S", "refused-rate", TOP_RATE, 0 },
	{ "PKT/S OUT", "packets-out-rate", TOP_RATE, 5 },
	{ "IN", "packets-in-rate", TOP_RATE, 5 },
	{ "BIT/S OUT", "bits-out-rate", TOP_RATE, 1 },
	{ "IN", "bits-in-rate", TOP_RATE, 1 },
	{ "FULLEST", "filled", TOP_GAUGE, 0 },
	{ "FULL IN", "headroom", TOP_TIME, 2 },
};

static const struct top_column addresses[] = {
	{ "ADDRESS", "address", TOP_TEXT, 0 },
	{ "GATEWAY", "gateway", TOP_TEXT, 3 },
	{ "USED", "used", TOP_NUMBER, 2 },
	{ "FREE", "free", TOP_NUMBER, 0 },
	{ "DESTS", "destinations", TOP_NUMBER, 4 },
	{ "PORTS", "filled", TOP_GAUGE, 0 },
	{ "FULL IN", "headroom", TOP_TIME, 1 },
};

static const struct top_column destinations[] = {
	{ "DESTINATION", "dst", TOP_TEXT, 0 },
	{ "PROTO", "proto", TOP_TEXT, 0 },
	{ "GATEWAY", "gateway", TOP_TEXT, 3 },
	{ "USED", "used", TOP_NUMBER, 0 },
	{ "COOLING", "cooling", TOP_NUMBER, 4 },
	{ "PEAK", "high-water", TOP_NUMBER, 5 },
	{ "HOSTS", "hosts", TOP_NUMBER, 2 },
	{ "PORTS", "filled", TOP_GAUGE, 0 },
	{ "FULL IN", "headroom", TOP_TIME, 1 },
	{ "MOST BY", "src", TOP_TEXT, 6 },
};

static const struct top_column hosts[] = {
	{ "HOST", "src", TOP_TEXT, 0 },
	{ "SUBNET", "subnet", TOP_TEXT, 2 },
	{ "GATEWAY", "gateway", TOP_TEXT, 3 },
	{ "SESSIONS", "used", TOP_NUMBER, 0 },
	{ "COOLING", "cooling", TOP_NUMBER, 4 },
	{ "DESTS", "destinations", TOP_NUMBER, 1 },
	{ "LIMIT", "limit", TOP_NUMBER, 5 },
	{ "OF ITS LIMIT", "filled", TOP_GAUGE, 0 },
};

static const struct top_column sessions[] = {
	{ "PROTO", "proto", TOP_TEXT, 0 },
	{ "SOURCE", "src", TOP_TEXT, 0 },
	{ "LEAVES AS", "address", TOP_TEXT, 1 },
	{ "DESTINATION", "dst", TOP_TEXT, 0 },
	{ "STATE", "state", TOP_TEXT, 2 },
	{ "IDLE", "idle", TOP_TIME, 3 },
	{ "ENDS IN", "expires", TOP_TIME, 4 },
};

static const struct top_column refusals[] = {
	{ "DROPPED BECAUSE", "reason", TOP_TEXT, 0 },
	{ "PACKETS", "packets", TOP_NUMBER, 0 },
	{ "PER S", "rate", TOP_RATE, 0 },
	{ "LAST SOURCE", "last-source", TOP_TEXT, 1 },
	{ "AGO", "last-age", TOP_TIME, 2 },
};

#define GRID(_columns, _sort) {					\
	.columns = _columns,					\
	.n_columns = ARRAY_SIZE(_columns),			\
	.sort = _sort,						\
}

static const struct top_grid grids[TOP_TABLES] = {
	[TOP_GATEWAYS] = GRID(gateways, 9),
	[TOP_ADDRESSES] = GRID(addresses, 5),
	[TOP_DESTINATIONS] = GRID(destinations, 3),
	[TOP_HOSTS] = GRID(hosts, 3),
	[TOP_SESSIONS] = GRID(sessions, 5),
	[TOP_REFUSALS] = GRID(refusals, 2),
};

const char *const top_titles[TOP_TABLES] = {
	[TOP_GATEWAYS] = "Gateways",
	[TOP_ADDRESSES] = "Addresses",
	[TOP_DESTINATIONS] = "Destinations",
	[TOP_HOSTS] = "Hosts",
	[TOP_SESSIONS] = "Sessions",
	[TOP_REFUSALS] = "Drops",
};

/** top_keys - of the arrays in JSON, as the commands are called that list them */
const char *const top_keys[TOP_TABLES] = {
	[TOP_GATEWAYS] = "gateway",
	[TOP_ADDRESSES] = "address",
	[TOP_DESTINATIONS] = "destination",
	[TOP_HOSTS] = "host",
	[TOP_SESSIONS] = "session",
	[TOP_REFUSALS] = "stats",
};

/**
 * top_grids_init - begin with empty tables
 * @grid:	TOP_TABLES of them
 */
void top_grids_init(struct top_grid *grid)
{
	unsigned int i;

	memcpy(grid, grids, sizeof(grids));
	for (i = 0; i < TOP_TABLES; i++)
		grid[i].rows = out_checked(calloc(TOP_ROWS, sizeof(struct top_row)));
}

/**
 * top_row_add - begin a row
 * @g:		table
 *
 * Return: NULL when there is no room for it.
 */
struct top_row *top_row_add(struct top_grid *g)
{
	if (g->n == TOP_ROWS) {
		g->more = true;
		return NULL;
	}
	memset(&g->rows[g->n], 0, sizeof(*g->rows));
	return &g->rows[g->n++];
}

/* As much of it as there is room for */
static void cell_copy(char to[TOP_CELL], const char *text)
{
	snprintf(to, TOP_CELL, "%.*s", TOP_CELL - 1, text);
}

/**
 * top_cell_text - set a value
 * @row:	row
 * @column:	which one
 * @text:	NULL: none
 */
void top_cell_text(struct top_row *row, unsigned int column, const char *text)
{
	row->cell[column].known = text;
	cell_copy(row->cell[column].text, text ? text : "");
}

/**
 * top_cell_number - set a value
 * @row:	row
 * @column:	which one
 * @value:	number
 */
void top_cell_number(struct top_row *row, unsigned int column, uint64_t value)
{
	row->cell[column].known = true;
	row->cell[column].value = value;
}

/* Of two values which comes first, the larger or, of texts, the lower one */
static int cell_cmp(const struct top_cell *x, const struct top_cell *y, enum top_shape shape)
{
	if (x->known != y->known)
		return x->known ? -1 : 1;
	if (shape == TOP_TEXT)
		return strverscmp(x->text, y->text);
	if (x->value == y->value)
		return 0;
	/* What is full soonest comes first */
	if (shape == TOP_TIME)
		return x->value < y->value ? -1 : 1;
	return x->value > y->value ? -1 : 1;
}

static int row_cmp(const void *a, const void *b, void *data)
{
	const struct top_row *x = a, *y = b;
	const struct top_grid *g = data;
	int cmp = cell_cmp(&x->cell[g->sort], &y->cell[g->sort], g->columns[g->sort].shape);

	if (g->ascending)
		cmp = -cmp;
	/* Rows that are alike keep their order from one look to the next */
	return cmp ? cmp : strverscmp(x->cell[0].text, y->cell[0].text);
}

/**
 * top_grid_sort - put the rows in order
 * @g:		table
 */
void top_grid_sort(struct top_grid *g)
{
	qsort_r(g->rows, g->n, sizeof(*g->rows), row_cmp, g);
}

/**
 * top_grid_filter - drop rows that do not have a text in any cell
 * @g:		table
 * @filter:	text; empty: all stay
 */
void top_grid_filter(struct top_grid *g, const char *filter)
{
	unsigned int i, k, n = 0;

	if (!*filter)
		return;
	for (i = 0; i < g->n; i++) {
		for (k = 0; k < g->n_columns; k++)
			if (strcasestr(g->rows[i].cell[k].text, filter))
				break;
		if (k < g->n_columns)
			g->rows[n++] = g->rows[i];
	}
	g->n = n;
}

/* 1234567 as "1.23M" */
static void rate_text(char buf[TOP_CELL], uint64_t value)
{
	static const char units[] = " kMGTP";
	double n = value;
	unsigned int i = 0;

	for (; n >= 999.5 && units[i + 1]; i++)
		n /= 1000;
	if (!i)
		snprintf(buf, TOP_CELL, "%llu", (unsigned long long)value);
	else
		snprintf(buf, TOP_CELL, "%.*f%c", n < 9.995 ? 2 : n < 99.95 ? 1 : 0, n, units[i]);
}

/**
 * top_value - a value as text
 * @buf:	room for it
 * @c:		its column
 * @cell:	value
 *
 * Return: @buf; "-" for none.
 */
const char *top_value(char buf[TOP_CELL], const struct top_column *c, const struct top_cell *cell)
{
	char when[TIME_TEXT];

	if (!cell->known) {
		cell_copy(buf, "-");
		return buf;
	}
	switch (c->shape) {
	case TOP_TEXT:
		cell_copy(buf, cell->text);
		break;
	case TOP_NUMBER:
		snprintf(buf, TOP_CELL, "%llu", (unsigned long long)cell->value);
		break;
	case TOP_RATE:
		rate_text(buf, cell->value);
		break;
	case TOP_GAUGE:
		snprintf(buf, TOP_CELL, "%llu%%", (unsigned long long)cell->value);
		break;
	case TOP_TIME:
		cell_copy(buf, time_text(when, cell->value));
		break;
	}
	return buf;
}
