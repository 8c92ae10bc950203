// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the translation of the cloud's resources into commands of natgwctl. Called by
 * cmd_import.c. Resources are what "az network nat gateway", "public-ip", "public-ip prefix",
 * "vnet", "route-table" and "az aks" print by show or list, "-o json". Property names are those
 * of the REST reference; az writes them beside the name or below "properties", and not always
 * in the same case.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import_azure.h"
#include "import_line.h"
#include "object.h"
#include "resource.h"
#include "table.h"

/** struct kind - of resources */
static const struct kind {
	const char *type;
	const char *label;
	const char *member;
} kinds[IMPORT_KINDS] = {
	[IMPORT_GATEWAY] = { "Microsoft.Network/natGateways", "NAT gateway", "publicIpPrefixes" },
	[IMPORT_ADDRESS] = { "Microsoft.Network/publicIPAddresses", "public IP", "ipAddress" },
	[IMPORT_PREFIX] = { "Microsoft.Network/publicIPPrefixes", "public IP prefix", "ipPrefix" },
	[IMPORT_VNET] = { "Microsoft.Network/virtualNetworks", "virtual network", "addressSpace" },
	[IMPORT_ROUTES] = { "Microsoft.Network/routeTables", "route table", "routes" },
	[IMPORT_CLUSTER] = { "Microsoft.ContainerService/ManagedClusters", "cluster",
			     "networkProfile" },
};

/**
 * import_label - what a reader calls a kind of resources
 * @kind:	kind
 */
const char *import_label(enum import_kind kind)
{
	return kinds[kind].label;
}

/**
 * import_kind - which kind of resource is it?
 * @resource:	resource
 *
 * Return: IMPORT_KINDS for one that is no concern of natgw's.
 */
enum import_kind import_kind(const json_t *resource)
{
	const char *type = json_string_value(member(resource, "type"));
	unsigned int i;

	for (i = 0; i < IMPORT_KINDS; i++)
		if (type ? !strcasecmp(type, kinds[i].type) :
			   !!property(resource, kinds[i].member))
			break;
	return i;
}

/* The NAT gateway that has an address or prefix, or NULL */
static const json_t *holder(const struct import *in, const json_t *resource, const char *path)
{
	const char *id = ref_id(property(resource, "natGateway"));
	const json_t *gateway = import_find(in, IMPORT_GATEWAY, id);
	size_t i;

	if (gateway)
		return gateway;
	json_array_foreach(in->resources[IMPORT_GATEWAY], i, gateway)
		if (import_lists(gateway, path, ref_id(resource)))
			return gateway;
	return NULL;
}

/* The one zone of a resource; one in several zones is in none of natgw's */
static const char *zone_of(const json_t *resource)
{
	const json_t *zones = property(resource, "zones");

	return json_array_size(zones) == 1 ? json_string_value(json_array_get(zones, 0)) : NULL;
}

/* What a gateway refers to and no file has */
static void gateway_missing(struct import *in, const json_t *resource, const char *path,
			    enum import_kind kind)
{
	const json_t *list = property(resource, path), *ref;
	size_t i;

	json_array_foreach(list, i, ref)
		if (!import_find(in, kind, ref_id(ref)))
			import_missing(in, kinds[kind].label, ref_id(ref), "gateway %s has it",
				       property_text(resource, "name"));
}

