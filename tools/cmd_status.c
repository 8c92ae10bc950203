// SPDX-License-Identifier: GPL-2.0
/* The bare call: what there is, whether it works, and what is probably wrong. */
#include <errno.h>

#include "guard.h"
#include "report.h"
#include "status.h"

/* In text only where there is something to say */
#define NUMBER(_word, _attr) {					\
	.word = _word,						\
	.type = FIELD_NUMBER,					\
	.flags = FIELD_JSON,					\
	.attr = _attr,						\
}

static const struct field fields[] = {
	{
		.word = "version",
		.type = FIELD_NAME,
		.flags = FIELD_KEY,
		.attr = NATGW_A_STATUS_VERSION,
	}, {
		.word = "generation",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_GENERATION,
	}, {
		.word = "transaction",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_TRANSACTION,
		.words = switch_words,
	}, {
		.word = "gateways",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW | FIELD_LINE,
		.attr = NATGW_A_STATUS_GATEWAYS,
	}, {
		.word = "addresses",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_ADDRESSES,
	}, {
		.word = "subnets",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_SUBNETS,
	}, {
		.word = "sessions",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW | FIELD_LINE,
		.attr = NATGW_A_STATUS_SESSIONS,
	}, {
		.word = "sessions-max",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_SESSIONS_MAX,
	}, {
		.word = "session-bytes",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_SESSION_BYTES,
	},
	NUMBER("vnets", NATGW_A_STATUS_VNETS),
	NUMBER("route-tables", NATGW_A_STATUS_ROUTE_TABLES),
	NUMBER("tags", NATGW_A_STATUS_TAGS),
	NUMBER("direct", NATGW_A_STATUS_DIRECT),
	NUMBER("direct-max", NATGW_A_STATUS_DIRECT_MAX),
	NUMBER("clusters", NATGW_A_STATUS_CLUSTERS),
	NUMBER("managed-pools", NATGW_A_STATUS_MANAGED_POOLS),
	{
		.word = "memory",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_MEMORY,
	}, {
		.word = "memory-max",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_MEMORY_MAX,
	}, {
		.word = "drain",
		.type = FIELD_TIME,
		.flags = FIELD_JSON,
		.attr = NATGW_A_STATUS_DRAIN,
	},
};

/** status_schema - what the module tells of itself */
const struct schema status_schema = {
	.noun = "status",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.max = NATGW_A_STATUS_MAX,
};

static_assert(NATGW_A_STATUS_MAX < FIELDS_ATTRS, "an attribute does not fit");

static int status_get(struct ctl *ctl, nl_answer answer, void *data, struct nl_error *e)
{
	struct request req;

	request_init(&req, NATGW_CMD_STATUS_GET);
	return nl_request(&ctl->nl, &req, answer, data, e);
}

static bool version_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	const char *version;

	if (!fields_parse(&status_schema, nlh, tb))
		return false;
	version = field_string(tb[NATGW_A_STATUS_VERSION]);
	snprintf(data, STATUS_VERSION_TEXT, "%s", version ? version : "");
	return true;
}

/**
 * status_version - version of the module
 * @ctl:	run, its socket open
 * @version:	result
 * @e:		why not
 *
 * Return: 0, or -1.
 */
int status_version(struct ctl *ctl, char version[STATUS_VERSION_TEXT], struct nl_error *e)
{
	return status_get(ctl, version_answer, version, e);
}

/* What has to do with routing, where it is used */
static void routing_show(struct out *o, const struct nlattr *const *tb)
{
	static const struct {
		uint16_t attr;
		uint32_t trivial;
	} show[] = {
		{ NATGW_A_STATUS_VNETS, 1 },
		{ NATGW_A_STATUS_ROUTE_TABLES, 0 },
		{ NATGW_A_STATUS_TAGS, 0 },
		{ NATGW_A_STATUS_DIRECT, 0 },
		{ NATGW_A_STATUS_CLUSTERS, 0 },
		{ NATGW_A_STATUS_MANAGED_POOLS, 0 },
	};
	bool begun = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(show); i++) {
		if (!tb[show[i].attr] || field_u32(tb[show[i].attr]) <= show[i].trivial)
			continue;
		if (!begun)
			out_line(o);
		begun = true;
		field_show(o, field_by_attr(&status_schema, show[i].attr), tb);
	}
	if (field_u32(tb[NATGW_A_STATUS_DIRECT]))
		field_show(o, field_by_attr(&status_schema, NATGW_A_STATUS_DIRECT_MAX), tb);
}

