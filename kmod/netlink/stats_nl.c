// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the commands STATUS_GET and STATS_GET. Called by the netlink family.
 */
#include <linux/module.h>
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "config/drain.h"
#include "datapath/direct.h"
#include "lib/budget.h"
#include "netlink/netlink.h"
#include "netlink/stats_nl.h"
#include "session/init.h"
#include "session/table.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/net.h"
#include "snapshot/stats.h"

struct natgw_status {
	u32 generation;
	u32 gateways;
	u32 addresses;
	u32 subnets;
	u32 vnets;
	u32 route_tables;
	u32 tags;
	u32 clusters;
	u32 managed;
	u32 sessions;
	u32 sessions_max;
	u64 session_bytes;
	u32 direct;
	bool transaction;
	bool budget;
	u64 memory;
	u64 memory_max;
	u64 reset_end;
};

static int status_fill(struct sk_buff *skb, const void *data)
{
	const struct natgw_status *status = data;

	if (nla_put_string(skb, NATGW_A_STATUS_VERSION, THIS_MODULE->version ?: "") ||
	    nla_put_u32(skb, NATGW_A_STATUS_GENERATION, status->generation) ||
	    nla_put_u32(skb, NATGW_A_STATUS_GATEWAYS, status->gateways) ||
	    nla_put_u32(skb, NATGW_A_STATUS_ADDRESSES, status->addresses) ||
	    nla_put_u32(skb, NATGW_A_STATUS_SUBNETS, status->subnets) ||
	    nla_put_u32(skb, NATGW_A_STATUS_SESSIONS, status->sessions) ||
	    nla_put_u32(skb, NATGW_A_STATUS_SESSIONS_MAX, status->sessions_max) ||
	    nla_put_u64_64bit(skb, NATGW_A_STATUS_SESSION_BYTES, status->session_bytes,
			      NATGW_A_STATUS_PAD) ||
	    nla_put_u32(skb, NATGW_A_STATUS_TRANSACTION,
			status->transaction ? NATGW_SWITCH_ON : NATGW_SWITCH_OFF) ||
	    nla_put_u32(skb, NATGW_A_STATUS_VNETS, status->vnets) ||
	    nla_put_u32(skb, NATGW_A_STATUS_ROUTE_TABLES, status->route_tables) ||
	    nla_put_u32(skb, NATGW_A_STATUS_TAGS, status->tags) ||
	    nla_put_u32(skb, NATGW_A_STATUS_DIRECT, status->direct) ||
	    nla_put_u32(skb, NATGW_A_STATUS_DIRECT_MAX, natgw_direct_max()) ||
	    nla_put_u32(skb, NATGW_A_STATUS_CLUSTERS, status->clusters) ||
	    nla_put_u32(skb, NATGW_A_STATUS_MANAGED_POOLS, status->managed) ||
	    natgw_drain_fill(skb, NATGW_A_STATUS_DRAIN, status->reset_end, NULL, 0))
		return -EMSGSIZE;
	if (!status->budget)
		return 0;
	if (nla_put_u64_64bit(skb, NATGW_A_STATUS_MEMORY, status->memory, NATGW_A_STATUS_PAD) ||
	    nla_put_u64_64bit(skb, NATGW_A_STATUS_MEMORY_MAX, status->memory_max,
			      NATGW_A_STATUS_PAD))
		return -EMSGSIZE;
	return 0;
}

int natgw_nl_status_get(struct sk_buff *skb, struct genl_info *info)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	const struct natgw_config *config;
	struct natgw_status status = {};

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	/* There is a session table from the first snapshot on */
	if (config) {
		status.generation = config->generation;
		status.gateways = config->n_gateways;
		status.addresses = config->n_addresses;
		status.subnets = config->n_subnets;
		status.vnets = config->n_vnets;
		status.route_tables = config->n_tables;
		status.tags = config->n_tags;
		status.clusters = config->n_clusters;
		status.managed = config->n_managed;
		status.reset_end = config->reset_end;
		status.sessions = natgw_session_count(&nn->table);
		status.sessions_max = nn->table.max;
		status.session_bytes = natgw_session_bytes(nn);
		status.direct = natgw_direct_count(&nn->directs);
	}
	rcu_read_unlock();
	status.transaction = READ_ONCE(nn->transactions.open);
	/*
	 * use of the budget includes other namespaces: only the initial user namespace's root
	 * sees it
	 */
	status.budget = netlink_capable(skb, CAP_NET_ADMIN);
	natgw_budget_total(&status.memory, &status.memory_max);
	return natgw_nl_reply(info, status_fill, &status);
}

static int stats_fill(struct sk_buff *skb, struct natgw_net *nn, u32 reason, bool sources)
{
	__be32 last_source = 0;
	u32 last = 0;
	u64 packets = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct natgw_stats *stats = per_cpu_ptr(nn->stats, cpu);
		u64 n = natgw_since(READ_ONCE(stats->packets[reason]),
				    READ_ONCE(stats->zero[reason]));
		u32 when;

		/* pairs with natgw_stats_count() */
		smp_rmb();
		when = READ_ONCE(stats->last[reason]);
		packets += n;
		if (n && (!last_source || !natgw_clock_after(last, when))) {
			last = when;
			last_source = READ_ONCE(stats->last_source[reason]);
		}
	}

	if (nla_put_u32(skb, NATGW_A_STATS_REASON, reason) ||
	    nla_put_u64_64bit(skb, NATGW_A_STATS_PACKETS, packets, NATGW_A_STATS_PAD))
		return -EMSGSIZE;
	if (!last_source || !sources)
		return 0;
	if (nla_put_u32(skb, NATGW_A_STATS_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_STATS_LAST_SOURCE, last_source) ||
	    nla_put_u32(skb, NATGW_A_STATS_LAST_AGE, natgw_clock_seconds(last, natgw_clock())))
		return -EMSGSIZE;
	return 0;
}

/*
 * Everybody may see counters; only users who may see sessions see hosts. The rights of the user
 * who asks are checked once, here.
 */
int natgw_nl_stats_start(struct netlink_callback *cb)
{
	cb->args[1] = netlink_ns_capable(cb->skb, sock_net(cb->skb->sk)->user_ns, CAP_NET_ADMIN);
	return 0;
}

int natgw_nl_stats_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct natgw_net *nn = natgw_pernet(sock_net(skb->sk));
	u32 reason = cb->args[0];
	bool sources = cb->args[1];
	void *msg;

	for (; reason < __NATGW_DROP_MAX; reason++) {
		msg = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &natgw_nl_family, NLM_F_MULTI, NATGW_CMD_STATS_GET);
		if (!msg)
			break;
		if (stats_fill(skb, nn, reason, sources)) {
			genlmsg_cancel(skb, msg);
			break;
		}
		genlmsg_end(skb, msg);
	}
	cb->args[0] = reason;
	return skb->len;
}
