// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the routes of route tables as configuration. Called by kind.c for commands.
 */
#include <linux/natgw.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/find.h"
#include "config/kind.h"
#include "config/route_loop.h"
#include "config/route.h"
#include "config/route_table.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/set.h"

static struct nla_policy route_policy[NATGW_A_ROUTE_UNREACHABLE + 1] __ro_after_init = {
	[NATGW_A_ROUTE_ROUTE_TABLE]	= { .type = NLA_NUL_STRING },
	[NATGW_A_ROUTE_FAMILY]		= { .type = NLA_U32 },
	[NATGW_A_ROUTE_PREFIX]		= NATGW_NL_ADDRESS,
	[NATGW_A_ROUTE_PREFIX_LENGTH]	= { .type = NLA_U32 },
	[NATGW_A_ROUTE_TAG]		= { .type = NLA_NUL_STRING },
	[NATGW_A_ROUTE_NEXT_HOP_TYPE]	= { .type = NLA_U32 },
	[NATGW_A_ROUTE_NEXT_HOP_IP]	= NATGW_NL_ADDRESS,
	[NATGW_A_ROUTE_UNREACHABLE]	= { .type = NLA_U32 },
};

static const struct nla_policy route_key_policy[NATGW_A_ROUTE_TAG + 1] = {
	[NATGW_A_ROUTE_ROUTE_TABLE]	= { .type = NLA_NUL_STRING },
	[NATGW_A_ROUTE_FAMILY]		= { .type = NLA_U32 },
	[NATGW_A_ROUTE_PREFIX]		= NATGW_NL_ADDRESS,
	[NATGW_A_ROUTE_PREFIX_LENGTH]	= { .type = NLA_U32 },
	[NATGW_A_ROUTE_TAG]		= { .type = NLA_NUL_STRING },
};

const struct nla_policy natgw_route_filter_policy[NATGW_A_ROUTE_ROUTE_TABLE + 1] = {
	[NATGW_A_ROUTE_ROUTE_TABLE]	= { .type = NLA_NUL_STRING },
};

/* As the cloud spells them */
static const char * const natgw_next_hop_names[] = {
	[NATGW_NEXT_HOP_VIRTUAL_APPLIANCE] = "VirtualAppliance",
	[NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY] = "VirtualNetworkGateway",
	[NATGW_NEXT_HOP_VNET_LOCAL] = "VnetLocal",
	[NATGW_NEXT_HOP_INTERNET] = "Internet",
	[NATGW_NEXT_HOP_NONE] = "None",
};

/* Text of a route's destination: a tag's name is longer than a prefix */
static const char *route_str(char str[NATGW_NAME_MAX + 1], const struct natgw_route *route)
{
	if (route->tag)
		strscpy(str, route->tag->name, NATGW_NAME_MAX + 1);
	else
		natgw_prefix_str(str, route->prefix);
	return str;
}

static int route_parse_table(const struct natgw_config *config, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NATGW_A_ROUTE_ROUTE_TABLE];
	char name[NATGW_NAME_MAX + 1];
	int i, err;

	if (!attr)
		return natgw_refuse_missing(info->extack, NATGW_A_ROUTE_ROUTE_TABLE,
					    "route-table");
	err = natgw_nl_name(attr, "route-table", name, info->extack);
	if (err)
		return err;
	i = natgw_set_lookup(config, NATGW_OBJECT_ROUTE_TABLE, name);
	if (i < 0)
		return natgw_refuse(info->extack, attr, -ENOENT,
				    "InvalidResourceReference: route table %s does not exist",
				    name);
	return i;
}

static int route_parse_prefix(struct natgw_route *route, struct nlattr **attrs,
			      struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[NATGW_A_ROUTE_PREFIX];
	const struct nlattr *length = attrs[NATGW_A_ROUTE_PREFIX_LENGTH];
	u32 len;
	int err;

	if (!attr)
		return natgw_refuse_missing(extack, NATGW_A_ROUTE_PREFIX, "prefix");
	if (!length)
		return natgw_refuse_missing(extack, NATGW_A_ROUTE_PREFIX_LENGTH, "prefix-length");
	err = natgw_nl_ipv4(attrs[NATGW_A_ROUTE_FAMILY], attr, "prefix", &route->prefix.addr,
			    extack);
	if (!err)
		err = natgw_nl_range(length, "prefix-length", 0, 32, &len, extack);
	if (err)
		return err;
	route->prefix.len = len;
	return natgw_prefix_check_bits(route->prefix, attr, extack);
}

