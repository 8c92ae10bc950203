/* SPDX-License-Identifier: GPL-2.0 */
/* Route tables, steers and next hops of a compiled snapshot; for compile.c alone. */
#ifndef _NATGW_CONFIG_COMPILE_STEER_H
#define _NATGW_CONFIG_COMPILE_STEER_H

struct natgw_config;
struct natgw_net;
struct netlink_ext_ack;

/**
 * natgw_compile_tables - build the route tables, and how the subnets use them
 * @nn: namespace, @nn->lock held
 * @config: not yet published; its ranges and views are built
 * @extack: says why not, but for want of memory
 *
 * Next hops that the running snapshot has are taken over with what is known of them.
 * Return: 0, -ENOMEM, or -E2BIG: too many next hops.
 */
int natgw_compile_tables(struct natgw_net *nn, struct natgw_config *config,
			 struct netlink_ext_ack *extack);

#endif
