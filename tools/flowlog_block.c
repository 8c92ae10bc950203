// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what the log has told of blocks of ports. An event that says what the log has said is left
 * out. So all blocks there are can be compared with it at any time, when events were lost or the
 * ports of a gateway were divided anew, and what has changed is told of.
 *
 * Pure functions, also compiled by selftests/unit.
 */
#include <arpa/inet.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "flowlog_block.h"

/**
 * struct part - ports of one public IP
 * @address:	public IP
 * @first:	first port
 * @last:	last port
 * @round:	in which it was there
 */
struct part {
	uint32_t address;
	uint32_t first;
	uint32_t last;
	unsigned int round;
};

/**
 * struct host - one that has a block
 * @gateway:	name
 * @vnet:	name
 * @src:	address
 * @parts:	its ports
 * @n:		number of @parts
 */
struct host {
	char gateway[NATGW_NAME_MAX + 1];
	char vnet[NATGW_NAME_MAX + 1];
	uint32_t src;
	struct part parts[NATGW_GATEWAY_ADDRESSES];
	unsigned int n;
};

static int compare(const void *a, const void *b)
{
	const struct host *x = a, *y = b;
	int cmp;

	if (x->src != y->src)
		return x->src < y->src ? -1 : 1;
	cmp = strcmp(x->gateway, y->gateway);
	return cmp ? cmp : strcmp(x->vnet, y->vnet);
}

static void key_of(struct host *key, const char *gateway, const char *vnet, uint32_t src)
{
	key->src = src;
	snprintf(key->gateway, sizeof(key->gateway), "%s", gateway);
	snprintf(key->vnet, sizeof(key->vnet), "%s", vnet);
}

static struct host *host_find(const struct block_table *table, const char *gateway,
			      const char *vnet, uint32_t src)
{
	struct host key, **found;

	key_of(&key, gateway, vnet, src);
	found = tfind(&key, &table->root, compare);
	return found ? *found : NULL;
}

static struct host *host_get(struct block_table *table, const struct watched_block *b)
{
	struct host *host = host_find(table, b->gateway, b->vnet, b->src);

	if (host)
		return host;
	host = calloc(1, sizeof(*host));
	if (!host)
		abort();
	key_of(host, b->gateway, b->vnet, b->src);
	if (!tsearch(host, &table->root, compare))
		abort();
	return host;
}

static void tell(const struct block_table *table, const struct host *host,
		 const struct part *part, enum natgw_block_event type, uint64_t time)
{
	table->tell(&(struct watched_block){
		.type = type, .time = time, .gateway = host->gateway, .vnet = host->vnet,
		.src = host->src, .address = part->address, .first = part->first,
		.last = part->last }, table->data);
}

/* What it had before and has not now, all of it if @round is 0 */
static void free_parts(const struct block_table *table, struct host *host, unsigned int round,
		       uint64_t time)
{
	unsigned int i, n = 0;

	for (i = 0; i < host->n; i++) {
		if (round && host->parts[i].round == round)
			host->parts[n++] = host->parts[i];
		else
			tell(table, host, &host->parts[i], NATGW_BLOCK_EVENT_FREED, time);
	}
	host->n = n;
}

static bool overlaps(const struct part *part, const struct watched_block *b)
{
	return part->address == b->address && part->first <= b->last && part->last >= b->first;
}

/**
 * block_allocated - a host has got ports
 * @table:	table
 * @b:		ports
 */
void block_allocated(struct block_table *table, const struct watched_block *b)
{
	struct host *host = host_get(table, b);
	struct part *part;
	unsigned int i;

	for (i = 0; i < host->n; i++) {
		part = &host->parts[i];
		if (!overlaps(part, b))
			continue;
		part->round = table->round;
		if (part->first == b->first && part->last == b->last)
			return;
		/* its block became larger or smaller */
		tell(table, host, part, NATGW_BLOCK_EVENT_FREED, b->time);
		*part = host->parts[--host->n];
		break;
	}
	if (host->n == NATGW_GATEWAY_ADDRESSES)
		return;
	part = &host->parts[host->n++];
	*part = (struct part){ .address = b->address, .first = b->first, .last = b->last,
			       .round = table->round };
	tell(table, host, part, NATGW_BLOCK_EVENT_ALLOCATED, b->time);
}

static void host_free(struct block_table *table, struct host *host)
{
	tdelete(host, &table->root, compare);
	free(host);
}

/**
 * block_freed - a host has no ports any more
 * @table:	table
 * @b:		the host
 */
void block_freed(struct block_table *table, const struct watched_block *b)
{
	struct host *host = host_find(table, b->gateway, b->vnet, b->src);

	if (!host)
		return;
	free_parts(table, host, 0, b->time);
	host_free(table, host);
}

