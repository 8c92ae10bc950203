// SPDX-License-Identifier: GPL-2.0
/*
 * Applies configuration files, many in one process: the tool itself, without its main().
 *
 *	apply_many GOOD DIRECTORY FIRST COUNT
 *
 * GOOD is applied first. Then each file DIRECTORY/FIRST, DIRECTORY/FIRST+1 ... is applied. It is
 * refused, with its line, if it has any, and a reason; then the kernel's configuration and its
 * generation are what they were. Or it is accepted; then the kernel's configuration is what the
 * file says, and exported and applied again it makes the same. Prints a line for each fault, and
 * how many files were refused and accepted; exit status 1 if there was a fault.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "item.h"

const struct object *const objects[] = {
	&gateway_object, &address_object, &vnet_object, &subnet_object, &route_table_object,
	&route_object, &tag_object, &cluster_object, &managed_pool_object, &apply_object,
	&diff_object, &export_object, NULL
};

static unsigned int faults;
static const char *now;		/* file */

static void fault(const char *what, const char *text)
{
	faults++;
	fprintf(stderr, "%s: %s: %.500s\n", now, what, text);
}

/* One command of the tool; what it said in @out and @err, both allocated. Return: exit status */
static int run(const struct object *obj, const char *file, char **out, char **err)
{
	char option[] = "-f", *path = strdup(file ?: ""), *argv[] = { option, path, NULL };
	FILE *old_out = stdout, *old_err = stderr;
	struct ctl ctl = { .argv = argv };
	size_t out_len, err_len;
	int ret;

	stdout = open_memstream(out, &out_len);
	stderr = open_memstream(err, &err_len);
	if (!path || !stdout || !stderr)
		abort();
	ret = obj->run(&ctl, obj, file ? 2 : 0, argv);
	nl_close(&ctl.nl);
	fclose(stdout);
	fclose(stderr);
	stdout = old_out;
	stderr = old_err;
	free(path);
	return ret;
}

/* A command that must succeed. Return: what it printed, allocated */
static char *must(const struct object *obj, const char *file, const char *what)
{
	char *out, *err;

	if (run(obj, file, &out, &err))
		fault(what, err);
	free(err);
	return out;
}

static uint32_t generation(void)
{
	struct ctl ctl = {};
	uint32_t value = 0;

	if (ctl_open(&ctl) || items_generation(&ctl, &value))
		abort();
	nl_close(&ctl.nl);
	return value;
}

static void is_refused(const char *file, const char *said)
{
	static const char nothing[] = ": it names no object: ";
	size_t len = strlen(file);
	unsigned int line;
	int used = 0;

	/* one that was cut off in its first line has none at fault */
	if (!strncmp(said, "natgwctl: ", 10) && !strncmp(said + 10, file, len) &&
	    !strncmp(said + 10 + len, nothing, strlen(nothing)))
		return;
	if (strncmp(said, "natgwctl: ", 10) || strncmp(said + 10, file, len) ||
	    sscanf(said + 10 + len, ":%u: %n", &line, &used) != 1 || !used ||
	    strlen(said + 10 + len + used) < 2)
		fault("refused without line and reason", said);
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static void is_accepted(const char *good, const char *file, const char *exported)
{
	char *after = must(&export_object, NULL, "export"), *again;

	free(must(&diff_object, file, "what runs differs from the file"));
	/* nothing is not applied unless the file says so */
	put_file(exported, *after ? after : "reset\n");
	free(must(&apply_object, good, "the good file again"));
	free(must(&apply_object, exported, "what was exported"));
	again = must(&export_object, NULL, "export");
	if (strcmp(after, again))
		fault("exported and applied it makes something else", again);
	free(again);
	free(after);
	free(must(&apply_object, good, "the good file again"));
}

int main(int argc, char **argv)
{
	unsigned long first, count, i, refused = 0, accepted = 0;
	char file[4096], exported[4096], *before, *after, *out, *err;
	uint32_t number;

	if (argc != 5)
		return 2;
	first = strtoul(argv[3], NULL, 0);
	count = strtoul(argv[4], NULL, 0);
	snprintf(exported, sizeof(exported), "%s/exported", argv[2]);
	now = argv[1];
	free(must(&apply_object, argv[1], "the good file"));
	before = must(&export_object, NULL, "export");
	for (i = first; i < first + count; i++) {
		snprintf(file, sizeof(file), "%s/%lu", argv[2], i);
		now = file;
		number = generation();
		if (run(&apply_object, file, &out, &err)) {
			refused++;
			is_refused(file, err);
			after = must(&export_object, NULL, "export");
			if (number != generation() || strcmp(before, after))
				fault("refused, and something changed", after);
			free(after);
		} else {
			accepted++;
			is_accepted(argv[1], file, exported);
			free(before);
			before = must(&export_object, NULL, "export");
		}
		free(out);
		free(err);
	}
	printf("refused %lu accepted %lu faults %u\n", refused, accepted, faults);
	return faults != 0;
}
