// SPDX-License-Identifier: GPL-2.0
#include "object.h"

static const char *const ipv6_words[] = {
	[NATGW_IPV6_KEEP] = "keep",
	[NATGW_IPV6_DROP] = "drop",
	NULL
};

static const char *const source_check_words[] = {
	[NATGW_SOURCE_CHECK_STRICT] = "strict",
	[NATGW_SOURCE_CHECK_LOOSE] = "loose",
	[NATGW_SOURCE_CHECK_OFF] = "off",
	NULL
};

static const struct field fields[] = {
	{
		.word = "name",
		.type = FIELD_NAME,
		.flags = FIELD_KEY | FIELD_SHOW,
		.attr = NATGW_A_SUBNET_NAME,
	}, {
		.word = "prefix",
		.type = FIELD_PREFIX,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_SUBNET_PREFIX,
		.attr2 = NATGW_A_SUBNET_PREFIX_LENGTH,
		.about = "its private addresses, 10.0.1.0/24",
	}, {
		.word = "vnet",
		.type = FIELD_NAME,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_FIXED,
		.attr = NATGW_A_SUBNET_VNET,
		.initial = NATGW_VNET_DEFAULT,
		.about = "virtual network it is part of (default: default)",
	}, {
		.word = "gateway",
		.type = FIELD_REF,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_SUBNET_GATEWAY,
		.about = "NAT gateway it is bound to",
	}, {
		.word = "route-table",
		.type = FIELD_REF,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_SUBNET_ROUTE_TABLE,
		.about = "user routes that it uses",
	}, {
		.word = "ipv6",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_SUBNET_IPV6,
		.words = ipv6_words,
		.about = "IPv6 of its hosts: leave alone, or drop",
	}, {
		.word = "source-check",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_JSON,
		.attr = NATGW_A_SUBNET_SOURCE_CHECK,
		.words = source_check_words,
		.about = "a route back to sources: by their device, any, or do not ask",
	}, {
		.word = "sessions",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_SUBNET_SESSIONS,
	}, {
		.word = "drain",
		.type = FIELD_TIME,
		.flags = FIELD_SET | FIELD_JSON | FIELD_MINUTES | FIELD_ACT,
		.attr = NATGW_A_SUBNET_DRAIN,
		.off = "off",
		.about = "no new flows; its sessions end after TIME",
	}, {
		.word = "drain-oldest",
		.type = FIELD_TIME,
		.flags = FIELD_JSON,
		.attr = NATGW_A_SUBNET_DRAIN_OLDEST,
	}, {
		.word = "untranslated",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_SUBNET_UNTRANSLATED,
	}, {
		.word = "last-source",
		.type = FIELD_ADDRESS,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_SUBNET_LAST_SOURCE,
	}, {
		.word = "last-age",
		.type = FIELD_TIME,
		.flags = FIELD_SHOW | FIELD_RARE,
		.attr = NATGW_A_SUBNET_LAST_AGE,
	}, {
		.word = "owner",
		.type = FIELD_NAME,
		.flags = FIELD_JSON,
		.attr = NATGW_A_SUBNET_OWNER,
	}, {
		.word = "cluster",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW | FIELD_RARE,
		.attr = NATGW_A_SUBNET_CLUSTER,
	}, {
		.word = "load-balancer",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW | FIELD_RARE,
		.attr = NATGW_A_SUBNET_LOAD_BALANCER,
	}, {
		.word = "block",
		.type = FIELD_WORD,
		.flags = FIELD_JSON,
		.attr = NATGW_A_SUBNET_BLOCK,
		.words = switch_words,
	},
};

static const struct schema schema = {
	.noun = "subnet",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.family = NATGW_A_SUBNET_FAMILY,
	.max = NATGW_A_SUBNET_MAX,
};

static_assert(NATGW_A_SUBNET_MAX < FIELDS_ATTRS, "an attribute does not fit");

/* Whose it is, and what its cluster does to it */
static void subnet_more(struct out *o, const struct nlattr *const *tb)
{
	const char *cluster = field_string(tb[NATGW_A_SUBNET_CLUSTER]);
	const char *owner = field_string(tb[NATGW_A_SUBNET_OWNER]);
	uint32_t check = field_u32(tb[NATGW_A_SUBNET_SOURCE_CHECK]);
	char text[128];

	if (check) {
		snprintf(text, sizeof(text), "source-check %s",
			 check == NATGW_SOURCE_CHECK_LOOSE ? "loose" : "off");
		out_note(o, text);
	}
	if (owner && tb[NATGW_A_SUBNET_DRAIN]) {
		snprintf(text, sizeof(text),
			 "left of the deleted cluster %s: gone with its last session", owner);
		out_note(o, text);
	} else if (owner) {
		snprintf(text, sizeof(text), "owner %s, change it by: natgwctl cluster set %s",
			 owner, owner);
		out_note(o, text);
	}
	if (field_u32(tb[NATGW_A_SUBNET_BLOCK])) {
		snprintf(text, sizeof(text), "cluster %s blocks what leads to the Internet",
			 cluster ? cluster : "");
		out_note(o, text);
	}
}

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_SUBNET_NEW,
		.run = object_change,
		.about = "make one; the key prefix is needed",
	}, {
		.word = "set",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_SUBNET_SET,
		.run = object_change,
		.about = "change it, bind it to a gateway",
	}, {
		.word = "del",
		.flags = VERB_NAME | VERB_BATCH,
		.cmd = NATGW_CMD_SUBNET_DEL,
		.run = object_change,
		.about = "forget it and end its sessions",
	}, {
		.word = "show",
		.flags = VERB_NAME_OPT,
		.cmd = NATGW_CMD_SUBNET_GET,
		.run = object_show,
		.about = "list one or all",
	},
};

const struct object subnet_object = {
	.word = "subnet",
	.about = "private subnets, and what each is bound to",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_TABLE,
	.rank = 8,
	.drain = {
		.sessions = NATGW_A_SUBNET_SESSIONS,
		.left = NATGW_A_SUBNET_DRAIN,
		.oldest = NATGW_A_SUBNET_DRAIN_OLDEST,
	},
	.show_more = subnet_more,
};
