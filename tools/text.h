/* SPDX-License-Identifier: GPL-2.0 */
/* Text from elsewhere, such as the names of devices, made safe for a terminal and a shell. */
#ifndef NATGWCTL_TEXT_H
#define NATGWCTL_TEXT_H

#include <stdio.h>

/** TEXT_QUOTED - room for a word of @_size bytes, its end included, as text_quoted() writes it */
#define TEXT_QUOTED(_size)	(4 * (_size) + 4)

void text_put(FILE *to, const char *text);
char *text_escape(const char *text);
const char *text_quoted(char *buf, size_t size, const char *word);

#endif /* NATGWCTL_TEXT_H */
