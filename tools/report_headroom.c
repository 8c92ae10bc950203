// SPDX-License-Identifier: GPL-2.0
/* Destinations that are nearly out of ports, and how to make room, for the bare call. */
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "table.h"

/* Ports of one address that can be in blocks, and what a block is a multiple of */
#define BLOCK_PORTS	64000
#define BLOCK_UNIT	8
/* Room for "gateway set NAME" */
#define HEADROOM_HOLDER	(NATGW_NAME_MAX + 16)

/**
 * headroom_pool - what the advice about a gateway depends on
 * @pool:	result
 * @tb:		attributes of the gateway
 */
void headroom_pool(struct pool *pool, const struct nlattr *const *tb)
{
	const char *name = field_string(tb[NATGW_A_GATEWAY_NAME]);
	const char *owner = field_string(tb[NATGW_A_GATEWAY_OWNER]);
	uint32_t hosts = field_u32(tb[NATGW_A_GATEWAY_HOSTS]);
	uint32_t known = field_u32(tb[NATGW_A_GATEWAY_KNOWN_HOSTS]);

	memset(pool, 0, sizeof(*pool));
	snprintf(pool->name, sizeof(pool->name), "%s", name ? name : "");
	snprintf(pool->owner, sizeof(pool->owner), "%s", owner ? owner : "");
	pool->addresses = field_u32(tb[NATGW_A_GATEWAY_ADDRESSES]);
	pool->allocation = field_u32(tb[NATGW_A_GATEWAY_ALLOCATION]);
	pool->pooling = field_u32(tb[NATGW_A_GATEWAY_POOLING]);
	pool->warn = field_u32(tb[NATGW_A_GATEWAY_WARN_USED]);
	pool->limit = field_u32(tb[NATGW_A_GATEWAY_DESTINATION_LIMIT]);
	pool->block = field_u32(tb[NATGW_A_GATEWAY_BLOCK]);
	pool->hosts = hosts > known ? hosts : known;
}

/**
 * report_pool_keep - remember what the advice about a gateway depends on
 * @report:	report
 * @tb:		attributes of the gateway
 */
void report_pool_keep(struct report *report, const struct nlattr *const *tb)
{
	struct pool *pool;

	if (!field_string(tb[NATGW_A_GATEWAY_NAME]))
		return;
	pool = realloc(report->pools, (report->n_pools + 1) * sizeof(*pool));
	if (!pool)
		abort();
	report->pools = pool;
	headroom_pool(&pool[report->n_pools++], tb);
}

static const struct pool *pool_find(const struct report *report, const char *name)
{
	size_t i;

	for (i = 0; name && i < report->n_pools; i++)
		if (!strcmp(report->pools[i].name, name))
			return &report->pools[i];
	return NULL;
}

/* More ports for each host, as many as the addresses have. Return: 0, they have no more */
static uint32_t block_more(const struct pool *pool)
{
	uint32_t most = pool->hosts ? BLOCK_PORTS * pool->addresses / pool->hosts : 0;
	uint32_t want = pool->block * 2;

	most -= most % BLOCK_UNIT;
	want -= want % BLOCK_UNIT;
	if (want > most)
		want = most;
	return want > pool->block ? want : 0;
}

/* "cluster set aks": who has the key */
static const char *holder_text(char buf[HEADROOM_HOLDER], const struct pool *pool)
{
	snprintf(buf, HEADROOM_HOLDER, "%s set %s", pool->owner[0] ? "cluster" : "gateway",
		 pool->owner[0] ? pool->owner : pool->name);
	return buf;
}

/* Addresses with which the peak is less than @warn per cent, 0: not known */
static uint64_t needed(uint32_t addresses, uint32_t ports, uint32_t peak, uint32_t warn)
{
	uint64_t each = addresses ? ports / addresses : 0;

	return each && warn ? (uint64_t)peak * 100 / (each * warn) + 1 : 0;
}

/**
 * headroom_addresses - addresses that a gateway lacks
 * @addresses:	that it has
 * @ports:	that one destination can have of all of them
 * @peak:	most ports that were in use at once
 * @warn:	per cent of the ports that may be in use
 *
 * Return: how many more, so that the peak is less than @warn per cent.
 */
uint32_t headroom_addresses(uint32_t addresses, uint32_t ports, uint32_t peak, uint32_t warn)
{
	uint64_t need = needed(addresses, ports, peak, warn);

	return need > addresses ? need - addresses : 1;
}

