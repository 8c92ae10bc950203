/* SPDX-License-Identifier: GPL-2.0 */
/* Many requests at once, without waiting for the answer to each. */
#ifndef NATGWCTL_NL_PIPE_H
#define NATGWCTL_NL_PIPE_H

#include "nl.h"

/** NL_PIPE_SIZE - bytes of requests that are sent at once */
#define NL_PIPE_SIZE	(2 * NL_REQUEST_SIZE)

/**
 * struct nl_pipe - requests on their way
 * @nl:		socket
 * @buf:	those that wait to be sent
 * @len:	bytes of @buf in use
 * @last:	offset of the last one
 */
struct nl_pipe {
	struct nl *nl;
	char buf[NL_PIPE_SIZE];
	size_t len;
	size_t last;
};

bool nl_pipe_add(struct nl_pipe *pipe, struct request *req);
bool nl_pipe_flush(struct nl_pipe *pipe);

#endif /* NATGWCTL_NL_PIPE_H */
