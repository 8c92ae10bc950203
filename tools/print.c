// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse.h"
#include "print.h"
#include "table.h"
#include "text.h"

/** WORDS_TEXT - most words of a list that text shows */
#define WORDS_TEXT	16

/* One "key value" of a block, or one cell of a table */
static void put_text(struct out *o, const char *key, bool right, enum out_color color,
		     const char *text)
{
	if (o->table) {
		table_cell(o->table, key, right, color, text);
		return;
	}
	printf("%s%s ", o->column ? "  " : "    ", key);
	out_colored(o, color, text);
	o->column = true;
}

/**
 * out_json_text - a text as JSON
 * @text:	any bytes, as the names of devices are: what is not UTF-8 becomes "?"
 */
json_t *out_json_text(const char *text)
{
	json_t *value = json_string(text);
	char *copy, *p;

	if (value)
		return value;
	copy = out_checked(strdup(text));
	for (p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	value = json_string(copy);
	free(copy);
	return value;
}

static void put_json(struct out *o, const char *key, json_t *value)
{
	json_object_set_new(o->stack[o->depth - 1], key, out_checked(value));
}

/**
 * out_begin - begin the output of a command
 * @o:		output
 * @json:	JSON instead of text
 * @pretty:	indent JSON
 * @layout:	of text
 */
void out_begin(struct out *o, bool json, bool pretty, enum out_layout layout)
{
	const char *term = getenv("TERM");

	memset(o, 0, sizeof(*o));
	o->json = json;
	o->pretty = pretty;
	o->layout = layout;
	o->color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb");
	if (json && layout != OUT_LINE)
		putchar('[');
	else if (!json && layout == OUT_TABLE)
		o->table = table_new(0);
}

/**
 * out_end - end the output of a command
 * @o:		output
 */
void out_end(struct out *o)
{
	if (o->json && o->layout != OUT_LINE)
		puts(o->pretty && o->rows ? "\n]" : "]");
	if (!o->table)
		return;
	table_flush(o, o->table);
	table_free(o->table);
	o->table = NULL;
}

/**
 * out_row - begin an object
 * @o:		output
 */
void out_row(struct out *o)
{
	if (o->json) {
		o->stack[0] = out_checked(json_object());
		o->depth = 1;
	} else if (o->table) {
		table_row(o, o->table);
	} else if (o->rows && o->layout == OUT_BLOCK) {
		putchar('\n');
	}
	o->rows++;
}

/* An element of the outer array, indented as jansson would have done it */
static void row_dump(const struct out *o)
{
	size_t flags = OUT_JSON_FLAGS | (o->pretty ? JSON_INDENT(4) : JSON_COMPACT);
	char *text = out_checked(json_dumps(o->stack[0], flags)), *line, *end;

	if (o->layout == OUT_LINE) {
		puts(text);
		free(text);
		return;
	}
	if (o->rows > 1)
		putchar(',');
	if (!o->pretty) {
		fputs(text, stdout);
	} else {
		for (line = text; line; line = end ? end + 1 : NULL) {
			end = strchr(line, '\n');
			if (end)
				*end = 0;
			printf("\n    %s", line);
		}
	}
	free(text);
}

/**
 * out_row_end - end an object
 * @o:		output
 */
void out_row_end(struct out *o)
{
	if (o->json) {
		row_dump(o);
		json_decref(o->stack[0]);
		o->depth = 0;
	} else if (o->layout == OUT_LINE) {
		putchar('\n');
		o->column = false;
	} else {
		out_line(o);
	}
	if (o->layout == OUT_LINE)
		fflush(stdout);
}

/**
 * out_object - begin a nested object; in text its members stand beside the others
 * @o:		output
 * @key:	its key
 */
void out_object(struct out *o, const char *key)
{
	json_t *object;

	if (!o->json) {
		out_line(o);
		return;
	}
	object = out_checked(json_object());
	put_json(o, key, object);
	o->stack[o->depth++] = object;
}

/**
 * out_object_end - end a nested object
 * @o:		output
 */
void out_object_end(struct out *o)
{
	if (o->json)
		o->depth--;
	else
		out_line(o);
}

/**
 * out_array - begin an array of objects inside a block; in text a table
 * @o:		output
 * @key:	its key
 */
void out_array(struct out *o, const char *key)
{
	json_t *array;

	if (!o->json) {
		out_line(o);
		o->outer = o->table;
		o->table = table_new(2);
		return;
	}
	array = out_checked(json_array());
	put_json(o, key, array);
	o->stack[o->depth++] = array;
}

/**
 * out_array_end - end an array
 * @o:		output
 */
void out_array_end(struct out *o)
{
	if (o->json) {
		o->depth--;
		return;
	}
	table_flush(o, o->table);
	table_free(o->table);
	o->table = o->outer;
}

/**
 * out_item - begin an object of an array
 * @o:		output
 */
void out_item(struct out *o)
{
	json_t *object;

	if (!o->json) {
		table_row(o, o->table);
		return;
	}
	object = out_checked(json_object());
	json_array_append_new(o->stack[o->depth - 1], object);
	o->stack[o->depth++] = object;
}

/**
 * out_item_end - end an object of an array
 * @o:		output
 */
void out_item_end(struct out *o)
{
	if (o->json)
		o->depth--;
}

/**
 * out_number - print a number
 * @o:		output
 * @key:	its key
 * @value:	number
 */
void out_number(struct out *o, const char *key, uint64_t value)
{
	char buf[24];

	if (o->json) {
		put_json(o, key, json_integer(value));
		return;
	}
	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)value);
	put_text(o, key, true, OUT_PLAIN, buf);
}

