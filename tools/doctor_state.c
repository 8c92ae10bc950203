// SPDX-License-Identifier: GPL-2.0
/* What natgw does at the moment: how full its tables are, whom it holds back, what it drops. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "gauges.h"
#include "guard.h"
#include "reason.h"
#include "route.h"
#include "upgrade.h"

static void room(struct doctor *d, const char *what, const char *key, uint64_t used, uint64_t max,
		 const char *cure)
{
	if (!max || used < max / 100.0 * DOCTOR_FULL)
		return;
	doctor_found(d, used >= max ? DOCTOR_ERROR : DOCTOR_WARNING,
		     "%s nearly full: %llu of %llu; beyond that new flows are refused", what,
		     (unsigned long long)used, (unsigned long long)max);
	doctor_evidence(d, "natgwctl -j: %s %llu, %s-max %llu", key, (unsigned long long)used, key,
			(unsigned long long)max);
	doctor_cure(d, "echo options natgw %s > /etc/modprobe.d/natgw-%s.conf && natgwctl upgrade",
		    cure, key);
}

/**
 * check_room - is there room for new flows?
 * @d:		run
 */
void check_room(struct doctor *d)
{
	const struct doctor_status *s = &d->status;
	char cure[64];

	snprintf(cure, sizeof(cure), "sessions_max=%llu", 2ull * s->sessions_max);
	room(d, "the table of sessions is", "sessions", s->sessions, s->sessions_max, cure);
	snprintf(cure, sizeof(cure), "direct_max=%llu", 2ull * s->direct_max);
	room(d, "the table of direct records is", "direct", s->direct, s->direct_max, cure);
	snprintf(cure, sizeof(cure), "memory_max=%llu",
		 (unsigned long long)(2 * s->memory_max / 1024));
	room(d, "the memory of natgw is", "memory", s->memory, s->memory_max, cure);
}

/**
 * check_guard - does a guard keep subnets from the Internet?
 * @d:		run
 */
void check_guard(struct doctor *d)
{
	char typed[TEXT_QUOTED(GUARD_NOTE)];
	struct guard_state state;
	struct nl_error e;

	if (!guard_stands(&state, &e))
		return;
	doctor_found(d, DOCTOR_ERROR, "the guard stands and keeps %s from the Internet",
		     state.private ? "each private source, as its file is of no use," :
		     "the subnets of its file");
	doctor_evidence(d, "natgwctl guard status: on since %s, file %s, packets %llu", state.since,
			state.file, (unsigned long long)state.packets);
	/* a plain apply would take the guard down before the sessions are there */
	if (upgrade_is_unfinished(&state))
		doctor_cure(d, "natgwctl apply -f " UPGRADE_CONF
			    " keep-guard && { natgwctl session restore " UPGRADE_STATE
			    "; natgwctl guard off; }");
	else
		doctor_cure(d, "natgwctl apply -f %s",
			    text_quoted(typed, sizeof(typed), state.file));
}

/**
 * check_hold - does the module hold private sources back until it is configured?
 * @d:		run
 */
void check_hold(struct doctor *d)
{
	const struct doctor_drop *drop = &d->drops[NATGW_DROP_HOLD];
	FILE *from = fopen("/sys/module/natgw/parameters/hold", "re");
	struct stat here, initial;
	int set = from ? fgetc(from) : 0;

	if (from)
		fclose(from);
	/* only the initial namespace is held, and the first change ends it */
	if (set != 'Y' || d->status.generation || stat("/proc/self/ns/net", &here) ||
	    stat("/proc/1/ns/net", &initial) || here.st_ino != initial.st_ino)
		return;
	doctor_found(d, DOCTOR_ERROR,
		     "private sources are held back until the first configuration");
	doctor_evidence(d,
			"/sys/module/natgw/parameters/hold: Y, natgwctl: generation 0, hold %llu",
			(unsigned long long)drop->packets);
	doctor_cure(d, "natgwctl apply -f " GUARD_FILE);
}

/**
 * struct hops - effective routes of a subnet on their way to the findings
 * @d:		run
 * @s:		subnet
 */
struct hops {
	struct doctor *d;
	const struct doctor_subnet *s;
};

