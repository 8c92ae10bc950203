// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "table.h"
#include "text.h"

/** TABLE_ROWS - rows by which the columns get their widths; the rows behind them keep these */
#define TABLE_ROWS	512
/** NOTE_INDENT - spaces before a note, behind those before its row */
#define NOTE_INDENT	4

static const char *const colors[] = {
	[OUT_PLAIN] = "",
	[OUT_BOLD] = "\033[1m",
	[OUT_GOOD] = "\033[32m",
	[OUT_BAD] = "\033[31m",
};

/**
 * out_checked - memory, or the end
 * @p:		what an allocation returned
 */
void *out_checked(void *p)
{
	if (!p) {
		fputs("natgwctl: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

/**
 * out_colored - print a text made safe for a terminal, in colour where that is wanted
 * @o:		output
 * @color:	enum out_color
 * @text:	text
 */
void out_colored(const struct out *o, enum out_color color, const char *text)
{
	bool colored = o->color && color != OUT_PLAIN;

	if (colored)
		fputs(colors[color], stdout);
	text_put(stdout, text);
	if (colored)
		fputs("\033[0m", stdout);
}

/**
 * table_new - begin a table
 * @indent:	spaces before each row
 */
struct table *table_new(unsigned int indent)
{
	struct table *t = out_checked(calloc(1, sizeof(*t)));

	t->cells = out_checked(calloc(TABLE_ROWS * OUT_COLUMNS, sizeof(*t->cells)));
	t->notes = out_checked(calloc(TABLE_ROWS, sizeof(*t->notes)));
	t->indent = indent;
	return t;
}

/* One line of a table, without blanks behind the last column that has text */
static void table_line(const struct out *o, const struct table *t, const struct cell *row)
{
	unsigned int last = 0, pad, i;
	const char *text;

	for (i = 0; i < t->n_keys; i++)
		if (!row || row[i].text)
			last = i;
	printf("%*s", (int)t->indent, "");
	for (i = 0; i <= last; i++) {
		text = row ? row[i].text : t->keys[i];
		if (!text)
			text = "-";
		pad = t->width[i] > strlen(text) ? t->width[i] - strlen(text) : 0;
		if (t->right[i])
			printf("%*s", (int)pad, "");
		out_colored(o, row ? row[i].color : OUT_BOLD, text);
		if (i < last)
			printf("%*s", 2 + (int)(t->right[i] ? 0 : pad), "");
	}
	putchar('\n');
}

/**
 * table_flush - print the rows that wait
 * @o:		output
 * @t:		table
 */
void table_flush(const struct out *o, struct table *t)
{
	unsigned int i, r;
	struct cell *cell;

	for (r = 0; r < t->n_rows; r++) {
		for (i = 0; i < t->n_keys; i++) {
			cell = &t->cells[r * OUT_COLUMNS + i];
			if (cell->text && strlen(cell->text) > t->width[i])
				t->width[i] = strlen(cell->text);
		}
	}
	if (!t->headed && t->n_rows) {
		for (i = 0; i < t->n_keys; i++)
			if (strlen(t->keys[i]) > t->width[i])
				t->width[i] = strlen(t->keys[i]);
		if (t->indent)
			putchar('\n');
		table_line(o, t, NULL);
		t->headed = true;
	}
	for (r = 0; r < t->n_rows; r++) {
		table_line(o, t, &t->cells[r * OUT_COLUMNS]);
		if (t->notes[r])
			printf("%*s%s\n", (int)t->indent + NOTE_INDENT, "", t->notes[r]);
		free(t->notes[r]);
		t->notes[r] = NULL;
		for (i = 0; i < OUT_COLUMNS; i++) {
			free(t->cells[r * OUT_COLUMNS + i].text);
			t->cells[r * OUT_COLUMNS + i] = (struct cell){};
		}
	}
	t->n_rows = 0;
}

/**
 * table_row - begin a row
 * @o:		output
 * @t:		table
 */
void table_row(const struct out *o, struct table *t)
{
	if (t->n_rows == TABLE_ROWS)
		table_flush(o, t);
	t->n_rows++;
	t->next = 0;
}

/**
 * table_free - forget a table
 * @t:		table, flushed
 */
void table_free(struct table *t)
{
	free(t->notes);
	free(t->cells);
	free(t);
}

/**
 * table_note - add a sentence to the row, to stand below it
 * @t:		table
 * @text:	sentence
 */
void table_note(struct table *t, const char *text)
{
	char **note = &t->notes[t->n_rows - 1], *both, *safe = out_checked(text_escape(text));

	if (!*note) {
		*note = safe;
		return;
	}
	if (asprintf(&both, "%s\n%*s%s", *note, (int)t->indent + NOTE_INDENT, "", safe) < 0)
		out_checked(NULL);
	free(safe);
	free(*note);
	*note = both;
}

/**
 * table_cell - fill a cell of the row
 * @t:		table
 * @key:	heading
 * @right:	it holds a number
 * @color:	enum out_color
 * @text:	NULL: the column exists, this row has nothing in it
 */
void table_cell(struct table *t, const char *key, bool right, enum out_color color,
		const char *text)
{
	unsigned int i = t->next;
	struct cell *cell;

	if (i >= t->n_keys || strcmp(t->keys[i], key))
		for (i = 0; i < t->n_keys; i++)
			if (!strcmp(t->keys[i], key))
				break;
	if (i == t->n_keys) {
		if (i == OUT_COLUMNS || t->headed)
			return;
		t->keys[i] = key;
		t->n_keys++;
	}
	if (right)
		t->right[i] = true;
	t->next = i + 1;
	cell = &t->cells[(t->n_rows - 1) * OUT_COLUMNS + i];
	free(cell->text);
	cell->text = text ? out_checked(text_escape(text)) : NULL;
	cell->color = color;
}

