/* SPDX-License-Identifier: GPL-2.0 */
/* Gateways as configuration: profiles, validation, netlink. */
#ifndef _NATGW_CONFIG_GATEWAY_H
#define _NATGW_CONFIG_GATEWAY_H

#include <linux/natgw.h>
#include <net/netlink.h>
#include <linux/types.h>
#include <net/netlink.h>
#include "snapshot/object.h"

struct natgw_config;
struct natgw_gateway_conf;
struct natgw_kind_ops;
struct natgw_net;

extern const struct natgw_kind_ops natgw_gateway_kind;

/*
 * For clusters: an object of a snapshot that is not yet published. nn->lock held.
 */

/** struct natgw_timer_key - attribute of a timer, and its name in the specification */
struct natgw_timer_key {
	u16 attr;
	const char *label;
};

extern const struct natgw_timer_key natgw_timer_keys[NATGW_TIMERS];

/** natgw_gateway_check_new - is there room for one of that name? 0, -EEXIST or -ENOSPC */
int natgw_gateway_check_new(const struct natgw_config *config, const char *name,
			    const struct nlattr *attr, struct netlink_ext_ack *extack);

/** natgw_gateway_add - a new one of profile azure, to be filled in; NULL: no memory */
struct natgw_gateway_conf *natgw_gateway_add(struct natgw_net *nn, struct natgw_config *config,
					     const char *name);

/** natgw_gateway_edit - entry of a gateway, of this snapshot alone; NULL: no memory */
struct natgw_gateway_conf *natgw_gateway_edit(struct natgw_config *config,
					      const struct natgw_gateway *gw);

#define NATGW_ZONE_STR	11	/* 4294967295 */

/** natgw_zone_str - text of a zone, "none" for 0 */
const char *natgw_zone_str(char str[NATGW_ZONE_STR], u32 zone);

#endif
