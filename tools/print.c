// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse.h"
#include "print.h"

/** TABLE_ROWS - rows that wait for each other's widths; a longer table goes on with those */
#define TABLE_ROWS	512
/** WORDS_TEXT - most words of a list that text shows */
#define WORDS_TEXT	16

/**
 * struct cell - one value of a table
 * @text:	allocated, NULL if the row has none
 * @color:	enum out_color
 */
struct cell {
	char *text;
	enum out_color color;
};

static const char *const colors[] = {
	[OUT_PLAIN] = "",
	[OUT_BOLD] = "\033[1m",
	[OUT_GOOD] = "\033[32m",
	[OUT_BAD] = "\033[31m",
};

static void *checked(void *p)
{
	if (!p) {
		fputs("natgwctl: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static void put_colored(const struct out *o, enum out_color color, const char *text)
{
	if (o->color && color != OUT_PLAIN)
		printf("%s%s\033[0m", colors[color], text);
	else
		fputs(text, stdout);
}

static struct table *table_new(unsigned int indent)
{
	struct table *t = checked(calloc(1, sizeof(*t)));

	t->cells = checked(calloc(TABLE_ROWS * OUT_COLUMNS, sizeof(*t->cells)));
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
		put_colored(o, row ? row[i].color : OUT_BOLD, text);
		if (i < last)
			printf("%*s", 2 + (int)(t->right[i] ? 0 : pad), "");
	}
	putchar('\n');
}

static void table_flush(const struct out *o, struct table *t)
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
		for (i = 0; i < OUT_COLUMNS; i++) {
			free(t->cells[r * OUT_COLUMNS + i].text);
			t->cells[r * OUT_COLUMNS + i] = (struct cell){};
		}
	}
	t->n_rows = 0;
}

static void table_row(const struct out *o, struct table *t)
{
	if (t->n_rows == TABLE_ROWS)
		table_flush(o, t);
	t->n_rows++;
	t->next = 0;
}

static void table_free(struct table *t)
{
	free(t->cells);
	free(t);
}

/* text NULL: the column exists, this row has nothing in it */
static void table_cell(struct table *t, const char *key, bool right, enum out_color color,
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
	cell->text = text ? checked(strdup(text)) : NULL;
	cell->color = color;
}

/* One "key value" of a block, or one cell of a table */
static void put_text(struct out *o, const char *key, bool right, enum out_color color,
		     const char *text)
{
	if (o->table) {
		table_cell(o->table, key, right, color, text);
		return;
	}
	printf("%s%s ", o->column ? "  " : "    ", key);
	put_colored(o, color, text);
	o->column = true;
}

/* Names of devices may be any bytes, JSON is UTF-8 */
static json_t *json_text(const char *text)
{
	json_t *value = json_string(text);
	char *copy, *p;

	if (value)
		return value;
	copy = checked(strdup(text));
	for (p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	value = json_string(copy);
	free(copy);
	return value;
}

static void put_json(struct out *o, const char *key, json_t *value)
{
	json_object_set_new(o->stack[o->depth - 1], key, checked(value));
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
	if (json)
		putchar('[');
	else if (layout == OUT_TABLE)
		o->table = table_new(0);
}

/**
 * out_end - end the output of a command
 * @o:		output
 */
void out_end(struct out *o)
{
	if (o->json) {
		puts(o->pretty && o->rows ? "\n]" : "]");
		return;
	}
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
		o->stack[0] = checked(json_object());
		o->depth = 1;
	} else if (o->table) {
		table_row(o, o->table);
	} else if (o->rows) {
		putchar('\n');
	}
	o->rows++;
}

/* An element of the outer array, indented as jansson would have done it */
static void row_dump(const struct out *o)
{
	size_t flags = JSON_PRESERVE_ORDER | (o->pretty ? JSON_INDENT(4) : JSON_COMPACT);
	char *text = checked(json_dumps(o->stack[0], flags)), *line, *end;

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
	} else {
		out_line(o);
	}
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
	object = checked(json_object());
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
		o->table = table_new(2);
		return;
	}
	array = checked(json_array());
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
	o->table = NULL;
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
	object = checked(json_object());
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
	if (o->json)
		put_json(o, key, word ? json_text(word) : json_null());
	else
		put_text(o, key, false, OUT_PLAIN, word ? word : o->table ? NULL : "none");
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
	if (o->table) {
		put_text(o, key, false, reason ? OUT_BAD : OUT_GOOD, buf);
		return;
	}
	printf("%s%s: ", o->column ? "  " : "    ", key);
	put_colored(o, reason ? OUT_BAD : OUT_GOOD, buf);
	o->column = true;
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
	json_t *array;
	size_t i;

	if (o->json) {
		array = checked(json_array());
		for (i = 0; i < n; i++)
			json_array_append_new(array, checked(json_text(list[i])));
		put_json(o, key, array);
		return;
	}
	put_text(o, key, false, OUT_PLAIN, n ? list[0] : "none");
	for (i = 1; i < n && i < WORDS_TEXT; i++)
		printf(" %s", list[i]);
	if (n > WORDS_TEXT)
		printf(" and %zu more", n - WORDS_TEXT);
}

/**
 * out_line - in a block, what follows stands on a new line
 * @o:		output
 */
void out_line(struct out *o)
{
	if (o->json || o->table || !o->column)
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
		put_json(o, key, json_text(name));
		return;
	}
	if (noun) {
		put_colored(o, OUT_BOLD, noun);
		putchar(' ');
	}
	put_colored(o, OUT_BOLD, name);
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
		put_json(o, key, json_string(text));
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
	out_line(o);
	printf("    %s\n", text);
}
