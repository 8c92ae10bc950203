// SPDX-License-Identifier: GPL-2.0
/* An attribute of an answer to the output, by the type of its field; for every command. */
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "table.h"

static bool addr_zero(const struct nlattr *attr)
{
	static const char zero[16];

	return !memcmp(mnl_attr_get_payload(attr), zero, mnl_attr_get_payload_len(attr));
}

/* The word of an enum value, or NULL if a newer kernel made it */
static const char *field_word(const struct field *f, uint32_t value)
{
	uint32_t i;

	for (i = 0; f->words[i]; i++)
		if (i == value)
			return f->words[i];
	return NULL;
}

static void show_word(struct out *o, const struct field *f, uint32_t value)
{
	const char *word = f->type == FIELD_PROTO ? proto_text(value) : field_word(f, value);

	if (!word)
		out_number(o, f->word, value);
	else if (f->type == FIELD_VERDICT)
		out_verdict(o, f->word, f->word2, value ? word : NULL);
	else
		out_word(o, f->word, word);
}

static void show_nest(const struct field *f, struct out *o, const struct nlattr *attr)
{
	const struct nlattr *nest[FIELDS_ATTRS];

	if (nest_parse(f->nest, attr, nest))
		fields_show(o, f->nest, FIELD_SHOW | (o->json ? FIELD_JSON : 0), nest);
}

static char *list_text(const struct field *f, const struct nlattr *attr)
{
	char buf[ADDR_TEXT];

	switch (f->type) {
	case FIELD_CIDR:
	case FIELD_CIDR_HOST:
		return strdup(field_cidr(buf, attr, f->type == FIELD_CIDR_HOST));
	case FIELD_ADDRESS:
		return strdup(field_addr(buf, attr, NULL, true));
	default:
		return strdup(mnl_attr_get_str(attr));
	}
}

/* All of a FIELD_REPEAT */
static void list_show(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	const struct nlattr *attr;
	char **list = NULL;
	size_t n = 0, i;

	if (f->type == FIELD_NEST) {
		out_array(o, f->word);
		for (attr = tb[f->attr]; attr; attr = field_next(attr, tb)) {
			out_item(o);
			show_nest(f, o, attr);
			out_item_end(o);
		}
		out_array_end(o);
		return;
	}
	for (attr = tb[f->attr]; attr; attr = field_next(attr, tb)) {
		list = out_checked(realloc(list, (n + 1) * sizeof(*list)));
		list[n++] = out_checked(list_text(f, attr));
	}
	out_words(o, f->word, list, n);
	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

static void show_string(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	out_word(o, f->word, field_string(tb[f->attr]));
}

static void show_number(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	uint32_t n = field_u32(tb[f->attr]);

	if (f->off && !n)
		out_none(o, f->word, f->off);
	else
		out_number(o, f->word, n);
}

static void show_counter(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	out_number(o, f->word, field_u64(tb[f->attr]));
}

static void show_percent(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	uint32_t n = field_u32(tb[f->attr]);

	if (f->off && !n)
		out_none(o, f->word, f->off);
	else
		out_percent(o, f->word, n);
}

static void show_time(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	out_time(o, f->word, field_u32(tb[f->attr]));
}

static void show_enum(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	if (f->retired && !o->json && field_u32(tb[f->retired]))
		out_retired(o, f->word);
	else
		show_word(o, f, field_u32(tb[f->attr]));
}

static void show_address(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	char buf[ADDR_TEXT];

	if (f->off && addr_zero(tb[f->attr]))
		out_none(o, f->word, f->off);
	else
		out_word(o, f->word, field_addr(buf, tb[f->attr], NULL, true));
}

static void show_prefix(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	char buf[ADDR_TEXT];

	out_word(o, f->word, field_addr(buf, tb[f->attr], f->attr2 ? tb[f->attr2] : NULL,
					f->type == FIELD_HOST));
}

static void show_cidr(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	char buf[ADDR_TEXT];

	out_word(o, f->word, field_cidr(buf, tb[f->attr], f->type == FIELD_CIDR_HOST));
}

static void show_endpoint(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	const struct nlattr *port = f->attr2 ? tb[f->attr2] : NULL;
	uint32_t n = field_u32(port);
	char buf[ADDR_TEXT];

	out_endpoint(o, f->word, field_addr(buf, tb[f->attr], NULL, true), f->word2,
		     port ? &n : NULL);
}

static void show_object(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	out_object(o, f->word);
	show_nest(f, o, tb[f->attr]);
	out_object_end(o);
}

static void show_missing(struct out *o, const struct field *f)
{
	if (f->type == FIELD_NEST) {
		out_missing(o, f->word);
		return;
	}
	out_none(o, f->word, f->off);
	if (f->word2)
		out_missing(o, f->word2);
}

/**
 * field_show - print a field of an answer
 * @o:		output
 * @f:		field
 * @tb:		attributes from fields_parse()
 *
 * What is missing is printed as none, so that each object has the same keys.
 */
void field_show(struct out *o, const struct field *f, const struct nlattr *const *tb)
{
	static void (*const by_type[])(struct out *o, const struct field *f,
				       const struct nlattr *const *tb) = {
		[FIELD_NAME] = show_string,
		[FIELD_REF] = show_string,
		[FIELD_NUMBER] = show_number,
		[FIELD_TIME] = show_time,
		[FIELD_PERCENT] = show_percent,
		[FIELD_WORD] = show_enum,
		[FIELD_VERDICT] = show_enum,
		[FIELD_PROTO] = show_enum,
		[FIELD_ADDRESS] = show_address,
		[FIELD_PREFIX] = show_prefix,
		[FIELD_HOST] = show_prefix,
		[FIELD_CIDR] = show_cidr,
		[FIELD_CIDR_HOST] = show_cidr,
		[FIELD_ENDPOINT] = show_endpoint,
		[FIELD_COUNTER] = show_counter,
		[FIELD_NEST] = show_object,
		[FIELD_EXTRA] = NULL,
	};

	if (f->flags & FIELD_REPEAT)
		list_show(o, f, tb);
	else if (!tb[f->attr])
		show_missing(o, f);
	else if (by_type[f->type])
		by_type[f->type](o, f, tb);
}

/**
 * fields_show - print an answer
 * @o:		output
 * @schema:	attribute set
 * @want:	flags of which a field must have one
 * @tb:		attributes from fields_parse()
 */
void fields_show(struct out *o, const struct schema *schema, unsigned int want,
		 const struct nlattr *const *tb)
{
	const struct field *f;
	unsigned int i;

	for (i = 0; i < schema->n_fields; i++) {
		f = &schema->fields[i];
		if (!(f->flags & want))
			continue;
		/* Stands in front of the line */
		if (o->layout == OUT_LINE && !o->json && f->flags & FIELD_KEY)
			continue;
		if (f->flags & FIELD_RARE && !o->json && !tb[f->attr])
			continue;
		if (f->flags & FIELD_LINE)
			out_line(o);
		field_show(o, f, tb);
	}
}
