// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the translation of the cloud's resources into commands of natgwctl. Called by
 * cmd_import.c. Resources are what "az network nat gateway", "public-ip", "public-ip prefix",
 * "vnet", "route-table" and "az aks" print by show or list, "-o json". Property names are those
 * of the REST reference; az writes them beside the name or below "properties", and not always
 * in the same case.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "batch.h"
#include "import_azure.h"
#include "object.h"
#include "resource.h"
#include "table.h"

/** LINE_TEXT - longest command that is made */
#define LINE_TEXT	32768

/**
 * struct line - a command on its way
 * @text:	it
 * @n:		bytes of it
 */
struct line {
	char text[LINE_TEXT];
	size_t n;
};

__printf(2, 3)
static void add(struct line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line->n += vsnprintf(line->text + line->n, LINE_TEXT - line->n, fmt, ap);
	va_end(ap);
	if (line->n >= LINE_TEXT)
		line->n = LINE_TEXT - 1;
}

__printf(4, 5)
static void left_out(struct import *in, const char *kind, const char *name, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	in->ctl->command[0] = 0;
	warn(in->ctl, NULL, NULL, "%s %s: %s", kind, name ? name : "without a name", why);
}

/* Runs the command, into the list of objects; one that natgw refuses has been reported */
static void take(struct import *in, struct line *line)
{
	if (batch_line(in->ctl, line->text))
		in->failed = true;
}

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

/* The resource of an id among those of a kind, or NULL */
static const json_t *find(const struct import *in, enum import_kind kind, const char *id)
{
	const json_t *resource;
	size_t i;

	json_array_foreach(in->resources[kind], i, resource)
		if (*id && !strcasecmp(ref_id(resource), id))
			return resource;
	return NULL;
}

static bool lists(const json_t *resource, const char *path, const char *id)
{
	const json_t *list = property(resource, path), *ref;
	size_t i;

	json_array_foreach(list, i, ref)
		if (!strcasecmp(ref_id(ref), id))
			return true;
	return false;
}

