// SPDX-License-Identifier: GPL-2.0
/*
 * Owns ARP for pool addresses: answers, and announcements. Called by control/, which
 * registers it, and by netlink/notify.c.
 *
 * The stack answers ARP for addresses it owns only, and proxy ARP needs a route
 * by another device. So a hook answers for the addresses that the operator tied
 * to a device; probes with sender 0.0.0.0 are answered too (RFC 5227), or
 * another host would take the address.
 */
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>
#include <net/arp.h>
#include <net/route.h>
#include "datapath/arp.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/view.h"

/**
 * struct request - an ARP request for an IPv4 address on an Ethernet-like device
 * @sender_hw: who asks, in the packet
 * @sender: its address, 0.0.0.0 in a probe
 * @target: asked for
 */
struct request {
	const unsigned char *sender_hw;
	__be32 sender;
	__be32 target;
};

static bool read_request(struct sk_buff *skb, const struct net_device *dev,
			 struct request *request)
{
	const struct arphdr *arp = arp_hdr(skb);
	const unsigned char *p;

	/* arp_rcv() has checked the lengths and made the header linear */
	if (arp->ar_op != htons(ARPOP_REQUEST) || arp->ar_pro != htons(ETH_P_IP) ||
	    arp->ar_hln != dev->addr_len || arp->ar_pln != sizeof(__be32))
		return false;
	p = (const unsigned char *)(arp + 1);
	request->sender_hw = p;
	p += dev->addr_len;
	memcpy(&request->sender, p, sizeof(request->sender));
	p += sizeof(request->sender) + dev->addr_len;
	memcpy(&request->target, p, sizeof(request->target));
	return true;
}

static unsigned int arp_in(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct natgw_net *nn = natgw_pernet(state->net);
	struct net_device *dev = state->in;
	const struct natgw_config *config;
	const struct natgw_public *public;
	struct request request;

	config = rcu_dereference(nn->config);
	if (!config || dev->flags & (IFF_NOARP | IFF_LOOPBACK) ||
	    !read_request(skb, dev, &request))
		return NF_ACCEPT;
	public = natgw_lookup_public(config, request.target);
	if (!public || !public->conf->announce || !public->conf->dev[0] ||
	    strncmp(public->conf->dev, dev->name, IFNAMSIZ))
		return NF_ACCEPT;
	/* an address that is on an interface as well the stack answers itself */
	if (inet_addr_type_dev_table(state->net, dev, request.target) == RTN_LOCAL)
		return NF_ACCEPT;
	arp_send(ARPOP_REPLY, ETH_P_ARP, request.sender, dev, request.target,
		 request.sender_hw, dev->dev_addr, request.sender_hw);
	return NF_ACCEPT;
}

static const struct nf_hook_ops arp_hook = {
	.hook		= arp_in,
	.pf		= NFPROTO_ARP,
	.hooknum	= NF_ARP_IN,
	.priority	= NF_IP_PRI_FIRST,
};

static void announce_on(struct net_device *dev, const struct natgw_address_conf *conf)
{
	u32 first = ntohl(conf->address->addr);
	u32 n = 1U << (32 - conf->address->prefix_len);
	__be32 addr;
	u32 i;

	if (!netif_running(dev) || dev->flags & (IFF_NOARP | IFF_LOOPBACK))
		return;
	for (i = 0; i < n; i++) {
		addr = htonl(first + i);
		arp_send(ARPOP_REQUEST, ETH_P_ARP, addr, dev, addr, NULL, dev->dev_addr, NULL);
	}
}

void natgw_arp_announce(struct net *net, const struct natgw_address_conf *conf)
{
	struct net_device *dev;

	if (!conf->announce || !conf->dev[0])
		return;
	rcu_read_lock();
	dev = dev_get_by_name_rcu(net, conf->dev);
	if (dev)
		announce_on(dev, conf);
	rcu_read_unlock();
}

void natgw_arp_device(struct natgw_net *nn, struct net_device *dev)
{
	const struct natgw_config *config;
	u32 i;

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	for (i = 0; config && i < config->n_addresses; i++)
		if (config->addresses[i]->announce &&
		    !strncmp(config->addresses[i]->dev, dev->name, IFNAMSIZ))
			announce_on(dev, config->addresses[i]);
	rcu_read_unlock();
}

int natgw_arp_register(struct natgw_net *nn)
{
	return nf_register_net_hook(nn->net, &arp_hook);
}

void natgw_arp_unregister(struct natgw_net *nn)
{
	nf_unregister_net_hook(nn->net, &arp_hook);
}
