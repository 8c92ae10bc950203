// SPDX-License-Identifier: GPL-2.0
/* Owns what doctor knows of natgw itself: its objects and counters. Read once by cmd_doctor.c. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "counters.h"
#include "doctor.h"
#include "onlink.h"
#include "report.h"
#include "status.h"
#include "table.h"

/**
 * doctor_add - make room for one more entry of a list
 * @list:	list, or NULL
 * @n:		entries, one more afterwards
 * @size:	bytes of one
 *
 * Return: the list, its last entry zero.
 */
void *doctor_add(void *list, size_t *n, size_t size)
{
	char *bigger = out_checked(realloc(list, (*n + 1) * size));

	memset(bigger + *n * size, 0, size);
	++*n;
	return bigger;
}

/**
 * doctor_ip - an address as text
 * @buf:	result
 * @ip:		address, host byte order
 */
const char *doctor_ip(char buf[ADDR_TEXT], uint32_t ip)
{
	struct in_addr in = { .s_addr = htonl(ip) };

	return inet_ntop(AF_INET, &in, buf, ADDR_TEXT);
}

static void copy(char *to, size_t size, const struct nlattr *attr)
{
	const char *text = field_string(attr);

	snprintf(to, size, "%s", text ? text : "");
}

#define COPY(_to, _attr)	copy(_to, sizeof(_to), _attr)

static bool gateway_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct doctor *d = data;
	struct doctor_gateway *g;

	if (!fields_parse(gateway_object.schema, nlh, tb))
		return false;
	d->gateways = doctor_add(d->gateways, &d->n_gateways, sizeof(*g));
	g = &d->gateways[d->n_gateways - 1];
	COPY(g->name, tb[NATGW_A_GATEWAY_NAME]);
	g->operational = field_u32(tb[NATGW_A_GATEWAY_OPERATIONAL]);
	g->subnets = field_u32(tb[NATGW_A_GATEWAY_SUBNETS]);
	g->sessions = field_u32(tb[NATGW_A_GATEWAY_SESSIONS]);
	g->track = field_u32(tb[NATGW_A_GATEWAY_TRACK]) == NATGW_SWITCH_ON;
	g->retired = field_u32(tb[NATGW_A_GATEWAY_RETIRED]);
	headroom_pool(&g->pool, tb);
	return true;
}

static bool address_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS], *counters[FIELDS_ATTRS];
	const struct nlattr *announce;
	struct doctor *d = data;
	struct doctor_address *a;
	uint32_t plen;

	if (!fields_parse(address_object.schema, nlh, tb))
		return false;
	d->addresses = doctor_add(d->addresses, &d->n_addresses, sizeof(*a));
	a = &d->addresses[d->n_addresses - 1];
	plen = field_u32(tb[NATGW_A_ADDRESS_PREFIX_LENGTH]);
	field_addr(a->text, tb[NATGW_A_ADDRESS_ADDRESS], tb[NATGW_A_ADDRESS_PREFIX_LENGTH], true);
	a->ip = report_ip(tb[NATGW_A_ADDRESS_ADDRESS]);
	a->mask = plen && plen < 32 ? UINT32_MAX << (32 - plen) : UINT32_MAX;
	COPY(a->gateway, tb[NATGW_A_ADDRESS_GATEWAY]);
	COPY(a->dev, tb[NATGW_A_ADDRESS_DEV]);
	COPY(a->uplink, tb[NATGW_A_ADDRESS_UPLINK]);
	COPY(a->own_dev, tb[NATGW_A_ADDRESS_OWN_DEV]);
	a->owned = field_string(tb[NATGW_A_ADDRESS_OWNER]);
	a->retired = field_u32(tb[NATGW_A_ADDRESS_RETIRED]);
	a->shared = field_u32(tb[NATGW_A_ADDRESS_SHARED]);
	announce = tb[NATGW_A_ADDRESS_ANNOUNCE];
	a->announce = !announce || field_u32(announce) != NATGW_SWITCH_OFF;
	a->ports = field_u32(tb[NATGW_A_ADDRESS_PORTS]);
	a->sessions = field_u32(tb[NATGW_A_ADDRESS_SESSIONS]);
	if (nest_parse(&flow_counters_schema, tb[NATGW_A_ADDRESS_COUNTERS], counters)) {
		a->opened = field_u64(counters[NATGW_A_COUNTERS_ATTEMPTED]);
		a->answered = field_u64(counters[NATGW_A_COUNTERS_ESTABLISHED]);
	}
	onlink_silent(a->silent_dev, tb);
	return true;
}