static bool effective_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct hops *h = data;
	char text[ROUTE_TEXT], hop[ADDR_TEXT];
	uint32_t problem;

	if (!fields_parse(&effective_schema, nlh, tb))
		return false;
	problem = field_u32(tb[NATGW_A_ROUTE_PROBLEM]);
	if (!field_addr(hop, tb[NATGW_A_ROUTE_NEXT_HOP_IP], NULL, true))
		snprintf(hop, sizeof(hop), "IP");
	if (problem != NATGW_ROUTE_PROBLEM_NO_VPN_NEXT_HOP &&
	    problem != NATGW_ROUTE_PROBLEM_NEXT_HOP && problem != NATGW_ROUTE_PROBLEM_NEXT_HOP_DOWN)
		return true;
	doctor_found(h->d, DOCTOR_ERROR,
		     "route %s of subnet %s %s",
		     route_text(text, tb), h->s->name,
		     route_problem(tb));
	doctor_evidence(h->d, "natgwctl route show effective subnet %s", h->s->name);
	if (problem == NATGW_ROUTE_PROBLEM_NO_VPN_NEXT_HOP)
		doctor_cure(h->d, "natgwctl vnet set %s vpn-next-hop IP", h->s->vnet);
	else if (problem == NATGW_ROUTE_PROBLEM_NEXT_HOP)
		doctor_cure(h->d, "ip route get %s", hop);
	else
		doctor_cure(h->d, "ping -c 3 %s", hop);
	return true;
}

/**
 * check_next_hops - can what user routes steer be delivered?
 * @d:		run
 */
void check_next_hops(struct doctor *d)
{
	struct hops h = { .d = d };
	struct request req;
	struct nl_error e;
	size_t i;

	for (i = 0; i < d->n_subnets; i++) {
		h.s = &d->subnets[i];
		if (!*h.s->route_table)
			continue;
		request_init(&req, NATGW_CMD_ROUTE_EFFECTIVE_GET);
		request_string(&req, NATGW_A_ROUTE_SUBNET, h.s->name);
		nl_dump(&d->ctl->nl, &req, NL_DUMP_WHOLE, effective_answer, &h, &e);
	}
}

/* Those that a cluster did not make, in the words of its keys */
static void own_addresses(const struct doctor *d, const char *gateway, struct headroom_own *own)
{
	const struct doctor_address *a;
	size_t i, n;
	char *list;

	memset(own, 0, sizeof(*own));
	for (i = 0; i < d->n_addresses; i++) {
		a = &d->addresses[i];
		if (a->owned || a->retired || strcmp(a->gateway, gateway))
			continue;
		list = a->mask == UINT32_MAX ? own->ips : own->prefixes;
		n = strlen(list);
		snprintf(list + n, sizeof(own->ips) - n, "%s%s", n ? "," : "", a->text);
	}
}

static bool near_answer(const struct nlmsghdr *nlh, void *data)
{
	char dst[ADDR_TEXT], host[ADDR_TEXT], port[8] = "", number[16], *cure;
	const struct doctor_gateway *g = NULL;
	const struct nlattr *tb[FIELDS_ATTRS];
	uint32_t used, filled, proto;
	struct headroom_own own;
	struct doctor *d = data;
	const char *name;
	size_t i;

	if (!fields_parse(ports_object.schema, nlh, tb))
		return false;
	name = field_string(tb[NATGW_A_PORTS_GATEWAY]);
	for (i = 0; name && i < d->n_gateways && !g; i++)
		if (!strcmp(d->gateways[i].name, name))
			g = &d->gateways[i];
	if (!field_u32(tb[NATGW_A_PORTS_NEAR]) || !g ||
	    !field_addr(dst, tb[NATGW_A_PORTS_DST], NULL, true))
		return true;
	if (!field_addr(host, tb[NATGW_A_PORTS_SRC], NULL, true))
		snprintf(host, sizeof(host), "unknown");
	if (field_u32(tb[NATGW_A_PORTS_DST_PORT]))
		snprintf(port, sizeof(port), ":%u", field_u32(tb[NATGW_A_PORTS_DST_PORT]) & 0xffff);
	proto = field_u32(tb[NATGW_A_PORTS_PROTO]);
	snprintf(number, sizeof(number), "%u", proto);
	used = field_u32(tb[NATGW_A_PORTS_USED]);
	filled = field_u32(tb[NATGW_A_PORTS_FILLED]);
	doctor_found(d, filled < 100 ? DOCTOR_WARNING : DOCTOR_ERROR,
		     "gateway %s is nearly out of ports for %s %s%s: %u%% are in use where they are fullest, and host %s had most of them",
		     name, proto_text(proto) ?: number, dst, port, filled, host);
	doctor_evidence(d,
			"natgwctl -j ports show by destination watched on: used %u, filled %u, near on, src %s, src-used %u",
			used, filled, host, field_u32(tb[NATGW_A_PORTS_SRC_USED]));
	own_addresses(d, g->name, &own);
	cure = headroom_cure(&g->pool, &own, used + field_u32(tb[NATGW_A_PORTS_FREE]),
			     field_u32(tb[NATGW_A_PORTS_HIGH_WATER]));
	doctor_cure(d, "%s", cure);
	free(cure);
	return true;
}

