/* SPDX-License-Identifier: GPL-2.0 */
/* Words that go into the tool, and long texts that come out of it. */
#ifndef NATGW_UNIT_TOOL_WORDS_H
#define NATGW_UNIT_TOOL_WORDS_H

#include <stdarg.h>
#include <stdio.h>

#include "key.h"
#include "object.h"

/* One text of pieces, the last is NULL; until the next call */
static inline const char *joined(const char *piece, ...)
{
	static char text[2048];
	va_list ap;
	size_t n;

	va_start(ap, piece);
	for (n = 0; piece; piece = va_arg(ap, const char *))
		n += snprintf(text + n, sizeof(text) - n, "%s", piece);
	va_end(ap);
	return text;
}

/* Words of a command line, up to NULL, into a request. Return: exit status */
static inline int keys(struct ctl *ctl, const struct object *obj, struct request *req,
		       unsigned int want, ...)
{
	char *argv[16];
	va_list ap;
	int argc;

	va_start(ap, want);
	for (argc = 0; (argv[argc] = va_arg(ap, char *)); argc++)
		;
	va_end(ap);
	return object_keys(ctl, obj, req, want, NULL, argc, argv);
}

#endif
