// SPDX-License-Identifier: GPL-2.0
/*
 * upgrade: another build of the module takes over, and connections go on.
 *
 * The steps are commands of this tool, run one after the other: what an operator could type.
 * From the first to the last of them the guard stands, so nothing leaves untranslated while the
 * module is away. It goes down last, and only if a gateway is there again. Where natgw translates
 * for nobody there is none.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "item.h"
#include "object.h"
#include "table.h"
#include "text.h"
#include "upgrade.h"
#include "version.h"

#define UPGRADE_SAID	UPGRADE_DIR "/upgrade.said"
#define UPGRADE_INFO	UPGRADE_DIR "/upgrade.info"

#define PARAMETERS	"/sys/module/natgw/parameters"

/* of finit_module(): the file is compressed, linux/module.h since 5.17 */
#define COMPRESSED_FILE	4

#define UPGRADE_WORDS	8

/* How often it begins anew if the configuration is changed meanwhile */
#define UPGRADE_TRIES	5

static const char *const key_words[] = { "module FILE", "former FILE", NULL };

/**
 * struct upgrade - one run
 * @ctl:	run
 * @module:	file of the new build, or NULL: the one that modprobe finds
 * @former:	file of the build that runs now, in case the new one fails, or NULL
 * @parameters:	of the module that runs, as insmod takes them
 * @generation:	of the configuration that UPGRADE_CONF has
 * @guarded:	the guard stands
 */
struct upgrade {
	struct ctl *ctl;
	const char *module;
	const char *former;
	char *parameters;
	uint32_t generation;
	bool guarded;
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

/* What the command said. If nobody reads it, that is no reason to stop */
static void said_print(void)
{
	FILE *from = fopen(UPGRADE_SAID, "re");
	int c;

	while (from && (c = getc(from)) != EOF)
		putchar(c);
	if (from)
		fclose(from);
	unlink(UPGRADE_SAID);
	fflush(stdout);
}

/**
 * upgrade_step - run a command of this tool
 * @out:	file for its output, or NULL
 * @...:	its words, up to NULL
 *
 * Return: its exit status is 0.
 */
bool upgrade_step(const char *out, ...)
{
	char *argv[UPGRADE_WORDS] = { "natgwctl" };
	unsigned int n = 1;
	va_list words;
	bool done;

	va_start(words, out);
	do {
		argv[n] = va_arg(words, char *);
	} while (argv[n++] && n < UPGRADE_WORDS);
	va_end(words);
	done = run("/proc/self/exe", argv, out ?: UPGRADE_SAID);
	if (!out)
		said_print();
	return done;
}

static bool delete(void)
{
	if (!syscall(SYS_delete_module, "natgw", O_NONBLOCK))
		return true;
	fprintf(stderr, "natgwctl: natgw cannot be removed: %s\n", strerror(errno));
	return false;
}

static bool is_compressed(const char *file)
{
	const char *end = strrchr(file, '.');

	return end && (!strcmp(end, ".xz") || !strcmp(end, ".gz") || !strcmp(end, ".zst"));
}

static bool insert_file(const struct upgrade *up, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), ret = -1, tries;

	for (tries = 0; fd >= 0 && ret && tries < 2; tries++) {
		ret = syscall(SYS_finit_module, fd, up->parameters,
			      is_compressed(file) ? COMPRESSED_FILE : 0);
		/* somebody asked for the family meanwhile, and the kernel has loaded a build */
		if (!ret || errno != EEXIST || tries || !delete())
			break;
	}
	if (ret)
		fprintf(stderr, "natgwctl: %s: %s\n", file, strerror(errno));
	if (fd >= 0)
		close(fd);
	return !ret;
}

/* modprobe gives the parameters of /etc/modprobe.d itself */
static bool insert(const struct upgrade *up, const char *file)
{
	static char *const argv[] = { "modprobe", "natgw", NULL };

	return file ? insert_file(up, file) : run("modprobe", argv, NULL);
}

