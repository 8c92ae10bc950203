// SPDX-License-Identifier: GPL-2.0
#include "object.h"

static const struct field fields[] = {
	{
		.word = "name",
		.type = FIELD_NAME,
		.flags = FIELD_KEY | FIELD_SHOW,
		.attr = NATGW_A_ROUTE_TABLE_NAME,
	}, {
		.word = "routes",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ROUTE_TABLE_ROUTES,
	}, {
		.word = "subnets",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ROUTE_TABLE_SUBNETS,
	},
};

static const struct schema schema = {
	.noun = "route-table",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.max = NATGW_A_ROUTE_TABLE_MAX,
};

static_assert(NATGW_A_ROUTE_TABLE_MAX < FIELDS_ATTRS, "an attribute does not fit");

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_BATCH,
		.cmd = NATGW_CMD_ROUTE_TABLE_NEW,
		.run = object_change,
		.about = "make one, empty",
	}, {
		.word = "del",
		.flags = VERB_NAME | VERB_BATCH,
		.cmd = NATGW_CMD_ROUTE_TABLE_DEL,
		.run = object_change,
		.about = "forget it and its routes; refused while a subnet uses it",
	}, {
		.word = "show",
		.flags = VERB_NAME_OPT,
		.cmd = NATGW_CMD_ROUTE_TABLE_GET,
		.run = object_show,
		.about = "list one or all",
	},
};

const struct object route_table_object = {
	.word = "route-table",
	.about = "tables of user routes, for subnets to use",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_TABLE,
	.rank = 3,
};
