// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the messages that carry records of sessions out and back. Called by session_nl.c, which
 * walks the tables, and by the netlink family.
 *
 * A record that no longer fits is counted by reason and refuses nothing: the file is of another
 * moment, and what can be had of it is wanted.
 */
#include <linux/bottom_half.h>
#include <linux/minmax.h>
#include <linux/natgw.h>
#include <linux/sched/signal.h>
#include <net/genetlink.h>
#include "datapath/direct.h"
#include "datapath/direct_record.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "netlink/netlink.h"
#include "netlink/save_nl.h"
#include "session/record.h"
#include "session/session.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/set.h"

/* Records made between two chances for others to run */
#define RESTORE_BATCH	64

const struct nla_policy natgw_restore_policy[NATGW_A_SAVE_PAUSE + 1] = {
	[NATGW_A_SAVE_VERSION]	= { .type = NLA_U32 },
	[NATGW_A_SAVE_VNET]	= { .type = NLA_NUL_STRING },
	[NATGW_A_SAVE_SESSIONS]	= { .type = NLA_BINARY },
	[NATGW_A_SAVE_DIRECTS]	= { .type = NLA_BINARY },
	[NATGW_A_SAVE_PAUSE]	= { .type = NLA_U32 },
};

/* enum natgw_kind */
static const struct {
	u16 attr;
	u16 size;
} kinds[] = {
	[NATGW_KIND_NAT] = { NATGW_A_SAVE_SESSIONS, sizeof(struct natgw_session_record) },
	[NATGW_KIND_DIRECT] = { NATGW_A_SAVE_DIRECTS, sizeof(struct natgw_direct_record) },
};

static const struct natgw_vnet *vnet_of(u32 kind, const void *entry)
{
	const struct natgw_session *session = entry;
	const struct natgw_direct *direct = entry;

	return kind == NATGW_KIND_NAT ? session->subnet->vnet : direct->subnet->vnet;
}

static int save_begin(struct natgw_save *save, struct sk_buff *skb, struct netlink_callback *cb,
		      u32 kind, const struct natgw_vnet *vnet)
{
	void *msg;

	msg = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &natgw_nl_family,
			  NLM_F_MULTI, NATGW_CMD_SESSION_SAVE);
	if (!msg)
		return -EMSGSIZE;
	save->records = NULL;
	if (!nla_put_u32(skb, NATGW_A_SAVE_VERSION, NATGW_RECORD_VERSION) &&
	    !nla_put_string(skb, NATGW_A_SAVE_VNET, vnet->name) &&
	    skb_tailroom(skb) >= NLA_HDRLEN + kinds[kind].size)
		save->records = nla_reserve(skb, kinds[kind].attr, 0);
	if (!save->records) {
		genlmsg_cancel(skb, msg);
		return -EMSGSIZE;
	}
	save->msg = msg;
	save->vnet = vnet;
	save->kind = kind;
	return 0;
}

void natgw_save_end(struct natgw_save *save, struct sk_buff *skb)
{
	if (save->msg)
		genlmsg_end(skb, save->msg);
	save->msg = NULL;
}

int natgw_save_put(struct natgw_save *save, struct sk_buff *skb, struct netlink_callback *cb,
		   u32 kind, const void *entry)
{
	const struct natgw_vnet *vnet = vnet_of(kind, entry);
	u16 size = kinds[kind].size;
	void *record;
	int err;

	if (save->msg && (save->vnet != vnet || save->kind != kind ||
			  save->records->nla_len > U16_MAX - size))
		natgw_save_end(save, skb);
	if (!save->msg) {
		err = save_begin(save, skb, cb, kind, vnet);
		if (err)
			return err;
	}
	if (skb_tailroom(skb) < size)
		return -EMSGSIZE;
	/* sizes of records are those of aligned attributes, so none needs padding */
	BUILD_BUG_ON(sizeof(struct natgw_session_record) % NLA_ALIGNTO ||
		     sizeof(struct natgw_direct_record) % NLA_ALIGNTO);
	record = skb_put(skb, size);
	save->records->nla_len += size;
	if (kind == NATGW_KIND_NAT)
		natgw_session_record(entry, record);
	else
		natgw_direct_write(entry, record);
	return 0;
}

/**
 * struct restore - a message under way
 * @nn: namespace
 * @config: its snapshot, which stays while @nn->lock is held
 * @vnet: of the records, or NULL
 * @pause: ms since they were written
 * @count: by attribute of the answer
 */
