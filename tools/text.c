// SPDX-License-Identifier: GPL-2.0
/*
 * Makes text safe for a terminal and a shell. The name of a device may have any byte but / and
 * blanks, also bytes that move the cursor, set colours or begin a command. Called by all that print
 * text.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* ESCAPED - room for one byte as \xNN */
#define ESCAPED		4

/*
 * Bytes of the character at the start of a text that a terminal shows and does not act
 * on: printable ASCII, or UTF-8 that is well-formed and no control character of the
 * second set (U+0080 to U+009F). Return: 0 for any other byte.
 */
static size_t shown(const unsigned char *p)
{
	size_t len, i;

	if (*p < 0x80)
		return *p >= ' ' && *p != 0x7f;
	if (*p < 0xc2 || *p > 0xf4)
		return 0;
	len = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* No control character, and no longer than need be */
	if ((*p == 0xc2 && p[1] < 0xa0) || (*p == 0xe0 && p[1] < 0xa0) ||
	    (*p == 0xf0 && p[1] < 0x90))
		return 0;
	return len;
}

/**
 * text_put - print a text, with \xNN for each byte that a terminal would act on
 * @to:		stream
 * @text:	text
 */
void text_put(FILE *to, const char *text)
{
	size_t len;

	for (; *text; text += len ? len : 1) {
		len = shown((const unsigned char *)text);
		if (len)
			fwrite(text, 1, len, to);
		else
			fprintf(to, "\\x%02x", (unsigned char)*text);
	}
}

/**
 * text_escape - a text as text_put() prints it
 * @text:	text
 *
 * Return: allocated, or NULL.
 */
char *text_escape(const char *text)
{
	char *copy = malloc(ESCAPED * strlen(text) + 1), *p = copy;
	size_t len;

	for (; copy && *text; text += len ? len : 1) {
		len = shown((const unsigned char *)text);
		memcpy(p, text, len);
		p += len ? len : (size_t)sprintf(p, "\\x%02x", (unsigned char)*text);
	}
	if (copy)
		*p = 0;
	return copy;
}

/* Does a shell take the word as it is, and a program not as an option? */
static bool is_plain(const char *word)
{
	const char *c;

	if (*word == '-')
		return false;
	for (c = word; isalnum((unsigned char)*c) || (*c && strchr("_@%+,./:-", *c)); c++)
		;
	return *word && !*c;
}

/**
 * text_quoted - a word as it is typed for a shell
 * @buf:	result
 * @size:	of @buf; TEXT_QUOTED() has room for all
 * @word:	word
 *
 * Return: the word itself, or between quotes what a shell would act on; with $'' of bash what a
 * terminal would act on, too.
 */
const char *text_quoted(char *buf, size_t size, const char *word)
{
	const char *c;
	size_t n;

	if (is_plain(word)) {
		snprintf(buf, size, "%s", word);
		return buf;
	}
	for (c = word; *c >= ' ' && *c <= '~' && *c != '\''; c++)
		;
	if (!*c) {
		snprintf(buf, size, "'%s'", word);
		return buf;
	}
	n = snprintf(buf, size, "$'");
	for (c = word; *c && n < size; c++) {
		if (*c < ' ' || *c > '~')
			n += snprintf(buf + n, size - n, "\\x%02x", (unsigned char)*c);
		else
			n += snprintf(buf + n, size - n, "%s%c",
				      *c == '\'' || *c == '\\' ? "\\" : "", *c);
	}
	if (n < size)
		snprintf(buf + n, size - n, "'");
	return buf;
}
