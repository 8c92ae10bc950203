// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "cluster.h"
#include "file.h"
#include "object.h"
#include "onlink.h"

/** BATCH_WORDS - most words of a line: a tag with all its prefixes has two for each */
#define BATCH_WORDS	2200

/* One line: words between blanks, a # at the start of a word begins a comment */
static int line_run(struct ctl *ctl, char *line)
{
	const struct object *obj;
	char *argv[BATCH_WORDS + 1];
	char *save, *word;
	int argc = 0;

	for (word = strtok_r(line, " \t\r\n", &save); word && word[0] != '#';
	     word = strtok_r(NULL, " \t\r\n", &save)) {
		if (argc == BATCH_WORDS)
			return usage_error(ctl, NULL, "line has more than %d words", BATCH_WORDS);
		argv[argc++] = word;
	}
	if (!argc)
		return 0;
	argv[argc] = NULL;
	obj = object_find(ctl, argc, argv);
	if (!obj)
		return EXIT_USAGE;
	return object_run(ctl, obj, argc - 1, argv + 1);
}

static int lines_run(struct ctl *ctl, char *text, size_t len)
{
	char *line, *end;
	int ret;

	for (line = text; line < text + len; line = end + 1) {
		end = memchr(line, '\n', text + len - line);
		if (!end)
			end = text + len;
		*end = 0;
		ctl->line++;
		ctl->command[0] = 0;
		if (strlen(line) != (size_t)(end - line))
			return usage_error(ctl, NULL, "not a text file");
		ret = line_run(ctl, line);
		if (ret)
			return ret;
	}
	return 0;
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

	text = file_read(file, &len);
	if (!text)
		return usage_error(ctl, NULL, "%s: %s", file, strerror(errno));

	ctl->file = strcmp(file, "-") ? file : "stdin";
	ret = ctl_open(ctl);
	if (ret)
		goto out;
	if (transaction_begin(ctl, NULL, &e)) {
		ret = kernel_error(ctl, NULL, NULL, &e);
		goto out;
	}
	ctl->batch = &batch;
	ret = lines_run(ctl, text, len);
	ctl->batch = NULL;
	ctl->line = 0;
	ctl->command[0] = 0;
	if (ret) {
		transaction_abort(ctl);
	} else if (transaction_commit(ctl, &e)) {
		ret = kernel_error(ctl, NULL, NULL, &e);
	} else {
		warn_kernel(ctl, &e);
		if (batch.addresses)
			onlink_warn(ctl, NULL);
		if (batch.clusters)
			cluster_warn(ctl, NULL);
	}
out:
	free(text);
	return ret;
}
