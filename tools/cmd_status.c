// SPDX-License-Identifier: GPL-2.0
/* The bare call: what there is, whether it works, and what is probably wrong. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "object.h"
#include "onlink.h"
#include "quota.h"
#include "reason.h"
#include "route.h"
#include "status.h"
#include "text.h"

/* In text only where there is something to say */
#define NUMBER(_word, _attr) {					\
	.word = _word,						\
	.type = FIELD_NUMBER,					\
	.flags = FIELD_JSON,					\
	.attr = _attr,						\
}

static const struct field fields[] = {
	{
		.word = "version",
		.type = FIELD_NAME,
		.flags = FIELD_KEY,
		.attr = NATGW_A_STATUS_VERSION,
	}, {
		.word = "generation",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_GENERATION,
	}, {
		.word = "transaction",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_TRANSACTION,
		.words = switch_words,
	}, {
		.word = "gateways",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW | FIELD_LINE,
		.attr = NATGW_A_STATUS_GATEWAYS,
	}, {
		.word = "addresses",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_ADDRESSES,
	}, {
		.word = "subnets",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_SUBNETS,
	}, {
		.word = "sessions",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW | FIELD_LINE,
		.attr = NATGW_A_STATUS_SESSIONS,
	}, {
		.word = "sessions-max",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_SESSIONS_MAX,
	}, {
		.word = "session-bytes",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_SESSION_BYTES,
	},
	NUMBER("vnets", NATGW_A_STATUS_VNETS),
	NUMBER("route-tables", NATGW_A_STATUS_ROUTE_TABLES),
	NUMBER("tags", NATGW_A_STATUS_TAGS),
	NUMBER("direct", NATGW_A_STATUS_DIRECT),
	NUMBER("direct-max", NATGW_A_STATUS_DIRECT_MAX),
	NUMBER("clusters", NATGW_A_STATUS_CLUSTERS),
	NUMBER("managed-pools", NATGW_A_STATUS_MANAGED_POOLS),
	{
		.word = "memory",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_MEMORY,
	}, {
		.word = "memory-max",
		.type = FIELD_COUNTER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_STATUS_MEMORY_MAX,
	},
};

static const struct schema schema = {
	.noun = "status",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.max = NATGW_A_STATUS_MAX,
};

static_assert(NATGW_A_STATUS_MAX < FIELDS_ATTRS, "an attribute does not fit");

/** REPORT_SUBNETS - most subnets with a warning of their own */
#define REPORT_SUBNETS	8
/** REPORT_VNETS - most vnets that are down, and devices that are missing, with a line each */
#define REPORT_VNETS	8
/** REPORT_ADDRESSES - most addresses that are the router's too with a line of their own */
#define REPORT_ADDRESSES	8
/** REPORT_GATEWAYS - most gateways without address with a line of their own */
#define REPORT_GATEWAYS	8
/** REPORT_AGE - seconds after the last packet that a drop reason is warned of */
#define REPORT_AGE	600
/** REPORT_DRAINS - most draining objects with a line of their own */
#define REPORT_DRAINS	8

/**
 * struct range - the addresses of a subnet
 * @addr:	first one, host byte order
 * @mask:	bits that its addresses share
 * @gateway:	that it is bound to, empty for none
 * @name:	its name
 */
struct range {
	uint32_t addr;
	uint32_t mask;
	char gateway[NATGW_NAME_MAX + 1];
	char name[NATGW_NAME_MAX + 1];
};

/**
 * struct refuser - a gateway that refused flows
 * @name:	its name
 * @failed:	flows refused
 * @said:	a warning names it
 * @quota:	what it lets one host have
 */
struct refuser {
	char name[NATGW_NAME_MAX + 1];
	uint64_t failed;
	bool said;
	struct quota quota;
};

/**
 * struct steered - packets dropped as their next hop does not answer
 * @packets:	their number
 * @last:	source of the last one, host byte order
 * @age:	seconds since it
 * @hops:	next hops of its routes that do not answer, with blanks between
 */
struct steered {
	uint64_t packets;
	uint32_t last;
	uint32_t age;
	char hops[256];
};

/**
 * struct sentences - what is said below the lists
 * @list:	sentences, each allocated
 * @n:		their number
 */
struct sentences {
	char **list;
	size_t n;
};

