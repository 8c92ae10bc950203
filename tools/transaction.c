// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <unistd.h>

#include "field.h"
#include "object.h"

/** BUSY_TRIES - how often to ask again while another transaction is open: a second in all */
#define BUSY_TRIES	50
#define BUSY_WAIT_US	20000

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
	int ret, tries;

	request_init(&req, NATGW_CMD_TRANSACTION_BEGIN);
	if (generation)
		request_u32(&req, NATGW_A_TRANSACTION_GENERATION, *generation);
	for (tries = 0; tries < BUSY_TRIES; tries++) {
		ret = nl_request(&ctl->nl, &req, NULL, NULL, e);
		if (!ret || e->err != EBUSY)
			break;
		/* Nothing tells when the other one ends */
		usleep(BUSY_WAIT_US);
	}
	return ret;
}

/**
 * transaction_commit - apply
 * @ctl:	run
 * @e:		why not; a warning in @e->text if it did
 *
 * Return: 0, or -1.
 */
int transaction_commit(struct ctl *ctl, struct nl_error *e)
{
	struct request req;

	request_init(&req, NATGW_CMD_TRANSACTION_COMMIT);
	return nl_request(&ctl->nl, &req, NULL, NULL, e);
}

static bool check_answer(const struct nlmsghdr *nlh, void *data)
{
	field_find_u32(nlh, NATGW_A_TRANSACTION_SESSIONS, data);
	return true;
}

/**
 * transaction_check - ask whether it could be applied, and forget it
 * @ctl:	run
 * @sessions:	result: sessions that would end
 * @e:		why it could not; a warning in @e->text if it could
 *
 * Return: 0, or -1.
 */
int transaction_check(struct ctl *ctl, uint32_t *sessions, struct nl_error *e)
{
	struct request req;

	*sessions = 0;
	request_init(&req, NATGW_CMD_TRANSACTION_COMMIT);
	request_u32(&req, NATGW_A_TRANSACTION_DRY_RUN, NATGW_SWITCH_ON);
	return nl_request(&ctl->nl, &req, check_answer, sessions, e);
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
