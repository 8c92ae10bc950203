/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words, times, addresses: text to values and back. Pure functions, they touch
 * no state and are tested alone in selftests/unit.
 */
#ifndef NATGWCTL_PARSE_H
#define NATGWCTL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(x)		(sizeof(x) / sizeof((x)[0]))
#define __printf(fmt, first)	__attribute((format(printf, fmt, first)))

/** TIME_TEXT - room for any time printed by time_text() */
#define TIME_TEXT	24
/** ADDR_TEXT - room for an address, a prefix or an address with a port */
#define ADDR_TEXT	64

/**
 * struct parse_error - why a text was not understood
 * @text:	one sentence without the text itself, for "KEYWORD VALUE: sentence"
 */
struct parse_error {
	char text[512];
};

/**
 * struct inet - an address or a prefix
 * @family:	AF_INET
 * @len:	bytes of @addr in use
 * @plen:	prefix length
 * @has_plen:	the text had a length
 * @port:	port of an endpoint
 * @has_port:	the text had a port
 * @addr:	network byte order
 */
struct inet {
	uint32_t family;
	unsigned int len;
	unsigned int plen;
	bool has_plen;
	unsigned int port;
	bool has_port;
	unsigned char addr[16];
};

__printf(2, 3)
bool parse_fail(struct parse_error *e, const char *fmt, ...);

bool parse_number(const char *arg, uint32_t *value, struct parse_error *e);
bool parse_percent(const char *arg, uint32_t *value, struct parse_error *e);
bool parse_time(const char *arg, bool minutes, uint32_t *secs, struct parse_error *e);
bool parse_name(const char *arg, struct parse_error *e);
bool parse_addr(const char *arg, struct inet *in, struct parse_error *e);
bool parse_prefix(const char *arg, struct inet *in, struct parse_error *e);
bool parse_endpoint(const char *arg, struct inet *in, struct parse_error *e);
bool parse_proto(const char *arg, uint32_t *proto, struct parse_error *e);

void plen_put(char buf[ADDR_TEXT], unsigned int plen);
const char *time_text(char buf[TIME_TEXT], uint32_t secs);
const char *addr_text(char buf[ADDR_TEXT], const void *addr, unsigned int len);
const char *proto_text(uint32_t proto);

/**
 * struct words - a list of words, walked by index
 * @word:	word number @i, or NULL after the last one
 * @data:	what @word reads
 */
struct words {
	const char *(*word)(const void *data, unsigned int i);
	const void *data;
};

int word_find(const struct words *list, const char *arg);
const char *word_nearest(const struct words *list, const char *arg);
bool word_fail(struct parse_error *e, const struct words *list, const char *what,
	       const char *arg);
struct words word_array(const char *const *array);

#endif /* NATGWCTL_PARSE_H */
