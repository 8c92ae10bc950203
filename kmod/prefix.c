// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include "extack.h"
#include "prefix.h"

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

int natgw_prefix_check(struct natgw_prefix prefix, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	__be32 net = prefix.addr & inet_make_mask(prefix.len);
	char str[NATGW_PREFIX_STR];
	int i;

	natgw_prefix_str(str, prefix);
	if (prefix.addr != net)
		return natgw_refuse(extack, attr, -EINVAL,
				    "InvalidCIDRNotation: %s has host bits set, the prefix is %pI4/%u",
				    str, &net, prefix.len);
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
