// SPDX-License-Identifier: GPL-2.0
/*
 * Owns frames that br_netfilter shows to the hooks. Called by datapath/hook.c.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include "packet/bridge.h"

#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
static int has_mac(struct net_device *dev, struct netdev_nested_priv *priv)
{
	const struct sk_buff *skb = priv->data;

	/* a port of another bridge takes none itself, its bridge is asked in its turn */
	return !netif_is_bridge_port(dev) && net_eq(dev_net(dev), dev_net(skb->dev)) &&
	       ether_addr_equal(dev->dev_addr, eth_hdr(skb)->h_dest);
}

bool natgw_bridge_addressed(const struct sk_buff *skb, struct net_device *in)
{
	struct netdev_nested_priv priv = { .data = (void *)skb };

	/* broadcast and multicast: IP forwards nothing that came so */
	if (skb->pkt_type != PACKET_HOST)
		return false;
	/* br_netfilter hides that the frame's MAC is neither the port's nor the bridge's */
	if (!nf_bridge_info_get(skb)->pkt_otherhost)
		return true;
	if (is_vlan_dev(in))
		in = vlan_dev_real_dev(in);
	return netdev_walk_all_upper_dev_rcu(in, has_mac, &priv) > 0;
}
#else
bool natgw_bridge_addressed(const struct sk_buff *skb, struct net_device *in)
{
	return false;
}
#endif
