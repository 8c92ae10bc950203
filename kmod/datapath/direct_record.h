/* SPDX-License-Identifier: GPL-2.0 */
/* Direct records that outlive the module: saved, and made again. */
#ifndef _NATGW_DATAPATH_DIRECT_RECORD_H
#define _NATGW_DATAPATH_DIRECT_RECORD_H

#include <linux/natgw.h>
#include <linux/types.h>

struct natgw_direct;
struct natgw_net;
struct natgw_vnet_view;

/** natgw_direct_write - write down a direct record. Context: RCU */
void natgw_direct_write(const struct natgw_direct *direct, struct natgw_direct_record *record);

/**
 * natgw_direct_restore - make it again
 * @nn: namespace, nn->lock held: its snapshot stays
 * @vnet: vnet of the record in that snapshot, or NULL
 * @record: from userspace, not to be trusted
 * @pause: ms since it was written
 *
 * Context: process, BH off, RCU. Return: as natgw_session_restore().
 */
int natgw_direct_restore(struct natgw_net *nn, const struct natgw_vnet_view *vnet,
			 const struct natgw_direct_record *record, u32 pause);

#endif
