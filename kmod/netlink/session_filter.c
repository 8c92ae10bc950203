// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the filters of session commands: from attributes to what a session must be.
 * Called by session_nl.c.
 */
#include <linux/mutex.h>
#include <linux/natgw.h>
#include <linux/string.h>
#include <net/netlink.h>
#include "config/find.h"
#include "datapath/direct.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "netlink/session_filter.h"
#include "session/session.h"
#include "session/state.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"

void natgw_session_filter_put(struct natgw_session_filter *filter)
{
	natgw_gateway_put(filter->gw);
	natgw_subnet_put(filter->subnet);
	natgw_vnet_put(filter->vnet);
}

static int filter_numbers(struct natgw_session_filter *filter, struct nlattr **attrs,
			  struct netlink_ext_ack *extack)
{
	const struct {
		u16 attr;
		const char *label;
		u32 max;
		u32 *value;
	} numbers[] = {
		{ NATGW_A_SESSION_PROTO, "proto", U8_MAX, &filter->proto },
		{ NATGW_A_SESSION_SRC_PORT, "src-port", U16_MAX, &filter->src_port },
		{ NATGW_A_SESSION_DST_PORT, "dst-port", U16_MAX, &filter->dst_port },
		{ NATGW_A_SESSION_PORT, "port", U16_MAX, &filter->port },
		{ NATGW_A_SESSION_STATE, "state", NATGW_STATE_COOLING, &filter->state },
		{ NATGW_A_SESSION_KIND, "kind", NATGW_KIND_DIRECT, &filter->kind },
	};
	int i, err;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!attrs[numbers[i].attr])
			continue;
		err = natgw_nl_range(attrs[numbers[i].attr], numbers[i].label, 0, numbers[i].max,
				     numbers[i].value, extack);
		if (err)
			return err;
		filter->given |= BIT(numbers[i].attr);
	}
	return 0;
}

static int filter_addresses(struct natgw_session_filter *filter, struct nlattr **attrs,
			    struct netlink_ext_ack *extack)
{
	const struct {
		u16 attr;
		const char *label;
		__be32 *value;
	} addresses[] = {
		{ NATGW_A_SESSION_SRC, "src", &filter->src },
		{ NATGW_A_SESSION_DST, "dst", &filter->dst },
		{ NATGW_A_SESSION_ADDRESS, "address", &filter->address },
	};
	const struct nlattr *family = attrs[NATGW_A_SESSION_FAMILY];
	int i, err;

	if (family && nla_get_u32(family) != AF_INET)
		return natgw_refuse(extack, family, -EAFNOSUPPORT,
				    "family %u is not supported, only %u (IPv4)",
				    nla_get_u32(family), AF_INET);
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		if (!attrs[addresses[i].attr])
			continue;
		err = natgw_nl_ipv4(family, attrs[addresses[i].attr], addresses[i].label,
				    addresses[i].value, extack);
		if (err)
			return err;
		filter->given |= BIT(addresses[i].attr);
	}
	return 0;
}

static int filter_gateway(struct natgw_session_filter *filter,
			  const struct natgw_config *config, const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	const struct natgw_gateway_conf *conf = natgw_gateway_named(config, attr, extack);

	if (IS_ERR(conf))
		return PTR_ERR(conf);
	filter->gw = natgw_gateway_get(conf->gw);
	filter->given |= BIT(NATGW_A_SESSION_GATEWAY);
	return 0;
}

static int filter_subnet(struct natgw_session_filter *filter,
			 const struct natgw_config *config, const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	const struct natgw_subnet_conf *conf;
	char name[NATGW_NAME_MAX + 1];
	int err;

	err = natgw_nl_name(attr, "subnet", name, extack);
	if (err)
		return err;
	conf = config ? natgw_subnet_find(config, name) : NULL;
	if (!conf)
		return natgw_refuse(extack, attr, -ENOENT, "subnet %s does not exist", name);
	filter->subnet = natgw_subnet_get(conf->subnet);
	filter->given |= BIT(NATGW_A_SESSION_SUBNET);
	return 0;
}

static int filter_vnet(struct natgw_session_filter *filter,
		       const struct natgw_config *config, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	char name[NATGW_NAME_MAX + 1];
	int err;
	u32 i;

	err = natgw_nl_name(attr, "vnet", name, extack);
	if (err)
		return err;
	for (i = 0; i < config->n_vnets; i++)
		if (!strcmp(config->vnets[i]->vnet->name, name))
			break;
	if (i == config->n_vnets)
		return natgw_refuse(extack, attr, -ENOENT, "vnet %s does not exist", name);
	filter->vnet = natgw_vnet_get(config->vnets[i]->vnet);
	filter->given |= BIT(NATGW_A_SESSION_VNET);
	return 0;
}

