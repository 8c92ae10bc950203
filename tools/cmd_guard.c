// SPDX-License-Identifier: GPL-2.0
/*
 * guard: hold back what could leave untranslated while the gateway is not configured. A file that
 * is wrong holds back more and not less: all private sources, and the subnets that could be read.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "guard.h"
#include "item.h"
#include "option.h"

/** SALVAGE_FILES - how many files are looked through for lines "guard allow", included ones too */
#define SALVAGE_FILES	64
/** GUARD_FILES - how many files "guard on" takes */
#define GUARD_FILES	8

static const struct field fields[] = {
	{
		.word = "prefix",
		.type = FIELD_PREFIX,
		.flags = FIELD_KEY,
		.value = "IP/LENGTH",
	},
};

static const struct schema schema = {
	.noun = "guard",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
};

/* Errors from now on are of the command and of no line */
static void no_line(struct ctl *ctl)
{
	ctl->file = NULL;
	ctl->line = 0;
	ctl_command(ctl, "guard", "on", NULL);
}

/* Of a file, and those that it includes, the lines "guard allow" alone, whatever else is there */
static void allowed_load(struct ctl *ctl, const char *file)
{
	ctl->salvage = SALVAGE_FILES;
	batch_file(ctl, file);
	ctl->salvage = 0;
}

/*
 * The first of @files says what is held, all of them what is allowed. Of a further one that
 * cannot be read the guard holds what it would allow.
 */
static int files_load(struct ctl *ctl, struct guard *guard, const char *const *files)
{
	static struct items items;
	struct batch batch = {};
	int ret;

	items_init(&items);
	ctl->items = &items;
	ctl->batch = &batch;
	ctl->guard = guard;
	ret = batch_file(ctl, files[0]);
	/* standard input cannot be read again: what stands in front of the fault is known */
	if (ret && strcmp(files[0], "-"))
		allowed_load(ctl, files[0]);
	no_line(ctl);
	while (*++files) {
		if (access(*files, R_OK))
			warn(ctl, NULL, NULL, "%s: %s, what it allows is held", *files,
			     strerror(errno));
		allowed_load(ctl, *files);
		no_line(ctl);
	}
	ctl->items = NULL;
	ctl->batch = NULL;
	ctl->guard = NULL;
	if (!guard_take(guard, &items) && !ret)
		ret = usage_error(ctl, NULL,
				  "%s: a prefix has host bits set, or no length, or a subnet has none",
				  guard->file);
	items_free(&items);
	return ret;
}

/* Whatever the fault was, @why: hold more, not less */
static int private_put_up(struct ctl *ctl, struct guard *guard, int why)
{
	int ret;

	guard_take_private(guard, false);
	ret = guard_put_up(ctl, guard);
	/* if something of the file is at fault that nobody has thought of */
	if (ret) {
		guard_take_private(guard, true);
		ret = guard_put_up(ctl, guard);
	}
	if (ret)
		warn(ctl, NULL, NULL, "there is no new guard");
	else
		warn(ctl, NULL, NULL,
		     "%s is of no use: the guard keeps from the Internet each private source (%s), and the subnets that could be read",
		     guard->file, GUARD_PRIVATE);
	return ret ? ret : why;
}

/* A file without subnets may be one that was emptied: a guard that holds nothing is none */
static void private_if_bare(const struct ctl *ctl, struct guard *guard)
{
	fflush(guard->to[GUARD_SOURCE]);
	if (guard->len[GUARD_SOURCE])
		return;
	guard_take_private(guard, false);
	warn(ctl, NULL, NULL,
	     "%s names no subnet and no cluster: the guard keeps from the Internet each private source (%s)",
	     guard->file, GUARD_PRIVATE);
}

