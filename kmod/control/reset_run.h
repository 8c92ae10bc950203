/* SPDX-License-Identifier: GPL-2.0 */
/* The end of all objects of a namespace, at once or when their sessions have ended. */
#ifndef _NATGW_CONTROL_RESET_RUN_H
#define _NATGW_CONTROL_RESET_RUN_H

#include <linux/types.h>

struct natgw_config;
struct natgw_net;
struct netlink_ext_ack;
struct nlattr;

/**
 * natgw_reset - take all objects out of a snapshot, or let them drain
 * @nn: namespace, nn->lock held
 * @config: snapshot that nobody sees yet
 * @drain: attribute NATGW_A_RESET_DRAIN, or NULL: at once
 * @staged: @config is a transaction's
 *
 * Vnet "default" stays, as it is at first. Return: 0 or an error with a sentence.
 */
int natgw_reset(struct natgw_net *nn, struct natgw_config *config, const struct nlattr *drain,
		bool staged, struct netlink_ext_ack *extack);

/**
 * natgw_reset_check - refuse a change of objects that go
 * @config: snapshot that is to be changed
 *
 * Return: 0, or -EBUSY with a sentence.
 */
int natgw_reset_check(const struct natgw_config *config, struct netlink_ext_ack *extack);

/**
 * natgw_reset_run - let all objects go if they drain and no session is open any more
 *
 * Context: process, nn->lock held. Return: jiffies until the next look, or 0.
 */
unsigned long natgw_reset_run(struct natgw_net *nn);

#endif
