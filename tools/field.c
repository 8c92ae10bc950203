// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/genetlink.h>

#include "object.h"
#include "table.h"

/** TB_END - no attribute has this type: the end of them all, for field_next() */
#define TB_END		0
/** PART_TEXT - longest value of several */
#define PART_TEXT	128
/** WHY_TEXT - as much of what is wrong with it as there is room for */
#define WHY_TEXT	256

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

static const struct field prefix_fields[] = {
	{
		.word = "prefix",
		.type = FIELD_PREFIX,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_PREFIX_PREFIX,
		.attr2 = NATGW_A_PREFIX_PREFIX_LENGTH,
	},
};

/** prefix_schema - a prefix in a list */
const struct schema prefix_schema = {
	.noun = "prefix",
	.fields = prefix_fields,
	.n_fields = ARRAY_SIZE(prefix_fields),
	.family = NATGW_A_PREFIX_FAMILY,
	.max = NATGW_A_PREFIX_MAX,
};

/**
 * field_put_cidr - append a prefix of a list to a request
 * @req:	request
 * @attr:	attribute of the nest
 * @value:	as it was typed
 * @host:	it may lack its length: an address
 * @e:		why it was not understood
 *
 * Return: false if it was not.
 */
bool field_put_cidr(struct request *req, uint16_t attr, const char *value, bool host,
		    struct parse_error *e)
{
	struct nlattr *nest;
	struct inet in;

	if (!parse_prefix(value, &in, e))
		return false;
	if (!in.has_plen && !host)
		return parse_fail(e, "prefix length is missing, write it like 10.0.1.0/24");
	nest = request_nest(req, attr);
	request_u32(req, NATGW_A_PREFIX_FAMILY, in.family);
	request_bytes(req, NATGW_A_PREFIX_PREFIX, in.addr, in.len);
	request_u32(req, NATGW_A_PREFIX_PREFIX_LENGTH, in.plen);
	request_nest_end(req, nest);
	return true;
}

/* A tag is no address and not like one that is mistyped */
static bool like_prefix(const char *value)
{
	return strchr(value, '/') || strchr(value, ':') ||
		!value[strspn(value, "0123456789.")];
}

static bool is_off(const struct field *f, const char *value)
{
	return f->off && !strcasecmp(value, f->off);
}

/* One value */
static bool put_one(struct request *req, const struct schema *schema, const struct field *f,
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
			/* 0 on the wire is "off": drains are the only such times */
			if (f->off && !n)
				n = NATGW_DRAIN_NOW;
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
		if (!parse_addr(is_off(f, value) ? "0.0.0.0" : value, &in, e))
			return false;
		put_inet(req, schema, f, &in);
		break;
	case FIELD_CIDR:
	case FIELD_CIDR_HOST:
		/* Of a list that may be empty, an empty element says so */
		if (is_off(f, value)) {
			request_nest_end(req, request_nest(req, f->attr));
			break;
		}
		return field_put_cidr(req, f->attr, value, f->type == FIELD_CIDR_HOST, e);
	case FIELD_PREFIX:
	case FIELD_HOST:
		if (f->alt && !like_prefix(value)) {
			if (!parse_name(value, e))
				return false;
			request_string(req, f->alt, value);
			break;
		}
		if (!parse_prefix(value, &in, e))
			return false;
		if (f->type == FIELD_PREFIX && !f->alt && !in.has_plen)
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
	return true;
}

/**
 * field_put - append a field to a request
 * @req:	request
 * @schema:	attribute set of @f
 * @f:		field
 * @value:	its value as it was typed, with FIELD_REPEAT several between commas; kept
 *		for errors, not copied
 * @e:		why the value was not understood
 *
 * Return: false if it was not.
 */
bool field_put(struct request *req, const struct schema *schema, const struct field *f,
	       const char *value, struct parse_error *e)
{
	char part[PART_TEXT];
	struct parse_error why;
	const char *end;
	uint32_t start;
	size_t len;

	if (!(f->flags & FIELD_REPEAT) || !strchr(value, ',')) {
		start = req->nlh->nlmsg_len;
		if (!put_one(req, schema, f, value, e))
			return false;
		request_arg(req, start, f->word, value, strlen(value));
		return true;
	}
	for (;; value = end + 1) {
		end = strchrnul(value, ',');
		len = end - value;
		if (len >= sizeof(part))
			return parse_fail(e, "one of the values is too long");
		memcpy(part, value, len);
		part[len] = 0;
		if (!len)
			return parse_fail(e, "one of the values is empty");
		start = req->nlh->nlmsg_len;
		if (!put_one(req, schema, f, part, &why))
			return parse_fail(e, "%s: %.*s", part, WHY_TEXT, why.text);
		request_arg(req, start, f->word, value, len);
		if (!*end)
			return true;
	}
}

