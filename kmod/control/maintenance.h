/* SPDX-License-Identifier: GPL-2.0 */
/* What is to be looked after while nothing is configured: drains, shared addresses. */
#ifndef _NATGW_CONTROL_MAINTENANCE_H
#define _NATGW_CONTROL_MAINTENANCE_H

struct natgw_net;

void natgw_maintenance_net_init(struct natgw_net *nn);
/* nn->lock not held */
void natgw_maintenance_net_exit(struct natgw_net *nn);

#endif
