// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "batch.h"
#include "cluster.h"
#include "config_json.h"
#include "file.h"
#include "object.h"
#include "onlink.h"

/** INCLUDE_DEPTH - how deep files include each other */
#define INCLUDE_DEPTH	16
/** BATCH_WORDS - most words of a line: a tag with all its prefixes has two for each */
#define BATCH_WORDS	2200

static int file_run(struct ctl *ctl, const char *file, unsigned int depth);

/* "include FILE": relative to the file that says so */
static int include_run(struct ctl *ctl, int argc, char **argv, unsigned int depth)
{
	const char *from = ctl->file, *slash = from ? strrchr(from, '/') : NULL;
	unsigned int line = ctl->line;
	char *path;
	int ret;

	ctl_command(ctl, "include", NULL, argc > 1 ? argv[1] : NULL);
	if (argc != 2)
		return usage_error(ctl, NULL, "one file is wanted");
	if (depth == INCLUDE_DEPTH)
		return usage_error(ctl, NULL, "files include each other more than %d deep",
				   INCLUDE_DEPTH);
	/* never freed: what is made of its lines names it in errors */
	if (asprintf(&path, "%.*s%s",
		     slash && argv[1][0] != '/' ? (int)(slash + 1 - from) : 0, from ? from : "",
		     argv[1]) < 0)
		abort();
	ret = file_run(ctl, path, depth + 1);
	if (!ret || ctl->salvage) {
		ctl->file = from;
		ctl->line = line;
	}
	return ret;
}

/* One line: words between blanks, a # at the start of a word begins a comment */
static int line_run(struct ctl *ctl, char *line, unsigned int depth)
{
	const struct object *obj;
	char *argv[BATCH_WORDS + 1];
	char *save, *word;
	int argc = 0;

	ctl->command[0] = 0;
	for (word = strtok_r(line, " \t\r\n", &save); word && word[0] != '#';
	     word = strtok_r(NULL, " \t\r\n", &save)) {
		if (argc == BATCH_WORDS)
			return usage_error(ctl, NULL, "line has more than %d words", BATCH_WORDS);
		argv[argc++] = word;
	}
	if (!argc)
		return 0;
	argv[argc] = NULL;
	if (!strcasecmp(argv[0], "include"))
		return include_run(ctl, argc, argv, depth);
	if (ctl->salvage && strcasecmp(argv[0], guard_object.word))
		return 0;
	obj = object_find(ctl, argc, argv);
	if (!obj)
		return EXIT_USAGE;
	if (ctl->batch && obj != &guard_object)
		ctl->batch->commands = true;
	return object_run(ctl, obj, argc - 1, argv + 1);
}

/**
 * batch_line - run one command of a batch
 * @ctl:	run
 * @line:	command; it is cut into words
 *
 * Return: 0, or the exit status.
 */
int batch_line(struct ctl *ctl, char *line)
{
	return line_run(ctl, line, INCLUDE_DEPTH);
}

static int lines_run(struct ctl *ctl, char *text, size_t len, unsigned int depth)
{
	char *line, *end;
	int ret;

	/* Some editors put a mark in front */
	line = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? text + 3 : text;
	for (; line < text + len; line = end + 1) {
		end = memchr(line, '\n', text + len - line);
		if (!end)
			end = text + len;
		*end = 0;
		ctl->line++;
		ctl->command[0] = 0;
		if (!ctl->salvage && strlen(line) != (size_t)(end - line))
			return usage_error(ctl, NULL, "not a text file");
		ret = line_run(ctl, line, depth);
		if (ret && !ctl->salvage)
			return ret;
	}
	return 0;
}

/* Reads a file whole, and names it in errors from then on. Return: 0, or the exit status */
static int file_begin(struct ctl *ctl, const char *file, char **text, size_t *len)
{
	*text = file_read(file, len);
	if (!*text)
		return usage_error(ctl, NULL, "%s: %s", file, strerror(errno));
	ctl->file = strcmp(file, "-") ? file : "stdin";
	ctl->line = 0;
	return 0;
}

static int file_run(struct ctl *ctl, const char *file, unsigned int depth)
{
	char *text;
	size_t len;
	int ret;

	/* files may include each other; the last of the count is kept, as 0 is another mode */
	if (ctl->salvage == 1)
		return EXIT_USAGE;
	if (ctl->salvage)
		ctl->salvage--;
	ret = file_begin(ctl, file, &text, &len);
	if (ret)
		return ret;
	if (ctl->items && config_is_json(text, len))
		ret = config_json(ctl, text, len);
	else
		ret = lines_run(ctl, text, len, depth);
	free(text);
	return ret;
}

/**
 * batch_file - run the lines of a file
 * @ctl:	run
 * @file:	path, - for standard input; it is named in errors from then on
 *
 * Return: 0, or the exit status.
 */
int batch_file(struct ctl *ctl, const char *file)
{
	return file_run(ctl, file, 0);
}

/**
 * batch_done - say what should be looked at after a batch was applied
 * @ctl:	run
 * @batch:	what its lines did
 */
void batch_done(struct ctl *ctl, const struct batch *batch)
{
	if (batch->addresses)
		onlink_warn(ctl, NULL);
	if (batch->clusters)
		cluster_warn(ctl, NULL);
}

/**
 * batch_run - run the lines of a file as one transaction
 * @ctl:	run
 * @file:	path, - for standard input
 *
 * The file is read whole first: a transaction does not wait for a typist.
 *
 * Return: exit status. Unless it is 0, nothing was applied.
 */
int batch_run(struct ctl *ctl, const char *file)
{
	struct batch batch = {};
	struct nl_error e;
	char *text;
	size_t len;
	int ret;

	ret = file_begin(ctl, file, &text, &len);
	if (ret)
		return ret;
	ret = ctl_open(ctl);
	if (ret)
		goto out;
	if (transaction_begin(ctl, NULL, &e)) {
		ret = kernel_error(ctl, NULL, NULL, &e);
		goto out;
	}
	ctl->batch = &batch;
	ret = lines_run(ctl, text, len, 0);
	ctl->batch = NULL;
	ctl->line = 0;
	ctl->command[0] = 0;
	if (ret) {
		transaction_abort(ctl);
	} else if (transaction_commit(ctl, &e)) {
		ret = kernel_error(ctl, NULL, NULL, &e);
	} else {
		warn_kernel(ctl, &e);
		batch_done(ctl, &batch);
	}
out:
	free(text);
	return ret;
}
