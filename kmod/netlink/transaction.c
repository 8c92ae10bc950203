// SPDX-License-Identifier: GPL-2.0
/*
 * Owns transactions: BEGIN, COMMIT, ABORT, and those that time out. Called by the netlink
 * family, and by netlink.c for each change.
 */
#include <linux/natgw.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "control/publish.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "netlink/netlink.h"
#include "netlink/transaction.h"
#include "snapshot/config.h"
#include "snapshot/net.h"

/*
 * A port id is free for others as soon as its socket closes, but the transaction waits for nn->lock
 * until it goes, see transaction_netlink_event(). The socket waits for that, so it is still there.
 */
static bool is_owner(const struct natgw_transaction *transaction, u32 portid, bool closing)
{
	return transaction->portid == portid && sock_flag(transaction->owner, SOCK_DEAD) == closing;
}

static struct natgw_transaction *find(struct natgw_net *nn, u32 portid, bool closing)
{
	struct natgw_transaction *transaction = nn->transactions.open;

	lockdep_assert_held(&nn->lock);
	if (transaction && is_owner(transaction, portid, closing))
		return transaction;
	list_for_each_entry(transaction, &nn->transactions.expired, node)
		if (is_owner(transaction, portid, closing))
			return transaction;
	return NULL;
}

/* The socket's transaction, open or timed out */
static struct natgw_transaction *transaction_find(struct natgw_net *nn, u32 portid)
{
	return find(nn, portid, false);
}

/* Takes it away from its owner; what it staged is the caller's, and may be NULL. */
static struct natgw_config *transaction_end(struct natgw_net *nn,
					    struct natgw_transaction *transaction)
{
	struct natgw_config *staging = transaction->staging;

	if (transaction == nn->transactions.open) {
		WRITE_ONCE(nn->transactions.open, NULL);
		cancel_delayed_work(&nn->transactions.timeout);
	} else {
		list_del(&transaction->node);
	}
	kfree(transaction);
	return staging;
}

static void transaction_drop(struct natgw_net *nn, struct natgw_transaction *transaction)
{
	struct natgw_config *staging = transaction_end(nn, transaction);

	if (staging)
		natgw_config_free(staging);
}

static void transaction_timeout(struct work_struct *work)
{
	struct natgw_net *nn = container_of(to_delayed_work(work), struct natgw_net,
					    transactions.timeout);
	struct natgw_transaction *transaction;

	mutex_lock(&nn->lock);
	transaction = nn->transactions.open;
	/* It may be a later one than the one that set the clock */
	if (transaction && time_after_eq(jiffies, transaction->deadline)) {
		list_add(&transaction->node, &nn->transactions.expired);
		/* Pairs with transaction_any(): it is in one of both places */
		smp_store_release(&nn->transactions.open, NULL);
		natgw_config_free(transaction->staging);
		transaction->staging = NULL;
	}
	mutex_unlock(&nn->lock);
}

static int transaction_refuse_expired(struct netlink_ext_ack *extack)
{
	return natgw_refuse(extack, NULL, -ETIMEDOUT,
			    "the transaction was dropped after %u seconds, nothing has changed",
			    NATGW_TRANSACTION_SECONDS);
}

struct natgw_config *natgw_transaction_staging(struct natgw_net *nn, u32 portid,
					       struct netlink_ext_ack *extack)
{
	const struct natgw_transaction *transaction = transaction_find(nn, portid);

	if (!transaction)
		return NULL;
	if (!transaction->staging)
		return ERR_PTR(transaction_refuse_expired(extack));
	if (transaction->staging->staged >= NATGW_TRANSACTION_BYTES)
		return ERR_PTR(natgw_refuse(extack, NULL, -E2BIG,
					    "the transaction holds %zu bytes of changes, at most %u",
					    transaction->staging->staged,
					    NATGW_TRANSACTION_BYTES));
	return transaction->staging;
}

