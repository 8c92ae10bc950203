// SPDX-License-Identifier: GPL-2.0
/*
 * What top shows, as the kernel has it at one moment, and how fast it changes.
 *
 * What costs the same however many sessions there are is read each time: gateways, counters,
 * destinations with many ports. Whatever takes a walk over the sessions is read only while they
 * are few, or if somebody asks for it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "counters.h"
#include "exhaustion.h"
#include "reason.h"
#include "table.h"
#include "top.h"

/**
 * struct reading - a dump on its way into a table
 * @d:		data
 * @g:		table
 * @s:		what is looked at
 */
struct reading {
	struct top_data *d;
	struct top_grid *g;
	const struct top_state *s;
};

/* Growth of a counter a second; @name and @i say which. The first time nobody knows */
static uint64_t rate(struct top_data *d, const char *name, unsigned int i, uint64_t value)
{
	struct top_last *last = NULL;
	uint64_t before;
	unsigned int k;

	for (k = 0; k < d->n_last && !last; k++)
		if (!strcmp(d->last[k].name, name))
			last = &d->last[k];
	if (!last) {
		d->last = out_checked(realloc(d->last, (d->n_last + 1) * sizeof(*d->last)));
		last = &d->last[d->n_last++];
		memset(last, 0, sizeof(*last));
		snprintf(last->name, sizeof(last->name), "%s", name);
		for (k = 0; k < ARRAY_SIZE(last->value); k++)
			last->value[k] = UINT64_MAX;
	}
	before = last->value[i];
	last->value[i] = value;
	/* Less than before: the counters were reset, or the gateway was made anew */
	if (before == UINT64_MAX || value < before || d->seconds <= 0)
		return 0;
	return (value - before) / d->seconds + 0.5;
}

static bool elsewhere(const struct reading *r, const struct nlattr *gateway)
{
	const char *name = field_string(gateway);

	return *r->s->scope.gateway && (!name || strcmp(name, r->s->scope.gateway));
}

/* What Enter on the row looks at is of this gateway */
static void put_gateway(struct top_row *row, unsigned int column, const struct nlattr *gateway)
{
	const char *name = field_string(gateway);

	top_cell_text(row, column, name);
	snprintf(row->scope.gateway, sizeof(row->scope.gateway), "%.*s", NATGW_NAME_MAX,
		 name ? name : "");
}

static void put_headroom(struct top_row *row, unsigned int column, const struct nlattr *const *tb)
{
	if (tb[NATGW_A_PORTS_FILLED])
		top_cell_number(row, column, field_u32(tb[NATGW_A_PORTS_FILLED]));
	if (tb[NATGW_A_PORTS_HEADROOM])
		top_cell_number(row, column + 1, field_u32(tb[NATGW_A_PORTS_HEADROOM]));
	row->near = field_u32(tb[NATGW_A_PORTS_NEAR]);
}

static bool gateway_answer(const struct nlmsghdr *nlh, void *data)
{
	static const uint16_t counted[] = {
		NATGW_A_COUNTERS_ATTEMPTED, NATGW_A_COUNTERS_FAILED,
		NATGW_A_COUNTERS_PACKETS_OUT, NATGW_A_COUNTERS_PACKETS_IN,
		NATGW_A_COUNTERS_BYTES_OUT, NATGW_A_COUNTERS_BYTES_IN,
	};
	const struct nlattr *tb[FIELDS_ATTRS], *counters[FIELDS_ATTRS];
	struct reading *r = data;
	struct top_row *row;
	const char *name;
	unsigned int i;
	uint64_t n;

	if (!fields_parse(gateway_object.schema, nlh, tb) ||
	    !nest_parse(&counters_schema, tb[NATGW_A_GATEWAY_COUNTERS], counters))
		return false;
	name = field_string(tb[NATGW_A_GATEWAY_NAME]);
	if (!name || elsewhere(r, tb[NATGW_A_GATEWAY_NAME]))
		return true;
	row = top_row_add(r->g);
	if (row) {
		put_gateway(row, 0, tb[NATGW_A_GATEWAY_NAME]);
		top_cell_text(row, 1, field_u32(tb[NATGW_A_GATEWAY_RETIRED]) ? "retired" :
			      field_u32(tb[NATGW_A_GATEWAY_OPERATIONAL]) ? "no" : "yes");
		top_cell_number(row, 2, field_u32(tb[NATGW_A_GATEWAY_SESSIONS]));
	}
	for (i = 0; i < ARRAY_SIZE(counted); i++) {
		n = rate(r->d, name, i, field_u64(counters[counted[i]]));
		if (i >= 4)
			n *= 8;
		r->d->sum[i] += n;
		if (row)
			top_cell_number(row, 3 + i, n);
	}
	return true;
}

