/* SPDX-License-Identifier: GPL-2.0 */
/* Questions to the kernel's other netlink families: routes, devices, policies. */
#ifndef NATGWCTL_RTNL_H
#define NATGWCTL_RTNL_H

#include <libmnl/libmnl.h>

/** RTNL_SIZE - room for a request */
#define RTNL_SIZE	256

/**
 * struct rtnl - one request
 * @buf:	the message
 * @nlh:	start of @buf
 */
struct rtnl {
	union {
		char buf[RTNL_SIZE];
		struct nlmsghdr align;
	};
	struct nlmsghdr *nlh;
};

void *rtnl_begin(struct rtnl *r, uint16_t type, uint16_t flags, size_t head);
int rtnl_ask(struct rtnl *r, int bus, mnl_cb_t answer, void *data);

#endif /* NATGWCTL_RTNL_H */
