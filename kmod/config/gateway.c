// SPDX-License-Identifier: GPL-2.0
/*
 * Owns gateways as configuration: profiles, requests, checks. Called by
 * kind.c, and by clusters, which make gateways.
 */
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/address.h"
#include "config/drain.h"
#include "config/field.h"
#include "config/find.h"
#include "config/gateway.h"
#include "config/gateway_fill.h"
#include "config/kind.h"
#include "config/owner.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/portblock.h"
#include "lib/prefix.h"
#include "session/exhaustion.h"
#include "session/reset.h"
#include "session/seat.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/set.h"

static struct nla_policy gateway_policy[NATGW_A_GATEWAY_MAX + 1] __ro_after_init = {
	[NATGW_A_GATEWAY_NAME]			= { .type = NLA_NUL_STRING },
	[NATGW_A_GATEWAY_PROFILE]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_IDLE_TIMEOUT]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_UDP_TIMEOUT]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_ICMP_TIMEOUT]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_HALF_OPEN_TIMEOUT]	= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_CLOSING_TIMEOUT]	= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_COOLDOWN_FIN]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_COOLDOWN_RST]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_COOLDOWN_HALF_OPEN]	= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_COOLDOWN_UDP]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_DRAIN]			= { .type = NLA_U32 },
};

static const struct nla_policy gateway_key_policy[NATGW_A_GATEWAY_NAME + 1] = {
	[NATGW_A_GATEWAY_NAME]			= { .type = NLA_NUL_STRING },
};

/* The timers' attributes and names, by enum natgw_timer */
const struct natgw_timer_key natgw_timer_keys[NATGW_TIMERS] = {
	[NATGW_TIMER_ESTABLISHED] = { NATGW_A_GATEWAY_IDLE_TIMEOUT, "idle-timeout" },
	[NATGW_TIMER_UDP] = { NATGW_A_GATEWAY_UDP_TIMEOUT, "udp-timeout" },
	[NATGW_TIMER_ICMP] = { NATGW_A_GATEWAY_ICMP_TIMEOUT, "icmp-timeout" },
	[NATGW_TIMER_HALF_OPEN] = { NATGW_A_GATEWAY_HALF_OPEN_TIMEOUT, "half-open-timeout" },
	[NATGW_TIMER_CLOSING] = { NATGW_A_GATEWAY_CLOSING_TIMEOUT, "closing-timeout" },
	[NATGW_TIMER_COOLDOWN_FIN] = { NATGW_A_GATEWAY_COOLDOWN_FIN, "cooldown-fin" },
	[NATGW_TIMER_COOLDOWN_RST] = { NATGW_A_GATEWAY_COOLDOWN_RST, "cooldown-rst" },
	[NATGW_TIMER_COOLDOWN_HALF_OPEN] = { NATGW_A_GATEWAY_COOLDOWN_HALF_OPEN,
					     "cooldown-half-open" },
	[NATGW_TIMER_COOLDOWN_UDP] = { NATGW_A_GATEWAY_COOLDOWN_UDP, "cooldown-udp" },
};

/* Seconds; @step, 1 or 60, is what a value must be a multiple of */
struct natgw_timer_rule {
	u32 value;
	u32 min;
	u32 max;
	u32 step;
};

#define NATGW_TIMER_MOST	86400
/* all ports of all addresses, three protocols */
#define NATGW_HOST_LIMIT_MOST	(3 * NATGW_GATEWAY_ADDRESSES * NATGW_PORTS)
/* per cent: what is left then lasts for long enough to add an address */
#define NATGW_WARN_USED		80
#define NATGW_HOSTS_MOST	(NATGW_GATEWAY_ADDRESSES * NATGW_PORTS / NATGW_BLOCK_UNIT)

