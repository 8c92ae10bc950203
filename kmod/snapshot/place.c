// SPDX-License-Identifier: GPL-2.0
/*
 * Owns where the run-time objects stand in a snapshot. Called by config/compile.c, which
 * builds the index, and by who has an object and wants its entry.
 */
#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/view.h"

static int place_cmp(const void *a, const void *b)
{
	const struct natgw_place *x = a, *y = b;

	return x->object < y->object ? -1 : x->object > y->object;
}

int natgw_place_compile(struct natgw_config *config)
{
	struct natgw_place *place;
	u32 i;

	config->n_places = config->n_gateways + config->n_vnets + config->n_tables;
	config->places = kvmalloc_array(config->n_places, sizeof(*config->places),
					GFP_KERNEL_ACCOUNT);
	config->subnet_places = kvmalloc_array(config->n_subnets, sizeof(*config->subnet_places),
					       GFP_KERNEL_ACCOUNT);
	if (!config->places || !config->subnet_places)
		return -ENOMEM;
	place = config->places;
	for (i = 0; i < config->n_gateways; i++)
		*place++ = (struct natgw_place) { config->gateways[i]->gw, i };
	for (i = 0; i < config->n_vnets; i++)
		*place++ = (struct natgw_place) { config->vnets[i]->vnet, i };
	for (i = 0; i < config->n_tables; i++)
		*place++ = (struct natgw_place) { config->tables[i]->table, i };
	sort(config->places, config->n_places, sizeof(*config->places), place_cmp, NULL);
	for (i = 0; i < config->n_subnets; i++)
		config->subnet_places[i] =
			(struct natgw_place) { config->subnets[i]->subnet, i };
	sort(config->subnet_places, config->n_subnets, sizeof(*config->subnet_places), place_cmp,
	     NULL);
	return 0;
}

int natgw_place_find(const struct natgw_config *config, const void *object)
{
	const struct natgw_place key = { .object = object };
	const struct natgw_place *place;

	place = bsearch(&key, config->places, config->n_places, sizeof(*config->places),
			place_cmp);
	return place ? (int)place->index : -ENOENT;
}

struct natgw_pool *natgw_place_pool(const struct natgw_config *config,
				    const struct natgw_gateway *gw)
{
	int i = natgw_place_find(config, gw);

	return i < 0 ? NULL : &config->pools[i];
}

const struct natgw_subnet_conf *natgw_place_subnet(const struct natgw_config *config,
						   const struct natgw_subnet *subnet)
{
	const struct natgw_place key = { .object = subnet };
	const struct natgw_place *place;

	place = bsearch(&key, config->subnet_places, config->n_subnets,
			sizeof(*config->subnet_places), place_cmp);
	return place ? config->subnets[place->index] : NULL;
}

struct natgw_vnet_view *natgw_place_view(const struct natgw_config *config,
					 const struct natgw_vnet *vnet)
{
	int i = natgw_place_find(config, vnet);

	return i < 0 ? NULL : &config->views[i];
}
