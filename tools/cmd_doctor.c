// SPDX-License-Identifier: GPL-2.0
/*
 * doctor: look at all that a gateway depends on, and name what is wrong, with evidence and cure.
 * Owns the table of checks. What they look at is read once, by doctor_facts.c and doctor_net.c.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "table.h"

/**
 * struct check - one question
 * @id:		names its findings
 * @about:	what holds if it finds nothing
 * @run:	asks it
 */
struct check {
	const char *id;
	const char *about;
	void (*run)(struct doctor *d);
};

static const char *const options[] = { "--bundle FILE", NULL };

static const struct check checks[] = {
	{ "version", "module and natgwctl belong together", check_version },
	{ "guard", "no guard keeps subnets from the Internet", check_guard },
	{ "hold", "the module holds nothing back", check_hold },
	{ "gateway", "each gateway has address, subnet and route", check_gateways },
	{ "address", "addresses are attached and answered for", check_addresses },
	{ "duplicate", "no other machine has one of them", check_duplicates },
	{ "answers", "answers find the way to each address", check_answers },
	{ "vnet", "the devices of vnets are there", check_vnets },
	{ "way-back", "Linux has a route back to each subnet", check_subnets },
	{ "unbound", "nobody sends to the Internet untranslated", check_unbound },
	{ "next-hop", "next hops of user routes answer", check_next_hops },
	{ "forwarding", "Linux forwards, on each device", check_forwarding },
	{ "rules", "the rules of nftables can be read", check_rules },
	{ "foreign-nat", "no other NAT changes packets of bound subnets", check_foreign_nat },
	{ "filter", "rules at FORWARD let bound subnets through", check_filter },
	{ "queue", "programs take what rules give to queues", check_queues },
	{ "tproxy", "no transparent proxy takes flows of bound subnets", check_tproxy },
	{ "fwd", "no rule sends packets past IP", check_fwd },
	{ "flowtable", "no flowtable waits for flows of a gateway", check_flowtables },
	{ "reverse-path", "rp_filter lets answers in", check_reverse_path },
	{ "tc", "tc sends nothing on before natgw sees it", check_tc },
	{ "xdp", "no XDP program sees packets first", check_xdp },
	{ "lro", "no device merges segments by LRO", check_lro },
	{ "encap", "no route takes packets past natgw", check_encap },
	{ "mtu", "the uplink takes what hosts send, or MSS is clamped", check_mtu },
	{ "ipsec", "no IPsec policy takes what should be translated", check_ipsec },
	{ "ipvs", "services of IPVS have shared addresses", check_ipvs },
	{ "redirects", "the router sends no ICMP redirects", check_redirects },
	{ "fragments", "there is memory to put fragments together", check_fragments },
	{ "conntrack", "conntrack has room", check_conntrack },
	{ "bridge-filter", "IP rules see no switched frames", check_bridge_filter },
	{ "bridge-rules", "conntrack sees no switched frames", check_bridge_rules },
	{ "local-ports", "shared addresses have ports left", check_local_ports },
	{ "ipv6", "no IPv6 goes past a gateway", check_ipv6 },
	{ "clock", "the clock is synchronised", check_clock },
	{ "room", "tables have room for new flows", check_room },
	{ "headroom", "no destination is nearly out of ports", check_headroom },
	{ "drops", "nothing was dropped by fault in the last minute", check_drops },
};

__printf(2, 0)
static char *text_make(const struct doctor *d, const char *fmt, va_list args)
{
	char *text;

	(void)d;
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	return out_checked(text);
}

/**
 * doctor_found - a check names a fault; evidence and cure follow
 * @d:		run
 * @severity:	enum doctor_severity
 * @fmt:	one sentence with the value at fault
 */
void doctor_found(struct doctor *d, enum doctor_severity severity, const char *fmt, ...)
{
	struct finding *f;
	va_list args;

	d->findings = doctor_add(d->findings, &d->n_findings, sizeof(*f));
	f = &d->findings[d->n_findings - 1];
	f->id = d->id;
	f->severity = severity;
	va_start(args, fmt);
	f->text = text_make(d, fmt, args);
	va_end(args);
}

