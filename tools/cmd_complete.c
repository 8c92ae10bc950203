// SPDX-License-Identifier: GPL-2.0
/*
 * natgwctl __complete WORD...: what the last word could be, one a line, from the
 * same tables as everything else and from the kernel. A tab and what the word means
 * may follow it. The line / says that the word could be the name of a file; no object
 * has this name. For natgwctl.bash, natgwctl.zsh and natgwctl.fish.
 */
#include <dirent.h>
#include <net/if.h>
#include <string.h>
#include <strings.h>

#include "key.h"
#include "object.h"
#include "option.h"

#define A_FILE	"/"

static void put_word(const char *word, const char *about)
{
	printf(about ? "%s\t%s\n" : "%s\n", word, about);
}

/* Of words as help writes them: what stands behind is not part of them */
static void put_words(const char *const *words)
{
	for (; words && *words; words++)
		printf("%.*s\n", (int)strcspn(*words, " "), *words);
}

static bool name_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct object *obj = data;
	const struct nlattr *tb[FIELDS_ATTRS];
	char buf[KEY_TEXT];
	const char *name;

	if (!fields_parse(obj->schema, nlh, tb))
		return false;
	name = object_key(buf, obj, tb);
	/* Of a route its destination */
	if (name)
		printf("%.*s\n", (int)strcspn(name, " "), name);
	return true;
}

/* Names of objects of a kind; none where the kernel does not tell them */
static void complete_names(struct ctl *ctl, const struct object *obj)
{
	const struct verb *show = verb_lookup(obj, "show");
	struct request req;
	struct nl_error e;

	if (!show || !(show->flags & (VERB_NAME_OPT | VERB_FILTER)) ||
	    !(obj->schema->fields[0].flags & FIELD_KEY))
		return;
	if (!ctl->nl.sock && nl_open(&ctl->nl, &e))
		return;
	request_init(&req, show->cmd);
	nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, name_answer, (void *)obj, &e);
}

static void complete_devices(void)
{
	struct if_nameindex *all = if_nameindex();
	unsigned int i;

	for (i = 0; all && all[i].if_index; i++)
		puts(all[i].if_name);
	if (all)
		if_freenameindex(all);
}

static void complete_value(struct ctl *ctl, const struct field *f)
{
	static const char *const protos[] = { "tcp", "udp", "icmp", NULL };
	const char *const *words = f->type == FIELD_PROTO ? protos : f->words;
	unsigned int i;

	for (i = 0; words && words[i]; i++)
		puts(words[i]);
	if (f->type == FIELD_REF || f->off)
		puts(f->off ? f->off : "none");
	if (!strcmp(f->word, "dev") || !strcmp(f->word, "uplink"))
		complete_devices();
	if (!strcmp(f->word, "file"))
		puts(A_FILE);
	/* A key that refers to an object bears its name */
	for (i = 0; objects[i]; i++)
		if (objects[i]->schema && !strcmp(objects[i]->word, f->word))
			complete_names(ctl, objects[i]);
}

/* KEY VALUE pairs; the last of argc words is the one to complete */
static void complete_keys(struct ctl *ctl, const struct object *obj, unsigned int want, int argc,
			  char **argv)
{
	const struct field *f, *end = obj->schema->fields + obj->schema->n_fields;

	for (f = obj->schema->fields; f < end; f++) {
		if (!(f->flags & want))
			continue;
		if (argc % 2)
			put_word(f->word, f->about);
		else if (!strcasecmp(f->word, argv[argc - 2]))
			complete_value(ctl, f);
	}
}

