// SPDX-License-Identifier: GPL-2.0
/*
 * Prefixes of a service tag from a file: one a line, or Azure's download of all
 * its tags ("ServiceTags_Public_*.json"), in which the tag of the same name is
 * looked for.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "file.h"
#include "object.h"
#include "tag_file.h"

/**
 * tag_file_free - forget what was read, once the kernel has answered
 * @in:		file
 */
void tag_file_free(struct tag_file *in)
{
	while (in->n)
		free(in->texts[--in->n]);
	free(in->texts);
}

/* One prefix; @line is its line, or 0. Return: 0, or the exit status. */
static int import_prefix(struct tag_file *in, const char *prefix, unsigned int line)
{
	uint32_t start = in->req->nlh->nlmsg_len;
	struct parse_error e;
	char *text, **texts;

	if (in->n == NATGW_TAG_PREFIXES)
		return usage_error(in->ctl, "file",
				   "file %s: more than %u prefixes, a tag holds no more",
				   in->file, NATGW_TAG_PREFIXES);
	if (!field_put_cidr(in->req, NATGW_A_TAG_PREFIX, prefix, false, &e))
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

static int import_lines(struct tag_file *in, char *text)
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

static int import_json(struct tag_file *in, const char *text, size_t len, const char *name)
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

/**
 * tag_file_read - append the prefixes of a file to a request
 * @in:		file
 * @name:	of the tag
 *
 * Return: 0, or the exit status.
 */
int tag_file_read(struct tag_file *in, const char *name)
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
		warn(in->ctl, "file", in->file, "%u IPv6 prefix%s left out", in->ipv6,
		     in->ipv6 == 1 ? "" : "es");
	return ret;
}
