/* SPDX-License-Identifier: GPL-2.0 */
/* Requests to the natgw family and their answers, over libmnl. */
#ifndef NATGWCTL_NL_H
#define NATGWCTL_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "request.h"

/** NL_BUFFER_SIZE - the kernel fills dump messages up to 32 KiB, beyond that for one object */
#define NL_BUFFER_SIZE		32768

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

int nl_request(struct nl *nl, struct request *req, nl_answer answer, void *data,
	       struct nl_error *e);
int nl_dump(struct nl *nl, struct request *req, enum nl_dump_mode mode, nl_answer answer,
	    void *data, struct nl_error *e);

/* For the tests: what an NLMSG_ERROR or NLMSG_DONE says about @req */
void nl_error_parse(const struct request *req, const struct nlmsghdr *nlh, struct nl_error *e);

#endif /* NATGWCTL_NL_H */