static void complete_verb(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			  int argc, char **argv)
{
	bool named = verb->flags & (VERB_NAME | VERB_NAME_OPT);
	/* the word to complete makes a pair of a name in front of filters */
	bool one = verb->flags & VERB_ONE && argc > 1 &&
		   !key_lookup(obj, verb_keys(verb), argv[0]);
	unsigned int i;

	if (named && argc == 1) {
		/* "stats explain": the names are words */
		for (i = 0; obj->schema->fields[0].words && obj->schema->fields[0].words[i]; i++)
			puts(obj->schema->fields[0].words[i]);
		if (strcmp(verb->word, "add"))
			complete_names(ctl, obj);
		else if (obj == &route_object)
			complete_names(ctl, &tag_object);
		else if (obj == &address_object)
			puts("length");
		return;
	}
	if (verb->flags & VERB_CONFIG && argc % 2)
		puts("-f");
	if (verb->flags & VERB_CONFIG && argc % 2 == 0 && !strcmp(argv[argc - 2], "-f"))
		puts(A_FILE);
	if (verb->sub && argc == 1)
		put_word(verb->sub->word, verb->sub->about);
	if (verb->sub && argc > 1 && !strcasecmp(argv[0], verb->sub->word)) {
		complete_verb(ctl, obj, verb->sub, argc - 1, argv + 1);
		return;
	}
	if (verb->flags & VERB_AGE && argc == 2)
		puts("max-age");
	if (verb->flags & VERB_KEYS)
		complete_keys(ctl, obj, verb_keys(verb), argc - named, argv + named);
	if (verb->flags & VERB_ONE && argc == 1)
		complete_names(ctl, obj);
	if (verb->flags & VERB_FILTER)
		complete_keys(ctl, obj, verb_keys(verb), argc - one, argv + one);
}

static void complete_object(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	unsigned int i;

	if (obj == &help_object) {
		for (i = 0; argc == 1 && objects[i]; i++)
			put_word(objects[i]->word, objects[i]->about);
		return;
	}
	if (obj == &import_object && argc > 1) {
		puts(A_FILE);
		return;
	}
	if (obj == &doctor_object && argc > 1) {
		if (argc == 2)
			puts(A_FILE);
		return;
	}
	put_words(argc == 1 ? obj->forms : NULL);
	/* behind the file, where one has to be there */
	if (!obj->takes_file || argc == 3)
		put_words(obj->words);
	put_words(argc % 2 ? obj->options : NULL);
	if (obj->takes_file && argc == 1)
		puts("-f");
	if (obj->takes_file && argc == 2 && !strcmp(argv[0], "-f"))
		puts(A_FILE);
	if (!obj->n_verbs && obj->schema)
		complete_keys(ctl, obj, FIELD_FILTER, argc, argv);
	for (i = 0; i < obj->n_verbs; i++) {
		if (argc == 1)
			put_word(obj->verbs[i].word, obj->verbs[i].about);
		else if (!strcasecmp(obj->verbs[i].word, argv[0]))
			complete_verb(ctl, obj, &obj->verbs[i], argc - 1, argv + 1);
	}
}

static void complete_netns(void)
{
	DIR *dir = opendir("/run/netns");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			puts(entry->d_name);
	if (dir)
		closedir(dir);
}

/* What stands behind -n or --netns, -b or --batch: 'n' or 'b'; 0 behind other options */
static char option_value(const char *word)
{
	const struct option *o;
	char last = word[1] ? word[strlen(word) - 1] : 0;

	if (!strncmp(word, "--", 2)) {
		last = 0;
		for (o = long_options; o->name; o++)
			if (o->has_arg && !strcmp(o->name, word + 2))
				last = o->val;
	}
	return last == 'n' || last == 'b' ? last : 0;
}

/*
 * Options in front of the object: how many words they are, or -1 if the last word is
 * one of them, or nothing stands behind them
 */
static int complete_options(struct ctl *ctl, int argc, char **argv)
{
	const struct option *o;
	char value;
	int i;

	for (i = 0; i < argc - 1 && argv[i][0] == '-'; i++) {
		value = option_value(argv[i]);
		if (value && i + 1 == argc - 1) {
			if (value == 'b')
				puts(A_FILE);
			else
				complete_netns();
			return -1;
		}
		if (value == 'b' || (value == 'n' && netns_enter(ctl, argv[i + 1])))
			return -1;
		i += !!value;
	}
	if (i == argc - 1 && argv[i][0] == '-') {
		for (o = long_options; o->name; o++)
			printf("--%s\n", o->name);
		return -1;
	}
	return i;
}

/**
 * complete_run - print completions
 * @ctl:	run
 * @argc:	words of the command line so far, without the tool
 * @argv:	words
 *
 * Return: exit status.
 */
int complete_run(struct ctl *ctl, int argc, char **argv)
{
	int options = complete_options(ctl, argc, argv);
	unsigned int i;

	if (options < 0)
		return EXIT_OK;
	argc -= options;
	argv += options;
	for (i = 0; objects[i]; i++) {
		if (argc <= 1)
			put_word(objects[i]->word, objects[i]->about);
		else if (!strcasecmp(objects[i]->word, argv[0]))
			complete_object(ctl, objects[i], argc - 1, argv + 1);
	}
	return EXIT_OK;
}