/**
 * struct transaction_answer - what a request is told
 * @generation: of the configuration
 * @dry_run: nothing was applied
 * @sessions: that would end; of a dry run
 */
struct transaction_answer {
	u32 generation;
	bool dry_run;
	u32 sessions;
};

static int transaction_fill(struct sk_buff *skb, const void *data)
{
	const struct transaction_answer *answer = data;

	if (nla_put_u32(skb, NATGW_A_TRANSACTION_GENERATION, answer->generation) ||
	    (answer->dry_run &&
	     nla_put_u32(skb, NATGW_A_TRANSACTION_SESSIONS, answer->sessions)))
		return -EMSGSIZE;
	return 0;
}

static int transaction_begin(struct natgw_net *nn, const struct sock *owner,
			     struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NATGW_A_TRANSACTION_GENERATION];
	struct natgw_transaction *transaction;

	transaction = transaction_find(nn, info->snd_portid);
	if (transaction && transaction->staging)
		return natgw_refuse(info->extack, NULL, -EBUSY,
				    "this socket has a transaction open already");
	if (nn->transactions.open)
		return natgw_refuse(info->extack, NULL, -EBUSY,
				    "another transaction is open, of port id %u",
				    nn->transactions.open->portid);
	if (attr && nla_get_u32(attr) != nn->generation)
		return natgw_refuse(info->extack, attr, -ESTALE,
				    "generation %u is not that of the configuration, %u",
				    nla_get_u32(attr), nn->generation);
	/* One that timed out: BEGIN shows that its owner starts anew */
	if (transaction)
		transaction_drop(nn, transaction);

	transaction = kzalloc(sizeof(*transaction), GFP_KERNEL_ACCOUNT);
	if (!transaction)
		return -ENOMEM;
	transaction->staging = natgw_config_clone(nn);
	if (!transaction->staging) {
		kfree(transaction);
		return -ENOMEM;
	}
	transaction->portid = info->snd_portid;
	transaction->owner = owner;
	transaction->generation = nn->generation;
	transaction->deadline = jiffies + NATGW_TRANSACTION_SECONDS * HZ;
	WRITE_ONCE(nn->transactions.open, transaction);
	mod_delayed_work(system_unbound_wq, &nn->transactions.timeout,
			 NATGW_TRANSACTION_SECONDS * HZ);
	return 0;
}

int natgw_nl_transaction_begin(struct sk_buff *skb, struct genl_info *info)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	struct transaction_answer answer = {};
	struct sk_buff *reply;
	int err;

	/* first: a transaction that nobody knows of would keep all others out */
	reply = natgw_nl_reply_new(info);
	if (!reply)
		return -ENOMEM;
	mutex_lock(&nn->lock);
	err = transaction_begin(nn, NETLINK_CB(skb).sk, info);
	answer.generation = nn->generation;
	mutex_unlock(&nn->lock);
	return natgw_nl_reply_end(reply, info, err, transaction_fill, &answer);
}

/*
 * A transaction ends with its COMMIT, whatever comes of it. @reply: for the answer, or NULL.
 * @answer: says whether it is a dry run; the sessions that would end are put into it
 */
static int transaction_commit(struct natgw_net *nn, struct genl_info *info,
			      const struct sk_buff *reply, struct transaction_answer *answer)
{
	struct natgw_transaction *transaction;
	struct natgw_config *staging;
	u32 generation;

	transaction = transaction_find(nn, info->snd_portid);
	if (!transaction)
		return natgw_refuse(info->extack, NULL, -ENOENT,
				    "this socket has no transaction open");
	generation = transaction->generation;
	staging = transaction_end(nn, transaction);
	if (!staging)
		return transaction_refuse_expired(info->extack);
	if (generation != nn->generation) {
		natgw_config_free(staging);
		return natgw_refuse(info->extack, NULL, -ESTALE,
				    "the transaction began at generation %u and others have changed the configuration, now at %u",
				    generation, nn->generation);
	}
	if (!reply) {
		natgw_config_free(staging);
		return -ENOMEM;
	}
	if (answer->dry_run)
		return natgw_config_try(nn, staging, &answer->sessions, info->extack);
	return natgw_config_publish(nn, staging, info->extack);
}

