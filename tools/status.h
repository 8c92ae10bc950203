/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NATGWCTL_STATUS_H
#define NATGWCTL_STATUS_H

#include "ctl.h"
#include "schema.h"

/** STATUS_VERSION_TEXT - room for the module's version */
#define STATUS_VERSION_TEXT	64

extern const struct schema status_schema;

int status_version(struct ctl *ctl, char version[STATUS_VERSION_TEXT], struct nl_error *e);
int status_run(struct ctl *ctl);

#endif /* NATGWCTL_STATUS_H */
