/* SPDX-License-Identifier: GPL-2.0 */
/* Changes of network devices that vnets and addresses refer to by name. */
#ifndef _NATGW_CONTROL_DEV_H
#define _NATGW_CONTROL_DEV_H

struct natgw_net;

void natgw_dev_net_init(struct natgw_net *nn);
/* nn->lock not held; nothing calls natgw_devices_kick() any more */
void natgw_dev_net_exit(struct natgw_net *nn);

/** natgw_dev_register - the notifier of devices; 0 or a negative errno. Takes RTNL. */
int natgw_dev_register(struct natgw_net *nn);

/** natgw_dev_unregister - undo it: the notifier is told of all devices as it goes */
void natgw_dev_unregister(struct natgw_net *nn);

#endif
