// SPDX-License-Identifier: GPL-2.0
/* export: the configuration that runs, as "apply -f" reads it. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

/** EXPORT_TRIES - how often the configuration is read again if it changed meanwhile */
#define EXPORT_TRIES	10

/* Is there anything to say of an object? */
static bool worth(const struct item *it)
{
	unsigned int i;

	if (it->owned)
		return false;
	for (i = 0; i < it->obj->schema->n_fields; i++)
		if (it->value[i])
			return true;
	return !it->exists;
}

static void put_list(struct out *o, const char *word, const char *value)
{
	char *text = strdup(value), *save, *part, *list[NATGW_TAG_PREFIXES];
	size_t n = 0;

	if (!text)
		abort();
	for (part = strtok_r(text, ",", &save); part && n < ARRAY_SIZE(list);
	     part = strtok_r(NULL, ",", &save))
		list[n++] = part;
	out_words(o, word, list, n);
	free(text);
}

static void put_value(struct out *o, const struct field *f, const char *value)
{
	struct parse_error e;
	uint32_t n;

	if (f->flags & FIELD_REPEAT)
		put_list(o, f->word, value);
	else if (f->type == FIELD_NUMBER && parse_number(value, &n, &e))
		out_number(o, f->word, n);
	else if (f->type == FIELD_PERCENT && parse_percent(value, &n, &e))
		out_percent(o, f->word, n);
	else if (f->type == FIELD_TIME && parse_time(value, false, &n, &e))
		out_time(o, f->word, n);
	else
		out_word(o, f->word, value);
}

/* "10.0.0.0/8 route-table rt1", or a tag in front of it */
static void put_key(struct out *o, const struct item *it)
{
	const struct field *f = &it->obj->schema->fields[0];
	const char *table = strchr(it->key, ' ');
	char first[KEY_TEXT];

	if (!table) {
		out_word(o, f->word, it->key);
		return;
	}
	snprintf(first, sizeof(first), "%.*s", (int)(table - it->key), it->key);
	out_word(o, strchr(first, '/') ? f->word : tag_object.word, first);
	out_word(o, route_table_object.word, strrchr(it->key, ' ') + 1);
}

static void put_item(struct out *o, const struct item *it)
{
	const struct schema *s = it->obj->schema;
	unsigned int i;

	out_row(o);
	out_word(o, "object", it->obj->word);
	put_key(o, it);
	for (i = 0; i < s->n_fields; i++)
		if (it->value[i])
			put_value(o, &s->fields[i], it->value[i]);
	out_row_end(o);
}

/**
 * items_print - print a configuration as apply reads it
 * @ctl:	run
 * @items:	configuration
 */
void items_print(const struct ctl *ctl, const struct items *items)
{
	const struct object *obj;
	const struct item *it;
	struct out out;
	size_t i;

	if (ctl->json)
		out_begin(&out, true, ctl->pretty, OUT_BLOCK);
	for (obj = kind_next(NULL); obj; obj = kind_next(obj))
		for (i = 0; i < items->n; i++) {
			it = items->list[i];
			if (it->obj != obj || !worth(it))
				continue;
			if (ctl->json) {
				put_item(&out, it);
				continue;
			}
			item_print(stdout, it);
			putchar('\n');
		}
	if (ctl->json)
		out_end(&out);
}

static int export_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	uint32_t before = 0, after = 1;
	struct items items = {};
	int ret, tries;

	(void)obj;
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	if (argc)
		return usage_error(ctl, NULL, "%s: one word too many", argv[0]);
	ret = ctl_open(ctl);
	for (tries = 0; !ret && before != after && tries < EXPORT_TRIES; tries++) {
		items_free(&items);
		ret = items_running(ctl, &items, &before);
		if (!ret)
			ret = items_generation(ctl, &after);
	}
	if (!ret && before != after)
		warn(ctl, NULL, NULL, "the configuration changed while it was read");
	if (!ret)
		items_print(ctl, &items);
	items_free(&items);
	return ret;
}

const struct object export_object = {
	.word = "export",
	.about = "print the configuration as apply reads it",
	.run = export_run,
};
