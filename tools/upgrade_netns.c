// SPDX-License-Identifier: GPL-2.0
/*
 * upgrade: does a network namespace other than this one have a configuration? It would go with the
 * module, and nothing would hold its subnets. Called by cmd_upgrade.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "table.h"
#include "upgrade.h"

#define UPGRADE_OTHER	UPGRADE_DIR "/upgrade.other"

/**
 * struct asked - namespaces that need not be asked any more
 * @dev:	of the file system that all of them are in
 * @list:	their inodes
 * @n:		number of @list
 */
struct asked {
	dev_t dev;
	ino_t *list;
	size_t n;
};

static void asked_add(struct asked *asked, ino_t ino)
{
	asked->list = out_checked(reallocarray(asked->list, asked->n + 1, sizeof(ino)));
	asked->list[asked->n++] = ino;
}

/* Is it one that was not asked yet? ip netns leaves a plain file where a namespace had a name */
static bool is_new(struct asked *asked, int fd)
{
	struct stat st;
	size_t i;

	if (fstat(fd, &st) || st.st_dev != asked->dev || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return false;
	for (i = 0; i < asked->n; i++)
		if (asked->list[i] == st.st_ino)
			return false;
	asked_add(asked, st.st_ino);
	return true;
}

static bool exports(int fd)
{
	struct stat out;
	int status = 0;
	pid_t pid;

	unlink(UPGRADE_OTHER);
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(setns(fd, CLONE_NEWNET) || !upgrade_step(UPGRADE_OTHER, "export", NULL));
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* one that cannot be asked may have one */
	return pid < 0 || status || stat(UPGRADE_OTHER, &out) || out.st_size;
}

static bool is_configured(struct asked *asked, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is;

	/* its process or its name has gone meanwhile */
	if (fd < 0)
		return errno != ENOENT && errno != ESRCH;
	is = is_new(asked, fd) && exports(fd);
	close(fd);
	return is;
}

/* Return: of the files that fit, one of a namespace that has a configuration; allocated, or NULL */
static char *find(struct asked *asked, const char *pattern)
{
	char *path = NULL;
	glob_t found;
	size_t i;

	if (glob(pattern, 0, NULL, &found))
		return NULL;
	for (i = 0; !path && i < found.gl_pathc; i++)
		if (is_configured(asked, found.gl_pathv[i]))
			path = out_checked(strdup(found.gl_pathv[i]));
	globfree(&found);
	return path;
}

/**
 * upgrade_other_netns - does another network namespace have a configuration?
 * @text:	result: which
 *
 * Those are looked at that have a name, or a process. Return: one has.
 */
bool upgrade_other_netns(char text[UPGRADE_NETNS])
{
	char *named = NULL, *unnamed = NULL;
	struct asked asked = {};
	bool initial, has;
	struct stat here;

	if (!stat("/proc/self/ns/net", &here)) {
		asked.dev = here.st_dev;
		asked_add(&asked, here.st_ino);
	}
	initial = is_configured(&asked, "/proc/1/ns/net");
	if (!initial)
		named = find(&asked, "/run/netns/*");
	if (!initial && !named)
		unnamed = find(&asked, "/proc/[0-9]*/ns/net");
	has = initial || named || unnamed;
	if (initial)
		snprintf(text, UPGRADE_NETNS, "the initial network namespace");
	else if (named)
		snprintf(text, UPGRADE_NETNS, "network namespace %s", strrchr(named, '/') + 1);
	else if (unnamed)
		snprintf(text, UPGRADE_NETNS, "the network namespace of process %d",
			 atoi(unnamed + strlen("/proc/")));
	free(named);
	free(unnamed);
	free(asked.list);
	unlink(UPGRADE_OTHER);
	return has;
}