static void gateway_import(struct import *in, const json_t *resource)
{
	const char *name = property_text(resource, "name"), *zone = zone_of(resource);
	const json_t *idle = property(resource, "idleTimeoutInMinutes"), *ref;
	static const struct {
		const char *path;
		enum import_kind kind;
	} never[] = {
		{ "publicIpAddressesV6", IMPORT_ADDRESS },
		{ "publicIpPrefixesV6", IMPORT_PREFIX },
	};
	struct import_line line = {};
	char buf[NATGW_NAME_MAX + 1];
	unsigned int i;
	size_t k;

	import_add(&line, "gateway add %s", name_cut(buf, name, NATGW_NAME_MAX));
	if (json_is_integer(idle))
		import_add(&line, " idle-timeout %dm", (int)json_integer_value(idle));
	if (zone)
		import_add(&line, " zone %s", zone);
	import_take(in, &line);
	gateway_missing(in, resource, "publicIpAddresses", IMPORT_ADDRESS);
	gateway_missing(in, resource, "publicIpPrefixes", IMPORT_PREFIX);
	for (i = 0; i < ARRAY_SIZE(never); i++)
		json_array_foreach(property(resource, never[i].path), k, ref)
			/* one of the files is named by itself */
			if (!import_find(in, never[i].kind, ref_id(ref)))
				import_left_out(in, kinds[never[i].kind].label,
						id_name(ref_id(ref)),
						"natgw translates no IPv6");
}

/* Does a cluster take an address or a prefix for its load balancer? */
static bool of_cluster(const struct import *in, const char *path, const char *id)
{
	const json_t *cluster;
	size_t i;

	json_array_foreach(in->resources[IMPORT_CLUSTER], i, cluster)
		if (import_lists(cluster, path, id))
			return true;
	return false;
}

static void address_put(struct import *in, const char *ip, const json_t *gateway)
{
	/* natgw has addresses in the zone of their gateway; those of clusters have none */
	const char *zone = gateway ? zone_of(gateway) : NULL;
	struct import_line line = {};
	char buf[NATGW_NAME_MAX + 1];

	import_add(&line, "address add %s", ip);
	if (gateway)
		import_add(&line, " gateway %s",
			   name_cut(buf, property_text(gateway, "name"), NATGW_NAME_MAX));
	if (zone)
		import_add(&line, " zone %s", zone);
	import_take(in, &line);
}

/* The prefix that a public IP was made of, if a gateway or a cluster has all of it, or NULL */
static const json_t *whole_prefix(const struct import *in, const json_t *resource)
{
	const char *id = ref_id(property(resource, "publicIPPrefix"));
	const json_t *prefix = import_find(in, IMPORT_PREFIX, id);

	if (prefix && (holder(in, prefix, "publicIpPrefixes") ||
		       of_cluster(in, CLUSTER_PREFIXES, id)))
		return prefix;
	return NULL;
}

static void address_import(struct import *in, const json_t *resource)
{
	const json_t *gateway = holder(in, resource, "publicIpAddresses");
	const json_t *prefix = whole_prefix(in, resource);
	const char *name = property_text(resource, "name");
	const char *ip = property_text(resource, "ipAddress");

	if (ip && strchr(ip, ':'))
		import_left_out(in, "public IP", name, "natgw translates no IPv6");
	else if (!ip)
		import_left_out(in, "public IP", name, "it has no address yet");
	else if (prefix)
		import_left_out(in, "public IP", name, "is part of prefix %s, which is taken whole",
				property_text(prefix, "name"));
	else if (!gateway && !of_cluster(in, CLUSTER_IPS, ref_id(resource)))
		import_left_out(in, "public IP", name,
				"no NAT gateway and no cluster of the files has it");
	else
		address_put(in, ip, gateway);
}

static void prefix_import(struct import *in, const json_t *resource)
{
	const json_t *gateway = holder(in, resource, "publicIpPrefixes");
	const char *name = property_text(resource, "name");
	const char *ip = property_text(resource, "ipPrefix");

	if (ip && strchr(ip, ':'))
		import_left_out(in, "public IP prefix", name, "natgw translates no IPv6");
	else if (!ip)
		import_left_out(in, "public IP prefix", name, "it has no addresses yet");
	else if (!gateway && !of_cluster(in, CLUSTER_PREFIXES, ref_id(resource)))
		import_left_out(in, "public IP prefix", name,
				"no NAT gateway and no cluster of the files has it");
	else
		address_put(in, ip, gateway);
}