static bool subnet_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS], *prefix;
	struct doctor *d = data;
	struct doctor_subnet *s;
	uint32_t plen;

	if (!fields_parse(subnet_object.schema, nlh, tb))
		return false;
	prefix = tb[NATGW_A_SUBNET_PREFIX];
	plen = field_u32(tb[NATGW_A_SUBNET_PREFIX_LENGTH]);
	if (!prefix || mnl_attr_get_payload_len(prefix) != sizeof(uint32_t) || plen > 32)
		return true;
	d->subnets = doctor_add(d->subnets, &d->n_subnets, sizeof(*s));
	s = &d->subnets[d->n_subnets - 1];
	COPY(s->name, tb[NATGW_A_SUBNET_NAME]);
	COPY(s->vnet, tb[NATGW_A_SUBNET_VNET]);
	COPY(s->gateway, tb[NATGW_A_SUBNET_GATEWAY] ?: tb[NATGW_A_SUBNET_LOAD_BALANCER]);
	COPY(s->route_table, tb[NATGW_A_SUBNET_ROUTE_TABLE]);
	field_addr(s->prefix, prefix, tb[NATGW_A_SUBNET_PREFIX_LENGTH], false);
	s->addr = report_ip(prefix);
	s->mask = plen ? UINT32_MAX << (32 - plen) : 0;
	s->ipv6_drop = field_u32(tb[NATGW_A_SUBNET_IPV6]) == NATGW_IPV6_DROP;
	s->untranslated = field_u64(tb[NATGW_A_SUBNET_UNTRANSLATED]);
	if (!field_addr(s->last, tb[NATGW_A_SUBNET_LAST_SOURCE], NULL, true))
		s->last[0] = 0;
	s->age = field_u32(tb[NATGW_A_SUBNET_LAST_AGE]);
	return true;
}

static void hop_keep(struct doctor *d, const struct nlattr *attr)
{
	uint32_t ip;
	size_t i;

	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(ip))
		return;
	ip = report_ip(attr);
	for (i = 0; i < d->n_hops; i++)
		if (d->hops[i] == ip)
			return;
	if (!ip)
		return;
	d->hops = doctor_add(d->hops, &d->n_hops, sizeof(*d->hops));
	d->hops[d->n_hops - 1] = ip;
}

static bool vnet_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS], *attr;
	struct doctor *d = data;
	struct doctor_vnet *v;

	if (!fields_parse(vnet_object.schema, nlh, tb))
		return false;
	d->vnets = doctor_add(d->vnets, &d->n_vnets, sizeof(*v));
	v = &d->vnets[d->n_vnets - 1];
	COPY(v->name, tb[NATGW_A_VNET_NAME]);
	v->vrf = tb[NATGW_A_VNET_VRF] && *field_string(tb[NATGW_A_VNET_VRF]);
	hop_keep(d, tb[NATGW_A_VNET_VPN_NEXT_HOP]);
	v->down = field_u32(tb[NATGW_A_VNET_DOWN]);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == NATGW_A_VNET_DEV && v->n_dev < DOCTOR_DEVS)
			snprintf(v->dev[v->n_dev++], IFNAMSIZ, "%.*s",
				 (int)mnl_attr_get_payload_len(attr),
				 (const char *)mnl_attr_get_payload(attr));
	return true;
}

