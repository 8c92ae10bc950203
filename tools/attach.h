/* SPDX-License-Identifier: GPL-2.0 */
/* The key address of gateways: addresses are attached, and made if need be. */
#ifndef NATGWCTL_ATTACH_H
#define NATGWCTL_ATTACH_H

#include "object.h"

int attach_run(struct ctl *ctl, struct request *gateway, const char *name,
	       const struct extra *addresses);

#endif /* NATGWCTL_ATTACH_H */
