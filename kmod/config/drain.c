// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the drain attribute of gateways, addresses and subnets. Called by the files of
 * those objects; control/drain_run.c ends the sessions.
 */
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/natgw.h>
#include <net/netlink.h>
#include "config/drain.h"
#include "lib/clock.h"
#include "lib/extack.h"
#include "snapshot/object.h"

int natgw_drain_seconds(const struct nlattr *attr, u32 *seconds, struct netlink_ext_ack *extack)
{
	u32 given = nla_get_u32(attr);

	if (given > NATGW_DRAIN_MOST)
		return natgw_refuse(extack, attr, -ERANGE, "drain %us is outside 0s..%us", given,
				    NATGW_DRAIN_MOST);
	*seconds = given;
	return 0;
}

int natgw_drain_parse(const struct nlattr *attr, u64 *end, struct netlink_ext_ack *extack)
{
	u32 seconds;
	int err;

	if (!attr)
		return 0;
	if (nla_get_u32(attr) == NATGW_DRAIN_NOW) {
		*end = get_jiffies_64();
		return 0;
	}
	err = natgw_drain_seconds(attr, &seconds, extack);
	if (!err)
		*end = seconds ? get_jiffies_64() + (u64)seconds * HZ : 0;
	return err;
}

u32 natgw_drain_left(u64 end)
{
	u64 now = get_jiffies_64();

	return end > now ? div_u64(end - now + HZ - 1, HZ) : 0;
}

int natgw_drain_fill(struct sk_buff *skb, int attr, u64 end, const struct natgw_drain *drain,
		     u32 sessions)
{
	u32 age;

	if (!end)
		return 0;
	if (nla_put_u32(skb, attr, natgw_drain_left(end)))
		return -EMSGSIZE;
	if (!sessions || !READ_ONCE(drain->known))
		return 0;
	age = natgw_clock_seconds(READ_ONCE(drain->oldest), natgw_clock());
	return nla_put_u32(skb, attr + 1, age);
}
