// SPDX-License-Identifier: GPL-2.0
/*
 * apply, check and diff: a file says what is to be there, and the kernel is told what differs
 * from it, in one transaction.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "batch.h"
#include "guard.h"
#include "nl_pipe.h"
#include "option.h"
#include "plan.h"
#include "reference.h"
#include "table.h"

/** APPLY_TRIES - how often the running configuration is read again when others changed it */
#define APPLY_TRIES	10

/** enum act - what becomes of the commands */
enum act {
	ACT_APPLY,
	ACT_CHECK,
	ACT_DIFF,
};

/**
 * struct run - one file on its way
 * @ctl:	run
 * @act:	enum act
 * @file:	its name
 * @want:	configuration that it describes
 * @batch:	what was sent
 * @stale:	others changed the configuration meanwhile
 */
struct run {
	struct ctl *ctl;
	enum act act;
	const char *file;
	struct items want;
	struct batch batch;
	bool stale;
};

/* Errors from now on are of no line */
static void whole_file(struct run *run)
{
	run->ctl->file = strcmp(run->file, "-") ? run->file : "stdin";
	run->ctl->line = 0;
	run->ctl->command[0] = 0;
}

/*
 * A file that the disk lost, or that the shell emptied before "natgwctl export" failed, is no
 * configuration: applied it would delete all objects and take the guard down.
 */
static int file_load(struct run *run)
{
	struct ctl *ctl = run->ctl;
	int ret;

	items_init(&run->want);
	ctl->items = &run->want;
	ctl->batch = &run->batch;
	ret = batch_file(ctl, run->file);
	ctl->items = NULL;
	ctl->batch = NULL;
	if (ret)
		return ret;
	whole_file(run);
	if (!run->batch.commands)
		ret = usage_error(ctl, NULL,
				  "it names no object: nothing has changed; if nothing is to be there, write the line \"reset\" into it");
	return ret;
}

/* Runs the commands; @pipe: many at once, which does not tell what the kernel refuses; or NULL */
static int lines_send(struct run *run, const struct plan *plan, struct nl_pipe *pipe)
{
	struct ctl *ctl = run->ctl;
	const struct item *it;
	char *line = NULL;
	size_t i, len, room = 0;
	int ret = 0;

	ctl->batch = &run->batch;
	ctl->pipe = pipe;
	for (i = 0; !ret && i < plan->n; i++) {
		it = plan->line[i].it;
		ctl->file = it ? it->file : NULL;
		ctl->line = it ? it->line : 0;
		/* running a command cuts it into words, and it may have to run once more */
		len = strlen(plan->text + plan->line[i].at) + 1;
		if (len > room)
			line = out_checked(realloc(line, room = 2 * len));
		memcpy(line, plan->text + plan->line[i].at, len);
		ret = batch_line(ctl, line);
	}
	if (!ret && pipe && !nl_pipe_flush(pipe))
		ret = EXIT_REFUSED;
	free(line);
	ctl->pipe = NULL;
	ctl->batch = NULL;
	if (!ret)
		whole_file(run);
	return ret;
}

static int refusal(struct run *run, const struct nl_error *e)
{
	whole_file(run);
	run->stale = e->err == ESTALE;
	return run->stale ? 0 : kernel_error(run->ctl, NULL, NULL, e);
}

static void checked(const struct run *run, size_t n, uint32_t sessions)
{
	struct out out;
	char text[160];

	if (run->ctl->json) {
		out_begin(&out, true, run->ctl->pretty, OUT_BLOCK);
		out_row(&out);
		out_number(&out, "commands", n);
		out_number(&out, "sessions", sessions);
		out_row_end(&out);
		out_end(&out);
		return;
	}
	if (!n)
		snprintf(text, sizeof(text), "nothing would change");
	else
		snprintf(text, sizeof(text), "apply would send %zu command%s and end %u session%s",
			 n, n == 1 ? "" : "s", sessions, sessions == 1 ? "" : "s");
	puts(text);
}

