// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the end of entries and of their run-time parts: the last reference frees them.
 * Called by who drops a snapshot, changes an entry, or held a run-time part.
 */
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "snapshot/conf.h"
#include "snapshot/entry.h"
#include "snapshot/object.h"

static void gateway_free_rcu(struct rcu_head *rcu)
{
	struct natgw_gateway *gw = container_of(rcu, struct natgw_gateway, rcu);

	ida_destroy(&gw->seats.taken);
	free_percpu(gw->counters);
	kfree(gw);
}

void natgw_gateway_put(struct natgw_gateway *gw)
{
	if (gw && refcount_dec_and_test(&gw->ref))
		call_rcu(&gw->rcu, gateway_free_rcu);
}

void natgw_gateway_conf_put(struct natgw_gateway_conf *conf)
{
	if (!refcount_dec_and_test(&conf->ref))
		return;
	natgw_gateway_put(conf->gw);
	kfree(conf);
}

static void address_free_rcu(struct rcu_head *rcu)
{
	struct natgw_address *address = container_of(rcu, struct natgw_address, rcu);

	free_percpu(address->counters);
	/* no snapshot and no session has it any more */
	kfree(rcu_dereference_protected(address->reserved, 1));
	kfree(address);
}

static void address_put(struct natgw_address *address)
{
	if (address && refcount_dec_and_test(&address->ref))
		call_rcu(&address->rcu, address_free_rcu);
}

void natgw_address_conf_put(struct natgw_address_conf *conf)
{
	if (!refcount_dec_and_test(&conf->ref))
		return;
	natgw_gateway_put(conf->gw);
	address_put(conf->address);
	kfree(conf->reserve);
	kfree(conf);
}

void natgw_vnet_put(struct natgw_vnet *vnet)
{
	/* packets read it by way of subnets and next hops */
	if (vnet && refcount_dec_and_test(&vnet->ref))
		kfree_rcu(vnet, rcu);
}

void natgw_vnet_conf_put(struct natgw_vnet_conf *conf)
{
	if (!refcount_dec_and_test(&conf->ref))
		return;
	natgw_vnet_put(conf->vnet);
	kvfree(conf);
}

static void subnet_free_rcu(struct rcu_head *rcu)
{
	struct natgw_subnet *subnet = container_of(rcu, struct natgw_subnet, rcu);

	natgw_vnet_put(subnet->vnet);
	free_percpu(subnet->counters);
	kfree(subnet);
}

void natgw_subnet_put(struct natgw_subnet *subnet)
{
	if (subnet && refcount_dec_and_test(&subnet->ref))
		call_rcu(&subnet->rcu, subnet_free_rcu);
}

void natgw_subnet_conf_put(struct natgw_subnet_conf *conf)
{
	if (!refcount_dec_and_test(&conf->ref))
		return;
	natgw_gateway_put(conf->gw);
	natgw_gateway_put(conf->lb);
	natgw_route_table_put(conf->table);
	natgw_subnet_put(conf->subnet);
	kfree(conf);
}

void natgw_tag_put(struct natgw_tag *tag)
{
	if (tag && refcount_dec_and_test(&tag->ref))
		kfree(tag);
}

void natgw_tag_conf_put(struct natgw_tag_conf *conf)
{
	if (!refcount_dec_and_test(&conf->ref))
		return;
	natgw_tag_put(conf->tag);
	kvfree(conf);
}

void natgw_route_table_put(struct natgw_route_table *table)
{
	if (table && refcount_dec_and_test(&table->ref))
		kfree(table);
}

void natgw_route_table_conf_put(struct natgw_route_table_conf *conf)
{
	u32 i;

	if (!refcount_dec_and_test(&conf->ref))
		return;
	for (i = 0; i < conf->n; i++)
		natgw_tag_put(conf->route[i].tag);
	natgw_route_table_put(conf->table);
	kvfree(conf->lpm);
	kvfree(conf);
}

void natgw_managed_pool_conf_put(struct natgw_managed_pool_conf *conf)
{
	if (refcount_dec_and_test(&conf->ref))
		kfree(conf);
}

void natgw_cluster_conf_put(struct natgw_cluster_conf *conf)
{
	u32 i;

	if (!refcount_dec_and_test(&conf->ref))
		return;
	for (i = 0; i < conf->n_subnets; i++)
		natgw_subnet_put(conf->subnet[i]);
	natgw_gateway_put(conf->gw);
	kfree(conf);
}