/* The gateway's row says how full the fullest of its destinations is */
static void gateway_fullest(struct top_data *d, const struct nlattr *const *tb)
{
	const char *name = field_string(tb[NATGW_A_PORTS_GATEWAY]);
	struct top_grid *g = &d->grid[TOP_GATEWAYS];
	uint32_t filled = field_u32(tb[NATGW_A_PORTS_FILLED]);
	struct top_row *row;
	unsigned int i;

	for (i = 0; name && i < g->n; i++) {
		row = &g->rows[i];
		if (strcmp(row->scope.gateway, name))
			continue;
		row->near |= !!field_u32(tb[NATGW_A_PORTS_NEAR]);
		if (!row->cell[9].known || row->cell[9].value < filled)
			top_cell_number(row, 9, filled);
		if (tb[NATGW_A_PORTS_HEADROOM] &&
		    (!row->cell[10].known ||
		     row->cell[10].value > field_u32(tb[NATGW_A_PORTS_HEADROOM])))
			top_cell_number(row, 10, field_u32(tb[NATGW_A_PORTS_HEADROOM]));
	}
}

static bool address_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct reading *r = data;
	char addr[ADDR_TEXT];
	struct top_row *row;

	if (!fields_parse(ports_object.schema, nlh, tb))
		return false;
	if (elsewhere(r, tb[NATGW_A_PORTS_GATEWAY]) ||
	    !field_addr(addr, tb[NATGW_A_PORTS_ADDRESS], NULL, true))
		return true;
	row = top_row_add(r->g);
	if (!row)
		return true;
	top_cell_text(row, 0, addr);
	put_gateway(row, 1, tb[NATGW_A_PORTS_GATEWAY]);
	top_cell_number(row, 2, field_u32(tb[NATGW_A_PORTS_USED]));
	top_cell_number(row, 3, field_u32(tb[NATGW_A_PORTS_FREE]));
	top_cell_number(row, 4, field_u32(tb[NATGW_A_PORTS_DESTINATIONS]));
	put_headroom(row, 5, tb);
	snprintf(row->scope.address, sizeof(row->scope.address), "%s", addr);
	return true;
}

/* "198.51.100.7:443"; 0 stands for any port, or for none */
static bool endpoint(char buf[TOP_CELL], const struct nlattr *addr, uint32_t port)
{
	char text[ADDR_TEXT];

	if (!field_addr(text, addr, NULL, true))
		return false;
	if (port)
		snprintf(buf, TOP_CELL, "%.39s:%u", text, port & 0xffff);
	else
		snprintf(buf, TOP_CELL, "%.39s", text);
	return true;
}

static const char *proto_name(char buf[16], uint32_t proto)
{
	if (proto_text(proto))
		return proto_text(proto);
	snprintf(buf, 16, "%u", proto);
	return buf;
}

