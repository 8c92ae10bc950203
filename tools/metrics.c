// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the names of the metrics and their text, in the format of OpenMetrics 1.0, and in
 * Prometheus' older one, which lacks units and the end mark and names counters otherwise.
 *
 * The number of series depends on the configuration and hardly on traffic: the fullest
 * destinations make labels, GAUGES_DESTINATIONS of them, and no other destination or host does.
 * natgwctl.8 has the bound, metrics.sh counts.
 */
#include <stdarg.h>
#include <string.h>

#include "counters.h"
#include "metrics.h"
#include "object.h"
#include "reason.h"

/** enum type - of a metric */
enum type {
	GAUGE,
	COUNTER,
	INFO,
};

/**
 * struct text - where and how to write
 * @to:		output
 * @open:	OpenMetrics
 * @name:	metric being written, as its samples have it
 */
struct text {
	FILE *to;
	bool open;
	char name[64];
};

/**
 * metrics_label_put - write the value of a label
 * @to:		output
 * @value:	value; what is not ASCII becomes a question mark, as names of devices may be
 *		no UTF-8
 */
void metrics_label_put(FILE *to, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fprintf(to, "\\%c", *value);
		else if (*value == '\n')
			fputs("\\n", to);
		else
			fputc(*value < ' ' || *value > '~' ? '?' : *value, to);
	}
}

/* Begins a metric. @unit: the end of its name, or NULL */
static void metric(struct text *text, enum type type, const char *name, const char *unit,
		   const char *help)
{
	static const char *const types[] = { "gauge", "counter", "info" };
	static const char *const suffix[] = { "", "_total", "_info" };
	const char *family = text->open ? name : text->name;

	snprintf(text->name, sizeof(text->name), "%s%s", name, suffix[type]);
	fprintf(text->to, "# HELP %s %s\n", family, help);
	fprintf(text->to, "# TYPE %s %s\n", family,
		text->open || type != INFO ? types[type] : types[GAUGE]);
	if (text->open && unit)
		fprintf(text->to, "# UNIT %s %s\n", family, unit);
}

/* Labels and their values follow, and NULL */
static void labels_put(struct text *text, va_list ap)
{
	const char *label, *before = "{";

	fputs(text->name, text->to);
	while ((label = va_arg(ap, const char *))) {
		fprintf(text->to, "%s%s=\"", before, label);
		metrics_label_put(text->to, va_arg(ap, const char *));
		fputc('"', text->to);
		before = ",";
	}
	if (*before == ',')
		fputc('}', text->to);
}

static void sample(struct text *text, uint64_t value, ...)
{
	va_list ap;

	va_start(ap, value);
	labels_put(text, ap);
	va_end(ap);
	fprintf(text->to, " %llu\n", (unsigned long long)value);
}

static void number(struct text *text, const char *name, const char *unit, uint64_t value,
		   const char *help)
{
	metric(text, GAUGE, name, unit, help);
	sample(text, value, NULL);
}

static void module(struct text *text, const struct gauges *g, double seconds)
{
	static const struct {
		const char *kind;
		uint16_t attr;
	} kinds[] = {
		{ "gateway", NATGW_A_STATUS_GATEWAYS },
		{ "address", NATGW_A_STATUS_ADDRESSES },
		{ "subnet", NATGW_A_STATUS_SUBNETS },
		{ "vnet", NATGW_A_STATUS_VNETS },
		{ "route-table", NATGW_A_STATUS_ROUTE_TABLES },
		{ "tag", NATGW_A_STATUS_TAGS },
		{ "cluster", NATGW_A_STATUS_CLUSTERS },
		{ "managed-pool", NATGW_A_STATUS_MANAGED_POOLS },
	};
	unsigned int i;

	number(text, "natgw_up", NULL, g->up, "The module answers.");
	metric(text, GAUGE, "natgw_scrape_seconds", "seconds", "Time that this reading took.");
	fprintf(text->to, "%s %.6f\n", text->name, seconds);
	if (!g->up)
		return;
	metric(text, INFO, "natgw_module", NULL, "Version of the module.");
	sample(text, 1, "version", g->version, NULL);
	number(text, "natgw_objects_hidden", NULL, g->hidden,
	       "Gateways, addresses and subnets are left out: reading them takes CAP_NET_ADMIN.");
	number(text, "natgw_configuration_generation", NULL, g->status[NATGW_A_STATUS_GENERATION],
	       "Changes with each change of the configuration.");
	number(text, "natgw_transaction_open", NULL, g->status[NATGW_A_STATUS_TRANSACTION],
	       "A change of the configuration is being staged.");
	metric(text, GAUGE, "natgw_objects", NULL, "Objects of the configuration by kind.");
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		sample(text, g->status[kinds[i].attr], "kind", kinds[i].kind, NULL);
	number(text, "natgw_sessions", NULL, g->status[NATGW_A_STATUS_SESSIONS],
	       "Sessions in the table, those that only hold their port included.");
	number(text, "natgw_sessions_limit", NULL, g->status[NATGW_A_STATUS_SESSIONS_MAX],
	       "Cap of the sessions of this network namespace.");
	number(text, "natgw_session_memory_bytes", "bytes",
	       g->status[NATGW_A_STATUS_SESSION_BYTES], "Memory of sessions and their tables.");
	number(text, "natgw_direct_records", NULL, g->status[NATGW_A_STATUS_DIRECT],
	       "Flows that came in by another way and are not translated.");
	number(text, "natgw_direct_records_limit", NULL, g->status[NATGW_A_STATUS_DIRECT_MAX],
	       "Cap of these.");
	if (!g->has_memory)
		return;
	number(text, "natgw_memory_bytes", "bytes", g->status[NATGW_A_STATUS_MEMORY],
	       "Used of the memory that all network namespaces share.");
	number(text, "natgw_memory_limit_bytes", "bytes", g->status[NATGW_A_STATUS_MEMORY_MAX],
	       "Cap of that memory.");
}

