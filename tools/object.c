// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cloud.h"
#include "item.h"
#include "key.h"
#include "nl_pipe.h"
#include "object.h"
#include "option.h"
#include "table.h"

/**
 * struct show - an object list on its way to the output
 * @ctl:	run
 * @obj:	kind of object
 * @out:	output
 * @begun:	@out is
 */
struct show {
	struct ctl *ctl;
	const struct object *obj;
	struct out out;
	bool begun;
};

/**
 * object_request - the request of a verb, from the name and the keywords behind it
 * @ctl:	run; its socket is open afterwards
 * @obj:	kind of object
 * @verb:	verb
 * @req:	result
 * @argc:	words behind the verb
 * @argv:	words
 *
 * Return: 0, or the exit status.
 */
int object_request(struct ctl *ctl, const struct object *obj, const struct verb *verb,
		   struct request *req, int argc, char **argv)
{
	int named = argc && verb->flags & (VERB_NAME | VERB_NAME_OPT), ret = 0;

	request_init(req, verb->cmd);
	if (named)
		ret = object_name(ctl, obj, req, argv[0]);
	if (!ret)
		ret = object_keys(ctl, obj, req, verb_keys(verb), NULL, argc - named,
				  argv + named);
	return ret || ctl->items ? ret : ctl_open(ctl);
}

/**
 * object_send - send a request that is only acknowledged, or put it into @ctl->items
 * @ctl:	run
 * @obj:	kind of object, or NULL
 * @req:	request
 *
 * Return: 0, or the exit status.
 */
int object_send(struct ctl *ctl, const struct object *obj, struct request *req)
{
	struct nl_error e;
	int ret;

	if (ctl->items)
		return items_request(ctl, obj, req);
	if (ctl->pipe)
		return nl_pipe_add(ctl->pipe, req) ? 0 : EXIT_REFUSED;
	ret = ctl_open(ctl);
	if (ret)
		return ret;
	if (nl_request(&ctl->nl, req, NULL, NULL, &e))
		return kernel_error(ctl, obj, req, &e);
	warn_kernel(ctl, &e);
	return 0;
}

/**
 * object_change - add, set or del
 * @ctl:	run
 * @obj:	kind of object
 * @verb:	verb
 * @argc:	words behind the verb, the name first
 * @argv:	words
 *
 * Return: exit status.
 */
int object_change(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		  char **argv)
{
	struct request req;
	int ret;

	ret = object_request(ctl, obj, verb, &req, argc, argv);
	return ret ? ret : object_send(ctl, obj, &req);
}

static void show_begin(struct show *show)
{
	if (!show->begun)
		out_begin(&show->out, show->ctl->json, show->ctl->pretty, show->obj->layout);
	show->begun = true;
}

/**
 * object_key - name of the object of an answer
 * @buf:	room for an address
 * @obj:	kind of object
 * @tb:		attributes from fields_parse()
 *
 * Return: NULL if missing.
 */
const char *object_key(char buf[KEY_TEXT], const struct object *obj,
		       const struct nlattr *const *tb)
{
	const struct field *key = &obj->schema->fields[0];
	const char *name;
	size_t n;

	if (key->type == FIELD_HOST)
		return field_addr(buf, tb[key->attr], tb[key->attr2], true);
	if (!key->alt)
		return field_string(tb[key->attr]);

	/* A route; the field behind its destination is its table */
	name = field_addr(buf, tb[key->attr], tb[key->attr2], false);
	if (!name && field_string(tb[key->alt])) {
		snprintf(buf, KEY_TEXT, "%s", field_string(tb[key->alt]));
		name = buf;
	}
	if (!name)
		return NULL;
	while (!((++key)->flags & FIELD_KEY) || key->attr == obj->schema->fields[0].alt)
		;
	n = strlen(buf);
	if (field_string(tb[key->attr]))
		snprintf(buf + n, KEY_TEXT - n, " %s %s", key->word, field_string(tb[key->attr]));
	return buf;
}

/**
 * verb_keys - flag of the keywords that a verb takes
 * @verb:	verb
 */
unsigned int verb_keys(const struct verb *verb)
{
	if (verb->keys)
		return verb->keys;
	return verb->flags & VERB_FILTER ? FIELD_FILTER : FIELD_SET;
}

