// SPDX-License-Identifier: GPL-2.0
/* Owns the count of dropped packets that the flow log tells of. Called by flowlog_run.c. */
#include "flowlog.h"
#include "flowlog_drops.h"
#include "object.h"
#include "reason.h"

/* For drops_count() */
struct count {
	struct drop_counts *drops;
	FILE *f;
	bool *wrote;
};

static bool drops_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct count *count = data;
	uint64_t packets, before;
	uint32_t reason;

	if (!fields_parse(stats_object.schema, nlh, tb))
		return false;
	reason = field_u32(tb[NATGW_A_STATS_REASON]);
	packets = field_u64(tb[NATGW_A_STATS_PACKETS]);
	if (reason > NATGW_DROP_MAX)
		return true;
	before = count->drops->packets[reason];
	count->drops->packets[reason] = packets;
	/* after a reset of the counters they begin at 0 */
	if (packets < before)
		before = 0;
	if (count->drops->counted && packets > before && count->f) {
		*count->wrote = true;
		flowlog_dropped(count->f, watch_now(), reason_words[reason], packets - before);
	}
	return true;
}

/**
 * drops_count - write lines of the packets that were dropped since this was called last
 * @ctl:	run
 * @drops:	counts
 * @f:		file, whose errors are its caller's, or NULL: there is none
 * @wrote:	becomes true if there was such a line
 *
 * Return: 0, or the exit status.
 */
int drops_count(struct ctl *ctl, struct drop_counts *drops, FILE *f, bool *wrote)
{
	struct count count = { .drops = drops, .f = f, .wrote = wrote };
	struct request req;
	struct nl_error e;

	request_init(&req, NATGW_CMD_STATS_GET);
	if (nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, drops_answer, &count, &e) < 0)
		return kernel_error(ctl, NULL, NULL, &e);
	drops->counted = true;
	return 0;
}
