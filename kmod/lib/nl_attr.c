// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the values of attributes, refused with a sentence. Called by config/ and netlink/.
 */
#include <linux/ctype.h>
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <net/netlink.h>
#include "lib/extack.h"
#include "lib/nl_attr.h"

int natgw_nl_name(const struct nlattr *attr, const char *label,
		  char name[NATGW_NAME_MAX + 1], struct netlink_ext_ack *extack)
{
	const char *value = nla_data(attr);
	size_t len = strlen(value), i;

	if (len + 1 != nla_len(attr))
		return natgw_refuse(extack, attr, -EINVAL, "%s has bytes after its end: %*pE",
				    label, nla_len(attr), value);
	if (!len || len > NATGW_NAME_MAX)
		return natgw_refuse(extack, attr, -EINVAL, "%s \"%*pE\" has %zu bytes, not 1..%u",
				    label, (int)len, value, len, NATGW_NAME_MAX);
	for (i = 0; i < len; i++)
		if (!isascii(value[i]) || (!isalnum(value[i]) && !strchr("._-", value[i])))
			return natgw_refuse(extack, attr, -EINVAL,
					    "%s \"%*pE\" has another character than A-Z a-z 0-9 . _ -",
					    label, (int)len, value);
	if (!strcmp(value, "none"))
		return natgw_refuse(extack, attr, -EINVAL, "%s none is reserved", label);
	strscpy(name, value, NATGW_NAME_MAX + 1);
	return 0;
}

int natgw_nl_range(const struct nlattr *attr, const char *label, u32 min, u32 max,
		   u32 *value, struct netlink_ext_ack *extack)
{
	u32 given = nla_get_u32(attr);

	if (given < min || given > max)
		return natgw_refuse(extack, attr, -ERANGE, "%s %u is outside %u..%u", label, given,
				    min, max);
	*value = given;
	return 0;
}

int natgw_nl_ipv4(const struct nlattr *family, const struct nlattr *attr, const char *label,
		  __be32 *addr, struct netlink_ext_ack *extack)
{
	if (family && nla_get_u32(family) != AF_INET)
		return natgw_refuse(extack, family, -EAFNOSUPPORT,
				    "family %u is not supported, only %u (IPv4)",
				    nla_get_u32(family), AF_INET);
	if (nla_len(attr) != sizeof(*addr))
		return natgw_refuse(extack, attr, -EINVAL, "%s has %d bytes, not %zu", label,
				    nla_len(attr), sizeof(*addr));
	*addr = nla_get_in_addr(attr);
	return 0;
}

int natgw_nl_dev(struct net *net, const struct nlattr *attr, const char *label,
		 char name[IFNAMSIZ], struct netlink_ext_ack *extack)
{
	const char *value = nla_data(attr);
	int len = strlen(value);
	bool exists;

	if (len + 1 != nla_len(attr))
		return natgw_refuse(extack, attr, -EINVAL, "%s has bytes after its end: %*pE",
				    label, nla_len(attr), value);
	if (len >= IFNAMSIZ)
		return natgw_refuse(extack, attr, -EINVAL, "%s %*pE has %d bytes, at most %d",
				    label, len, value, len, IFNAMSIZ - 1);
	if (len) {
		rcu_read_lock();
		exists = dev_get_by_name_rcu(net, value);
		rcu_read_unlock();
		if (!exists)
			return natgw_refuse(extack, attr, -ENODEV, "%s %*pE does not exist", label,
					    len, value);
	}
	strscpy(name, value, IFNAMSIZ);
	return 0;
}
