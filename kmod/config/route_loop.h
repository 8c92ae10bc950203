/* SPDX-License-Identifier: GPL-2.0 */
/* Next hops that a user may set, and those that would make a loop. */
#ifndef _NATGW_CONFIG_ROUTE_LOOP_H
#define _NATGW_CONFIG_ROUTE_LOOP_H

#include <linux/types.h>
#include "lib/prefix.h"

struct natgw_config;
struct natgw_net;
struct natgw_route;
struct natgw_route_table_conf;
struct natgw_subnet_conf;
struct natgw_vnet_conf;
struct netlink_ext_ack;
struct nlattr;

/*
 * Each returns 0, or a negative errno with a sentence: the next hop is no
 * host's address, the router's own, a public IP of it, or in a subnet whose
 * packets are to be sent to it. nn->lock held.
 */

/** natgw_route_loop_check_route - a new route, against the subnets that use its table */
int natgw_route_loop_check_route(struct natgw_net *nn, const struct natgw_config *config,
				 const struct natgw_route_table_conf *table,
				 const struct natgw_route *route, const struct nlattr *attr,
				 struct netlink_ext_ack *extack);

/** natgw_route_loop_check_subnet - a subnet with its prefix, against the routes of its table */
int natgw_route_loop_check_subnet(struct natgw_net *nn, const struct natgw_config *config,
				  const struct natgw_subnet_conf *subnet,
				  const struct nlattr *attr, struct netlink_ext_ack *extack);

/** natgw_route_loop_check_vpn - a vnet's VPN next hop, against its subnets */
int natgw_route_loop_check_vpn(struct natgw_net *nn, const struct natgw_config *config,
			       const struct natgw_vnet_conf *vnet, const struct nlattr *attr,
			       struct netlink_ext_ack *extack);

/** natgw_route_loop_check_public - a new public IP, against all next hops */
int natgw_route_loop_check_public(const struct natgw_config *config, struct natgw_prefix prefix,
				  const struct nlattr *attr, struct netlink_ext_ack *extack);

#endif
