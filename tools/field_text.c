// SPDX-License-Identifier: GPL-2.0
/* An attribute as it is typed, by the type of its field: what field_put() reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "table.h"

static char *copy(const char *text)
{
	return text ? out_checked(strdup(text)) : NULL;
}

static char *number(uint32_t n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	return copy(text);
}

/* An enum value that a newer kernel made has no word */
static char *word(const struct field *f, uint32_t value)
{
	uint32_t i;

	for (i = 0; f->words && f->words[i]; i++)
		if (i == value)
			return copy(f->words[i]);
	return number(value);
}

static char *one(const struct field *f, const struct nlattr *attr, const struct nlattr *len)
{
	static const char zero[16];
	char buf[ADDR_TEXT];

	switch (f->type) {
	case FIELD_NAME:
	case FIELD_REF:
		return copy(field_string(attr));
	case FIELD_NUMBER:
		return f->off && !field_u32(attr) ? copy(f->off) : number(field_u32(attr));
	case FIELD_PERCENT:
		if (f->off && !field_u32(attr))
			return copy(f->off);
		snprintf(buf, sizeof(buf), "%u%%", field_u32(attr));
		return copy(buf);
	case FIELD_TIME:
		return f->off && !field_u32(attr) ? copy(f->off) :
						    copy(time_text(buf, field_u32(attr)));
	case FIELD_WORD:
		return word(f, field_u32(attr));
	case FIELD_ADDRESS:
		if (f->off && !memcmp(mnl_attr_get_payload(attr), zero,
				      mnl_attr_get_payload_len(attr)))
			return copy(f->off);
		return copy(field_addr(buf, attr, NULL, true));
	case FIELD_PREFIX:
	case FIELD_HOST:
		return copy(field_addr(buf, attr, len, f->type == FIELD_HOST));
	case FIELD_CIDR:
	case FIELD_CIDR_HOST:
		/* an empty nest stands for an empty list */
		if (!mnl_attr_get_payload_len(attr))
			return copy(f->off);
		return copy(field_cidr(buf, attr, f->type == FIELD_CIDR_HOST));
	default:
		return NULL;
	}
}

/* All values of a list, between commas */
static char *list(const struct field *f, const struct nlattr *const *tb)
{
	const struct nlattr *attr;
	char *text = NULL, *part;
	size_t len = 0, n;

	for (attr = tb[f->attr]; attr; attr = field_next(attr, tb)) {
		part = one(f, attr, NULL);
		if (!part)
			continue;
		n = strlen(part);
		text = out_checked(realloc(text, len + n + 2));
		if (len)
			text[len++] = ',';
		memcpy(text + len, part, n + 1);
		len += n;
		free(part);
	}
	return text;
}

/**
 * field_text - a field of a message as it is typed
 * @f:		field
 * @tb:		attributes from fields_parse()
 *
 * Return: allocated; NULL if it is missing, or names nothing.
 */
char *field_text(const struct field *f, const struct nlattr *const *tb)
{
	if (!tb[f->attr])
		return NULL;
	if (f->flags & FIELD_REPEAT)
		return list(f, tb);
	return one(f, tb[f->attr], f->attr2 ? tb[f->attr2] : NULL);
}
