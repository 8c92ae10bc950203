// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the question whether a configuration file has all that its objects refer to. Called by
 * cmd_apply.c before it compares.
 */
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "table.h"

/* Kinds that others refer to by a key of the same word */
static const struct object *const kinds[] = {
	&gateway_object, &vnet_object, &route_table_object, &subnet_object, &tag_object,
};

/*
 * Would apply delete an object that one of the file refers to? What is nowhere is the kernel's to
 * refuse, and what a cluster made comes and goes with the cluster.
 */
static int referred(struct ctl *ctl, const struct items *want, const struct items *have,
		    const struct item *from, const struct object *obj, const char *name)
{
	const struct item *it = items_find(have, obj, name);

	if (!it || it->owned || items_find(want, obj, name))
		return 0;
	ctl->file = from->file;
	ctl->line = from->line;
	ctl_command(ctl, from->obj->word, from->exists ? "set" : "add", from->key);
	return usage_error(ctl, NULL,
			   "%s %s is not in the file: it would be deleted, add the line that makes it",
			   obj->word, name);
}

/* @value: names with commas between */
static int names_check(struct ctl *ctl, const struct items *want, const struct items *have,
		       const struct item *from, const struct object *obj, const char *value)
{
	char *copy = out_checked(strdup(value)), *name, *save;
	int ret = 0;

	for (name = strtok_r(copy, ",", &save); name && !ret; name = strtok_r(NULL, ",", &save))
		ret = referred(ctl, want, have, from, obj, name);
	free(copy);
	return ret;
}

/* The destination of a route, which may be a tag, and its table are in its key */
static int route_check(struct ctl *ctl, const struct items *want, const struct items *have,
		       const struct item *route)
{
	char *name = out_checked(strdup(route->key));
	int ret;

	name[strcspn(name, " ")] = 0;
	ret = referred(ctl, want, have, route, &tag_object, name) ?:
	      referred(ctl, want, have, route, &route_table_object, strrchr(route->key, ' ') + 1);
	free(name);
	return ret;
}

/* A key that refers to an object bears the word of its kind */
static int keys_check(struct ctl *ctl, const struct items *want, const struct items *have,
		      const struct item *it)
{
	const struct schema *s = it->obj->schema;
	unsigned int i, k;
	int ret = 0;

	for (i = 0; i < s->n_fields; i++)
		for (k = 0; k < ARRAY_SIZE(kinds) && !ret; k++)
			if (it->value[i] && !strcmp(s->fields[i].word, kinds[k]->word))
				ret = names_check(ctl, want, have, it, kinds[k], it->value[i]);
	return ret;
}

/**
 * reference_check - does a file make all that its objects refer to?
 * @ctl:	run
 * @want:	configuration of the file
 * @have:	configuration that runs
 *
 * Return: 0, or the exit status: a line refers to an object that runs and is not in the file.
 */
int reference_check(struct ctl *ctl, const struct items *want, const struct items *have)
{
	const struct item *it;
	int ret = 0;
	size_t i;

	for (i = 0; i < want->n && !ret; i++) {
		it = want->list[i];
		ret = it->obj == &route_object ? route_check(ctl, want, have, it) : 0;
		if (!ret)
			ret = keys_check(ctl, want, have, it);
	}
	return ret;
}
