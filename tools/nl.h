/* SPDX-License-Identifier: GPL-2.0 */
/* Requests to the natgw family and their answers, over libmnl. */
#ifndef NATGWCTL_NL_H
#define NATGWCTL_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/natgw.h>

/** NL_REQUEST_SIZE - longest request: a tag with all its prefixes has 28 KiB */
#define NL_REQUEST_SIZE		32768
/** NL_BUFFER_SIZE - the kernel fills dump messages up to 32 KiB, beyond that for one object */
#define NL_BUFFER_SIZE		32768
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

/**
 * struct nl_error - why a request failed
 * @err:	errno
 * @text:	the kernel's sentence, or empty
 * @attr:	attribute at fault, or 0; of several levels the outer one
 * @offset:	where in the request it is, or 0
 * @missing:	@attr is not wrong but missing
 * @malformed:	the answer, not the request, is at fault
 */
struct nl_error {
	int err;
	char text[512];
	uint16_t attr;
	uint32_t offset;
	bool missing;
	bool malformed;
};

/**
 * typedef nl_answer - takes one message of an answer
 *
 * Return: false if it is malformed.
 */
typedef bool (*nl_answer)(const struct nlmsghdr *nlh, void *data);

/**
 * struct nl - a socket to the natgw family
 * @sock:	socket, NULL while closed
 * @family:	id of the family
 * @port:	netlink port of @sock
 * @seq:	number of the last request
 * @buf:	for answers; grows
 * @size:	bytes of @buf
 * @event:	takes messages that are no answer while one is waited for, or NULL
 * @event_data:	for @event
 */
struct nl {
	struct mnl_socket *sock;
	uint16_t family;
	uint32_t port;
	uint32_t seq;
	char *buf;
	size_t size;
	nl_answer event;
	void *event_data;
};

enum nl_dump_mode {
	NL_DUMP_WHOLE,	/* consistent: the dump is repeated if objects changed meanwhile */
	NL_DUMP_STREAM,	/* each message is handed on as it comes */
};

int nl_open(struct nl *nl, struct nl_error *e);
void nl_close(struct nl *nl);

int nl_group(struct nl *nl, const char *name, uint32_t *group, struct nl_error *e);
int nl_join(struct nl *nl, uint32_t group, struct nl_error *e);
int nl_receive(struct nl *nl, nl_answer event, void *data, struct nl_error *e);
bool nl_family_gone(const struct nl *nl, const struct nlmsghdr *nlh);

void request_init(struct request *req, uint8_t cmd);
void request_u32(struct request *req, uint16_t attr, uint32_t value);
void request_string(struct request *req, uint16_t attr, const char *value);
void request_bytes(struct request *req, uint16_t attr, const void *data, size_t len);
struct nlattr *request_nest(struct request *req, uint16_t attr);
void request_nest_end(struct request *req, struct nlattr *nest);
void request_arg(struct request *req, uint32_t start, const char *word, const char *value,
		 size_t len);

int nl_request(struct nl *nl, struct request *req, nl_answer answer, void *data,
	       struct nl_error *e);
int nl_dump(struct nl *nl, struct request *req, enum nl_dump_mode mode, nl_answer answer,
	    void *data, struct nl_error *e);

/* For the tests: what an NLMSG_ERROR or NLMSG_DONE says about @req */
void nl_error_parse(const struct request *req, const struct nlmsghdr *nlh, struct nl_error *e);

#endif /* NATGWCTL_NL_H */