static void packets(struct text *text, const struct gauges *g)
{
	unsigned int i, pass;

	for (pass = 0; pass < 2; pass++) {
		if (pass)
			metric(text, COUNTER, "natgw_passed_packets", NULL,
			       "Packets to the Internet that were left to Linux, untranslated, by reason.");
		else
			metric(text, COUNTER, "natgw_dropped_packets", NULL,
			       "Packets dropped, by reason; natgwctl stats explain REASON says more. The cloud's Dropped Packets (PacketDropCount), for all gateways.");
		for (i = 0; i <= NATGW_DROP_MAX; i++)
			if (gauges_passes(i) == pass)
				sample(text, g->packets[i], "reason", reasons[i].word, NULL);
	}
}

static void gateway_state(struct text *text, const struct gauges *g)
{
	const struct gauges_gateway *gw, *end = g->gateways + g->n_gateways;

	metric(text, GAUGE, "natgw_gateway_operational", NULL,
	       "The gateway can work. The cloud's Datapath availability (DatapathAvailability) as far as the router knows: nothing is probed.");
	for (gw = g->gateways; gw < end; gw++)
		sample(text, gw->operational == NATGW_OPERATIONAL_YES, "gateway", gw->name, NULL);
	metric(text, GAUGE, "natgw_gateway_down", NULL,
	       "The gateway cannot work, for this reason; there only while that is so. Traffic is dropped if natgw_gateway_subnets is not 0.");
	for (gw = g->gateways; gw < end; gw++)
		/* what a cluster has left behind is no fault */
		if (gw->operational != NATGW_OPERATIONAL_YES && !gw->retired)
			sample(text, 1, "gateway", gw->name, "reason",
			       gw->operational <= NATGW_OPERATIONAL_NO_ROUTE ?
			       gateway_operational[gw->operational] : "unknown", NULL);
	metric(text, GAUGE, "natgw_gateway_draining", NULL, "The gateway takes no new flows.");
	for (gw = g->gateways; gw < end; gw++)
		sample(text, gw->draining, "gateway", gw->name, NULL);
	metric(text, GAUGE, "natgw_gateway_addresses", NULL, "Public IPs of the gateway.");
	for (gw = g->gateways; gw < end; gw++)
		sample(text, gw->addresses, "gateway", gw->name, NULL);
	metric(text, GAUGE, "natgw_gateway_subnets", NULL, "Subnets bound to the gateway.");
	for (gw = g->gateways; gw < end; gw++)
		sample(text, gw->subnets, "gateway", gw->name, NULL);
}

static void gateway_headroom(struct text *text, const struct gauges *g)
{
	const struct gauges_gateway *gw, *end = g->gateways + g->n_gateways;

	metric(text, GAUGE, "natgw_gateway_destination_filled_percent", NULL,
	       "Ports in use of those that count towards the gateway's fullest destination, of those with 256 ports or more.");
	for (gw = g->gateways; gw < end; gw++)
		sample(text, gw->filled, "gateway", gw->name, NULL);
	metric(text, GAUGE, "natgw_gateway_near_exhaustion", NULL,
	       "Destinations of the gateway that are near exhaustion, see warn-used.");
	for (gw = g->gateways; gw < end; gw++)
		sample(text, gw->near, "gateway", gw->name, NULL);
	metric(text, GAUGE, "natgw_gateway_headroom_seconds", "seconds",
	       "Time until the first destination of the gateway is out of ports, if they grow as they do; there only while they grow.");
	for (gw = g->gateways; gw < end; gw++)
		if (gw->headroom)
			sample(text, gw->headroom, "gateway", gw->name, NULL);
}

