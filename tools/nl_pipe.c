// SPDX-License-Identifier: GPL-2.0
/*
 * Owns requests that are sent together: the kernel acknowledges the last one, and of the
 * others tells which it refuses. Called by object_send() while apply sends a plan. Who wants to
 * know what was refused, and why, sends the requests once more, one by one.
 */
#include <errno.h>
#include <string.h>

#include "nl_pipe.h"

/* Reads up to the acknowledgment of the last request. Return: none was refused */
static bool answers(struct nl *nl, uint32_t last)
{
	const struct nlmsghdr *nlh;
	const struct nlmsgerr *ack;
	bool good = true;
	ssize_t got;
	int len;

	for (;;) {
		got = mnl_socket_recvfrom(nl->sock, nl->buf, nl->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		len = got;
		for (nlh = (struct nlmsghdr *)nl->buf; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_type != NLMSG_ERROR ||
			    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ack))
				continue;
			ack = mnl_nlmsg_get_payload(nlh);
			good &= !ack->error;
			if (nlh->nlmsg_seq == last)
				return good;
		}
	}
}

/**
 * nl_pipe_flush - send what waits, and read the answers
 * @pipe:	requests
 *
 * Return: false if the kernel refused one of them, or was not reached.
 */
bool nl_pipe_flush(struct nl_pipe *pipe)
{
	struct nlmsghdr *last = (struct nlmsghdr *)(pipe->buf + pipe->last);
	size_t len = pipe->len;

	if (!len)
		return true;
	last->nlmsg_flags |= NLM_F_ACK;
	pipe->len = 0;
	return mnl_socket_sendto(pipe->nl->sock, pipe->buf, len) >= 0 &&
		answers(pipe->nl, last->nlmsg_seq);
}

/**
 * nl_pipe_add - send a request, sooner or later
 * @pipe:	requests
 * @req:	one more
 *
 * Return: false if one of those before was refused, or this one is too long.
 */
bool nl_pipe_add(struct nl_pipe *pipe, struct request *req)
{
	size_t len = MNL_ALIGN(req->nlh->nlmsg_len);

	if (req->full || (pipe->len + len > sizeof(pipe->buf) && !nl_pipe_flush(pipe)))
		return false;
	req->nlh->nlmsg_type = pipe->nl->family;
	req->nlh->nlmsg_flags = NLM_F_REQUEST;
	req->nlh->nlmsg_seq = ++pipe->nl->seq;
	req->nlh->nlmsg_pid = pipe->nl->port;
	memcpy(pipe->buf + pipe->len, req->nlh, req->nlh->nlmsg_len);
	memset(pipe->buf + pipe->len + req->nlh->nlmsg_len, 0, len - req->nlh->nlmsg_len);
	pipe->last = pipe->len;
	pipe->len += len;
	return true;
}
