/* SPDX-License-Identifier: GPL-2.0 */
/* A request to the natgw family on its way: attributes, and the words that they were made from. */
#ifndef NATGWCTL_REQUEST_H
#define NATGWCTL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/natgw.h>

/** NL_REQUEST_SIZE - longest request: a tag with all its prefixes has 28 KiB */
#define NL_REQUEST_SIZE		32768
/** NL_ARGS - most values of one request that remember their words */
#define NL_ARGS			(NATGW_TAG_PREFIXES + 64)

/**
 * struct arg - what a part of a request was made from, to name it in an error
 * @start:	offset of its first attribute
 * @end:	behind its last one
 * @word:	key of the command line
 * @value:	its value there, or one of several
 * @len:	bytes of @value
 */
struct arg {
	uint32_t start;
	uint32_t end;
	const char *word;
	const char *value;
	size_t len;
};

/**
 * struct request - one message to the kernel
 * @buf:	the message, from its netlink header on
 * @nlh:	start of @buf
 * @full:	an attribute did not fit
 * @has_family:	the address family was put already
 * @args:	what it was made from
 * @n_args:	entries of @args in use
 */
struct request {
	union {
		char buf[NL_REQUEST_SIZE];
		struct nlmsghdr align;
	};
	struct nlmsghdr *nlh;
	bool full;
	bool has_family;
	struct arg args[NL_ARGS];
	unsigned int n_args;
};

void request_init(struct request *req, uint8_t cmd);
void request_u32(struct request *req, uint16_t attr, uint32_t value);
void request_string(struct request *req, uint16_t attr, const char *value);
void request_bytes(struct request *req, uint16_t attr, const void *data, size_t len);
struct nlattr *request_nest(struct request *req, uint16_t attr);
void request_nest_end(struct request *req, struct nlattr *nest);
void request_arg(struct request *req, uint32_t start, const char *word, const char *value,
		 size_t len);

#endif /* NATGWCTL_REQUEST_H */