/*
 * The table and the destination that are a request's key. No reference is
 * taken of the tag. Return: index of the table.
 */
static int route_key(const struct natgw_config *config, struct genl_info *info,
		     struct natgw_route *route)
{
	const struct nlattr *tag = info->attrs[NATGW_A_ROUTE_TAG];
	int i = route_parse_table(config, info), err;

	if (i < 0)
		return i;
	if (tag)
		err = natgw_tag_refer(config, tag, &route->tag, info->extack);
	else
		err = route_parse_prefix(route, info->attrs, info->extack);
	if (!err && tag && (info->attrs[NATGW_A_ROUTE_PREFIX] ||
			    info->attrs[NATGW_A_ROUTE_PREFIX_LENGTH]))
		return natgw_refuse(info->extack, tag, -EINVAL,
				    "tag %s is given beside a prefix, a route has one of both",
				    route->tag->name);
	return err ?: i;
}

static int route_parse_next_hop(struct natgw_route *route, struct nlattr **attrs,
				struct netlink_ext_ack *extack)
{
	const struct nlattr *type = attrs[NATGW_A_ROUTE_NEXT_HOP_TYPE];
	const struct nlattr *ip = attrs[NATGW_A_ROUTE_NEXT_HOP_IP];
	const struct nlattr *unreachable = attrs[NATGW_A_ROUTE_UNREACHABLE];
	u32 on = NATGW_SWITCH_OFF;
	const char *name;
	int err;

	if (!type)
		return natgw_refuse_missing(extack, NATGW_A_ROUTE_NEXT_HOP_TYPE, "next-hop-type");
	err = natgw_nl_range(type, "next-hop-type", 0, NATGW_NEXT_HOP_NONE, &route->type, extack);
	if (err)
		return err;
	name = natgw_next_hop_names[route->type];
	if (route->type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE) {
		if (!ip) {
			NL_SET_ERR_ATTR_MISS(extack, NULL, NATGW_A_ROUTE_NEXT_HOP_IP);
			return natgw_refuse(extack, NULL, -EINVAL,
					    "next-hop-ip is missing, next-hop-type %s needs one",
					    name);
		}
		err = natgw_nl_ipv4(attrs[NATGW_A_ROUTE_FAMILY], ip, "next-hop-ip",
				    &route->next_hop, extack);
		if (!err)
			err = natgw_prefix_check((struct natgw_prefix) { route->next_hop, 32 },
						 ip, extack);
		if (err)
			return err;
	} else if (ip) {
		return natgw_refuse(extack, ip, -EINVAL,
				    "next-hop-ip is for next-hop-type VirtualAppliance alone, not for %s",
				    name);
	}
	if (unreachable)
		err = natgw_nl_range(unreachable, "unreachable", 0, NATGW_SWITCH_ON, &on, extack);
	if (err)
		return err;
	if (on && route->type != NATGW_NEXT_HOP_NONE)
		return natgw_refuse(extack, unreachable, -EINVAL,
				    "unreachable is for next-hop-type None alone, not for %s",
				    name);
	route->unreachable = on;
	return 0;
}

static int route_lookup(const struct natgw_route_table_conf *conf,
			const struct natgw_route *route)
{
	u32 i;

	for (i = 0; i < conf->n; i++)
		if (natgw_route_same_destination(&conf->route[i], route))
			return i;
	return -ENOENT;
}

/* Is there a place for a new route in its table? */
static int route_check(const struct natgw_route_table_conf *conf,
		       const struct natgw_route *route, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	char str[NATGW_NAME_MAX + 1];

	route_str(str, route);
	if (route_lookup(conf, route) >= 0)
		return natgw_refuse(extack, attr, -EEXIST,
				    "route table %s has a route to %s already",
				    conf->table->name, str);
	if (conf->n >= NATGW_TABLE_ROUTES)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "route to %s is one too many, route table %s has %u already",
				    str, conf->table->name, conf->n);
	if (route->tag && conf->n_tags >= NATGW_TABLE_TAGS)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "route to %s is one too many, route table %s has %u by tag already",
				    str, conf->table->name, conf->n_tags);
	return 0;
}

