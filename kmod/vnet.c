// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include <linux/string.h>
#include "net.h"
#include "vnet.h"

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

static struct natgw_vnet *natgw_vnet_create(const char *name, u16 id)
{
	struct natgw_vnet *vnet = kzalloc(sizeof(*vnet), GFP_KERNEL_ACCOUNT);

	if (!vnet)
		return NULL;
	refcount_set(&vnet->ref, 1);
	vnet->id = id;
	strscpy(vnet->name, name, sizeof(vnet->name));
	return vnet;
}

int natgw_vnet_add_default(struct natgw_net *nn, struct natgw_config *config)
{
	const struct natgw_config *running = rcu_dereference_protected(nn->config, 1);
	struct natgw_vnet_conf *conf, **vnets;

	conf = kvzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	conf->private_space = NATGW_PRIVATE_SPACE_PASS;
	if (running)
		conf->vnet = natgw_vnet_get(running->vnets[0]->vnet);
	else
		conf->vnet = natgw_vnet_create(NATGW_VNET_DEFAULT, 0);
	vnets = natgw_array_grow(config->vnets, config->n_vnets);
	if (vnets)
		config->vnets = vnets;
	if (!conf->vnet || !vnets) {
		natgw_vnet_conf_put(conf);
		return -ENOMEM;
	}
	config->vnets[config->n_vnets++] = conf;
	return 0;
}