/* The IPv4 prefixes of a list, between commas; those of IPv6 are left out */
static size_t prefixes_put(struct import *in, struct import_line *line, const json_t *list,
			   const char *label, const char *name)
{
	const json_t *entry;
	const char *prefix;
	size_t i, n = 0;

	json_array_foreach(list, i, entry) {
		prefix = json_string_value(entry);
		if (prefix && !strchr(prefix, ':'))
			import_add(line, "%s%s", n++ ? "," : " prefix ", prefix);
		else if (prefix)
			import_left_out(in, label, name, "prefix %s is IPv6", prefix);
	}
	return n;
}

/* " KEY NAME" of what a subnet refers to, if that is carried over */
static void subnet_refer(struct import *in, struct import_line *line, const char *key,
			 enum import_kind kind, const char *id, const char *subnet)
{
	const json_t *found = import_find(in, kind, id);
	char buf[NATGW_NAME_MAX + 1];

	if (found)
		import_add(line, " %s %s", key,
			   name_cut(buf, property_text(found, "name") ?: "", NATGW_NAME_MAX));
	else if (*id)
		import_missing(in, kinds[kind].label, id, "subnet %s uses it", subnet);
}

static void no_id(struct import *in, const char *label, const json_t *resource)
{
	if (!*ref_id(resource))
		import_left_out(in, label, property_text(resource, "name"),
				"has no id: what refers to it does not find it");
}

static void subnet_import(struct import *in, const char *vnet, const json_t *resource,
			  const json_t *subnet)
{
	const char *name = property_text(subnet, "name");
	const char *prefix = property_text(subnet, "addressPrefix");
	const json_t *list = property(subnet, "addressPrefixes"), *entry;
	struct import_line line = {};
	char buf[NATGW_NAME_MAX + 1];
	const char *other;
	size_t i;

	json_array_foreach(list, i, entry) {
		other = json_string_value(entry);
		if (!other)
			continue;
		if (!prefix && !strchr(other, ':'))
			prefix = other;
		else if (!prefix || strcmp(prefix, other))
			import_left_out(in, "subnet", name,
					"a subnet has one prefix, %s is another one",
					other);
	}
	if (!name || !prefix) {
		import_left_out(in, "subnet", name, "it has no IPv4 prefix");
		return;
	}
	no_id(in, "subnet", subnet);
	import_add(&line, "subnet add %s prefix %s",
		   import_subnet_name(in, buf, resource, subnet), prefix);
	import_add(&line, " vnet %s", vnet);
	subnet_refer(in, &line, "gateway", IMPORT_GATEWAY,
		     import_subnet_gateway(in, resource, subnet), name);
	subnet_refer(in, &line, "route-table", IMPORT_ROUTES,
		     ref_id(property(subnet, "routeTable")), name);
	import_take(in, &line);
	other = ref_id(property(subnet, "networkSecurityGroup"));
	if (*other)
		import_left_out(in, "network security group", id_name(other),
				"of subnet %s: write its rules for nftables", name);
}

static void vnet_import(struct import *in, const json_t *resource)
{
	const char *name = property_text(resource, "name");
	const json_t *subnet, *peering;
	struct import_line line = {};
	char buf[NATGW_NAME_MAX + 1];
	size_t i;

	name_cut(buf, name, NATGW_NAME_MAX);
	import_add(&line, "vnet add %s", buf);
	if (!prefixes_put(in, &line, property(resource, "addressSpace/addressPrefixes"),
			  "virtual network", name)) {
		import_left_out(in, "virtual network", name, "it has no IPv4 address space");
		return;
	}
	import_take(in, &line);
	json_array_foreach(property(resource, "subnets"), i, subnet)
		subnet_import(in, buf, resource, subnet);
	json_array_foreach(property(resource, "virtualNetworkPeerings"), i, peering)
		import_left_out(in, "peering", property_text(peering, "name"),
				"of virtual network %s: natgw has none", name);
}

