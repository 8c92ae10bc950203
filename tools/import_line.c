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
 * import_find - look for a resource by its id
 * @in:		all resources
 * @kind:	where to look
 * @id:		id, or ""
 *
 * Return: it, or NULL.
 */
const json_t *import_find(const struct import *in, enum import_kind kind, const char *id)
{
	const json_t *resource;
	size_t i;

	json_array_foreach(in->resources[kind], i, resource)
		if (*id && !strcasecmp(ref_id(resource), id))
			return resource;
	return NULL;
}

/**
 * import_subnet_name - the name that a subnet has in natgw
 * @in:		all resources
 * @buf:	for the name
 * @id:		of the subnet
 *
 * Subnets have names of their own in each vnet of the cloud, in natgw in all of them.
 *
 * Return: @buf.
 */
const char *import_subnet_name(const struct import *in, char buf[NATGW_NAME_MAX + 1],
			       const char *id)
{
	const char *name = id_name(id), *vnet, *end;
	const json_t *resource, *subnet;
	char full[256];
	size_t i, k, n = 0;

	json_array_foreach(in->resources[IMPORT_VNET], i, resource)
		json_array_foreach(property(resource, "subnets"), k, subnet)
			n += !strcasecmp(property_text(subnet, "name") ?: "", name);
	/* .../virtualNetworks/VNET/subnets/NAME */
	vnet = strcasestr(id, "/virtualNetworks/");
	vnet = vnet ? vnet + strlen("/virtualNetworks/") : NULL;
	end = vnet ? strchr(vnet, '/') : NULL;
	if (n < 2 || !end)
		return name_cut(buf, name, NATGW_NAME_MAX);
	snprintf(full, sizeof(full), "%.*s-%s", (int)(end - vnet), vnet, name);
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
		if (!strcasecmp(ref_id(property(gateway, "sourceVirtualNetwork")), ref_id(vnet)))
			return ref_id(gateway);
	return "";
}
