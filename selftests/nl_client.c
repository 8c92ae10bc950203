// SPDX-License-Identifier: GPL-2.0
/*
 * A second client of the family, written with libnl-3: says exactly what it is
 * told to, byte by byte, and prints the kernel's answer.
 *
 *	nl_client REQUEST		one request
 *	nl_client			requests from standard input, a line each,
 *					over one socket
 *	nl_client fuzz COUNT SEED	COUNT requests with random mistakes
 *	nl_client fail N REQUEST	one request, whose N-th allocation fails in the
 *					kernel; then "fault" or, if there were less, "none";
 *					"fail N REQUEST" may be a line of standard input too
 *	nl_client timed REQUEST		one request; then "ms N": milliseconds that it took; or a
 *					line of standard input
 *	clock				line of standard input: prints "clock N", microseconds
 *	nl_client interrupted REQUEST	one request, while a signal with a handler comes in each
 *					of its calls; or a line of standard input
 *
 *	REQUEST		COMMAND [dump] [ATTRIBUTE]...
 *	ATTRIBUTE	NAME=VALUE	of the type it should have
 *			NAME:hex=BYTES	any bytes; NAME:nest=BYTES the same, marked as a nest
 *			#N=BYTES	attribute number N
 *			raw=BYTES	bytes without a header, at the end
 *
 * NAME is without the object: "gateway-new name=gw1 idle-timeout=240".
 * Answers, one line per request:
 *
 *	ok [NAME=VALUE]...[; NAME=VALUE...]	messages divided by semicolons
 *	error EINVAL [NAME | missing NAME]: extack sentence
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/natgw.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum type { NONE, U32, U64, STR, ADDR, NEST, CIDR };

struct attr {
	const char *name;
	enum type type;
};

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

static const struct attr transaction_attrs[] = {
	A(TRANSACTION, GENERATION, "generation", U32),
};

struct command {
	const char *name;
	int cmd;
	const struct attr *attrs;
	unsigned int n;
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

static const struct command commands[] = {
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
	C(RESET, "reset", status_attrs),
	C(GATEWAY_NTF, "gateway-ntf", gateway_attrs),
	{ "unknown", NATGW_CMD_MAX + 1, status_attrs, 0 },
	{ "unspec", NATGW_CMD_UNSPEC, status_attrs, 0 },
};

static struct nl_sock *sock;
static int family;
static unsigned long fail_at;
static bool interrupted;
static bool timed;

static void check(int rc, const char *what)
{
	if (rc < 0)
		errx(3, "%s: %s", what, nl_geterror(rc));
}

static void connect_family(void)
{
	int on = 1;

	sock = nl_socket_alloc();
	if (!sock)
		errx(3, "no memory");
	check(genl_connect(sock), "genl_connect");
	family = genl_ctrl_resolve(sock, NATGW_GENL_NAME);
	check(family, "family " NATGW_GENL_NAME);
	nl_socket_disable_auto_ack(sock);
	check(nl_socket_set_buffer_size(sock, 1 << 20, 1 << 20), "buffer size");
	if (setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)))
		err(3, "NETLINK_EXT_ACK");
}

/* Requests */

static const struct command *find_command(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int find_attr(const struct command *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->n; i++)
		if (c->attrs[i].name && !strcmp(c->attrs[i].name, name))
			return i;
	return -1;
}

static const char *attr_name(const struct command *c, unsigned int type)
{
	static char number[16];

	if (type < c->n && c->attrs[type].name)
		return c->attrs[type].name;
	snprintf(number, sizeof(number), "#%u", type);
	return number;
}

static int from_hex(const char *hex, unsigned char *buf, int size)
{
	int n = 0, used;
	unsigned int byte;

	while (*hex && n < size && sscanf(hex, "%2x%n", &byte, &used) == 1 && used == 2) {
		buf[n++] = byte;
		hex += 2;
	}
	return *hex ? -1 : n;
}

/* 10.0.0.0/16 as a nest natgw_a_prefix */
static int put_cidr(struct nl_msg *msg, int type, const char *value)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	char addr[INET_ADDRSTRLEN] = "";
	unsigned int len = 32;
	struct in_addr in;

	if (!nest || sscanf(value, "%15[0-9.]/%u", addr, &len) < 1 ||
	    inet_pton(AF_INET, addr, &in) != 1 ||
	    nla_put_u32(msg, NATGW_A_PREFIX_FAMILY, AF_INET) ||
	    nla_put(msg, NATGW_A_PREFIX_PREFIX, sizeof(in), &in) ||
	    nla_put_u32(msg, NATGW_A_PREFIX_PREFIX_LENGTH, len))
		return -1;
	return nla_nest_end(msg, nest);
}