static void route_import(struct import *in, const char *table, const json_t *route)
{
	const char *to = property_text(route, "addressPrefix");
	const char *type = property_text(route, "nextHopType");
	const char *ip = property_text(route, "nextHopIpAddress");
	const char *name = property_text(route, "name");
	const json_t *hops = property(route, "nextHop/nextHopIpAddresses");
	struct import_line line = {};

	/* without any next hop the Internet would be reached past the appliances */
	if (type && !strcasecmp(type, "VirtualApplianceEcmp")) {
		type = "VirtualAppliance";
		ip = json_string_value(json_array_get(hops, 0));
		import_left_out(in, "route", name,
				"a route has one next hop, of %zu only %s is written",
				json_array_size(hops), ip ? ip : "none");
	}
	if (!to || !type) {
		import_left_out(in, "route", name, "it has no prefix or no next hop");
		return;
	}
	if (strchr(to, ':')) {
		import_left_out(in, "route", name, "prefix %s is IPv6", to);
		return;
	}
	if (!strchr(to, '/') && strlen(to) > NATGW_NAME_MAX) {
		import_left_out(in, "route", name,
				"service tag %s has more than %d characters, which no tag of natgw has",
				to, NATGW_NAME_MAX);
		return;
	}
	import_add(&line, "route add %s route-table %s next-hop-type %s", to, table, type);
	if (ip && *ip)
		import_add(&line, " next-hop-ip %s", ip);
	import_take(in, &line);
	if (!strchr(to, '/'))
		import_left_out(in, "service tag", to,
				"its prefixes are not in the files: natgwctl tag add %s file FILE, with the cloud's download of service tags",
				to);
}

static void table_import(struct import *in, const json_t *resource)
{
	const char *name = property_text(resource, "name");
	struct import_line line = {};
	const json_t *route;
	char buf[NATGW_NAME_MAX + 1];
	size_t i;

	name_cut(buf, name, NATGW_NAME_MAX);
	import_add(&line, "route-table add %s", buf);
	import_take(in, &line);
	json_array_foreach(property(resource, "routes"), i, route)
		route_import(in, buf, route);
}

static void resource_import(struct import *in, enum import_kind kind, const json_t *resource)
{
	static void (*const by_kind[IMPORT_KINDS])(struct import *in, const json_t *resource) = {
		[IMPORT_GATEWAY] = gateway_import,
		[IMPORT_ADDRESS] = address_import,
		[IMPORT_PREFIX] = prefix_import,
		[IMPORT_VNET] = vnet_import,
		[IMPORT_ROUTES] = table_import,
		[IMPORT_CLUSTER] = import_cluster,
	};
	const char *name = property_text(resource, "name");
	const json_t *cluster = import_maker(in, ref_id(resource));

	in->ctl->command[0] = 0;
	if (!name) {
		import_left_out(in, kinds[kind].label, NULL, "az gives each a name");
	} else if (cluster) {
		/* what the cluster leaves from is named with the cluster */
		if (!import_lists(cluster, LB_EFFECTIVE, ref_id(resource)) &&
		    !import_lists(cluster, NAT_EFFECTIVE, ref_id(resource)))
			import_left_out(in, kinds[kind].label, name,
					"cluster %s made it for itself",
					property_text(cluster, "name"));
	} else {
		no_id(in, kinds[kind].label, resource);
		by_kind[kind](in, resource);
	}
}

/**
 * import_azure - make commands of all resources and run them
 * @in:		resources by kind
 */
void import_azure(struct import *in)
{
	const json_t *resource;
	unsigned int kind;
	size_t i;

	for (kind = 0; kind < IMPORT_KINDS; kind++)
		json_array_foreach(in->resources[kind], i, resource)
			resource_import(in, kind, resource);
}
