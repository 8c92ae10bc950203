/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plain keys of objects.
 *
 * A key that is a number, a switch or the name of a device, and is kept as it was given,
 * is one line of its kind's table: policy, request and answer follow from that.
 */
#ifndef _NATGW_CONFIG_FIELD_H
#define _NATGW_CONFIG_FIELD_H

#include <linux/stddef.h>
#include <linux/types.h>

struct natgw_entry;
struct natgw_kind_ops;
struct net;
struct netlink_ext_ack;
struct nlattr;
struct sk_buff;

/** enum natgw_field_type - how a field is kept */
enum natgw_field_type {
	NATGW_FIELD_TYPE_NUMBER,	/* u32 */
	NATGW_FIELD_TYPE_SWITCH,	/* bool, enum natgw_switch as attribute */
	NATGW_FIELD_TYPE_FLAG,		/* the same, answered when it is on */
	NATGW_FIELD_TYPE_DEV,		/* char [IFNAMSIZ], answered unless empty */
	NATGW_FIELD_TYPE_TEXT,		/* char [], answered unless empty */
};

/**
 * struct natgw_field - a plain key
 * @attr: its attribute
 * @offset: in the entry
 * @type: enum natgw_field_type
 * @label: its name in the specification; NULL: in answers alone
 * @max: largest number
 */
struct natgw_field {
	u16 attr;
	u16 offset;
	u8 type;
	const char *label;
	u32 max;
};

/* @member of an entry of type @conf is what enum natgw_field_type says */

#define NATGW_FIELD_NUMBER(_attr, _label, conf, member, _max) {				\
	.attr = (_attr),								\
	.offset = offsetof(conf, member),						\
	.type = NATGW_FIELD_TYPE_NUMBER,						\
	.label = (_label),								\
	.max = (_max),									\
}

#define NATGW_FIELD_SWITCH(_attr, _label, conf, member) {				\
	.attr = (_attr),								\
	.offset = offsetof(conf, member),						\
	.type = NATGW_FIELD_TYPE_SWITCH,						\
	.label = (_label),								\
}

#define NATGW_FIELD_FLAG(_attr, conf, member) {						\
	.attr = (_attr),								\
	.offset = offsetof(conf, member),						\
	.type = NATGW_FIELD_TYPE_FLAG,							\
}

#define NATGW_FIELD_DEV(_attr, _label, conf, member) {					\
	.attr = (_attr),								\
	.offset = offsetof(conf, member),						\
	.type = NATGW_FIELD_TYPE_DEV,							\
	.label = (_label),								\
}

/* In answers alone; @_max: with its NUL */
#define NATGW_FIELD_TEXT(_attr, conf, member, _max) {					\
	.attr = (_attr),								\
	.offset = offsetof(conf, member),						\
	.type = NATGW_FIELD_TYPE_TEXT,							\
	.max = (_max),									\
}

/** natgw_field_policies - add the policies of a kind's fields to its policy; at the start */
void natgw_field_policies(const struct natgw_kind_ops *ops);

/**
 * natgw_field_parse - put the fields that a request has into an entry
 * @ops: kind
 * @net: network namespace of devices
 * @entry: one that may be changed
 * @attrs: of the request
 * @extack: says why not
 *
 * Return: 0 or a negative errno with a sentence.
 */
int natgw_field_parse(const struct natgw_kind_ops *ops, struct net *net,
		      struct natgw_entry *entry, struct nlattr **attrs,
		      struct netlink_ext_ack *extack);

/** natgw_field_fill - put the fields of an entry into an answer; 0 or -EMSGSIZE */
int natgw_field_fill(const struct natgw_kind_ops *ops, struct sk_buff *skb,
		     const struct natgw_entry *entry);

/** natgw_field_size - bytes that natgw_field_fill() puts at most */
size_t natgw_field_size(const struct natgw_kind_ops *ops);

#endif
