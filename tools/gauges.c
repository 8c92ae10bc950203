// SPDX-License-Identifier: GPL-2.0
/*
 * Owns readings of the kernel's gauges and counters. Called by who shows them again and again:
 * metrics and its page. A reading costs one look an object and one a destination that is watched,
 * whatever the number of sessions.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "gauges.h"
#include "object.h"
#include "status.h"
#include "table.h"

/* Room for one more element, which is zeroed */
static void *grow(void *list, size_t *n, size_t size)
{
	/* by powers of two */
	if (!(*n & (*n - 1)))
		list = out_checked(realloc(list, (*n ? 2 * *n : 1) * size));
	memset((char *)list + (*n)++ * size, 0, size);
	return list;
}

static void copy(char *to, size_t size, const struct nlattr *attr)
{
	const char *from = field_string(attr);

	snprintf(to, size, "%s", from ? from : "");
}

/* The numbers of a nest, by attribute. Return: false if it is malformed */
static bool numbers(const struct schema *schema, const struct nlattr *nest, uint64_t *to)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	unsigned int i;

	if (!nest)
		return true;
	if (!nest_parse(schema, nest, tb))
		return false;
	for (i = 0; i <= schema->max; i++) {
		const struct field *f = tb[i] ? field_by_attr(schema, i) : NULL;

		if (f)
			to[i] = f->type == FIELD_COUNTER ? field_u64(tb[i]) : field_u32(tb[i]);
	}
	return true;
}

static bool status_read(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct gauges *g = data;
	const struct field *f;
	unsigned int i;

	if (!fields_parse(&status_schema, nlh, tb))
		return false;
	g->up = true;
	copy(g->version, sizeof(g->version), tb[NATGW_A_STATUS_VERSION]);
	for (i = 0; i <= NATGW_A_STATUS_MAX; i++) {
		f = tb[i] ? field_by_attr(&status_schema, i) : NULL;
		if (f && f->type == FIELD_COUNTER)
			g->status[i] = field_u64(tb[i]);
		else if (f && f->type != FIELD_NAME)
			g->status[i] = field_u32(tb[i]);
	}
	g->has_memory = tb[NATGW_A_STATUS_MEMORY] && tb[NATGW_A_STATUS_MEMORY_MAX];
	return true;
}

static bool packets_read(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct gauges *g = data;

	if (!fields_parse(stats_object.schema, nlh, tb) || !tb[NATGW_A_STATS_REASON])
		return false;
	/* a newer module may have more reasons */
	if (field_u32(tb[NATGW_A_STATS_REASON]) <= NATGW_DROP_MAX)
		g->packets[field_u32(tb[NATGW_A_STATS_REASON])] =
			field_u64(tb[NATGW_A_STATS_PACKETS]);
	return true;
}

static bool gateway_read(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct gauges_gateway *gw;
	struct gauges *g = data;

	if (!fields_parse(gateway_object.schema, nlh, tb))
		return false;
	g->gateways = grow(g->gateways, &g->n_gateways, sizeof(*gw));
	gw = &g->gateways[g->n_gateways - 1];
	copy(gw->name, sizeof(gw->name), tb[NATGW_A_GATEWAY_NAME]);
	gw->operational = field_u32(tb[NATGW_A_GATEWAY_OPERATIONAL]);
	gw->draining = tb[NATGW_A_GATEWAY_DRAIN];
	gw->retired = field_u32(tb[NATGW_A_GATEWAY_RETIRED]);
	gw->addresses = field_u32(tb[NATGW_A_GATEWAY_ADDRESSES]);
	gw->subnets = field_u32(tb[NATGW_A_GATEWAY_SUBNETS]);
	gw->sessions = field_u32(tb[NATGW_A_GATEWAY_SESSIONS]);
	gw->has_by_proto = tb[NATGW_A_GATEWAY_BY_PROTO];
	gw->has_refused = tb[NATGW_A_GATEWAY_REFUSED];
	return numbers(&counters_schema, tb[NATGW_A_GATEWAY_COUNTERS], gw->counters) &&
	       numbers(&by_proto_schema, tb[NATGW_A_GATEWAY_BY_PROTO], gw->by_proto) &&
	       numbers(&refused_schema, tb[NATGW_A_GATEWAY_REFUSED], gw->refused);
}

