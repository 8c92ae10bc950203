/* SPDX-License-Identifier: GPL-2.0 */
/* Values of attributes, refused with a sentence. */
#ifndef _NATGW_LIB_NL_ATTR_H
#define _NATGW_LIB_NL_ATTR_H

#include <linux/if.h>
#include <linux/in6.h>
#include <linux/types.h>
#include <linux/natgw.h>

struct net;
struct netlink_ext_ack;
struct nlattr;

/* Policy of addresses: room for IPv6, so that the wrong family gets its sentence */
#define NATGW_NL_ADDRESS	{ .type = NLA_BINARY, .len = sizeof(struct in6_addr) }

/*
 * Values of attributes. @label is the attribute's name in the specification.
 * All return 0, or a negative errno with a sentence.
 */

/** natgw_nl_name - object name: 1..31 of [A-Za-z0-9._-], "none" reserved */
int natgw_nl_name(const struct nlattr *attr, const char *label,
		  char name[NATGW_NAME_MAX + 1], struct netlink_ext_ack *extack);

/** natgw_nl_range - u32 within limits */
int natgw_nl_range(const struct nlattr *attr, const char *label, u32 min, u32 max,
		   u32 *value, struct netlink_ext_ack *extack);

/** natgw_nl_ipv4 - address of 4 bytes; @family as given with it, AF_INET if NULL */
int natgw_nl_ipv4(const struct nlattr *family, const struct nlattr *attr, const char *label,
		  __be32 *addr, struct netlink_ext_ack *extack);

/** natgw_nl_dev - name of a device that exists, or empty */
int natgw_nl_dev(struct net *net, const struct nlattr *attr, const char *label,
		 char name[IFNAMSIZ], struct netlink_ext_ack *extack);

#endif
