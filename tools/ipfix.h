/* SPDX-License-Identifier: GPL-2.0 */
/* Events of the gateway as IPFIX (RFC 7011), with the information elements of RFC 8158. */
#ifndef NATGWCTL_IPFIX_H
#define NATGWCTL_IPFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "ctl.h"
#include "watch.h"

/** IPFIX_PORT - where collectors listen, RFC 7011 */
#define IPFIX_PORT	"4739"
/** IPFIX_MESSAGE - most bytes of a message: with UDP and IP over IPv6 in front 1,468 */
#define IPFIX_MESSAGE	1420
/** IPFIX_REFRESH - seconds after which templates are sent again by UDP */
#define IPFIX_REFRESH	60
/** IPFIX_RETRY - seconds after which a connection is tried again */
#define IPFIX_RETRY	5

struct addrinfo;
struct ipfix_message;
struct ipfix_question;

/**
 * struct ipfix_sender - the way to a collector
 * @at:		"HOST:PORT", for messages
 * @host:	its host
 * @port:	its port
 * @tcp:	by TCP, else by UDP
 * @fd:		socket, or -1
 * @connecting:	by TCP: the connection is not up yet
 * @error:	errno of what went wrong last, or 0
 * @no_name:	error of getaddrinfo(3), or 0
 * @unsent:	records that were left out, since they were last told of
 * @list:	its addresses
 * @next:	the one to try next, or NULL: the first
 * @look_up:	when they are looked up again at the earliest, s
 * @to:		the one that @fd is for
 * @question:	they are being looked up anew; or NULL
 * @queue:	by TCP: ring of messages that the socket did not take yet
 * @first:	place of the oldest one
 * @n:		number of them
 * @sent:	bytes of the oldest one that the socket took
 */
struct ipfix_sender {
	const char *at;
	char host[256];
	char port[16];
	bool tcp;
	int fd;
	bool connecting;
	int error;
	int no_name;
	uint64_t unsent;
	struct addrinfo *list;
	const struct addrinfo *next;
	time_t look_up;
	struct sockaddr_storage to;
	struct ipfix_question *question;
	struct ipfix_message *queue;
	size_t first;
	size_t n;
	size_t sent;
};

bool ipfix_sender_parse(struct ipfix_sender *s, const char *at, struct parse_error *e);
const char *ipfix_sender_error(const struct ipfix_sender *s);
bool ipfix_sender_open(struct ipfix_sender *s);
bool ipfix_sender_put(struct ipfix_sender *s, const uint8_t *message, size_t len,
		      unsigned int records);
bool ipfix_sender_ready(struct ipfix_sender *s);
bool ipfix_sender_moved(struct ipfix_sender *s);
bool ipfix_sender_lose(struct ipfix_sender *s, int err);
void ipfix_sender_drain(struct ipfix_sender *s, int ms);
void ipfix_sender_close(struct ipfix_sender *s);

struct ipfix;

int ipfix_open(struct ctl *ctl, struct ipfix **x, const char *at, bool tcp);
void ipfix_close(struct ipfix *x);

void ipfix_session(struct ipfix *x, const struct watched *w);
void ipfix_block(struct ipfix *x, const struct watched_block *b);
void ipfix_refused(struct ipfix *x, uint64_t time, const struct nlattr *const *tb, struct ctl *ctl);
void ipfix_lost(struct ipfix *x, uint64_t since, uint64_t until, uint64_t total);

void ipfix_flush(struct ipfix *x);
int ipfix_fd(const struct ipfix *x);
short ipfix_wants(const struct ipfix *x);
bool ipfix_ready(struct ipfix *x);
bool ipfix_tick(struct ipfix *x);

#endif /* NATGWCTL_IPFIX_H */
