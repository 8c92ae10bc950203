// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the reading of configurations as JSON: each object becomes the command that makes it.
 * Called by batch.c.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "batch.h"
#include "config_json.h"
#include "item.h"
#include "key.h"
#include "object.h"
#include "table.h"

/** JSON_WORDS - most words of one object's command */
#define JSON_WORDS	128

/**
 * struct words_of - the command that an object becomes
 * @argv:	words, each allocated
 * @argc:	their number
 */
struct words_of {
	char *argv[JSON_WORDS + 1];
	int argc;
};

static void add_word(struct words_of *w, char *word)
{
	if (w->argc < JSON_WORDS)
		w->argv[w->argc++] = out_checked(word);
	else
		free(word);
}

/* A value as it is typed, or NULL: a kind of value that no key has */
static char *value_text(const struct field *f, const json_t *value)
{
	char *text = NULL, *part, *more;
	const json_t *entry;
	size_t i;

	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (json_is_integer(value)) {
		if (asprintf(&text, "%" JSON_INTEGER_FORMAT "%s", json_integer_value(value),
			     f && f->type == FIELD_TIME ? "s" : "") < 0)
			abort();
		return text;
	}
	if (!json_is_array(value))
		return NULL;
	json_array_foreach(value, i, entry) {
		part = value_text(f, entry);
		if (!part || json_is_array(entry)) {
			free(part);
			free(text);
			return NULL;
		}
		if (asprintf(&more, "%s%s%s", text ? text : "", text ? "," : "", part) < 0)
			abort();
		free(part);
		free(text);
		text = more;
	}
	return text ? text : strdup("none");
}

/*
 * Could it stand in a line, as one word? What is made of a configuration are lines: another word
 * in it would be a key of its own there.
 */
static bool is_word(const char *text)
{
	const char *c;

	for (c = text; (unsigned char)*c > ' ' && *c != 0x7f; c++)
		;
	return *text && *text != '#' && !*c;
}

/* What stands behind the verb: the first of its fields that is there */
static const char *key_word(const struct object *obj, const json_t *object)
{
	const struct field *f = &obj->schema->fields[0];

	if (json_is_string(json_object_get(object, f->word)))
		return f->word;
	f = f->alt ? field_by_attr(obj->schema, f->alt) : NULL;
	return f && json_is_string(json_object_get(object, f->word)) ? f->word : NULL;
}

static int words_make(struct ctl *ctl, const struct object *obj, const json_t *object,
		      struct words_of *w)
{
	const char *named = key_word(obj, object), *word, *key;
	const struct field *f;
	const json_t *value;
	char *text;

	if (!named)
		return usage_error(ctl, NULL, "%s is missing", obj->schema->fields[0].word);
	key = json_string_value(json_object_get(object, named));
	if (!is_word(key))
		return usage_error(ctl, named,
				   "%s: is not one word, without blanks and no # in front", named);
	ctl_command(ctl, obj->word, "add", key);
	add_word(w, strdup(obj == &vnet_object && !strcmp(key, NATGW_VNET_DEFAULT) ? "set" :
										     "add"));
	add_word(w, strdup(key));
	/* const in later versions of the library */
	json_object_foreach((json_t *)object, word, value) {
		if (!strcmp(word, "object") || !strcmp(word, named) || json_is_null(value))
			continue;
		f = key_lookup(obj, FIELD_SET, word);
		text = value_text(f, value);
		if (!text)
			return usage_error(ctl, word, "%s: not a string, a number or a list", word);
		/* a file name stays in no configuration */
		if (f && item_keeps(f) && !is_word(text)) {
			free(text);
			return usage_error(ctl, word,
					   "%s: is not one word, without blanks and no # in front",
					   word);
		}
		add_word(w, strdup(word));
		add_word(w, text);
	}
	return w->argc < JSON_WORDS ? 0 : usage_error(ctl, NULL, "too many keys");
}

/* "guard allow" of each prefix: of all that a guard has a file has these alone */
static int guard_take_allowed(struct ctl *ctl, const json_t *object)
{
	const json_t *allow = json_object_get(object, "allow"), *entry;
	char verb[] = "allow", *argv[3] = { verb };
	int ret = 0, one;
	size_t i;

	if (!json_is_array(allow) || json_object_size(object) != 2)
		return usage_error(ctl, "allow", "guard: its one key is allow, with prefixes");
	json_array_foreach(allow, i, entry) {
		if (!json_is_string(entry))
			return usage_error(ctl, "allow", "guard: allow: not a list of prefixes");
		argv[1] = out_checked(strdup(json_string_value(entry)));
		one = object_run(ctl, &guard_object, 2, argv);
		free(argv[1]);
		ret = ret ? ret : one;
	}
	return ret;
}

static int object_take(struct ctl *ctl, const json_t *object, size_t i)
{
	const char *word = json_string_value(json_object_get(object, "object"));
	const struct object *obj = word ? object_lookup(word) : NULL;
	struct words_of w = {};
	int ret;

	ctl->command[0] = 0;
	if (obj == &guard_object)
		return guard_take_allowed(ctl, object);
	ctl->batch->commands = true;
	if (ctl->salvage)
		return 0;
	if (!obj || !obj->rank)
		return usage_error(ctl, "object", "entry %zu: object %s%s", i,
				   word ? word : "is missing",
				   word ? " is no kind of object of a file" : "");
	ret = words_make(ctl, obj, object, &w);
	if (!ret)
		ret = object_run(ctl, obj, w.argc, w.argv);
	while (w.argc)
		free(w.argv[--w.argc]);
	return ret;
}

/**
 * config_is_json - is a file JSON? No command begins like it
 * @text:	its content
 * @len:	bytes of it
 */
bool config_is_json(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", text[i]))
		i++;
	return i < len && (text[i] == '[' || text[i] == '{');
}

/**
 * config_json - run the objects of a file as commands that make them
 * @ctl:	run
 * @text:	content of the file
 * @len:	bytes of it
 *
 * Return: 0, or the exit status.
 */
int config_json(struct ctl *ctl, const char *text, size_t len)
{
	json_error_t error;
	json_t *root;
	int ret = 0;
	size_t i;

	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		ctl->line = error.line > 0 ? error.line : 0;
		return usage_error(ctl, NULL, "%s", error.text);
	}
	if (!json_is_array(root))
		ret = usage_error(ctl, NULL,
				  "not an array of objects, as natgwctl -j export prints");
	/* an empty one says that there is nothing, one of guards alone says nothing of objects */
	if (!json_array_size(root))
		ctl->batch->commands = true;
	/* the library tells no line of an object */
	for (i = 0; (!ret || ctl->salvage) && i < json_array_size(root); i++)
		ret = object_take(ctl, json_array_get(root, i), i);
	json_decref(root);
	return ret;
}