/**
 * struct report - the status on its way to the output
 * @out:	output
 * @warnings:	what should be looked at
 * @notes:	what looks like a defect in the lists and is none
 * @n_unbound:	subnets among them
 * @n_drains:	draining objects
 * @n_retired:	retired objects
 * @n_own:	addresses that are the router's too
 * @n_idle:	gateways without address
 * @forwarding:	that Linux does not forward was said
 * @route:	that Linux has no route to the Internet was said
 * @n_silent:	addresses that nobody answers ARP for, with a line each
 * @n_down:	vnets that are down
 * @n_missing:	devices of vnets that are not there
 * @steered:	packets that a next hop did not take, see hops_warn()
 * @subnets:	all subnets
 * @n_subnets:	their number
 * @refusers:	gateways that refused flows
 * @n_refusers:	their number
 */
struct report {
	struct out out;
	struct sentences warnings;
	struct sentences notes;
	unsigned int n_unbound;
	unsigned int n_drains;
	unsigned int n_retired;
	unsigned int n_own;
	unsigned int n_silent;
	unsigned int n_idle;
	bool forwarding;
	bool route;
	unsigned int n_down;
	unsigned int n_missing;
	struct steered steered;
	struct range *subnets;
	size_t n_subnets;
	struct refuser *refusers;
	size_t n_refusers;
};

static int status_get(struct ctl *ctl, nl_answer answer, void *data, struct nl_error *e)
{
	struct request req;

	request_init(&req, NATGW_CMD_STATUS_GET);
	return nl_request(&ctl->nl, &req, answer, data, e);
}

static bool version_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	const char *version;

	if (!fields_parse(&schema, nlh, tb))
		return false;
	version = field_string(tb[NATGW_A_STATUS_VERSION]);
	snprintf(data, STATUS_VERSION_TEXT, "%s", version ? version : "");
	return true;
}

/**
 * status_version - version of the module
 * @ctl:	run, its socket open
 * @version:	result
 * @e:		why not
 *
 * Return: 0, or -1.
 */
int status_version(struct ctl *ctl, char version[STATUS_VERSION_TEXT], struct nl_error *e)
{
	return status_get(ctl, version_answer, version, e);
}

static void sentence_add(struct sentences *s, const char *fmt, va_list ap)
{
	char **bigger = realloc(s->list, (s->n + 1) * sizeof(*bigger));

	if (!bigger)
		abort();
	s->list = bigger;
	if (vasprintf(&bigger[s->n++], fmt, ap) < 0)
		abort();
}

static void sentences_free(struct sentences *s)
{
	while (s->n)
		free(s->list[--s->n]);
	free(s->list);
}

__printf(2, 3)
static void warning(struct report *report, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sentence_add(&report->warnings, fmt, ap);
	va_end(ap);
}

__printf(2, 3)
static void note(struct report *report, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sentence_add(&report->notes, fmt, ap);
	va_end(ap);
}

/* What has to do with routing, where it is used */
static void routing_show(struct out *o, const struct nlattr *const *tb)
{
	static const struct {
		uint16_t attr;
		uint32_t trivial;
	} show[] = {
		{ NATGW_A_STATUS_VNETS, 1 },
		{ NATGW_A_STATUS_ROUTE_TABLES, 0 },
		{ NATGW_A_STATUS_TAGS, 0 },
		{ NATGW_A_STATUS_DIRECT, 0 },
		{ NATGW_A_STATUS_CLUSTERS, 0 },
		{ NATGW_A_STATUS_MANAGED_POOLS, 0 },
	};
	bool begun = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(show); i++) {
		if (!tb[show[i].attr] || field_u32(tb[show[i].attr]) <= show[i].trivial)
			continue;
		if (!begun)
			out_line(o);
		begun = true;
		field_show(o, field_by_attr(&schema, show[i].attr), tb);
	}
	if (field_u32(tb[NATGW_A_STATUS_DIRECT]))
		field_show(o, field_by_attr(&schema, NATGW_A_STATUS_DIRECT_MAX), tb);
}

