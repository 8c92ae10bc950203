/* SPDX-License-Identifier: GPL-2.0 */
/* The options that stand before the object. */
#ifndef NATGWCTL_OPTION_H
#define NATGWCTL_OPTION_H

#include <getopt.h>
#include <stdbool.h>

/** SHORT_OPTIONS - for getopt_long() */
#define SHORT_OPTIONS	"+:jpsn:b:hV"

extern const struct option long_options[];

bool option_known(const char *word);

#endif /* NATGWCTL_OPTION_H */
