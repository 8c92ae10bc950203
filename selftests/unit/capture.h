/* SPDX-License-Identifier: GPL-2.0 */
/* What is tested prints into a file, for the test to look at. */
#ifndef NATGW_UNIT_CAPTURE_H
#define NATGW_UNIT_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* From now on @fd is a file. Return: its descriptor, or -1 */
static inline int capture(int fd)
{
	int file = memfd_create("output", MFD_CLOEXEC);

	return file < 0 || dup2(file, fd) < 0 ? -1 : file;
}

/* What was printed since the last call */
static inline const char *captured(int file, char *buf, size_t size)
{
	ssize_t len;

	fflush(stdout);
	fflush(stderr);
	len = pread(file, buf, size - 1, 0);
	buf[len > 0 ? len : 0] = 0;
	if (ftruncate(file, 0))
		abort();
	lseek(file, 0, SEEK_SET);
	return buf;
}

#endif
