// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is done with the plain keys of objects, by the tables of their kinds. Called
 * by the files of the kinds.
 */
#include <linux/if.h>
#include <linux/natgw.h>
#include <net/netlink.h>
#include "config/field.h"
#include "config/kind.h"
#include "lib/nl_attr.h"

void natgw_field_policies(const struct natgw_kind_ops *ops)
{
	u32 i;

	for (i = 0; i < ops->n_fields; i++) {
		const struct natgw_field *field = &ops->fields[i];

		if (field->label)
			ops->policy[field->attr].type =
				field->type == NATGW_FIELD_TYPE_DEV ? NLA_NUL_STRING : NLA_U32;
	}
}

static int parse_one(const struct natgw_field *field, struct net *net, void *value,
		     const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	u32 on;
	int err;

	switch (field->type) {
	case NATGW_FIELD_TYPE_NUMBER:
		return natgw_nl_range(attr, field->label, 0, field->max, value, extack);
	case NATGW_FIELD_TYPE_SWITCH:
		err = natgw_nl_range(attr, field->label, 0, NATGW_SWITCH_ON, &on, extack);
		if (!err)
			*(bool *)value = on;
		return err;
	default:
		return natgw_nl_dev(net, attr, field->label, value, extack);
	}
}

int natgw_field_parse(const struct natgw_kind_ops *ops, struct net *net,
		      struct natgw_entry *entry, struct nlattr **attrs,
		      struct netlink_ext_ack *extack)
{
	int err;
	u32 i;

	for (i = 0; i < ops->n_fields; i++) {
		const struct natgw_field *field = &ops->fields[i];

		if (!field->label || !attrs[field->attr])
			continue;
		err = parse_one(field, net, (void *)entry + field->offset, attrs[field->attr],
				extack);
		if (err)
			return err;
	}
	return 0;
}

static int fill_one(const struct natgw_field *field, struct sk_buff *skb, const void *value)
{
	switch (field->type) {
	case NATGW_FIELD_TYPE_NUMBER:
		return nla_put_u32(skb, field->attr, *(const u32 *)value);
	case NATGW_FIELD_TYPE_SWITCH:
		return nla_put_u32(skb, field->attr, *(const bool *)value);
	case NATGW_FIELD_TYPE_FLAG:
		return *(const bool *)value ? nla_put_u32(skb, field->attr, NATGW_SWITCH_ON) : 0;
	default:
		return *(const char *)value ? nla_put_string(skb, field->attr, value) : 0;
	}
}

int natgw_field_fill(const struct natgw_kind_ops *ops, struct sk_buff *skb,
		     const struct natgw_entry *entry)
{
	u32 i;

	for (i = 0; i < ops->n_fields; i++)
		if (fill_one(&ops->fields[i], skb, (const void *)entry + ops->fields[i].offset))
			return -EMSGSIZE;
	return 0;
}

size_t natgw_field_size(const struct natgw_kind_ops *ops)
{
	size_t size = 0;
	u32 i;

	for (i = 0; i < ops->n_fields; i++)
		switch (ops->fields[i].type) {
		case NATGW_FIELD_TYPE_DEV:
			size += nla_total_size(IFNAMSIZ);
			break;
		case NATGW_FIELD_TYPE_TEXT:
			size += nla_total_size(ops->fields[i].max);
			break;
		default:
			size += nla_total_size(sizeof(u32));
		}
	return size;
}
