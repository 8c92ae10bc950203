// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the part of a compiled snapshot that steers packets: route tables, which subnet uses
 * which of them, and their next hops. Called by compile.c.
 */
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "config/compile_steer.h"
#include "config/route_table.h"
#include "lib/extack.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/next_hop.h"
#include "snapshot/place.h"
#include "snapshot/view.h"

/** struct natgw_steer_use - a subnet that uses a route table */
struct natgw_steer_use {
	const struct natgw_vnet_view *vnet;
	const struct natgw_route_table_conf *table;
	struct natgw_subnet_range *range;
};

static int steer_use_cmp(const void *a, const void *b)
{
	const struct natgw_steer_use *x = a, *y = b;

	if (x->vnet != y->vnet)
		return x->vnet < y->vnet ? -1 : 1;
	return x->table < y->table ? -1 : x->table > y->table;
}

/* Each pair of vnet and table once. @use: @n, sorted */
static void compile_steers(struct natgw_config *config, const struct natgw_steer_use *use,
			   u32 n)
{
	struct natgw_steer *steer = NULL;
	u32 i;

	for (i = 0; i < n; i++) {
		if (!i || steer_use_cmp(&use[i - 1], &use[i])) {
			steer = &config->steers[config->n_steers++];
			steer->vnet = use[i].vnet;
			steer->table = use[i].table;
			config->n_hops += steer->table->n_hops + 1;
		}
		use[i].range->steer = steer;
	}
}

/**
 * struct natgw_next_hop_want - a next hop that a steer refers to
 * @vnet: whose
 * @ip: its address, 0: there is none
 * @place: where a pointer to it goes
 */
struct natgw_next_hop_want {
	struct natgw_vnet *vnet;
	__be32 ip;
	struct natgw_next_hop **place;
};

static int next_hop_cmp(const struct natgw_vnet *vnet, __be32 ip,
			const struct natgw_vnet *other_vnet, __be32 other_ip)
{
	if (vnet != other_vnet)
		return vnet < other_vnet ? -1 : 1;
	return ntohl(ip) < ntohl(other_ip) ? -1 : ntohl(ip) > ntohl(other_ip);
}

static int next_hop_want_cmp(const void *a, const void *b)
{
	const struct natgw_next_hop_want *x = a, *y = b;

	cond_resched();
	return next_hop_cmp(x->vnet, x->ip, y->vnet, y->ip);
}

/* Fills @want, one for each of @hops; and gives @steers their parts of @hops. */
static void compile_wants(struct natgw_config *config, struct natgw_next_hop_want *want)
{
	struct natgw_next_hop **hop = config->hops;
	u32 i, k;

	for (i = 0; i < config->n_hops; i++)
		want[i].place = &config->hops[i];
	for (i = 0; i < config->n_steers; i++) {
		struct natgw_steer *steer = &config->steers[i];
		const struct natgw_route_table_conf *table = steer->table;

		steer->hop = hop;
		for (k = 0; k <= table->n_hops; k++)
			want[k].vnet = steer->vnet->vnet;
		for (k = 0; k < table->n; k++)
			if (table->route[k].type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE)
				want[table->route[k].hop].ip = table->route[k].next_hop;
		want[table->n_hops].ip = steer->vnet->conf->vpn_next_hop;
		hop += table->n_hops + 1;
		want += table->n_hops + 1;
	}
}

/* The running snapshot's, if it has it. @at: place in its list, which only moves on */
static struct natgw_next_hop *compile_hop(struct natgw_net *nn,
					  const struct natgw_next_hop_want *want, u32 *at)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, 1); /* nn->lock, or it is being made */
	int cmp = -1;

	while (running && *at < running->n_hop_list) {
		struct natgw_next_hop *hop = running->hop_list[*at];

		cmp = next_hop_cmp(hop->vnet, hop->ip, want->vnet, want->ip);
		if (!cmp)
			return natgw_next_hop_get(hop);
		if (cmp > 0)
			break;
		++*at;
	}
	return natgw_next_hop_new(nn, want->vnet, want->ip);
}

static int compile_hops(struct natgw_net *nn, struct natgw_config *config,
			struct netlink_ext_ack *extack)
{
	struct natgw_next_hop_want *want;
	struct natgw_next_hop *hop = NULL;
	u32 i, at = 0;
	int err = 0;

	if (config->n_hops > NATGW_NEXT_HOPS)
		return natgw_refuse(extack, NULL, -E2BIG,
				    "the route tables in use have %u next hops, counted again for each vnet that uses one, at most %u",
				    config->n_hops, NATGW_NEXT_HOPS);
	config->hops = kvcalloc(config->n_hops, sizeof(*config->hops), GFP_KERNEL_ACCOUNT);
	config->hop_list = kvcalloc(config->n_hops, sizeof(*config->hop_list),
				    GFP_KERNEL_ACCOUNT);
	want = kvcalloc(config->n_hops, sizeof(*want), GFP_KERNEL);
	if (!config->hops || !config->hop_list || !want) {
		kvfree(want);
		return -ENOMEM;
	}
	compile_wants(config, want);
	sort(want, config->n_hops, sizeof(*want), next_hop_want_cmp, NULL);
	for (i = 0; !err && i < config->n_hops; i++) {
		if (!want[i].ip)
			continue;
		if (!hop || next_hop_cmp(hop->vnet, hop->ip, want[i].vnet, want[i].ip)) {
			hop = compile_hop(nn, &want[i], &at);
			if (!hop) {
				err = -ENOMEM;
				break;
			}
			config->hop_list[config->n_hop_list++] = hop;
		}
		*want[i].place = hop;
	}
	kvfree(want);
	return err;
}

int natgw_compile_tables(struct natgw_net *nn, struct natgw_config *config,
			 struct netlink_ext_ack *extack)
{
	struct natgw_steer_use *use;
	u32 i, n = 0;
	int err;

	for (i = 0; i < config->n_tables; i++) {
		err = natgw_route_table_compile(config, config->tables[i]);
		if (err)
			return err;
		cond_resched();
	}
	config->steers = kvcalloc(config->n_subnets, sizeof(*config->steers),
				  GFP_KERNEL_ACCOUNT);
	use = kvmalloc_array(config->n_subnets, sizeof(*use), GFP_KERNEL);
	if (!config->steers || !use) {
		kvfree(use);
		return -ENOMEM;
	}
	for (i = 0; i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *conf = config->subnets[i];

		if (!conf->table)
			continue;
		use[n].vnet = natgw_place_view(config, conf->subnet->vnet);
		use[n].table = config->tables[natgw_place_find(config, conf->table)];
		use[n].range = (struct natgw_subnet_range *)natgw_lookup_subnet(use[n].vnet,
										conf->prefix);
		config->routed |= use[n++].table->steers;
	}
	sort(use, n, sizeof(*use), steer_use_cmp, NULL);
	compile_steers(config, use, n);
	kvfree(use);
	return compile_hops(nn, config, extack);
}
