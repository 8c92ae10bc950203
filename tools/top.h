/* SPDX-License-Identifier: GPL-2.0 */
/* What top shows: tables of what the kernel counts, and lines of text with attributes. */
#ifndef NATGWCTL_TOP_H
#define NATGWCTL_TOP_H

#include <time.h>

#include "object.h"

/** TOP_WALK - with more sessions than this they are not walked unless somebody asks */
#define TOP_WALK	20000
/** TOP_ROWS - most rows of a table */
#define TOP_ROWS	256
/** TOP_COLUMNS - most columns of a table */
#define TOP_COLUMNS	12
/** TOP_CELL - longest text of a cell */
#define TOP_CELL	48
/** TOP_EVENTS - events that are remembered */
#define TOP_EVENTS	64
/** TOP_WIDTH - longest line */
#define TOP_WIDTH	512

/** enum top_table - the tables */
enum top_table {
	TOP_GATEWAYS,
	TOP_ADDRESSES,
	TOP_DESTINATIONS,
	TOP_HOSTS,
	TOP_SESSIONS,
	TOP_REFUSALS,
	TOP_TABLES
};

/** enum top_shape - how the values of a column are written */
enum top_shape {
	TOP_TEXT,
	TOP_NUMBER,
	TOP_RATE,	/* a second, with k, M, G */
	TOP_GAUGE,	/* per cent, a bar */
	TOP_TIME,	/* seconds */
};

/**
 * struct top_column - a column
 * @title:	heading
 * @key:	JSON key
 * @shape:	enum top_shape
 * @spare:	left out first where the screen is narrow, the highest first; 0: never
 */
struct top_column {
	const char *title;
	const char *key;
	enum top_shape shape;
	unsigned int spare;
};

/**
 * struct top_cell - a value
 * @known:	there is one
 * @value:	number, or what a text is sorted by
 * @text:	of TOP_TEXT
 */
struct top_cell {
	bool known;
	uint64_t value;
	char text[TOP_CELL];
};

/**
 * struct top_scope - what is looked at: what is not empty restricts it
 * @gateway:	name
 * @address:	public IP
 * @src:	inside host
 * @proto:	of @dst
 * @dst:	destination
 * @dst_port:	its port, 0: any
 */
struct top_scope {
	char gateway[NATGW_NAME_MAX + 1];
	char address[ADDR_TEXT];
	char src[ADDR_TEXT];
	char dst[ADDR_TEXT];
	uint32_t proto;
	uint32_t dst_port;
};

/**
 * struct top_row - a row
 * @near:	near exhaustion, or refused
 * @scope:	what Enter looks at
 * @cell:	by column
 */
struct top_row {
	bool near;
	struct top_scope scope;
	struct top_cell cell[TOP_COLUMNS];
};

/**
 * struct top_grid - a table
 * @columns:	its columns
 * @n_columns:	number
 * @rows:	allocated
 * @n:		number of rows
 * @more:	there are more than have room
 * @sort:	column that it is sorted by
 * @ascending:	and how
 */
struct top_grid {
	const struct top_column *columns;
	unsigned int n_columns;
	struct top_row *rows;
	unsigned int n;
	bool more;
	unsigned int sort;
	bool ascending;
};

/**
 * struct top_event - an event
 * @when:	wall clock
 * @bad:	flows were refused, or soon will be
 * @text:	allocated
 */
struct top_event {
	time_t when;
	bool bad;
	char *text;
};

/**
 * struct top_last - a counter at the last look, for rates
 * @name:	whose
 * @value:	by counter
 */
struct top_last {
	char name[ADDR_TEXT];
	uint64_t value[6];
};

/**
 * struct top_data - what there is to show
 * @ctl:	run; its socket is for requests
 * @nl:		socket of events
 * @grid:	tables
 * @sessions:	in the table
 * @sessions_max: its cap
 * @sum:	over all gateways: new flows, flows refused, packets out and in, bits out and in,
 *		a second
 * @walk:	sessions may be walked although they are many
 * @walked:	they were
 * @seconds:	since the last look; 0: this is the first
 * @cost:	seconds that the last look took
 * @now:	wall clock
 * @at:		monotonic clock
 * @last:	counters
 * @n_last:	number
 * @events:	a ring, the newest at @n_events - 1
 * @n_events:	events ever
 * @lost:	events came too fast
 * @gone:	the module was unloaded
 * @failed:	@error is to be reported
 * @error:	why nothing more could be read
 */
