// SPDX-License-Identifier: GPL-2.0
/*
 * Service tags. Their prefixes come from the command line or from a file: one
 * a line, or Azure's download of all its tags ("ServiceTags_Public_*.json"),
 * in which the tag of the same name is looked for.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "file.h"
#include "object.h"

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

/**
 * struct import - a file on its way into a tag
 * @ctl:	run
 * @req:	request
 * @file:	its name
 * @n:		prefixes read
 * @ipv6:	prefixes left out
 * @texts:	what each was made from, for errors of the kernel
 */
struct import {
	struct ctl *ctl;
	struct request *req;
	const char *file;
	unsigned int n;
	unsigned int ipv6;
	char **texts;
};

static void import_free(struct import *in)
{
	while (in->n)
		free(in->texts[--in->n]);
	free(in->texts);
}

/* One prefix; @line is its line, or 0. Return: 0, or the exit status. */
static int import_prefix(struct import *in, const char *prefix, unsigned int line)
{
	uint32_t start = in->req->nlh->nlmsg_len;
	struct parse_error e;
	char *text, **texts;

	if (in->n == NATGW_TAG_PREFIXES)
		return usage_error(in->ctl, "file",
				   "file %s: more than %u prefixes, a tag holds no more",
				   in->file, NATGW_TAG_PREFIXES);
	if (!field_put_cidr(in->req, NATGW_A_TAG_PREFIX, prefix, &e))
		return line ? usage_error(in->ctl, "file", "file %s:%u: %s: %s", in->file, line,
					  prefix, e.text) :
			usage_error(in->ctl, "file", "file %s: %s: %s", in->file, prefix, e.text);
	if ((line ? asprintf(&text, "%s:%u: %s", in->file, line, prefix) :
		    asprintf(&text, "%s: %s", in->file, prefix)) < 0)
		abort();
	texts = realloc(in->texts, (in->n + 1) * sizeof(*texts));
	if (!texts)
		abort();
	in->texts = texts;
	texts[in->n++] = text;
	request_arg(in->req, start, "file", text, strlen(text));
	return 0;
}

static int import_lines(struct import *in, char *text)
{
	unsigned int line = 0;
	char *next, *word;
	int ret = 0;

	for (; text && !ret; text = next) {
		line++;
		next = strchr(text, '\n');
		if (next)
			*next++ = 0;
		text[strcspn(text, "#")] = 0;
		word = text + strspn(text, " \t\r");
		word[strcspn(word, " \t\r")] = 0;
		if (*word)
			ret = import_prefix(in, word, line);
	}
	return ret;
}

/* The tag of Azure's file whose name it is; Azure writes "AzureCloud.westeurope" */
static const json_t *json_tag(const json_t *root, const char *name)
{
	const json_t *tags = json_object_get(root, "values"), *tag;
	const char *text;
	size_t i;

	json_array_foreach(tags, i, tag) {
		text = json_string_value(json_object_get(tag, "name"));
		if (text && !strcasecmp(text, name))
			return tag;
	}
	return NULL;
}

static int import_json(struct import *in, const char *text, size_t len, const char *name)
{
	const json_t *tag, *list, *entry;
	json_error_t error;
	const char *prefix;
	int ret = 0;
	json_t *root;
	size_t i;

	root = json_loadb(text, len, 0, &error);
	if (!root)
		return usage_error(in->ctl, "file", "file %s:%d: %s", in->file, error.line,
				   error.text);
	tag = json_tag(root, name);
	list = json_object_get(json_object_get(tag, "properties"), "addressPrefixes");
	if (!tag)
		ret = usage_error(in->ctl, "file", "file %s: no tag %s in it", in->file, name);
	else if (!json_is_array(list))
		ret = usage_error(in->ctl, "file",
				  "file %s: tag %s has no list properties.addressPrefixes",
				  in->file, name);
	for (i = 0; !ret && i < json_array_size(list); i++) {
		entry = json_array_get(list, i);
		prefix = json_string_value(entry);
		if (!prefix)
			ret = usage_error(in->ctl, "file", "file %s: a prefix of %s is no string",
					  in->file, name);
		else if (strchr(prefix, ':'))
			in->ipv6++;
		else
			ret = import_prefix(in, prefix, 0);
	}
	json_decref(root);
	return ret;
}

static int import_file(struct import *in, const char *name)
{
	size_t len, at;
	char *text;
	int ret;

	text = file_read(in->file, &len);
	if (!text)
		return usage_error(in->ctl, "file", "file %s: %s", in->file, strerror(errno));
	text[len] = 0;
	/* Some editors put a mark in front */
	at = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
	while (isspace((unsigned char)text[at]))
		at++;
	if (strlen(text) != len)
		ret = usage_error(in->ctl, "file", "file %s: not a text file", in->file);
	else if (text[at] == '{')
		ret = import_json(in, text + at, len - at, name);
	else
		ret = import_lines(in, text + at);
	free(text);
	if (!ret && !in->n)
		ret = usage_error(in->ctl, "file", "file %s: no prefix in it", in->file);
	if (!ret && in->ipv6)
		fprintf(stderr, "natgwctl: %s: warning: %u IPv6 prefixes left out\n",
			in->ctl->command, in->ipv6);
	return ret;
}

static int tag_change(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		      char **argv)
{
	struct request req;
	struct import in = { .ctl = ctl, .req = &req };
	struct extra extra = {};
	int ret;

	request_init(&req, verb->cmd);
	ret = object_name(ctl, obj, &req, argv[0]);
	if (!ret)
		ret = object_keys(ctl, obj, &req, FIELD_SET, &extra, argc - 1, argv + 1);
	if (!ret && extra.n) {
		in.file = extra.values[0];
		ret = import_file(&in, argv[0]);
	}
	if (!ret)
		ret = object_send(ctl, obj, &req);
	import_free(&in);
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
};