static bool destination_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct reading *r = data;
	char dst[TOP_CELL], src[ADDR_TEXT], buf[16];
	struct top_row *row;

	if (!fields_parse(ports_object.schema, nlh, tb))
		return false;
	gateway_fullest(r->d, tb);
	if (elsewhere(r, tb[NATGW_A_PORTS_GATEWAY]) ||
	    !endpoint(dst, tb[NATGW_A_PORTS_DST], field_u32(tb[NATGW_A_PORTS_DST_PORT])))
		return true;
	row = top_row_add(r->g);
	if (!row)
		return true;
	row->scope.proto = field_u32(tb[NATGW_A_PORTS_PROTO]);
	row->scope.dst_port = field_u32(tb[NATGW_A_PORTS_DST_PORT]);
	field_addr(row->scope.dst, tb[NATGW_A_PORTS_DST], NULL, true);
	top_cell_text(row, 0, dst);
	top_cell_text(row, 1, proto_name(buf, row->scope.proto));
	put_gateway(row, 2, tb[NATGW_A_PORTS_GATEWAY]);
	top_cell_number(row, 3, field_u32(tb[NATGW_A_PORTS_USED]));
	top_cell_number(row, 4, field_u32(tb[NATGW_A_PORTS_COOLING]));
	top_cell_number(row, 5, field_u32(tb[NATGW_A_PORTS_HIGH_WATER]));
	if (tb[NATGW_A_PORTS_HOSTS])
		top_cell_number(row, 6, field_u32(tb[NATGW_A_PORTS_HOSTS]));
	put_headroom(row, 7, tb);
	/* who had most when it came near exhaustion */
	if (field_addr(src, tb[NATGW_A_PORTS_SRC], NULL, true))
		top_cell_text(row, 9, src);
	return true;
}

static bool host_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct reading *r = data;
	uint32_t used, limit;
	char src[ADDR_TEXT];
	struct top_row *row;

	if (!fields_parse(ports_object.schema, nlh, tb))
		return false;
	if (!field_addr(src, tb[NATGW_A_PORTS_SRC], NULL, true))
		return true;
	row = top_row_add(r->g);
	if (!row)
		return true;
	used = field_u32(tb[NATGW_A_PORTS_USED]);
	limit = field_u32(tb[NATGW_A_PORTS_LIMIT]);
	top_cell_text(row, 0, src);
	top_cell_text(row, 1, field_string(tb[NATGW_A_PORTS_SUBNET]));
	put_gateway(row, 2, tb[NATGW_A_PORTS_GATEWAY]);
	top_cell_number(row, 3, used);
	top_cell_number(row, 4, field_u32(tb[NATGW_A_PORTS_COOLING]));
	top_cell_number(row, 5, field_u32(tb[NATGW_A_PORTS_DESTINATIONS]));
	if (limit) {
		/* A port serves several destinations: what is left counts, not the sessions */
		if (tb[NATGW_A_PORTS_FREE])
			used = limit > field_u32(tb[NATGW_A_PORTS_FREE]) ?
				limit - field_u32(tb[NATGW_A_PORTS_FREE]) : 0;
		top_cell_number(row, 6, limit);
		top_cell_number(row, 7, used < limit ? (uint64_t)used * 100 / limit : 100);
		row->near = row->cell[7].value >= 80;
	}
	snprintf(row->scope.src, sizeof(row->scope.src), "%s", src);
	return true;
}

