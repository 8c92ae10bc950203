// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal of top, by ncurses.
 *
 * The library is loaded when a screen is wanted and not with the tool: a router need not have
 * it for the tool to start, and top -b does without it.
 */
#include <dlfcn.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Functions of a library that is not linked: no macro may read its variables */
#define NCURSES_NOMACROS
#include <ncursesw/curses.h>

#include "top.h"

/* Soname of the library that the header describes */
#define LIBRARY		"libncursesw.so.6"

/** struct curses - the functions of ncurses that are used */
static struct curses {
	void *library;
	SCREEN *screen;
	WINDOW *window;
	bool colors;
	typeof(newterm) *newterm;
	typeof(delscreen) *delscreen;
	typeof(endwin) *endwin;
	typeof(newwin) *newwin;
	typeof(cbreak) *cbreak;
	typeof(noecho) *noecho;
	typeof(curs_set) *curs_set;
	typeof(keypad) *keypad;
	typeof(wtimeout) *wtimeout;
	typeof(has_colors) *has_colors;
	typeof(start_color) *start_color;
	typeof(use_default_colors) *use_default_colors;
	typeof(init_pair) *init_pair;
	typeof(COLOR_PAIR) *COLOR_PAIR;
	typeof(resizeterm) *resizeterm;
	typeof(getmaxy) *getmaxy;
	typeof(getmaxx) *getmaxx;
	typeof(wresize) *wresize;
	typeof(werase) *werase;
	typeof(wmove) *wmove;
	typeof(wclrtoeol) *wclrtoeol;
	typeof(waddnstr) *waddnstr;
	typeof(wattrset) *wattrset;
	typeof(wrefresh) *wrefresh;
	typeof(clearok) *clearok;
	typeof(wgetch) *wgetch;
	typeof(set_escdelay) *set_escdelay;
} curses;

#define FUNCTION(_name)	{ #_name, (void **)&curses._name }

static const struct {
	const char *name;
	void **at;
} functions[] = {
	FUNCTION(newterm), FUNCTION(delscreen), FUNCTION(endwin), FUNCTION(newwin),
	FUNCTION(cbreak), FUNCTION(noecho), FUNCTION(curs_set), FUNCTION(keypad),
	FUNCTION(wtimeout), FUNCTION(has_colors), FUNCTION(start_color),
	FUNCTION(use_default_colors), FUNCTION(init_pair), FUNCTION(resizeterm),
	FUNCTION(wresize), FUNCTION(werase), FUNCTION(wmove), FUNCTION(waddnstr),
	FUNCTION(wattrset), FUNCTION(wrefresh), FUNCTION(clearok), FUNCTION(wgetch),
	FUNCTION(set_escdelay), FUNCTION(COLOR_PAIR), FUNCTION(wclrtoeol), FUNCTION(getmaxy),
	FUNCTION(getmaxx),
};

static bool load(const struct ctl *ctl)
{
	unsigned int i;

	curses.library = dlopen(LIBRARY, RTLD_NOW);
	for (i = 0; curses.library && i < ARRAY_SIZE(functions); i++) {
		*functions[i].at = dlsym(curses.library, functions[i].name);
		if (!*functions[i].at)
			break;
	}
	if (curses.library && i == ARRAY_SIZE(functions))
		return true;
	usage_error(ctl, NULL,
		    "the screen needs %s: apt-get install libncursesw6 ncurses-base; natgwctl top -b needs nothing",
		    LIBRARY);
	return false;
}

static void colors_init(void)
{
	static const struct {
		enum top_attr attr;
		short color;
	} pairs[] = {
		{ TOP_HEAD, COLOR_CYAN },
		{ TOP_GOOD, COLOR_GREEN },
		{ TOP_WARN, COLOR_YELLOW },
		{ TOP_BAD, COLOR_RED },
	};
	short behind = -1;
	unsigned int i;

	curses.colors = curses.has_colors() && curses.start_color() == OK && !getenv("NO_COLOR");
	if (!curses.colors)
		return;
	if (curses.use_default_colors() != OK)
		behind = COLOR_BLACK;
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		curses.init_pair(pairs[i].attr, pairs[i].color, behind);
}

/**
 * top_screen_open - take the terminal
 * @ctl:	run
 * @status:	the exit status where it cannot be
 *
 * Return: false; the error is reported.
 */
