// SPDX-License-Identifier: GPL-2.0
/* Attributes of an answer by the table of their fields: checked, and as values. */
#include <string.h>

#include <linux/genetlink.h>

#include "field.h"

/** TB_END - no attribute has this type: the end of them all, for field_next() */
#define TB_END		0
/** switch_words - words of enum natgw_switch */
const char *const switch_words[] = {
	[NATGW_SWITCH_OFF] = "off",
	[NATGW_SWITCH_ON] = "on",
	NULL
};

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
	case FIELD_PERCENT:
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
		/* of a request: an empty list */
		if (f->off && !mnl_attr_get_payload_len(attr))
			return true;
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

/**
 * field_find_u32 - one number of an answer that has no schema
 * @nlh:	answer
 * @type:	attribute
 * @value:	result, unchanged if it is missing
 */
void field_find_u32(const struct nlmsghdr *nlh, uint16_t type, uint32_t *value)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == type && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			*value = mnl_attr_get_u32(attr);
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

	if (!addr)
		return NULL;
	len = mnl_attr_get_payload_len(addr);
	addr_text(buf, mnl_attr_get_payload(addr), len);
	if (plen && !(host && mnl_attr_get_u32(plen) == len * 8))
		plen_put(buf, mnl_attr_get_u32(plen));
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
