// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the network of a managed cluster: makes it, or takes it back while it drains.
 * Called by cluster_move.c.
 */
#include <linux/natgw.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/cluster.h"
#include "config/cluster_network.h"
#include "config/find.h"
#include "config/subnet.h"
#include "config/vnet.h"
#include "lib/extack.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"

/* Do the devices of a request, if it names any, differ from those of a vnet? */
static bool other_devs(const struct natgw_cluster_change *change,
		       const struct natgw_vnet_conf *vnet)
{
	const struct nlattr *attr;
	u32 i, n = 0;
	int rem;

	nlmsg_for_each_attr(attr, change->info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != NATGW_A_CLUSTER_DEV)
			continue;
		for (i = 0; i < vnet->n_devs && nla_strcmp(attr, vnet->dev[i]); i++)
			;
		if (i == vnet->n_devs)
			return true;
		n++;
	}
	return n && n != vnet->n_devs;
}

/* The same network as of the deleted cluster of that name, which still drains */
static int take_network_back(struct natgw_cluster_change *change,
			     const struct natgw_vnet_conf *vnet)
{
	struct natgw_cluster_conf *conf = change->conf;
	struct natgw_subnet_conf *subnet;

	if (!natgw_prefix_equal(vnet->prefix[0], conf->prefix) || other_devs(change, vnet))
		return natgw_refuse(change->extack,
				    change->info->attrs[NATGW_A_CLUSTER_NAME], -EBUSY,
				    "vnet %s of the deleted cluster still drains and has another prefix or device, to end it use: natgwctl cluster del %s drain 0s",
				    conf->cluster->name, conf->cluster->name);
	subnet = natgw_subnet_edit(change->config,
				   natgw_subnet_find(change->config, conf->cluster->name)->subnet);
	if (!subnet)
		return -ENOMEM;
	natgw_gateway_put(subnet->gw);
	natgw_gateway_put(subnet->lb);
	subnet->gw = NULL;
	subnet->lb = NULL;
	subnet->drain_end = 0;
	subnet->left_end = 0;
	conf->subnet[conf->n_subnets++] = natgw_subnet_get(subnet->subnet);
	return 0;
}

/* The vnet and subnet of a managed cluster */
int natgw_cluster_make_network(struct natgw_cluster_change *change)
{
	const struct nlattr *attr = change->info->attrs[NATGW_A_CLUSTER_PREFIX];
	struct natgw_cluster_conf *conf = change->conf;
	struct natgw_config *config = change->config;
	const char *name = conf->cluster->name;
	const struct natgw_vnet_conf *left = natgw_vnet_find(config, name);
	struct natgw_subnet_conf *subnet;
	int err;

	if (left && !strcmp(left->owner, name))
		return take_network_back(change, left);
	err = natgw_vnet_add(change->nn, config, name, conf->prefix, attr, change->info);
	if (!err)
		err = natgw_subnet_add(change->nn, config, name,
				       natgw_vnet_find(config, name)->vnet, conf->prefix, attr,
				       change->extack);
	if (err)
		return err;
	subnet = natgw_subnet_find(config, name);
	subnet->owned = true;
	conf->subnet[conf->n_subnets++] = natgw_subnet_get(subnet->subnet);
	return 0;
}
