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

#define LB_IPS		LB_PROFILE "/managedOutboundIPs"
#define NAT_IPS		NAT_PROFILE "/managedOutboundIPProfile"
/** AKS_PREFIX - what AKS gives a network that it makes, unless told otherwise */
#define AKS_PREFIX	"10.224.0.0/16"

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
			import_missing(in, import_label(kind), ref_id(ref), "cluster %s has it",
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
	const json_t *pools = property(resource, "agentPoolProfiles"), *subnet, *vnet;
	const char *first = NULL, *id, *name;
	char buf[NATGW_NAME_MAX + 1];
	size_t n;

	for (n = 0; n < 2 * json_array_size(pools); n++) {
		id = pool_subnet(pools, n);
		if (!id || !*id)
			continue;
		subnet = import_find_subnet(in, id, &vnet);
		if (subnet) {
			name = import_subnet_name(in, buf, vnet, subnet);
		} else {
			name = name_cut(buf, id_name(id), NATGW_NAME_MAX);
			import_missing(in, "subnet", id, "cluster %s uses it",
				       property_text(resource, "name"));
		}
		import_add(line, "%s%s", first ? "," : " subnet ", name);
		if (!first)
			first = id;
	}
	return first;
}

/* The name of the gateway that a subnet of the files is bound to, or NULL */
static const char *gateway_of(const struct import *in, const char *id)
{
	const json_t *vnet, *subnet = import_find_subnet(in, id, &vnet), *gateway;

	if (!subnet)
		return NULL;
	gateway = import_find(in, IMPORT_GATEWAY, import_subnet_gateway(in, vnet, subnet));
	return gateway ? property_text(gateway, "name") : NULL;
}

/* The first IPv4 prefix of a subnet, or NULL */
static const char *prefix_of(const json_t *subnet)
{
	const char *prefix = property_text(subnet, "addressPrefix");
	const json_t *entry;
	size_t i;

	json_array_foreach(property(subnet, "addressPrefixes"), i, entry)
		if (!prefix || strchr(prefix, ':'))
			prefix = json_string_value(entry);
	return prefix && !strchr(prefix, ':') ? prefix : NULL;
}

/* The prefix of the network that a cluster made for its nodes, or NULL: in none of the files */
static const char *own_prefix(const struct import *in, const json_t *cluster)
{
	const json_t *vnet, *subnet;
	const char *prefix;
	size_t i, k;

	json_array_foreach(in->resources[IMPORT_VNET], i, vnet) {
		if (import_maker(in, ref_id(vnet)) != cluster)
			continue;
		json_array_foreach(property(vnet, "subnets"), k, subnet) {
			prefix = prefix_of(subnet);
			if (prefix)
				return prefix;
		}
	}
	return NULL;
}

/* The prefix of a cluster that has no subnet of the operator's */
static const char *cluster_prefix(struct import *in, const json_t *cluster)
{
	const char *prefix = own_prefix(in, cluster), *name = property_text(cluster, "name");
	const json_t *other;
	const char *same;
	size_t i;

	if (!prefix) {
		prefix = AKS_PREFIX;
		import_left_out(in, "cluster", name,
				"the network that AKS made is in none of the files, %s is written; add dev where its hosts are",
				prefix);
	}
	json_array_foreach(in->resources[IMPORT_CLUSTER], i, other) {
		if (other == cluster)
			break;
		same = own_prefix(in, other);
		if (!pool_subnet(property(other, "agentPoolProfiles"), 0) &&
		    !strcmp(same ? same : AKS_PREFIX, prefix))
			import_left_out(in, "cluster", name,
					"it has prefix %s, as cluster %s has: natgw works for both only where dev puts them into different VRFs",
					prefix, property_text(other, "name"));
	}
	return prefix;
}

/* Of a public IP, whoever made it */
static const char *ip_of(const struct import *in, const char *id)
{
	const json_t *address;
	size_t i;

	json_array_foreach(in->resources[IMPORT_ADDRESS], i, address)
		if (!strcasecmp(ref_id(address), id))
			return property_text(address, "ipAddress");
	return NULL;
}

/*
 * The cloud gives a cluster addresses that come and go with it, and natgw gives it those of the
 * managed pool. Whether others rely on them is not known here: each is named.
 */
static void lost_ips(struct import *in, const json_t *resource, const char *path)
{
	const json_t *list = property(resource, path), *ref;
	const char *ip;
	size_t i;

	/* what it has of prefixes is part of them */
	if (json_array_size(property(resource, CLUSTER_PREFIXES)))
		return;
	json_array_foreach(list, i, ref) {
		if (import_lists(resource, CLUSTER_IPS, ref_id(ref)))
			continue;
		ip = ip_of(in, ref_id(ref));
		import_left_out(in, "public IP", id_name(ref_id(ref)),
				"cluster %s leaves from %s, and gets an address of the managed pool instead: where others rely on it see natgw.conf(5)",
				property_text(resource, "name"), ip ? ip : "it");
	}
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
	if (!subnet)
		import_add(&line, " prefix %s", cluster_prefix(in, resource));
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
		lost_ips(in, resource, LB_EFFECTIVE);
	} else if (!strcasecmp(type, "managedNATGateway")) {
		cluster_number(&line, resource, NAT_PROFILE "/idleTimeoutInMinutes",
			       "idle-timeout", "m");
		cluster_number(&line, resource, NAT_IPS "/count",
			       "managed-outbound-ip-count", "");
		lost_ips(in, resource, NAT_EFFECTIVE);
	}
	json_array_foreach(ranges, i, range)
		if (json_string_value(range))
			import_add(&line, "%s%s", n++ ? "," : " authorized-ip-ranges ",
				   json_string_value(range));
	import_take(in, &line);
}
