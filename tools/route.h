/* SPDX-License-Identifier: GPL-2.0 */
/* Effective routes, for those who show them. */
#ifndef NATGWCTL_ROUTE_H
#define NATGWCTL_ROUTE_H

#include "object.h"

/** ROUTE_TEXT - room for any text of route_text() */
#define ROUTE_TEXT	192

extern const struct schema effective_schema;

const char *route_text(char buf[ROUTE_TEXT], const struct nlattr *const *tb);
const char *route_problem(const struct nlattr *const *tb);
bool route_answer(const struct nlmsghdr *nlh, void *data);

#endif /* NATGWCTL_ROUTE_H */
