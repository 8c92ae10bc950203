// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the worker that looks at destinations with many ports, and its messages. Called by
 * main.c; session/headroom.c queues the worker and says what there is to tell.
 */
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/genetlink.h>
#include "netlink/headroom_ntf.h"
#include "netlink/netlink.h"
#include "netlink/ports.h"
#include "session/headroom.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

/* between two looks */
#define HEADROOM_PAUSE	(HZ / 4)

/* The host that has most ports towards the destination: its address, or 0 */
static __be32 biggest_host(struct natgw_net *nn, const struct natgw_config *config,
			   const struct natgw_headroom_note *note, u32 *used)
{
	struct natgw_ports_query query = {
		.given = BIT(NATGW_A_PORTS_GATEWAY) | BIT(NATGW_A_PORTS_DST) |
			 BIT(NATGW_A_PORTS_PROTO),
		.by = NATGW_PORTS_BY_HOST,
		.top = 1,
		.gw = note->gw,
		.dst = note->peer,
		.dst_port = ntohs(note->peer_port),
		.proto = note->proto,
	};
	struct natgw_ports ports;
	__be32 host = 0;

	/* one that stands for all ports of its address has port 0 */
	if (note->peer_port || !natgw_l4(note->proto)->by_address)
		query.given |= BIT(NATGW_A_PORTS_DST_PORT);
	if (natgw_ports_gather(nn, config, &query, &ports, NULL))
		return 0;
	if (ports.n) {
		host = ports.rows[0].addr;
		*used = ports.rows[0].used;
	}
	natgw_ports_free(&ports);
	return host;
}

static int headroom_fill(struct sk_buff *skb, const struct natgw_headroom_note *note, __be32 host,
			 u32 host_used)
{
	const struct natgw_fill *fill = &note->fill;

	if (nla_put_string(skb, NATGW_A_HEADROOM_GATEWAY, note->gw->name) ||
	    nla_put_u32(skb, NATGW_A_HEADROOM_NEAR,
			note->near ? NATGW_SWITCH_ON : NATGW_SWITCH_OFF) ||
	    nla_put_u32(skb, NATGW_A_HEADROOM_FAMILY, AF_INET) ||
	    nla_put_u32(skb, NATGW_A_HEADROOM_PROTO, note->proto) ||
	    nla_put_in_addr(skb, NATGW_A_HEADROOM_DST, note->peer) ||
	    nla_put_u32(skb, NATGW_A_HEADROOM_DST_PORT, ntohs(note->peer_port)) ||
	    nla_put_u32(skb, NATGW_A_HEADROOM_USED, fill->used) ||
	    nla_put_u32(skb, NATGW_A_HEADROOM_PORTS, fill->ports) ||
	    (note->seconds && nla_put_u32(skb, NATGW_A_HEADROOM_SECONDS, note->seconds)) ||
	    (note->near && nla_put_u32(skb, NATGW_A_HEADROOM_PLACES, fill->near)) ||
	    (fill->addr && nla_put_in_addr(skb, NATGW_A_HEADROOM_ADDRESS, fill->addr)) ||
	    (host && (nla_put_in_addr(skb, NATGW_A_HEADROOM_SRC, host) ||
		      nla_put_u32(skb, NATGW_A_HEADROOM_SRC_USED, host_used))))
		return -EMSGSIZE;
	return 0;
}

/* Who has the ports of a destination that has come near exhaustion is kept for dumps, too */
static void headroom_notify(struct natgw_net *nn, const struct natgw_config *config,
			    const struct natgw_headroom_note *note)
{
	bool listeners = genl_has_listeners(&natgw_nl_family, nn->net, NATGW_MCGRP_ID_EXHAUSTION);
	u32 host_used = 0;
	__be32 host = 0;
	struct sk_buff *skb;
	void *msg;

	/*
	 * Walks the table, but rarely: ports must grow again by NATGW_WARN_LESS per cent first.
	 * For dumps alone once is enough, also if more hosts or addresses come near exhaustion
	 */
	if (note->near && (listeners || !note->named)) {
		host = biggest_host(nn, config, note, &host_used);
		natgw_headroom_name(&nn->table, note, host, host_used);
	}
	if (!listeners)
		return;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		goto lost;
	msg = genlmsg_put(skb, 0, 0, &natgw_nl_family, 0, NATGW_CMD_HEADROOM_NTF);
	if (!msg || headroom_fill(skb, note, host, host_used))
		goto lost;
	genlmsg_end(skb, msg);
	genlmsg_multicast_netns(&natgw_nl_family, nn->net, skb, 0, NATGW_MCGRP_ID_EXHAUSTION,
				GFP_KERNEL);
	return;

lost:
	nlmsg_free(skb);
	genl_set_err(&natgw_nl_family, nn->net, 0, NATGW_MCGRP_ID_EXHAUSTION, -ENOBUFS);
}

static void headroom_work(struct work_struct *work)
{
	struct natgw_net *nn = container_of(to_delayed_work(work), struct natgw_net, headroom);
	struct natgw_config *config = natgw_config_hold(nn);
	struct natgw_destination *destination;
	struct natgw_headroom_note note;
	unsigned long id = 0;
	bool tell;

	while (config) {
		rcu_read_lock();
		destination = xa_find(&nn->table.watched, &id, ULONG_MAX, XA_PRESENT);
		tell = destination && natgw_headroom_look(&nn->table, config, destination, &note);
		rcu_read_unlock();
		if (!destination)
			break;
		if (tell)
			headroom_notify(nn, config, &note);
		id++;
		cond_resched();
	}
	if (config)
		natgw_config_put(config);
	/* one that comes now queues the worker itself */
	if (!xa_empty(&nn->table.watched))
		queue_delayed_work(system_unbound_wq, &nn->headroom, HEADROOM_PAUSE);
}

void natgw_headroom_net_init(struct natgw_net *nn)
{
	INIT_DELAYED_WORK(&nn->headroom, headroom_work);
}

void natgw_headroom_net_exit(struct natgw_net *nn)
{
	cancel_delayed_work_sync(&nn->headroom);
}