static bool status_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	const char *version;
	uint32_t max;

	if (!fields_parse(&schema, nlh, tb))
		return false;
	version = field_string(tb[NATGW_A_STATUS_VERSION]);
	out_title(&report->out, "natgw", "version", version ? version : "");
	fields_show(&report->out, &schema, FIELD_SHOW | (report->out.json ? FIELD_JSON : 0), tb);
	if (!report->out.json)
		routing_show(&report->out, tb);
	max = field_u32(tb[NATGW_A_STATUS_SESSIONS_MAX]);
	if (max && field_u32(tb[NATGW_A_STATUS_SESSIONS]) >= max - max / 10)
		warning(report, "the table of sessions is nearly full: %u of %u",
			field_u32(tb[NATGW_A_STATUS_SESSIONS]), max);
	return true;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void drain_warn(struct report *report, const struct object *obj, uint16_t owner,
		       const struct nlattr *const *tb)
{
	char text[DRAIN_TEXT], buf[KEY_TEXT];
	const char *name, *cluster;

	if (!drain_text(text, &obj->drain, tb) || report->n_drains++ >= REPORT_DRAINS)
		return;
	name = object_key(buf, obj, tb);
	/* What a cluster made drains with it, once the cluster was deleted */
	cluster = field_string(tb[owner]);
	if (cluster)
		warning(report, "%s %s is %s; to end it at once: natgwctl cluster del %s drain 0s",
			obj->word, name ? name : "", text, cluster);
	else
		warning(report,
			"%s %s is %s; to take new flows again: natgwctl %s set %s drain off",
			obj->word, name ? name : "", text, obj->word, name ? name : "NAME");
}

/*
 * What a cluster left behind when it changed its way out. It is no defect, has no
 * subnet, and is gone with its last session. Return: it is that.
 */
static bool retired_note(struct report *report, const struct object *obj, uint16_t retired,
			 uint16_t owner, const struct nlattr *const *tb)
{
	const char *cluster = field_string(tb[owner]), *name;
	char drain[DRAIN_TEXT], buf[KEY_TEXT];
	bool drains;

	if (!field_u32(tb[retired]))
		return false;
	if (report->n_retired++ >= REPORT_DRAINS)
		return true;
	name = object_key(buf, obj, tb);
	drains = drain_text(drain, &obj->drain, tb);
	note(report, "%s %s is retired%s%s, %s with its last session%s%s", obj->word,
	     name ? name : "", cluster ? ", of a former way out of cluster " : "",
	     cluster ? cluster : "", obj == &gateway_object ? "gone" : "free",
	     drains ? "; " : "", drains ? drain : "");
	return true;
}

/* Remember a gateway that refused flows; why, the drop reasons tell */
static void refuser_keep(struct report *report, const struct nlattr *const *tb)
{
	const char *name = field_string(tb[NATGW_A_GATEWAY_NAME]);
	const struct nlattr *counters[FIELDS_ATTRS];
	struct refuser *bigger;
	uint64_t failed;

	if (!name || !nest_parse(&counters_schema, tb[NATGW_A_GATEWAY_COUNTERS], counters))
		return;
	failed = field_u64(counters[NATGW_A_COUNTERS_FAILED]);
	if (!failed)
		return;
	bigger = realloc(report->refusers, (report->n_refusers + 1) * sizeof(*bigger));
	if (!bigger)
		abort();
	report->refusers = bigger;
	bigger += report->n_refusers++;
	snprintf(bigger->name, sizeof(bigger->name), "%s", name);
	bigger->failed = failed;
	bigger->said = false;
	quota_parse(&bigger->quota, tb);
}

/* What mends a gateway that does not work */
static void gateway_warn(struct report *report, const struct nlattr *const *tb)
{
	const char *name = field_string(tb[NATGW_A_GATEWAY_NAME]);
	void (*say)(struct report *report, const char *fmt, ...);

	drain_warn(report, &gateway_object, NATGW_A_GATEWAY_OWNER, tb);
	switch (field_u32(tb[NATGW_A_GATEWAY_OPERATIONAL])) {
	case NATGW_OPERATIONAL_NO_ADDRESS:
		if (report->n_idle++ >= REPORT_GATEWAYS)
			break;
		/* Nothing is lost as long as no subnet is bound */
		say = field_u32(tb[NATGW_A_GATEWAY_SUBNETS]) ? warning : note;
		say(report, "gateway %s has no address: natgwctl gateway set %s address IP",
		    name ? name : "", name ? name : "NAME");
		break;
	case NATGW_OPERATIONAL_FORWARDING_OFF:
		if (!report->forwarding)
			warning(report, "Linux does not forward: sysctl -w net.ipv4.ip_forward=1");
		report->forwarding = true;
		break;
	case NATGW_OPERATIONAL_NO_ROUTE:
		if (!report->route)
			warning(report,
				"Linux has no route to the Internet: ip route add default via NEXT-HOP");
		report->route = true;
		break;
	}
}

