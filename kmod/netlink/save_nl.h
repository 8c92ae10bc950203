/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions and direct records for a file, and from it. */
#ifndef _NATGW_NETLINK_SAVE_NL_H
#define _NATGW_NETLINK_SAVE_NL_H

#include <linux/natgw.h>
#include <net/netlink.h>

struct genl_info;
struct natgw_vnet;
struct netlink_callback;
struct sk_buff;

extern const struct nla_policy natgw_restore_policy[NATGW_A_SAVE_PAUSE + 1];

/**
 * struct natgw_save - the message of a dump that is being filled
 * @msg: or NULL
 * @records: its last attribute, which grows
 * @vnet: of all records in it
 * @kind: enum natgw_kind of them
 */
struct natgw_save {
	void *msg;
	struct nlattr *records;
	const struct natgw_vnet *vnet;
	u32 kind;
};

/**
 * natgw_save_put - one more record
 * @save: message, begun or not
 * @skb: what it is in
 * @kind: enum natgw_kind of @entry
 * @entry: struct natgw_session or natgw_direct
 *
 * Context: RCU. Return: 0, or -EMSGSIZE: it did not fit.
 */
int natgw_save_put(struct natgw_save *save, struct sk_buff *skb, struct netlink_callback *cb,
		   u32 kind, const void *entry);

/** natgw_save_end - the message is complete, if one was begun; before RCU is left */
void natgw_save_end(struct natgw_save *save, struct sk_buff *skb);

int natgw_nl_session_restore(struct sk_buff *skb, struct genl_info *info);

#endif
