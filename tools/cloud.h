/* SPDX-License-Identifier: GPL-2.0 */
/* What the cloud's own tool calls things, and what natgwctl calls them. */
#ifndef NATGWCTL_CLOUD_H
#define NATGWCTL_CLOUD_H

#include "object.h"

/** CLOUD_TEXT - room for a command of the cloud's, and for one of ours */
#define CLOUD_TEXT	96

bool cloud_command(char theirs[CLOUD_TEXT], char ours[CLOUD_TEXT], int argc, char **argv);
const char *cloud_verb(const struct object *obj, const char *word);
const char *cloud_key(const struct object *obj, unsigned int want, const char *word);
bool cloud_only(const char *word);

#endif /* NATGWCTL_CLOUD_H */
