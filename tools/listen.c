// SPDX-License-Identifier: GPL-2.0
/* Owns how a listening socket comes about: from systemd, or from an address and a port. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"

/* The first of the files that systemd hands over, sd_listen_fds(3) */
#define SYSTEMD_FD	3

union addr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/**
 * listen_host_len - the part of "HOST:PORT" or "[HOST]:PORT" that is the host
 * @host:	text
 *
 * Return: bytes, brackets included.
 */
size_t listen_host_len(const char *host)
{
	const char *end = *host == '[' ? strchr(host, ']') : NULL;

	return end ? (size_t)(end + 1 - host) : strcspn(host, ":");
}

/* The number behind the host. Return: -1 if there is none, or not one */
static int port_of(const char *text)
{
	unsigned long port;
	char *end;

	if (*text++ != ':' || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	port = strtoul(text, &end, 10);
	return *end || errno || port > 65535 ? -1 : (int)port;
}

/**
 * listen_host_is_address - does a header Host have a number, and no name?
 * @host:	"192.0.2.1:80", "[::1]"
 */
bool listen_host_is_address(const char *host)
{
	char text[INET6_ADDRSTRLEN + 2];
	size_t len = listen_host_len(host);
	struct in6_addr addr;

	if (len >= sizeof(text) || (host[len] && port_of(host + len) < 0))
		return false;
	memcpy(text, host, len);
	text[len] = 0;
	if (text[0] != '[')
		return inet_pton(AF_INET, text, &addr) == 1;
	text[len - 1] = 0;
	return inet_pton(AF_INET6, text + 1, &addr) == 1;
}

static int from_systemd(int files[LISTEN_MAX], struct parse_error *e)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	unsigned long n = fds ? strtoul(fds, NULL, 10) : 0, i;

	if (!pid || !n || strtoul(pid, NULL, 10) != (unsigned long)getpid()) {
		parse_fail(e, "systemd handed over no socket: natgw-metrics.socket does");
		return -1;
	}
	if (n > LISTEN_MAX) {
		parse_fail(e, "systemd handed over %s sockets, it takes %u", fds, LISTEN_MAX);
		return -1;
	}
	for (i = 0; i < n; i++) {
		socklen_t len = sizeof(int);
		int fd = SYSTEMD_FD + i, listens = 0;

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) || !listens) {
			parse_fail(e, "what systemd handed over does not listen");
			return -1;
		}
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		files[i] = fd;
	}
	return n;
}

/* "9100": of the loopback device alone */
static bool addr_parse(const char *at, union addr *addr, socklen_t *len)
{
	char host[INET6_ADDRSTRLEN + 2] = "127.0.0.1";
	size_t n = strspn(at, "0123456789") == strlen(at) ? 0 : listen_host_len(at);
	char with_colon[16];
	int port;

	memset(addr, 0, sizeof(*addr));
	if (n >= sizeof(host))
		return false;
	if (n) {
		memcpy(host, at, n);
		host[n] = 0;
		port = port_of(at + n);
	} else {
		snprintf(with_colon, sizeof(with_colon), ":%.10s", at);
		port = port_of(with_colon);
	}
	if (port < 0)
		return false;
	if (host[0] == '[') {
		host[n - 1] = 0;
		addr->in6.sin6_family = AF_INET6;
		addr->in6.sin6_port = htons(port);
		*len = sizeof(addr->in6);
		return inet_pton(AF_INET6, host + 1, &addr->in6.sin6_addr) == 1;
	}
	addr->in.sin_family = AF_INET;
	addr->in.sin_port = htons(port);
	*len = sizeof(addr->in);
	return inet_pton(AF_INET, host, &addr->in.sin_addr) == 1;
}

/**
 * listen_open - sockets that listen
 * @at:		"ADDRESS:PORT", "PORT" of 127.0.0.1, or "systemd": all that it hands over
 * @fds:	result
 * @e:		why not
 *
 * Return: their number, or -1.
 */
int listen_open(const char *at, int fds[LISTEN_MAX], struct parse_error *e)
{
	union addr addr;
	socklen_t len;
	int fd, one = 1;

	if (!strcmp(at, "systemd"))
		return from_systemd(fds, e);
	if (!addr_parse(at, &addr, &len)) {
		parse_fail(e, "not ADDRESS:PORT, [ADDRESS]:PORT, PORT or systemd");
		return -1;
	}
	fd = socket(addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, &addr.any, len) || listen(fd, 64)) {
		parse_fail(e, "cannot listen there: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	fds[0] = fd;
	return 1;
}
