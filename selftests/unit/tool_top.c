// SPDX-License-Identifier: GPL-2.0
/* The screen of top as text: tools/top_grid.c and tools/top_frame.c */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "report.h"
#include "top.h"

const struct object *const objects[] = { NULL };

static struct top_data data;
static struct top_state state;
static struct top_frame frame;

static void destination(const char *dst, uint64_t used, uint64_t filled, bool near)
{
	struct top_row *row = top_row_add(&data.grid[TOP_DESTINATIONS]);

	top_cell_text(row, 0, dst);
	top_cell_text(row, 1, "tcp");
	top_cell_text(row, 2, "gw1");
	top_cell_number(row, 3, used);
	top_cell_number(row, 7, filled);
	if (near)
		top_cell_number(row, 8, 75);
	row->near = near;
}

/* The tables of the test before */
static void empty(void)
{
	unsigned int i;

	for (i = 0; i < TOP_TABLES; i++)
		free(data.grid[i].rows);
	memset(&data, 0, sizeof(data));
}

static void fill(void)
{
	static const uint64_t rates[] = { 1204, 0, 120345, 98000, 1234567890, 20000000 };
	struct top_row *row;
	unsigned int i;
	char addr[32];

	empty();
	memset(&state, 0, sizeof(state));
	top_grids_init(data.grid);
	state.interval = 2;
	data.sessions = 52345;
	data.sessions_max = 1048576;
	memcpy(data.sum, rates, sizeof(rates));
	row = top_row_add(&data.grid[TOP_GATEWAYS]);
	top_cell_text(row, 0, "gw1");
	top_cell_text(row, 1, "yes");
	top_cell_number(row, 2, 52345);
	for (i = 0; i < 6; i++)
		top_cell_number(row, 3 + i, rates[i]);
	top_cell_number(row, 9, 81);
	top_cell_number(row, 10, 75);
	row->near = true;
	for (i = 0; i < 16; i++) {
		row = top_row_add(&data.grid[TOP_ADDRESSES]);
		snprintf(addr, sizeof(addr), "203.0.113.%u", 16 - i);
		top_cell_text(row, 0, addr);
		top_cell_text(row, 1, "gw1");
		top_cell_number(row, 2, 100 * i);
		top_cell_number(row, 3, 64512 - 100 * i);
		top_cell_number(row, 4, 2);
		top_cell_number(row, 5, i);
	}
	destination("198.51.100.7:443", 52100, 81, true);
	destination("198.51.100.8:443", 300, 0, false);
	for (i = 0; i < TOP_TABLES; i++)
		top_grid_sort(&data.grid[i]);
}

static const char *line(unsigned int i)
{
	return i < frame.n ? frame.lines[i].text : "";
}

/* Return: the line with a text, or -1 */
static int find(const char *text)
{
	unsigned int i;

	for (i = 0; i < frame.n; i++)
		if (strstr(line(i), text))
			return i;
	return -1;
}

static void draw(unsigned int width, unsigned int height)
{
	unsigned int i;

	frame.width = width;
	frame.height = height;
	top_frame_make(&frame, &data, &state);
	for (i = 0; i < frame.n; i++)
		EXPECT_INT(strlen(line(i)), width);
	for (i = 0; getenv("SHOW") && i < frame.n; i++)
		printf("# %s\n", line(i));
}

static void add_event(const char *text)
{
	struct top_event *event = &data.events[data.n_events++];

	event->bad = true;
	event->text = strdup(text);
}

static void fits(void)
{
	static const unsigned int sizes[][2] = {
		{ 80, 24 }, { 200, 50 }, { 60, 12 }, { 40, 8 }, { 512, 100 }, { 600, 24 },
	};
	unsigned int i;

	fill();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		draw(sizes[i][0] > TOP_WIDTH ? TOP_WIDTH : sizes[i][0], sizes[i][1]);
		EXPECT_INT(frame.n, sizes[i][1]);
		EXPECT(strstr(line(frame.n - 1), "Enter look into"));
	}
}

/* A few columns and lines: nothing is written outside, and the last line says which keys */
static void tiny(void)
{
	static const char *const keys[] = {
		[TOP_OVERVIEW] = " Enter look into  Esc back",
		[TOP_ONE] = " Enter look into  Esc back",
		[TOP_HELP] = " any key: back",
	};
	unsigned int view, width, height, n;

	fill();
	add_event("gw1 near exhaustion: tcp 198.51.100.7:443 uses 52100 of 64512 ports");
	snprintf(state.scope.gateway, sizeof(state.scope.gateway), "gw1");
	snprintf(state.scope.dst, sizeof(state.scope.dst), "198.51.100.7");
	snprintf(state.filter, sizeof(state.filter), "a filter that is as long as");
	for (view = TOP_OVERVIEW; view <= TOP_HELP; view++) {
		state.view = view;
		for (width = 1; width <= 130; width++) {
			for (height = 1; height <= 30; height++) {
				draw(width, height);
				EXPECT_INT(frame.n, height);
				n = strlen(keys[view]) < width ? strlen(keys[view]) : width;
				EXPECT(!strncmp(line(frame.n - 1), keys[view], n));
			}
		}
	}
	/* without any */
	draw(0, 0);
	EXPECT_INT(frame.n, 0);
	free(data.events[0].text);
}

