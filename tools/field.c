// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/genetlink.h>

#include "object.h"

/**
 * field_by_attr - the field of an attribute
 * @schema:	attribute set
 * @attr:	attribute
 */
const struct field *field_by_attr(const struct schema *schema, uint16_t attr)
{
	unsigned int i;

	for (i = 0; attr && i < schema->n_fields; i++)
		if (schema->fields[i].attr == attr || schema->fields[i].attr2 == attr)
			return &schema->fields[i];
	return NULL;
}

static void put_inet(struct request *req, const struct schema *schema, const struct field *f,
		     const struct inet *in)
{
	if (!req->has_family)
		request_u32(req, schema->family, in->family);
	req->has_family = true;
	request_bytes(req, f->attr, in->addr, in->len);
}

static bool is_off(const struct field *f, const char *value)
{
	return f->off && !strcasecmp(value, f->off);
}

/**
 * field_put - append a field to a request
 * @req:	request
 * @schema:	attribute set of @f
 * @f:		field
 * @value:	its value as it was typed; kept for errors, not copied
 * @e:		why the value was not understood
 *
 * Return: false if it was not.
 */
bool field_put(struct request *req, const struct schema *schema, const struct field *f,
	       const char *value, struct parse_error *e)
{
	struct words words;
	struct inet in;
	uint32_t n;
	int i;

	switch (f->type) {
	case FIELD_NAME:
		if (!parse_name(value, e))
			return false;
		request_string(req, f->attr, value);
		break;
	case FIELD_REF:
		if (!*value)
			return parse_fail(e, "value is empty, none takes it away");
		request_string(req, f->attr, strcasecmp(value, "none") ? value : "");
		break;
	case FIELD_NUMBER:
		n = 0;
		if (!is_off(f, value) && !parse_number(value, &n, e))
			return false;
		request_u32(req, f->attr, n);
		break;
	case FIELD_TIME:
		n = 0;
		if (!is_off(f, value)) {
			if (!parse_time(value, f->flags & FIELD_MINUTES, &n, e))
				return false;
			if (f->off && !n)
				return parse_fail(e, "time is zero, write %s if that is meant",
						  f->off);
		}
		request_u32(req, f->attr, n);
		break;
	case FIELD_WORD:
		words = word_array(f->words);
		i = word_find(&words, value);
		if (i < 0)
			return word_fail(e, &words, "word", value);
		request_u32(req, f->attr, i);
		break;
	case FIELD_PROTO:
		if (!parse_proto(value, &n, e))
			return false;
		request_u32(req, f->attr, n);
		break;
	case FIELD_ADDRESS:
		if (!parse_addr(value, &in, e))
			return false;
		put_inet(req, schema, f, &in);
		break;
	case FIELD_PREFIX:
	case FIELD_HOST:
		if (!parse_prefix(value, &in, e))
			return false;
		if (f->type == FIELD_PREFIX && !in.has_plen)
			return parse_fail(e, "prefix length is missing, write it like 10.0.1.0/24");
		put_inet(req, schema, f, &in);
		request_u32(req, f->attr2, in.plen);
		break;
	case FIELD_ENDPOINT:
		if (!parse_endpoint(value, &in, e))
			return false;
		put_inet(req, schema, f, &in);
		if (in.has_port)
			request_u32(req, f->attr2, in.port);
		break;
	default:
		return parse_fail(e, "cannot be set");
	}
	request_arg(req, f->attr, f->word, value);
	if (f->attr2)
		request_arg(req, f->attr2, f->word, value);
	return true;
}

static bool bytes_valid(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == 4 || mnl_attr_get_payload_len(attr) == 16;
}

static bool attrs_parse(const struct schema *schema, const void *data, size_t len,
			const struct nlattr **tb);

/* Is the attribute of an answer what its field says it is? */
static bool attr_valid(const struct field *f, const struct nlattr *attr)
{
	const struct nlattr *tb[FIELDS_ATTRS];

	if (f->attr2 && mnl_attr_get_type(attr) == f->attr2)
		return mnl_attr_validate(attr, MNL_TYPE_U32) == 0;

	switch (f->type) {
	case FIELD_NAME:
	case FIELD_REF:
		return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0;
	case FIELD_NUMBER:
	case FIELD_TIME:
	case FIELD_WORD:
	case FIELD_VERDICT:
	case FIELD_PROTO:
		return mnl_attr_validate(attr, MNL_TYPE_U32) == 0;
	case FIELD_ADDRESS:
	case FIELD_PREFIX:
	case FIELD_HOST:
	case FIELD_ENDPOINT:
		return bytes_valid(attr);
	case FIELD_COUNTER:
		return mnl_attr_validate(attr, MNL_TYPE_U64) == 0;
	case FIELD_NEST:
		return nest_parse(f->nest, attr, tb);
	case FIELD_EXTRA:
		break;
	}
	return true;
}

