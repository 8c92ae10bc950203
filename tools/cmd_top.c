// SPDX-License-Identifier: GPL-2.0
/* top: gateways, addresses, destinations and hosts as they fill, on a screen. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "top.h"

#define INTERVAL	2
#define INTERVAL_MOST	60
#define INTERVAL_LEAST	0.25
/* no more than this part of the time is spent on looking */
#define SHARE		10
#define DEPTH		4

/**
 * struct place - where the operator was before Enter
 * @view:	enum top_view
 * @table:	table that keys went to
 * @scope:	what was looked at
 */
struct place {
	enum top_view view;
	enum top_table table;
	struct top_scope scope;
};

/**
 * struct top - a run of the command
 * @ctl:	run
 * @data:	what there is
 * @state:	where the operator is
 * @frame:	the screen
 * @back:	where Esc leads to
 * @depth:	of @back
 * @batch:	print frames
 * @count:	so many, 0: until it is ended
 * @signals:	descriptor
 * @quit:	q
 * @look:	read anew now
 */
struct top {
	struct ctl *ctl;
	struct top_data data;
	struct top_state state;
	struct top_frame frame;
	struct place back[DEPTH];
	unsigned int depth;
	bool batch;
	uint32_t count;
	int signals;
	bool quit;
	bool look;
};

static unsigned int rows_there(const struct top *t)
{
	return t->data.grid[t->state.table].n;
}

static void next_table(struct top *t)
{
	unsigned int i;

	for (i = 0; i < TOP_TABLES; i++) {
		t->state.table = (t->state.table + 1) % TOP_TABLES;
		if (t->state.table != TOP_SESSIONS && rows_there(t))
			return;
	}
}

static void step_in(struct top *t)
{
	static const enum top_table below[TOP_TABLES] = {
		[TOP_GATEWAYS] = TOP_ADDRESSES,
		[TOP_ADDRESSES] = TOP_DESTINATIONS,
		[TOP_DESTINATIONS] = TOP_SESSIONS,
		[TOP_HOSTS] = TOP_SESSIONS,
	};
	const struct top_scope *scope;
	enum top_table table = t->state.table;

	if (!below[table] || !rows_there(t) || t->depth == DEPTH)
		return;
	t->back[t->depth++] = (struct place) { t->state.view, table, t->state.scope };
	scope = &t->data.grid[table].rows[t->state.row[table]].scope;
	t->state.scope.proto = scope->proto;
	t->state.scope.dst_port = scope->dst_port;
	memcpy(t->state.scope.gateway, scope->gateway, sizeof(scope->gateway));
	memcpy(t->state.scope.dst, scope->dst, sizeof(scope->dst));
	memcpy(t->state.scope.src, scope->src, sizeof(scope->src));
	/* from its address on, sessions of a destination are those of this address */
	if (*scope->address)
		memcpy(t->state.scope.address, scope->address, sizeof(scope->address));
	t->state.view = TOP_ONE;
	t->state.table = below[table];
	t->state.row[below[table]] = 0;
	t->look = true;
}

static void step_back(struct top *t)
{
	const struct place *place;

	if (*t->state.filter) {
		t->state.filter[0] = 0;
	} else if (t->depth) {
		place = &t->back[--t->depth];
		t->state.view = place->view;
		t->state.table = place->table;
		t->state.scope = place->scope;
	} else {
		t->state.view = TOP_OVERVIEW;
	}
	t->look = true;
}

/* A key while the filter is typed */
static void type(struct top *t, int key)
{
	size_t n = strlen(t->state.filter);

	if (key == TOP_KEY_ENTER) {
		t->state.typing = false;
	} else if (key == 27) {
		t->state.typing = false;
		t->state.filter[0] = 0;
	} else if (key == TOP_KEY_BACK) {
		if (n)
			t->state.filter[n - 1] = 0;
	} else if (key > ' ' && key <= '~' && n + 1 < sizeof(t->state.filter)) {
		t->state.filter[n] = key;
		t->state.filter[n + 1] = 0;
	}
	t->look = true;
}

static void move(struct top *t, int by)
{
	unsigned int *row = &t->state.row[t->state.table], n = rows_there(t);
	int to = (int)*row + by;

	*row = to < 0 || !n ? 0 : to >= (int)n ? n - 1 : (unsigned int)to;
}

static void sort_next(struct top *t)
{
	struct top_grid *g = &t->data.grid[t->state.table];

	g->sort = (g->sort + 1) % g->n_columns;
	g->ascending = false;
	top_grid_sort(g);
}

static void interval_change(struct top *t, double by)
{
	double interval = t->state.interval * by;

	if (interval >= INTERVAL_LEAST && interval <= INTERVAL_MOST)
		t->state.interval = interval;
}

