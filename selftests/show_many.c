// SPDX-License-Identifier: GPL-2.0
/*
 * Shows the objects of many kinds in one process: the tool itself, without its main().
 *
 *	show_many OBJECT...
 *
 * Prints what "natgwctl -j OBJECT show" prints for each, a line each, and for "status" what
 * "natgwctl -j" prints. Tests that look at everything before and after a request would start
 * natgwctl a dozen times for each look.
 */
#include <stdio.h>
#include <string.h>

#include "object.h"
#include "status.h"

const struct object *const objects[] = {
	&gateway_object, &address_object, &vnet_object, &subnet_object, &route_table_object,
	&route_object, &tag_object, &cluster_object, &managed_pool_object, &session_object, NULL
};

static int show(char *name)
{
	char verb[] = "show", *argv[] = { name, verb, NULL };
	struct ctl ctl = { .argv = argv, .json = true };
	const struct object *obj;
	int ret;

	if (!strcmp(name, "status")) {
		ret = status_run(&ctl);
	} else {
		obj = object_find(&ctl, 2, argv);
		ret = obj ? object_run(&ctl, obj, 1, argv + 1) : EXIT_USAGE;
	}
	nl_close(&ctl.nl);
	return ret;
}

int main(int argc, char **argv)
{
	int i, ret = 0;

	for (i = 1; i < argc; i++)
		ret = show(argv[i]) ?: ret;
	return ret;
}
