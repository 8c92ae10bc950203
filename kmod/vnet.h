/* SPDX-License-Identifier: GPL-2.0 */
/* Virtual networks as configuration. */
#ifndef _NATGW_VNET_H
#define _NATGW_VNET_H

#include <linux/refcount.h>
#include "config.h"

/** natgw_vnet_get - one more reference to the run-time part */
static inline struct natgw_vnet *natgw_vnet_get(struct natgw_vnet *vnet)
{
	refcount_inc(&vnet->ref);
	return vnet;
}

/** natgw_vnet_put - the last one frees it a grace period later; NULL is fine */
void natgw_vnet_put(struct natgw_vnet *vnet);

/** natgw_vnet_conf_put - the last one frees the entry at once */
void natgw_vnet_conf_put(struct natgw_vnet_conf *conf);

/**
 * natgw_vnet_add_default - put vnet "default" into an empty snapshot, as it is at first
 * @nn: namespace; its running "default" goes on
 * @config: the snapshot
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_vnet_add_default(struct natgw_net *nn, struct natgw_config *config);

#endif
