/* SPDX-License-Identifier: GPL-2.0 */
/* The commands that make one configuration of another. */
#ifndef NATGWCTL_PLAN_H
#define NATGWCTL_PLAN_H

#include <stdio.h>

#include "item.h"

/**
 * struct plan_line - one command
 * @at:		where in the text it begins
 * @it:		object of the file that it is about, or NULL
 */
struct plan_line {
	size_t at;
	const struct item *it;
};

/**
 * struct plan - commands in their order
 * @text:	all, each ends with a zero
 * @len:	bytes of @text
 * @line:	one for each
 * @n:		their number
 * @room:	entries that @line has room for
 * @to:		stream that writes @text
 */
struct plan {
	char *text;
	size_t len;
	struct plan_line *line;
	size_t n;
	size_t room;
	FILE *to;
};

int plan_make(struct ctl *ctl, struct plan *plan, struct items *want, struct items *have);
void plan_free(struct plan *plan);
void item_print(FILE *to, const struct item *it);

#endif /* NATGWCTL_PLAN_H */
