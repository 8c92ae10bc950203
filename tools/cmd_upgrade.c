// SPDX-License-Identifier: GPL-2.0
/*
 * upgrade: another build of the module takes over, and connections go on.
 *
 * The steps are commands of this tool, run one after the other: what an operator could type.
 * From the first to the last of them the guard stands, so nothing leaves untranslated while the
 * module is away. It goes down last, and only if a gateway is there again.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "object.h"

/* Not lost in a crash of this program, and gone with the machine's run */
#define UPGRADE_DIR	"/run/natgw"
#define UPGRADE_CONF	UPGRADE_DIR "/upgrade.conf"
#define UPGRADE_STATE	UPGRADE_DIR "/upgrade.state"

#define UPGRADE_WORDS	8

static const char *const key_words[] = { "module", "former", NULL };

/**
 * struct upgrade - one run
 * @ctl:	run
 * @module:	file of the new build, or NULL: the one that modprobe finds
 * @former:	file of the build that runs now, in case the new one fails, or NULL
 */
struct upgrade {
	struct ctl *ctl;
	const char *module;
	const char *former;
};

/* Runs a program to its end. @out: file for its output, or NULL. Return: it exited with 0 */
static bool run(const char *program, char *const *argv, const char *out)
{
	posix_spawn_file_actions_t actions;
	int err, status;
	pid_t pid;

	fflush(stdout);
	posix_spawn_file_actions_init(&actions);
	if (out)
		posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out,
						 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	err = posix_spawnp(&pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err) {
		fprintf(stderr, "natgwctl: %s: %s\n", program, strerror(err));
		return false;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Runs a command of this tool, of words up to NULL */
__attribute__((sentinel))
static bool step(const char *out, ...)
{
	char *argv[UPGRADE_WORDS] = { "natgwctl" };
	unsigned int n = 1;
	va_list words;

	va_start(words, out);
	do {
		argv[n] = va_arg(words, char *);
	} while (argv[n++] && n < UPGRADE_WORDS);
	va_end(words);
	return run("/proc/self/exe", argv, out);
}

static bool insert_file(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), ret = -1;

	if (fd >= 0) {
		ret = syscall(SYS_finit_module, fd, "", 0);
		if (ret)
			fprintf(stderr, "natgwctl: %s: %s\n", file, strerror(errno));
		close(fd);
	} else {
		fprintf(stderr, "natgwctl: %s: %s\n", file, strerror(errno));
	}
	return !ret;
}

static bool insert(const char *file)
{
	static char *const argv[] = { "modprobe", "natgw", NULL };

	return file ? insert_file(file) : run("modprobe", argv, NULL);
}

static bool delete(void)
{
	if (!syscall(SYS_delete_module, "natgw", O_NONBLOCK))
		return true;
	fprintf(stderr, "natgwctl: natgw cannot be removed: %s\n", strerror(errno));
	return false;
}

static void version_print(const char *which)
{
	FILE *file = fopen("/sys/module/natgw/version", "re");
	char version[64] = "";

	if (file) {
		if (!fgets(version, sizeof(version), file))
			version[0] = 0;
		fclose(file);
	}
	version[strcspn(version, "\n")] = 0;
	printf("%s: natgw %s\n", which, *version ? version : "of no version");
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Return: what runs is as it was, but for sessions that could not be restored */
static bool takes_over(const char *module, const char *which)
{
	if (!insert(module))
		return false;
	version_print(which);
	if (step(NULL, "apply", "-f", UPGRADE_CONF, "keep-guard", NULL)) {
		if (!step(NULL, "session", "restore", UPGRADE_STATE, NULL))
			fputs("natgwctl: connections are lost: their hosts will open new ones\n",
			      stderr);
		return true;
	}
	delete();
	return false;
}

static int back_out(const struct upgrade *up, const char *why)
{
	step(NULL, "guard", "off", NULL);
	return usage_error(up->ctl, NULL, "%s: nothing has changed", why);
}

static int upgrade(const struct upgrade *up)
{
	double began, away;
	bool good;

	if (mkdir(UPGRADE_DIR, 0700) && errno != EEXIST)
		return usage_error(up->ctl, NULL, UPGRADE_DIR ": %s", strerror(errno));
	if (!step(UPGRADE_CONF, "export", NULL))
		return usage_error(up->ctl, NULL,
				   "the configuration cannot be read: nothing has changed");
	version_print("before");
	began = seconds();
	if (!step(NULL, "guard", "on", "-f", UPGRADE_CONF, NULL))
		return back_out(up, "the guard cannot be put up");
	if (!step(NULL, "session", "save", UPGRADE_STATE, NULL))
		return back_out(up, "the sessions cannot be saved");
	if (!delete())
		return back_out(up, "the module is in use");
	good = takes_over(up->module, "after");
	if (!good && up->former) {
		if (!takes_over(up->former, "back"))
			return usage_error(up->ctl, NULL,
					   "neither build takes over: the guard stays up, the configuration is in "
					   UPGRADE_CONF ", the sessions in " UPGRADE_STATE);
		step(NULL, "guard", "off", NULL);
		return usage_error(up->ctl, NULL,
				   "the new build does not take over, the former one is back");
	}
	if (!good)
		return usage_error(up->ctl, NULL,
				   "the new build does not take over: the guard stays up, the configuration is in "
				   UPGRADE_CONF ", the sessions in " UPGRADE_STATE);
	step(NULL, "guard", "off", NULL);
	away = seconds() - began;
	unlink(UPGRADE_CONF);
	unlink(UPGRADE_STATE);
	printf("no packet was forwarded for %.1f s\n", away);
	return 0;
}

static int upgrade_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	struct upgrade up = { .ctl = ctl };
	int i, ret;

	ctl_command(ctl, obj->word, NULL, NULL);
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	for (i = 0; i < argc; i += 2) {
		if (i + 1 == argc)
			return usage_error(ctl, NULL, "%s: its value is missing", argv[i]);
		if (!strcmp(argv[i], "module"))
			up.module = argv[i + 1];
		else if (!strcmp(argv[i], "former"))
			up.former = argv[i + 1];
		else
			return usage_error(ctl, NULL,
					   "%s: unknown word, it takes module FILE and former FILE",
					   argv[i]);
	}
	ret = ctl_open(ctl);
	if (ret)
		return ret;
	/* the module stays as long as its family is in use */
	nl_close(&ctl->nl);
	return upgrade(&up);
}

const struct object upgrade_object = {
	.word = "upgrade",
	.about = "load another build of the module, and let connections go on",
	.words = key_words,
	.run = upgrade_run,
};
