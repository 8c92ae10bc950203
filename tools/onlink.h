/* SPDX-License-Identifier: GPL-2.0 */
/* Public addresses in a directly connected network, which need an answer to ARP. */
#ifndef NATGWCTL_ONLINK_H
#define NATGWCTL_ONLINK_H

#include <net/if.h>

#include "object.h"

/** ONLINK_TEXT - room for onlink_text() */
#define ONLINK_TEXT	(2 * ADDR_TEXT + 2 * IFNAMSIZ + 96)

bool onlink_silent(char dev[IFNAMSIZ], const struct nlattr *const *tb);
bool onlink_text(char buf[ONLINK_TEXT], const struct nlattr *const *tb);
void onlink_warn(struct ctl *ctl, const char *address);

#endif /* NATGWCTL_ONLINK_H */