/**
 * verb_one - does a name stand in front of the filters of a verb? Words of filters are pairs
 * @verb:	verb
 * @argc:	words behind it
 */
bool verb_one(const struct verb *verb, int argc)
{
	return verb->flags & VERB_ONE && argc % 2;
}

/**
 * object_print - print the attributes of an object
 * @ctl:	run
 * @o:		output, inside of an object
 * @obj:	kind of object
 * @tb:		attributes from fields_parse()
 */
void object_print(const struct ctl *ctl, struct out *o, const struct object *obj,
		  const struct nlattr *const *tb)
{
	unsigned int want = FIELD_SHOW;
	char buf[KEY_TEXT];
	const char *name;

	if (ctl->stats)
		want |= FIELD_COUNT;
	if (ctl->json)
		want |= FIELD_JSON;
	if (ctl->stats || ctl->json)
		want |= FIELD_WIDE;
	/* Tables have a column for the name, lines have it in front */
	if (obj->layout == OUT_BLOCK && (ctl->json || o->layout == OUT_BLOCK)) {
		name = object_key(buf, obj, tb);
		out_title(o, obj->word, obj->schema->fields[0].word, name ? name : "");
	}
	fields_show(o, obj->schema, want, tb);
}

static bool show_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct show *show = data;
	const struct object *obj = show->obj;
	char drain[DRAIN_TEXT];

	if (!fields_parse(obj->schema, nlh, tb))
		return false;
	show_begin(show);
	out_row(&show->out);
	object_print(show->ctl, &show->out, obj, tb);
	if (obj->show_more)
		obj->show_more(&show->out, tb);
	if (drain_text(drain, &obj->drain, tb))
		out_note(&show->out, drain);
	out_row_end(&show->out);
	return true;
}

/**
 * object_show - show one object, or all of them
 * @ctl:	run
 * @obj:	kind of object
 * @verb:	verb
 * @argc:	words behind the verb: a name, or with VERB_FILTER keywords
 * @argv:	words
 *
 * Return: exit status.
 */
int object_show(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		char **argv)
{
	enum nl_dump_mode mode = verb->flags & VERB_FILTER ? NL_DUMP_STREAM : NL_DUMP_WHOLE;
	struct show show = { .ctl = ctl, .obj = obj };
	bool one = argc && !(verb->flags & VERB_FILTER);
	struct request req;
	struct nl_error e;
	int ret;

	ret = object_request(ctl, obj, verb, &req, argc, argv);
	if (ret)
		return ret;

	if (one)
		ret = nl_request(&ctl->nl, &req, show_answer, &show, &e);
	else
		ret = nl_dump(&ctl->nl, &req, mode, show_answer, &show, &e);
	if (ret >= 0)
		show_begin(&show);
	if (show.begun)
		out_end(&show.out);
	return list_end(ctl, obj, &req, ret, &e);
}

static const char *verb_word(const void *data, unsigned int i)
{
	const struct object *obj = data;

	return i < obj->n_verbs ? obj->verbs[i].word : NULL;
}

/**
 * verb_lookup - the verb of a word
 * @obj:	object
 * @word:	as it was typed
 *
 * Return: NULL if the object has none of that name.
 */
const struct verb *verb_lookup(const struct object *obj, const char *word)
{
	const struct words words = { .word = verb_word, .data = obj };
	int i = word_find(&words, word);

	return i < 0 ? NULL : &obj->verbs[i];
}

/* Does a word begin like an option, and not like a number below zero? */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && !(word[1] >= '0' && word[1] <= '9');
}

