// SPDX-License-Identifier: GPL-2.0
#include <linux/natgw.h>
#include <stdio.h>
#include <string.h>

#include "nl_client.h"

#define A(object, NAME, text, kind) [NATGW_A_##object##_##NAME] = { text, kind }

static const struct attr status_attrs[] = {
	A(STATUS, VERSION, "version", STR), A(STATUS, GENERATION, "generation", U32),
	A(STATUS, GATEWAYS, "gateways", U32), A(STATUS, ADDRESSES, "addresses", U32),
	A(STATUS, SUBNETS, "subnets", U32), A(STATUS, SESSIONS, "sessions", U32),
	A(STATUS, SESSIONS_MAX, "sessions-max", U32),
	A(STATUS, SESSION_BYTES, "session-bytes", U64),
	A(STATUS, MEMORY, "memory", U64), A(STATUS, MEMORY_MAX, "memory-max", U64),
	A(STATUS, TRANSACTION, "transaction", U32), A(STATUS, VNETS, "vnets", U32),
	A(STATUS, ROUTE_TABLES, "route-tables", U32), A(STATUS, TAGS, "tags", U32),
	A(STATUS, DRAIN, "drain", U32),
};

static const struct attr gateway_attrs[] = {
	A(GATEWAY, NAME, "name", STR), A(GATEWAY, PROFILE, "profile", U32),
	A(GATEWAY, IDLE_TIMEOUT, "idle-timeout", U32),
	A(GATEWAY, UDP_TIMEOUT, "udp-timeout", U32),
	A(GATEWAY, ICMP_TIMEOUT, "icmp-timeout", U32),
	A(GATEWAY, HALF_OPEN_TIMEOUT, "half-open-timeout", U32),
	A(GATEWAY, CLOSING_TIMEOUT, "closing-timeout", U32),
	A(GATEWAY, COOLDOWN_FIN, "cooldown-fin", U32),
	A(GATEWAY, COOLDOWN_RST, "cooldown-rst", U32),
	A(GATEWAY, COOLDOWN_HALF_OPEN, "cooldown-half-open", U32),
	A(GATEWAY, COOLDOWN_UDP, "cooldown-udp", U32),
	A(GATEWAY, POOLING, "pooling", U32), A(GATEWAY, ON_IDLE, "on-idle", U32),
	A(GATEWAY, ON_EXHAUST, "on-exhaust", U32), A(GATEWAY, TRACK, "track", U32),
	A(GATEWAY, ZONE, "zone", U32), A(GATEWAY, OPERATIONAL, "operational", U32),
	A(GATEWAY, ADDRESSES, "addresses", U32), A(GATEWAY, SUBNETS, "subnets", U32),
	A(GATEWAY, SESSIONS, "sessions", U32), A(GATEWAY, COUNTERS, "counters", NEST),
	A(GATEWAY, ALLOCATION, "allocation", U32), A(GATEWAY, HOSTS, "hosts", U32),
	A(GATEWAY, PORTS_PER_HOST, "ports-per-host", U32),
};

static const struct attr address_attrs[] = {
	A(ADDRESS, FAMILY, "family", U32), A(ADDRESS, ADDRESS, "address", ADDR),
	A(ADDRESS, PREFIX_LENGTH, "prefix-length", U32),
	A(ADDRESS, GATEWAY, "gateway", STR), A(ADDRESS, DEV, "dev", STR),
	A(ADDRESS, ANNOUNCE, "announce", U32), A(ADDRESS, ZONE, "zone", U32),
	A(ADDRESS, LENGTH, "length", U32),
	A(ADDRESS, UPLINK, "uplink", STR), A(ADDRESS, SESSIONS, "sessions", U32),
};

