/* SPDX-License-Identifier: GPL-2.0 */
/* The vnet and subnet that a managed cluster makes. */
#ifndef _NATGW_CONFIG_CLUSTER_NETWORK_H
#define _NATGW_CONFIG_CLUSTER_NETWORK_H

struct natgw_cluster_change;

/** natgw_cluster_make_network - a step of a change; 0, or a negative errno with the reason */
int natgw_cluster_make_network(struct natgw_cluster_change *change);

#endif