static bool bytes_valid(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == 4 || mnl_attr_get_payload_len(attr) == 16;
}

static bool addr_zero(const struct nlattr *attr)
{
	static const char zero[16];

	return !memcmp(mnl_attr_get_payload(attr), zero, mnl_attr_get_payload_len(attr));
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
	case FIELD_CIDR:
	case FIELD_CIDR_HOST:
		return nest_parse(&prefix_schema, attr, tb) && tb[NATGW_A_PREFIX_PREFIX] &&
			tb[NATGW_A_PREFIX_PREFIX_LENGTH];
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
	if (data)
		tb[TB_END] = (const void *)((const char *)data + len);
	mnl_attr_for_each_payload(data, len) {
		type = mnl_attr_get_type(attr);
		f = field_by_attr(schema, type);
		if (!f)
			continue;	/* of a newer kernel */
		if (!attr_valid(f, attr))
			return false;
		if (!tb[type] || !(f->flags & FIELD_REPEAT))
			tb[type] = attr;
	}
	return true;
}

/**
 * fields_parse - check an answer
 * @schema:	attribute set
 * @nlh:	message
 * @tb:		FIELDS_ATTRS attributes by type, NULL where missing; with FIELD_REPEAT the
 *		first, field_next() has the others
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

/**
 * field_next - the next one of several attributes
 * @attr:	the one before
 * @tb:		attributes that fields_parse() found it among
 *
 * Return: NULL behind the last one.
 */
const struct nlattr *field_next(const struct nlattr *attr, const struct nlattr *const *tb)
{
	const char *end = (const char *)tb[TB_END];
	const struct nlattr *next = mnl_attr_next(attr);

	for (; mnl_attr_ok(next, end - (const char *)next); next = mnl_attr_next(next))
		if (mnl_attr_get_type(next) == mnl_attr_get_type(attr))
			return next;
	return NULL;
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

/**
 * field_cidr - a prefix of a list as text
 * @buf:	result
 * @nest:	nest of prefix_schema, checked
 * @host:	leave a full length out
 */
const char *field_cidr(char buf[ADDR_TEXT], const struct nlattr *nest, bool host)
{
	const struct nlattr *tb[FIELDS_ATTRS];

	nest_parse(&prefix_schema, nest, tb);
	return field_addr(buf, tb[NATGW_A_PREFIX_PREFIX], tb[NATGW_A_PREFIX_PREFIX_LENGTH], host);
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
	char buf[ADDR_TEXT];
	uint32_t n;

	if (f->flags & FIELD_REPEAT) {
		list_show(o, f, tb);
		return;
	}
	if (!attr) {
		if (f->type == FIELD_NEST) {
			out_missing(o, f->word);
			return;
		}
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
	case FIELD_VERDICT:
		if (f->retired && !o->json && field_u32(tb[f->retired]))
			out_retired(o, f->word);
		else
			show_word(o, f, field_u32(attr));
		break;
	case FIELD_WORD:
	case FIELD_PROTO:
		show_word(o, f, field_u32(attr));
		break;
	case FIELD_ADDRESS:
		if (f->off && addr_zero(attr))
			out_none(o, f->word, f->off);
		else
			out_word(o, f->word, field_addr(buf, attr, NULL, true));
		break;
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
		out_object(o, f->word);
		show_nest(f, o, attr);
		out_object_end(o);
		break;
	case FIELD_CIDR:
	case FIELD_CIDR_HOST:
		out_word(o, f->word, field_cidr(buf, attr, f->type == FIELD_CIDR_HOST));
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
		if (f->flags & FIELD_RARE && !o->json && !tb[f->attr])
			continue;
		if (f->flags & FIELD_LINE)
			out_line(o);
		field_show(o, f, tb);
	}
}
