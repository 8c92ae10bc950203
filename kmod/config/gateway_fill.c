// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is shown of a gateway: settings, counters, blocks, whether it works. Called
 * by the netlink room for answers and notifications.
 */
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <net/ip_fib.h>
#include <net/netlink.h>
#include "config/drain.h"
#include "config/field.h"
#include "config/gateway.h"
#include "config/gateway_fill.h"
#include "lib/portblock.h"
#include "session/seat.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/view.h"

static bool gateway_has_route(struct net *net)
{
	struct flowi4 fl4 = { .flowi4_iif = LOOPBACK_IFINDEX };
	struct fib_result res;

	/* The default route, or what covers the start of the address space in its stead */
	return !fib_lookup(net, &fl4, &res, 0) && res.type == RTN_UNICAST;
}

static enum natgw_operational gateway_operational(struct net *net,
						  const struct natgw_pool *pool)
{
	if (!pool->n)
		return NATGW_OPERATIONAL_NO_ADDRESS;
	if (!pool->n_subnets)
		return NATGW_OPERATIONAL_NO_SUBNET;
	if (!IPV4_DEVCONF_ALL(net, FORWARDING))
		return NATGW_OPERATIONAL_FORWARDING_OFF;
	if (!gateway_has_route(net))
		return NATGW_OPERATIONAL_NO_ROUTE;
	return NATGW_OPERATIONAL_YES;
}

/* All but what sessions there are: see natgw_counters_gateway() */
static void gateway_sum(const struct natgw_gateway *gw, struct natgw_gateway_counters *sum)
{
	const struct natgw_gateway_counters *counters;
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		counters = per_cpu_ptr(gw->counters, cpu);
		sum->packets_out += READ_ONCE(counters->packets_out);
		sum->bytes_out += READ_ONCE(counters->bytes_out);
		sum->packets_in += READ_ONCE(counters->packets_in);
		sum->bytes_in += READ_ONCE(counters->bytes_in);
		sum->dropped += READ_ONCE(counters->dropped);
		sum->attempted += READ_ONCE(counters->attempted);
		sum->established += READ_ONCE(counters->established);
		sum->failed += READ_ONCE(counters->failed);
		sum->timed_out += READ_ONCE(counters->timed_out);
		sum->closed += READ_ONCE(counters->closed);
		for (i = 0; i < NATGW_EXHAUSTED_REASONS; i++)
			sum->refused[i] += READ_ONCE(counters->refused[i]);
	}
}

void natgw_gateway_zero(struct natgw_gateway *gw)
{
	struct natgw_gateway_counters sum;
	int i;

	gateway_sum(gw, &sum);
	WRITE_ONCE(gw->zero.packets_out, sum.packets_out);
	WRITE_ONCE(gw->zero.bytes_out, sum.bytes_out);
	WRITE_ONCE(gw->zero.packets_in, sum.packets_in);
	WRITE_ONCE(gw->zero.bytes_in, sum.bytes_in);
	WRITE_ONCE(gw->zero.dropped, sum.dropped);
	WRITE_ONCE(gw->zero.attempted, sum.attempted);
	WRITE_ONCE(gw->zero.established, sum.established);
	WRITE_ONCE(gw->zero.failed, sum.failed);
	WRITE_ONCE(gw->zero.timed_out, sum.timed_out);
	WRITE_ONCE(gw->zero.closed, sum.closed);
	for (i = 0; i < NATGW_EXHAUSTED_REASONS; i++)
		WRITE_ONCE(gw->zero.refused[i], sum.refused[i]);
}