/* One transaction; if the kernel refuses a command, nothing has changed. Return: exit status */
static int plan_send(struct run *run, const struct plan *plan, uint32_t generation)
{
	struct ctl *ctl = run->ctl;
	struct nl_pipe pipe = { .nl = &ctl->nl };
	uint32_t sessions = 0;
	struct nl_error e;
	int ret;

	if (transaction_begin(ctl, &generation, &e))
		return refusal(run, &e);
	ret = lines_send(run, plan, &pipe);
	if (ret) {
		transaction_abort(ctl);
		if (transaction_begin(ctl, &generation, &e))
			return refusal(run, &e);
		ret = lines_send(run, plan, NULL);
	}
	if (ret) {
		transaction_abort(ctl);
		return ret;
	}
	if (run->act == ACT_CHECK ? transaction_check(ctl, &sessions, &e) :
				    transaction_commit(ctl, &e))
		return refusal(run, &e);
	warn_kernel(ctl, &e);
	if (run->act == ACT_CHECK) {
		checked(run, plan->n, sessions);
		return EXIT_FOUND;
	}
	batch_done(ctl, &run->batch);
	return 0;
}

static void plan_show(const struct run *run, const struct plan *plan)
{
	struct out out;
	size_t i;

	if (!run->ctl->json) {
		for (i = 0; i < plan->n; i++)
			puts(plan->text + plan->line[i].at);
		return;
	}
	out_begin(&out, true, run->ctl->pretty, OUT_BLOCK);
	for (i = 0; i < plan->n; i++) {
		out_row(&out);
		out_word(&out, "command", plan->text + plan->line[i].at);
		out_row_end(&out);
	}
	out_end(&out);
}

static int try(struct run *run)
{
	struct items have = {};
	struct plan plan = {};
	uint32_t generation = 0;
	int ret;

	run->stale = false;
	memset(&run->batch, 0, sizeof(run->batch));
	ret = items_running(run->ctl, &have, &generation);
	if (!ret)
		ret = reference_check(run->ctl, &run->want, &have) ?:
		      plan_make(run->ctl, &plan, &run->want, &have);
	if (!ret && run->act == ACT_DIFF) {
		plan_show(run, &plan);
		ret = plan.n ? EXIT_FOUND : 0;
	} else if (!ret && plan.n) {
		ret = plan_send(run, &plan, generation);
	} else if (!ret && run->act == ACT_CHECK) {
		checked(run, 0, 0);
	}
	plan_free(&plan);
	items_free(&have);
	return ret;
}

static int file_act(struct ctl *ctl, enum act act, int argc, char **argv)
{
	struct run run = { .ctl = ctl, .act = act };
	int ret, tries;

	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	ret = file_option(ctl, argc, argv, &run.file);
	if (ret)
		return ret;
	ret = ctl_open(ctl);
	if (!ret)
		ret = file_load(&run);
	for (tries = 0; !ret && (!tries || run.stale) && tries < APPLY_TRIES; tries++)
		ret = try(&run);
	if (!ret && run.stale)
		ret = usage_error(ctl, NULL,
				  "others change the configuration all the time, nothing has been applied");
	items_free(&run.want);
	return ret;
}

static const char *const apply_words[] = { "keep-guard", NULL };

static int apply_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	/*
	 * What is applied is translated from now on, or dropped by the gateway itself. Who
	 * restores sessions next takes the guard down himself.
	 */
	bool keep = argc && !strcmp(argv[argc - 1], apply_words[0]);
	struct nl_error e;
	int ret;

	ret = file_act(ctl, ACT_APPLY, argc - keep, argv);
	if (!ret)
		return keep ? 0 : guard_off(ctl, &e);
	ctl->file = NULL;
	ctl->line = 0;
	ctl_command(ctl, obj->word, NULL, NULL);
	guard_warn(ctl);
	return ret;
}

static int check_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	(void)obj;
	return file_act(ctl, ACT_CHECK, argc, argv);
}

static int diff_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	(void)obj;
	return file_act(ctl, ACT_DIFF, argc, argv);
}

const struct object apply_object = {
	.word = "apply",
	.about = "make the configuration what a file says, all of it or nothing",
	.words = apply_words,
	.takes_file = true,
	.run = apply_run,
};

const struct object check_object = {
	.word = "check",
	.about = "ask the kernel whether it would take a file, and change nothing; exit 4: differs",
	.takes_file = true,
	.run = check_run,
};

const struct object diff_object = {
	.word = "diff",
	.about = "print the commands that apply would send; exit 4: there are any",
	.takes_file = true,
	.run = diff_run,
};