static const struct attr subnet_attrs[] = {
	A(SUBNET, NAME, "name", STR), A(SUBNET, FAMILY, "family", U32),
	A(SUBNET, PREFIX, "prefix", ADDR), A(SUBNET, PREFIX_LENGTH, "prefix-length", U32),
	A(SUBNET, VNET, "vnet", STR), A(SUBNET, GATEWAY, "gateway", STR),
	A(SUBNET, IPV6, "ipv6", U32), A(SUBNET, SESSIONS, "sessions", U32),
	A(SUBNET, UNTRANSLATED, "untranslated", U64),
	A(SUBNET, LAST_SOURCE, "last-source", ADDR),
	A(SUBNET, ROUTE_TABLE, "route-table", STR),
};

static const struct attr vnet_attrs[] = {
	A(VNET, NAME, "name", STR), A(VNET, PREFIX, "prefix", CIDR), A(VNET, DEV, "dev", STR),
	A(VNET, FAMILY, "family", U32), A(VNET, VPN_NEXT_HOP, "vpn-next-hop", ADDR),
	A(VNET, PRIVATE_SPACE, "private-space", U32), A(VNET, SUBNETS, "subnets", U32),
	A(VNET, VRF, "vrf", STR), A(VNET, DOWN, "down", U32),
};

static const struct attr route_table_attrs[] = {
	A(ROUTE_TABLE, NAME, "name", STR), A(ROUTE_TABLE, ROUTES, "routes", U32),
	A(ROUTE_TABLE, SUBNETS, "subnets", U32),
};

static const struct attr route_attrs[] = {
	A(ROUTE, ROUTE_TABLE, "route-table", STR), A(ROUTE, FAMILY, "family", U32),
	A(ROUTE, PREFIX, "prefix", ADDR), A(ROUTE, PREFIX_LENGTH, "prefix-length", U32),
	A(ROUTE, TAG, "tag", STR), A(ROUTE, NEXT_HOP_TYPE, "next-hop-type", U32),
	A(ROUTE, NEXT_HOP_IP, "next-hop-ip", ADDR), A(ROUTE, UNREACHABLE, "unreachable", U32),
	A(ROUTE, SUBNET, "subnet", STR), A(ROUTE, SOURCE, "source", U32),
	A(ROUTE, STATE, "state", U32), A(ROUTE, PROBLEM, "problem", U32),
};

static const struct attr tag_attrs[] = {
	A(TAG, NAME, "name", STR), A(TAG, PREFIX, "prefix", CIDR), A(TAG, ROUTES, "routes", U32),
};

static const struct attr explain_attrs[] = {
	A(EXPLAIN, FAMILY, "family", U32), A(EXPLAIN, SRC, "src", ADDR),
	A(EXPLAIN, SRC_PORT, "src-port", U32), A(EXPLAIN, DST, "dst", ADDR),
	A(EXPLAIN, DST_PORT, "dst-port", U32), A(EXPLAIN, PROTO, "proto", U32),
	A(EXPLAIN, VNET, "vnet", STR), A(EXPLAIN, SUBNET, "subnet", STR),
	A(EXPLAIN, ROUTE, "route", NEST), A(EXPLAIN, LOSER, "loser", NEST),
	A(EXPLAIN, METHOD, "method", U32), A(EXPLAIN, REASON, "reason", U32),
	A(EXPLAIN, GATEWAY, "gateway", STR), A(EXPLAIN, ADDRESS, "address", ADDR),
	A(EXPLAIN, FREE, "free", U32), A(EXPLAIN, SESSION, "session", U32),
	A(EXPLAIN, PORT, "port", U32), A(EXPLAIN, NEXT_HOP_IP, "next-hop-ip", ADDR),
	A(EXPLAIN, DEV, "dev", STR), A(EXPLAIN, OBSTACLE, "obstacle", U32),
};

