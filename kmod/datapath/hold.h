/* SPDX-License-Identifier: GPL-2.0 */
/* Private sources wait for a configuration: the module's parameter hold. */
#ifndef _NATGW_DATAPATH_HOLD_H
#define _NATGW_DATAPATH_HOLD_H

struct natgw_net;

/**
 * natgw_hold_begin - hold private sources back, if the module is asked to
 * @nn: namespace that begins, its counters are there
 *
 * Only the initial namespace is held: it is the router that boots. Others are made later, by
 * whoever configures them, and many of them are containers that natgw has nothing to do with.
 *
 * Return: 0 or a negative errno.
 */
int natgw_hold_begin(struct natgw_net *nn);

/**
 * natgw_hold_end - a configuration is in force, or the namespace goes
 * @nn: namespace, @nn->lock held
 *
 * Packets may run in the hook until a grace period has passed.
 */
void natgw_hold_end(struct natgw_net *nn);

#endif