/* A sample for each number of a nest, labelled with its word */
static void samples(struct text *text, const struct gauges_gateway *gw, const struct schema *schema,
		    const uint64_t *numbers, const char *label)
{
	const struct field *f;
	unsigned int i;

	for (i = 0; i < schema->n_fields; i++) {
		f = &schema->fields[i];
		sample(text, numbers[f->attr], "gateway", gw->name, label, f->word, NULL);
	}
}

static void gateway_sessions(struct text *text, const struct gauges *g)
{
	const struct gauges_gateway *gw, *end = g->gateways + g->n_gateways;

	metric(text, GAUGE, "natgw_gateway_sessions", NULL,
	       "Sessions by protocol, those that only hold their port after their flow included. The cloud's Total SNAT connection count (TotalConnectionCount), which leaves these out.");
	for (gw = g->gateways; gw < end; gw++)
		/* 0 would say that there is none */
		if (gw->has_by_proto)
			samples(text, gw, &by_proto_schema, gw->by_proto, "protocol");
}

static void gateway_refused(struct text *text, const struct gauges *g)
{
	const struct gauges_gateway *gw, *end = g->gateways + g->n_gateways;

	metric(text, COUNTER, "natgw_gateway_refused_flows", NULL,
	       "First packets of flows that were refused, by reason: state failed of natgw_gateway_connections.");
	for (gw = g->gateways; gw < end; gw++)
		if (gw->has_refused)
			samples(text, gw, &refused_schema, gw->refused, "reason");
}

/* A counter of gateways in several parts, each with the value of a label of its own */
struct part {
	uint16_t attr;
	const char *value;
};

static void gateway_counter(struct text *text, const struct gauges *g, const char *name,
			    const char *unit, const char *help, const char *label,
			    const struct part *parts, unsigned int n)
{
	const struct gauges_gateway *gw;
	unsigned int i;

	metric(text, COUNTER, name, unit, help);
	for (gw = g->gateways; gw < g->gateways + g->n_gateways; gw++)
		for (i = 0; i < n; i++)
			sample(text, gw->counters[parts[i].attr], "gateway", gw->name, label,
			       parts[i].value, NULL);
}

/* States of the cloud's SNAT Connection Count, and more of them */
static const struct part states[] = {
	{ NATGW_A_COUNTERS_ATTEMPTED, "attempted" },
	{ NATGW_A_COUNTERS_FAILED, "failed" },
	{ NATGW_A_COUNTERS_ESTABLISHED, "established" },
	{ NATGW_A_COUNTERS_TIMED_OUT, "timed-out" },
	{ NATGW_A_COUNTERS_CLOSED, "closed" },
};

static void gateway_counters(struct text *text, const struct gauges *g)
{
	static const struct part packets[] = {
		{ NATGW_A_COUNTERS_PACKETS_OUT, "out" },
		{ NATGW_A_COUNTERS_PACKETS_IN, "in" },
	};
	static const struct part bytes[] = {
		{ NATGW_A_COUNTERS_BYTES_OUT, "out" },
		{ NATGW_A_COUNTERS_BYTES_IN, "in" },
	};
	static const struct part dropped[] = {
		{ NATGW_A_COUNTERS_DROPPED, NULL },
	};

	gateway_counter(text, g, "natgw_gateway_packets", NULL,
			"Packets translated, as on the wire. The cloud's Packets (PacketCount).",
			"direction", packets, ARRAY_SIZE(packets));
	gateway_counter(text, g, "natgw_gateway_bytes", "bytes",
			"IP bytes translated. The cloud's Bytes (ByteCount).", "direction", bytes,
			ARRAY_SIZE(bytes));
	gateway_counter(text, g, "natgw_gateway_dropped_packets", NULL,
			"Packets of the gateway's subnets and addresses that were dropped. The cloud's Dropped Packets (PacketDropCount).",
			NULL, dropped, ARRAY_SIZE(dropped));
	gateway_counter(text, g, "natgw_gateway_connections", NULL,
			"Flows by what became of them. The cloud's SNAT Connection Count (SNATConnectionCount) with its ConnectionState attempted and failed.",
			"state", states, ARRAY_SIZE(states));
}

