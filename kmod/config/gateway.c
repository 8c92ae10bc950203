// SPDX-License-Identifier: GPL-2.0
/*
 * Owns gateways as configuration: profiles, requests, checks. Called by the commands of
 * netlink/, and by clusters, which make gateways.
 */
#include <linux/inetdevice.h>
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/ip_fib.h>
#include "config/address.h"
#include "config/drain.h"
#include "config/find.h"
#include "config/gateway.h"
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

const struct nla_policy natgw_gateway_policy[NATGW_A_GATEWAY_MAX + 1] = {
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
	[NATGW_A_GATEWAY_POOLING]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_ON_IDLE]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_ON_EXHAUST]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_TRACK]			= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_ZONE]			= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_DESTINATION_LIMIT]	= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_HOST_LIMIT]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_DRAIN]			= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_ALLOCATION]		= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_PORTS_PER_HOST]	= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_HOSTS]			= { .type = NLA_U32 },
	[NATGW_A_GATEWAY_TIER]			= { .type = NLA_U32 },
};

const struct nla_policy natgw_gateway_key_policy[NATGW_A_GATEWAY_NAME + 1] = {
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
#define NATGW_HOSTS_MOST	(NATGW_GATEWAY_ADDRESSES * NATGW_PORTS / NATGW_BLOCK_UNIT)

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

/* A gateway deleted and made again in one transaction keeps its run-time part. */
static struct natgw_gateway *gateway_create(struct natgw_net *nn, const char *name)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	const struct natgw_gateway_conf *conf = running ? natgw_gateway_find(running, name) : NULL;
	struct natgw_gateway *gw;

	if (conf)
		return natgw_gateway_get(conf->gw);
	gw = kzalloc(sizeof(*gw), GFP_KERNEL_ACCOUNT);
	if (!gw)
		return NULL;
	gw->counters = alloc_percpu_gfp(struct natgw_gateway_counters, GFP_KERNEL_ACCOUNT);
	if (!gw->counters) {
		kfree(gw);
		return NULL;
	}
	refcount_set(&gw->ref, 1);
	natgw_exhaustion_init(&gw->exhaustion);
	natgw_reset_rate_init(&gw->resets);
	natgw_seats_init(&gw->seats);
	strscpy(gw->name, name, sizeof(gw->name));
	return gw;
}

/* The name that is a request's key */
static int gateway_name(struct genl_info *info, char name[NATGW_NAME_MAX + 1])
{
	const struct nlattr *attr = info->attrs[NATGW_A_GATEWAY_NAME];

	if (!attr)
		return natgw_refuse_missing(info->extack, NATGW_A_GATEWAY_NAME, "name");
	return natgw_nl_name(attr, "name", name, info->extack);
}

int natgw_gateway_index(const struct natgw_config *config, struct genl_info *info)
{
	char name[NATGW_NAME_MAX + 1];
	int i, err;

	err = gateway_name(info, name);
	if (err)
		return err;
	i = config ? natgw_gateway_lookup(config, name) : -ENOENT;
	if (i < 0)
		return natgw_refuse(info->extack, info->attrs[NATGW_A_GATEWAY_NAME], -ENOENT,
				    "gateway %s does not exist", name);
	return i;
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

/* Puts the attributes given into @conf; a profile brings its defaults for the others. */
static int gateway_parse(struct natgw_gateway_conf *conf, struct nlattr **attrs,
			 struct netlink_ext_ack *extack)
{
	const struct natgw_word {
		u16 attr;
		const char *label;
		u32 max;
		u32 *value;
	} words[] = {
		{ NATGW_A_GATEWAY_POOLING, "pooling", NATGW_POOLING_PAIRED_SOFT, &conf->pooling },
		{ NATGW_A_GATEWAY_ON_IDLE, "on-idle", NATGW_ON_IDLE_RESET_BOTH, &conf->on_idle },
		{ NATGW_A_GATEWAY_ON_EXHAUST, "on-exhaust", NATGW_ON_EXHAUST_RESET,
		  &conf->on_exhaust },
		{ NATGW_A_GATEWAY_TRACK, "track", NATGW_SWITCH_ON, &conf->track },
		{ NATGW_A_GATEWAY_ZONE, "zone", U32_MAX, &conf->zone },
		{ NATGW_A_GATEWAY_DESTINATION_LIMIT, "destination-limit", NATGW_PORTS,
		  &conf->destination_limit },
		{ NATGW_A_GATEWAY_HOST_LIMIT, "host-limit", NATGW_HOST_LIMIT_MOST,
		  &conf->host_limit },
		{ NATGW_A_GATEWAY_ALLOCATION, "allocation", NATGW_ALLOCATION_FLOOR,
		  &conf->allocation },
		{ NATGW_A_GATEWAY_PORTS_PER_HOST, "ports-per-host",
		  NATGW_GATEWAY_ADDRESSES * NATGW_PORTS, &conf->ports_per_host },
		{ NATGW_A_GATEWAY_HOSTS, "hosts", NATGW_HOSTS_MOST, &conf->hosts },
		{ NATGW_A_GATEWAY_TIER, "tier", NATGW_TIER_KEEP, &conf->tier },
	};
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
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		const struct nlattr *attr = attrs[words[i].attr];

		err = attr ? natgw_nl_range(attr, words[i].label, 0, words[i].max,
					    words[i].value, extack) : 0;
		if (err)
			return err;
	}
	err = gateway_check_allocation(conf, attrs, extack);
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

int natgw_gateway_check_new(const struct natgw_config *config, const char *name,
			    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (natgw_gateway_find(config, name))
		return natgw_refuse(extack, attr, -EEXIST, "gateway %s exists", name);
	if (config->n_gateways >= NATGW_GATEWAYS)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "gateway %s is one too many, there are %u already", name,
				    config->n_gateways);
	return 0;
}