static bool session_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	const char *const *states = NULL;
	struct reading *r = data;
	char text[TOP_CELL], buf[16];
	struct top_row *row;
	uint32_t state;

	if (!fields_parse(session_object.schema, nlh, tb))
		return false;
	row = top_row_add(r->g);
	/* So many are enough; the rest of the dump is not read */
	if (!row)
		return false;
	states = field_by_attr(session_object.schema, NATGW_A_SESSION_STATE)->words;
	state = field_u32(tb[NATGW_A_SESSION_STATE]);
	top_cell_text(row, 0, proto_name(buf, field_u32(tb[NATGW_A_SESSION_PROTO])));
	if (endpoint(text, tb[NATGW_A_SESSION_SRC], field_u32(tb[NATGW_A_SESSION_SRC_PORT])))
		top_cell_text(row, 1, text);
	if (tb[NATGW_A_SESSION_ADDRESS] &&
	    endpoint(text, tb[NATGW_A_SESSION_ADDRESS], field_u32(tb[NATGW_A_SESSION_PORT])))
		top_cell_text(row, 2, text);
	if (endpoint(text, tb[NATGW_A_SESSION_DST], field_u32(tb[NATGW_A_SESSION_DST_PORT])))
		top_cell_text(row, 3, text);
	top_cell_text(row, 4, state <= NATGW_STATE_COOLING ? states[state] : NULL);
	if (tb[NATGW_A_SESSION_IDLE])
		top_cell_number(row, 5, field_u32(tb[NATGW_A_SESSION_IDLE]));
	if (tb[NATGW_A_SESSION_EXPIRES])
		top_cell_number(row, 6, field_u32(tb[NATGW_A_SESSION_EXPIRES]));
	return true;
}

static bool refusal_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct reading *r = data;
	char addr[ADDR_TEXT], number[16];
	const char *word = number;
	struct top_row *row;
	uint32_t reason;

	if (!fields_parse(stats_object.schema, nlh, tb))
		return false;
	reason = field_u32(tb[NATGW_A_STATS_REASON]);
	snprintf(number, sizeof(number), "%u", reason);
	if (reason <= NATGW_DROP_MAX)
		word = reason_words[reason];
	if (!field_u64(tb[NATGW_A_STATS_PACKETS]))
		return true;
	row = top_row_add(r->g);
	if (!row)
		return true;
	top_cell_text(row, 0, word);
	top_cell_number(row, 1, field_u64(tb[NATGW_A_STATS_PACKETS]));
	snprintf(addr, sizeof(addr), "%%%s", word);
	top_cell_number(row, 2, rate(r->d, addr, 0, field_u64(tb[NATGW_A_STATS_PACKETS])));
	row->near = row->cell[2].value;
	if (tb[NATGW_A_STATS_LAST_SOURCE] &&
	    field_addr(addr, tb[NATGW_A_STATS_LAST_SOURCE], NULL, true))
		top_cell_text(row, 3, addr);
	if (tb[NATGW_A_STATS_LAST_AGE])
		top_cell_number(row, 4, field_u32(tb[NATGW_A_STATS_LAST_AGE]));
	return true;
}

static bool status_answer(const struct nlmsghdr *nlh, void *data)
{
	struct top_data *d = data;

	field_find_u32(nlh, NATGW_A_STATUS_SESSIONS, &d->sessions);
	field_find_u32(nlh, NATGW_A_STATUS_SESSIONS_MAX, &d->sessions_max);
	return true;
}

static void put_addr(struct request *req, uint16_t family, uint16_t attr, const char *text)
{
	struct parse_error e;
	struct inet in;

	if (!*text || !parse_addr(text, &in, &e))
		return;
	if (!req->has_family)
		request_u32(req, family, in.family);
	req->has_family = true;
	request_bytes(req, attr, in.addr, in.len);
}

static int read_ports(struct reading *r, enum natgw_ports_by by, nl_answer answer,
		      struct nl_error *e)
{
	const struct top_scope *scope = &r->s->scope;
	struct request req;

	request_init(&req, NATGW_CMD_PORTS_GET);
	request_u32(&req, NATGW_A_PORTS_BY, by);
	if (by == NATGW_PORTS_BY_HOST || r->d->walked)
		request_u32(&req, NATGW_A_PORTS_TOP, TOP_ROWS);
	else
		request_u32(&req, NATGW_A_PORTS_WATCHED, NATGW_SWITCH_ON);
	if (*scope->gateway)
		request_string(&req, NATGW_A_PORTS_GATEWAY, scope->gateway);
	if (by == NATGW_PORTS_BY_HOST && *scope->dst) {
		put_addr(&req, NATGW_A_PORTS_FAMILY, NATGW_A_PORTS_DST, scope->dst);
		request_u32(&req, NATGW_A_PORTS_PROTO, scope->proto);
		if (scope->dst_port)
			request_u32(&req, NATGW_A_PORTS_DST_PORT, scope->dst_port);
	}
	return nl_dump(&r->d->ctl->nl, &req, NL_DUMP_STREAM, answer, r, e);
}

