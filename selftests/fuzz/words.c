// SPDX-License-Identifier: GPL-2.0
/*
 * Words of a command line: those that ask, completion, and the way from the grammar of the
 * cloud's own tools to ours. A word each line; the first byte says how.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "object.h"

#define WORDS	64

struct command {
	struct ctl ctl;
	int argc;
	char *argv[WORDS + 1];
	bool complete;
};

static void run(void *data)
{
	struct command *c = data;
	const struct object *obj;

	if (c->complete) {
		complete_run(&c->ctl, c->argc, c->argv);
		return;
	}
	obj = object_find(&c->ctl, c->argc, c->argv);
	if (obj)
		object_run(&c->ctl, obj, c->argc - 1, c->argv + 1);
}

int fuzz_one(const uint8_t *data, size_t len)
{
	struct command c = {};
	char *text, *word, *save;
	unsigned int how;

	if (len < 2 || memchr(data, 0, len))
		return 0;
	how = data[0];
	text = strndup((const char *)data + 1, len - 1);
	if (!text)
		abort();
	for (word = strtok_r(text, "\n", &save); word && c.argc < WORDS;
	     word = strtok_r(NULL, "\n", &save))
		c.argv[c.argc++] = word;
	/* no file is given by these words */
	fuzz_files((const uint8_t *)"10.0.0.0/8\n", 11);
	c.ctl.argv = c.argv;
	c.ctl.json = how & 1;
	c.ctl.pretty = how & 2;
	c.ctl.stats = how & 4;
	c.complete = how & 8;
	fuzz_refuses = how & 16;
	if (c.argc)
		free(fuzz_said(run, &c));
	fuzz_refuses = false;
	free(text);
	return 0;
}
