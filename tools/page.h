/* SPDX-License-Identifier: GPL-2.0 */
/* The status page: its files, its numbers as JSON, and a minute of their past. */
#ifndef NATGWCTL_PAGE_H
#define NATGWCTL_PAGE_H

#include <stddef.h>

#include "gauges.h"

/** PAGE_INTERVAL - seconds between two points of the past */
#define PAGE_INTERVAL	2
/** PAGE_POINTS - points of the past: a minute */
#define PAGE_POINTS	31
/** PAGE_GATEWAYS, PAGE_ADDRESSES - most that the page lists */
#define PAGE_GATEWAYS	100
#define PAGE_ADDRESSES	200

/**
 * struct page_file - a file of the page, part of the program
 * @path:	"/page.css"
 * @type:	media type
 * @data:	@len bytes
 * @len:	their number
 */
struct page_file {
	const char *path;
	const char *type;
	const unsigned char *data;
	size_t len;
};

/**
 * struct page_point - sums of all gateways at one time
 * @time:	seconds since 1970
 * @sessions:	in the table
 * @attempted:	flows asked for; as the rest it only grows, until natgw is reset
 * @failed:	flows refused
 * @dropped:	packets dropped, of all reasons
 * @packets:	translated
 * @bytes:	of these
 */
struct page_point {
	double time;
	uint64_t sessions;
	uint64_t attempted;
	uint64_t failed;
	uint64_t dropped;
	uint64_t packets;
	uint64_t bytes;
};

/**
 * struct page_past - the last points, the oldest first
 * @points:	@n of them
 * @n:		their number
 */
struct page_past {
	struct page_point points[PAGE_POINTS];
	size_t n;
};

const struct page_file *page_file(const char *path);
void page_past_add(struct page_past *past, const struct gauges *g);
char *page_json(const struct gauges *g, const struct page_past *past, const char *host);

#endif /* NATGWCTL_PAGE_H */
