/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NATGWCTL_FILE_H
#define NATGWCTL_FILE_H

#include <stddef.h>

char *file_read(const char *file, size_t *len);

#endif /* NATGWCTL_FILE_H */
