// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the command STATS_CHECK. Called by the netlink family.
 */
#include <linux/natgw.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "lib/extack.h"
#include "netlink/check.h"
#include "netlink/check_nl.h"
#include "netlink/netlink.h"
#include "snapshot/config.h"
#include "snapshot/net.h"

/**
 * struct natgw_check_dump - a dump under way
 * @check: the rows, found before the first message
 * @next: row to go on with
 * @done: @check is set
 */
struct natgw_check_dump {
	struct natgw_check check;
	u32 next;
	bool done;
};

static struct natgw_check_dump **check_dump_ctx(struct netlink_callback *cb)
{
	return (struct natgw_check_dump **)cb->ctx;
}

int natgw_nl_check_start(struct netlink_callback *cb)
{
	struct natgw_check_dump *dump;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	*check_dump_ctx(cb) = dump;
	return 0;
}

/* Not in start(): before 6.2 a refusal there cannot say why. */
static int check_dump_begin(struct natgw_net *nn, struct netlink_callback *cb,
			    struct natgw_check_dump *dump)
{
	int err;

	err = natgw_check_run(nn, &dump->check, cb->extack);
	if (err == -ENOMEM)
		natgw_refuse(cb->extack, NULL, err, "no memory for the check");
	dump->done = !err;
	return err;
}

static int check_fill(struct sk_buff *skb, const struct natgw_check_row *row)
{
	if (nla_put_string(skb, NATGW_A_CHECK_OBJECT, row->object) ||
	    nla_put_string(skb, NATGW_A_CHECK_GAUGE, row->gauge) ||
	    nla_put_u64_64bit(skb, NATGW_A_CHECK_COUNTED, row->counted, NATGW_A_CHECK_PAD) ||
	    nla_put_u64_64bit(skb, NATGW_A_CHECK_FOUND, row->found, NATGW_A_CHECK_PAD))
		return -EMSGSIZE;
	return 0;
}

int natgw_nl_check_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct natgw_check_dump *dump = *check_dump_ctx(cb);
	const struct natgw_check *check = &dump->check;
	void *msg;
	int err;

	if (!dump->done) {
		err = check_dump_begin(natgw_pernet(sock_net(skb->sk)), cb, dump);
		if (err)
			return err;
	}
	for (; dump->next < check->n; dump->next++) {
		msg = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &natgw_nl_family, NLM_F_MULTI, NATGW_CMD_STATS_CHECK);
		if (!msg)
			break;
		if (check_fill(skb, &check->rows[dump->next])) {
			genlmsg_cancel(skb, msg);
			break;
		}
		genlmsg_end(skb, msg);
	}
	return skb->len;
}

int natgw_nl_check_done(struct netlink_callback *cb)
{
	struct natgw_check_dump *dump = *check_dump_ctx(cb);

	natgw_check_free(&dump->check);
	kfree(dump);
	return 0;
}
