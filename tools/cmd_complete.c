// SPDX-License-Identifier: GPL-2.0
/*
 * natgwctl __complete WORD...: what the last word could be, one a line, from the
 * same tables as everything else and from the kernel. For natgwctl.bash.
 */
#include <net/if.h>
#include <string.h>
#include <strings.h>

#include "object.h"

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
			puts(f->word);
		else if (!strcasecmp(f->word, argv[argc - 2]))
			complete_value(ctl, f);
	}
}

static void complete_verb(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			  int argc, char **argv)
{
	bool named = verb->flags & (VERB_NAME | VERB_NAME_OPT);
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
	if (verb->sub && argc == 1)
		puts(verb->sub->word);
	if (verb->sub && argc > 1 && !strcasecmp(argv[0], verb->sub->word)) {
		complete_verb(ctl, obj, verb->sub, argc - 1, argv + 1);
		return;
	}
	if (verb->flags & VERB_AGE && argc == 2)
		puts("max-age");
	if (verb->flags & VERB_KEYS)
		complete_keys(ctl, obj, verb_keys(verb), argc - named, argv + named);
	if (verb->flags & VERB_FILTER)
		complete_keys(ctl, obj, verb_keys(verb), argc, argv);
}

static void complete_object(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	unsigned int i;

	if (obj == &help_object) {
		for (i = 0; argc == 1 && objects[i]; i++)
			puts(objects[i]->word);
		return;
	}
	for (i = 0; !obj->n_verbs && obj->words && obj->words[i]; i++)
		puts(obj->words[i]);
	if (obj->takes_file && argc == 1)
		puts("-f");
	if (!obj->n_verbs && obj->schema)
		complete_keys(ctl, obj, FIELD_FILTER, argc, argv);
	for (i = 0; i < obj->n_verbs; i++) {
		if (argc == 1)
			puts(obj->verbs[i].word);
		else if (!strcasecmp(obj->verbs[i].word, argv[0]))
			complete_verb(ctl, obj, &obj->verbs[i], argc - 1, argv + 1);
	}
}

/**
 * complete_run - print completions
 * @ctl:	run
 * @argc:	words of the command line so far, without the tool and its options
 * @argv:	words
 *
 * Return: exit status.
 */
int complete_run(struct ctl *ctl, int argc, char **argv)
{
	unsigned int i;

	for (i = 0; objects[i]; i++) {
		if (argc <= 1)
			puts(objects[i]->word);
		else if (!strcasecmp(objects[i]->word, argv[0]))
			complete_object(ctl, objects[i], argc - 1, argv + 1);
	}
	return EXIT_OK;
}