static const struct attr session_attrs[] = {
	A(SESSION, FAMILY, "family", U32), A(SESSION, PROTO, "proto", U32),
	A(SESSION, SRC, "src", ADDR), A(SESSION, SRC_PORT, "src-port", U32),
	A(SESSION, DST, "dst", ADDR), A(SESSION, DST_PORT, "dst-port", U32),
	A(SESSION, ADDRESS, "address", ADDR), A(SESSION, PORT, "port", U32),
	A(SESSION, GATEWAY, "gateway", STR), A(SESSION, SUBNET, "subnet", STR),
	A(SESSION, VNET, "vnet", STR), A(SESSION, STATE, "state", U32),
	A(SESSION, KIND, "kind", U32), A(SESSION, AGE, "age", U32),
	A(SESSION, IDLE, "idle", U32), A(SESSION, EXPIRES, "expires", U32),
	A(SESSION, COUNT, "count", U32),
};

static const struct attr ports_attrs[] = {
	A(PORTS, BY, "by", U32), A(PORTS, TOP, "top", U32), A(PORTS, GATEWAY, "gateway", STR),
	A(PORTS, USED, "used", U32),
};

static const struct attr check_attrs[] = {
	A(CHECK, OBJECT, "object", STR), A(CHECK, GAUGE, "gauge", STR),
};

static const struct attr stats_attrs[] = {
	A(STATS, REASON, "reason", U32), A(STATS, PACKETS, "packets", U64),
	A(STATS, FAMILY, "family", U32), A(STATS, LAST_SOURCE, "last-source", ADDR),
	A(STATS, LAST_AGE, "last-age", U32),
};

static const struct attr reset_attrs[] = {
	A(RESET, DRAIN, "drain", U32),
};

static const struct attr transaction_attrs[] = {
	A(TRANSACTION, GENERATION, "generation", U32),
};

static const struct attr pool_attrs[] = {
	A(POOL, FAMILY, "family", U32), A(POOL, PREFIX, "prefix", ADDR),
	A(POOL, PREFIX_LENGTH, "prefix-length", U32), A(POOL, DEV, "dev", STR),
	A(POOL, SIZE, "size", U32), A(POOL, FREE, "free", U32),
};

static const struct attr cluster_attrs[] = {
	A(CLUSTER, NAME, "name", STR), A(CLUSTER, VNET_MODE, "vnet-mode", U32),
	A(CLUSTER, MATRIX, "matrix", U32), A(CLUSTER, PREFIX, "prefix", CIDR),
	A(CLUSTER, DEV, "dev", STR), A(CLUSTER, SUBNET, "subnet", STR),
	A(CLUSTER, OUTBOUND_TYPE, "outbound-type", U32), A(CLUSTER, GATEWAY, "gateway", STR),
	A(CLUSTER, NODE_COUNT, "node-count", U32), A(CLUSTER, NODE_NAT, "node-nat", U32),
	A(CLUSTER, IDLE_TIMEOUT, "idle-timeout", U32),
	A(CLUSTER, MANAGED_OUTBOUND_IP_COUNT, "managed-outbound-ip-count", U32),
	A(CLUSTER, OUTBOUND_IPS, "outbound-ips", CIDR),
	A(CLUSTER, OUTBOUND_IP_PREFIXES, "outbound-ip-prefixes", CIDR),
	A(CLUSTER, PORTS_PER_HOST, "ports-per-host", U32),
	A(CLUSTER, AUTHORIZED_IP_RANGES, "authorized-ip-ranges", CIDR),
	A(CLUSTER, DRAIN, "drain", U32), A(CLUSTER, ADDRESS, "address", CIDR),
	A(CLUSTER, RETIRED_ADDRESS, "retired-address", CIDR),
	A(CLUSTER, UNAUTHORIZED, "unauthorized", CIDR), A(CLUSTER, SESSIONS, "sessions", U32),
	A(CLUSTER, PLAN, "plan", NEST), A(CLUSTER, ADDRESS_AFTER, "address-after", CIDR),
};

#define C(CMD, text, table) { text, NATGW_CMD_##CMD, table, ARRAY_SIZE(table) }

