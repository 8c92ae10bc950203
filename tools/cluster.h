/* SPDX-License-Identifier: GPL-2.0 */
/* What clusters are about, for other commands. */
#ifndef NATGWCTL_CLUSTER_H
#define NATGWCTL_CLUSTER_H

#include "ctl.h"

void cluster_warn(struct ctl *ctl, const char *name);

#endif /* NATGWCTL_CLUSTER_H */
