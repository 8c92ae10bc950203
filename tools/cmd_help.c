// SPDX-License-Identifier: GPL-2.0
/* help and version */
#include "object.h"
#include "status.h"

#ifndef NATGW_VERSION
#error "the Makefile names the version"
#endif

static int help_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	if (!argc) {
		usage_all(stdout);
		return 0;
	}
	if (argc > 1)
		return usage_error(ctl, NULL, "%s: one word too many", argv[1]);
	obj = object_find(ctl, argc, argv);
	if (!obj)
		return EXIT_USAGE;
	usage_object(stdout, obj);
	return 0;
}

static int version_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	char module[STATUS_VERSION_TEXT];
	struct nl_error e;
	struct out out;
	bool loaded;

	(void)obj;
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	if (argc)
		return usage_error(ctl, NULL, "%s: one word too many", argv[0]);
	loaded = !nl_open(&ctl->nl, &e) && !status_version(ctl, module, &e);
	out_begin(&out, ctl->json, ctl->pretty, OUT_BLOCK);
	out_row(&out);
	out_title(&out, "natgwctl", "version", NATGW_VERSION);
	out_word(&out, "module", loaded ? module : NULL);
	out_row_end(&out);
	out_end(&out);
	return 0;
}

static const char *const help_forms[] = { "[OBJECT]", NULL };

const struct object help_object = {
	.word = "help",
	.about = "this; help OBJECT: its verbs and keys",
	.forms = help_forms,
	.run = help_run,
};

const struct object version_object = {
	.word = "version",
	.about = "versions of the tool and of the module",
	.run = version_run,
};
