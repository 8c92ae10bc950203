// SPDX-License-Identifier: GPL-2.0
/* Why packets were dropped and whose they were, for the bare call. */
#include <arpa/inet.h>
#include <string.h>

#include "reason.h"
#include "report.h"
#include "route.h"

/* The subnet that it is in by now, or NULL */
static const struct range *subnet_of(const struct report *report, const struct nlattr *addr)
{
	size_t i;

	if (!addr || mnl_attr_get_payload_len(addr) != sizeof(uint32_t))
		return NULL;
	for (i = 0; i < report->n_subnets; i++)
		if (!((report_ip(addr) ^ report->subnets[i].addr) & report->subnets[i].mask))
			return &report->subnets[i];
	return NULL;
}

/* Where to look further when flows are refused for a reason, or NULL if it is no exhaustion */
static const char *refusal_command(uint32_t reason)
{
	switch (reason) {
	case NATGW_DROP_DESTINATION_FULL:
	case NATGW_DROP_ALL_COOLING:
	case NATGW_DROP_DESTINATION_CAP:
		return "natgwctl ports show by destination";
	case NATGW_DROP_QUOTA:
		return "natgwctl ports show by host";
	case NATGW_DROP_POOL_EMPTY:
	case NATGW_DROP_UPLINK:
		return "natgwctl address show";
	case NATGW_DROP_MEMORY:
		return "natgwctl stats explain memory";
	default:
		return NULL;
	}
}

/*
 * Is a drop reason worth a warning, because its last packet is recent? A user who may not see
 * the last packet gets no age, and the warning.
 */
static bool recent(const struct nlattr *const *tb)
{
	return field_u32(tb[NATGW_A_STATS_LAST_AGE]) <= REPORT_AGE;
}

/** LAST_TEXT - room for last_text() */
#define LAST_TEXT	(ADDR_TEXT + TIME_TEXT + 24)

/* ", last from 10.0.1.4 3s ago", or nothing for a user who may not see it */
static void last_text(char buf[LAST_TEXT], const struct nlattr *const *tb)
{
	char source[ADDR_TEXT], age[TIME_TEXT];

	buf[0] = 0;
	if (tb[NATGW_A_STATS_LAST_AGE])
		snprintf(buf, LAST_TEXT, ", last from %s %s ago",
			 field_addr(source, tb[NATGW_A_STATS_LAST_SOURCE], NULL, true) ?
			 source : "unknown",
			 time_text(age, field_u32(tb[NATGW_A_STATS_LAST_AGE])));
}

/*
 * The counter of a reason does not say which gateway refused. The source of the last refused
 * flow leads to its gateway; if only one gateway refused flows at all, it is that one.
 */
static void refusal_warn(struct report *report, uint32_t reason, uint64_t flows,
			 const struct nlattr *const *tb)
{
	const struct nlattr *last = tb[NATGW_A_STATS_LAST_SOURCE];
	const struct range *subnet = subnet_of(report, last);
	char since[LAST_TEXT];
	/* uplink also counts packets of running flows whose route has moved */
	const char *unit = reason == NATGW_DROP_UPLINK ? "packet" : "flow";
	struct refuser *refuser = NULL;
	const struct quota unknown = {};
	char command[QUOTA_TEXT];
	const char *more = NULL;
	size_t i;

	for (i = 0; i < report->n_refusers; i++)
		if (report->n_refusers == 1 ||
		    (subnet && !strcmp(report->refusers[i].name, subnet->gateway)))
			refuser = &report->refusers[i];
	if (!recent(tb))
		return;
	if (refuser)
		refuser->said = true;
	last_text(since, tb);
	if (reason == NATGW_DROP_QUOTA)
		more = quota_command(command, refuser ? &refuser->quota : &unknown);
	report_warning(report, "%s%s refused flows: %s (%llu %s%s%s): %s%s%s",
		       refuser ? "gateway " : "", refuser ? refuser->name : "gateways",
		       reason_words[reason], (unsigned long long)flows, unit, report_plural(flows),
		       since, refusal_command(reason), more ? ", " : "", more ? more : "");
}

/**
 * report_refusers - name gateways that refused flows as well, not the last ones of any reason
 * @report:	report, with all drop reasons
 */
void report_refusers(struct report *report)
{
	const struct refuser *r;
	bool said = false;
	size_t i;

	for (i = 0; i < report->n_refusers; i++)
		said |= report->refusers[i].said;
	/*
	 * If no gateway was named, the only reason was a drain, which has a line of its own, or
	 * the refusals were long ago.
	 */
	for (i = 0; said && i < report->n_refusers; i++) {
		r = &report->refusers[i];
		if (!r->said)
			report_warning(report,
				       "gateway %s refused %llu flow%s: natgwctl ports show by destination gateway %s",
				       r->name, (unsigned long long)r->failed,
				       report_plural(r->failed), r->name);
	}
}

