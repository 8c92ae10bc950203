/* SPDX-License-Identifier: GPL-2.0 */
/* Ports of an address that stay out of its pool: the router's own, and those reserved. */
#ifndef _NATGW_SESSION_RESERVED_PORTS_H
#define _NATGW_SESSION_RESERVED_PORTS_H

#include <linux/types.h>

struct natgw_config;
struct natgw_net;
struct netlink_ext_ack;
struct nlattr;

/** NATGW_RESERVE_MAX - longest list of reserved ports, without its end */
#define NATGW_RESERVE_MAX	1023

/**
 * natgw_reserved_parse - the reserve attribute
 * @list: set to the list as the kernel writes it, or to NULL for none; to be freed
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int natgw_reserved_parse(const struct nlattr *attr, char **list, struct netlink_ext_ack *extack);

/**
 * natgw_reserved_compile - fill @reserved of a snapshot
 * @nn: namespace, @nn->lock held
 * @config: not yet published; its addresses do not change, and @shared is set
 *
 * Only for addresses that are new, or other than they were. Return: 0 or -ENOMEM.
 */
int natgw_reserved_compile(struct natgw_net *nn, struct natgw_config *config);

/**
 * natgw_reserved_enforce - put @reserved of an address in force
 * @nn: namespace, @nn->lock held
 * @config: snapshot that runs, or will: nothing can refuse it any more
 * @index: of the address
 *
 * Before the snapshot is visible. @reserved becomes what was in force, if that has
 * changed. Return: it has, so natgw_reserved_settle() is due after a grace period.
 */
bool natgw_reserved_enforce(struct natgw_net *nn, struct natgw_config *config, u32 index);

/** natgw_reserved_settle - after natgw_reserved_enforce() and a grace period; of all addresses */
void natgw_reserved_settle(struct natgw_net *nn, struct natgw_config *config, u32 index);

/**
 * natgw_reserved_run - have the router's own port ranges changed?
 *
 * Nobody tells when a sysctl is written, so they are read now and then.
 * Context: process, nn->lock held. Return: jiffies until the next look, 0 if
 * no address is shared.
 */
unsigned long natgw_reserved_run(struct natgw_net *nn);

void natgw_reserved_net_exit(struct natgw_net *nn);

#endif