static int gateway_append(struct natgw_config *config, struct natgw_gateway_conf *conf)
{
	struct natgw_gateway_conf **gateways;

	gateways = natgw_array_grow(config->gateways, config->n_gateways);
	if (!gateways)
		return -ENOMEM;
	config->gateways = gateways;
	config->gateways[config->n_gateways++] = conf;
	config->staged += sizeof(*conf) + sizeof(*conf->gw) +
			  num_possible_cpus() * sizeof(*conf->gw->counters);
	return 0;
}

struct natgw_gateway_conf *natgw_gateway_add(struct natgw_net *nn, struct natgw_config *config,
					     const char *name)
{
	struct natgw_gateway_conf *conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);

	if (!conf)
		return NULL;
	refcount_set(&conf->ref, 1);
	conf->track = NATGW_SWITCH_ON;
	gateway_set_profile(conf, NATGW_PROFILE_AZURE);
	conf->gw = gateway_create(nn, name);
	if (conf->gw && !gateway_append(config, conf))
		return conf;
	natgw_gateway_conf_put(conf);
	return NULL;
}

struct natgw_gateway_conf *natgw_gateway_edit(struct natgw_config *config,
					      const struct natgw_gateway *gw)
{
	struct natgw_gateway_conf *conf;
	u32 i = 0;

	while (config->gateways[i]->gw != gw)
		i++;
	if (refcount_read(&config->gateways[i]->ref) == 1)
		return config->gateways[i];
	conf = kmemdup(config->gateways[i], sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return NULL;
	refcount_set(&conf->ref, 1);
	natgw_gateway_get(conf->gw);
	natgw_gateway_conf_put(config->gateways[i]);
	config->gateways[i] = conf;
	config->staged += sizeof(*conf);
	return conf;
}

void natgw_gateway_remove(struct natgw_config *config, u32 i)
{
	struct natgw_gateway_conf *conf = config->gateways[i];

	config->n_gateways--;
	memmove(&config->gateways[i], &config->gateways[i + 1],
		(config->n_gateways - i) * sizeof(*config->gateways));
	natgw_gateway_conf_put(conf);
}

int natgw_gateway_new(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	struct natgw_gateway_conf *conf;
	char name[NATGW_NAME_MAX + 1];
	int err;

	err = gateway_name(info, name);
	if (!err)
		err = natgw_gateway_check_new(config, name, info->attrs[NATGW_A_GATEWAY_NAME],
					      info->extack);
	if (err)
		return err;

	conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	conf->track = NATGW_SWITCH_ON;
	gateway_set_profile(conf, NATGW_PROFILE_AZURE);
	err = gateway_parse(conf, info->attrs, info->extack);
	if (err)
		goto err_put;

	conf->gw = gateway_create(nn, name);
	err = conf->gw ? gateway_append(config, conf) : -ENOMEM;
	if (!err)
		return 0;

err_put:
	natgw_gateway_conf_put(conf);
	return err;
}

int natgw_gateway_set(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	int i = natgw_gateway_index(config, info), err;
	struct natgw_gateway_conf *conf;

	if (i < 0)
		return i;
	err = natgw_gateway_check_owner(config, config->gateways[i],
					info->attrs[NATGW_A_GATEWAY_NAME], info->extack);
	if (err)
		return err;
	conf = kmemdup(config->gateways[i], sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	natgw_gateway_get(conf->gw);

	err = gateway_parse(conf, info->attrs, info->extack);
	if (!err)
		err = gateway_check_zone(config, conf, info->attrs[NATGW_A_GATEWAY_ZONE],
					 info->extack);
	if (err) {
		natgw_gateway_conf_put(conf);
		return err;
	}
	swap(config->gateways[i], conf);
	natgw_gateway_conf_put(conf);
	config->staged += sizeof(*conf);
	return 0;
}

int natgw_gateway_del(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	int i = natgw_gateway_index(config, info), err;
	const struct natgw_subnet_conf *subnet;
	struct natgw_gateway_conf *conf;
	u32 bound;

	if (i < 0)
		return i;
	conf = config->gateways[i];
	err = natgw_gateway_check_owner(config, conf, info->attrs[NATGW_A_GATEWAY_NAME],
					info->extack);
	if (!err)
		err = natgw_cluster_check_gateway(config, conf->gw,
						  info->attrs[NATGW_A_GATEWAY_NAME], info->extack);
	if (err)
		return err;
	bound = natgw_subnet_bound(config, conf->gw, &subnet);
	if (bound)
		return natgw_refuse(info->extack, info->attrs[NATGW_A_GATEWAY_NAME], -EBUSY,
				    "InUseNatGatewayCannotBeDeleted: gateway %s is bound to %u subnet%s, among them %s",
				    conf->gw->name, bound, bound == 1 ? "" : "s",
				    subnet->subnet->name);

	err = natgw_address_detach(config, conf->gw);
	if (err)
		return err;
	natgw_gateway_remove(config, i);
	return 0;
}
