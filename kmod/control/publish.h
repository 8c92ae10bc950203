/* SPDX-License-Identifier: GPL-2.0 */
/* How a snapshot becomes the one that is in force. */
#ifndef _NATGW_CONTROL_PUBLISH_H
#define _NATGW_CONTROL_PUBLISH_H

#include <linux/types.h>

struct natgw_config;
struct natgw_net;
struct netlink_ext_ack;

/**
 * struct natgw_publish_ops - what the rooms above do when a snapshot is in force
 * @published: notifies of each object that came, changed or went between two
 *	snapshots, and lets the run-time objects refer to their new entries;
 *	nn->lock is held, and the older snapshot is still valid
 */
struct natgw_publish_ops {
	void (*published)(struct natgw_net *nn, const struct natgw_config *old,
			  const struct natgw_config *config);
};

/**
 * natgw_publish_module_init - start of the module, before there are namespaces
 * @ops: of those who are told, for as long as the module is there
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_publish_module_init(const struct natgw_publish_ops *ops);
void natgw_publish_module_exit(void);

/**
 * natgw_config_publish - compile @config and make it the running snapshot
 * @nn: namespace, @nn->lock held
 * @config: taken over in every case
 * @extack: says why not
 *
 * Timers and modes of the gateways are put in force; sessions that lost their
 * address, gateway or subnet are ended, new addresses announced, and listeners
 * told, before it returns.
 *
 * Return: 0, or a negative errno and nothing changed.
 */
int natgw_config_publish(struct natgw_net *nn, struct natgw_config *config,
			 struct netlink_ext_ack *extack);

/**
 * natgw_config_try - would natgw_config_publish() take @config? Nothing changes
 * @nn: namespace, @nn->lock held
 * @config: dropped in every case
 * @sessions: result: how many would end
 * @extack: says why not
 *
 * Want of memory for what is made when it is published may still refuse it then.
 * Return: 0 or a negative errno.
 */
int natgw_config_try(struct natgw_net *nn, struct natgw_config *config, u32 *sessions,
		     struct netlink_ext_ack *extack);

/**
 * natgw_config_refresh - compile the running snapshot anew, if its devices have changed
 *
 * The configuration has not: there is no new generation, and listeners are told of
 * vnets alone that went down, came up or changed their VRF.
 *
 * Context: process, nn->lock held. Return: 0 or -ENOMEM.
 */
int natgw_config_refresh(struct natgw_net *nn);

/**
 * natgw_config_again - compile the running configuration anew, as what it depends on has changed
 *
 * There is no new generation, and listeners are told of nothing. Context: process, nn->lock
 * held. Return: 0, or a negative errno and nothing changed.
 */
int natgw_config_again(struct natgw_net *nn, struct netlink_ext_ack *extack);

/**
 * natgw_config_net_init - first snapshot of a namespace: vnet "default" alone
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_config_net_init(struct natgw_net *nn);

/**
 * natgw_config_release - drop the running snapshot of a dying namespace
 *
 * No packet can see it any more.
 */
void natgw_config_release(struct natgw_net *nn);

#endif
