/* SPDX-License-Identifier: GPL-2.0 */
/* What the objects of a configuration file refer to. */
#ifndef NATGWCTL_REFERENCE_H
#define NATGWCTL_REFERENCE_H

#include "item.h"

int reference_check(struct ctl *ctl, const struct items *want, const struct items *have);

#endif /* NATGWCTL_REFERENCE_H */