static bool gateway_answer(const struct nlmsghdr *nlh, void *data)
{
	static const uint16_t show[] = {
		NATGW_A_GATEWAY_NAME, NATGW_A_GATEWAY_OPERATIONAL, NATGW_A_GATEWAY_ADDRESSES,
		NATGW_A_GATEWAY_SUBNETS, NATGW_A_GATEWAY_SESSIONS,
	};
	const struct schema *s = gateway_object.schema;
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	unsigned int i;

	if (!fields_parse(s, nlh, tb))
		return false;
	out_item(&report->out);
	for (i = 0; i < ARRAY_SIZE(show); i++)
		field_show(&report->out, field_by_attr(s, show[i]), tb);
	out_item_end(&report->out);
	if (!retired_note(report, &gateway_object, NATGW_A_GATEWAY_RETIRED, NATGW_A_GATEWAY_OWNER,
			  tb))
		gateway_warn(report, tb);
	refuser_keep(report, tb);
	return true;
}

/* One of a list of prefixes, and how many there are */
static const char *cidr_count(char buf[ADDR_TEXT + 24], uint16_t attr,
			      const struct nlattr *const *tb)
{
	const struct nlattr *a = tb[attr];
	unsigned int more = 0;
	char first[ADDR_TEXT];

	field_cidr(first, a, false);
	while ((a = field_next(a, tb)))
		more++;
	if (more)
		snprintf(buf, ADDR_TEXT + 24, "%s and %u more", first, more);
	else
		snprintf(buf, ADDR_TEXT + 24, "%s", first);
	return buf;
}

static bool cluster_answer(const struct nlmsghdr *nlh, void *data)
{
	static const uint16_t show[] = {
		NATGW_A_CLUSTER_NAME, NATGW_A_CLUSTER_OUTBOUND_TYPE, NATGW_A_CLUSTER_VNET_MODE,
		NATGW_A_CLUSTER_GATEWAY, NATGW_A_CLUSTER_SESSIONS,
	};
	const struct schema *s = cluster_object.schema;
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	char addr[ADDR_TEXT + 24];
	const struct nlattr *a;
	const char *name;
	unsigned int i;

	if (!fields_parse(s, nlh, tb))
		return false;
	out_item(&report->out);
	for (i = 0; i < ARRAY_SIZE(show); i++)
		field_show(&report->out, field_by_attr(s, show[i]), tb);
	out_item_end(&report->out);
	name = field_string(tb[NATGW_A_CLUSTER_NAME]);
	for (a = tb[NATGW_A_CLUSTER_DIFFERS]; a; a = field_next(a, tb)) {
		/* That a gateway goes before the load balancer is how it is meant to be */
		if (field_u32(tb[NATGW_A_CLUSTER_OUTBOUND_TYPE]) ==
		    NATGW_OUTBOUND_TYPE_LOAD_BALANCER)
			note(report, "cluster %s: %s", name ? name : "", field_string(a));
		else
			warning(report, "cluster %s: %s", name ? name : "", field_string(a));
	}
	if (tb[NATGW_A_CLUSTER_UNAUTHORIZED])
		warning(report,
			"cluster %s leaves by an address that its authorized-ip-ranges does not admit: append %s",
			name ? name : "", cidr_count(addr, NATGW_A_CLUSTER_UNAUTHORIZED, tb));
	return true;
}

/* The router has got the address after it was added here, and is not reached at it */
static void own_warn(struct report *report, const struct nlattr *const *tb)
{
	const char *dev = field_string(tb[NATGW_A_ADDRESS_OWN_DEV]);
	char text[ADDR_TEXT];

	if (!dev || !field_addr(text, tb[NATGW_A_ADDRESS_ADDRESS],
				tb[NATGW_A_ADDRESS_PREFIX_LENGTH], true))
		return;
	if (report->n_own++ < REPORT_ADDRESSES)
		warning(report,
			"the router is not reached at its own address of %s on %s: natgwctl address set %s shared on",
			text, dev, text);
}

