// SPDX-License-Identifier: GPL-2.0
/* The bare call: what there is, whether it works, and what is probably wrong. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "status.h"

static const char *const switch_words[] = {
	[NATGW_SWITCH_OFF] = "off",
	[NATGW_SWITCH_ON] = "on",
	NULL
};

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
};

static const struct schema schema = {
	.noun = "status",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.max = NATGW_A_STATUS_MAX,
};

static_assert(NATGW_A_STATUS_MAX < FIELDS_ATTRS, "an attribute does not fit");

/** REPORT_SUBNETS - most subnets with a warning of their own */
#define REPORT_SUBNETS	8

/**
 * struct range - the addresses of a subnet
 * @addr:	first one, host byte order
 * @mask:	bits that its addresses share
 */
struct range {
	uint32_t addr;
	uint32_t mask;
};

/**
 * struct report - the status on its way to the output
 * @out:	output
 * @warnings:	sentences
 * @n_warnings:	their number
 * @n_unbound:	subnets among them
 * @subnets:	all subnets
 * @n_subnets:	their number
 */
struct report {
	struct out out;
	char **warnings;
	size_t n_warnings;
	unsigned int n_unbound;
	struct range *subnets;
	size_t n_subnets;
};

static int status_get(struct ctl *ctl, nl_answer answer, void *data, struct nl_error *e)
{
	struct request req;

	request_init(&req, NATGW_CMD_STATUS_GET);
	return nl_request(&ctl->nl, &req, answer, data, e);
}

static bool generation_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];

	if (!fields_parse(&schema, nlh, tb) || !tb[NATGW_A_STATUS_GENERATION])
		return false;
	*(uint32_t *)data = field_u32(tb[NATGW_A_STATUS_GENERATION]);
	return true;
}

/**
 * status_generation - generation of the configuration
 * @ctl:	run, its socket open
 * @generation:	result
 * @e:		why not
 *
 * Return: 0, or -1.
 */
int status_generation(struct ctl *ctl, uint32_t *generation, struct nl_error *e)
{
	return status_get(ctl, generation_answer, generation, e);
}

static bool version_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	const char *version;

	if (!fields_parse(&schema, nlh, tb))
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

__printf(2, 3)
static void warning(struct report *report, const char *fmt, ...)
{
	char **bigger;
	va_list ap;

	bigger = realloc(report->warnings, (report->n_warnings + 1) * sizeof(*bigger));
	if (!bigger)
		abort();
	report->warnings = bigger;
	va_start(ap, fmt);
	if (vasprintf(&bigger[report->n_warnings++], fmt, ap) < 0)
		abort();
	va_end(ap);
}

static bool status_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	const char *version;
	uint32_t max;

	if (!fields_parse(&schema, nlh, tb))
		return false;
	version = field_string(tb[NATGW_A_STATUS_VERSION]);
	out_title(&report->out, "natgw", "version", version ? version : "");
	fields_show(&report->out, &schema, FIELD_SHOW, tb);
	max = field_u32(tb[NATGW_A_STATUS_SESSIONS_MAX]);
	if (max && field_u32(tb[NATGW_A_STATUS_SESSIONS]) >= max - max / 10)
		warning(report, "the table of sessions is nearly full: %u of %u",
			field_u32(tb[NATGW_A_STATUS_SESSIONS]), max);
	return true;
}

static bool gateway_answer(const struct nlmsghdr *nlh, void *data)
{
	static const uint16_t show[] = {
		NATGW_A_GATEWAY_NAME, NATGW_A_GATEWAY_OPERATIONAL, NATGW_A_GATEWAY_ADDRESSES,
		NATGW_A_GATEWAY_SUBNETS, NATGW_A_GATEWAY_SESSIONS,
	};
	const struct schema *s = gateway_object.schema;
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	unsigned int i;

	if (!fields_parse(s, nlh, tb))
		return false;
	out_item(&report->out);
	for (i = 0; i < ARRAY_SIZE(show); i++)
		field_show(&report->out, field_by_attr(s, show[i]), tb);
	out_item_end(&report->out);
	return true;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static uint32_t host_order(const struct nlattr *addr)
{
	uint32_t n;

	memcpy(&n, mnl_attr_get_payload(addr), sizeof(n));
	return ntohl(n);
}

static void subnet_keep(struct report *report, const struct nlattr *prefix, uint32_t plen)
{
	struct range *bigger;

	if (mnl_attr_get_payload_len(prefix) != sizeof(uint32_t) || plen > 32)
		return;
	bigger = realloc(report->subnets, (report->n_subnets + 1) * sizeof(*bigger));
	if (!bigger)
		abort();
	report->subnets = bigger;
	bigger += report->n_subnets++;
	bigger->addr = host_order(prefix);
	bigger->mask = plen ? UINT32_MAX << (32 - plen) : 0;
}

/* Is it in a subnet by now? */
static bool subnet_has(const struct report *report, const struct nlattr *addr)
{
	size_t i;

	if (mnl_attr_get_payload_len(addr) != sizeof(uint32_t))
		return false;
	for (i = 0; i < report->n_subnets; i++)
		if (!((host_order(addr) ^ report->subnets[i].addr) & report->subnets[i].mask))
			return true;
	return false;
}

static bool subnet_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	char prefix[ADDR_TEXT], source[ADDR_TEXT] = "unknown";
	struct report *report = data;
	uint64_t packets;

	if (!fields_parse(subnet_object.schema, nlh, tb) || !tb[NATGW_A_SUBNET_PREFIX])
		return false;
	subnet_keep(report, tb[NATGW_A_SUBNET_PREFIX],
		    field_u32(tb[NATGW_A_SUBNET_PREFIX_LENGTH]));
	packets = field_u64(tb[NATGW_A_SUBNET_UNTRANSLATED]);
	if (!packets || field_string(tb[NATGW_A_SUBNET_GATEWAY]))
		return true;
	if (report->n_unbound++ >= REPORT_SUBNETS)
		return true;
	field_addr(prefix, tb[NATGW_A_SUBNET_PREFIX], tb[NATGW_A_SUBNET_PREFIX_LENGTH], false);
	field_addr(source, tb[NATGW_A_SUBNET_LAST_SOURCE], NULL, true);
	warning(report,
		"%s sends to the Internet and no gateway is bound to it (last source %s, %llu packet%s)",
		prefix, source, (unsigned long long)packets, plural(packets));
	return true;
}