/* The plain keys; profile, timers and drain are not */
#define NUMBER(key, label, member, max)	\
	NATGW_FIELD_NUMBER(NATGW_A_GATEWAY_##key, label, struct natgw_gateway_conf, member, max)

static const struct natgw_field gateway_fields[] = {
	NUMBER(POOLING, "pooling", pooling, NATGW_POOLING_PAIRED_SOFT),
	NUMBER(ON_IDLE, "on-idle", on_idle, NATGW_ON_IDLE_RESET_BOTH),
	NUMBER(ON_EXHAUST, "on-exhaust", on_exhaust, NATGW_ON_EXHAUST_RESET),
	NUMBER(TRACK, "track", track, NATGW_SWITCH_ON),
	NUMBER(OFFLOAD, "offload", offload, NATGW_SWITCH_ON),
	NUMBER(ZONE, "zone", zone, U32_MAX),
	NUMBER(DESTINATION_LIMIT, "destination-limit", destination_limit, NATGW_PORTS),
	NUMBER(HOST_LIMIT, "host-limit", host_limit, NATGW_HOST_LIMIT_MOST),
	NUMBER(ALLOCATION, "allocation", allocation, NATGW_ALLOCATION_FLOOR),
	NUMBER(PORTS_PER_HOST, "ports-per-host", ports_per_host,
	       NATGW_GATEWAY_ADDRESSES * NATGW_PORTS),
	NUMBER(HOSTS, "hosts", hosts, NATGW_HOSTS_MOST),
	NUMBER(TIER, "tier", tier, NATGW_TIER_KEEP),
	NUMBER(WARN_USED, "warn-used", warn_used, 100),
	NATGW_FIELD_TEXT(NATGW_A_GATEWAY_OWNER, struct natgw_gateway_conf, owner,
			 NATGW_CLUSTER_NAME_MAX + 1),
	NATGW_FIELD_FLAG(NATGW_A_GATEWAY_RETIRED, struct natgw_gateway_conf, retired),
};

/*
 * azure: the product's fixed numbers, and its one settable timer. It does not
 * tell how long a half-closed connection may be idle: as long as an open one.
 *
 * rfc6888: at least what the RFCs demand. TCP: RFC 5382 REQ-5, UDP: RFC 4787
 * REQ-5, ICMP: RFC 5508 REQ-2, hold-down: RFC 6888 REQ-8.
 */
static const struct natgw_profile_rules {
	const char *name;
	u32 pooling;
	struct natgw_timer_rule timer[NATGW_TIMERS];
} natgw_profiles[] = {
	[NATGW_PROFILE_AZURE] = {
		.name = "azure",
		.pooling = NATGW_POOLING_RANDOM,
		.timer = {
			[NATGW_TIMER_ESTABLISHED] = { 240, 240, 7200, 60 },
			[NATGW_TIMER_UDP] = { 240, 240, 240, 1 },
			[NATGW_TIMER_ICMP] = { 60, 60, 60, 1 },
			[NATGW_TIMER_HALF_OPEN] = { 30, 30, 30, 1 },
			[NATGW_TIMER_CLOSING] = { 240, 30, 7200, 1 },
			[NATGW_TIMER_COOLDOWN_FIN] = { 65, 65, 65, 1 },
			[NATGW_TIMER_COOLDOWN_RST] = { 16, 16, 16, 1 },
			[NATGW_TIMER_COOLDOWN_HALF_OPEN] = { 30, 30, 30, 1 },
			[NATGW_TIMER_COOLDOWN_UDP] = { 65, 65, 65, 1 },
		},
	},
	[NATGW_PROFILE_RFC6888] = {
		.name = "rfc6888",
		.pooling = NATGW_POOLING_PAIRED,
		.timer = {
			[NATGW_TIMER_ESTABLISHED] = { 7440, 7440, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_UDP] = { 300, 120, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_ICMP] = { 60, 60, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_HALF_OPEN] = { 240, 240, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_CLOSING] = { 240, 240, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_COOLDOWN_FIN] = { 120, 120, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_COOLDOWN_RST] = { 120, 120, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_COOLDOWN_HALF_OPEN] = { 120, 120, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_COOLDOWN_UDP] = { 120, 120, NATGW_TIMER_MOST, 1 },
		},
	},
	[NATGW_PROFILE_CUSTOM] = {
		.name = "custom",
		.pooling = NATGW_POOLING_RANDOM,
		.timer = {
			[NATGW_TIMER_ESTABLISHED] = { 240, 1, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_UDP] = { 240, 1, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_ICMP] = { 60, 1, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_HALF_OPEN] = { 30, 1, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_CLOSING] = { 240, 1, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_COOLDOWN_FIN] = { 65, 1, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_COOLDOWN_RST] = { 16, 1, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_COOLDOWN_HALF_OPEN] = { 30, 1, NATGW_TIMER_MOST, 1 },
			[NATGW_TIMER_COOLDOWN_UDP] = { 65, 1, NATGW_TIMER_MOST, 1 },
		},
	},
};

static struct natgw_object *gateway_create(const struct natgw_request *req)
{
	struct natgw_gateway *gw = kzalloc(sizeof(*gw), GFP_KERNEL_ACCOUNT);

	if (!gw)
		return NULL;
	gw->counters = alloc_percpu_gfp(struct natgw_gateway_counters, GFP_KERNEL_ACCOUNT);
	if (!gw->counters) {
		kfree(gw);
		return NULL;
	}
	natgw_exhaustion_init(&gw->exhaustion);
	natgw_reset_rate_init(&gw->resets);
	natgw_seats_init(&gw->seats);
	strscpy(gw->name, req->key.name, sizeof(gw->name));
	return &gw->object;
}

static int gateway_set_timer(struct natgw_gateway_conf *conf, enum natgw_timer timer,
			     const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const struct natgw_profile_rules *profile = &natgw_profiles[conf->profile];
	const struct natgw_timer_rule *rule = &profile->timer[timer];
	const char *label = natgw_timer_keys[timer].label;
	u32 value = nla_get_u32(attr);

	if (rule->min == rule->max && value != rule->value)
		return natgw_refuse(extack, attr, -ERANGE, "%s %us: profile %s fixes it at %us",
				    label, value, profile->name, rule->value);
	if (value < rule->min || value > rule->max)
		return natgw_refuse(extack, attr, -ERANGE,
				    rule->step == 60 ? "%s %us is outside %um..%um of profile %s" :
						       "%s %us is outside %us..%us of profile %s",
				    label, value, rule->min / rule->step, rule->max / rule->step,
				    profile->name);
	if (value % rule->step)
		return natgw_refuse(extack, attr, -ERANGE,
				    "%s %us is not whole minutes, 4m..120m, as profile %s wants",
				    label, value, profile->name);
	conf->timer[timer] = value;
	return 0;
}

static void gateway_set_profile(struct natgw_gateway_conf *conf, u32 profile)
{
	int t;

	conf->profile = profile;
	conf->pooling = natgw_profiles[profile].pooling;
	for (t = 0; t < NATGW_TIMERS; t++)
		conf->timer[t] = natgw_profiles[profile].timer[t].value;
}

static void gateway_defaults(struct natgw_entry *entry)
{
	struct natgw_gateway_conf *conf = container_of(entry, struct natgw_gateway_conf, entry);

	conf->track = NATGW_SWITCH_ON;
	conf->warn_used = NATGW_WARN_USED;
	gateway_set_profile(conf, NATGW_PROFILE_AZURE);
}

/* Ports by host; that there are enough of them is seen when the snapshot is complete. */
static int gateway_check_allocation(struct natgw_gateway_conf *conf, struct nlattr **attrs,
				    struct netlink_ext_ack *extack)
{
	static const struct {
		u16 attr;
		const char *label;
	} keys[] = {
		{ NATGW_A_GATEWAY_PORTS_PER_HOST, "ports-per-host" },
		{ NATGW_A_GATEWAY_HOSTS, "hosts" },
		{ NATGW_A_GATEWAY_TIER, "tier" },
	};
	unsigned int i;

	if (conf->allocation == NATGW_ALLOCATION_DYNAMIC) {
		for (i = 0; i < ARRAY_SIZE(keys); i++)
			if (attrs[keys[i].attr] && nla_get_u32(attrs[keys[i].attr]))
				return natgw_refuse(extack, attrs[keys[i].attr], -EINVAL,
						    "%s needs allocation preallocated or floor",
						    keys[i].label);
		conf->ports_per_host = 0;
		conf->hosts = 0;
		conf->tier = NATGW_TIER_STRICT;
		return 0;
	}
	if (conf->ports_per_host % NATGW_BLOCK_UNIT)
		return natgw_refuse(extack, attrs[NATGW_A_GATEWAY_PORTS_PER_HOST], -EINVAL,
				    conf->allocation == NATGW_ALLOCATION_FLOOR ?
				    "allocation floor: ports-per-host %u is not a multiple of %u" :
				    "InvalidLoadBalancerProfileAllocatedOutboundPorts: ports-per-host %u is not a multiple of %u",
				    conf->ports_per_host, NATGW_BLOCK_UNIT);
	if (conf->allocation == NATGW_ALLOCATION_FLOOR && !conf->ports_per_host)
		return natgw_refuse(extack, attrs[NATGW_A_GATEWAY_ALLOCATION] ?:
				    attrs[NATGW_A_GATEWAY_PORTS_PER_HOST], -EINVAL,
				    "allocation floor needs ports-per-host");
	return 0;
}

/* Conntrack would take a flow for idle whose packets it no longer sees. */
static int gateway_check_offload(const struct natgw_gateway_conf *conf, struct nlattr **attrs,
				 struct netlink_ext_ack *extack)
{
	if (!conf->offload || !conf->track)
		return 0;
	return natgw_refuse(extack, attrs[NATGW_A_GATEWAY_OFFLOAD] ?:
			    attrs[NATGW_A_GATEWAY_TRACK], -EINVAL,
			    "offload on needs track off: conntrack does not see offloaded packets");
}

/* Puts the attributes given into @conf; a profile brings its defaults for the others. */
static int gateway_parse_attrs(struct natgw_gateway_conf *conf, struct nlattr **attrs,
			       struct netlink_ext_ack *extack)
{
	u32 profile;
	int err, i;

	if (attrs[NATGW_A_GATEWAY_PROFILE]) {
		err = natgw_nl_range(attrs[NATGW_A_GATEWAY_PROFILE], "profile", 0,
				     NATGW_PROFILE_CUSTOM, &profile, extack);
		if (err)
			return err;
		gateway_set_profile(conf, profile);
	}
	for (i = 0; i < NATGW_TIMERS; i++) {
		const struct nlattr *attr = attrs[natgw_timer_keys[i].attr];

		err = attr ? gateway_set_timer(conf, i, attr, extack) : 0;
		if (err)
			return err;
	}
	err = natgw_field_parse(&natgw_gateway_kind, NULL, &conf->entry, attrs, extack);
	if (!err)
		err = gateway_check_allocation(conf, attrs, extack);
	if (!err)
		err = gateway_check_offload(conf, attrs, extack);
	return err ?: natgw_drain_parse(attrs[NATGW_A_GATEWAY_DRAIN], &conf->drain_end, extack);
}

const char *natgw_zone_str(char str[NATGW_ZONE_STR], u32 zone)
{
	if (zone)
		snprintf(str, NATGW_ZONE_STR, "%u", zone);
	else
		strscpy(str, "none", NATGW_ZONE_STR);
	return str;
}

/* A zone must be that of the addresses attached. */
static int gateway_check_zone(const struct natgw_config *config,
			      const struct natgw_gateway_conf *conf,
			      const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	char str[NATGW_PREFIX_STR], zones[2][NATGW_ZONE_STR];
	u32 i;

	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address_conf *address = config->addresses[i];

		if (address->gw != conf->gw || address->zone == conf->zone)
			continue;
		natgw_prefix_str(str, natgw_address_prefix(address->address));
		return natgw_refuse(extack, attr, -EINVAL,
				    "zone %s does not match zone %s of address %s, attached to gateway %s",
				    natgw_zone_str(zones[0], conf->zone),
				    natgw_zone_str(zones[1], address->zone), str, conf->gw->name);
	}
	return 0;
}

