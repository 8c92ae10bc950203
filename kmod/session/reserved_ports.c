// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the ports that stay out of an address's pool: the router's own, and those
 * reserved. Called by config/, and by control/ as a snapshot is put in force and by its
 * worker.
 */
#include <linux/bitmap.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/ip.h>
#include <net/netlink.h>
#include "lib/extack.h"
#include "lib/portmap.h"
#include "session/destination_count.h"
#include "session/reserved_ports.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/view.h"

#define SHARED_PORTS	65536

int natgw_reserved_parse(const struct nlattr *attr, char **list, struct netlink_ext_ack *extack)
{
	const char *value = nla_data(attr);
	unsigned long *ports;
	int err = -ENOMEM;
	int len;

	*list = NULL;
	len = strnlen(value, nla_len(attr));
	if (len + 1 != nla_len(attr))
		return natgw_refuse(extack, attr, -EINVAL, "reserve has bytes after its end");
	if (len > NATGW_RESERVE_MAX)
		return natgw_refuse(extack, attr, -EINVAL, "reserve has %d bytes, at most %d", len,
				    NATGW_RESERVE_MAX);
	if (!len)
		return 0;
	ports = bitmap_zalloc(SHARED_PORTS, GFP_KERNEL);
	*list = kmalloc(NATGW_RESERVE_MAX + 1, GFP_KERNEL_ACCOUNT);
	if (!ports || !*list)
		goto err_free;
	err = bitmap_parselist(value, ports, SHARED_PORTS);
	if (err) {
		natgw_refuse(extack, attr, err,
			     "reserve %*pE is no list of ports below 65536 like 80,443,8000-8099",
			     min(len, 64), value);
		goto err_free;
	}
	if (scnprintf(*list, NATGW_RESERVE_MAX + 1, "%*pbl", SHARED_PORTS, ports) ==
	    NATGW_RESERVE_MAX) {
		err = natgw_refuse(extack, attr, -EINVAL, "reserve has more than %d bytes",
				   NATGW_RESERVE_MAX);
		goto err_free;
	}
	if (bitmap_empty(ports, SHARED_PORTS)) {
		kfree(*list);
		*list = NULL;
	}
	bitmap_free(ports);
	return 0;

err_free:
	bitmap_free(ports);
	kfree(*list);
	*list = NULL;
	return err;
}

/* Ports that the stack may give to the router's own sockets. @ports: all clear */
static void own_ports(struct net *net, unsigned long *ports)
{
	const unsigned long *reserved = READ_ONCE(net->ipv4.sysctl_local_reserved_ports);
	int low, high;

	inet_get_local_port_range(net, &low, &high);
	bitmap_set(ports, low, high - low + 1);
	if (reserved)
		bitmap_or(ports, ports, reserved, SHARED_PORTS);
}

/*
 * Looks at the router's settings once for all addresses: version grows if its ports
 * are others than the last time. Return: 0 or -ENOMEM.
 */
static int look(struct natgw_net *nn)
{
	struct natgw_own_ports *own = &nn->own_ports;
	unsigned long *ports;

	lockdep_assert_held(&nn->lock);
	ports = bitmap_zalloc(SHARED_PORTS, GFP_KERNEL_ACCOUNT);
	if (!ports)
		return -ENOMEM;
	own_ports(nn->net, ports);
	if (!own->ports || !bitmap_equal(own->ports, ports, SHARED_PORTS)) {
		swap(own->ports, ports);
		own->version++;
	}
	bitmap_free(ports);
	return 0;
}

void natgw_reserved_net_exit(struct natgw_net *nn)
{
	bitmap_free(nn->own_ports.ports);
}

/* Return: the ports that stay out, NULL for none, or an error pointer */
static struct natgw_portmap *shared_build(const struct natgw_net *nn,
					  const struct natgw_address_conf *conf)
{
	struct natgw_portmap *map;
	unsigned long *ports;

	if (!conf->shared && !conf->reserve)
		return NULL;
	ports = bitmap_zalloc(SHARED_PORTS, GFP_KERNEL);
	map = kmalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	if (!ports || !map) {
		kfree(map);
		map = ERR_PTR(-ENOMEM);
		goto out;
	}
	/* it was checked when it was set */
	if (conf->reserve && bitmap_parselist(conf->reserve, ports, SHARED_PORTS))
		WARN_ON_ONCE(1);
	if (conf->shared)
		bitmap_or(ports, ports, nn->own_ports.ports, SHARED_PORTS);
	bitmap_to_arr64(map->word, ports + BIT_WORD(NATGW_PORT_MIN), NATGW_PORTS);
	natgw_portmap_recount(map);
	if (natgw_portmap_free(map) == NATGW_PORTS) {
		kfree(map);
		map = NULL;
	}
out:
	bitmap_free(ports);
	return map;
}