static void press(struct top *t, int key)
{
	unsigned int page = t->frame.height > 6 ? t->frame.height - 6 : 1;
	struct top_grid *g = &t->data.grid[t->state.table];

	if (t->state.typing) {
		type(t, key);
		return;
	}
	if (t->state.view == TOP_HELP) {
		t->state.view = t->depth ? TOP_ONE : TOP_OVERVIEW;
		return;
	}
	switch (key) {
	case 'q':
		t->quit = true;
		break;
	case '?':
	case 'h':
		t->state.view = TOP_HELP;
		break;
	case TOP_KEY_UP:
	case 'k':
		move(t, -1);
		break;
	case TOP_KEY_DOWN:
	case 'j':
		move(t, 1);
		break;
	case TOP_KEY_PAGE_UP:
		move(t, -(int)page);
		break;
	case TOP_KEY_PAGE_DOWN:
		move(t, page);
		break;
	case TOP_KEY_HOME:
		move(t, -TOP_ROWS);
		break;
	case TOP_KEY_END:
		move(t, TOP_ROWS);
		break;
	case '\t':
		next_table(t);
		break;
	case TOP_KEY_ENTER:
	case TOP_KEY_RIGHT:
		step_in(t);
		break;
	case 27:
	case TOP_KEY_LEFT:
	case TOP_KEY_BACK:
		step_back(t);
		break;
	case 's':
		sort_next(t);
		break;
	case 'r':
		g->ascending = !g->ascending;
		top_grid_sort(g);
		break;
	case '/':
		t->state.typing = true;
		break;
	case 'z':
		if (!t->depth)
			t->state.view = t->state.view == TOP_ONE ? TOP_OVERVIEW : TOP_ONE;
		break;
	case 'a':
		t->data.walk = !t->data.walk;
		t->look = true;
		break;
	case 'p':
		t->state.paused = !t->state.paused;
		break;
	case '+':
		interval_change(t, 0.5);
		break;
	case '-':
		interval_change(t, 2);
		break;
	case ' ':
		t->look = true;
		break;
	}
}

static void show(struct top *t)
{
	top_screen_size(&t->frame.height, &t->frame.width);
	top_frame_make(&t->frame, &t->data, &t->state);
	top_screen_show(&t->frame);
}

/* Signals that have come. Return: it is to end */
static bool signalled(struct top *t)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(t->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH)
			end = true;
		else if (!t->batch)
			top_screen_resize();
	}
	return end;
}

/* Milliseconds until the next look is due */
static int pause_left(const struct top *t)
{
	double interval = t->state.interval, left;
	struct timespec now;

	if (t->look)
		return 0;
	if (t->state.paused)
		return -1;
	if (interval < SHARE * t->data.cost)
		interval = SHARE * t->data.cost;
	clock_gettime(CLOCK_MONOTONIC, &now);
	left = t->data.at + interval - now.tv_sec - now.tv_nsec / 1e9;
	return left > 0 ? left * 1000 + 1 : 0;
}

/**
 * enum woken - why a pause has ended
 */
enum woken {
	WOKEN_TIME,
	WOKEN_SHOW,	/* something is to be shown anew */
	WOKEN_END,
};

static enum woken wait_more(struct top *t, int *ret)
{
	struct pollfd fds[] = {
		{ .fd = t->signals, .events = POLLIN },
		{ .fd = mnl_socket_get_fd(t->data.nl.sock), .events = POLLIN },
		{ .fd = t->batch ? -1 : STDIN_FILENO, .events = POLLIN },
		{ .fd = t->batch ? STDOUT_FILENO : -1 },
	};
	int key;

	if (poll(fds, ARRAY_SIZE(fds), pause_left(t)) < 0)
		return errno == EINTR ? WOKEN_SHOW : WOKEN_END;
	if (fds[0].revents) {
		if (signalled(t))
			return WOKEN_END;
		return WOKEN_SHOW;
	}
	/* Who reads, or the terminal, has gone */
	if (fds[3].revents & (POLLERR | POLLHUP) || fds[2].revents & (POLLERR | POLLHUP)) {
		t->ctl->unread = true;
		return WOKEN_END;
	}
	if (fds[1].revents) {
		*ret = top_data_events(&t->data);
		if (*ret)
			return WOKEN_END;
	}
	if (fds[2].revents) {
		while ((key = top_screen_key()) != TOP_KEY_NONE)
			press(t, key);
		if (t->quit)
			return WOKEN_END;
	}
	return fds[1].revents || fds[2].revents ? WOKEN_SHOW : WOKEN_TIME;
}

/* Return: exit status */
static int run_screen(struct top *t)
{
	enum woken woken;
	int ret = 0;

	for (;;) {
		t->look = false;
		ret = top_data_read(&t->data, &t->state);
		if (ret)
			return ret;
		do {
			show(t);
			woken = wait_more(t, &ret);
			if (woken == WOKEN_END)
				return ret;
		} while (woken == WOKEN_SHOW && !t->look);
	}
}