/**
 * block_has - is the port of a session one of its host's block, which the log has told of?
 * @table:	table
 * @w:		event of the session
 */
bool block_has(const struct block_table *table, const struct watched *w)
{
	const struct host *host = host_find(table, w->gateway, w->vnet, w->event.src);
	uint32_t port = ntohs(w->event.port);
	unsigned int i;

	for (i = 0; host && i < host->n; i++)
		if (host->parts[i].address == w->event.address && port >= host->parts[i].first &&
		    port <= host->parts[i].last)
			return true;
	return false;
}

/**
 * block_sync_begin - all blocks there are will be compared
 * @table:	table
 */
void block_sync_begin(struct block_table *table)
{
	if (!++table->round)
		table->round = 1;
	/* of one that was broken off */
	table->n_fresh = 0;
}

/**
 * block_sync - this is one
 * @table:	table
 * @b:		ports of a host
 */
void block_sync(struct block_table *table, const struct watched_block *b)
{
	struct host *host = host_find(table, b->gateway, b->vnet, b->src);
	struct part *part;
	unsigned int i;

	for (i = 0; host && i < host->n; i++) {
		part = &host->parts[i];
		if (part->address != b->address || part->first != b->first ||
		    part->last != b->last)
			continue;
		part->round = table->round;
		return;
	}
	if (table->n_fresh == table->room) {
		table->fresh = realloc(table->fresh,
				       (table->room + 64) * sizeof(*table->fresh));
		if (!table->fresh)
			abort();
		table->room += 64;
	}
	table->fresh[table->n_fresh] = (struct fresh_block){ .block = *b };
	snprintf(table->fresh[table->n_fresh].gateway, sizeof(table->fresh->gateway), "%s",
		 b->gateway);
	snprintf(table->fresh[table->n_fresh].vnet, sizeof(table->fresh->vnet), "%s", b->vnet);
	table->n_fresh++;
}

static void fresh_free(struct block_table *table)
{
	free(table->fresh);
	table->fresh = NULL;
	table->n_fresh = 0;
	table->room = 0;
}

/* For block_sync_end(), whose walk must not change the tree */
struct stale {
	struct block_table *table;
	uint64_t time;
	struct host **hosts;
	size_t n;
};

static void look(const void *node, VISIT visit, void *data)
{
	struct host *host = *(struct host *const *)node;
	struct stale *stale = data;
	struct host **hosts;

	if (visit != postorder && visit != leaf)
		return;
	free_parts(stale->table, host, stale->table->round, stale->time);
	if (host->n)
		return;
	hosts = realloc(stale->hosts, (stale->n + 1) * sizeof(*hosts));
	if (!hosts)
		abort();
	stale->hosts = hosts;
	hosts[stale->n++] = host;
}

/**
 * block_sync_end - those that were not named are no more
 * @table:	table
 * @time:	ns since 1970
 *
 * What was freed is told first, so that no port is two hosts' at a time.
 */
void block_sync_end(struct block_table *table, uint64_t time)
{
	struct stale stale = { .table = table, .time = time };
	struct watched_block *b;
	size_t i;

	twalk_r(table->root, look, &stale);
	for (i = 0; i < stale.n; i++)
		host_free(table, stale.hosts[i]);
	free(stale.hosts);
	for (i = 0; i < table->n_fresh; i++) {
		b = &table->fresh[i].block;
		b->gateway = table->fresh[i].gateway;
		b->vnet = table->fresh[i].vnet;
		b->time = time;
		block_allocated(table, b);
	}
	fresh_free(table);
}

/* For block_table_tell() */
struct telling {
	const struct block_table *table;
	uint64_t time;
};

static void tell_host(const void *node, VISIT visit, void *data)
{
	const struct host *host = *(struct host *const *)node;
	const struct telling *telling = data;
	unsigned int i;

	if (visit != postorder && visit != leaf)
		return;
	for (i = 0; i < host->n; i++)
		tell(telling->table, host, &host->parts[i], NATGW_BLOCK_EVENT_ALLOCATED,
		     telling->time);
}

/**
 * block_table_tell - tell of all blocks once more, as of blocks that were allocated
 * @table:	table
 * @time:	ns since 1970
 */
void block_table_tell(const struct block_table *table, uint64_t time)
{
	twalk_r(table->root, tell_host, &(struct telling){ .table = table, .time = time });
}

/**
 * block_table_free - forget them
 * @table:	table
 */
void block_table_free(struct block_table *table)
{
	tdestroy(table->root, free);
	table->root = NULL;
	fresh_free(table);
}