static bool address_read(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct gauges_address *address;
	struct gauges *g = data;
	uint32_t plen;

	if (!fields_parse(address_object.schema, nlh, tb) || !tb[NATGW_A_ADDRESS_ADDRESS])
		return false;
	plen = field_u32(tb[NATGW_A_ADDRESS_PREFIX_LENGTH]);
	g->addresses = grow(g->addresses, &g->n_addresses, sizeof(*address));
	address = &g->addresses[g->n_addresses - 1];
	field_addr(address->text, tb[NATGW_A_ADDRESS_ADDRESS], tb[NATGW_A_ADDRESS_PREFIX_LENGTH],
		   true);
	copy(address->gateway, sizeof(address->gateway), tb[NATGW_A_ADDRESS_GATEWAY]);
	copy(address->own_dev, sizeof(address->own_dev), tb[NATGW_A_ADDRESS_OWN_DEV]);
	address->ips = plen <= 32 && plen >= 28 ? 1U << (32 - plen) : 1;
	address->ports = field_u32(tb[NATGW_A_ADDRESS_PORTS]);
	address->draining = tb[NATGW_A_ADDRESS_DRAIN];
	address->sessions = field_u32(tb[NATGW_A_ADDRESS_SESSIONS]);
	return numbers(&flow_counters_schema, tb[NATGW_A_ADDRESS_COUNTERS], address->counters);
}

static bool subnet_read(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct gauges_subnet *subnet;
	struct gauges *g = data;

	if (!fields_parse(subnet_object.schema, nlh, tb))
		return false;
	g->subnets = grow(g->subnets, &g->n_subnets, sizeof(*subnet));
	subnet = &g->subnets[g->n_subnets - 1];
	copy(subnet->name, sizeof(subnet->name), tb[NATGW_A_SUBNET_NAME]);
	copy(subnet->gateway, sizeof(subnet->gateway), tb[NATGW_A_SUBNET_GATEWAY]);
	subnet->sessions = field_u32(tb[NATGW_A_SUBNET_SESSIONS]);
	subnet->untranslated = tb[NATGW_A_SUBNET_UNTRANSLATED] ?
			       field_u64(tb[NATGW_A_SUBNET_UNTRANSLATED]) : 0;
	return true;
}

/* "198.51.100.7:443" */
static bool endpoint(char buf[ADDR_TEXT], const struct nlattr *addr, uint32_t port)
{
	size_t len;

	if (!field_addr(buf, addr, NULL, true))
		return false;
	len = strlen(buf);
	if (port)
		snprintf(buf + len, ADDR_TEXT - len, ":%u", port & 0xffff);
	return true;
}

/* What is near exhaustion first, as an alert needs it even where fuller ones are not warned of */
static bool precedes(const struct gauges_destination *a, const struct gauges_destination *b)
{
	return a->near != b->near ? a->near : a->filled > b->filled;
}

/* Rows come by ports in use; in the list they are by what is near exhaustion, and full */
static bool destination_keep(struct gauges *g, const struct nlattr *const *tb)
{
	struct gauges_destination *list = g->destinations, new = {
		.proto = field_u32(tb[NATGW_A_PORTS_PROTO]),
		.used = field_u32(tb[NATGW_A_PORTS_USED]),
		.cooling = field_u32(tb[NATGW_A_PORTS_COOLING]),
		.filled = field_u32(tb[NATGW_A_PORTS_FILLED]),
		.headroom = field_u32(tb[NATGW_A_PORTS_HEADROOM]),
		.near = field_u32(tb[NATGW_A_PORTS_NEAR]),
		.host_used = field_u32(tb[NATGW_A_PORTS_SRC_USED]),
	};
	size_t i;

	g->watched++;
	if (!endpoint(new.text, tb[NATGW_A_PORTS_DST], field_u32(tb[NATGW_A_PORTS_DST_PORT])))
		return false;
	copy(new.gateway, sizeof(new.gateway), tb[NATGW_A_PORTS_GATEWAY]);
	if (tb[NATGW_A_PORTS_SRC])
		field_addr(new.host, tb[NATGW_A_PORTS_SRC], NULL, true);
	for (i = g->n_destinations; i && precedes(&new, &list[i - 1]); i--)
		;
	if (i == GAUGES_DESTINATIONS)
		return true;
	if (g->n_destinations < GAUGES_DESTINATIONS)
		g->n_destinations++;
	memmove(&list[i + 1], &list[i], (g->n_destinations - 1 - i) * sizeof(new));
	list[i] = new;
	return true;
}

