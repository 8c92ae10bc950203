/* SPDX-License-Identifier: GPL-2.0 */
/* The options that stand before the object, and -f, which stands behind a command. */
#ifndef NATGWCTL_OPTION_H
#define NATGWCTL_OPTION_H

#include <getopt.h>
#include <stdbool.h>

/** SHORT_OPTIONS - for getopt_long() */
#define SHORT_OPTIONS	"+:jpsn:b:hV"

struct ctl;

extern const struct option long_options[];

bool option_known(const char *word);
int file_option(const struct ctl *ctl, int argc, char **argv, const char **file);

#endif /* NATGWCTL_OPTION_H */
