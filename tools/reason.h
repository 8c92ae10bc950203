/* SPDX-License-Identifier: GPL-2.0 */
/* What each drop reason means, and what to do about it. */
#ifndef NATGWCTL_REASON_H
#define NATGWCTL_REASON_H

#include <linux/natgw.h>

/**
 * struct reason - one drop reason
 * @word:	on the command line and in JSON
 * @meaning:	what happened
 * @action:	what to do
 */
struct reason {
	const char *word;
	const char *meaning;
	const char *action;
};

extern const char *const reason_words[NATGW_DROP_MAX + 2];
extern const struct reason reasons[NATGW_DROP_MAX + 1];

#endif /* NATGWCTL_REASON_H */