/**
 * enum way - how to make room
 * @WAY_BLOCK:		more ports for each host
 * @WAY_ADDRESSES:	more addresses
 * @WAY_SOFT:		there are enough ports, but a host has one address: let it have others
 * @WAY_ELSEWHERE:	the gateway cannot have as many addresses
 */
enum way {
	WAY_BLOCK,
	WAY_ADDRESSES,
	WAY_SOFT,
	WAY_ELSEWHERE,
};

/* @n: ports of a host, addresses that lack, or that it needs in all */
static enum way way_find(const struct pool *pool, uint32_t ports, uint32_t peak, uint32_t *n)
{
	bool paired = pool->allocation == NATGW_ALLOCATION_DYNAMIC &&
		      pool->pooling == NATGW_POOLING_PAIRED;

	if (pool->allocation == NATGW_ALLOCATION_PREALLOCATED) {
		*n = block_more(pool);
		if (*n)
			return WAY_BLOCK;
		*n = 1;
	} else {
		*n = headroom_addresses(pool->addresses, ports, peak, pool->warn);
		if (paired && needed(pool->addresses, ports, peak, pool->warn) <= pool->addresses)
			return WAY_SOFT;
	}
	if (pool->addresses + *n <= NATGW_GATEWAY_ADDRESSES)
		return WAY_ADDRESSES;
	*n += pool->addresses;
	return WAY_ELSEWHERE;
}

/* A sentence about it */
static void advise(char buf[HEADROOM_ADVICE], const struct pool *pool, uint32_t ports,
		   uint32_t peak)
{
	bool blocks = pool->allocation == NATGW_ALLOCATION_PREALLOCATED;
	char holder[HEADROOM_HOLDER];
	enum way way;
	size_t at = 0;
	uint32_t n;

	way = way_find(pool, ports, peak, &n);
	if (way == WAY_BLOCK) {
		snprintf(buf, HEADROOM_ADVICE,
			 "each host has a block of %u ports: natgwctl %s ports-per-host %u",
			 pool->block, holder_text(holder, pool), n);
		return;
	}
	if (blocks)
		at = snprintf(buf, HEADROOM_ADVICE,
			      "each host has a block of %u ports, and the addresses have no more for %u hosts: ",
			      pool->block, pool->hosts);
	if (way == WAY_ELSEWHERE)
		snprintf(buf + at, HEADROOM_ADVICE - at,
			 "it needs %u addresses, and a gateway can have %u: bind some subnets to another one",
			 n, NATGW_GATEWAY_ADDRESSES);
	else if (way == WAY_SOFT && pool->addresses == NATGW_GATEWAY_ADDRESSES)
		snprintf(buf + at, HEADROOM_ADVICE - at,
			 "let a host have other addresses: pooling paired-soft");
	else
		snprintf(buf + at, HEADROOM_ADVICE - at, "add %u address%s%s%s", n,
			 n == 1 ? "" : "es",
			 pool->limit && !blocks ? ", or raise destination-limit" : "",
			 pool->allocation == NATGW_ALLOCATION_DYNAMIC &&
			 pool->pooling == NATGW_POOLING_PAIRED ?
			 ", or let a host have others: pooling paired-soft" : "");
}

/* "IP", or "IP1,IP2": what the operator has to fill in */
static void new_ips(FILE *to, uint32_t n)
{
	uint32_t i;

	for (i = 1; i <= n; i++)
		fprintf(to, n == 1 ? "IP" : "%sIP%u", i == 1 ? "" : ",", i);
}

/* A cluster whose addresses are the operator's keeps those that it is told of, and no others */
static void cure_listed(FILE *to, const struct pool *pool, const struct headroom_own *own,
			uint32_t n)
{
	uint32_t i;

	for (i = 1; i <= n; i++)
		fprintf(to, n == 1 ? "natgwctl address add IP && " :
			"natgwctl address add IP%u && ", i);
	fprintf(to, "natgwctl cluster set %s outbound-ips %s%s", pool->owner, own->ips,
		*own->ips ? "," : "");
	new_ips(to, n);
	if (*own->prefixes)
		fprintf(to, " outbound-ip-prefixes %s", own->prefixes);
}

