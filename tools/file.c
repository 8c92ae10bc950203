// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

/**
 * file_read - read a whole file
 * @file:	path, - for standard input
 * @len:	bytes read
 *
 * Return: allocated, with room for one byte behind them; NULL with errno.
 */
char *file_read(const char *file, size_t *len)
{
	FILE *in = strcmp(file, "-") ? fopen(file, "re") : stdin;
	char *text = NULL, *bigger;
	size_t size = 0;

	*len = 0;
	if (!in)
		return NULL;
	do {
		if (*len + 1 >= size) {
			size = 2 * size + 4096;
			bigger = realloc(text, size);
			if (!bigger)
				abort();
			text = bigger;
		}
		*len += fread(text + *len, 1, size - *len - 1, in);
	} while (!feof(in) && !ferror(in));
	if (ferror(in)) {
		free(text);
		text = NULL;
	}
	if (in != stdin)
		fclose(in);
	return text;
}
