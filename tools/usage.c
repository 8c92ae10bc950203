// SPDX-License-Identifier: GPL-2.0
/* What help prints, made from the tables of objects; called by help, main() and errors. */
#include <stdio.h>
#include <string.h>

#include "object.h"
#include "usage.h"

static const char options[] =
	"OPTIONS, before the object:\n"
	"  -j, --json         print JSON, errors too\n"
	"  -p, --pretty       print JSON indented\n"
	"  -s, --statistics   with counters\n"
	"  -n, --netns NAME   in this network namespace\n"
	"  -b, --batch FILE   run its lines as one transaction; - is standard input\n"
	"  -h, --help         print this\n"
	"  -V, --version      the same as the object version\n"
	"Times need a unit: 30s, 4m, 1h30m. Words match without regard to case.\n";

/**
 * usage_all - print the usage of the tool
 * @to:		stream
 */
void usage_all(FILE *to)
{
	unsigned int i, v;

	fputs("usage: natgwctl [OPTIONS] [OBJECT [VERB] [NAME] [KEY VALUE]...]\n"
	      "       natgwctl [OPTIONS] -b FILE\n\n"
	      "Without an object: a short status. OBJECT is one of\n", to);
	for (i = 0; objects[i]; i++) {
		fprintf(to, "  %-11s  %s", objects[i]->word, objects[i]->about);
		for (v = 0; v < objects[i]->n_verbs; v++)
			fprintf(to, "%s%s", v ? ", " : ": ", objects[i]->verbs[v].word);
		fputc('\n', to);
	}
	fprintf(to, "\n%s", options);
	fputs("natgwctl help OBJECT lists its keys.\n", to);
}

/* How a value is written */
static void value_text(char *buf, size_t size, const struct field *f)
{
	static const char *const by_type[] = {
		[FIELD_NAME] = "NAME",
		[FIELD_REF] = "NAME|none",
		[FIELD_NUMBER] = "N",
		[FIELD_TIME] = "TIME",
		[FIELD_PERCENT] = "PERCENT%",
		[FIELD_PROTO] = "tcp|udp|icmp|N",
		[FIELD_ADDRESS] = "IP",
		[FIELD_PREFIX] = "IP/LENGTH",
		[FIELD_HOST] = "IP[/LENGTH]",
		[FIELD_ENDPOINT] = "IP[:PORT]",
		[FIELD_VERDICT] = "",
		[FIELD_COUNTER] = "",
		[FIELD_CIDR] = "IP/LENGTH,...",
		[FIELD_CIDR_HOST] = "IP[/LENGTH],...",
		[FIELD_NEST] = "",
		[FIELD_EXTRA] = "",
	};
	unsigned int i;
	size_t n = 0;

	if (f->value || f->type != FIELD_WORD) {
		snprintf(buf, size, "%s%s%s", f->value ? f->value : by_type[f->type],
			 f->off ? "|" : "", f->off ? f->off : "");
		return;
	}
	buf[0] = 0;
	for (i = 0; f->words[i] && n < size; i++)
		n += snprintf(buf + n, size - n, "%s%s", i ? "|" : "", f->words[i]);
}

static const char *name_text(const struct object *obj)
{
	if (obj->schema->fields[0].value)
		return obj->schema->fields[0].value;
	switch (obj->schema->fields[0].type) {
	case FIELD_HOST:
		return "IP[/LENGTH]";
	case FIELD_WORD:
		return "REASON";
	default:
		return "NAME";
	}
}

static void usage_keys(FILE *to, const struct object *obj, unsigned int flag, const char *title)
{
	const struct field *f, *end = obj->schema->fields + obj->schema->n_fields;
	int width = 0, key = 18, i;
	char value[128];

	for (f = obj->schema->fields; f < end; f++) {
		value_text(value, sizeof(value), f);
		if ((f->flags & flag) && (int)strlen(value) > width)
			width = strlen(value);
		if ((f->flags & flag) && (int)strlen(f->word) > key)
			key = strlen(f->word);
	}
	if (width)
		fprintf(to, "\n%s:\n", title);
	for (f = obj->schema->fields; f < end; f++) {
		if (!(f->flags & flag))
			continue;
		value_text(value, sizeof(value), f);
		fprintf(to, "  %-*s  %-*s  %s\n", key, f->word, width, value, f->about);
		/* Words that have no room beside their key */
		for (i = 0; f->type == FIELD_WORD && f->value && f->words[i]; i++)
			fprintf(to, "  %-*s  %-*s    %s\n", key, "", width, "", f->words[i]);
	}
}