static void print_cidr(struct nlattr *nest)
{
	char text[INET_ADDRSTRLEN] = "?";
	unsigned int len = 0;
	struct nlattr *nla;
	int rem;

	nla_for_each_nested(nla, nest, rem) {
		if (nla_type(nla) == NATGW_A_PREFIX_PREFIX)
			inet_ntop(AF_INET, nla_data(nla), text, sizeof(text));
		else if (nla_type(nla) == NATGW_A_PREFIX_PREFIX_LENGTH)
			len = nla_get_u32(nla);
	}
	printf("%s/%u", text, len);
}

static int put_value(struct nl_msg *msg, const struct attr *attr, int type, const char *value)
{
	struct in_addr in;

	switch (attr->type) {
	case U32:
		return nla_put_u32(msg, type, strtoul(value, NULL, 0));
	case U64:
		return nla_put_u64(msg, type, strtoull(value, NULL, 0));
	case STR:
		return nla_put_string(msg, type, value);
	case ADDR:
		if (inet_pton(AF_INET, value, &in) != 1)
			return -1;
		return nla_put(msg, type, sizeof(in), &in);
	case CIDR:
		return put_cidr(msg, type, value);
	default:
		return -1;
	}
}

static int put_word(struct nl_msg *msg, const struct command *c, char *word)
{
	char *value = strchr(word, '='), *form;
	unsigned char buf[8192];
	int type, len, tail;
	void *p;

	if (!value)
		return -1;
	*value++ = '\0';
	if (!strcmp(word, "raw")) {
		len = from_hex(value, buf, sizeof(buf));
		p = len < 0 ? NULL : nlmsg_reserve(msg, len, 0);
		if (!p)
			return -1;
		memcpy(p, buf, len);
		return 0;
	}
	form = strchr(word, ':');
	if (form)
		*form++ = '\0';
	type = *word == '#' ? atoi(word + 1) : find_attr(c, word);
	if (type < 0)
		return -1;
	if (!form && *word != '#')
		return put_value(msg, &c->attrs[type], type, value);
	len = from_hex(value, buf, sizeof(buf));
	if (len < 0)
		return -1;
	if (form && !strcmp(form, "nest"))
		type |= NLA_F_NESTED;
	tail = nla_put(msg, type, len, buf);
	return tail;
}

static struct nl_msg *build(const struct command *c, char *words)
{
	struct nl_msg *msg = nlmsg_alloc_size(65536);
	struct genlmsghdr *hdr;
	char *word, *save;

	if (!msg)
		errx(3, "no memory");
	hdr = genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_REQUEST | NLM_F_ACK,
			  c->cmd, NATGW_GENL_VERSION);
	if (!hdr)
		errx(3, "no memory");
	for (word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (!strcmp(word, "dump")) {
			nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_DUMP;
		} else if (put_word(msg, c, word)) {
			nlmsg_free(msg);
			return NULL;
		}
	}
	return msg;
}

/* Answers */

static const char *errno_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "?";
}

/* Which attribute of our own message begins at this offset */
static const char *attr_at(const struct command *c, struct nlmsghdr *sent, unsigned int offset)
{
	struct nlattr *nla;
	int rem;

	nlmsg_for_each_attr(nla, sent, GENL_HDRLEN, rem)
		if ((char *)nla - (char *)sent == (long)offset)
			return attr_name(c, nla_type(nla));
	return "?";
}