struct restore {
	struct natgw_net *nn;
	const struct natgw_config *config;
	const struct natgw_vnet_view *vnet;
	u32 pause;
	u32 count[NATGW_A_SAVE_MAX + 1];
};

static int restore_one(const struct restore *restore, u32 kind, const void *record)
{
	if (kind == NATGW_KIND_NAT)
		return natgw_session_restore(restore->nn, restore->config, restore->vnet, record,
					     restore->pause);
	return natgw_direct_restore(restore->nn, restore->vnet, record, restore->pause);
}

static void restore_batch(struct restore *restore, u32 kind, const void *records, u32 n)
{
	u32 i;

	local_bh_disable();
	rcu_read_lock();
	for (i = 0; i < n; i++)
		restore->count[restore_one(restore, kind, records + i * kinds[kind].size)]++;
	rcu_read_unlock();
	local_bh_enable();
}

static int restore_all(struct restore *restore, u32 kind, const struct nlattr *attr)
{
	u32 n = nla_len(attr) / kinds[kind].size, done, more;

	for (done = 0; done < n; done += more) {
		more = min_t(u32, n - done, RESTORE_BATCH);
		restore_batch(restore, kind, nla_data(attr) + done * kinds[kind].size, more);
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

static int check_records(const struct nlattr *attr, u32 kind, struct netlink_ext_ack *extack)
{
	if (!attr || (nla_len(attr) && nla_len(attr) % kinds[kind].size == 0))
		return 0;
	return natgw_refuse(extack, attr, -EINVAL,
			    "%d bytes are no records of %u bytes each", nla_len(attr),
			    kinds[kind].size);
}

static int check_message(struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	u32 kind, version = 0;
	int err;

	if (!attrs[NATGW_A_SAVE_VERSION])
		return natgw_refuse_missing(info->extack, NATGW_A_SAVE_VERSION, "version");
	if (!attrs[NATGW_A_SAVE_VNET])
		return natgw_refuse_missing(info->extack, NATGW_A_SAVE_VNET, "vnet");
	version = nla_get_u32(attrs[NATGW_A_SAVE_VERSION]);
	if (version != NATGW_RECORD_VERSION)
		return natgw_refuse(info->extack, attrs[NATGW_A_SAVE_VERSION], -EPROTONOSUPPORT,
				    "records are of version %u, this module takes version %u",
				    version, NATGW_RECORD_VERSION);
	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		err = check_records(attrs[kinds[kind].attr], kind, info->extack);
		if (err)
			return err;
	}
	return 0;
}

static int restore_message(struct restore *restore, struct genl_info *info)
{
	const struct nlattr *attr;
	int index, err = 0;
	u32 kind;

	if (!restore->nn->active)
		return natgw_refuse(info->extack, NULL, -ENOENT,
				    "there is no configuration that sessions could be of: apply it first");
	restore->config = natgw_config_running(restore->nn);
	index = natgw_set_lookup(restore->config, NATGW_OBJECT_VNET,
				 nla_data(info->attrs[NATGW_A_SAVE_VNET]));
	restore->vnet = index < 0 ? NULL : &restore->config->views[index];
	for (kind = 0; !err && kind < ARRAY_SIZE(kinds); kind++) {
		attr = info->attrs[kinds[kind].attr];
		if (attr)
			err = restore_all(restore, kind, attr);
	}
	/* some may be of what has drained, at which nobody looks any more */
	if (restore->config->drains)
		natgw_maintenance_soon(restore->nn);
	return err;
}

static int restore_fill(struct sk_buff *skb, const void *data)
{
	const struct restore *restore = data;
	u32 attr;

	for (attr = NATGW_A_SAVE_RESTORED; attr <= NATGW_A_SAVE_MAX; attr++)
		if (nla_put_u32(skb, attr, restore->count[attr]))
			return -EMSGSIZE;
	return 0;
}

int natgw_nl_session_restore(struct sk_buff *skb, struct genl_info *info)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	const struct nlattr *pause = info->attrs[NATGW_A_SAVE_PAUSE];
	struct restore restore = { .nn = nn };
	struct sk_buff *reply;
	int err;

	err = check_message(info);
	if (err)
		return err;
	if (pause)
		restore.pause = nla_get_u32(pause);
	reply = natgw_nl_reply_new(info);
	if (!reply)
		return -ENOMEM;
	mutex_lock(&nn->lock);
	err = restore_message(&restore, info);
	mutex_unlock(&nn->lock);
	return natgw_nl_reply_end(reply, info, err, restore_fill, &restore);
}
