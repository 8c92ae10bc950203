/* SPDX-License-Identifier: GPL-2.0 */
/* A configuration as JSON: what "export -j" prints. */
#ifndef NATGWCTL_CONFIG_JSON_H
#define NATGWCTL_CONFIG_JSON_H

#include "ctl.h"

bool config_is_json(const char *text, size_t len);
int config_json(struct ctl *ctl, const char *text, size_t len);

#endif /* NATGWCTL_CONFIG_JSON_H */
