// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the question whose addresses are in the way: the file gives them to another object, and
 * their owner is to get others. Called by plan.c, whose commands are checked one by one.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "way.h"

/**
 * struct span - the addresses of a prefix, host byte order
 * @text:	the prefix
 * @first:	first address
 * @last:	last one
 */
struct span {
	const char *text;
	uint32_t first;
	uint32_t last;
};

/* Values that overlap nothing: the kernel refuses a subnet or vnet that shares an address */
static const struct {
	const struct object *obj;
	const char *word;
} takers[] = {
	{ &subnet_object, "prefix" },
	{ &vnet_object, "prefix" },
	{ &vnet_object, "vpn-next-hop" },
	{ &route_object, "next-hop-ip" },
	{ &cluster_object, "prefix" },
	{ &cluster_object, "outbound-ips" },
	{ &cluster_object, "outbound-ip-prefixes" },
};

static bool span_parse(struct span *span, const char *text)
{
	struct parse_error e;
	struct inet in;
	uint32_t addr, hosts;

	if (!parse_prefix(text, &in, &e) || in.len != sizeof(addr))
		return false;
	memcpy(&addr, in.addr, sizeof(addr));
	hosts = !in.has_plen || in.plen > 31 ? 0 : ~0u >> in.plen;
	span->text = text;
	span->first = ntohl(addr) & ~hosts;
	span->last = span->first | hosts;
	return true;
}

static bool span_overlap(const struct span *a, const struct span *b)
{
	return a->first <= b->last && b->first <= a->last;
}

static bool span_holds(const struct span *a, const struct span *b)
{
	return a->first <= b->first && b->last <= a->last;
}

/**
 * struct spans - the prefixes of a value
 * @copy:	of the value, cut into them
 * @at:		one for each prefix that can be read
 * @n:		their number
 */
struct spans {
	char *copy;
	struct span *at;
	size_t n;
};

/* @value: prefixes with commas between, or NULL */
static void spans_parse(struct spans *spans, const char *value)
{
	char *part, *save;

	memset(spans, 0, sizeof(*spans));
	spans->copy = out_checked(strdup(value ? value : ""));
	for (part = strtok_r(spans->copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		spans->at = out_checked(realloc(spans->at, (spans->n + 1) * sizeof(*spans->at)));
		spans->n += span_parse(&spans->at[spans->n], part);
	}
}

static void spans_free(struct spans *spans)
{
	free(spans->copy);
	free(spans->at);
}

static bool spans_overlap(const struct spans *a, const struct spans *b)
{
	size_t i, k;

	for (i = 0; i < a->n; i++)
		for (k = 0; k < b->n; k++)
			if (span_overlap(&a->at[i], &b->at[k]))
				return true;
	return false;
}

static bool value_overlaps(const struct spans *spans, const char *value)
{
	struct spans other;
	bool overlaps;

	if (!value)
		return false;
	spans_parse(&other, value);
	overlaps = spans_overlap(spans, &other);
	spans_free(&other);
	return overlaps;
}

static bool changed(const struct item *want, const char *word)
{
	const char *to = item_word(want, word), *from;

	if (!want->peer)
		return false;
	from = item_word(want->peer, word);
	return to && from && strcmp(to, from);
}

static const char *vnet_of(const struct item *subnet)
{
	const char *name = item_word(subnet, "vnet");

	return name ? name : NATGW_VNET_DEFAULT;
}

/* Does an object of the file get one of these addresses? @own: vnet that holds them */
static bool takes(const struct item *it, const struct spans *spans, const char *own)
{
	unsigned int i;

	if (it->obj == &address_object || it->obj == &managed_pool_object)
		return value_overlaps(spans, it->key);
	if (it->obj == &subnet_object && strcmp(vnet_of(it), own) &&
	    strcmp(own, NATGW_VNET_DEFAULT) && strcmp(vnet_of(it), NATGW_VNET_DEFAULT))
		return false;
	for (i = 0; i < ARRAY_SIZE(takers); i++)
		if (takers[i].obj == it->obj &&
		    !(it->obj == &vnet_object && !strcmp(takers[i].word, "prefix") &&
		      !strcmp(it->key, own)) &&
		    value_overlaps(spans, item_word(it, takers[i].word)))
			return true;
	return false;
}

static bool are_taken(const struct items *want, const struct item *owner, const char *own,
		      const struct spans *spans)
{
	size_t i;

	for (i = 0; i < want->n; i++)
		if (want->list[i] != owner && takes(want->list[i], spans, own))
			return true;
	return false;
}

/* Is a subnet's former prefix outside of the space that its vnet is to have? */
static bool leaves_space(const struct items *want, const char *vnet, const struct spans *from)
{
	const struct item *it = items_find(want, &vnet_object, vnet);
	struct spans space;
	bool inside;
	size_t i;

	if (!it || it->exists || !from->n)
		return false;
	spans_parse(&space, item_word(it, "prefix"));
	inside = !space.n;
	for (i = 0; !inside && i < space.n; i++)
		inside = span_holds(&space.at[i], &from->at[0]);
	spans_free(&space);
	return !inside;
}

static void subnet_clear(const struct items *want, struct item *it)
{
	struct spans from;

	/* the kernel deletes no subnet that a cluster uses */
	if (!changed(it, "prefix") || it->clustered)
		return;
	spans_parse(&from, item_word(it->peer, "prefix"));
	it->remade = are_taken(want, it, vnet_of(it), &from) ||
		     leaves_space(want, vnet_of(it), &from);
	spans_free(&from);
}

/* What a vnet has and keeps, with commas between; empty: nothing */
static char *common_space(const struct spans *from, const struct spans *to)
{
	char *text = NULL;
	size_t len, i, k;
	FILE *out = out_checked(open_memstream(&text, &len));

	for (i = 0; i < from->n; i++)
		for (k = 0; k < to->n; k++)
			if (span_holds(&from->at[i], &to->at[k]))
				fprintf(out, ",%s", to->at[k].text);
			else if (span_holds(&to->at[k], &from->at[i]))
				fprintf(out, ",%s", from->at[i].text);
	fclose(out);
	out_checked(text);
	if (*text)
		memmove(text, text + 1, strlen(text));
	return text;
}

static void vnet_clear(const struct items *want, struct item *it)
{
	struct spans from, to;

	if (!changed(it, "prefix"))
		return;
	spans_parse(&from, item_word(it->peer, "prefix"));
	if (are_taken(want, it, it->key, &from)) {
		spans_parse(&to, item_word(it, "prefix"));
		it->space = common_space(&from, &to);
		it->remade = !*it->space;
		spans_free(&to);
	}
	spans_free(&from);
}

/**
 * way_clear - find what is in the way
 * @want:	configuration wanted, each object with its peer
 *
 * Sets @remade of a subnet or vnet that is to be deleted first and made again. Its own @space
 * gets a vnet that is to keep that part of its address space and give up the rest first.
 */
void way_clear(struct items *want)
{
	struct item *it;
	size_t i;

	for (i = 0; i < want->n; i++) {
		it = want->list[i];
		it->remade = false;
		free(it->space);
		it->space = NULL;
		if (it->obj == &subnet_object)
			subnet_clear(want, it);
		if (it->obj == &vnet_object && !it->exists)
			vnet_clear(want, it);
	}
}
