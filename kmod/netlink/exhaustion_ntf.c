// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the messages of refused flows: a worker sends one a gateway and reason, and then
 * pauses. Called by main.c; packets queue the worker by natgw_exhaustion_note().
 */
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include "netlink/exhaustion_ntf.h"
#include "netlink/netlink.h"
#include "session/exhaustion.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"

/* between two messages of one gateway and reason */
#define EXHAUSTION_PAUSE	HZ

static int exhaustion_fill(struct sk_buff *skb, const struct natgw_gateway *gw, u32 reason,
			   u32 count, const struct natgw_tuple *inside)
{
	if (nla_put_string(skb, NATGW_A_EXHAUSTION_GATEWAY, gw->name) ||
	    nla_put_u32(skb, NATGW_A_EXHAUSTION_REASON, reason) ||
	    nla_put_u32(skb, NATGW_A_EXHAUSTION_COUNT, count) ||
	    nla_put_u32(skb, NATGW_A_EXHAUSTION_FAMILY, AF_INET) ||
	    nla_put_u32(skb, NATGW_A_EXHAUSTION_PROTO, inside->proto) ||
	    nla_put_in_addr(skb, NATGW_A_EXHAUSTION_SRC, inside->host) ||
	    nla_put_u32(skb, NATGW_A_EXHAUSTION_SRC_PORT, ntohs(inside->host_port)) ||
	    nla_put_in_addr(skb, NATGW_A_EXHAUSTION_DST, inside->peer) ||
	    nla_put_u32(skb, NATGW_A_EXHAUSTION_DST_PORT, ntohs(inside->peer_port)))
		return -EMSGSIZE;
	return 0;
}

static void exhaustion_notify(struct natgw_net *nn, const struct natgw_gateway *gw, u32 reason,
			      u32 count, const struct natgw_tuple *inside)
{
	struct sk_buff *skb;
	void *msg;

	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (!skb)
		goto lost;
	msg = genlmsg_put(skb, 0, 0, &natgw_nl_family, 0, NATGW_CMD_EXHAUSTION_NTF);
	if (!msg || exhaustion_fill(skb, gw, reason, count, inside))
		goto lost;
	genlmsg_end(skb, msg);
	genlmsg_multicast_netns(&natgw_nl_family, nn->net, skb, 0, NATGW_MCGRP_ID_EXHAUSTION,
				GFP_ATOMIC);
	return;

lost:
	nlmsg_free(skb);
	genl_set_err(&natgw_nl_family, nn->net, 0, NATGW_MCGRP_ID_EXHAUSTION, -ENOBUFS);
}

/* Return: how many were refused since the last time, with one of them in @inside */
static u32 exhaustion_take(struct natgw_gateway *gw, unsigned int i, struct natgw_tuple *inside)
{
	struct natgw_refusals *refusals = &gw->exhaustion.refusals[i];
	u64 refused = 0;
	u32 count;
	int cpu;

	for_each_possible_cpu(cpu)
		refused += READ_ONCE(per_cpu_ptr(gw->counters, cpu)->refused[i]);
	count = refused - refusals->told;
	if (!count)
		return 0;
	refusals->told = refused;
	spin_lock_bh(&refusals->lock);
	*inside = (struct natgw_tuple) {
		.host = refusals->src,
		.peer = refusals->dst,
		.host_port = refusals->src_port,
		.peer_port = refusals->dst_port,
		.proto = refusals->proto,
	};
	spin_unlock_bh(&refusals->lock);
	return count;
}

static void exhaustion_work(struct work_struct *work)
{
	struct natgw_net *nn = container_of(to_delayed_work(work), struct natgw_net, exhaustion);
	const struct natgw_config *config;
	struct natgw_tuple inside;
	bool told = false;
	u32 i, k, count;

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	for (i = 0; config && i < config->n_gateways; i++) {
		struct natgw_gateway *gw = config->gateways[i]->gw;

		for (k = 0; k < NATGW_EXHAUSTED_REASONS; k++) {
			count = exhaustion_take(gw, k, &inside);
			if (!count)
				continue;
			told = true;
			if (genl_has_listeners(&natgw_nl_family, nn->net,
					       NATGW_MCGRP_ID_EXHAUSTION))
				exhaustion_notify(nn, gw, natgw_exhausted_reason[k], count,
						  &inside);
		}
	}
	rcu_read_unlock();
	/* a flow refused meanwhile has queued it without the pause */
	if (told)
		mod_delayed_work(system_power_efficient_wq, &nn->exhaustion, EXHAUSTION_PAUSE);
}

void natgw_exhaustion_net_init(struct natgw_net *nn)
{
	INIT_DELAYED_WORK(&nn->exhaustion, exhaustion_work);
}

void natgw_exhaustion_net_exit(struct natgw_net *nn)
{
	cancel_delayed_work_sync(&nn->exhaustion);
}
