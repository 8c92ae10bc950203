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

/* A member of an object, whatever the case of its name */
static json_t *member(const json_t *object, const char *name)
{
	const char *key;
	json_t *value;

	/* const in later versions of the library */
	json_object_foreach((json_t *)object, key, value)
		if (!strcasecmp(key, name))
			return json_is_null(value) ? NULL : value;
	return NULL;
}

/* A property, at "a/b/c" below the resource */
static json_t *get(const json_t *resource, const char *path)
{
	char name[64];
	const char *rest = strchr(path, '/');
	json_t *value;

	snprintf(name, sizeof(name), "%.*s", (int)(rest ? rest - path : (int)strlen(path)), path);
	value = member(resource, name);
	if (!value)
		value = member(member(resource, "properties"), name);
	return value && rest ? get(value, rest + 1) : value;
}

static const char *text(const json_t *resource, const char *path)
{
	return json_string_value(get(resource, path));
}

static const char *id_of(const json_t *ref)
{
	const char *id = json_string_value(member(ref, "id"));

	return id ? id : "";
}

/* The last part of the id of a resource is its name */
static const char *id_name(const char *id)
{
	const char *slash = strrchr(id, '/');

	return slash ? slash + 1 : id;
}

/* Names of the cloud may be longer than natgw's: cut, with a hash that keeps them apart */
static const char *name_text(char buf[NATGW_NAME_MAX + 1], const char *name, size_t most)
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
			   !!get(resource, kinds[i].member))
			break;
	return i;
}

/* The resource of an id among those of a kind, or NULL */
static const json_t *find(const struct import *in, enum import_kind kind, const char *id)
{
	const json_t *resource;
	size_t i;

	json_array_foreach(in->resources[kind], i, resource)
		if (*id && !strcasecmp(id_of(resource), id))
			return resource;
	return NULL;
}

static bool lists(const json_t *resource, const char *path, const char *id)
{
	const json_t *list = get(resource, path), *ref;
	size_t i;

	json_array_foreach(list, i, ref)
		if (!strcasecmp(id_of(ref), id))
			return true;
	return false;
}

/* The NAT gateway that has an address or prefix, or NULL */
static const json_t *holder(const struct import *in, const json_t *resource, const char *path)
{
	const json_t *gateway = find(in, IMPORT_GATEWAY, id_of(get(resource, "natGateway")));
	size_t i;

	if (gateway)
		return gateway;
	json_array_foreach(in->resources[IMPORT_GATEWAY], i, gateway)
		if (lists(gateway, path, id_of(resource)))
			return gateway;
	return NULL;
}

/* The one zone of a resource; one in several zones is in none of natgw's */
static const char *zone_of(const json_t *resource)
{
	const json_t *zones = get(resource, "zones");

	return json_array_size(zones) == 1 ? json_string_value(json_array_get(zones, 0)) : NULL;
}

/* What a gateway refers to and no file has */
static void gateway_missing(struct import *in, const json_t *resource, const char *path,
			    enum import_kind kind)
{
	const json_t *list = get(resource, path), *ref;
	size_t i;

	json_array_foreach(list, i, ref)
		if (!find(in, kind, id_of(ref)))
			left_out(in, kinds[kind].label, id_name(id_of(ref)),
				 "is in none of the files, and gateway %s has it",
				 text(resource, "name"));
}

