/* SPDX-License-Identifier: GPL-2.0 */
/* One network namespace's gateway. */
#ifndef _NATGW_NET_H
#define _NATGW_NET_H

#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "datapath/direct.h"
#include "datapath/egress.h"
#include "netlink/transaction.h"
#include "session/session.h"

struct natgw_config;
struct natgw_sources;
struct natgw_stats;

#define NATGW_HOOKS	(3 + IS_ENABLED(CONFIG_IPV6))

/**
 * struct natgw_net - state of one network namespace
 * @net: the namespace
 * @lock: all configuration: writers of @config, @transactions, @active. Sleeps.
 * @config: running snapshot, from the start one with vnet "default"; written under @lock,
 *	read under RCU
 * @generation: of the running configuration, grows with each change; written
 *	under @lock
 * @transactions: the open one, if any, and those timed out; under @lock
 * @active: hooks and table are in place; under @lock. Set by the first object
 *	and kept until the namespace dies: namespaces that never had an object
 *	pay nothing.
 * @closing: its hooks are going: no change by itself any more; under @lock
 * @table: sessions
 * @directs: flows left alone
 * @stats: drop reasons per CPU
 * @devices: worker that follows changes of devices; takes @lock
 * @vnet_id: number given to the newest vnet; under @lock
 * @upkeep: worker of drains, shared addresses and seats; takes @lock
 * @exhaustion: worker that tells of refused flows
 * @sources: per CPU, hosts found genuine
 * @hooks: packet hooks; theirs for as long as the namespace, since listings of
 *	hooks read them under RCU
 * @forward_hook: one more, there once a configuration needed it; under @lock
 * @dev_notifier: announces addresses when their device comes up, starts @devices
 * @egress: the last look at packets, at each device
 */
struct natgw_net {
	struct net *net;
	struct mutex lock;	/* all configuration */
	struct natgw_config __rcu *config;
	u32 generation;
	struct natgw_transactions transactions;
	bool active;
	bool closing;
	struct natgw_table table;
	struct natgw_directs directs;
	struct natgw_stats __percpu *stats;
	struct delayed_work devices;
	u16 vnet_id;
	struct delayed_work upkeep;
	struct delayed_work exhaustion;
	struct natgw_sources __percpu *sources;
	struct nf_hook_ops hooks[NATGW_HOOKS];
	struct nf_hook_ops forward_hook;
	struct notifier_block dev_notifier;
	struct natgw_egress egress;
};

extern unsigned int natgw_net_id;

static inline struct natgw_net *natgw_pernet(const struct net *net)
{
	return net_generic(net, natgw_net_id);
}

/**
 * natgw_net_activate - put hooks and session table in place, once
 * @nn: namespace, @nn->lock held
 * @forward: the hook in FORWARD too, see natgw_hook_register_forward()
 *
 * Return: 0 or a negative errno, nothing left behind then.
 */
int natgw_net_activate(struct natgw_net *nn, bool forward);

#endif
