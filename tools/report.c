// SPDX-License-Identifier: GPL-2.0
/* The sentences of the bare call: added by report_object.c and report_drop.c, printed here. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "text.h"

static void sentence_add(struct sentences *s, const char *fmt, va_list ap)
{
	char **bigger = realloc(s->list, (s->n + 1) * sizeof(*bigger));

	if (!bigger)
		abort();
	s->list = bigger;
	if (vasprintf(&bigger[s->n++], fmt, ap) < 0)
		abort();
}

static void sentences_free(struct sentences *s)
{
	while (s->n)
		free(s->list[--s->n]);
	free(s->list);
}

/**
 * report_warning - say what should be looked at
 * @report:	report
 * @fmt:		sentence
 */
void report_warning(struct report *report, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sentence_add(&report->warnings, fmt, ap);
	va_end(ap);
}

/**
 * report_note - say what looks like a defect in the lists and is none
 * @report:	report
 * @fmt:		sentence
 */
void report_note(struct report *report, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sentence_add(&report->notes, fmt, ap);
	va_end(ap);
}

/**
 * report_plural - what a noun ends with
 * @n:	how many there are
 */
const char *report_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/**
 * report_ip - an IPv4 address of an answer
 * @addr:		attribute of 4 bytes
 *
 * Return: host byte order.
 */
uint32_t report_ip(const struct nlattr *addr)
{
	uint32_t n;

	memcpy(&n, mnl_attr_get_payload(addr), sizeof(n));
	return ntohl(n);
}

/**
 * report_more - say how many more there are than have a line of their own
 * @report:	report, with all objects
 */
void report_more(struct report *report)
{
	if (report->n_down > REPORT_VNETS)
		report_warning(report, "%u more vnets are DOWN", report->n_down - REPORT_VNETS);
	if (report->n_missing > REPORT_VNETS)
		report_warning(report, "%u more devices of vnets do not exist",
			       report->n_missing - REPORT_VNETS);
	if (report->n_own > REPORT_ADDRESSES)
		report_warning(report, "%u more addresses are the router's own too",
			       report->n_own - REPORT_ADDRESSES);
	if (report->n_unbound > REPORT_SUBNETS)
		report_warning(report,
			       "%u more subnets send to the Internet and no gateway is bound to them",
			       report->n_unbound - REPORT_SUBNETS);
	if (report->n_idle > REPORT_GATEWAYS)
		report_note(report, "%u more gateways have no address",
			    report->n_idle - REPORT_GATEWAYS);
	if (report->n_near > REPORT_NEAR)
		report_warning(report,
			       "%u more destinations are near exhaustion: natgwctl ports show by destination watched on",
			       report->n_near - REPORT_NEAR);
	if (report->n_drains > REPORT_DRAINS)
		report_warning(report, "%u more objects are draining",
			       report->n_drains - REPORT_DRAINS);
	if (report->n_retired > REPORT_DRAINS)
		report_note(report, "%u more objects are retired",
			    report->n_retired - REPORT_DRAINS);
}

static void sentences_text(const char *kind, const struct sentences *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		printf("%s: ", kind);
		text_put(stdout, s->list[i]);
		putchar('\n');
	}
}

/**
 * report_show - print the sentences below the lists
 * @o:		output
 * @report:	report
 */
void report_show(struct out *o, const struct report *report)
{
	if (o->json) {
		out_words(o, "notes", report->notes.list, report->notes.n);
		out_words(o, "warnings", report->warnings.list, report->warnings.n);
		return;
	}
	if (report->notes.n || report->warnings.n)
		putchar('\n');
	sentences_text("note", &report->notes);
	sentences_text("warning", &report->warnings);
}

/**
 * report_free - forget a report
 * @report:	report
 */
void report_free(struct report *report)
{
	sentences_free(&report->notes);
	sentences_free(&report->warnings);
	free(report->subnets);
	free(report->refusers);
	free(report->pools);
}
