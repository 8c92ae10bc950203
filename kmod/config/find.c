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
#include "snapshot/set.h"

struct natgw_gateway_conf *natgw_gateway_find(const struct natgw_config *config, const char *name)
{
	int i = natgw_set_lookup(config, NATGW_OBJECT_GATEWAY, name);

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

/* Index of the object that an attribute of another one names. @label: in a sentence */
static int refer(const struct natgw_config *config, enum natgw_object_kind kind, const char *label,
		 const struct nlattr *attr, const char *attr_label,
		 struct netlink_ext_ack *extack)
{
	char name[NATGW_NAME_MAX + 1];
	int i, err;

	err = natgw_nl_name(attr, attr_label, name, extack);
	if (err)
		return err;
	i = natgw_set_lookup(config, kind, name);
	if (i < 0)
		return natgw_refuse(extack, attr, -ENOENT,
				    "InvalidResourceReference: %s %s does not exist", label,
				    name);
	return i;
}

int natgw_gateway_refer(const struct natgw_config *config, const struct nlattr *attr,
			struct natgw_gateway_conf **conf, struct netlink_ext_ack *extack)
{
	int i;

	*conf = NULL;
	if (!*(const char *)nla_data(attr))
		return 0;
	i = refer(config, NATGW_OBJECT_GATEWAY, "gateway", attr, "gateway", extack);
	if (i < 0)
		return i;
	*conf = config->gateways[i];
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

struct natgw_subnet_conf *natgw_subnet_find(const struct natgw_config *config, const char *name)
{
	int i = natgw_set_lookup(config, NATGW_OBJECT_SUBNET, name);

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

const struct natgw_vnet_conf *natgw_vnet_conf_of(const struct natgw_config *config,
						 const struct natgw_vnet *vnet)
{
	int i = natgw_set_find(config, NATGW_OBJECT_VNET, &vnet->object);

	return i < 0 ? NULL : config->vnets[i];
}

int natgw_vnet_refer(const struct natgw_config *config, const struct nlattr *attr,
		     const struct natgw_vnet_conf **conf, struct netlink_ext_ack *extack)
{
	int i = refer(config, NATGW_OBJECT_VNET, "vnet", attr, "vnet", extack);

	if (i < 0)
		return i;
	*conf = config->vnets[i];
	return 0;
}

struct natgw_vnet_conf *natgw_vnet_find(const struct natgw_config *config, const char *name)
{
	int i = natgw_set_lookup(config, NATGW_OBJECT_VNET, name);

	return i < 0 ? NULL : config->vnets[i];
}

const struct natgw_route_table_conf *
natgw_route_table_conf_of(const struct natgw_config *config,
			  const struct natgw_route_table *table)
{
	int i = table ? natgw_set_find(config, NATGW_OBJECT_ROUTE_TABLE, &table->object) : -ENOENT;

	return i < 0 ? NULL : config->tables[i];
}

int natgw_route_table_refer(const struct natgw_config *config, const struct nlattr *attr,
			    struct natgw_route_table **table, struct netlink_ext_ack *extack)
{
	int i;

	*table = NULL;
	if (!*(const char *)nla_data(attr))
		return 0;
	i = refer(config, NATGW_OBJECT_ROUTE_TABLE, "route table", attr, "route-table", extack);
	if (i < 0)
		return i;
	*table = config->tables[i]->table;
	return 0;
}

const struct natgw_tag_conf *natgw_tag_find(const struct natgw_config *config,
					    const struct natgw_tag *tag)
{
	int i = natgw_set_find(config, NATGW_OBJECT_TAG, &tag->object);

	return i < 0 ? NULL : config->tags[i];
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

int natgw_tag_refer(const struct natgw_config *config, const struct nlattr *attr,
		    struct natgw_tag **tag, struct netlink_ext_ack *extack)
{
	int i = refer(config, NATGW_OBJECT_TAG, "tag", attr, "tag", extack);

	if (i < 0)
		return i;
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

struct natgw_cluster_conf *natgw_cluster_find(const struct natgw_config *config,
					      const char *name)
{
	int i = natgw_set_lookup(config, NATGW_OBJECT_CLUSTER, name);

	return i < 0 ? NULL : config->clusters[i];
}

const struct natgw_gateway_conf *natgw_cluster_gateway(const struct natgw_config *config,
						       const struct natgw_cluster_conf *conf)
{
	u32 i;

	for (i = 0; i < config->n_gateways; i++)
		if (!strcmp(config->gateways[i]->owner, conf->cluster->name) &&
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