struct top_data {
	struct ctl *ctl;
	struct nl nl;
	struct top_grid grid[TOP_TABLES];
	uint32_t sessions;
	uint32_t sessions_max;
	uint64_t sum[6];
	bool walk;
	bool walked;
	double seconds;
	double cost;
	time_t now;
	double at;
	struct top_last *last;
	unsigned int n_last;
	struct top_event events[TOP_EVENTS];
	unsigned int n_events;
	bool lost;
	bool gone;
	bool failed;
	struct nl_error error;
};

/** enum top_attr - how a character is shown */
enum top_attr {
	TOP_NORMAL,
	TOP_BOLD,
	TOP_HEAD,
	TOP_SELECTED,
	TOP_GOOD,
	TOP_WARN,
	TOP_BAD,
	TOP_ATTRS
};

/**
 * struct top_line - a line of the screen
 * @text:	its characters
 * @attr:	enum top_attr of each
 */
struct top_line {
	char text[TOP_WIDTH + 1];
	unsigned char attr[TOP_WIDTH];
};

/**
 * struct top_frame - the screen
 * @lines:	allocated
 * @n:		lines written
 * @height:	room
 * @width:	room
 */
struct top_frame {
	struct top_line *lines;
	unsigned int n;
	unsigned int height;
	unsigned int width;
};

/** enum top_view - what the screen shows */
enum top_view {
	TOP_OVERVIEW,	/* some rows of each table */
	TOP_ONE,	/* one table */
	TOP_HELP,
};

/**
 * struct top_state - where the operator is
 * @view:	enum top_view
 * @table:	table that keys go to
 * @row:	row selected in each table
 * @first:	first row shown of each
 * @scope:	what is looked at
 * @filter:	text that rows must have
 * @typing:	the filter is being typed
 * @paused:	nothing new is read
 * @interval:	seconds between two looks
 * @batch:	there is no operator: no cursor, no help line, all of the rows
 */
struct top_state {
	enum top_view view;
	enum top_table table;
	unsigned int row[TOP_TABLES];
	unsigned int first[TOP_TABLES];
	struct top_scope scope;
	char filter[32];
	bool typing;
	bool paused;
	double interval;
	bool batch;
};

/* top_grid.c */
extern const char *const top_titles[TOP_TABLES];
extern const char *const top_keys[TOP_TABLES];
void top_grids_init(struct top_grid *grid);
struct top_row *top_row_add(struct top_grid *g);
void top_cell_text(struct top_row *row, unsigned int column, const char *text);
void top_cell_number(struct top_row *row, unsigned int column, uint64_t value);
void top_grid_sort(struct top_grid *g);
void top_grid_filter(struct top_grid *g, const char *filter);
const char *top_value(char buf[TOP_CELL], const struct top_column *c, const struct top_cell *cell);

/* top_data.c */
int top_data_open(struct top_data *d);
void top_data_free(struct top_data *d);
int top_data_read(struct top_data *d, const struct top_state *s);
int top_data_events(struct top_data *d);

/* top_frame.c */
void top_frame_make(struct top_frame *f, const struct top_data *d, struct top_state *s);
void top_frame_free(struct top_frame *f);
void top_json(struct out *o, const struct top_data *d);

/* top_screen.c */
bool top_screen_open(const struct ctl *ctl, int *status);
void top_screen_close(void);
void top_screen_resize(void);
void top_screen_size(unsigned int *height, unsigned int *width);
void top_screen_show(const struct top_frame *f);
int top_screen_key(void);

/** enum top_key - keys that are no character */
enum top_key {
	TOP_KEY_NONE = -1,
	TOP_KEY_UP = 256,
	TOP_KEY_DOWN,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ENTER,
	TOP_KEY_BACK,
	TOP_KEY_OTHER,
};

#endif /* NATGWCTL_TOP_H */