/* Nobody answers ARP for it */
static void silent_warn(struct report *report, const struct nlattr *const *tb)
{
	char text[ONLINK_TEXT];

	if (!field_u32(tb[NATGW_A_ADDRESS_RETIRED]) && report->n_silent < REPORT_ADDRESSES &&
	    onlink_text(text, tb)) {
		warning(report, "%s", text);
		report->n_silent++;
	}
}

static bool address_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];

	if (!fields_parse(address_object.schema, nlh, tb))
		return false;
	if (!retired_note(data, &address_object, NATGW_A_ADDRESS_RETIRED, NATGW_A_ADDRESS_OWNER,
			  tb))
		drain_warn(data, &address_object, NATGW_A_ADDRESS_OWNER, tb);
	own_warn(data, tb);
	silent_warn(data, tb);
	return true;
}

/* Devices may go and get other names; the packets of their hosts are then no vnet's */
static void devices_warn(struct report *report, const char *vnet, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;
	char dev[IFNAMSIZ];

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != NATGW_A_VNET_DEV)
			continue;
		snprintf(dev, sizeof(dev), "%.*s", (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
		if (if_nametoindex(dev) || report->n_missing++ >= REPORT_VNETS)
			continue;
		warning(report,
			"device %s of vnet %s does not exist: what its hosts send is dropped, name the device it comes by: natgwctl vnet set %s dev DEV",
			dev, vnet, vnet);
	}
}

static bool vnet_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	const char *name;

	if (!fields_parse(vnet_object.schema, nlh, tb))
		return false;
	name = field_string(tb[NATGW_A_VNET_NAME]);
	if (field_u32(tb[NATGW_A_VNET_DOWN]) && report->n_down++ < REPORT_VNETS)
		warning(report,
			"vnet %s is DOWN, its packets are dropped: a device is not in its VRF (natgwctl vnet show %s)",
			name ? name : "", name ? name : "");
	devices_warn(report, name ? name : "", nlh);
	return true;
}

static uint32_t host_order(const struct nlattr *addr)
{
	uint32_t n;

	memcpy(&n, mnl_attr_get_payload(addr), sizeof(n));
	return ntohl(n);
}

/* Its gateway, else the load balancer of its cluster, or NULL */
static const char *way_out(const struct nlattr *const *tb)
{
	const char *gateway = field_string(tb[NATGW_A_SUBNET_GATEWAY]);

	return gateway ? gateway : field_string(tb[NATGW_A_SUBNET_LOAD_BALANCER]);
}

static void subnet_keep(struct report *report, const struct nlattr *const *tb)
{
	const struct nlattr *prefix = tb[NATGW_A_SUBNET_PREFIX];
	uint32_t plen = field_u32(tb[NATGW_A_SUBNET_PREFIX_LENGTH]);
	const char *name = field_string(tb[NATGW_A_SUBNET_NAME]);
	const char *gateway = way_out(tb);
	struct range *bigger;

	if (mnl_attr_get_payload_len(prefix) != sizeof(uint32_t) || plen > 32)
		return;
	bigger = realloc(report->subnets, (report->n_subnets + 1) * sizeof(*bigger));
	if (!bigger)
		abort();
	report->subnets = bigger;
	bigger += report->n_subnets++;
	bigger->addr = host_order(prefix);
	bigger->mask = plen ? UINT32_MAX << (32 - plen) : 0;
	snprintf(bigger->gateway, sizeof(bigger->gateway), "%s", gateway ? gateway : "");
	snprintf(bigger->name, sizeof(bigger->name), "%s", name ? name : "");
}

/* The subnet that it is in by now, or NULL */
static const struct range *subnet_of(const struct report *report, const struct nlattr *addr)
{
	size_t i;

	if (!addr || mnl_attr_get_payload_len(addr) != sizeof(uint32_t))
		return NULL;
	for (i = 0; i < report->n_subnets; i++)
		if (!((host_order(addr) ^ report->subnets[i].addr) & report->subnets[i].mask))
			return &report->subnets[i];
	return NULL;
}

