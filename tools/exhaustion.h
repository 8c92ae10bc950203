/* SPDX-License-Identifier: GPL-2.0 */
/* Events of exhaustion: flows that were refused, and destinations that are near it. */
#ifndef NATGWCTL_EXHAUSTION_H
#define NATGWCTL_EXHAUSTION_H

#include <stdio.h>

#include "field.h"

extern const struct schema exhaustion_schema;
extern const struct schema headroom_schema;

void exhaustion_text(FILE *to, const struct nlattr *const *tb, const char *limits);
void headroom_text(FILE *to, const struct nlattr *const *tb);

#endif /* NATGWCTL_EXHAUSTION_H */
