// SPDX-License-Identifier: GPL-2.0
/*
 * Owns a command on its way from a resource of the cloud, and what several kinds of resources need
 * to write theirs. Called by import_azure.c and import_cluster.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "batch.h"
#include "import_line.h"
#include "resource.h"

/**
 * import_add - write on at the end of a command
 * @line:	command; what does not fit is cut off, and natgw refuses the rest
 * @fmt:	as in printf()
 */
void import_add(struct import_line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line->n += vsnprintf(line->text + line->n, IMPORT_LINE_TEXT - line->n, fmt, ap);
	va_end(ap);
	if (line->n >= IMPORT_LINE_TEXT)
		line->n = IMPORT_LINE_TEXT - 1;
}

/**
 * import_left_out - say what of a resource is not carried over
 * @in:		all resources
 * @kind:	as a reader calls it
 * @name:	of the resource, or NULL
 * @fmt:	why, as in printf()
 */
void import_left_out(struct import *in, const char *kind, const char *name, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	in->ctl->command[0] = 0;
	warn(in->ctl, NULL, NULL, "%s %s: %s", kind, name ? name : "without a name", why);
}

/**
 * import_take - run a command, into the list of objects
 * @in:		all resources; failed if natgw refuses it, which has been reported then
 * @line:	command
 */
void import_take(struct import *in, struct import_line *line)
{
	if (batch_line(in->ctl, line->text))
		in->failed = true;
}

/**
 * import_lists - does a resource refer to another one?
 * @resource:	resource
 * @path:	its property, a list of references
 * @id:		of the other one, or ""
 */
bool import_lists(const json_t *resource, const char *path, const char *id)
{
	const json_t *list = property(resource, path), *ref;
	size_t i;

	json_array_foreach(list, i, ref)
		if (*id && !strcasecmp(ref_id(ref), id))
			return true;
	return false;
}

/**
 * import_maker - the cluster that made a resource: it is in the resource group of its nodes
 * @in:		all resources
 * @id:		id, or ""
 *
 * What a cluster made goes with it: "cluster add" makes the like in natgw.
 *
 * Return: NULL: none.
 */
const json_t *import_maker(const struct import *in, const char *id)
{
	const json_t *cluster;
	const char *group;
	char part[256];
	size_t i;

	json_array_foreach(in->resources[IMPORT_CLUSTER], i, cluster) {
		group = property_text(cluster, "nodeResourceGroup");
		if (!group)
			continue;
		snprintf(part, sizeof(part), "/resourceGroups/%s/", group);
		if (strcasestr(id, part))
			return cluster;
	}
	return NULL;
}

/**
 * import_find - look for a resource that is carried over by its id
 * @in:		all resources
 * @kind:	where to look
 * @id:		id, or ""
 *
 * Names are taken of what is found: ids that refer to it may have another case.
 *
 * Return: it, or NULL.
 */
const json_t *import_find(const struct import *in, enum import_kind kind, const char *id)
{
	const json_t *resource;
	size_t i;

	if (import_maker(in, id))
		return NULL;
	json_array_foreach(in->resources[kind], i, resource)
		if (*id && !strcasecmp(ref_id(resource), id))
			return resource;
	return NULL;
}

/**
 * import_missing - say that something refers to a resource that import_find() did not find
 * @in:		all resources
 * @kind:	as a reader calls it
 * @id:		its id
 * @fmt:	who uses it, as in printf()
 */
void import_missing(struct import *in, const char *kind, const char *id, const char *fmt, ...)
{
	const char *why = "is in none of the files";
	char user[192];
	va_list ap;

	if (import_maker(in, id))
		why = "a cluster made it for itself";
	va_start(ap, fmt);
	vsnprintf(user, sizeof(user), fmt, ap);
	va_end(ap);
	import_left_out(in, kind, id_name(id), "%s, and %s", why, user);
}

/**
 * import_find_subnet - look for a subnet by its id
 * @in:		all resources
 * @id:		id, or ""
 * @vnet:	result: its network
 *
 * Return: it, or NULL.
 */
const json_t *import_find_subnet(const struct import *in, const char *id, const json_t **vnet)
{
	const json_t *subnet;
	size_t i, k;

	json_array_foreach(in->resources[IMPORT_VNET], i, *vnet)
		json_array_foreach(property(*vnet, "subnets"), k, subnet)
			if (*id && !import_maker(in, id) && !strcasecmp(ref_id(subnet), id))
				return subnet;
	return NULL;
}

/**
 * import_subnet_name - the name that a subnet has in natgw
 * @in:		all resources
 * @buf:	for the name
 * @vnet:	network of the subnet
 * @subnet:	it, which has a name
 *
 * Subnets have names of their own in each vnet of the cloud, in natgw in all of them.
 *
 * Return: @buf.
 */
const char *import_subnet_name(const struct import *in, char buf[NATGW_NAME_MAX + 1],
			       const json_t *vnet, const json_t *subnet)
{
	const char *name = property_text(subnet, "name") ?: "";
	const json_t *resource, *other;
	char full[256];
	size_t i, k, n = 0;

	json_array_foreach(in->resources[IMPORT_VNET], i, resource) {
		if (import_maker(in, ref_id(resource)))
			continue;
		json_array_foreach(property(resource, "subnets"), k, other)
			n += !strcasecmp(property_text(other, "name") ?: "", name);
	}
	if (n < 2)
		return name_cut(buf, name, NATGW_NAME_MAX);
	snprintf(full, sizeof(full), "%s-%s", property_text(vnet, "name") ?: "", name);
	return name_cut(buf, full, NATGW_NAME_MAX);
}

/**
 * import_subnet_gateway - the NAT gateway of a subnet: its own one, or one of the whole network
 * @in:		all resources
 * @vnet:	network of the subnet
 * @subnet:	it
 *
 * Return: id of the gateway, or "".
 */
const char *import_subnet_gateway(const struct import *in, const json_t *vnet,
				  const json_t *subnet)
{
	const char *id = ref_id(property(subnet, "natGateway"));
	const json_t *gateway;
	size_t i;

	if (*id)
		return id;
	json_array_foreach(in->resources[IMPORT_GATEWAY], i, gateway)
		if (*ref_id(vnet) &&
		    !strcasecmp(ref_id(property(gateway, "sourceVirtualNetwork")), ref_id(vnet)))
			return ref_id(gateway);
	return "";
}