static void print_error(const struct command *c, struct nlmsghdr *sent, struct nlmsghdr *nlh)
{
	struct nlmsgerr *e = nlmsg_data(nlh);
	unsigned int skip = sizeof(*e);
	const char *sentence = "";
	char where[64] = "";
	struct nlattr *nla;
	int rem;

	/* Behind the error lies our message, or with NLM_F_CAPPED its header. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += nlmsg_datalen(&e->msg);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS) {
		nla = (void *)((char *)e + NLMSG_ALIGN(skip));
		rem = nlmsg_datalen(nlh) - NLMSG_ALIGN(skip);
		for (; nla_ok(nla, rem); nla = nla_next(nla, &rem)) {
			if (nla_type(nla) == NLMSGERR_ATTR_MSG)
				sentence = nla_get_string(nla);
			else if (nla_type(nla) == NLMSGERR_ATTR_OFFS)
				snprintf(where, sizeof(where), " %s",
					 attr_at(c, sent, nla_get_u32(nla)));
			else if (nla_type(nla) == NLMSGERR_ATTR_MISS_TYPE)
				snprintf(where, sizeof(where), " missing %s",
					 attr_name(c, nla_get_u32(nla)));
		}
	}
	printf("error %s%s: %s", errno_name(-e->error), where, sentence);
}

static void print_attrs(const struct command *c, struct nlmsghdr *nlh)
{
	char text[INET_ADDRSTRLEN];
	struct nlattr *nla;
	int rem;

	nlmsg_for_each_attr(nla, nlh, GENL_HDRLEN, rem) {
		unsigned int type = nla_type(nla);

		if (type >= c->n || !c->attrs[type].name)
			continue;
		printf(" %s=", c->attrs[type].name);
		switch (c->attrs[type].type) {
		case U32:
			printf("%u", nla_get_u32(nla));
			break;
		case U64:
			printf("%llu", (unsigned long long)nla_get_u64(nla));
			break;
		case STR:
			printf("%s", nla_get_string(nla));
			break;
		case ADDR:
			printf("%s", inet_ntop(AF_INET, nla_data(nla), text, sizeof(text)));
			break;
		case CIDR:
			print_cidr(nla);
			break;
		default:
			printf("...");
		}
	}
}

static void on_alarm(int sig)
{
	(void)sig;
}

/*
 * Soon there is a signal, once, that is handled and lets system calls go on, as one
 * that the window has another size
 */
static void alarm_soon(void)
{
	const struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	const struct itimerval soon = { .it_value.tv_usec = 200 };

	if (interrupted &&
	    (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &soon, NULL)))
		err(3, "alarm");
}

/* Returns the kernel's error number. */
static int receive(const struct command *c, struct nlmsghdr *sent, bool print)
{
	bool dump = (sent->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int len, error = 0, messages = 0;
	struct sockaddr_nl from;
	struct nlmsghdr *nlh;
	unsigned char *buf;

	for (;;) {
		alarm_soon();
		len = nl_recv(sock, &from, &buf, NULL);
		if (len < 0 && fail_at) {
			/* it was the answer that there was no memory for */
			puts("no answer");
			return NLE_NOMEM;
		}
		check(len, "nl_recv");
		for (nlh = (void *)buf; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq != sent->nlmsg_seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				error = -((struct nlmsgerr *)nlmsg_data(nlh))->error;
				if (print && error)
					print_error(c, sent, nlh);
				else if (print && !messages)
					printf("ok");
				if (error || !dump)
					goto out;
			} else if (nlh->nlmsg_type == NLMSG_DONE) {
				if (print && !messages)
					printf("ok");
				goto out;
			} else if (print) {
				printf("%s", messages++ ? ";" : "ok");
				print_attrs(c, nlh);
			}
		}
		free(buf);
	}
out:
	free(buf);
	if (print) {
		putchar('\n');
		fflush(stdout);
	}
	return error;
}

/* The @nth allocation from now on fails; 0: none. Return: the one before has happened. */
static bool fail_nth(unsigned long nth)
{
	char left[32] = "", now[32];
	static int fd = -1;

	/* open: it takes memory itself */
	if (fd < 0)
		fd = open("/proc/thread-self/fail-nth", O_RDWR);
	snprintf(now, sizeof(now), "%lu", nth);
	if (fd < 0 || pread(fd, left, sizeof(left) - 1, 0) < 1 ||
	    pwrite(fd, now, strlen(now), 0) < 0)
		err(3, "fail-nth");
	return !strtoul(left, NULL, 10);
}

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int request(char *line)
{
	long long start;
	const struct command *c;
	struct nl_msg *msg;
	bool faulted;
	char *rest;
	int error;

	rest = strchr(line, ' ');
	if (rest)
		*rest++ = '\0';
	c = find_command(line);
	if (!c)
		errx(2, "command '%s' unknown", line);
	msg = build(c, rest ? rest : line + strlen(line));
	if (!msg)
		errx(2, "an attribute of this %s makes no sense", c->name);
	nl_complete_msg(sock, msg);
	start = now_us();
	alarm_soon();
	if (fail_at)
		fail_nth(fail_at);
	error = nl_send(sock, msg);
	faulted = fail_at && fail_nth(0);
	/* what failed was the sending itself, or the kernel had no memory to answer */
	if (error < 0)
		printf("error ENOMEM: not sent: %s\n", nl_geterror(error));
	else
		error = receive(c, nlmsg_hdr(msg), true);
	nlmsg_free(msg);
	if (timed)
		printf("ms %lld\n", (now_us() - start) / 1000);
	if (fail_at)
		puts(faulted ? "fault" : "none");
	return error;
}

