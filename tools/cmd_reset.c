// SPDX-License-Identifier: GPL-2.0
#include "key.h"
#include "object.h"

static const struct field fields[] = {
	{
		.word = "drain",
		.type = FIELD_TIME,
		.flags = FIELD_FILTER | FIELD_MINUTES,
		.attr = NATGW_A_RESET_DRAIN,
		.off = "off",
		.about = "no new flows; all goes with the last session or after TIME",
	},
};

static const struct schema schema = {
	.noun = "reset",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.max = NATGW_A_RESET_MAX,
};

static int reset_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	struct request req;
	int ret;

	request_init(&req, NATGW_CMD_RESET);
	ret = object_keys(ctl, obj, &req, FIELD_FILTER, NULL, argc, argv);
	if (ret)
		return ret;
	if (ctl->items && argc)
		return usage_error(ctl, fields[0].word,
				   "%s: is an act and no configuration, give it by hand: natgwctl reset",
				   fields[0].word);
	return object_send(ctl, obj, &req);
}

const struct object reset_object = {
	.word = "reset",
	.about = "delete all objects of this network namespace, sessions and counters too",
	.schema = &schema,
	.run = reset_run,
};