static void says(void)
{
	fill();
	draw(80, 24);
	EXPECT(strstr(line(0), "52345 of 1048576 sessions"));
	EXPECT_INT(frame.lines[0].attr[strstr(line(0), "52345") - line(0)], TOP_NORMAL);
	EXPECT(strstr(line(1), "1.20k new/s  0 refused/s  out 120k pkt/s 1.23Gbit/s"));
	EXPECT(find("|  81%]") > 0 || find(" 81%]") > 0);
	EXPECT(strstr(line(find("198.51.100.7:443")), "1m15s"));
	EXPECT(find("too many to count") > 0);
	EXPECT_INT(frame.lines[find("198.51.100.7:443")].attr[0], TOP_BOLD);
	/* the row that Enter looks into */
	EXPECT_INT(frame.lines[find("gw1 ")].attr[0], TOP_SELECTED);
	/* columns that have no room are left out, the least needed first */
	EXPECT(find("COOLING") < 0);
	draw(200, 50);
	EXPECT(find("COOLING") > 0);
	/* the notice is about hosts that nobody counted */
	data.walked = true;
	draw(80, 24);
	EXPECT(find("too many to count") < 0);
	/* the last tenth of all sessions */
	data.sessions = data.sessions_max - data.sessions_max / 10;
	draw(80, 24);
	EXPECT_INT(frame.lines[0].attr[strstr(line(0), "943719") - line(0)], TOP_BAD);
}

/* The mark of the column that a table is sorted by stands behind that column's title */
static void mark(void)
{
	struct top_grid *g = &data.grid[TOP_ADDRESSES];
	char marked[64];

	fill();
	state.view = TOP_ONE;
	state.table = TOP_ADDRESSES;
	for (g->sort = 0; g->sort < g->n_columns; g->sort++) {
		if (g->columns[g->sort].shape == TOP_TEXT || g->columns[g->sort].shape == TOP_GAUGE)
			continue;
		snprintf(marked, sizeof(marked), "%sv", g->columns[g->sort].title);
		draw(200, 50);
		EXPECT(find(marked) > 0);
	}
}

static void order(void)
{
	struct top_grid *g = &data.grid[TOP_ADDRESSES];

	fill();
	EXPECT(!strcmp(g->rows[0].cell[0].text, "203.0.113.1"));
	/* by name: as people count */
	g->sort = 0;
	top_grid_sort(g);
	EXPECT(!strcmp(g->rows[1].cell[0].text, "203.0.113.2"));
	g->ascending = true;
	top_grid_sort(g);
	EXPECT(!strcmp(g->rows[0].cell[0].text, "203.0.113.16"));
	top_grid_filter(g, "113.1");
	EXPECT_INT(g->n, 8);
	top_grid_filter(g, "");
	EXPECT_INT(g->n, 8);
}

static void scrolls(void)
{
	fill();
	state.view = TOP_ONE;
	state.table = TOP_ADDRESSES;
	state.row[TOP_ADDRESSES] = 15;
	draw(80, 10);
	EXPECT(find("203.0.113.16 ") > 0);
	EXPECT(find("203.0.113.1 ") < 0);
	/* rows went meanwhile */
	data.grid[TOP_ADDRESSES].n = 2;
	draw(80, 10);
	EXPECT_INT(state.row[TOP_ADDRESSES], 1);
	EXPECT(find("203.0.113.1 ") > 0);
}

/* Addresses to add, so that the peak is below 80 % of all ports */
static void advice(void)
{
	EXPECT_INT(headroom_addresses(1, 64512, 52000, 80), 1);
	EXPECT_INT(headroom_addresses(1, 64512, 64512, 80), 1);
	EXPECT_INT(headroom_addresses(2, 129024, 129024, 80), 1);
	EXPECT_INT(headroom_addresses(4, 258048, 258048, 80), 2);
	EXPECT_INT(headroom_addresses(1, 64512, 200000, 80), 3);
	EXPECT_INT(headroom_addresses(1, 0, 0, 80), 1);
	EXPECT_INT(headroom_addresses(0, 0, 0, 80), 1);
	EXPECT_INT(headroom_addresses(1, 64512, 64512, 0), 1);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(fits), KTAP_TEST(tiny), KTAP_TEST(says), KTAP_TEST(mark),
		KTAP_TEST(order), KTAP_TEST(scrolls), KTAP_TEST(advice),
	};
	int ret = ktap_run(tests, ARRAY_SIZE(tests));

	empty();
	return ret;
}
