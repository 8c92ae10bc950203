/* SPDX-License-Identifier: GPL-2.0 */
/* upgrade: what it leaves behind, and its steps. */
#ifndef NATGWCTL_UPGRADE_H
#define NATGWCTL_UPGRADE_H

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"

/* Not lost in a crash of this program, and gone with the machine's run */
#define UPGRADE_DIR	"/run/natgw"
#define UPGRADE_CONF	UPGRADE_DIR "/upgrade.conf"
#define UPGRADE_STATE	UPGRADE_DIR "/upgrade.state"

/** UPGRADE_NETNS - room for what upgrade_other_netns() says */
#define UPGRADE_NETNS	320

/* Is the guard that stands that of an upgrade which did not come to its end? */
static inline bool upgrade_is_unfinished(const struct guard_state *guard)
{
	return !strcmp(guard->file, UPGRADE_CONF) && !access(UPGRADE_STATE, F_OK);
}

bool upgrade_step(const char *out, ...) __attribute__((sentinel));
bool upgrade_other_netns(char text[UPGRADE_NETNS]);

#endif /* NATGWCTL_UPGRADE_H */
