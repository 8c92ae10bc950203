// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the search for objects by their keys in a snapshot, compiled or not. Called by
 * the files of this room, which need not know each other for that, and by those above.
 */
#include <linux/natgw.h>
#include <linux/string.h>
#include <net/netlink.h>
#include "config/find.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/object.h"

int natgw_gateway_lookup(const struct natgw_config *config, const char *name)
{
	u32 i;

	for (i = 0; i < config->n_gateways; i++)
		if (!strcmp(config->gateways[i]->gw->name, name))
			return i;
	return -ENOENT;
}

struct natgw_gateway_conf *natgw_gateway_find(const struct natgw_config *config, const char *name)
{
	int i = natgw_gateway_lookup(config, name);

	return i < 0 ? NULL : config->gateways[i];
}

const struct natgw_gateway_conf *natgw_gateway_named(const struct natgw_config *config,
						     const struct nlattr *attr,
						     struct netlink_ext_ack *extack)
{
	const struct natgw_gateway_conf *conf;
	char name[NATGW_NAME_MAX + 1];
	int err;

	err = natgw_nl_name(attr, "gateway", name, extack);
	if (err)
		return ERR_PTR(err);
	conf = config ? natgw_gateway_find(config, name) : NULL;
	if (!conf)
		err = natgw_refuse(extack, attr, -ENOENT, "gateway %s does not exist", name);
	return conf ?: ERR_PTR(err);
}

int natgw_gateway_refer(const struct natgw_config *config, const struct nlattr *attr,
			struct natgw_gateway_conf **conf, struct netlink_ext_ack *extack)
{
	char name[NATGW_NAME_MAX + 1];
	int err;

	*conf = NULL;
	if (!*(const char *)nla_data(attr))
		return 0;
	err = natgw_nl_name(attr, "gateway", name, extack);
	if (err)
		return err;
	*conf = natgw_gateway_find(config, name);
	if (!*conf)
		return natgw_refuse(extack, attr, -ENOENT,
				    "InvalidResourceReference: gateway %s does not exist", name);
	return 0;
}

int natgw_address_lookup(const struct natgw_config *config,
			 struct natgw_prefix key)
{
	u32 i;

	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address *address = config->addresses[i]->address;

		if (address->addr == key.addr && address->prefix_len == key.len)
			return i;
	}
	return -ENOENT;
}

const struct natgw_address *natgw_address_overlap(const struct natgw_config *config,
						  struct natgw_prefix prefix)
{
	u32 i;

	for (i = 0; i < config->n_addresses; i++) {
		const struct natgw_address *address = config->addresses[i]->address;

		if (natgw_prefix_overlap(prefix, natgw_address_prefix(address)))
			return address;
	}
	return NULL;
}

u32 natgw_address_attached(const struct natgw_config *config, const struct natgw_gateway *gw)
{
	u32 i, n = 0;

	for (i = 0; i < config->n_addresses; i++)
		if (config->addresses[i]->gw == gw)
			n += natgw_address_size(config->addresses[i]->address);
	return n;
}

int natgw_subnet_lookup(const struct natgw_config *config, const char *name)
{
	u32 i;

	for (i = 0; i < config->n_subnets; i++)
		if (!strcmp(config->subnets[i]->subnet->name, name))
			return i;
	return -ENOENT;
}

struct natgw_subnet_conf *natgw_subnet_find(const struct natgw_config *config, const char *name)
{
	int i = natgw_subnet_lookup(config, name);

	return i < 0 ? NULL : config->subnets[i];
}

u32 natgw_subnet_bound(const struct natgw_config *config, const struct natgw_gateway *gw,
		       const struct natgw_subnet_conf **first)
{
	u32 i, n = 0;

	for (i = 0; i < config->n_subnets; i++)
		if ((config->subnets[i]->gw == gw || config->subnets[i]->lb == gw) && !n++ &&
		    first)
			*first = config->subnets[i];
	return n;
}

const struct natgw_subnet_conf *natgw_subnet_overlap(const struct natgw_config *config,
						     struct natgw_prefix prefix,
						     const struct natgw_vnet *vnet,
						     const struct natgw_subnet *but)
{
	u32 i;

	for (i = 0; i < config->n_subnets; i++) {
		const struct natgw_subnet_conf *conf = config->subnets[i];

		if (conf->subnet != but && (!vnet || conf->subnet->vnet == vnet) &&
		    natgw_prefix_overlap(prefix, natgw_subnet_prefix(conf)))
			return conf;
	}
	return NULL;
}

int natgw_vnet_lookup(const struct natgw_config *config, const char *name)
{
	u32 i;

	for (i = 0; i < config->n_vnets; i++)
		if (!strcmp(config->vnets[i]->vnet->name, name))
			return i;
	return -ENOENT;
}

const struct natgw_vnet_conf *natgw_vnet_conf_of(const struct natgw_config *config,
						 const struct natgw_vnet *vnet)
{
	u32 i;

	for (i = 0; i < config->n_vnets; i++)
		if (config->vnets[i]->vnet == vnet)
			return config->vnets[i];
	return NULL;
}

int natgw_vnet_refer(const struct natgw_config *config, const struct nlattr *attr,
		     const struct natgw_vnet_conf **conf, struct netlink_ext_ack *extack)
{
	char name[NATGW_NAME_MAX + 1];
	int i, err;

	err = natgw_nl_name(attr, "vnet", name, extack);
	if (err)
		return err;
	i = natgw_vnet_lookup(config, name);
	if (i < 0)
		return natgw_refuse(extack, attr, -ENOENT,
				    "InvalidResourceReference: vnet %s does not exist", name);
	*conf = config->vnets[i];
	return 0;
}