/**
 * out_percent - print a percentage: a number in JSON, with % in text
 * @o:		output
 * @key:	its key
 * @value:	per cent
 */
void out_percent(struct out *o, const char *key, uint32_t value)
{
	char buf[16];

	if (o->json) {
		put_json(o, key, json_integer(value));
		return;
	}
	snprintf(buf, sizeof(buf), "%u%%", value);
	put_text(o, key, true, OUT_PLAIN, buf);
}

/**
 * out_time - print a time: seconds in JSON, with units in text
 * @o:		output
 * @key:	its key
 * @secs:	time
 */
void out_time(struct out *o, const char *key, uint32_t secs)
{
	char buf[TIME_TEXT];

	if (o->json)
		put_json(o, key, json_integer(secs));
	else
		put_text(o, key, true, OUT_PLAIN, time_text(buf, secs));
}

/**
 * out_word - print a word, a name or an address
 * @o:		output
 * @key:	its key
 * @word:	NULL for none: null in JSON, - in a table
 */
void out_word(struct out *o, const char *key, const char *word)
{
	if (!word)
		out_none(o, key, NULL);
	else if (o->json)
		put_json(o, key, out_json_text(word));
	else
		put_text(o, key, false, OUT_PLAIN, word);
}

/**
 * out_none - print that there is no value: null in JSON, - in a table
 * @o:		output
 * @key:	its key
 * @text:	what a block says, NULL for none
 */
void out_none(struct out *o, const char *key, const char *text)
{
	if (o->json)
		put_json(o, key, json_null());
	else
		put_text(o, key, false, OUT_PLAIN, o->table ? NULL : text ? text : "none");
}

static void verdict_text(struct out *o, const char *key, enum out_color color, const char *text)
{
	if (o->table) {
		put_text(o, key, false, color, text);
		return;
	}
	printf("%s%s: ", o->column ? "  " : "    ", key);
	out_colored(o, color, text);
	o->column = true;
}

/**
 * out_retired - print in text that there is no verdict any more
 * @o:		output
 * @key:	its key
 */
void out_retired(struct out *o, const char *key)
{
	verdict_text(o, key, OUT_PLAIN, "retired");
}

/**
 * out_verdict - print yes, or no with the reason
 * @o:		output
 * @key:	its key
 * @reason_key:	key of the reason in JSON
 * @reason:	NULL for yes
 */
