/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bridges with br_netfilter.
 *
 * br_netfilter shows every IPv4 frame of a bridge's ports to the hook in
 * PRE_ROUTING before the bridge decides where the frame goes, with the bridge
 * (or a VLAN device on it) as ingress device. What the bridge then gives to IP
 * does not pass PRE_ROUTING again, unless the device is in a VRF. What it
 * forwards itself passes FORWARD and POST_ROUTING as well, as if it were routed.
 */
#ifndef _NATGW_PACKET_BRIDGE_H
#define _NATGW_PACKET_BRIDGE_H

#include <linux/netfilter_bridge.h>
#include <linux/skbuff.h>
#include <linux/types.h>

struct net_device;

/** natgw_bridge_came_by - did a packet come in by a bridge that shows its frames to IP? */
static inline bool natgw_bridge_came_by(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return nf_bridge_info_exists(skb);
#else
	return false;
#endif
}

/** natgw_bridge_undecided - PRE_ROUTING: is this a frame whose way the bridge is yet to decide? */
static inline bool natgw_bridge_undecided(const struct sk_buff *skb)
{
	return natgw_bridge_came_by(skb) && nf_bridge_in_prerouting(skb);
}

/** natgw_bridge_forwards - FORWARD, POST_ROUTING: is this a frame that a bridge forwards? */
static inline bool natgw_bridge_forwards(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return natgw_bridge_came_by(skb) && nf_bridge_get_physoutdev(skb);
#else
	return false;
#endif
}

/**
 * natgw_bridge_addressed - is a frame whose way is undecided sent to the router?
 * @skb: for which natgw_bridge_undecided() holds
 * @in: ingress device of the hook
 *
 * Its destination MAC is then that of the bridge, of the port it came by, or of
 * a device of this namespace on the bridge (VLAN, macvlan). Frames to the MAC of
 * another port are for nobody: IP drops them. Context: softirq, RCU.
 */
bool natgw_bridge_addressed(const struct sk_buff *skb, struct net_device *in);

#endif
