/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Output: text and JSON from the same calls. JSON is an array of objects. Text
 * is one table row per object, or one block of "key value" lines per object, or
 * one line per object as it comes.
 * Arrays inside a block become a small table of their own.
 */
#ifndef NATGWCTL_PRINT_H
#define NATGWCTL_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/** OUT_JSON_FLAGS - of jansson; a terminal may act on what is not ASCII */
#define OUT_JSON_FLAGS	(JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII)
/** OUT_DEPTH - how deep JSON containers nest */
#define OUT_DEPTH	8

enum out_layout {
	OUT_TABLE,
	OUT_BLOCK,
	OUT_LINE,	/* each object on a line of its own, out at once; JSON lines */
};

enum out_color {
	OUT_PLAIN,
	OUT_BOLD,
	OUT_GOOD,
	OUT_BAD,
};

struct table;

/**
 * struct out - where and how to print
 * @json:	JSON instead of text
 * @pretty:	indent JSON
 * @color:	the terminal shows colours
 * @layout:	of text
 * @table:	the table being filled, or NULL inside a block
 * @outer:	the one around it, while that is of an array
 * @rows:	objects begun
 * @column:	a block line has something on it
 * @stack:	JSON containers being filled, [0] is the object of the array
 * @depth:	entries of @stack
 */
struct out {
	bool json;
	bool pretty;
	bool color;
	enum out_layout layout;
	struct table *table;
	struct table *outer;
	unsigned long rows;
	bool column;
	json_t *stack[OUT_DEPTH];
	unsigned int depth;
};

void out_begin(struct out *o, bool json, bool pretty, enum out_layout layout);
void out_end(struct out *o);

void out_row(struct out *o);
void out_row_end(struct out *o);
void out_object(struct out *o, const char *key);
void out_object_end(struct out *o);
void out_array(struct out *o, const char *key);
void out_array_end(struct out *o);
void out_item(struct out *o);
void out_item_end(struct out *o);

void out_number(struct out *o, const char *key, uint64_t value);
void out_percent(struct out *o, const char *key, uint32_t value);
void out_time(struct out *o, const char *key, uint32_t secs);
void out_word(struct out *o, const char *key, const char *word);
void out_none(struct out *o, const char *key, const char *text);
void out_words(struct out *o, const char *key, char *const *list, size_t n);
void out_retired(struct out *o, const char *key);
void out_verdict(struct out *o, const char *key, const char *reason_key, const char *reason);
void out_endpoint(struct out *o, const char *key, const char *addr, const char *port_key,
		  const uint32_t *port);
void out_missing(struct out *o, const char *key);

void out_line(struct out *o);
void out_title(struct out *o, const char *noun, const char *key, const char *name);
void out_sentence(struct out *o, const char *key, const char *text);
void out_note(struct out *o, const char *text);

json_t *out_json_text(const char *text);

#endif /* NATGWCTL_PRINT_H */