/* Keywords of a verb, where it has its own and they are few */
static void usage_own(FILE *to, const struct object *obj, unsigned int flag)
{
	const struct field *f, *end = obj->schema->fields + obj->schema->n_fields;
	char value[128];

	for (f = obj->schema->fields; f < end; f++) {
		if (!(f->flags & flag))
			continue;
		value_text(value, sizeof(value), f);
		fprintf(to, f->flags & FIELD_KEY ? " %s %s" : " [%s %s]", f->word, value);
	}
}

static void usage_verb(FILE *to, const struct object *obj, const struct verb *v, bool first)
{
	fprintf(to, "%s natgwctl [OPTIONS] %s ", first ? "usage:" : "      ", obj->word);
	fprintf(to, v == verb_default(obj) ? "[%s]" : "%s", v->word);
	if (v->flags & VERB_NAME)
		fprintf(to, " %s", name_text(obj));
	if (v->flags & (VERB_NAME_OPT | VERB_ONE))
		fprintf(to, " [%s]", name_text(obj));
	if (v->flags & VERB_KEYS && v->keys)
		usage_own(to, obj, v->keys);
	else if (v->flags & VERB_KEYS)
		fputs(" [KEY VALUE]...", to);
	if (v->flags & VERB_FILTER)
		fputs(" [FILTER VALUE]...", to);
	if (v->flags & VERB_FILE)
		fputs(" FILE", to);
	if (v->flags & VERB_AGE)
		fputs(" [max-age TIME]", to);
	if (v->flags & VERB_CONFIG)
		fputs(" [-f FILE|-]...", to);
	fputc('\n', to);
	if (v->sub)
		fprintf(to, "       natgwctl [OPTIONS] %s %s %s [%s VALUE]...\n", obj->word,
			v->word, v->sub->word, "FILTER");
}

static void usage_words(FILE *to, const struct object *obj)
{
	unsigned int i;

	fprintf(to, "usage: natgwctl [OPTIONS] %s", obj->word);
	for (i = 0; obj->options && obj->options[i]; i++)
		fprintf(to, " [%s]", obj->options[i]);
	if (obj->takes_file)
		fputs(" -f FILE|-", to);
	for (i = 0; obj->words && obj->words[i]; i++)
		fprintf(to, " [%s]", obj->words[i]);
	if (obj->schema && obj->schema->n_fields == 1)
		usage_own(to, obj, FIELD_FILTER);
	else if (obj->schema)
		fputs(obj->words ? " [KEY VALUE]..." : " KEY VALUE...", to);
	fputc('\n', to);
}

static void usage_without_verbs(FILE *to, const struct object *obj)
{
	bool first = obj->forms && !obj->words;
	unsigned int i;

	if (!first)
		usage_words(to, obj);
	for (i = 0; obj->forms && obj->forms[i]; i++, first = false)
		fprintf(to, "%s natgwctl [OPTIONS] %s %s\n", first ? "usage:" : "      ",
			obj->word, obj->forms[i]);
	fprintf(to, "\n%s\n", obj->about);
	if (obj->schema)
		usage_keys(to, obj, FIELD_FILTER, "KEY");
}

/**
 * usage_object - print the usage of an object
 * @to:		stream
 * @obj:	object
 */
void usage_object(FILE *to, const struct object *obj)
{
	const struct verb *v;
	unsigned int i;

	if (!obj->n_verbs) {
		usage_without_verbs(to, obj);
		return;
	}
	for (i = 0; i < obj->n_verbs; i++) {
		v = &obj->verbs[i];
		usage_verb(to, obj, v, !i);
	}
	fprintf(to, "\n%s\n", obj->about);
	for (i = 0; i < obj->n_verbs; i++) {
		v = &obj->verbs[i];
		fprintf(to, "  %-18s  %s\n", v->word, v->about);
		if (v->sub)
			fprintf(to, "  %s %-*s  %s\n", v->word, 17 - (int)strlen(v->word),
				v->sub->word, v->sub->about);
	}
	usage_keys(to, obj, FIELD_SET, "KEY");
	usage_keys(to, obj, FIELD_FILTER, "FILTER");
	for (i = 0; i < obj->n_verbs; i++)
		if (obj->verbs[i].sub)
			usage_keys(to, obj, obj->verbs[i].sub->keys, "FILTER of effective");
}