static bool attrs_parse(const struct schema *schema, const void *data, size_t len,
			const struct nlattr **tb)
{
	const struct nlattr *attr;
	const struct field *f;
	uint16_t type;

	memset(tb, 0, FIELDS_ATTRS * sizeof(*tb));
	mnl_attr_for_each_payload(data, len) {
		type = mnl_attr_get_type(attr);
		f = field_by_attr(schema, type);
		if (!f)
			continue;	/* of a newer kernel */
		if (!attr_valid(f, attr))
			return false;
		tb[type] = attr;
	}
	return true;
}

/**
 * fields_parse - check an answer
 * @schema:	attribute set
 * @nlh:	message
 * @tb:		FIELDS_ATTRS attributes by type, NULL where missing
 *
 * Return: false if an attribute is not what @schema says. Unknown ones are left out.
 */
bool fields_parse(const struct schema *schema, const struct nlmsghdr *nlh,
		  const struct nlattr **tb)
{
	return attrs_parse(schema, mnl_nlmsg_get_payload_offset(nlh, sizeof(struct genlmsghdr)),
			   mnl_nlmsg_get_payload_len(nlh) - MNL_ALIGN(sizeof(struct genlmsghdr)),
			   tb);
}

/**
 * nest_parse - check a nest of an answer
 * @schema:	its attribute set
 * @nest:	nest, or NULL
 * @tb:		as of fields_parse(); empty if there is no nest
 *
 * Return: false if an attribute is not what @schema says.
 */
bool nest_parse(const struct schema *schema, const struct nlattr *nest, const struct nlattr **tb)
{
	return attrs_parse(schema, nest ? mnl_attr_get_payload(nest) : NULL,
			   nest ? mnl_attr_get_payload_len(nest) : 0, tb);
}

uint32_t field_u32(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u32(attr) : 0;
}

uint64_t field_u64(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u64(attr) : 0;
}

/**
 * field_string - a string of an answer
 * @attr:	attribute, checked, or NULL
 *
 * Return: NULL if missing or empty.
 */
const char *field_string(const struct nlattr *attr)
{
	const char *s = attr ? mnl_attr_get_str(attr) : "";

	return *s ? s : NULL;
}

/**
 * field_addr - an address or prefix of an answer as text
 * @buf:	result
 * @addr:	address, checked, or NULL
 * @plen:	prefix length, checked, or NULL
 * @host:	leave a full length out
 *
 * Return: NULL if missing.
 */
const char *field_addr(char buf[ADDR_TEXT], const struct nlattr *addr, const struct nlattr *plen,
		       bool host)
{
	unsigned int len;
	size_t n;

	if (!addr)
		return NULL;
	len = mnl_attr_get_payload_len(addr);
	addr_text(buf, mnl_attr_get_payload(addr), len);
	if (plen && !(host && mnl_attr_get_u32(plen) == len * 8)) {
		n = strlen(buf);
		snprintf(buf + n, ADDR_TEXT - n, "/%u", mnl_attr_get_u32(plen));
	}
	return buf;
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
	const struct nlattr *attr = tb[f->attr], *attr2 = f->attr2 ? tb[f->attr2] : NULL;
	const struct nlattr *nest[FIELDS_ATTRS];
	char buf[ADDR_TEXT];
	uint32_t n;

	if (!attr) {
		if (f->type == FIELD_NEST)
			return;
		out_none(o, f->word, f->off);
		if (f->word2)
			out_missing(o, f->word2);
		return;
	}
	switch (f->type) {
	case FIELD_NAME:
	case FIELD_REF:
		out_word(o, f->word, field_string(attr));
		break;
	case FIELD_NUMBER:
		n = field_u32(attr);
		if (f->off && !n)
			out_none(o, f->word, f->off);
		else
			out_number(o, f->word, n);
		break;
	case FIELD_TIME:
		out_time(o, f->word, field_u32(attr));
		break;
	case FIELD_WORD:
	case FIELD_VERDICT:
	case FIELD_PROTO:
		show_word(o, f, field_u32(attr));
		break;
	case FIELD_ADDRESS:
	case FIELD_PREFIX:
	case FIELD_HOST:
		out_word(o, f->word, field_addr(buf, attr, attr2, f->type == FIELD_HOST));
		break;
	case FIELD_ENDPOINT:
		n = field_u32(attr2);
		out_endpoint(o, f->word, field_addr(buf, attr, NULL, true), f->word2,
			     attr2 ? &n : NULL);
		break;
	case FIELD_COUNTER:
		out_number(o, f->word, field_u64(attr));
		break;
	case FIELD_NEST:
		if (!nest_parse(f->nest, attr, nest))
			break;
		out_object(o, f->word);
		fields_show(o, f->nest, FIELD_SHOW, nest);
		out_object_end(o);
		break;
	case FIELD_EXTRA:
		break;
	}
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
		if (f->flags & FIELD_LINE)
			out_line(o);
		field_show(o, f, tb);
	}
}
