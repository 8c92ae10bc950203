// SPDX-License-Identifier: GPL-2.0
/*
 * Owns prefixes in attributes, and what must not be one. Called by config/ and netlink/.
 */
#include <linux/kernel.h>
#include <linux/natgw.h>
#include <net/netlink.h>
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"

const struct nla_policy natgw_prefix_policy[NATGW_A_PREFIX_MAX + 1] = {
	[NATGW_A_PREFIX_FAMILY]		= { .type = NLA_U32 },
	[NATGW_A_PREFIX_PREFIX]		= NATGW_NL_ADDRESS,
	[NATGW_A_PREFIX_PREFIX_LENGTH]	= { .type = NLA_U32 },
};

/* RFC 6890; the first match names the reason */
static const struct {
	u32 addr;
	u8 len;
	const char *what;
} natgw_prefix_refused[] = {
	{ 0x00000000, 8, "the zero network 0.0.0.0/8" },
	{ 0x7f000000, 8, "loopback 127.0.0.0/8" },
	{ 0xe0000000, 4, "multicast 224.0.0.0/4" },
	{ 0xffffffff, 32, "the broadcast address 255.255.255.255" },
	{ 0xf0000000, 4, "reserved 240.0.0.0/4" },
};

const char *natgw_prefix_str(char str[NATGW_PREFIX_STR], struct natgw_prefix prefix)
{
	if (prefix.len == 32)
		snprintf(str, NATGW_PREFIX_STR, "%pI4", &prefix.addr);
	else
		snprintf(str, NATGW_PREFIX_STR, "%pI4/%u", &prefix.addr, prefix.len);
	return str;
}

int natgw_prefix_check_bits(struct natgw_prefix prefix, const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	__be32 net = prefix.addr & inet_make_mask(prefix.len);
	char str[NATGW_PREFIX_STR];

	if (prefix.addr == net)
		return 0;
	return natgw_refuse(extack, attr, -EINVAL,
			    "InvalidCIDRNotation: %s has host bits set, the prefix is %pI4/%u",
			    natgw_prefix_str(str, prefix), &net, prefix.len);
}

int natgw_prefix_check(struct natgw_prefix prefix, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	char str[NATGW_PREFIX_STR];
	int err, i;

	err = natgw_prefix_check_bits(prefix, attr, extack);
	if (err)
		return err;
	natgw_prefix_str(str, prefix);
	for (i = 0; i < ARRAY_SIZE(natgw_prefix_refused); i++) {
		struct natgw_prefix refused = {
			.addr = htonl(natgw_prefix_refused[i].addr),
			.len = natgw_prefix_refused[i].len,
		};

		if (!natgw_prefix_overlap(prefix, refused))
			continue;
		return natgw_refuse(extack, attr, -EINVAL, "%s %s %s", str,
				    prefix.len < refused.len ? "contains" : "is in",
				    natgw_prefix_refused[i].what);
	}
	return 0;
}

int natgw_prefix_parse(const struct nlattr *attr, u32 min, struct natgw_prefix *prefix,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[NATGW_A_PREFIX_MAX + 1];
	u32 len;
	int err;

	err = nla_parse_nested(attrs, NATGW_A_PREFIX_MAX, attr, natgw_prefix_policy, extack);
	if (err)
		return err;
	if (!attrs[NATGW_A_PREFIX_PREFIX])
		return natgw_refuse(extack, attr, -EINVAL, "prefix is missing in the nest");
	if (!attrs[NATGW_A_PREFIX_PREFIX_LENGTH])
		return natgw_refuse(extack, attr, -EINVAL, "prefix-length is missing in the nest");
	err = natgw_nl_ipv4(attrs[NATGW_A_PREFIX_FAMILY], attrs[NATGW_A_PREFIX_PREFIX], "prefix",
			    &prefix->addr, extack);
	if (!err)
		err = natgw_nl_range(attrs[NATGW_A_PREFIX_PREFIX_LENGTH], "prefix-length", min, 32,
				     &len, extack);
	if (!err)
		prefix->len = len;
	return err;
}

int natgw_prefix_fill(struct sk_buff *skb, int type, struct natgw_prefix prefix)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest || nla_put_u32(skb, NATGW_A_PREFIX_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_PREFIX_PREFIX, prefix.addr) ||
	    nla_put_u32(skb, NATGW_A_PREFIX_PREFIX_LENGTH, prefix.len))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
