/* SPDX-License-Identifier: GPL-2.0 */
/* Text from elsewhere, such as the names of devices, made safe for a terminal. */
#ifndef NATGWCTL_TEXT_H
#define NATGWCTL_TEXT_H

#include <stdio.h>

void text_put(FILE *to, const char *text);
char *text_escape(const char *text);

#endif /* NATGWCTL_TEXT_H */