static int gateway_parse(const struct natgw_request *req, struct natgw_entry *entry)
{
	struct natgw_gateway_conf *conf = container_of(entry, struct natgw_gateway_conf, entry);
	struct genl_info *info = req->info;
	int err;

	err = gateway_parse_attrs(conf, info->attrs, info->extack);
	return err ?: gateway_check_zone(req->config, conf, info->attrs[NATGW_A_GATEWAY_ZONE],
					 info->extack);
}

static void gateway_key(struct natgw_key *key, const char *name)
{
	strscpy(key->name, name, sizeof(key->name));
}

int natgw_gateway_check_new(const struct natgw_config *config, const char *name,
			    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct natgw_key key;

	gateway_key(&key, name);
	return natgw_kind_check_new(&natgw_gateway_kind, config, &key, attr, extack);
}

struct natgw_gateway_conf *natgw_gateway_add(struct natgw_net *nn, struct natgw_config *config,
					     const char *name)
{
	struct natgw_request req = { .nn = nn, .config = config };

	gateway_key(&req.key, name);
	return container_of(natgw_kind_add(&natgw_gateway_kind, &req),
			    struct natgw_gateway_conf, entry);
}

struct natgw_gateway_conf *natgw_gateway_edit(struct natgw_config *config,
					      const struct natgw_gateway *gw)
{
	int i = natgw_set_find(config, NATGW_OBJECT_GATEWAY, &gw->object);

	return container_of(natgw_set_edit(config, NATGW_OBJECT_GATEWAY, i),
			    struct natgw_gateway_conf, entry);
}