int natgw_nl_transaction_commit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *dry_run = info->attrs[NATGW_A_TRANSACTION_DRY_RUN];
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	struct transaction_answer answer = {};
	struct sk_buff *reply;
	u32 on = NATGW_SWITCH_OFF;
	int err = 0;

	if (dry_run)
		err = natgw_nl_range(dry_run, "dry-run", 0, NATGW_SWITCH_ON, &on, info->extack);
	if (err)
		return err;
	answer.dry_run = on;
	/* first: once it is made a change must not fail for want of its answer */
	reply = natgw_nl_reply_new(info);
	mutex_lock(&nn->lock);
	err = transaction_commit(nn, info, reply, &answer);
	answer.generation = nn->generation;
	mutex_unlock(&nn->lock);
	return natgw_nl_reply_end(reply, info, err, transaction_fill, &answer);
}

int natgw_nl_transaction_abort(struct sk_buff *skb, struct genl_info *info)
{
	struct natgw_net *nn = natgw_pernet(genl_info_net(info));
	struct natgw_transaction *transaction;
	int err = 0;

	mutex_lock(&nn->lock);
	transaction = transaction_find(nn, info->snd_portid);
	if (transaction)
		transaction_drop(nn, transaction);
	else
		err = natgw_refuse(info->extack, NULL, -ENOENT,
				   "this socket has no transaction open");
	mutex_unlock(&nn->lock);
	return err;
}

/* Does any socket have one? Never misses one of the socket that asks. */
static bool transaction_any(const struct natgw_net *nn)
{
	/* Pairs with transaction_timeout() */
	return smp_load_acquire(&nn->transactions.open) ||
	       !list_empty(&nn->transactions.expired);
}

/*
 * A socket that closes takes its transaction with it. The sockets of all other
 * families come here too: they must not wait for a change that takes long.
 */
static int transaction_netlink_event(struct notifier_block *nb, unsigned long event,
				     void *data)
{
	const struct netlink_notify *notify = data;
	struct natgw_transaction *transaction;
	struct natgw_net *nn;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	nn = natgw_pernet(notify->net);
	if (!transaction_any(nn))
		return NOTIFY_DONE;
	mutex_lock(&nn->lock);
	/* also one of a later owner of the port id, which has closed as well */
	while ((transaction = find(nn, notify->portid, true)))
		transaction_drop(nn, transaction);
	mutex_unlock(&nn->lock);
	return NOTIFY_DONE;
}

static struct notifier_block natgw_transaction_notifier = {
	.notifier_call = transaction_netlink_event,
};

void natgw_transaction_net_init(struct natgw_net *nn)
{
	INIT_LIST_HEAD(&nn->transactions.expired);
	INIT_DELAYED_WORK(&nn->transactions.timeout, transaction_timeout);
}

void natgw_transaction_net_exit(struct natgw_net *nn)
{
	struct natgw_transaction *transaction, *next;

	cancel_delayed_work_sync(&nn->transactions.timeout);
	mutex_lock(&nn->lock);
	/* Sockets outlive the namespace's operations when the module goes */
	if (nn->transactions.open)
		transaction_drop(nn, nn->transactions.open);
	list_for_each_entry_safe(transaction, next, &nn->transactions.expired, node)
		transaction_drop(nn, transaction);
	mutex_unlock(&nn->lock);
}

int __init natgw_transaction_module_init(void)
{
	return netlink_register_notifier(&natgw_transaction_notifier);
}

void natgw_transaction_module_exit(void)
{
	netlink_unregister_notifier(&natgw_transaction_notifier);
}
