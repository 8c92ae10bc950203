/* SPDX-License-Identifier: GPL-2.0 */
/* Events of the gateway as IPFIX (RFC 7011), with the information elements of RFC 8158. */
#ifndef NATGWCTL_IPFIX_H
#define NATGWCTL_IPFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl.h"
#include "watch.h"

/** IPFIX_PORT - where collectors listen, RFC 7011 */
#define IPFIX_PORT	"4739"
/** IPFIX_MESSAGE - most bytes of a message: with UDP and IP over IPv6 in front 1,468 */
#define IPFIX_MESSAGE	1420
/** IPFIX_TEMPLATES - seconds after which templates are sent again by UDP */
#define IPFIX_TEMPLATES	60
/** IPFIX_RETRY - seconds after which a connection is tried again */
#define IPFIX_RETRY	5

/**
 * struct ipfix_sender - the way to a collector
 * @at:		"HOST:PORT", for messages
 * @host:	its host
 * @port:	its port
 * @tcp:	by TCP, else by UDP
 * @fd:		socket, or -1
 * @connecting:	by TCP: the connection is not up yet
 * @error:	errno of what went wrong last, or 0
 * @queue:	by TCP: what the socket did not take yet
 * @len:	bytes of @queue
 */
struct ipfix_sender {
	const char *at;
	char host[256];
	char port[32];
	bool tcp;
	int fd;
	bool connecting;
	int error;
	uint8_t *queue;
	size_t len;
};

bool ipfix_sender_parse(struct ipfix_sender *s, const char *at, struct parse_error *e);
bool ipfix_sender_open(struct ipfix_sender *s);
bool ipfix_sender_put(struct ipfix_sender *s, const uint8_t *message, size_t len);
bool ipfix_sender_ready(struct ipfix_sender *s);
void ipfix_sender_drain(struct ipfix_sender *s, int ms);
void ipfix_sender_close(struct ipfix_sender *s);

struct ipfix;

int ipfix_open(struct ctl *ctl, struct ipfix **x, const char *at, bool tcp);
void ipfix_close(struct ipfix *x);

void ipfix_session(struct ipfix *x, const struct watched *w);
void ipfix_block(struct ipfix *x, const struct watched_block *b);
void ipfix_refused(struct ipfix *x, uint64_t time, const struct nlattr *const *tb);

void ipfix_flush(struct ipfix *x);
int ipfix_fd(const struct ipfix *x);
short ipfix_wants(const struct ipfix *x);
bool ipfix_ready(struct ipfix *x);
bool ipfix_tick(struct ipfix *x);

#endif /* NATGWCTL_IPFIX_H */
