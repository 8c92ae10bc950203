// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the check for next hops that would make a loop. Called by address.c, route.c,
 * subnet.c and vnet.c.
 */
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include "config/find.h"
#include "config/route_loop.h"
#include "config/vnet.h"
#include "lib/extack.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

/* What an address is to the router, in the VRF of a vnet if it is in one; NULL: in none */
static unsigned int next_hop_type(struct net *net, const struct natgw_vnet_conf *vnet,
				  __be32 ip)
{
	unsigned int type;
	int vrf = 0;

	rcu_read_lock();
	if (vnet)
		vrf = natgw_vnet_vrf(net, vnet);
	if (vrf)
		type = inet_addr_type_table(net, ip, l3mdev_fib_table_by_index(net, vrf));
	else
		type = inet_addr_type(net, ip);
	rcu_read_unlock();
	return type;
}

static int route_loop_check(struct natgw_net *nn, const struct natgw_config *config,
			    const struct natgw_vnet_conf *vnet, __be32 ip, const char *label,
			    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct natgw_prefix prefix = { .addr = ip, .len = 32 };
	char str[NATGW_PREFIX_STR];
	const struct natgw_address *address;
	int err;

	err = natgw_prefix_check(prefix, attr, extack);
	if (err)
		return err;
	switch (next_hop_type(nn->net, vnet, ip)) {
	case RTN_LOCAL:
		return natgw_refuse(extack, attr, -EINVAL,
				    "%s %pI4 is an address of the router itself", label, &ip);
	case RTN_BROADCAST:
		return natgw_refuse(extack, attr, -EINVAL,
				    "%s %pI4 is the broadcast address of a network here", label,
				    &ip);
	}
	address = natgw_address_overlap(config, prefix);
	if (address)
		return natgw_refuse(extack, attr, -EINVAL,
				    "%s %pI4 is a public IP of the router, address %s", label,
				    &ip, natgw_prefix_str(str, natgw_address_prefix(address)));
	return 0;
}

/* Next hop of a route for a subnet, or 0, and its name */
static __be32 next_hop_of(const struct natgw_route *route,
			  const struct natgw_vnet_conf *vnet, const char **label)
{
	*label = "next-hop-ip";
	if (route->type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE)
		return route->next_hop;
	*label = "vpn-next-hop";
	return route->type == NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY ? vnet->vpn_next_hop : 0;
}

/* One route of the table that a subnet uses */
static int route_loop_check_use(struct natgw_net *nn, const struct natgw_config *config,
				const struct natgw_subnet_conf *subnet,
				const struct natgw_vnet_conf *vnet,
				const struct natgw_route_table *table,
				const struct natgw_route *route, const struct nlattr *attr,
				struct netlink_ext_ack *extack)
{
	struct natgw_prefix hop = { .len = 32 };
	char str[NATGW_PREFIX_STR];
	const char *label;

	hop.addr = next_hop_of(route, vnet, &label);
	if (!hop.addr)
		return 0;
	if (natgw_prefix_within(hop, natgw_subnet_prefix(subnet)))
		return natgw_refuse(extack, attr, -ELOOP,
				    "%s %pI4 of route table %s is in %s of subnet %s, which uses it: packets would loop",
				    label, &hop.addr, table->name,
				    natgw_prefix_str(str, natgw_subnet_prefix(subnet)),
				    subnet->subnet->name);
	return route_loop_check(nn, config, vnet, hop.addr, label, attr, extack);
}

int natgw_route_loop_check_route(struct natgw_net *nn, const struct natgw_config *config,
				 const struct natgw_route_table_conf *table,
				 const struct natgw_route *route, const struct nlattr *attr,
				 struct netlink_ext_ack *extack)
{
	bool used = false;
	int err;
	u32 i;

	for (i = 0; i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *subnet = config->subnets[i];

		if (subnet->table != table->table)
			continue;
		used = true;
		err = route_loop_check_use(nn, config, subnet,
					   natgw_vnet_conf_of(config, subnet->subnet->vnet),
					   table->table, route, attr, extack);
		if (err)
			return err;
	}
	if (used || route->type != NATGW_NEXT_HOP_VIRTUAL_APPLIANCE)
		return 0;
	/* not yet known whose: the VRF is looked into when a subnet uses the table */
	return route_loop_check(nn, config, NULL, route->next_hop, "next-hop-ip", attr,
				extack);
}

int natgw_route_loop_check_subnet(struct natgw_net *nn, const struct natgw_config *config,
				  const struct natgw_subnet_conf *subnet,
				  const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const struct natgw_vnet_conf *vnet = natgw_vnet_conf_of(config, subnet->subnet->vnet);
	const struct natgw_route_table_conf *table;
	int err;
	u32 i;

	table = natgw_route_table_conf_of(config, subnet->table);
	for (i = 0; table && i < table->n; i++) {
		err = route_loop_check_use(nn, config, subnet, vnet, table->table,
					   &table->route[i], attr, extack);
		if (err)
			return err;
	}
	return 0;
}

static bool next_hop_has_vpn(const struct natgw_route_table_conf *table)
{
	u32 i;

	for (i = 0; i < table->n; i++)
		if (table->route[i].type == NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY)
			return true;
	return false;
}

int natgw_route_loop_check_vpn(struct natgw_net *nn, const struct natgw_config *config,
			       const struct natgw_vnet_conf *vnet, const struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	struct natgw_route route = { .type = NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY };
	const struct natgw_route_table_conf *table;
	int err;
	u32 i;

	err = route_loop_check(nn, config, vnet, vnet->vpn_next_hop, "vpn-next-hop", attr,
			       extack);
	for (i = 0; !err && i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *subnet = config->subnets[i];

		table = natgw_route_table_conf_of(config, subnet->table);
		if (subnet->subnet->vnet == vnet->vnet && table && next_hop_has_vpn(table))
			err = route_loop_check_use(nn, config, subnet, vnet, table->table,
						   &route, attr, extack);
	}
	return err;
}

int natgw_route_loop_check_public(const struct natgw_config *config, struct natgw_prefix prefix,
				  const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct natgw_prefix hop = { .len = 32 };
	char str[NATGW_PREFIX_STR];
	u32 i, k;

	natgw_prefix_str(str, prefix);
	for (i = 0; i < config->n_vnets; i++) {
		hop.addr = config->vnets[i]->vpn_next_hop;
		if (hop.addr && natgw_prefix_within(hop, prefix))
			return natgw_refuse(extack, attr, -EEXIST,
					    "address %s: %pI4 is the vpn-next-hop of vnet %s",
					    str, &hop.addr, config->vnets[i]->vnet->name);
	}
	for (i = 0; i < config->n_tables; i++) {
		const struct natgw_route_table_conf *table = config->tables[i];

		for (k = 0; k < table->n; k++) {
			hop.addr = table->route[k].next_hop;
			if (hop.addr && natgw_prefix_within(hop, prefix))
				return natgw_refuse(extack, attr, -EEXIST,
						    "address %s: %pI4 is a next hop of route table %s",
						    str, &hop.addr, table->table->name);
		}
	}
	return 0;
}
