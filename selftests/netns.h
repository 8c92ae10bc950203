/* SPDX-License-Identifier: GPL-2.0 */
/* How a test program goes into a network namespace. */
#ifndef NETNS_H
#define NETNS_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

/* By the path of its file. Return: 0, or -1 with errno set */
static inline int enter_netns_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (setns(fd, CLONE_NEWNET)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return close(fd);
}

/* By the name that ip-netns(8) knows it by */
static inline int enter_netns(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	return enter_netns_file(path);
}

#endif