/**
 * doctor_evidence - what was read, of the fault named last
 * @d:		run
 * @fmt:	"FILE: VALUE", "COMMAND: VALUE"
 */
void doctor_evidence(struct doctor *d, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	d->findings[d->n_findings - 1].evidence = text_make(d, fmt, args);
	va_end(args);
}

/**
 * doctor_cure - what to type, of the fault named last
 * @d:		run
 * @fmt:	a command; words in capitals stand for what only the operator knows
 */
void doctor_cure(struct doctor *d, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	d->findings[d->n_findings - 1].cure = text_make(d, fmt, args);
	va_end(args);
}

static void line(struct out *o, const char *key, const char *text)
{
	char *noted;

	if (o->json) {
		out_sentence(o, key, text);
		return;
	}
	if (asprintf(&noted, "%s: %s", key, text) < 0)
		noted = NULL;
	out_note(o, out_checked(noted));
	free(noted);
}

static void finding_show(struct out *o, const struct finding *f)
{
	static const char *const severities[] = {
		[DOCTOR_WARNING] = "warning",
		[DOCTOR_ERROR] = "error",
	};

	out_row(o);
	out_title(o, severities[f->severity], "id", f->id);
	if (o->json)
		out_word(o, "severity", severities[f->severity]);
	out_sentence(o, "finding", f->text);
	line(o, "evidence", f->evidence);
	line(o, "cure", f->cure);
	out_row_end(o);
}

static void findings_show(struct out *o, const struct doctor *d,
			  enum doctor_severity severity)
{
	size_t i;

	for (i = 0; i < d->n_findings; i++)
		if (d->findings[i].severity == severity)
			finding_show(o, &d->findings[i]);
}

/* In text: what was looked at, so that "nothing found" says something */
static void checked_show(const struct doctor *d)
{
	unsigned int i;

	if (d->n_findings) {
		printf("\n%zu finding%s of %zu checks\n", d->n_findings,
		       d->n_findings == 1 ? "" : "s", ARRAY_SIZE(checks));
		return;
	}
	printf("%zu checks found nothing:\n", ARRAY_SIZE(checks));
	for (i = 0; i < ARRAY_SIZE(checks); i++)
		printf("  %-13s  %s\n", checks[i].id, checks[i].about);
}

static int examine(struct ctl *ctl)
{
	struct doctor d = { .ctl = ctl };
	struct nl_error e;
	struct out out;
	unsigned int i;
	int ret;

	ret = ctl_open(ctl);
	if (ret)
		return ret;
	if (doctor_read_objects(&d, &e)) {
		doctor_forget(&d);
		return kernel_error(ctl, NULL, NULL, &e);
	}
	doctor_read_net(&d);
	doctor_read_rules(&d);
	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		d.id = checks[i].id;
		checks[i].run(&d);
	}
	out_begin(&out, ctl->json, ctl->pretty, OUT_BLOCK);
	findings_show(&out, &d, DOCTOR_ERROR);
	findings_show(&out, &d, DOCTOR_WARNING);
	out_end(&out);
	if (!ctl->json)
		checked_show(&d);
	ret = d.n_findings ? EXIT_FOUND : 0;
	doctor_forget(&d);
	return ret;
}

static int doctor_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	(void)obj;
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	if (!argc)
		return examine(ctl);
	if (strcmp(argv[0], "--bundle"))
		return usage_error(ctl, NULL, "%s: unknown word, it takes --bundle FILE", argv[0]);
	if (argc < 2)
		return usage_error(ctl, NULL, "%s: value is missing", argv[0]);
	if (argc > 2)
		return usage_error(ctl, NULL, "%s: one word too many", argv[2]);
	return doctor_bundle(ctl, argv[1]);
}

const struct object doctor_object = {
	.word = "doctor",
	.about = "look for what is wrong with the router: evidence, and a cure to paste",
	.options = options,
	.run = doctor_run,
};
