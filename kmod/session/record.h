/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions as records that outlive the module: saved, and made sessions again. */
#ifndef _NATGW_SESSION_RECORD_H
#define _NATGW_SESSION_RECORD_H

#include <linux/natgw.h>
#include <linux/types.h>

struct natgw_config;
struct natgw_net;
struct natgw_session;
struct natgw_vnet_view;

/** NATGW_RECORD_FLAGS - all of enum natgw_record_flag */
#define NATGW_RECORD_FLAGS	(2 * NATGW_RECORD_FLAG_CHANGED - 1)

/**
 * natgw_session_record - write down a session
 *
 * Numbers that a packet changes meanwhile may be of either side of it.
 * Context: RCU; @session is READY.
 */
void natgw_session_record(const struct natgw_session *session,
			  struct natgw_session_record *record);

/** natgw_record_created - natgw_clock() of so many seconds ago, seven years at most */
u32 natgw_record_created(u32 age);

/**
 * natgw_session_restore - make a session from its record
 * @nn: namespace, nn->lock held: its snapshot stays
 * @config: that snapshot
 * @vnet: vnet of the record, or NULL
 * @record: from userspace, not to be trusted
 * @pause: ms since it was written
 *
 * Context: process, BH off, RCU. Return: NATGW_A_SAVE_RESTORED, or the attribute that counts
 * why there is none.
 */
int natgw_session_restore(struct natgw_net *nn, const struct natgw_config *config,
			  const struct natgw_vnet_view *vnet,
			  const struct natgw_session_record *record, u32 pause);

#endif
