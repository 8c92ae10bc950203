// SPDX-License-Identifier: GPL-2.0
/* natgwctl - configure and inspect the natgw NAT gateway */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "object.h"
#include "option.h"
#include "status.h"

const struct object *const objects[] = {
	&gateway_object,
	&address_object,
	&vnet_object,
	&subnet_object,
	&route_table_object,
	&route_object,
	&tag_object,
	&cluster_object,
	&managed_pool_object,
	&explain_object,
	&session_object,
	&ports_object,
	&stats_object,
	&monitor_object,
	&top_object,
	&metrics_object,
	&doctor_object,
	&flowlog_object,
	&export_object,
	&apply_object,
	&check_object,
	&diff_object,
	&import_object,
	&guard_object,
	&upgrade_object,
	&reset_object,
	&version_object,
	&help_object,
	NULL
};

static int run(struct ctl *ctl, const char *batch, int argc, char **argv)
{
	const struct object *obj;

	if (batch && argc)
		return usage_error(ctl, NULL, "%s: -b takes all commands from its file", argv[0]);
	if (batch)
		return batch_run(ctl, batch);
	if (!argc)
		return status_run(ctl);
	if (!strcmp(argv[0], "__complete"))
		return complete_run(ctl, argc - 1, argv + 1);
	obj = object_find(ctl, argc, argv);
	return obj ? object_run(ctl, obj, argc - 1, argv + 1) : EXIT_USAGE;
}

/* What getopt_long() did not take; @word is the last one that it looked at */
static int option_error(const struct ctl *ctl, int opt, const char *word)
{
	char name[] = { '-', optopt, 0 };

	/* A letter may stand among others */
	if (strncmp(word, "--", 2))
		word = name;
	if (opt == ':')
		return usage_error(ctl, NULL, "%s: value is missing", word);
	if (optopt && word != name)
		return usage_error(ctl, NULL, "%s: takes no value", word);
	return usage_error(ctl, NULL, "%s: unknown option, see natgwctl help", word);
}

int main(int argc, char **argv)
{
	const char *batch = NULL;
	struct ctl ctl = { .argv = argv };
	bool version = false;
	int opt, ret;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, SHORT_OPTIONS, long_options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			ctl.json = true;
			break;
		case 'p':
			ctl.json = true;
			ctl.pretty = true;
			break;
		case 's':
			ctl.stats = true;
			break;
		case 'n':
			ctl.netns = optarg;
			break;
		case 'b':
			batch = optarg;
			break;
		case 'h':
			usage_all(stdout);
			return EXIT_OK;
		case 'V':
			version = true;
			break;
		default:
			return option_error(&ctl, opt, argv[optind - 1]);
		}
	}

	ret = ctl.netns ? netns_enter(&ctl, ctl.netns) : 0;
	if (!ret && version)
		ret = version_object.run(&ctl, &version_object, argc - optind, argv + optind);
	else if (!ret)
		ret = run(&ctl, batch, argc - optind, argv + optind);
	nl_close(&ctl.nl);

	errno = 0;
	if (!ctl.unread && (fflush(stdout) || ferror(stdout)) && !ret) {
		ctl.command[0] = 0;
		ret = usage_error(&ctl, NULL, "cannot write the output: %s", strerror(errno));
	}
	return ret;
}
