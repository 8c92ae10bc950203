/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions of a namespace are watched from some moment on, and until another. */
#ifndef _NATGW_CONTROL_COUNT_H
#define _NATGW_CONTROL_COUNT_H

struct natgw_net;
struct netlink_ext_ack;

/**
 * natgw_count_begin - count the packets of each session that opens from now on, and tell of it
 * @nn: namespace, nn->lock held
 * @extack: says why not
 *
 * Nothing happens if it is so already. Context: process, sleeps.
 * Return: 0, or a negative errno and nothing changed.
 */
int natgw_count_begin(struct natgw_net *nn, struct netlink_ext_ack *extack);

/**
 * natgw_count_end - nobody watches any more
 *
 * Context: process, nn->lock held, sleeps. Return: 0, or -ENOMEM: try again; packets of
 * sessions that have counters are counted until then.
 */
int natgw_count_end(struct natgw_net *nn);

#endif
