/* SPDX-License-Identifier: GPL-2.0 */
/* Prefixes of a service tag from a file. */
#ifndef NATGWCTL_TAG_FILE_H
#define NATGWCTL_TAG_FILE_H

#include "ctl.h"

/**
 * struct tag_file - a file on its way into a tag
 * @ctl:	run
 * @req:	request
 * @file:	its name
 * @n:		prefixes read
 * @ipv6:	prefixes left out
 * @texts:	what each was made from, for errors of the kernel
 */
struct tag_file {
	struct ctl *ctl;
	struct request *req;
	const char *file;
	unsigned int n;
	unsigned int ipv6;
	char **texts;
};

int tag_file_read(struct tag_file *in, const char *name);
void tag_file_free(struct tag_file *in);

#endif /* NATGWCTL_TAG_FILE_H */
