// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the answer to whether an address is the router's own. Called by datapath/.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <net/route.h>
#include "packet/own.h"
#include "snapshot/net.h"
#include "snapshot/view.h"

bool natgw_own_address(struct natgw_net *nn, const struct natgw_subnet_range *range,
		       __be32 addr, const struct net_device *dev)
{
	const struct net_device *vrf;

	if (inet_addr_type_dev_table(nn->net, dev, addr) == RTN_LOCAL)
		return true;
	if (!range || !range->vnet->vrf)
		return __ip_dev_find(nn->net, addr, false);
	vrf = dev_get_by_index_rcu(nn->net, range->vnet->vrf);
	return vrf && inet_addr_type_dev_table(nn->net, vrf, addr) == RTN_LOCAL;
}
