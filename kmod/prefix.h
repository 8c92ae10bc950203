/* SPDX-License-Identifier: GPL-2.0 */
/* IPv4 prefixes of objects: from attributes, and what must not be one. */
#ifndef _NATGW_PREFIX_H
#define _NATGW_PREFIX_H

#include <linux/inetdevice.h>
#include <linux/minmax.h>
#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;

/** struct natgw_prefix - network address, without host bits once checked, and length */
struct natgw_prefix {
	__be32 addr;
	u8 len;
};

/** natgw_prefix_overlap - do two prefixes share an address? */
static inline bool natgw_prefix_overlap(struct natgw_prefix a, struct natgw_prefix b)
{
	return !((a.addr ^ b.addr) & inet_make_mask(min(a.len, b.len)));
}

#define NATGW_PREFIX_STR	20	/* 255.255.255.255/32 */

/** natgw_prefix_str - text of a prefix, a single address without its length */
const char *natgw_prefix_str(char str[NATGW_PREFIX_STR], struct natgw_prefix prefix);

/**
 * natgw_prefix_check - refuse host bits and what no host on the Internet has
 * @prefix: prefix
 * @attr: where it came from
 * @extack: says why not
 *
 * Return: 0 or -EINVAL.
 */
int natgw_prefix_check(struct natgw_prefix prefix, const struct nlattr *attr,
		       struct netlink_ext_ack *extack);

#endif
