/* SPDX-License-Identifier: GPL-2.0 */
/* IPv4 prefixes of objects: from attributes, and what must not be one. */
#ifndef _NATGW_LIB_PREFIX_H
#define _NATGW_LIB_PREFIX_H

#include <linux/inetdevice.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <net/netlink.h>
#include <linux/natgw.h>

struct netlink_ext_ack;

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

/** natgw_prefix_within - are all addresses of @inner in @outer? */
static inline bool natgw_prefix_within(struct natgw_prefix inner, struct natgw_prefix outer)
{
	return inner.len >= outer.len && natgw_prefix_overlap(inner, outer);
}

/** natgw_prefix_equal - the same prefix? */
static inline bool natgw_prefix_equal(struct natgw_prefix a, struct natgw_prefix b)
{
	return a.addr == b.addr && a.len == b.len;
}

/** natgw_prefix_holds - is an address in a prefix? */
static inline bool natgw_prefix_holds(struct natgw_prefix prefix, __be32 addr)
{
	return !((prefix.addr ^ addr) & inet_make_mask(prefix.len));
}

#define NATGW_PREFIX_STR	20	/* 255.255.255.255/32 */

/** natgw_prefix_str - text of a prefix, a single address without its length */
const char *natgw_prefix_str(char str[NATGW_PREFIX_STR], struct natgw_prefix prefix);

/**
 * natgw_prefix_check_bits - refuse host bits
 * @prefix: prefix
 * @attr: where it came from
 * @extack: says why not
 *
 * Return: 0 or -EINVAL.
 */
int natgw_prefix_check_bits(struct natgw_prefix prefix, const struct nlattr *attr,
			    struct netlink_ext_ack *extack);

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

/* Of a nest natgw_a_prefix */
extern const struct nla_policy natgw_prefix_policy[NATGW_A_PREFIX_MAX + 1];

/**
 * natgw_prefix_parse - prefix from a nest natgw_a_prefix
 * @attr: the nest, which the policy has let through
 * @min: shortest length
 * @prefix: result, host bits not yet looked for
 * @extack: says why not
 *
 * Return: 0 or a negative errno.
 */
int natgw_prefix_parse(const struct nlattr *attr, u32 min, struct natgw_prefix *prefix,
		       struct netlink_ext_ack *extack);

/** natgw_prefix_fill - nest natgw_a_prefix as attribute @type; 0 or -EMSGSIZE */
int natgw_prefix_fill(struct sk_buff *skb, int type, struct natgw_prefix prefix);

/** NATGW_PREFIX_NEST - bytes that natgw_prefix_fill() puts */
#define NATGW_PREFIX_NEST	(nla_total_size(2 * nla_total_size(sizeof(u32)) + \
						nla_total_size(sizeof(__be32))))

#endif
