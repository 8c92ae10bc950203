// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the socket to an IPFIX collector. Called by ipfix.c.
 *
 * It never waits: whoever is slow or away must not keep the log from reading what the kernel
 * says. By TCP some megabytes may wait for the collector; beyond that messages are left out, and
 * their sequence numbers tell the collector.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ipfix.h"
#include "listen.h"

/** QUEUE - by TCP: bytes that may wait for a collector, a second of 50,000 sessions */
#define QUEUE		(8 << 20)
/** SEND_BYTES - of the socket: what a burst may have */
#define SEND_BYTES	(4 << 20)

/**
 * ipfix_sender_parse - who the collector is
 * @s:		result
 * @at:		"HOST:PORT", "HOST" or "[HOST]:PORT"; for as long as @s is there
 * @e:		why not
 *
 * Return: false if it is none.
 */
bool ipfix_sender_parse(struct ipfix_sender *s, const char *at, struct parse_error *e)
{
	size_t len = listen_host_len(at);
	bool brackets = at[0] == '[' && at[len - 1] == ']';

	*s = (struct ipfix_sender){ .at = at, .fd = -1 };
	if (!len || (at[0] == '[' && !brackets) || len >= sizeof(s->host))
		return parse_fail(e, "not a collector like 192.0.2.9:" IPFIX_PORT);
	memcpy(s->host, at + brackets, len - 2 * brackets);
	if (at[len] && (at[len] != ':' || !at[len + 1] || strlen(at + len + 1) >= sizeof(s->port)))
		return parse_fail(e, "not a collector like 192.0.2.9:" IPFIX_PORT);
	snprintf(s->port, sizeof(s->port), "%s", at[len] ? at + len + 1 : IPFIX_PORT);
	return true;
}

static int connect_to(struct ipfix_sender *s, const struct addrinfo *info)
{
	int bytes = SEND_BYTES, fd;

	fd = socket(info->ai_family, info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    info->ai_protocol);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	if (!connect(fd, info->ai_addr, info->ai_addrlen))
		return fd;
	if (errno == EINPROGRESS) {
		s->connecting = true;
		return fd;
	}
	s->error = errno;
	close(fd);
	return -1;
}

/**
 * ipfix_sender_open - begin to connect
 * @s:		parsed, and closed
 *
 * A name is looked up, which may take its time. Return: false, and @error says why not.
 */
bool ipfix_sender_open(struct ipfix_sender *s)
{
	const struct addrinfo hints = {
		.ai_socktype = s->tcp ? SOCK_STREAM : SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG,
	};
	struct addrinfo *list, *info;

	s->error = EHOSTUNREACH;
	if (getaddrinfo(s->host, s->port, &hints, &list))
		return false;
	for (info = list; info && s->fd < 0; info = info->ai_next)
		s->fd = connect_to(s, info);
	freeaddrinfo(list);
	if (s->fd < 0)
		return false;
	s->error = 0;
	if (s->tcp && !s->queue) {
		s->queue = malloc(QUEUE);
		if (!s->queue)
			abort();
	}
	return true;
}

static bool lose(struct ipfix_sender *s, int err)
{
	s->error = err;
	if (s->tcp) {
		close(s->fd);
		s->fd = -1;
		s->connecting = false;
		s->len = 0;
	}
	return false;
}

/**
 * ipfix_sender_ready - the socket takes more, or has an error
 * @s:		open
 *
 * Return: false if the connection is lost.
 */
bool ipfix_sender_ready(struct ipfix_sender *s)
{
	socklen_t len = sizeof(int);
	char byte;
	ssize_t n;
	int err;

	if (s->fd < 0)
		return false;
	if (!s->tcp)
		return true;
	if (s->connecting) {
		if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len) || err)
			return lose(s, err);
		s->connecting = false;
	}
	/* a collector says nothing but that it goes */
	n = recv(s->fd, &byte, 1, MSG_PEEK);
	if (!n || (n < 0 && errno != EAGAIN && errno != ENOTCONN))
		return lose(s, n ? errno : ECONNRESET);
	while (s->len) {
		n = send(s->fd, s->queue, s->len, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN ? true : lose(s, errno);
		s->len -= n;
		memmove(s->queue, s->queue + n, s->len);
	}
	return true;
}

/**
 * ipfix_sender_put - send a message
 * @s:		sender
 * @message:	message
 * @len:	bytes
 *
 * Return: false if it was left out.
 */
bool ipfix_sender_put(struct ipfix_sender *s, const uint8_t *message, size_t len)
{
	ssize_t n;

	if (s->fd < 0)
		return false;
	if (!s->tcp) {
		n = send(s->fd, message, len, MSG_NOSIGNAL);
		/* what an earlier one has met: nobody listens */
		if (n < 0 && errno == ECONNREFUSED) {
			s->error = errno;
			n = send(s->fd, message, len, MSG_NOSIGNAL);
		}
		if (n < 0)
			s->error = errno;
		return n >= 0;
	}
	if (!s->len && !s->connecting) {
		n = send(s->fd, message, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return lose(s, errno);
		if (n > 0) {
			message += n;
			len -= n;
		}
	}
	/* a part of a message may not be left out */
	if (s->len + len > QUEUE - IPFIX_MESSAGE) {
		s->error = ENOBUFS;
		return false;
	}
	memcpy(s->queue + s->len, message, len);
	s->len += len;
	return true;
}

/**
 * ipfix_sender_drain - give a collector some time to take what waits
 * @s:		sender
 * @ms:		that long
 */
void ipfix_sender_drain(struct ipfix_sender *s, int ms)
{
	struct timespec ts;
	long long until, now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	until = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000 + ms;
	while (s->fd >= 0 && (s->len || s->connecting)) {
		struct pollfd fd = { .fd = s->fd, .events = POLLOUT };

		clock_gettime(CLOCK_MONOTONIC, &ts);
		now = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
		if (now >= until || poll(&fd, 1, until - now) <= 0 || !ipfix_sender_ready(s))
			return;
	}
}

void ipfix_sender_close(struct ipfix_sender *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->queue);
	s->queue = NULL;
	s->fd = -1;
	s->len = 0;
}