static bool subnet_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	char prefix[ADDR_TEXT], source[ADDR_TEXT] = "unknown";
	struct report *report = data;
	const char *name;
	uint64_t packets;

	if (!fields_parse(subnet_object.schema, nlh, tb) || !tb[NATGW_A_SUBNET_PREFIX])
		return false;
	name = field_string(tb[NATGW_A_SUBNET_NAME]);
	drain_warn(report, &subnet_object, NATGW_A_SUBNET_OWNER, tb);
	subnet_keep(report, tb);
	packets = field_u64(tb[NATGW_A_SUBNET_UNTRANSLATED]);
	if (!packets || way_out(tb))
		return true;
	if (report->n_unbound++ >= REPORT_SUBNETS)
		return true;
	field_addr(prefix, tb[NATGW_A_SUBNET_PREFIX], tb[NATGW_A_SUBNET_PREFIX_LENGTH], false);
	field_addr(source, tb[NATGW_A_SUBNET_LAST_SOURCE], NULL, true);
	warning(report,
		"%s sends to the Internet and no gateway is bound to it (last source %s, %llu packet%s): natgwctl subnet set %s gateway GATEWAY",
		prefix, source, (unsigned long long)packets, plural(packets), name ? name : "NAME");
	return true;
}

/* Where to look further when flows are refused for a reason, or NULL if it is no exhaustion */
static const char *refusal_command(uint32_t reason)
{
	switch (reason) {
	case NATGW_DROP_DESTINATION_FULL:
	case NATGW_DROP_ALL_COOLING:
	case NATGW_DROP_DESTINATION_CAP:
		return "natgwctl ports show by destination";
	case NATGW_DROP_QUOTA:
		return "natgwctl ports show by host";
	case NATGW_DROP_POOL_EMPTY:
	case NATGW_DROP_UPLINK:
		return "natgwctl address show";
	case NATGW_DROP_MEMORY:
		return "natgwctl stats explain memory";
	default:
		return NULL;
	}
}

/* Is it worth a warning? Who may not see the last packet is told all the same. */
static bool recent(const struct nlattr *const *tb)
{
	return field_u32(tb[NATGW_A_STATS_LAST_AGE]) <= REPORT_AGE;
}

/** LAST_TEXT - room for last_text() */
#define LAST_TEXT	(ADDR_TEXT + TIME_TEXT + 24)

/* ", last from 10.0.1.4 3s ago", or nothing for who may not see it */
static void last_text(char buf[LAST_TEXT], const struct nlattr *const *tb)
{
	char source[ADDR_TEXT], age[TIME_TEXT];

	buf[0] = 0;
	if (tb[NATGW_A_STATS_LAST_AGE])
		snprintf(buf, LAST_TEXT, ", last from %s %s ago",
			 field_addr(source, tb[NATGW_A_STATS_LAST_SOURCE], NULL, true) ?
			 source : "unknown",
			 time_text(age, field_u32(tb[NATGW_A_STATS_LAST_AGE])));
}

/*
 * Counters of reasons know no gateway: the last flow refused tells whose it
 * is. A lone gateway that refused flows is it in any case.
 */
static void refusal_warn(struct report *report, uint32_t reason, uint64_t flows,
			 const struct nlattr *const *tb)
{
	const struct nlattr *last = tb[NATGW_A_STATS_LAST_SOURCE];
	const struct range *subnet = subnet_of(report, last);
	char since[LAST_TEXT];
	/* those of running flows count, too, whose route has moved */
	const char *unit = reason == NATGW_DROP_UPLINK ? "packet" : "flow";
	struct refuser *refuser = NULL;
	const struct quota unknown = {};
	char command[QUOTA_TEXT];
	const char *more = NULL;
	size_t i;

	for (i = 0; i < report->n_refusers; i++)
		if (report->n_refusers == 1 ||
		    (subnet && !strcmp(report->refusers[i].name, subnet->gateway)))
			refuser = &report->refusers[i];
	if (!recent(tb))
		return;
	if (refuser)
		refuser->said = true;
	last_text(since, tb);
	if (reason == NATGW_DROP_QUOTA)
		more = quota_command(command, refuser ? &refuser->quota : &unknown);
	warning(report, "%s%s refused flows: %s (%llu %s%s%s): %s%s%s",
		refuser ? "gateway " : "", refuser ? refuser->name : "gateways",
		reason_words[reason], (unsigned long long)flows, unit, plural(flows), since,
		refusal_command(reason), more ? ", " : "", more ? more : "");
}