static bool route_entry(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];

	if (!fields_parse(route_object.schema, nlh, tb))
		return false;
	hop_keep(data, tb[NATGW_A_ROUTE_NEXT_HOP_IP]);
	return true;
}

static bool status_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct doctor_status *s = &((struct doctor *)data)->status;

	if (!fields_parse(&status_schema, nlh, tb))
		return false;
	s->sessions = field_u32(tb[NATGW_A_STATUS_SESSIONS]);
	s->sessions_max = field_u32(tb[NATGW_A_STATUS_SESSIONS_MAX]);
	s->direct = field_u32(tb[NATGW_A_STATUS_DIRECT]);
	s->direct_max = field_u32(tb[NATGW_A_STATUS_DIRECT_MAX]);
	s->memory = field_u64(tb[NATGW_A_STATUS_MEMORY]);
	s->memory_max = field_u64(tb[NATGW_A_STATUS_MEMORY_MAX]);
	s->generation = field_u32(tb[NATGW_A_STATUS_GENERATION]);
	COPY(s->version, tb[NATGW_A_STATUS_VERSION]);
	return true;
}

static bool drop_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct doctor *d = data;
	struct doctor_drop *drop;
	uint32_t reason;

	if (!fields_parse(stats_object.schema, nlh, tb) || !tb[NATGW_A_STATS_REASON])
		return false;
	reason = field_u32(tb[NATGW_A_STATS_REASON]);
	/* of a newer module */
	if (reason > NATGW_DROP_MAX)
		return true;
	drop = &d->drops[reason];
	drop->packets = field_u64(tb[NATGW_A_STATS_PACKETS]);
	drop->age = field_u32(tb[NATGW_A_STATS_LAST_AGE]);
	if (!field_addr(drop->last, tb[NATGW_A_STATS_LAST_SOURCE], NULL, true))
		drop->last[0] = 0;
	return true;
}

/**
 * doctor_read_objects - read all objects and counters
 * @d:		run, its socket open
 * @e:		why not
 *
 * Return: 0, or -1.
 */
int doctor_read_objects(struct doctor *d, struct nl_error *e)
{
	static const struct {
		uint8_t cmd;
		nl_answer answer;
	} lists[] = {
		{ NATGW_CMD_GATEWAY_GET, gateway_answer },
		{ NATGW_CMD_ADDRESS_GET, address_answer },
		{ NATGW_CMD_VNET_GET, vnet_answer },
		{ NATGW_CMD_SUBNET_GET, subnet_answer },
		{ NATGW_CMD_ROUTE_GET, route_entry },
		{ NATGW_CMD_STATS_GET, drop_answer },
	};
	struct request req;
	unsigned int i;

	request_init(&req, NATGW_CMD_STATUS_GET);
	if (nl_request(&d->ctl->nl, &req, status_answer, d, e))
		return -1;
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		request_init(&req, lists[i].cmd);
		if (nl_dump(&d->ctl->nl, &req, NL_DUMP_WHOLE, lists[i].answer, d, e) < 0)
			return -1;
	}
	return 0;
}

/**
 * doctor_vnet - a vnet by its name
 * @d:		run
 * @name:	name
 *
 * Return: NULL: there is none.
 */
const struct doctor_vnet *doctor_vnet(const struct doctor *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->n_vnets; i++)
		if (!strcmp(d->vnets[i].name, name))
			return &d->vnets[i];
	return NULL;
}

/**
 * doctor_forget - free all that was read and found
 * @d:		run
 */
void doctor_forget(struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->n_findings; i++) {
		free(d->findings[i].text);
		free(d->findings[i].evidence);
		free(d->findings[i].cure);
	}
	free(d->findings);
	free(d->gateways);
	free(d->addresses);
	free(d->subnets);
	free(d->vnets);
	free(d->hops);
	free(d->links);
	free(d->routes);
	json_decref(d->rules);
	json_decref(d->typed_chains);
}
