// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what the status page is made of. Called by serve.c. The files of page/ are in the program,
 * so that no path of a request ever names a file of the machine. The size of the JSON is bounded:
 * lists are cut, and no traffic makes them longer.
 */
#include <string.h>
#include <time.h>

#include "counters.h"
#include "object.h"
#include "page.h"
#include "reason.h"
#include "table.h"

#include "page_files.h"

static const struct page_file files[] = {
	{ "/", "text/html; charset=utf-8", page_index_html, sizeof(page_index_html) },
	{ "/page.css", "text/css; charset=utf-8", page_page_css, sizeof(page_page_css) },
	{ "/page.js", "text/javascript; charset=utf-8", page_page_js, sizeof(page_page_js) },
	{ "/icon.svg", "image/svg+xml", page_icon_svg, sizeof(page_icon_svg) },
};

/**
 * page_file - a file of the page
 * @path:	of a request
 *
 * Return: NULL if there is none.
 */
const struct page_file *page_file(const char *path)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (!strcmp(files[i].path, path))
			return &files[i];
	return NULL;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/**
 * page_past_add - remember a reading
 * @past:	points; the oldest one goes if there is no room
 * @g:		reading
 */
void page_past_add(struct page_past *past, const struct gauges *g)
{
	struct page_point point = { .time = now() };
	const struct gauges_gateway *gw;
	unsigned int i;

	for (gw = g->gateways; gw < g->gateways + g->n_gateways; gw++) {
		point.sessions += gw->sessions;
		point.attempted += gw->counters[NATGW_A_COUNTERS_ATTEMPTED];
		point.failed += gw->counters[NATGW_A_COUNTERS_FAILED];
		point.packets += gw->counters[NATGW_A_COUNTERS_PACKETS_OUT] +
				 gw->counters[NATGW_A_COUNTERS_PACKETS_IN];
		point.bytes += gw->counters[NATGW_A_COUNTERS_BYTES_OUT] +
			       gw->counters[NATGW_A_COUNTERS_BYTES_IN];
	}
	for (i = 0; i <= NATGW_DROP_MAX; i++)
		if (!gauges_passes(i))
			point.dropped += g->packets[i];
	if (past->n == PAGE_POINTS)
		memmove(past->points, past->points + 1,
			--past->n * sizeof(past->points[0]));
	past->points[past->n++] = point;
}

static void put(json_t *to, const char *key, json_t *value)
{
	json_object_set_new(to, key, out_checked(value));
}

static void number(json_t *to, const char *key, uint64_t value)
{
	put(to, key, json_integer(value));
}

static void text(json_t *to, const char *key, const char *value)
{
	put(to, key, out_json_text(value));
}

static json_t *parts(const struct schema *schema, const uint64_t *values)
{
	json_t *to = json_object();
	unsigned int i;

	for (i = 0; i < schema->n_fields; i++)
		number(to, schema->fields[i].word, values[schema->fields[i].attr]);
	return to;
}

static json_t *both(uint64_t out, uint64_t in)
{
	json_t *to = json_object();

	number(to, "out", out);
	number(to, "in", in);
	return to;
}

static json_t *gateway(const struct gauges_gateway *gw)
{
	bool up = gw->operational == NATGW_OPERATIONAL_YES;
	const uint64_t *n = gw->counters;
	json_t *to = json_object();

	text(to, "name", gw->name);
	put(to, "operational", json_boolean(up));
	if (!up)
		text(to, "reason", gw->operational <= NATGW_OPERATIONAL_NO_ROUTE ?
		     gateway_operational[gw->operational] : "unknown");
	put(to, "draining", json_boolean(gw->draining));
	put(to, "retired", json_boolean(gw->retired));
	number(to, "addresses", gw->addresses);
	number(to, "subnets", gw->subnets);
	number(to, "sessions", gw->sessions);
	if (gw->has_by_proto)
		put(to, "by-proto", parts(&by_proto_schema, gw->by_proto));
	put(to, "connections", parts(&counters_schema, n));
	if (gw->has_refused)
		put(to, "refused", parts(&refused_schema, gw->refused));
	put(to, "packets", both(n[NATGW_A_COUNTERS_PACKETS_OUT], n[NATGW_A_COUNTERS_PACKETS_IN]));
	put(to, "bytes", both(n[NATGW_A_COUNTERS_BYTES_OUT], n[NATGW_A_COUNTERS_BYTES_IN]));
	number(to, "dropped", n[NATGW_A_COUNTERS_DROPPED]);
	return to;
}

