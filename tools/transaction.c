// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "object.h"

/**
 * transaction_begin - what follows on this socket is applied at once, or not at all
 * @ctl:	run
 * @generation:	refuse unless the configuration is at this one, or NULL
 * @e:		why not
 *
 * Return: 0, or -1.
 */
int transaction_begin(struct ctl *ctl, const uint32_t *generation, struct nl_error *e)
{
	struct request req;

	request_init(&req, NATGW_CMD_TRANSACTION_BEGIN);
	if (generation)
		request_u32(&req, NATGW_A_TRANSACTION_GENERATION, *generation);
	return nl_request(&ctl->nl, &req, NULL, NULL, e);
}

/**
 * transaction_commit - apply
 * @ctl:	run
 *
 * Return: 0, or the exit status.
 */
int transaction_commit(struct ctl *ctl)
{
	struct request req;

	request_init(&req, NATGW_CMD_TRANSACTION_COMMIT);
	return object_send(ctl, NULL, &req);
}

/**
 * transaction_abort - forget
 * @ctl:	run
 *
 * A refusal is of no interest: the kernel may have forgotten already.
 */
void transaction_abort(struct ctl *ctl)
{
	struct request req;
	struct nl_error e;

	request_init(&req, NATGW_CMD_TRANSACTION_ABORT);
	nl_request(&ctl->nl, &req, NULL, NULL, &e);
}
