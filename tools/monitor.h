/* SPDX-License-Identifier: GPL-2.0 */
/* What monitor prints of sessions. */
#ifndef NATGWCTL_MONITOR_H
#define NATGWCTL_MONITOR_H

#include "watch.h"

void monitor_session(const struct watched *w, void *data);
int monitor_session_lost(struct ctl *ctl, const struct watch *watch, uint64_t n);

#endif /* NATGWCTL_MONITOR_H */
