/* SPDX-License-Identifier: GPL-2.0 */
/* What a gateway lets one host have, and the keys that say so. */
#ifndef NATGWCTL_QUOTA_H
#define NATGWCTL_QUOTA_H

#include "object.h"

/** QUOTA_TEXT - room for any text about a quota */
#define QUOTA_TEXT	512

/**
 * struct quota - what a gateway lets one host have
 * @gateway:	name, empty: not known
 * @owner:	cluster that it is the load balancer of, or empty
 * @allocation:	enum natgw_allocation
 * @host_limit:	most sessions of a host, 0: any number
 * @ports:	ports-per-host, 0: by the number of hosts
 * @block:	ports that a host has now
 * @destination_limit:	most ports of an address to a destination, 0: all
 */
struct quota {
	char gateway[NATGW_NAME_MAX + 1];
	char owner[NATGW_NAME_MAX + 1];
	uint32_t allocation;
	uint32_t host_limit;
	uint32_t ports;
	uint32_t block;
	uint32_t destination_limit;
};

void quota_parse(struct quota *q, const struct nlattr *const *tb);
void quota_load(struct ctl *ctl, const char *gateway, struct quota *q);
uint32_t quota_limit(struct ctl *ctl, uint32_t reason, const char *gateway);
const char *quota_limits(char buf[QUOTA_TEXT], const struct quota *q);
const char *quota_meaning(char buf[QUOTA_TEXT], const struct quota *q);
const char *quota_action(char buf[QUOTA_TEXT], const struct quota *q);
const char *quota_command(char buf[QUOTA_TEXT], const struct quota *q);

#endif /* NATGWCTL_QUOTA_H */
