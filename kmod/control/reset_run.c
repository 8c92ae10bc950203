// SPDX-License-Identifier: GPL-2.0
/*
 * Owns "reset": all objects of a namespace go, at once or when their sessions have ended.
 * Called by the netlink family, and by maintenance.c.
 *
 * While a reset drains the objects stay, so that nothing of their subnets gets out untranslated,
 * and no gateway takes a new flow. Changes are refused: a new object would go with the others.
 */
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <net/netlink.h>
#include "config/drain.h"
#include "config/vnet.h"
#include "control/publish.h"
#include "control/reset_run.h"
#include "lib/extack.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/set.h"

/* All objects go but vnet "default", which is as it is at first. */
static int reset_now(struct natgw_net *nn, struct natgw_config *config)
{
	struct natgw_entry *entry = natgw_vnet_default(nn);

	if (!entry)
		return -ENOMEM;
	natgw_config_clear(config);
	config->anew = true;
	/* there is room where the former one was */
	return natgw_set_append(config, entry);
}

int natgw_reset(struct natgw_net *nn, struct natgw_config *config, const struct nlattr *drain,
		bool staged, struct netlink_ext_ack *extack)
{
	u64 end = 0;
	int err;

	lockdep_assert_held(&nn->lock);
	err = natgw_drain_parse(drain, &end, extack);
	if (err)
		return err;
	if (!drain || nla_get_u32(drain) == NATGW_DRAIN_NOW)
		return reset_now(nn, config);
	/* nothing to wait for; a transaction may find sessions when it is committed */
	if (end && !staged && !(nn->active && natgw_session_count(&nn->table)))
		return reset_now(nn, config);
	config->reset_end = end;
	return 0;
}

int natgw_reset_check(const struct natgw_config *config, struct netlink_ext_ack *extack)
{
	if (!config->reset_end)
		return 0;
	return natgw_refuse(extack, NULL, -EBUSY,
			    "all objects drain and go in %us, natgwctl reset lets them go at once, natgwctl reset drain off keeps them",
			    natgw_drain_left(config->reset_end));
}

/* @data: set if a session is open; the port of one that has ended merely cools. Ends none */
static bool see_open(struct natgw_table *table, struct natgw_session *session, void *data)
{
	if (natgw_session_live(session))
		*(bool *)data = true;
	return false;
}

unsigned long natgw_reset_run(struct natgw_net *nn)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	struct natgw_config *config;
	u64 now = get_jiffies_64();
	bool open = false;

	if (!running || !running->reset_end || nn->closing)
		return 0;
	if (running->reset_end > now) {
		/* packets that still see an older snapshot may be opening sessions */
		synchronize_rcu();
		natgw_session_each(&nn->table, see_open, &open);
	}
	/* a new generation would refuse an open transaction's commit: it ends soon */
	if (open || nn->transactions.open)
		return HZ;
	config = natgw_config_clone(nn);
	if (!config)
		return HZ;
	if (reset_now(nn, config))
		natgw_config_free(config);
	else if (!natgw_config_publish(nn, config, NULL))
		return 0;
	return HZ;
}