static void gateway_import(struct import *in, const json_t *resource)
{
	const char *name = text(resource, "name"), *zone = zone_of(resource);
	const json_t *idle = get(resource, "idleTimeoutInMinutes"), *ref;
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

	add(&line, "gateway add %s", name_text(buf, name, NATGW_NAME_MAX));
	if (json_is_integer(idle))
		add(&line, " idle-timeout %dm", (int)json_integer_value(idle));
	if (zone)
		add(&line, " zone %s", zone);
	take(in, &line);
	gateway_missing(in, resource, "publicIpAddresses", IMPORT_ADDRESS);
	gateway_missing(in, resource, "publicIpPrefixes", IMPORT_PREFIX);
	for (i = 0; i < ARRAY_SIZE(never); i++)
		json_array_foreach(get(resource, never[i].path), k, ref)
			/* one of the files is named by itself */
			if (!find(in, never[i].kind, id_of(ref)))
				left_out(in, kinds[never[i].kind].label, id_name(id_of(ref)),
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

#define CLUSTER_IPS	"networkProfile/loadBalancerProfile/outboundIPs/publicIPs"
#define CLUSTER_PREFIXES "networkProfile/loadBalancerProfile/outboundIPPrefixes/publicIPPrefixes"

static void address_put(struct import *in, const json_t *resource, const char *ip,
			const json_t *gateway)
{
	/* natgw has addresses in the zone of their gateway */
	const char *zone = zone_of(gateway ? gateway : resource);
	struct line line = {};
	char buf[NATGW_NAME_MAX + 1];

	add(&line, "address add %s", ip);
	if (gateway)
		add(&line, " gateway %s", name_text(buf, text(gateway, "name"), NATGW_NAME_MAX));
	if (zone)
		add(&line, " zone %s", zone);
	take(in, &line);
}

static void address_import(struct import *in, const json_t *resource)
{
	const json_t *gateway = holder(in, resource, "publicIpAddresses");
	const char *name = text(resource, "name"), *ip = text(resource, "ipAddress");

	if (ip && strchr(ip, ':'))
		left_out(in, "public IP", name, "natgw translates no IPv6");
	else if (!ip)
		left_out(in, "public IP", name, "it has no address yet");
	else if (find(in, IMPORT_PREFIX, id_of(get(resource, "publicIPPrefix"))))
		left_out(in, "public IP", name, "is part of prefix %s, which is taken whole",
			 id_name(id_of(get(resource, "publicIPPrefix"))));
	else if (!gateway && !of_cluster(in, CLUSTER_IPS, id_of(resource)))
		left_out(in, "public IP", name,
			 "no NAT gateway and no cluster of the files has it");
	else
		address_put(in, resource, ip, gateway);
}

static void prefix_import(struct import *in, const json_t *resource)
{
	const json_t *gateway = holder(in, resource, "publicIpPrefixes");
	const char *name = text(resource, "name"), *ip = text(resource, "ipPrefix");

	if (ip && strchr(ip, ':'))
		left_out(in, "public IP prefix", name, "natgw translates no IPv6");
	else if (!ip)
		left_out(in, "public IP prefix", name, "it has no addresses yet");
	else if (!gateway && !of_cluster(in, CLUSTER_PREFIXES, id_of(resource)))
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
		json_array_foreach(get(resource, "subnets"), k, subnet)
			n += text(subnet, "name") && !strcasecmp(text(subnet, "name"), name);
	/* .../virtualNetworks/VNET/subnets/NAME */
	vnet = strcasestr(id, "/virtualNetworks/");
	vnet = vnet ? vnet + strlen("/virtualNetworks/") : NULL;
	end = vnet ? strchr(vnet, '/') : NULL;
	if (n < 2 || !end)
		return name_text(buf, name, NATGW_NAME_MAX);
	snprintf(full, sizeof(full), "%.*s-%s", (int)(end - vnet), vnet, name);
	return name_text(buf, full, NATGW_NAME_MAX);
}

static void subnet_import(struct import *in, const char *vnet, const json_t *subnet)
{
	const char *name = text(subnet, "name"), *prefix = text(subnet, "addressPrefix");
	const char *gateway = id_of(get(subnet, "natGateway"));
	const char *table = id_of(get(subnet, "routeTable"));
	const json_t *list = get(subnet, "addressPrefixes"), *entry;
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
	add(&line, "subnet add %s prefix %s", subnet_name(in, buf, id_of(subnet)), prefix);
	add(&line, " vnet %s", vnet);
	if (*gateway && find(in, IMPORT_GATEWAY, gateway))
		add(&line, " gateway %s", name_text(buf, id_name(gateway), NATGW_NAME_MAX));
	else if (*gateway)
		left_out(in, "NAT gateway", id_name(gateway),
			 "is in none of the files, and subnet %s uses it", name);
	if (*table && find(in, IMPORT_ROUTES, table))
		add(&line, " route-table %s", name_text(buf, id_name(table), NATGW_NAME_MAX));
	else if (*table)
		left_out(in, "route table", id_name(table),
			 "is in none of the files, and subnet %s uses it", name);
	take(in, &line);
	other = id_of(get(subnet, "networkSecurityGroup"));
	if (*other)
		left_out(in, "network security group", id_name(other),
			 "of subnet %s: write its rules for nftables", name);
}

static void vnet_import(struct import *in, const json_t *resource)
{
	const char *name = text(resource, "name");
	const json_t *subnet, *peering;
	struct line line = {};
	char buf[NATGW_NAME_MAX + 1];
	size_t i;

	name_text(buf, name, NATGW_NAME_MAX);
	add(&line, "vnet add %s", buf);
	if (!prefixes_put(in, &line, get(resource, "addressSpace/addressPrefixes"),
			  "virtual network", name)) {
		left_out(in, "virtual network", name, "it has no IPv4 address space");
		return;
	}
	take(in, &line);
	json_array_foreach(get(resource, "subnets"), i, subnet)
		subnet_import(in, buf, subnet);
	json_array_foreach(get(resource, "virtualNetworkPeerings"), i, peering)
		left_out(in, "peering", text(peering, "name"),
			 "of virtual network %s: natgw has none", name);
}

static void route_import(struct import *in, const char *table, const json_t *route)
{
	const char *to = text(route, "addressPrefix"), *type = text(route, "nextHopType");
	const char *ip = text(route, "nextHopIpAddress"), *name = text(route, "name");
	struct line line = {};

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
	const char *name = text(resource, "name");
	struct line line = {};
	const json_t *route;
	char buf[NATGW_NAME_MAX + 1];
	size_t i;

	name_text(buf, name, NATGW_NAME_MAX);
	add(&line, "route-table add %s", buf);
	take(in, &line);
	json_array_foreach(get(resource, "routes"), i, route)
		route_import(in, buf, route);
}

/* Addresses or prefixes that a cluster names, by their ids */
static void cluster_ips(struct import *in, struct line *line, const json_t *resource,
			const char *path, enum import_kind kind, const char *key, const char *value)
{
	const json_t *ref, *found;
	size_t i, n = 0;

	json_array_foreach(get(resource, path), i, ref) {
		found = find(in, kind, id_of(ref));
		if (found && text(found, value))
			add(line, "%s%s%s%s", n ? "" : " ", n ? "," : key, n ? "" : " ",
			    text(found, value));
		else
			left_out(in, kinds[kind].label, id_name(id_of(ref)),
				 "is in none of the files, and cluster %s has it",
				 text(resource, "name"));
		n += found && text(found, value);
	}
}

static void cluster_number(struct line *line, const json_t *resource, const char *path,
			   const char *key, const char *unit)
{
	const json_t *n = get(resource, path);

	if (json_is_integer(n) && json_integer_value(n))
		add(line, " %s %d%s", key, (int)json_integer_value(n), unit);
}

/* The subnets of a cluster's node pools, each once. Return: the first, or NULL: none */
static const char *cluster_subnets(struct import *in, struct line *line, const json_t *resource)
{
	const json_t *pool, *before;
	const char *first = NULL, *id;
	char buf[NATGW_NAME_MAX + 1];
	bool known;
	size_t i, k;

	json_array_foreach(get(resource, "agentPoolProfiles"), i, pool) {
		id = text(pool, "vnetSubnetID");
		known = !id;
		for (k = 0; id && k < i; k++) {
			before = json_array_get(get(resource, "agentPoolProfiles"), k);
			known |= text(before, "vnetSubnetID") &&
				!strcasecmp(text(before, "vnetSubnetID"), id);
		}
		if (known)
			continue;
		add(line, "%s%s", first ? "," : " subnet ", subnet_name(in, buf, id));
		if (!first)
			first = id;
	}
	return first;
}

/* The gateway that a subnet of the files is bound to, or NULL */
static const char *subnet_gateway(const struct import *in, const char *id)
{
	const json_t *resource, *subnet;
	const char *gateway;
	size_t i, k;

	json_array_foreach(in->resources[IMPORT_VNET], i, resource)
		json_array_foreach(get(resource, "subnets"), k, subnet) {
			gateway = id_of(get(subnet, "natGateway"));
			if (*gateway && !strcasecmp(id_of(subnet), id))
				return id_name(gateway);
		}
	return NULL;
}

static void cluster_import(struct import *in, const json_t *resource)
{
	const char *type = text(resource, "networkProfile/outboundType");
	const char *name = text(resource, "name"), *subnet, *gateway;
	const json_t *ranges = get(resource, "apiServerAccessProfile/authorizedIPRanges"), *range;
	struct line line = {};
	char buf[NATGW_NAME_MAX + 1];
	size_t i, n = 0;

	add(&line, "cluster add %s outbound-type %s",
	    name_text(buf, name, NATGW_CLUSTER_NAME_MAX), type ? type : "loadBalancer");
	subnet = cluster_subnets(in, &line, resource);
	if (!subnet) {
		add(&line, " prefix 10.224.0.0/16");
		left_out(in, "cluster", name,
			 "az does not tell the address space of a network that AKS made, 10.224.0.0/16 is written; add dev where its hosts are");
	}
	if (type && !strcasecmp(type, "userAssignedNATGateway")) {
		gateway = subnet ? subnet_gateway(in, subnet) : NULL;
		if (gateway)
			add(&line, " gateway %s", name_text(buf, gateway, NATGW_NAME_MAX));
		else
			left_out(in, "NAT gateway", "of its subnet",
				 "is in none of the files, and cluster %s needs it", name);
	}
	if (!type || !strcasecmp(type, "loadBalancer")) {
		cluster_number(&line, resource,
			       "networkProfile/loadBalancerProfile/idleTimeoutInMinutes",
			       "idle-timeout", "m");
		cluster_number(&line, resource,
			       "networkProfile/loadBalancerProfile/managedOutboundIPs/count",
			       "managed-outbound-ip-count", "");
		cluster_number(&line, resource,
			       "networkProfile/loadBalancerProfile/allocatedOutboundPorts",
			       "ports-per-host", "");
		cluster_ips(in, &line, resource, CLUSTER_IPS, IMPORT_ADDRESS, "outbound-ips",
			    "ipAddress");
		cluster_ips(in, &line, resource, CLUSTER_PREFIXES, IMPORT_PREFIX,
			    "outbound-ip-prefixes", "ipPrefix");
	} else if (!strcasecmp(type, "managedNATGateway")) {
		cluster_number(&line, resource,
			       "networkProfile/natGatewayProfile/idleTimeoutInMinutes",
			       "idle-timeout", "m");
		cluster_number(&line, resource,
			       "networkProfile/natGatewayProfile/managedOutboundIPProfile/count",
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
			if (text(resource, "name"))
				by_kind[kind](in, resource);
			else
				left_out(in, kinds[kind].label, NULL, "az gives each a name");
		}
}
