// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the reading of the cloud's resources: their properties, ids and names. Called by
 * import_azure.c.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "resource.h"

/**
 * member - a member of an object, whatever the case of its name
 * @object:	JSON
 * @name:	name
 *
 * Return: NULL if there is none, or null.
 */
json_t *member(const json_t *object, const char *name)
{
	const char *key;
	json_t *value;

	/* const in later versions of the library */
	json_object_foreach((json_t *)object, key, value)
		if (!strcasecmp(key, name))
			return json_is_null(value) ? NULL : value;
	return NULL;
}

/**
 * property - a property of a resource, beside its name or below "properties"
 * @resource:	resource
 * @path:	"a/b/c"
 *
 * Return: NULL if there is none.
 */
json_t *property(const json_t *resource, const char *path)
{
	char name[64];
	const char *rest = strchr(path, '/');
	json_t *value;

	snprintf(name, sizeof(name), "%.*s", (int)(rest ? rest - path : (int)strlen(path)), path);
	value = member(resource, name);
	if (!value)
		value = member(member(resource, "properties"), name);
	return value && rest ? property(value, rest + 1) : value;
}

/**
 * property_text - a property that is a text
 * @resource:	resource
 * @path:	"a/b/c"
 *
 * Return: NULL if there is none.
 */
const char *property_text(const json_t *resource, const char *path)
{
	return json_string_value(property(resource, path));
}

/**
 * ref_id - the id of a resource, or of one that is referred to
 * @ref:	resource or reference, or NULL
 *
 * Return: "" if there is none.
 */
const char *ref_id(const json_t *ref)
{
	const char *id = json_string_value(member(ref, "id"));

	return id ? id : "";
}

/**
 * id_name - the name of a resource: the last part of its id
 * @id:	id
 */
const char *id_name(const char *id)
{
	const char *slash = strrchr(id, '/');

	return slash ? slash + 1 : id;
}

/**
 * name_cut - a name of the cloud, which may be longer than natgw's
 * @buf:	result: if it was cut, a hash at its end keeps it apart from others
 * @name:	name
 * @most:	characters it may have
 */
const char *name_cut(char buf[NATGW_NAME_MAX + 1], const char *name, size_t most)
{
	uint32_t hash = 2166136261u;
	const char *p;
	size_t i;

	snprintf(buf, NATGW_NAME_MAX + 1, "%s", name);
	if (strlen(name) > most) {
		for (p = name; *p; p++)
			hash = (hash ^ (unsigned char)*p) * 16777619u;
		snprintf(buf + most - 9, 10, "-%08x", hash);
	}
	for (i = 0; buf[i]; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-",
			    buf[i]))
			buf[i] = '-';
	return buf;
}
