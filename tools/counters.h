/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of gateways and addresses, and what Azure calls them. */
#ifndef NATGWCTL_COUNTERS_H
#define NATGWCTL_COUNTERS_H

#include "object.h"

extern const struct schema counters_schema;
extern const struct schema flow_counters_schema;
extern const struct schema by_proto_schema;
extern const struct schema refused_schema;

/* azure.c */
int azure_load(struct ctl *ctl);
void azure_free(void);
void azure_gateway(struct out *o, const struct nlattr *const *tb);
void azure_address(struct out *o, const struct nlattr *const *tb);

#endif /* NATGWCTL_COUNTERS_H */