/* Some sessions: as many as a table has room for */
static int read_sessions(struct reading *r, struct nl_error *e)
{
	const struct top_scope *scope = &r->s->scope;
	struct top_data *d = r->d;
	struct request req;
	int ret;

	request_init(&req, NATGW_CMD_SESSION_GET);
	if (*scope->gateway)
		request_string(&req, NATGW_A_SESSION_GATEWAY, scope->gateway);
	put_addr(&req, NATGW_A_SESSION_FAMILY, NATGW_A_SESSION_ADDRESS, scope->address);
	put_addr(&req, NATGW_A_SESSION_FAMILY, NATGW_A_SESSION_SRC, scope->src);
	put_addr(&req, NATGW_A_SESSION_FAMILY, NATGW_A_SESSION_DST, scope->dst);
	if (*scope->dst)
		request_u32(&req, NATGW_A_SESSION_PROTO, scope->proto);
	if (scope->dst_port)
		request_u32(&req, NATGW_A_SESSION_DST_PORT, scope->dst_port);
	ret = nl_dump(&d->ctl->nl, &req, NL_DUMP_STREAM, session_answer, r, e);
	if (ret >= 0 || !r->g->more)
		return ret;
	/* What is left of the answer goes with its socket */
	nl_close(&d->ctl->nl);
	return nl_open(&d->ctl->nl, e);
}

static int read_table(struct reading *r, enum top_table table, struct nl_error *e)
{
	struct request req;

	r->g = &r->d->grid[table];
	r->g->n = 0;
	r->g->more = false;
	switch (table) {
	case TOP_GATEWAYS:
		request_init(&req, NATGW_CMD_GATEWAY_GET);
		return nl_dump(&r->d->ctl->nl, &req, NL_DUMP_STREAM, gateway_answer, r, e);
	case TOP_ADDRESSES:
		return read_ports(r, NATGW_PORTS_BY_ADDRESS, address_answer, e);
	case TOP_DESTINATIONS:
		return read_ports(r, NATGW_PORTS_BY_DESTINATION, destination_answer, e);
	case TOP_HOSTS:
		if (!r->d->walked)
			return 0;
		return read_ports(r, NATGW_PORTS_BY_HOST, host_answer, e);
	case TOP_SESSIONS:
		if (r->s->view != TOP_ONE || r->s->table != TOP_SESSIONS)
			return 0;
		return read_sessions(r, e);
	default:
		request_init(&req, NATGW_CMD_STATS_GET);
		return nl_dump(&r->d->ctl->nl, &req, NL_DUMP_STREAM, refusal_answer, r, e);
	}
}

static double clock_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* To be reported once the terminal is as it was. Return: exit status */
static int failed(struct top_data *d, struct nl_error *e)
{
	d->gone = e->err == ENOENT && !*e->text;
	d->failed = !d->gone;
	d->error = *e;
	return EXIT_NO_FAMILY;
}

/**
 * top_data_read - look at everything once more
 * @d:		data
 * @s:		what is looked at
 *
 * A gateway that is looked at may be gone meanwhile: its tables are empty then.
 *
 * Return: 0, or the exit status.
 */
