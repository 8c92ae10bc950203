// SPDX-License-Identifier: GPL-2.0
#include "batch.h"
#include "object.h"

static int reset_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	struct request req;
	int ret;

	if (argc)
		return usage_error(ctl, NULL, "%s: one word too many", argv[0]);
	request_init(&req, NATGW_CMD_RESET);
	ret = object_send(ctl, obj, &req);
	if (!ret && ctl->batch)
		batch_reset(ctl->batch);
	return ret;
}

const struct object reset_object = {
	.word = "reset",
	.about = "delete all objects of this network namespace, sessions and counters too",
	.run = reset_run,
};
