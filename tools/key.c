// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cloud.h"
#include "key.h"
#include "object.h"
#include "table.h"

/* Keywords of a kind, for the search and its suggestions */
struct keywords {
	const struct schema *schema;
	unsigned int want;
};

static const struct field *keyword(const struct keywords *k, unsigned int i)
{
	const struct field *f;

	for (f = k->schema->fields; f < k->schema->fields + k->schema->n_fields; f++)
		if ((f->flags & k->want) && !i--)
			return f;
	return NULL;
}

static const char *keyword_word(const void *data, unsigned int i)
{
	const struct field *f = keyword(data, i);

	return f ? f->word : NULL;
}

/**
 * key_lookup - the field of a keyword
 * @obj:	object
 * @want:	flag that it must have
 * @word:	keyword
 *
 * Return: NULL if there is none.
 */
const struct field *key_lookup(const struct object *obj, unsigned int want, const char *word)
{
	const struct keywords k = { .schema = obj->schema, .want = want };
	const struct words words = { .word = keyword_word, .data = &k };
	int at = obj->schema ? word_find(&words, word) : -1;

	return at < 0 ? NULL : keyword(&k, at);
}

static bool given(const struct request *req, const struct field *f)
{
	unsigned int i;

	for (i = 0; i < req->n_args; i++)
		if (req->args[i].word == f->word)
			return true;
	return false;
}

static void extra_add(struct extra *extra, const char *value, size_t len)
{
	extra->values = out_checked(realloc(extra->values,
					    (extra->n + 1) * sizeof(*extra->values)));
	extra->values[extra->n++] = out_checked(strndup(value, len));
}

/* One value of a FIELD_EXTRA, or several between commas */
static void extra_put(struct extra *extra, const struct field *f, const char *value)
{
	const char *end = value;

	if (f->flags & FIELD_REPEAT)
		for (; *(end = strchrnul(value, ',')); value = end + 1)
			extra_add(extra, value, end - value);
	extra_add(extra, value, strlen(value));
}

/**
 * extra_free - forget the values of a FIELD_EXTRA
 * @extra:	values
 */
void extra_free(struct extra *extra)
{
	while (extra->n)
		free(extra->values[--extra->n]);
	free(extra->values);
	extra->values = NULL;
}

static const char no_such_thing[] = "natgw has nothing like it, leave it out";

/* The key that an address or prefix without one was meant for, or NULL */
static const char *key_of_address(const struct words *words, const char *word)
{
	static const char *const keys[] = { "prefix", "src" };
	struct parse_error e;
	struct inet in;
	unsigned int i;

	if (!parse_prefix(word, &in, &e))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (word_find(words, keys[i]) >= 0)
			return keys[i];
	return NULL;
}

/* A word that is no key of the object */
static int key_error(struct ctl *ctl, const struct object *obj, const struct keywords *k,
		     const char *word)
{
	const struct words words = { .word = keyword_word, .data = k };
	const char *ours = cloud_key(obj, k->want, word);
	struct parse_error e;

	if (ours)
		return usage_error(ctl, NULL, "%s: unknown key, did you mean %s?", word, ours);
	if (cloud_only(word))
		return usage_error(ctl, NULL, "%s: unknown key, %s", word, no_such_thing);
	ours = key_of_address(&words, word);
	if (ours)
		return usage_error(ctl, NULL, "%s: unknown key, did you mean %s %s?", word, ours,
				   word);
	word_fail(&e, &words, "key", word);
	return usage_error(ctl, NULL, "%s: %s", word, e.text);
}

/* "prefix 10.0.0.0/16 10.1.0.0/16": no key begins like an address */
static bool goes_on(const struct field *f, const char *word)
{
	return f->flags & FIELD_REPEAT && f->type != FIELD_REF && word[0] >= '0' && word[0] <= '9';
}

/**
 * object_keys - append KEY VALUE pairs to a request
 * @ctl:	run
 * @obj:	kind of object
 * @req:	request
 * @want:	FIELD_SET or FIELD_FILTER
 * @extra:	collects the values of a FIELD_EXTRA, for extra_free(); or NULL
 * @argc:	words
 * @argv:	words
 *
 * Return: 0, or the exit status.
 */
int object_keys(struct ctl *ctl, const struct object *obj, struct request *req,
		unsigned int want, struct extra *extra, int argc, char **argv)
{
	const struct keywords k = { .schema = obj->schema, .want = want };
	const struct words words = { .word = keyword_word, .data = &k };
	const struct field *f;
	struct parse_error e;
	int i, at;

	for (i = 0; i < argc; i++) {
		at = word_find(&words, argv[i]);
		if (at < 0)
			return key_error(ctl, obj, &k, argv[i]);
		f = keyword(&k, at);
		if (i + 1 == argc)
			return usage_error(ctl, f->word, "%s: value is missing", f->word);
		if (!(f->flags & FIELD_REPEAT) &&
		    (f->type == FIELD_EXTRA ? extra->n : given(req, f)))
			return usage_error(ctl, f->word, "%s: given twice", f->word);
		do {
			i++;
			if (f->type == FIELD_EXTRA)
				extra_put(extra, f, argv[i]);
			else if (!field_put(req, obj->schema, f, argv[i], &e))
				return usage_error(ctl, f->word, "%s %s: %s", f->word, argv[i],
						   e.text);
		} while (i + 1 < argc && goes_on(f, argv[i + 1]));
	}
	return 0;
}

/**
 * object_name - append the key of an object to a request
 * @ctl:	run
 * @obj:	kind of object
 * @req:	request
 * @name:	as it was typed
 *
 * Return: 0, or the exit status.
 */
int object_name(struct ctl *ctl, const struct object *obj, struct request *req, const char *name)
{
	const struct keywords k = { .schema = obj->schema, .want = FIELD_KEY };
	struct parse_error e;

	if (!field_put(req, obj->schema, keyword(&k, 0), name, &e))
		return usage_error(ctl, keyword(&k, 0)->word, "%s", e.text);
	return 0;
}

/**
 * key_option_error - refuse an option that is none of natgwctl's
 * @ctl:	run
 * @obj:	object of the command
 * @want:	flag of the keywords that the command takes, or 0
 * @word:	the option, with its dashes
 *
 * People write keys like that elsewhere. Return: the exit status.
 */
int key_option_error(struct ctl *ctl, const struct object *obj, unsigned int want,
		     const char *word)
{
	const struct keywords k = { .schema = obj->schema, .want = want };
	const struct words words = { .word = keyword_word, .data = &k };
	const struct field *f;
	const char *ours;
	char name[64];

	snprintf(name, sizeof(name), "%s", word + strspn(word, "-"));
	name[strcspn(name, "=")] = 0;
	f = key_lookup(obj, want, name);
	ours = f ? f->word : cloud_key(obj, want, name);
	if (!ours && cloud_only(name))
		return usage_error(ctl, NULL, "%s: unknown option, %s", word, no_such_thing);
	if (!ours && !strcasecmp(name, "name"))
		return usage_error(ctl, NULL,
				   "%s: unknown option, the name stands behind the verb", word);
	if (!ours && obj->schema && want)
		ours = word_nearest(&words, name);
	if (ours)
		return usage_error(ctl, NULL, "%s: unknown option, did you mean %s%s?", word,
				   strchr(ours, ' ') ? "" : "the key ", ours);
	return usage_error(ctl, NULL, "%s: unknown option, see natgwctl help %s", word, obj->word);
}