static void addresses(struct text *text, const struct gauges *g)
{
	const struct gauges_address *a, *end = g->addresses + g->n_addresses;
	unsigned int i;

	metric(text, GAUGE, "natgw_address_sessions", NULL,
	       "Sessions of a public address or prefix.");
	for (a = g->addresses; a < end; a++)
		sample(text, a->sessions, "address", a->text, "gateway", a->gateway, NULL);
	metric(text, GAUGE, "natgw_address_ports", NULL,
	       "Ports that one destination can have of the address or prefix, of each protocol.");
	for (a = g->addresses; a < end; a++)
		sample(text, (uint64_t)a->ips * a->ports, "address", a->text, "gateway",
		       a->gateway, NULL);
	metric(text, GAUGE, "natgw_address_draining", NULL, "The address takes no new flows.");
	for (a = g->addresses; a < end; a++)
		sample(text, a->draining, "address", a->text, "gateway", a->gateway, NULL);
	metric(text, GAUGE, "natgw_address_conflict", NULL,
	       "The router has the address on a device of its own, though it is not shared: answers do not reach their hosts. There only while that is so.");
	for (a = g->addresses; a < end; a++)
		if (a->own_dev[0])
			sample(text, 1, "address", a->text, "gateway", a->gateway, "device",
			       a->own_dev, NULL);
	metric(text, COUNTER, "natgw_address_connections", NULL,
	       "Flows by what became of them; a flow that was refused has no address.");
	for (a = g->addresses; a < end; a++)
		for (i = 0; i < ARRAY_SIZE(states); i++)
			if (states[i].attr != NATGW_A_COUNTERS_FAILED)
				sample(text, a->counters[states[i].attr], "address", a->text,
				       "gateway", a->gateway, "state", states[i].value, NULL);
}

static void subnets(struct text *text, const struct gauges *g)
{
	const struct gauges_subnet *s, *end = g->subnets + g->n_subnets;

	metric(text, GAUGE, "natgw_subnet_sessions", NULL, "Sessions of the subnet's hosts.");
	for (s = g->subnets; s < end; s++)
		sample(text, s->sessions, "subnet", s->name, "gateway", s->gateway, NULL);
	metric(text, COUNTER, "natgw_subnet_untranslated_packets", NULL,
	       "Packets of the subnet to the Internet that were left to Linux, as no gateway is bound to it.");
	for (s = g->subnets; s < end; s++)
		sample(text, s->untranslated, "subnet", s->name, "gateway", s->gateway, NULL);
}

/* A sample of a destination; @host: another label, or NULL */
static void destination(struct text *text, const struct gauges_destination *d, uint64_t value,
			const char *host)
{
	char proto[16];

	snprintf(proto, sizeof(proto), "%u", d->proto);
	sample(text, value, "gateway", d->gateway, "protocol", proto_text(d->proto) ?: proto,
	       "destination", d->text, host ? "host" : NULL, host, NULL);
}

static void destinations(struct text *text, const struct gauges *g)
{
	const struct gauges_destination *d, *end = g->destinations + g->n_destinations;

	number(text, "natgw_destinations_watched", NULL, g->watched,
	       "Destinations with 256 ports or more of one address.");
	metric(text, GAUGE, "natgw_destination_ports", NULL,
	       "Ports in use, cooling ones included, towards the 10 fullest destinations that are watched.");
	for (d = g->destinations; d < end; d++)
		destination(text, d, d->used, NULL);
	metric(text, GAUGE, "natgw_destination_filled_percent", NULL,
	       "Ports in use of those that count for the destination, where they are fullest.");
	for (d = g->destinations; d < end; d++)
		destination(text, d, d->filled, NULL);
	metric(text, GAUGE, "natgw_destination_headroom_seconds", "seconds",
	       "Time until the destination is out of ports, if they grow as they do; there only while they grow.");
	for (d = g->destinations; d < end; d++)
		if (d->headroom)
			destination(text, d, d->headroom, NULL);
	metric(text, GAUGE, "natgw_destination_near_exhaustion", NULL,
	       "The destination is near exhaustion, see warn-used, and this host had most of its ports when it came near; there only while that is so.");
	for (d = g->destinations; d < end; d++)
		if (d->near)
			destination(text, d, 1, d->host);
}

/**
 * metrics_write - write a reading
 * @to:		output
 * @open:	OpenMetrics; otherwise the text format of Prometheus
 * @g:		reading; one of zeros says that the module is not there
 * @seconds:	time that it took
 */
void metrics_write(FILE *to, bool open, const struct gauges *g, double seconds)
{
	struct text text = { .to = to, .open = open };

	module(&text, g, seconds);
	if (g->up) {
		packets(&text, g);
		gateway_state(&text, g);
		gateway_sessions(&text, g);
		gateway_headroom(&text, g);
		gateway_counters(&text, g);
		gateway_refused(&text, g);
		addresses(&text, g);
		subnets(&text, g);
		destinations(&text, g);
	}
	if (open)
		fputs("# EOF\n", to);
}
