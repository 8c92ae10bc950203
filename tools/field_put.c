// SPDX-License-Identifier: GPL-2.0
/* A value as it was typed into a request, by the type of its field; for every command. */
#include <string.h>
#include <strings.h>

#include "field.h"

/** PART_TEXT - longest value of several */
#define PART_TEXT	128
/** WHY_TEXT - as much of what is wrong with it as there is room for */
#define WHY_TEXT	256

static void put_inet(struct request *req, const struct schema *schema, const struct field *f,
		     const struct inet *in)
{
	if (!req->has_family)
		request_u32(req, schema->family, in->family);
	req->has_family = true;
	request_bytes(req, f->attr, in->addr, in->len);
}

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

/* Is a value an address, or one that is mistyped, and not the name of a tag? */
static bool like_prefix(const char *value)
{
	return strchr(value, '/') || strchr(value, ':') ||
		!value[strspn(value, "0123456789.")];
}

static bool is_off(const struct field *f, const char *value)
{
	return f->off && !strcasecmp(value, f->off);
}

static bool put_name(struct request *req, const struct schema *schema, const struct field *f,
		     const char *value, struct parse_error *e)
{
	(void)schema;
	if (!parse_name(value, e))
		return false;
	request_string(req, f->attr, value);
	return true;
}

static bool put_ref(struct request *req, const struct schema *schema, const struct field *f,
		    const char *value, struct parse_error *e)
{
	(void)schema;
	if (!*value)
		return parse_fail(e, "value is empty, none takes it away");
	request_string(req, f->attr, strcasecmp(value, "none") ? value : "");
	return true;
}

static bool put_number(struct request *req, const struct schema *schema, const struct field *f,
		       const char *value, struct parse_error *e)
{
	uint32_t n = 0;

	(void)schema;
	if (!is_off(f, value) && !parse_number(value, &n, e))
		return false;
	request_u32(req, f->attr, n);
	return true;
}

static bool put_percent(struct request *req, const struct schema *schema, const struct field *f,
			const char *value, struct parse_error *e)
{
	uint32_t n = 0;

	(void)schema;
	if (!is_off(f, value) && !parse_percent(value, &n, e))
		return false;
	request_u32(req, f->attr, n);
	return true;
}

static bool put_time(struct request *req, const struct schema *schema, const struct field *f,
		     const char *value, struct parse_error *e)
{
	uint32_t n = 0;

	(void)schema;
	if (!is_off(f, value)) {
		if (!parse_time(value, f->flags & FIELD_MINUTES, &n, e))
			return false;
		/* on the wire 0 means "off", and of all times only drains can be off */
		if (f->off && !n)
			n = NATGW_DRAIN_NOW;
	}
	request_u32(req, f->attr, n);
	return true;
}

static bool put_word(struct request *req, const struct schema *schema, const struct field *f,
		     const char *value, struct parse_error *e)
{
	struct words words = word_array(f->words);
	int i = word_find(&words, value);

	(void)schema;
	if (i < 0)
		return word_fail(e, &words, "word", value);
	request_u32(req, f->attr, i);
	return true;
}

static bool put_proto(struct request *req, const struct schema *schema, const struct field *f,
		      const char *value, struct parse_error *e)
{
	uint32_t n;

	(void)schema;
	if (!parse_proto(value, &n, e))
		return false;
	request_u32(req, f->attr, n);
	return true;
}

static bool put_address(struct request *req, const struct schema *schema, const struct field *f,
			const char *value, struct parse_error *e)
{
	struct inet in;

	if (!parse_addr(is_off(f, value) ? "0.0.0.0" : value, &in, e))
		return false;
	put_inet(req, schema, f, &in);
	return true;
}

static bool put_cidr(struct request *req, const struct schema *schema, const struct field *f,
		     const char *value, struct parse_error *e)
{
	(void)schema;
	if (!is_off(f, value))
		return field_put_cidr(req, f->attr, value, f->type == FIELD_CIDR_HOST, e);
	/* an empty nest stands for an empty list */
	request_nest_end(req, request_nest(req, f->attr));
	return true;
}

static bool put_prefix(struct request *req, const struct schema *schema, const struct field *f,
		       const char *value, struct parse_error *e)
{
	struct inet in;

	if (f->alt && !like_prefix(value)) {
		if (!parse_name(value, e))
			return false;
		request_string(req, f->alt, value);
		return true;
	}
	if (!parse_prefix(value, &in, e))
		return false;
	if (f->type == FIELD_PREFIX && !f->alt && !in.has_plen)
		return parse_fail(e, "prefix length is missing, write it like 10.0.1.0/24");
	put_inet(req, schema, f, &in);
	request_u32(req, f->attr2, in.plen);
	return true;
}

static bool put_endpoint(struct request *req, const struct schema *schema, const struct field *f,
			 const char *value, struct parse_error *e)
{
	struct inet in;

	if (!parse_endpoint(value, &in, e))
		return false;
	put_inet(req, schema, f, &in);
	if (in.has_port)
		request_u32(req, f->attr2, in.port);
	return true;
}

/* One value; a type without a function cannot be set */
static bool put_one(struct request *req, const struct schema *schema, const struct field *f,
		    const char *value, struct parse_error *e)
{
	static bool (*const by_type[])(struct request *req, const struct schema *schema,
				       const struct field *f, const char *value,
				       struct parse_error *e) = {
		[FIELD_NAME] = put_name,
		[FIELD_REF] = put_ref,
		[FIELD_NUMBER] = put_number,
		[FIELD_TIME] = put_time,
		[FIELD_PERCENT] = put_percent,
		[FIELD_WORD] = put_word,
		[FIELD_PROTO] = put_proto,
		[FIELD_ADDRESS] = put_address,
		[FIELD_PREFIX] = put_prefix,
		[FIELD_HOST] = put_prefix,
		[FIELD_CIDR] = put_cidr,
		[FIELD_CIDR_HOST] = put_cidr,
		[FIELD_ENDPOINT] = put_endpoint,
		[FIELD_EXTRA] = NULL,
	};

	if (!by_type[f->type])
		return parse_fail(e, "cannot be set");
	return by_type[f->type](req, schema, f, value, e);
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
