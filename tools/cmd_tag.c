// SPDX-License-Identifier: GPL-2.0
#include "key.h"
#include "object.h"
#include "tag_file.h"

static const struct field fields[] = {
	{
		.word = "name",
		.type = FIELD_NAME,
		.flags = FIELD_KEY,
		.attr = NATGW_A_TAG_NAME,
	}, {
		.word = "routes",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_TAG_ROUTES,
	}, {
		.word = "prefix",
		.type = FIELD_CIDR,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_REPEAT | FIELD_LINE,
		.attr = NATGW_A_TAG_PREFIX,
		.about = "its prefixes; set replaces all of them",
	}, {
		.word = "file",
		.type = FIELD_EXTRA,
		.flags = FIELD_SET,
		.value = "FILE",
		.about = "prefixes from a file: one a line, or Azure's JSON of service tags",
	},
};

static const struct schema schema = {
	.noun = "tag",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.max = NATGW_A_TAG_MAX,
};

static_assert(NATGW_A_TAG_MAX < FIELDS_ATTRS, "an attribute does not fit");

static int tag_change(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		      char **argv)
{
	struct request req;
	struct tag_file in = { .ctl = ctl, .req = &req };
	struct extra extra = {};
	int ret;

	request_init(&req, verb->cmd);
	ret = object_name(ctl, obj, &req, argv[0]);
	if (!ret)
		ret = object_keys(ctl, obj, &req, FIELD_SET, &extra, argc - 1, argv + 1);
	if (!ret && extra.n) {
		in.file = extra.values[0];
		ret = tag_file_read(&in, argv[0]);
	}
	if (!ret)
		ret = object_send(ctl, obj, &req);
	tag_file_free(&in);
	extra_free(&extra);
	return ret;
}

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_TAG_NEW,
		.run = tag_change,
		.about = "make one",
	}, {
		.word = "set",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_TAG_SET,
		.run = tag_change,
		.about = "replace its prefixes",
	}, {
		.word = "del",
		.flags = VERB_NAME | VERB_BATCH,
		.cmd = NATGW_CMD_TAG_DEL,
		.run = object_change,
		.about = "forget it; refused while a route uses it",
	}, {
		.word = "show",
		.flags = VERB_NAME_OPT,
		.cmd = NATGW_CMD_TAG_GET,
		.run = object_show,
		.about = "describe one or all",
	},
};

const struct object tag_object = {
	.word = "tag",
	.about = "service tags: named lists of prefixes, as destinations of routes",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_BLOCK,
	.rank = 2,
};