static bool same_ports(const struct natgw_portmap *a, const struct natgw_portmap *b)
{
	return a == b || (a && b && !memcmp(a->word, b->word, sizeof(a->word)));
}

/* Is what an address keeps out of its pool in force already? */
static bool is_in_force(const struct natgw_net *nn, const struct natgw_address_conf *conf)
{
	const struct natgw_address *address = conf->address;

	return address->running == conf &&
	       (!conf->shared || address->own_version == nn->own_ports.version);
}

int natgw_reserved_compile(struct natgw_net *nn, struct natgw_config *config)
{
	struct natgw_portmap *map;
	u32 i;

	if (config->shared && look(nn))
		return -ENOMEM;
	config->reserved = kvcalloc(config->n_addresses, sizeof(*config->reserved),
				    GFP_KERNEL_ACCOUNT);
	if (!config->reserved)
		return -ENOMEM;
	for (i = 0; i < config->n_addresses; i++) {
		if (is_in_force(nn, config->addresses[i])) {
			config->reserved[i] = NATGW_RESERVED_SAME;
			continue;
		}
		map = shared_build(nn, config->addresses[i]);
		if (IS_ERR(map))
			return PTR_ERR(map);
		config->reserved[i] = map;
		cond_resched();
	}
	return 0;
}

bool natgw_reserved_enforce(struct natgw_net *nn, struct natgw_config *config, u32 index)
{
	struct natgw_address *address = config->addresses[index]->address;
	struct natgw_portmap *new = config->reserved[index], *old;

	if (new == NATGW_RESERVED_SAME)
		return false;
	address->own_version = nn->own_ports.version;
	old = rcu_dereference_protected(address->reserved, lockdep_is_held(&nn->lock));
	if (same_ports(old, new)) {
		kfree(new);
		config->reserved[index] = NATGW_RESERVED_SAME;
		return false;
	}
	rcu_assign_pointer(address->reserved, new);
	config->reserved[index] = old;
	return true;
}

void natgw_reserved_settle(struct natgw_net *nn, struct natgw_config *config, u32 index)
{
	const struct natgw_address_conf *conf = config->addresses[index];
	const struct natgw_address *address = conf->address;
	const struct natgw_portmap *new =
		rcu_dereference_protected(address->reserved, lockdep_is_held(&nn->lock));
	const struct natgw_pool *pool;
	u32 i;

	if (config->reserved[index] == NATGW_RESERVED_SAME)
		return;
	if (conf->gw) {
		pool = natgw_place_pool(config, conf->gw);
		for (i = 0; i < pool->n; i++)
			if (pool->entry[i].conf->address == address)
				natgw_destination_rereserve(&nn->table, conf->gw,
							    pool->entry[i].addr,
							    pool->entry[i].slot,
							    config->reserved[index], new);
	}
	kfree(config->reserved[index]);
	config->reserved[index] = NATGW_RESERVED_SAME;
}

/* Return: something is other than it was, and to be settled after a grace period */
static bool follow(struct natgw_net *nn, struct natgw_config *config, u32 index)
{
	const struct natgw_address_conf *conf = config->addresses[index];
	struct natgw_portmap *map;

	if (is_in_force(nn, conf))
		return false;
	map = shared_build(nn, conf);
	/* without memory the next look will do */
	if (IS_ERR(map))
		return false;
	config->reserved[index] = map;
	return natgw_reserved_enforce(nn, config, index);
}

unsigned long natgw_reserved_run(struct natgw_net *nn)
{
	struct natgw_config *config =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	bool changed = false;
	u32 i;

	if (!config->shared)
		return 0;
	if (look(nn))
		return HZ;
	for (i = 0; i < config->n_addresses; i++) {
		changed |= follow(nn, config, i);
		cond_resched();
	}
	if (!changed)
		return HZ;
	synchronize_rcu();
	for (i = 0; i < config->n_addresses; i++)
		natgw_reserved_settle(nn, config, i);
	return HZ;
}
