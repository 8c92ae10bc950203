/* SPDX-License-Identifier: GPL-2.0 */
/* What the tool makes of the kernel's refusals. */
#ifndef NATGWCTL_REFUSAL_H
#define NATGWCTL_REFUSAL_H

#include "nl.h"

/** REFUSAL_TEXT - longest refusal */
#define REFUSAL_TEXT	1024

void refusal_times(char buf[REFUSAL_TEXT], const char *why, const char *typed);
bool refusal_hint(char buf[REFUSAL_TEXT], const struct request *req, const char *why);

#endif /* NATGWCTL_REFUSAL_H */
