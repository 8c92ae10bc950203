/* SPDX-License-Identifier: GPL-2.0 */
/* The tables that packets search, built once for each snapshot. */
#ifndef _NATGW_CONFIG_COMPILE_H
#define _NATGW_CONFIG_COMPILE_H

struct natgw_config;
struct natgw_net;
struct netlink_ext_ack;

/**
 * natgw_compile - build what the packet path searches
 * @nn: namespace, @nn->lock held
 * @config: snapshot not yet published, and perhaps never
 * @extack: says why not, but for want of memory
 *
 * Writes into @config alone, and into entries that no other snapshot compiled
 * before: objects that packets and workers see are as they were.
 *
 * Return: 0, -ENOMEM, or -E2BIG: too many next hops; natgw_config_free() is right in
 * all cases.
 */
int natgw_compile(struct natgw_net *nn, struct natgw_config *config,
		  struct netlink_ext_ack *extack);

/**
 * natgw_compile_devs_changed - would another compile find the same devices?
 * @nn: namespace, @nn->lock held
 * @config: its running snapshot
 *
 * Costs a look-up of each device of the vnets. Return: 0: it would; 1; or -ENOMEM.
 */
int natgw_compile_devs_changed(struct natgw_net *nn, const struct natgw_config *config);

#endif