bool top_screen_open(const struct ctl *ctl, int *status)
{
	const char *term = getenv("TERM");

	*status = EXIT_USAGE;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		usage_error(ctl, NULL,
			    "standard input and output are no terminal; natgwctl top -b needs none");
		return false;
	}
	if (!load(ctl))
		return false;
	setlocale(LC_CTYPE, "");
	curses.screen = term && *term ? curses.newterm(NULL, stdout, stdin) : NULL;
	if (!curses.screen) {
		usage_error(ctl, NULL,
			    "terminal %s is not known here: set TERM, or use natgwctl top -b",
			    term && *term ? term : "without TERM");
		return false;
	}
	curses.cbreak();
	curses.noecho();
	curses.curs_set(0);
	curses.set_escdelay(50);
	colors_init();
	curses.window = curses.newwin(0, 0, 0, 0);
	if (!curses.window) {
		top_screen_close();
		usage_error(ctl, NULL, "no memory for the screen");
		return false;
	}
	curses.keypad(curses.window, true);
	curses.wtimeout(curses.window, 0);
	return true;
}

/** top_screen_close - give the terminal back as it was; nothing if it was not taken */
void top_screen_close(void)
{
	unsigned int height, width;

	if (!curses.screen)
		return;
	/* a terminal that has but one screen goes on in the last line, over what is there */
	if (curses.window) {
		top_screen_size(&height, &width);
		curses.wmove(curses.window, height - 1, 0);
		curses.wclrtoeol(curses.window);
		curses.wrefresh(curses.window);
	}
	curses.curs_set(1);
	curses.endwin();
	curses.delscreen(curses.screen);
	curses.screen = NULL;
}

/**
 * top_screen_size - the size that is drawn for
 * @height:	lines
 * @width:	columns
 *
 * The terminal may have another one already: until top_screen_resize() what is drawn for it would
 * have no room in the window, and a line that is too long goes on in the next one.
 */
void top_screen_size(unsigned int *height, unsigned int *width)
{
	*height = curses.getmaxy(curses.window);
	*width = curses.getmaxx(curses.window);
}

/** top_screen_resize - the terminal has another size */
void top_screen_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		return;
	curses.resizeterm(size.ws_row, size.ws_col);
	curses.wresize(curses.window, size.ws_row, size.ws_col);
	curses.clearok(curses.window, true);
}

static int attr_of(unsigned char attr)
{
	static const int plain[TOP_ATTRS] = {
		[TOP_BOLD] = A_BOLD,
		[TOP_HEAD] = A_BOLD,
		[TOP_SELECTED] = A_REVERSE,
		[TOP_BAD] = A_BOLD,
	};
	int attrs = plain[attr];

	if (curses.colors && (attr == TOP_HEAD || attr >= TOP_GOOD))
		attrs |= curses.COLOR_PAIR(attr);
	return attrs;
}

/**
 * top_screen_show - show a frame
 * @f:		frame
 */
void top_screen_show(const struct top_frame *f)
{
	const struct top_line *line;
	unsigned int i, at, end;

	curses.werase(curses.window);
	for (i = 0; i < f->n; i++) {
		line = &f->lines[i];
		for (at = 0; at < f->width; at = end) {
			for (end = at + 1; end < f->width && line->attr[end] == line->attr[at];)
				end++;
			curses.wattrset(curses.window, attr_of(line->attr[at]));
			curses.wmove(curses.window, i, at);
			curses.waddnstr(curses.window, line->text + at, end - at);
		}
	}
	curses.wattrset(curses.window, A_NORMAL);
	curses.wrefresh(curses.window);
}

/** top_screen_key - a key that was pressed: a character, or one of enum top_key */
int top_screen_key(void)
{
	int key = curses.wgetch(curses.window);

	switch (key) {
	case ERR:
		return TOP_KEY_NONE;
	case KEY_UP:
		return TOP_KEY_UP;
	case KEY_DOWN:
		return TOP_KEY_DOWN;
	case KEY_LEFT:
		return TOP_KEY_LEFT;
	case KEY_RIGHT:
		return TOP_KEY_RIGHT;
	case KEY_PPAGE:
		return TOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return TOP_KEY_PAGE_DOWN;
	case KEY_HOME:
		return TOP_KEY_HOME;
	case KEY_END:
		return TOP_KEY_END;
	case KEY_ENTER:
	case '\n':
	case '\r':
		return TOP_KEY_ENTER;
	case KEY_BACKSPACE:
	case 127:
	case '\b':
		return TOP_KEY_BACK;
	default:
		return key < 256 ? key : TOP_KEY_OTHER;
	}
}