/* Gateways that refused flows as well, not the last ones of any reason */
static void refusers_warn(struct report *report)
{
	const struct refuser *r;
	bool said = false;
	size_t i;

	for (i = 0; i < report->n_refusers; i++)
		said |= report->refusers[i].said;
	/* None: the only reason was a drain, of which there is a line, or it was long ago */
	for (i = 0; said && i < report->n_refusers; i++) {
		r = &report->refusers[i];
		if (!r->said)
			warning(report,
				"gateway %s refused %llu flow%s: natgwctl ports show by destination gateway %s",
				r->name, (unsigned long long)r->failed, plural(r->failed), r->name);
	}
}

static bool stats_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct schema *s = stats_object.schema;
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	char source[ADDR_TEXT], age[TIME_TEXT], since[LAST_TEXT];
	const struct nlattr *last;
	uint64_t packets;
	uint32_t reason;

	if (!fields_parse(s, nlh, tb) || !tb[NATGW_A_STATS_REASON])
		return false;
	reason = field_u32(tb[NATGW_A_STATS_REASON]);
	packets = field_u64(tb[NATGW_A_STATS_PACKETS]);
	last = tb[NATGW_A_STATS_LAST_SOURCE];
	if (!packets)
		return true;
	out_item(&report->out);
	fields_show(&report->out, s, FIELD_SHOW, tb);
	out_item_end(&report->out);
	if (reason == NATGW_DROP_NEXT_HOP_DOWN && last &&
	    mnl_attr_get_payload_len(last) == sizeof(uint32_t))
		report->steered = (struct steered){
			.packets = packets,
			.last = host_order(last),
			.age = field_u32(tb[NATGW_A_STATS_LAST_AGE]),
		};
	if (refusal_command(reason))
		refusal_warn(report, reason, packets, tb);
	if (reason == NATGW_DROP_FOREIGN_NAT && recent(tb)) {
		last_text(since, tb);
		warning(report,
			"another NAT rule changed the source of bound subnets first (%llu packet%s dropped%s): exempt them from masquerade and SNAT, nft list ruleset",
			(unsigned long long)packets, plural(packets), since);
	}
	if (reason == NATGW_DROP_NO_SUBNET && field_addr(source, last, NULL, true) &&
	    !subnet_of(report, last))
		warning(report,
			"%s sends to the Internet from no subnet (last of %llu packet%s, %s ago): natgwctl subnet add SUBNET prefix CIDR gateway GATEWAY",
			source, (unsigned long long)packets, plural(packets),
			time_text(age, field_u32(tb[NATGW_A_STATS_LAST_AGE])));
	return true;
}

/*
 * One of the lists. Gateways and subnets are for root alone, the counts and
 * the counters are not: say what is missing and go on.
 */
static int list(struct ctl *ctl, uint8_t cmd, nl_answer answer, struct report *report,
		bool *hidden, struct nl_error *e)
{
	struct request req;
	int ret;

	request_init(&req, cmd);
	ret = nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, answer, report, e);
	if (ret < 0 && e->err == EPERM) {
		*hidden = true;
		return 0;
	}
	/* An older module does not know each kind */
	if (ret < 0 && e->err == EOPNOTSUPP)
		return 0;
	return ret < 0 ? ret : 0;
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	for (p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

static bool hop_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct steered *s = data;
	char hop[ADDR_TEXT];
	size_t n = strlen(s->hops);

	if (!fields_parse(&effective_schema, nlh, tb))
		return false;
	if (field_u32(tb[NATGW_A_ROUTE_PROBLEM]) != NATGW_ROUTE_PROBLEM_NEXT_HOP_DOWN ||
	    !field_addr(hop, tb[NATGW_A_ROUTE_NEXT_HOP_IP], NULL, true) ||
	    has_word(s->hops, hop) ||
	    n + strlen(hop) + 2 > sizeof(s->hops))
		return true;
	snprintf(s->hops + n, sizeof(s->hops) - n, "%s%s", n ? " " : "", hop);
	return true;
}

/*
 * The counter says that a next hop did not answer, the routes of the subnets
 * of the last source, one in each vnet that has the address, whether it still
 * does not, and which.
 */