static json_t *address(const struct gauges_address *a)
{
	json_t *to = json_object();

	text(to, "address", a->text);
	text(to, "gateway", a->gateway);
	number(to, "sessions", a->sessions);
	number(to, "ports", (uint64_t)a->ips * a->ports);
	put(to, "draining", json_boolean(a->draining));
	if (a->own_dev[0])
		text(to, "own-dev", a->own_dev);
	put(to, "connections", parts(&flow_counters_schema, a->counters));
	return to;
}

static json_t *destination(const struct gauges_destination *d)
{
	json_t *to = json_object();
	char number_text[16];

	snprintf(number_text, sizeof(number_text), "%u", d->proto);
	text(to, "destination", d->text);
	text(to, "proto", proto_text(d->proto) ?: number_text);
	text(to, "gateway", d->gateway);
	number(to, "used", d->used);
	number(to, "cooling", d->cooling);
	number(to, "filled", d->filled);
	if (d->headroom)
		number(to, "headroom", d->headroom);
	put(to, "near", json_boolean(d->near));
	if (*d->host) {
		text(to, "host", d->host);
		number(to, "host-used", d->host_used);
	}
	return to;
}

static json_t *reason_list(const struct gauges *g)
{
	json_t *list = json_array(), *to;
	unsigned int i;

	for (i = 0; i <= NATGW_DROP_MAX; i++) {
		if (!g->packets[i])
			continue;
		to = json_object();
		text(to, "reason", reasons[i].word);
		number(to, "packets", g->packets[i]);
		put(to, "passes", json_boolean(gauges_passes(i)));
		text(to, "meaning", reasons[i].meaning);
		text(to, "action", reasons[i].action);
		json_array_append_new(list, to);
	}
	return list;
}

static json_t *history(const struct page_past *past)
{
	const struct page_point *p;
	json_t *list = json_array(), *to;

	for (p = past->points; p < past->points + past->n; p++) {
		to = json_object();
		put(to, "time", json_real(p->time));
		number(to, "sessions", p->sessions);
		number(to, "attempted", p->attempted);
		number(to, "failed", p->failed);
		number(to, "dropped", p->dropped);
		number(to, "packets", p->packets);
		number(to, "bytes", p->bytes);
		json_array_append_new(list, to);
	}
	return list;
}

/**
 * page_json - the numbers of the page
 * @g:		reading
 * @past:	points of the last minute
 * @host:	name of this machine
 *
 * Return: text, allocated.
 */
char *page_json(const struct gauges *g, const struct page_past *past, const char *host)
{
	json_t *to = out_checked(json_object()), *list;
	char *json;
	size_t i;

	put(to, "up", json_boolean(g->up));
	put(to, "hidden", json_boolean(g->hidden));
	text(to, "version", g->version);
	text(to, "host", host);
	put(to, "time", json_real(now()));
	number(to, "generation", g->status[NATGW_A_STATUS_GENERATION]);
	number(to, "sessions", g->status[NATGW_A_STATUS_SESSIONS]);
	number(to, "sessions-max", g->status[NATGW_A_STATUS_SESSIONS_MAX]);
	number(to, "session-bytes", g->status[NATGW_A_STATUS_SESSION_BYTES]);
	number(to, "gateways-all", g->n_gateways);
	number(to, "addresses-all", g->n_addresses);
	list = json_array();
	for (i = 0; i < g->n_gateways && i < PAGE_GATEWAYS; i++)
		json_array_append_new(list, gateway(&g->gateways[i]));
	put(to, "gateways", list);
	list = json_array();
	for (i = 0; i < g->n_addresses && i < PAGE_ADDRESSES; i++)
		json_array_append_new(list, address(&g->addresses[i]));
	put(to, "addresses", list);
	list = json_array();
	for (i = 0; i < g->n_destinations; i++)
		json_array_append_new(list, destination(&g->destinations[i]));
	put(to, "destinations", list);
	number(to, "destinations-all", g->watched);
	put(to, "reasons", reason_list(g));
	put(to, "history", history(past));
	json = out_checked(json_dumps(to, OUT_JSON_FLAGS | JSON_COMPACT));
	json_decref(to);
	return json;
}
