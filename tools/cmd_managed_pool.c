// SPDX-License-Identifier: GPL-2.0
#include "object.h"

static const struct field fields[] = {
	{
		.word = "prefix",
		.type = FIELD_HOST,
		.flags = FIELD_KEY | FIELD_SHOW,
		.attr = NATGW_A_POOL_PREFIX,
		.attr2 = NATGW_A_POOL_PREFIX_LENGTH,
	}, {
		.word = "dev",
		.type = FIELD_REF,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_POOL_DEV,
		.value = "DEV",
		.about = "interface where ARP is answered for addresses taken from it",
	}, {
		.word = "size",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_POOL_SIZE,
	}, {
		.word = "free",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_POOL_FREE,
	},
};

static const struct schema schema = {
	.noun = "managed-pool",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.family = NATGW_A_POOL_FAMILY,
	.max = NATGW_A_POOL_MAX,
};

static_assert(NATGW_A_POOL_MAX < FIELDS_ATTRS, "an attribute does not fit");

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_MANAGED_POOL_NEW,
		.run = object_change,
		.about = "let clusters, and address add length, take addresses of this prefix",
	}, {
		.word = "del",
		.flags = VERB_NAME | VERB_BATCH,
		.cmd = NATGW_CMD_MANAGED_POOL_DEL,
		.run = object_change,
		.about = "no longer; refused while one is taken",
	}, {
		.word = "show",
		.flags = VERB_NAME_OPT,
		.cmd = NATGW_CMD_MANAGED_POOL_GET,
		.run = object_show,
		.about = "list one or all",
	},
};

const struct object managed_pool_object = {
	.word = "managed-pool",
	.about = "public addresses that clusters take by themselves",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_TABLE,
	.rank = 6,
};