/* The names, of objects of the running configuration */
static int filter_objects(struct natgw_session_filter *filter, struct natgw_net *nn,
			  struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	struct natgw_config *config = natgw_config_hold(nn);
	int err = 0;

	if (attrs[NATGW_A_SESSION_GATEWAY])
		err = filter_gateway(filter, config, attrs[NATGW_A_SESSION_GATEWAY], extack);
	if (!err && attrs[NATGW_A_SESSION_SUBNET])
		err = filter_subnet(filter, config, attrs[NATGW_A_SESSION_SUBNET], extack);
	if (!err && attrs[NATGW_A_SESSION_VNET])
		err = filter_vnet(filter, config, attrs[NATGW_A_SESSION_VNET], extack);
	natgw_config_put(config);
	return err;
}

int natgw_session_filter_parse(struct natgw_session_filter *filter, struct natgw_net *nn,
			       struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	int err;

	memset(filter, 0, sizeof(*filter));
	if (!attrs)
		return 0;
	err = filter_numbers(filter, attrs, extack);
	if (!err)
		err = filter_addresses(filter, attrs, extack);
	if (!err)
		err = filter_objects(filter, nn, attrs, extack);
	if (err)
		natgw_session_filter_put(filter);
	return err;
}

/* Those of a filter that sessions and direct records have in common */
static bool session_match_flow(const struct natgw_session_filter *filter,
			       const struct natgw_tuple *inside,
			       const struct natgw_subnet *subnet, int state)
{
	const u32 given = filter->given;

	return (!(given & BIT(NATGW_A_SESSION_PROTO)) || inside->proto == filter->proto) &&
	       (!(given & BIT(NATGW_A_SESSION_SRC)) || inside->host == filter->src) &&
	       (!(given & BIT(NATGW_A_SESSION_SRC_PORT)) ||
		ntohs(inside->host_port) == filter->src_port) &&
	       (!(given & BIT(NATGW_A_SESSION_DST)) || inside->peer == filter->dst) &&
	       (!(given & BIT(NATGW_A_SESSION_DST_PORT)) ||
		ntohs(inside->peer_port) == filter->dst_port) &&
	       (!(given & BIT(NATGW_A_SESSION_SUBNET)) || subnet == filter->subnet) &&
	       (!(given & BIT(NATGW_A_SESSION_VNET)) || subnet->vnet == filter->vnet) &&
	       (!(given & BIT(NATGW_A_SESSION_STATE)) || state == filter->state);
}

/* Those that no direct record has */
static bool session_match_nat(const struct natgw_session_filter *filter, __be32 public,
			      __be16 port, const struct natgw_gateway *gw)
{
	const u32 given = filter->given;

	return (!(given & BIT(NATGW_A_SESSION_ADDRESS)) || public == filter->address) &&
	       (!(given & BIT(NATGW_A_SESSION_PORT)) || ntohs(port) == filter->port) &&
	       (!(given & BIT(NATGW_A_SESSION_GATEWAY)) || gw == filter->gw);
}

bool natgw_session_match_event(const struct natgw_session_filter *filter,
			       const struct natgw_gateway *gw, const struct natgw_subnet *subnet,
			       const struct natgw_session_event *event)
{
	const struct natgw_tuple inside = {
		.host = event->src,
		.peer = event->dst,
		.host_port = event->src_port,
		.peer_port = event->dst_port,
		.proto = event->proto,
	};

	return session_match_flow(filter, &inside, subnet, -1) &&
	       session_match_nat(filter, event->address, event->port, gw);
}

bool natgw_session_match(const struct natgw_session_filter *filter, const void *entry,
			 int *state, u32 *left)
{
	const struct natgw_session *session = entry;
	const unsigned long flags = READ_ONCE(session->flags);

	if (!(flags & BIT(NATGW_SESSION_READY)) || (flags & BIT(NATGW_SESSION_DEAD)))
		return false;
	/* READY is set when all else is, see natgw_session_insert() */
	smp_rmb();
	*state = natgw_session_state(session, left);
	if (*state < 0)
		return false;
	if (!filter->given)
		return true;
	return session_match_flow(filter, &session->inside, session->subnet, *state) &&
	       session_match_nat(filter, session->public, session->port, session->gw);
}

bool natgw_session_match_direct(const struct natgw_session_filter *filter, const void *entry,
				int *state, u32 *left)
{
	const struct natgw_direct *direct = entry;

	if (READ_ONCE(direct->dead))
		return false;
	*state = natgw_direct_state(direct, left);
	return *state >= 0 &&
	       session_match_flow(filter, &direct->tuple, direct->subnet, *state);
}
