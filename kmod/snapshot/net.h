/* SPDX-License-Identifier: GPL-2.0 */
/* One network namespace's gateway. */
#ifndef _NATGW_SNAPSHOT_NET_H
#define _NATGW_SNAPSHOT_NET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <asm/barrier.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "snapshot/config.h"
#include "snapshot/tables.h"

struct natgw_sources;
struct natgw_stats;
struct sock;

#define NATGW_HOOKS	(3 + IS_ENABLED(CONFIG_IPV6))
#define NATGW_FORWARD_HOOKS	2

/**
 * struct natgw_transaction - one socket's transaction
 * @node: in natgw_transactions.expired, if it timed out
 * @portid: of the socket that owns it
 * @owner: that socket; when it closes the transaction goes before the socket does
 * @generation: of the configuration it started from
 * @deadline: jiffies after which it is dropped
 * @staging: snapshot that its changes go to; NULL once it timed out
 */
struct natgw_transaction {
	struct list_head node;
	u32 portid;
	const struct sock *owner;
	u32 generation;
	unsigned long deadline;
	struct natgw_config *staging;
};

/**
 * struct natgw_transactions - of one network namespace; under nn->lock
 * @open: the one that is open, or NULL
 * @expired: those that timed out and whose owner has not been told yet. Without
 *	them the owner's next change would go to the running configuration.
 * @timeout: drops @open
 */
struct natgw_transactions {
	struct natgw_transaction *open;
	struct list_head expired;
	struct delayed_work timeout;
};

/**
 * struct natgw_watches - sockets that watch the sessions of a namespace
 * @list: struct natgw_watch of netlink/session_watch.c; written under nn->lock, read under RCU
 * @n: their number; written under nn->lock, READ_ONCE() by sockets that close
 * @off: ends the counting some time after the last one
 */
struct natgw_watches {
	struct list_head list;
	u32 n;
	struct delayed_work off;
};

/**
 * struct natgw_dev_hooks - a hook at each device of a namespace
 * @ops: what each is a copy of; its @hook is NULL while they are not in place
 * @hooks: struct natgw_dev_hook by index of the device; under RTNL
 * @notifier: devices that come and go
 * @activator: task that puts the first ones in place, or NULL
 * @missing: a device has none: there was no memory; under RTNL, READ_ONCE() by others
 */
struct natgw_dev_hooks {
	struct nf_hook_ops ops;
	struct xarray hooks;
	struct notifier_block notifier;
	struct task_struct *activator;
	bool missing;
};

/**
 * struct natgw_own_ports - ports that the router's own sockets may get, as they were last seen
 * @ports: one bit each, or NULL: not yet seen
 * @version: grows each time they have changed
 *
 * All shared addresses of a namespace keep the same ones out. Under nn->lock.
 */
struct natgw_own_ports {
	unsigned long *ports;
	u32 version;
};

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
 * @holds: @hold_hook is there; under @lock
 * @table: sessions
 * @directs: flows left alone
 * @stats: drop reasons per CPU
 * @devices: worker that follows changes of devices; takes @lock
 * @vnet_id: number given to the newest vnet; under @lock
 * @maintenance: worker of drains, shared addresses and seats; takes @lock
 * @own_ports: what shared addresses keep out; under @lock
 * @exhaustion: worker that tells of refused flows
 * @headroom: worker that looks at destinations with many ports, while there are any
 * @watches: sockets that are told of sessions
 * @counts: snapshots count the packets of sessions; under @lock
 * @sources: per CPU, hosts found genuine
 * @hooks: packet hooks; theirs for as long as the namespace, since listings of
 *	hooks read them under RCU
 * @forward_hooks: more of them, for what is steered or goes into a VRF
 * @forward: these are there, since a configuration needed them; under @lock
 * @hold_hook: before the first configuration, if the module was asked to hold
 * @dev_notifier: announces addresses when their device comes up, starts @devices
 * @egress: the last look at packets, at each device
 * @ingress: where offloaded flows are sent on, while a gateway offloads: without counting the
 *	packets of a session, and with; under @lock
 * @offload_devices: grows with each event of a device; under RTNL, READ_ONCE() by packets
 * @serial: of the running snapshot; under @lock
 */
struct natgw_net {
	struct net *net;
	struct mutex lock;	/* all configuration */
	struct natgw_config __rcu *config;
	u32 generation;
	struct natgw_transactions transactions;
	bool active;
	bool closing;
	bool holds;
	struct natgw_table table;
	struct natgw_directs directs;
	struct natgw_stats __percpu *stats;
	struct delayed_work devices;
	u16 vnet_id;
	struct delayed_work maintenance;
	struct natgw_own_ports own_ports;
	struct delayed_work exhaustion;
	struct delayed_work headroom;
	struct natgw_watches watches;
	bool counts;
	struct natgw_sources __percpu *sources;
	struct nf_hook_ops hooks[NATGW_HOOKS];
	struct nf_hook_ops forward_hooks[NATGW_FORWARD_HOOKS];
	bool forward;
	struct nf_hook_ops hold_hook;
	struct notifier_block dev_notifier;
	struct natgw_dev_hooks egress;
	struct natgw_dev_hooks ingress[2];
	u32 offload_devices;
	u32 serial;
};

extern unsigned int natgw_net_id;

/**
 * natgw_net_has_table - may the tables be walked without @nn->lock?
 *
 * The first object brings them, and they stay as long as the namespace.
 */
static inline bool natgw_net_has_table(const struct natgw_net *nn)
{
	/* pairs with natgw_net_activate() */
	return smp_load_acquire(&nn->active);
}

static inline struct natgw_net *natgw_pernet(const struct net *net)
{
	return net_generic(net, natgw_net_id);
}

/** natgw_config_running - the running snapshot, for who holds nn->lock */
static inline struct natgw_config *natgw_config_running(const struct natgw_net *nn)
{
	return rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
}

/** natgw_maintenance_kick - there is something for the maintenance: look now. Any context */
static inline void natgw_maintenance_kick(struct natgw_net *nn)
{
	mod_delayed_work(system_unbound_wq, &nn->maintenance, 0);
}

/** natgw_maintenance_soon - the same, in a second if it does not look before. Any context */
static inline void natgw_maintenance_soon(struct natgw_net *nn)
{
	queue_delayed_work(system_unbound_wq, &nn->maintenance, HZ);
}

/**
 * natgw_devices_kick - devices have changed: look at them
 *
 * Context: any; with RTNL held, too: natgw_net_activate() takes it under nn->lock,
 * so the work is done by a worker.
 */
static inline void natgw_devices_kick(struct natgw_net *nn)
{
	mod_delayed_work(system_unbound_wq, &nn->devices, 0);
}

#endif
