// SPDX-License-Identifier: GPL-2.0
/* import: a configuration file from what the cloud's own tool prints. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "batch.h"
#include "file.h"
#include "import_azure.h"
#include "item.h"

static const char *const cloud_words[] = { "azure", NULL };
static const char *const cloud_forms[] = { "azure FILE...", NULL };

static int resource_take(struct import *in, const json_t *resource, size_t i)
{
	const char *type = json_string_value(json_object_get(resource, "type"));
	enum import_kind kind;

	if (!json_is_object(resource))
		return usage_error(in->ctl, NULL, "entry %zu is no resource", i);
	kind = import_kind(resource);
	if (kind == IMPORT_KINDS)
		warn(in->ctl, NULL, NULL, "entry %zu: natgw has nothing like %s", i,
		     type ? type : "a resource without a type");
	else
		json_array_append(in->resources[kind], (json_t *)resource);
	return 0;
}

/* A list as az prints it, or as the REST interface answers, in pages: az rest */
static const json_t *list_of(struct import *in, const json_t *root)
{
	const char *next = json_string_value(json_object_get(root, "nextLink"));
	const json_t *list = json_object_get(root, "value");

	/* that of the last page is missing, null, or empty */
	if (next && *next)
		warn(in->ctl, NULL, NULL,
		     "it is one page of several: get the one of nextLink, too");
	return json_is_array(list) ? list : root;
}

static int file_take(struct import *in, const char *file)
{
	const json_t *list;
	struct ctl *ctl = in->ctl;
	json_error_t error;
	json_t *root;
	int ret = 0;
	char *text;
	size_t len, i;

	ctl->line = 0;
	ctl->file = NULL;
	text = file_read(file, &len);
	if (!text)
		return usage_error(ctl, NULL, "%s: %s", file, strerror(errno));
	ctl->file = strcmp(file, "-") ? file : "stdin";
	root = json_loadb(text, len, 0, &error);
	free(text);
	if (!root) {
		ctl->line = error.line > 0 ? error.line : 0;
		return usage_error(ctl, NULL, "%s", error.text);
	}
	list = list_of(in, root);
	if (json_is_object(list))
		ret = resource_take(in, list, 0);
	for (i = 0; !ret && i < json_array_size(list); i++)
		ret = resource_take(in, json_array_get(list, i), i);
	if (!json_is_object(list) && !json_is_array(list))
		ret = usage_error(ctl, NULL, "neither a resource nor a list of them");
	json_decref(root);
	return ret;
}

static bool has_any(const struct import *in)
{
	size_t n = 0;
	int i;

	for (i = 0; i < IMPORT_KINDS; i++)
		n += json_array_size(in->resources[i]);
	return n;
}

static int import_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	struct words clouds = word_array(cloud_words);
	struct import in = { .ctl = ctl };
	static struct items items;
	struct batch batch = {};
	struct parse_error e;
	int i, ret = 0;

	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	if (!argc)
		return usage_error(ctl, NULL,
				   "say from which cloud: natgwctl import azure FILE...");
	if (word_find(&clouds, argv[0]) < 0) {
		word_fail(&e, &clouds, "cloud", argv[0]);
		return usage_error(ctl, NULL, "%s: %s", argv[0], e.text);
	}
	if (argc == 1)
		return usage_error(ctl, NULL,
				   "name the files that az printed, or - for standard input");
	for (i = 0; i < IMPORT_KINDS; i++)
		in.resources[i] = json_array();
	for (i = 1; !ret && i < argc; i++)
		ret = file_take(&in, argv[i]);
	ctl->file = NULL;
	if (!ret && !has_any(&in))
		ret = usage_error(ctl, NULL,
				  "the files have no resource that natgw knows, see import azure in natgwctl(8)");
	if (!ret) {
		items_init(&items);
		ctl->items = &items;
		ctl->batch = &batch;
		import_azure(&in);
		ctl->items = NULL;
		ctl->batch = NULL;
		ctl_command(ctl, obj->word, argv[0], NULL);
		/* half of it would be taken for all of it */
		if (in.failed)
			ret = usage_error(ctl, NULL,
					  "no file is printed, as natgw cannot take all of it");
		else
			items_print(ctl, &items);
		items_free(&items);
	}
	for (i = 0; i < IMPORT_KINDS; i++)
		json_decref(in.resources[i]);
	return ret;
}

const struct object import_object = {
	.word = "import",
	.about = "write a configuration file of what az prints",
	.forms = cloud_forms,
	.run = import_run,
};
