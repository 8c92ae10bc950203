// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "object.h"
#include "reason.h"

static const struct field fields[] = {
	{
		.word = "reason",
		.type = FIELD_WORD,
		.flags = FIELD_KEY | FIELD_SHOW,
		.attr = NATGW_A_STATS_REASON,
		.words = reason_words,
	}, {
		.word = "packets",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATS_PACKETS,
	}, {
		.word = "last-source",
		.type = FIELD_ADDRESS,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATS_LAST_SOURCE,
	}, {
		.word = "last-age",
		.type = FIELD_TIME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATS_LAST_AGE,
	},
};

static const struct schema schema = {
	.noun = "stats",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.family = NATGW_A_STATS_FAMILY,
	.max = NATGW_A_STATS_MAX,
};

static_assert(NATGW_A_STATS_MAX < FIELDS_ATTRS, "an attribute does not fit");

/**
 * struct stats - counters on their way to the output
 * @out:	output
 * @all:	those at zero too
 */
struct stats {
	struct out out;
	bool all;
};

static bool stats_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct stats *stats = data;

	if (!fields_parse(&schema, nlh, tb) || !tb[NATGW_A_STATS_REASON])
		return false;
	if (!stats->all && !field_u64(tb[NATGW_A_STATS_PACKETS]))
		return true;
	out_row(&stats->out);
	fields_show(&stats->out, &schema, FIELD_SHOW, tb);
	out_row_end(&stats->out);
	return true;
}

static int stats_show(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		      char **argv)
{
	struct stats stats = { .all = ctl->stats };
	struct request req;
	struct nl_error e;
	int ret;

	(void)argc;
	(void)argv;
	ret = ctl_open(ctl);
	if (ret)
		return ret;
	request_init(&req, verb->cmd);
	out_begin(&stats.out, ctl->json, ctl->pretty, obj->layout);
	ret = nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, stats_answer, &stats, &e);
	out_end(&stats.out);
	if (ret >= 0 && !stats.out.rows && !ctl->json)
		puts("no packet was dropped");
	return list_end(ctl, obj, &req, ret, &e);
}

static int stats_explain(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			 int argc, char **argv)
{
	const struct words words = word_array(reason_words);
	struct parse_error e;
	int only = -1, i;
	struct out out;

	(void)obj;
	(void)verb;
	if (argc) {
		only = word_find(&words, argv[0]);
		if (only < 0) {
			word_fail(&e, &words, "reason", argv[0]);
			return usage_error(ctl, "reason", "%s", e.text);
		}
	}
	out_begin(&out, ctl->json, ctl->pretty, OUT_BLOCK);
	for (i = 0; i <= NATGW_DROP_MAX; i++) {
		if (only >= 0 && i != only)
			continue;
		out_row(&out);
		out_title(&out, NULL, "reason", reason_words[i]);
		out_sentence(&out, "meaning", reasons[i].meaning);
		out_sentence(&out, "action", reasons[i].action);
		out_row_end(&out);
	}
	out_end(&out);
	return 0;
}

static const struct field check_fields[] = {
	{
		.word = "object",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_CHECK_OBJECT,
	}, {
		.word = "gauge",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_CHECK_GAUGE,
	}, {
		.word = "counted",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_CHECK_COUNTED,
	}, {
		.word = "found",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_CHECK_FOUND,
	},
};

static const struct schema check_schema = {
	.noun = "check",
	.fields = check_fields,
	.n_fields = ARRAY_SIZE(check_fields),
	.max = NATGW_A_CHECK_MAX,
};

static_assert(NATGW_A_CHECK_MAX < FIELDS_ATTRS, "an attribute does not fit");

/**
 * struct check - gauges on their way to the output
 * @out:	output
 * @gauges:	told by the kernel: that of the table, and those that differ
 * @differ:	those that differ
 * @sessions:	in the table
 */
struct check {
	struct out out;
	unsigned long gauges;
	unsigned long differ;
	uint64_t sessions;
};

static bool check_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct check *check = data;
	uint64_t counted, found;

	if (!fields_parse(&check_schema, nlh, tb) || !tb[NATGW_A_CHECK_COUNTED] ||
	    !tb[NATGW_A_CHECK_FOUND])
		return false;
	counted = field_u64(tb[NATGW_A_CHECK_COUNTED]);
	found = field_u64(tb[NATGW_A_CHECK_FOUND]);
	if (!check->gauges++)
		check->sessions = found;
	if (counted != found)
		check->differ++;
	else if (!check->out.json)
		return true;
	out_row(&check->out);
	fields_show(&check->out, &check_schema, FIELD_SHOW, tb);
	out_row_end(&check->out);
	return true;
}

/* What it comes to: the exit status, and in text a sentence if all is well */
static int check_result(const struct check *check)
{
	if (check->differ)
		return EXIT_FOUND;
	if (!check->out.json)
		printf("%llu session%s: all gauges agree\n", (unsigned long long)check->sessions,
		       check->sessions == 1 ? "" : "s");
	return 0;
}

static int stats_check(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		       char **argv)
{
	struct check check = {};
	struct request req;
	struct nl_error e;
	int ret;

	(void)argc;
	(void)argv;
	ret = ctl_open(ctl);
	if (ret)
		return ret;
	request_init(&req, verb->cmd);
	out_begin(&check.out, ctl->json, ctl->pretty, obj->layout);
	ret = nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, check_answer, &check, &e);
	out_end(&check.out);
	if (!ret && !check.gauges) {
		e = (struct nl_error){ .err = EBADMSG, .malformed = true };
		ret = -1;
	}
	ret = list_end(ctl, NULL, NULL, ret, &e);
	return ret ?: check_result(&check);
}

static const struct verb verbs[] = {
	{
		.word = "show",
		.cmd = NATGW_CMD_STATS_GET,
		.run = stats_show,
		.about = "packets by reason; -s: those at zero too",
	}, {
		.word = "explain",
		.flags = VERB_NAME_OPT,
		.run = stats_explain,
		.about = "what a reason, or each, means and what to do",
	}, {
		.word = "check",
		.cmd = NATGW_CMD_STATS_CHECK,
		.run = stats_check,
		.about = "compare the gauges with the table of sessions",
	},
};

const struct object stats_object = {
	.word = "stats",
	.about = "why packets were dropped, or left alone",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_TABLE,
};