static int gateway_check_owner(const struct natgw_config *config,
			       const struct natgw_entry *entry, const struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	return natgw_gateway_check_owner(config,
					 container_of(entry, struct natgw_gateway_conf, entry),
					 attr, extack);
}

static int gateway_check_del(const struct natgw_request *req)
{
	const struct nlattr *attr = req->info->attrs[NATGW_A_GATEWAY_NAME];
	const struct natgw_gateway_conf *conf =
		container_of(req->old, struct natgw_gateway_conf, entry);
	const struct natgw_subnet_conf *subnet;
	u32 bound;
	int err;

	err = natgw_cluster_check_gateway(req->config, conf->gw, attr, req->info->extack);
	if (err)
		return err;
	bound = natgw_subnet_bound(req->config, conf->gw, &subnet);
	if (!bound)
		return 0;
	return natgw_refuse(req->info->extack, attr, -EBUSY,
			    "InUseNatGatewayCannotBeDeleted: gateway %s is bound to %u subnet%s, among them %s",
			    conf->gw->name, bound, bound == 1 ? "" : "s", subnet->subnet->name);
}

static int gateway_leave(struct natgw_config *config, const struct natgw_entry *entry)
{
	return natgw_address_detach(config,
				    container_of(entry, struct natgw_gateway_conf, entry)->gw);
}

const struct natgw_kind_ops natgw_gateway_kind = {
	.kind = NATGW_OBJECT_GATEWAY,
	.cmd = {
		NATGW_KIND_COMMANDS(GATEWAY),
		[NATGW_VERB_SET] = NATGW_CMD_GATEWAY_SET,
	},
	.label = "gateway",
	.key_attr = NATGW_A_GATEWAY_NAME,
	.max = NATGW_GATEWAYS,
	.policy = gateway_policy,
	.policy_max = NATGW_A_GATEWAY_MAX,
	.key_policy = gateway_key_policy,
	.key_max = NATGW_A_GATEWAY_NAME,
	.fields = gateway_fields,
	.n_fields = ARRAY_SIZE(gateway_fields),
	.create = gateway_create,
	.defaults = gateway_defaults,
	.parse = gateway_parse,
	.check_owner = gateway_check_owner,
	.check_del = gateway_check_del,
	.leave = gateway_leave,
	.fill = natgw_gateway_fill,
};
