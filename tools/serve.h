/* SPDX-License-Identifier: GPL-2.0 */
/* Metrics and the status page, by HTTP. */
#ifndef NATGWCTL_SERVE_H
#define NATGWCTL_SERVE_H

#include "ctl.h"
#include "listen.h"

/** SERVE_HOSTS - most names of --host */
#define SERVE_HOSTS	8

/**
 * struct serve - what to serve
 * @ctl:	run, its socket open or not
 * @fds:	sockets that listen
 * @n_fds:	their number
 * @hosts:	names that a header Host may have, besides numbers, localhost and this machine's
 * @n_hosts:	their number
 */
struct serve {
	struct ctl *ctl;
	int fds[LISTEN_MAX];
	int n_fds;
	const char *hosts[SERVE_HOSTS];
	unsigned int n_hosts;
};

int serve_run(const struct serve *serve);

#endif /* NATGWCTL_SERVE_H */
