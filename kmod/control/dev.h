/* SPDX-License-Identifier: GPL-2.0 */
/* Changes of network devices that vnets refer to by name. */
#ifndef _NATGW_DEV_H
#define _NATGW_DEV_H

struct natgw_net;

void natgw_dev_net_init(struct natgw_net *nn);
/* nn->lock not held; nothing calls natgw_dev_changed() any more */
void natgw_dev_net_exit(struct natgw_net *nn);

/**
 * natgw_dev_changed - a device came, went, moved or got another name
 * @event: of the notifier; others are passed over
 *
 * Context: RTNL is held, so the work is done later: natgw_net_activate() takes
 * RTNL under nn->lock.
 */
void natgw_dev_changed(struct natgw_net *nn, unsigned long event);

#endif
