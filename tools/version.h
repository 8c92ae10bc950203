/* SPDX-License-Identifier: GPL-2.0 */
/* Versions of the tool and of the module, and what comes of it if they differ. */
#ifndef NATGWCTL_VERSION_H
#define NATGWCTL_VERSION_H

#include "nl.h"

/** VERSION_TEXT - room for a version, or for a sentence about two */
#define VERSION_TEXT	256

/**
 * struct policy_look - what to look for in the policy of a command
 * @attr:	attribute
 * @dump:	the command dumps, and its policy for that counts
 * @index:	result: number of the policy
 * @told:	result: @index is known
 * @found:	result: the policy has the attribute
 */
struct policy_look {
	uint16_t attr;
	bool dump;
	uint32_t index;
	bool told;
	bool found;
};

void version_module(char text[VERSION_TEXT]);
int version_order(const char *a, const char *b);
bool version_explains(const struct request *req, const struct nl_error *e,
		      char text[VERSION_TEXT]);

/* For the tests: one message of the family's policy; @data: struct policy_look */
bool policy_answer(const struct nlmsghdr *nlh, void *data);

#endif /* NATGWCTL_VERSION_H */