static void hops_warn(struct ctl *ctl, struct report *report)
{
	struct steered *s = &report->steered;
	struct request req;
	struct nl_error e;
	struct range *r;
	struct in_addr in = { .s_addr = htonl(s->last) };
	char source[INET_ADDRSTRLEN], age[TIME_TEXT];
	size_t i;

	if (!s->packets || !inet_ntop(AF_INET, &in, source, sizeof(source)))
		return;
	for (i = 0; i < report->n_subnets; i++) {
		r = &report->subnets[i];
		if ((s->last ^ r->addr) & r->mask)
			continue;
		request_init(&req, NATGW_CMD_ROUTE_EFFECTIVE_GET);
		request_string(&req, NATGW_A_ROUTE_SUBNET, r->name);
		s->hops[0] = 0;
		if (nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, hop_answer, s, &e) < 0 || !s->hops[0])
			continue;
		warning(report,
			"next hop of subnet %s does not answer: %s (%llu packet%s dropped, last from %s %s ago): natgwctl stats explain next-hop-down",
			r->name, s->hops, (unsigned long long)s->packets, plural(s->packets),
			source, time_text(age, s->age));
	}
}

static void sentences_text(const char *kind, const struct sentences *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		printf("%s: ", kind);
		text_put(stdout, s->list[i]);
		putchar('\n');
	}
}

static void sentences_show(struct out *o, const struct report *report)
{
	if (o->json) {
		out_words(o, "notes", report->notes.list, report->notes.n);
		out_words(o, "warnings", report->warnings.list, report->warnings.n);
		return;
	}
	if (report->notes.n || report->warnings.n)
		putchar('\n');
	sentences_text("note", &report->notes);
	sentences_text("warning", &report->warnings);
}

/**
 * status_run - the bare call
 * @ctl:	run
 *
 * Return: exit status.
 */
int status_run(struct ctl *ctl)
{
	struct report report = {};
	struct out *o = &report.out;
	bool hidden = false;
	struct nl_error e;
	int ret;

	ret = ctl_open(ctl);
	if (ret)
		return ret;

	out_begin(o, ctl->json, ctl->pretty, OUT_BLOCK);
	out_row(o);
	ret = status_get(ctl, status_answer, &report, &e);
	if (!ret) {
		out_array(o, "gateway");
		ret = list(ctl, NATGW_CMD_GATEWAY_GET, gateway_answer, &report, &hidden, &e);
		out_array_end(o);
	}
	if (!ret) {
		out_array(o, "cluster");
		ret = list(ctl, NATGW_CMD_CLUSTER_GET, cluster_answer, &report, &hidden, &e);
		out_array_end(o);
	}
	if (!ret)
		ret = list(ctl, NATGW_CMD_ADDRESS_GET, address_answer, &report, &hidden, &e);
	if (!ret)
		ret = list(ctl, NATGW_CMD_VNET_GET, vnet_answer, &report, &hidden, &e);
	if (!ret)
		ret = list(ctl, NATGW_CMD_SUBNET_GET, subnet_answer, &report, &hidden, &e);
	if (!ret) {
		out_array(o, "stats");
		ret = list(ctl, NATGW_CMD_STATS_GET, stats_answer, &report, &hidden, &e);
		out_array_end(o);
	}
	refusers_warn(&report);
	if (!ret)
		hops_warn(ctl, &report);
	if (report.n_down > REPORT_VNETS)
		warning(&report, "%u more vnets are DOWN", report.n_down - REPORT_VNETS);
	if (report.n_missing > REPORT_VNETS)
		warning(&report, "%u more devices of vnets do not exist",
			report.n_missing - REPORT_VNETS);
	if (report.n_own > REPORT_ADDRESSES)
		warning(&report, "%u more addresses are the router's own too",
			report.n_own - REPORT_ADDRESSES);
	if (report.n_unbound > REPORT_SUBNETS)
		warning(&report,
			"%u more subnets send to the Internet and no gateway is bound to them",
			report.n_unbound - REPORT_SUBNETS);
	if (report.n_idle > REPORT_GATEWAYS)
		note(&report, "%u more gateways have no address",
		     report.n_idle - REPORT_GATEWAYS);
	if (report.n_drains > REPORT_DRAINS)
		warning(&report, "%u more objects are draining",
			report.n_drains - REPORT_DRAINS);
	if (report.n_retired > REPORT_DRAINS)
		note(&report, "%u more objects are retired", report.n_retired - REPORT_DRAINS);
	if (hidden)
		warning(&report, "gateways and subnets are shown to root only: sudo natgwctl");
	sentences_show(o, &report);
	out_row_end(o);
	out_end(o);

	sentences_free(&report.notes);
	sentences_free(&report.warnings);
	free(report.subnets);
	free(report.refusers);
	return ret ? kernel_error(ctl, NULL, NULL, &e) : 0;
}
