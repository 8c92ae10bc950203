// SPDX-License-Identifier: GPL-2.0
/*
 * Hosts exist only while a gateway limits them, each as long as it has a
 * session that was charged to it. Whether one was charged is a flag of the
 * session, changed under the host's lock.
 */
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include "config.h"
#include "host.h"
#include "session.h"

/** struct natgw_host_key - which host, of which gateway */
struct natgw_host_key {
	const struct natgw_gateway *gw;
	__be32 addr;
	u32 vnet;
};

/**
 * struct natgw_host - one inside host of a gateway that limits its hosts
 * @node: in the table
 * @key: who it is
 * @lock: the rest, and NATGW_SESSION_CHARGED of its sessions
 * @sessions: charged to it
 * @dead: out of the table
 * @rcu: used once @dead
 */
struct natgw_host {
	struct rhash_head node;
	struct natgw_host_key key;
	spinlock_t lock;	/* see above */
	u32 sessions;
	bool dead;
	struct rcu_head rcu;
};

#define HOST_TRIES	16

static struct kmem_cache *host_cache __read_mostly;
static hsiphash_key_t host_hash_key __read_mostly;

static u32 key_hash(const void *data, u32 len, u32 seed)
{
	const struct natgw_host_key *key = data;

	return hsiphash_3u32((u32)(unsigned long)key->gw ^ seed, (__force u32)key->addr,
			     key->vnet, &host_hash_key);
}

static const struct rhashtable_params host_params = {
	.key_len = sizeof(struct natgw_host_key),
	.key_offset = offsetof(struct natgw_host, key),
	.head_offset = offsetof(struct natgw_host, node),
	.hashfn = key_hash,
	.automatic_shrinking = true,
};

static struct natgw_host_key session_key(const struct natgw_session *session)
{
	return (struct natgw_host_key) {
		.gw = session->gw,
		.addr = session->inside.host,
		.vnet = session->inside.vnet,
	};
}

static void host_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(host_cache, container_of(rcu, struct natgw_host, rcu));
}

static struct natgw_host *host_make(struct natgw_table *table, const struct natgw_host_key *key)
{
	struct natgw_host *host, *other;

	host = kmem_cache_zalloc(host_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!host)
		return NULL;
	host->key = *key;
	spin_lock_init(&host->lock);
	other = rhashtable_lookup_get_insert_fast(&table->hosts, &host->node, host_params);
	/* pairs with the barrier of setting DEAD, see natgw_host_discharge() */
	smp_mb();
	if (!other)
		return host;
	kmem_cache_free(host_cache, host);
	return IS_ERR(other) ? NULL : other;
}

static struct natgw_host *host_get(struct natgw_table *table, const struct natgw_host_key *key)
{
	struct natgw_host *host = rhashtable_lookup(&table->hosts, key, host_params);

	return host ?: host_make(table, key);
}

/* before its lock is given back: one without sessions goes */
static void host_settle(struct natgw_table *table, struct natgw_host *host)
{
	if (host->sessions || host->dead)
		return;
	host->dead = true;
	rhashtable_remove_fast(&table->hosts, &host->node, host_params);
	call_rcu(&host->rcu, host_free_rcu);
}

/* Return: 0, -EDQUOT, -ENOMEM; -EAGAIN: the host has just gone */
static int host_try_charge(struct natgw_table *table, const struct natgw_host_key *key,
			   struct natgw_session *session, u32 limit)
{
	struct natgw_host *host = host_get(table, key);
	int err = 0;

	if (!host)
		return -ENOMEM;
	spin_lock_bh(&host->lock);
	if (host->dead) {
		err = -EAGAIN;
	} else if (host->sessions >= limit) {
		err = -EDQUOT;
	} else if (!test_bit(NATGW_SESSION_DEAD, &session->flags) &&
		   !test_and_set_bit(NATGW_SESSION_CHARGED, &session->flags)) {
		host->sessions++;
	}
	host_settle(table, host);
	spin_unlock_bh(&host->lock);
	return err;
}

static int host_charge(struct natgw_table *table, struct natgw_session *session, u32 limit)
{
	const struct natgw_host_key key = session_key(session);
	unsigned int tries;
	int err;

	for (tries = 0; tries < HOST_TRIES; tries++) {
		err = host_try_charge(table, &key, session, limit);
		if (err != -EAGAIN)
			return err;
	}
	return -ENOMEM;
}

int natgw_host_charge(struct natgw_table *table, struct natgw_session *session, u32 limit)
{
	return limit ? host_charge(table, session, limit) : 0;
}

bool natgw_host_full(struct natgw_table *table, const struct natgw_gateway *gw,
		     const struct natgw_tuple *inside, u32 limit)
{
	const struct natgw_host_key key = {
		.gw = gw,
		.addr = inside->host,
		.vnet = inside->vnet,
	};
	const struct natgw_host *host;

	if (!limit)
		return false;
	host = rhashtable_lookup(&table->hosts, &key, host_params);
	return host && READ_ONCE(host->sessions) >= limit;
}

void natgw_host_discharge(struct natgw_table *table, struct natgw_session *session)
{
	const struct natgw_host_key key = session_key(session);
	struct natgw_host *host;

	/*
	 * The session is DEAD, or only its maker has it. DEAD was set by an atomic
	 * operation with a full barrier: either the census sees it, or the census'
	 * host is seen here.
	 */
	if (!atomic_read(&table->hosts.nelems))
		return;
	host = rhashtable_lookup(&table->hosts, &key, host_params);
	if (!host)
		return;
	spin_lock_bh(&host->lock);
	if (test_and_clear_bit(NATGW_SESSION_CHARGED, &session->flags))
		host->sessions--;
	host_settle(table, host);
	spin_unlock_bh(&host->lock);
}

static bool census_one(struct natgw_table *table, struct natgw_session *session, void *data)
{
	const struct natgw_gateway *gw = data;

	if (session->gw != gw || test_bit(NATGW_SESSION_CHARGED, &session->flags))
		return false;
	/* those there are may be more than the limit */
	return !host_charge(table, session, U32_MAX) &&
	       test_bit(NATGW_SESSION_CHARGED, &session->flags);
}

void natgw_host_census(struct natgw_table *table, const struct natgw_gateway *gw)
{
	natgw_session_each(table, census_one, (void *)gw);
}

u64 natgw_host_bytes(const struct natgw_table *table)
{
	return natgw_table_bytes(&table->hosts, kmem_cache_size(host_cache));
}

int natgw_host_net_init(struct natgw_table *table)
{
	return rhashtable_init(&table->hosts, &host_params);
}

static void host_free(void *ptr, void *arg)
{
	kmem_cache_free(host_cache, ptr);
}

void natgw_host_net_exit(struct natgw_table *table)
{
	rhashtable_free_and_destroy(&table->hosts, host_free, NULL);
}

int natgw_host_module_init(void)
{
	get_random_bytes(&host_hash_key, sizeof(host_hash_key));
	host_cache = KMEM_CACHE(natgw_host, SLAB_HWCACHE_ALIGN);
	return host_cache ? 0 : -ENOMEM;
}

void natgw_host_module_exit(void)
{
	kmem_cache_destroy(host_cache);
}
