/* SPDX-License-Identifier: GPL-2.0 */
/* What is left of clusters goes back when its last session has ended. */
#ifndef _NATGW_CONTROL_CLUSTER_RUN_H
#define _NATGW_CONTROL_CLUSTER_RUN_H

struct natgw_net;

/**
 * natgw_cluster_run - give back what former configurations have left without sessions
 *
 * Context: process, nn->lock held. Return: jiffies until the next look, or 0.
 */
unsigned long natgw_cluster_run(struct natgw_net *nn);

#endif