static bool stats_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct schema *s = stats_object.schema;
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	char source[ADDR_TEXT], age[TIME_TEXT];
	const struct nlattr *last;
	uint64_t packets;

	if (!fields_parse(s, nlh, tb) || !tb[NATGW_A_STATS_REASON])
		return false;
	packets = field_u64(tb[NATGW_A_STATS_PACKETS]);
	last = tb[NATGW_A_STATS_LAST_SOURCE];
	if (!packets)
		return true;
	out_item(&report->out);
	fields_show(&report->out, s, FIELD_SHOW, tb);
	out_item_end(&report->out);
	if (field_u32(tb[NATGW_A_STATS_REASON]) == NATGW_DROP_NO_SUBNET &&
	    field_addr(source, last, NULL, true) && !subnet_has(report, last))
		warning(report,
			"%s sends to the Internet from no subnet (last of %llu packet%s, %s ago)",
			source, (unsigned long long)packets, plural(packets),
			time_text(age, field_u32(tb[NATGW_A_STATS_LAST_AGE])));
	return true;
}

/*
 * One of the lists. Gateways and subnets are for root alone, the counts and
 * the counters are not: say what is missing and go on.
 */
static int list(struct ctl *ctl, uint8_t cmd, nl_answer answer, struct report *report,
		bool *hidden, struct nl_error *e)
{
	struct request req;
	int ret;

	request_init(&req, cmd);
	ret = nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, answer, report, e);
	if (ret < 0 && e->err == EPERM) {
		*hidden = true;
		return 0;
	}
	return ret < 0 ? ret : 0;
}

static void warnings_show(struct out *o, const struct report *report)
{
	size_t i;

	if (o->json) {
		out_words(o, "warnings", report->warnings, report->n_warnings);
		return;
	}
	for (i = 0; i < report->n_warnings; i++) {
		if (!i)
			putchar('\n');
		printf("warning: %s\n", report->warnings[i]);
	}
}

/**
 * status_run - the bare call
 * @ctl:	run
 *
 * Return: exit status.
 */
int status_run(struct ctl *ctl)
{
	struct report report = {};
	struct out *o = &report.out;
	bool hidden = false;
	struct nl_error e;
	size_t i;
	int ret;

	ret = ctl_open(ctl);
	if (ret)
		return ret;

	out_begin(o, ctl->json, ctl->pretty, OUT_BLOCK);
	out_row(o);
	ret = status_get(ctl, status_answer, &report, &e);
	if (!ret) {
		out_array(o, "gateway");
		ret = list(ctl, NATGW_CMD_GATEWAY_GET, gateway_answer, &report, &hidden, &e);
		out_array_end(o);
	}
	if (!ret)
		ret = list(ctl, NATGW_CMD_SUBNET_GET, subnet_answer, &report, &hidden, &e);
	if (!ret) {
		out_array(o, "stats");
		ret = list(ctl, NATGW_CMD_STATS_GET, stats_answer, &report, &hidden, &e);
		out_array_end(o);
	}
	if (report.n_unbound > REPORT_SUBNETS)
		warning(&report,
			"%u more subnets send to the Internet and no gateway is bound to them",
			report.n_unbound - REPORT_SUBNETS);
	if (hidden)
		warning(&report, "gateways and subnets are shown to root only: sudo natgwctl");
	warnings_show(o, &report);
	out_row_end(o);
	out_end(o);

	for (i = 0; i < report.n_warnings; i++)
		free(report.warnings[i]);
	free(report.warnings);
	free(report.subnets);
	return ret ? kernel_error(ctl, NULL, NULL, &e) : 0;
}
