// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the ingress devices of virtual networks, and the VRF that those are in. Called by
 * vnet.c, and by route_loop.c for the VRF.
 */
#include <linux/inetdevice.h>
#include <linux/natgw.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/l3mdev.h>
#include "config/vnet.h"
#include "config/vnet_dev.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

int natgw_vnet_vrf(struct net *net, const struct natgw_vnet_conf *conf)
{
	int vrf = 0, master;
	u32 i;

	for (i = 0; i < conf->n_devs; i++) {
		const struct net_device *dev = dev_get_by_name_rcu(net, conf->dev[i]);

		master = dev ? l3mdev_master_ifindex_rcu(dev) : 0;
		if (!master || (i && master != vrf))
			return 0;
		vrf = master;
	}
	return vrf;
}

/* Indexes of a device and its VRF, as they are now; 0 for none. Context: RCU. */
static void vnet_dev_ids(struct net *net, const char *name, int ids[2])
{
	const struct net_device *dev = dev_get_by_name_rcu(net, name);

	ids[0] = dev ? dev->ifindex : 0;
	ids[1] = dev ? l3mdev_master_ifindex_rcu(dev) : 0;
}

static bool vnet_ids_meet(const int a[2], const int b[2])
{
	return (a[0] && (a[0] == b[0] || a[0] == b[1])) ||
	       (a[1] && (a[1] == b[0] || a[1] == b[1]));
}

/* Another vnet that takes what comes in by a device, and by which of its own; RCU */
static const struct natgw_vnet *vnet_of_dev(struct net *net,
					    const struct natgw_config *config,
					    const struct natgw_vnet_conf *but,
					    const char *name, const char **by)
{
	int ids[2], other[2];
	u32 i, k;

	vnet_dev_ids(net, name, ids);
	for (i = 0; i < config->n_vnets; i++) {
		const struct natgw_vnet_conf *conf = config->vnets[i];

		for (k = 0; conf->vnet != but->vnet && k < conf->n_devs; k++) {
			vnet_dev_ids(net, conf->dev[k], other);
			if (!strcmp(conf->dev[k], name) || vnet_ids_meet(ids, other)) {
				*by = conf->dev[k];
				return conf->vnet;
			}
		}
	}
	return NULL;
}

static int vnet_add_dev(struct net *net, const struct natgw_config *config,
			struct natgw_vnet_conf *conf, const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	const struct natgw_vnet *other;
	char name[IFNAMSIZ];
	const char *by;
	int err;
	u32 i;

	err = natgw_nl_dev(net, attr, "dev", name, extack);
	if (err || !*name)
		return err;
	for (i = 0; i < conf->n_devs; i++)
		if (!strcmp(conf->dev[i], name))
			return natgw_refuse(extack, attr, -EEXIST, "dev %s is given twice", name);
	rcu_read_lock();
	other = vnet_of_dev(net, config, conf, name, &by);
	rcu_read_unlock();
	if (other && !strcmp(by, name))
		return natgw_refuse(extack, attr, -EEXIST, "dev %s is in vnet %s", name,
				    other->name);
	if (other)
		return natgw_refuse(extack, attr, -EEXIST,
				    "dev %s shares a VRF with %s, which is in vnet %s", name, by,
				    other->name);
	if (conf->n_devs == NATGW_VNET_DEVS)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "dev %s is one too many, a vnet has at most %u", name,
				    NATGW_VNET_DEVS);
	strscpy(conf->dev[conf->n_devs++], name, IFNAMSIZ);
	return 0;
}

/* Replaces the ingress devices by what the request says. */
int natgw_vnet_parse_devs(struct net *net, const struct natgw_config *config,
			  struct natgw_vnet_conf *conf, struct genl_info *info, int type)
{
	const struct nlattr *attr;
	int rem, err;

	conf->n_devs = 0;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != type)
			continue;
		err = vnet_add_dev(net, config, conf, attr, info->extack);
		if (err)
			return err;
	}
	return 0;
}

/* The devices that have an address in a vnet's first prefix, for as many as there is room */
static void vnet_find_devs(struct net *net, struct natgw_vnet_conf *conf)
{
	struct natgw_prefix host = { .len = 32 };
	const struct in_device *in_dev;
	const struct in_ifaddr *ifa;
	struct net_device *dev;
	bool found;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		in_dev = __in_dev_get_rcu(dev);
		if (!in_dev || conf->n_devs == NATGW_VNET_DEVS)
			continue;
		found = false;
		in_dev_for_each_ifa_rcu(ifa, in_dev) {
			host.addr = ifa->ifa_local;
			found |= natgw_prefix_within(host, conf->prefix[0]);
		}
		if (found)
			strscpy(conf->dev[conf->n_devs++], dev->name, IFNAMSIZ);
	}
	rcu_read_unlock();
}

int natgw_vnet_cluster_devs(struct natgw_net *nn, const struct natgw_config *config,
			    struct natgw_vnet_conf *conf, const struct nlattr *attr,
			    struct genl_info *info)
{
	char str[NATGW_PREFIX_STR];
	const struct natgw_vnet *other;
	const char *by;
	u32 i;

	if (info->attrs[NATGW_A_CLUSTER_DEV])
		return natgw_vnet_parse_devs(nn->net, config, conf, info, NATGW_A_CLUSTER_DEV);
	vnet_find_devs(nn->net, conf);
	natgw_prefix_str(str, conf->prefix[0]);
	if (!conf->n_devs)
		return natgw_refuse(info->extack, attr, -ENODEV,
				    "no device here has an address in %s: give one, or dev", str);
	for (i = 0; i < conf->n_devs; i++) {
		rcu_read_lock();
		other = vnet_of_dev(nn->net, config, conf, conf->dev[i], &by);
		rcu_read_unlock();
		if (other)
			return natgw_refuse(info->extack, attr, -EEXIST,
					    "dev %s, which has an address in %s, is in vnet %s",
					    conf->dev[i], str, other->name);
	}
	return 0;
}