struct natgw_vnet_conf *natgw_vnet_find(const struct natgw_config *config, const char *name)
{
	int i = natgw_vnet_lookup(config, name);

	return i < 0 ? NULL : config->vnets[i];
}

int natgw_route_table_find(const struct natgw_config *config, const char *name)
{
	u32 i;

	for (i = 0; i < config->n_tables; i++)
		if (!strcmp(config->tables[i]->table->name, name))
			return i;
	return -ENOENT;
}

const struct natgw_route_table_conf *
natgw_route_table_conf_of(const struct natgw_config *config,
			  const struct natgw_route_table *table)
{
	u32 i;

	for (i = 0; i < config->n_tables; i++)
		if (config->tables[i]->table == table)
			return config->tables[i];
	return NULL;
}

int natgw_route_table_refer(const struct natgw_config *config, const struct nlattr *attr,
			    struct natgw_route_table **table, struct netlink_ext_ack *extack)
{
	char name[NATGW_NAME_MAX + 1];
	int i, err;

	*table = NULL;
	if (!*(const char *)nla_data(attr))
		return 0;
	err = natgw_nl_name(attr, "route-table", name, extack);
	if (err)
		return err;
	i = natgw_route_table_find(config, name);
	if (i < 0)
		return natgw_refuse(extack, attr, -ENOENT,
				    "InvalidResourceReference: route table %s does not exist",
				    name);
	*table = config->tables[i]->table;
	return 0;
}

const struct natgw_tag_conf *natgw_tag_find(const struct natgw_config *config,
					    const struct natgw_tag *tag)
{
	u32 i;

	for (i = 0; i < config->n_tags; i++)
		if (config->tags[i]->tag == tag)
			return config->tags[i];
	return NULL;
}

u16 natgw_tag_rank(const struct natgw_tag *tag)
{
	bool cloud = str_has_prefix(tag->name, "AzureCloud");
	const char *region = strchr(tag->name, '.');

	if (cloud && !tag->name[strlen("AzureCloud")])
		return 4;
	if (cloud && region == tag->name + strlen("AzureCloud"))
		return 3;
	return region ? 1 : 2;
}

int natgw_tag_lookup(const struct natgw_config *config, const char *name)
{
	u32 i;

	for (i = 0; i < config->n_tags; i++)
		if (!strcmp(config->tags[i]->tag->name, name))
			return i;
	return -ENOENT;
}

int natgw_tag_refer(const struct natgw_config *config, const struct nlattr *attr,
		    struct natgw_tag **tag, struct netlink_ext_ack *extack)
{
	char name[NATGW_NAME_MAX + 1];
	int i, err;

	err = natgw_nl_name(attr, "tag", name, extack);
	if (err)
		return err;
	i = natgw_tag_lookup(config, name);
	if (i < 0)
		return natgw_refuse(extack, attr, -ENOENT,
				    "InvalidResourceReference: tag %s does not exist", name);
	*tag = config->tags[i]->tag;
	return 0;
}

int natgw_managed_pool_lookup(const struct natgw_config *config, struct natgw_prefix prefix)
{
	u32 i;

	for (i = 0; i < config->n_managed; i++)
		if (natgw_prefix_equal(config->managed[i]->prefix, prefix))
			return i;
	return -ENOENT;
}

const struct natgw_managed_pool_conf *
natgw_managed_pool_find(const struct natgw_config *config, struct natgw_prefix prefix)
{
	int i = natgw_managed_pool_lookup(config, prefix);

	return i < 0 ? NULL : config->managed[i];
}

int natgw_managed_pool_check_free(const struct natgw_config *config, struct natgw_prefix prefix,
				  const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	char str[NATGW_PREFIX_STR], other[NATGW_PREFIX_STR];
	u32 i;

	for (i = 0; i < config->n_managed; i++)
		if (natgw_prefix_overlap(config->managed[i]->prefix, prefix))
			return natgw_refuse(extack, attr, -EEXIST, "%s overlaps managed pool %s",
					    natgw_prefix_str(str, prefix),
					    natgw_prefix_str(other, config->managed[i]->prefix));
	return 0;
}

int natgw_cluster_lookup(const struct natgw_config *config, const char *name)
{
	u32 i;

	for (i = 0; i < config->n_clusters; i++)
		if (!strcmp(config->clusters[i]->name, name))
			return i;
	return -ENOENT;
}

struct natgw_cluster_conf *natgw_cluster_find(const struct natgw_config *config,
					      const char *name)
{
	int i = natgw_cluster_lookup(config, name);

	return i < 0 ? NULL : config->clusters[i];
}

const struct natgw_gateway_conf *natgw_cluster_gateway(const struct natgw_config *config,
						       const struct natgw_cluster_conf *conf)
{
	u32 i;

	for (i = 0; i < config->n_gateways; i++)
		if (!strcmp(config->gateways[i]->owner, conf->name) &&
		    !config->gateways[i]->retired)
			return config->gateways[i];
	return NULL;
}

bool natgw_cluster_has_subnet(const struct natgw_cluster_conf *conf,
			      const struct natgw_subnet *subnet)
{
	u32 i;

	for (i = 0; i < conf->n_subnets; i++)
		if (conf->subnet[i] == subnet)
			return true;
	return false;
}