static bool status_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	const char *version;
	char left[TIME_TEXT];
	uint32_t max;

	if (!fields_parse(&status_schema, nlh, tb))
		return false;
	version = field_string(tb[NATGW_A_STATUS_VERSION]);
	out_title(&report->out, "natgw", "version", version ? version : "");
	fields_show(&report->out, &status_schema,
		    FIELD_SHOW | (report->out.json ? FIELD_JSON : 0), tb);
	if (!report->out.json)
		routing_show(&report->out, tb);
	if (tb[NATGW_A_STATUS_DRAIN])
		report_warning(report,
			       "all objects drain, and go with the last session or in %s: natgwctl reset drain off keeps them",
			       time_text(left, field_u32(tb[NATGW_A_STATUS_DRAIN])));
	max = field_u32(tb[NATGW_A_STATUS_SESSIONS_MAX]);
	if (max && field_u32(tb[NATGW_A_STATUS_SESSIONS]) >= max - max / 10)
		report_warning(report, "the table of sessions is nearly full: %u of %u",
			       field_u32(tb[NATGW_A_STATUS_SESSIONS]), max);
	return true;
}

/*
 * Asks for one of the lists. Only root may see gateways and subnets; everybody may see counts
 * and counters. So if a list is refused, say which list is missing and go on.
 */
static int list(struct ctl *ctl, uint8_t cmd, nl_answer answer, struct report *report,
		bool *hidden, struct nl_error *e)
{
	struct request req;
	int ret;

	request_init(&req, cmd);
	if (cmd == NATGW_CMD_PORTS_GET) {
		request_u32(&req, NATGW_A_PORTS_BY, NATGW_PORTS_BY_DESTINATION);
		request_u32(&req, NATGW_A_PORTS_WATCHED, NATGW_SWITCH_ON);
	}
	ret = nl_dump(&ctl->nl, &req, cmd == NATGW_CMD_PORTS_GET ? NL_DUMP_STREAM : NL_DUMP_WHOLE,
		      answer, report, e);
	if (ret < 0 && e->err == EPERM) {
		*hidden = true;
		return 0;
	}
	/* An older module does not know each kind, or each attribute */
	if (ret < 0 && (e->err == EOPNOTSUPP || (cmd == NATGW_CMD_PORTS_GET && e->err == EINVAL)))
		return 0;
	return ret < 0 ? ret : 0;
}

static void guard_report(struct report *report)
{
	char text[GUARD_TEXT];

	if (guard_sentence(text))
		report_warning(report, "%s", text);
}

/**
 * status_run - the bare call
 * @ctl:	run
 *
 * Return: exit status.
 */
int status_run(struct ctl *ctl)
{
	/*
	 * A list without a word is read for its warnings and not printed. Subnets come before
	 * the drop reasons, whose warnings name subnets.
	 */
	static const struct {
		const char *word;
		uint8_t cmd;
		nl_answer answer;
	} lists[] = {
		{ "gateway", NATGW_CMD_GATEWAY_GET, report_gateway },
		{ "cluster", NATGW_CMD_CLUSTER_GET, report_cluster },
		{ NULL, NATGW_CMD_ADDRESS_GET, report_address },
		{ NULL, NATGW_CMD_VNET_GET, report_vnet },
		{ NULL, NATGW_CMD_SUBNET_GET, report_subnet },
		{ NULL, NATGW_CMD_PORTS_GET, report_headroom },
		{ "stats", NATGW_CMD_STATS_GET, report_drops },
	};
	struct report report = {};
	struct out *o = &report.out;
	bool hidden = false;
	struct nl_error e;
	unsigned int i;
	int ret;

	ret = ctl_open(ctl);
	if (ret) {
		guard_warn(ctl);
		return ret;
	}

	out_begin(o, ctl->json, ctl->pretty, OUT_BLOCK);
	out_row(o);
	ret = status_get(ctl, status_answer, &report, &e);
	for (i = 0; !ret && i < ARRAY_SIZE(lists); i++) {
		if (lists[i].word)
			out_array(o, lists[i].word);
		ret = list(ctl, lists[i].cmd, lists[i].answer, &report, &hidden, &e);
		if (lists[i].word)
			out_array_end(o);
	}
	report_refusers(&report);
	if (!ret)
		report_hops(ctl, &report);
	report_more(&report);
	guard_report(&report);
	if (hidden)
		report_warning(&report, "gateways and subnets are shown to root only: sudo natgwctl");
	report_show(o, &report);
	out_row_end(o);
	out_end(o);

	report_free(&report);
	return ret ? kernel_error(ctl, NULL, NULL, &e) : 0;
}