/* A destination that is watched; its gateway has been read */
static bool destination_read(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct gauges *g = data;
	struct gauges_gateway *gw;
	uint32_t filled, seconds;
	const char *name;

	if (!fields_parse(ports_object.schema, nlh, tb))
		return false;
	name = field_string(tb[NATGW_A_PORTS_GATEWAY]);
	filled = field_u32(tb[NATGW_A_PORTS_FILLED]);
	seconds = field_u32(tb[NATGW_A_PORTS_HEADROOM]);
	for (gw = g->gateways; name && gw < g->gateways + g->n_gateways; gw++) {
		if (strcmp(gw->name, name))
			continue;
		if (filled > gw->filled)
			gw->filled = filled;
		if (seconds && (!gw->headroom || seconds < gw->headroom))
			gw->headroom = seconds;
		gw->near += !!field_u32(tb[NATGW_A_PORTS_NEAR]);
	}
	return destination_keep(g, tb);
}

/* One list; what this user may not see is left out */
static int list(struct nl *nl, uint8_t cmd, nl_answer answer, struct gauges *g,
		struct nl_error *e)
{
	struct request req;
	int ret;

	request_init(&req, cmd);
	if (cmd == NATGW_CMD_PORTS_GET) {
		request_u32(&req, NATGW_A_PORTS_BY, NATGW_PORTS_BY_DESTINATION);
		request_u32(&req, NATGW_A_PORTS_WATCHED, NATGW_SWITCH_ON);
	}
	ret = nl_dump(nl, &req, cmd == NATGW_CMD_PORTS_GET ? NL_DUMP_STREAM : NL_DUMP_WHOLE,
		      answer, g, e);
	if (ret >= 0)
		return 0;
	/* an older module watches none */
	if (cmd == NATGW_CMD_PORTS_GET && e->err == EINVAL)
		return 0;
	if (e->err != EPERM)
		return ret;
	g->hidden = true;
	return 0;
}

/**
 * gauges_read - take a reading
 * @nl:		socket, open
 * @g:		result; gauges_free() frees it, whatever this returns
 * @e:		why not
 *
 * Return: 0, or -1.
 */
int gauges_read(struct nl *nl, struct gauges *g, struct nl_error *e)
{
	static const struct {
		uint8_t cmd;
		nl_answer answer;
	} lists[] = {
		{ NATGW_CMD_STATS_GET, packets_read },
		{ NATGW_CMD_GATEWAY_GET, gateway_read },
		{ NATGW_CMD_ADDRESS_GET, address_read },
		{ NATGW_CMD_SUBNET_GET, subnet_read },
		{ NATGW_CMD_PORTS_GET, destination_read },
	};
	struct request req;
	unsigned int i;
	int ret;

	memset(g, 0, sizeof(*g));
	request_init(&req, NATGW_CMD_STATUS_GET);
	ret = nl_request(nl, &req, status_read, g, e);
	for (i = 0; !ret && i < ARRAY_SIZE(lists); i++)
		ret = list(nl, lists[i].cmd, lists[i].answer, g, e);
	return ret;
}

/**
 * gauges_free - forget a reading
 * @g:		reading
 */
void gauges_free(struct gauges *g)
{
	free(g->gateways);
	free(g->addresses);
	free(g->subnets);
	memset(g, 0, sizeof(*g));
}

/**
 * gauges_module_is_away - is the module not loaded?
 *
 * Who looks again and again asks this first: the look-up of the family would load a module that was
 * taken away on purpose.
 */
bool gauges_module_is_away(void)
{
	/* without sysfs nobody knows */
	return !access("/sys/module", F_OK) && access("/sys/module/natgw", F_OK);
}

/**
 * gauges_passes - are packets of a reason let through, and counted only?
 * @reason:	enum natgw_drop_reason
 */
bool gauges_passes(unsigned int reason)
{
	return reason == NATGW_DROP_NO_GATEWAY || reason == NATGW_DROP_NO_SUBNET ||
	       reason == NATGW_DROP_ASYMMETRIC;
}