/* The NAT gateway that has an address or prefix, or NULL */
static const json_t *holder(const struct import *in, const json_t *resource, const char *path)
{
	const json_t *gateway = find(in, IMPORT_GATEWAY, ref_id(property(resource, "natGateway")));
	size_t i;

	if (gateway)
		return gateway;
	json_array_foreach(in->resources[IMPORT_GATEWAY], i, gateway)
		if (lists(gateway, path, ref_id(resource)))
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
		if (!find(in, kind, ref_id(ref)))
			left_out(in, kinds[kind].label, id_name(ref_id(ref)),
				 "is in none of the files, and gateway %s has it",
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
	struct line line = {};
	char buf[NATGW_NAME_MAX + 1];
	unsigned int i;
	size_t k;

	add(&line, "gateway add %s", name_cut(buf, name, NATGW_NAME_MAX));
	if (json_is_integer(idle))
		add(&line, " idle-timeout %dm", (int)json_integer_value(idle));
	if (zone)
		add(&line, " zone %s", zone);
	take(in, &line);
	gateway_missing(in, resource, "publicIpAddresses", IMPORT_ADDRESS);
	gateway_missing(in, resource, "publicIpPrefixes", IMPORT_PREFIX);
	for (i = 0; i < ARRAY_SIZE(never); i++)
		json_array_foreach(property(resource, never[i].path), k, ref)
			/* one of the files is named by itself */
			if (!find(in, never[i].kind, ref_id(ref)))
				left_out(in, kinds[never[i].kind].label, id_name(ref_id(ref)),
					 "natgw translates no IPv6");
}

/* Does a cluster take an address or a prefix for its load balancer? */
static bool of_cluster(const struct import *in, const char *path, const char *id)
{
	const json_t *cluster;
	size_t i;

	json_array_foreach(in->resources[IMPORT_CLUSTER], i, cluster)
		if (lists(cluster, path, id))
			return true;
	return false;
}

#define LB_PROFILE	"networkProfile/loadBalancerProfile"
#define NAT_PROFILE	"networkProfile/natGatewayProfile"
#define LB_IPS		LB_PROFILE "/managedOutboundIPs"
#define NAT_IPS		NAT_PROFILE "/managedOutboundIPProfile"
#define CLUSTER_IPS	LB_PROFILE "/outboundIPs/publicIPs"
#define CLUSTER_PREFIXES LB_PROFILE "/outboundIPPrefixes/publicIPPrefixes"

static void address_put(struct import *in, const json_t *resource, const char *ip,
			const json_t *gateway)
{
	/* natgw has addresses in the zone of their gateway */
	const char *zone = zone_of(gateway ? gateway : resource);
	struct line line = {};
	char buf[NATGW_NAME_MAX + 1];

	add(&line, "address add %s", ip);
	if (gateway)
		add(&line, " gateway %s",
		    name_cut(buf, property_text(gateway, "name"), NATGW_NAME_MAX));
	if (zone)
		add(&line, " zone %s", zone);
	take(in, &line);
}

static void address_import(struct import *in, const json_t *resource)
{
	const json_t *gateway = holder(in, resource, "publicIpAddresses");
	const char *name = property_text(resource, "name");
	const char *ip = property_text(resource, "ipAddress");

	if (ip && strchr(ip, ':'))
		left_out(in, "public IP", name, "natgw translates no IPv6");
	else if (!ip)
		left_out(in, "public IP", name, "it has no address yet");
	else if (find(in, IMPORT_PREFIX, ref_id(property(resource, "publicIPPrefix"))))
		left_out(in, "public IP", name, "is part of prefix %s, which is taken whole",
			 id_name(ref_id(property(resource, "publicIPPrefix"))));
	else if (!gateway && !of_cluster(in, CLUSTER_IPS, ref_id(resource)))
		left_out(in, "public IP", name,
			 "no NAT gateway and no cluster of the files has it");
	else
		address_put(in, resource, ip, gateway);
}

static void prefix_import(struct import *in, const json_t *resource)
{
	const json_t *gateway = holder(in, resource, "publicIpPrefixes");
	const char *name = property_text(resource, "name");
	const char *ip = property_text(resource, "ipPrefix");

	if (ip && strchr(ip, ':'))
		left_out(in, "public IP prefix", name, "natgw translates no IPv6");
	else if (!ip)
		left_out(in, "public IP prefix", name, "it has no addresses yet");
	else if (!gateway && !of_cluster(in, CLUSTER_PREFIXES, ref_id(resource)))
		left_out(in, "public IP prefix", name,
			 "no NAT gateway and no cluster of the files has it");
	else
		address_put(in, resource, ip, gateway);
}

/* The IPv4 prefixes of a list, between commas; those of IPv6 are left out */
static size_t prefixes_put(struct import *in, struct line *line, const json_t *list,
			   const char *label, const char *name)
{
	const json_t *entry;
	const char *prefix;
	size_t i, n = 0;

	json_array_foreach(list, i, entry) {
		prefix = json_string_value(entry);
		if (prefix && !strchr(prefix, ':'))
			add(line, "%s%s", n++ ? "," : " prefix ", prefix);
		else if (prefix)
			left_out(in, label, name, "prefix %s is IPv6", prefix);
	}
	return n;
}

/* Subnets have names of their own in each vnet of the cloud, in natgw in all of them */
static const char *subnet_name(const struct import *in, char buf[NATGW_NAME_MAX + 1],
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

/* The id of a subnet's NAT gateway: its own one, or one that serves the whole network; or "" */
static const char *subnet_gateway(const struct import *in, const json_t *vnet,
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

static void subnet_import(struct import *in, const char *vnet, const json_t *resource,
			  const json_t *subnet)
{
	const char *name = property_text(subnet, "name");
	const char *prefix = property_text(subnet, "addressPrefix");
	const char *gateway = subnet_gateway(in, resource, subnet);
	const char *table = ref_id(property(subnet, "routeTable"));
	const json_t *list = property(subnet, "addressPrefixes"), *entry;
	struct line line = {};
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
			left_out(in, "subnet", name, "a subnet has one prefix, %s is another one",
				 other);
	}
	if (!name || !prefix) {
		left_out(in, "subnet", name, "it has no IPv4 prefix");
		return;
	}
	add(&line, "subnet add %s prefix %s", subnet_name(in, buf, ref_id(subnet)), prefix);
	add(&line, " vnet %s", vnet);
	if (*gateway && find(in, IMPORT_GATEWAY, gateway))
		add(&line, " gateway %s", name_cut(buf, id_name(gateway), NATGW_NAME_MAX));
	else if (*gateway)
		left_out(in, "NAT gateway", id_name(gateway),
			 "is in none of the files, and subnet %s uses it", name);
	if (*table && find(in, IMPORT_ROUTES, table))
		add(&line, " route-table %s", name_cut(buf, id_name(table), NATGW_NAME_MAX));
	else if (*table)
		left_out(in, "route table", id_name(table),
			 "is in none of the files, and subnet %s uses it", name);
	take(in, &line);
	other = ref_id(property(subnet, "networkSecurityGroup"));
	if (*other)
		left_out(in, "network security group", id_name(other),
			 "of subnet %s: write its rules for nftables", name);
}

static void vnet_import(struct import *in, const json_t *resource)
{
	const char *name = property_text(resource, "name");
	const json_t *subnet, *peering;
	struct line line = {};
	char buf[NATGW_NAME_MAX + 1];
	size_t i;

	name_cut(buf, name, NATGW_NAME_MAX);
	add(&line, "vnet add %s", buf);
	if (!prefixes_put(in, &line, property(resource, "addressSpace/addressPrefixes"),
			  "virtual network", name)) {
		left_out(in, "virtual network", name, "it has no IPv4 address space");
		return;
	}
	take(in, &line);
	json_array_foreach(property(resource, "subnets"), i, subnet)
		subnet_import(in, buf, resource, subnet);
	json_array_foreach(property(resource, "virtualNetworkPeerings"), i, peering)
		left_out(in, "peering", property_text(peering, "name"),
			 "of virtual network %s: natgw has none", name);
}

static void route_import(struct import *in, const char *table, const json_t *route)
{
	const char *to = property_text(route, "addressPrefix");
	const char *type = property_text(route, "nextHopType");
	const char *ip = property_text(route, "nextHopIpAddress");
	const char *name = property_text(route, "name");
	const json_t *hops = property(route, "nextHop/nextHopIpAddresses");
	struct line line = {};

	/* without any next hop the Internet would be reached past the appliances */
	if (type && !strcasecmp(type, "VirtualApplianceEcmp")) {
		type = "VirtualAppliance";
		ip = json_string_value(json_array_get(hops, 0));
		left_out(in, "route", name, "a route has one next hop, of %zu only %s is written",
			 json_array_size(hops), ip ? ip : "none");
	}
	if (!to || !type) {
		left_out(in, "route", name, "it has no prefix or no next hop");
		return;
	}
	if (strchr(to, ':')) {
		left_out(in, "route", name, "prefix %s is IPv6", to);
		return;
	}
	add(&line, "route add %s route-table %s next-hop-type %s", to, table, type);
	if (ip && *ip)
		add(&line, " next-hop-ip %s", ip);
	take(in, &line);
	if (!strchr(to, '/'))
		left_out(in, "service tag", to,
			 "its prefixes are not in the files: natgwctl tag add %s file FILE, with the cloud's download of service tags",
			 to);
}

static void table_import(struct import *in, const json_t *resource)
{
	const char *name = property_text(resource, "name");
	struct line line = {};
	const json_t *route;
	char buf[NATGW_NAME_MAX + 1];
	size_t i;

	name_cut(buf, name, NATGW_NAME_MAX);
	add(&line, "route-table add %s", buf);
	take(in, &line);
	json_array_foreach(property(resource, "routes"), i, route)
		route_import(in, buf, route);
}

/* Addresses or prefixes that a cluster names, by their ids */
static void cluster_ips(struct import *in, struct line *line, const json_t *resource,
			const char *path, enum import_kind kind, const char *key, const char *value)
{
	const json_t *ref, *found;
	size_t i, n = 0;

	json_array_foreach(property(resource, path), i, ref) {
		found = find(in, kind, ref_id(ref));
		if (found && property_text(found, value))
			add(line, "%s%s%s%s", n ? "" : " ", n ? "," : key, n ? "" : " ",
			    property_text(found, value));
		else
			left_out(in, kinds[kind].label, id_name(ref_id(ref)),
				 "is in none of the files, and cluster %s has it",
				 property_text(resource, "name"));
		n += found && property_text(found, value);
	}
}

static void cluster_number(struct line *line, const json_t *resource, const char *path,
			   const char *key, const char *unit)
{
	const json_t *n = property(resource, path);

	if (json_is_integer(n) && json_integer_value(n))
		add(line, " %s %d%s", key, (int)json_integer_value(n), unit);
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
static const char *cluster_subnets(struct import *in, struct line *line, const json_t *resource)
{
	const json_t *pools = property(resource, "agentPoolProfiles");
	const char *first = NULL, *id;
	char buf[NATGW_NAME_MAX + 1];
	size_t n;

	for (n = 0; n < 2 * json_array_size(pools); n++) {
		id = pool_subnet(pools, n);
		if (!id)
			continue;
		add(line, "%s%s", first ? "," : " subnet ", subnet_name(in, buf, id));
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
			gateway = subnet_gateway(in, resource, subnet);
			if (*gateway && !strcasecmp(ref_id(subnet), id))
				return id_name(gateway);
		}
	return NULL;
}

static void cluster_import(struct import *in, const json_t *resource)
{
	const char *type = property_text(resource, "networkProfile/outboundType");
	const char *name = property_text(resource, "name"), *subnet, *gateway;
	const json_t *ranges = property(resource, "apiServerAccessProfile/authorizedIPRanges");
	const json_t *range;
	struct line line = {};
	char buf[NATGW_NAME_MAX + 1];
	size_t i, n = 0;

	if (type && !strcasecmp(type, "managedNATGatewayV2")) {
		type = "managedNATGateway";
		left_out(in, "cluster", name,
			 "managedNATGatewayV2 is written as %s, with addresses of the pool", type);
	}
	if (json_integer_value(property(resource, NAT_IPS "/countIPv6")) ||
	    json_integer_value(property(resource, LB_IPS "/countIPv6")))
		left_out(in, "cluster", name, "natgw translates no IPv6, countIPv6 is not written");
	add(&line, "cluster add %s outbound-type %s",
	    name_cut(buf, name, NATGW_CLUSTER_NAME_MAX), type ? type : "loadBalancer");
	subnet = cluster_subnets(in, &line, resource);
	if (!subnet) {
		add(&line, " prefix 10.224.0.0/16");
		left_out(in, "cluster", name,
			 "az does not tell the address space of a network that AKS made, 10.224.0.0/16 is written; add dev where its hosts are");
	}
	if (type && !strcasecmp(type, "userAssignedNATGateway")) {
		gateway = subnet ? gateway_of(in, subnet) : NULL;
		if (gateway)
			add(&line, " gateway %s", name_cut(buf, gateway, NATGW_NAME_MAX));
		else
			left_out(in, "NAT gateway", "of its subnet",
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
			add(&line, "%s%s", n++ ? "," : " authorized-ip-ranges ",
			    json_string_value(range));
	take(in, &line);
}

/**
 * import_azure - make commands of all resources and run them
 * @in:		resources by kind
 */
void import_azure(struct import *in)
{
	static void (*const by_kind[IMPORT_KINDS])(struct import *in, const json_t *resource) = {
		[IMPORT_GATEWAY] = gateway_import,
		[IMPORT_ADDRESS] = address_import,
		[IMPORT_PREFIX] = prefix_import,
		[IMPORT_VNET] = vnet_import,
		[IMPORT_ROUTES] = table_import,
		[IMPORT_CLUSTER] = cluster_import,
	};
	const json_t *resource;
	unsigned int kind;
	size_t i;

	for (kind = 0; kind < IMPORT_KINDS; kind++)
		json_array_foreach(in->resources[kind], i, resource) {
			in->ctl->command[0] = 0;
			if (property_text(resource, "name"))
				by_kind[kind](in, resource);
			else
				left_out(in, kinds[kind].label, NULL, "az gives each a name");
		}
}