void out_verdict(struct out *o, const char *key, const char *reason_key, const char *reason)
{
	char buf[96];

	if (o->json) {
		put_json(o, key, json_string(reason ? "no" : "yes"));
		put_json(o, reason_key, reason ? json_string(reason) : json_null());
		return;
	}
	if (reason)
		snprintf(buf, sizeof(buf), "no (%s)", reason);
	else
		strcpy(buf, "yes");
	verdict_text(o, key, reason ? OUT_BAD : OUT_GOOD, buf);
}

/**
 * out_endpoint - print an address with its port
 * @o:		output
 * @key:	key of the address
 * @addr:	address, NULL for none
 * @port_key:	key of the port in JSON
 * @port:	port, NULL for none
 */
void out_endpoint(struct out *o, const char *key, const char *addr, const char *port_key,
		  const uint32_t *port)
{
	char buf[ADDR_TEXT + 12];

	if (o->json) {
		put_json(o, key, addr ? json_string(addr) : json_null());
		put_json(o, port_key, port ? json_integer(*port) : json_null());
		return;
	}
	if (!addr)
		addr = "none";
	/* 0: the protocol has none there, ICMP's destination */
	if (port && *port)
		snprintf(buf, sizeof(buf), "%s:%u", addr, *port);
	put_text(o, key, false, OUT_PLAIN, port && *port ? buf : addr);
}

/**
 * out_missing - null in JSON, nothing in text
 * @o:		output
 * @key:	key
 */
void out_missing(struct out *o, const char *key)
{
	if (o->json)
		put_json(o, key, json_null());
}

/**
 * out_words - print a list of words
 * @o:		output
 * @key:	its key
 * @list:	words
 * @n:		their number
 */
void out_words(struct out *o, const char *key, char *const *list, size_t n)
{
	char text[WORDS_TEXT * ADDR_TEXT];
	size_t len = 0, i;
	json_t *array;

	if (o->json) {
		array = out_checked(json_array());
		for (i = 0; i < n; i++)
			json_array_append_new(array, out_checked(out_json_text(list[i])));
		put_json(o, key, array);
		return;
	}
	if (!n) {
		out_none(o, key, NULL);
		return;
	}
	for (i = 0; i < n && i < WORDS_TEXT && len < sizeof(text); i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "", list[i]);
	if (n > WORDS_TEXT && len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, " and %zu more", n - WORDS_TEXT);
	put_text(o, key, false, OUT_PLAIN, text);
}

/**
 * out_line - in a block, what follows stands on a new line
 * @o:		output
 */
void out_line(struct out *o)
{
	if (o->json || o->table || o->layout == OUT_LINE || !o->column)
		return;
	putchar('\n');
	o->column = false;
}

/**
 * out_title - first line of a block
 * @o:		output
 * @noun:	kind of object, in text only; or NULL
 * @key:	key of its name, in JSON only
 * @name:	name
 */
void out_title(struct out *o, const char *noun, const char *key, const char *name)
{
	if (o->json) {
		put_json(o, key, out_json_text(name));
		return;
	}
	if (noun) {
		out_colored(o, OUT_BOLD, noun);
		putchar(' ');
	}
	out_colored(o, OUT_BOLD, name);
	o->column = true;
}

/**
 * out_sentence - a text on its own line of a block
 * @o:		output
 * @key:	its key, in JSON only
 * @text:	sentence
 */
void out_sentence(struct out *o, const char *key, const char *text)
{
	if (o->json)
		put_json(o, key, out_json_text(text));
	else
		out_note(o, text);
}

/**
 * out_note - a sentence for the human reader, on its own line
 * @o:		output
 * @text:	sentence
 */
void out_note(struct out *o, const char *text)
{
	if (o->json)
		return;
	if (o->table) {
		table_note(o->table, text);
		return;
	}
	if (o->layout == OUT_LINE) {
		fputs("  ", stdout);
		text_put(stdout, text);
		return;
	}
	out_line(o);
	fputs("    ", stdout);
	text_put(stdout, text);
	putchar('\n');
}