int top_data_read(struct top_data *d, const struct top_state *s)
{
	struct reading r = { .d = d, .s = s };
	double at = clock_seconds();
	struct request req;
	struct nl_error e;
	unsigned int i;

	d->seconds = d->at > 0 ? at - d->at : 0;
	d->at = at;
	d->now = time(NULL);
	memset(d->sum, 0, sizeof(d->sum));
	request_init(&req, NATGW_CMD_STATUS_GET);
	if (nl_request(&d->ctl->nl, &req, status_answer, d, &e))
		return failed(d, &e);
	d->walked = d->walk || d->sessions <= TOP_WALK;
	for (i = 0; i < TOP_TABLES; i++) {
		if (read_table(&r, i, &e) < 0) {
			if (!*s->scope.gateway || e.err != ENOENT || !*e.text)
				return failed(d, &e);
			d->grid[i].n = 0;
		}
	}
	for (i = 0; i < TOP_TABLES; i++) {
		top_grid_filter(&d->grid[i], s->filter);
		top_grid_sort(&d->grid[i]);
	}
	d->cost = clock_seconds() - at;
	return 0;
}

static void event_add(struct top_data *d, bool bad, void (*put)(FILE *to, const void *data),
		      const void *data)
{
	struct top_event *event = &d->events[d->n_events++ % TOP_EVENTS];
	size_t len;
	FILE *to;

	free(event->text);
	to = out_checked(open_memstream(&event->text, &len));
	put(to, data);
	fclose(to);
	event->when = time(NULL);
	event->bad = bad;
}

static void put_exhaustion(FILE *to, const void *tb)
{
	exhaustion_text(to, tb, NULL);
}

static void put_headroom_event(FILE *to, const void *tb)
{
	headroom_text(to, tb);
}

static bool event_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[FIELDS_ATTRS], *attr;
	struct top_data *d = data;

	if (nlh->nlmsg_type == GENL_ID_CTRL && genl->cmd == CTRL_CMD_DELFAMILY) {
		mnl_attr_for_each(attr, nlh, sizeof(*genl))
			if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
			    mnl_attr_validate(attr, MNL_TYPE_U16) == 0 &&
			    mnl_attr_get_u16(attr) == d->nl.family)
				d->gone = true;
		return true;
	}
	if (nlh->nlmsg_type != d->nl.family)
		return true;
	if (genl->cmd == NATGW_CMD_EXHAUSTION_NTF) {
		if (!fields_parse(&exhaustion_schema, nlh, tb))
			return false;
		event_add(d, true, put_exhaustion, tb);
	} else if (genl->cmd == NATGW_CMD_HEADROOM_NTF) {
		if (!fields_parse(&headroom_schema, nlh, tb))
			return false;
		event_add(d, field_u32(tb[NATGW_A_HEADROOM_NEAR]), put_headroom_event, tb);
	}
	return true;
}

/**
 * top_data_events - take the events that have come
 * @d:		data; its socket of events has some
 *
 * Return: 0, or the exit status.
 */
int top_data_events(struct top_data *d)
{
	struct nl_error e;

	if (!nl_receive(&d->nl, event_answer, d, &e))
		return d->gone ? EXIT_NO_FAMILY : 0;
	if (e.err != ENOBUFS)
		return failed(d, &e);
	d->lost = true;
	return 0;
}

/**
 * top_data_open - open the sockets
 * @d:		data
 *
 * Return: 0, or the exit status; the error is reported.
 */
int top_data_open(struct top_data *d)
{
	uint32_t group;
	struct nl_error e;
	int ret;

	top_grids_init(d->grid);
	ret = ctl_open(d->ctl);
	if (ret)
		return ret;
	if (nl_open(&d->nl, &e) || nl_group(&d->nl, NATGW_MCGRP_EXHAUSTION, &group, &e) ||
	    nl_join(&d->nl, group, &e) || nl_join(&d->nl, GENL_ID_CTRL, &e))
		return kernel_error(d->ctl, NULL, NULL, &e);
	return 0;
}

/**
 * top_data_free - close the socket of events, and forget all
 * @d:		data
 */
void top_data_free(struct top_data *d)
{
	unsigned int i;

	nl_close(&d->nl);
	for (i = 0; i < TOP_TABLES; i++)
		free(d->grid[i].rows);
	for (i = 0; i < TOP_EVENTS; i++)
		free(d->events[i].text);
	free(d->last);
}