static int verb_run(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		    char **argv)
{
	bool named = verb->flags & (VERB_NAME | VERB_NAME_OPT) || verb_one(verb, argc);
	bool keys = verb->flags & (VERB_KEYS | VERB_FILTER);
	int i;

	if (verb->sub && argc && !strcasecmp(argv[0], verb->sub->word))
		return verb_run(ctl, obj, verb->sub, argc - 1, argv + 1);
	ctl_command(ctl, obj->word, verb->word,
		    named && argc && argv[0][0] != '-' ? argv[0] : NULL);
	for (i = 0; i < argc && !(verb->flags & (VERB_FILE | VERB_CONFIG)); i++)
		if (is_option(argv[i]))
			return key_option_error(ctl, obj, keys ? verb_keys(verb) : 0, argv[i]);
	if (ctl->batch && !(verb->flags & VERB_BATCH))
		return usage_error(ctl, NULL, "cannot stand in a batch");
	if ((verb->flags & VERB_NAME) && !argc)
		return usage_error(ctl, NULL, "%s is missing, see natgwctl help %s",
				   obj->schema ? obj->schema->fields[0].word : "name", obj->word);
	if (named && argc && argv[0][0] == '-')
		return usage_error(ctl, NULL, "%s: a name does not begin with a dash", argv[0]);
	if (argc > named && !keys && !(verb->flags & (VERB_FILE | VERB_CONFIG)))
		return usage_error(ctl, NULL, "%s: one word too many, see natgwctl help %s",
				   argv[named], obj->word);
	return verb->run(ctl, obj, verb, argc, argv);
}

/**
 * verb_default - the verb that is meant where none is given
 * @obj:	object
 */
const struct verb *verb_default(const struct object *obj)
{
	const struct verb *verb = verb_lookup(obj, "show");

	return verb ? verb : verb_lookup(obj, "status");
}

/**
 * object_run - run the words behind an object
 * @ctl:	run
 * @obj:	kind of object
 * @argc:	words
 * @argv:	words
 *
 * Return: exit status.
 */
int object_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	const struct words words = { .word = verb_word, .data = obj };
	const struct verb *verb;
	struct parse_error e;
	const char *ours;
	int i;

	ctl_command(ctl, obj->word, NULL, NULL);
	if (argc && obj->n_verbs && !strcasecmp(argv[0], "help")) {
		usage_object(stdout, obj);
		return 0;
	}
	for (i = 0; i < argc; i++) {
		if (!ctl->batch && (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))) {
			usage_object(stdout, obj);
			return 0;
		}
		if (obj->takes_options)
			continue;
		if (option_known(argv[i]))
			return usage_error(ctl, NULL,
					   "%s: options stand before the object, see natgwctl help",
					   argv[i]);
		if (is_option(argv[i]) && (!i || !obj->n_verbs) && !obj->takes_file &&
		    !obj->options)
			return key_option_error(ctl, obj, obj->n_verbs ? 0 : FIELD_FILTER, argv[i]);
	}
	if (!obj->n_verbs)
		return obj->run(ctl, obj, argc, argv);

	verb = argc ? verb_lookup(obj, argv[0]) : verb_default(obj);
	if (!verb) {
		ours = cloud_verb(obj, argv[0]);
		if (ours)
			return usage_error(ctl, NULL, "%s: unknown verb, did you mean %s?", argv[0],
					   ours);
		word_fail(&e, &words, "verb", argv[0]);
		return usage_error(ctl, NULL, "%s: %s", argv[0], e.text);
	}
	return verb_run(ctl, obj, verb, argc ? argc - 1 : 0, argv + 1);
}

static const char *object_word(const void *data, unsigned int i)
{
	(void)data;
	return objects[i] ? objects[i]->word : NULL;
}

/**
 * object_lookup - the object of a word
 * @word:	as it was typed
 *
 * Return: NULL if there is none.
 */
const struct object *object_lookup(const char *word)
{
	const struct words words = { .word = object_word };
	int i = word_find(&words, word);

	return i < 0 ? NULL : objects[i];
}

/**
 * object_find - the object of a command
 * @ctl:	run
 * @argc:	words of the command, one at least
 * @argv:	words, the first names the object
 *
 * Return: NULL if there is none; that has been reported.
 */
const struct object *object_find(struct ctl *ctl, int argc, char **argv)
{
	const struct words words = { .word = object_word };
	const struct object *obj = object_lookup(argv[0]);
	char theirs[CLOUD_TEXT], ours[CLOUD_TEXT];
	struct parse_error e;

	if (obj)
		return obj;
	ctl->command[0] = 0;
	if (cloud_command(theirs, ours, argc, argv)) {
		usage_error(ctl, NULL, "%s: unknown object, did you mean %s?", theirs, ours);
		return NULL;
	}
	word_fail(&e, &words, "object", argv[0]);
	usage_error(ctl, NULL, "%s: %s", argv[0], e.text);
	return NULL;
}
