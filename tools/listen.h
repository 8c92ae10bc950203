/* SPDX-License-Identifier: GPL-2.0 */
/* The socket that metrics are served at. */
#ifndef NATGWCTL_LISTEN_H
#define NATGWCTL_LISTEN_H

#include "parse.h"

/** LISTEN_MAX - most sockets that systemd may hand over */
#define LISTEN_MAX	8

int listen_open(const char *at, int fds[LISTEN_MAX], struct parse_error *e);
bool listen_host_is_address(const char *host);
size_t listen_host_len(const char *host);

#endif /* NATGWCTL_LISTEN_H */
