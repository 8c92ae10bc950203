/* SPDX-License-Identifier: GPL-2.0 */
/* Usage of the tool and of its objects. */
#ifndef NATGWCTL_USAGE_H
#define NATGWCTL_USAGE_H

#include <stdio.h>

struct object;

void usage_object(FILE *to, const struct object *obj);
void usage_all(FILE *to);

#endif /* NATGWCTL_USAGE_H */