static void print_frame(struct top *t)
{
	const char *columns = getenv("COLUMNS");
	unsigned int i, n;

	t->frame.width = columns ? strtoul(columns, NULL, 10) : 0;
	if (t->frame.width < 40 || t->frame.width > TOP_WIDTH)
		t->frame.width = 80;
	/* ten rows of each table */
	t->frame.height = 16 * TOP_TABLES;
	top_frame_make(&t->frame, &t->data, &t->state);
	for (i = 0; i < t->frame.n; i++) {
		for (n = t->frame.width; n && t->frame.lines[i].text[n - 1] == ' ';)
			n--;
		printf("%.*s\n", (int)n, t->frame.lines[i].text);
	}
	putchar('\n');
}

static int run_batch(struct top *t)
{
	enum woken woken;
	struct out o;
	uint32_t n;
	int ret = 0;

	if (t->ctl->json)
		out_begin(&o, true, t->ctl->pretty, OUT_LINE);
	/* Rates need two looks: the first one is not printed, unless it is the only one */
	for (n = 0; !ret;) {
		ret = top_data_read(&t->data, &t->state);
		if (ret)
			break;
		if (t->data.seconds > 0 || t->count == 1) {
			if (t->ctl->json)
				top_json(&o, &t->data);
			else
				print_frame(t);
			fflush(stdout);
			if (ferror(stdout) || (++n == t->count && t->count))
				break;
		}
		do
			woken = wait_more(t, &ret);
		while (woken == WOKEN_SHOW);
		if (woken == WOKEN_END)
			break;
	}
	if (t->ctl->json)
		out_end(&o);
	return ret;
}

static int signals_open(struct ctl *ctl)
{
	sigset_t mask;
	int fd;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGQUIT);
	sigaddset(&mask, SIGWINCH);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		usage_error(ctl, NULL, "signalfd: %s", strerror(errno));
	return fd;
}

static int parse_words(struct top *t, int argc, char **argv)
{
	struct parse_error e = {};
	uint32_t seconds;
	int i;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "-b") || !strcmp(argv[i], "--batch")) {
			t->batch = true;
			continue;
		}
		if (strcmp(argv[i], "-n") && strcmp(argv[i], "-d") && strcmp(argv[i], "gateway"))
			return usage_error(t->ctl, NULL, "%s: unknown, see natgwctl help top",
					   argv[i]);
		if (i + 1 == argc)
			return usage_error(t->ctl, NULL, "%s: value is missing", argv[i]);
		if (!strcmp(argv[i], "-n")) {
			if (!parse_number(argv[i + 1], &t->count, &e) || !t->count)
				return usage_error(t->ctl, NULL, "-n %s: not a number of frames",
						   argv[i + 1]);
		} else if (!strcmp(argv[i], "-d")) {
			if (!parse_time(argv[i + 1], false, &seconds, &e))
				return usage_error(t->ctl, NULL, "-d %s: %s", argv[i + 1], e.text);
			if (!seconds || seconds > INTERVAL_MOST)
				return usage_error(t->ctl, NULL, "-d %s: from 1s to %us",
						   argv[i + 1], INTERVAL_MOST);
			t->state.interval = seconds;
		} else {
			if (!parse_name(argv[i + 1], &e))
				return usage_error(t->ctl, NULL, "gateway %s: %s", argv[i + 1],
						   e.text);
			snprintf(t->state.scope.gateway, sizeof(t->state.scope.gateway), "%s",
				 argv[i + 1]);
		}
		i++;
	}
	return 0;
}

static int top_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	struct top t = { .ctl = ctl, .data.ctl = ctl, .state.interval = INTERVAL, .signals = -1 };
	int ret;

	(void)obj;
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	ret = parse_words(&t, argc, argv);
	if (ret)
		return ret;
	t.batch |= ctl->json;
	t.state.batch = t.batch;
	ret = top_data_open(&t.data);
	if (ret)
		goto free;
	t.signals = signals_open(ctl);
	if (t.signals < 0) {
		ret = EXIT_USAGE;
		goto free;
	}
	if (t.batch)
		ret = run_batch(&t);
	else if (top_screen_open(ctl, &ret))
		ret = run_screen(&t);
	top_screen_close();
	if (t.data.gone)
		kernel_error(ctl, NULL, NULL, &(struct nl_error){
			.err = ENOENT, .text = "the natgw module was unloaded" });
	else if (t.data.failed)
		ret = kernel_error(ctl, NULL, NULL, &t.data.error);
	close(t.signals);
free:
	top_frame_free(&t.frame);
	top_data_free(&t.data);
	return ret;
}

const struct object top_object = {
	.word = "top",
	.about = "gateways, addresses, destinations and hosts as they fill, on a screen",
	.words = (const char *const []) {
		"-b", "-n COUNT", "-d TIME", "gateway NAME", NULL
	},
	.takes_options = true,
	.run = top_run,
};