static int on_run(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		  char **argv)
{
	const char *files[GUARD_FILES + 1] = { GUARD_FILE };
	struct guard guard;
	int ret, i;

	(void)obj;
	(void)verb;
	if (argc > 2 * GUARD_FILES)
		return usage_error(ctl, NULL, "it takes at most %d files", GUARD_FILES);
	for (i = 0; !i || i < argc; i += 2) {
		ret = file_option(ctl, argc - i < 2 ? argc - i : 2, argv + i, &files[i / 2]);
		if (ret)
			return ret;
	}
	guard_init(&guard, strcmp(files[0], "-") ? files[0] : "stdin");
	ret = files_load(ctl, &guard, files);
	if (!ret) {
		private_if_bare(ctl, &guard);
		ret = guard_put_up(ctl, &guard);
	}
	if (ret)
		ret = private_put_up(ctl, &guard, ret);
	guard_free(&guard);
	return ret;
}

/**
 * guard_off - take the guard down if it stands, and say what it held
 * @ctl:	run
 * @e:		why it is not known whether it stands; @e->err is 0 otherwise
 *
 * Return: exit status; other than 0: it stands.
 */
int guard_off(struct ctl *ctl, struct nl_error *e)
{
	struct guard_state state;
	int ret;

	if (!guard_stands(&state, e))
		return 0;
	memset(e, 0, sizeof(*e));
	ret = guard_take_down(ctl);
	if (ret)
		guard_warn(ctl);
	else if (!ctl->json)
		printf("the guard that stood since %s is off, it has held %llu packet%s\n",
		       state.since, (unsigned long long)state.packets,
		       state.packets == 1 ? "" : "s");
	return ret;
}

static int off_run(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		   char **argv)
{
	struct nl_error e;
	int ret;

	(void)obj;
	(void)verb;
	(void)argc;
	(void)argv;
	ret = guard_off(ctl, &e);
	return e.err ? kernel_error(ctl, NULL, NULL, &e) : ret;
}

static int status_run(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		      char **argv)
{
	struct guard_state state;
	struct nl_error e;
	struct out out;
	bool stands;

	(void)verb;
	(void)argc;
	(void)argv;
	stands = guard_stands(&state, &e);
	if (!stands && e.err)
		return kernel_error(ctl, NULL, NULL, &e);
	out_begin(&out, ctl->json, ctl->pretty, OUT_BLOCK);
	out_row(&out);
	out_title(&out, obj->word, "guard", stands ? "on" : "off");
	if (stands) {
		out_word(&out, "since", state.since);
		out_word(&out, "file", state.file);
		out_word(&out, "holds", state.private ? "private" : "subnets");
		out_number(&out, "packets", state.packets);
		out_number(&out, "bytes", state.bytes);
	}
	out_row_end(&out);
	out_end(&out);
	return 0;
}

static int allow_run(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		     char **argv)
{
	struct parse_error e;
	struct inet in;
	char text[ADDR_TEXT];

	(void)obj;
	(void)verb;
	(void)argc;
	if (!ctl->items)
		return usage_error(ctl, NULL, "is a line of a configuration file and no command");
	if (!parse_prefix(argv[0], &in, &e))
		return usage_error(ctl, NULL, "%s", e.text);
	if (in.has_plen && !in.plen)
		return usage_error(ctl, NULL, "a guard that allows everything is none");
	if (!guard_is_prefix(argv[0]))
		return usage_error(ctl, NULL, "%s has host bits set", argv[0]);
	addr_text(text, in.addr, in.len);
	if (in.has_plen)
		plen_put(text, in.plen);
	if (ctl->guard)
		guard_add(ctl->guard, GUARD_ALLOWED, text);
	return 0;
}

static const struct verb verbs[] = {
	{
		.word = "on",
		.flags = VERB_CONFIG,
		.run = on_run,
		.about = "put it up, made from FILE (" GUARD_FILE
			 "), further ones: their guard allow",
	}, {
		.word = "off",
		.run = off_run,
		.about = "take it down",
	}, {
		.word = "status",
		.run = status_run,
		.about = "does it stand, and what did it hold",
	}, {
		.word = "allow",
		.flags = VERB_NAME | VERB_BATCH,
		.run = allow_run,
		.about = "in a file: let pass what goes to or comes from a prefix",
	},
};

const struct object guard_object = {
	.word = "guard",
	.about = "keep subnets from the Internet while nothing translates",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
};
