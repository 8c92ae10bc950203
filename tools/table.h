/* SPDX-License-Identifier: GPL-2.0 */
/* Tables of text, for print.c. */
#ifndef NATGWCTL_TABLE_H
#define NATGWCTL_TABLE_H

#include "parse.h"
#include "print.h"

/** OUT_COLUMNS - most columns of a table */
#define OUT_COLUMNS	32

/**
 * struct cell - one value of a table
 * @text:	allocated, NULL if the row has none
 * @color:	enum out_color
 */
struct cell {
	char *text;
	enum out_color color;
};

/**
 * struct table - rows waiting to be printed, so that columns line up
 * @keys:	headings
 * @right:	column holds numbers
 * @width:	widths so far
 * @n_keys:	columns
 * @cells:	@n_rows times OUT_COLUMNS cells
 * @notes:	sentences below the rows, NULL where none
 * @n_rows:	rows waiting
 * @next:	column expected next
 * @indent:	spaces before each row
 * @headed:	the headings are out
 */
struct table {
	const char *keys[OUT_COLUMNS];
	bool right[OUT_COLUMNS];
	unsigned int width[OUT_COLUMNS];
	unsigned int n_keys;
	struct cell *cells;
	char **notes;
	unsigned int n_rows;
	unsigned int next;
	unsigned int indent;
	bool headed;
};

void *out_checked(void *p);
void out_colored(const struct out *o, enum out_color color, const char *text);

struct table *table_new(unsigned int indent);
void table_row(const struct out *o, struct table *t);
void table_cell(struct table *t, const char *key, bool right, enum out_color color,
		const char *text);
void table_note(struct table *t, const char *text);
void table_flush(const struct out *o, struct table *t);
void table_free(struct table *t);

#endif /* NATGWCTL_TABLE_H */