const struct command commands[] = {
	C(STATUS_GET, "status-get", status_attrs),
	C(GATEWAY_NEW, "gateway-new", gateway_attrs),
	C(GATEWAY_SET, "gateway-set", gateway_attrs),
	C(GATEWAY_DEL, "gateway-del", gateway_attrs),
	C(GATEWAY_GET, "gateway-get", gateway_attrs),
	C(ADDRESS_NEW, "address-new", address_attrs),
	C(ADDRESS_SET, "address-set", address_attrs),
	C(ADDRESS_DEL, "address-del", address_attrs),
	C(ADDRESS_GET, "address-get", address_attrs),
	C(SUBNET_NEW, "subnet-new", subnet_attrs),
	C(SUBNET_SET, "subnet-set", subnet_attrs),
	C(SUBNET_DEL, "subnet-del", subnet_attrs),
	C(SUBNET_GET, "subnet-get", subnet_attrs),
	C(VNET_NEW, "vnet-new", vnet_attrs),
	C(VNET_SET, "vnet-set", vnet_attrs),
	C(VNET_DEL, "vnet-del", vnet_attrs),
	C(VNET_GET, "vnet-get", vnet_attrs),
	C(ROUTE_TABLE_NEW, "route-table-new", route_table_attrs),
	C(ROUTE_TABLE_DEL, "route-table-del", route_table_attrs),
	C(ROUTE_TABLE_GET, "route-table-get", route_table_attrs),
	C(ROUTE_NEW, "route-new", route_attrs),
	C(ROUTE_DEL, "route-del", route_attrs),
	C(ROUTE_GET, "route-get", route_attrs),
	C(ROUTE_EFFECTIVE_GET, "route-effective-get", route_attrs),
	C(TAG_NEW, "tag-new", tag_attrs),
	C(TAG_SET, "tag-set", tag_attrs),
	C(TAG_DEL, "tag-del", tag_attrs),
	C(TAG_GET, "tag-get", tag_attrs),
	C(EXPLAIN, "explain", explain_attrs),
	C(MANAGED_POOL_NEW, "managed-pool-new", pool_attrs),
	C(MANAGED_POOL_DEL, "managed-pool-del", pool_attrs),
	C(MANAGED_POOL_GET, "managed-pool-get", pool_attrs),
	C(CLUSTER_NEW, "cluster-new", cluster_attrs),
	C(CLUSTER_SET, "cluster-set", cluster_attrs),
	C(CLUSTER_DEL, "cluster-del", cluster_attrs),
	C(CLUSTER_GET, "cluster-get", cluster_attrs),
	C(CLUSTER_PLAN, "cluster-plan", cluster_attrs),
	C(SESSION_GET, "session-get", session_attrs),
	C(SESSION_COUNT, "session-count", session_attrs),
	C(SESSION_FLUSH, "session-flush", session_attrs),
	C(SESSION_WATCH, "session-watch", session_attrs),
	C(PORTS_GET, "ports-get", ports_attrs),
	C(STATS_CHECK, "stats-check", check_attrs),
	C(STATS_GET, "stats-get", stats_attrs),
	C(TRANSACTION_BEGIN, "transaction-begin", transaction_attrs),
	C(TRANSACTION_COMMIT, "transaction-commit", transaction_attrs),
	C(TRANSACTION_ABORT, "transaction-abort", transaction_attrs),
	C(RESET, "reset", reset_attrs),
	C(GATEWAY_NTF, "gateway-ntf", gateway_attrs),
	{ "unknown", NATGW_CMD_MAX + 1, status_attrs, 0 },
	{ "unspec", NATGW_CMD_UNSPEC, status_attrs, 0 },
};

const unsigned int n_commands = ARRAY_SIZE(commands);

const struct command *find_command(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int find_attr(const struct command *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->n; i++)
		if (c->attrs[i].name && !strcmp(c->attrs[i].name, name))
			return i;
	return -1;
}

const char *attr_name(const struct command *c, unsigned int type)
{
	static char number[16];

	if (type < c->n && c->attrs[type].name)
		return c->attrs[type].name;
	snprintf(number, sizeof(number), "#%u", type);
	return number;
}
