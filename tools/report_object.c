// SPDX-License-Identifier: GPL-2.0
/* What is probably wrong with objects, for the bare call. */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "counters.h"
#include "onlink.h"
#include "report.h"

static void drain_warn(struct report *report, const struct object *obj, uint16_t owner,
		       const struct nlattr *const *tb)
{
	char text[DRAIN_TEXT], buf[KEY_TEXT];
	const char *name, *cluster;

	if (!drain_text(text, &obj->drain, tb) || report->n_drains++ >= REPORT_DRAINS)
		return;
	name = object_key(buf, obj, tb);
	/* An object that a deleted cluster made drains together with that cluster */
	cluster = field_string(tb[owner]);
	if (cluster)
		report_warning(report, "%s %s is %s; to end it at once: natgwctl cluster del %s drain 0s",
			       obj->word, name ? name : "", text, cluster);
	else
		report_warning(report,
			       "%s %s is %s; to take new flows again: natgwctl %s set %s drain off",
			       obj->word, name ? name : "", text, obj->word, name ? name : "NAME");
}

/*
 * Notes an object that a cluster left behind when it moved to another outbound type. Such an
 * object is no fault: it serves no subnet and goes with its last session. Return: the object
 * is of this kind.
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
	report_note(report, "%s %s is retired%s%s, %s with its last session%s%s", obj->word,
		    name ? name : "", cluster ? ", of a former way out of cluster " : "",
		    cluster ? cluster : "", obj == &gateway_object ? "gone" : "free",
		    drains ? "; " : "", drains ? drain : "");
	return true;
}

/* Remember a gateway that refused flows; the drop reasons say why it did */
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
		say = field_u32(tb[NATGW_A_GATEWAY_SUBNETS]) ? report_warning : report_note;
		say(report, "gateway %s has no address: natgwctl gateway set %s address IP",
		    name ? name : "", name ? name : "NAME");
		break;
	case NATGW_OPERATIONAL_FORWARDING_OFF:
		if (!report->forwarding)
			report_warning(report, "Linux does not forward: sysctl -w net.ipv4.ip_forward=1");
		report->forwarding = true;
		break;
	case NATGW_OPERATIONAL_NO_ROUTE:
		if (!report->route)
			report_warning(report,
				       "Linux has no route to the Internet: ip route add default via NEXT-HOP");
		report->route = true;
		break;
	}
}

/**
 * report_gateway - list a gateway, and say what is wrong with it
 * @nlh:		message
 * @data:		the report
 *
 * Return: false if the message is malformed.
 */
bool report_gateway(const struct nlmsghdr *nlh, void *data)
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
	report_pool_keep(report, tb);
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

/**
 * report_cluster - list a cluster, and say what is wrong with it
 * @nlh:		message
 * @data:		the report
 *
 * Return: false if the message is malformed.
 */
bool report_cluster(const struct nlmsghdr *nlh, void *data)
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
		/* A gateway may take precedence over the load balancer: a note, no warning */
		if (field_u32(tb[NATGW_A_CLUSTER_OUTBOUND_TYPE]) ==
		    NATGW_OUTBOUND_TYPE_LOAD_BALANCER)
			report_note(report, "cluster %s: %s", name ? name : "", field_string(a));
		else
			report_warning(report, "cluster %s: %s", name ? name : "", field_string(a));
	}
	if (tb[NATGW_A_CLUSTER_UNAUTHORIZED])
		report_warning(report,
			       "cluster %s leaves by an address that its authorized-ip-ranges does not admit: append %s",
			       name ? name : "",
			       cidr_count(addr, NATGW_A_CLUSTER_UNAUTHORIZED, tb));
	return true;
}

/* The router got this address after it was added here, so nobody reaches the router at it */
static void own_warn(struct report *report, const struct nlattr *const *tb)
{
	const char *dev = field_string(tb[NATGW_A_ADDRESS_OWN_DEV]);
	char text[ADDR_TEXT];

	if (!dev || !field_addr(text, tb[NATGW_A_ADDRESS_ADDRESS],
				tb[NATGW_A_ADDRESS_PREFIX_LENGTH], true))
		return;
	if (report->n_own++ < REPORT_ADDRESSES)
		report_warning(report,
			       "the router is not reached at its own address of %s on %s: natgwctl address set %s shared on",
			       text, dev, text);
}

