// SPDX-License-Identifier: GPL-2.0
/*
 * Owns a socket for the time of one question to rtnetlink, xfrm or nfnetlink. Called by doctor,
 * which asks few. The family natgw has nl.c, which knows its errors and its dumps.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "rtnl.h"
#include "table.h"

/**
 * rtnl_begin - begin a request
 * @r:		request
 * @type:	of its message, RTM_GETLINK
 * @flags:	NLM_F_DUMP, or 0
 * @head:	bytes of the family's own header
 *
 * Return: this header, of zeros.
 */
void *rtnl_begin(struct rtnl *r, uint16_t type, uint16_t flags, size_t head)
{
	r->nlh = mnl_nlmsg_put_header(r->buf);
	r->nlh->nlmsg_type = type;
	r->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	r->nlh->nlmsg_seq = time(NULL);
	return mnl_nlmsg_put_extra_header(r->nlh, head);
}

/**
 * rtnl_ask - send a request and take its answer
 * @r:		request
 * @bus:	NETLINK_ROUTE, NETLINK_XFRM, NETLINK_NETFILTER
 * @answer:	takes each message
 * @data:	for @answer
 *
 * Return: 0, or the errno.
 */
int rtnl_ask(struct rtnl *r, int bus, mnl_cb_t answer, void *data)
{
	struct mnl_socket *sock = mnl_socket_open2(bus, SOCK_CLOEXEC);
	/* a message of a dump may be larger than a page */
	const size_t size = 32768;
	char *buf = out_checked(malloc(size));
	int ret = -1, err;
	ssize_t len;

	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(sock, r->nlh, r->nlh->nlmsg_len) < 0)
		goto out;
	do {
		len = mnl_socket_recvfrom(sock, buf, size);
		if (len < 0)
			break;
		ret = mnl_cb_run(buf, len, r->nlh->nlmsg_seq, mnl_socket_get_portid(sock), answer,
				 data);
		/* the answer to a single question has no end of its own */
	} while (ret > MNL_CB_STOP && r->nlh->nlmsg_flags & NLM_F_DUMP);
	if (len < 0)
		ret = -1;
out:
	err = errno;
	free(buf);
	if (sock)
		mnl_socket_close(sock);
	return ret < 0 ? err : 0;
}