/**
 * check_headroom - will flows to some destination be refused soon, or are they already?
 * @d:		run
 */
void check_headroom(struct doctor *d)
{
	struct request req;
	struct nl_error e;

	request_init(&req, NATGW_CMD_PORTS_GET);
	request_u32(&req, NATGW_A_PORTS_BY, NATGW_PORTS_BY_DESTINATION);
	request_u32(&req, NATGW_A_PORTS_WATCHED, NATGW_SWITCH_ON);
	/* an older module watches none */
	nl_dump(&d->ctl->nl, &req, NL_DUMP_WHOLE, near_answer, d, &e);
}

/* Is that a fault? Scans, late packets and what the configuration asks for are none. */
static bool is_fault(uint32_t reason)
{
	switch (reason) {
	case NATGW_DROP_UNSOLICITED:
	case NATGW_DROP_LATE_SENDER:
	case NATGW_DROP_NO_SESSION:
	case NATGW_DROP_COOLING:
	case NATGW_DROP_ICMP_NO_SESSION:
	case NATGW_DROP_DRAINING:
	case NATGW_DROP_ROUTE_NONE:
	case NATGW_DROP_TOO_BIG:
	case NATGW_DROP_OUTBOUND_BLOCK:
	case NATGW_DROP_IPV6:
	/* these have a check of their own */
	case NATGW_DROP_NO_GATEWAY:
	case NATGW_DROP_NO_SUBNET:
	case NATGW_DROP_REDIRECT:
	case NATGW_DROP_HOLD:
		return false;
	default:
		return true;
	}
}

/* A command that shows more, or what to do */
static const char *drop_command(uint32_t reason)
{
	switch (reason) {
	case NATGW_DROP_DESTINATION_FULL:
	case NATGW_DROP_ALL_COOLING:
	case NATGW_DROP_DESTINATION_CAP:
		return "natgwctl ports show by destination top 5";
	case NATGW_DROP_QUOTA:
		return "natgwctl ports show by host top 5";
	default:
		return NULL;
	}
}

/**
 * check_drops - what was dropped during the last minute that should not be?
 * @d:		run
 */
void check_drops(struct doctor *d)
{
	const struct doctor_drop *drop;
	const char *command;
	char age[TIME_TEXT];
	uint32_t i;

	for (i = 0; i <= NATGW_DROP_MAX; i++) {
		drop = &d->drops[i];
		if (!is_fault(i) || !drop->packets || drop->age > DOCTOR_AGE)
			continue;
		command = drop_command(i);
		/* its meaning begins with "not dropped" */
		doctor_found(d, DOCTOR_WARNING,
			     gauges_passes(i) ? "packets are counted as %s, %s" :
			     "packets are dropped, %s: %s", reason_words[i], reasons[i].meaning);
		doctor_evidence(d, "natgwctl stats show: %s %llu, last from %s %s ago",
				reason_words[i], (unsigned long long)drop->packets,
				*drop->last ? drop->last : "unknown", time_text(age, drop->age));
		if (command)
			doctor_cure(d, "%s", command);
		else
			doctor_cure(d, "natgwctl stats explain %s", reason_words[i]);
	}
}