static int gateway_fill_counters(struct sk_buff *skb, const struct natgw_gateway *gw,
				 const struct natgw_gateway_counters *sum)
{
	const struct {
		u16 attr;
		u64 value;
		u64 zero;
	} counters[] = {
		{ NATGW_A_COUNTERS_PACKETS_OUT, sum->packets_out, READ_ONCE(gw->zero.packets_out) },
		{ NATGW_A_COUNTERS_BYTES_OUT, sum->bytes_out, READ_ONCE(gw->zero.bytes_out) },
		{ NATGW_A_COUNTERS_PACKETS_IN, sum->packets_in, READ_ONCE(gw->zero.packets_in) },
		{ NATGW_A_COUNTERS_BYTES_IN, sum->bytes_in, READ_ONCE(gw->zero.bytes_in) },
		{ NATGW_A_COUNTERS_DROPPED, sum->dropped, READ_ONCE(gw->zero.dropped) },
		{ NATGW_A_COUNTERS_ATTEMPTED, sum->attempted, READ_ONCE(gw->zero.attempted) },
		{ NATGW_A_COUNTERS_ESTABLISHED, sum->established, READ_ONCE(gw->zero.established) },
		{ NATGW_A_COUNTERS_FAILED, sum->failed, READ_ONCE(gw->zero.failed) },
		{ NATGW_A_COUNTERS_TIMED_OUT, sum->timed_out, READ_ONCE(gw->zero.timed_out) },
		{ NATGW_A_COUNTERS_CLOSED, sum->closed, READ_ONCE(gw->zero.closed) },
	};
	struct nlattr *nest = nla_nest_start(skb, NATGW_A_GATEWAY_COUNTERS);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		if (nla_put_u64_64bit(skb, counters[i].attr,
				      natgw_since(counters[i].value, counters[i].zero),
				      NATGW_A_COUNTERS_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Flows refused by reason: their sum is @failed */
static int gateway_fill_refused(struct sk_buff *skb, const struct natgw_gateway *gw,
				const struct natgw_gateway_counters *sum)
{
	static const u16 attrs[NATGW_EXHAUSTED_REASONS] = {
		[NATGW_EXHAUSTED_POOL_EMPTY] = NATGW_A_REFUSED_POOL_EMPTY,
		[NATGW_EXHAUSTED_UPLINK] = NATGW_A_REFUSED_UPLINK,
		[NATGW_EXHAUSTED_DRAINING] = NATGW_A_REFUSED_DRAINING,
		[NATGW_EXHAUSTED_QUOTA] = NATGW_A_REFUSED_QUOTA,
		[NATGW_EXHAUSTED_DESTINATION_CAP] = NATGW_A_REFUSED_DESTINATION_CAP,
		[NATGW_EXHAUSTED_DESTINATION_FULL] = NATGW_A_REFUSED_DESTINATION_FULL,
		[NATGW_EXHAUSTED_ALL_COOLING] = NATGW_A_REFUSED_ALL_COOLING,
		[NATGW_EXHAUSTED_MEMORY] = NATGW_A_REFUSED_MEMORY,
	};
	struct nlattr *nest = nla_nest_start(skb, NATGW_A_GATEWAY_REFUSED);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < NATGW_EXHAUSTED_REASONS; i++)
		if (nla_put_u64_64bit(skb, attrs[i],
				      natgw_since(sum->refused[i], READ_ONCE(gw->zero.refused[i])),
				      NATGW_A_REFUSED_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int gateway_fill_protocols(struct sk_buff *skb, const u32 by_proto[NATGW_L4_ROWS])
{
	static const u16 attrs[NATGW_L4_ROWS] = {
		[NATGW_L4_TCP] = NATGW_A_BY_PROTO_TCP,
		[NATGW_L4_UDP] = NATGW_A_BY_PROTO_UDP,
		[NATGW_L4_ICMP] = NATGW_A_BY_PROTO_ICMP,
	};
	struct nlattr *nest = nla_nest_start(skb, NATGW_A_GATEWAY_BY_PROTO);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < NATGW_L4_ROWS; i++)
		if (nla_put_u32(skb, attrs[i], by_proto[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int gateway_fill_blocks(struct sk_buff *skb, const struct natgw_pool *pool)
{
	struct natgw_portblock_layout layout;

	if (pool->allocation == NATGW_ALLOCATION_DYNAMIC)
		return 0;
	natgw_seat_layout(pool, &layout);
	if (nla_put_u32(skb, NATGW_A_GATEWAY_BLOCK, layout.block) ||
	    nla_put_u32(skb, NATGW_A_GATEWAY_KNOWN_HOSTS, READ_ONCE(pool->gw->seats.known)))
		return -EMSGSIZE;
	return 0;
}

int natgw_gateway_fill(struct sk_buff *skb, struct natgw_net *nn,
		       const struct natgw_config *config, u32 index)
{
	const struct natgw_gateway_conf *conf = config->gateways[index];
	const struct natgw_pool *pool = &config->pools[index];
	u32 sessions, by_proto[NATGW_L4_ROWS];
	struct natgw_gateway_counters sum;
	int t;

	gateway_sum(conf->gw, &sum);
	sessions = natgw_counters_gateway(conf->gw->counters, by_proto);
	if (nla_put_string(skb, NATGW_A_GATEWAY_NAME, conf->gw->name) ||
	    nla_put_u32(skb, NATGW_A_GATEWAY_PROFILE, conf->profile))
		return -EMSGSIZE;
	for (t = 0; t < NATGW_TIMERS; t++)
		if (nla_put_u32(skb, natgw_timer_keys[t].attr, conf->timer[t]))
			return -EMSGSIZE;
	if (natgw_field_fill(&natgw_gateway_kind, skb, &conf->entry) ||
	    natgw_drain_fill(skb, NATGW_A_GATEWAY_DRAIN,
			     natgw_config_drain_end(config, conf->drain_end), &conf->gw->drain,
			     sessions) ||
	    nla_put_u32(skb, NATGW_A_GATEWAY_OPERATIONAL,
			gateway_operational(nn->net, pool)) ||
	    nla_put_u32(skb, NATGW_A_GATEWAY_ADDRESSES, pool->n) ||
	    nla_put_u32(skb, NATGW_A_GATEWAY_SUBNETS, pool->n_subnets) ||
	    nla_put_u32(skb, NATGW_A_GATEWAY_SESSIONS, sessions))
		return -EMSGSIZE;
	return gateway_fill_blocks(skb, pool) ?:
	       gateway_fill_counters(skb, conf->gw, &sum) ?:
	       gateway_fill_protocols(skb, by_proto) ?:
	       gateway_fill_refused(skb, conf->gw, &sum);
}