/* Nobody answers ARP for it */
static void silent_warn(struct report *report, const struct nlattr *const *tb)
{
	char text[ONLINK_TEXT];

	if (!field_u32(tb[NATGW_A_ADDRESS_RETIRED]) && report->n_silent < REPORT_ADDRESSES &&
	    onlink_text(text, tb)) {
		report_warning(report, "%s", text);
		report->n_silent++;
	}
}

/**
 * report_address - say what is wrong with an address
 * @nlh:		message
 * @data:		the report
 *
 * Return: false if the message is malformed.
 */
bool report_address(const struct nlmsghdr *nlh, void *data)
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

/* A device may go or be renamed; the packets of its hosts then belong to no vnet */
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
		report_warning(report,
			       "device %s of vnet %s does not exist: what its hosts send is dropped, name the device it comes by: natgwctl vnet set %s dev DEV",
			       dev, vnet, vnet);
	}
}

/**
 * report_vnet - say what is wrong with a virtual network
 * @nlh:		message
 * @data:		the report
 *
 * Return: false if the message is malformed.
 */
bool report_vnet(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct report *report = data;
	const char *name;

	if (!fields_parse(vnet_object.schema, nlh, tb))
		return false;
	name = field_string(tb[NATGW_A_VNET_NAME]);
	if (field_u32(tb[NATGW_A_VNET_DOWN]) && report->n_down++ < REPORT_VNETS)
		report_warning(report,
			       "vnet %s is DOWN, its packets are dropped: a device is not in its VRF (natgwctl vnet show %s)",
			       name ? name : "", name ? name : "");
	devices_warn(report, name ? name : "", nlh);
	return true;
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
	bigger->addr = report_ip(prefix);
	bigger->mask = plen ? UINT32_MAX << (32 - plen) : 0;
	snprintf(bigger->gateway, sizeof(bigger->gateway), "%s", gateway ? gateway : "");
	snprintf(bigger->name, sizeof(bigger->name), "%s", name ? name : "");
}

/**
 * report_subnet - say what is wrong with a subnet, and keep it for the drop reasons
 * @nlh:		message
 * @data:		the report
 *
 * Return: false if the message is malformed.
 */
bool report_subnet(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	char prefix[ADDR_TEXT], source[ADDR_TEXT] = "unknown", age[TIME_TEXT] = "";
	struct report *report = data;
	const char *name;
	uint64_t packets;

	if (!fields_parse(subnet_object.schema, nlh, tb) || !tb[NATGW_A_SUBNET_PREFIX])
		return false;
	name = field_string(tb[NATGW_A_SUBNET_NAME]);
	drain_warn(report, &subnet_object, NATGW_A_SUBNET_OWNER, tb);
	subnet_keep(report, tb);
	packets = field_u64(tb[NATGW_A_SUBNET_UNTRANSLATED]);
	/* an older module does not say when the last one was */
	if (!packets || way_out(tb) ||
	    field_u32(tb[NATGW_A_SUBNET_LAST_AGE]) > REPORT_STRAY_AGE)
		return true;
	if (report->n_unbound++ >= REPORT_SUBNETS)
		return true;
	field_addr(prefix, tb[NATGW_A_SUBNET_PREFIX], tb[NATGW_A_SUBNET_PREFIX_LENGTH], false);
	field_addr(source, tb[NATGW_A_SUBNET_LAST_SOURCE], NULL, true);
	if (tb[NATGW_A_SUBNET_LAST_AGE])
		time_text(age, field_u32(tb[NATGW_A_SUBNET_LAST_AGE]));
	report_warning(report,
		       "%s sends to the Internet and no gateway is bound to it (last source %s%s%s%s, %llu packet%s): natgwctl subnet set %s gateway GATEWAY",
		       prefix, source, *age ? ", " : "", age, *age ? " ago" : "",
		       (unsigned long long)packets, report_plural(packets),
		       name ? name : "NAME");
	return true;
}