/**
 * report_drops - list a drop reason, and say who refused flows for it
 * @nlh:		message
 * @data:		the report
 *
 * Return: false if the message is malformed.
 */
bool report_drops(const struct nlmsghdr *nlh, void *data)
{
	const struct schema *s = stats_object.schema;
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	char source[ADDR_TEXT], age[TIME_TEXT], since[LAST_TEXT];
	const struct nlattr *last;
	uint64_t packets;
	uint32_t reason;

	if (!fields_parse(s, nlh, tb) || !tb[NATGW_A_STATS_REASON])
		return false;
	reason = field_u32(tb[NATGW_A_STATS_REASON]);
	packets = field_u64(tb[NATGW_A_STATS_PACKETS]);
	last = tb[NATGW_A_STATS_LAST_SOURCE];
	if (!packets)
		return true;
	out_item(&report->out);
	fields_show(&report->out, s, FIELD_SHOW, tb);
	out_item_end(&report->out);
	if (reason == NATGW_DROP_NEXT_HOP_DOWN && last &&
	    mnl_attr_get_payload_len(last) == sizeof(uint32_t))
		report->steered = (struct steered){
			.packets = packets,
			.last = report_ip(last),
			.age = field_u32(tb[NATGW_A_STATS_LAST_AGE]),
		};
	if (refusal_command(reason))
		refusal_warn(report, reason, packets, tb);
	if (reason == NATGW_DROP_FOREIGN_NAT && recent(tb)) {
		last_text(since, tb);
		report_warning(report,
			       "another NAT rule changed the source of bound subnets first (%llu packet%s dropped%s): exempt them from masquerade and SNAT, nft list ruleset",
			       (unsigned long long)packets, report_plural(packets), since);
	}
	if (reason == NATGW_DROP_HOLD && recent(tb)) {
		last_text(since, tb);
		report_warning(report,
			       "private sources were held back before the first configuration (%llu packet%s dropped%s): natgwctl stats explain hold",
			       (unsigned long long)packets, report_plural(packets), since);
	}
	if (reason == NATGW_DROP_NO_SUBNET && field_addr(source, last, NULL, true) &&
	    !subnet_of(report, last) &&
	    field_u32(tb[NATGW_A_STATS_LAST_AGE]) <= REPORT_STRAY_AGE)
		report_warning(report,
			       "%s sends to the Internet from no subnet (last of %llu packet%s, %s ago): natgwctl subnet add SUBNET prefix CIDR gateway GATEWAY",
			       source, (unsigned long long)packets, report_plural(packets),
			       time_text(age, field_u32(tb[NATGW_A_STATS_LAST_AGE])));
	return true;
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	for (p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

static bool hop_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct steered *s = data;
	char hop[ADDR_TEXT];
	size_t n = strlen(s->hops);

	if (!fields_parse(&effective_schema, nlh, tb))
		return false;
	if (field_u32(tb[NATGW_A_ROUTE_PROBLEM]) != NATGW_ROUTE_PROBLEM_NEXT_HOP_DOWN ||
	    !field_addr(hop, tb[NATGW_A_ROUTE_NEXT_HOP_IP], NULL, true) ||
	    has_word(s->hops, hop) ||
	    n + strlen(hop) + 2 > sizeof(s->hops))
		return true;
	snprintf(s->hops + n, sizeof(s->hops) - n, "%s%s", n ? " " : "", hop);
	return true;
}

/**
 * report_hops - say which next hops do not answer
 * @ctl:		run, its socket open
 * @report:	report, with all drop reasons
 *
 * The counter says that a next hop did not answer, the routes of the subnets
 * of the last source, one in each vnet that has the address, whether it still
 * does not, and which.
 */
void report_hops(struct ctl *ctl, struct report *report)
{
	struct steered *s = &report->steered;
	struct request req;
	struct nl_error e;
	struct range *r;
	struct in_addr in = { .s_addr = htonl(s->last) };
	char source[INET_ADDRSTRLEN], age[TIME_TEXT];
	size_t i;

	if (!s->packets || !inet_ntop(AF_INET, &in, source, sizeof(source)))
		return;
	for (i = 0; i < report->n_subnets; i++) {
		r = &report->subnets[i];
		if ((s->last ^ r->addr) & r->mask)
			continue;
		request_init(&req, NATGW_CMD_ROUTE_EFFECTIVE_GET);
		request_string(&req, NATGW_A_ROUTE_SUBNET, r->name);
		s->hops[0] = 0;
		if (nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, hop_answer, s, &e) < 0 || !s->hops[0])
			continue;
		report_warning(report,
			       "next hop of subnet %s does not answer: %s (%llu packet%s dropped, last from %s %s ago): natgwctl stats explain next-hop-down",
			       r->name, s->hops, (unsigned long long)s->packets,
			       report_plural(s->packets),
			       source, time_text(age, s->age));
	}
}
