/* SPDX-License-Identifier: GPL-2.0 */
/* The socket that metrics are served at. */
#ifndef NATGWCTL_LISTEN_H
#define NATGWCTL_LISTEN_H

#include "parse.h"

int listen_open(const char *at, struct parse_error *e);
bool listen_host_is_address(const char *host);
size_t listen_host_len(const char *host);

#endif /* NATGWCTL_LISTEN_H */
