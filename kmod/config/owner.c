// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the answer to who made an object: an operator, a cluster, or one that was
 * deleted and drains. Called by who is to change or delete it.
 */
#include <linux/string.h>
#include <net/netlink.h>
#include "config/find.h"
#include "config/owner.h"
#include "lib/extack.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/object.h"

bool natgw_cluster_owns(const struct natgw_config *config, const struct natgw_gateway *gw,
			const char *cluster)
{
	u32 i;

	for (i = 0; gw && i < config->n_gateways; i++)
		if (config->gateways[i]->gw == gw)
			return !strcmp(config->gateways[i]->owner, cluster);
	return false;
}

int natgw_cluster_check_gateway(const struct natgw_config *config,
				const struct natgw_gateway *gw, const struct nlattr *attr,
				struct netlink_ext_ack *extack)
{
	u32 i;

	for (i = 0; i < config->n_clusters; i++)
		if (config->clusters[i]->gw == gw)
			return natgw_refuse(extack, attr, -EBUSY,
					    "InUseNatGatewayCannotBeDeleted: gateway %s is used by cluster %s",
					    gw->name, config->clusters[i]->cluster->name);
	return 0;
}

const char *natgw_cluster_left(const struct natgw_config *config, const char *name)
{
	u32 i;

	if (natgw_cluster_find(config, name))
		return NULL;
	for (i = 0; i < config->n_gateways; i++)
		if (!strcmp(config->gateways[i]->owner, name))
			return config->gateways[i]->gw->name;
	return NULL;
}

int natgw_cluster_check_left(const struct natgw_config *config, const char *cluster,
			     const char *kind, const char *name, const struct nlattr *attr,
			     struct netlink_ext_ack *extack)
{
	if (!natgw_cluster_left(config, cluster))
		return 0;
	return natgw_refuse(extack, attr, -EBUSY,
			    "%s %s is left of the deleted cluster %s until its last session has ended, to end it use: natgwctl cluster del %s drain 0s",
			    kind, name, cluster, cluster);
}

int natgw_cluster_refuse_owned(const struct natgw_config *config, const char *cluster,
			       const char *kind, const char *name, const struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	int err = natgw_cluster_check_left(config, cluster, kind, name, attr, extack);

	return err ?: natgw_refuse(extack, attr, -EBUSY,
				   "%s %s belongs to cluster %s, use: natgwctl cluster set %s",
				   kind, name, cluster, cluster);
}

int natgw_gateway_check_owner(const struct natgw_config *config,
			      const struct natgw_gateway_conf *conf, const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	if (!*conf->owner)
		return 0;
	return natgw_cluster_refuse_owned(config, conf->owner, "gateway", conf->gw->name, attr,
					  extack);
}