/* Fuzzing */

static void put_random(struct nl_msg *msg, const struct command *c)
{
	static const char * const names[] = { "a", "gw1", "web", "b-1", "", "-", "x y", "lo",
					      "default" };
	static const char * const cidrs[] = { "10.0.0.0/16", "10.0.0.16/28", "0.0.0.0/0",
					      "203.0.113.0/24", "10.0.0.1/8", "127.0.0.0/33" };
	static const uint32_t numbers[] = { 0, 1, 2, 3, 24, 28, 31, 32, 240, 65536, 1u << 31, ~0u };
	unsigned char bytes[64];
	int type = rand() % (c->n + 2), len, i;
	uint32_t addr;

	if (rand() % 8 && type < (int)c->n && c->attrs[type].type != NONE) {
		switch (c->attrs[type].type) {
		case U32:
			nla_put_u32(msg, type, numbers[rand() % ARRAY_SIZE(numbers)]);
			return;
		case STR:
			nla_put_string(msg, type, names[rand() % ARRAY_SIZE(names)]);
			return;
		case ADDR:
			addr = htonl((rand() % 2 ? 0xcb007100 : 0x0a000000) | rand() % 4 << 4);
			nla_put(msg, type, 4, &addr);
			return;
		case CIDR:
			put_cidr(msg, type, cidrs[rand() % ARRAY_SIZE(cidrs)]);
			return;
		default:
			break;
		}
	}
	len = rand() % sizeof(bytes);
	for (i = 0; i < len; i++)
		bytes[i] = rand();
	nla_put(msg, type | (rand() % 4 ? 0 : NLA_F_NESTED), len, bytes);
}

static void spoil(struct nl_msg *msg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	unsigned char *payload = (unsigned char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
	unsigned int len = nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;

	switch (rand() % 4) {
	case 0:
		if (len)
			payload[rand() % len] ^= 1 << rand() % 8;
		break;
	case 1:
		if (len)
			nlh->nlmsg_len -= rand() % len;
		break;
	}
}

static int fuzz(unsigned long count, unsigned int seed)
{
	unsigned long errors[256] = {}, i;
	const struct command *c;
	struct nl_msg *msg;
	int n, error;

	srand(seed);
	for (i = 0; i < count; i++) {
		char nothing[] = "";

		c = &commands[rand() % ARRAY_SIZE(commands)];
		msg = build(c, nothing);
		for (n = rand() % 6; n; n--)
			put_random(msg, c);
		if (!(rand() % 8))
			nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_DUMP;
		spoil(msg);
		check(nl_send_auto(sock, msg), "nl_send_auto");
		error = receive(c, nlmsg_hdr(msg), false);
		errors[error & 255]++;
		nlmsg_free(msg);
	}
	printf("requests %lu ok %lu", count, errors[0]);
	for (i = 1; i < ARRAY_SIZE(errors); i++)
		if (errors[i])
			printf(" %s %lu", errno_name(i), errors[i]);
	putchar('\n');
	return errors[0] == 0;
}

int main(int argc, char **argv)
{
	char line[32768] = "";
	int i;

	connect_family();
	if (argc == 4 && !strcmp(argv[1], "fuzz"))
		return fuzz(strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0));
	if (argc > 3 && !strcmp(argv[1], "fail")) {
		fail_at = strtoul(argv[2], NULL, 0);
		argc -= 2;
		argv += 2;
	} else if (argc > 2 && (!strcmp(argv[1], "interrupted") || !strcmp(argv[1], "timed"))) {
		interrupted = *argv[1] == 'i';
		timed = *argv[1] == 't';
		argc--;
		argv++;
	}
	if (argc > 1) {
		for (i = 1; i < argc; i++) {
			if (strlen(line) + strlen(argv[i]) + 2 > sizeof(line))
				errx(2, "too long");
			if (i > 1)
				strcat(line, " ");
			strcat(line, argv[i]);
		}
		return request(line) ? 1 : 0;
	}
	while (fgets(line, sizeof(line), stdin)) {
		char *rest = line;

		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line, "clock")) {
			printf("clock %lld\n", now_us());
			continue;
		}
		fail_at = 0;
		interrupted = !strncmp(line, "interrupted ", 12);
		if (interrupted)
			rest += 12;
		timed = !strncmp(rest, "timed ", 6);
		if (timed)
			rest += 6;
		if (!strncmp(rest, "fail ", 5)) {
			fail_at = strtoul(rest + 5, &rest, 0);
			rest += strspn(rest, " ");
		}
		if (*rest)
			request(rest);
	}
	return 0;
}
