// SPDX-License-Identifier: GPL-2.0
#include "object.h"

static int reset_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	struct request req;

	if (argc)
		return usage_error(ctl, NULL, "%s: one word too many", argv[0]);
	request_init(&req, NATGW_CMD_RESET);
	return object_send(ctl, obj, &req);
}

const struct object reset_object = {
	.word = "reset",
	.about = "delete all objects of this network namespace, sessions and counters too",
	.run = reset_run,
};