/* Return: the value of a line "KEY: VALUE" of modinfo, or NULL */
static const char *line_value(const char *line, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " \t");
}

/* Is what modinfo said of @file natgw, built for the kernel that runs? */
static bool is_ours(const char *file)
{
	FILE *from = fopen(UPGRADE_INFO, "re");
	char line[1024], name[64] = "", kernel[128] = "";
	struct utsname this;
	const char *value;

	while (from && fgets(line, sizeof(line), from)) {
		line[strcspn(line, "\n")] = 0;
		value = line_value(line, "name");
		if (value)
			snprintf(name, sizeof(name), "%s", value);
		value = line_value(line, "vermagic");
		if (value)
			snprintf(kernel, sizeof(kernel), "%.*s", (int)strcspn(value, " "), value);
	}
	if (from)
		fclose(from);
	uname(&this);
	if (strcmp(name, "natgw"))
		fprintf(stderr, "natgwctl: %s: not the module natgw\n", file);
	else if (strcmp(kernel, this.release))
		fprintf(stderr, "natgwctl: %s: built for Linux %s, and %s runs\n", file, kernel,
			this.release);
	else
		return true;
	return false;
}

/*
 * Is there a build to load? Asked while the other one is still there: one that is of another
 * kernel, or no module, would be refused when that is gone.
 */
static bool can_insert(const char *file)
{
	char *const argv[] = { "modinfo", (char *)(file ?: "natgw"), NULL };
	bool can;

	if (file && access(file, R_OK)) {
		fprintf(stderr, "natgwctl: %s: %s\n", file, strerror(errno));
		return false;
	}
	can = run("modinfo", argv, UPGRADE_INFO) && is_ours(argv[1]);
	unlink(UPGRADE_INFO);
	return can;
}

static char *parameters_read(void)
{
	struct dirent *entry;
	char path[PATH_MAX], value[64], *text;
	size_t len;
	FILE *to = out_checked(open_memstream(&text, &len)), *file;
	DIR *dir = opendir(PARAMETERS);

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), PARAMETERS "/%s", entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
		if (!file)
			continue;
		if (fgets(value, sizeof(value), file))
			fprintf(to, "%s=%.*s ", entry->d_name, (int)strcspn(value, "\n"), value);
		fclose(file);
	}
	if (dir)
		closedir(dir);
	fclose(to);
	return out_checked(text);
}

__printf(2, 3)
static int failed(const struct upgrade *up, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	usage_error(up->ctl, NULL, "%s", text);
	return EXIT_REFUSED;
}

/* How to go on where an upgrade did not come to its end */
static void way_back_print(const struct upgrade *up)
{
	char quoted[TEXT_QUOTED(NAME_MAX)], tool[sizeof(quoted) + 16] = "natgwctl";

	if (up->ctl->netns)
		snprintf(tool, sizeof(tool), "natgwctl -n %s",
			 text_quoted(quoted, sizeof(quoted), up->ctl->netns));
	fprintf(stderr, "Once a build can be loaded, in this order, so that connections go on:\n"
		"\tmodprobe natgw\n"
		"\t%s apply -f " UPGRADE_CONF " keep-guard\n"
		"\t%s session restore " UPGRADE_STATE "\n"
		"\t%s guard off\n", tool, tool, tool);
}

/*
 * Where the guard of an upgrade stands that was interrupted, another run would save over what that
 * one has saved. Return: exit status; other than 0: it says what to do.
 */
static int interrupted(const struct upgrade *up)
{
	struct guard_state state;
	struct nl_error e;

	if (!guard_stands(&state, &e) || !upgrade_is_unfinished(&state))
		return 0;
	failed(up, "an upgrade did not come to its end: the guard stands, the configuration is in "
	       UPGRADE_CONF ", the sessions in " UPGRADE_STATE ": nothing has changed");
	way_back_print(up);
	return EXIT_REFUSED;
}