/**
 * headroom_cure - the command that makes room
 * @pool:	gateway
 * @own:	addresses of a cluster's gateway that the cluster did not make
 * @ports:	that a destination can have of all its addresses
 * @peak:	most ports that were in use at once
 *
 * Return: text, allocated.
 */
char *headroom_cure(const struct pool *pool, const struct headroom_own *own, uint32_t ports,
		    uint32_t peak)
{
	char holder[HEADROOM_HOLDER], *text;
	size_t len;
	uint32_t n;
	FILE *to;

	to = out_checked(open_memstream(&text, &len));
	holder_text(holder, pool);
	switch (way_find(pool, ports, peak, &n)) {
	case WAY_BLOCK:
		fprintf(to, "natgwctl %s ports-per-host %u", holder, n);
		break;
	case WAY_SOFT:
		fprintf(to, "natgwctl gateway set %s pooling paired-soft", pool->name);
		break;
	case WAY_ELSEWHERE:
		/* a cluster has one gateway for all its subnets: who uses so many ports? */
		if (pool->owner[0])
			fprintf(to, "natgwctl ports show by host gateway %s", pool->name);
		else
			fputs("natgwctl subnet set SUBNET gateway ANOTHER", to);
		break;
	case WAY_ADDRESSES:
		if (pool->owner[0] && (*own->ips || *own->prefixes)) {
			cure_listed(to, pool, own, n);
		} else if (pool->owner[0]) {
			fprintf(to, "natgwctl %s managed-outbound-ip-count %u", holder,
				pool->addresses + n);
		} else if (n == 1) {
			fprintf(to, "natgwctl address add IP gateway %s", pool->name);
		} else {
			fprintf(to, "natgwctl gateway set %s address ", pool->name);
			new_ips(to, n);
		}
	}
	if (fclose(to))
		abort();
	return out_checked(text);
}

/**
 * report_headroom - say which destination is nearly out of ports
 * @nlh:		message: a row of ports by destination
 * @data:		the report
 *
 * Return: false if the message is malformed.
 */
bool report_headroom(const struct nlmsghdr *nlh, void *data)
{
	char addr[ADDR_TEXT], port[8] = "", when[TIME_TEXT] = "", advice[HEADROOM_ADVICE];
	char host[ADDR_TEXT], most[ADDR_TEXT + 32] = "";
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	uint32_t used, peak;
	const struct pool *pool;
	const char *proto;

	if (!fields_parse(ports_object.schema, nlh, tb))
		return false;
	pool = pool_find(report, field_string(tb[NATGW_A_PORTS_GATEWAY]));
	if (!field_u32(tb[NATGW_A_PORTS_NEAR]) || !pool || report->n_near++ >= REPORT_NEAR ||
	    !field_addr(addr, tb[NATGW_A_PORTS_DST], NULL, true))
		return true;
	used = field_u32(tb[NATGW_A_PORTS_USED]);
	peak = field_u32(tb[NATGW_A_PORTS_HIGH_WATER]);
	proto = proto_text(field_u32(tb[NATGW_A_PORTS_PROTO]));
	if (field_u32(tb[NATGW_A_PORTS_DST_PORT]))
		snprintf(port, sizeof(port), ":%u", field_u32(tb[NATGW_A_PORTS_DST_PORT]));
	if (tb[NATGW_A_PORTS_HEADROOM])
		time_text(when, field_u32(tb[NATGW_A_PORTS_HEADROOM]));
	if (tb[NATGW_A_PORTS_SRC] && field_addr(host, tb[NATGW_A_PORTS_SRC], NULL, true))
		snprintf(most, sizeof(most), ", host %s had %u", host,
			 field_u32(tb[NATGW_A_PORTS_SRC_USED]));
	advise(advice, pool, used + field_u32(tb[NATGW_A_PORTS_FREE]), peak);
	report_warning(report,
		       "gateway %s is near exhaustion towards %s %s%s: %u%% of the ports %s are in use (%u in all, %u at most%s)%s%s%s; %s",
		       pool->name, proto ? proto : "proto", addr, port,
		       field_u32(tb[NATGW_A_PORTS_FILLED]),
		       pool->allocation == NATGW_ALLOCATION_PREALLOCATED ? "of a host" :
		       pool->pooling == NATGW_POOLING_PAIRED ? "of an address" : "for it",
		       used, peak, most, *when ? ", all in " : "", when,
		       *when ? " at this rate" : "", advice);
	return true;
}
