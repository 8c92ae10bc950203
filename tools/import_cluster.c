// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the translation of a cluster, as "az aks" prints it, into "cluster add".
 * Called by import_azure.c.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "import_line.h"
#include "resource.h"

#define NAT_PROFILE	"networkProfile/natGatewayProfile"
#define LB_IPS		LB_PROFILE "/managedOutboundIPs"
#define NAT_IPS		NAT_PROFILE "/managedOutboundIPProfile"

static void cluster_ips(struct import *in, struct import_line *line, const json_t *resource,
			const char *path, enum import_kind kind, const char *key, const char *value)
{
	const json_t *ref, *found;
	size_t i, n = 0;

	json_array_foreach(property(resource, path), i, ref) {
		found = import_find(in, kind, ref_id(ref));
		if (found && property_text(found, value))
			import_add(line, "%s%s%s%s", n ? "" : " ", n ? "," : key, n ? "" : " ",
				   property_text(found, value));
		else
			import_left_out(in, import_label(kind), id_name(ref_id(ref)),
					"is in none of the files, and cluster %s has it",
					property_text(resource, "name"));
		n += found && property_text(found, value);
	}
}

static void cluster_number(struct import_line *line, const json_t *resource, const char *path,
			   const char *key, const char *unit)
{
	const json_t *n = property(resource, path);

	if (json_is_integer(n) && json_integer_value(n))
		import_add(line, " %s %d%s", key, (int)json_integer_value(n), unit);
}

/* Pods may have a subnet of their own beside that of their nodes */
static const char *const pool_subnets[] = { "vnetSubnetID", "podSubnetID" };

/* Subnet @n of the node pools, two of each pool; NULL: it has none, or another one before */
static const char *pool_subnet(const json_t *pools, size_t n)
{
	const char *id = property_text(json_array_get(pools, n / 2), pool_subnets[n % 2]), *before;
	size_t i;

	for (i = 0; id && i < n; i++) {
		before = property_text(json_array_get(pools, i / 2), pool_subnets[i % 2]);
		if (before && !strcasecmp(before, id))
			return NULL;
	}
	return id;
}

/* The subnets of a cluster's node pools, each once. Return: the first, or NULL: none */
static const char *cluster_subnets(struct import *in, struct import_line *line,
				   const json_t *resource)
{
	const json_t *pools = property(resource, "agentPoolProfiles");
	const char *first = NULL, *id;
	char buf[NATGW_NAME_MAX + 1];
	size_t n;

	for (n = 0; n < 2 * json_array_size(pools); n++) {
		id = pool_subnet(pools, n);
		if (!id)
			continue;
		import_add(line, "%s%s", first ? "," : " subnet ", import_subnet_name(in, buf, id));
		if (!first)
			first = id;
	}
	return first;
}

/* The gateway that a subnet of the files is bound to, or NULL */
static const char *gateway_of(const struct import *in, const char *id)
{
	const json_t *resource, *subnet;
	const char *gateway;
	size_t i, k;

	json_array_foreach(in->resources[IMPORT_VNET], i, resource)
		json_array_foreach(property(resource, "subnets"), k, subnet) {
			gateway = import_subnet_gateway(in, resource, subnet);
			if (*gateway && !strcasecmp(ref_id(subnet), id))
				return id_name(gateway);
		}
	return NULL;
}

/**
 * import_cluster - make the command of a cluster
 * @in:		all resources
 * @resource:	what "az aks" prints of it
 */
void import_cluster(struct import *in, const json_t *resource)
{
	const char *type = property_text(resource, "networkProfile/outboundType");
	const char *name = property_text(resource, "name"), *subnet, *gateway;
	const json_t *ranges = property(resource, "apiServerAccessProfile/authorizedIPRanges");
	const json_t *range;
	struct import_line line = {};
	char buf[NATGW_NAME_MAX + 1];
	size_t i, n = 0;

	if (type && !strcasecmp(type, "managedNATGatewayV2")) {
		type = "managedNATGateway";
		import_left_out(in, "cluster", name,
				"managedNATGatewayV2 is written as %s, with addresses of the pool",
				type);
	}
	if (json_integer_value(property(resource, NAT_IPS "/countIPv6")) ||
	    json_integer_value(property(resource, LB_IPS "/countIPv6")))
		import_left_out(in, "cluster", name,
				"natgw translates no IPv6, countIPv6 is not written");
	import_add(&line, "cluster add %s outbound-type %s",
		   name_cut(buf, name, NATGW_CLUSTER_NAME_MAX), type ? type : "loadBalancer");
	subnet = cluster_subnets(in, &line, resource);
	if (!subnet) {
		import_add(&line, " prefix 10.224.0.0/16");
		import_left_out(in, "cluster", name,
				"az does not tell the address space of a network that AKS made, 10.224.0.0/16 is written; add dev where its hosts are");
	}
	if (type && !strcasecmp(type, "userAssignedNATGateway")) {
		gateway = subnet ? gateway_of(in, subnet) : NULL;
		if (gateway)
			import_add(&line, " gateway %s", name_cut(buf, gateway, NATGW_NAME_MAX));
		else
			import_left_out(in, "NAT gateway", "of its subnet",
					"is in none of the files, and cluster %s needs it", name);
	}
	if (!type || !strcasecmp(type, "loadBalancer")) {
		cluster_number(&line, resource, LB_PROFILE "/idleTimeoutInMinutes",
			       "idle-timeout", "m");
		cluster_number(&line, resource, LB_IPS "/count",
			       "managed-outbound-ip-count", "");
		cluster_number(&line, resource, LB_PROFILE "/allocatedOutboundPorts",
			       "ports-per-host", "");
		cluster_ips(in, &line, resource, CLUSTER_IPS, IMPORT_ADDRESS, "outbound-ips",
			    "ipAddress");
		cluster_ips(in, &line, resource, CLUSTER_PREFIXES, IMPORT_PREFIX,
			    "outbound-ip-prefixes", "ipPrefix");
	} else if (!strcasecmp(type, "managedNATGateway")) {
		cluster_number(&line, resource, NAT_PROFILE "/idleTimeoutInMinutes",
			       "idle-timeout", "m");
		cluster_number(&line, resource, NAT_IPS "/count",
			       "managed-outbound-ip-count", "");
	}
	json_array_foreach(ranges, i, range)
		if (json_string_value(range))
			import_add(&line, "%s%s", n++ ? "," : " authorized-ip-ranges ",
				   json_string_value(range));
	import_take(in, &line);
}