/* Is there a line among what is exported that begins with @command? */
static bool conf_has(const char *command)
{
	FILE *from = fopen(UPGRADE_CONF, "re");
	bool has = false;
	char line[256];

	while (from && fgets(line, sizeof(line), from))
		has |= !strncmp(line, command, strlen(command));
	if (from)
		fclose(from);
	return has;
}

/*
 * The guard holds what runs. What it lets pass export does not know: the file of the boot
 * services has it, if there is one. Where natgw translates for nobody, somebody else may, and there
 * is nothing to hold.
 */
static bool guard_on(struct upgrade *up)
{
	if (!conf_has("subnet add ") && !conf_has("cluster add "))
		return true;
	up->guarded = true;
	if (access(GUARD_FILE, F_OK))
		return upgrade_step(NULL, "guard", "on", "-f", UPGRADE_CONF, NULL);
	return upgrade_step(NULL, "guard", "on", "-f", UPGRADE_CONF, "-f", GUARD_FILE, NULL);
}

static void version_print(const char *which)
{
	char version[VERSION_TEXT];

	version_module(version);
	printf("%s: natgw %s\n", which, version);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Return: the configuration is in force. @restored: so are the sessions */
static bool takes_over(const struct upgrade *up, const char *file, const char *which,
		       bool *restored)
{
	if (!insert(up, file))
		return false;
	version_print(which);
	if (upgrade_step(NULL, "apply", "-f", UPGRADE_CONF, "keep-guard", NULL)) {
		*restored = upgrade_step(NULL, "session", "restore", UPGRADE_STATE, NULL);
		return true;
	}
	delete();
	return false;
}

static int back_out(const struct upgrade *up, const char *why)
{
	if (!upgrade_step(NULL, "guard", "off", NULL))
		return failed(up,
			      "%s: the gateway is as it was, and the guard still stands before it",
			      why);
	/* what they have runs still */
	unlink(UPGRADE_CONF);
	unlink(UPGRADE_STATE);
	return failed(up, "%s: nothing has changed", why);
}

/* The socket is closed again: the module stays as long as its family is in use */
static int generation_read(const struct upgrade *up, uint32_t *generation)
{
	int ret = ctl_open(up->ctl);

	if (!ret)
		ret = items_generation(up->ctl, generation);
	nl_close(&up->ctl->nl);
	return ret;
}

/* Where nothing runs the file says so: apply takes no empty one */
static bool conf_says_nothing(void)
{
	FILE *to = fopen(UPGRADE_CONF, "ae");
	bool good = to && !fseek(to, 0, SEEK_END) &&
		    (ftell(to) > 0 || fputs("reset\n", to) >= 0);

	return to && !fclose(to) && good;
}

/* Return: UPGRADE_CONF has the configuration that runs */
static bool conf_write(struct upgrade *up)
{
	return !generation_read(up, &up->generation) &&
	       upgrade_step(UPGRADE_CONF, "export", NULL) && conf_says_nothing();
}

/* Before anything is touched. Return: exit status */
static int prepare(struct upgrade *up)
{
	char other[UPGRADE_NETNS];
	struct guard_state state;
	struct nl_error e;

	if (guard_stands(&state, &e))
		return failed(up,
			      "a guard stands, apply a configuration first: nothing has changed");
	if (mkdir(UPGRADE_DIR, 0700) && errno != EEXIST)
		return failed(up, UPGRADE_DIR ": %s", strerror(errno));
	if (upgrade_other_netns(other))
		return failed(up,
			      "%s has a configuration, which would be lost: nothing has changed",
			      other);
	if (!can_insert(up->module) || (up->former && !can_insert(up->former)))
		return failed(up, "there is no module to load: nothing has changed");
	if (!conf_write(up))
		return failed(up, "the configuration cannot be read: nothing has changed");
	if (conf_has("cluster add "))
		warn(up->ctl, NULL, NULL,
		     "clusters take managed addresses anew, sessions of others are lost");
	return 0;
}

/* The gateway works again: what is left of the run. Return: exit status */
static int finish(const struct upgrade *up, bool restored, double began)
{
	if (!upgrade_step(NULL, "guard", "off", NULL))
		return failed(up, "the gateway works, and the guard still stands before it");
	if (up->guarded)
		printf("the guard held what hosts sent to the Internet for %.1f s\n",
		       seconds() - began);
	unlink(UPGRADE_CONF);
	if (!restored)
		return failed(up,
			      "the gateway works, not all of its sessions were restored, they are in "
			      UPGRADE_STATE);
	unlink(UPGRADE_STATE);
	return 0;
}

/*
 * From here on nothing leaves that natgw has translated. What somebody changes meanwhile would go
 * with the module: then all of it is read anew, and the guard made of that takes the place of the
 * other one.
 */
static int freeze(struct upgrade *up)
{
	uint32_t generation;
	int tries;

	/* sessions of an upgrade before, which were not all restored */
	rename(UPGRADE_STATE, UPGRADE_STATE ".old");
	for (tries = 0; tries < UPGRADE_TRIES; tries++) {
		if (tries && !conf_write(up))
			return back_out(up, "the configuration cannot be read");
		if (!guard_on(up))
			return back_out(up, "the guard cannot be put up");
		if (!upgrade_step(NULL, "session", "save", UPGRADE_STATE, NULL))
			return back_out(up, "the sessions cannot be saved");
		if (generation_read(up, &generation))
			return back_out(up, "the generation cannot be read");
		if (generation == up->generation)
			return 0;
	}
	return back_out(up, "the configuration is being changed all the time");
}

/* No build runs. Return: exit status */
static int stuck(const struct upgrade *up)
{
	int ret = failed(up, "no build takes over: %sthe configuration is in " UPGRADE_CONF
			 ", the sessions in " UPGRADE_STATE,
			 up->guarded ? "the guard stays up, " : "");

	way_back_print(up);
	return ret;
}

/* From the guard on: half a run is worse than none. Return: exit status */
static int exchange(struct upgrade *up)
{
	bool restored = false;
	double began = seconds();
	int ret = freeze(up);

	if (ret)
		return ret;
	if (!delete())
		return back_out(up, "the module is in use");
	if (takes_over(up, up->module, "after", &restored))
		return finish(up, restored, began);
	if (!up->former || !takes_over(up, up->former, "back", &restored))
		return stuck(up);
	ret = finish(up, restored, began);
	failed(up, "the new build does not take over, the former one is back");
	return ret ? ret : EXIT_REFUSED;
}

/* Whoever closes the terminal, or types ^C, has to wait, and so have the programs that are run */
static void signals_ignore(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_IGN);
}

static int upgrade(struct upgrade *up)
{
	int ret = prepare(up);

	if (ret)
		return ret;
	version_print("before");
	fflush(stdout);
	signals_ignore();
	return exchange(up);
}

/* Who may not see the configuration cannot carry it over. Return: exit status */
static int rights_check(struct ctl *ctl)
{
	struct items items = {};
	uint32_t generation;
	int ret;

	ret = ctl_open(ctl);
	if (!ret)
		ret = items_running(ctl, &items, &generation);
	items_free(&items);
	return ret;
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
	ret = interrupted(&up) ?: rights_check(ctl);
	if (ret)
		return ret;
	/* the module stays as long as its family is in use */
	nl_close(&ctl->nl);
	up.parameters = parameters_read();
	ret = upgrade(&up);
	free(up.parameters);
	return ret;
}

const struct object upgrade_object = {
	.word = "upgrade",
	.about = "load another build of the module, and let connections go on",
	.words = key_words,
	.run = upgrade_run,
};