static int route_new(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NATGW_A_ROUTE_TAG] ?:
				    info->attrs[NATGW_A_ROUTE_PREFIX];
	const struct nlattr *hop = info->attrs[NATGW_A_ROUTE_NEXT_HOP_IP] ?:
				   info->attrs[NATGW_A_ROUTE_NEXT_HOP_TYPE];
	struct natgw_route_table_conf *conf;
	struct natgw_route route = {};
	int i, err;

	i = route_key(config, info, &route);
	if (i < 0)
		return i;
	err = route_parse_next_hop(&route, info->attrs, info->extack);
	if (!err)
		err = route_check(config->tables[i], &route, attr, info->extack);
	if (!err)
		err = natgw_route_loop_check_route(nn, config, config->tables[i], &route, hop,
						   info->extack);
	if (err)
		return err;
	conf = natgw_route_table_edit(config, i);
	if (!conf)
		return -ENOMEM;
	natgw_tag_get(route.tag);
	conf->n_tags += !!route.tag;
	conf->route[conf->n++] = route;
	return 0;
}

static int route_del(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	struct natgw_route_table_conf *conf;
	struct natgw_route route = {};
	char str[NATGW_NAME_MAX + 1];
	int i, k;

	i = route_key(config, info, &route);
	if (i < 0)
		return i;
	k = route_lookup(config->tables[i], &route);
	if (k < 0)
		return natgw_refuse(info->extack,
				    info->attrs[NATGW_A_ROUTE_TAG] ?:
				    info->attrs[NATGW_A_ROUTE_PREFIX], -ENOENT,
				    "route table %s has no route to %s",
				    config->tables[i]->table->name,
				    route_str(str, &route));
	conf = natgw_route_table_edit(config, i);
	if (!conf)
		return -ENOMEM;
	conf->n--;
	conf->n_tags -= !!route.tag;
	natgw_tag_put(conf->route[k].tag);
	memmove(&conf->route[k], &conf->route[k + 1], (conf->n - k) * sizeof(*conf->route));
	return 0;
}

static int route_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 place)
{
	const struct natgw_route_table_conf *conf = config->tables[place >> 16];
	const struct natgw_route *route = &conf->route[place & U16_MAX];

	if (nla_put_string(skb, NATGW_A_ROUTE_ROUTE_TABLE, conf->table->name) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_FAMILY, AF_INET))
		return -EMSGSIZE;
	if (route->tag)
		return nla_put_string(skb, NATGW_A_ROUTE_TAG, route->tag->name);
	if (nla_put_in_addr(skb, NATGW_A_ROUTE_PREFIX, route->prefix.addr) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_PREFIX_LENGTH, route->prefix.len))
		return -EMSGSIZE;
	return 0;
}

static int route_fill(struct sk_buff *skb, struct natgw_net *nn,
		      const struct natgw_config *config, u32 place)
{
	const struct natgw_route *route = &config->tables[place >> 16]->route[place & U16_MAX];

	if (route_fill_key(skb, config, place) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_NEXT_HOP_TYPE, route->type) ||
	    (route->type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE &&
	     nla_put_in_addr(skb, NATGW_A_ROUTE_NEXT_HOP_IP, route->next_hop)) ||
	    (route->type == NATGW_NEXT_HOP_NONE &&
	     nla_put_u32(skb, NATGW_A_ROUTE_UNREACHABLE,
			 route->unreachable ? NATGW_SWITCH_ON : NATGW_SWITCH_OFF)))
		return -EMSGSIZE;
	return 0;
}

/* Routes are in the entries of their tables: what is done to sets is not for them */
const struct natgw_kind_ops natgw_route_kind = {
	.kind = NATGW_OBJECT_ROUTE,
	.cmd = { NATGW_KIND_COMMANDS(ROUTE) },
	.label = "route",
	.policy = route_policy,
	.policy_max = NATGW_A_ROUTE_UNREACHABLE,
	.key_policy = route_key_policy,
	.key_max = NATGW_A_ROUTE_TAG,
	.new = route_new,
	.del = route_del,
	.fill = route_fill,
	.fill_key = route_fill_key,
};
